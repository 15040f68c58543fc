"""The chips of Today: a number and a word, in the colour of its kind; pressed while only that is shown."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QEnterEvent,
    QFontMetrics,
    QKeyEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPolygonF,
    QResizeEvent,
)
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QWidget

from workbench.gui.theme import Theme, Tokens, mix
from workbench.gui.widgets.chips import FlowLayout
from workbench.gui.widgets.elide import elided, tooltip_text, visible_text
from workbench.gui.widgets.plain import button_text

GAP = 6
_PAD, _SIGN, _WIDEST = 10, 13, 320


@dataclass(frozen=True)
class NewsSpec:
    """One chip. `tone` is a kind of change, ``unseen``, ``attention`` or ``source``; `pressed` null: it only acts."""

    key: Hashable
    label: str
    tone: str
    pressed: bool | None = None
    tip: str = ""


class NewsChip(QAbstractButton):
    """One of them, as a button."""

    def __init__(self, theme: Theme, spec: NewsSpec, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self.spec = spec
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self.set_spec(spec)
        theme.changed.connect(self.update)

    def set_spec(self, spec: NewsSpec) -> None:
        """Say something else."""
        self.spec = spec
        self.setCheckable(spec.pressed is not None)
        self.setChecked(bool(spec.pressed))
        self.setText(button_text(spec.label))
        self.setAccessibleName(visible_text(spec.label))
        self.setAccessibleDescription(visible_text(spec.tip))
        self.setToolTip(tooltip_text(spec.tip or spec.label))
        self.updateGeometry()
        self.update()

    def nextCheckState(self) -> None:
        """Who made the chip decides whether it stays pressed."""

    def sizeHint(self) -> QSize:
        metrics = QFontMetrics(self._theme.font())
        return QSize(_wide(visible_text(self.spec.label), metrics), metrics.height() + 6)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        try:
            self._paint(painter, self._theme.tokens)
        finally:
            painter.end()

    def _paint(self, painter: QPainter, tokens: Tokens) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        area = QRectF(self.rect()).adjusted(0.75, 0.75, -0.75, -0.75)
        ground = tokens.accent_ground if self.isChecked() else tokens.panel
        if self.underMouse() or self.isDown():
            ground = mix(ground, tokens.text, 0.06)
        edge = tokens.accent if self.isChecked() else mix(tokens.line, tokens.text, 0.12)
        painter.setBrush(ground)
        painter.setPen(QPen(tokens.text if self.hasFocus() else edge, 1.5 if self.hasFocus() else 1.0))
        painter.drawRoundedRect(area, area.height() / 2, area.height() / 2)
        _sign(painter, QPointF(_PAD + 4, area.center().y()), self.spec.tone, tokens)
        painter.setFont(self._theme.font())
        painter.setPen(tokens.text)
        words = self.rect().adjusted(_PAD + _SIGN, 0, 2 - _PAD, 0)
        left = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
        painter.drawText(words, left, elided(self.spec.label, painter.fontMetrics(), words.width()))

    def enterEvent(self, event: QEnterEvent) -> None:
        self.update()

    def leaveEvent(self, event: QEvent) -> None:
        self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter presses as the space bar does; arrows go to the row."""
        key = event.key()
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.click()
        elif key in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            event.ignore()
        else:
            super().keyPressEvent(event)


class NewsChips(QWidget):
    """Chips that wrap, all of them in sight; Left and Right go from one to the next."""

    picked = Signal(object)
    """The key of the chip that was pressed."""

    def __init__(self, theme: Theme, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._chips: dict[Hashable, NewsChip] = {}
        self._flow = FlowLayout(self, GAP)
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.setAccessibleName(name)

    def chips(self) -> list[NewsChip]:
        """In their order."""
        return list(self._chips.values())

    def set_chips(self, specs: Sequence[NewsSpec]) -> None:
        """Show these; those with known keys stay the same widgets and keep the focus."""
        wanted = {spec.key: spec for spec in specs}
        for key in [key for key in self._chips if key not in wanted]:
            chip = self._chips.pop(key)
            self._flow.removeWidget(chip)
            chip.hide()
            chip.deleteLater()
        made: dict[Hashable, NewsChip] = {}
        for key, spec in wanted.items():
            made[key] = self._chips.get(key) or self._make(spec)
            if made[key].spec != spec:
                made[key].set_spec(spec)
        self._chips = made
        self._flow.reorder(self.chips())
        for first, second in zip(self.chips(), self.chips()[1:], strict=False):
            QWidget.setTabOrder(first, second)
        self.setVisible(bool(made))
        self._keep_high()
        self.updateGeometry()

    def rows(self, specs: Sequence[NewsSpec], width: int) -> int:
        """On how many lines these would stand at a width."""
        metrics = QFontMetrics(self._theme.font())
        rows, x = 0, 0
        for spec in specs:
            wide = min(_wide(visible_text(spec.label), metrics), max(width, 0))
            if not rows or x + wide > width:
                rows, x = rows + 1, 0
            x += wide + GAP
        return rows

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._keep_high()

    def _keep_high(self) -> None:
        """A window that is low takes its room elsewhere: a chip that is cut cannot be read."""
        self.setMinimumHeight(self._flow.heightForWidth(self.width()) if self._chips else 0)

    def _make(self, spec: NewsSpec) -> NewsChip:
        chip = NewsChip(self._theme, spec, self)
        chip.clicked.connect(lambda: self.picked.emit(chip.spec.key))
        self._flow.addWidget(chip)
        chip.show()
        return chip

    def keyPressEvent(self, event: QKeyEvent) -> None:
        by = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()))
        chips = self.chips()
        here = next((place for place, chip in enumerate(chips) if chip.hasFocus()), None)
        if by is None or here is None:
            super().keyPressEvent(event)
            return
        chips[min(max(here + by, 0), len(chips) - 1)].setFocus(Qt.FocusReason.TabFocusReason)


def _wide(label: str, metrics: QFontMetrics) -> int:
    return min(metrics.horizontalAdvance(label) + 2 * _PAD + _SIGN, _WIDEST)


def _sign(painter: QPainter, middle: QPointF, tone: str, tokens: Tokens) -> None:
    """A shape and a colour for each kind: a dot, a ring, a square, a bar, a triangle."""
    color = _color(tone, tokens)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(color)
    if tone == "removed":
        painter.drawRect(QRectF(middle.x() - 4, middle.y() - 1.25, 8, 2.5))
    elif tone in ("moved", "returned", "source"):
        painter.drawRect(QRectF(middle.x() - 3.5, middle.y() - 3.5, 7, 7))
    elif tone == "attention":
        x, y = middle.x(), middle.y()
        painter.drawPolygon(QPolygonF([QPointF(x, y - 4.5), QPointF(x + 4.5, y + 3.5), QPointF(x - 4.5, y + 3.5)]))
    elif tone == "time-changed":
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(color, 1.6))
        painter.drawEllipse(middle, 3.4, 3.4)
    else:
        painter.drawEllipse(middle, 4.0, 4.0)


def _color(tone: str, tokens: Tokens) -> QColor:
    colors = {
        "added": tokens.green,
        "changed": tokens.amber,
        "moved": tokens.blue,
        "returned": mix(tokens.blue, tokens.green, 0.5),
        "removed": mix(tokens.dim, tokens.text, 0.2),
        "unseen": tokens.accent,
        "attention": tokens.amber,
    }
    return colors.get(tone, tokens.dim)

"""Chips: a removable word in the filter bar, and the same look painted inside table cells."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Literal

from PySide6.QtCore import QEvent, QMargins, QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QEnterEvent, QFont, QFontMetrics, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QLayout, QLayoutItem, QSizePolicy, QWidget

from workbench.gui.theme import Theme, Tokens, mix
from workbench.gui.widgets.elide import elided, tooltip_text, visible_text
from workbench.gui.widgets.plain import button_text
from workbench.gui.widgets.words import word

Kind = Literal["include", "exclude"]
Tone = Literal["plain", "accent", "code"]

_PAD = 9
_CROSS = 16


@dataclass(frozen=True)
class ChipSpec:
    """One chip: what identifies it, what it says, whether it lets in or keeps out."""

    key: Hashable
    label: str
    kind: Kind = "include"
    removable: bool = True
    tooltip: str = ""


class Chip(QAbstractButton):
    """A word with a cross. Delete, Backspace, Space, Enter or a click on the cross ask for removal.

    A click on the word is `picked`: the owner may open what set it. Its spoken name says what it does.
    """

    removed = Signal()
    picked = Signal()

    def __init__(self, theme: Theme, spec: ChipSpec, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._over_cross = False
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self.setMouseTracking(True)
        self.spec = spec
        self.set_spec(spec)
        self.clicked.connect(self._ask)
        theme.changed.connect(self.update)

    def set_spec(self, spec: ChipSpec) -> None:
        """Say something else."""
        self.spec = spec
        self.setText(button_text(spec.label))
        code = f"chips.{spec.kind}" if spec.removable else "chips.fixed"
        self.setAccessibleName(word(code, label=visible_text(spec.label)))
        self.setToolTip(tooltip_text(spec.tooltip or spec.label))
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        """As wide as its word, up to a third of a wide bar."""
        metrics = QFontMetrics(self._theme.font())
        wide = (
            metrics.horizontalAdvance(visible_text(self.spec.label)) + 2 * _PAD + (_CROSS if self.spec.removable else 0)
        )
        return QSize(min(wide, 360), metrics.height() + 6)

    def minimumSizeHint(self) -> QSize:
        """A few letters and the cross."""
        return QSize(min(72, self.sizeHint().width()), self.sizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Included: on a ground. Excluded: an outline, so that colour is not the only difference."""
        painter = QPainter(self)
        try:
            self._paint(painter)
        finally:
            painter.end()

    def _paint(self, painter: QPainter) -> None:
        tokens = self._theme.tokens
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        area = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        ground = tokens.accent_ground
        if self.underMouse() or self.isDown():
            ground = mix(ground, tokens.accent, 0.12)
        edge = tokens.accent if self.hasFocus() else mix(tokens.accent, tokens.panel, 0.45)
        excluded = self.spec.kind == "exclude"
        painter.setBrush(tokens.panel if excluded else ground)
        painter.setPen(
            QPen(edge, 1.5 if self.hasFocus() else 1.0) if excluded or self.hasFocus() else Qt.PenStyle.NoPen
        )
        painter.drawRoundedRect(area, area.height() / 2, area.height() / 2)
        font = self._theme.font()
        painter.setFont(font)
        painter.setPen(tokens.readable(tokens.accent_text, ground))
        words = self.rect().adjusted(_PAD, 0, 2 - _PAD - (_CROSS if self.spec.removable else 0), 0)
        text = elided(self.spec.label, QFontMetrics(font), words.width())
        painter.drawText(words, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, text)
        if self.spec.removable:
            cross = self._cross()
            if self._over_cross:
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(mix(ground, tokens.accent, 0.3))
                painter.drawEllipse(cross)
            painter.setPen(QPen(tokens.accent_text, 1.3))
            middle, arm = QRectF(cross).center(), 3.0
            painter.drawLine(middle + QPointF(-arm, -arm), middle + QPointF(arm, arm))
            painter.drawLine(middle + QPointF(-arm, arm), middle + QPointF(arm, -arm))

    def _cross(self) -> QRect:
        side = 14
        return QRect(self.width() - side - 5, (self.height() - side) // 2, side, side)

    def _ask(self) -> None:
        if self.spec.removable:
            self.removed.emit()
        else:
            self.picked.emit()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """On the cross: remove. On the word: pick."""
        inside = self.isDown() and self.rect().contains(event.position().toPoint())
        self.setDown(False)
        if event.button() == Qt.MouseButton.LeftButton and inside:
            if self.spec.removable and event.position().x() >= self._cross().left() - 2:
                self.removed.emit()
            else:
                self.picked.emit()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Light the cross."""
        over = self.spec.removable and event.position().x() >= self._cross().left() - 2
        if over != self._over_cross:
            self._over_cross = over
            self.update()

    def enterEvent(self, event: QEnterEvent) -> None:
        """Light the chip."""
        self.update()

    def leaveEvent(self, event: QEvent) -> None:
        """Rest."""
        self._over_cross = False
        self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """The removing keys; arrows go to the row."""
        key = event.key()
        removing = (Qt.Key.Key_Delete, Qt.Key.Key_Backspace)
        if key in removing and self.spec.removable:
            self.removed.emit()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._ask()
        elif key in (Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Home, Qt.Key.Key_End):
            event.ignore()
        else:
            super().keyPressEvent(event)


class FlowLayout(QLayout):
    """Items from left to right, wrapping like words."""

    def __init__(self, parent: QWidget | None = None, gap: int = 6) -> None:
        super().__init__(parent)
        self._items: list[QLayoutItem] = []
        self._gap = gap
        self.setContentsMargins(QMargins(0, 0, 0, 0))

    def addItem(self, item: QLayoutItem) -> None:
        """Qt adds through here."""
        self._items.append(item)

    def count(self) -> int:
        """How many."""
        return len(self._items)

    def itemAt(self, index: int) -> QLayoutItem | None:
        """One; null outside."""
        return self._items[index] if 0 <= index < len(self._items) else None

    def takeAt(self, index: int) -> QLayoutItem | None:
        """Take one out."""
        return self._items.pop(index) if 0 <= index < len(self._items) else None

    def reorder(self, widgets: Sequence[QWidget]) -> None:
        """The order in which the items flow."""
        places = {id(widget): place for place, widget in enumerate(widgets)}
        self._items.sort(key=lambda item: places.get(id(item.widget()), len(places)))
        self.invalidate()

    def expandingDirections(self) -> Qt.Orientation:
        """It wants nothing."""
        return Qt.Orientation(0)

    def hasHeightForWidth(self) -> bool:
        """Narrower is higher."""
        return True

    def heightForWidth(self, width: int) -> int:
        """As many lines as it takes."""
        return self._flow(QRect(0, 0, width, 0), move=False)

    def setGeometry(self, rect: QRect) -> None:
        """Put them there."""
        super().setGeometry(rect)
        self._flow(rect, move=True)

    def sizeHint(self) -> QSize:
        """All on one line."""
        wide = sum(item.sizeHint().width() + self._gap for item in self._items)
        high = max((item.sizeHint().height() for item in self._items), default=0)
        return QSize(max(wide - self._gap, 0), high).grownBy(self.contentsMargins())

    def minimumSize(self) -> QSize:
        """The widest of the narrowest."""
        made = QSize()
        for item in self._items:
            made = made.expandedTo(item.minimumSize())
        return made.grownBy(self.contentsMargins())

    def _flow(self, rect: QRect, move: bool) -> int:
        margins = self.contentsMargins()
        rect = rect.marginsRemoved(margins)
        x, y, line = rect.left(), rect.top(), 0
        for item in self._items:
            size = item.sizeHint()
            wide = min(size.width(), max(rect.width(), item.minimumSize().width()))
            if x > rect.left() and x + wide > rect.right() + 1:
                x, y, line = rect.left(), y + line + self._gap, 0
            if move:
                item.setGeometry(QRect(x, y, wide, size.height()))
            x += wide + self._gap
            line = max(line, size.height())
        return y + line - rect.top() + margins.top() + margins.bottom()


class ChipRow(QWidget):
    """Chips that wrap. Left, Right, Home and End go from chip to chip; after a removal the next one has the focus."""

    removed = Signal(object)
    """The key of the chip whose removal is wanted. The chip stays until `set_chips` leaves it out."""
    picked = Signal(object)
    """The key of the chip whose word was clicked."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._chips: dict[Hashable, Chip] = {}
        self._flow = FlowLayout(self)
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.setAccessibleName(word("chips.row"))

    def chips(self) -> list[Chip]:
        """The chips in order."""
        return list(self._chips.values())

    def set_chips(self, specs: Sequence[ChipSpec]) -> None:
        """Show these; chips with known keys stay the same widgets, so that the focus stays where it is."""
        focused = self._focused()
        before = list(self._chips)
        wanted = {spec.key: spec for spec in specs}
        for key in before:
            if key not in wanted:
                chip = self._chips.pop(key)
                self._flow.removeWidget(chip)
                chip.hide()
                chip.deleteLater()
        made: dict[Hashable, Chip] = {}
        for key, spec in wanted.items():
            made[key] = self._chips.get(key) or self._make(spec)
            if made[key].spec != spec:
                made[key].set_spec(spec)
        self._chips = made
        self._flow.reorder(list(made.values()))
        for first, second in zip(self.chips(), self.chips()[1:], strict=False):
            QWidget.setTabOrder(first, second)
        self.updateGeometry()
        if focused is not None and focused not in made and made:
            place = min(before.index(focused), len(made) - 1)
            self.chips()[place].setFocus(Qt.FocusReason.OtherFocusReason)

    def _make(self, spec: ChipSpec) -> Chip:
        chip = Chip(self._theme, spec, self)
        chip.removed.connect(lambda: self.removed.emit(chip.spec.key))
        chip.picked.connect(lambda: self.picked.emit(chip.spec.key))
        self._flow.addWidget(chip)
        chip.show()
        return chip

    def _focused(self) -> Hashable | None:
        return next((key for key, chip in self._chips.items() if chip.hasFocus()), None)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """From chip to chip."""
        chips = self.chips()
        here = next((place for place, chip in enumerate(chips) if chip.hasFocus()), None)
        steps = {
            Qt.Key.Key_Left: -1,
            Qt.Key.Key_Right: 1,
            Qt.Key.Key_Home: -len(chips),
            Qt.Key.Key_End: len(chips),
        }
        by = steps.get(Qt.Key(event.key()))
        if here is None or by is None:
            super().keyPressEvent(event)
            return
        chips[min(max(here + by, 0), len(chips) - 1)].setFocus(Qt.FocusReason.TabFocusReason)


def chip_width(label: str, metrics: QFontMetrics, tone: Tone = "plain") -> int:
    """How wide a painted chip is."""
    return metrics.horizontalAdvance(label) + (10 if tone == "code" else 2 * 8)


def paint_chip(painter: QPainter, area: QRect, label: str, tokens: Tokens, font: QFont, tone: Tone = "plain") -> None:
    """One chip in an area: ``plain`` is quiet, ``accent`` an exception, ``code`` the squarer chip of a country."""
    ground, ink = _tones(tokens, tone)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(ground)
    radius = 4.0 if tone == "code" else area.height() / 2
    painter.drawRoundedRect(QRectF(area), radius, radius)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    painter.setFont(font)
    painter.setPen(ink)
    painter.drawText(area, Qt.AlignmentFlag.AlignCenter, label)


def paint_chips(
    painter: QPainter, area: QRect, labels: Sequence[tuple[str, Tone]], tokens: Tokens, font: QFont, gap: int = 5
) -> None:
    """Chips from the left. What has no room is counted at the end (``+2``), and a single one is elided."""
    metrics = QFontMetrics(font)
    height = metrics.height() + 3
    top = area.top() + (area.height() - height) // 2
    x, right = area.left(), area.right() + 1
    for place, (label, tone) in enumerate(labels):
        left_over = len(labels) - place - 1
        reserve = chip_width(f"+{left_over}", metrics) + gap if left_over else 0
        wide = chip_width(label, metrics, tone)
        if x + wide + reserve > right:
            if place and not (left_over == 0 and x + wide <= right):
                rest = f"+{left_over + 1}"
                paint_chip(painter, QRect(x, top, chip_width(rest, metrics), height), rest, tokens, font)
                return
            wide = max(min(wide, right - x - reserve), 0)
            label = metrics.elidedText(label, Qt.TextElideMode.ElideRight, max(wide - 14, 0))
            if wide < 24:
                return
        paint_chip(painter, QRect(x, top, wide, height), label, tokens, font, tone)
        x += wide + gap


def _tones(tokens: Tokens, tone: Tone) -> tuple[QColor, QColor]:
    if tone == "accent":
        return tokens.accent_ground, tokens.readable(tokens.accent_text, tokens.accent_ground)
    return tokens.chip, tokens.text

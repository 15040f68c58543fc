"""The small parts above the bars: quiet choices, and a legend that drops what has no room."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QMenu, QSizePolicy, QToolButton, QWidget

from workbench.gui.theme import Theme
from workbench.gui.widgets.timeline_paint import paint_hatch
from workbench.gui.widgets.words import word


class Choice(QToolButton):
    """A word that opens a menu or is switched on and off."""

    def __init__(self, theme: Theme, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._name = name
        self.setFont(theme.font("caption"))
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAccessibleName(name)
        theme.changed.connect(self._dress)
        self._dress()

    def _dress(self) -> None:
        tokens = self._theme.tokens
        dim, text = tokens.dim.name(), tokens.text.name()
        self.setStyleSheet(
            f"QToolButton {{ color: {dim}; padding: 2px 5px; }} QToolButton:hover {{ color: {text}; }}"
            f"QToolButton:checked {{ color: {tokens.accent_text.name()}; }}"
        )

    def setText(self, text: str) -> None:
        """The chosen value, which is spoken after the name of the choice."""
        super().setText(text)
        self.setAccessibleName(f"{self._name}: {text}")


def fill_menu(choice: Choice, entries: Mapping[str, str], chosen: Callable[[str], None]) -> None:
    """Values and their texts as a menu."""
    menu = QMenu(choice)
    for value, text in entries.items():
        menu.addAction(text, partial(chosen, value))
    choice.setMenu(menu)


@dataclass(frozen=True)
class Swatch:
    """A word and how it is drawn: ``solid``, or a ``rising`` or ``falling`` hatch."""

    text: str
    color: str | QColor
    style: str = "solid"


class Legend(QWidget):
    """One line of swatches and, at its end, a note. Words that have no room go to the tooltip."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._swatches: tuple[Swatch, ...] = ()
        self._lead = self._note = ""
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self.update)

    def show_words(self, swatches: Sequence[Swatch], lead: str, note: str) -> None:
        """What stands for what."""
        if (tuple(swatches), lead, note) == (self._swatches, self._lead, self._note):
            return
        self._swatches, self._lead, self._note = tuple(swatches), lead, note
        self.setToolTip("\n".join([each.text for each in swatches] + [part for part in (lead, note) if part]))
        self.setAccessibleName(word("timeline.legend"))
        self.setAccessibleDescription(
            ", ".join([each.text for each in swatches] + [part for part in (lead, note) if part])
        )
        self.update()

    def sizeHint(self) -> QSize:
        """One line."""
        return QSize(200, 20)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Swatches from the left, the note at the right."""
        painter = QPainter(self)
        try:
            self._paint(painter)
        finally:
            painter.end()

    def _paint(self, painter: QPainter) -> None:
        tokens, font = self._theme.tokens, self._theme.font("caption")
        metrics = QFontMetrics(font)
        painter.setFont(font)
        x, right = 12, self.width() - 12
        if self._lead:
            painter.setPen(tokens.dim)
            lead = metrics.elidedText(self._lead, Qt.TextElideMode.ElideRight, right - x)
            painter.drawText(QRect(x, 0, right - x, self.height()), Qt.AlignmentFlag.AlignVCenter, lead)
            return
        for each in self._swatches:
            wide = metrics.horizontalAdvance(each.text)
            if x + 14 + wide > right:
                painter.setPen(tokens.dim)
                painter.drawText(QRect(x - 4, 0, 20, self.height()), Qt.AlignmentFlag.AlignVCenter, "…")
                return
            box = QRect(x, (self.height() - 9) // 2, 9, 9)
            color = QColor(getattr(tokens, each.color)) if isinstance(each.color, str) else each.color
            if each.style == "solid":
                painter.fillRect(box, color)
            else:
                paint_hatch(painter, box, color, each.style == "rising")
            painter.setPen(tokens.dim)
            painter.drawText(QRect(x + 14, 0, wide + 2, self.height()), Qt.AlignmentFlag.AlignVCenter, each.text)
            x += 14 + wide + 12
        if self._note and x + 40 < right:
            text = metrics.elidedText(self._note, Qt.TextElideMode.ElideRight, right - x)
            painter.drawText(
                QRect(x, 0, right - x, self.height()), Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, text
            )

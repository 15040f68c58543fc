"""The small parts above the bars: quiet choices that give way when it is narrow, and a legend that does so too."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import QEvent, QRect, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import (
    QLabel,
    QMenu,
    QSizePolicy,
    QStyle,
    QStyleOptionToolButton,
    QStylePainter,
    QToolButton,
    QWidget,
)

from workbench.gui.theme import Theme
from workbench.gui.widgets.elide import tooltip_text
from workbench.gui.widgets.timeline_paint import paint_hatch
from workbench.gui.widgets.words import word

_AROUND = 12
"""Padding and border of a choice, both sides together."""


class Choice(QToolButton):
    """A word that opens a menu or is switched on and off. It is elided where there is no room."""

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

    def snug(self) -> int:
        """The least width that shows all of the text."""
        return self.fontMetrics().horizontalAdvance(self.text()) + _AROUND + 2

    def paintEvent(self, event: QPaintEvent) -> None:
        """As usual, but for a text that is too long."""
        painter = QStylePainter(self)
        try:
            option = QStyleOptionToolButton()
            self.initStyleOption(option)
            room = max(self.width() - _AROUND, 1)
            option.text = self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, room)
            painter.drawComplexControl(QStyle.ComplexControl.CC_ToolButton, option)
        finally:
            painter.end()


class HeaderRow(QWidget):
    """The title and, at the right of it, the choices; where that is too narrow, in rows of their own below it."""

    _LEFT, _RIGHT, _TOP, _GAP, _LEAST = 12, 6, 8, 2, 160

    def __init__(self, title: QLabel, choices: Sequence[Choice], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._title = title
        self._choices = tuple(choices)
        for each in (title, *choices):
            each.setParent(self)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setMinimumWidth(self._LEAST)
        self.place()

    def lead(self, choice: Choice) -> None:
        """One more choice, before the others."""
        self._choices = (choice, *self._choices)
        choice.setParent(self)
        choice.show()
        self.place()

    def place(self) -> None:
        """Give everything its place for this width and these texts."""
        shown = [each for each in self._choices if not each.isHidden()]
        title = self._title.sizeHint()
        high = max([title.height(), *(each.sizeHint().height() for each in shown)])
        self._title.setGeometry(self._LEFT, self._TOP, min(title.width(), self.width() - self._LEFT), high)
        widths = [each.sizeHint().width() for each in shown]
        x = self.width() - self._RIGHT - sum(widths) - self._GAP * len(widths)
        y = self._TOP
        if x < self._LEFT + title.width() + 8:
            room = max(self.width() - 2 * self._RIGHT, 1)
            widths = [min(each.snug(), room) for each in shown]
            x, y = self._RIGHT, y + high
        for each, wide in zip(shown, widths, strict=True):
            if x + wide > self.width() - self._RIGHT and x > self._RIGHT:
                x, y = self._RIGHT, y + high
            each.setGeometry(x, y, wide, high)
            x += wide + self._GAP
        self.setFixedHeight(y + high)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Another width."""
        super().resizeEvent(event)
        self.place()

    def event(self, event: QEvent) -> bool:
        """A choice has another text or is hidden."""
        if event.type() in (QEvent.Type.LayoutRequest, QEvent.Type.Show):
            self.place()
        return super().event(event)


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
        said = [each.text for each in swatches] + [part for part in (lead, note) if part]
        self.setToolTip(tooltip_text("\n".join(said)))
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

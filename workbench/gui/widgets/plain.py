"""Words on screen as they are: no markup is read in them, and an ampersand is an ampersand.

Names come from open servers and from people; Qt guesses at markup in labels and tooltips, and would fetch what it
points to. All labels of the window are `PlainLabel`, all tooltips with anything variable go through `tooltip_text`, and
all buttons and menu entries through `button_text`.
"""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QWidget

from workbench.gui.widgets.elide import visible_text


class PlainLabel(QLabel):
    """A label that never reads markup."""

    def __init__(self, words: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setText(words)


def button_text(words: str) -> str:
    """Foreign words for a button, a tab or a menu, where a single ampersand would underline the next letter."""
    return visible_text(words).replace("&", "&&")

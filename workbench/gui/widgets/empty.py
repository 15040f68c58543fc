"""What a pane says while it has nothing to show: what it is for, and the next act as a button."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from workbench.gui import icons
from workbench.gui.theme import Theme, mix, set_role, set_surface
from workbench.gui.widgets.plain import PlainLabel, button_text

Action = tuple[str, Callable[[], object]]

_ICON = 44
_WIDTH = 380


class EmptyState(QWidget):
    """An icon, a sentence, an explanation, and buttons; the first button is the primary one. Main thread."""

    def __init__(
        self,
        theme: Theme,
        icon: str,
        title: str,
        text: str = "",
        actions: Sequence[Action] = (),
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._theme = theme
        self._icon = icon
        self._picture = PlainLabel()
        self._title = PlainLabel()
        self._text = PlainLabel()
        self._buttons = QHBoxLayout()
        self._made: list[QPushButton] = []
        self._lay_out()
        set_surface(self, "window")
        theme.changed.connect(self._restyle)
        self.set_content(icon, title, text, actions)

    def set_content(self, icon: str, title: str, text: str = "", actions: Sequence[Action] = ()) -> None:
        """Say something else. Texts are plain: no markup is read in them."""
        self._icon = icon
        self._title.setText(title)
        self._text.setText(text)
        self._text.setVisible(bool(text))
        self._text.setFixedHeight(self._text.heightForWidth(_WIDTH) if text else 0)
        self.setAccessibleName(title)
        self.setAccessibleDescription(text)
        self._set_actions(actions)
        self._restyle()

    def buttons(self) -> list[QPushButton]:
        """The buttons, first one primary."""
        return list(self._made)

    def _lay_out(self) -> None:
        middle = Qt.AlignmentFlag.AlignHCenter
        for label in (self._picture, self._title, self._text):
            label.setAlignment(middle)
        set_role(self._title, "heading")
        set_role(self._text, "dim")
        self._title.setWordWrap(True)
        self._title.setFixedWidth(_WIDTH)
        self._text.setWordWrap(True)
        self._text.setFixedWidth(_WIDTH)
        self._buttons.setSpacing(self._theme.spacing(2))
        column = QVBoxLayout(self)
        column.setSpacing(self._theme.spacing(2))
        column.addStretch(2)
        column.addWidget(self._picture, 0, middle)
        column.addSpacing(self._theme.spacing(1))
        column.addWidget(self._title, 0, middle)
        column.addWidget(self._text, 0, middle)
        column.addSpacing(self._theme.spacing(2))
        row = QHBoxLayout()
        row.addStretch(1)
        row.addLayout(self._buttons)
        row.addStretch(1)
        column.addLayout(row)
        column.addStretch(3)

    def _set_actions(self, actions: Sequence[Action]) -> None:
        for button in self._made:
            self._buttons.removeWidget(button)
            button.hide()
            button.deleteLater()
        self._made = []
        for number, (label, act) in enumerate(actions):
            button = QPushButton(button_text(label))
            if number == 0:
                set_role(button, "primary")
            button.clicked.connect(lambda _checked=False, act=act: act())
            self._buttons.addWidget(button)
            self._made.append(button)

    def _restyle(self) -> None:
        tokens = self._theme.tokens
        quiet = mix(tokens.dim, tokens.window, 0.35)
        self._picture.setPixmap(icons.pixmap(self._icon, quiet, _ICON, self.devicePixelRatioF()))

"""What a narrow pane says while it has nothing to show: words that wrap, and the next act as a button."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget

from workbench.gui import icons
from workbench.gui.theme import Theme, mix, set_role, set_surface
from workbench.gui.widgets.plain import PlainLabel, button_text

Act = tuple[str, Callable[[], object]]

_ICON = 32


class Hint(QWidget):
    """An icon, a sentence, an explanation, buttons; as narrow as its pane. The first button is the primary one."""

    def __init__(self, theme: Theme, icon: str, title: str = "", about: str = "", acts: Sequence[Act] = ()) -> None:
        super().__init__()
        self._theme = theme
        self._icon = icon
        self._picture, self._title, self._about = PlainLabel(), PlainLabel(), PlainLabel()
        self._made: list[QPushButton] = []
        set_role(self._title, "heading")
        set_role(self._about, "dim")
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(16, 12, 16, 12)
        self._column.setSpacing(theme.spacing(2))
        self._column.addStretch(2)
        for label in (self._picture, self._title, self._about):
            label.setAlignment(Qt.AlignmentFlag.AlignHCenter)
            label.setWordWrap(label is not self._picture)
            self._column.addWidget(label)
        self._acts = QVBoxLayout()
        self._column.addLayout(self._acts)
        self._column.addStretch(3)
        set_surface(self, "panel")
        theme.changed.connect(self._dress)
        self.set_content(icon, title, about, acts)

    def set_content(self, icon: str, title: str, about: str = "", acts: Sequence[Act] = ()) -> None:
        """Say something else. Plain text: no markup is read in it."""
        self._icon = icon
        self._title.setText(title)
        self._about.setText(about)
        self.setAccessibleName(title)
        self.setAccessibleDescription(about)
        for button in self._made:
            self._acts.removeWidget(button)
            button.hide()
            button.deleteLater()
        self._made = []
        for number, (label, act) in enumerate(acts):
            button = QPushButton(button_text(label))
            if number == 0:
                set_role(button, "primary")
            button.clicked.connect(lambda _checked=False, act=act: act())
            self._acts.addWidget(button, 0, Qt.AlignmentFlag.AlignHCenter)
            self._made.append(button)
        self._dress()

    def buttons(self) -> list[QPushButton]:
        """The buttons, the first of them primary."""
        return list(self._made)

    def _dress(self) -> None:
        quiet = mix(self._theme.tokens.dim, self._theme.tokens.panel, 0.35)
        self._picture.setPixmap(icons.pixmap(self._icon, quiet, _ICON, self.devicePixelRatioF()))

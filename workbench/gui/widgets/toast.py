"""A message that does not stop the work: one line at the edge of the window, with what can be done about it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent, QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QSizePolicy, QToolButton, QWidget

from workbench.gui import icons
from workbench.gui.theme import Theme, set_role
from workbench.gui.widgets.plain import PlainLabel, button_text
from workbench.gui.widgets.words import word

Kind = Literal["info", "done", "warning", "error"]
Action = tuple[str, Callable[[], object]]

_SECONDS = 8
_ICONS = {"info": "info", "done": "done", "warning": "warning", "error": "warning"}


@dataclass(frozen=True)
class Notice:
    """One message. What needs an answer (an error, or anything with an action) stays until it is dismissed."""

    kind: Kind
    text: str
    actions: tuple[Action, ...] = ()

    def stays(self) -> bool:
        """Whether it waits for the person."""
        return self.kind == "error" or bool(self.actions)


class MessageBar(QFrame):
    """Shows the newest notice; hidden when there are none. Main thread.

    A passing notice gives way for good. One that stays lies under the newer ones, which say how many there are below,
    and comes back when they are dismissed.
    """

    dismissed = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._below: list[Notice] = []
        self._now: Notice | None = None
        self._sign = PlainLabel()
        self._text = PlainLabel()
        self._text.setWordWrap(True)
        self._text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._text.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self._more = PlainLabel()
        set_role(self._more, "dim")
        self._actions = QHBoxLayout()
        self._actions.setSpacing(theme.spacing(1))
        self._made: list[QPushButton] = []
        self._close = QToolButton()
        self._close.setToolTip(word("dismiss"))
        self._close.setAccessibleName(word("dismiss"))
        self._close.setIconSize(QSize(16, 16))
        self._close.clicked.connect(self.dismiss)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_SECONDS * 1000)
        self._timer.timeout.connect(self.dismiss)
        row = QHBoxLayout(self)
        row.setContentsMargins(theme.spacing(3), theme.spacing(1), theme.spacing(2), theme.spacing(1))
        row.setSpacing(theme.spacing(2))
        row.addWidget(self._sign, 0, Qt.AlignmentFlag.AlignVCenter)
        row.addWidget(self._text, 1)
        row.addWidget(self._more)
        row.addLayout(self._actions)
        row.addWidget(self._close)
        self.setObjectName("message-bar")
        theme.changed.connect(self._restyle)
        self.hide()

    def info(self, text: str, actions: Sequence[Action] = ()) -> None:
        """Say something in passing."""
        self.post(Notice("info", text, tuple(actions)))

    def done(self, text: str, actions: Sequence[Action] = ()) -> None:
        """Say that something ended well, perhaps with an undo."""
        self.post(Notice("done", text, tuple(actions)))

    def warn(self, text: str, actions: Sequence[Action] = ()) -> None:
        """Ask for attention."""
        self.post(Notice("warning", text, tuple(actions)))

    def error(self, text: str, actions: Sequence[Action] = ()) -> None:
        """Say what went wrong, what was kept and what to do; it stays."""
        self.post(Notice("error", text, tuple(actions)))

    def post(self, notice: Notice) -> None:
        """Show a notice at once, on top of those that stay. A repeated one comes to the top and is there once."""
        if notice == self._now:
            return
        if notice in self._below:
            self._below.remove(notice)
        if self._now is not None and self._now.stays():
            self._below.append(self._now)
        self._show(notice)

    def buttons(self) -> list[QPushButton]:
        """The buttons of what is shown, without the one that dismisses."""
        return list(self._made)

    def current(self) -> Notice | None:
        """What is shown."""
        return self._now

    def dismiss(self) -> None:
        """Take away what is shown; the newest of those below it comes back."""
        self._timer.stop()
        self._now = None
        if self._below:
            self._show(self._below.pop())
        else:
            self.hide()
        self.dismissed.emit()

    def forget(self) -> None:
        """Take away all notices: what they speak of is gone."""
        self._below.clear()
        if self._now is not None:
            self.dismiss()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape dismisses."""
        if event.key() == Qt.Key.Key_Escape:
            self.dismiss()
        else:
            super().keyPressEvent(event)

    def _show(self, notice: Notice) -> None:
        self._now = notice
        self._text.setText(notice.text)
        self.setAccessibleName(notice.text)
        self._more.setText(word("notices-below", count=len(self._below)) if self._below else "")
        self._more.setVisible(bool(self._below))
        for button in self._made:
            self._actions.removeWidget(button)
            button.hide()
            button.deleteLater()
        self._made = []
        for label, act in notice.actions:
            button = QPushButton(button_text(label))
            set_role(button, "link")
            button.clicked.connect(lambda _checked=False, act=act: self._act(act))
            self._actions.addWidget(button)
            self._made.append(button)
        self._restyle()
        self.show()
        if notice.stays():
            self._timer.stop()
        else:
            self._timer.start()
        self._announce(notice)

    def _act(self, act: Callable[[], object]) -> None:
        self.dismiss()
        act()

    def _announce(self, notice: Notice) -> None:
        if not QAccessible.isActive():
            return
        event = QAccessibleAnnouncementEvent(self, notice.text)
        if notice.kind == "error":
            event.setPoliteness(QAccessible.AnnouncementPoliteness.Assertive)
        QAccessible.updateAccessibility(event)

    def _restyle(self) -> None:
        tokens = self._theme.tokens
        kind = self._now.kind if self._now is not None else "info"
        color = {"info": tokens.blue, "done": tokens.green, "warning": tokens.amber, "error": tokens.red}[kind]
        shown = tokens.readable(color, tokens.panel)
        self._sign.setPixmap(icons.pixmap(_ICONS[kind], shown, 18, self.devicePixelRatioF()))
        self._close.setIcon(icons.icon("close", self._theme, 16))
        self.setStyleSheet(
            f"#message-bar {{ background: {tokens.panel.name()}; border: 1px solid {tokens.line.name()};"
            f" border-left: 3px solid {color.name()}; border-radius: 6px; }}"
        )

"""What every dialog of the window is: a title, an explanation, rows, and buttons; asked for with ``await``.

Nothing here runs an event loop of its own: `answer` opens the dialog and waits like any other coroutine.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QResizeEvent, QShowEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLayout,
    QPushButton,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from workbench.gui.texts import text
from workbench.gui.theme import Theme, set_role, set_surface
from workbench.gui.widgets.plain import PlainLabel


class Words(PlainLabel):
    """Plain text that wraps, and is as high as it then has to be: grids forget that of labels in them."""

    def __init__(self, words: str = "", role: str = "") -> None:
        super().__init__(words)
        self.setWordWrap(True)
        if role:
            set_role(self, role)

    def setText(self, words: str) -> None:
        super().setText(words)
        self._grow()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._grow()

    def _grow(self) -> None:
        needed = self.heightForWidth(self.width()) if self.text() else 0
        if needed != self.minimumHeight():
            self.setMinimumHeight(max(needed, 0))


class Form(QWidget):
    """Rows of a word, a field and, below it, what the field means. Every field is named by its word."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(16)
        self._grid.setVerticalSpacing(4)
        self._grid.setColumnMinimumWidth(0, 108)
        self._grid.setColumnStretch(1, 1)
        self._rows = 0
        self._parts: dict[QWidget, list[QWidget]] = {}

    def add(self, code: str, field: QWidget | QLayout, help_code: str = "", named: QWidget | None = None) -> None:
        """One row; `named` is the widget to be named where the field is a layout or a group of widgets."""
        target = named or (field if isinstance(field, QWidget) else None)
        parts: list[QWidget] = []
        word = text(code)
        if isinstance(target, QCheckBox | QRadioButton) and field is target:
            target.setText(word)
            self._grid.addWidget(target, self._rows, 1)
        else:
            label = PlainLabel(word)
            set_role(label, "dim")
            label.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
            label.setContentsMargins(0, 5, 0, 0)
            parts.append(label)
            if target is not None:
                label.setBuddy(target)
                target.setAccessibleName(word)
            self._grid.addWidget(label, self._rows, 0)
            if isinstance(field, QWidget):
                self._grid.addWidget(field, self._rows, 1)
            else:
                self._grid.addLayout(field, self._rows, 1)
        if help_code:
            caption = Words(text(help_code), "caption")
            self._rows += 1
            self._grid.addWidget(caption, self._rows, 1)
            parts.append(caption)
            if target is not None:
                target.setAccessibleDescription(caption.text())
        if isinstance(field, QWidget):
            self._parts[field] = [*parts, field]
        self._grid.setRowMinimumHeight(self._rows + 1, 8)
        self._rows += 2

    def show_row(self, field: QWidget, shown: bool) -> None:
        """Show or hide the row of a field with all that belongs to it."""
        for part in self._parts.get(field, [field]):
            part.setVisible(shown)


class Dialog(QDialog):
    """The frame of all dialogs. `answer` gives what `result_value` says when it was accepted, else None."""

    asked_for = Signal(object)

    def __init__(
        self, theme: Theme, name: str, title: str, about: str = "", width: int = 520, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.theme = theme
        self.setObjectName(f"dialog-{name}")
        self.setWindowTitle(title)
        self.setAccessibleName(title)
        self.setMinimumWidth(width)
        set_surface(self, "panel")
        self._outer = QVBoxLayout(self)
        self._outer.setContentsMargins(0, 0, 0, 0)
        self._outer.setSpacing(0)
        inner = QVBoxLayout()
        inner.setContentsMargins(24, 20, 24, 18)
        inner.setSpacing(10)
        self.heading = PlainLabel(title)
        set_role(self.heading, "title")
        self.heading.setWordWrap(True)
        inner.addWidget(self.heading)
        self.about = Words(about, "dim")
        self.about.setVisible(bool(about))
        inner.addWidget(self.about)
        inner.addSpacing(6)
        self.body = QVBoxLayout()
        self.body.setSpacing(10)
        inner.addLayout(self.body, 1)
        self.problem = Words("", "error")
        self.problem.hide()
        inner.addWidget(self.problem)
        self._outer.addLayout(inner, 1)
        line = QFrame()
        set_role(line, "hairline")
        self._outer.addWidget(line)
        footer = QWidget()
        set_surface(footer, "window")
        self._footer = QHBoxLayout(footer)
        self._footer.setContentsMargins(24, 12, 24, 12)
        self._footer.setSpacing(8)
        self._footer.addStretch(1)
        self._outer.addWidget(footer)
        self.buttons: dict[str, QPushButton] = {}

    # making one

    def add_button(
        self, code: str, act: Callable[[], object], *, primary: bool = False, left: bool = False, danger: bool = False
    ) -> QPushButton:
        """A button of the footer, left to right; the primary one answers to Enter."""
        button = QPushButton(text(code))
        button.setObjectName(code)
        button.setAutoDefault(False)
        if primary:
            button.setDefault(True)
            set_role(button, "primary")
        if danger:
            set_role(button, "danger")
        button.clicked.connect(lambda: act())
        if left:
            self._footer.insertWidget(0, button)
        else:
            self._footer.addWidget(button)
        self.buttons[code] = button
        return button

    def add_accept(self, code: str) -> None:
        """Cancel, and the button that does it."""
        self.add_button("dialog.cancel", self.reject)
        self.add_button(code, self.accept, primary=True)

    def add_close(self) -> None:
        """Only a button to close."""
        self.add_button("dialog.close", self.accept, primary=True)

    def paragraph(self, words: str, role: str = "") -> Words:
        """A piece of plain text in the body."""
        label = Words(words, role)
        self.body.addWidget(label)
        return label

    def section(self, words: str) -> Words:
        """A heading in the body."""
        self.body.addSpacing(4)
        return self.paragraph(words, "heading")

    # asking

    def result_value(self) -> Any:
        """What was answered."""
        return True

    def check(self) -> str:
        """Why it cannot be accepted as it is; empty when it can."""
        return ""

    def accept(self) -> None:
        """Close, unless something is missing: then say what."""
        reason = self.check()
        self.show_problem(reason)
        if not reason:
            super().accept()

    def show_problem(self, words: str) -> None:
        """Say what is wrong, below the fields."""
        self.problem.setText(words)
        self.problem.setVisible(bool(words))
        if self.isVisible():
            self.fit()

    async def answer(self) -> Any:
        """Show it over its window and wait; None when it was cancelled. The dialog is gone afterwards."""
        try:
            return await self.answer_once()
        finally:
            self.deleteLater()

    async def answer_once(self) -> Any:
        """The same, but the dialog stays as it was filled in, to be shown again. Whoever asks deletes it."""
        waiting: asyncio.Future[Any] = asyncio.get_running_loop().create_future()

        def done(code: int) -> None:
            if not waiting.done():
                waiting.set_result(self.result_value() if code == QDialog.DialogCode.Accepted else None)

        self.finished.connect(done)
        self.open()
        try:
            return await waiting
        finally:
            self.finished.disconnect(done)
            self.hide()

    def showEvent(self, event: QShowEvent) -> None:
        """Begin with the first field."""
        super().showEvent(event)
        self.fit()
        if self.focusWidget() is None:
            self.focusNextChild()

    def event(self, event: QEvent) -> bool:
        """Words that turned out longer than the dialog make it higher."""
        done = super().event(event)
        if event.type() == QEvent.Type.LayoutRequest and self.isVisible():
            self.fit()
        return done

    def fit(self) -> None:
        """High enough for all words at this width: a top-level layout does not see to that by itself."""
        needed = max(self._outer.totalHeightForWidth(self.width()), self._outer.totalMinimumSize().height())
        if needed > self.height():
            self.resize(self.width(), needed)


async def ask(
    theme: Theme,
    parent: QWidget,
    title: str,
    about: str,
    choices: dict[str, str],
    *,
    primary: str,
    name: str = "question",
) -> str | None:
    """A question with a few answers (key to button code); None when it was closed."""
    dialog = Dialog(theme, name, title, about, 460, parent)
    chosen: list[str] = []
    dialog.add_button("dialog.cancel", dialog.reject)
    for key, code in choices.items():

        def take(key: str = key) -> None:
            chosen.append(key)
            dialog.accept()

        dialog.add_button(code, take, primary=key == primary)
    answered = await dialog.answer()
    return chosen[0] if answered and chosen else None

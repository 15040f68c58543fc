"""An entry for the system's own timer, so that looks are taken while the window is shut: preview, copy, save."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QComboBox, QPlainTextEdit, QTabWidget, QWidget

from workbench.core.errors import UserError
from workbench.gui.dialogs.choose import choose
from workbench.gui.dialogs.dialog import Dialog, Form
from workbench.gui.dialogs.watch_forms import Spawn
from workbench.gui.settings import Settings
from workbench.gui.texts import message_text, text
from workbench.gui.theme import Theme

SELECTABLE = Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
KINDS = ("systemd", "launchd", "task", "cron")
Entries = Callable[[str], Mapping[str, str]]
"""The files of an entry, by the kind of timer: name to text. Raises `UserError` for what that kind cannot say."""
Command = Callable[[str, Sequence[str]], str]
"""What puts an entry into force, by the kind of timer and the names of its files."""


class TimerDialog(Dialog):
    """Shows the files of one entry, and where the user puts them. Nothing is installed by this program."""

    def __init__(
        self,
        theme: Theme,
        source: str,
        interval: str,
        entries: Entries,
        command: Command,
        settings: Settings,
        spawn: Spawn,
        parent: QWidget | None = None,
    ) -> None:
        title = text("watch.timer.title", source=source)
        super().__init__(theme, "watch-timer", title, text("watch.timer.about", interval=interval), 700, parent)
        self._entries, self._command, self._settings = entries, command, settings
        self.files: dict[str, str] = {}
        self.kind = QComboBox()
        for kind in KINDS:
            self.kind.addItem(text(f"watch.timer.{kind}"), kind)
        form = Form()
        form.add("watch.timer.kind", self.kind)
        self.body.addWidget(form)
        self.how = self.paragraph("", "dim")
        self.command = self.paragraph("")
        self.command.setFont(theme.font("mono"))
        self.command.setTextInteractionFlags(SELECTABLE)
        self.command.setAccessibleName(text("watch.timer.command"))
        self.tabs = QTabWidget()
        self.tabs.setDocumentMode(True)
        self.tabs.setAccessibleName(text("watch.timer.preview"))
        self.tabs.setMinimumHeight(230)
        self.body.addWidget(self.tabs, 1)
        self.said = self.paragraph("", "caption")
        self.said.hide()
        self.copying = self.add_button("watch.timer.copy", self.copy, left=True)
        self.saving = self.add_button("watch.timer.save", lambda: spawn(self._save()))
        self.add_close()
        self.kind.currentIndexChanged.connect(lambda _at: self._show())
        self.kind.setCurrentIndex(KINDS.index(usual_kind(sys.platform)))
        self._show()

    def _show(self) -> None:
        kind = str(self.kind.currentData())
        self.files = self._made(kind)
        while (page := self.tabs.widget(0)) is not None:
            self.tabs.removeTab(0)
            page.deleteLater()
        for name, content in self.files.items():
            view = QPlainTextEdit(content)
            view.setReadOnly(True)
            view.setTabChangesFocus(True)
            view.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
            view.setFont(self.theme.font("mono"))
            view.setAccessibleName(name)
            self.tabs.addTab(view, name)
        self.how.setText(text(f"watch.timer.{kind}.how"))
        self.command.setText(self._command(kind, list(self.files)) if self.files else "")
        for button in (self.copying, self.saving):
            button.setEnabled(bool(self.files))
        self.said.hide()

    def _made(self, kind: str) -> dict[str, str]:
        """The files of the entry; none, and why, where this kind of timer cannot keep the interval."""
        try:
            files = dict(self._entries(kind))
        except UserError as error:
            self.show_problem(message_text(error.message))
            return {}
        self.show_problem("")
        return files

    def copy(self) -> None:
        """Put the file that is shown on the clipboard."""
        name = self.tabs.tabText(self.tabs.currentIndex())
        QGuiApplication.clipboard().setText(self.files[name])
        self._say(text("watch.timer.copied", name=name))

    async def _save(self) -> None:
        chosen = await choose(self, self._settings, "folder", "timer")
        if chosen:
            await self.save_to(chosen[0])

    async def save_to(self, folder: Path) -> None:
        """Write the files there; what is there already is not overwritten."""
        try:
            await asyncio.to_thread(write_files, folder, self.files)
        except FileExistsError as error:
            self.show_problem(text("watch.timer.exists", name=Path(str(error.filename)).name))
        except OSError as error:
            reason = error.strerror or str(error)
            self.show_problem(text("watch.timer.cannot-write", folder=str(folder), reason=reason))
        else:
            self.show_problem("")
            self._say(text("watch.timer.saved", folder=str(folder)))

    def _say(self, words: str) -> None:
        self.said.setText(words)
        self.said.show()
        self.fit()


def write_files(folder: Path, files: Mapping[str, str]) -> None:
    """All of them, or, where one is there already, none. Raises `OSError`."""
    for name in files:
        if (folder / name).exists():
            raise FileExistsError(17, "exists", str(folder / name))
    for name, content in files.items():
        with (folder / name).open("x", encoding="utf-8", newline="\n") as file:
            file.write(content)


def usual_kind(platform: str) -> str:
    """The timer that this system has."""
    return {"darwin": "launchd", "win32": "task"}.get(platform, "systemd")

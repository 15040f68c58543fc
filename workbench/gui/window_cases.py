"""Cases come and go: new, open, recent, demonstration, close, and what stands in the way of each."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.core.errors import UserError
from workbench.core.messages import Message
from workbench.gui.settings import EXAMINER
from workbench.gui.texts import message_text, text
from workbench.gui.widgets.elide import tooltip_text
from workbench.gui.widgets.plain import button_text

if TYPE_CHECKING:
    from workbench.case.case import Case
    from workbench.gui.main_window import MainWindow

SUFFIX = ".wbcase"
CHOICES = {
    "case-read-only": "readonly",
    "case-in-bundle": "readonly",
    "case-risky-place": "risky",
    "case-wal-read-only": "",
}


class Cases:
    """The opening part of the window. Main thread; files are opened in threads."""

    def __init__(self, window: MainWindow) -> None:
        self._window = window
        self._opening = False

    # what the actions ask for

    def new(self) -> None:
        """Ask for a title and a place, and make it."""
        self._window.spawn(self._new())

    def open(self) -> None:
        """Ask for a case file."""
        self._window.spawn(self._open())

    def open_path(self, path: Path) -> None:
        """Open this one."""
        self._window.spawn(self.open_case(path))

    def show_recent(self) -> None:
        """The list is a menu of its own."""

    def demo(self) -> None:
        """Ask for a folder and build the demonstration in it."""
        self._window.spawn(self._demo())

    def close(self) -> None:
        """Close the case; the window stays."""
        self._window.spawn(self._close())

    def properties(self) -> None:
        """Title, number, examiner; where it lies."""
        self._window.spawn(self._properties())

    def forget(self, path: Path) -> None:
        """Take a case off the list of late ones."""
        self._window.settings.forget_case(path)
        self.renew_recent()

    def renew_recent(self) -> None:
        """The list of cases of late, in the menu and on the welcome page."""
        window = self._window
        paths = window.settings.recent()
        window.recent_menu.clear()
        for path in paths:
            action = window.recent_menu.addAction(button_text(path.stem))
            action.setToolTip(tooltip_text(str(path)))
            action.setEnabled(path.exists())
            action.triggered.connect(lambda _checked=False, path=path: self.open_path(path))
        window.recent_menu.setEnabled(bool(paths))
        window.welcome.show_recent(paths[:6])

    # the deeds

    async def open_case(self, path: Path, *, write: bool = True, allow_risky: bool = False) -> bool:
        """Open a case in this window, asking what to do where it cannot be simply opened. Says whether it is open."""
        if self._opening:
            return False
        self._opening = True
        try:
            from workbench.case.case import open_case

            # The open case is left when the other one is open, so that what is no case costs nothing. One that is open
            # already must be left before: its file may not be opened beside SQLite.
            if self._is_open(path):
                await self._window.leave_case()
            case = await asyncio.to_thread(open_case, path, write=write, allow_risky=allow_risky)
            await self._change_to(case)
        except UserError as error:
            self._opening = False
            return await self._stopped(path, error)
        finally:
            self._opening = False
        return True

    def _is_open(self, path: Path) -> bool:
        session = self._window.session
        if session is None:
            return False
        try:
            return session.case.path.samefile(path)
        except OSError:
            return False

    async def _change_to(self, case: Case) -> None:
        """Leave the case that is open and show this one."""
        try:
            await self._window.leave_case()
        except BaseException:
            await asyncio.to_thread(case.close)
            raise
        await self._take(case)

    async def _take(self, case: Case) -> None:
        examiner = self._window.settings.get(EXAMINER).strip()
        if examiner:
            case.actor = examiner
        self._window.settings.remember_case(case.path)
        self.renew_recent()
        try:
            await self._window.enter_case(case)
        except BaseException:
            await self._window.leave_case()
            raise
        from workbench.queries.anchors import newest

        known = await asyncio.wrap_future(case.read(newest))
        if known is not None and not known.ok:
            self._window.toast.error(message_text(Message(f"case-{known.state}", {"op": known.op})))
        if case.copied_to is not None:
            self._window.toast.info(message_text(Message("case-migrated", {"copy": case.copied_to.name})))

    async def _stopped(self, path: Path, error: UserError) -> bool:
        from workbench.gui.dialogs.dialog import ask

        window = self._window
        choice = CHOICES.get(error.message.code)
        if not choice:
            window.toast.error(message_text(error.message))
            return False
        answers = {"readonly": "open.read-only"}
        if choice == "risky":
            answers["risky"] = "open.allow"
        answer = await ask(
            window.theme,
            window,
            text("open.stopped"),
            message_text(error.message),
            answers,
            primary="readonly",
            name="open-stopped",
        )
        if answer == "readonly":
            return await self.open_case(path, write=False)
        if answer == "risky":
            return await self.open_case(path, allow_risky=True)
        return False

    async def _new(self) -> None:
        from workbench.gui.dialogs.new_case import NewCaseDialog

        window = self._window
        wanted = await NewCaseDialog(window.theme, window.settings, window.spawn, window).answer()
        if wanted is None:
            return
        from workbench.case.case import create

        case = await asyncio.to_thread(create, wanted.path, wanted.title, wanted.examiner, wanted.number)
        await self._change_to(case)

    async def _open(self) -> None:
        from workbench.gui.dialogs.choose import choose

        chosen = await choose(self._window, self._window.settings, "file", "open", filters=text("choose.open.filter"))
        if chosen:
            await self.open_case(chosen[0])

    async def _demo(self) -> None:
        from workbench.gui.dialogs.choose import choose

        window = self._window
        chosen = await choose(window, window.settings, "folder", "demo")
        if not chosen:
            return
        from workbench.demo.build import build

        folder = free_folder(chosen[0])
        job = window.jobs.start("job.demo", lambda progress: build(folder, progress), str(folder.name))
        built = await window.jobs.outcome(job)
        await self.open_case(built.case)

    async def _close(self) -> None:
        await self._window.leave_case()

    async def _properties(self) -> None:
        from workbench.case.case import change_settings
        from workbench.gui.dialogs.properties import PropertiesDialog

        window = self._window
        facts = window.facts
        if facts is None:
            return
        changed = await PropertiesDialog(window.theme, window.open_session.case, facts, window).answer()
        if changed:
            await window.open_session.run(change_settings, changed)


def free_folder(folder: Path) -> Path:
    """A folder for the demonstration: the chosen one when it is empty, else a new one inside."""
    if folder.is_dir() and any(folder.iterdir()):
        number = 1
        while (made := folder / ("workbench-demo" if number == 1 else f"workbench-demo-{number}")).exists():
            number += 1
        return made
    return folder

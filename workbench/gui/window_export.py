"""Evidence goes out: bundles are written, cases and bundles verified."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices

from workbench.core.errors import UserError

if TYPE_CHECKING:
    from workbench.core.progress import Progress
    from workbench.gui.main_window import MainWindow


class Export:
    """The exporting part of the window. Main thread; the work is done by jobs."""

    def __init__(self, window: MainWindow) -> None:
        self._window = window

    def bundle(self) -> None:
        """Ask what and where, and write it."""
        self._window.spawn(self._bundle())

    def verify_case(self) -> None:
        """Check every byte of the open case."""
        self._window.spawn(self._verify_case())

    def verify_other(self) -> None:
        """Check a bundle, folder or zip."""
        self._window.spawn(self._verify_other())

    async def _bundle(self) -> None:
        from workbench.gui.dialogs.export import ExportDialog, ExportedDialog

        window = self._window
        session = window.open_session
        facts = window.facts
        plan = await ExportDialog(
            window.theme, window.settings, window.spawn, session.filter, facts.title if facts else "", window
        ).answer()
        if plan is None:
            return
        from workbench.bundle.write import write_bundle

        job = window.jobs.start(
            "job.export",
            lambda progress: write_bundle(
                session.case,
                plan.out,
                plan.asked,
                as_zip=plan.as_zip,
                recipient=plan.recipient or None,
                redact=plan.redact,
                sign=plan.sign,
                progress=progress,
            ),
            plan.out.name,
        )
        written = await window.jobs.outcome(job)
        if await ExportedDialog(window.theme, written, window).answer() == "folder":
            open_folder(written.path.parent)

    async def _verify_case(self) -> None:
        from workbench.queries.verify import Verified, verify

        window = self._window
        case = window.open_session.case

        def check(progress: Progress) -> Verified:
            with case.reader() as reader:
                return verify(reader, progress)

        found = await window.jobs.outcome(window.jobs.start("job.verify", check, case.path.name))
        await self._show(case.path.name, found)

    async def _verify_other(self) -> None:
        from workbench.gui.dialogs.choose import choose
        from workbench.gui.dialogs.verify import VerifyChoice

        window = self._window
        kind = await VerifyChoice(window.theme, window).answer()
        if kind is None:
            return
        chosen = await choose(window, window.settings, "file" if kind == "zip" else "folder", "verify")
        if not chosen:
            return
        path = chosen[0]
        from workbench.bundle.verify import is_bundle, verify_bundle

        if not await asyncio.to_thread(is_bundle, path):
            raise UserError("bundle-not-found", path=path.name)
        job = window.jobs.start("job.verify", lambda progress: verify_bundle(path, progress), path.name)
        found = await window.jobs.outcome(job)
        await self._show(path.name, found)

    async def _show(self, name: str, found: object) -> None:
        from workbench.gui.dialogs.verify import VerifiedDialog

        await VerifiedDialog(self._window.theme, name, found, self._window).answer()


def open_folder(folder: Path) -> None:
    """Show a folder in the system's file manager."""
    QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))

"""Evidence goes out: bundles are written, cases and bundles verified."""

from __future__ import annotations

import asyncio
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices

from workbench.core.errors import Cancelled, UserError
from workbench.gui.texts import message_text, text

if TYPE_CHECKING:
    from workbench.bundle.verify import BundleVerified
    from workbench.bundle.write import Written
    from workbench.case.case import Case
    from workbench.core.filter import Filter
    from workbench.core.progress import Progress
    from workbench.gui.dialogs.export import ExportDialog, ExportPlan
    from workbench.gui.dialogs.redaction import Questions
    from workbench.gui.main_window import MainWindow
    from workbench.gui.session import Session
    from workbench.queries.verify import Verified


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
        dialog = ExportDialog(
            window.theme,
            window.settings,
            window.spawn,
            session.filter,
            facts.title if facts else "",
            window,
            lambda asked: questions_of(session, asked),
        )
        try:
            written = await self._written(session, dialog)
        finally:
            dialog.deleteLater()
        if written is None:
            return
        if await ExportedDialog(window.theme, written, window).answer() == "folder":
            open_folder(written.path.parent)

    async def _written(self, session: Session, dialog: ExportDialog) -> Written | None:
        """Ask, write, and where that did not work ask again with all that was filled in."""
        window = self._window
        while (plan := await dialog.answer_once()) is not None:
            job = window.jobs.start("job.export", partial(_write, session.case, plan), plan.out.name)
            try:
                return await window.jobs.outcome(job)
            except UserError as error:
                problem = message_text(error.message)
            except Cancelled:
                problem = text("export.stopped")
            if window.session is not session:
                return None
            dialog.show_problem(problem)
        return None

    async def _verify_case(self) -> None:
        from workbench.queries.verify import verify

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
        chosen = await choose(window, window.settings, "folder" if kind == "folder" else "file", "verify")
        if not chosen:
            return
        path = chosen[0]
        if kind == "case":
            of_case = await window.jobs.outcome(window.jobs.start("job.verify", partial(_check_case, path), path.name))
            await self._show(path.name, of_case)
            return
        from workbench.bundle.verify import is_bundle

        if not await asyncio.to_thread(is_bundle, path):
            raise UserError("bundle-not-found", path=path.name)
        job = window.jobs.start("job.verify", lambda progress: _check(path, progress), path.name)
        found = await window.jobs.outcome(job)
        await self._show(path.name, found)

    async def _show(self, name: str, found: object) -> None:
        from workbench.gui.dialogs.verify import VerifiedDialog

        await VerifiedDialog(self._window.theme, name, found, self._window).answer()


def _check_case(path: Path, progress: Progress) -> Verified:
    """As `workbench verify` does it: a case need not open for that."""
    from workbench.case.checking import opened_to_check
    from workbench.queries.verify import verify

    with opened_to_check(path) as reader:
        return verify(reader, progress)


def _check(path: Path, progress: Progress) -> BundleVerified:
    from workbench.bundle.verify import verify_bundle
    from workbench.jobs.pool import Pool
    from workbench.jobs.previews import Previewer

    with Pool() as pool:
        return verify_bundle(path, progress, previewer=Previewer(pool))


def _write(case: Case, plan: ExportPlan, progress: Progress) -> Written:
    from workbench.bundle.write import write_bundle
    from workbench.jobs.pool import Pool
    from workbench.jobs.previews import Previewer

    with Pool() as pool:
        return write_bundle(
            case,
            plan.out,
            plan.asked,
            as_zip=plan.as_zip,
            recipient=plan.recipient or None,
            redact=plan.redact,
            sign=plan.sign,
            previewer=Previewer(pool),
            progress=progress,
        )


def questions_of(session: Session, asked: Filter) -> Questions:
    """What the form of a redaction asks of this case."""
    from workbench.bundle.expected import expected
    from workbench.gui.dialogs.redaction import Questions
    from workbench.queries.withholdable import picked, withholdable

    workspace = session.workspace
    return Questions(
        find=lambda kind, words: session.read(withholdable, kind, words),
        expect=lambda redaction: session.read(expected, asked, redaction),
        selection=lambda: session.read(picked, workspace.selection("item"), workspace.selection("address")),
    )


def open_folder(folder: Path) -> None:
    """Show a folder in the system's file manager."""
    QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))

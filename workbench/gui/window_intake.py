"""Evidence comes in: what was chosen or dropped is told apart, asked about, and taken in by jobs."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.gui.texts import text

if TYPE_CHECKING:
    from workbench.case.case import Case
    from workbench.core.progress import Progress
    from workbench.gui.dialogs.intake import IntakePlan
    from workbench.gui.main_window import MainWindow
    from workbench.jobs.pool import Pool


@dataclass(frozen=True)
class Taken:
    """What came of adding: numbers for one sentence."""

    files: int = 0
    new: int = 0
    events: int = 0
    rejected: int = 0
    matched: int = 0
    warnings: int = 0
    looks: int = 0


class Intake:
    """The adding part of the window. Main thread; the work is done by jobs."""

    def __init__(self, window: MainWindow) -> None:
        self._window = window

    def add_files(self) -> None:
        """Ask for files."""
        self._window.spawn(self._choose("files", "add-files"))

    def add_folder(self) -> None:
        """Ask for a folder."""
        self._window.spawn(self._choose("folder", "add-folder"))

    def add_log(self) -> None:
        """Ask for access logs."""
        self._window.spawn(self._choose("files", "add-log"))

    def add_paths(self, paths: Sequence[Path]) -> None:
        """Take in what was dropped on the window."""
        self._window.spawn(self._sorted(list(paths)))

    def analyze_missing(self) -> None:
        """Have looked at what no analyzer has seen."""
        self._window.spawn(self._analyze())

    def show_warnings(self) -> None:
        """The list of what could not be read."""
        self._window.spawn(self._warnings())

    async def _choose(self, what: str, purpose: str) -> None:
        from workbench.gui.dialogs.choose import choose

        paths = await choose(self._window, self._window.settings, what, purpose)  # type: ignore[arg-type]
        if paths:
            await self._sorted(paths)

    async def _sorted(self, paths: list[Path]) -> None:
        from workbench.gui.dialogs.intake import IntakeDialog
        from workbench.gui.sorting import sort_paths

        window = self._window
        found = await asyncio.to_thread(sort_paths, paths)
        if found.cases:
            await window.cases.open_case(found.cases[0])
            return
        if window.session is None:
            window.toast.info(text("window.no-case-yet"))
            return
        if not window.session.case.writable:
            window.toast.error(text("case-read-only"))
            return
        plan = await IntakeDialog(window.theme, found, window).answer()
        if plan is not None:
            await self._take_in(plan)

    async def _take_in(self, plan: IntakePlan) -> None:
        window = self._window
        session = window.open_session
        case = session.case
        job = window.jobs.start("job.add", lambda progress: take_in(case, plan, session.pool, progress), plan.detail)
        taken: Taken = await window.jobs.outcome(job)
        parts = []
        if plan.evidence:
            code = "added.looks" if taken.looks > 1 else "added.files"
            parts.append(text(code, files=f"{taken.files:,}", new=f"{taken.new:,}", looks=taken.looks))
        if plan.logs:
            parts.append(text("added.events", events=f"{taken.events:,}", matched=f"{taken.matched:,}"))
        warnings = taken.warnings + taken.rejected
        if warnings:
            show = (text("added.show"), self.show_warnings)
            parts.append(text("added.warnings", count=f"{warnings:,}"))
            window.toast.warn(" ".join(parts), [show])
        else:
            window.say_done(" ".join(parts))

    async def _analyze(self) -> None:
        window = self._window
        session = window.open_session
        from workbench.jobs.analysis import analyze_missing

        job = window.jobs.start("job.analyze", lambda progress: analyze_missing(session.case, session.pool, progress))
        tally = await window.jobs.outcome(job)
        done, failed = sum(tally.done.values()), sum(tally.failed.values())
        window.say_done(text("analyzed", done=f"{done:,}", failed=f"{failed:,}"))

    async def _warnings(self) -> None:
        from workbench.gui.dialogs.warnings import WarningsDialog, first_rejects

        window = self._window
        rows, more = await window.open_session.read(first_rejects)
        await WarningsDialog(window.theme, rows, more, window).answer()


def take_in(case: Case, plan: IntakePlan, pool: Pool, progress: Progress) -> Taken:
    """Files first, then logs, then what both together tell: addresses looked up, uploads matched. In a job thread."""
    from workbench.core.records import Basis
    from workbench.jobs import intake, logs, lookup, matching
    from workbench.origins.library import shipped

    outcomes = []
    if plan.evidence:
        order = intake.Order(
            source=plan.source or None,
            observed=plan.observed,
            basis=Basis.ASSERTED if plan.observed is not None else Basis.WITNESSED,
            scope=plan.scope,
        )
        if plan.series and len(plan.evidence) == 1:
            outcomes = intake.add_series(case, plan.evidence[0], plan.series, order, pool, progress)
        else:
            outcomes = [intake.add(case, plan.evidence, order, pool, progress)]
    read = [
        logs.add(
            case,
            path,
            pool,
            progress,
            zone=plan.zone or None,
            source=plan.log_source or None,
            trusted=plan.trusted or None,
        )
        for path in plan.logs
    ]
    matched = 0
    if read:
        lookup.look_up(case, shipped(), progress)
    if read or outcomes:
        matched = matching.match_uploads(case, progress)
    return Taken(
        files=sum(each.sightings for each in outcomes),
        new=sum(each.new_objects for each in outcomes),
        events=sum(each.events for each in read),
        rejected=sum(each.rejected for each in read),
        matched=matched,
        warnings=sum(each.warnings for each in outcomes) + sum(len(each.remarks) for each in read),
        looks=len(outcomes),
    )

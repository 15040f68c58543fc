"""What is done about a server that is watched: charter, schedule, request log, conduct, anchors, letting go."""

from __future__ import annotations

import asyncio
import shutil
import sys
from collections.abc import Callable
from dataclasses import asdict, fields
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.core.errors import UserError
from workbench.gui.settings import ANCHORS
from workbench.gui.texts import message_text, text

if TYPE_CHECKING:
    from workbench.gui.main_window import MainWindow
    from workbench.gui.session import Session
    from workbench.gui.watching import Manners
    from workbench.queries.watched import Watched

ACTS = ("look", "charter", "schedule", "timer", "requests", "confirm", "stop-watching")
"""What can be asked for a source by name; see `WatchedSources.act`."""


class WatchedSources:
    """Each act works on the source in focus, else on the only one, else asks which. Main thread."""

    def __init__(self, window: MainWindow) -> None:
        self._window = window

    def act(self, name: str, source: str = "") -> None:
        """Do one of `ACTS`."""
        if name == "look" and source:
            self._window.watch.look(source)
            return
        deeds: dict[str, Callable[[Watched], object]] = {
            "look": lambda known: self._window.watch.look(known.name),
            "charter": lambda known: self._window.spawn(self._charter(known)),
            "schedule": lambda known: self._window.spawn(self._schedule(known)),
            "timer": lambda known: self._window.spawn(self._timer(known)),
            "requests": lambda known: self.show_requests(known.snapshot),
            "confirm": lambda known: self.confirm(known.snapshot),
            "stop-watching": lambda known: self._window.spawn(self._let_go(known)),
        }
        self._window.spawn(self._with_source(source, deeds[name]))

    async def _with_source(self, source: str, deed: Callable[[Watched], object]) -> None:
        known = await self._choose(source)
        if known is not None:
            deed(known)

    async def _choose(self, source: str) -> Watched | None:
        from workbench.gui.dialogs.watch_edit import SourceChoice
        from workbench.queries.watched import sources

        session = self._window.open_session
        known = {each.name: each for each in await session.read(sources)}
        if source:
            return known.get(source)
        focus = session.workspace.focus
        for each in known.values():
            if focus is not None and (focus.kind, focus.id) == ("source", each.source):
                return each
        if len(known) > 1:
            choice = [(each.name, each.url) for each in known.values()]
            picked = await SourceChoice(self._window.theme, choice, self._window).answer()
            return known.get(picked) if picked else None
        if not known:
            self._window.toast.info(text("watch.none-yet"), [(text("watch.add"), self._window.watch.add)])
        return next(iter(known.values()), None)

    # what was agreed on

    async def _charter(self, known: Watched) -> None:
        from workbench.gui.dialogs.watch_edit import CharterDialog
        from workbench.gui.watching import Charter
        from workbench.ops import watch

        session = self._window.open_session
        before = Charter(**{name: getattr(known.charter, name, None) or "" for name in Charter.names()})
        writable = session.case.writable
        dialog = CharterDialog(self._window.theme, known.name, before, writable=writable, parent=self._window)
        after = await dialog.answer()
        if writable and after is not None and after != before:
            await session.run(watch.charter, known.name, **asdict(after))
            self._window.say_done(text("watch.charter.kept", source=known.name))

    async def _schedule(self, known: Watched) -> None:
        from workbench.gui.dialogs.watch_edit import MannersDialog
        from workbench.queries.watched import one

        window = self._window
        session = window.open_session
        before = manners_of(known)
        dialog = MannersDialog(window.theme, known.name, before, window.settings, window.spawn, window)
        answer = await dialog.answer()
        if answer is None:
            return
        after, timer = answer
        if after != before:
            await self._keep(session, known, after)
            window.say_done(text("watch.manners.kept", source=known.name))
        if timer:
            await self._timer(await session.read(one, known.name))

    async def _keep(self, session: Session, known: Watched, manners: Manners) -> None:
        from workbench.jobs.plan import plan_of
        from workbench.ops import watch

        plan = plan_of(known.url, known.name, known.kind, {**known.options, **asdict(manners)})
        await session.run(watch.source, known.name, known.kind, known.url, plan.options())
        self._window.timetable.renew()

    async def _timer(self, known: Watched) -> None:
        from workbench.gui.dialogs.watch_timer import TimerDialog
        from workbench.gui.watching import interval_words
        from workbench.jobs import timers

        window = self._window
        path = window.open_session.case.path
        every = known.options.get("every")
        if not every:
            await self._schedule(known)
            return
        program = program_words()

        def entries(kind: str) -> dict[str, str]:
            return timers.entry(kind, program, path, known.url, known.name, int(every))

        await TimerDialog(
            window.theme,
            known.name,
            interval_words(int(every)),
            entries,
            timers.how,
            window.settings,
            window.spawn,
            window,
        ).answer()

    async def _let_go(self, known: Watched) -> None:
        from workbench.gui.dialogs.dialog import ask
        from workbench.ops import watch

        window = self._window
        answer = await ask(
            window.theme,
            window,
            text("watch.stop.title", source=known.name),
            text("watch.stop.about"),
            {"stop": "watch.stop.do"},
            primary="stop",
            name="stop-watching",
        )
        if answer is not None:
            options = {**known.options, "every": None, "stopped": True}
            await window.open_session.run(watch.source, known.name, known.kind, known.url, options)
            window.timetable.renew()
            window.say_done(text("watch.let-go", source=known.name))

    # what was done

    def show_requests(self, snapshot: int | None) -> None:
        """The request log of a look, in the activity pane."""
        pane = self._window.panes.get("activity")
        if pane is not None:
            self._window.going.show_activity("requests")
            pane.requests.choose(snapshot)  # type: ignore[attr-defined]

    def confirm(self, snapshot: int | None) -> None:
        """Show what a look did, and let the user confirm that nothing was bypassed."""
        if snapshot is None:
            self._window.toast.info(text("watch.no-look-yet"))
        else:
            self._window.spawn(self._confirm(snapshot))

    async def _confirm(self, snapshot: int) -> None:
        from workbench.gui.dialogs.watch_questions import ConductDialog
        from workbench.gui.look_words import conduct_rows
        from workbench.gui.panes import wording
        from workbench.ops import watch
        from workbench.queries.conduct import conduct

        window = self._window
        session = window.open_session
        found = await session.read(conduct, snapshot)
        said = ""
        if found.confirmed is not None:
            by = found.confirmed.by or text("window.withheld")
            said = text("watch.conduct.confirmed", by=by, time=wording.moment(found.confirmed.time))
        agreed = await ConductDialog(
            window.theme,
            found.source,
            conduct_rows(found),
            message_text(found.message),
            clean=found.is_clean is True,
            confirmed=said,
            writable=session.case.writable,
            parent=window,
        ).answer()
        if agreed:
            await session.run(watch.confirm, snapshot)
            window.say_done(text("watch.conduct.kept", source=found.source))

    # anchors

    def anchor(self) -> None:
        """Write the head down outside, now."""
        self._window.spawn(self._anchor())

    async def _anchor(self) -> None:
        from workbench.gui.dialogs.choose import choose

        window = self._window
        folder = window.settings.get(ANCHORS)
        if not folder or not await asyncio.to_thread(Path(folder).is_dir):
            chosen = await choose(window, window.settings, "folder", "anchors")
            if not chosen:
                return
            folder = str(chosen[0])
            window.settings.set(ANCHORS, folder)
        written = await self._write_anchor(window.open_session, Path(folder))
        window.say_done(text("watch.anchored", file=written.name))

    async def anchor_after(self, session: Session) -> None:
        """Write the head down after a look, where the user has named a folder for it."""
        folder = self._window.settings.get(ANCHORS)
        if not folder:
            return
        try:
            await self._write_anchor(session, Path(folder))
        except UserError as error:
            self._window.toast.warn(text("watch.not-anchored", folder=folder, why=message_text(error.message)))

    async def _write_anchor(self, session: Session, folder: Path) -> Path:
        from workbench.jobs import anchors

        written = await asyncio.to_thread(anchors.write, session.case, folder)
        return written.path


def manners_of(known: Watched) -> Manners:
    """What a source was last set to, as far as the form knows it."""
    from workbench.gui.watching import Manners

    names = {each.name for each in fields(Manners)}
    return Manners(**{"limit_bytes": None, **{key: value for key, value in known.options.items() if key in names}})


def program_words() -> list[str]:
    """How this program is started again on this computer."""
    if getattr(sys, "frozen", False):
        return [sys.executable]
    found = shutil.which("workbench", path=str(Path(sys.executable).parent))
    return [found] if found else [sys.executable, "-m", "workbench"]

"""Looks at servers: the way to the first one, taking them one at a time, pausing, and what is said after each."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

from workbench.gui import dropping
from workbench.gui.settings import ANCHORS
from workbench.gui.texts import message_text, text

if TYPE_CHECKING:
    from workbench.core.progress import Progress
    from workbench.gui.look_questions import Asked, Questions
    from workbench.gui.main_window import MainWindow
    from workbench.gui.session import Session
    from workbench.gui.watching import Agreed
    from workbench.jobs.control import Control
    from workbench.jobs.probe import Found
    from workbench.jobs.runner import Job
    from workbench.jobs.watch import Look


class Watch:
    """The looking part of the window. Main thread; the work is done by jobs, one look at a time."""

    def __init__(self, window: MainWindow) -> None:
        self._window = window
        self._waiting: deque[str] = deque()
        self._under_way: str | None = None
        self._questions: Questions | None = None

    # a new server

    def add(self, url: str = "") -> None:
        """Ask for an address, look what is there, and what is to be agreed on."""
        self._window.spawn(self._add(url))

    async def _add(self, url: str) -> None:
        from workbench.gui.dialogs.watch_assistant import WatchAssistant
        from workbench.queries.watched import sources

        window = self._window
        if window.session is None:
            window.toast.info(text("window.no-case-yet"))
            return
        if not window.session.case.writable:
            window.toast.error(text("case-read-only"))
            return
        session = window.session
        taken = frozenset(each.name for each in await session.read(sources))
        dialog = WatchAssistant(window.theme, window.settings, window.spawn, self.start_probe, url, taken, window)
        agreed: Agreed | None = await dialog.answer()
        if agreed is not None:
            await self._agree(session, agreed)
            self.look(agreed.source)

    def start_probe(self, url: str, proxy: str, kind: str) -> Job[Found]:
        """Ask a server once, as a job."""
        from workbench.gui.watching import default_source

        case = self._window.open_session.case

        def work(progress: Progress) -> Found:
            from workbench.jobs import probe  # here, because importing it takes longer than a frame

            return probe.probe(case, url, progress, proxy=proxy, kind=kind)

        return self._window.jobs.start("job.probe", work, default_source(url))

    async def _agree(self, session: Session, agreed: Agreed) -> None:
        """Write down what was agreed on, before anything else is asked of the server."""
        from workbench.ops import marks, watch

        if agreed.anchors is not None:
            self._window.settings.set(ANCHORS, str(agreed.anchors))
        options = await asyncio.to_thread(kept_options, agreed)
        await session.run(watch.source, agreed.source, agreed.kind, agreed.url, options)
        await session.run(watch.charter, agreed.source, **asdict(agreed.charter))
        await session.run(watch.decision, agreed.source, None, "robots", agreed.manners.robots)
        if agreed.own:
            await session.run(marks.own, list(agreed.own))

    def paste(self) -> None:
        """Take what is on the clipboard: an address of a server, or files."""
        from PySide6.QtGui import QGuiApplication

        if not dropping.take(self._window, QGuiApplication.clipboard().mimeData()):
            self._window.toast.info(text("watch.nothing-to-paste"))

    # looks

    @property
    def under_way(self) -> str | None:
        """The source that is looked at now."""
        return self._under_way

    def look_now(self) -> None:
        """Look at every watched source, or at the one in focus."""
        self._window.spawn(self._look_now())

    async def _look_now(self) -> None:
        from workbench.gui.look_facts import active_sources

        session = self._window.open_session
        known = await session.read(active_sources)
        focus = session.workspace.focus
        chosen = [each for each in known if focus is not None and (focus.kind, focus.id) == ("source", each.source)]
        for each in chosen or known:
            self.look(each.name)

    def look(self, source: str) -> None:
        """Look at one source, now or after the look that is under way."""
        if source == self._under_way or source in self._waiting:
            return
        if self._under_way is not None:
            self._waiting.append(source)
            self._window.toast.info(text("watch.queued", source=source, now=self._under_way))
            return
        self._under_way = source
        self._window.now.renew_actions()
        self._window.spawn(self._look(source))

    async def _look(self, source: str) -> None:
        session = self._window.open_session
        try:
            look = await self._take(session, source)
            await self._tell(session, source, look)
            await self._window.watched.anchor_after(session)
        finally:
            self._under_way = None
            if self._window.session is session:
                self._window.now.renew_actions()
                self._window.timetable.renew()
                if self._waiting:
                    self.look(self._waiting.popleft())
            else:
                self._waiting.clear()

    async def _take(self, session: Session, source: str) -> Look:
        from workbench.jobs.control import Control
        from workbench.queries.watched import one

        known = await session.read(one, source)
        control = Control()
        asking = self._asking()

        def work(progress: Progress) -> Look:
            from workbench.jobs import lookapart  # here, because importing it takes longer than a frame
            from workbench.jobs.plan import plan_of

            plan = plan_of(known.url, source, known.kind, known.options)
            control.ask = asking.asker(source, progress)
            return lookapart.look(session.case, plan, progress, control, session.heard)

        job = self._window.jobs.start("job.look", work, source)
        session.controls[job.number] = control
        self._window.now.renew_actions()
        try:
            return await self._window.jobs.outcome(job)
        finally:
            session.forget_control(job.number)

    def _asking(self) -> Questions:
        from workbench.gui.look_questions import Questions

        if self._questions is None:
            self._questions = Questions(self._window.spawn, self._ask, self._window)
        return self._questions

    async def _ask(self, asked: Asked) -> bool:
        from workbench.gui.dialogs.watch_questions import QuestionDialog, answered

        dialog = QuestionDialog(self._window.theme, asked.source, asked.message, asked.kind, self._window)
        return answered(await dialog.answer())

    async def _tell(self, session: Session, source: str, look: Look) -> None:
        """Say what came of it, and offer what comes next."""
        from workbench.gui.look_facts import look_facts
        from workbench.gui.look_words import looked_words

        window = self._window
        facts = await session.read(look_facts, look.snapshot)
        why = message_text(facts.why) if facts.why is not None else ""
        said = looked_words(look, source, facts.folders, why=why, first=facts.first)
        if look.paused is not None:
            window.toast.warn(said, [(text("looked.go-on"), lambda: self.look(source))])
            return
        actions = [(text("looked.show"), lambda: self.show(look.snapshot))] if look.sightings else []
        actions.append((text("looked.confirm"), lambda: window.watched.confirm(look.snapshot)))
        if look.status.value == "complete":
            window.toast.done(said, actions)
        else:
            actions.insert(-1, (text("looked.requests"), lambda: window.watched.show_requests(look.snapshot)))
            window.toast.warn(said, actions)

    def show(self, snapshot: int) -> None:
        """Show what one look brought, as Today does."""
        self._window.spawn(self._show(snapshot))

    async def _show(self, snapshot: int) -> None:
        from workbench.core.filter import Filter
        from workbench.queries.landing import places

        session = self._window.open_session
        found = next((each.filter for each in await session.read(places) if each.shown.id == snapshot), None)
        session.workspace.filter = replace(found or Filter(snapshot=(snapshot,)), own=session.filter.own)
        self._window.going.focus_pane("gallery")

    # a look that runs

    def running(self) -> tuple[Job[object], Control] | None:
        """The look that is under way, with what it is steered by."""
        session = self._window.session
        for job in self._window.jobs.running() if session is not None else []:
            control = session.controls.get(job.number) if session is not None else None
            if control is not None:
                return job, control
        return None

    def pause(self) -> None:
        """Pause the look, or go on with it."""
        found = self.running()
        if found is None:
            return
        job, control = found
        if control.paused:
            control.resume()
        else:
            control.pause()
        self._window.open_session.job_changed.emit(job)
        self._window.now.renew_actions()

    def stop(self) -> None:
        """Stop the look; the next one goes on where it stopped."""
        self._waiting.clear()
        found = self.running()
        if found is not None:
            found[0].cancel()
            self._window.say_done(text("watch.stopped", source=found[0].detail))

    def forget(self) -> None:
        """The case is gone."""
        self._waiting.clear()
        self._under_way = None


def kept_options(agreed: Agreed) -> dict[str, Any]:
    """What of the manners is kept in the case. Not on the main thread: what it imports takes longer than a frame."""
    from workbench.jobs.plan import Plan

    return Plan(url=agreed.url, source=agreed.source, kind=agreed.kind, **asdict(agreed.manners)).options()

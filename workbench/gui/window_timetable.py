"""Looks that are due while the program runs: checked once a minute, one look at a time, misses recorded as misses."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer

from workbench.core import times
from workbench.gui.look_facts import active_sources
from workbench.gui.panes import wording
from workbench.gui.tasks import Latest
from workbench.gui.texts import text

if TYPE_CHECKING:
    from workbench.case.case import Case
    from workbench.gui.main_window import MainWindow
    from workbench.gui.session import Session
    from workbench.jobs.schedule import Due

MINUTE_MS = 60_000
AGAIN_SECONDS = 900.0
"""After a look that was begun by itself the same source rests so long, whatever came of it."""


class Timetable(QObject):
    """Runs while a case that can be changed is open. Main thread."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._latest: Latest | None = None
        self._begun: dict[str, float] = {}
        self.next: dict[str, int] = {}
        """When each scheduled source is to be looked at next, microseconds UTC."""
        self._timer = QTimer(self, interval=MINUTE_MS)
        self._timer.timeout.connect(self.renew)

    def start(self) -> None:
        """A case is open: see what is due, and go on seeing to it."""
        session = self._window.session
        if session is not None and session.case.writable:
            self._latest = Latest(session.tasks)
            self._timer.start()
            self.renew()

    def stop(self) -> None:
        """The case is being closed."""
        self._timer.stop()
        if self._latest is not None:
            self._latest.cancel()
        self._latest = None
        self._begun.clear()
        self.next = {}

    @property
    def busy(self) -> bool:
        """Is it being asked what is due?"""
        return self._latest is not None and self._latest.busy

    def renew(self) -> None:
        """See what is due now."""
        session = self._window.session
        if self._latest is not None and session is not None and not self._latest.busy:
            self._latest.start(self._see(session))

    async def _see(self, session: Session) -> None:
        now = times.now()
        planned: dict[str, int] = {}
        wanted: list[str] = []
        for known in await session.read(active_sources):
            await asyncio.to_thread(prepare)
            if not known.options.get("every"):
                continue
            due = await asyncio.to_thread(_catch_up, session.case, known.name, now)
            if due.next is not None:
                planned[known.name] = due.next
                if due.is_due(now) and self._rested(known.name):
                    wanted.append(known.name)
        self.next = planned
        self._say()
        for name in wanted:
            self._begun[name] = time.monotonic()
            self._window.watch.look(name)

    def _rested(self, source: str) -> bool:
        begun = self._begun.get(source)
        return begun is None or time.monotonic() - begun >= AGAIN_SECONDS

    def _say(self) -> None:
        """The earliest of them in the status line; every pane that shows a source asks for its own."""
        self._window.status.show_next(self.words())
        files = self._window.panes.get("files")
        if files is not None:
            files.set_next(dict(self.next))  # type: ignore[attr-defined]
        detail = self._window.panes.get("detail")
        if detail is not None:
            detail.next_looks = dict(self.next)  # type: ignore[attr-defined]

    def words(self) -> str:
        """``Next look 27 Nov 09:00 UTC``; empty when none is planned."""
        if not self.next:
            return ""
        from datetime import UTC

        files = self._window.panes.get("files")
        zone = getattr(files, "zone", UTC)
        return text("watch.next-look", time=next_words(min(self.next.values()), zone))


def prepare() -> None:
    """Import what looks need while nobody waits for it: it takes longer than a frame. Not on the main thread."""
    import workbench.jobs.watch  # noqa: F401 - for its effect


def _catch_up(case: Case, source: str, now: int) -> Due:
    from workbench.jobs import watching

    return watching.catch_up(case, source, now)


def next_words(micros: int, zone: object) -> str:
    """Day and time of day of a look to come; *now* for one that is due."""
    from datetime import UTC, tzinfo

    used = zone if isinstance(zone, tzinfo) else UTC
    if micros <= times.now():
        return text("watch.due-now")
    return text("watch.day-at", day=wording.day(micros, used, short=True), time=wording.clock_time(micros, used))

"""One open case in one window: the case, what the user looks at, jobs, workers; and their events on the main thread."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterable
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar

from PySide6.QtCore import QObject, Qt, QTimer, Signal

from workbench.case.case import Case, data_version
from workbench.case.operation import Operation
from workbench.case.readers import Reader
from workbench.case.writer import Done
from workbench.core.filter import Filter
from workbench.core.progress import Progress
from workbench.gui.tasks import Latest, Tasks, result_of
from workbench.jobs.pool import Pool
from workbench.jobs.runner import Job, Phase, Runner
from workbench.workspace import Workspace

if TYPE_CHECKING:
    from workbench.jobs.control import Control

P = ParamSpec("P")
R = TypeVar("R")

ALL_TABLES: frozenset[str] = frozenset({"*"})
POLL_MS = 1500
SETTLE_MS = 120
"""Changes of the case that come faster are told as one."""
BUSY_MS = 500
"""The same while a server is looked at, when changes come all the time."""
LOOK_MS = 250
"""So often at the most it is told how far a look at a server is."""


class Session(QObject):
    """What the panes are given. Signals come on the main thread; everything else is main thread only too.

    `case_changed` carries the names of the tables that were written to, or `ALL_TABLES` when another process wrote.
    """

    case_changed = Signal(object)
    filter_changed = Signal(object)
    selection_changed = Signal(str)
    focus_changed = Signal(object)
    job_changed = Signal(object)

    _committed = Signal(object)
    _stepped = Signal(object)

    def __init__(self, case: Case, tasks: Tasks, pool: Pool | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.case = case
        self.tasks = tasks
        self.workspace = Workspace()
        self.runner = Runner()
        self.controls: dict[int, Control] = {}
        """Of looks that run, by the number of their job: what they are paused and asked by."""
        self._pool = pool
        self._tables: set[str] = set()
        self._stamp: int | None = None
        self._settle = QTimer(self, singleShot=True, interval=SETTLE_MS)
        self._settle.timeout.connect(self._tell)
        self._poll = QTimer(self, interval=POLL_MS)
        self._poll.timeout.connect(self._look)
        self._latest_look = Latest(tasks)
        self._committed.connect(self._note, Qt.ConnectionType.QueuedConnection)
        self._stepped.connect(self._step, Qt.ConnectionType.QueuedConnection)
        self._looked: Job[object] | None = None
        self._look_timer = QTimer(self, singleShot=True, interval=LOOK_MS)
        self._look_timer.timeout.connect(self._tell_look)
        self._disconnects = [
            case.changed.connect(self._committed.emit),
            self.runner.changed.connect(self._stepped.emit),
            self.workspace.filter_changed.connect(self.filter_changed.emit),
            self.workspace.selection_changed.connect(self.selection_changed.emit),
            self.workspace.focus_changed.connect(self.focus_changed.emit),
        ]
        self._poll.start()

    @property
    def pool(self) -> Pool:
        """Worker processes, started when first needed."""
        if self._pool is None:
            self._pool = Pool()
        return self._pool

    @property
    def filter(self) -> Filter:
        """What is shown."""
        return self.workspace.filter

    async def read(self, query: Callable[Concatenate[Reader, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Ask the case; cancelling the task interrupts the query."""
        return await result_of(self.case.read(query, *args, **kwargs), self.case.supersede)

    async def run(self, op: Operation[P, R], *args: P.args, **kwargs: P.kwargs) -> Done[R]:
        """Change the case."""
        return await result_of(self.case.submit(op, *args, **kwargs))

    def spawn(self, work: Coroutine[Any, Any, R]) -> None:
        """Run a coroutine; its errors are reported."""
        self.tasks.spawn(work)

    def start_job(self, title: str, work: Callable[[Progress], R], detail: str = "") -> Job[R]:
        """Long work in a thread, shown in Activity. `title` is a message code."""
        return self.runner.start(title, work, detail)

    def heard(self, seq: int, tables: Iterable[str]) -> None:
        """A process of ours has written to the case; any thread."""
        self._committed.emit(Done(seq, b"", None, frozenset(tables)))

    def forget_control(self, job: int) -> None:
        """A look has ended: what it changed last is told soon."""
        self.controls.pop(job, None)
        if self._settle.isActive():
            self._settle.start(SETTLE_MS)

    def close_jobs(self) -> None:
        """Stop jobs and workers; blocks until they are gone, so call it off the main thread."""
        self.runner.close()
        if self._pool is not None:
            self._pool.close()

    async def close(self) -> None:
        """Stop listening, then jobs, workers and the case."""
        self._poll.stop()
        self._settle.stop()
        self._look_timer.stop()
        self._latest_look.cancel()
        for disconnect in self._disconnects:
            disconnect()
        await asyncio.to_thread(self.close_jobs)
        await asyncio.to_thread(self.case.close)

    def _step(self, job: Job[object]) -> None:
        """A job got on. Looks at servers last long and get on often: they are told of a few times a second."""
        if job.phase is Phase.RUNNING and job.number in self.controls:
            self._looked = job
            if not self._look_timer.isActive():
                self._tell_look()
        else:
            self.job_changed.emit(job)

    def _tell_look(self) -> None:
        job, self._looked = self._looked, None
        if job is not None:
            self.job_changed.emit(job)
            self._look_timer.start()

    def _note(self, done: Done[Any]) -> None:
        self._tables |= done.tables
        self._stamp = max(self._stamp or 0, done.seq)
        if not self._settle.isActive():
            self._settle.start(BUSY_MS if self.controls else SETTLE_MS)

    def _tell(self) -> None:
        tables, self._tables = frozenset(self._tables), set()
        self.case_changed.emit(tables)

    def _look(self) -> None:
        if not self._latest_look.busy:
            self._latest_look.start(self._look_for_others())

    async def _look_for_others(self) -> None:
        """Has another process written to the case?"""
        stamp = await self.read(data_version)
        if self._stamp is None:
            self._stamp = stamp
        elif stamp > self._stamp:
            self._stamp = stamp
            self.case_changed.emit(ALL_TABLES)

"""Jobs of the window: long work with progress, cancel and a place in the activity list."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Generic, TypeVar

from workbench.core.errors import Cancelled
from workbench.core.event import Event
from workbench.core.progress import Progress, Step

R = TypeVar("R")


class Phase(StrEnum):
    """Where a job is in its life."""

    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(eq=False)
class Job(Generic[R]):
    """One piece of long work. `title` is a message code; `detail` is fit to be shown. Read from any thread."""

    number: int
    title: str
    detail: str
    progress: Progress
    future: Future[R] = field(default_factory=Future)
    step: Step = field(default_factory=Step)
    phase: Phase = Phase.RUNNING

    def cancel(self) -> None:
        """Ask it to stop at its next step; what was recorded stays, and it can be run again."""
        self.progress.cancel()


class Runner:
    """Starts jobs, each in a thread of its own, and knows them all. `changed` is told in the job's thread."""

    def __init__(self) -> None:
        self.changed: Event[[Job[object]]] = Event()
        self._jobs: list[Job[object]] = []
        self._threads: list[threading.Thread] = []
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()

    @property
    def jobs(self) -> tuple[Job[object], ...]:
        """Every job of this session, the oldest first."""
        with self._lock:
            return tuple(self._jobs)

    @property
    def busy(self) -> bool:
        """Is any job running?"""
        return any(job.phase is Phase.RUNNING for job in self.jobs)

    def start(self, title: str, work: Callable[[Progress], R], detail: str = "") -> Job[R]:
        """Run `work` in a thread. Its future has the result, the error, or `Cancelled`."""
        job: Job[R] = Job(next(self._numbers), title, detail, Progress())

        def told(step: Step) -> None:
            job.step = step
            self.changed.emit(job)  # type: ignore[arg-type]

        job.progress = Progress(told)
        thread = threading.Thread(target=self._run, args=(job, work), name=f"job-{job.number}")
        with self._lock:
            self._jobs.append(job)  # type: ignore[arg-type]
            self._threads = [*(each for each in self._threads if each.is_alive()), thread]
        thread.start()
        return job

    def _run(self, job: Job[R], work: Callable[[Progress], R]) -> None:
        try:
            result = work(job.progress)
        except Cancelled as error:
            job.phase = Phase.CANCELLED
            job.future.set_exception(error)
        except BaseException as error:  # noqa: BLE001 - the future carries every failure to the window
            job.phase = Phase.FAILED
            job.future.set_exception(error)
        else:
            job.phase = Phase.DONE
            job.future.set_result(result)
        job.step = job.progress.step
        self.changed.emit(job)  # type: ignore[arg-type]

    def close(self) -> None:
        """Cancel everything and wait for it."""
        for job in self.jobs:
            job.cancel()
        with self._lock:
            threads = list(self._threads)
        for thread in threads:
            thread.join()

"""Coroutines of the window: kept alive, reported when they fail, and superseded when a newer one is asked for.

Used in place of qasync's decorators, which keep no reference to their tasks.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from typing import Any, TypeVar

from workbench.core.errors import Cancelled

R = TypeVar("R")

Report = Callable[[BaseException], None]


class Tasks:
    """All running coroutines of one window. Main thread only."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._running: set[asyncio.Task[Any]] = set()

    def spawn(self, work: Coroutine[Any, Any, R]) -> asyncio.Task[R]:
        """Run a coroutine; what it raises goes to the report, `Cancelled` and cancellation to nobody."""
        task = asyncio.get_event_loop().create_task(work)
        self._running.add(task)
        task.add_done_callback(self._done)
        return task

    def _done(self, task: asyncio.Task[Any]) -> None:
        self._running.discard(task)
        if task.cancelled():
            return
        error = task.exception()
        if error is not None and not isinstance(error, Cancelled):
            self._report(error)

    async def close(self) -> None:
        """Cancel everything and wait until it is gone."""
        running = list(self._running)
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)


class Latest:
    """One running refresh at a time: a newer one cancels the older, whose answer then never arrives."""

    def __init__(self, tasks: Tasks) -> None:
        self._tasks = tasks
        self._task: asyncio.Task[Any] | None = None

    def start(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """Run this instead of what runs."""
        self.cancel()
        self._task = self._tasks.spawn(work)
        return self._task

    def cancel(self) -> None:
        """Stop what runs."""
        if self._task is not None and not self._task.done():
            self._task.cancel()
        self._task = None

    @property
    def busy(self) -> bool:
        """Is something running?"""
        return self._task is not None and not self._task.done()


async def result_of(future: Future[R], supersede: Callable[[Future[Any]], None] | None = None) -> R:
    """Wait for a future of another thread; being cancelled stops its work where `supersede` can."""
    try:
        return await asyncio.wrap_future(future)
    except asyncio.CancelledError:
        if supersede is not None:
            supersede(future)
        raise

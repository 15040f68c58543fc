"""Worker processes: started when needed, given one item at a time, killed and replaced when they crash or hang.

Each child has a dispatcher thread of its own, which also starts it: Linux would end the child together with the thread
that started it. One more thread, the guard, kills a child whose item is overdue; the dispatcher then sees the line
close. Any thread may submit; results come as `concurrent.futures.Future`.
"""

from __future__ import annotations

import logging
import os
import sys
import threading
from collections import deque
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from types import TracebackType
from typing import Any, Literal, Self

from workbench.analyze.registry import NAMES
from workbench.core.errors import Cancelled, UserError
from workbench.core.records import Analysis
from workbench.jobs.child import Child, Guard, Item, WorkerDied
from workbench.jobs.replies import JUDGES, MAX_PIXELS, Pixels

__all__ = ["Pixels", "Pool", "WorkerDied"]

log = logging.getLogger(__name__)

MEMORY = 1536 << 20
"""Address space of a child, bytes."""
RECYCLE_ITEMS = 2000
RECYCLE_MEMORY = 300 << 20
START_SECONDS = 60.0
BASE_SECONDS = 20.0
SECONDS_PER_MEBIBYTE = 2.0


class Pool:
    """Worker processes behind one queue.

    ``size``: children, by default one a core (2 to 8). ``start``: ``lazy`` starts a child with its first item, ``now``
    starts all and lets them import what pictures need. ``bound``: items that may wait or run before `submit` blocks.
    A context manager; `close` leaves no process, thread or descriptor.
    """

    def __init__(
        self,
        size: int | None = None,
        start: Literal["lazy", "now"] = "lazy",
        *,
        memory: int = MEMORY,
        bound: int | None = None,
        recycle_items: int = RECYCLE_ITEMS,
        recycle_memory: int = RECYCLE_MEMORY,
        sockets: bool | None = None,
    ) -> None:
        self.size = size or _cores()
        self.memory = memory
        self.recycle_items = recycle_items
        self.recycle_memory = recycle_memory
        self.sockets = (sys.platform != "win32") if sockets is None else sockets
        self._bound = bound or self.size * 8
        self._open = 0  # items that wait or run
        self._idle = 0
        self._waiting: deque[Item] = deque()
        self._state = threading.Condition()
        self._closing = False
        self._threads: list[threading.Thread] = []
        self._children: set[Child] = set()
        self._guard = Guard()
        self._warm = start == "now"
        if self._warm:
            with self._state:
                for _ in range(self.size):
                    self._add_thread()

    def submit(
        self,
        task: str,
        params: Mapping[str, Any] | None = None,
        *,
        data: bytes | memoryview | None = None,
        fd: int | None = None,
        deadline: float | None = None,
    ) -> Future[Any]:
        """Queue one item; blocks while ``bound`` items are under way. Give the bytes or an open, seekable file.

        The file is duplicated, so the caller may close its own at once; ``params`` may name ``offset`` and ``length``
        of a part. ``deadline`` is in seconds, by default 20 and 2 more a mebibyte. The future's result is of the
        task's type; it fails with `WorkerDied`, `UserError`, or `Cancelled` when the pool closes.
        """
        if task not in JUDGES:
            raise ValueError(task)
        params = dict(params or {})
        size = params.get(
            "length", os.fstat(fd).st_size - params.get("offset", 0) if fd is not None else len(data or b"")
        )
        seconds = deadline if deadline is not None else BASE_SECONDS + SECONDS_PER_MEBIBYTE * size / 2**20
        item = Item(task, {**params, "bytes": size}, data, None, seconds)
        with self._state:
            while self._open >= self._bound and not self._closing:
                self._state.wait()
            if self._closing:
                raise Cancelled
            item.fd = os.dup(fd) if fd is not None else None
            self._open += 1
            self._waiting.append(item)
            if self._idle < len(self._waiting) and len(self._threads) < self.size:
                self._add_thread()
            self._state.notify_all()
        return item.future

    def analyze(
        self,
        *,
        data: bytes | memoryview | None = None,
        fd: int | None = None,
        want: Sequence[str] = tuple(sorted(NAMES)),
        ending: str = "",
        deadline: float | None = None,
    ) -> Future[dict[str, Analysis]]:
        """Facts and preview of one object, by analyzer; ``ending`` is its name's last part, without the dot."""
        return self.submit("analyze", {"want": list(want), "ending": ending[:16]}, data=data, fd=fd, deadline=deadline)

    def decode(
        self,
        budget: int,
        *,
        data: bytes | memoryview | None = None,
        fd: int | None = None,
        ending: str = "",
        deadline: float | None = None,
    ) -> Future[Pixels]:
        """Pixels for the viewer, at most ``budget`` of them. Fails with `UserError` when it cannot be decoded."""
        params = {"budget": max(1, min(budget, MAX_PIXELS)), "ending": ending[:16]}
        return self.submit("decode", params, data=data, fd=fd, deadline=deadline)

    @property
    def processes(self) -> tuple[int, ...]:
        """Ids of the children that run now."""
        with self._state:
            return tuple(child.pid for child in self._children)

    def close(self) -> None:
        """Drop what waits, kill what runs, and wait until every child, thread and descriptor is gone."""
        with self._state:
            self._closing = True
            dropped = list(self._waiting)
            self._waiting.clear()
            children = list(self._children)
            self._state.notify_all()
        for item in dropped:
            item.drop()
            item.future.cancel()
        for child in children:
            child.kill()
        for thread in self._threads:
            if thread is not threading.current_thread():
                thread.join()
        self._guard.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # The dispatcher threads

    def _add_thread(self) -> None:
        thread = threading.Thread(target=self._dispatch, name=f"pool-{len(self._threads)}", daemon=True)
        self._threads.append(thread)
        thread.start()

    def _dispatch(self) -> None:
        child: Child | None = None
        try:
            if self._warm:
                child = self._warmed()
            while (item := self._next()) is not None:
                try:
                    if item.future.set_running_or_notify_cancel():
                        child = self._run(item, child)
                finally:
                    item.drop()
                    with self._state:
                        self._open -= 1
                        self._state.notify_all()
                del item
        finally:
            self._retire(child)

    def _next(self) -> Item | None:
        with self._state:
            self._idle += 1
            while not self._waiting and not self._closing:
                self._state.wait()
            self._idle -= 1
            return None if self._closing else self._waiting.popleft()

    def _run(self, item: Item, child: Child | None) -> Child | None:
        """Do one item; give back the child for the next one, or null when it is gone."""
        try:
            if child is not None and not child.usable:
                self._retire(child)
                child = None
            child = child or self._started()
            item.future.set_result(child.do(item, self._guard))
        except UserError as error:
            item.future.set_exception(error)
        except WorkerDied as died:
            item.future.set_exception(Cancelled() if self._closing else died)
            if not self._closing:
                log.info("worker gave up on %s: %s", item.task, died)
            if died.reason != "failed":
                self._retire(child)
                return None
        except BaseException as error:  # noqa: BLE001 - a mistake here: the caller hears of it, and the thread goes on
            item.future.set_exception(error)
            self._retire(child)
            return None
        if child is not None and (child.items >= self.recycle_items or child.resident > self.recycle_memory):
            self._retire(child)
            return None
        return child

    def _started(self) -> Child:
        child = Child(self.memory, self.sockets)
        with self._state:
            self._children.add(child)
            closing = self._closing
        if closing:
            child.kill()
        return child

    def _warmed(self) -> Child | None:
        child: Child | None = None
        try:
            child = self._started()
            child.do(Item("ping", {"load": True, "bytes": 0}, None, None, START_SECONDS), self._guard)
        except WorkerDied:
            self._retire(child)
            return None
        return child

    def _retire(self, child: Child | None) -> None:
        if child is not None:
            child.end()
            with self._state:
                self._children.discard(child)


def _cores() -> int:
    count = len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 2
    return min(8, max(2, count))

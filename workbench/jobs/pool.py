"""Worker processes: started when needed, given one item at a time, killed and replaced when they crash or hang.

Each child has a dispatcher thread of its own, which also starts it: Linux would end the child together with the thread
that started it. One more thread, the guard, kills a child whose item is overdue; the dispatcher then sees the line
close. Any thread may submit; results come as `concurrent.futures.Future`.
"""

from __future__ import annotations

import contextlib
import logging
import os
import re
import socket
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

import workbench
from workbench.analyze.registry import NAMES, clean
from workbench.core.errors import Cancelled, UserError
from workbench.core.messages import Message
from workbench.core.records import Analysis
from workbench.jobs.replies import JUDGES, MAX_PIXELS, BadReply, Pixels
from workbench.jobs.wire import Line, PipeLine, SocketLine, WireError, receive_frame, send_frame

log = logging.getLogger(__name__)

MEMORY = 1536 << 20
"""Address space of a child, bytes."""
RECYCLE_ITEMS = 2000
RECYCLE_MEMORY = 300 << 20
START_SECONDS = 60.0
BASE_SECONDS = 20.0
SECONDS_PER_MEBIBYTE = 2.0

_MAX_HEADER = {"analyze": 64 << 10, "decode": 4 << 10, "ping": 4 << 10, "parse-log": 256 << 20}
_MAX_BUFFERS = {"analyze": 1 << 20, "decode": MAX_PIXELS * 4, "ping": 0, "parse-log": 1 << 30}

Reason = Literal["crash", "timeout", "garbage", "failed", "start"]


class WorkerDied(Exception):
    """The item was not finished. ``reason``: ``crash``, ``timeout``, ``garbage`` (an answer that is none), ``failed``
    (the task raised), ``start`` (no worker could be started). The pool goes on with a new child.
    """

    def __init__(self, reason: Reason, seconds: float = 0.0, detail: str = "") -> None:
        super().__init__(f"{reason} {detail}".strip())
        self.reason: Reason = reason
        self.seconds = seconds
        self.detail = detail

    def message(self, what: Literal["image", "log"] = "image") -> Message:
        """The warning for the item."""
        if self.reason == "start":
            return Message("worker-start-failed")
        if self.reason == "timeout":
            return Message(f"{what}-timeout", {"seconds": round(self.seconds)})
        return Message(f"{what}-crashed")


@dataclass(eq=False)
class _Item:
    task: str
    params: dict[str, Any]
    data: bytes | memoryview | None
    fd: int | None
    seconds: float
    future: Future[Any] = field(default_factory=Future)

    def drop(self) -> None:
        if self.fd is not None:
            os.close(self.fd)
            self.fd = None


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
        self._waiting: deque[_Item] = deque()
        self._state = threading.Condition()
        self._closing = False
        self._threads: list[threading.Thread] = []
        self._children: set[_Child] = set()
        self._guard = _Guard()
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
        item = _Item(task, {**params, "bytes": size}, data, None, seconds)
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
        child: _Child | None = None
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

    def _next(self) -> _Item | None:
        with self._state:
            self._idle += 1
            while not self._waiting and not self._closing:
                self._state.wait()
            self._idle -= 1
            return None if self._closing else self._waiting.popleft()

    def _run(self, item: _Item, child: _Child | None) -> _Child | None:
        """Do one item; give back the child for the next one, or null when it is gone."""
        try:
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

    def _started(self) -> _Child:
        child = _Child(self.memory, self.sockets)
        with self._state:
            self._children.add(child)
            closing = self._closing
        if closing:
            child.kill()
        return child

    def _warmed(self) -> _Child | None:
        child: _Child | None = None
        try:
            child = self._started()
            child.do(_Item("ping", {"load": True, "bytes": 0}, None, None, START_SECONDS), self._guard)
        except WorkerDied:
            self._retire(child)
            return None
        return child

    def _retire(self, child: _Child | None) -> None:
        if child is not None:
            child.end()
            with self._state:
                self._children.discard(child)


class _Child:
    """One worker process and the line to it. Used by one dispatcher; `kill` may come from any thread."""

    def __init__(self, memory: int, sockets: bool) -> None:
        self.items = 0
        self.resident = 0
        self.overdue = False
        self.line: Line
        try:
            self.process, self.line = _start(memory, sockets)
        except OSError as error:
            raise WorkerDied("start", detail=str(error)) from error
        self.pid = self.process.pid

    def do(self, item: _Item, guard: _Guard) -> Any:
        """Send the item, wait for the answer, judge it. Raises `WorkerDied` and the task's own `UserError`."""
        self.items += 1
        header = {"id": self.items, "task": item.task, "params": item.params, "seconds": item.seconds}
        buffers, fd = ([item.data] if item.data is not None else []), item.fd
        if fd is not None and not isinstance(self.line, SocketLine):
            buffers, fd = [_read(fd, item.params.get("offset", 0), item.params["bytes"])], None
        try:
            with guard.watching(self, item.seconds):
                send_frame(self.line, header, buffers, fd)
                reply, parts, stray = receive_frame(self.line, _MAX_HEADER[item.task], _MAX_BUFFERS[item.task])
            if stray is not None:
                os.close(stray)
                raise BadReply("a file came back")
            return self._judged(reply, parts, item)
        except WireError as error:
            reason: Reason = "timeout" if self.overdue else "garbage" if self._alive() else "crash"
            raise WorkerDied(reason, item.seconds, str(error)) from error
        except BadReply as error:
            raise WorkerDied("garbage", item.seconds, str(error)) from error

    def _judged(self, reply: dict[str, Any], parts: Sequence[memoryview], item: _Item) -> Any:
        if type(reply.get("id")) is not int or reply["id"] != self.items:
            raise BadReply("answer to another question")
        resident = reply.get("memory")
        self.resident = resident if type(resident) is int else 0
        if "failed" in reply:
            raise WorkerDied("failed", item.seconds, clean(str(reply["failed"]), 500))
        if "error" in reply:
            raise _user_error(reply["error"])
        return JUDGES[item.task](reply.get("result"), parts, item.params)

    def _alive(self) -> bool:
        """Is it still there, a moment after its line closed?"""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(0.2)
        return self.process.returncode is None

    def kill(self) -> None:
        """End it at once; the dispatcher sees the line close."""
        with contextlib.suppress(OSError):
            self.process.kill()

    def end(self) -> None:
        """Kill it, wait for it, close the line."""
        self.kill()
        self.process.wait()
        self.line.close()
        for stream in (self.process.stdin, self.process.stdout):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()


class _Guard:
    """One thread that kills overdue children. It runs from the first watched item to `close`."""

    def __init__(self) -> None:
        self._due: dict[_Child, float] = {}
        self._changed = threading.Condition()
        self._wakes = float("inf")
        self._thread: threading.Thread | None = None
        self._closing = False

    @contextlib.contextmanager
    def watching(self, child: _Child, seconds: float) -> Any:
        """Kill the child if the block takes longer."""
        due = time.monotonic() + seconds
        with self._changed:
            self._due[child] = due
            if self._thread is None:
                self._thread = threading.Thread(target=self._watch, name="pool-guard", daemon=True)
                self._thread.start()
            elif due < self._wakes:
                self._changed.notify()
        try:
            yield
        finally:
            with self._changed:
                self._due.pop(child, None)

    def _watch(self) -> None:
        with self._changed:
            while not self._closing:
                now = time.monotonic()
                for child, due in list(self._due.items()):
                    if due <= now:
                        del self._due[child]
                        child.overdue = True
                        child.kill()
                self._wakes = min(self._due.values(), default=float("inf"))
                self._changed.wait(None if self._wakes == float("inf") else max(0.0, self._wakes - now))

    def close(self) -> None:
        """End the thread."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        if self._thread is not None:
            self._thread.join()


def _cores() -> int:
    count = len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 2
    return min(8, max(2, count))


def worker_command() -> list[str]:
    """How a child is started. A frozen program answers to ``worker`` itself."""
    if getattr(sys, "frozen", False):
        return [sys.executable, "worker"]
    return [sys.executable, "-P", "-X", "utf8", "-m", "workbench.jobs.worker"]


def _environment() -> dict[str, str]:
    """The parent's, with one thread a child, and where the package lies when it is not installed."""
    kept = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    kept |= {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "1"}
    root = Path(workbench.__file__).resolve().parents[1]
    if not {"site-packages", "dist-packages"} & set(root.parts):
        kept["PYTHONPATH"] = str(root)
    return kept


def _start(memory: int, sockets: bool) -> tuple[subprocess.Popen[bytes], Line]:
    errors = None if os.environ.get("WORKBENCH_WORKER_STDERR") else subprocess.DEVNULL
    rest = [str(memory), str(os.getpid())]
    if not sockets:
        process = subprocess.Popen(
            [*worker_command(), "-", *rest],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            env=_environment(),
            bufsize=0,
        )
        assert process.stdin is not None
        assert process.stdout is not None
        return process, PipeLine(os.dup(process.stdout.fileno()), os.dup(process.stdin.fileno()))
    ours, theirs = socket.socketpair()
    try:
        process = subprocess.Popen(
            [*worker_command(), str(theirs.fileno()), *rest],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=errors,
            env=_environment(),
            pass_fds=(theirs.fileno(),),
            start_new_session=True,
            cwd="/",
        )
    except BaseException:
        ours.close()
        raise
    finally:
        theirs.close()
    return process, SocketLine(ours)


def _read(fd: int, offset: int, length: int) -> bytes:
    with os.fdopen(os.dup(fd), "rb", buffering=0) as file:
        file.seek(offset)
        return file.read(length)


_CODE = re.compile(r"[a-z0-9-]{1,64}")


def _user_error(value: object) -> UserError:
    """A plain sentence from the child, as far as it is one. Raises `BadReply`."""
    if not (isinstance(value, list) and len(value) == 2 and isinstance(value[1], dict) and len(value[1]) <= 8):
        raise BadReply("error")
    code, args = value
    if not isinstance(code, str) or not _CODE.fullmatch(code):
        raise BadReply("error code")
    for name, each in args.items():
        if not isinstance(each, str | int | float | None) or (isinstance(each, str) and clean(each, 1000) != each):
            raise BadReply("error argument")
        if not str(name).isidentifier():
            raise BadReply("error argument name")
    return UserError(code, **args)

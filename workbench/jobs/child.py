"""One worker process as the program sees it: how it is started, asked, judged, and ended."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, Literal

from workbench.analyze.registry import clean
from workbench.core.errors import UserError
from workbench.core.messages import Message
from workbench.jobs.process import closed_environment, command, end, start
from workbench.jobs.replies import JUDGES, MAX_PIXELS, BadReply
from workbench.jobs.wire import Line, SocketLine, WireError, receive_frame, send_frame

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
class Item:
    """One task with its input, and the future that will hold what came of it."""

    task: str
    params: dict[str, Any]
    data: bytes | memoryview | None
    fd: int | None
    seconds: float
    future: Future[Any] = field(default_factory=Future)

    def drop(self) -> None:
        """Close its file."""
        if self.fd is not None:
            os.close(self.fd)
            self.fd = None


class Child:
    """One worker process and the line to it. Used by one dispatcher; `kill` may come from any thread."""

    def __init__(self, memory: int, sockets: bool) -> None:
        self.items = 0
        self.resident = 0
        self.overdue = False
        self.line: Line
        try:
            self.process, self.line = start(
                worker_command(), [str(memory), str(os.getpid())], sockets, closed_environment()
            )
        except OSError as error:
            raise WorkerDied("start", detail=str(error)) from error
        self.pid = self.process.pid

    def do(self, item: Item, guard: Guard) -> Any:
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

    def _judged(self, reply: dict[str, Any], parts: Sequence[memoryview], item: Item) -> Any:
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

    @property
    def usable(self) -> bool:
        """May it be asked again? Not when it died between two items, or was killed while its answer arrived."""
        return not self.overdue and self.process.poll() is None

    def kill(self) -> None:
        """End it at once; the dispatcher sees the line close."""
        with contextlib.suppress(OSError):
            self.process.kill()

    def end(self) -> None:
        """Kill it, wait for it, close the line."""
        self.kill()
        end(self.process, self.line)


class Guard:
    """One thread that kills overdue children. It runs from the first watched item to `close`."""

    def __init__(self) -> None:
        self._due: dict[Child, float] = {}
        self._changed = threading.Condition()
        self._wakes = float("inf")
        self._thread: threading.Thread | None = None
        self._closing = False

    @contextlib.contextmanager
    def watching(self, child: Child, seconds: float) -> Iterator[None]:
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


def worker_command() -> list[str]:
    """How a child is started."""
    return command("workbench.jobs.worker")


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

"""Work in a process of its own, from the program's side: frames to it and from it, and that it stops when told to."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from workbench.core.errors import Cancelled, UserError
from workbench.jobs.control import SLICE, Control
from workbench.jobs.process import command, end, start
from workbench.jobs.wire import WireError, receive_frame, send_frame
from workbench.jobs.wish import unpack_message

LARGEST = 16 << 20
"""Bytes of one frame."""

Frame = tuple[dict[str, Any], list[memoryview]]


class Gone(Exception):
    """A process ended without an answer."""


class Apart:
    """One process that runs a module of ours. `receive` is for one thread, the rest for any.

    `grace` is how many seconds it has, once it was told to stop, before it is killed. Raises `UserError`
    ``process-start``.
    """

    def __init__(self, module: str, grace: float) -> None:
        self._grace = grace
        self._lock = threading.Lock()
        self._paused = False
        self._due: float | None = None
        self._ended = False
        try:
            self._child, self._line = start(command(module), [str(os.getpid())], sys.platform != "win32")
        except OSError as error:
            raise UserError("process-start", reason=error.strerror or "") from error

    def send(self, **header: object) -> None:
        """Tell it something. That it is gone is noticed by `receive`."""
        with self._lock, suppress(WireError):
            if not self._ended:
                send_frame(self._line, header)

    def receive(self) -> Frame:
        """What it says next. Raises `Gone`."""
        if self._ended:
            raise Gone  # its line is closed: where lines are pipes, their numbers may be those of other files by now
        try:
            header, blocks, _ = receive_frame(self._line, LARGEST, LARGEST)
        except WireError as error:
            raise Gone from error
        return header, blocks

    def pause(self, paused: bool) -> None:
        """Have it send nothing more to the server, or go on."""
        if paused != self._paused:
            self._paused = paused
            self.send(pause=paused)

    def stop(self) -> None:
        """Have it break off what it does; called again when it had its time, kill it."""
        now = time.monotonic()
        if self._due is None:
            self._due = now + self._grace
            self.send(stop=True)
        elif now > self._due:
            self._child.kill()

    def end(self) -> None:
        """End it, and wait until it is gone. May be called twice."""
        self._child.kill()
        with self._lock:
            if not self._ended:
                self._ended = True
                end(self._child, self._line)


class Guard:
    """Hands on to processes that the look pauses, goes on, or is to stop: `check` raises `Cancelled` then."""

    def __init__(self, check: Callable[[], None], control: Control) -> None:
        self._check = check
        self._control = control
        self._lock = threading.Lock()
        self._processes: set[Apart] = set()
        self._closed = threading.Event()
        self._thread: threading.Thread | None = None

    def add(self, process: Apart) -> None:
        """Watch over one more."""
        with self._lock:
            self._processes.add(process)
            if self._thread is None:
                self._thread = threading.Thread(target=self._watch, name="apart-guard", daemon=True)
                self._thread.start()

    def end(self, process: Apart) -> None:
        """End one, and watch no more over it."""
        with self._lock:
            self._processes.discard(process)
        process.end()

    def close(self) -> None:
        """End all of them."""
        self._closed.set()
        if self._thread is not None:
            self._thread.join()
        for each in self._processes:
            each.end()

    def _watch(self) -> None:
        while not self._closed.wait(SLICE):
            with self._lock:
                processes = list(self._processes)
            try:
                self._check()
            except Cancelled:
                for each in processes:
                    each.stop()
                continue
            for each in processes:
                each.pause(self._control.paused)


def raised(plain: Mapping[str, Any]) -> Exception:
    """What a process of ours could not do: for the person, or a mistake of ours with its traceback."""
    if "error" in plain:
        message = unpack_message(plain["error"])
        return UserError(message.code, **message.args)
    return RuntimeError(f"in a process of its own: {plain.get('bug')}")

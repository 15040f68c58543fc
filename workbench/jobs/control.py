"""Between a running look and whoever watches it: pausing, questions that only a person can answer, and where it is."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from workbench.core.errors import Cancelled
from workbench.core.messages import Message

SLICE = 0.25
"""Seconds after which whoever waits looks again whether to stop."""
RECENT = 10
"""Seconds over which rates are taken."""


class Stopper:
    """Raises `Cancelled` when called, once the job, or this look by itself, is to stop. Any thread."""

    def __init__(self, check: Callable[[], None]) -> None:
        self._check = check
        self._stopped = threading.Event()

    def __call__(self) -> None:
        """Raise, or return at once."""
        if self._stopped.is_set():
            raise Cancelled
        self._check()

    def stop(self) -> None:
        """End what other threads wait for."""
        self._stopped.set()


@dataclass(frozen=True)
class LookState:
    """Where a look is. `known` is what listings have shown so far, trusted files included; sizes are bytes."""

    folders_done: int = 0
    folders_known: int = 0
    files_done: int = 0
    files_known: int = 0
    bytes_done: int = 0
    bytes_known: int = 0
    requests: int = 0
    failed: int = 0
    requests_per_second: float = 0.0
    bytes_per_second: float = 0.0
    item: str = ""


_COUNTED = (
    "folders_done", "folders_known", "files_done", "files_known", "bytes_done", "bytes_known", "requests", "failed",
)  # fmt: skip


class Control:
    """Any thread may call anything. `ask` is called in a job thread and may block; null where nobody can be asked."""

    def __init__(self, ask: Callable[[Message], bool] | None = None) -> None:
        self.ask = ask
        self._running = threading.Event()
        self._running.set()
        self._lock = threading.Lock()
        self._counts = dict.fromkeys(_COUNTED, 0)
        self._item = ""
        self._seconds: deque[list[int]] = deque(maxlen=RECENT)
        """Of each recent second: which it was, requests, bytes."""

    def pause(self) -> None:
        """Send nothing more until `resume`; what is being received is left in the network's hands."""
        self._running.clear()

    def resume(self) -> None:
        """Go on."""
        self._running.set()

    @property
    def paused(self) -> bool:
        """Has somebody paused it?"""
        return not self._running.is_set()

    def wait(self, check: Callable[[], None]) -> None:
        """Return at once, or when it is no longer paused. `check` raises `Cancelled`."""
        while not self._running.wait(SLICE):
            check()

    def add(self, *, item: str | None = None, **counts: int) -> None:
        """Count what was done or has become known, by the names of `LookState`."""
        with self._lock:
            for name, count in counts.items():
                self._counts[name] += count
            if item is not None:
                self._item = item
            requests, size = counts.get("requests", 0), counts.get("bytes_done", 0)
            if requests or size:
                now = int(time.monotonic())
                if not self._seconds or self._seconds[-1][0] != now:
                    self._seconds.append([now, 0, 0])
                self._seconds[-1][1] += requests
                self._seconds[-1][2] += size

    def files(self) -> tuple[int, int]:
        """Files done and known."""
        return self._counts["files_done"], self._counts["files_known"]

    @property
    def state(self) -> LookState:
        """Where the look is now, with the rates of the last ten seconds."""
        with self._lock:
            now = int(time.monotonic())
            recent = [each for each in self._seconds if now - each[0] < RECENT]
            span = now - recent[0][0] + 1 if recent else 1
            return LookState(
                **self._counts,
                requests_per_second=sum(each[1] for each in recent) / span,
                bytes_per_second=sum(each[2] for each in recent) / span,
                item=self._item,
            )

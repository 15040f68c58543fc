"""How fast a server is asked: so many requests a second, so many at a time, and not at all while it asks for a rest."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from workbench.jobs.control import SLICE, Control


class Pace:
    """Shared by all threads of a look. `rate` is in requests per second, 0 for no limit."""

    def __init__(self, rate: float, parallel: int, check: Callable[[], None], control: Control) -> None:
        self._gap = 1.0 / rate if rate > 0 else 0.0
        self._slots = threading.Semaphore(parallel)
        self._check = check
        self._control = control
        self._lock = threading.Lock()
        self._next = 0.0

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait for one's turn and hold it while the answer is read. Raises `Cancelled`."""
        while not self._slots.acquire(timeout=SLICE):
            self._check()
        try:
            self._wait()
            yield
        finally:
            self._slots.release()

    def _wait(self) -> None:
        while True:
            self._control.wait(self._check)
            self._check()
            with self._lock:
                now = time.monotonic()
                if now >= self._next:
                    self._next = now + self._gap
                    return
                left = self._next - now
            time.sleep(min(left, SLICE))

    def rest(self, seconds: float) -> None:
        """Let nobody ask for so long: the server wants it."""
        with self._lock:
            self._next = max(self._next, time.monotonic() + seconds)

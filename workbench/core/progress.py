"""How long work tells where it is, and how it is told to stop: by the same call."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from workbench.core.errors import Cancelled


@dataclass(frozen=True)
class Step:
    """Where a job is. `total` is null while it is not known."""

    done: int = 0
    total: int | None = None
    what: str = ""
    """A message code of the stage, such as ``stage-store``."""
    item: str = ""
    """The thing at hand, already fit to be shown."""


class Progress:
    """Given to long work. `update` is cheap, throttled, and raises `Cancelled` once `cancel` was called.

    Any thread may call any method. The listener is called at most ten times a second, and once at the
    end by `flush`.
    """

    INTERVAL = 0.1

    def __init__(self, listener: Callable[[Step], None] | None = None) -> None:
        self._listener = listener
        self._cancelled = threading.Event()
        self._next = 0.0
        self.step = Step()

    def update(
        self, done: int | None = None, total: int | None = None, what: str | None = None, item: str = ""
    ) -> None:
        """Note where the work is; raise `Cancelled` when it is to stop."""
        self.check()
        last = self.step
        self.step = Step(
            last.done if done is None else done,
            last.total if total is None else total,
            last.what if what is None else what,
            item,
        )
        now = time.monotonic()
        if self._listener is not None and (now >= self._next or self.step.what != last.what):
            self._next = now + self.INTERVAL
            self._listener(self.step)

    def stage(self, what: str, total: int | None = None) -> None:
        """Start a new stage at zero."""
        self.check()
        self.step = Step(0, total, what)
        self.flush()

    def flush(self) -> None:
        """Tell the listener now."""
        if self._listener is not None:
            self._listener(self.step)

    def check(self) -> None:
        """Raise `Cancelled` when the work is to stop."""
        if self._cancelled.is_set():
            raise Cancelled

    def cancel(self) -> None:
        """Ask the work to stop at its next update."""
        self._cancelled.set()

    @property
    def cancelled(self) -> bool:
        """Has somebody asked?"""
        return self._cancelled.is_set()

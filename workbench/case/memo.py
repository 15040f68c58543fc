"""Answers that are dear to make and hold until the case changes."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, TypeVar

R = TypeVar("R")

Stamp = tuple[int, ...]
"""Grows with every change that matters to an answer, in every part that changes."""


class Memo:
    """Remembers the newest answer to each question. Any thread; two that want the same answer make it once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._answers: dict[Any, tuple[Stamp, Any]] = {}
        self._making: dict[Any, threading.Lock] = {}

    def get(self, key: Any, stamp: Stamp, make: Callable[[], R]) -> R:
        """The answer of this state, made if it is not there. A reader that is behind makes its own, and keeps it for
        itself.
        """
        with self._lock:
            alone = self._making.setdefault(key, threading.Lock())
        with alone:
            held = self._answers.get(key)
            if held is not None and held[0] == stamp:
                return held[1]  # type: ignore[no-any-return]
            made = make()
            if held is None or held[0] < stamp:
                self._answers[key] = (stamp, made)
            return made

"""Answers that are dear to make and hold until the case changes."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, TypeVar

R = TypeVar("R")


class Memo:
    """Remembers answers of one state of the case. Any thread; two that want the same answer make it once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._stamp = -1
        self._answers: dict[Any, Any] = {}
        self._making: dict[Any, threading.Lock] = {}

    def get(self, stamp: int, key: Any, make: Callable[[], R]) -> R:
        """The answer of this state, made if it is not there. A reader that is behind makes its own."""
        with self._lock:
            if stamp > self._stamp:
                self._stamp = stamp
                self._answers.clear()
                self._making.clear()
            if stamp < self._stamp:
                alone = None
            elif key in self._answers:
                return self._answers[key]  # type: ignore[no-any-return]
            else:
                alone = self._making.setdefault(key, threading.Lock())
        if alone is None:
            return make()
        with alone:
            with self._lock:
                if self._stamp == stamp and key in self._answers:
                    return self._answers[key]  # type: ignore[no-any-return]
            made = make()
            with self._lock:
                if self._stamp == stamp:
                    self._answers[key] = made
            return made

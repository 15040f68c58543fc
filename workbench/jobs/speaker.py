"""From a process of ours to the program: what it says, how far it is, what went wrong; and what it hears."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

from workbench.core.errors import UserError
from workbench.jobs.control import Control
from workbench.jobs.wire import Buffer, Line, WireError, receive_frame, send_frame
from workbench.jobs.wish import pack_message

TELL = 0.1
"""Seconds between two words on how far it is."""


class Speaker:
    """Says things to the program, from any thread, and listens in one of its own.

    `hear` gets what the program says. When the program is gone, the process ends wherever it is: as a kill would end
    it, and as safely.
    """

    def __init__(self, line: Line) -> None:
        self._line = line
        self._lock = threading.Lock()

    def say(self, header: dict[str, Any], blocks: Sequence[Buffer] = ()) -> None:
        """One frame."""
        with self._lock:
            try:
                send_frame(self._line, header, blocks)
            except WireError:
                os._exit(0)

    def listen(self, hear: Callable[[dict[str, Any]], None]) -> None:
        """Begin to listen."""

        def listen() -> None:
            while True:
                try:
                    header, _, _ = receive_frame(self._line, 1 << 20, 0)
                except WireError:
                    os._exit(0)
                hear(header)

        threading.Thread(target=listen, name="listen", daemon=True).start()


class Telling(Control):
    """Counts what is done, and tells the program of it now and then."""

    def __init__(self, speaker: Speaker) -> None:
        super().__init__()
        self._speaker = speaker
        self._due = 0.0
        self._untold: dict[str, Any] = {}
        self._telling = threading.Lock()

    def add(self, *, item: str | None = None, **counts: int) -> None:
        """See `Control`."""
        super().add(item=item, **counts)
        with self._telling:
            for name, count in counts.items():
                self._untold[name] = self._untold.get(name, 0) + count
            if item is not None:
                self._untold["item"] = item
            is_due = time.monotonic() >= self._due
        if is_due:
            self._speaker.say({"counts": self.untold()})

    def untold(self) -> dict[str, Any]:
        """What was not told yet, and is now."""
        with self._telling:
            told, self._untold = self._untold, {}
            self._due = time.monotonic() + TELL
        return told


def wrong(error: Exception) -> dict[str, Any]:
    """What was raised, as the program takes it: for the person, or a mistake of ours with its traceback."""
    if isinstance(error, UserError):
        return {"error": pack_message(error.message)}
    import traceback

    return {"bug": "".join(traceback.format_exception(error))}

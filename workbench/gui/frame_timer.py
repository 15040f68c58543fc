"""How long the main thread was away: gaps between ticks of a short timer, for measurements.

When the environment names a file in ``WORKBENCH_FRAME_LOG``, a timer of 5 ms runs from the first paint to the end. A
gap over 50 ms is a line of JSON in that file, ``{"at": SECONDS, "gap_ms": MS}`` with seconds since the timer began;
the last line is ``{"ticks": N, "seconds": SECONDS, "longest_ms": MS, "over": N}``.
"""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

from PySide6.QtCore import QObject, Qt, QTimer

VARIABLE = "WORKBENCH_FRAME_LOG"
TICK_MS = 5
LONG_MS = 50.0


class FrameTimer(QObject):
    """Runs from its making until `stop`. Main thread; writes only when there was a gap."""

    def __init__(self, file: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._log = file.open("a", encoding="utf-8")
        self._began = self._last = time.perf_counter()
        self.ticks = 0
        self.over = 0
        self.longest_ms = 0.0
        self._timer = QTimer(self, interval=TICK_MS)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._tick)
        self._timer.start()

    def _tick(self) -> None:
        now = time.perf_counter()
        gap = (now - self._last) * 1000
        self._last = now
        self.ticks += 1
        self.longest_ms = max(self.longest_ms, gap)
        if gap > LONG_MS:
            self.over += 1
            self._write({"at": round(now - self._began, 3), "gap_ms": round(gap, 1)})

    def _write(self, line: dict[str, float]) -> None:
        self._log.write(json.dumps(line) + "\n")
        self._log.flush()

    def stop(self) -> None:
        """Write what it came to. A second call does nothing."""
        if self._log.closed:
            return
        self._timer.stop()
        seconds = round(time.perf_counter() - self._began, 3)
        longest = round(self.longest_ms, 1)
        self._write({"ticks": self.ticks, "seconds": seconds, "longest_ms": longest, "over": self.over})
        self._log.close()


def wanted(parent: QObject | None = None) -> FrameTimer | None:
    """The timer, when the environment asks for one."""
    file = os.environ.get(VARIABLE)
    return FrameTimer(Path(file), parent) if file else None

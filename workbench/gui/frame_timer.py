"""How long the main thread was away: gaps between ticks of a short timer, for measurements.

When the environment names a file in ``WORKBENCH_FRAME_LOG``, a timer of 5 ms runs from the first paint to the end. A
gap over 50 ms is a line of JSON in that file, ``{"at": SECONDS, "gap_ms": MS, "own_ms": MS}`` with seconds since the
timer began; the last line is ``{"ticks": N, "seconds": SECONDS, "longest_ms": MS, "longest_own_ms": MS, "over": N}``.
`own` is the processor time that the main thread itself used in the gap: the rest of it the thread waited, for a
processor or for other threads.
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
        self._own = time.thread_time()
        self.ticks = 0
        self.over = 0
        self.longest_ms = 0.0
        self.longest_own_ms = 0.0
        self._timer = QTimer(self, interval=TICK_MS)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._tick)
        self._timer.start()

    def _tick(self) -> None:
        now, own_now = time.perf_counter(), time.thread_time()
        gap, own = (now - self._last) * 1000, (own_now - self._own) * 1000
        self._last, self._own = now, own_now
        self.ticks += 1
        self.longest_ms = max(self.longest_ms, gap)
        self.longest_own_ms = max(self.longest_own_ms, own)
        if gap > LONG_MS:
            self.over += 1
            self._write({"at": round(now - self._began, 3), "gap_ms": round(gap, 1), "own_ms": round(own, 1)})

    def _write(self, line: dict[str, float]) -> None:
        self._log.write(json.dumps(line) + "\n")
        self._log.flush()

    def stop(self) -> None:
        """Write what it came to. A second call does nothing."""
        if self._log.closed:
            return
        self._timer.stop()
        seconds = round(time.perf_counter() - self._began, 3)
        self._write(
            {
                "ticks": self.ticks,
                "seconds": seconds,
                "longest_ms": round(self.longest_ms, 1),
                "longest_own_ms": round(self.longest_own_ms, 1),
                "over": self.over,
            }
        )
        self._log.close()


def wanted(parent: QObject | None = None) -> FrameTimer | None:
    """The timer, when the environment asks for one."""
    file = os.environ.get(VARIABLE)
    return FrameTimer(Path(file), parent) if file else None

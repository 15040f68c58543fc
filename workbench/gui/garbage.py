"""Collect garbage on the main thread only.

Python collects cycles in whatever thread happens to allocate; a widget or timer that is part of a cycle would then be
destroyed in a worker thread, which Qt does not survive. So the automatic collection is off while the window lives,
and a timer does what it would have done: often, so that each time there is little to look at. What stays for as long
as a case is open (the window, its panes, all modules) is not looked at again and again: `settle`.
"""

from __future__ import annotations

import gc

from PySide6.QtCore import QObject, QTimer

EVERY_MS = 250
SELDOM = 4
"""How many times rarer than Python by itself it looks at everything: the timer runs whether much is made or little."""


class Garbage(QObject):
    """Takes the collection over until `stop`. Main thread."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._was_on = gc.isenabled()
        self._settled = False
        gc.disable()
        self._timer = QTimer(self, interval=EVERY_MS)
        self._timer.timeout.connect(self.look)
        self._timer.start()

    def look(self) -> None:
        """Collect the oldest generation that has reached its threshold."""
        counts, thresholds = gc.get_count(), list(gc.get_threshold())
        thresholds[2] *= SELDOM
        for generation in (2, 1, 0):
            if counts[generation] > thresholds[generation]:
                gc.collect(generation)
                return

    def settle(self) -> None:
        """Leave alone what is there now, until `release`. What was left alone before is looked through first."""
        if self._settled:
            gc.unfreeze()
            gc.collect()
        gc.freeze()
        self._settled = True

    def release(self) -> None:
        """Look at everything again, the next time that is due: a case was closed. What others froze stays so."""
        if self._settled:
            gc.unfreeze()
            self._settled = False

    def stop(self) -> None:
        """Give it back."""
        self._timer.stop()
        self.release()
        if self._was_on:
            gc.enable()

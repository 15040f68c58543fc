"""Halved copies of a large picture, made strip by strip: scaling holds the interpreter, a window must not wait.

Qt's painter samples bilinearly and flickers below half size; drawing from the next halved copy does not.
"""

from __future__ import annotations

from collections.abc import Sequence
from time import perf_counter

from PySide6.QtCore import Qt
from PySide6.QtGui import QImage, QPainter

_STRIP_PIXELS = 1_000_000
_SMALLEST = 256


class MipChain:
    """Level 0 is the picture, each further level half of the one before. Main thread.

    `given` are levels that a worker made already, largest first; `step` makes the rest.
    """

    def __init__(self, image: QImage, given: Sequence[QImage] = ()) -> None:
        self.levels: list[QImage] = [image, *(level for level in given if not level.isNull())]
        self._target: QImage | None = None
        self._row = 0

    def done(self) -> bool:
        """Whether the smallest level is small enough."""
        last = self.levels[-1]
        return self._target is None and max(last.width(), last.height()) <= _SMALLEST

    def step(self, budget_ms: float) -> bool:
        """Work for about this long; true when something new can be drawn."""
        deadline = perf_counter() + budget_ms / 1000
        news = False
        while not self.done() and perf_counter() < deadline:
            news = self._strip() or news
        return news

    def best(self, scale: float) -> tuple[QImage, int]:
        """The level to draw at `scale` (device pixels per picture pixel), and its number."""
        number = 0
        while number + 1 < len(self.levels) and self.levels[number + 1].width() >= self.levels[0].width() * scale:
            number += 1
        return self.levels[number], number

    def _strip(self) -> bool:
        source = self.levels[-1]
        if self._target is None:
            kind = QImage.Format.Format_ARGB32_Premultiplied if source.hasAlphaChannel() else QImage.Format.Format_RGB32
            self._target = QImage(max(1, source.width() // 2), max(1, source.height() // 2), kind)
            self._row = 0
        target = self._target
        rows = max(1, min(target.height() - self._row, _STRIP_PIXELS // max(1, 2 * source.width())))
        last = self._row + rows >= target.height()
        below = source.height() - 2 * self._row if last else 2 * rows
        strip = source.copy(0, 2 * self._row, source.width(), max(1, below)).scaled(
            target.width(),
            rows,
            Qt.AspectRatioMode.IgnoreAspectRatio,
            Qt.TransformationMode.SmoothTransformation,
        )
        painter = QPainter(target)
        try:
            painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_Source)
            painter.drawImage(0, self._row, strip)
        finally:
            painter.end()
        self._row += rows
        if last:
            self.levels.append(target)
            self._target = None
        return last

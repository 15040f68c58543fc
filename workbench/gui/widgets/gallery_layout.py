"""Where every tile of the gallery lies: pure arithmetic over sections, no Qt, no loop over rows.

A *row* is an index into the item array, a *line* one line of tiles on screen. Lines never run across a
heading. All lengths are logical pixels.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from workbench.gui.widgets.gallery_tiles import Section

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Metrics:
    """Sizes that do not depend on the content. `tile` is the least width of a tile; tiles stretch to fill a line."""

    tile: int
    caption: int
    margin: int = 12
    gap: int = 8
    heading: int = 40
    pad: int = 6
    aspect: float = 0.77


@dataclass(frozen=True)
class Box:
    """A rectangle: left, top, width, height."""

    x: int
    y: int
    width: int
    height: int


class GridLayout:
    """The grid for a number of rows, their sections and a width. Immutable; make a new one when any changes."""

    def __init__(self, count: int, sections: Sequence[Section], width: int, metrics: Metrics) -> None:
        self.count = count
        self.metrics = metrics
        self.width = width
        self.sections = _covering(count, sections)
        inner = max(1, width - 2 * metrics.margin)
        self.columns = max(1, (inner + metrics.gap) // (metrics.tile + metrics.gap))
        self.cell_width = max(24, (inner - (self.columns - 1) * metrics.gap) // self.columns)
        self.thumb_width = self.cell_width - 2 * metrics.pad
        self.thumb_height = round(self.thumb_width * metrics.aspect)
        self.cell_height = self.thumb_height + 2 * metrics.pad + metrics.caption
        self.line_height = self.cell_height + metrics.gap

        self._starts: Ints = np.array([section.start for section in self.sections], dtype=np.int64)
        self._ends: Ints = np.append(self._starts[1:], count).astype(np.int64)
        self._lines: Ints = -(-(self._ends - self._starts) // self.columns)
        self._heads: Ints = np.array(
            [metrics.heading if section.title else metrics.margin for section in self.sections], dtype=np.int64
        )
        heights = self._heads + self._lines * self.line_height
        self._tops: Ints = np.concatenate(([0], np.cumsum(heights))).astype(np.int64)
        self._first_line: Ints = np.concatenate(([0], np.cumsum(self._lines))).astype(np.int64)

    @property
    def height(self) -> int:
        """Of everything."""
        return int(self._tops[-1]) + (self.metrics.margin if self.sections else 0)

    @property
    def lines(self) -> int:
        """Lines of tiles in all."""
        return int(self._first_line[-1])

    def cell(self, row: int) -> Box:
        """The tile of a row, in content coordinates."""
        section = self._section_of_row(row)
        line, column = divmod(row - int(self._starts[section]), self.columns)
        return self._box(section, line, column)

    def row_at(self, x: int, y: int) -> int:
        """The row whose tile holds the point, or -1."""
        if not self.sections or y < 0:
            return -1
        section = self._section_at(y)
        inside = y - int(self._tops[section] + self._heads[section])
        if inside < 0:
            return -1
        line, below = divmod(inside, self.line_height)
        column, right = divmod(x - self.metrics.margin, self.cell_width + self.metrics.gap)
        if not 0 <= column < self.columns or right >= self.cell_width or below >= self.cell_height:
            return -1
        row = int(self._starts[section]) + line * self.columns + column
        return row if row < int(self._ends[section]) else -1

    def visible(self, top: int, bottom: int) -> Iterator[tuple[int, int]]:
        """Runs of rows ``[first, last)`` whose lines meet ``top <= y < bottom``, from above to below."""
        for section in self._sections_between(top, bottom):
            base = int(self._tops[section] + self._heads[section])
            first = max(0, (top - base) // self.line_height)
            last = min(int(self._lines[section]), -(-(bottom - base) // self.line_height))
            if first < last:
                start, end = int(self._starts[section]), int(self._ends[section])
                yield start + first * self.columns, min(end, start + last * self.columns)

    def cells(self, top: int, bottom: int) -> Iterator[tuple[int, int, int]]:
        """Row, left and top of every tile whose line meets the range."""
        step = self.cell_width + self.metrics.gap
        for first, last in self.visible(top, bottom):
            start = self.cell(first)
            for offset in range(last - first):
                line, column = divmod(offset, self.columns)
                yield first + offset, start.x + column * step, start.y + line * self.line_height

    def headings(self, top: int, bottom: int) -> Iterator[tuple[Section, Box]]:
        """Titled sections whose heading meets the range, with its place."""
        for index in self._sections_between(top, bottom):
            section, head = self.sections[index], int(self._heads[index])
            y = int(self._tops[index])
            if section.title and y < bottom and y + head > top:
                edge = self.metrics.margin + self.metrics.pad
                yield section, Box(edge, y, self.width - 2 * edge, head)

    def rows_in(self, area: Box) -> Ints:
        """All rows whose tile meets the area: for the rubber band."""
        step = self.cell_width + self.metrics.gap
        left = area.x - self.metrics.margin
        first_column = max(0, -(-(left - self.cell_width + 1) // step))
        last_column = min(self.columns - 1, (left + area.width - 1) // step)
        if first_column > last_column:
            return np.empty(0, dtype=np.int64)
        columns = np.arange(first_column, last_column + 1, dtype=np.int64)
        found = [np.empty(0, dtype=np.int64)]
        for section in self._sections_between(area.y, area.y + area.height):
            top = area.y - int(self._tops[section] + self._heads[section])
            first = max(0, -(-(top - self.cell_height + 1) // self.line_height))
            last = min(int(self._lines[section]) - 1, (top + area.height - 1) // self.line_height)
            if first <= last:
                lines = np.arange(first, last + 1, dtype=np.int64)
                rows = (self._starts[section] + lines[:, None] * self.columns + columns[None, :]).ravel()
                found.append(rows[rows < self._ends[section]])
        return np.concatenate(found)

    def place(self, row: int) -> tuple[int, int]:
        """Line and column of a row, lines counted through all sections."""
        section = self._section_of_row(row)
        line, column = divmod(row - int(self._starts[section]), self.columns)
        return int(self._first_line[section]) + line, column

    def row_of(self, line: int, column: int) -> int:
        """The row at a line and column; the line is clamped to the grid, the column to what the line holds."""
        line = min(max(line, 0), self.lines - 1)
        section = int(np.searchsorted(self._first_line[1:], line, side="right"))
        first = int(self._starts[section]) + (line - int(self._first_line[section])) * self.columns
        last = min(first + self.columns, int(self._ends[section])) - 1
        return min(first + column, last)

    def section_top(self, row: int) -> int | None:
        """Top of the heading directly above the row's line, when the row is in the first line of its section."""
        section = self._section_of_row(row)
        if row - int(self._starts[section]) >= self.columns:
            return None
        return int(self._tops[section])

    def _box(self, section: int, line: int, column: int) -> Box:
        x = self.metrics.margin + column * (self.cell_width + self.metrics.gap)
        y = int(self._tops[section] + self._heads[section]) + line * self.line_height
        return Box(x, y, self.cell_width, self.cell_height)

    def _section_of_row(self, row: int) -> int:
        if not 0 <= row < self.count:
            raise IndexError(row)
        return int(np.searchsorted(self._starts, row, side="right")) - 1

    def _section_at(self, y: int) -> int:
        return min(len(self.sections) - 1, int(np.searchsorted(self._tops, y, side="right")) - 1)

    def _sections_between(self, top: int, bottom: int) -> range:
        if not self.sections or bottom <= top:
            return range(0)
        return range(max(0, self._section_at(max(0, top))), self._section_at(max(0, bottom - 1)) + 1)


def _covering(count: int, sections: Sequence[Section]) -> tuple[Section, ...]:
    """The sections in order, led by an untitled one where rows come before the first heading."""
    ordered = sorted((section for section in sections if section.start <= count), key=lambda section: section.start)
    if count and (not ordered or ordered[0].start > 0):
        ordered.insert(0, Section(0, ""))
    return tuple(ordered)

"""From the lines of a chunk to the columns of a batch: positions in numpy, strings interned once each."""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Callable, Mapping
from itertools import count
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workbench.core.batch import COLUMNS, NULL, TABLES, EventBatch

Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]

LONGEST = 1 << 18
"""A longer line is no access record: servers take a request line and headers of some 8 KiB each, and write at most four
bytes for one. It is rejected unread (``log-line-long``), which bounds what one line can put in memory and tables."""


class Lines:
    """Where the lines of a chunk lie: `start` and `end` (before LF or CR LF) of each, offsets into `data`."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.bytes = np.frombuffer(data, np.uint8)
        breaks = self.positions(10)
        if data and not data.endswith(b"\n"):
            breaks = np.append(breaks, len(data))
        self.start = np.concatenate((np.zeros(min(1, breaks.size), np.int64), breaks[:-1] + 1))
        self.end = breaks.copy()
        if b"\r" in data:
            some = np.flatnonzero(self.end > self.start)
            self.end[some[self.bytes[self.end[some] - 1] == 13]] -= 1

    def __len__(self) -> int:
        return len(self.start)

    def positions(self, byte: int) -> Ints:
        """Where a byte stands in the chunk."""
        return np.flatnonzero(self.bytes == byte)

    def line(self, number: int) -> bytes:
        """The bytes of one line (from 0), without its end."""
        return self.data[self.start[number] : self.end[number]]


Table = defaultdict[Any, int]
"""Values and the order in which they came. A missing one gets the next number, without a step of Python."""


def new_table() -> Table:
    """An empty table."""
    return defaultdict(count().__next__)


def cut(data: bytes, start: Ints, end: Ints) -> list[bytes]:
    """The slices ``data[start:end]``."""
    return [data[at:to] for at, to in zip(start.tolist(), end.tolist(), strict=True)]


def indexes(table: Mapping[bytes, int], raws: list[bytes]) -> Ints:
    """Where each string stands in a table, which adds what it lacks."""
    return np.fromiter(map(table.__getitem__, raws), np.int64, len(raws))


class Rows(dict[bytes, int]):
    """Interns byte strings and reads each distinct one once, into a row of integers.

    ``rows[raw]`` is the row's index. `read` gets the bytes and gives the row, of `width` integers.
    """

    def __init__(self, width: int, read: Callable[[bytes], tuple[int, ...]]) -> None:
        super().__init__()
        self._width = width
        self._read = read
        self._flat = array("q")

    def __missing__(self, raw: bytes) -> int:
        index = self[raw] = len(self)
        self._flat.extend(self._read(raw))
        return index

    def row(self, raw: bytes) -> tuple[int, ...]:
        """What one byte string was read as."""
        at = self[raw] * self._width
        return tuple(self._flat[at : at + self._width])

    def spread(self, data: bytes, start: Ints, end: Ints) -> Ints:
        """The rows of the slices ``data[start:end]``, as columns: shape (width of a row, slices)."""
        which = indexes(self, cut(data, start, end))
        rows: Ints = np.array(self._flat, np.int64).reshape(-1, self._width)
        return rows.T[:, which]


class Builder:
    """Collects the events of one chunk, in any order, and gives them in the order of their lines."""

    def __init__(self, lines: Lines) -> None:
        self.lines = lines
        self._columns: dict[str, Ints] = {name: np.full(len(lines), NULL, np.int64) for name in COLUMNS}
        for name in ("damaged", "salvaged"):
            self._columns[name][:] = 0
        self._kept = np.zeros(len(lines), np.bool_)
        self._tables: dict[str, Table] = {name: new_table() for name in TABLES}
        self._rejects: list[tuple[int, int, int, str]] = []

    def intern(self, table: str, value: str | bytes | None) -> int:
        """The index of a value in a table; null stays `NULL`."""
        if value is None:
            return NULL
        return self._tables[table][value]

    def table(self, name: str) -> Table:
        """The values of a table and their indexes; asking for a new value adds it."""
        return self._tables[name]

    def events(self, lines: Ints, **columns: Any) -> None:
        """Lines (from 0) that are events, with an array, or one value for all, per column."""
        self._kept[lines] = True
        for name, values in columns.items():
            self._columns[name][lines] = values

    def event(self, line: int, **columns: int) -> None:
        """One line that is an event."""
        self._kept[line] = True
        for name, value in columns.items():
            self._columns[name][line] = value

    def reject(self, line: int, code: str) -> None:
        """One line that could not be read."""
        start, end = int(self.lines.start[line]), int(self.lines.end[line])
        self._rejects.append((line + 1, start, end - start, code))

    def rest(self, read: Callable[[int, bytes], str | None]) -> None:
        """Give every line that is no event yet to `read`: it makes the event, or returns the code of the reject.

        Blank lines and overlong ones are settled here.
        """
        for line in np.flatnonzero(~self._kept).tolist():
            if self.lines.end[line] - self.lines.start[line] > LONGEST:
                self.reject(line, "log-line-long")
                continue
            raw = self.lines.line(line)
            if raw.strip() and (code := read(line, raw)) is not None:
                self.reject(line, code)

    def batch(self) -> EventBatch:
        """Everything collected."""
        kept = np.flatnonzero(self._kept)
        columns: dict[str, NDArray[Any]] = {name: values[kept] for name, values in self._columns.items()}
        columns["line"] = kept + 1
        columns["start"] = self.lines.start[kept]
        columns["length"] = self.lines.end[kept] - columns["start"]
        tables: dict[str, list[Any]] = {name: list(known) for name, known in self._tables.items()}
        return EventBatch(len(self.lines), len(self.lines.data), columns, tables, self._rejects)

    def kept(self) -> NDArray[np.int64]:
        """Lines that are events so far."""
        return np.flatnonzero(self._kept)

    def column(self, name: str) -> Ints:
        """A column by line, to be read or changed in place."""
        return self._columns[name]


DIGITS = 15
"""Longest number read; a longer one is no byte count."""


def numbers(data: NDArray[np.uint8], start: Ints, end: Ints) -> tuple[Ints, Mask]:
    """The decimal numbers at ``[start, end)``, and which of them are 1 to `DIGITS` digits and nothing else."""
    width = end - start
    right = (width >= 1) & (width <= DIGITS)
    value = np.zeros(len(start), np.int64)
    power = 1
    for place in range(int(width[right].max(initial=0))):
        inside = width > place
        digit = data[np.where(inside, end - 1 - place, 0)] - np.uint8(48)
        right &= (digit < 10) | ~inside
        value += np.where(inside, digit, 0).astype(np.int64) * power
        power *= 10
    return value, right

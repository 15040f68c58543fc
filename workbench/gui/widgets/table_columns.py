"""Columns of a table as numpy arrays: what a cell says, how rows sort, which rows hold a word. No Qt.

Sorting and searching never touch a Python object per row: words are made once into a vocabulary and a code per
row, so a million rows sort by their codes and a search looks at each different word once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, tzinfo
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from workbench.core.times import to_datetime

Kind = Literal["text", "mono", "number", "bar", "chips", "flag", "time"]

NO_TIME = int(np.iinfo(np.int64).min)
"""A time that is not known, in an int64 column."""

_LONGEST_KEY = 64


@dataclass(frozen=True)
class Column:
    """How one column is shown.

    `kind`: *text*; *mono* for addresses, hashes and paths; *number*; *bar*, a number with its share of the largest;
    *chips*, a tuple of labels per row; *flag*, a country code; *time*, microseconds UTC. `width` is in pixels, 0 as
    the kind needs. `unknown` is what stands for null. `names` are the long words of codes (``ES``: Spain), said in
    tooltips and to screen readers. `accent` are the chips that mark exceptions.
    """

    key: str
    title: str
    kind: Kind = "text"
    width: int = 0
    align: Literal["left", "right", "center"] | None = None
    tooltip: str = ""
    unknown: str = "–"
    names: Mapping[str, str] = field(default_factory=dict, hash=False)
    accent: frozenset[str] = frozenset()

    @property
    def is_number(self) -> bool:
        """Whether digits stand under digits."""
        return self.kind in ("number", "bar")


@dataclass(frozen=True)
class Coded:
    """A column already factorised: a code per row into the words (text or tuples of labels); -1 is null."""

    codes: NDArray[np.integer]
    words: Sequence[Any]


class Cells:
    """The values of one column."""

    def __init__(self, column: Column, count: int) -> None:
        self.column = column
        self.count = count

    def value(self, row: int) -> Any:
        """As given; null is None."""
        raise NotImplementedError

    def text(self, row: int) -> str:
        """As shown."""
        raise NotImplementedError

    def exact(self, row: int) -> str:
        """For a copy: nothing rounded, nothing for null."""
        raise NotImplementedError

    def keys(self) -> tuple[NDArray[Any], NDArray[np.bool_] | None]:
        """(sort keys, which rows are null)."""
        raise NotImplementedError

    def holding(self, needle: str) -> NDArray[np.bool_] | None:
        """Which rows hold the casefolded needle; null when the column is not searched."""
        return None


class Words(Cells):
    """Text, mono, flag and chips."""

    def __init__(self, column: Column, data: Any, sort_keys: NDArray[Any] | None = None) -> None:
        codes, words = (np.asarray(data.codes), data.words) if isinstance(data, Coded) else _factorise(data)
        super().__init__(column, len(codes))
        self._codes = codes.astype(np.intp, copy=False)
        self._words = words
        self._sort_keys = sort_keys
        self._ranks: NDArray[Any] | None = None
        self._haystack: list[str] | None = None
        self._found: list[tuple[str, NDArray[np.bool_]]] = []

    def value(self, row: int) -> Any:
        """The word or the tuple of labels."""
        code = self._codes[row]
        return None if code < 0 else self._words[code]

    def text(self, row: int) -> str:
        """The word; labels with commas."""
        code = self._codes[row]
        return self.column.unknown if code < 0 else self._plain(self._words[code]) or self.column.unknown

    def exact(self, row: int) -> str:
        """The word; labels with commas."""
        code = self._codes[row]
        return "" if code < 0 else self._plain(self._words[code])

    def keys(self) -> tuple[NDArray[Any], NDArray[np.bool_] | None]:
        """Ranks of the words by code point, case disregarded; or what was given. The first call makes the ranks."""
        null = self._codes < 0
        if self._sort_keys is not None:
            return self._sort_keys, null if null.any() else None
        if self._ranks is None:
            ranks = _ranks(_folded([self._plain(each) for each in self._words]))
            self._ranks = ranks[self._codes]
        return self._ranks, null if null.any() else None

    def holding(self, needle: str) -> NDArray[np.bool_]:
        """Look into each different word; words that did not hold a shorter needle are not looked at again."""
        if self._haystack is None:
            self._haystack = _folded([self._searched(each) for each in self._words])
        known = max((each for each in self._found if each[0] in needle), key=lambda each: len(each[0]), default=None)
        hits = np.zeros(len(self._haystack) + 1, dtype=bool)
        if known is None:
            hits[:-1] = [needle in each for each in self._haystack]
        elif known[0] == needle:
            hits = known[1]
        else:
            still = np.flatnonzero(known[1])
            hits[still] = [needle in self._haystack[place] for place in still.tolist()]
        self._found = [*[each for each in self._found if each[0] != needle][-7:], (needle, hits)]
        return hits[self._codes]

    def _plain(self, word: Any) -> str:
        return word if isinstance(word, str) else ", ".join(word)

    def _searched(self, word: Any) -> str:
        plain = self._plain(word)
        return f"{plain} {self.column.names[plain]}" if plain in self.column.names else plain


class Numbers(Cells):
    """Number and bar."""

    def __init__(self, column: Column, data: Any) -> None:
        self._values, self._null = _numeric(data)
        super().__init__(column, len(self._values))
        held = self._values if self._null is None else self._values[~self._null]
        self.highest = float(held.max()) if len(held) else 0.0

    def value(self, row: int) -> Any:
        """The number."""
        return None if self._null is not None and self._null[row] else self._values[row].item()

    def text(self, row: int) -> str:
        """With thousands apart."""
        value = self.value(row)
        return self.column.unknown if value is None else f"{value:,}"

    def exact(self, row: int) -> str:
        """As it is."""
        value = self.value(row)
        return "" if value is None else str(value)

    def keys(self) -> tuple[NDArray[Any], NDArray[np.bool_] | None]:
        """The numbers."""
        return self._values, self._null


class Times(Numbers):
    """Time: microseconds UTC, shown in a zone."""

    zone: tzinfo = UTC

    def text(self, row: int) -> str:
        """``2024-01-17 09:00:30`` on the zone's clock; the zone stands in the header."""
        value = self.value(row)
        return self.column.unknown if value is None else self._written(value, "%Y-%m-%d %H:%M:%S")

    def exact(self, row: int) -> str:
        """With its offset."""
        value = self.value(row)
        return "" if value is None else self._written(value)

    def _written(self, value: int, form: str = "") -> str:
        try:
            moment = to_datetime(value, self.zone)
        except OverflowError:
            return f"{value} µs"  # outside the years that can be written
        return format(moment, form) if form else moment.isoformat()


def make_cells(column: Column, data: Any, sort_keys: NDArray[Any] | None = None) -> Cells:
    """The cells of one column.

    `data` is an array, a list (None is null), a masked array, or `Coded`; `sort_keys` replace the alphabet for words.
    """
    if column.kind == "time":
        return Times(column, data)
    return Numbers(column, data) if column.is_number else Words(column, data, sort_keys)


def _factorise(data: Any) -> tuple[NDArray[np.intp], list[Any]]:
    """A code per value in order of appearance, and the different values; null and the empty tuple are told apart."""
    values = data.tolist() if isinstance(data, np.ndarray) else data
    known: dict[Any, int] = {None: -1}
    codes = np.fromiter((known.setdefault(_key(each), len(known) - 1) for each in values), np.intp, len(values))
    words = list(known)
    return codes, words[1:]


def _key(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _folded(words: list[str]) -> list[str]:
    """Case disregarded, in one go where no word holds a line end: a tenth of the time for a million words."""
    joined = "\n".join(words)
    if joined.count("\n") == len(words) - 1:
        return joined.casefold().split("\n")
    return [each.casefold() for each in words]


def _ranks(folded: list[str]) -> NDArray[Any]:
    """The rank of each word by code point, equal for equal words, and one more for null.

    UTF-8 sorts as code points do, and numpy sorts bytes; not so with NUL at an end, and not cheaply with long words.
    """
    if any(len(each) > _LONGEST_KEY or "\0" in each for each in folded):
        places = {each: place for place, each in enumerate(sorted(set(folded)))}
        ranks = np.fromiter((places[each] for each in folded), dtype=np.int64, count=len(folded))
    else:
        encoded = np.array([each.encode("utf-8", "surrogatepass") for each in folded], dtype=np.bytes_)
        ranks = np.unique(encoded, return_inverse=True)[1]
    return np.append(ranks, 0).astype(np.uint16 if len(folded) < 1 << 16 else np.uint32)


def _numeric(data: Any) -> tuple[NDArray[Any], NDArray[np.bool_] | None]:
    """Values and which are null; ids and times keep all 64 bits."""
    if isinstance(data, np.ma.MaskedArray):
        return np.asarray(data.filled(0)), np.ma.getmaskarray(data) if data.mask is not np.ma.nomask else None
    if not isinstance(data, np.ndarray):
        null = np.fromiter((each is None for each in data), dtype=bool, count=len(data))
        filled = np.array([0 if each is None else each for each in data])
        return (filled if len(filled) else np.empty(0, dtype=np.int64)), null if null.any() else None
    null = np.zeros(len(data), dtype=bool)
    if data.dtype.kind == "f":
        null = np.isnan(data)
    elif data.dtype == np.int64:
        null = data == NO_TIME
    return data, null if null.any() else None


def sorted_rows(rows: NDArray[np.int64], keys: Sequence[tuple[Cells, bool]]) -> NDArray[np.int64]:
    """The rows by several columns, the first of them first; (cells, descending) each.

    Stable: equal rows keep their order, in both directions. Null comes last, in both directions.
    """
    order = rows
    for cells, descending in reversed(keys):
        values, null = cells.keys()
        chosen = values[order]
        if descending:
            chosen = ~chosen if chosen.dtype.kind in "iu" else -chosen if chosen.dtype.kind == "f" else _ranked(chosen)
        order = order[np.argsort(chosen, kind="stable")]
        if null is not None:
            missing = null[order]
            order = np.concatenate([order[~missing], order[missing]])
    return order


def _ranked(values: NDArray[Any]) -> NDArray[np.int64]:
    return -np.unique(values, return_inverse=True)[1].astype(np.int64)


def matching(cells: Sequence[Cells], text: str, count: int) -> NDArray[np.bool_] | None:
    """Which rows hold every word of the text in some column; null when the text holds no word."""
    needles = text.casefold().split()
    if not needles:
        return None
    held = np.ones(count, dtype=bool)
    for needle in needles:
        some = np.zeros(count, dtype=bool)
        for each in cells:
            found = each.holding(needle)
            if found is not None:
                some |= found
        held &= some
    return held

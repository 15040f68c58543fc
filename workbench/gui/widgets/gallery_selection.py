"""Which rows are picked: one bitmap, a few milliseconds at a million rows. No Qt."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Ids = NDArray[np.int64]
Bits = NDArray[np.bool_]


class Selection:
    """Picked rows, the row that a run starts from (`anchor`) and the row that has the keyboard (`current`).

    Rows are indexes; -1 means none. Each change returns whether the set of picked rows is a different one, so
    that an equal selection is not announced twice.
    """

    def __init__(self, count: int = 0) -> None:
        self.bits: Bits = np.zeros(count, dtype=np.bool_)
        self.anchor = -1
        self.current = -1

    def __len__(self) -> int:
        return int(np.count_nonzero(self.bits))

    def __contains__(self, row: int) -> bool:
        return 0 <= row < len(self.bits) and bool(self.bits[row])

    def rows(self) -> Ids:
        """Picked rows, ascending."""
        return np.flatnonzero(self.bits).astype(np.int64)

    def only(self, row: int) -> bool:
        """This row and no other; it becomes anchor and current."""
        self.anchor = self.current = row
        return self._become_rows(np.array([row], dtype=np.int64))

    def toggle(self, row: int) -> bool:
        """Pick or drop one row, keep the rest; it becomes anchor and current."""
        self.anchor = self.current = row
        self.bits[row] = not self.bits[row]
        return True

    def run_to(self, row: int, keep: bool = False) -> bool:
        """The run from the anchor to this row, instead of (or with `keep` added to) what was picked."""
        if self.anchor < 0:
            self.anchor = row
        self.current = row
        first, last = sorted((self.anchor, row))
        made = self.bits.copy() if keep else np.zeros_like(self.bits)
        made[first : last + 1] = True
        return self._become(made)

    def all(self) -> bool:
        """Every row."""
        if bool(self.bits.all()):
            return False
        self.bits[:] = True
        return True

    def none(self) -> bool:
        """No row; the current one stays."""
        if not bool(self.bits.any()):
            return False
        self.bits[:] = False
        return True

    def replace(self, base: Bits, rows: Ids) -> bool:
        """A base (what was picked when the rubber band began) with these rows added."""
        made = base.copy()
        made[rows] = True
        return self._become(made)

    def _become_rows(self, rows: Ids) -> bool:
        made = np.zeros_like(self.bits)
        made[rows] = True
        return self._become(made)

    def _become(self, made: Bits) -> bool:
        changed = not np.array_equal(made, self.bits)
        self.bits = made
        return changed


def carried(old: Ids, bits: Bits, new: Ids) -> Bits:
    """The bitmap over `new` that picks the ids which `bits` picked in `old`: O(n log n), no Python loop."""
    picked = old[bits]
    if not len(picked) or not len(new):
        return np.zeros(len(new), dtype=np.bool_)
    if len(picked) == 1:
        return np.asarray(new == picked[0], dtype=np.bool_)
    return np.asarray(np.isin(new, picked), dtype=np.bool_)


def row_of(ids: Ids, item: int) -> int:
    """The row of an id, or -1."""
    found = np.flatnonzero(ids == item)
    return int(found[0]) if len(found) else -1

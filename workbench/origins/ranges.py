"""Sorted ranges that do not overlap, and where addresses fall among them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workbench.origins.addresses import V4, V6, Version

Index = NDArray[np.uint32]


@dataclass(frozen=True)
class Ranges:
    """Inclusive ranges of one IP version in ascending order; ``index`` is the record of each."""

    version: Version
    starts: NDArray[Any]
    ends: NDArray[Any]
    index: Index

    def __len__(self) -> int:
        return len(self.index)

    def find(self, addresses: V4 | V6) -> NDArray[np.int64]:
        """The number of the range that holds each address, -1 where none does. Well over 1 M addresses/s."""
        if not len(self) or not len(addresses):
            return np.full(len(addresses), -1, dtype=np.int64)
        at = np.searchsorted(self.starts, addresses, side="right") - 1
        inside = (at >= 0) & (addresses <= self.ends[at])
        return np.where(inside, at, -1)

    def bounds(self, number: int) -> tuple[int, int]:
        """First and last address of a range, as numbers."""
        return _number(self.starts[number]), _number(self.ends[number])

    def in_order(self) -> bool:
        """Whether the ranges are what they must be: no range backwards, ascending, none overlapping."""
        forwards = bool(np.all(self.starts <= self.ends))
        return forwards and bool(np.all(self.starts[1:] > self.ends[:-1]))


def ranges_of(version: Version, rows: list[tuple[int, int, int]]) -> Ranges:
    """Ranges from (first, last, record) in ascending order."""
    index = np.array([record for _, _, record in rows], dtype=np.uint32)
    return Ranges(version, _column(version, [a for a, _, _ in rows]), _column(version, [b for _, b, _ in rows]), index)


def _column(version: Version, numbers: list[int]) -> NDArray[Any]:
    if version == 4:
        return np.array(numbers, dtype=np.uint32)
    packed = b"".join(number.to_bytes(16, "big") for number in numbers)
    return np.frombuffer(packed, dtype="S16") if numbers else np.empty(0, dtype="S16")


def _number(value: Any) -> int:
    # numpy drops trailing NULs of an S16 value when it leaves the array
    return int.from_bytes(bytes(value).ljust(16, b"\0"), "big") if isinstance(value, bytes) else int(value)

"""A 64-bit perceptual hash: the signs of the 64 lowest frequencies of a 32×32 grey thumbnail.

Frequencies are those of the orthonormal DCT-II, in diagonal order without the constant one; a bit says whether a
coefficient lies above the median of the 64. Scale, re-encoding and even changes of brightness leave it nearly alone;
crops and rotations do not. Pictures within a few bits of each other *look* alike; they are not the same.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

SIDE = 32
_SURE = 4.0
"""A coefficient this far from the median (grey levels, orthonormal) keeps its sign through a JPEG round trip."""


@cache
def _dct() -> NDArray[np.float32]:
    """The lowest rows of the DCT-II matrix: as many as the 64 frequencies need."""
    k, n = np.arange(11)[:, None], np.arange(SIDE)[None, :]
    matrix = np.cos(np.pi * k * (2 * n + 1) / (2 * SIDE)) * np.sqrt(2 / SIDE)
    matrix[0] *= np.sqrt(0.5)
    lowest: NDArray[np.float32] = matrix.astype(np.float32)
    return lowest


@cache
def _order() -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Row and column of the 64 lowest frequencies, by their sum, then by row."""
    cells = sorted(((u, v) for u in range(11) for v in range(11) if u + v), key=lambda cell: (sum(cell), cell[0]))[:64]
    rows, columns = zip(*cells, strict=True)
    return np.array(rows), np.array(columns)


def fingerprint(grey: NDArray[Any]) -> tuple[int, int]:
    """(hash as a signed 64-bit number, quality 0 to 100) of a 32×32 grey square.

    Quality is the share of bits that noise would not turn: near 0 for a blank page, whose hash means nothing.
    """
    matrix = _dct()
    frequencies = matrix @ grey.astype(np.float32) @ matrix.T
    low = frequencies[_order()]
    from_median = low - np.median(low)
    bits = np.packbits(from_median > 0)
    quality = round(100 * int(np.count_nonzero(np.abs(from_median) > _SURE)) / 64)
    return int.from_bytes(bits.tobytes(), "big", signed=True), quality


def hamming(one: int, other: int) -> int:
    """In how many bits two hashes differ."""
    return ((one ^ other) & 0xFFFF_FFFF_FFFF_FFFF).bit_count()

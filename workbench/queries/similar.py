"""Fingerprints of the case's pictures, as analyzers recorded them. What they mean: `workbench.analyze.similar`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workbench.case.readers import Reader
from workbench.core.errors import UserError
from workbench.queries.shown import chunks, marks


@dataclass(frozen=True)
class Fingerprints:
    """One entry a picture that has a fingerprint; by object id. `quality` is 0 to 100."""

    objects: NDArray[np.int64]
    hashes: NDArray[np.int64]
    quality: NDArray[np.int64]


def fingerprints(reader: Reader) -> Fingerprints:
    """Every fingerprint of the case, the newest analysis of each object."""

    def make() -> Fingerprints:
        hashes, quality = _newest(reader, "phash"), _newest(reader, "phash_quality")
        ids = sorted(hashes)
        return Fingerprints(
            np.array(ids, np.int64),
            np.array([hashes[each] for each in ids], np.int64),
            np.array([quality.get(each, 0) for each in ids], np.int64),
        )

    return reader.memoised("fingerprints", make)


def _newest(reader: Reader, key: str) -> dict[int, Any]:
    return dict(reader.conn.execute("SELECT object, value FROM fact WHERE key = ? ORDER BY id", (key,)))


def fingerprint_of(reader: Reader, sha256: bytes) -> tuple[int, int]:
    """Fingerprint and quality of one picture. Raises `UserError` when it is not in the case, or has none."""
    found = reader.value("SELECT id FROM object WHERE sha256 = ?", (sha256,))
    if found is None:
        raise UserError("no-such-target", target=sha256.hex())
    every = fingerprints(reader)
    at = int(np.searchsorted(every.objects, found))
    if at == len(every.objects) or every.objects[at] != found:
        raise UserError("similar-no-fingerprint", name=sha256.hex())
    return int(every.hashes[at]), int(every.quality[at])


def hashes_of(reader: Reader, objects: Sequence[int]) -> dict[int, str]:
    """Hexadecimal SHA-256 by object id."""
    found: dict[int, str] = {}
    for part in chunks(objects):
        for row, sha256 in reader.all(f"SELECT id, sha256 FROM object WHERE id IN ({marks(part)})", part):
            found[row] = sha256.hex()
    return found

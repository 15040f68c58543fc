"""Lookup tables: from ids of a small dimension to a mask over a large table, by one gather."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workbench.case.readers import Reader
from workbench.queries.shown import chunks, marks

IN_FORCE = (
    "NOT EXISTS (SELECT 1 FROM mark_now x WHERE x.kind = 'verdict' AND x.target_kind = n.target_kind "
    "AND x.target = n.target AND x.mark > n.mark AND (x.present OR x.value = 'unseen'))"
)
"""SQL on a verdict ``n`` of ``mark_now``: nobody has decided otherwise since, be it that it is *unseen* again."""

Mask = NDArray[np.bool_]


def table_of(size: int, ids: Iterable[Any]) -> Mask:
    """A lookup table: true at these ids. Index 0 stands for null."""
    found = np.zeros(size + 1, bool)
    listed = np.fromiter(ids, np.int64)
    found[listed[(listed > 0) & (listed <= size)]] = True
    return found


def ids_of(reader: Reader, sql: str, parameters: Sequence[Any] = ()) -> Iterable[int]:
    """The first column of a query."""
    return (row[0] for row in reader.conn.execute(sql, parameters))


def ids_among(reader: Reader, sql: str, ids: Sequence[Any]) -> Iterable[int]:
    """The first column of a query over any number of ids, whose place in it is ``{}``."""
    for part in chunks(ids):
        yield from ids_of(reader, sql.format(marks(part)), part)


def size_of(reader: Reader, table: str) -> int:
    """The highest id of a table."""
    return int(reader.value(f"SELECT ifnull(max(id), 0) FROM {table}"))

"""One mask a table: which rows of a case go along. Index is the row's id; index 0 stands for null and is false."""

# ruff: noqa: S608 - SQL is put together from our own names

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workbench.case import schema
from workbench.case.readers import Reader
from workbench.queries import select

Mask = NDArray[np.bool_]

STEP = 20_000
"""Rows that are read at a time."""


class Masks:
    """Masks under construction, all of one moment of the case."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self.masks: dict[str, Mask] = {}
        self.sizes = {table: int(reader.value(f"SELECT ifnull(max(id), 0) FROM {table}")) for table in schema.RECORDED}

    def column_mask(self, mask: Mask, table: str) -> Mask:
        """A lookup table in the size that this moment of the case has."""
        out = np.zeros(self.sizes[table] + 1, bool)
        size = min(len(out), len(mask))
        out[:size] = mask[:size]
        return out

    def all(self, table: str) -> Mask:
        """Every row of a table."""
        out = np.ones(self.sizes[table] + 1, bool)
        out[0] = False
        return out

    def none(self, table: str) -> Mask:
        """No row of a table."""
        return np.zeros(self.sizes[table] + 1, bool)

    def of(self, table: str, sql: str, parameters: Sequence[Any] = ()) -> Mask:
        """True at the ids that a query gives."""
        return select.table_of(self.sizes[table], (row[0] for row in self.reader.conn.execute(sql, parameters)))

    def where(self, table: str, column: str, keep: Mask) -> Mask:
        """Rows of a table whose column points at a kept row."""
        out = self.none(table)
        for rows in pages(self.reader, f"SELECT id, ifnull({column}, 0) FROM {table}"):
            ids, pointed = np.array(rows, np.int64).T
            out[ids] = keep[pointed]
        return out

    def used(self, table: str, by: str, column: str, keep: Mask) -> Mask:
        """Rows of `table` that kept rows of `by` point at."""
        out = self.none(table)
        for rows in pages(self.reader, f"SELECT id, ifnull({column}, 0) FROM {by}"):
            ids, pointed = np.array(rows, np.int64).T
            out[pointed[keep[ids]]] = True
        out[0] = False
        return out


def pages(reader: Reader, sql: str, parameters: Iterable[Any] = ()) -> Iterator[list[tuple[Any, ...]]]:
    """The rows of a query, some thousands at a time."""
    cursor = reader.conn.execute(sql, tuple(parameters))
    while rows := cursor.fetchmany(STEP):
        yield rows

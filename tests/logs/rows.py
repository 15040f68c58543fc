"""Batches as plain rows, so that a test can say what it expects."""

from __future__ import annotations

from typing import Any

from workbench.core.batch import COLUMNS, NULL, TABLES, EventBatch
from workbench.core.times import rfc3339
from workbench.logs.registry import parse_chunk

MIXED = {"line", "start", "length", "time", "zone", "action", "damaged", "salvaged"}


def rows(batch: EventBatch) -> list[dict[str, Any]]:
    """One dictionary an event; null is None, indexes are replaced by what they point to."""
    found = []
    assert set(batch.columns) == set(COLUMNS)
    for name, column in batch.columns.items():
        assert column.dtype == "int64", name
        assert len(column) == len(batch)
    for index in range(len(batch)):
        row: dict[str, Any] = {}
        for name in COLUMNS:
            value = int(batch.columns[name][index])
            table = "address" if name == "peer" else name
            row[name] = None if value == NULL else batch.tables[table][value] if table in TABLES else value
        assert all(row[name] is not None for name in MIXED)
        found.append(row)
    return found


def one(format_name: str, line: bytes, zone: str | None = None) -> dict[str, Any]:
    """The event of a single line."""
    batch = parse_chunk(format_name, line, zone)
    assert not batch.rejects
    (row,) = rows(batch)
    row["time"] = rfc3339(row["time"])
    return row


def refused(format_name: str, line: bytes) -> str:
    """The code with which a single line is rejected."""
    batch = parse_chunk(format_name, line)
    assert len(batch) == 0
    ((number, start, length, code),) = batch.rejects
    assert (number, start, length) == (1, 0, len(line.rstrip(b"\r\n")))
    return code

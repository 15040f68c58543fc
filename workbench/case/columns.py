"""The column cache: a few columns of the large tables as arrays, memory-mapped and disposable.

Recorded tables have ids from 1 without a gap and never change, so row `id` stands at index ``id - 1`` and the cache
only ever grows at its end. Bounded by the disk, not by memory: 10,000,000 events are 310 MB of files, mapped.
Nulls: `NULL` in 64-bit columns, 0 in id columns (ids start at 1), -1 in flags.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workbench.case import driver
from workbench.case.locks import FileLock
from workbench.core.batch import NULL

TABLES: dict[str, dict[str, str]] = {
    "event": {
        "reading": "<i4",
        "time": "<i8",
        "action": "<i1",
        "ok": "<i1",
        "received": "<i8",
        "address": "<i4",
        "path": "<i4",
    },
    "sighting": {"snapshot": "<i4", "path": "<i4", "object": "<i4", "modified": "<i8", "zone": "<i1"},
    "match": {"event": "<i4", "sighting": "<i4"},
    "object": {"size": "<i8"},
}
VERSION = 1
STEP = 100_000

Arrays = Mapping[str, NDArray[Any]]


def null_of(dtype: str) -> int:
    """What stands for null in a column of this type."""
    return {"<i8": NULL, "<i4": 0, "<i1": -1}[dtype]


class Columns:
    """The cache of one case. Any thread; several processes may extend it, one at a time, under a lock file."""

    def __init__(self, folder: Path, case_uid: bytes, *, writable: bool = True) -> None:
        self._folder = folder
        self._uid = case_uid.hex()
        self._writable = writable
        self._lock = threading.Lock()
        self._held: dict[str, tuple[int, dict[str, NDArray[Any]]]] = {}

    def arrays(self, conn: driver.Connection, table: str) -> Arrays:
        """All rows of a table that `conn` sees, one array a column; extends the cache with what is missing."""
        with self._lock:
            rows = int(conn.execute(f"SELECT coalesce(max(id), 0) FROM {table}").fetchone()[0])
            held = self._held.get(table)
            if held is None or held[0] < rows:
                held = self._held[table] = self._load(conn, table, rows)
            count, arrays = held
            return arrays if count == rows else {name: array[:rows] for name, array in arrays.items()}

    def extend(self, table: str, first: int, columns: Mapping[str, Any]) -> None:
        """Add rows just committed, so that they need not be read back. Does nothing where they do not fit on."""
        if table not in TABLES or not self._writable:
            return
        with self._lock, FileLock(self._folder / "lock") as alone:
            if not alone:
                return
            have = self._stored(table)
            if have != first - 1:
                return
            block = {name: narrow(columns[name], dtype) for name, dtype in TABLES[table].items()}
            self._append(table, have, block, durable=False)

    def _load(self, conn: driver.Connection, table: str, rows: int) -> tuple[int, dict[str, NDArray[Any]]]:
        if not self._writable:
            return rows, self._read(conn, table, 0, rows)
        self._folder.mkdir(parents=True, exist_ok=True)
        with FileLock(self._folder / "lock") as alone:
            have = self._stored(table)
            if have < rows and alone:
                for start in range(have, rows, STEP):
                    end = min(start + STEP, rows)
                    self._append(table, start, self._read(conn, table, start, end), durable=end == rows)
                have = rows
        if have >= rows:
            return have, {
                name: np.memmap(self._file(table, name), dtype, "r", shape=(have,)) if have else np.empty(0, dtype)
                for name, dtype in TABLES[table].items()
            }
        return rows, self._read(conn, table, 0, rows)  # another process is at it: read for ourselves

    def _read(self, conn: driver.Connection, table: str, start: int, end: int) -> dict[str, NDArray[Any]]:
        """Rows with ``start < id <= end``."""
        spec = TABLES[table]
        wanted = ", ".join(f"ifnull({name}, {null_of(dtype)})" for name, dtype in spec.items())
        out = {name: np.empty(end - start, dtype) for name, dtype in spec.items()}
        for low in range(start, end, STEP):
            high = min(low + STEP, end)
            found = conn.execute(
                f"SELECT {wanted} FROM {table} WHERE id > ? AND id <= ? ORDER BY id",
                (low, high),
            ).fetchall()
            if len(found) != high - low:
                raise ValueError(f"table {table} has a gap between {low} and {high}")
            for name, values in zip(spec, zip(*found, strict=True), strict=True):
                out[name][low - start : high - start] = values
        return out

    def _file(self, table: str, column: str) -> Path:
        return self._folder / f"{table}.{column}"

    def _stored(self, table: str) -> int:
        """How many rows the files hold; 0 when they are of another case or version, or do not add up."""
        try:
            state = json.loads((self._folder / f"{table}.json").read_text())
            rows = int(state["rows"])
            if (state["case"], state["version"]) != (self._uid, VERSION):
                return 0
            for name, dtype in TABLES[table].items():
                if self._file(table, name).stat().st_size < rows * np.dtype(dtype).itemsize:
                    return 0
        except (OSError, ValueError, KeyError, TypeError):
            return 0
        return rows

    def _append(self, table: str, have: int, block: Arrays, *, durable: bool) -> None:
        """Write a block behind `have` rows, then the state that speaks of it."""
        count = len(next(iter(block.values())))
        for name, dtype in TABLES[table].items():
            fd = os.open(self._file(table, name), os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o600)
            with os.fdopen(fd, "r+b") as file:
                file.seek(have * np.dtype(dtype).itemsize)
                file.write(np.ascontiguousarray(block[name], dtype).tobytes())
                if durable:
                    file.flush()
                    os.fsync(file.fileno())
        state = self._folder / f"{table}.json"
        fresh = state.with_suffix(".new")
        fresh.write_text(json.dumps({"case": self._uid, "version": VERSION, "rows": have + count}))
        fresh.replace(state)


def narrow(values: Any, dtype: str) -> NDArray[Any]:
    """A column of a batch or a list with nulls, in the type of the cache."""
    null = null_of(dtype)
    if isinstance(values, np.ndarray):
        return np.where(values == NULL, null, values).astype(dtype)
    return np.array([null if value is None else value for value in values], dtype)

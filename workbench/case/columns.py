"""The column cache: a few columns of the large tables as arrays, memory-mapped and disposable.

Recorded tables have ids from 1 without a gap and never change, so row `id` stands at index ``id - 1`` and the cache
only ever grows at its end. Bounded by the disk, not by memory: 10,000,000 events are 310 MB of files, mapped.
Nulls: `NULL` in 64-bit columns, 0 in id columns (ids start at 1), -1 in flags.
"""

from __future__ import annotations

import json
import os
import threading
import time
import zlib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workbench.case import driver
from workbench.case.boot import boot
from workbench.case.locks import FileLock
from workbench.core.batch import NULL
from workbench.core.errors import UserError

TABLES: dict[str, dict[str, str]] = {
    "event": {
        "reading": "<i4",
        "time": "<i8",
        "zone": "<i1",
        "action": "<i1",
        "ok": "<i1",
        "received": "<i8",
        "address": "<i4",
        "path": "<i4",
    },
    "sighting": {
        "snapshot": "<i4",
        "path": "<i4",
        "object": "<i4",
        "modified": "<i8",
        "zone": "<i1",
        "precision": "<i1",
    },
    "citation": {"duplicate": "<i4", "event": "<i4"},
    "match": {"event": "<i4", "sighting": "<i4"},
    "object": {"size": "<i8"},
}
VERSION = 5
STEP = 100_000
"""Rows that are read from the case at a time."""
TRAIL = 16
"""Ops that the state of a table remembers."""
PATIENCE = 1.0
"""Seconds that a reader waits for another process that extends the cache, before it reads for itself."""

Arrays = Mapping[str, NDArray[Any]]
Head = tuple[int, bytes]
Sums = tuple[int, ...]
"""Number and hash of an op."""


def null_of(dtype: str) -> int:
    """What stands for null in a column of this type."""
    return {"<i8": NULL, "<i4": 0, "<i1": -1}[dtype]


class Columns:
    """The cache of one case. Any thread; several processes may extend it, one at a time, under a lock file.

    The state of a table says after which ops it held how many rows. A cache that speaks of ops that the case does not
    have (an older copy of the case was put back) is cut to what they share. What was not synced is trusted only until
    the computer starts anew.
    """

    def __init__(self, folder: Path, case_uid: bytes, *, writable: bool = True) -> None:
        self._folder = folder
        self._uid = case_uid.hex()
        self._writable = writable
        self._lock = threading.Lock()
        self._held: dict[str, tuple[int, Arrays]] = {}
        self._trusted: dict[str, tuple[int, Sums]] = {}
        """Rows of a table whose sums this process has checked, and those sums."""

    def arrays(self, conn: driver.Connection, table: str) -> Arrays:
        """All rows of a table that `conn` sees, one array a column; extends the cache with what is missing.

        Raises `UserError` ``case-damaged`` when rows are missing from the case.
        """
        with self._lock:
            rows = int(conn.execute(f"SELECT coalesce(max(id), 0) FROM {table}").fetchone()[0])
            held = self._held.get(table)
            if held is None or held[0] < rows:
                held = self._held[table] = self._load(conn, table, rows)
            count, arrays = held
            return arrays if count == rows else {name: array[:rows] for name, array in arrays.items()}

    def extend(self, conn: driver.Connection, table: str, first: int, columns: Mapping[str, Any], last: Head) -> None:
        """Add rows that op `last` has just committed, so that they need not be read back. Does nothing where they do
        not fit on. Raises `OSError`.
        """
        if table not in TABLES or not self._writable:
            return
        self._folder.mkdir(exist_ok=True)  # else a new case would read its first million rows back
        with self._lock, FileLock(self._folder / "lock") as alone:
            if not alone:
                return
            state = self._state(conn, table)
            if state is None or state.rows != first - 1:
                return
            block = {name: narrow(columns[name], dtype) for name, dtype in TABLES[table].items()}
            sums = self._write(table, state.rows, block, state.sums)
            self._marked(table, state, state.rows + len(next(iter(block.values()))), last, sums)

    def settle(self) -> None:
        """Sync what was added, so that it is trusted after the computer starts anew."""
        if not self._writable:
            return
        with self._lock, FileLock(self._folder / "lock") as alone:
            for table in TABLES if alone else ():
                with suppress(OSError, ValueError):
                    state = _State.read(self._folder / f"{table}.json")
                    if not state.settled:
                        for name in TABLES[table]:
                            _sync(self._file(table, name))
                        replace(state, settled=True).write(self._folder / f"{table}.json")

    def _load(self, conn: driver.Connection, table: str, rows: int) -> tuple[int, Arrays]:
        state = self._state(conn, table)
        if state is not None and state.rows < rows and self._writable:
            with suppress(OSError):  # full or gone: the answer counts, not the cache
                state = self._caught_up(conn, table, rows)
        have = 0 if state is None else state.rows
        cached = None if state is None or not have else self._mapped(table, state)
        if cached is None:
            have = 0
        if cached is not None and have >= rows:
            return have, cached
        fresh = self._read(conn, table, have, rows)
        if cached is None:
            return rows, fresh
        return rows, {name: np.concatenate((cached[name], fresh[name])) for name in fresh}

    def _caught_up(self, conn: driver.Connection, table: str, rows: int) -> _State | None:
        """Extend the cache to what `conn` sees; leaves it alone when another process does not let go of it."""
        self._folder.mkdir(exist_ok=True)
        patient_until = time.monotonic() + PATIENCE
        while True:
            with FileLock(self._folder / "lock") as alone:
                state = self._state(conn, table)
                if state is None or state.rows >= rows:
                    return state
                if alone and not state.behind:
                    sums = state.sums
                    for start in range(state.rows, rows, STEP):
                        end = min(start + STEP, rows)
                        sums = self._write(table, start, self._read(conn, table, start, end), sums)
                    return self._marked(table, state, rows, head(conn), sums)
                if state.behind:
                    return state
            if time.monotonic() > patient_until:
                return state
            time.sleep(0.02)

    def _mapped(self, table: str, state: _State) -> Arrays | None:
        """The files as arrays; null, and the files are forgotten, when they are not what was written."""
        arrays = {
            name: np.memmap(self._file(table, name), dtype, "r", shape=(state.rows,))
            for name, dtype in TABLES[table].items()
        }
        rows, sums = self._trusted.get(table, (0, ()))
        if rows > state.rows:
            rows, sums = 0, ()
        before = sums or (0,) * len(arrays)
        found = tuple(
            zlib.crc32(array[rows:].data, start) for array, start in zip(arrays.values(), before, strict=True)
        )
        if found != state.sums:
            self._trusted.pop(table, None)
            if self._writable:
                with suppress(OSError):
                    (self._folder / f"{table}.json").unlink()
            return None
        self._trusted[table] = (state.rows, found)
        return arrays

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
                raise UserError("case-damaged")
            for name, values in zip(spec, zip(*found, strict=True), strict=True):
                out[name][low - start : high - start] = values
        return out

    def _file(self, table: str, column: str) -> Path:
        return self._folder / f"{table}.{column}"

    def _state(self, conn: driver.Connection, table: str) -> _State | None:
        """What of the files is of the case that `conn` sees. Null when they are ahead of it by more than is remembered:
        a reader of an older moment leaves them to others.
        """
        empty = _State(self._uid, VERSION, boot(), ())
        try:
            state = _State.read(self._folder / f"{table}.json")
            if (state.case, state.version) != (self._uid, VERSION) or not (state.settled or state.boot == boot()):
                return empty
            for name, dtype in TABLES[table].items():
                if self._file(table, name).stat().st_size < state.rows * np.dtype(dtype).itemsize:
                    return empty
        except (OSError, ValueError, KeyError, TypeError):
            return empty
        known = {
            seq: bytes(own)
            for seq, own in conn.execute(
                f"SELECT seq, hash FROM op WHERE seq IN ({','.join('?' * len(state.trail))})",
                [each.seq for each in state.trail],
            )
        }
        newest = int(conn.execute("SELECT coalesce(max(seq), 0) FROM op").fetchone()[0])
        shared = tuple(each for each in state.trail if known.get(each.seq, b"").hex() == each.hash)
        if not shared:
            return None if state.trail and state.trail[-1].seq > newest else empty
        # What this moment does not know may be of later ops: not for it to see, and not for it to write over.
        behind = all(each.seq > newest for each in state.trail[len(shared) :]) and len(shared) < len(state.trail)
        return replace(state, trail=shared, behind=behind)

    def _write(self, table: str, have: int, block: Arrays, sums: Sums) -> Sums:
        """Put a block behind `have` rows; nobody reads it before a mark speaks of it. Returns the sums with it."""
        made: list[int] = []
        for (name, dtype), before in zip(TABLES[table].items(), sums or (0,) * len(TABLES[table]), strict=True):
            raw = np.ascontiguousarray(block[name], dtype).tobytes()
            made.append(zlib.crc32(raw, before))
            fd = os.open(self._file(table, name), os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o600)
            with os.fdopen(fd, "r+b") as file:
                file.seek(have * np.dtype(dtype).itemsize)
                file.write(raw)
        return tuple(made)

    def _marked(self, table: str, state: _State, rows: int, last: Head, sums: Sums) -> _State:
        """Say that the files hold the table as it was after an op."""
        mark = _Mark(rows, last[0], last[1].hex(), sums)
        made = _State(state.case, state.version, boot(), (*state.trail, mark)[-TRAIL:])
        made.write(self._folder / f"{table}.json")
        return made


def head(conn: driver.Connection) -> Head:
    """The last op that `conn` sees."""
    seq, own = conn.execute("SELECT seq, hash FROM op ORDER BY seq DESC LIMIT 1").fetchone()
    return int(seq), bytes(own)


@dataclass(frozen=True)
class _Mark:
    """After op `seq`, whose hash is known, the table had so many rows."""

    rows: int
    seq: int
    hash: str
    sums: Sums = ()
    """CRC-32 of every column up to these rows."""


@dataclass(frozen=True)
class _State:
    """What the files of a table hold."""

    case: str
    version: int
    boot: str
    trail: tuple[_Mark, ...]
    settled: bool = False
    behind: bool = False
    """The reader's moment is older than the files."""

    @property
    def rows(self) -> int:
        """Rows that are known to be those of the case."""
        return self.trail[-1].rows if self.trail else 0

    @property
    def sums(self) -> Sums:
        """Their sums; empty without rows."""
        return self.trail[-1].sums if self.trail else ()

    @staticmethod
    def read(path: Path) -> _State:
        """Raises `OSError`, `ValueError`, `KeyError` and `TypeError` for what is no state."""
        plain = json.loads(path.read_text())
        trail = tuple(
            _Mark(int(rows), int(seq), str(own), tuple(map(int, sums))) for rows, seq, own, sums in plain["trail"]
        )
        return _State(plain["case"], plain["version"], plain["boot"], trail, bool(plain["settled"]))

    def write(self, path: Path) -> None:
        """In one step."""
        plain = {
            "case": self.case,
            "version": self.version,
            "boot": self.boot,
            "settled": self.settled,
            "trail": [[each.rows, each.seq, each.hash, list(each.sums)] for each in self.trail],
        }
        fresh = path.with_suffix(".new")
        fresh.write_text(json.dumps(plain))
        fresh.replace(path)


@cache
def _sync(path: Path) -> None:
    fd = os.open(path, os.O_RDWR | getattr(os, "O_BINARY", 0))
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def narrow(values: Any, dtype: str) -> NDArray[Any]:
    """A column of a batch or a list with nulls, in the type of the cache."""
    null = null_of(dtype)
    if isinstance(values, np.ndarray):
        return np.where(values == NULL, null, values).astype(dtype)
    return np.array([null if value is None else value for value in values], dtype)

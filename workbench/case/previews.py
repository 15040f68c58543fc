"""Previews: small JPEGs in a database of their own. What is lost is made again, so nothing waits for the disk."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from workbench.case import driver

RECIPE = 1
"""Version of how previews are made; others are ignored and made again."""
EDGE = 256
"""Longest side in pixels."""


class Previews:
    """``previews.sqlite``. One connection under a lock; every method may be called from any thread."""

    def __init__(self, path: Path, *, writable: bool = True) -> None:
        self._lock = threading.Lock()
        self._conn: driver.Connection | None = None
        self._path = path
        self._writable = writable

    def _open(self) -> driver.Connection | None:
        if self._conn is None:
            if self._writable:
                self._conn = _create(self._path)
            elif self._path.exists():
                self._conn = driver.connect_reader(self._path, immutable=not _has_wal(self._path))
        return self._conn

    def put(self, previews: Iterable[tuple[bytes, bytes]]) -> None:
        """Keep (sha256, JPEG) pairs."""
        with self._lock:
            conn = self._open()
            if conn is None or not self._writable:
                return
            conn.execute("BEGIN IMMEDIATE")
            try:
                conn.executemany(
                    "INSERT INTO preview VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET jpeg = excluded.jpeg",
                    [(sha256, EDGE, RECIPE, jpeg) for sha256, jpeg in previews],
                )
            except BaseException:
                conn.execute("ROLLBACK")
                raise
            conn.execute("COMMIT")

    def get(self, hashes: Sequence[bytes]) -> Mapping[bytes, bytes]:
        """The previews that are there, in one query for a screen."""
        with self._lock:
            conn = self._open()
            if conn is None or not hashes:
                return {}
            found: dict[bytes, bytes] = {}
            for at in range(0, len(hashes), 500):
                part = hashes[at : at + 500]
                marks = ",".join("?" * len(part))
                found.update(
                    conn.execute(
                        f"SELECT sha256, jpeg FROM preview WHERE edge = {EDGE} AND recipe = {RECIPE} "
                        f"AND sha256 IN ({marks})",
                        part,
                    )
                )
            return found

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            if self._conn is not None:
                self._conn.close()
                self._conn = None


def _create(path: Path) -> driver.Connection:
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        return _connect(path)
    except driver.DatabaseError:
        for part in (path, path.with_name(path.name + "-wal"), path.with_name(path.name + "-shm")):
            part.unlink(missing_ok=True)  # a damaged cache is made again
        return _connect(path)


def _connect(path: Path) -> driver.Connection:
    conn = driver.connect_plain(path)
    conn.execute("PRAGMA page_size=32768")
    conn.execute("PRAGMA journal_mode=WAL")
    conn.execute("PRAGMA synchronous=OFF")
    conn.execute(
        "CREATE TABLE IF NOT EXISTS preview (sha256 BLOB, edge INTEGER, recipe INTEGER, jpeg BLOB NOT NULL, "
        "PRIMARY KEY (sha256, edge, recipe)) STRICT"
    )
    return conn


def _has_wal(path: Path) -> bool:
    wal = path.with_name(path.name + "-wal")
    return wal.exists() and wal.stat().st_size > 0

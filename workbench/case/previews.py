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
            elif self._path.exists() and (driver.may_write(self._path) or not driver.has_wal(self._path)):
                try:
                    self._conn = driver.connect_reader(self._path, immutable=not driver.may_write(self._path))
                except driver.DatabaseError:
                    return None  # a damaged cache, and nothing may be written: there are no previews
        return self._conn

    def put(self, previews: Iterable[tuple[bytes, bytes]]) -> None:
        """Keep (sha256, JPEG) pairs. Raises `UserError` ``disk-full``."""
        rows = list(previews)
        with self._lock:
            if not self._writable:
                return
            try:
                self._put(rows)
            except driver.OperationalError as error:
                raise driver.in_words(error) from None
            except driver.DatabaseError:
                self._drop()  # a damaged cache is made again
                self._put(rows)

    def _put(self, rows: Sequence[tuple[bytes, bytes]]) -> None:
        conn = self._open()
        if conn is not None and rows:
            conn.execute("BEGIN IMMEDIATE")
            try:
                conn.executemany(
                    "INSERT INTO preview VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET jpeg = excluded.jpeg",
                    [(sha256, EDGE, RECIPE, jpeg) for sha256, jpeg in rows],
                )
                conn.execute("COMMIT")
            except BaseException:
                if conn.in_transaction:
                    conn.execute("ROLLBACK")
                raise

    def get(self, hashes: Sequence[bytes]) -> Mapping[bytes, bytes]:
        """The previews that are there, in one query for a screen. A damaged cache has none."""
        found: dict[bytes, bytes] = {}
        with self._lock:
            try:
                conn = self._open()
                if conn is None:
                    return found
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
            except driver.OperationalError:
                return found  # busy or gone: they will be there later, or are made again
            except driver.DatabaseError:
                self._drop()
        return found

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._close()

    def _close(self) -> None:
        if self._conn is not None:
            self._conn.close()
            self._conn = None
            driver.fold_in(self._path)

    def _drop(self) -> None:
        """Give a damaged cache up."""
        self._close()
        if self._writable:
            _remove(self._path)


def _create(path: Path) -> driver.Connection:
    try:
        return _connect(path)
    except driver.OperationalError:
        raise
    except driver.DatabaseError:
        _remove(path)  # a damaged cache is made again
        return _connect(path)


def _remove(path: Path) -> None:
    for part in (path, driver.wal_of(path), path.with_name(path.name + "-shm")):
        part.unlink(missing_ok=True)


def _connect(path: Path) -> driver.Connection:
    conn = driver.connect_plain(path)
    try:
        conn.execute("PRAGMA page_size=32768")
        conn.execute("PRAGMA journal_mode=WAL")
        conn.execute("PRAGMA synchronous=OFF")
        conn.execute(
            "CREATE TABLE IF NOT EXISTS preview (sha256 BLOB, edge INTEGER, recipe INTEGER, jpeg BLOB NOT NULL, "
            "PRIMARY KEY (sha256, edge, recipe)) STRICT"
        )
    except BaseException:
        conn.close()
        raise
    return conn

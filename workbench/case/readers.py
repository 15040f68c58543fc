"""Readers: read-only connections and the threads that own them. A query that nobody waits for is interrupted."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

from workbench.case import driver
from workbench.case.columns import Arrays, Columns
from workbench.case.evidence import Evidence
from workbench.case.previews import Previews
from workbench.core.errors import Cancelled, UserError

P = ParamSpec("P")
R = TypeVar("R")


@dataclass
class Reader:
    """What a query gets: one connection, inside one read transaction, so that all that it sees is of one moment."""

    conn: driver.Connection
    columns: Columns
    evidence: Evidence
    previews: Previews
    case_uid: bytes
    memo: dict[Any, Any] = field(default_factory=dict)
    """Results that hold as long as `stamp` does; shared by the queries of one connection."""

    def all(self, sql: str, parameters: Any = ()) -> list[tuple[Any, ...]]:
        """Rows of a query."""
        return self.conn.execute(sql, parameters).fetchall()

    def value(self, sql: str, parameters: Any = ()) -> Any:
        """First column of the first row; null when there is none."""
        row = self.conn.execute(sql, parameters).fetchone()
        return None if row is None else row[0]

    def arrays(self, table: str) -> Arrays:
        """Columns of a large table, see `workbench.case.columns`."""
        return self.columns.arrays(self.conn, table)

    @property
    def stamp(self) -> int:
        """Number of the last op: whatever was derived from the case holds as long as it stays."""
        return int(self.value("SELECT coalesce(max(seq), 0) FROM op"))

    def memoised(self, key: Any, make: Callable[[], R]) -> R:
        """`make()`, remembered until the case changes."""
        stamp = self.stamp
        if self.memo.get("stamp") != stamp:
            self.memo.clear()
            self.memo["stamp"] = stamp
        if key not in self.memo:
            self.memo[key] = make()
        return self.memo[key]  # type: ignore[no-any-return]


@contextmanager
def moment(conn: driver.Connection) -> Iterator[None]:
    """One read transaction."""
    conn.execute("BEGIN")
    try:
        yield
    finally:
        if conn.in_transaction:
            conn.execute("ROLLBACK")


@dataclass
class _Wish:
    query: Callable[..., Any]
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    future: Future[Any] = field(default_factory=Future)


class Readers:
    """A few threads, each with its own connection, opened when first needed."""

    def __init__(self, make: Callable[[], Reader], count: int = 4) -> None:
        self._make = make
        self._count = count
        self._queue: queue.SimpleQueue[_Wish | None] = queue.SimpleQueue()
        self._threads: list[threading.Thread] = []
        self._running: dict[Future[Any], driver.Connection] = {}
        self._lock = threading.Lock()
        self._idle = 0
        self._closed = False

    def submit(self, query: Callable[Concatenate[Reader, P], R], *args: P.args, **kwargs: P.kwargs) -> Future[R]:
        """Run a query in a reader thread."""
        if self._closed:
            raise UserError("case-closed")
        wish = _Wish(query, args, kwargs)
        with self._lock:
            if self._idle == 0 and len(self._threads) < self._count:
                thread = threading.Thread(target=self._work, name=f"case-reader-{len(self._threads)}")
                self._threads.append(thread)
                thread.start()
        self._queue.put(wish)
        return wish.future

    def supersede(self, future: Future[Any]) -> None:
        """Nobody waits for this query any more: drop it, or interrupt it if it runs, and it alone."""
        if future.cancel():
            return
        with self._lock:
            conn = self._running.get(future)
            if conn is not None:
                conn.interrupt()

    def close(self) -> None:
        """Interrupt what runs, close every connection, and wait for the threads."""
        self._closed = True
        with self._lock:
            for conn in self._running.values():
                conn.interrupt()
        for _ in self._threads:
            self._queue.put(None)
        for thread in self._threads:
            thread.join()
        self._threads.clear()

    def _work(self) -> None:
        reader: Reader | None = None
        try:
            while True:
                with self._lock:
                    self._idle += 1
                wish = self._queue.get()
                with self._lock:
                    self._idle -= 1
                if wish is None:
                    return
                if not wish.future.set_running_or_notify_cancel():
                    continue
                try:
                    if reader is None:
                        reader = self._make()
                    with self._lock:
                        self._running[wish.future] = reader.conn
                    with moment(reader.conn):
                        result = wish.query(reader, *wish.args, **wish.kwargs)
                except BaseException as error:  # noqa: BLE001 - the future carries every failure
                    wish.future.set_exception(_plain(error))
                else:
                    wish.future.set_result(result)
                finally:
                    with self._lock:
                        self._running.pop(wish.future, None)
        finally:
            if reader is not None:
                reader.conn.close()


def reader_factory(
    path: Path, immutable: bool, columns: Columns, evidence: Evidence, previews: Previews, case_uid: bytes
) -> Callable[[], Reader]:
    """How a reader thread makes its connection."""

    def make() -> Reader:
        conn = driver.connect_reader(path, immutable=immutable)
        return Reader(conn, columns, evidence, previews, case_uid)

    return make


def _plain(error: BaseException) -> BaseException:
    if isinstance(error, driver.OperationalError) and "interrupted" in str(error):
        return Cancelled()
    return error

"""Readers: read-only connections and the threads that own them. A query that nobody waits for is interrupted."""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

from workbench.case import driver
from workbench.case.columns import Arrays, Columns
from workbench.case.evidence import Evidence
from workbench.case.memo import Memo
from workbench.case.previews import Previews
from workbench.core.errors import UserError

P = ParamSpec("P")
R = TypeVar("R")

log = logging.getLogger("workbench.case")
PATIENCE_S = 20.0
"""So long `Readers.close` waits for queries that it interrupted."""
STEPS = 50_000
"""Steps of SQLite's machine, some milliseconds, after which a running statement looks whether it is still wanted."""


@dataclass
class Reader:
    """What a query gets: one connection, inside one read transaction, so that all that it sees is of one moment."""

    conn: driver.Connection
    columns: Columns
    evidence: Evidence
    previews: Previews
    case_uid: bytes
    memo: Memo = field(default_factory=Memo)
    """Dear answers; shared by the readers of a case."""

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

    @contextmanager
    def newest_moment(self) -> Iterator[driver.Connection]:
        """Another connection, which sees what other processes have committed since this reader's moment began."""
        path = self.value("SELECT file FROM pragma_database_list WHERE name = 'main'")
        conn = driver.connect_reader(Path(path))
        try:
            yield conn
        finally:
            conn.close()

    @property
    def stamp(self) -> int:
        """Number of the last op: whatever was derived from the case holds as long as it stays."""
        return int(self.value("SELECT coalesce(max(seq), 0) FROM op"))

    def memoised(self, key: Any, make: Callable[[], R], tables: Sequence[str] | None = None) -> R:
        """`make()`, remembered until the case changes; with `tables`, recorded ones, until rows are added to them, so
        that it outlives the marks of a reviewer. The answer is shared: nobody may change it.
        """
        if tables is None:
            return self.memo.get(key, (self.stamp,), make)
        sizes = tuple(int(self.value(f"SELECT coalesce(max(id), 0) FROM {table}")) for table in tables)
        return self.memo.get(key, sizes, make)


@contextmanager
def moment(conn: driver.Connection) -> Iterator[None]:
    """One read transaction."""
    conn.execute("BEGIN")
    try:
        yield
    finally:
        if conn.in_transaction:
            conn.execute("ROLLBACK")


@dataclass(eq=False)
class _Wish:
    query: Callable[..., Any]
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    future: Future[Any] = field(default_factory=Future)
    unwanted: bool = False


class Readers:
    """A few threads, each with its own connection, opened when first needed.

    The threads are daemons, so that a program that dies with an open case does not hang; `close` waits for them.
    """

    def __init__(self, make: Callable[[], Reader], count: int = 4) -> None:
        self._make = make
        self._count = count
        self._queue: queue.SimpleQueue[_Wish | None] = queue.SimpleQueue()
        self._threads: list[threading.Thread] = []
        self._running: dict[Future[Any], tuple[_Wish, driver.Connection]] = {}
        self._lock = threading.Lock()
        self._idle = 0
        self._queued = 0
        self._closed = False

    def submit(self, query: Callable[Concatenate[Reader, P], R], *args: P.args, **kwargs: P.kwargs) -> Future[R]:
        """Run a query in a reader thread. Raises `UserError` ``case-closed``."""
        wish = _Wish(query, args, kwargs)
        with self._lock:
            if self._closed:
                raise UserError("case-closed")
            self._queued += 1
            if self._queued > self._idle and len(self._threads) < self._count:
                thread = threading.Thread(target=self._work, name=f"case-reader-{len(self._threads)}", daemon=True)
                self._threads.append(thread)
                self._idle += 1
                thread.start()
            self._queue.put(wish)
        return wish.future

    def supersede(self, future: Future[Any]) -> None:
        """Nobody waits for this query any more: drop it, or interrupt it if it runs, and it alone."""
        if future.cancel():
            return
        with self._lock:
            if future in self._running:
                self._interrupt(*self._running[future])

    def close(self) -> None:
        """Drop what waits, interrupt what runs, close every connection, and wait for the threads, but not for ever: a
        query that is busy outside of SQLite cannot be interrupted, and closes its connection when it ends.
        """
        with self._lock:
            self._closed = True
            for wish, conn in self._running.values():
                self._interrupt(wish, conn)
            threads, self._threads = self._threads, []
            while not self._queue.empty():
                if (wanted := self._queue.get()) is not None:
                    wanted.future.cancel()
            for _ in threads:
                self._queue.put(None)
        end = time.monotonic() + PATIENCE_S
        for thread in threads:
            if thread is not threading.current_thread():
                thread.join(max(end - time.monotonic(), 0))
                if thread.is_alive():
                    log.warning("%s did not end with its case", thread.name)

    @staticmethod
    def _interrupt(wish: _Wish, conn: driver.Connection) -> None:
        wish.unwanted = True  # for its later statements
        conn.interrupt()  # for the one that runs

    def _work(self) -> None:
        reader: Reader | None = None
        try:
            while (wish := self._queue.get()) is not None:
                with self._lock:
                    self._idle -= 1
                    self._queued -= 1
                if wish.future.set_running_or_notify_cancel():
                    reader = self._answer(wish, reader)
                del wish
                with self._lock:
                    self._idle += 1
        finally:
            if reader is not None:
                reader.conn.close()

    def _answer(self, wish: _Wish, reader: Reader | None) -> Reader | None:
        """Run one query; gives back the reader for the next one, or null where it is better made anew."""
        try:
            if reader is None:
                reader = self._make()
            reader.conn.set_progress_handler(lambda: wish.unwanted, STEPS)
            with moment(reader.conn):
                try:
                    with self._lock:
                        self._running[wish.future] = (wish, reader.conn)
                    result = wish.query(reader, *wish.args, **wish.kwargs)
                finally:
                    # From here on nobody can interrupt: the end of the moment, or the next query, would be hit.
                    with self._lock:
                        self._running.pop(wish.future, None)
                        wish.unwanted = False
        except BaseException as error:  # noqa: BLE001 - the future carries every failure
            wish.future.set_exception(driver.in_words(error))
        else:
            wish.future.set_result(result)
        if reader is not None and reader.conn.in_transaction:
            reader.conn.close()  # an interrupted statement that is still held can keep a moment from ending
            return None
        return reader


def reader_factory(
    path: Path, immutable: bool, columns: Columns, evidence: Evidence, previews: Previews, case_uid: bytes
) -> Callable[[], Reader]:
    """How a reader thread makes its connection. All of them share one memo."""
    memo = Memo()

    def make() -> Reader:
        conn = driver.connect_reader(path, immutable=immutable)
        return Reader(conn, columns, evidence, previews, case_uid, memo)

    return make

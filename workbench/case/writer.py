"""The writer: one thread, one read-write connection, one op at a time.

An op is one transaction: ``BEGIN IMMEDIATE``, rows, custody row, ``COMMIT``; then the future resolves; then `changed`
is told. Urgent ops go first. The writer is the only checkpointer of its process, and takes a lock file for it,
because SQLite before 3.51.3 can damage a case when two connections reset the write-ahead log at once.
"""

from __future__ import annotations

import itertools
import logging
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, TypeVar

from workbench.case import driver
from workbench.case.columns import Columns
from workbench.case.evidence import Evidence
from workbench.case.locks import FileLock
from workbench.case.operation import Operation
from workbench.case.transaction import Transaction
from workbench.core import times
from workbench.core.errors import UserError

R = TypeVar("R")

log = logging.getLogger(__name__)

CHECKPOINT_BYTES = 16 << 20
"""Size of the write-ahead log from which it is folded in after an op."""


@dataclass(frozen=True)
class Done(Generic[R]):
    """An op that was committed: its number, its hash, what it returned, which tables it wrote to."""

    seq: int
    hash: bytes
    result: R
    tables: frozenset[str]


@dataclass(order=True)
class _Order:
    rank: int
    number: int
    op: Operation[..., Any] | None = field(compare=False)
    actor: str = field(compare=False, default="")
    args: tuple[Any, ...] = field(compare=False, default=())
    kwargs: dict[str, Any] = field(compare=False, default_factory=dict)
    future: Future[Any] = field(compare=False, default_factory=Future)


class Writer:
    """Owned by the case. `submit` from any thread; `changed` is called in the writer thread.

    The thread is a daemon, so that a program that dies with an open case does not hang; `close` waits for it.
    """

    def __init__(
        self,
        path: Path,
        conn: driver.Connection,
        case_uid: bytes,
        evidence: Evidence,
        columns: Columns,
        changed: Callable[[Done[Any]], None],
        clock: Callable[[], int] = times.now,
    ) -> None:
        self._path = path
        self._conn = conn
        self._case_uid = case_uid
        self._evidence = evidence
        self._columns = columns
        self._changed = changed
        self._clock = clock
        self._queue: queue.PriorityQueue[_Order] = queue.PriorityQueue()
        self._numbers = itertools.count()
        self._lock = threading.Lock()
        self._closed = False
        self._thread = threading.Thread(target=self._work, name="case-writer", daemon=True)
        self._thread.start()

    def submit(
        self, op: Operation[..., R], actor: str, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Future[Done[R]]:
        """Queue an op. Its future fails with what the op raised; nothing was changed then.

        Raises `UserError` ``case-closed``.
        """
        order = _Order(0 if op.urgent else 1, next(self._numbers), op, actor, args, kwargs)
        with self._lock:
            if self._closed:
                raise UserError("case-closed")
            self._queue.put(order)
        return order.future

    @property
    def is_current_thread(self) -> bool:
        """Is this call made in the writer's own thread, where waiting for an op would be waiting for oneself?"""
        return threading.current_thread() is self._thread

    def close(self) -> None:
        """Do what is queued, fold the write-ahead log into the case, and stop."""
        with self._lock:
            if not self._closed:
                self._closed = True
                self._queue.put(_Order(2, next(self._numbers), None))
        if not self.is_current_thread:
            self._thread.join()

    def _work(self) -> None:
        try:
            while (order := self._queue.get()).op is not None:
                if order.future.set_running_or_notify_cancel():
                    self._do(order, order.op)
                del order
        finally:
            self._checkpoint("TRUNCATE", 0)
            self._conn.close()

    def _do(self, order: _Order, op: Operation[..., Any]) -> None:
        try:
            done, transaction = self._transact(order, op)
        except BaseException as error:  # noqa: BLE001 - the future carries every failure to whoever asked
            order.future.set_exception(driver.in_words(error))
            return
        # The op is done: what fails after its commit ends neither it nor this thread, for which every later op waits.
        try:
            self._evidence.remember(done.seq, done.hash)
            self._cache(done, transaction)
        except Exception:
            log.exception("what follows op %s failed", done.seq)
        order.future.set_result(done)
        try:
            self._changed(done)
        except Exception:
            log.exception("a listener failed on op %s", done.seq)
        self._checkpoint("PASSIVE", CHECKPOINT_BYTES)

    def _transact(self, order: _Order, op: Operation[..., Any]) -> tuple[Done[Any], Transaction]:
        self._evidence.flush()
        self._conn.execute("BEGIN IMMEDIATE")
        try:
            transaction = Transaction(self._conn, self._clock(), order.actor, self._case_uid)
            result = op.function(transaction, *order.args, **order.kwargs)
            seq, own_hash = transaction.finish(op.name)
            self._conn.execute("COMMIT")
        except BaseException:
            if self._conn.in_transaction:
                self._conn.execute("ROLLBACK")
            raise
        return Done(seq, own_hash, result, transaction.tables), transaction

    def _cache(self, done: Done[Any], transaction: Transaction) -> None:
        """What follows a commit in memory and beside the case. The op is done, whatever becomes of the cache."""
        for table, first, rows in transaction.committed():
            try:
                self._columns.extend(self._conn, table, first, rows, (done.seq, done.hash))
            except OSError as error:
                log.info("the column cache of %s was not extended: %s", table, error)

    def _checkpoint(self, mode: str, threshold: int) -> None:
        try:
            if driver.wal_of(self._path).stat().st_size <= threshold:
                return
        except OSError:
            return
        with FileLock(self._evidence.folder / "checkpoint.lock") as alone:
            if alone:
                try:
                    self._conn.execute(f"PRAGMA wal_checkpoint({mode})")
                except driver.DatabaseError as error:
                    # Busy or full: the log stays and is folded in later; nothing is lost.
                    log.info("the write-ahead log was not folded in: %s", error)

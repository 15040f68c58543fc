"""The files of a look, several on their way at a time: in threads at first, and where there is no limit to the rate and
many of them, in processes of their own.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress

from workbench.case.evidence import Evidence
from workbench.core.errors import Cancelled, UserError
from workbench.jobs.control import SLICE
from workbench.jobs.fetching import Fetcher
from workbench.jobs.fetchworker import Terms
from workbench.jobs.process import command, end, start
from workbench.jobs.session import LineLost, Session
from workbench.jobs.wire import WireError, receive_frame, send_frame
from workbench.jobs.wish import (
    Fetched,
    Unplaced,
    Wish,
    noted,
    pack_wish,
    unpack_exchanges,
    unpack_fetched,
    unpack_message,
)
from workbench.sources.remote import NetworkError

ALONE = 48
"""Files that are fetched before processes are started: a small look ends sooner than they begin."""
GRACE = 5.0
"""Seconds in which a process that is told to stop has to say what came of it."""
LARGEST = 16 << 20
"""Bytes of an answer over the line."""


class Gone(Exception):
    """A process ended without an answer."""


class Fetchers:
    """Gets files for one look; `parallel` at a time. Used by the look's thread; `close` before the session's transport.

    `terms` make processes of it; without them all is done in threads of this one. What an earlier run of the same look
    noted in the journal as arrived is not asked for again.
    """

    def __init__(
        self,
        evidence: Evidence,
        session: Session,
        known: Callable[[bytes], bool],
        stem: str,
        turn: int,
        parallel: int,
        terms: Callable[[], Terms] | None = None,
    ) -> None:
        self._evidence = evidence
        self._session = session
        self._terms = terms
        self._arrived = dict(_arrived(evidence, stem))
        self._journal = evidence.journal(stem, turn)
        self._fetcher = Fetcher(evidence, session, known, self._journal)
        self._threads = ThreadPoolExecutor(parallel, "fetch")
        self._own = threading.local()
        self._lock = threading.Lock()
        self._processes: set[_Process] = set()
        self._guard: threading.Thread | None = None
        self._closed = threading.Event()
        self._begun = 0

    def submit(self, wish: Wish) -> Future[Fetched]:
        """Have a file fetched. The future fails with what `Fetcher.fetch` raises."""
        self._begun += 1
        apart = self._terms is not None and self._begun > ALONE
        return self._threads.submit(self._fetch, wish, apart)

    def give_up(self, wish: Wish) -> tuple[Unplaced, ...]:
        """See `Fetcher.give_up`."""
        return self._fetcher.give_up(wish)

    def close(self) -> None:
        """Wait for what is under way, and leave no thread and no process."""
        self._threads.shutdown()
        self._closed.set()
        if self._guard is not None:
            self._guard.join()
        for process in self._processes:
            process.end()
        self._journal.close()

    def _fetch(self, wish: Wish, apart: bool) -> Fetched:
        before = self._arrived.pop(wish.key, None)
        if before is not None and before.stored is not None:
            stored = before.stored
            if self._evidence.check(stored.sha256, stored.size) is None:
                self._evidence.adopt(stored)
                return before
        return self._fetch_apart(wish) if apart else self._fetcher.fetch(wish)

    def _fetch_apart(self, wish: Wish) -> Fetched:
        with self._session.pace.turn():
            try:
                return self._process().fetch(wish)
            except Gone:
                return self._fetch_again(wish)

    def _fetch_again(self, wish: Wish) -> Fetched:
        """What had come lies there to be gone on with."""
        self._end()
        self._session.check()
        try:
            return self._process().fetch(wish)
        except Gone as gone:
            self._end()
            self._session.check()
            raise UserError("fetch-process-ended") from gone

    def _process(self) -> _Process:
        """The process of this thread."""
        if getattr(self._own, "process", None) is None:
            assert self._terms is not None
            process = _Process(self._terms(), self._session, self._evidence)
            with self._lock:
                self._processes.add(process)
                if self._guard is None:
                    self._guard = threading.Thread(target=self._watch, name="fetch-guard", daemon=True)
                    self._guard.start()
            self._own.process = process
        return self._own.process  # type: ignore[no-any-return]

    def _end(self) -> None:
        process, self._own.process = self._own.process, None
        with self._lock:
            self._processes.discard(process)
        process.end()

    def _watch(self) -> None:
        """Hand on that the look pauses, goes on, or stops."""
        while not self._closed.wait(SLICE):
            with self._lock:
                processes = list(self._processes)
            try:
                self._session.check()
            except Cancelled:
                for each in processes:
                    each.stop()
                continue
            for each in processes:
                each.pause(self._session.control.paused)


def _arrived(evidence: Evidence, stem: str) -> list[tuple[str, Fetched]]:
    found = []
    for note in evidence.notes(stem):
        with suppress(ValueError, TypeError, KeyError, IndexError):
            found.append(noted(note))
    return found


class _Process:
    """One process that fetches. `fetch` is called by one thread, the rest by the guard."""

    def __init__(self, terms: Terms, session: Session, evidence: Evidence) -> None:
        self._session = session
        self._evidence = evidence
        self._lock = threading.Lock()
        self._paused = False
        self._killed_at: float | None = None
        words = command("workbench.jobs.fetchworker")
        try:
            self._child, self._line = start(words, [str(os.getpid())], sys.platform != "win32")
        except OSError as error:
            raise UserError("fetch-process-start", reason=error.strerror or "") from error
        self._send(begin=terms.packed())

    def fetch(self, wish: Wish) -> Fetched:
        """See `Fetcher.fetch`. Raises `Gone` when the process ends without an answer."""
        self._send(fetch=pack_wish(wish))
        while True:
            try:
                header, blocks, _ = receive_frame(self._line, LARGEST, LARGEST)
            except WireError as error:
                self._session.check()
                raise Gone from error
            if counts := header.get("counts"):
                self._session.control.add(**counts)
            if "rest" in header:
                self._session.pace.rest(header["rest"])
            if "untrusted" in header:
                self._session.untrusted = header["untrusted"] or self._session.untrusted
                return self._result(header, blocks)

    def _result(self, header: dict[str, object], blocks: list[memoryview]) -> Fetched:
        match header:
            case {"fetched": dict(plain)}:
                fetched = unpack_fetched(plain, blocks)
                if fetched.stored is not None:
                    self._evidence.adopt(fetched.stored)
                return fetched
            case {"cancelled": dict(plain)}:
                self._session.left_over += unpack_exchanges(plain, blocks)
                raise Cancelled
            case {"lost": list(plain)}:
                raise LineLost(unpack_message(plain))
            case {"network": list(plain)}:
                error = NetworkError(plain[0])
                error.message = unpack_message(plain)
                raise error
            case {"error": list(plain)}:
                message = unpack_message(plain)
                raise UserError(message.code, **message.args)
            case _:
                raise RuntimeError(f"in a process that fetches: {header.get('bug')}")

    def _send(self, **header: object) -> None:
        # A process that is gone is noticed when its answer is waited for.
        with self._lock, suppress(WireError):
            send_frame(self._line, header)

    def pause(self, paused: bool) -> None:
        """Have it send nothing more, or go on."""
        if paused != self._paused:
            self._paused = paused
            self._send(pause=paused)

    def stop(self) -> None:
        """Have it break off what it does; one that does not is killed."""
        now = time.monotonic()
        if self._killed_at is None:
            self._killed_at = now + GRACE
            self._send(stop=True)
        elif now > self._killed_at:
            self._child.kill()

    def end(self) -> None:
        """End it, and wait until it is gone."""
        self._child.kill()
        end(self._child, self._line)

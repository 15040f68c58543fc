"""The files of a look, several on their way at a time: in threads at first, and where there is no limit to the rate and
many of them, in processes of their own.
"""

from __future__ import annotations

import queue
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import Any

from workbench.case.evidence import Evidence
from workbench.core.errors import Cancelled, UserError
from workbench.jobs.apart import Apart, Gone, Guard, raised
from workbench.jobs.fetching import Fetcher
from workbench.jobs.fetchworker import Terms
from workbench.jobs.session import LineLost, Session
from workbench.jobs.wish import (
    Fetched,
    Unplaced,
    Wish,
    noted,
    pack_wish,
    unpack_exchanges,
    unpack_message,
)
from workbench.sources.remote import NetworkError

ALONE = 48
"""Files that are fetched before processes are asked: a small look ends sooner than they begin,"""
SOON = 16
"""and from which on they are started."""
AT_ONCE = 200
"""Notes that are read at a time."""
GRACE = 5.0
"""Seconds in which a process that is told to stop has to say what came of it."""


class Fetchers:
    """Gets files for one look; `parallel` at a time. Used by the look's thread; `close` before the session's transport.

    `terms` make processes of it; without them all is done in threads of this one. What an earlier run of the same look
    noted in a journal as arrived is not asked for again; `recorded` tells which exchanges the case has.
    """

    def __init__(
        self,
        evidence: Evidence,
        session: Session,
        known: Callable[[bytes], bool],
        stem: str,
        turn: int,
        parallel: int,
        recorded: Callable[[Sequence[bytes]], Collection[bytes]],
        terms: Callable[[], Terms] | None = None,
    ) -> None:
        self._evidence = evidence
        self._session = session
        self._stem = stem
        self._terms = terms
        self._journal = evidence.journal(stem, turn)
        self._arrived: dict[str, Fetched] = {}
        self._take_up(recorded)
        self._fetcher = Fetcher(evidence, session, known, self._journal.add)
        self._parallel = parallel
        self._threads = ThreadPoolExecutor(parallel, "fetch")
        self._idle: queue.SimpleQueue[_Process] = queue.SimpleQueue()
        self._guard = Guard(session.check, session.control)
        self._begun = 0

    def _take_up(self, recorded: Callable[[Sequence[bytes]], Collection[bytes]]) -> None:
        """Go on with what earlier runs noted and could not record, in the journal of this one."""
        notes_of_before = self._evidence.notes(self._stem)
        while notes := list(islice(notes_of_before, AT_ONCE)):
            known = {note: found for note in notes if (found := _read(note)) is not None}
            done = recorded([fetched.uid for _, fetched in known.values()])
            for note, (key, fetched) in known.items():
                if fetched.uid not in done:
                    self._arrived[key] = fetched
                    self._journal.add(note)
        self._evidence.forget_notes(self._stem, but=self._journal)

    def submit(self, wish: Wish) -> Future[Fetched]:
        """Have a file fetched. The future fails with what `Fetcher.fetch` raises."""
        self._begun += 1
        if self._terms is not None and self._begun == SOON:
            self._start(self._terms())
        return self._threads.submit(self._fetch, wish, self._terms is not None and self._begun > ALONE)

    def give_up(self, wish: Wish) -> tuple[Unplaced, ...]:
        """See `Fetcher.give_up`."""
        return self._fetcher.give_up(wish)

    def close(self) -> None:
        """Wait for what is under way, and leave no thread and no process."""
        self._threads.shutdown()
        self._guard.close()
        self._journal.close()

    def _fetch(self, wish: Wish, apart: bool) -> Fetched:
        before = self._sound(self._arrived.pop(wish.key, None))
        if before is not None:
            return before
        return self._fetch_apart(wish) if apart else self._fetcher.fetch(wish)

    def _sound(self, noted: Fetched | None) -> Fetched | None:
        """What was noted as arrived, if the store has its bytes as they were."""
        if noted is None or noted.stored is None:
            return None
        if self._evidence.check(noted.stored.sha256, noted.stored.size) is not None:
            return None
        self._evidence.adopt(noted.stored)
        return noted

    def _noted(self, wish: Wish) -> Fetched | None:
        """What a process noted of a file before it ended, and could not say any more."""
        for note in self._evidence.notes(self._stem):
            found = _read(note)
            if found is not None and found[0] == wish.key:
                return self._sound(found[1])
        return None

    def _fetch_apart(self, wish: Wish) -> Fetched:
        """In one of as many processes as there are threads. One that ends without an answer is replaced once; what had
        come is gone on with.
        """
        with self._session.pace.turn():
            process = self._idle.get()
            try:
                try:
                    return process.fetch(wish)
                except Gone:
                    process = self._replaced(process)
                    return self._noted(wish) or process.fetch(wish)
            except Gone as gone:
                raise UserError("fetch-process-ended") from gone
            finally:
                self._idle.put(process)

    def _replaced(self, process: _Process) -> _Process:
        assert self._terms is not None
        self._guard.end(process)
        return self._started(self._terms())

    def _start(self, terms: Terms) -> None:
        for _ in range(self._parallel):
            self._idle.put(self._started(terms))

    def _started(self, terms: Terms) -> _Process:
        process = _Process(terms, self._session, self._evidence)
        self._guard.add(process)
        return process


def _read(note: bytes) -> tuple[str, Fetched] | None:
    try:
        return noted(note)
    except (ValueError, TypeError, KeyError, IndexError):
        return None


class _Process(Apart):
    """One process that fetches. `fetch` is called by one thread at a time."""

    def __init__(self, terms: Terms, session: Session, evidence: Evidence) -> None:
        super().__init__("workbench.jobs.fetchworker", GRACE)
        self._session = session
        self._evidence = evidence
        self.send(begin=terms.packed())

    def fetch(self, wish: Wish) -> Fetched:
        """See `Fetcher.fetch`. Raises `Gone` when the process ends without an answer."""
        self.send(fetch=pack_wish(wish))
        while True:
            try:
                header, blocks = self.receive()
            except Gone:
                self._session.check()
                raise
            if counts := header.get("counts"):
                self._session.control.add(**counts)
            if "rest" in header:
                self._session.pace.rest(header["rest"])
            if "untrusted" in header:
                self._session.untrusted = header["untrusted"] or self._session.untrusted
                return self._result(header, blocks)

    def _result(self, header: dict[str, Any], blocks: list[memoryview]) -> Fetched:
        if "left" in header:
            self._session.left_over += unpack_exchanges(header["left"], blocks)
        match header:
            case {"fetched": _}:
                _, fetched = noted(bytes(blocks[0]))
                if fetched.stored is not None:
                    self._evidence.adopt(fetched.stored)
                return fetched
            case {"cancelled": _}:
                raise Cancelled
            case {"lost": message}:
                raise LineLost(unpack_message(message))
            case {"network": message}:
                failed = NetworkError(message[0])
                failed.message = unpack_message(message)
                raise failed
        raise raised(header)

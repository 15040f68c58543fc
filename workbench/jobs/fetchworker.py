"""The entry of a process that gets files: ``python -m workbench.jobs.fetchworker``.

It asks the server and puts what comes into the evidence store, one file at a time, as `Fetcher` does in a thread; it
has no case. Python runs one thread at a time: done in one process, a look at a fast server is slower than the disk, and
a window stutters. What came is noted in a journal, then told over the line.

From the program come ``begin`` (see `Terms`), then any number of ``fetch`` (a wish), ``pause`` and ``stop``. Back go
``counts``, ``rest`` (the server wants to be left alone for so many seconds), and for every wish one answer:
``fetched`` with a note of it, or ``cancelled`` or what was raised, with the exchanges that are left over (``left``).
"""

from __future__ import annotations

import gc
import queue
import signal
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from workbench.case.evidence import Evidence
from workbench.core.errors import Cancelled
from workbench.core.scope import Scope
from workbench.jobs.control import Control, Stopper
from workbench.jobs.entry import die_with_parent, give_way, line_at
from workbench.jobs.fetching import Fetcher
from workbench.jobs.pace import Pace
from workbench.jobs.session import LineLost, Session
from workbench.jobs.speaker import Speaker, Telling, wrong
from workbench.jobs.wire import WireError, receive_frame
from workbench.jobs.wish import Wish, note_of, pack_exchanges, pack_message, unpack_wish
from workbench.sources.http.wire import Timeouts
from workbench.sources.remote import NetworkError
from workbench.sources.transports import transport_for

REMEMBERED = 300_000
"""Hashes of bytes that this process itself has put into the store."""


@dataclass(frozen=True)
class Terms:
    """On which terms a look asks a server; all that a process has to know to do so. `journal` is the stem of its notes,
    `turn` how many of them are kept at least.
    """

    evidence: str
    journal: str
    turn: int
    url: str
    agent: str
    proxy: str
    pinned: bytes | None
    attempts: int
    timeouts: Timeouts

    def packed(self) -> dict[str, Any]:
        """As JSON takes it."""
        return {**asdict(self), "pinned": None if self.pinned is None else self.pinned.hex()}

    @staticmethod
    def unpacked(plain: Mapping[str, Any]) -> Terms:
        """What `packed` gave."""
        pinned = None if plain["pinned"] is None else bytes.fromhex(plain["pinned"])
        return Terms(**{**plain, "pinned": pinned, "timeouts": Timeouts(**plain["timeouts"])})


class _Pace(Pace):
    """Has the program, too, leave a server alone that wants a rest."""

    def __init__(self, check: Stopper, control: Control, speaker: Speaker) -> None:
        super().__init__(0, 1, check, control)
        self._speaker = speaker

    def rest(self, seconds: float) -> None:
        """See `Pace`."""
        self._speaker.say({"rest": seconds})
        super().rest(seconds)


class _Worker:
    """The main thread fetches; another one listens."""

    def __init__(self, speaker: Speaker, terms: Terms) -> None:
        self._speaker = speaker
        self._control = Telling(speaker)
        self._check = Stopper(lambda: None)
        self._wishes: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        self._own: dict[bytes, None] = {}
        transport = transport_for(
            terms.url,
            agent=terms.agent,
            check=self._check,
            proxy=terms.proxy,
            pinned=terms.pinned,
            timeouts=terms.timeouts,
        )
        pace = _Pace(self._check, self._control, speaker)
        scope = Scope(terms.url)
        self._session = Session(transport, None, pace, scope, self._control, self._check, terms.attempts)
        evidence = Evidence(Path(terms.evidence))
        self._journal = evidence.journal(terms.journal, terms.turn)
        self._noted = b""
        self._fetcher = Fetcher(evidence, self._session, self._own.__contains__, self._note)

    def run(self) -> None:
        """Answer until the program closes the line."""
        self._speaker.listen(self._hear)
        while True:
            header, blocks = self._answer(unpack_wish(self._wishes.get()))
            header |= {"counts": self._control.untold(), "untrusted": self._session.untrusted}
            self._speaker.say(header, blocks)

    def _hear(self, header: Mapping[str, Any]) -> None:
        if "stop" in header:
            self._check.stop()
        elif "pause" in header:
            (self._control.pause if header["pause"] else self._control.resume)()
        else:
            self._wishes.put(header["fetch"])

    def _note(self, note: bytes) -> None:
        self._journal.add(note)
        self._noted = note

    def _answer(self, wish: Wish) -> tuple[dict[str, Any], Sequence[bytes]]:
        try:
            fetched = self._fetcher.fetch(wish)
        except Exception as error:  # noqa: BLE001 - goes to the program, which says it or shows it
            left, blocks = pack_exchanges(self._session.left_over)
            self._session.left_over.clear()
            return {**_raised(error), "left": left}, blocks
        if fetched.stored is not None and len(self._own) < REMEMBERED:
            self._own[fetched.stored.sha256] = None
        return {"fetched": wish.key}, [self._noted if fetched.stored is not None else note_of(wish.key, fetched)]


def _raised(error: Exception) -> dict[str, Any]:
    match error:
        case Cancelled():
            return {"cancelled": True}
        case LineLost():
            return {"lost": pack_message(error.message)}
        case NetworkError():
            return {"network": pack_message(error.message)}
    return wrong(error)


def main(arguments: Sequence[str]) -> int:
    """``LINE PARENT``: see `line_at`, and the id of the process that started this one."""
    where, parent = arguments
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    die_with_parent(int(parent))
    give_way(0)
    gc.freeze()
    gc.set_threshold(20_000)  # what comes and goes with a file is no garbage in circles
    line = line_at(where)
    try:
        begin, _, _ = receive_frame(line, 1 << 20, 0)
    except WireError:
        return 0
    _Worker(Speaker(line), Terms.unpacked(begin["begin"])).run()
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

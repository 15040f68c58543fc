"""The entry of a process that gets files: ``python -m workbench.jobs.fetchworker``.

It asks the server and puts what comes into the evidence store, one file at a time, as `Fetcher` does in a thread; it
has no case. Python runs one thread at a time: done in one process, a look at a fast server is slower than the disk, and
a window stutters. What came is noted in a journal, then told over the line.

From the program come ``begin`` (see `Terms`), then any number of ``fetch`` (a wish), ``pause`` and ``stop``. Back go
``counts``, ``rest`` (the server wants to be left alone for so many seconds), and for every wish one answer:
``fetched``, ``cancelled``, or what was raised.
"""

from __future__ import annotations

import os
import queue
import signal
import sys
import threading
import time
import traceback
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from workbench.case.evidence import Evidence
from workbench.core.errors import Cancelled, UserError
from workbench.core.scope import Scope
from workbench.jobs.control import Control, Stopper
from workbench.jobs.entry import die_with_parent, line_at
from workbench.jobs.fetching import Fetcher
from workbench.jobs.pace import Pace
from workbench.jobs.session import LineLost, Session
from workbench.jobs.wire import Line, WireError, receive_frame, send_frame
from workbench.jobs.wish import pack_exchanges, pack_fetched, pack_message, unpack_wish
from workbench.sources.http.wire import Timeouts
from workbench.sources.remote import NetworkError
from workbench.sources.transports import transport_for

TELL = 0.1
"""Seconds between two words on how far it is."""
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


class _Telling(Control):
    """Counts what is done and tells the program of it, now and then."""

    def __init__(self, line: Line) -> None:
        super().__init__()
        self._line = line
        self._due = 0.0
        self._untold: dict[str, Any] = {}

    def add(self, *, item: str | None = None, **counts: int) -> None:
        """See `Control`."""
        for name, count in counts.items():
            self._untold[name] = self._untold.get(name, 0) + count
        if item is not None:
            self._untold["item"] = item
        if time.monotonic() >= self._due:
            send_frame(self._line, {"counts": self.untold()})

    def untold(self) -> dict[str, Any]:
        """What was not told yet, and is now."""
        told, self._untold = self._untold, {}
        self._due = time.monotonic() + TELL
        return told


class _Pace(Pace):
    """Has the program, too, leave a server alone that wants a rest."""

    def __init__(self, check: Stopper, control: Control, line: Line) -> None:
        super().__init__(0, 1, check, control)
        self._line = line

    def rest(self, seconds: float) -> None:
        """See `Pace`."""
        send_frame(self._line, {"rest": seconds})
        super().rest(seconds)


class _Worker:
    """The main thread fetches and speaks; another one listens."""

    def __init__(self, line: Line, terms: Terms) -> None:
        self._line = line
        self._control = _Telling(line)
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
        pace = _Pace(self._check, self._control, line)
        scope = Scope(terms.url)
        self._session = Session(transport, None, pace, scope, self._control, self._check, terms.attempts)
        evidence = Evidence(Path(terms.evidence))
        self._journal = evidence.journal(terms.journal, terms.turn)
        self._fetcher = Fetcher(evidence, self._session, self._own.__contains__, self._journal)

    def run(self) -> None:
        """Answer until the line closes, which ends the process wherever it is: as a kill would, and as safely."""
        threading.Thread(target=self._listen, name="listen", daemon=True).start()
        with closing(self._session.transport), closing(self._journal):
            while True:
                header, blocks = self._answer(self._wishes.get())
                header |= {"counts": self._control.untold(), "untrusted": self._session.untrusted}
                send_frame(self._line, header, blocks)

    def _listen(self) -> None:
        while True:
            try:
                header, _, _ = receive_frame(self._line, 1 << 20, 0)
            except WireError:
                os._exit(0)
            if "stop" in header:
                self._check.stop()
            elif "pause" in header:
                (self._control.pause if header["pause"] else self._control.resume)()
            else:
                self._wishes.put(header["fetch"])

    def _answer(self, plain: Mapping[str, Any]) -> tuple[dict[str, Any], Sequence[bytes]]:
        try:
            fetched = self._fetcher.fetch(unpack_wish(plain))
        except Cancelled:
            header, blocks = pack_exchanges(self._session.left_over)
            self._session.left_over.clear()
            return {"cancelled": header}, blocks
        except LineLost as lost:
            return {"lost": pack_message(lost.message)}, []
        except NetworkError as error:
            return {"network": pack_message(error.message)}, []
        except UserError as error:
            return {"error": pack_message(error.message)}, []
        except Exception:  # noqa: BLE001 - a mistake of ours goes to the program, which shows it
            return {"bug": traceback.format_exc()}, []
        if fetched.stored is not None and len(self._own) < REMEMBERED:
            self._own[fetched.stored.sha256] = None
        header, blocks = pack_fetched(fetched)
        return {"fetched": header}, blocks


def main(arguments: Sequence[str]) -> int:
    """``LINE PARENT``: see `line_at`, and the id of the process that started this one."""
    where, parent = arguments
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    die_with_parent(int(parent))
    line = line_at(where)
    try:
        begin, _, _ = receive_frame(line, 1 << 20, 0)
        _Worker(line, Terms.unpacked(begin["begin"])).run()
    except WireError:
        return 0
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Ask a server what it is, before a source is made of it: a few requests, all of them recorded.

Nothing is fetched and no folder below the start is entered but a few, for an estimate that says of what it was made.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field

from workbench.case.case import Case
from workbench.case.uids import uuid7
from workbench.core import times
from workbench.core.messages import Message
from workbench.core.progress import Progress
from workbench.core.records import Coverage, Exchange, Purpose
from workbench.core.scope import start_of
from workbench.jobs.control import Control, Stopper
from workbench.jobs.pace import Pace
from workbench.jobs.pages import NOT_OFFERED, Answered, ends_asking, judged
from workbench.jobs.plan import Plan
from workbench.jobs.scope import scope_of
from workbench.jobs.session import Got, Session
from workbench.jobs.watch import SOFTWARE, agent_of
from workbench.ops import intake as op
from workbench.sources.kinds.registry import kinds_for
from workbench.sources.remote import Ask, Entry, Kind, NetworkError
from workbench.sources.robots import Robots, robots_url, rules_of
from workbench.sources.transports import transport_for
from workbench.sources.warcformat import header_record

SHOWN = 50
"""Entries that are given as a sample."""
FOLDERS = 8
"""Folders below the start that are listed for the estimate."""


@dataclass(frozen=True)
class Found:
    """What a server turned out to be. `state` is ``listing``, ``refused``, ``login``, ``not-understood`` or
    ``unreachable``; where it is no listing, `message` says why.

    `files`, `folders` and `size` (bytes) are what the `listed` folders show; `unlisted` are folders that were not
    entered, so the whole is larger when there are any. `certificate` is the SHA-256 of what a TLS server showed.
    """

    url: str
    state: str
    kind: str = ""
    format: str = ""
    server: str = ""
    entries: tuple[Entry, ...] = ()
    files: int = 0
    folders: int = 0
    size: int = 0
    sizes_known: bool = False
    listed: int = 0
    unlisted: int = 0
    peer: str | None = None
    certificate: bytes | None = None
    untrusted: str | None = None
    robots: str | None = None
    robots_allow: bool = True
    message: Message | None = None
    requests: int = 0


@dataclass
class _Sum:
    """What the listings that were read come to."""

    entries: list[Entry] = field(default_factory=list)
    files: int = 0
    folders: int = 0
    size: int = 0
    sized: int = 0
    listed: int = 0
    waiting: list[str] = field(default_factory=list)

    def take(self, entries: tuple[Entry, ...], holds: Callable[[str], bool]) -> None:
        self.listed += 1
        self.entries += entries[: max(0, SHOWN - len(self.entries))]
        for each in entries:
            if each.is_folder:
                self.folders += 1
                if holds(each.url):
                    self.waiting.append(each.url)
            else:
                self.files += 1
                self.sized += each.size is not None
                self.size += each.size or 0


def probe(case: Case, url: str, progress: Progress, *, proxy: str = "", kind: str = "", contact: str = "") -> Found:
    """Look what lies at an address. Raises `UserError` for an unusable one, and `Cancelled`."""
    plan = Plan(url=url, kind=kind, proxy=proxy, contact=contact)
    start = start_of(url)
    kinds = kinds_for(start, kind)
    stem = f"probe-{uuid7().hex()[-12:]}"
    warc = case.evidence.warcs.create(stem)
    exchanges: list[Exchange] = []
    try:
        warc.append(header_record(uuid7(), times.now(), warc.name, SOFTWARE))
        control, check = Control(), Stopper(progress.check)
        with closing(transport_for(start, agent=agent_of(plan), check=check, proxy=proxy)) as transport:
            pace = Pace(plan.rate, 1, check, control)
            session = Session(transport, warc, pace, scope_of(kinds[0], start), control, check)
            return _Probe(session, kinds, start, exchanges, progress).found()
    finally:
        warc.flush()
        if exchanges:
            case.run(op.exchanges, exchanges)
        warc.close(seal=bool(exchanges))
        if not exchanges:
            case.evidence.warcs.cut(stem, {})


class _Probe:
    def __init__(
        self, session: Session, kinds: tuple[Kind, ...], start: str, exchanges: list[Exchange], progress: Progress
    ) -> None:
        self._session = session
        self._kinds = kinds
        self._start = start
        self._exchanges = exchanges
        self._progress = progress

    def found(self) -> Found:
        self._progress.stage("stage-probe", 2 + FOLDERS)
        robots = self._robots()
        self._progress.update(1, item=self._start)
        kind, answered = self._first()
        if answered.listing is None:
            return self._told(kind, answered, _state_of(answered), _Sum(), robots)
        total = _Sum()
        total.take(answered.listing.entries, self._session.scope.holds)
        if robots is not None:
            self._session.allowed = robots.allows
        more = answered.listing.more is not None
        while total.waiting and total.listed <= FOLDERS:
            url = total.waiting.pop(0)
            if robots is not None and not robots.allows(url):
                continue
            self._progress.update(1 + total.listed, item=url)
            below = self._ask(kind, kind.ask(url))
            if below.listing is not None:
                total.take(below.listing.entries, self._session.scope.holds)
                more |= below.listing.more is not None
        return self._told(kind, answered, "listing", total, robots, more=more)

    def _robots(self) -> Robots | None:
        if self._start.startswith("ftp:"):
            return None
        got = self._page(Ask("GET", robots_url(self._start)), Purpose.ROBOTS, anywhere=True)
        return rules_of(got.status, got.page.body.decode("utf-8", "replace") if got.page is not None else None)

    def _first(self) -> tuple[Kind, Answered]:
        told: list[tuple[Kind, Answered]] = []
        for kind in self._kinds:
            self._session.scope = scope_of(kind, self._start)
            answered = self._ask(kind, kind.ask(self._start), at_start=True)
            if answered.listing is not None:
                return kind, answered
            if ends_asking(answered):
                return kind, answered
            told.append((kind, answered))
        return told[0]

    def _ask(self, kind: Kind, ask: Ask, *, at_start: bool = False) -> Answered:
        got = self._page(ask, Purpose.PROBE)
        if got.status in NOT_OFFERED and (other := kind.fallback(ask, got.status)) is not None:
            got = self._page(other, Purpose.PROBE)
        return judged(kind, got, at_start=at_start)

    def _page(self, ask: Ask, purpose: Purpose, *, anywhere: bool = False) -> Got:
        try:
            return self._session.page(ask, purpose, self._exchanges.append, anywhere=anywhere)
        except NetworkError as error:
            return Got(None, None, b"", error.message)

    def _told(
        self, kind: Kind, answered: Answered, state: str, total: _Sum, robots: Robots | None, *, more: bool = False
    ) -> Found:
        last = next((each for each in reversed(self._exchanges) if each.status is not None), None)
        return Found(
            url=self._start,
            state=state,
            kind=kind.name if state == "listing" else "",
            format=answered.listing.format if answered.listing is not None else "",
            server=answered.page.headers.get("server", "") if answered.page is not None else "",
            entries=tuple(total.entries),
            files=total.files,
            folders=total.folders,
            size=total.size,
            sizes_known=total.files > 0 and total.sized == total.files,
            listed=total.listed,
            unlisted=len(total.waiting) + more,
            peer=None if last is None else last.peer,
            certificate=None if last is None else last.certificate,
            untrusted=self._session.untrusted,
            robots=None if robots is None else robots.text,
            robots_allow=robots is None or state == "unreachable" or robots.allows(self._start),
            message=answered.message,
            requests=len(self._exchanges),
        )


def _state_of(answered: Answered) -> str:
    code = "" if answered.message is None else answered.message.code
    if code in ("start-login", "folder-login"):
        return "login"
    if answered.coverage is Coverage.REFUSED:
        return "refused"
    return "unreachable" if code.startswith("network-") else "not-understood"

"""The pages of a folder's listing: asked for, or taken from the record where an earlier run of the look has them."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from workbench.case.case import Case
from workbench.core.errors import UserError
from workbench.core.messages import Message
from workbench.core.records import Coverage, Purpose
from workbench.core.scope import REFUSED
from workbench.core.times import rfc3339
from workbench.jobs.recorder import Recorder
from workbench.jobs.scope import scope_of
from workbench.jobs.session import LARGEST_PAGE, Earlier, Got, LineLost, Session, page_of
from workbench.queries import harvest as queries
from workbench.queries.harvest import Kept
from workbench.sources.ftp.ending import ENDED_WITH, replied
from workbench.sources.ftp.unixlist import LISTED_AT
from workbench.sources.http.content import decoded
from workbench.sources.http.headers import headers_of, states_end
from workbench.sources.listings.registry import is_login_page
from workbench.sources.remote import Ask, Kind, Listing, NetworkError, Page
from workbench.sources.robots import Robots, rules_of
from workbench.sources.warcformat import Earlier as Repeated
from workbench.sources.warcread import unpack

PAGES = ("text/", "application/json", "application/xml", "application/xhtml")
"""Types that a listing may have."""
NOT_OFFERED = (500, 501, 502, 504)
"""What FTP servers answer to a command that they do not know."""


LINE_GONE = frozenset(
    {
        "network-unresolved",
        "network-refused",
        "network-unreachable",
        "network-reset",
        "network-timeout",
        "network-proxy",
        "network-cut-off",
    }
)
"""Failures after which it is asked whether the server can be reached at all."""


@dataclass(frozen=True)
class Answered:
    """One page, understood; or, with `listing` null, why a folder is not listed. `uid` names the record."""

    listing: Listing | None
    uid: bytes
    coverage: Coverage = Coverage.LISTED
    message: Message | None = None
    page: Page | None = None


@dataclass(frozen=True)
class _Told:
    """A record as it is read back: `body` is undecoded, and null in one that refers to an earlier record."""

    headers: Mapping[str, str]
    body: bytes | None
    earlier: Repeated | None
    digest: str | None

    @property
    def ended(self) -> bool:
        """Did the server say where the body ends? FTP does by its reply, which was waited for."""
        return LISTED_AT in self.headers or states_end(self.headers)


class Pages:
    """Lists folders for one look. Used by its job thread."""

    def __init__(self, case: Case, session: Session, recorder: Recorder) -> None:
        self._case = case
        self._session = session
        self._recorder = recorder
        self._fresh: dict[Ask, Answered] = {}
        self._unknown: set[str] = set()
        """Ways of asking that the server does not know."""
        self._recorded = case.ask(queries.recorded_pages, recorder.snapshot) if recorder.resumed else {}

    def first(self, kinds: Sequence[Kind], url: str) -> tuple[Kind, Answered]:
        """The kind that understands the start, with its first page; where none does, why not.

        The answer is kept, so that walking the start does not ask for it again.
        """
        told: list[tuple[Kind, Answered]] = []
        for kind in kinds:
            self._session.scope = scope_of(kind, url)
            ask = kind.ask(url)
            answered = self._understood(kind, ask, at_start=True)
            if answered.listing is not None:
                self._fresh[ask] = answered
                return kind, answered
            if ends_asking(answered):
                return kind, answered
            told.append((kind, answered))
        return told[0]

    def again(self, kind: Kind, url: str, *, at_start: bool = False) -> Answered:
        """The first page of a folder, asked for once more."""
        return self._understood(kind, kind.ask(url), at_start=at_start, fresh=True)

    def of(self, kind: Kind, url: str, *, at_start: bool = False) -> Iterator[Answered]:
        """Page after page of one folder; ends after the first that could not be had or is not understood."""
        ask: Ask | None = kind.ask(url)
        asked: set[Ask] = set()
        while ask is not None:
            if ask in asked:
                yield _not_listed(b"", Message("listing-endless", {"entries": 0}))
                return
            asked.add(ask)
            answered = self._understood(kind, ask, at_start=at_start)
            yield answered
            ask = answered.listing.more if answered.listing is not None else None

    def _understood(self, kind: Kind, ask: Ask, *, at_start: bool, fresh: bool = False) -> Answered:
        if not fresh and (first := self._fresh.pop(ask, None)) is not None:
            return first
        if ask.method in self._unknown:
            ask = kind.fallback(ask) or ask
        got = self._got(ask, Purpose.LISTING, fresh=fresh)
        if got.status in NOT_OFFERED and (other := kind.fallback(ask, got.status)) is not None:
            self._unknown.add(ask.method)
            got = self._got(other, Purpose.LISTING, fresh=fresh)
        return judged(kind, got, at_start=at_start)

    def _got(self, ask: Ask, purpose: Purpose, *, fresh: bool = False) -> Got:
        before = None if fresh else self._recorded.get((ask.method, ask.url))
        if before is not None and (page := self._replayed(ask, before)) is not None:
            return page
        return self._session.page(
            ask, purpose, self._recorder.exchanged, earlier=lambda url: self._earlier(ask.method, url)
        )

    def _replayed(self, ask: Ask, kept: Kept) -> Got | None:
        """An answer as it was recorded; null when it was none that says anything."""
        if kept.status in REFUSED:
            return Got(kept.status, None, kept.uid)
        if kept.status is None or not 200 <= kept.status < 300:
            return None
        told = self._told(kept)
        if told is None:
            return None
        body = told.body
        if body is None and told.earlier is not None:
            first = self._case.ask(queries.page_by_uid, told.earlier.uid)
            body = None if first is None or (found := self._told(first)) is None else found.body
        if body is None:
            return None
        try:
            plain = decoded(told.headers, body, LARGEST_PAGE)
        except NetworkError as error:
            return Got(kept.status, None, kept.uid, error.message)
        return Got(kept.status, page_of(ask.url, told.headers, plain, ended=told.ended), kept.uid)

    def _told(self, kept: Kept) -> _Told | None:
        """What a record says; null when it is missing or damaged: `verify` names it."""
        try:
            block = self._case.evidence.warcs.read(kept.placed)
        except UserError:
            return None
        for each in unpack(io.BytesIO(block)):
            if each.conversation.uid == kept.uid:
                body = each.body.read() if each.body is not None else None
                headers = headers_of(each.conversation.head) if each.conversation.protocol == "http" else {}
                if each.conversation.protocol == "ftp":
                    headers[LISTED_AT] = rfc3339(kept.time) or ""
                    headers[ENDED_WITH] = replied(each.conversation.head)
                return _Told(headers, body, each.conversation.earlier, each.payload_digest)
        return None

    def _earlier(self, method: str, url: str) -> Earlier | None:
        """The last record of the same page, so that the same body is not stored again."""
        kept = self._case.ask(queries.last_page, self._recorder.snapshot, method, url)
        told = None if kept is None else self._told(kept)
        if kept is None or told is None:
            return None
        if told.body is not None:
            return Earlier(kept.uid, kept.time, told.body)
        if told.earlier is not None and told.digest is not None and told.digest.startswith("sha256:"):
            return Earlier(told.earlier.uid, told.earlier.time, None, bytes.fromhex(told.digest[7:]))
        return None

    def robots(self, url: str, since: int) -> tuple[Robots, Message | None]:
        """The rules of the host, wherever on it they are sent from; where nobody knows them, also why. What was
        recorded after `since` (microseconds UTC) is not asked for again.
        """
        kept = self._case.ask(queries.last_robots, self._recorder.snapshot, url)
        if kept is not None and kept.time >= since and kept.status is not None and kept.status < 500:
            found = self._replayed(Ask("GET", url), kept)
            if found is not None or kept.status >= 300:
                return rules_of(kept.status, _text(found)), None
        got = self._session.page(
            Ask("GET", url),
            Purpose.ROBOTS,
            self._recorder.exchanged,
            earlier=lambda where: self._earlier("GET", where),
            anywhere=True,
        )
        rules = rules_of(got.status, _text(got))
        if not rules.closed:
            return rules, None
        return rules, got.problem or Message("start-robots-unavailable", {"status": got.status or 0})

    def ask_for_life(self, kind: Kind, problem: Message) -> None:
        """Is the server there at all? Raises `LineLost` when not: what failed then says nothing of a file or folder."""
        try:
            got = self._session.page(kind.ask(self._session.scope.start), Purpose.PROBE, self._recorder.exchanged)
        except NetworkError:
            return  # another certificate: somebody answers
        if got.status is None:
            raise LineLost(problem)


def _text(got: Got | None) -> str | None:
    return None if got is None or got.page is None else got.page.body.decode("utf-8", "replace")


def ends_asking(answered: Answered) -> bool:
    """Who refuses is not asked in another way, and where nobody answers there is nobody to ask."""
    code = "" if answered.message is None else answered.message.code
    return answered.coverage is Coverage.REFUSED or code.startswith("network-")


def judged(kind: Kind, got: Got, *, at_start: bool) -> Answered:
    """What an answer makes of its folder: listed, refused, or failed for a reason."""
    if got.problem is not None:
        forbidden = got.problem.code == "robots-disallow"
        return _not_listed(got.uid, got.problem, Coverage.NOT_REACHED if forbidden else Coverage.FAILED)
    status = got.status or 0
    if status in REFUSED:
        code = "start-refused" if at_start else "folder-refused-there"
        return _not_listed(got.uid, Message(code, {"status": status}), Coverage.REFUSED, got.page)
    if got.page is None or not (200 <= status < 300):
        return _not_listed(got.uid, Message("folder-answer", {"status": status}), page=got.page)
    listing = kind.read(got.page)
    if listing is not None:
        return Answered(listing, got.uid, page=got.page)
    if is_login_page(got.page):
        code = "start-login" if at_start else "folder-login"
        return _not_listed(got.uid, Message(code), Coverage.REFUSED, got.page)
    kind_of_file = got.page.media_type
    if at_start and kind_of_file and not kind_of_file.startswith(PAGES):
        return _not_listed(got.uid, Message("start-is-a-file", {"type": kind_of_file}), page=got.page)
    return _not_listed(got.uid, Message("listing-not-understood"), page=got.page)


def _not_listed(
    uid: bytes, message: Message, coverage: Coverage = Coverage.FAILED, page: Page | None = None
) -> Answered:
    return Answered(None, uid, coverage, message, page)

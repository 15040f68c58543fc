"""What becomes of the files that listings show: fetched, asked about, trusted to be unchanged, or left; and recorded.

They are recorded in the order of their listing, also when several are fetched at a time.
"""

from __future__ import annotations

import json
import time
from collections import deque
from collections.abc import Iterable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field, replace

from workbench.case.case import Case
from workbench.case.transaction import display
from workbench.core.messages import Message
from workbench.core.progress import Progress
from workbench.core.records import Purpose, Sighted, State, Stored
from workbench.core.times import Precision
from workbench.jobs.answers import HEAD, page_instead
from workbench.jobs.bounds import Bounds
from workbench.jobs.budget import Budget
from workbench.jobs.fetchers import Fetchers
from workbench.jobs.fetching import key_of
from workbench.jobs.pages import LINE_GONE, Pages
from workbench.jobs.recorder import Recorder
from workbench.jobs.session import Session
from workbench.jobs.trust import Trust
from workbench.jobs.wish import Fetched, Unplaced, Wish
from workbench.queries.harvest import Before
from workbench.sources.http.headers import last_modified
from workbench.sources.remote import Entry, Kind
from workbench.sources.robots import Robots

GROWTH = 64 << 20
"""Bytes by which a file may have grown since it was listed."""
WINDOW = 32
"""Files on their way at the same time, waiting ones included."""


@dataclass(frozen=True)
class Rules:
    """What a look was told: whom to trust, what to leave alone, and how far to go."""

    trust: Trust
    source_uid: bytes
    robots: Robots | None = None
    list_only: bool = False
    bounds: Bounds = field(default_factory=Bounds)
    began: float = field(default_factory=time.monotonic)

    def time_is_up(self) -> Message | None:
        """The word that the time of this look is over, once it is; until then null."""
        limit = self.bounds.seconds
        return Message("look-too-long", {"limit": limit}) if limit and time.monotonic() - self.began >= limit else None


@dataclass(frozen=True)
class _Item:
    entry: Entry
    path: bytes
    page: bytes
    """The record of the listing page that shows it."""
    before: Before | None = None
    rule: str | None = None
    wish: Wish | None = None
    why_not: Message | None = None


@dataclass(frozen=True)
class Setting:
    """What a look works with."""

    case: Case
    kind: Kind
    session: Session
    pages: Pages
    recorder: Recorder
    fetchers: Fetchers
    rules: Rules
    budget: Budget
    progress: Progress


class Filing:
    """The files of one look. Used by its job thread."""

    def __init__(self, setting: Setting) -> None:
        self._set = setting
        self._window: deque[tuple[_Item, Future[Fetched] | None]] = deque()
        self._broken_off = False
        self.lost = False
        """Is some file missing that should have been had?"""

    def break_off(self) -> None:
        """Begin nothing more of what waits; record what has come, so that nothing has to come again."""
        self._set.session.check.stop()
        self._broken_off = True
        for _, future in self._window:
            if future is not None:
                future.cancel()
        while self._window:
            item, future = self._window.popleft()
            if future is None or future.cancelled() or future.exception() is not None:
                continue
            fetched = future.result()
            if fetched.stored is not None or fetched.unchanged:
                self._with_answer(item, fetched)
            else:
                self._tell(fetched.exchanges)
        self._tell(self._set.session.left_over)

    def take(self, entry: Entry, path: bytes, page: bytes, before: Before | None) -> None:
        """One file of a listing: decide, and fetch it if need be. Blocks while enough are on their way."""
        if self._set.recorder.recorded_before(path):
            self._set.session.control.add(files_done=1, bytes_done=entry.size or 0)
            return
        item = self._decided(_Item(entry, path, page, before))
        future = self._set.fetchers.submit(item.wish) if item.wish is not None else None
        self._window.append((item, future))
        self.settle(WINDOW - 1)

    def settle(self, most: int) -> None:
        """Record what has come, in order; wait until no more than `most` files are on their way."""
        while self._window and (len(self._window) > most or (future := self._window[0][1]) is None or future.done()):
            item, future = self._window.popleft()
            if future is None:
                self._without_asking(item)
            else:
                self._with_answer(item, future.result())

    def _decided(self, item: _Item) -> _Item:
        """Fetch it, ask whether it changed, trust that it did not, or leave it."""
        entry, before = item.entry, item.before
        if before is not None and not self._set.case.evidence.has(before.sha256):
            item, before = replace(item, before=None), None
        rule = self._set.rules.trust.rule(entry, before)
        check = rule is not None and self._set.rules.trust.is_to_be_checked(item.path)
        if rule is not None and not check:
            return replace(item, rule=rule)
        if self._set.rules.list_only:
            return item
        if self._set.rules.robots is not None and not self._set.rules.robots.allows(entry.url):
            return replace(item, why_not=Message("robots-disallow"))
        if len(entry.url) > self._set.rules.bounds.url:
            return replace(item, why_not=Message("url-too-long", {"limit": self._set.rules.bounds.url}))
        if (late := self._set.rules.time_is_up()) is not None:
            return replace(item, why_not=late)
        left = self._set.budget.left(entry.size or 1)
        if left == 0:
            return replace(item, why_not=Message("limit-reached"))
        etag, modified = (None, None) if check else self._set.rules.trust.question(before)
        wish = Wish(
            key_of(self._set.rules.source_uid, item.path),
            self._set.kind.fetch(entry.url),
            Purpose.CHECK if check else Purpose.FILE,
            etag,
            modified,
            _most(entry, left),
        )
        self._set.budget.charge(entry.size or 0)
        return replace(item, rule=rule, wish=wish)

    def _without_asking(self, item: _Item) -> None:
        """A file that was not asked for: its bytes are those of before, or it was only listed."""
        if item.rule is not None:
            assert item.before is not None
            self._trusted(item, item.page, item.rule)
            return
        if item.why_not is not None:
            self.lost = True
        self._sighted(item, None, item.page, warnings=(item.why_not,) if item.why_not else ())

    def _with_answer(self, item: _Item, fetched: Fetched) -> None:
        assert item.wish is not None
        self._tell(fetched.exchanges, alone=fetched.stored is None)
        if fetched.stored is not None:
            self._arrived(item, fetched, fetched.stored)
        elif fetched.unchanged and item.before is not None:
            self._trusted(item, fetched.uid, "not-modified")
        else:
            problem = fetched.problem or Message("network-unreachable")
            if problem.code in LINE_GONE:
                self._set.pages.ask_for_life(self._set.kind, problem)
            self._tell(self._set.fetchers.give_up(item.wish))
            self.lost = True
            self._set.session.control.add(failed=1)
            self._sighted(item, None, item.page, warnings=(problem,))

    def _tell(self, exchanges: Iterable[Unplaced], *, alone: bool = True) -> None:
        for each in exchanges:
            self._set.recorder.exchanged(self._set.session.place(each), alone=alone)

    def _arrived(self, item: _Item, fetched: Fetched, stored: Stored) -> None:
        entry = item.entry
        self._set.budget.charge(stored.size - (entry.size or 0), files=0)
        instead = self._page_instead(entry, fetched.headers, stored)
        if instead is not None:
            self.lost = True
            self._set.session.control.add(failed=1)
            self._sighted(item, None, fetched.uid, warnings=(instead,), instead=stored)
            return
        warnings: list[Message] = []
        if entry.exact and entry.size is not None and entry.size != stored.size:
            warnings.append(Message("size-differs", {"claimed": entry.size, "got": stored.size}))
        encoding = fetched.headers.get("content-encoding", "identity").lower()
        if encoding not in ("", "identity"):
            warnings.append(Message("content-encoded", {"encoding": encoding}))
        same: bool | None = None
        if item.rule is not None and item.before is not None:
            same = item.before.sha256 == stored.sha256
            if not same:
                warnings.append(Message("trust-broken", {"rule": item.rule}))
        self._sighted(item, stored, fetched.uid, fetched.headers, tuple(warnings), same)

    def _page_instead(self, entry: Entry, headers: Mapping[str, str], stored: Stored) -> Message | None:
        """Why what came is not the listed file. FTP sends files and nothing else."""
        if entry.url.startswith("ftp:"):
            return None
        with self._set.case.evidence.open(stored.sha256) as stream:
            return page_instead(entry, headers, stored.size, stream.read(HEAD))

    def _trusted(self, item: _Item, record: bytes, rule: str) -> None:
        before = item.before
        assert before is not None
        entry = item.entry
        same_words = before.claimed.get("listing", "") == entry.stamp
        self._set.recorder.sighted(
            Sighted(
                path=item.path,
                stored=Stored(before.sha256, before.size, new=False),
                state=State.OK.value,
                size=entry.size,
                modified=before.modified if same_words or entry.modified is None else entry.modified,
                zone=before.zone if same_words or entry.modified is None else entry.zone,
                precision=before.precision if same_words or entry.modified is None else entry.precision,
                etag=entry.etag or before.etag,
                headers=_kept({**before.claimed, "listing": entry.stamp}),
                record=_urn(record),
                trusted=rule,
            )
        )
        self._done(item)

    def _sighted(
        self,
        item: _Item,
        stored: Stored | None,
        record: bytes,
        headers: Mapping[str, str] | None = None,
        warnings: tuple[Message, ...] = (),
        same: bool | None = None,
        instead: Stored | None = None,
    ) -> None:
        entry = item.entry
        said = last_modified(headers) if headers else None
        claimed = {"listing": entry.stamp}
        claimed |= {name: headers[name] for name in KEPT if headers and name in headers}
        self._set.recorder.sighted(
            Sighted(
                path=item.path,
                stored=stored,
                state=(State.OK if stored else State.NOT_FETCHED).value,
                size=entry.size,
                modified=entry.modified if said is None else said.micros,
                zone=entry.zone if said is None else said.zone,
                precision=entry.precision if said is None else Precision.SECOND,
                etag=(headers or {}).get("etag") or entry.etag,
                headers=_kept(claimed),
                record=_urn(record),
                warnings=warnings,
                same=same,
                instead=instead,
            )
        )
        self._done(item)

    def _done(self, item: _Item) -> None:
        self._set.session.control.add(files_done=1)
        if not self._broken_off:
            self._set.progress.update(*self._set.session.control.files(), item=display(item.path))


def _most(entry: Entry, left: int | None) -> int | None:
    """Bytes that may come of a file: of one whose size is listed, not very many more than that."""
    if not entry.exact or entry.size is None:
        return left
    listed = 2 * entry.size + GROWTH
    return listed if left is None else min(left, listed)


KEPT = ("content-type", "content-length", "last-modified", "date", "content-encoding", "content-disposition")
"""Headers of a file that its sighting keeps; all of them stand in its record."""


def _kept(claimed: Mapping[str, str]) -> str | None:
    plain = {name: value for name, value in claimed.items() if value}
    return _ENCODED(plain) if plain else None


_ENCODED = json.JSONEncoder(ensure_ascii=False, sort_keys=True).encode


def _urn(uid: bytes) -> str | None:
    if not uid:
        return None
    digits = uid.hex()
    return f"urn:uuid:{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"

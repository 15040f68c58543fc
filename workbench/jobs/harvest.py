"""Walk a server from its start: list folders, decide of every file whether it is to be fetched, and record all of it.

Folders are listed in the order in which they are met, files are recorded in the order of their listing, also when
several are fetched at a time. Memory is bounded by the folders that wait and by one page of a listing.
"""

from __future__ import annotations

import hashlib
import json
from collections import deque
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace

from workbench.case.case import Case
from workbench.case.transaction import display
from workbench.core.messages import Message
from workbench.core.progress import Progress
from workbench.core.records import Coverage, Folder, Noted, Purpose, Sighted, State, Stored
from workbench.core.times import Precision
from workbench.jobs.bounds import Bounds
from workbench.jobs.fetching import Fetched, Fetcher, Wish, key_of
from workbench.jobs.pages import Pages
from workbench.jobs.recorder import Recorder
from workbench.jobs.scope import Robots
from workbench.jobs.session import Session
from workbench.jobs.trust import Trust
from workbench.queries import harvest as queries
from workbench.queries.harvest import Before
from workbench.sources.http.headers import last_modified
from workbench.sources.remote import Entry, Kind, Listing

WINDOW = 16
"""Files on their way at the same time, waiting ones included."""
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

INCOMPLETE = frozenset({"listing-cut-off", "listing-too-many", "rows-incomplete", "bucket-no-next-page"})
"""What readers say of a page that does not show all of its folder: then nothing is known of what is not on it."""


class LineLost(Exception):
    """The server cannot be reached any more: the look is left as it is, to be gone on with."""

    def __init__(self, message: Message) -> None:
        super().__init__(message.code)
        self.message = message


@dataclass(frozen=True)
class Budget:
    """How much may be fetched; null for any number. `again` is asked when it is used up: may it be as much again?"""

    files: int | None = None
    bytes: int | None = None
    again: Callable[[Message], bool] | None = None


@dataclass(frozen=True)
class _Place:
    """A folder that waits to be listed. `above` holds what the folders above it list, to know a loop by."""

    path: bytes
    url: str
    depth: int = 0
    above: tuple[bytes, ...] = ()


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


class Harvest:
    """One look's walk. Used by one job thread."""

    def __init__(
        self,
        case: Case,
        kind: Kind,
        session: Session,
        pages: Pages,
        recorder: Recorder,
        trust: Trust,
        *,
        source_uid: bytes,
        robots: Robots | None,
        budget: Budget,
        list_only: bool,
        parallel: int,
        progress: Progress,
        bounds: Bounds | None = None,
    ) -> None:
        self._case = case
        self._kind = kind
        self._session = session
        self._pages = pages
        self._recorder = recorder
        self._trust = trust
        self._source_uid = source_uid
        self._robots = robots
        self._budget = budget
        self._list_only = list_only
        self._parallel = parallel
        self._progress = progress
        self._bounds = bounds or Bounds()
        self._fetcher = Fetcher(case, session, recorder)
        self._waiting: deque[_Place] = deque()
        self._window: deque[tuple[_Item, Future[Fetched] | None]] = deque()
        self._met: set[bytes] = set()
        self._barren = 0
        self.files = 0
        self.bytes = 0
        self.failed = 0
        self.lost = False

    def run(self, start: str) -> None:
        """Walk everything. Raises `Cancelled`, `LineLost`, `UserError` of our own disk, and `NetworkError`
        ``certificate-changed``.
        """
        self._waiting.append(_Place(b"", start))
        self._session.control.add(folders_known=1)
        with ThreadPoolExecutor(self._parallel, "fetch") as pool:
            try:
                while self._waiting:
                    place = self._waiting.popleft()
                    self._folder(pool, place)
                    self._session.control.add(folders_done=1)
                self._settle(0)
            except BaseException:
                for _, future in self._window:
                    if future is not None:
                        future.cancel()
                raise

    # folders

    def _folder(self, pool: ThreadPoolExecutor, place: _Place) -> None:
        why_not = self._closed(place)
        if why_not is not None:
            self._passed_over(place, Coverage.NOT_REACHED, why_not)
            return
        before = self._case.ask(queries.files_before, self._recorder.snapshot, place.path)
        files = count = 0
        above = place.above
        for number, answer in enumerate(self._pages.of(self._kind, place.url, at_start=not place.path)):
            if answer.listing is None:
                assert answer.message is not None
                if answer.message.code in LINE_GONE:
                    self._ask_for_life(answer.message)
                self._passed_over(place, answer.coverage, answer.message)
                return
            if number == 0:
                mark = _mark_of(answer.listing)
                if mark is not None and mark in above:
                    self._passed_over(place, Coverage.NOT_REACHED, Message("folder-loop-there"))
                    return
                above = (*above, mark) if mark is not None else above
            files += self._entries(pool, place, answer.listing, answer.uid, before, above)
            count += len(answer.listing.entries)
            incomplete = next((each for each in answer.listing.remarks if each.message.code in INCOMPLETE), None)
            if incomplete is not None:
                self._passed_over(place, Coverage.FAILED, incomplete.message)
                return
            if answer.listing.more is not None and (number + 1 >= self._bounds.pages or count >= self._bounds.entries):
                self._passed_over(place, Coverage.FAILED, Message("listing-endless", {"entries": count}))
                return
        self._barren = 0 if files else self._barren + 1
        self._recorder.noted(Folder(place.path, Coverage.LISTED))

    def _closed(self, place: _Place) -> Message | None:
        """Why a folder is not asked for at all."""
        if place.depth > self._bounds.depth:
            return Message("folder-too-deep", {"limit": self._bounds.depth})
        if len(place.url) > self._bounds.url:
            return Message("url-too-long", {"limit": self._bounds.url})
        if self._barren >= self._bounds.barren:
            return Message("folders-barren", {"limit": self._bounds.barren})
        if self._robots is not None and not self._robots.allows(place.url):
            return Message("robots-disallow")
        return None

    def _passed_over(self, place: _Place, coverage: Coverage, message: Message) -> None:
        self.lost = True
        if coverage is Coverage.FAILED:
            self.failed += 1
        self._recorder.noted(Noted(place.path, message))
        self._recorder.noted(Folder(place.path, coverage))

    def _entries(
        self,
        pool: ThreadPoolExecutor,
        place: _Place,
        listing: Listing,
        page: bytes,
        before: dict[bytes, Before],
        above: tuple[bytes, ...],
    ) -> int:
        """Take one page of a folder in; how many files it shows."""
        for remark in listing.remarks:
            if remark.message.code in INCOMPLETE:
                continue
            self._recorder.noted(Noted(_below(place.path, remark.name), remark.message))
        files = 0
        for entry in listing.entries:
            path = _below(place.path, entry.name)
            if not self._session.scope.holds(entry.url):
                self._recorder.noted(Noted(path, Message("entry-elsewhere", {"url": entry.url})))
                self.lost = True
            elif entry.is_folder:
                self._enqueue(_Place(path, entry.url, place.depth + 1, above))
            else:
                files += 1
                self._session.control.add(files_known=1, bytes_known=entry.size or 0)
                self._file(pool, entry, path, page, before.get(path))
        return files

    def _enqueue(self, place: _Place) -> None:
        if place.path in self._met:
            return
        if len(self._met) >= self._bounds.folders:
            self._passed_over(place, Coverage.NOT_REACHED, Message("folders-too-many", {"limit": self._bounds.folders}))
            return
        self._met.add(place.path)
        self._waiting.append(place)
        self._session.control.add(folders_known=1)

    # files

    def _file(self, pool: ThreadPoolExecutor, entry: Entry, path: bytes, page: bytes, before: Before | None) -> None:
        if self._recorder.recorded_before(path):
            self._session.control.add(files_done=1, bytes_done=entry.size or 0)
            return
        item = self._decided(_Item(entry, path, page, before))
        future = pool.submit(self._fetcher.fetch, item.wish) if item.wish is not None else None
        self._window.append((item, future))
        self._settle(WINDOW - 1)

    def _settle(self, most: int) -> None:
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
        if before is not None and not self._case.evidence.has(before.sha256):
            item, before = replace(item, before=None), None
        rule = self._trust.rule(entry, before)
        check = rule is not None and self._trust.is_to_be_checked(item.path)
        if rule is not None and not check:
            return replace(item, rule=rule)
        if self._list_only:
            return item
        if self._robots is not None and not self._robots.allows(entry.url):
            return replace(item, why_not=Message("robots-disallow"))
        if len(entry.url) > self._bounds.url:
            return replace(item, why_not=Message("url-too-long", {"limit": self._bounds.url}))
        left = self._left(entry)
        if left == 0:
            return replace(item, why_not=Message("limit-reached"))
        etag, modified = (None, None) if check else self._trust.question(before)
        wish = Wish(
            key_of(self._source_uid, item.path),
            self._kind.fetch(entry.url),
            Purpose.CHECK if check else Purpose.FILE,
            etag,
            modified,
            None if left is None else left,
        )
        self.files += 1
        self.bytes += entry.size or 0
        return replace(item, rule=rule, wish=wish)

    def _left(self, entry: Entry) -> int | None:
        """Bytes that may still come; null for any number, 0 when the budget is used up."""
        budget = self._budget
        wanted = entry.size or 1
        while True:
            files = budget.files is not None and self.files >= budget.files
            size = budget.bytes is not None and self.bytes + wanted > budget.bytes
            if not files and not size:
                return None if budget.bytes is None else budget.bytes - self.bytes
            arguments = {"files": self.files, "bytes": self.bytes}
            if budget.again is None or not budget.again(Message("limit-question", arguments)):
                self._budget = replace(budget, again=None)
                return 0
            budget = self._budget = Budget(
                None if budget.files is None else budget.files + max(budget.files, 1),
                None if budget.bytes is None else budget.bytes + max(budget.bytes, wanted),
                budget.again,
            )

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
        for unplaced in fetched.exchanges:
            self._recorder.exchanged(self._session.place(unplaced))
        if fetched.stored is not None:
            self._arrived(item, fetched, fetched.stored)
        elif fetched.unchanged and item.before is not None:
            self._trusted(item, fetched.uid, "not-modified")
        else:
            problem = fetched.problem or Message("network-unreachable")
            if problem.code in LINE_GONE:
                self._ask_for_life(problem)
            for unplaced in self._fetcher.give_up(item.wish):
                self._recorder.exchanged(self._session.place(unplaced))
            self.lost = True
            self.failed += 1
            self._session.control.add(failed=1)
            self._sighted(item, None, item.page, warnings=(problem,))

    def _arrived(self, item: _Item, fetched: Fetched, stored: Stored) -> None:
        entry = item.entry
        self.bytes += stored.size - (entry.size or 0)  # the budget was charged with what the listing claims
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

    def _trusted(self, item: _Item, record: bytes, rule: str) -> None:
        before = item.before
        assert before is not None
        entry = item.entry
        same_words = before.claimed.get("listing", "") == entry.stamp
        self._recorder.sighted(
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
    ) -> None:
        entry = item.entry
        said = last_modified(headers) if headers else None
        claimed = {"listing": entry.stamp}
        claimed |= {name: headers[name] for name in KEPT if headers and name in headers}
        self._recorder.sighted(
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
            )
        )
        self._done(item)

    def _done(self, item: _Item) -> None:
        self._session.control.add(files_done=1)
        self._progress.update(*self._session.control.files(), item=display(item.path))

    def _ask_for_life(self, problem: Message) -> None:
        """Is the server there at all? Raises `LineLost` when not: what failed then says nothing of a file."""
        if not self._pages.is_alive(self._kind, self._session.scope.start):
            raise LineLost(problem)


KEPT = ("content-type", "content-length", "last-modified", "content-encoding", "content-disposition")
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


def _below(folder: bytes, name: bytes) -> bytes:
    return folder + b"/" + name if folder else name


def _mark_of(listing: Listing) -> bytes | None:
    """What a folder lists, to know it again by; null for one that lists no file or hardly anything at all."""
    if len(listing.entries) < 2 or all(each.is_folder for each in listing.entries):
        return None
    digest = hashlib.sha256()
    for each in listing.entries:
        digest.update(b"%d\0%s\0%s\0" % (each.is_folder, each.name, each.stamp.encode("utf-8", "replace")))
    return digest.digest()

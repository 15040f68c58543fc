"""Walk a server from its start: list every folder, say what was seen of it, and hand its files on.

Folders are listed in the order in which they are met. Memory is bounded by the folders that wait and by one page of a
listing.
"""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from workbench.core.messages import Message
from workbench.core.records import Coverage, Folder, Noted
from workbench.jobs.filing import Filing, Setting
from workbench.jobs.pages import LINE_GONE
from workbench.queries import harvest as queries
from workbench.queries.harvest import Before
from workbench.sources.remote import Entry, Listing

INCOMPLETE = frozenset(
    {"ftp-listing-cut", "listing-cut-off", "listing-too-many", "rows-incomplete", "bucket-no-next-page"}
)
"""What readers say of a page that does not show all of its folder: then nothing is known of what is not on it."""


@dataclass(frozen=True)
class _Place:
    """A folder that waits to be listed. `above` holds what the folders above it list, to know a loop by."""

    path: bytes
    url: str
    depth: int = 0
    above: tuple[bytes, ...] = ()


class Harvest:
    """One look's walk. Used by one job thread."""

    def __init__(self, setting: Setting) -> None:
        self._set = setting
        self._waiting: deque[_Place] = deque()
        self._met: set[bytes] = set()
        self._barren = 0
        self.lost = False
        """Was something not seen that belongs to the source?"""

    def run(self, start: str) -> None:
        """Walk everything. Raises `Cancelled`, `LineLost`, `UserError` of our own disk, and `NetworkError`
        ``certificate-changed``.
        """
        self._waiting.append(_Place(b"", start))
        self._set.session.control.add(folders_known=1)
        filing = Filing(self._set)
        try:
            while self._waiting:
                self._folder(self._waiting.popleft(), filing)
                self._set.session.control.add(folders_done=1)
            filing.settle(0)
        except BaseException:
            filing.break_off()
            raise
        self.lost |= filing.lost

    def _folder(self, place: _Place, filing: Filing) -> None:
        why_not = self._closed(place)
        if why_not is not None:
            self._passed_over(place, Coverage.NOT_REACHED, why_not)
            return
        files = count = 0
        above = place.above
        for number, answer in enumerate(self._set.pages.of(self._set.kind, place.url, at_start=not place.path)):
            if number == 0 and self._is_doubtful(place, answer.listing):
                answer = self._set.pages.again(self._set.kind, place.url, at_start=not place.path)
            if answer.listing is None:
                assert answer.message is not None
                if answer.message.code in LINE_GONE:
                    self._set.pages.ask_for_life(self._set.kind, answer.message)
                self._passed_over(place, answer.coverage, answer.message)
                return
            if number == 0:
                mark = _mark_of(answer.listing)
                if mark is not None and mark in above and _is_itself(place, answer.listing):
                    self._passed_over(place, Coverage.NOT_REACHED, Message("folder-loop-there"))
                    return
                above = (*above, mark) if mark is not None else above
            files += self._entries(place, answer.listing, answer.uid, above, filing)
            count += len(answer.listing.entries)
            incomplete = next((each for each in answer.listing.remarks if each.message.code in INCOMPLETE), None)
            if incomplete is not None:
                self._passed_over(place, Coverage.FAILED, incomplete.message)
                return
            if answer.listing.more is not None and (
                number + 1 >= self._set.rules.bounds.pages or count >= self._set.rules.bounds.entries
            ):
                self._passed_over(place, Coverage.FAILED, Message("listing-endless", {"entries": count}))
                return
            if answer.listing.more is not None and (late := self._set.rules.time_is_up()) is not None:
                self._passed_over(place, Coverage.FAILED, late)
                return
        self._barren = 0 if files else self._barren + 1
        self._set.recorder.noted(Folder(place.path, Coverage.LISTED))

    def _is_doubtful(self, place: _Place, listing: Listing | None) -> bool:
        """Does an FTP server answer with nothing where there were files? It may have given up: it is asked twice."""
        if self._set.kind.name != "ftp" or listing is None or listing.entries:
            return False
        return bool(self._set.case.ask(queries.had_files, self._set.recorder.snapshot, place.path))

    def _closed(self, place: _Place) -> Message | None:
        """Why a folder is not asked for at all."""
        if (late := self._set.rules.time_is_up()) is not None:
            return late
        if place.depth > self._set.rules.bounds.depth:
            return Message("folder-too-deep", {"limit": self._set.rules.bounds.depth})
        if len(place.url) > self._set.rules.bounds.url:
            return Message("url-too-long", {"limit": self._set.rules.bounds.url})
        if self._barren >= self._set.rules.bounds.barren:
            return Message("folders-barren", {"limit": self._set.rules.bounds.barren})
        if self._set.rules.robots is not None and not self._set.rules.robots.allows(place.url):
            return Message("robots-disallow")
        return None

    def _passed_over(self, place: _Place, coverage: Coverage, message: Message) -> None:
        self.lost = True
        self._set.recorder.noted(Noted(place.path, message))
        self._set.recorder.noted(Folder(place.path, coverage))

    def _entries(
        self,
        place: _Place,
        listing: Listing,
        page: bytes,
        above: tuple[bytes, ...],
        filing: Filing,
    ) -> int:
        """Take one page of a folder in; how many files it shows."""
        for remark in listing.remarks:
            if remark.message.code in INCOMPLETE:
                continue
            self._set.recorder.noted(Noted(_below(place.path, remark.name), remark.message))
        files = 0
        for number, entry in enumerate(listing.entries):
            if number % queries.AT_ONCE == 0:
                before = self._before(place, listing.entries[number : number + queries.AT_ONCE])
            path = _below(place.path, entry.name)
            if not self._set.session.scope.holds(entry.url):
                self._set.recorder.noted(Noted(path, Message("entry-elsewhere", {"url": entry.url})))
                self.lost = True
            elif entry.is_folder:
                self._enqueue(_Place(path, entry.url, place.depth + 1, above))
            else:
                files += 1
                self._set.session.control.add(files_known=1, bytes_known=entry.size or 0)
                filing.take(entry, path, page, before.get(path))
        return files

    def _before(self, place: _Place, entries: Sequence[Entry]) -> dict[bytes, Before]:
        """What earlier looks know of a part of a page: a folder may hold more files than memory does."""
        paths = [_below(place.path, each.name) for each in entries if not each.is_folder]
        return self._set.case.ask(queries.files_before, self._set.recorder.snapshot, paths)

    def _enqueue(self, place: _Place) -> None:
        if place.path in self._met:
            return
        if len(self._met) >= self._set.rules.bounds.folders:
            self._passed_over(
                place, Coverage.NOT_REACHED, Message("folders-too-many", {"limit": self._set.rules.bounds.folders})
            )
            return
        self._met.add(place.path)
        self._waiting.append(place)
        self._set.session.control.add(folders_known=1)


def _below(folder: bytes, name: bytes) -> bytes:
    return folder + b"/" + name if folder and name else folder or name


def _mark_of(listing: Listing) -> bytes | None:
    """What a folder lists, to know it again by; None for one that lists nothing."""
    if not listing.entries:
        return None
    digest = hashlib.sha256()
    for each in listing.entries:
        digest.update(b"%d\0%s\0%s\0" % (each.is_folder, each.name, each.stamp.encode("utf-8", "replace")))
    return digest.digest()


def _is_itself(place: _Place, listing: Listing) -> bool:
    """Is a folder that lists what one above it lists that folder again, as a symbolic link to it is?

    It is when it shows several things and not folders alone, or when it shows itself among them: a link lies in the
    folder that it leads to.
    """
    if len(listing.entries) > 1 and not all(each.is_folder for each in listing.entries):
        return True
    own = place.path.rpartition(b"/")[2]
    return any(each.is_folder and each.name == own for each in listing.entries)

"""Rows become a listing: the folder they lie in, names that count once, remarks on what was left out."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from workbench.core.messages import Argument, Message
from workbench.core.times import Precision, Stated, Zone
from workbench.sources.listings import stamps
from workbench.sources.listings.document import MAX_ENTRIES, Document
from workbench.sources.listings.links import Away, Home, Target
from workbench.sources.listings.rows import Row
from workbench.sources.listings.stamps import Order
from workbench.sources.remote import Entry, Listing, Remark

MAX_REMARKS = 200
_INDEX = re.compile(rb"(?:index|default)\.(?:php\d?|aspx?|cgi|pl|jsp)", re.IGNORECASE)


@dataclass(slots=True)
class Remarks:
    """Remarks of one page, no more than can be read; the rest is counted."""

    kept: list[Remark] = field(default_factory=list)
    more: int = 0

    def add(self, code: str, name: bytes = b"", /, **args: Argument) -> None:
        """One more."""
        if len(self.kept) < MAX_REMARKS:
            self.kept.append(Remark(name[:300], Message(code, args)))
        else:
            self.more += 1

    def all(self) -> tuple[Remark, ...]:
        """In the order of the page."""
        if not self.more:
            return tuple(self.kept)
        return (*self.kept, Remark(b"", Message("listing-more-remarks", {"count": self.more})))


def collect(document: Document, rows: Iterable[Row], name: str, *, by_program: bool = False) -> Listing:
    """The listing that these rows make. Without entries it still says that the folder was listed: call it only where
    the page says so. `by_program`: the page was written by some program, so that an index file among its rows is that
    program, or else the server would have shown the file instead.
    """
    rows = [row for row in rows if not row.is_parent]
    document.forget_lines()
    remarks = Remarks()
    homes = _homes(document, rows, remarks)
    order = Order.UNKNOWN
    for row in rows:
        order = order.seen(row.when)
    entries: list[Entry] = []
    seen: set[bytes] = set()
    for row in rows:
        target = row.target
        if isinstance(target, Away):
            if target.name and target.name not in seen and document.is_about(target.url):
                # A catalogue of other servers: the file is listed; whether it may be asked for is not decided here.
                seen.add(target.name)
                entries.append(_entry(row, target, order))
            else:
                remarks.add("listing-link-away", target.raw)
        elif target.home not in homes:
            remarks.add("listing-link-elsewhere", target.name, folder=target.home.shown()[:300])
        elif target.flaw:
            remarks.add(target.flaw, target.name)
        elif by_program and _INDEX.fullmatch(target.name) and document.resolver.is_own(target.home):
            remarks.add("listing-own-program", target.name)
        elif target.name not in seen:
            if len(entries) >= MAX_ENTRIES:
                remarks.kept.insert(0, Remark(b"", Message("listing-too-many", {"limit": MAX_ENTRIES})))
                break
            seen.add(target.name)
            entries.append(_entry(row, target, order))
    _tell_of_others(rows, homes, seen, remarks)
    if document.cut:
        remarks.kept.insert(0, Remark(b"", Message("listing-cut-off")))
    return Listing(name, tuple(entries), remarks=remarks.all())


def in_homes(document: Document, rows: Iterable[Row]) -> list[Row]:
    """The rows that lie in the folder of the page, or in the one that they share."""
    rows = [row for row in rows if not row.is_parent]
    homes = _homes(document, rows, Remarks())
    return [row for row in rows if isinstance(row.target, Target) and row.target.home in homes]


def _homes(document: Document, rows: list[Row], remarks: Remarks) -> frozenset[Home]:
    """The folders whose entries count: the page's own, else the one in which most rows lie, for which a remark is made.

    One folder of the server and one of a program may stand side by side, as in ``index.php?dir=`` with plain files.
    """
    counts = Counter(row.target.home for row in rows if isinstance(row.target, Target))
    chosen = []
    for by_program in (True, False):
        there = {home: count for home, count in counts.items() if bool(home.program) is by_program}
        if not there:
            continue
        best = max((home for home in document.resolver.owns if home in there), key=there.__getitem__, default=None)
        if best is None:
            best = max(there, key=there.__getitem__)
            if not _may_be_home(document, best, there, sum(counts.values())):
                continue
            if not by_program:
                remarks.add("listing-elsewhere", folder=best.shown()[:300])
        chosen.append(best)
    return frozenset(chosen)


def _may_be_home(document: Document, home: Home, there: dict[Home, int], total: int) -> bool:
    """Whether a folder that is not the page's own may count as its folder: it holds most rows, and lies below or beside
    the page, never above.
    """
    if home.program:
        return there[home] * 2 >= sum(there.values())
    own = document.resolver.own.segments
    return there[home] * 2 > sum(there.values()) and home.segments != own[: len(home.segments)] and total > 0


def _entry(row: Row, target: Target | Away, order: Order) -> Entry:
    is_folder = row.is_folder if row.is_folder is not None else row.blank and b"." not in target.name
    is_folder |= target.is_folder
    stated = stamps.read(row.moment) if row.moment else None
    stated = stated or (stamps.read(row.when, order) if row.when else None)
    url = target.url
    by_program = isinstance(target, Target) and bool(target.home.program)
    if is_folder and not by_program and not url.endswith("/"):
        url += "/"
    size = None if is_folder else row.size
    time = stated or Stated(0, Zone.UNKNOWN, Precision.MINUTE)
    return Entry(
        name=target.name,
        is_folder=is_folder,
        url=url,
        size=size.number if size else None,
        exact=size.exact if size else False,
        modified=time.micros if stated else None,
        zone=time.zone,
        precision=time.precision,
        stamp=row.stamp,
    )


def _tell_of_others(rows: list[Row], homes: frozenset[Home], seen: set[bytes], remarks: Remarks) -> None:
    """Links beside the name that lead to something else in the same folder."""
    told: set[bytes] = set()
    for row in rows:
        for other in row.others:
            if other.home in homes and other.name not in seen and other.name not in told:
                told.add(other.name)
                remarks.add("listing-link-beside", other.name)

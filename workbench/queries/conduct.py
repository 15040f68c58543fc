"""What was done in a look, derived from its request log: was anything bypassed?

Derived are: the number of requests and their methods; whether a stored request says who asks; whether all lay below the
start, on its host; which paths were refused, and whether one of them was asked for again or entered afterwards. A
person confirms it after the look; what is derived and what is confirmed stand side by side.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import SplitResult, urlsplit, urlunsplit

from workbench.case.readers import Reader
from workbench.core.messages import Message
from workbench.core.records import Placed
from workbench.core.scope import REFUSED, Scope, origin_of
from workbench.queries.asked import credentials
from workbench.queries.watched import check_snapshot

READING = frozenset({"GET", "HEAD", "PROPFIND", "OPTIONS", "MLSD", "MLST", "LIST", "NLST", "RETR", "SIZE", "MDTM"})
"""Methods of HTTP, WebDAV and FTP that change nothing."""
SHOWN = 20
"""Addresses that are named; all are counted."""


@dataclass(frozen=True)
class Confirmed:
    """Who said, and when (microseconds UTC), that nothing was bypassed. A withheld author is null."""

    by: str | None
    time: int


@dataclass(frozen=True)
class Conduct:
    """What the request log of one look shows.

    `hosts` counts requests by host. `credentials` counts requests that said who asks, by what said it; `unread` those
    whose record cannot be read any more. `outside` are requests that did not lie below the start, `other_methods` those
    that could have changed something. `refused` paths were not for everybody; `entered` are those of them that were
    asked for again, or below which something was asked for afterwards. Of each list the first are named, all are
    counted.
    """

    snapshot: int
    source: str
    requests: int
    methods: Mapping[str, int]
    hosts: Mapping[str, int]
    credentials: Mapping[str, int]
    unread: int
    outside: tuple[str, ...]
    outside_count: int
    other_methods: int
    refused: tuple[str, ...]
    refused_count: int
    entered: tuple[str, ...]
    entered_count: int
    login_pages: int
    confirmed: Confirmed | None

    @property
    def anonymous(self) -> bool | None:
        """Did no request say who asks? Null where not all can be read."""
        if self.credentials:
            return False
        return None if self.unread or not self.requests else True

    @property
    def is_clean(self) -> bool | None:
        """Does the log show that nothing was bypassed? Null where it does not show it either way."""
        if self.credentials or self.outside_count or self.other_methods or self.entered_count:
            return False
        return self.anonymous

    @property
    def message(self) -> Message:
        """The sentence for people: ``conduct-clean``, ``conduct-doubt``, ``conduct-unread``, ``conduct-none``."""
        if self.is_clean is False:
            return Message(
                "conduct-doubt",
                {
                    "credentials": sum(self.credentials.values()),
                    "entered": self.entered_count,
                    "outside": self.outside_count,
                    "methods": self.other_methods,
                },
            )
        if not self.requests:
            return Message("conduct-none")
        if self.unread:
            return Message("conduct-unread", {"requests": self.requests, "unread": self.unread})
        methods = ", ".join(f"{name} {count}" for name, count in self.methods.items())
        return Message("conduct-clean", {"requests": self.requests, "methods": methods, "refused": self.refused_count})


def conduct(reader: Reader, snapshot: int) -> Conduct:
    """What the request log of a look shows. Reads every stored request; remembered until the case changes.

    Raises `UserError` ``no-such-snapshot``.
    """
    check_snapshot(reader, snapshot)
    tables = ("exchange", "decision", "watch", "warning", "snapshot_end")
    return reader.memoised(("conduct", snapshot), lambda: _Look(reader, snapshot).run(), tables)


class _Look:
    def __init__(self, reader: Reader, snapshot: int) -> None:
        self.reader = reader
        self.snapshot = snapshot
        self.source, self.source_name = reader.all(
            "SELECT s.id, s.name FROM snapshot n JOIN source s ON s.id = n.source WHERE n.id = ?", (snapshot,)
        )[0]
        self.kind, self.start = self._watch()
        self.scope = None if self.start is None else self._scope(self.start)
        self.rules_elsewhere = False
        """Did the host just say that its rules for robots lie at another address?"""
        self.methods: Counter[str] = Counter()
        self.hosts: Counter[str] = Counter()
        self.outside: list[str] = []
        self.refused: dict[str, None] = {}
        self.entered: dict[str, None] = {}

    def run(self) -> Conduct:
        for url, method, purpose, status in self.reader.conn.execute(
            "SELECT url, method, purpose, status FROM exchange WHERE snapshot = ? ORDER BY time, id", (self.snapshot,)
        ):
            self._request(url, method, purpose, status)
        said, unread = self._credentials()
        return Conduct(
            snapshot=self.snapshot,
            source=self.source_name,
            requests=self.methods.total(),
            methods=dict(sorted(self.methods.items())),
            hosts=dict(sorted(self.hosts.items())),
            credentials=said,
            unread=unread,
            outside=tuple(self.outside[:SHOWN]),
            outside_count=len(self.outside),
            other_methods=sum(count for name, count in self.methods.items() if name not in READING),
            refused=tuple(self.refused)[:SHOWN],
            refused_count=len(self.refused),
            entered=tuple(self.entered)[:SHOWN],
            entered_count=len(self.entered),
            login_pages=self._login_pages(),
            confirmed=self._confirmed(),
        )

    def _watch(self) -> tuple[str, str | None]:
        """How the source was watched when the look ended, which may itself have found out of which kind it is: its
        kind, and where it starts; null where nobody says.
        """
        ended = self.reader.value(
            "SELECT r.op FROM snapshot_end e JOIN op_rows r ON r.tab = 'snapshot_end' "
            "AND e.id BETWEEN r.first AND r.last WHERE e.snapshot = ?",
            (self.snapshot,),
        )
        row = self.reader.conn.execute(
            "SELECT w.kind, w.url FROM watch w JOIN op_rows r ON r.tab = 'watch' AND w.id BETWEEN r.first AND r.last "
            "WHERE w.source = ?1 ORDER BY ifnull(r.op > ?2, 0), w.id DESC LIMIT 1",
            (self.source, ended),
        ).fetchone()
        return ("", None) if row is None else (str(row[0]), str(row[1]))

    def _request(self, url: str, method: str, purpose: str, status: int | None) -> None:
        self.methods[method] += 1
        parts = _split(url)
        self.hosts["" if parts is None else (parts.hostname or "")] += 1
        if self.start is not None and not self._is_inside(parts, purpose):
            self.outside.append(url)
        if purpose == "robots":
            self.rules_elsewhere = status is not None and 300 <= status < 400
        if self.refused or status in REFUSED:
            self._retrace(url, status)

    def _retrace(self, url: str, status: int | None) -> None:
        """Is this an address that was refused before, or one below a folder that was?"""
        places = _above(url)
        self.entered.update(dict.fromkeys(place for place in places if place in self.refused))
        if status in REFUSED:
            self.refused[places[0]] = None

    def _scope(self, start: str) -> Scope | None:
        """What belongs to the source; null where its start is no address."""
        parts = _split(start)
        if parts is None:
            return None
        if self.kind == "share":  # a public link is served from places of its own, on the same host
            return Scope(urlunsplit((parts.scheme, parts.netloc, "/", "", "")))
        return Scope(_folder_asked_for(parts))

    def _is_inside(self, parts: SplitResult | None, purpose: str) -> bool:
        if parts is None or self.scope is None:
            return False
        if purpose == "robots":
            same = origin_of(parts) == self.scope.origin and "@" not in parts.netloc
            return same and (parts.path == "/robots.txt" or self.rules_elsewhere)
        url = _folder_asked_for(parts)
        self.scope = self.scope.after(url)
        return self.scope.is_start(url) or self.scope.holds(url)

    def _credentials(self) -> tuple[dict[str, int], int]:
        rows = self.reader.all(
            "SELECT w.name, x.start, x.length, x.sha256 FROM exchange x JOIN warc w ON w.id = x.warc "
            "WHERE x.snapshot = ? ORDER BY x.warc, x.start",
            (self.snapshot,),
        )
        said: Counter[str] = Counter()
        unread = 0
        for found in credentials(self.reader, ((Placed(*row), self.start or "") for row in rows)):
            if found is None:
                unread += 1
            else:
                said.update(found)
        return dict(sorted(said.items())), unread

    def _login_pages(self) -> int:
        """Pages that asked who one is, as the look itself recognised them."""
        return int(
            self.reader.value(
                "SELECT (SELECT count(*) FROM exchange WHERE snapshot = ?1 AND outcome LIKE '%login%') "
                "+ (SELECT count(*) FROM warning WHERE snapshot = ?1 AND code LIKE '%login%')",
                (self.snapshot,),
            )
        )

    def _confirmed(self) -> Confirmed | None:
        row: tuple[Any, ...] | None = self.reader.conn.execute(
            "SELECT a.name, op.time FROM decision d "
            "JOIN op_rows r ON r.tab = 'decision' AND d.id BETWEEN r.first AND r.last JOIN op ON op.seq = r.op "
            "LEFT JOIN actor a ON a.id = op.actor WHERE d.snapshot = ? AND d.kind = 'conduct' ORDER BY d.id DESC",
            (self.snapshot,),
        ).fetchone()
        return None if row is None else Confirmed(*row)


def _split(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 - reading it checks it
    except ValueError:
        return None
    return parts


def _folder_asked_for(parts: SplitResult) -> str:
    """The address itself, or that of the folder whose listing is asked of a bucket, which stands in the query."""
    asked = dict(each.partition("=")[::2] for each in reversed(parts.query.split("&")))
    if not asked.keys() & {"list-type", "delimiter"} or "prefix" not in asked:
        return parts.geturl()
    return f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}/{asked['prefix']}"


def _above(url: str) -> list[str]:
    """The address itself and every folder above it, without the slashes at their ends."""
    parts = _split(url)
    if parts is None:
        return [url]
    front = f"{parts.scheme}://{parts.netloc}"
    path = parts.path.rstrip("/")
    found = [f"{front}{path}?{parts.query}" if parts.query else f"{front}{path}"]
    while path:
        path = path[: path.rfind("/")].rstrip("/")
        found.append(front + path)
    return found

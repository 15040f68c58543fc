"""What is said of one file, one address or one event: the values that the detail pane shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from workbench.core.messages import Message
from workbench.core.records import Action
from workbench.queries.acts import Citation
from workbench.queries.shown import Row

Target = tuple[str, int]


@dataclass(frozen=True)
class Moment:
    """A time as it was stated: microseconds, where its zone came from, how fine it is (numbers of `core.times`)."""

    micros: int
    zone: int
    precision: int = 2


def clock_of(kind: str) -> str:
    """Who states the modified times of a kind of source: ``computer``, ``archive``, or ``server``."""
    return {"folder": "computer", "file": "computer", "paths": "computer", "zip": "archive", "tar": "archive"}.get(
        kind, "server"
    )


@dataclass(frozen=True)
class Sight:
    """One sighting.

    `trusted` is by which rule its bytes were taken to be those of before: ``size-time``, ``etag``, ``not-modified``;
    null where they were fetched in that look. `rechecked` says whether bytes that were fetched to check that trust were
    the same; null where none were.
    """

    id: int
    look: int
    look_time: Moment
    look_status: str
    source: str
    path: str
    raw: bytes
    state: str
    size: int | None
    modified: Moment | None
    etag: str | None
    trusted: str | None = None
    rechecked: bool | None = None
    kind: str = "web"
    """Of the source: it says whose clock the modified time is of."""

    @property
    def clock(self) -> str:
        """Who states the modified time: ``computer`` (files of a folder here), ``archive``, or ``server``."""
        return clock_of(self.kind)


@dataclass(frozen=True)
class Line:
    """One line of a log, as far as a list needs it. `rule` and `score` say how it was joined to the file."""

    id: int
    time: Moment | None
    zone_rule: str
    address: int
    address_text: str
    action: Action
    ok: bool | None
    path: str
    log: bytes
    log_name: str
    line: int
    rule: str = ""
    score: float | None = None
    own: bool = False


@dataclass(frozen=True)
class Network:
    """Who an address belongs to, in short: what the newest sets say."""

    country: str | None
    asn: str | None
    name: str | None
    labels: tuple[str, ...]


@dataclass(frozen=True)
class Note:
    """One note."""

    author: str
    time: int
    text: str


@dataclass(frozen=True)
class Marks:
    """What people decided about one target: by author where it matters. `mine` are the tags of the asking author."""

    verdicts: tuple[tuple[str, str], ...] = ()
    tags: tuple[str, ...] = ()
    mine: tuple[str, ...] = ()
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True)
class Item:
    """One file: an object, or a listed file that was not fetched."""

    id: int
    target: Target
    sha256: bytes | None
    size: int | None
    state: str
    facts: tuple[tuple[str, Any], ...]
    sightings: tuple[Sight, ...]
    sightings_in_all: int
    absent: Moment | None
    """The last look at the source before the first sighting that shows that the file was not there."""
    uploads: tuple[Line, ...]
    accesses: tuple[Line, ...]
    accesses_in_all: int
    networks: dict[int, Network]
    warnings: tuple[Message, ...]
    marks: Marks
    preview: bytes | None

    def fact(self, key: str) -> Any:
        """The newest value of a fact, or null."""
        return dict(self.facts).get(key)

    @property
    def path(self) -> str:
        """Where it was seen last."""
        return self.sightings[-1].path if self.sightings else ""


@dataclass(frozen=True)
class Address:
    """One address: every claim, what it did, and the files that it uploaded."""

    id: int
    text: str
    network: Network
    claims: tuple[Row, ...]
    asked_sets: int
    newest_set: str
    actions: tuple[tuple[Action, int], ...]
    """How often what; uploads are those that succeeded."""
    failed_uploads: int
    open_uploads: int
    """Uploads of which no log says how they ended."""
    first: int | None
    last: int | None
    zoneless: bool
    own: bool
    uploaded: tuple[int, ...]
    uploaded_in_all: int
    marks: Marks


@dataclass(frozen=True)
class LogLine:
    """One event with the bytes it was read from."""

    line: Line
    method: str | None
    status: int | None
    sent: int | None
    received: int | None
    user: str | None
    agent: str | None
    referrer: str | None
    damaged: bool
    salvaged: bool
    raw: bytes | None
    start: int
    length: int
    format: str
    network: Network
    items: tuple[tuple[int, str, str, float], ...]
    """Matched files: item, path, rule, score."""
    marks: Marks
    peer: str | None = None
    """Who connected, where the line has a forwarded-for list as well."""
    forwarded: tuple[str, ...] = ()
    by_list: bool = False
    """Was the address taken from that list?"""
    cited: tuple[Citation, ...] = ()
    """Other lines that tell of the same act."""

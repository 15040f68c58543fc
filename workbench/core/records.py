"""Values that pass between the rooms. Frozen; times are microseconds UTC, sizes are bytes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from typing import BinaryIO

from workbench.core.messages import Message
from workbench.core.times import Precision, Zone


class Action(IntEnum):
    """What a line of an access log says was done. The numbers stand in case files."""

    OTHER = 0
    UPLOAD = 1
    DOWNLOAD = 2
    LIST = 3
    DELETE = 4
    MOVE = 5
    LOGIN = 6
    LOGIN_FAILED = 7

    def word(self) -> str:
        """As the command line prints it."""
        return self.name.lower().replace("_", "-")


class State(StrEnum):
    """What became of a file."""

    OK = "ok"
    EMPTY = "empty"
    UNDECODABLE = "undecodable"
    TOO_LARGE = "too-large"
    NOT_FETCHED = "not-fetched"
    REFUSED = "refused"
    MISSING = "missing"
    WITHHELD = "withheld"


class Status(StrEnum):
    """How a look ended; `RUNNING` is one that has not, or was cut off."""

    RUNNING = "running"
    COMPLETE = "complete"
    PARTIAL = "partial"
    FAILED = "failed"


class Coverage(StrEnum):
    """What a look saw of one folder."""

    LISTED = "listed"
    REFUSED = "refused"
    FAILED = "failed"
    NOT_REACHED = "not-reached"


class Basis(StrEnum):
    """Who says when a look was: our own harvest, the user, or a name such as ``2024-01-03``."""

    WITNESSED = "witnessed"
    ASSERTED = "asserted"
    FROM_NAME = "from-name"


@dataclass(frozen=True)
class Harvested:
    """One file that a source saw.

    `path` is the raw path as seen, relative to the source, ``/``-separated. `open` gives a readable binary
    stream, and is null when there are no bytes (`problem` then says why). `modified` is the time that the
    source claims; with `Zone.UNKNOWN` it is a wall clock.
    """

    path: bytes
    open: Callable[[], BinaryIO] | None
    size: int | None = None
    modified: int | None = None
    zone: Zone = Zone.UNKNOWN
    precision: Precision = Precision.SECOND
    etag: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    problem: Message | None = None
    record: str | None = None
    """The WARC record that shows it (``urn:uuid:…``), where there is one."""
    trusted: str | None = None
    """See `Sighted.trusted`."""


@dataclass(frozen=True)
class Noted:
    """Something that a source could not or would not read: a warning with its place."""

    path: bytes
    message: Message


@dataclass(frozen=True)
class Folder:
    """What a source saw of one folder (``b""`` is the root)."""

    path: bytes
    coverage: Coverage


@dataclass(frozen=True)
class Container:
    """An archive whose members are taken in: its own name, bytes and SHA-256, so that each can be traced."""

    path: bytes
    size: int
    sha256: bytes


Seen = Harvested | Noted | Folder | Container


class Purpose(StrEnum):
    """What a request was for. The words stand in case files."""

    LISTING = "listing"
    FILE = "file"
    CHECK = "check"
    ROBOTS = "robots"
    PROBE = "probe"


@dataclass(frozen=True)
class Placed:
    """Where records lie: `length` bytes at `start` of a WARC file of the evidence store, and their SHA-256."""

    file: str
    start: int
    length: int
    sha256: bytes


@dataclass(frozen=True)
class Exchange:
    """One request and what came back, ready to be recorded.

    `uid` names the WARC record of the answer. `time` is when the request went out, `took` how long it all lasted, both
    microseconds; `server_date` is what the server's clock said (``Date``). `received` counts bytes of the body.
    `outcome` is ``done`` or the code of what went wrong. Where the body is an object of the case, `object` is its
    SHA-256, and `body_from` and `body_size` say which part of it came with this exchange.
    """

    uid: bytes
    time: int
    took: int
    purpose: Purpose
    method: str
    url: str
    status: int | None
    peer: str | None
    certificate: bytes | None
    server_date: int | None
    received: int
    outcome: str
    placed: Placed
    object: bytes | None = None
    body_from: int | None = None
    body_size: int | None = None


@dataclass(frozen=True)
class Stored:
    """Bytes that are safe in the evidence store."""

    sha256: bytes
    size: int
    new: bool


@dataclass(frozen=True)
class Sighted:
    """One sighting ready to be recorded: what the source claimed, and the stored bytes if there are any."""

    path: bytes
    stored: Stored | None
    state: str
    size: int | None
    modified: int | None
    zone: Zone
    precision: Precision
    etag: str | None = None
    headers: str | None = None
    record: str | None = None
    warnings: tuple[Message, ...] = ()
    trusted: str | None = None
    """By which rule the bytes of an earlier look were taken for those of this one, without fetching them."""
    same: bool | None = None
    """Were the bytes, fetched again to check that trust, the same?"""
    instead: Stored | None = None
    """What the server sent in place of the file. It is kept, and is not the file: `stored` is None then."""


FactValue = int | float | str | None


@dataclass(frozen=True)
class Analysis:
    """What an analyzer found in one object.

    `state` is what the object turned out to be; `preview` is a JPEG of at most 256 px, upright.
    """

    state: State
    facts: tuple[tuple[str, FactValue], ...] = ()
    warnings: tuple[Message, ...] = ()
    preview: bytes | None = None


@dataclass(frozen=True)
class Claim:
    """What a data set says of an address. `level` is ``prefix`` or ``as``; `prefix` the range that matched."""

    dataset: str
    release: str
    prefix: str
    level: str
    key: str
    value: str

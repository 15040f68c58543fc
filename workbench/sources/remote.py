"""Values and protocols of sources that lie on other computers.

A *kind* of source says how a folder is asked for and reads what comes back; both are pure functions. A *transport*
carries one request there and one answer back, with all that evidence needs of it. Everything between them (scope, pace,
limits, resuming, recording) is the same for every kind and lies in `workbench.jobs`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from workbench.core.messages import Argument, Message
from workbench.core.times import Precision, Zone


@dataclass(frozen=True)
class Ask:
    """One request. `url` is ASCII, percent-encoded as the server wrote it; header names are in the usual spelling."""

    method: str
    url: str
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""


@dataclass(frozen=True)
class Page:
    """An answer that may be a listing: the decoded body, where it came from, and its headers in lower case."""

    url: str
    body: bytes
    media_type: str = ""
    """Without parameters, in lower case; empty when the server did not say."""
    charset: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    ended: bool = True
    """Whether the server said where the page ends. One that only ended with its connection may be cut off."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of a listing.

    `name` is one segment of a raw path, as the server has it: percent-decoded once, without a slash, never empty, ``.``
    or ``..``. `url` is absolute and ASCII; that of a folder ends with a slash where its kind has slashes. `size` is
    what the listing claims, in bytes; where it is written rounded (``21K``) it is the middle of what that can mean, and
    `exact` is false. `stamp` is what the listing says of size, time and version, word by word: as long as it stays the
    same, the listing claims that nothing changed; it is empty where the listing says nothing of them.
    """

    name: bytes
    is_folder: bool
    url: str
    size: int | None = None
    exact: bool = False
    modified: int | None = None
    """Microseconds; a wall clock as if it were UTC where `zone` is unknown."""
    zone: Zone = Zone.UNKNOWN
    precision: Precision = Precision.MINUTE
    etag: str | None = None
    media_type: str | None = None
    stamp: str = ""


@dataclass(frozen=True)
class Remark:
    """A row that was left out of a listing, or something else to be told of it: never silently dropped."""

    name: bytes
    message: Message


@dataclass(frozen=True)
class Listing:
    """What a page lists. `format` names who understood it; `more` asks for the next page of the same folder."""

    format: str
    entries: tuple[Entry, ...]
    more: Ask | None = None
    remarks: tuple[Remark, ...] = ()


class Format(Protocol):
    """A way in which servers write listings. Pure: never touches a network, never raises for what it is given."""

    name: str

    def read(self, page: Page) -> Listing | None:
        """The listing, in the order of the page; null when this is not its way of writing. An empty folder is a listing
        without entries, which a format may only claim where the page says that it is a listing.
        """
        ...


class Kind(Protocol):
    """A kind of server: how a folder is asked for, and how the answer is read."""

    name: str
    """``web``, ``webdav``, ``s3``, ``share`` or ``ftp``; stands in case files."""

    def start(self, url: str) -> str:
        """The URL below which everything lies, for a start URL: that of a public link lies elsewhere."""
        ...

    def fallback(self, ask: Ask, status: int | None = None) -> Ask | None:
        """Another way of asking the same, where a server does not know this one; null when there is none."""
        ...

    def ask(self, url: str) -> Ask:
        """The request that lists a folder."""
        ...

    def read(self, page: Page) -> Listing | None:
        """See `Format.read`."""
        ...

    def fetch(self, url: str) -> Ask:
        """The request that gets a file."""
        ...


@dataclass(frozen=True)
class Certificate:
    """What a TLS server showed. `sha256` is over its DER form; `problem` says why this computer does not trust it."""

    sha256: bytes
    problem: str | None = None


class Answer(Protocol):
    """What came back. The head is there; the body is read by whoever wants it, from one thread."""

    ask: Ask
    began: int
    """When the request was sent, microseconds UTC by this laptop's clock."""
    status: int
    sent: bytes
    """The request, byte for byte as it went out, body included."""
    head: bytes
    """Status line and headers, byte for byte as they came, with the empty line."""
    headers: Mapping[str, str]
    """In lower case; of several of one name, joined by a comma and a space (RFC 9110 §5.3)."""
    peer: str | None
    """``address:port`` (IPv6 in brackets) of the server, or null where a proxy hides it."""
    certificate: Certificate | None
    length: int | None
    """Bytes that the body will have, where the server says so."""
    started: int
    """Where in the file the body starts: 0, or what a range request was granted."""

    @property
    def complete(self) -> bool | None:
        """Did all of the body come? False until it has; null where it came to an end that the server never stated, so
        that it may be whole or cut off.
        """
        ...

    def readinto(self, buffer: memoryview) -> int:
        """The next bytes of the body, transfer encoding removed, content encoding untouched; 0 at its end.

        Raises `NetworkError`; ``network-cut-off`` when the connection ended before the body did.
        """
        ...

    def close(self) -> None:
        """Give the connection back, or drop it when the body was not read to its end. May be called twice."""
        ...


class Transport(Protocol):
    """Carries requests. Any thread; every thread may have one answer open."""

    def open(self, ask: Ask) -> Answer:
        """Send and wait for the head of the answer, whatever its status. Raises `NetworkError`, and `Cancelled` within
        half a second of being told to stop.
        """
        ...

    def pin(self, sha256: bytes | None) -> None:
        """From now on accept this certificate only: any other is a `NetworkError` ``certificate-changed``."""
        ...

    def close(self) -> None:
        """Close every connection."""
        ...


class NetworkError(OSError):
    """No answer, or only a part of one, with the message that says why.

    `retry` says whether asking again may help; `head` and `sent` are what had gone over the line by then, and `body`
    what had come of a body that was wanted whole (`workbench.sources.http.content.read_body`), undecoded.
    """

    def __init__(self, code: str, /, *, retry: bool = True, **args: Argument) -> None:
        super().__init__(code)
        self.message = Message(code, args)
        self.retry = retry
        self.sent = b""
        self.head = b""
        self.body = b""
        self.peer: str | None = None

    def __str__(self) -> str:
        return self.message.text()

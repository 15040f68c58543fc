"""URLs of a harvest as places on a server, and as raw paths below the place where the harvest began.

Source: RFC 3986 §3, §6.2. A path is split at its slashes first and percent-decoded after, once, to bytes: ``%2F`` never
becomes a separator, and what is no UTF-8 stays as it is.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import SplitResult, parse_qsl, quote, unquote_to_bytes, urlsplit

from workbench.core.errors import UserError
from workbench.sources.members import unsafe

_PORTS = {"http": 80, "https": 443, "ftp": 21}
_SAFE = "/!$&'()*+,;=:@-._~"


@dataclass(frozen=True)
class Place:
    """A URL taken apart. `folders` are the decoded segments before the last slash, `last` is what follows it."""

    origin: str
    folders: tuple[bytes, ...]
    last: bytes
    query: str | None = None

    @property
    def is_folder(self) -> bool:
        """Does the path end with a slash?"""
        return not self.last

    @property
    def name(self) -> bytes:
        """The last segment, with the query as the server was asked: two queries are two files."""
        return self.last if self.query is None else self.last + b"?" + self.query.encode("utf-8", "surrogateescape")


def place_of(url: str) -> Place:
    """Take a URL apart. Raises `UserError` ``import-base-unreadable`` when it is none of http, https and ftp."""
    found = split(url)
    if found is None:
        raise UserError("import-base-unreadable", url=url)
    return found


def split(url: str) -> Place | None:
    """Take a URL apart; null when it is none of http, https and ftp, or holds a segment that no path may have."""
    try:
        parts = urlsplit(url.strip())
        origin = _origin(parts)
    except ValueError:
        return None
    if origin is None:
        return None
    segments = [_decoded(part) for part in parts.path.split("/")[1:]] or [b""]
    if any(b"/" in each or b"\0" in each for each in segments):
        return None
    folders = tuple(each for each in segments[:-1] if each not in (b"", b"."))
    last = b"" if segments[-1] == b"." else segments[-1]
    if b".." in (*folders, last):
        return None
    return Place(origin, folders, last, parts.query or None)


def _origin(parts: SplitResult) -> str | None:
    scheme = parts.scheme.lower()
    if scheme not in _PORTS or not parts.hostname:
        return None
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    port = parts.port
    return f"{scheme}://{host}" + ("" if port in (None, _PORTS[scheme]) else f":{port}")


def _decoded(text: str) -> bytes:
    return unquote_to_bytes(text.encode("utf-8", "surrogateescape"))


def folder_url(origin: str, folders: Iterable[bytes]) -> str:
    """The URL of a folder, with a slash at its end."""
    return origin + "/" + "".join(quote(each, safe=_SAFE.replace("/", "")) + "/" for each in folders)


def host_of(origin: str) -> bytes:
    """``host:port`` of an origin."""
    return origin.partition("://")[2].encode("utf-8", "surrogateescape")


def listed_folder(place: Place) -> tuple[bytes, ...]:
    """The folder that a listing page speaks of: its own, and for a bucket the one that the ``prefix`` names."""
    if place.query is None or "prefix=" not in place.query:
        return place.folders
    try:
        asked = dict(parse_qsl(place.query, keep_blank_values=True, encoding="utf-8", errors="surrogateescape"))
    except ValueError:
        return place.folders
    bucket = (*place.folders, place.last) if place.last else place.folders
    prefix = asked.get("prefix", "").encode("utf-8", "surrogateescape")
    return (*bucket, *(each for each in prefix.split(b"/")[:-1] if each not in (b"", b".", b"..")))


class CommonStart:
    """The longest start that all places of a harvest have in common, folder by folder."""

    def __init__(self) -> None:
        self._origin: str | None = None
        self._folders: tuple[bytes, ...] = ()
        self._several = False

    def add(self, origin: str, folders: tuple[bytes, ...]) -> None:
        """One more place."""
        if self._origin is None:
            self._origin, self._folders = origin, folders
        elif origin != self._origin:
            self._several = True
        elif folders[: len(self._folders)] != self._folders:
            same = 0
            for one, other in zip(self._folders, folders, strict=False):
                if one != other:
                    break
                same += 1
            self._folders = self._folders[:same]

    def base(self) -> Base:
        """Where the paths of the harvest begin."""
        return Base(None if self._several else self._origin, () if self._several else self._folders)


@dataclass(frozen=True)
class Base:
    """Where paths begin. Without an origin the harvest spans several servers, and paths begin with the host."""

    origin: str | None
    folders: tuple[bytes, ...] = ()

    @classmethod
    def at(cls, place: Place) -> Base:
        """The base that the user named; its last segment counts as a folder."""
        return cls(place.origin, (*place.folders, place.last) if place.last else place.folders)

    def path(self, origin: str, folders: tuple[bytes, ...], name: bytes = b"") -> bytes | None:
        """The raw path of a file, or of the folder itself when `name` is empty; null when it lies elsewhere."""
        if self.origin is None:
            parts: tuple[bytes, ...] = (host_of(origin), *folders)
        elif origin == self.origin and folders[: len(self.folders)] == self.folders:
            parts = folders[len(self.folders) :]
        else:
            return None
        return b"/".join((*parts, name) if name else parts)


def why_unsafe(path: bytes) -> str | None:
    """Why a path may not be used, or null. A colon in a first segment is a host's port here and no drive."""
    reason = unsafe(path)
    return None if reason == "drive" and not path.startswith((b"/", b"\\")) else reason

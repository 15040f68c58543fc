"""WebDAV (RFC 4918): PROPFIND of depth 1, and the multistatus that answers it.

A ``href`` is read as a path: percent-decoded once, and where a server forgot to encode ``?`` or ``#`` they belong to
the name, because no listed file has a query. The URL of an entry is the folder's own URL and the last segment of its
href, so that an answer never leads to another host.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from workbench.core.messages import Message
from workbench.core.times import Precision, Stated, Zone
from workbench.sources.base import shown
from workbench.sources.kinds import names
from workbench.sources.kinds.stamps import any_date
from workbench.sources.kinds.xmlrows import Node, read_rows, read_sound_rows
from workbench.sources.remote import Ask, Entry, Listing, Page, Remark

_DAV = "{DAV:}"
ROOT = f"{_DAV}multistatus"
MOST_TOLD = 100
"""Rows not understood that are told one by one."""
_ASKED = (
    "resourcetype", "getcontentlength", "getlastmodified", "getetag", "getcontenttype", "creationdate", "displayname",
)  # fmt: skip
_BODY = (
    '<?xml version="1.0" encoding="utf-8"?>\n<propfind xmlns="DAV:"><prop>'
    + "".join(f"<{name}/>" for name in _ASKED)
    + "</prop></propfind>\n"
).encode("ascii")
_HEADERS = (("Depth", "1"), ("Content-Type", 'application/xml; charset="utf-8"'))

_STATUS = re.compile(r"HTTP/\S+\s+(\d{3})(?:\s.*)?", re.ASCII | re.DOTALL)
_ABSOLUTE = re.compile(r"([A-Za-z][A-Za-z0-9+.\-]*)://([^/]*)(.*)", re.DOTALL)
_NUMBER = re.compile(r"\d{1,18}", re.ASCII)
_PORTS = {"http": ":80", "https": ":443"}


@dataclass(frozen=True, slots=True)
class Resource:
    """What one ``response`` says of one resource. What it does not say, or says under a failed status, is null.

    `href` is as written, `status` that of the whole response. `is_dir` is null where no type is stated. Sizes and
    quotas are bytes. `others` are further plain properties, by their names in Clark's notation.
    """

    href: str
    status: int | None = None
    is_dir: bool | None = None
    size: int | None = None
    modified: Stated | None = None
    modified_text: str = ""
    created: Stated | None = None
    etag: str | None = None
    media_type: str | None = None
    display_name: str | None = None
    quota_available: int | None = None
    quota_used: int | None = None
    others: tuple[tuple[str, str], ...] = ()

    @property
    def path(self) -> bytes:
        """The path of the href, percent-decoded once; the slash at its end stays."""
        return names.decoded(_split(self.href)[1])

    @property
    def refused(self) -> bool:
        """Whether the server names the resource and tells nothing of it."""
        return self.status is not None and not 200 <= self.status < 300


def properties(body: bytes, lost: list[bytes] | None = None) -> list[Resource] | None:
    """All resources of a multistatus, in its order; None when the body is none. Never raises.

    At most `names.MOST_ROWS` and one more, from which a caller sees that there are more. With `lost`, rows that are no
    XML are passed over, and their beginnings put there.
    """
    found: list[Resource] = []

    def take(row: Node) -> None:
        if row.tag == f"{_DAV}response" and len(found) <= names.MOST_ROWS:
            found.extend(_resources(row))

    if read_rows(body, (ROOT,), take) is not None:
        return found
    if lost is None:
        return None
    found.clear()
    unread = read_sound_rows(body, "multistatus", "response", take)
    if not unread or not found:
        return None
    lost += unread
    return found


class WebDav:
    """See `workbench.sources.remote.Kind`."""

    name = "webdav"

    def start(self, url: str) -> str:
        """The URL below which everything lies."""
        return url

    def ask(self, url: str) -> Ask:
        """PROPFIND of depth 1, for the properties that a listing needs."""
        return propfind(url)

    def fallback(self, ask: Ask, status: int | None = None) -> Ask | None:
        """There is no other way of asking."""
        return None

    def read(self, page: Page) -> Listing | None:
        """The folder's children. Null when the answer does not show that it lists the folder."""
        lost: list[bytes] = []
        found = properties(page.body, lost)
        return None if found is None else without_lost(listing_of(found, page.url), lost)

    def fetch(self, url: str) -> Ask:
        """GET."""
        return Ask("GET", url)


def propfind(url: str, *more: tuple[str, str]) -> Ask:
    """The request that lists a folder, with more headers where they are needed."""
    return Ask("PROPFIND", names.as_folder(url), (*_HEADERS, *more), _BODY)


def listing_of(found: Sequence[Resource], url: str, lone_name: bytes | None = None) -> Listing | None:
    """The listing of the folder at `url`.

    Where the URL is that of a single file, there is no listing, unless `lone_name` says how the file is called when
    nothing else does.
    """
    place = _Place(url, found)
    own = place.own
    if own is not None and own.refused:
        return None
    if own is not None and own.is_dir is False and lone_name is not None and len(found) == 1:
        name = (own.display_name or "").encode() or lone_name
        if reason := names.problem_with(name):
            return Listing("webdav", (), remarks=(names.unsafe(name, reason),))
        return Listing("webdav", (_entry(own, name, url.rstrip("/"), is_folder=False),))
    entries: dict[bytes, Entry] = {}
    remarks: list[Remark] = []
    for resource in found[: names.MOST_ROWS]:
        seen = place.child(resource)
        if seen is None:
            continue
        if isinstance(seen, Remark):
            remarks.append(seen)
        elif seen.name in entries:
            remarks.append(names.twice(seen.name))
        else:
            entries[seen.name] = seen
    if not entries and not (own is not None and own.is_dir):
        return None
    if len(found) > names.MOST_ROWS:
        remarks.append(names.incomplete(names.MOST_ROWS))
    return Listing("webdav", tuple(entries.values()), remarks=tuple(remarks))


def without_lost(listing: Listing | None, lost: Sequence[bytes]) -> Listing | None:
    """A listing that says which rows could not be read: each may hide a name, so nothing is absent then."""
    if listing is None or not lost:
        return listing
    told = [Remark(b"", Message("row-not-read", {"line": shown(each)[:200]})) for each in lost[:MOST_TOLD]]
    return replace(listing, remarks=(*listing.remarks, *told, names.incomplete(len(listing.entries))))


class _Place:
    """Where the folder lies among the hrefs.

    Behind a proxy a server may write paths other than those it is asked by, always cut or lengthened at the front, and
    its own name instead of the public one. The folder's own row then shows it.
    """

    def __init__(self, url: str, found: Sequence[Resource]) -> None:
        self._folder = names.as_folder(url)
        split = urlsplit(url)
        self._authorities = {"", _authority(split.scheme, split.netloc)}
        self._asked = [names.decoded(part) for part in names.parts(split.path)]
        self.base = self._asked
        self.own = self._find(found)
        if self.own is not None:
            authority, path = _split(self.own.href)
            self.base = self._segments(path)[1]
            self._authorities.add(authority)

    def child(self, resource: Resource) -> Entry | Remark | None:
        """The entry that a row makes, or why it makes none; null for the row of the folder itself."""
        authority, path = _split(resource.href)
        written, decoded = self._segments(path)
        depth = len(self.base)
        if authority not in self._authorities or decoded[:depth] != self.base:
            return names.elsewhere(resource.href)
        if len(decoded) == depth and self.own is not None:
            return None
        if len(decoded) != depth + 1:
            return names.elsewhere(resource.href)
        name = decoded[depth]
        if reason := names.problem_with(name):
            return names.unsafe(name, reason)
        if resource.refused:
            return Remark(name, Message("row-refused", {"status": resource.status}))
        is_folder = path.endswith("/") if resource.is_dir is None else resource.is_dir
        return _entry(resource, name, self._folder + names.tidied(written[depth]), is_folder=is_folder)

    def _find(self, found: Sequence[Resource]) -> Resource | None:
        """The row of the folder itself: the one with its path, else the shortest one that differs in front only."""
        shortest: tuple[int, Resource] | None = None
        for resource in found:
            decoded = self._segments(_split(resource.href)[1])[1]
            if decoded == self._asked:
                return resource
            if resource.is_dir and (shortest is None or len(decoded) < shortest[0]):
                shortest = len(decoded), resource
        if shortest is None:
            return None
        decoded = self._segments(_split(shortest[1].href)[1])[1]
        short, long = sorted((decoded, self._asked), key=len)
        return shortest[1] if long[len(long) - len(short) :] == short else None

    def _segments(self, path: str) -> tuple[list[str], list[bytes]]:
        """As written and decoded; a relative path lies below the folder that was asked for."""
        written = names.parts(path)
        decoded = [names.decoded(part) for part in written]
        if path.startswith("/") or not path:
            return written, decoded
        if decoded[:1] == [b"."]:
            written, decoded = written[1:], decoded[1:]
        return [""] * len(self._asked) + written, self._asked + decoded


def _entry(resource: Resource, name: bytes, url: str, *, is_folder: bool) -> Entry:
    modified = resource.modified
    size = None if is_folder else resource.size
    claims = ("" if size is None else str(size), resource.modified_text, resource.etag or "")
    return Entry(
        name,
        is_folder,
        url + "/" if is_folder else url,
        size,
        exact=size is not None,
        modified=None if modified is None else modified.micros,
        zone=Zone.UNKNOWN if modified is None else modified.zone,
        precision=Precision.SECOND if modified is None else modified.precision,
        etag=resource.etag,
        media_type=resource.media_type,
        stamp="|".join(claims) if any(claims) else "",
    )


def _split(href: str) -> tuple[str, str]:
    """Authority (empty where the href has only a path) and path."""
    if found := _ABSOLUTE.fullmatch(href):
        return _authority(found[1], found[2]) or f"{found[1]}:", found[3] or "/"
    return "", href


def _authority(scheme: str, netloc: str) -> str:
    return netloc.lower().removesuffix(_PORTS.get(scheme.lower(), "\0"))


def _resources(row: Node) -> Iterator[Resource]:
    """One for each href; several of them share a status and have no properties."""
    status = _status(row)
    told = _told(row)
    for href in row.all(f"{_DAV}href"):
        if written := href.text:
            yield _resource(written, status, told)


def _told(row: Node) -> dict[str, Node]:
    """The properties that the server had, by name."""
    told: dict[str, Node] = {}
    for propstat in row.all(f"{_DAV}propstat"):
        status = _status(propstat)
        if status is None or 200 <= status < 300:
            for prop in propstat.all(f"{_DAV}prop"):
                for each in prop.children:
                    told.setdefault(each.tag, each)
    return told


def _status(node: Node) -> int | None:
    stated = node.first(f"{_DAV}status")
    found = _STATUS.fullmatch(stated.text) if stated is not None else None
    return int(found[1]) if found else None


def _resource(href: str, status: int | None, told: dict[str, Node]) -> Resource:
    def text(name: str) -> str | None:
        node = told.get(_DAV + name)
        return (node.text or None) if node is not None else None

    modified = text("getlastmodified")
    created = text("creationdate")
    return Resource(
        href,
        status,
        _is_dir(told),
        _number(text("getcontentlength")),
        any_date(modified) if modified else None,
        modified or "",
        any_date(created) if created else None,
        text("getetag"),
        _media_type(text("getcontenttype")),
        text("displayname"),
        _number(text("quota-available-bytes")),
        _number(text("quota-used-bytes")),
        tuple((tag, node.text) for tag, node in told.items() if not tag.startswith(_DAV) and not node.children),
    )


def _is_dir(told: dict[str, Node]) -> bool | None:
    kind = told.get(f"{_DAV}resourcetype")
    if kind is not None:
        return kind.first(f"{_DAV}collection") is not None
    old = told.get(f"{_DAV}iscollection")
    return None if old is None or old.text not in ("0", "1") else old.text == "1"


def _number(text: str | None) -> int | None:
    return int(text) if text is not None and _NUMBER.fullmatch(text) else None


def _media_type(text: str | None) -> str | None:
    return text.partition(";")[0].strip().lower() or None if text else None

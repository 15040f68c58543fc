"""S3-compatible stores that list a bucket to anybody, by version 2 of the request, or 1 where they know no other.

Keys are no paths: they become folders at each slash. A key that no path can hold (``a//b``, ``../b``, ``/b``) is told
as a remark, and that part of the bucket is not entered.
"""

from __future__ import annotations

from urllib.parse import quote, urlsplit

from workbench.core.messages import Message
from workbench.core.times import Precision, Zone
from workbench.sources.base import shown
from workbench.sources.kinds import names
from workbench.sources.kinds.s3place import Place, at_root, folder_url, place_of, query_of
from workbench.sources.kinds.s3xml import BUCKETS, ERROR, LIST, Document, Object, read_document
from workbench.sources.remote import Ask, Entry, Listing, Page, Remark

_UNKNOWN_REQUEST = (400, 405, 501)


class S3:
    """See `workbench.sources.remote.Kind`.

    A start on an unknown host can be read in two ways; with `host_is_bucket` it is read as the less usual one.
    """

    name = "s3"

    def __init__(self, *, host_is_bucket: bool = False) -> None:
        self.host_is_bucket = host_is_bucket

    def start(self, url: str) -> str:
        """The URL of the folder, below which everything lies; also of a URL that is a request for its listing."""
        return folder_url(self._place(url))

    def ask(self, url: str) -> Ask:
        """The keys directly below a prefix, by version 2, encoded so that XML can carry any of them."""
        return _listing(self._place(url), second=True)

    def fallback(self, ask: Ask, status: int | None = None) -> Ask | None:
        """Version 1 of the request. Null when it was that already, or the status does not suggest it."""
        second = "list-type" in query_of(urlsplit(ask.url).query)
        if second and (status is None or status in _UNKNOWN_REQUEST):
            return _listing(place_of(ask.url), second=False)
        return None

    def _place(self, url: str) -> Place:
        place = place_of(url)
        if self.host_is_bucket and not urlsplit(url).query:
            place = at_root(place) or place
        slash = b"/" if place.prefix and not place.prefix.endswith(b"/") else b""
        return Place(place.bucket, place.prefix + slash)

    def read(self, page: Page) -> Listing | None:
        """The folder's files and folders. Null for whatever is no list of a bucket or of buckets; see `error_of`."""
        found = read_document(page.body)
        if found is None or found.kind not in (LIST, BUCKETS):
            return None
        if found.kind == BUCKETS:
            return _buckets(found, page.url)
        return _Folder(place_of(page.url)).listing(found, page.url)

    def fetch(self, url: str) -> Ask:
        """GET."""
        return Ask("GET", url)


def error_of(page: Page) -> str | None:
    """The store's own word for what went wrong (``AccessDenied``, ``NoSuchBucket``); null when the page is no such
    document.
    """
    found = read_document(page.body)
    return found.code if found is not None and found.kind == ERROR else None


def _listing(place: Place, *, second: bool, after: str = "") -> Ask:
    version = "list-type=2&" if second else ""
    query = f"{version}delimiter=/&encoding-type=url{after}&prefix={names.quoted(place.prefix)}"
    return Ask("GET", f"{place.bucket}?{query}", (("Accept", "application/xml, text/xml;q=0.9, */*;q=0.5"),))


class _Folder:
    """What lies directly below a prefix.

    Also right where a store overlooks the prefix or the delimiter and lists more than it was asked for.
    """

    def __init__(self, place: Place) -> None:
        self._place = place
        self._files: dict[bytes, Entry] = {}
        self._folders: dict[bytes, Entry] = {}
        self._remarks: list[Remark] = []
        self._strange: set[bytes] = set()

    def listing(self, found: Document, url: str) -> Listing:
        """Of one page."""
        for each in found.objects:
            self._object(each)
        for prefix in found.prefixes:
            self._below(prefix)
        more = self._more(found, url)
        if found.lost:
            self._remarks.append(names.incomplete(names.MOST_ROWS))
        return Listing("s3", (*self._folders.values(), *self._files.values()), more, tuple(self._remarks))

    def _object(self, each: Object) -> None:
        prefix = self._place.prefix
        if each.key == prefix:
            if each.size:
                self._remark(each.key, Message("bucket-marker-bytes", {"size": each.size}))
            return
        name = each.key.removeprefix(prefix)
        if b"/" in name or not each.key.startswith(prefix):
            if each.key.endswith(b"/") and each.size:
                self._remark(each.key, Message("bucket-marker-bytes", {"size": each.size}))
            self._below(each.key)
        elif reason := names.problem_with(name):
            self._unsafe(name, reason)
        elif name in self._files:
            self._remarks.append(names.twice(name))
        else:
            self._files[name] = _file(each, name, self._place.bucket + names.quoted(each.key))

    def _below(self, key: bytes) -> None:
        """A common prefix, or a key that lies deeper: the folder on the way there."""
        prefix = self._place.prefix
        if not key.startswith(prefix):
            self._remark(key, Message("row-elsewhere", {"place": shown(key)[:200]}))
            return
        name = key.removeprefix(prefix).partition(b"/")[0]
        if reason := names.problem_with(name):
            self._unsafe(key.removeprefix(prefix), reason)
        elif name not in self._folders:
            self._folders[name] = Entry(name, True, folder_url(Place(self._place.bucket, prefix + name + b"/")))

    def _unsafe(self, name: bytes, reason: str) -> None:
        if name not in self._strange:
            self._strange.add(name)
            self._remarks.append(names.unsafe(name, reason))

    def _remark(self, key: bytes, message: Message) -> None:
        if key not in self._strange:
            self._strange.add(key)
            self._remarks.append(Remark(key, message))

    def _more(self, found: Document, url: str) -> Ask | None:
        """The request for the next page. A store that leads nowhere, or in a circle, has not listed the folder."""
        if not found.truncated and found.next_token is None:
            return None
        asked = query_of(urlsplit(url).query)
        if found.next_token is not None:
            if found.next_token.encode() != asked.get("continuation-token"):
                return _listing(
                    self._place, second=True, after=f"&continuation-token={quote(found.next_token, safe='')}"
                )
        else:
            last = max((each.key for each in found.objects), default=b"")
            marker = found.next_marker or max(last, *found.prefixes, b"")
            if marker > asked.get("marker", b""):
                return _listing(self._place, second=False, after=f"&marker={names.quoted(marker)}")
        self._remarks.append(Remark(b"", Message("bucket-no-next-page")))
        return None


def _file(each: Object, name: bytes, url: str) -> Entry:
    modified = each.modified
    claims = ("" if each.size is None else str(each.size), each.modified_text, each.etag or "")
    return Entry(
        name,
        False,
        url,
        each.size,
        exact=each.size is not None,
        modified=None if modified is None else modified.micros,
        zone=Zone.UNKNOWN if modified is None else modified.zone,
        precision=Precision.SECOND if modified is None else modified.precision,
        etag=each.etag,
        stamp="|".join(claims) if any(claims) else "",
    )


def _buckets(found: Document, url: str) -> Listing:
    root = place_of(url).bucket
    entries: dict[bytes, Entry] = {}
    remarks = []
    for text, created in found.buckets[: names.MOST_ROWS]:
        name = text.encode()
        if reason := names.problem_with(name):
            remarks.append(names.unsafe(name, reason))
        else:
            entries[name] = Entry(name, True, folder_url(Place(f"{root}{names.quoted(name)}/", b"")), stamp=created)
    return Listing("s3", tuple(entries.values()), remarks=tuple(remarks))

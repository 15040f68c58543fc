"""Public shares of Nextcloud and ownCloud: a link ``https://host/s/TOKEN`` that shows a folder to whoever has the link.

The page behind such a link gets the folder from the server's WebDAV, at one of three places: ``/public.php/dav/files/``
and the token (Nextcloud since 29), ``/public.php/webdav/`` (before, and ownCloud 10), ``/remote.php/dav/public-files/``
and the token (ownCloud since 10.3). The second wants the token as user name with an empty password; that header is the
only one of its kind that is ever sent, and it says nothing that the public link does not say. A share with a password
answers 401, and the look ends there: no password is ever tried. A server may also close these places to everything but
its own page, which it knows by a header of that page's script; that header is not sent.

They are tried in this order, because each answers 404 where it does not exist, but the third one asks for a login on
every Nextcloud.
"""

from __future__ import annotations

import re
from base64 import b64encode
from dataclasses import dataclass
from urllib.parse import urlsplit

from workbench.sources.kinds import names
from workbench.sources.kinds.s3place import query_of
from workbench.sources.kinds.webdav import listing_of, properties, propfind, without_lost
from workbench.sources.remote import Ask, Listing, Page

ENDPOINTS = ("public.php/dav/files/{token}/", "public.php/webdav/", "remote.php/dav/public-files/{token}/")
"""Where a share is listed."""
_WITH_HEADER = ENDPOINTS[1]

_SIGNS = r"(?P<token>[A-Za-z0-9_-]{4,100})"
_LINK = re.compile(rf"(?P<base>/(?:[^/]+/)*?)(?:index\.php/)?s/{_SIGNS}(?:/(?:download|authenticate)?(?:/.*)?)?")
_PLACES = tuple(
    re.compile(rf"(?P<base>/(?:[^/]+/)*?){re.escape(endpoint).replace(re.escape('{token}'), _SIGNS)}(?P<path>.*)")
    for endpoint in ENDPOINTS
)
_MARKS = (b"sharingToken", b"files_sharing", b"/public.php/")


@dataclass(frozen=True)
class Share:
    """A public link taken apart. `base` is the URL of the installation, `path` that of a folder in the share, encoded
    as in a URL and with a slash at its end where it is not empty.
    """

    base: str
    token: str
    path: str = ""

    def place(self, endpoint: str) -> str:
        """The URL that lists it."""
        return self.base + endpoint.format(token=self.token) + self.path


def share_of(url: str) -> Share | None:
    """The share that a public link, or the place that lists one, names; null for any other URL."""
    split = urlsplit(url)
    root = f"{split.scheme}://{split.netloc}"
    if split.scheme not in ("http", "https"):
        return None
    if found := _LINK.fullmatch(split.path):
        asked = query_of(split.query)
        inner = b"/".join(part for part in (asked.get("path") or asked.get("dir") or b"").split(b"/") if part)
        if any(names.problem_with(part) for part in inner.split(b"/") if inner):
            inner = b""
        return Share(root + found["base"], found["token"], names.quoted(inner) + "/" if inner else "")
    for pattern in _PLACES:
        if (found := pattern.fullmatch(split.path)) and "token" in found.groupdict():
            return Share(root + found["base"], found["token"], found["path"])
    return None


def is_share_page(page: Page) -> bool:
    """Is this the page behind a public link?"""
    return share_of(page.url) is not None and any(mark in page.body for mark in _MARKS)


class PublicShare:
    """See `workbench.sources.remote.Kind`. `endpoint` is one of `ENDPOINTS`; `token` that of the source's own link."""

    name = "share"

    def __init__(self, endpoint: str = ENDPOINTS[0], token: str = "") -> None:
        self.endpoint = endpoint
        self.token = token

    def start(self, url: str) -> str:
        """The URL that lists what the link shows, below which everything lies."""
        share = share_of(url)
        return url if share is None or self._is_place(url) else share.place(self.endpoint)

    def ask(self, url: str) -> Ask:
        """PROPFIND of depth 1; of a public link, or of a folder below its place."""
        return propfind(self.start(url), *self._headers(url))

    def fallback(self, ask: Ask, status: int | None = None) -> Ask | None:
        """There is none: another place is another one of `all_for`."""
        return None

    def read(self, page: Page) -> Listing | None:
        """The folder's children; where the link shares a single file, that one."""
        lost: list[bytes] = []
        found = properties(page.body, lost)
        if found is None:
            return None
        share = share_of(page.url)
        token = self.token if share is None else share.token
        return without_lost(listing_of(found, page.url, lone_name=token.encode() or None), lost)

    def fetch(self, url: str) -> Ask:
        """GET."""
        return Ask("GET", url, self._headers(url))

    def _is_place(self, url: str) -> bool:
        return any(pattern.fullmatch(urlsplit(url).path) for pattern in _PLACES)

    def _headers(self, url: str) -> tuple[tuple[str, str], ...]:
        if self.endpoint != _WITH_HEADER:
            return ()
        share = share_of(url)
        token = self.token if share is None else share.token
        return (("Authorization", f"Basic {b64encode(f'{token}:'.encode()).decode()}"),)


def all_for(url: str) -> tuple[PublicShare, ...]:
    """The ways of listing the share that a URL names: all three for a link, one for a place; none for any other URL."""
    share = share_of(url)
    if share is None:
        return ()
    path = urlsplit(url).path
    named = [endpoint for endpoint, place in zip(ENDPOINTS, _PLACES, strict=True) if place.fullmatch(path)]
    return tuple(PublicShare(endpoint, share.token) for endpoint in named or ENDPOINTS)

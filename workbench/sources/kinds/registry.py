"""All kinds of servers: which to try on a start URL, and which wrote a page."""

from __future__ import annotations

from urllib.parse import urlsplit

from workbench.core.errors import UserError
from workbench.sources.kinds.ftp import Ftp
from workbench.sources.kinds.s3 import S3
from workbench.sources.kinds.s3place import at_root, is_store, place_of, query_of
from workbench.sources.kinds.s3xml import read_document
from workbench.sources.kinds.share import PublicShare, all_for, is_share_page
from workbench.sources.kinds.web import Web
from workbench.sources.kinds.webdav import WebDav, properties
from workbench.sources.listings.registry import read_listing
from workbench.sources.remote import Kind, Page

KINDS: tuple[Kind, ...] = (Web(), WebDav(), S3(), PublicShare(), Ftp())


def by_name(name: str) -> Kind:
    """The kind of that name, which reads any of its pages; raises `UserError` ``kind-unknown``.

    For a source whose start is known, `kinds_for` with the name gives what can also ask for its folders.
    """
    for kind in KINDS:
        if kind.name == name:
            return kind
    raise UserError("kind-unknown", name=name, known=", ".join(kind.name for kind in KINDS))


def kinds_for(url: str, name: str = "") -> tuple[Kind, ...]:
    """The kinds worth trying on a start URL, most likely first; of one name only where it is given.

    The same name may come more than once, for servers of one kind that want to be asked in different ways. Raises
    `UserError` ``kind-unknown``.
    """
    likely = _likely(url)
    if not name:
        return likely
    return tuple(kind for kind in likely if kind.name == name) or (by_name(name),)


def recognise(page: Page) -> str | None:
    """The name of the kind of server that wrote a page, by what it holds; null when nobody understands it.

    Also of pages that list nothing: an error of an S3 store, the page behind a public link.
    """
    if page.url.startswith("ftp:"):
        return "ftp" if Ftp().read(page) is not None else None
    if page.body.lstrip()[:1] == b"<":
        if properties(page.body) is not None:
            return "share" if all_for(page.url) else "webdav"
        if read_document(page.body) is not None:
            return "s3"
    if is_share_page(page):
        return "share"
    return "web" if read_listing(page) is not None else None


def _likely(url: str) -> tuple[Kind, ...]:
    split = urlsplit(url)
    if split.scheme == "ftp":
        return (Ftp(),)
    if shares := all_for(url):
        return (*shares, Web(), WebDav())
    if is_store(url) or query_of(split.query).keys() & {"list-type", "prefix"}:
        return (S3(), Web())
    other = (S3(host_is_bucket=True),) if at_root(place_of(url)) is not None else ()
    return (Web(), WebDav(), S3(), *other)

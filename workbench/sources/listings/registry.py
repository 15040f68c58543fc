"""Every way in which servers write listings, the surest first, and who of them wrote a page."""

from __future__ import annotations

from typing import Protocol

from workbench.sources.listings.apache import APACHE
from workbench.sources.listings.bare import BARE
from workbench.sources.listings.caddy import CADDY, RCLONE
from workbench.sources.listings.document import Document
from workbench.sources.listings.h5ai import H5AI
from workbench.sources.listings.hfs import HFS
from workbench.sources.listings.iis import IIS
from workbench.sources.listings.lighttpd import LIGHTTPD
from workbench.sources.listings.login import is_login_page
from workbench.sources.listings.nginx import FANCYINDEX, NGINX
from workbench.sources.listings.pyserver import PYTHON
from workbench.sources.listings.runs import LISTS, PREFORMATTED, TEXT
from workbench.sources.listings.scripted import PCLOUD, SNIF
from workbench.sources.listings.structured import CADDY_JSON, NGINX_JSON, NGINX_XML
from workbench.sources.listings.tables import TABLES
from workbench.sources.remote import Format, Listing, Page

__all__ = ["FORMATS", "is_login_page", "read_listing"]


class DocumentFormat(Format, Protocol):
    """A format that can read a page which was already taken apart."""

    def read_document(self, document: Document) -> Listing | None:
        """See `workbench.sources.remote.Format.read`."""
        ...


FORMATS: tuple[DocumentFormat, ...] = (
    NGINX_JSON,
    CADDY_JSON,
    NGINX_XML,
    SNIF,
    PCLOUD,
    APACHE,
    NGINX,
    FANCYINDEX,
    LIGHTTPD,
    CADDY,
    RCLONE,
    IIS,
    PYTHON,
    HFS,
    H5AI,
    TABLES,
    LISTS,
    PREFORMATTED,
    TEXT,
    BARE,
)


def read_listing(page: Page) -> Listing | None:
    """What the page lists, by whoever recognises it first; null when it is not understood, which is not the same as an
    empty folder. Never raises, in time and memory linear in the page.
    """
    document = Document(page)
    if document.is_about_another:
        return None
    for each in FORMATS:
        listing = each.read_document(document)
        if listing is not None:
            return listing
    return None

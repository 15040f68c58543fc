"""Listing pages that lie in a harvest: decoded, and read by whichever way of writing understands them."""

from __future__ import annotations

from collections.abc import Mapping

from workbench.core.errors import UserError
from workbench.core.messages import Message
from workbench.sources.http.headers import media_type
from workbench.sources.remote import Listing, NetworkError, Page

LARGEST = 32 << 20
"""Bytes of a page, packed or not."""
PAGE_TYPES = ("", "text/html", "application/xhtml+xml", "application/json", "application/xml", "text/xml", "text/plain")


def page_of(url: str, headers: Mapping[str, str], raw: bytes) -> Page:
    """A page from an answer. Raises `NetworkError` where its content encoding cannot be undone."""
    from workbench.sources.http.content import decoded

    kind, charset = media_type(headers)
    return Page(url, decoded(headers, raw, LARGEST), kind, charset, headers)


def read_page(page: Page) -> Listing | None:
    """What the page lists; null when nobody understands it."""
    from workbench.sources.kinds.registry import by_name, recognise

    name = recognise(page)
    if name is not None:
        try:
            found = by_name(name).read(page)
        except UserError:
            found = None
        if found is not None:
            return found
    from workbench.sources.listings.registry import read_listing

    return read_listing(page)


def asks_for_password(page: Page) -> bool:
    """Is this a page that wants somebody to log in?"""
    from workbench.sources.listings.registry import is_login_page

    return is_login_page(page)


def problem(error: NetworkError) -> Message:
    """Why a page could not be decoded."""
    return Message("import-page-undecoded", {"reason": error.message.code})

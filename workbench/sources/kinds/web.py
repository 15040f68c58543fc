"""Folders that a web server shows as a page: whatever `workbench.sources.listings` understands."""

from __future__ import annotations

from workbench.sources.listings.registry import read_listing
from workbench.sources.remote import Ask, Listing, Page

_ACCEPT = "text/html,application/xhtml+xml,application/json;q=0.9,*/*;q=0.5"


class Web:
    """See `workbench.sources.remote.Kind`."""

    name = "web"

    def start(self, url: str) -> str:
        """The URL below which everything lies."""
        return url

    def ask(self, url: str) -> Ask:
        """GET, for a page."""
        return Ask("GET", url, (("Accept", _ACCEPT),))

    def fallback(self, ask: Ask, status: int | None = None) -> Ask | None:
        """There is no other way of asking."""
        return None

    def read(self, page: Page) -> Listing | None:
        """By the first way of writing that understands the page."""
        return read_listing(page)

    def fetch(self, url: str) -> Ask:
        """GET."""
        return Ask("GET", url)

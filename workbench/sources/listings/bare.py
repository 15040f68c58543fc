"""Plain lists of links, without sizes and times, on pages whose title or heading says that they are listings.

Any page may have such a title. What makes its links rows is that they show the names that they lead to.
"""

from __future__ import annotations

from workbench.sources.listings.collect import collect, in_homes
from workbench.sources.listings.document import Document
from workbench.sources.listings.links import Target
from workbench.sources.listings.naming import most_name_themselves
from workbench.sources.listings.rows import Row, rows_of
from workbench.sources.listings.signed import has_unread_links, leads_elsewhere, shows_frame
from workbench.sources.remote import Listing, Page


class Bare:
    """See the module."""

    name = "links"

    def read(self, page: Page) -> Listing | None:
        """See `workbench.sources.remote.Format.read`."""
        return self.read_document(Document(page))

    def read_document(self, document: Document) -> Listing | None:
        """The same for a page that was already taken apart."""
        if not document.claims or document.asks_password:
            return None
        for kind in ("li", "pre", "tr", "text"):
            rows = list(rows_of(document, document.lines(kind), every=True))
            here = [row for row in in_homes(document, rows) if _is_own(document, row)]
            if len(here) * 2 >= sum(not row.is_parent for row in rows) and most_name_themselves(document, here):
                return collect(document, rows, self.name)
        lines = document.lines("pre", "li", "tr")
        if document.cut or has_unread_links(document) or leads_elsewhere(document, lines):
            return None
        if not shows_frame(document, lines):
            return None
        return collect(document, (), self.name)


def _is_own(document: Document, row: Row) -> bool:
    return isinstance(row.target, Target) and row.target.home in document.resolver.owns


BARE = Bare()

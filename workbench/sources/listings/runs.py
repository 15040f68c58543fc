"""Lists, ``<pre>`` and plain runs of text whose lines state a size or a time beside the name, whoever wrote them.

A single date beside a link is what any news page has. So a group of lines counts only when most of them state
something, and when at least one states a size, or shows a blank in its place, together with a time; or when the page
itself says that it is a listing.
"""

from __future__ import annotations

from itertools import groupby

from workbench.sources.listings.collect import collect, in_homes
from workbench.sources.listings.document import Document
from workbench.sources.listings.lines import Line
from workbench.sources.listings.naming import folders_beside
from workbench.sources.listings.rows import Row, rows_of
from workbench.sources.remote import Listing, Page


class Runs:
    """See the module."""

    def __init__(self, name: str, kind: str) -> None:
        self.name = name
        self._kind = kind

    def read(self, page: Page) -> Listing | None:
        """See `workbench.sources.remote.Format.read`."""
        return self.read_document(Document(page))

    def read_document(self, document: Document) -> Listing | None:
        """The same for a page that was already taken apart."""
        kept: list[Row] = []
        lines = sorted(document.lines(self._kind), key=lambda line: line.group)
        for _, group in groupby(lines, key=lambda line: line.group):
            kept += self._listed(document, list(group))
        if kept:
            kept += folders_beside(document, kept)
        return collect(document, kept, self.name, by_program=True) if kept else None

    def _listed(self, document: Document, lines: list[Line]) -> list[Row]:
        """The rows of one group, when it is a listing."""
        rows = list(rows_of(document, lines, orders=True))
        if self._kind == "text":
            rows = [row for row in rows if row.detailed]
        here = in_homes(document, rows)
        said = [row for row in here if row.detailed or row.blank]
        if not here or len(said) * 10 < len(here) * 7 or len(here) * 4 < sum(not row.is_parent for row in rows):
            return []
        sure = any((row.size is not None or row.blank) and (row.when or row.moment) for row in here)
        plain = self._kind == "pre" and any(row.size is not None for row in here)
        return rows if sure or plain or document.claims else []


LISTS = Runs("list", "li")
PREFORMATTED = Runs("pre", "pre")
TEXT = Runs("text", "text")

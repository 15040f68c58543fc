"""Tables that list a folder, whoever wrote them.

A table counts when its heading names sizes, or names and times; or when most of its rows state a size; or when each row
says in a word of its own whether it is a file or a folder. Rows that lead nowhere near are remarks.
"""

from __future__ import annotations

from itertools import groupby

from workbench.sources.listings.collect import collect, in_homes
from workbench.sources.listings.columns import FILE_WORDS, FOLDER_WORDS, columns_of
from workbench.sources.listings.document import Document
from workbench.sources.listings.lines import Line
from workbench.sources.listings.naming import folders_beside
from workbench.sources.listings.rows import Row, rows_of
from workbench.sources.listings.signed import has_unread_links, headed, leads_elsewhere, shows_frame
from workbench.sources.remote import Listing, Page


class Tables:
    """See the module."""

    name = "table"

    def read(self, page: Page) -> Listing | None:
        """See `workbench.sources.remote.Format.read`."""
        return self.read_document(Document(page))

    def read_document(self, document: Document) -> Listing | None:
        """The same for a page that was already taken apart."""
        kept: list[Row] = []
        lines = sorted(document.lines("tr"), key=lambda line: line.group)
        for _, group in groupby(lines, key=lambda line: line.group):
            kept += _listed(document, list(group))
        if kept:
            kept += folders_beside(document, kept)
            lines.clear()
            return collect(document, kept, self.name, by_program=True)
        empty = (
            document.claims
            and not document.cut
            and shows_frame(document, lines)
            and not leads_elsewhere(document, lines)
        )
        return collect(document, (), self.name) if empty and not has_unread_links(document) else None


def _listed(document: Document, lines: list[Line]) -> list[Row]:
    """The rows of one table, when it is a listing."""
    lines = headed(lines)
    columns = columns_of(lines[0])
    rows = list(rows_of(document, lines))
    here = in_homes(document, rows)
    if not here or len(here) * 4 < sum(not row.is_parent for row in rows):
        return []
    told = sum(row.size is not None for row in here)
    if columns is not None:
        enough = columns.size is not None or document.claims
        return rows if enough and any(row.detailed or row.blank or row.is_folder for row in here) else []
    if told * 10 >= len(here) * 6 or _say_kind(lines, len(here)):
        return rows
    return []


def _say_kind(lines: list[Line], count: int) -> bool:
    """Whether each row says in a cell of its own what it is."""
    words = FILE_WORDS | FOLDER_WORDS
    saying = sum(any(cell.strip().lower() in words for cell in line.cells) for line in lines if line.links)
    return saying >= count


TABLES = Tables()

"""Formats that are known by a signature of the server: the page says who wrote it, so its rows need no other proof."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from workbench.sources.listings import sizes, stamps
from workbench.sources.listings.collect import collect, in_homes
from workbench.sources.listings.columns import columns_of
from workbench.sources.listings.document import Document
from workbench.sources.listings.lines import Line, Link
from workbench.sources.listings.links import Target
from workbench.sources.listings.naming import most_tell
from workbench.sources.listings.rows import Row, rows_of
from workbench.sources.remote import Listing, Page


@dataclass(eq=False)
class Signed:
    """A format with a signature, and the kinds of lines in which it writes its rows, the surest first.

    `orders`: sizes stand exactly in attributes made for sorting. `is_sure`: whether the signature leaves no doubt (by
    default it leaves none); else most rows must say something of themselves. `shows_empty`: how a page without rows
    proves that its folder is empty; by default by a heading or by the link to the folder above.
    """

    name: str
    signature: Callable[[Document], bool]
    kinds: tuple[str, ...]
    orders: bool = False
    is_sure: Callable[[Document], bool] | None = None
    shows_empty: Callable[[Document], bool] | None = None

    def read(self, page: Page) -> Listing | None:
        """See `workbench.sources.remote.Format.read`."""
        return self.read_document(Document(page))

    def read_document(self, document: Document) -> Listing | None:
        """The same for a page that was already taken apart."""
        if not document.is_html or not self.signature(document):
            return None
        doubted = self.is_sure is not None and not self.is_sure(document)
        elsewhere: list[Row] | None = None
        for kind in self.kinds:
            rows = list(rows_of(document, headed(document.lines(kind)), orders=self.orders))
            here = in_homes(document, rows)
            if here and doubted and not most_tell(document, here):
                continue
            if here or any(_has_flaw(row) for row in rows):
                if not any(
                    isinstance(row.target, Target) and row.target.home in document.resolver.owns for row in here
                ):
                    # A banner or a menu before the listing leads elsewhere; so does the listing of a moved folder.
                    elsewhere = elsewhere or rows
                    continue
                return collect(document, rows, self.name)
        return collect(document, elsewhere, self.name) if elsewhere else self._empty(document)

    def _empty(self, document: Document) -> Listing | None:
        lines = document.lines(*self.kinds)
        if document.cut or has_unread_links(document) or leads_elsewhere(document, lines):
            return None
        proof = self.shows_empty(document) if self.shows_empty else shows_frame(document, lines)
        return collect(document, (), self.name) if proof else None


def headed(lines: list[Line]) -> list[Line]:
    """The rows of the tables that have a heading of a listing, from there on; all lines when none has."""
    known: set[int] = set()
    kept = []
    for line in lines:
        if line.kind == "tr" and line.group not in known and columns_of(line) is not None:
            known.add(line.group)
        if line.group in known:
            kept.append(line)
    return kept or lines


def shows_frame(document: Document, lines: Iterable[Line]) -> bool:
    """Whether a page without rows still has what stands around them: a heading, or the way up."""
    for line in lines:
        if line.kind == "tr" and columns_of(line) is not None:
            return True
        if any(_leads_up(line, link) for link in line.links):
            return True
    return False


def _leads_up(line: Line, link: Link) -> bool:
    return line.words_of(link).strip(" ./[]").lower() in _UP


def has_unread_links(document: Document) -> bool:
    """Whether the page links to something in its own folder: then it is not empty, whatever else it is."""
    for row in rows_of(document, document.lines("tr", "li", "pre", "text"), every=True):
        if isinstance(row.target, Target) and row.target.home in document.resolver.owns and not row.is_parent:
            return True
    return False


def leads_elsewhere(document: Document, lines: Iterable[Line]) -> bool:
    """Whether the rows of a page lead to files and folders somewhere else: then nothing is known of the one asked for.

    The way up, and links that only steer the listing, are no rows. A single row without a size or a time may be a
    menu; several, or one that states something, are a listing of another folder.
    """
    lines = list(lines)
    found = [row for row in rows_of(document, lines, every=True) if not row.is_parent]
    if document.has_unlinked_rows or len(found) > 1 or any(row.detailed for row in found):
        return True
    return any(_is_unread_row(line) for line in lines)


def _is_unread_row(line: Line) -> bool:
    """Whether a line states a time or a size although nothing is known to be linked there, as where a script links."""
    if columns_of(line) is not None or any(_leads_up(line, link) for link in line.links):
        return False
    return any(sizes.find(cell) or stamps.find(cell) for cell in line.cells if cell)


def _has_flaw(row: Row) -> bool:
    return isinstance(row.target, Target) and bool(row.target.flaw)


_UP = frozenset(("", "parent directory", "to parent directory", "parent folder", "up", "parent directory/"))

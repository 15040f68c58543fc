"""Links whose words are the name of what they lead to: so do listings write, and pages for readers hardly ever."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import groupby
from urllib.parse import unquote_to_bytes

from workbench.sources.listings import charset
from workbench.sources.listings.document import Document
from workbench.sources.listings.links import Target
from workbench.sources.listings.rows import Row, rows_of

_CUT = re.compile(r"(.+?)\s?(?:\.\.>|\.{2,3}|…)", re.DOTALL)
"""A name that was too long to be shown."""


def names_itself(document: Document, row: Row) -> bool:
    """Whether the words of the link are the name that it leads to, or how that begins."""
    if not isinstance(row.target, Target):
        return False
    name = " ".join(charset.words(row.target.name.decode("latin-1"), document.charset).split())
    shown = row.shown.removesuffix("/").strip()
    if shown == name or unquote_to_bytes(shown) == row.target.name:
        return True
    cut = _CUT.fullmatch(shown)
    return cut is not None and name.startswith(cut[1])


def most_name_themselves(document: Document, rows: Sequence[Row]) -> bool:
    """Whether at least half of the rows do; false for none."""
    return 0 < len(rows) <= 2 * sum(names_itself(document, row) for row in rows)


def folders_beside(document: Document, listed: Sequence[Row]) -> list[Row]:
    """Folders of the page's own folder that stand in a table or a list of their own beside its listing.

    All links of such a table show the names of folders that they lead to: a menu or a trail of folders leads up or
    shows other words.
    """
    owns = document.resolver.owns
    if not any(isinstance(row.target, Target) and row.target.home in owns for row in listed):
        return []
    known = {(row.target.home, row.target.name) for row in listed if isinstance(row.target, Target)}
    found: list[Row] = []
    lines = sorted(document.lines("tr", "li", "pre"), key=lambda line: line.group)
    for _, group in groupby(lines, key=lambda line: line.group):
        rows = [row for row in rows_of(document, group, every=True) if not row.is_parent]
        if all(_is_named_folder(document, row) for row in rows):
            targets = [row.target for row in rows if isinstance(row.target, Target)]
            if not any((each.home, each.name) in known for each in targets):
                found += rows
    return found


def _is_named_folder(document: Document, row: Row) -> bool:
    own = isinstance(row.target, Target) and row.target.home in document.resolver.owns
    return own and bool(row.is_folder) and names_itself(document, row)


def most_tell(document: Document, rows: Sequence[Row]) -> bool:
    """Whether at least half of the rows state a size or a time, or name themselves; false for none."""
    told = sum(row.detailed or row.blank or names_itself(document, row) for row in rows)
    return 0 < len(rows) <= 2 * told

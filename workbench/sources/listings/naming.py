"""Links whose words are the name of what they lead to: so do listings write, and pages for readers hardly ever."""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import unquote_to_bytes

from workbench.sources.listings import charset
from workbench.sources.listings.document import Document
from workbench.sources.listings.links import Target
from workbench.sources.listings.rows import Row

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


def most_tell(document: Document, rows: Sequence[Row]) -> bool:
    """Whether at least half of the rows state a size or a time, or name themselves; false for none."""
    told = sum(row.detailed or row.blank or names_itself(document, row) for row in rows)
    return 0 < len(rows) <= 2 * told

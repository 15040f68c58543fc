"""Is what came the file that was listed, or a page in its place: a login, an error, a parked domain?

A server that answers 200 with such a page has not shown the file. To call it the file, and then *changed*, would say
something of the file that nobody saw.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from workbench.core.endings import ENDINGS, ending_of
from workbench.core.messages import Message
from workbench.sources.remote import Entry

HEAD = 1024
"""Bytes of an answer that are looked at."""

_PAGE = re.compile(
    rb"\s*(?:<\?xml[^>]{0,200}>\s*)?(?:<!--.{0,400}?-->\s*)*<(?:!doctype\s+html|html|head|body|title)\b",
    re.IGNORECASE | re.DOTALL,
)
_MARK = b"\xef\xbb\xbf"
_OWN_PAGES = frozenset(("html", "htm", "shtml", "xhtml", "php", "asp", "aspx", "jsp", "cgi", "mht", "mhtml"))
_PAGE_TYPES = ("text/html", "application/xhtml+xml")


def page_instead(entry: Entry, headers: Mapping[str, str], size: int, head: bytes) -> Message | None:
    """Why this answer is not the listed file, or None where it may be.

    It is not when it is a page of HTML, where the name promises something else or is no page's, and where it does not
    have the size that the listing states. What is listed as a page may be one.
    """
    ending = ending_of(entry.name.decode("utf-8", "replace"))
    if ending in _OWN_PAGES:
        return None
    if entry.exact and entry.size == size:
        return None
    looks_like_one = _PAGE.match(head.removeprefix(_MARK)) is not None
    said = headers.get("content-type", "").partition(";")[0].strip().lower() in _PAGE_TYPES
    promised = ending in ENDINGS or (entry.exact and entry.size is not None)
    if looks_like_one and promised:
        return Message("answer-not-the-file", {"ending": ending, "got": size})
    return Message("answer-not-the-file", {"ending": ending, "got": size}) if said and ending in ENDINGS else None

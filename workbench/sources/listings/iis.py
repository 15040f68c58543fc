"""Microsoft IIS: ``date  time  size <a>name</a>`` in ``<pre>``, the heading the same as the title: ``host - /path/``.

Sizes are exact. Dates are in the order of the server's country; see `workbench.sources.listings.stamps`.
"""

from __future__ import annotations

import re

from workbench.sources.listings.document import Document
from workbench.sources.listings.signed import Signed

_HEADING = re.compile(r"\S+ - /")
_PRE = re.compile(r"<pre>", re.IGNORECASE)


def _is_iis(document: Document) -> bool:
    title = document.title.strip()
    same = any(each.strip() == title for each in document.headings)
    return same and _HEADING.match(title) is not None and _PRE.search(document.text) is not None


def _has_frame(document: Document) -> bool:
    return re.search(r"<hr>\s{0,9}<pre>", document.text, re.IGNORECASE) is not None


IIS = Signed("iis", _is_iis, ("pre",), shows_empty=_has_frame)

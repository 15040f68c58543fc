"""lighttpd, mod_dirlisting: a table whose columns have the classes ``n``, ``m``, ``s``, ``t``.

Sizes are rounded to one decimal (``1.2K``) and have no unit below a kilobyte; times have seconds and no zone.
"""

from __future__ import annotations

import re

from workbench.sources.listings.document import Document
from workbench.sources.listings.signed import Signed

_TABLE = re.compile(r"<table[^>]{0,80}summary=\"Directory Listing\"", re.IGNORECASE)


def _is_lighttpd(document: Document) -> bool:
    return _TABLE.search(document.text) is not None


LIGHTTPD = Signed("lighttpd", _is_lighttpd, ("tr",))

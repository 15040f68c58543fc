"""nginx: the HTML of ``autoindex on``, and the table of the fancyindex module.

``autoindex`` writes exact sizes, and times with minutes in UTC or in the server's zone without saying which
(``autoindex_localtime``), so the zone is unknown. It cuts off shown names after 50 characters.
"""

from __future__ import annotations

import re

from workbench.sources.listings.apache import index_of
from workbench.sources.listings.document import Document
from workbench.sources.listings.signed import Signed

_PRE = re.compile(r"<hr>\s{0,9}<pre>\s{0,9}<a href=\"\.\./\">\.\./</a>", re.IGNORECASE)
_LIST = re.compile(r"<table[^>]{0,80}id=\"?list\"?", re.IGNORECASE)


def _is_autoindex(document: Document) -> bool:
    return index_of(document) and _PRE.search(document.text[:16384]) is not None


def _is_fancyindex(document: Document) -> bool:
    return document.sort_links > 0 and "list" in document.ids and _LIST.search(document.text) is not None


NGINX = Signed("nginx", _is_autoindex, ("pre",))
FANCYINDEX = Signed("nginx-fancyindex", _is_fancyindex, ("tr",))

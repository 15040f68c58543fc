"""Apache httpd, mod_autoindex: the plain list, FancyIndexing in ``<pre>``, and HTMLTable.

Known by ``Index of`` and by its sort links (``?C=N;O=D``, in version 1.3 ``?N=D``), its signature or its icons. Without
sort links the rows must look like its own: any page of a server may be headed ``Index of authors``. Sizes
are rounded (``287K``); times have minutes and no zone. It cuts off long names in what it shows, never in its links.
"""

from __future__ import annotations

import re

from workbench.sources.listings.document import Document
from workbench.sources.listings.signed import Signed

_SERVER = re.compile(
    r"<address>(?:<[^>]{0,40}>)?Apache|<img src=\"/icons/(?:back|blank)\."
    r"|<ul><li><a href=\"[^\"]{0,4096}\"> Parent Dir",
    re.IGNORECASE,
)


def _sorts(document: Document) -> bool:
    return document.sort_links > 1 or "indexlist" in document.ids


def _is_apache(document: Document) -> bool:
    if _sorts(document):
        return "list" not in document.ids
    if not index_of(document):
        return False
    server = document.page.headers.get("server", "").lower()
    return bool(
        server.startswith("apache") or _SERVER.search(document.text[:8192]) or _SERVER.search(document.text[-4096:])
    )


def index_of(document: Document) -> bool:
    """Whether the title or a heading begins with the words that most servers use."""
    return any(each.strip().lower().startswith("index of") for each in (document.title, *document.headings))


APACHE = Signed("apache", _is_apache, ("tr", "pre", "li"), is_sure=_sorts)

"""Caddy's file server, versions 1 and 2, and what follows its template: ``rclone serve http``.

The exact size stands in ``data-order`` where the table can be sorted, and the time with its zone in ``<time
datetime>``.
"""

from __future__ import annotations

import re

from workbench.sources.listings.document import Document
from workbench.sources.listings.signed import Signed

_CADDY = re.compile(r"caddyserver\.com|>Caddy<|caddy-logo", re.IGNORECASE)
_ROW = re.compile(r"<tr class=\"?file|<span class=\"?goup", re.IGNORECASE)
"""A row of the template: a file, or the way up, which an empty folder has, too."""
_SORT = re.compile(r"href=\"?(?:\./)?\?sort=(?:name|size|time|namedirfirst)", re.IGNORECASE)


def _is_caddy(document: Document) -> bool:
    return _SORT.search(document.text) is not None and _CADDY.search(document.text) is not None


def _is_rclone(document: Document) -> bool:
    rclone = document.page.headers.get("server", "").lower().startswith("rclone")
    return _SORT.search(document.text) is not None and (rclone or _ROW.search(document.text) is not None)


CADDY = Signed("caddy", _is_caddy, ("tr",), orders=True)
RCLONE = Signed("rclone", _is_rclone, ("tr",), orders=True)

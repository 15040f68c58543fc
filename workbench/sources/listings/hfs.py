"""HFS, the HTTP File Server by Rejetto, version 2: its own templates and those of its users.

Known by its server header, its generator, or the icons that it draws itself (``/~img_folder``). Sizes are rounded.
"""

from __future__ import annotations

from workbench.sources.listings.document import Document
from workbench.sources.listings.signed import Signed


def _is_hfs(document: Document) -> bool:
    server = document.page.headers.get("server", "")
    generator = document.meta.get("generator", "")
    return server.startswith("HFS") or generator.startswith("HFS") or "/~img" in document.text


HFS = Signed("hfs", _is_hfs, ("tr", "li"))

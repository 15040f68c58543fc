"""h5ai by Lars Jung: the table that it writes for browsers without scripts. Sizes are whole kilobytes.

A page without that table says nothing of its folder and is not understood.
"""

from __future__ import annotations

from workbench.sources.listings.document import Document
from workbench.sources.listings.signed import Signed


def _is_h5ai(document: Document) -> bool:
    return "powered by h5ai" in document.title or "h5ai" in document.meta.get("description", "")


H5AI = Signed("h5ai", _is_h5ai, ("tr",))

"""Python's ``http.server``: a list of links under ``Directory listing for``, without sizes and times.

A symbolic link to a file is shown with an ``@`` behind its name, which its link does not have.
"""

from __future__ import annotations

import re

from workbench.sources.listings.document import Document
from workbench.sources.listings.signed import Signed

_LIST = re.compile(r"<hr>\s{0,9}<ul>\s{0,9}(?:<li>|</ul>)", re.IGNORECASE)


def _is_python(document: Document) -> bool:
    says = document.title.strip().lower().startswith("directory listing for")
    return says and _LIST.search(document.text) is not None


def _has_list(document: Document) -> bool:
    return re.search(r"<ul>\s{0,9}</ul>", document.text, re.IGNORECASE) is not None


PYTHON = Signed("python-http", _is_python, ("li",), shows_empty=_has_list)

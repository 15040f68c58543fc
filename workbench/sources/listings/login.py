"""Whether a page asks for a password."""

from __future__ import annotations

from workbench.sources.listings.document import Document
from workbench.sources.remote import Page


def is_login_page(page: Page) -> bool:
    """Whether the page has a field for a password. Ask `read_listing` first: some servers put such a field beside a
    listing that anybody may read.
    """
    return Document(page).asks_password

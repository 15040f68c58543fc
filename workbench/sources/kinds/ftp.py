"""Anonymous FTP: MLSD where a server has it, else LIST, in whichever way it writes that."""

from __future__ import annotations

from dataclasses import replace

from workbench.sources.ftp import doslist, mlsd, unixlist
from workbench.sources.ftp.ending import cut_remark
from workbench.sources.kinds import names
from workbench.sources.remote import Ask, Listing, Page

READERS = (mlsd.read, unixlist.read, doslist.read)
_NOT_KNOWN = (500, 501, 502, 504)
"""Replies to a command that a server does not have (RFC 959 §4.2)."""


class Ftp:
    """See `workbench.sources.remote.Kind`. `Ask.method` is a command: ``MLSD``, ``LIST`` or ``RETR``."""

    name = "ftp"

    def start(self, url: str) -> str:
        """The URL below which everything lies."""
        return names.as_folder(url)

    def ask(self, url: str) -> Ask:
        """MLSD of the folder."""
        return Ask("MLSD", names.as_folder(url))

    def fallback(self, ask: Ask, status: int | None = None) -> Ask | None:
        """LIST, where a server has no MLSD."""
        if ask.method == "MLSD" and (status is None or status in _NOT_KNOWN):
            return replace(ask, method="LIST")
        return None

    def read(self, page: Page) -> Listing | None:
        """A listing without a line is an empty folder: the server has said that it sent all of it.

        One that the server cut short says so in a remark: nothing is then known of what it does not show.
        """
        cut = cut_remark(page.body, page.headers)
        if not page.body.strip():
            return Listing("ftp", (), remarks=() if cut is None else (cut,))
        for read in READERS:
            listing = read(page)
            if listing is not None:
                return listing if cut is None else replace(listing, remarks=(*listing.remarks, cut))
        return None

    def fetch(self, url: str) -> Ask:
        """RETR."""
        return Ask("RETR", url)

"""What all ways of writing an FTP listing share: lines, entries, and what is told of the lines that make none."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from workbench.core.messages import Message
from workbench.core.times import Precision, Stated, Zone
from workbench.sources.base import shown
from workbench.sources.kinds import names
from workbench.sources.remote import Entry, Listing, Page, Remark

LONGEST = 16 << 10
"""Bytes of a line that is read; no server writes longer ones."""
_MOST_UNREAD = 100
"""Lines not understood that are told one by one."""


def lines(body: bytes) -> Iterator[bytes]:
    """The lines without their ends, LF or CR LF; empty ones are left out. Nothing else ends a line."""
    start = 0
    while start < len(body):
        end = body.find(b"\n", start)
        line = body[start : end if end >= 0 else len(body)].removesuffix(b"\r")
        if line:
            yield line
        start = end + 1 if end >= 0 else len(body)


@dataclass
class Rows:
    """Collects the rows of one page in the way of writing called `format`."""

    page: Page
    format: str
    entries: dict[bytes, Entry] = field(default_factory=dict)
    remarks: list[Remark] = field(default_factory=list)
    understood: int = 0
    unread: int = 0
    lost: bool = False

    def __post_init__(self) -> None:
        self._folder = names.as_folder(self.page.url)

    @property
    def full(self) -> bool:
        """Are there as many rows as are taken in? The rest of the page is then lost, which the listing says."""
        self.lost = self.understood + self.unread >= names.MOST_ROWS
        return self.lost

    def add(
        self,
        name: bytes,
        *,
        is_folder: bool,
        size: int | None,
        modified: Stated | None,
        stamp: str,
        media_type: str | None = None,
    ) -> None:
        """A file or folder."""
        self.understood += 1
        if reason := names.problem_with(name):
            self.remarks.append(names.unsafe(name, reason))
        elif name in self.entries:
            self.remarks.append(names.twice(name))
        else:
            self.entries[name] = Entry(
                name,
                is_folder,
                self._folder + names.quoted(name) + ("/" if is_folder else ""),
                None if is_folder else size,
                exact=size is not None and not is_folder,
                modified=None if modified is None else modified.micros,
                zone=Zone.UNKNOWN if modified is None else modified.zone,
                precision=Precision.MINUTE if modified is None else modified.precision,
                media_type=media_type,
                stamp=stamp,
            )

    def link(self, name: bytes, target: bytes | None) -> None:
        """A symbolic link: told, not followed."""
        self.understood += 1
        self.remarks.append(Remark(name, Message("row-link", {"target": shown(target)[:200] if target else None})))

    def special(self, name: bytes, kind: str) -> None:
        """Neither file nor folder nor link."""
        self.understood += 1
        self.remarks.append(Remark(name, Message("row-special", {"kind": kind[:40]})))

    def not_read(self, line: bytes) -> None:
        """A line that is not written in this way."""
        self.unread += 1
        if self.unread <= _MOST_UNREAD:
            self.remarks.append(Remark(b"", Message("row-not-read", {"line": shown(line)[:200]})))

    def listing(self) -> Listing | None:
        """Null when no line was understood. Lines that were not may each hide a name: nothing is then absent."""
        if not self.understood:
            return None
        if self.lost or self.unread:
            self.remarks.append(names.incomplete(self.understood))
        return Listing(self.format, tuple(self.entries.values()), remarks=tuple(self.remarks))

"""What every importer offers, and what it is told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import tzinfo
from pathlib import Path
from typing import Protocol

from workbench.core.progress import Progress
from workbench.core.times import Stated, parse_zone
from workbench.sources.base import Source
from workbench.sources.importers.urls import Place, place_of


@dataclass(frozen=True)
class Options:
    """What the user says of a harvest: where on the server it began, and the zone of clocks that state none."""

    base: str | None = None
    zone: str | None = None
    skip: frozenset[bytes] = frozenset()
    """Names directly below a folder that are taken in elsewhere, such as access logs."""

    @property
    def place(self) -> Place | None:
        """`base` as a place. Raises `UserError` ``import-base-unreadable``."""
        return None if self.base is None else place_of(self.base)

    @property
    def clock(self) -> tzinfo | None:
        """`zone` as a zone; null when none was given. Raises `UserError` ``zone-unknown``."""
        return None if self.zone is None else parse_zone(self.zone)


@dataclass(frozen=True)
class Harvest:
    """One look that somebody else made. `observed` is what the harvest itself says of its time, or null.

    `keep` are small files that hold what the look rests on: their bytes are worth keeping beside what they list.
    """

    source: Source
    paths: tuple[Path, ...]
    observed: Stated | None = None
    keep: tuple[Path, ...] = ()
    own: bool = False
    """Did this program make it?"""


class Importer(Protocol):
    """A way in which harvests are kept."""

    name: str
    """As ``--format`` takes it and as the kind of the source; stands in case files."""
    together: bool
    """Do several paths given at once make up one harvest?"""

    def recognises(self, path: Path, head: bytes) -> bool:
        """Is it one of these? `head` are the first bytes of a file (`HEAD` at most), empty for a folder.

        Raises `OSError` where it cannot be read.
        """
        ...

    def open(self, paths: Sequence[Path], options: Options, progress: Progress) -> list[Harvest]:
        """The looks. Reads as much as is needed to know where and when they were.

        Raises `UserError` for what is not understood, `OSError` for what cannot be read, and `Cancelled`.
        """
        ...


HEAD = 1 << 16
"""Bytes by which a file is recognised."""

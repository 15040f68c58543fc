"""What the gallery is given to draw: tiles, where they come from, and the headings between them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

from PySide6.QtGui import QImage

from workbench.core.records import State
from workbench.gui.widgets.words import word

Badge = Literal["", "new", "changed", "moved", "returned", "removed"]
BADGES: tuple[Badge, ...] = ("new", "changed", "moved", "returned", "removed")
KINDS = ("image", "video", "audio", "text", "archive", "unknown")


@dataclass(frozen=True)
class Tile:
    """One item as the gallery shows it.

    `image` is our own preview (at most 256 px, upright), or null; `kind` one of `KINDS`; `stack` how many
    alike items lie under it (0 and 1 show nothing); `verdict` ``relevant``, ``not-relevant`` or empty.
    """

    name: str
    image: QImage | None = None
    state: State = State.OK
    badge: Badge = ""
    unseen: bool = False
    stack: int = 0
    tags: tuple[str, ...] = ()
    verdict: str = ""
    kind: str = "image"
    warned: bool = False
    """Is there something to say about the file, though it may be whole?"""

    def problem(self) -> str:
        """Why there is no picture, as a word of the catalogue and an icon; empty when all is well."""
        return "" if self.state is State.OK else str(self.state)

    def spoken(self, selected: bool = False) -> str:
        """The tile as a screen reader says it: name first, then everything that is drawn as a sign."""
        parts = [self.name]
        if self.kind != "image":
            parts.append(word(self.kind if self.kind in KINDS else "unknown"))
        if self.problem():
            parts.append(word(self.problem()))
        elif self.warned:
            parts.append(word("warned"))
        if self.badge:
            parts.append(word(f"badge.{self.badge}"))
        if self.unseen:
            parts.append(word("unseen"))
        if self.stack > 1:
            parts.append(word("stack", count=self.stack))
        if self.verdict in ("relevant", "not-relevant"):
            parts.append(word(self.verdict))
        if self.tags:
            parts.append(word("tags", tags=", ".join(self.tags)))
        if selected:
            parts.append(word("selected"))
        return ", ".join(parts)


@dataclass(frozen=True)
class Section:
    """A heading before row `start`: a day, a folder. `note` says counts: ``31 new · seen 12 of 38``; where there may be
    thousands of headings, `tell` words it when it comes into sight.
    """

    start: int
    title: str
    note: str = ""
    tell: Callable[[], str] | None = field(default=None, compare=False)

    def told(self) -> str:
        """The note."""
        return self.note if self.tell is None else self.tell()


class Tiles(Protocol):
    """Where tiles come from. Both calls are made on the main thread and must return at once."""

    def get(self, item: int) -> Tile | None:
        """The tile if it is at hand, else null."""

    def request(self, items: Sequence[int]) -> None:
        """These are wanted now, nearest first; a later call replaces an earlier one."""

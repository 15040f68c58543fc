"""What a server may cost us at the most, however it answers."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Bounds:
    """Limits of one look. Beyond them a folder is *not reached*, with a warning, and the look ends partial."""

    depth: int = 100
    """Folders within folders."""
    folders: int = 100_000
    """Beside the one at the start."""
    pages: int = 10_000
    """Of one folder."""
    entries: int = 1_000_000
    """Of one folder."""
    barren: int = 2_000
    """Folders one after the other without any file: nothing is behind such a maze."""
    seconds: int = 0
    """Of one run of the look; 0 for any number."""
    url: int = 8_000
    """Characters: servers refuse longer ones."""

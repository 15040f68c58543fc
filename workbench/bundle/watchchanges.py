"""The changes that a bundle tells of, in short: how many of each kind every look shows, and the first names."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from workbench.bundle.formats import Row

KINDS = ("added", "changed", "moved", "removed", "returned", "time-changed")
NAMES = 12
"""That are told of one kind in one look; the others are counted, and stand in the table of changes."""
LOOKS = 60
"""At one server of which names are told, the newest."""
LONGEST = 200
"""Of one name, in characters."""


@dataclass
class Changed:
    """Is told every row of the table of changes while that is written; holds numbers, and a few names."""

    counts: dict[int, Counter[str]] = field(default_factory=dict)
    names: dict[tuple[int, str], list[str]] = field(default_factory=dict)

    def add(self, row: Row) -> None:
        """One change."""
        look, kind = row["snapshot"], row["change"]
        self.counts.setdefault(look, Counter())[kind] += 1
        told = self.names.setdefault((look, kind), [])
        if len(told) < NAMES:
            told.append(_name(row))

    def of(self, look: int) -> Row | None:
        """What a look shows: ``counts`` in the order of `KINDS`, and of each kind the first names and how many more
        there are; null where it shows nothing that belongs to the bundle.
        """
        counts = self.counts.get(look)
        if counts is None:
            return None
        told = [(kind, self.names[look, kind]) for kind in KINDS if kind in counts]
        return {
            "id": look,
            "counts": [counts[kind] for kind in KINDS],
            "names": [(kind, names, counts[kind] - len(names)) for kind, names in told],
        }


def _name(row: Row) -> str:
    new = _short(row["path"] or "–")
    return f"{_short(row['old_path'])} → {new}" if row["old_path"] else new


def _short(name: str) -> str:
    half = LONGEST // 2
    return name if len(name) <= LONGEST else f"{name[:half]}…{name[-half:]}"

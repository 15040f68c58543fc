"""What stands in the places of a log that a single line does not explain: found out over many lines.

- Two address columns in front: the first is a virtual host where it is constant, forwarded-for where it varies over the
  clients, the second is who connected. What the lines do not settle is *undecided*, and said.
- A field behind the rest may be a forwarded-for list, the server's address or an upstream's.
- The place of the user may hold an identifier of the request: another one in every line.

The evidence is counted chunk by chunk, can be added up, and is small whatever the log is like.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

HOST, FORWARDED, UNDECIDED, NONE = "host", "forwarded", "undecided", "none"
FIRST, LAST = "first", "last"
MANY = 20
"""Lines over which a single value counts as constant."""
KEPT = 128
"""Smallest hashes that a `Sketch` keeps."""
FIELDS = 12
"""Fields behind the others that are looked at."""
_SPACE = 1 << 62


@dataclass(frozen=True)
class Layout:
    """How the places of a log are read.

    `first` is what a second address in front is; `behind` the place (from 0) of a forwarded-for list among the fields
    behind the agent, or behind the size where a log has no agent; `identifier` which word in the place of the user is
    an identifier of the request; `trusted` the networks that the user named as proxies.
    """

    first: str = NONE
    behind: int | None = None
    identifier: str = NONE
    trusted: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """For the way to a worker, and for the case."""
        return {
            "first": self.first, "behind": self.behind, "identifier": self.identifier, "trusted": list(self.trusted),
        }  # fmt: skip

    @staticmethod
    def of(plain: Mapping[str, Any] | None) -> Layout:
        """What `to_json` gave; nothing is nothing."""
        if plain is None:
            return Layout()
        return Layout(plain["first"], plain["behind"], plain["identifier"], tuple(plain["trusted"]))

    def reads_like(self, other: Layout) -> bool:
        """Do both give the same events? What is undecided is read like a virtual host."""
        return _first(self) == _first(other) and (self.behind, self.identifier) == (other.behind, other.identifier)


def _first(layout: Layout) -> bool:
    return layout.first == FORWARDED


@dataclass
class Sketch:
    """How many different values there are: exact up to `KEPT`, estimated beyond (k minimum values)."""

    lowest: set[int] = field(default_factory=set)

    def add(self, value: str) -> None:
        """One more value, known or not."""
        self.lowest.add(int.from_bytes(blake2b(value.encode("utf-8", "replace"), digest_size=8).digest(), "big") >> 2)
        if len(self.lowest) > 4 * KEPT:
            self._cut()

    def _cut(self) -> None:
        self.lowest = set(sorted(self.lowest)[:KEPT])

    def merge(self, other: Iterable[int]) -> None:
        """Those of another one too."""
        self.lowest |= set(other)
        self._cut()

    def count(self) -> int:
        """How many."""
        self._cut()
        if len(self.lowest) < KEPT:
            return len(self.lowest)
        return int((KEPT - 1) * _SPACE / max(max(self.lowest), 1))

    def to_json(self) -> list[int]:
        """The hashes, sorted."""
        self._cut()
        return sorted(self.lowest)


COUNTS = ("lines", "named", "lists", "empty", "others", "local", "public", "ports")


@dataclass
class Column:
    """Evidence on a column that may be a forwarded-for list.

    `lines` that have it, `named` with an address in it, `lists` of several items, `empty` without a value, `others`
    with something else, as the name of a host; `local` those whose peer is a proxy's address, `public` those with an
    address that is none, `ports` with a port. `values` and `peers` are the different ones.
    """

    lines: int = 0
    named: int = 0
    lists: int = 0
    empty: int = 0
    others: int = 0
    local: int = 0
    public: int = 0
    ports: int = 0
    values: Sketch = field(default_factory=Sketch)
    peers: Sketch = field(default_factory=Sketch)

    def to_json(self) -> dict[str, Any]:
        """Counts and hashes."""
        return {name: getattr(self, name) for name in COUNTS} | {
            "values": self.values.to_json(),
            "peers": self.peers.to_json(),
        }

    def merge(self, plain: Mapping[str, Any]) -> None:
        """Add what another chunk counted."""
        for name in COUNTS:
            setattr(self, name, getattr(self, name) + plain[name])
        self.values.merge(plain["values"])
        self.peers.merge(plain["peers"])

    def verdict(self) -> str:
        """Forwarded-for, a constant (virtual host, server), or undecided."""
        values, peers = self.values.count(), self.peers.count()
        if not self.named:
            return NONE
        if self.others > self.named:
            return HOST  # a client may ask for a host by its address, and chooses what it asks for
        if self.lines < 2:
            return UNDECIDED
        if self.lists or self.empty:
            return FORWARDED  # a virtual host is one name, and never missing
        if values == 1:
            return HOST if peers > 1 or self.lines >= MANY else UNDECIDED
        if values > peers or (values == peers and self.local == self.lines and self.public == self.lines):
            return FORWARDED
        return HOST if peers >= 4 * values else UNDECIDED


WORDS = ("users", "first_like", "first_letters", "first_different", "last_like", "last_letters", "last_different")


@dataclass
class Evidence:
    """What the lines of a log say of its layout."""

    front: Column = field(default_factory=Column)
    behind: list[Column] = field(default_factory=lambda: [Column() for _ in range(FIELDS)])
    words: dict[str, int] = field(default_factory=lambda: dict.fromkeys(WORDS, 0))

    def to_json(self) -> dict[str, Any]:
        """Without what is empty."""
        return {
            "front": self.front.to_json() if self.front.lines else None,
            "behind": {str(at): each.to_json() for at, each in enumerate(self.behind) if each.lines},
            "words": self.words,
        }

    def merge(self, plain: Mapping[str, Any] | None) -> None:
        """Add what another chunk counted."""
        if plain is None:
            return
        if plain["front"] is not None:
            self.front.merge(plain["front"])
        for at, each in plain["behind"].items():
            self.behind[int(at)].merge(each)
        for name in WORDS:
            self.words[name] += plain["words"][name]

    def layout(self, trusted: tuple[str, ...] = ()) -> Layout:
        """What the lines settle."""
        return Layout(self.front.verdict(), self._behind(), self._identifier(), trusted)

    def undecided(self) -> tuple[int, int] | None:
        """Lines through a local peer whose client depends on what was not settled: how many different addresses either
        reading gives, by the column and by the peer. Null where nothing depends on it.
        """
        if self.front.verdict() == FORWARDED or self._behind() is not None:
            return None
        for each in (self.front, *self.behind):
            if each.verdict() == UNDECIDED and each.local and each.public and each.ports < each.named:
                return each.values.count(), each.peers.count()
        return None

    def _behind(self) -> int | None:
        """Upstream servers are local and have a port; the list has neither everywhere."""
        found = [
            (each.lists, each.values.count(), at)
            for at, each in enumerate(self.behind)
            if each.verdict() == FORWARDED and each.public
        ]
        return max(found)[2] if found else None

    def _identifier(self) -> str:
        words = self.words
        for place in (FIRST, LAST):
            like, letters, different = (words[f"{place}_{name}"] for name in ("like", "letters", "different"))
            if like >= 2 and like >= 0.9 * words["users"] and different >= 0.9 * like and letters >= 0.5 * like:
                return place
        return NONE

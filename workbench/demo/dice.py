"""Chance that falls the same way on every machine: only `random.random` is used, which Python keeps stable."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import TypeVar

Item = TypeVar("Item")


class Dice:
    """A seeded source of chance, named by what it is for."""

    def __init__(self, *name: object) -> None:
        # Invented pictures need repeatable chance, not secrecy.
        self._random = random.Random("/".join(map(str, name)))  # noqa: S311

    def unit(self) -> float:
        """Between 0 and 1."""
        return self._random.random()

    def between(self, low: float, high: float) -> float:
        """Between `low` and `high`."""
        return low + (high - low) * self._random.random()

    def number(self, low: int, high: int) -> int:
        """A whole number from `low` to `high`, both possible."""
        return low + int(self._random.random() * (high - low + 1))

    def pick(self, items: Sequence[Item]) -> Item:
        """One of `items`."""
        return items[int(self._random.random() * len(items))]

    def sample(self, items: Sequence[Item], count: int) -> list[Item]:
        """Up to `count` different ones of `items`."""
        left = list(items)
        return [left.pop(int(self._random.random() * len(left))) for _ in range(min(count, len(left)))]

    def weighted(self, items: Sequence[tuple[Item, float]]) -> Item:
        """One of the items, by weight."""
        at = self._random.random() * sum(weight for _, weight in items)
        for item, weight in items:
            at -= weight
            if at < 0:
                return item
        return items[-1][0]

    def chance(self, share: float) -> bool:
        """True in `share` of the cases."""
        return self._random.random() < share

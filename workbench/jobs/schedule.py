"""When a source is to be looked at next, and which looks were missed. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from workbench.core.times import SECOND

MOST_MISSED = 400


@dataclass(frozen=True)
class Due:
    """`next` is when the next look is due, null where none is planned; `missed` are those that did not take place.
    Microseconds UTC.
    """

    next: int | None
    missed: tuple[int, ...] = ()

    def is_due(self, now: int) -> bool:
        """Is it time?"""
        return self.next is not None and self.next <= now


def due(every: int | None, last: int | None, now: int) -> Due:
    """`every` is in seconds, `last` when the last look began. Of several that have passed the latest is due, the others
    were missed (of very many the last 400).
    """
    if every is None:
        return Due(None)
    if last is None:
        return Due(now)
    step = every * SECOND
    passed = (now - last) // step
    if passed < 1:
        return Due(last + step)
    return Due(last + passed * step, tuple(last + turn * step for turn in range(max(1, passed - MOST_MISSED), passed)))

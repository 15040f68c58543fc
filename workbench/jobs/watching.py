"""Keeping watch: which looks are due, and which were missed and are recorded as that."""

from __future__ import annotations

from workbench.case.case import Case
from workbench.core.times import MINUTE
from workbench.jobs.schedule import Due, due
from workbench.ops import watch as ops
from workbench.queries import harvest, watched

RETRY = 10 * MINUTE
"""After which a look that was cut off, or whose line was lost, is gone on with."""


def catch_up(case: Case, source: str, now: int, every: int | None = None) -> Due:
    """When a source is to be looked at next; looks that were missed until `now` are recorded as missed.

    `every` (seconds) is the interval that holds from now on, where it is not the one that was kept.
    """
    known = case.ask(watched.find, source)
    if known is None:
        return Due(now)
    kept = known.options.get("every") if every is None else every
    interval = kept if isinstance(kept, int) else None
    if interval is not None and known.unfinished and known.snapshot is not None:
        heard = case.ask(harvest.last_heard, known.snapshot) or known.observed or now
        return Due(heard + RETRY)
    found = due(interval, known.observed, now)
    fresh = [time for time in found.missed if known.missed is None or time > known.missed]
    if fresh:
        case.run(ops.missed, source, fresh)
    return found

"""Keeping watch: which looks are due, and which were missed and are recorded as that."""

from __future__ import annotations

from workbench.case.case import Case
from workbench.jobs.schedule import Due, due
from workbench.ops import watch as ops
from workbench.queries import watched


def catch_up(case: Case, source: str, now: int) -> Due:
    """When a source is to be looked at next; looks that were missed until `now` are recorded as missed."""
    known = case.ask(watched.find, source)
    if known is None:
        return Due(now)
    every = known.options.get("every")
    found = due(every if isinstance(every, int) else None, known.observed, now)
    fresh = [time for time in found.missed if known.missed is None or time > known.missed]
    if fresh:
        case.run(ops.missed, source, fresh)
    return found

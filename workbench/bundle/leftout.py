"""Why something stays out of a bundle: the reasons, how many of each, and the sentence that says so."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from workbench.core.messages import Message, numbered

WITHHELD = (
    "redacted-object",
    "redacted-path",
    "redacted-event",
    "redacted-log",
    "redacted-line",
    "redacted-exchange",
    "redacted-warning",
    "redacted-note",
    "redacted-tag",
    "redacted-author-mark",
    "redacted-mark",
    "redacted-actor",
    "redacted-charter",
    "redacted-watch",
    "redacted-decision",
)
"""What a redaction withholds."""
REASONS = (
    *WITHHELD,
    "accepted-object",
    "own-traffic",
    "outside-filter",
    "outside-filter-events",
    "outside-filter-marks",
    "outside-filter-exchanges",
    "exchange-without-file",
    "missing-bytes",
    "damaged-bytes",
    "unreadable-bytes",
    "missing-log-lines",
    "damaged-log-lines",
    "unreadable-log-lines",
    "missing-exchanges",
    "damaged-exchanges",
    "log-lines",
    "custody-rows",
    "custody-arguments",
    "custody-actors",
)
"""Every reason there is, in the order in which people are told."""


class LeftOut(Counter[str]):
    """How many stay behind for which reason. A reason that no sentence explains is a mistake: `ValueError`."""

    def __init__(self, counts: Mapping[str, int] | None = None) -> None:
        super().__init__()
        for reason, count in (counts or {}).items():
            self[reason] = count

    def __setitem__(self, reason: str, count: int) -> None:
        if reason not in REASONS:
            raise ValueError(f"there is no sentence for what is left out as {reason!r}")
        super().__setitem__(reason, count)


def sentence_of(reason: str, count: int) -> Message:
    """How many stay out and why, as a whole sentence."""
    return numbered(f"left-{reason}", count)


def sentences(left_out: Iterable[tuple[str, int]]) -> list[Message]:
    """All that stays out, in the order of `REASONS`; what an older version counted comes last."""
    place = {reason: number for number, reason in enumerate(REASONS)}
    told = sorted(left_out, key=lambda each: (place.get(each[0], len(place)), each[0]))
    return [sentence_of(reason, count) for reason, count in told if count]

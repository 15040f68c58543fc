"""What a bundle would hold and what would stay out of it, counted before anything is written."""

from __future__ import annotations

from dataclasses import dataclass

from workbench.bundle.redaction import Redaction
from workbench.bundle.selection import selected
from workbench.case.readers import Reader
from workbench.core.filter import Filter


@dataclass(frozen=True)
class Expected:
    """Numbers before the writing. `left_out` has (reason, count) of all but what is only known once logs were cut and
    custody entries were written.
    """

    files: int
    events: int
    marks: int
    left_out: tuple[tuple[str, int], ...]


def expected(reader: Reader, asked: Filter, redaction: Redaction) -> Expected:
    """What would come of it. For a reader thread; raises `UserError` where the redaction withholds nothing."""
    selection = selected(reader, asked, redaction)
    return Expected(
        int(selection.bytes_of.sum()),
        int(selection.live.sum()),
        selection.count("mark"),
        tuple((reason, count) for reason, count in selection.left_out.items() if count),
    )

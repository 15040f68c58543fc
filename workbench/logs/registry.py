"""All log formats, which of them some bytes are in, and how a chunk is parsed. A new format is one line here."""

from __future__ import annotations

from workbench.core.batch import EventBatch
from workbench.core.errors import UserError
from workbench.logs.combined import COMBINED
from workbench.logs.format import Detected, Format
from workbench.logs.ftpextended import FTP_EXTENDED
from workbench.logs.layout import Layout
from workbench.logs.xferlog import XFERLOG

FORMATS: tuple[Format, ...] = (COMBINED, XFERLOG, FTP_EXTENDED)

SAMPLE = 65536
"""Bytes from the start of a log that are enough to name its format."""
ENOUGH = 0.6
"""Share of the sampled lines that must fit. A log of another kind with a few odd lines stays unknown."""


def by_name(name: str) -> Format:
    """The format of that name; raises `UserError` ``log-format-unknown``."""
    for each in FORMATS:
        if each.name == name:
            return each
    raise UserError("log-format-unknown", name=name, known=", ".join(each.name for each in FORMATS))


def detect(sample: bytes) -> Detected | None:
    """The format of the log that starts with `sample`, by its content; null when no format explains it.

    A last line without its end is left out, because the sample may have cut it; only a single line counts as it is.
    """
    whole, newline, _ = sample[:SAMPLE].rpartition(b"\n")
    lines = whole + newline if newline else sample[:SAMPLE]
    score, best = max(((each.fit(lines), each) for each in FORMATS), key=lambda pair: pair[0])
    if score < ENOUGH:
        return None
    return Detected(best.name, best.version, best.title, best.has_zone, best.precision, score)


def parse_chunk(format_name: str, data: bytes, zone: str | None = None, layout: Layout | None = None) -> EventBatch:
    """Whole lines of a log as columns (`workbench.core.batch`).

    Every line becomes an event, a reject, or is blank (nothing but white space: counted in ``lines`` only), so that
    ``lines - len(events) - len(rejects)`` is the number of blank lines. The result does not depend on where a log
    is split into chunks, on the locale or on the time zone of the machine.

    `zone` is for formats whose lines state none: an IANA name or an offset; null leaves the wall clock and
    `Zone.UNKNOWN`. `layout` says what stands in places that one line does not explain; without one the second of two
    addresses in front is who connected, and nothing is taken for a forwarded-for list. Raises `UserError`
    ``log-format-unknown`` and ``zone-unknown``; never for the bytes.
    """
    return by_name(format_name).parse(data, zone, layout or Layout())

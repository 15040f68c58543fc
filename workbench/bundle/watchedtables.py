"""The tables of a bundle about watched servers: the requests that are here, charters, and what looks saw of folders."""

from __future__ import annotations

from collections.abc import Iterator

from workbench.bundle.formats import Row
from workbench.bundle.numbering import Renumbering
from workbench.bundle.selection import Selection
from workbench.case.readers import Reader
from workbench.core.times import rfc3339
from workbench.queries import requests as queries
from workbench.queries import watched

COLUMNS: dict[str, tuple[str, ...]] = {
    "requests": (
        "id",
        "snapshot",
        "time",
        "took_us",
        "purpose",
        "method",
        "url",
        "status",
        "outcome",
        "received",
        "peer",
        "certificate",
        "server_date",
        "sha256",
        "record",
        "warc",
        "start",
        "length",
        "source",
    ),
    "charter": (
        "source",
        "current",
        "time",
        "actor",
        "who",
        "why",
        "authority",
        "basis",
        "found",
        "connection",
    ),
    "coverage": ("snapshot", "path", "path_raw", "state", "source"),
}


def requests(made: Reader, numbers: Renumbering) -> Iterator[Row]:
    """One row an exchange of the bundle. ``warc``, ``start`` and ``length`` are those of the files here."""
    rows, snapshots = numbers.old("exchange"), numbers.old("snapshot")
    for row in queries.every(made):
        row["id"] = int(rows[row["id"]])
        row["snapshot"] = None if row["snapshot"] is None else int(snapshots[row["snapshot"]])
        yield row


def charters(reader: Reader, selection: Selection) -> Iterator[Row]:
    """Every charter that was written; the last one of a source is ``current``."""
    mask = selection.masks["charter"]
    for row, of, source, current, time, actor, *fields in reader.all(
        "SELECT c.id, s.id, s.name, c.id = (SELECT max(id) FROM charter x WHERE x.source = c.source), op.time, a.name, "
        "c.who, c.why, c.authority, c.basis, c.found, c.connection FROM charter c JOIN source s ON s.id = c.source "
        "JOIN op_rows r ON r.tab = 'charter' AND c.id BETWEEN r.first AND r.last JOIN op ON op.seq = r.op "
        "LEFT JOIN actor a ON a.id = op.actor ORDER BY c.id"
    ):
        if mask[row]:
            told = dict(zip(COLUMNS["charter"][4:], fields, strict=True))
            author = None if selection.redaction.hides(actor) else actor
            name = selection.source_name(of, source)
            yield {"source": name, "current": bool(current), "time": rfc3339(time), "actor": author, **told}


def coverage(made: Reader, numbers: Renumbering) -> Iterator[Row]:
    """One row a folder and look; a null path is the start of the source itself."""
    snapshots = numbers.old("snapshot")
    for row in watched.coverage(made):
        row["snapshot"] = int(snapshots[row["snapshot"]])
        yield row

"""What the report says of each watched server: who watched it and why, every look, and how it was gone about.

Counts are of the whole case, so that they stay true in a bundle that holds a part of it; they name no file.
"""

# ruff: noqa: S608 - SQL is put together from our own names

from __future__ import annotations

from collections.abc import Sequence

from workbench.bundle import watchchanges, watchterms
from workbench.bundle.formats import Row
from workbench.bundle.selection import Selection
from workbench.bundle.watchchanges import Changed
from workbench.case.readers import Reader
from workbench.core.progress import Progress
from workbench.core.records import Coverage
from workbench.core.times import SECOND, to_datetime
from workbench.queries import changes, requests, watched
from workbench.queries.conduct import conduct
from workbench.queries.watched import Watched

LOOKS = 100
"""At one server that are told one by one, the newest; all are counted."""
MISSED = 20


def watched_sections(reader: Reader, selection: Selection, changed: Changed, progress: Progress) -> list[Row]:
    """One entry a watched source of the selection. `reader` is of the case that the bundle is made from; `changed` was
    told every change that belongs to the bundle.
    """
    found = []
    for source in watched.sources(reader):
        if selection.masks["source"][source.source]:
            progress.check()
            found.append(_section(reader, selection, source, changed, progress))
    return found


def _section(reader: Reader, selection: Selection, source: Watched, changed: Changed, progress: Progress) -> Row:
    is_told = _told(reader, selection, "watch", source.source)
    terms, term_count = watchterms.terms(reader, selection, source.source)
    charters, charter_count = watchterms.charters(reader, selection, source.source)
    looks = reader.all(
        "SELECT n.id, n.observed, e.status FROM snapshot n LEFT JOIN snapshot_end e ON e.snapshot = n.id "
        "WHERE n.source = ? ORDER BY n.observed DESC, n.id DESC",
        (source.source,),
    )
    missed = [
        due for (due,) in reader.all("SELECT due FROM missed WHERE source = ? ORDER BY due DESC", (source.source,))
    ]
    return {
        "name": selection.source_name(source.source, source.name),
        "kind": source.kind,
        "url": source.url if is_told else None,
        "terms": terms,
        "term_count": term_count,
        "certificate": None if source.certificate is None else source.certificate.hex(),
        "charters": charters,
        "charter_count": charter_count,
        "looks": [_look(reader, selection, progress, *look) for look in looks[:LOOKS]],
        "look_count": len(looks),
        **_changes(reader, source.name, looks, changed),
        "missed": [_minute(due) for due in missed[:MISSED]],
        "missed_count": len(missed),
    }


def _told(reader: Reader, selection: Selection, table: str, source: int) -> bool:
    """Is the row that counts part of the bundle?"""
    row = reader.value(f"SELECT max(id) FROM {table} WHERE source = ?", (source,))
    return row is not None and bool(selection.masks[table][row])


def _changes(reader: Reader, source: str, looks: Sequence[tuple[int, int, str | None]], changed: Changed) -> Row:
    """What the looks show to have changed, the newest first."""
    shown = [(changed.of(look), observed) for look, observed, _ in looks]
    told = [{**each, "time": _minute(observed)} for each, observed in shown if each is not None]
    for each in told[watchchanges.LOOKS :]:
        each["names"] = []
    return {"changes": told, "kinds": watchchanges.KINDS, "compared": len(changes.pairs(reader, source))}


def _look(
    reader: Reader, selection: Selection, progress: Progress, snapshot: int, observed: int, status: str | None
) -> Row:
    progress.check()
    counts = requests.counts(reader, snapshot)
    shown = conduct(reader, snapshot)
    skew = requests.skew(reader, snapshot)
    confirmed = shown.confirmed
    by = None if confirmed is None or selection.redaction.hides(confirmed.by) else confirmed.by
    trusted = reader.value(
        "SELECT count(*) FROM trusted t JOIN sighting s ON s.id = t.sighting WHERE s.snapshot = ?", (snapshot,)
    )
    return {
        "id": snapshot,
        "time": _minute(observed),
        "status": status or "not ended",
        "coverage": _coverage(reader, snapshot),
        "requests": counts.requests,
        "received": counts.received,
        "trusted": int(trusted),
        "skew": None if skew is None else _ahead(skew.micros),
        "answers": 0 if skew is None else skew.n,
        "conduct": shown.message.text(),
        "clean": shown.is_clean,
        "confirmed": None if confirmed is None else _minute(confirmed.time),
        "by": by,
    }


def _ahead(micros: int) -> str:
    """No finer than servers tell it: in whole seconds."""
    seconds = round(micros / SECOND)
    return f"{seconds:+,} s" if abs(seconds) > 1 else "within 1 s"


def _coverage(reader: Reader, snapshot: int) -> str:
    """Folders by what the look saw of them."""
    words = {
        Coverage.LISTED: "listed",
        Coverage.REFUSED: "refused",
        Coverage.FAILED: "failed",
        Coverage.NOT_REACHED: "not reached",
    }
    found = dict(reader.all("SELECT state, count(*) FROM coverage WHERE snapshot = ? GROUP BY state", (snapshot,)))
    return ", ".join(f"{found[state.value]:,} {word}" for state, word in words.items() if state.value in found) or "–"


def _minute(micros: int) -> str:
    return to_datetime(micros).strftime("%Y-%m-%d %H:%M")

"""The exhibits of a bundle: one numbered entry for each file, with everything that the bundle says of it.

The number of an exhibit is its place in ``tables/files``, where it stands too. All is read from the rebuilt case, which
holds what may be told and nothing else; looks and logs are named as in the case that the bundle was made from.
"""

# ruff: noqa: S608 - SQL is put together from our own names

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from workbench.bundle import layout
from workbench.bundle.formats import Row
from workbench.bundle.tables import EVERYTHING, Tables
from workbench.case.readers import Reader
from workbench.core.messages import Message
from workbench.core.records import State
from workbench.core.times import Precision, Zone, rfc3339, to_datetime
from workbench.queries import acts, events, files
from workbench.queries.detail_values import clock_of
from workbench.queries.logtext import Lines
from workbench.queries.shown import chunks, marks
from workbench.queries.states import STATE_OF

SIGHTINGS = 24
"""Of one exhibit that are told in full; the others are counted, and stand in the tables."""
UPLOADS = 12
LONGEST_LINE = 4000
"""Bytes of a line of a log that are shown; longer ones are cut, and that is said."""

_EMBEDDED = {
    "exif.datetime_original": "EXIF, taken",
    "exif.datetime_digitized": "EXIF, digitised",
    "exif.datetime": "EXIF, changed",
}
_CLOCKS = {"server": "said by the server", "archive": "in the archive", "computer": "on the examiner’s computer"}


@dataclass
class Exhibit:
    """One file. Times are texts that say what is known of their zone."""

    number: int
    facts: Row
    """The row of ``files``."""
    sightings: list[Row] = field(default_factory=list)
    sightings_in_all: int = 0
    last_seen: str = "–"
    uploads: list[Row] = field(default_factory=list)
    """Acts of a log that were joined to it: the row of ``events``, the line word for word, the rule and the score."""
    uploads_in_all: int = 0
    decisions: list[Row] = field(default_factory=list)
    """Tags, verdicts and notes in force, each with its author and time."""
    modified: list[str] = field(default_factory=list)
    embedded: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        """The last part of the first path at which it was seen."""
        return self.facts["paths"][0].rpartition("/")[2] if self.facts["paths"] else "–"


def pages(tables: Tables) -> Iterator[list[Exhibit]]:
    """All exhibits, a page at a time, in the order of their numbers."""
    made = tables.made
    ids = files.items(made, EVERYTHING).ids.tolist()
    number = 0
    with Lines(made) as lines:
        for part in chunks(ids, layout.EXHIBITS_A_PAGE):
            tables.progress.check()
            page = []
            for facts in files.describe(made, part):
                number += 1
                page.append(Exhibit(number, facts))
            by_item = dict(zip(part, page, strict=True))
            _add_sightings(tables, by_item)
            _add_uploads(tables, by_item, lines)
            _add_decisions(made, by_item)
            _add_embedded(made, by_item)
            yield page


def stated(micros: int, zone: int) -> str:
    """``2024-01-03 09:00:07 UTC``, or without UTC where nobody said in which zone it is."""
    text = (rfc3339(micros) or "")[:19].replace("T", " ")
    return f"{text} {'zone unknown' if zone == Zone.UNKNOWN else 'UTC'}"


def observed(micros: int, precision: int) -> str:
    """The time of a look, no finer than it is known."""
    text = to_datetime(micros).strftime("%Y-%m-%d %H:%M UTC")
    return f"{text[:10]} (UTC day)" if precision == Precision.DAY else text


def rule_in_words(rule: str, score: float) -> str:
    """``path + size + time, score 0.98``, in the words that the window has for it too."""
    parts = " + ".join(Message(f"panes.rule.{each}").text() for each in rule.split("+") if each)
    return f"{parts}, score {score:.2f}"


def _in(reader: Reader, sql: str, ids: Sequence[int]) -> Iterator[tuple[Any, ...]]:
    for part in chunks(ids):
        yield from reader.all(sql.format(marks(part)), part)


def _halves(by_item: Mapping[int, Exhibit]) -> Iterator[tuple[str, str, list[int], int]]:
    """Exhibits with bytes and those without: the kind of their marks, the column of sightings, ids, sign of items."""
    yield "object", "s.object", [each for each in by_item if each > 0], 1
    yield "sighting", "s.id", [-each for each in by_item if each < 0], -1


def _add_sightings(tables: Tables, by_item: Mapping[int, Exhibit]) -> None:
    old = tables.numbers.old("snapshot")
    claims: dict[int, dict[tuple[int, int, str], None]] = defaultdict(dict)
    for _, column, ids, sign in _halves(by_item):
        for of, path, look, time, precision, source, kind, state, modified, zone in _in(
            tables.made,
            f"SELECT {column}, p.display, n.id, n.observed, n.precision, c.name, c.kind, {STATE_OF}, "
            "s.modified, s.zone FROM sighting s JOIN path p ON p.id = s.path JOIN snapshot n ON n.id = s.snapshot "
            f"JOIN source c ON c.id = n.source WHERE {column} IN ({{}}) ORDER BY n.observed, s.id",
            ids,
        ):
            exhibit = by_item[sign * of]
            exhibit.sightings_in_all += 1
            exhibit.last_seen = observed(time, precision)
            clock = clock_of(kind)
            if modified is not None:
                claims[sign * of][modified, zone, clock] = None
            if len(exhibit.sightings) < SIGHTINGS:
                exhibit.sightings.append(
                    {
                        "path": path,
                        "look": int(old[look]),
                        "seen": observed(time, precision),
                        "source": source,
                        "state": "" if state == State.OK else state,
                        "modified": None if modified is None else stated(modified, zone),
                    }
                )
    for item, told in claims.items():
        by_item[item].modified = [f"{stated(time, zone)} ({_CLOCKS[clock]})" for time, zone, clock in told]


def _add_uploads(tables: Tables, by_item: Mapping[int, Exhibit], lines: Lines) -> None:
    made = tables.made
    best: dict[int, dict[int, tuple[float, str]]] = defaultdict(dict)
    for _, column, ids, sign in _halves(by_item):
        for of, event, score, rule in _in(
            made,
            f"SELECT {column}, m.event, m.score, m.rule FROM sighting s JOIN match m ON m.sighting = s.id "
            f"WHERE {column} IN ({{}}) ORDER BY m.id",
            ids,
        ):
            act = acts.kept_of(made, event)
            own = best[sign * of]
            own[act] = max(own.get(act, (0.0, "")), (score, rule))
    live = acts.live(made)
    shown = {item: sorted(event for event in found if live[event - 1]) for item, found in best.items()}
    wanted = sorted({event for found in shown.values() for event in found[:UPLOADS]})
    rows = dict(zip(wanted, events.describe(made, wanted, tables.whole_logs()), strict=True))
    names = {each.log_sha256: str(each.about["name"]) for each in tables.excerpts.made}
    texts = {event: _line(made, event, lines) for event in wanted}
    for item, found in shown.items():
        exhibit = by_item[item]
        exhibit.uploads_in_all = len(found)
        for event in found[:UPLOADS]:
            row = rows[event]
            score, rule = best[item][event]
            more = {
                "when": _as_logged(row),
                "matched": rule_in_words(rule, score),
                "log_name": names.get(row["log"], ""),
                "text": texts[event],
            }
            exhibit.uploads.append({**row, **more})


def _as_logged(row: Row) -> str:
    if row["time"] is None:
        return "time unknown"
    text = str(row["time"])[:19].replace("T", " ")
    zone, _, name = str(row["zone"]).partition(":")
    said = {
        "unknown": "zone unknown",
        "line": "UTC, zone stated in the line",
        "given": "UTC, zone given by the examiner",
        "assumed": f"UTC, zone assumed: {name}",
    }
    return f"{text} {said[zone]}"


def _line(made: Reader, event: int, lines: Lines) -> str | None:
    """The line of a log as it stands in the excerpt; bytes that are no UTF-8 are written out."""
    log, start, length = made.all(
        "SELECT r.log, e.start, e.length FROM event e JOIN reading r ON r.id = e.reading WHERE e.id = ?", (event,)
    )[0]
    raw = lines.line(log, start, min(length, LONGEST_LINE))
    if raw is None:
        return None
    text = raw.rstrip(b"\r\n").decode("utf-8", "backslashreplace")
    return f"{text} … ({length:,} bytes)" if length > LONGEST_LINE else text


def _add_decisions(made: Reader, by_item: Mapping[int, Exhibit]) -> None:
    for kind, _, ids, sign in _halves(by_item):
        for target, what, value, author, time in _in(
            made,
            "SELECT n.target, n.kind, n.value, a.name, m.time FROM mark_now n JOIN actor a ON a.id = n.actor "
            f"JOIN mark m ON m.id = n.mark WHERE n.target_kind = '{kind}' AND n.present AND n.target IN ({{}}) "
            "ORDER BY n.mark",
            ids,
        ):
            by_item[sign * target].decisions.append(
                {"kind": what, "lines": str(value).splitlines(), "author": author, "time": observed(time, 0)}
            )


def _add_embedded(made: Reader, by_item: Mapping[int, Exhibit]) -> None:
    held = [each for each in by_item if each > 0]
    facts: dict[int, dict[str, Any]] = defaultdict(dict)
    keys = ", ".join(f"'{key}', '{key}.zone'" for key in _EMBEDDED)
    for of, key, value in _in(
        made, f"SELECT object, key, value FROM fact WHERE key IN ({keys}) AND object IN ({{}}) ORDER BY id", held
    ):
        facts[of][key] = value
    for of, told in facts.items():
        for key, words in _EMBEDDED.items():
            if told.get(key) is not None:
                known = told.get(f"{key}.zone") not in (None, 0, "unknown")
                text = stated(int(told[key]), int(Zone.LINE if known else Zone.UNKNOWN))
                by_item[of].embedded.append(f"{text} ({words})")

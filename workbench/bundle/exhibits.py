"""The exhibits of a bundle: one numbered entry for each file, with everything that the bundle says of it.

The number of an exhibit is its place in ``tables/files``, where it stands too. All is read from the rebuilt case, which
holds what may be told and nothing else; looks and logs are named as in the case that the bundle was made from.
"""

# ruff: noqa: S608 - SQL is put together from our own names

from __future__ import annotations

import codecs
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from workbench.bundle import layout
from workbench.bundle.formats import Row
from workbench.bundle.tables import EVERYTHING, Tables
from workbench.case.readers import Reader
from workbench.core.messages import Message
from workbench.core.records import Basis, State
from workbench.core.times import SECOND, Precision, Zone, rfc3339, to_datetime
from workbench.queries import acts, appeared, events, files
from workbench.queries.detail_values import clock_of
from workbench.queries.logtext import Lines
from workbench.queries.shown import chunks, marks
from workbench.queries.states import STATE_OF

SIGHTINGS = 24
"""Of one exhibit that are told in full; the others are counted, and stand in the tables."""
UPLOADS = 12
LONGEST_LINE = 4000
"""Bytes of a line of a log that are shown; longer ones are cut, and that is said."""

CLOCKS = ("event", "observed", "modified", "embedded")
CLAIMS = 6
"""Times of one clock that are told."""
_EMBEDDED = {"exif.datetime_original": "taken", "exif.datetime_digitized": "digitised", "exif.datetime": "changed"}
_ZONES = {Zone.UNKNOWN: "unknown", Zone.LINE: "line", Zone.GIVEN: "given", Zone.ASSUMED: "assumed"}
_BASES = {Basis.WITNESSED: "witnessed", Basis.ASSERTED: "asserted", Basis.FROM_NAME: "from-name"}


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
    clocks: dict[str, list[Row]] = field(default_factory=lambda: {name: [] for name in CLOCKS})
    """What each of the four clocks says: ``time``, ``zone``, ``precision`` and ``by``, who says so; empty where nobody
    does."""
    more_claims: int = 0
    """Modified times that are not told here."""
    first_sighting: int = 0
    """By its id in the rebuilt case."""

    @property
    def name(self) -> str:
        """The last part of the first path at which it was seen."""
        return self.facts["paths"][0].rpartition("/")[2] if self.facts["paths"] else "–"


def pages(tables: Tables) -> Iterator[list[Exhibit]]:
    """All exhibits, a page at a time, in the order of their numbers."""
    made = tables.made
    found = files.items(made, EVERYTHING)
    number = 0
    with Lines(made) as lines:
        for part in chunks(found.ids.tolist(), layout.EXHIBITS_A_PAGE):
            tables.progress.check()
            page = []
            firsts = found.first[number : number + len(part)].tolist()
            for facts, first in zip(files.describe(made, part), firsts, strict=True):
                number += 1
                page.append(Exhibit(number, facts, first_sighting=first))
            by_item = dict(zip(part, page, strict=True))
            _add_sightings(tables, by_item)
            _add_uploads(tables, by_item, lines)
            _add_decisions(tables, by_item)
            _add_embedded(made, by_item)
            yield page


def stated(micros: int, zone: int, precision: int = Precision.SECOND) -> str:
    """``2024-01-03 09:00:07 UTC``, no finer than it was stated, and without UTC where nobody said in which zone it
    is.
    """
    return f"{wall(micros, precision)} {'zone unknown' if zone == Zone.UNKNOWN else 'UTC'}"


def wall(micros: int, precision: int) -> str:
    """A time in digits, no finer than it was stated."""
    text = (rfc3339(micros) or "").replace("T", " ")
    ends = {
        Precision.DAY: 10,
        Precision.HOUR: 13,
        Precision.MINUTE: 16,
        Precision.SECOND: 19,
        Precision.MILLISECOND: 23,
        Precision.MICROSECOND: 26,
    }
    return text[: ends[Precision(precision)]]


def observed(micros: int, precision: int) -> str:
    """The time of a look, no finer than it is known."""
    text = to_datetime(micros).strftime("%Y-%m-%d %H:%M UTC")
    return f"{text[:10]} (UTC day)" if precision == Precision.DAY else text


def rule_in_words(rule: str, score: float) -> str:
    """``path + size + time, score 0.98``, in the words that the window has for it too."""
    parts = " + ".join(Message(f"panes.rule.{each}").text() for each in rule.split("+") if each)
    return f"{parts}, score {score:.2f}"


def grounds(rule: str, between: int | None) -> str:
    """What a rule found alike, as a sentence. `between` are the microseconds from the upload in the log to the modified
    time that was claimed; null where the two cannot be compared.
    """
    parts = [each for each in rule.split("+") if each]
    if between is None or "time" not in parts:
        return ", ".join(Message(f"exhibit-rule-{each}").text() for each in parts)
    seconds = round(between / SECOND)
    when = Message("exhibit-rule-same-second") if seconds == 0 else _apart(seconds)
    return ", ".join(when.text() if each == "time" else Message(f"exhibit-rule-{each}").text() for each in parts)


def _apart(seconds: int) -> Message:
    side = "after" if seconds > 0 else "before"
    return Message(f"exhibit-rule-{side}.{'one' if abs(seconds) == 1 else 'other'}", {"count": abs(seconds)})


def line_text(raw: bytes, longest: int = LONGEST_LINE) -> str:
    """A line of a log as it stands there. A byte that is no UTF-8 is written as ``⟨byte FF⟩``, which no log writes by
    itself; what is longer than `longest` bytes is cut, before a sign that would be cut in two.
    """
    raw = raw.rstrip(b"\r\n")
    decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
    text = decoder.decode(raw[:longest], final=len(raw) <= longest)
    return "".join(f"⟨byte {ord(sign) - 0xDC00:02X}⟩" if "\udc80" <= sign <= "\udcff" else sign for sign in text)


def _in(reader: Reader, sql: str, ids: Sequence[int]) -> Iterator[tuple[Any, ...]]:
    for part in chunks(ids):
        yield from reader.all(sql.format(marks(part)), part)


def _halves(by_item: Mapping[int, Exhibit]) -> Iterator[tuple[str, str, list[int], int]]:
    """Exhibits with bytes and those without: the kind of their marks, the column of sightings, ids, sign of items."""
    yield "object", "s.object", [each for each in by_item if each > 0], 1
    yield "sighting", "s.id", [-each for each in by_item if each < 0], -1


def _add_sightings(tables: Tables, by_item: Mapping[int, Exhibit]) -> None:
    old = tables.numbers.old("snapshot")
    claims: dict[int, dict[tuple[int, int, int, str], None]] = defaultdict(dict)
    for _, column, ids, sign in _halves(by_item):
        for of, path, look, time, precision, basis, source, kind, state, modified, zone, fine in _in(
            tables.made,
            f"SELECT {column}, p.display, n.id, n.observed, n.precision, n.basis, c.name, c.kind, {STATE_OF}, "
            "s.modified, s.zone, s.precision FROM sighting s JOIN path p ON p.id = s.path "
            "JOIN snapshot n ON n.id = s.snapshot "
            f"JOIN source c ON c.id = n.source WHERE {column} IN ({{}}) ORDER BY n.observed, s.id",
            ids,
        ):
            exhibit = by_item[sign * of]
            exhibit.sightings_in_all += 1
            exhibit.last_seen = observed(time, precision)
            if modified is not None:
                claims[sign * of][modified, zone, fine, clock_of(kind)] = None
            if len(exhibit.sightings) < SIGHTINGS:
                exhibit.sightings.append(
                    {
                        "path": path,
                        "look": int(old[look]),
                        "seen": observed(time, precision),
                        "precision": Precision(precision).word(),
                        "basis": Message(f"exhibit-basis-{_BASES[Basis(basis)]}").text(),
                        "source": source,
                        "state": "" if state == State.OK else state,
                        "modified": None if modified is None else stated(modified, zone, max(fine, Precision.SECOND)),
                    }
                )
    for exhibit in by_item.values():
        _add_observed(tables, exhibit)
    for item, told in claims.items():
        by_item[item].more_claims = max(len(told) - CLAIMS, 0)
        for time, zone, fine, clock in list(told)[:CLAIMS]:
            by_item[item].clocks["modified"].append(_clock(time, zone, fine, f"exhibit-clock-{clock}"))


def _clock(time: int, zone: int, precision: int, by: str, **args: str) -> Row:
    """One statement of a clock."""
    return {
        "time": wall(time, precision),
        "zone": Message(f"exhibit-zone-{_ZONES[Zone(zone)]}").text(),
        "precision": Precision(precision).word(),
        "by": Message(by, args).text(),
    }


def _add_observed(tables: Tables, exhibit: Exhibit) -> None:
    """Between which two looks it came. Which look shows that it was not there is told by the case that the bundle was
    made from: in the rebuilt one a file may only be missing because it was not selected.
    """
    if not exhibit.sightings:
        return
    first = exhibit.sightings[0]
    before = appeared.before(tables.reader, int(tables.numbers.old("sighting")[exhibit.first_sighting]))
    if before is not None and tables.selection.masks["snapshot"][before.id]:
        time = Message(
            "exhibit-observed-between",
            {
                "absent": observed(before.observed, before.precision),
                "before": before.id,
                "present": first["seen"],
                "look": first["look"],
            },
        )
    else:
        time = Message("exhibit-observed-from", {"present": first["seen"], "look": first["look"]})
    exhibit.clocks["observed"].append(
        {"time": time.text(), "zone": "UTC", "precision": first["precision"], "by": first["basis"]}
    )


def _add_uploads(tables: Tables, by_item: Mapping[int, Exhibit], lines: Lines) -> None:
    made = tables.made
    kept, live = acts.kept(made), acts.live(made)
    # The best match of an act and a file: score, rule, id, and the modified time of its sighting.
    best: dict[int, dict[int, tuple[float, str, int, int | None, int]]] = defaultdict(dict)
    for _, column, ids, sign in _halves(by_item):
        for of, event, *match in _in(
            made,
            f"SELECT {column}, m.event, m.score, m.rule, m.id, s.modified, s.zone FROM sighting s "
            f"JOIN match m ON m.sighting = s.id WHERE {column} IN ({{}}) ORDER BY m.id",
            ids,
        ):
            act = int(kept[event])
            if live[act - 1]:
                own = best[sign * of]
                own[act] = max(own.get(act, tuple(match)), tuple(match), key=lambda each: each[:2])
    shown = {item: sorted(found)[:UPLOADS] for item, found in best.items()}
    wanted = sorted({event for found in shown.values() for event in found})
    rows = dict(zip(wanted, events.describe(made, wanted, tables.whole_logs()), strict=True))
    names = {each.log_sha256: str(each.about["name"]) for each in tables.excerpts.made}
    raws = _raw_lines(made, wanted, lines)
    said = _marks_on(made, "event", wanted)
    on_matches = _marks_on(made, "match", [best[item][event][2] for item, found in shown.items() for event in found])
    for item, found in shown.items():
        exhibit = by_item[item]
        exhibit.uploads_in_all = len(best[item])
        for event in found:
            row = rows[event]
            score, rule, match_id, modified, zone = best[item][event]
            time, own_zone, precision, text = raws[event]
            between = None
            if time is not None and modified is not None and (own_zone == Zone.UNKNOWN) == (zone == Zone.UNKNOWN):
                between = modified - time
            more = {
                "when": _as_logged(row, time, precision),
                "matched": rule_in_words(rule, score),
                "grounds": grounds(rule, between),
                "log_name": names.get(row["log"], ""),
                "text": text,
                "decisions": [*said[event], *on_matches[match_id]],
            }
            exhibit.uploads.append({**row, **more})
        told = found[0]
        time, zone, precision, _ = raws[told]
        if time is not None:
            line = f"{rows[told]['line']:,}"
            log = names.get(rows[told]["log"], "")
            clock = _clock(time, zone, precision, "exhibit-clock-log", log=log, line=line)
            if zone == Zone.ASSUMED:
                clock["zone"] = f"{clock['zone']}: {rows[told]['zone'].partition(':')[2]}"
            exhibit.clocks["event"].append(clock)


def _as_logged(row: Row, time: int | None, precision: int) -> str:
    if time is None:
        return Message("exhibit-time-unknown").text()
    zone, _, name = str(row["zone"]).partition(":")
    said = Message(f"exhibit-logged-{zone}", {"zone": name}).text()
    return f"{wall(time, precision)} {said}"


def _raw_lines(made: Reader, ids: Sequence[int], lines: Lines) -> dict[int, tuple[int | None, int, int, str | None]]:
    """Of events: the time, what is known of its zone, how fine the log states it, and the line as it stands in the
    excerpt; null where it is not there. Lines are read in the order in which they stand.
    """
    found: dict[int, tuple[int | None, int, int, str | None]] = {}
    places = _in(
        made,
        "SELECT e.id, e.time, e.zone, r.precision, r.log, e.start, e.length FROM event e "
        "JOIN reading r ON r.id = e.reading WHERE e.id IN ({})",
        ids,
    )
    for event, time, zone, precision, log, start, length in sorted(places, key=lambda each: each[4:6]):
        raw = None if length == 0 else lines.line(log, start, min(length, LONGEST_LINE + 8))
        text = None if raw is None else line_text(raw)
        if text is not None and length > LONGEST_LINE:
            text += " " + Message("exhibit-line-cut", {"bytes": f"{length:,}"}).text()
        found[event] = (time, zone, precision, text)
    return found


_MARKS = "n.kind, n.value, a.name, m.time FROM mark_now n JOIN actor a ON a.id = n.actor JOIN mark m ON m.id = n.mark"


def _decision(on: str, what: str, value: object, author: str, time: int) -> Row:
    return {"on": on, "kind": what, "lines": str(value).splitlines(), "author": author, "time": observed(time, 0)}


def _marks_on(made: Reader, kind: str, ids: Sequence[int]) -> dict[int, list[Row]]:
    """Marks in force on events or matches."""
    found: dict[int, list[Row]] = defaultdict(list)
    on = Message(f"exhibit-on-{kind}").text()
    for target, *mark in _in(
        made,
        f"SELECT n.target, {_MARKS} WHERE n.target_kind = '{kind}' AND n.present AND n.target IN ({{}}) "
        "ORDER BY n.mark",
        ids,
    ):
        found[target].append(_decision(on, *mark))
    return found


def _add_decisions(tables: Tables, by_item: Mapping[int, Exhibit]) -> None:
    """Marks on the files, and on single sightings of files with bytes."""
    made = tables.made
    for kind, _, ids, sign in _halves(by_item):
        for target, *mark in _in(
            made,
            f"SELECT n.target, {_MARKS} WHERE n.target_kind = '{kind}' AND n.present AND n.target IN ({{}}) "
            "ORDER BY n.mark",
            ids,
        ):
            by_item[sign * target].decisions.append(_decision("", *mark))
    looks = tables.numbers.old("snapshot")
    for of, look, *mark in _in(
        made,
        f"SELECT s.object, s.snapshot, {_MARKS} JOIN sighting s ON s.id = n.target WHERE n.target_kind = 'sighting' "
        "AND n.present AND s.object IN ({}) ORDER BY n.mark",
        [each for each in by_item if each > 0],
    ):
        on = Message("exhibit-on-sighting", {"look": int(looks[look])}).text()
        by_item[of].decisions.append(_decision(on, *mark))


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
                zone = Zone.LINE if known else Zone.UNKNOWN
                by_item[of].clocks["embedded"].append(
                    _clock(int(told[key]), zone, Precision.SECOND, f"exhibit-clock-exif-{words}")
                )

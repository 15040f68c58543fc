"""The report of a bundle: one static HTML page, without scripts, and without anything from elsewhere."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import UTC
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
from markupsafe import Markup

from workbench.bundle import layout, tagfiles
from workbench.bundle.charts import LOOKED, timeline_chart
from workbench.bundle.days import Days
from workbench.bundle.exhibits import observed as look_time
from workbench.bundle.exhibits import pages
from workbench.bundle.formats import Row, counted
from workbench.bundle.leftout import sentences
from workbench.bundle.pictures import Remade
from workbench.bundle.selection import Selection
from workbench.bundle.tables import EVERYTHING, Tables
from workbench.case.previews import Previews
from workbench.case.readers import Reader
from workbench.core.filter import Filter
from workbench.core.messages import Message
from workbench.core.resources import resource
from workbench.core.times import Precision, rfc3339, to_datetime
from workbench.queries import acts, files, origins

if TYPE_CHECKING:
    from jinja2 import Template

PICTURES = 360
"""On the contact sheet; the rest stands in the tables."""
ADDRESSES = 80
OTHER_ADDRESSES = 24
NOTES = 200
LINKS = 12
"""Exhibits that are linked beside an address."""
PAGES = 60
"""Pages of exhibits that are linked by their numbers."""
ANONYMISING = frozenset({"vpn", "hosting", "tor", "proxy", "relay"})
"""Labels behind which somebody else may sit. An address with none of them is told first."""


@dataclass(frozen=True)
class Facts:
    """What the report, the README and the summary say of a bundle. Times are microseconds UTC."""

    case_uid: str
    title: str | None
    number: str | None
    examiner: str | None
    organisation: str | None
    recipient: str | None
    made: int
    filter: Filter
    sentence: str
    redacted: bool
    objects: int
    object_bytes: int
    counts: dict[str, int]
    left_out: list[tuple[str, int]]
    ops: int
    head: str
    evidence_manifest: str
    hashes: str | None = None
    """Of withheld objects: ``committed``, ``open``, or None where no object is withheld."""

    def summary(self) -> Row:
        """``bundle.json``."""
        return {
            "format": layout.FORMAT,
            "case": self.case_uid,
            "title": self.title,
            "number": self.number,
            "examiner": self.examiner,
            "recipient": self.recipient,
            "made": rfc3339(self.made),
            "filter": self.filter.to_json(),
            "filter_sentence": self.sentence,
            "redacted": self.redacted,
            "hashes": self.hashes,
            "objects": self.objects,
            "bytes": self.object_bytes,
            "rows": self.counts,
            "left_out": [{"reason": reason, "count": count} for reason, count in self.left_out],
            "custody": {"ops": self.ops, "head": self.head},
            "evidence_manifest_sha256": self.evidence_manifest,
            "programs": dict(tagfiles.versions()),
        }


@dataclass(frozen=True)
class Picture:
    """One place on the contact sheet."""

    sha256: str | None
    preview: str | None
    name: str
    folder: str
    state: str
    seen: str
    marks: tuple[str, ...]


def write_report(
    facts: Facts,
    made: Reader,
    first: Reader,
    selection: Selection,
    days: Days,
    watched: list[Row],
    previews: Previews | Remade,
) -> tuple[list[tuple[str, bytes]], bytes]:
    """The previews that the page shows, by SHA-256, and the page. `made` reads the rebuilt case, `first` the other;
    `watched` is what is told of watched servers.
    """
    found = files.items(made, EVERYTHING)
    shown = files.describe(made, found.ids[:PICTURES].tolist())
    # Bytes in which nobody found a picture are not tried again.
    pictures = [bytes.fromhex(row["sha256"]) for row in shown if row["sha256"] and row["width"]]
    jpegs = {sha256.hex(): jpeg for sha256, jpeg in previews.get(pictures).items() if jpeg.startswith(b"\xff\xd8\xff")}
    rows = list(origins.rows(made, EVERYTHING))
    numbers = {item: number for number, item in enumerate(found.ids.tolist(), start=1)}
    exhibits = _exhibits_of(made, numbers)
    by_day = {row[0] for row in made.all("SELECT id FROM snapshot WHERE precision = ?", (int(Precision.DAY),))}
    style = resource("templates", "bundle-report.css").read_text(encoding="utf-8")
    html = _template(
        "bundle-report.html"
    ).render(
        facts=facts,
        style=Markup(style),  # noqa: S704 - our own file
        running=running(facts),
        made=minute(facts.made),
        chart=timeline_chart(days),
        looks=_looks(first, selection),
        looked_words=LOOKED,
        watched=watched,
        pictures=[
            _picture(row, jpegs, by_day=int(look) in by_day)
            for row, look in zip(shown, found.snapshot[:PICTURES], strict=True)
        ],
        items=len(found),
        per_page=layout.EXHIBITS_A_PAGE,
        exhibit_pages=list(_page_links(len(found)))[:PAGES],
        exhibit_page_count=len(layout.exhibit_pages(len(found))),
        exceptions=[_address(row, exhibits) for row in rows if _exceptional(row)][:ADDRESSES],
        others=[_address(row, exhibits) for row in rows if not _exceptional(row)][:OTHER_ADDRESSES],
        addresses=len(rows),
        most=max([row["uploads"] for row in rows] + [1]),
        notes=list(_notes(made, numbers)),
        datasets=made.all("SELECT name, release, licence, kind, rows FROM dataset ORDER BY id"),
        zones=_zones(made),
        left_out=[each.text() for each in sentences(facts.left_out)],
        versions=tagfiles.versions(),
        only_seal=Message("proof-seal").text(),
    )
    return sorted(jpegs.items()), html.encode("utf-8", "replace")


def write_exhibits(facts: Facts, tables: Tables, shown: Collection[str]) -> Iterator[tuple[str, bytes]]:
    """Name and content of every page of exhibits. `shown` are the objects of which the bundle has a preview."""
    total = facts.counts["files"]
    names = layout.exhibit_pages(total)
    style = resource("templates", "bundle-report.css").read_text(encoding="utf-8")
    template = _template("bundle-exhibits.html")
    for number, (name, exhibits) in enumerate(zip(names, pages(tables), strict=True), start=1):
        html = template.render(
            facts=facts,
            style=Markup(style),  # noqa: S704 - our own file
            running=running(facts),
            most_pictures=PICTURES,
            withheld_lines=sum(each.withheld for each in tables.excerpts.made),
            exhibits=exhibits,
            shown=shown,
            first=exhibits[0].number,
            last=exhibits[-1].number,
            total=total,
            page=number,
            pages=len(names),
        )
        yield name, html.encode("utf-8", "replace")


def _page_links(exhibits: int) -> Iterator[Row]:
    for number, path in enumerate(layout.exhibit_pages(exhibits)):
        first = number * layout.EXHIBITS_A_PAGE + 1
        last = min(first + layout.EXHIBITS_A_PAGE - 1, exhibits)
        yield {"file": path.removeprefix(f"{layout.RECORD}/"), "first": first, "last": last}


@cache
def _template(name: str) -> Template:
    """Understood once: that takes longer than to fill it in."""
    from jinja2 import Environment, StrictUndefined

    environment = Environment(
        undefined=StrictUndefined, autoescape=True, trim_blocks=True, lstrip_blocks=True, finalize=_finalize
    )
    environment.filters["count"] = lambda value: f"{value:,}"
    environment.filters["size"] = size_text
    environment.filters["counted"] = counted
    environment.filters["px"] = lambda value: f"{value:.1f}"
    return environment.from_string(resource("templates", name).read_text(encoding="utf-8"))


def _finalize(value: Any) -> Any:
    """Every text that comes in from outside shows its control and direction signs instead of obeying them."""
    return visible(value) if type(value) is str else value


def visible(text: str) -> str:
    """A name as it is, with signs that would turn, break or hide text written out."""
    if text.isprintable():
        return text
    return "".join(sign if sign == " " or sign.isprintable() else f"⟨U+{ord(sign):04X}⟩" for sign in text)


def minute(micros: int) -> str:
    """``2024-01-03 09:00 UTC``."""
    return to_datetime(micros, UTC).strftime("%Y-%m-%d %H:%M UTC")


def size_text(size: int | None) -> str:
    """Bytes for people: decimal units, three digits."""
    if size is None:
        return "–"
    amount = float(size)
    for unit in ("bytes", "kB", "MB", "GB"):
        if amount < 1000:
            return f"{size:,} bytes" if unit == "bytes" else f"{amount:.3g} {unit}"
        amount /= 1000
    return f"{amount:.3g} TB"


def _picture(row: Row, jpegs: dict[str, bytes], *, by_day: bool) -> Picture:
    path = row["paths"][0] if row["paths"] else ""
    folder, _, name = path.rpartition("/")
    verdict = [row["verdict"]] if row["verdict"] else []
    return Picture(
        sha256=row["sha256"],
        preview=row["sha256"] if row["sha256"] in jpegs else None,
        name=name or "–",
        folder=folder,
        state=row["state"],
        seen="–" if row["first_seen"] is None else row["first_seen"][: 10 if by_day else 16].replace("T", " "),
        marks=(*verdict, *row["tags"]),
    )


def _exceptional(row: Row) -> bool:
    return not ANONYMISING & set(row["labels"]) and row["uploads"] > 0


def running(facts: Facts) -> Markup:
    """What stands at the edges of every printed page, where the browser can do that: the case, the head of its chain,
    and the number of the page. A title is written sign by sign, so that nothing in it ends the text or the style.
    """
    title = "".join(
        sign if sign.isascii() and (sign.isalnum() or sign == " ") else f"\\{ord(sign):06x} "
        for sign in visible(facts.title or "Untitled case")[:120]
    )
    return Markup(  # noqa: S704 - the title is written as numbers of signs, the head is hexadecimal
        f'@page {{ @top-left {{ content: "{title}"; }} @bottom-left {{ content: "custody {facts.head}"; }} '
        '@bottom-right { content: counter(page) " / " counter(pages); } }'
    )


def _exhibits_of(made: Reader, numbers: dict[int, int]) -> dict[str, list[int]]:
    """The numbers of the exhibits to which uploads of each address were joined."""
    told, seen = acts.matches(made)
    live = acts.live(made)[told - 1]
    told, seen = told[live], seen[live]
    of = made.arrays("sighting")["object"][seen - 1].astype(np.int64)
    addresses = made.arrays("event")["address"][told - 1].astype(np.int64)
    pairs = np.unique(np.stack((addresses, np.where(of > 0, of, -seen)), axis=1), axis=0)
    texts = dict(made.all("SELECT id, text FROM address"))
    found: dict[str, list[int]] = {}
    for address, item in pairs.tolist():
        if address in texts and item in numbers:
            found.setdefault(texts[address], []).append(numbers[item])
    return {address: sorted(own) for address, own in found.items()}


def _address(row: Row, exhibits: dict[str, list[int]]) -> Row:
    labels = [each for each in row["labels"] if each != "unlisted"]
    sets = sorted({f"{claim['set']} {claim['release']}" for claim in row["claims"]})
    return {
        **row,
        "exhibits": exhibits.get(row["address"], [])[:LINKS],
        "exhibit_count": len(exhibits.get(row["address"], [])),
        "shown_labels": labels,
        "unlisted": "unlisted" in row["labels"],
        "asked": bool(row["claims"]) or "unlisted" in row["labels"],
        "sets": sets,
        "first": None if row["first"] is None else row["first"][:16].replace("T", " "),
        "last": None if row["last"] is None else row["last"][:16].replace("T", " "),
    }


def _looks(first: Reader, selection: Selection) -> list[Row]:
    """How often each source was looked at, and how that ended."""
    mask = selection.masks["snapshot"]
    found: dict[int, Row] = {}
    for row, of, source, observed, precision, status in first.all(
        "SELECT n.id, s.id, s.name, n.observed, n.precision, e.status FROM snapshot n JOIN source s ON s.id = n.source "
        "LEFT JOIN snapshot_end e ON e.snapshot = n.id ORDER BY s.id, n.observed"
    ):
        if not mask[row]:
            continue
        own = found.setdefault(
            of,
            {
                "source": selection.source_name(of, source),
                "first": look_time(observed, precision),
                "complete": 0,
                "partial": 0,
                "failed": 0,
            },
        )
        own["last"] = look_time(observed, precision)
        own[status if status in ("complete", "failed") else "partial"] += 1
    return list(found.values())


def _notes(made: Reader, numbers: dict[int, int]) -> Iterator[Row]:
    for time, actor, kind, value, item in made.all(
        "SELECT m.time, a.name, m.target_kind, m.value, CASE m.target_kind WHEN 'object' THEN m.target "
        "WHEN 'sighting' THEN (SELECT coalesce(s.object, -s.id) FROM sighting s "
        "WHERE s.id = m.target) END FROM mark m JOIN actor a ON a.id = m.actor "
        "JOIN mark_now n ON n.mark = m.id AND n.present WHERE m.kind IN ('note', 'journal') ORDER BY m.id LIMIT ?",
        (NOTES,),
    ):
        yield {
            "time": minute(time),
            "actor": actor,
            "on": kind,
            "exhibit": numbers.get(item),
            "text": value.splitlines(),
        }


def _zones(made: Reader) -> list[Row]:
    """How many times of events have which zone, and who said so."""
    words = {0: "unknown", 1: "stated in the line", 2: "given by the examiner", 3: "assumed"}
    return [
        {"zone": words[zone], "rule": rule, "count": count}
        for zone, rule, count in made.all(
            "SELECT e.zone, r.zone_rule, count(*) FROM event e JOIN reading r ON r.id = e.reading "
            "GROUP BY e.zone, r.zone_rule ORDER BY 3 DESC"
        )
    ]

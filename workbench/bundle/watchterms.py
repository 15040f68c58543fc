"""By what charter and with which settings each look at a server took place: what held then, not what holds now.

A look is held against the acts of the case in their order: what was said before it began is what it began with. What
was set while it was open is told beside it, since a look that is gone on with takes the settings of that time.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from workbench.bundle.formats import Row
from workbench.bundle.selection import Selection
from workbench.case.readers import Reader
from workbench.core.times import to_datetime

FOREVER = 1 << 62
SHOWN = 40
"""Settings, and charters, that are told one by one, the newest; all stand in the recorded rows."""
CHARTER = {
    "who": "Who looks",
    "why": "Why",
    "authority": "By what authority",
    "basis": "Legal basis",
    "found": "How it was found",
    "connection": "From which connection, as stated",
}
OPTIONS = {
    "rate": "requests a second at most",
    "list_only": "listings only",
    "limit_files": "files in one look at most",
    "limit_bytes": "bytes in one look at most",
    "limit_depth": "folders in folders at most",
    "limit_folders": "folders in one look at most",
    "limit_time": "seconds of one look at most",
    "robots": "rules for robots",
    "trust": "what is trusted to be unchanged",
    "recheck": "share of trusted files that is fetched again",
    "proxy": "proxy",
    "every": "between looks",
    "contact": "contact line",
}


@dataclass(frozen=True)
class _Look:
    id: int
    began: int
    ended: int
    """Acts of the case, by their number. A look that has not ended is over at the latest when the next one begins."""


@dataclass(frozen=True)
class _Said:
    """Settings that were recorded by an act, or a decision on robots (`options` null)."""

    op: int
    url: str
    options: str | None
    robots: str | None
    told: bool


@dataclass
class _Terms:
    """Settings, the looks that began with them, and those that were open when they were set."""

    url: str
    options: list[tuple[str, str]]
    told: bool
    looks: list[int] = field(default_factory=list)
    open: list[int] = field(default_factory=list)

    @property
    def key(self) -> tuple[Any, ...]:
        return (self.url, tuple(self.options), self.told)


def terms(reader: Reader, selection: Selection, source: int) -> tuple[list[Row], int]:
    """Settings of a watched source with the looks that they held for, the newest first, and how many there are."""
    said = _said(reader, selection, source)
    found: list[_Terms] = []
    looks = _looks(reader, source)
    for look in looks:
        _enter(found, _at(said, look.began)).looks.append(look.id)
        for each in said:
            if look.began < each.op < look.ended:
                held = _enter(found, _at(said, each.op + 1))
                if look.id not in held.looks + held.open:
                    held.open.append(look.id)
    if said and (not looks or said[-1].op > looks[-1].began):
        _enter(found, _at(said, said[-1].op + 1))
    rows = [
        {"url": each.url, "options": each.options, "told": each.told, "looks": _looks_text(each)}
        for each in reversed(found)
    ]
    return rows[:SHOWN], len(rows)


def _enter(found: list[_Terms], held: _Terms) -> _Terms:
    if not found or found[-1].key != held.key:
        found.append(held)
    return found[-1]


def _said(reader: Reader, selection: Selection, source: int) -> list[_Said]:
    masks = selection.masks
    rows = reader.all(
        "SELECT w.id, r.op, w.url, w.options FROM watch w JOIN op_rows r ON r.tab = 'watch' "
        "AND w.id BETWEEN r.first AND r.last WHERE w.source = ?",
        (source,),
    )
    found = [_Said(op, url, options, None, bool(masks["watch"][row])) for row, op, url, options in rows]
    rows = reader.all(
        "SELECT d.id, r.op, d.value FROM decision d JOIN op_rows r ON r.tab = 'decision' "
        "AND d.id BETWEEN r.first AND r.last WHERE d.source = ? AND d.kind = 'robots'",
        (source,),
    )
    found += [_Said(op, "", None, value, bool(masks["decision"][row])) for row, op, value in rows]
    return sorted(found, key=lambda each: each.op)


def _at(said: Sequence[_Said], op: int) -> _Terms:
    """What held when an act began. A decision on robots counts for more than what the settings say of them."""
    before = [each for each in said if each.op < op]
    kept = next((each for each in reversed(before) if each.options is not None), None)
    robots = next((each for each in reversed(before) if each.options is None), None)
    if kept is None or kept.options is None:
        return _Terms("", [], told=True)
    if not kept.told or (robots is not None and not robots.told):
        return _Terms("", [], told=False)
    options: dict[str, Any] = json.loads(kept.options)
    if robots is not None:
        options["robots"] = robots.robots
    return _Terms(kept.url, _worded(options), told=True)


def _worded(options: dict[str, Any]) -> list[tuple[str, str]]:
    return [
        (words, _option(name, options[name]))
        for name, words in OPTIONS.items()
        if options.get(name) is not None and options[name] != ""
    ]


def _option(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if not value and name in ("rate", "limit_files", "limit_bytes", "limit_time"):
        return "no limit"
    if name == "every":
        return f"{value / 3600:g} h"
    return f"{value:,}" if isinstance(value, int) else str(value)


def _looks(reader: Reader, source: int) -> list[_Look]:
    """The looks of our own at a source, in the order in which they were begun."""
    rows = reader.all(
        "SELECT n.id, b.op, e.op FROM snapshot n "
        "JOIN op_rows b ON b.tab = 'snapshot' AND n.id BETWEEN b.first AND b.last "
        "LEFT JOIN snapshot_end x ON x.snapshot = n.id "
        "LEFT JOIN op_rows e ON e.tab = 'snapshot_end' AND x.id BETWEEN e.first AND e.last "
        "WHERE n.source = ? AND (n.basis = 'witnessed' OR EXISTS (SELECT 1 FROM exchange h WHERE h.snapshot = n.id)) "
        "ORDER BY b.op",
        (source,),
    )
    nexts = [began for _, began, _ in rows[1:]] + [FOREVER]
    return [
        _Look(row, began, min(ended or FOREVER, after)) for (row, began, ended), after in zip(rows, nexts, strict=True)
    ]


def _looks_text(held: _Terms) -> str:
    parts = []
    if held.looks:
        one, last = held.looks[0], held.looks[-1]
        parts.append(f"look {one}" if one == last else f"looks {one} to {last}")
    if held.open:
        parts.append(f"set while look {', '.join(map(str, held.open))} was open")
    return "; ".join(parts) or "no look yet"


def charters(reader: Reader, selection: Selection, source: int) -> tuple[list[Row], int]:
    """Every version of a source's charter that may be told, the newest first, with when it was written; and how many
    there are.
    """
    rows = reader.all(
        "SELECT c.id, op.seq, op.time, a.name, c.who, c.why, c.authority, c.basis, c.found, c.connection "
        "FROM charter c JOIN op_rows r ON r.tab = 'charter' AND c.id BETWEEN r.first AND r.last "
        "JOIN op ON op.seq = r.op LEFT JOIN actor a ON a.id = op.actor WHERE c.source = ? ORDER BY c.id DESC",
        (source,),
    )
    looks = _looks(reader, source)
    hides = selection.redaction.hides
    told = [
        (seq, time, None if hides(actor) else actor, *fields)
        for row, seq, time, actor, *fields in rows
        if selection.masks["charter"][row]
    ]
    return list(_versions(told[:SHOWN], looks)), len(rows)


def _versions(rows: Sequence[tuple[Any, ...]], looks: Sequence[_Look]) -> Iterator[Row]:
    for seq, time, actor, *fields in rows:
        begun = [each.id for each in looks if each.began < seq]
        yield {
            "time": to_datetime(time).strftime("%Y-%m-%d %H:%M"),
            "actor": actor,
            "when": f"after look {begun[-1]} had begun" if begun else "before the first look",
            "lines": [
                (words, value.splitlines()) for words, value in zip(CHARTER.values(), fields, strict=True) if value
            ],
        }

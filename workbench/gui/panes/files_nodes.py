"""The nodes of the files tree: what each stands for in the filter, what it says, and what lies below it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, tzinfo
from itertools import pairwise

import numpy as np

from workbench.core.filter import Filter
from workbench.core.times import DAY, MINUTE, to_datetime
from workbench.gui.panes import wording
from workbench.gui.texts import text
from workbench.gui.widgets.elide import visible_text
from workbench.queries.landing import Place
from workbench.queries.tree import FolderNode, LogNode, Look, Overview, SourceNode

FACETS = ("source", "snapshot", "path", "tag", "change")
RECENT_LOOKS = 7
"""Looks that stand open; earlier ones are one node below them."""

Value = tuple[str, str | int]
"""A facet and what it is set to."""


@dataclass
class Node:
    """One line of the tree. `key` stays the same over refreshes; `values` is what choosing it filters to."""

    key: tuple[object, ...]
    label: str
    icon: str
    count: str = ""
    values: tuple[Value, ...] = ()
    tooltip: str = ""
    spoken: str = ""
    dim: bool = False
    heading: bool = False
    from_start: bool = False
    """What tells it from others stands at its start, which is kept where there is too little room."""
    choosable: bool = True
    target: int | None = None
    """Of a watched source, its id: choosing it puts it in focus."""
    folder: int | None = None
    """Id of the folder whose folders come below, when somebody looks; -1 for the top."""
    children: list[Node] = field(default_factory=list)
    loaded: bool = True
    parent: Node | None = None
    row: int = 0

    def add(self, nodes: Sequence[Node]) -> Node:
        """Put nodes below this one."""
        for each in nodes:
            each.parent, each.row = self, len(self.children)
            self.children.append(each)
        return self


def glob_of(path: str) -> str:
    """Everything below a folder, as a pattern in which the folder's own name means only itself."""
    return "".join(f"[{sign}]" if sign in "*?[" else sign for sign in path) + "/*"


def everything(found: Overview) -> Node:
    """The node that filters nothing of this pane's own."""
    return Node(
        ("all",),
        text("panes.files.all"),
        "gallery",
        wording.number(found.items),
        tooltip=text("panes.files.all-tip"),
        spoken=wording.counted("panes.gallery.files", found.items),
    )


def today_node(found: Place, zone: tzinfo) -> Node:
    """What the last look at a source brought: all of it, as one choice."""
    used = UTC if found.shown.precision == wording.DAY_PRECISION else zone
    code = "today-node" if wording.is_today(found.shown.observed, used) else "last-look"
    when = wording.moment(found.shown.observed, used, found.shown.precision)
    return Node(
        ("today",),
        text(f"panes.files.{code}"),
        "look",
        wording.number(found.files) if found.files else "",
        values=tuple((facet, value) for facet, value in found.filter.parts if isinstance(value, str | int)),
        tooltip=text("panes.gallery.of-source", title=when, source=found.name),
        spoken=wording.counted("panes.gallery.files", found.files),
    )


def source_node(found: SourceNode, zone: tzinfo, folders: Sequence[FolderNode]) -> Node:
    """A source with its looks, newest first, and the folders at its top."""
    node = Node(
        ("source", found.name),
        visible_text(found.name),
        "source",
        values=(("source", found.name),),
        tooltip=found.name,
        spoken=wording.counted("panes.files.looks", len(found.looks)),
        heading=True,
    )
    looks = _with_gaps(found.looks, zone)
    node.add(_with_days(looks[:RECENT_LOOKS], above=text("panes.files.today-node")))
    earlier = looks[RECENT_LOOKS:]
    if earlier:
        label = wording.counted("panes.files.earlier", sum(each.choosable for each, _ in earlier))
        below = _with_days(earlier, above="")
        node.add([Node(("earlier", found.name), label, "snapshot", choosable=False, dim=True).add(below)])
    return node.add([folder_node(each, found.name) for each in folders])


def folder_node(found: FolderNode, source: str) -> Node:
    """A folder; its folders are asked for when it is opened."""
    refused = found.coverage != "listed"
    note = text(f"panes.coverage.{found.coverage}") if refused else ""
    name = visible_text(found.name)
    return Node(
        ("folder", source, found.path),
        text("panes.files.with-note", name=name, note=note) if refused else name,
        "folder",
        wording.number(found.items),
        values=(("path", glob_of(found.path)),),
        tooltip=found.path,
        spoken=", ".join(each for each in (wording.counted("panes.gallery.files", found.items), note) if each),
        dim=refused,
        folder=found.id,
        loaded=not found.has_folders,
    )


def _with_gaps(looks: Sequence[Look], zone: tzinfo) -> list[tuple[Node, str]]:
    """The looks, each with the day that has to stand above it, if one has; where they come daily, the days without one
    between them.
    """
    nodes: list[tuple[Node, str]] = []
    daily = _daily(looks)
    by_day = Counter(_day(look, zone) for look in looks)
    by_minute = Counter(look.observed // MINUTE for look in looks)
    for later, earlier in pairwise([*looks, None]):
        assert later is not None
        several = by_day[_day(later, zone)] > 1 and later.precision != wording.DAY_PRECISION
        seconds = by_minute[later.observed // MINUTE] > 1
        today = wording.is_today(later.observed, zone)
        day = text("panes.files.today-node") if today else _day(later, zone)
        day = day if several else ""
        nodes.append((_look_node(later, zone, several=several, seconds=seconds), day))
        if earlier is None or not daily:
            continue
        missing = later.observed // DAY - earlier.observed // DAY - 1
        if missing > 0:
            nodes.append((_gap_node(earlier.observed // DAY + 1, missing), ""))
    return nodes


def _with_days(nodes: Sequence[tuple[Node, str]], above: str) -> list[Node]:
    """Above looks that are told apart by their time of day alone stands their day, unless it is the one above."""
    made: list[Node] = []
    for node, day in nodes:
        if day and day != above:
            made.append(Node(("day", day, node.key), day, "clock", dim=True, choosable=False))
        above = day
        made.append(node)
    return made


def _daily(looks: Sequence[Look]) -> bool:
    days = sorted({look.observed // DAY for look in looks})
    return len(days) > 2 and float(np.median(np.diff(days))) <= 1.5


def _day(look: Look, zone: tzinfo) -> str:
    return wording.day(look.observed, UTC if look.precision == wording.DAY_PRECISION else zone, short=True)


def _look_node(look: Look, zone: tzinfo, *, several: bool, seconds: bool) -> Node:
    day = _day(look, zone)
    used = UTC if look.precision == wording.DAY_PRECISION else zone
    told = look.status != "complete"
    if several:
        day = wording.time_of_day(look.observed, used, seconds=seconds)
    elif wording.is_today(look.observed, used):
        day = text("panes.files.today-node") if told else text("panes.files.today", day=day)
    label = text("panes.files.with-note", name=day, note=text(f"panes.look.{look.status}")) if told else day
    news = [text(f"panes.news.{kind}", count=wording.number(count)) for kind, count in look.kinds]
    if look.removed:
        news.append(text("panes.news.removed", count=wording.number(look.removed)))
    if not look.compared:
        news.append(text("panes.gallery.not-compared"))
    elif not news:
        news.append(text("panes.files.no-news"))
    when = wording.moment(look.observed, used, look.precision)
    files = wording.counted("panes.gallery.files", look.files)
    basis = text(f"panes.basis.{look.basis}")
    tip = "\n".join([f"{when} · {text(f'panes.look.{look.status}')}", f"{files} · {' · '.join(news)}", basis])
    return Node(
        ("look", look.id),
        label,
        {"failed": "warning", "partial": "unknown"}.get(look.status, "snapshot"),
        wording.number(look.fresh) if look.fresh else "",
        values=(("snapshot", look.id),),
        tooltip=tip,
        spoken=f"{when}, {files}, {', '.join(news)}" if several else f"{files}, {', '.join(news)}",
        dim=look.status == "failed",
        from_start=True,
    )


def _gap_node(first_day: int, count: int) -> Node:
    first = wording.day(first_day * DAY, short=True)
    label = first
    if count > 1:
        last_day = first_day + count - 1
        begin, end = to_datetime(first_day * DAY, UTC), to_datetime(last_day * DAY, UTC)
        first = str(begin.day) if (begin.year, begin.month) == (end.year, end.month) else first
        label = text("panes.files.days", first=first, last=wording.day(last_day * DAY, short=True))
    return Node(
        ("gap", first_day),
        text("panes.files.with-note", name=label, note=text("panes.files.not-looked")),
        "unknown",
        tooltip=text("panes.files.not-looked-tip"),
        dim=True,
        choosable=False,
    )


def log_node(found: LogNode) -> Node:
    """A log and its events."""
    node = Node(
        ("log", found.id),
        visible_text(found.name),
        "log",
        values=(("source", found.source),),
        tooltip=found.name,
        spoken=wording.counted("panes.files.events", found.events),
        heading=True,
    )
    zone = _zone_words(found.zone)
    lines = wording.counted("panes.files.lines", found.lines)
    rejected = text("panes.files.rejected", count=wording.number(found.rejected)) if found.rejected else ""
    events = Node(
        ("events", found.id),
        wording.counted("panes.files.events", found.events),
        "text",
        zone,
        values=(("source", found.source),),
        tooltip="\n".join(each for each in (f"{found.format} · {lines}", rejected, _zone_tip(found.zone)) if each),
        spoken=_zone_tip(found.zone),
    )
    return node.add([events])


def _zone_words(zone: str) -> str:
    if zone.startswith("assumed:"):
        return zone.removeprefix("assumed:")
    return text(f"panes.zone.{zone}")


def _zone_tip(zone: str) -> str:
    if zone.startswith("assumed:"):
        return text("panes.zone-tip.assumed", zone=zone.removeprefix("assumed:"))
    return text(f"panes.zone-tip.{zone}")


def tags_node(found: Overview) -> Node:
    """All tags."""
    node = Node(("tags",), text("panes.files.tags"), "tag", heading=True, choosable=False)
    return node.add(
        [
            Node(
                ("tag", each.word),
                visible_text(each.word),
                "dot",
                wording.number(each.count),
                values=(("tag", each.word),),
                tooltip=each.word,
                spoken=wording.counted("panes.files.tagged", each.count),
            )
            for each in found.tags
        ]
    )


def chosen(asked: Filter) -> set[Value]:
    """What of this pane's facets a filter sets."""
    return {(facet, value) for facet in FACETS for value in getattr(asked, facet)}


def filter_of(asked: Filter, nodes: Sequence[Node]) -> Filter:
    """The filter with this pane's facets as the nodes say."""
    made: dict[str, tuple[object, ...]] = dict.fromkeys(FACETS, ())
    for node in nodes:
        for facet, value in node.values:
            if value not in made[facet]:
                made[facet] = (*made[facet], value)
    return replace(asked, **made)  # type: ignore[arg-type]

"""Watched sources in the files tree: where they are, when they are looked at, who watches and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import tzinfo

from workbench.gui.panes import wording
from workbench.gui.panes.files_nodes import Node
from workbench.gui.texts import text
from workbench.gui.watching import interval_words
from workbench.gui.widgets.elide import visible_text
from workbench.queries.tree import Overview, SourceNode
from workbench.queries.watched import Watched


def with_watched(found: Overview, known: Mapping[int, Watched]) -> Overview:
    """The overview with those watched sources too that were not looked at yet."""
    there = {each.id for each in found.sources}
    fresh = tuple(SourceNode(each.source, each.name, ()) for each in known.values() if each.source not in there)
    return replace(found, sources=(*found.sources, *fresh))


def tell_watched(node: Node, known: Watched, due: int | None, zone: tzinfo) -> Node:
    """Let the node of a source say that it is watched, and put its address below it."""
    lines = lines_of(known, due, zone)
    node.target = known.source
    node.icon = "watch"
    node.tooltip = "\n".join([node.tooltip, *lines])
    node.spoken = ", ".join([text("panes.files.watched"), *lines[:1], node.spoken])
    address = Node(
        ("watched", known.name),
        visible_text(known.url),
        "clock" if due is not None else "source",
        tooltip=node.tooltip,
        spoken=known.url,
        dim=True,
        choosable=False,
    )
    before, node.children = node.children, []
    return node.add([address, *before])


def lines_of(known: Watched, due: int | None, zone: tzinfo) -> list[str]:
    """Address, kind and schedule, last look, next look, charter: a line each."""
    stopped = bool(known.options.get("stopped"))
    schedule = text("source.stopped") if stopped else interval_words(known.options.get("every"))
    lines = [known.url, f"{text(f'watch.kind.{known.kind}')} · {schedule}" if known.kind else schedule]
    if known.observed is not None:
        status = text(f"panes.look.{known.status or 'running'}")
        lines.append(text("source.tip-last", time=wording.moment(known.observed, zone), status=status))
    if due is not None:
        lines.append(text("source.tip-next", time=wording.moment(due, zone)))
    charter = known.charter
    if charter is not None:
        unstated = text("source.not-stated")
        lines.append(text("source.tip-who", who=charter.who or unstated, why=charter.why or unstated))
    return lines

"""What the detail pane says of one line of a log."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QVBoxLayout, QWidget

from workbench.gui.panes import detail_words as say
from workbench.gui.panes import wording
from workbench.gui.panes.detail_item import strip
from workbench.gui.panes.detail_parts import Labels, Section, Statements, copy_button, link, side_by_side, words
from workbench.gui.texts import text
from workbench.gui.theme import set_surface
from workbench.gui.widgets.elide import tooltip_text
from workbench.queries.detail_values import LogLine

if TYPE_CHECKING:
    from workbench.gui.panes.detail import Answer, DetailPane


def parts(pane: DetailPane, about: LogLine, found: Answer, marks: QWidget) -> list[QWidget]:
    """From above to below."""
    made: list[QWidget] = [_name(pane, about), _statements(pane, about), _raw(pane, about)]
    if about.items:
        section = Section(pane.theme, text("panes.detail.matches"), wording.number(len(about.items)))
        section.add(strip(pane, found.pictures, len(about.items)))
        for item, path, rule, score in about.items:
            act = partial(pane.go_to, "item", item)
            section.add(link(path, act, theme=pane.theme))
            section.add(words(say.rule_words(rule, score), "caption"))
        made.insert(2, section)
    return [*made, marks]


def _name(pane: DetailPane, about: LogLine) -> QWidget:
    block = QWidget()
    column = QVBoxLayout(block)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(2)
    column.addWidget(words(say.action_words(about.line), "heading"))
    column.addWidget(words(about.line.path, font="mono-caption", theme=pane.theme))
    return block


def _statements(pane: DetailPane, about: LogLine) -> QWidget:
    line = about.line
    table = Statements(pane.theme)
    note = "" if line.time is None else say.zone_note(line.time, line.zone_rule)
    table.add(text("panes.detail.when"), say.when(line.time, pane.zone), note)
    if line.address:
        block = QWidget()
        column = QVBoxLayout(block)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(3)
        go = partial(pane.go_to, "address", line.address)
        column.addWidget(link(line.address_text, go, mono=True, theme=pane.theme))
        chips = say.network_chips(about.network)
        if line.own:
            chips.insert(0, (text("panes.label.own"), "plain"))
        if chips:
            column.addWidget(Labels(pane.theme, chips, [say.network_tip(about.network)]))
        table.put(text("panes.origins.address"), block, say.network_name(about.network))
    if about.by_list or about.forwarded:
        table.add(
            text("panes.detail.peer"),
            about.peer or text("panes.detail.peer-unsaid"),
            text("panes.detail.by-list" if about.by_list else "panes.detail.by-peer"),
        )
        table.add(text("panes.detail.forwarded"), ", ".join(about.forwarded), text("panes.detail.forwarded-note"))
    request = " ".join(each for each in (about.method, "" if about.status is None else str(about.status)) if each)
    if request:
        table.add(text("panes.detail.request"), request)
    if about.sent is not None:
        table.add(text("panes.detail.sent"), wording.size(about.sent), _exact(about.sent))
    if about.received is not None:
        table.add(text("panes.detail.received"), wording.size(about.received), _exact(about.received))
    for code, value in (
        ("panes.detail.user", about.user),
        ("panes.detail.agent", about.agent),
        ("panes.detail.referrer", about.referrer),
    ):
        if value:
            table.add(text(code), value)
    if about.damaged:
        table.add(text("panes.detail.path"), text("panes.detail.path-damaged"))
    if about.salvaged:
        table.add(text("panes.detail.line"), text("panes.detail.salvaged"))
    return table


def _exact(count: int) -> str:
    return text("panes.bytes", count=f"{count:,}") if count >= 1000 else ""


def _raw(pane: DetailPane, about: LogLine) -> QWidget:
    """The bytes that all of it was read from, and where they are."""
    section = Section(pane.theme, text("panes.detail.raw"), about.format)
    if about.raw is None:
        section.add(words(text("panes.detail.raw-missing")))
    else:
        shown = about.raw.decode("utf-8", "replace").rstrip("\r\n")
        card = QWidget()
        set_surface(card, "window")
        column = QVBoxLayout(card)
        column.setContentsMargins(10, 8, 10, 8)
        column.addWidget(words(shown, font="mono-caption", theme=pane.theme))
        section.add(card)
    place = text(
        "panes.detail.traced",
        line=wording.number(about.line.line),
        log=about.line.log_name,
        start=wording.number(about.start),
        length=wording.number(about.length),
    )
    section.add(words(place, "caption"))
    for each in about.cited:
        also = text("panes.detail.also-told", line=wording.number(each.line), log=each.name)
        said = words(also, "caption")
        said.setToolTip(tooltip_text(each.sha256.hex()))
        section.add(said)
    digest = words(f"sha256 {wording.grouped_hash(about.line.log)}", font="mono-caption", theme=pane.theme)
    digest.setToolTip(tooltip_text(about.line.log.hex()))
    row = side_by_side(
        digest, copy_button(pane.theme, text("panes.detail.log-hash"), about.line.log.hex()), stretch=False
    )
    row.layout().setStretch(0, 1)  # type: ignore[union-attr]
    section.add(row)
    return section

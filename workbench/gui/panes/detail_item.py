"""What the detail pane says of a file."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QVBoxLayout, QWidget

from workbench.gui.panes import detail_words as say
from workbench.gui.panes import wording
from workbench.gui.panes.detail_parts import (
    Labels,
    Picture,
    Section,
    Statements,
    Strip,
    copy_button,
    link,
    side_by_side,
    words,
)
from workbench.gui.texts import message_text, text
from workbench.gui.thumbs import decode
from workbench.gui.widgets.elide import tooltip_text
from workbench.queries.detail_values import Item, Line
from workbench.queries.gallery import TileRow

if TYPE_CHECKING:
    from workbench.gui.panes.detail import Answer, DetailPane

LINES = 12
"""Of a list that are shown."""


def parts(pane: DetailPane, item: Item, found: Answer, marks: QWidget) -> list[QWidget]:
    """From above to below."""
    made = [_picture(pane, item), _name(pane, item), _statements(pane, item, found)]
    if item.warnings or item.state != "ok":
        made.insert(2, _warnings(pane, item))
    made.append(marks)
    made.append(_sightings(pane, item))
    if item.uploads or item.accesses:
        made.append(_events(pane, item))
    facts = say.facts(item)
    if facts:
        section = Section(pane.theme, text("panes.detail.facts"), foldable=True, shown=False)
        table = Statements(pane.theme)
        for each in facts:
            table.add(each.label, each.value, each.note)
        section.add(table)
        made.append(section)
    return made


def _picture(pane: DetailPane, item: Item) -> QWidget:
    kind = str(item.fact("kind") or "image")
    icon = item.state if item.state != "ok" else kind
    image = None if item.preview is None else decode(item.preview)
    picture = Picture(pane.theme, image, text("panes.detail.open", name=item.path.rpartition("/")[2]), icon)
    picture.clicked.connect(lambda _checked=False: pane.open_requested.emit(item.id))
    return picture


def _name(pane: DetailPane, item: Item) -> QWidget:
    folder, _, name = item.path.rpartition("/")
    block = QWidget()
    column = QVBoxLayout(block)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(2)
    title = words(name or item.path, "heading")
    copied = copy_button(pane.theme, text("panes.detail.path"), item.path)
    top = side_by_side(title, copied, stretch=False)
    top.layout().setStretch(0, 1)  # type: ignore[union-attr]
    column.addWidget(top)
    if folder:
        column.addWidget(words(folder, "caption"))
    if item.sha256 is not None:
        digest = words(f"sha256 {wording.grouped_hash(item.sha256)}", font="mono-caption", theme=pane.theme)
        digest.setToolTip(tooltip_text(item.sha256.hex()))
        digest.setAccessibleName(f"sha256 {item.sha256.hex()}")
        row = side_by_side(digest, copy_button(pane.theme, "SHA-256", item.sha256.hex()), stretch=False)
        row.layout().setStretch(0, 1)  # type: ignore[union-attr]
        column.addWidget(row)
    else:
        column.addWidget(words(text("panes.detail.no-bytes"), "caption"))
    return block


def _warnings(pane: DetailPane, item: Item) -> QWidget:
    block = Section(pane.theme, text("panes.detail.warnings"))
    if item.state != "ok" and not item.warnings:
        block.add(words(text(f"panes.state.{item.state}.text")))
    for each in item.warnings:
        block.add(words(message_text(each)))
    return block


def _statements(pane: DetailPane, item: Item, found: Answer) -> QWidget:
    table = Statements(pane.theme)
    zone = pane.zone
    for told in (say.seen(item, zone), *say.modified(item, zone)):
        table.add(told.label, told.value, told.note)
    _add_upload(pane, table, item)
    for each in (say.picture(item), *say.embedded(item, zone)):
        if each is not None:
            table.add(each.label, each.value, each.note)
    if found.alike:
        table.put(text("panes.detail.like-it"), _alike(pane, item, found))
    return table


def _add_upload(pane: DetailPane, table: Statements, item: Item) -> None:
    label = text("panes.detail.uploaded-by")
    if not item.uploads:
        table.add(label, text("panes.detail.no-upload"), "")
        return
    line = item.uploads[0]
    block = QWidget()
    column = QVBoxLayout(block)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(3)
    to_address = partial(pane.go_to, "address", line.address)
    column.addWidget(link(line.address_text, to_address, mono=True, theme=pane.theme))
    network = item.networks.get(line.address)
    if network is not None:
        column.addWidget(Labels(pane.theme, say.network_chips(network), [say.network_tip(network)]))
        if say.network_name(network):
            column.addWidget(words(say.network_name(network), "caption"))
    at = say.when(line.time, pane.zone)
    place = say.line_place(line)
    column.addWidget(link(at, partial(pane.go_to, "event", line.id), tip=place, theme=pane.theme))
    note = f"{say.rule_words(line.rule, line.score)} · {place}"
    if len(item.uploads) > 1:
        note += " · " + wording.counted("panes.detail.more-uploads", len(item.uploads) - 1)
    table.put(label, block, note)


def _alike(pane: DetailPane, item: Item, found: Answer) -> QWidget:
    """The nearest one by name, how far it is, and all of them as small pictures."""
    block = QWidget()
    column = QVBoxLayout(block)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(4)
    nearest, apart = found.alike[0], found.apart
    name = next((row.name for row in found.pictures if row.item == nearest), "")
    column.addWidget(link(name, partial(pane.go_to, "item", nearest), theme=pane.theme))
    column.addWidget(
        words(text("panes.detail.bits", bits=apart) if apart else text("panes.detail.same-print"), "caption")
    )
    if len(found.alike) > 1:
        column.addWidget(strip(pane, found.pictures, len(found.alike)))
        act = partial(pane.pick_items, (item.id, *found.alike))
        label = wording.counted("panes.detail.select-alike", len(found.alike) + 1)
        column.addWidget(link(label, act, theme=pane.theme))
    return block


def strip(pane: DetailPane, rows: tuple[TileRow, ...], in_all: int) -> Strip:
    """Small pictures; a click puts one in focus."""
    pictures = [
        (row.item, row.name, None if row.preview is None else decode(row.preview, 128), row.kind) for row in rows
    ]
    more = text("panes.detail.and-more", count=wording.number(in_all - len(rows))) if in_all > len(rows) else ""
    made = Strip(pane.theme, pictures, more)
    made.picked.connect(lambda item: pane.go_to("item", int(item)))
    return made


def _sightings(pane: DetailPane, item: Item) -> QWidget:
    runs = say.runs(item.sightings)
    section = Section(
        pane.theme,
        text("panes.detail.sightings"),
        wording.counted("panes.detail.sightings-note", item.sightings_in_all),
        foldable=True,
        shown=len(runs) > 1 or any(each.trusted for each in runs),
    )
    for each in runs[:LINES]:
        section.add(words(each.path, font="mono-caption", theme=pane.theme))
        first, last = say.look_time(each.first, pane.zone), say.look_time(each.last, pane.zone)
        span = first if first == last else text("panes.detail.from-to", first=first, last=last)
        looks = wording.counted("panes.files.looks", len(each.sightings))
        section.add(words(f"{looks}, {span} · {each.first.source}", "caption"))
        for said in say.held_words(each, pane.zone):
            section.add(words(said, "caption"))
    if len(runs) > LINES:
        section.add(words(text("panes.detail.and-more", count=wording.number(len(runs) - LINES)), "caption"))
    return section


def _events(pane: DetailPane, item: Item) -> QWidget:
    in_all = len(item.uploads) + item.accesses_in_all
    section = Section(
        pane.theme, text("panes.detail.events"), wording.number(in_all), foldable=True, shown=len(item.uploads) > 1
    )
    lines = sorted((*item.uploads, *item.accesses), key=lambda line: line.time.micros if line.time else 0)
    for line in lines[:LINES]:
        section.add(event_line(pane, line))
    if in_all > LINES:
        section.add(words(text("panes.detail.and-more", count=wording.number(in_all - LINES)), "caption"))
    return section


def event_line(pane: DetailPane, line: Line) -> QWidget:
    """One line of a log as a link, and who and what beside it."""
    at = say.when(line.time, pane.zone)
    act = partial(pane.go_to, "event", line.id)
    head = link(at, act, tip=say.line_place(line), theme=pane.theme)
    return side_by_side(head, words(f"{say.action_words(line)} · {line.address_text}", "caption"), stretch=False)

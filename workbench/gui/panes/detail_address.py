"""What the detail pane says of an address."""

from __future__ import annotations

from functools import partial
from itertools import groupby
from typing import TYPE_CHECKING, Any

from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget

from workbench.core.messages import Message
from workbench.core.times import Zone
from workbench.gui.panes import detail_words as say
from workbench.gui.panes import wording
from workbench.gui.panes.detail_item import strip
from workbench.gui.panes.detail_parts import Labels, Section, Statements, copy_button, link, side_by_side, words
from workbench.gui.texts import message_text, text
from workbench.ops.marks import own as set_own
from workbench.origins.lookup import stale
from workbench.origins.names import country_words
from workbench.queries.detail_values import Address

if TYPE_CHECKING:
    from workbench.gui.panes.detail import Answer, DetailPane

REGISTRY = "iana-special"


def parts(pane: DetailPane, about: Address, found: Answer, marks: QWidget) -> list[QWidget]:
    """From above to below."""
    made: list[QWidget] = [_name(pane, about), _statements(pane, about)]
    if about.uploaded_in_all:
        section = Section(pane.theme, text("panes.detail.uploaded"), wording.number(about.uploaded_in_all))
        section.add(strip(pane, found.pictures, about.uploaded_in_all))
        select = link(text("panes.detail.select-uploaded"), partial(pane.pick_items, about.uploaded), theme=pane.theme)
        section.add(select)
        made.append(section)
    return [*made, marks, _claims(pane, about)]


def _name(pane: DetailPane, about: Address) -> QWidget:
    block = QWidget()
    column = QVBoxLayout(block)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(4)
    title = words(about.text, "title", font="mono", theme=pane.theme)
    top = side_by_side(title, copy_button(pane.theme, text("panes.origins.address"), about.text), stretch=False)
    top.layout().setStretch(0, 1)  # type: ignore[union-attr]
    column.addWidget(top)
    chips = say.network_chips(about.network)
    if about.own:
        chips.insert(0, (text("panes.label.own"), "plain"))
    if chips:
        column.addWidget(Labels(pane.theme, chips, [say.network_tip(about.network)]))
    return block


def _statements(pane: DetailPane, about: Address) -> QWidget:
    table = Statements(pane.theme)
    country = country_words(about.network.country) or text("panes.unknown")
    table.add(text("panes.origins.country-title"), country)
    table.add(text("panes.origins.network"), say.network_name(about.network) or text("panes.unknown"))
    if "unlisted" in about.network.labels:
        held = Message("origins.no-lists")
        if about.asked_sets:
            code = "origins.on-no-list-one" if about.asked_sets == 1 else "origins.on-no-list"
            held = Message(code, {"sets": about.asked_sets, "newest": about.newest_set})
        table.add(text("panes.origins.labels"), message_text(held), text("panes.detail.unlisted-note"))
    did = ", ".join(
        text("panes.detail.did", action=text(f"panes.actions.{action.word()}"), count=wording.number(count))
        for action, count in about.actions
    )
    for code, count in (
        ("panes.detail.failed-uploads", about.failed_uploads),
        ("panes.detail.open-uploads", about.open_uploads),
    ):
        if count:
            did = ", ".join(each for each in (did, wording.counted(code, count)) if each)
    table.add(text("panes.detail.did-what"), did or text("panes.detail.did-nothing"))
    stated = int(Zone.UNKNOWN if about.zoneless else Zone.LINE)
    for code, micros in (("panes.origins.first", about.first), ("panes.origins.last", about.last)):
        if micros is not None:
            note = text("panes.zone-note.unknown", zone="") if about.zoneless else ""
            table.add(text(code), wording.moment(micros, pane.zone, stated=stated), note)
    if pane.session.case.writable:
        code = "panes.detail.not-own" if about.own else "panes.detail.own"
        button = QPushButton(text(code))
        button.clicked.connect(lambda _checked=False: _set_own(pane, about))
        note = text("panes.detail.own-note") if about.own else ""
        table.put(text("panes.detail.observer"), side_by_side(button), note)
    return table


def _set_own(pane: DetailPane, about: Address) -> None:
    async def put() -> None:
        await pane.session.run(set_own, [about.text], not about.own)

    pane.session.spawn(put())


def _claims(pane: DetailPane, about: Address) -> QWidget:
    section = Section(pane.theme, text("panes.detail.claims"), wording.number(len(about.claims)))
    if not about.claims:
        section.add(words(text("panes.detail.no-claims"), "dim"))
    for key in _disagreeing(about):
        values = sorted({str(each["value"]) for each in about.claims if each["key"] == key})
        section.add(words(text("panes.detail.disagree", what=_key_words(key), values=" / ".join(values)), "accent"))
    for (name, release), group in groupby(about.claims, key=lambda each: (each["set"], each["release"])):
        claims = list(group)
        section.add(words(text("panes.detail.set", name=name, release=release)))
        table = Statements(pane.theme)
        for each in claims:
            table.add(_key_words(each["key"]), str(each["value"]), _level(each))
        section.add(table)
        old = stale(str(release), about.last) if about.last is not None and name != REGISTRY else None
        if old is not None:
            section.add(words(message_text(old), "caption"))
    return section


def _disagreeing(about: Address) -> list[str]:
    found: dict[str, set[str]] = {}
    for each in about.claims:
        if each["key"] in ("country", "asn", "as_name"):
            found.setdefault(each["key"], set()).add(each["value"])
    return [key for key, values in found.items() if len(values) > 1]


def _key_words(key: str) -> str:
    known = ("country", "asn", "as_name", "label", "special", "note", "embedded")
    return text(f"panes.claim.{key}") if key in known else key


def _level(claim: dict[str, Any]) -> str:
    return text(f"panes.level.{claim['level']}", prefix=claim["prefix"]) if claim["prefix"] else ""

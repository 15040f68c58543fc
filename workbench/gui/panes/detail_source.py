"""What the detail pane says of a watched server: how it is looked at, since when, and by whose charter."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget

from workbench.gui.dialogs.watch_found import grouped
from workbench.gui.panes import wording
from workbench.gui.panes.detail_parts import Section, Statements, copy_button, link, side_by_side, words
from workbench.gui.texts import text
from workbench.gui.watching import Charter, interval_words
from workbench.queries.watched import Watched

if TYPE_CHECKING:
    from workbench.gui.panes.detail import DetailPane

SHOWS = ("requests", "confirm")


def parts(pane: DetailPane, about: Watched) -> list[QWidget]:
    """From above to below."""
    return [_name(pane, about), _acts(pane, about), _looks(pane, about), _manners(pane, about), _charter(pane, about)]


def _name(pane: DetailPane, about: Watched) -> QWidget:
    block = QWidget()
    column = QVBoxLayout(block)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(4)
    column.addWidget(words(about.name, "title"))
    url = words(about.url, "dim", font="mono", theme=pane.theme)
    row = side_by_side(url, copy_button(pane.theme, text("source.url"), about.url), stretch=False)
    row.layout().setStretch(0, 1)  # type: ignore[union-attr]
    column.addWidget(row)
    return block


def _acts(pane: DetailPane, about: Watched) -> QWidget:
    """What can be done, and below it what can be shown: a line each, since the pane may be narrow."""
    block = QWidget()
    column = QVBoxLayout(block)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(4)
    if pane.session.case.writable:
        column.addWidget(side_by_side(_button(pane, "look", about)))
        column.addWidget(_link(pane, "schedule", about))
    for name in SHOWS:
        column.addWidget(_link(pane, name, about))
    return block


def _button(pane: DetailPane, act: str, about: Watched) -> QPushButton:
    button = QPushButton(text(f"source.act.{act}"))
    button.clicked.connect(lambda _checked=False: pane.watch_asked.emit(act, about.name))
    return button


def _link(pane: DetailPane, act: str, about: Watched) -> QPushButton:
    return link(text(f"source.act.{act}"), partial(pane.watch_asked.emit, act, about.name), theme=pane.theme)


def _looks(pane: DetailPane, about: Watched) -> QWidget:
    table = Statements(pane.theme)
    table.add(text("source.type"), text(f"watch.kind.{about.kind or 'any'}"))
    if about.observed is None:
        table.add(text("source.last"), text("source.never"))
    else:
        status = text(f"panes.look.{about.status or 'running'}")
        note = text("source.unfinished") if about.unfinished else status
        table.add(text("source.last"), wording.moment(about.observed, pane.zone), note)
    due = pane.next_looks.get(about.name)
    stopped = bool(about.options.get("stopped"))
    schedule = text("source.stopped") if stopped else interval_words(about.options.get("every"))
    table.add(text("source.every"), schedule)
    if due is not None and not stopped:
        table.add(text("source.next"), wording.moment(due, pane.zone))
    if about.missed is not None:
        said = text("source.missed-last", time=wording.moment(about.missed, pane.zone))
        table.add(text("source.missed"), said)
    return table


def _manners(pane: DetailPane, about: Watched) -> QWidget:
    section = Section(pane.theme, text("source.manners"))
    table = Statements(pane.theme)
    table.add(text("source.limits"), " · ".join(manner_words(about)))
    robots = str(about.options.get("robots") or "obey")
    table.add(text("source.robots"), text(f"source.robots.{robots}"))
    if about.options.get("proxy"):
        table.add(text("source.proxy"), str(about.options["proxy"]), mono=True)
    if about.certificate is not None:
        table.add(text("source.certificate"), grouped(about.certificate.hex()), text("source.accepted"), mono=True)
    elif about.url.startswith("https:"):
        table.add(text("source.certificate"), text("source.never"))
    section.add(table)
    return section


def manner_words(about: Watched) -> list[str]:
    """The manners in a few words each."""
    options = about.options
    rate = options.get("rate")
    said = [text("source.rate", rate=f"{rate:g}") if rate else text("source.rate-none")]
    if options.get("list_only"):
        said.append(text("source.list-only"))
    elif options.get("limit_bytes"):
        said.append(text("source.limit", size=wording.size(options["limit_bytes"])))
    if options.get("limit_files"):
        said.append(text("source.limit-files", count=wording.number(options["limit_files"])))
    for name, unit in (("depth", 1), ("folders", 1), ("time", 60)):
        if options.get(f"limit_{name}"):
            said.append(text(f"source.limit-{name}", count=wording.number(-(-options[f"limit_{name}"] // unit))))
    return said


def _charter(pane: DetailPane, about: Watched) -> QWidget:
    section = Section(pane.theme, text("source.charter"))
    if about.charter is None:
        section.add(words(text("source.no-charter"), "dim"))
    else:
        table = Statements(pane.theme)
        for name in Charter.names():
            said = getattr(about.charter, name)
            table.add(text(f"watch.charter.{name}"), said or text("source.not-stated"))
        section.add(table)
    section.add(side_by_side(_link(pane, "charter", about)))
    return section

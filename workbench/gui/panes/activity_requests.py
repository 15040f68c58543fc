"""What was asked of a server in a look, request by request, and what was seen of its folders."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, tzinfo
from typing import Any

import numpy as np
from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QHBoxLayout,
    QPushButton,
    QSizePolicy,
    QStackedLayout,
    QVBoxLayout,
    QWidget,
)

from workbench.case.readers import Reader
from workbench.core.messages import Message, catalogue
from workbench.core.times import parse_option
from workbench.gui.look_facts import LookName, looks
from workbench.gui.look_words import path_words
from workbench.gui.panes import wording
from workbench.gui.session import Session
from workbench.gui.tasks import Latest
from workbench.gui.texts import message_text, text
from workbench.gui.theme import Theme, set_role, set_surface
from workbench.gui.widgets.elide import visible_text
from workbench.gui.widgets.empty import EmptyState
from workbench.gui.widgets.plain import PlainLabel
from workbench.gui.widgets.table import Column, DataTable
from workbench.queries import requests, watched
from workbench.queries.shown import Row

PAGE = 1000
"""Requests that are asked for at once; more come as the table is scrolled."""
MOST_FOLDERS = 20_000


@dataclass(frozen=True)
class Line:
    """One request, ready for the table."""

    id: int
    time: int
    row: Row

    @property
    def trouble(self) -> bool:
        """Refused or failed?"""
        status = self.row["status"]
        if self.row["purpose"] == "robots" and status == 404:
            return False  # most servers have no rules
        return self.row["outcome"] != "done" or (status is not None and status >= 400)


class LookPages(QWidget):
    """A look to choose, and what is shown of it. Subclasses make the table and fill it."""

    def __init__(self, session: Session, theme: Theme, title: str) -> None:
        super().__init__()
        self._session = session
        self._latest = Latest(session.tasks)
        self.zone: tzinfo = UTC
        self.looks: list[LookName] = []
        self.snapshot: int | None = None
        self._newest = True
        self.combo = QComboBox()
        self.combo.setAccessibleName(text("requests.look"))
        self.combo.setMinimumContentsLength(12)
        self.combo.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.combo.setMaximumWidth(460)
        self.combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.combo.currentIndexChanged.connect(self._picked)
        self.table = DataTable(theme, title)
        self.top = QHBoxLayout()
        self.top.setContentsMargins(14, 6, 8, 0)
        self.top.setSpacing(8)
        label = PlainLabel(text("requests.look"))
        set_role(label, "dim")
        self.top.addWidget(label)
        self.top.addWidget(self.combo, 1)
        self.empty = EmptyState(theme, "watch", text("requests.none-yet"))
        set_surface(self, "panel")
        set_surface(self.empty, "panel")
        shown = QWidget()
        column = QVBoxLayout(shown)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(self.top)
        column.addWidget(self.table, 1)
        self.pages = QStackedLayout(self)
        self.pages.addWidget(self.empty)
        self.pages.addWidget(shown)

    async def renew(self) -> None:
        """Ask which looks there are, and for more of the one that is shown."""
        self.looks = await self._session.read(looks)
        self._show_looks()
        await self.fill()

    async def fill(self) -> None:
        """Ask for what the look on show has more by now."""
        raise NotImplementedError

    def choose(self, snapshot: int | None) -> None:
        """Show another look; null for the newest."""
        self._newest = snapshot is None
        self.snapshot = snapshot
        self.clear()
        self._latest.start(self.renew())

    def clear(self) -> None:
        """Forget the rows of the look before."""

    def set_zone(self, zone: tzinfo, name: str) -> None:
        """Show times in another zone."""
        self.zone = zone
        self.table.set_zone(zone, name)
        self._show_looks()

    def _show_looks(self) -> None:
        self.pages.setCurrentIndex(1 if self.looks else 0)
        if self.looks and (self._newest or self.snapshot is None):
            newest = self.looks[0].snapshot
            if newest != self.snapshot:
                self.snapshot = newest
                self.clear()
        self.combo.blockSignals(True)
        self.combo.clear()
        for each in self.looks:
            self.combo.addItem(
                text(
                    "requests.look-name",
                    source=visible_text(each.source),
                    time=wording.moment(each.observed, self.zone),
                    status=text(f"panes.look.{each.status}"),
                ),
                each.snapshot,
            )
        self.combo.setCurrentIndex(max(self.combo.findData(self.snapshot), 0 if self.looks else -1))
        self.combo.blockSignals(False)

    def _picked(self, at: int) -> None:
        if 0 <= at < len(self.looks):
            self._newest = at == 0
            self.snapshot = self.looks[at].snapshot
            self.clear()
            self._latest.start(self.fill())

    def stop(self) -> None:
        """Ask no more."""
        self._latest.cancel()

    @property
    def busy(self) -> bool:
        """Is something being asked?"""
        return self._latest.busy


class RequestsPage(LookPages):
    """The request log of a look, in the order of asking."""

    conduct_wanted = Signal(object)

    def __init__(self, session: Session, theme: Theme) -> None:
        super().__init__(session, theme, text("requests.log"))
        self._lines: dict[int, Line] = {}
        self._counts: requests.Counts | None = None
        self.trouble = QCheckBox(text("requests.trouble"))
        self.trouble.toggled.connect(self._toggled)
        self.conduct = QPushButton(text("requests.conduct"))
        set_role(self.conduct, "quiet")
        self.conduct.clicked.connect(lambda _checked=False: self.conduct_wanted.emit(self.snapshot))
        self.top.addWidget(self.trouble)
        self.table.add_widget(self.conduct)
        self.table.set_empty_text(text("requests.none"))
        self.table.view.verticalScrollBar().valueChanged.connect(self._scrolled)
        self._columns = (
            Column("time", text("requests.time"), "time", 150),
            Column("purpose", text("requests.purpose"), "text", 90),
            Column("method", text("requests.method"), "mono", 76),
            Column("path", text("requests.path"), "mono", 330),
            Column("status", text("requests.status"), "number", 64),
            Column("bytes", text("requests.bytes"), "number", 90),
            Column("took", text("requests.took"), "text", 80, align="right"),
            Column("outcome", text("requests.outcome"), "text", 260),
        )

    def clear(self) -> None:
        self._lines = {}
        self._counts = None

    async def fill(self) -> None:
        if self.snapshot is None:
            return
        snapshot = self.snapshot
        after, trouble = max(self._lines, default=0), self.trouble.isChecked()
        if after and not self._is_short():
            return
        lines, counts = await self._session.read(request_lines, snapshot, after, trouble=trouble)
        if (snapshot, trouble) != (self.snapshot, self.trouble.isChecked()):
            return
        same = counts == self._counts and not lines
        self._lines.update({each.id: each for each in lines})
        self._counts = counts
        if not same:
            self._show()

    def _toggled(self, _on: bool) -> None:
        self.clear()
        self._latest.start(self.fill())

    def _is_short(self) -> bool:
        """Is more wanted than is there: fewer than a page, or the end of the table is on screen?"""
        bar = self.table.view.verticalScrollBar()
        return len(self._lines) < PAGE or bar.value() >= bar.maximum() - bar.pageStep()

    def _scrolled(self, value: int) -> None:
        bar = self.table.view.verticalScrollBar()
        more = self._counts is not None and len(self._lines) < self._counts.requests
        if bar.maximum() and value >= bar.maximum() - bar.pageStep() and more and not self.busy:
            self._latest.start(self.fill())

    def _show(self) -> None:
        lines = list(self._lines.values())
        self.table.set_columns(
            self._columns,
            {
                "time": np.array([each.time for each in lines], dtype=np.int64),
                "purpose": [text(f"requests.purpose.{each.row['purpose']}") for each in lines],
                "method": [each.row["method"] for each in lines],
                "path": [path_words(each.row["url"]) for each in lines],
                "status": [each.row["status"] for each in lines],
                "bytes": np.array([each.row["received"] for each in lines], dtype=np.int64),
                "took": [text("requests.ms", count=f"{each.row['took_us'] / 1000:,.0f}") for each in lines],
                "outcome": [outcome_words(each.row) for each in lines],
            },
            np.array([each.id for each in lines], dtype=np.int64),
            np.array([each.trouble for each in lines], dtype=np.bool_),
        )
        counts = self._counts
        self.conduct.setEnabled(bool(counts and counts.requests))
        if counts is not None:
            self.table.set_caption(
                text(
                    "requests.counts",
                    requests=wording.number(counts.requests),
                    failed=wording.number(counts.failed),
                    bytes=wording.size(counts.received),
                )
            )


class FoldersPage(LookPages):
    """What a look saw of each folder: listed, refused, failed, not reached."""

    def __init__(self, session: Session, theme: Theme) -> None:
        super().__init__(session, theme, text("requests.folders"))
        self._rows: Sequence[Row] = ()
        self.top.addStretch(1)
        self.table.set_empty_text(text("requests.folders.none"))
        self._columns = (
            Column("path", text("requests.folder"), "mono", 520),
            Column("state", text("requests.state"), "text", 160),
        )

    def clear(self) -> None:
        self._rows = ()

    async def fill(self) -> None:
        if self.snapshot is None:
            return
        self._rows = await self._session.read(folder_rows, self.snapshot)
        rows = self._rows
        self.table.set_columns(
            self._columns,
            {
                "path": [row["path"] or text("requests.start") for row in rows],
                "state": [text(f"panes.coverage.{row['state']}") for row in rows],
            },
            np.arange(len(rows), dtype=np.int64),
            np.array([row["state"] != "listed" for row in rows], dtype=np.bool_),
        )
        counts: dict[str, int] = {}
        for row in rows:
            counts[row["state"]] = counts.get(row["state"], 0) + 1
        told = [f"{wording.number(count)} {text(f'panes.coverage.{state}')}" for state, count in counts.items()]
        self.table.set_caption(" · ".join(told))


def request_lines(
    reader: Reader, snapshot: int, after: int, *, trouble: bool = False
) -> tuple[list[Line], requests.Counts]:
    """One page of the log, or of what was refused and failed in it, and the counts of all of it."""
    found = requests.page(reader, snapshot, after, PAGE, trouble=trouble)
    return [Line(row["id"], parse_option(row["time"]).micros, row) for row in found.rows], found.counts


def folder_rows(reader: Reader, snapshot: int) -> list[Row]:
    """Folders that were not listed first, then by path; of very many the first."""
    found = list(watched.coverage(reader, snapshot))
    found.sort(key=lambda row: row["state"] == "listed")
    return found[:MOST_FOLDERS]


def outcome_words(row: dict[str, Any]) -> str:
    """*done*, or why not."""
    outcome = str(row["outcome"])
    if outcome == "done":
        return text("requests.done")
    return message_text(Message(outcome, {"url": row["url"]})) if outcome in catalogue() else outcome

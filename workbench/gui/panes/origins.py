"""The origins pane: one row an address, the exceptions first; what is chosen here can become the filter."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPoint, Signal
from PySide6.QtGui import QGuiApplication, QPainter
from PySide6.QtWidgets import QMenu, QStackedLayout, QStyleOptionViewItem, QWidget

from workbench.case.readers import Reader
from workbench.core.filter import Filter
from workbench.gui.panes.hint import Hint
from workbench.gui.panes.origins_columns import columns, data_of, held_words, order_of
from workbench.gui.panes.zoned import ZonedPane
from workbench.gui.session import Session
from workbench.gui.texts import text
from workbench.gui.theme import Theme, set_surface
from workbench.gui.widgets.plain import button_text
from workbench.gui.widgets.table import DataTable
from workbench.gui.widgets.table_delegate import CellDelegate
from workbench.ops import marks
from workbench.queries import table as queries
from workbench.queries.table import Origins
from workbench.workspace import Focus

PALE = 0.42
"""Opacity of rows that the filter leaves out."""


class OriginsPane(ZonedPane):
    """Addresses and what is known of them. Those outside the filter, and the observer's own, stay and are pale."""

    name = "origins"
    facets = queries.NETWORK_FACETS
    tables = frozenset({"event", "reading", "reading_end", "match", "claim", "lookup", "address", "mark_now", "log"})

    menu_requested = Signal(QPoint, object)
    """Where, and the menu of the picked addresses, to which the window adds its own acts before it shows it."""
    add_requested = Signal()
    shown_changed = Signal(int, int)
    """How many addresses the filter shows, and how many there are."""

    def __init__(self, session: Session, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(session, theme, parent)
        set_surface(self, "panel")
        self.table = DataTable(theme, self.title)
        self.empty = Hint(theme, "origins")
        self._found: Origins | None = None
        self._order: NDArray[np.int64] = np.empty(0, np.int64)
        self._telling = False
        view = self.table.view
        view.cell_delegate = _PaleDelegate(theme, self.table.model, view)
        view.setItemDelegate(view.cell_delegate)
        self.pages = QStackedLayout(self)
        self.pages.addWidget(self.table)
        self.pages.addWidget(self.empty)
        self.setFocusProxy(self.table)
        self.table.selection_changed.connect(self._selected)
        self.table.current_changed.connect(self._focused)
        self.table.activated.connect(self._filter_to)
        self.table.menu_wanted.connect(self._menu)
        self.table.model.arranged.connect(self._say_order)

    # asking

    async def refresh(self, asked: Filter) -> None:
        """Ask for the columns."""
        found = await self.session.read(queries.origins, asked, self.session.filter)
        self._found = found
        if len(found.totals):
            self._show(found)
        else:
            self._show_empty(await self.session.read(has_logs))

    def _show(self, found: Origins) -> None:
        self._order = order_of(found)
        ids = found.totals.ids[self._order]
        networks = found.networks
        held = held_words(found)
        data, keys, long = data_of(found, self._order)
        exceptions = networks.unlisted[ids] & ~found.own[self._order]
        self._telling = True
        try:
            self.table.set_columns(columns(long, held), data, ids, exceptions, keys)
            self._show_inside(found.inside)
            self.table.select_ids(self.session.workspace.selection("address"))
        finally:
            self._telling = False
        self.pages.setCurrentWidget(self.table)

    def _say_order(self) -> None:
        """Say that exceptions are first while there are some and nobody sorted otherwise."""
        model = self.table.model
        first = not model.sort_keys and bool(model.marks.any())
        self.table.set_caption(text("panes.origins.caption") if first else "")

    def _show_empty(self, logged: bool) -> None:
        """Without a log no filter is to blame."""
        asked = self.session.filter
        if asked and logged:
            clear = partial(setattr, self.session.workspace, "filter", Filter(own=asked.own))
            self.empty.set_content(
                "filter",
                text("panes.origins.no-match"),
                text("panes.origins.no-match-text"),
                [(text("panes.clear-filter"), clear)],
            )
        elif logged:
            self.empty.set_content("origins", text("panes.origins.no-events"), text("panes.origins.no-events-text"))
        else:
            actions = [(text("panes.add-log"), self.add_requested.emit)] if self.session.case.writable else []
            self.empty.set_content("origins", text("panes.origins.none"), text("panes.origins.none-text"), actions)
        self.pages.setCurrentWidget(self.empty)
        self.shown_changed.emit(0, 0)

    def _show_inside(self, inside: NDArray[np.bool_]) -> None:
        """Which rows, in the query's order, the filter shows."""
        delegate = self.table.view.cell_delegate
        if isinstance(delegate, _PaleDelegate):
            own = self._found.own if self._found is not None else np.zeros(len(inside), bool)
            delegate.pale = (~inside | own)[self._order]
            self.table.view.viewport().update()
        self.shown_changed.emit(int(inside.sum()), len(inside))

    def show_filter(self, wanted: Filter) -> None:
        """Only facets of this pane changed: nothing is counted anew, other rows are pale."""
        found = self._found
        if found is None or not len(found.totals):
            return

        async def show() -> None:
            inside = await self.session.read(queries.inside, found.totals.ids, wanted)
            if self._found is found and self.session.filter == wanted:
                self._show_inside(inside)

        self.session.spawn(show())

    def zone_shown(self) -> None:
        self.table.set_zone(self.zone, self.zone_name)

    # selection and focus

    def _selected(self) -> None:
        if not self._telling:
            self._telling = True
            try:
                self.session.workspace.select("address", self.table.selected_ids().tolist())
            finally:
                self._telling = False

    def _focused(self, an_id: int | None) -> None:
        if an_id is not None and not self._telling:
            self.session.workspace.focus = Focus("address", int(an_id))

    def show_selection(self, kind: str) -> None:
        if kind == "address" and not self._telling:
            self.table.select_ids(self.session.workspace.selection("address"))

    def show_focus(self, focus: object) -> None:
        if isinstance(focus, Focus) and focus.kind == "address" and self.table.current_id() != focus.id:
            self._telling = True
            try:
                self.table.show_id(focus.id)
            finally:
                self._telling = False

    # deeds

    def texts_of(self, ids: list[int]) -> tuple[str, ...]:
        """Addresses by id."""
        return () if self._found is None else tuple(self._found.networks.texts[each] for each in ids)

    def _picked(self) -> list[int]:
        return [int(each) for each in self.table.selected_ids()]

    def _filter_to(self, an_id: int | None) -> None:
        ids = self._picked() or ([int(an_id)] if an_id is not None else [])
        if ids:
            self.session.workspace.filter = replace(self.session.filter, address=self.texts_of(ids))

    def _exclude(self, ids: list[int]) -> None:
        asked = self.session.filter
        fresh = [each for each in self.texts_of(ids) if each not in asked.not_address]
        self.session.workspace.filter = replace(asked, not_address=(*asked.not_address, *fresh))

    def _facet(self, facet: str, value: str | int) -> None:
        self.session.workspace.filter = self.session.filter.also(facet, value)

    def _set_own(self, ids: list[int], own: bool) -> None:
        async def put() -> None:
            await self.session.run(marks.own, self.texts_of(ids), own)

        self.session.spawn(put())

    def _menu(self, where: QPoint, an_id: int | None) -> None:
        if an_id is not None:
            # The act is about these rows, whatever was in focus before.
            self.session.workspace.focus = Focus("address", int(an_id))
        menu = self.context_menu(an_id)
        self.menu_requested.emit(where, menu)
        if menu.isEmpty():
            menu.deleteLater()
        else:
            menu.popup(where)

    def context_menu(self, an_id: int | None) -> QMenu:
        """What can be done with the selected addresses."""
        menu = QMenu(self)
        menu.aboutToHide.connect(menu.deleteLater)
        ids = self._picked() or ([an_id] if an_id is not None else [])
        found = self._found
        if not ids or found is None:
            return menu
        menu.addAction(text("panes.origins.only"), partial(self._filter_to, ids[0]))
        menu.addAction(text("panes.origins.without"), partial(self._exclude, ids))
        networks, one = found.networks, ids[0]
        code = int(networks.country[one])
        if code >= 0:
            word = networks.countries[code]
            menu.addAction(
                text("panes.origins.country", country=button_text(word)), partial(self._facet, "country", word)
            )
        label = int(networks.label[one])
        for word in networks.labels[label] if label >= 0 else ():
            shown = text("panes.label.unlisted") if word == "unlisted" else word
            menu.addAction(
                text("panes.origins.not-label", label=button_text(shown)), partial(self._facet, "not_label", word)
            )
        menu.addSeparator()
        if self.session.case.writable:
            own = bool(found.own[np.flatnonzero(found.totals.ids == one)].any())
            menu.addAction(
                text("panes.origins.not-own" if own else "panes.origins.own"), partial(self._set_own, ids, not own)
            )
        copied = "\n".join(self.texts_of(ids))
        menu.addAction(text("panes.origins.copy"), partial(QGuiApplication.clipboard().setText, copied))
        menu.addAction(text("panes.origins.copy-rows"), self.table.copy)
        return menu


def has_logs(reader: Reader) -> bool:
    """Was any access log added?"""
    return reader.value("SELECT 1 FROM log LIMIT 1") is not None


class _PaleDelegate(CellDelegate):
    """Rows outside the filter are drawn pale; the rest as ever."""

    pale: NDArray[np.bool_] = np.zeros(0, bool)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        row = int(self._model.order[index.row()]) if index.row() < len(self._model.order) else -1
        outside = 0 <= row < len(self.pale) and bool(self.pale[row])
        if outside:
            painter.fillRect(option.rect, self._theme.tokens.panel)
            painter.setOpacity(PALE)
        super().paint(painter, option, index)
        painter.setOpacity(1.0)

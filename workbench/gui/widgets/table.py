"""A table for anything that has ids: origins, events, custody, warnings. Main thread."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import tzinfo
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPoint, QSize, QTimer, Signal
from PySide6.QtGui import QGuiApplication, QIcon, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from workbench.gui.icons import pixmap
from workbench.gui.theme import Theme, set_role, set_surface
from workbench.gui.widgets.plain import PlainLabel
from workbench.gui.widgets.table_columns import NO_TIME, Coded, Column
from workbench.gui.widgets.table_header import TableHeader
from workbench.gui.widgets.table_model import Ids, TableModel
from workbench.gui.widgets.table_view import RowsView
from workbench.gui.widgets.words import word

__all__ = ["NO_TIME", "Coded", "Column", "DataTable"]

_DEBOUNCE_MS = 50
_NARROW = 440


class DataTable(QWidget):
    """Title, search field and count above rows of columns.

    What other panes set is silent; the signals tell only what the user did here. Ids are 64-bit and stay so.
    """

    selection_changed = Signal()
    """The user selected other rows: ask `selected_ids`."""
    activated = Signal(object)
    """An id: double click or Enter."""
    current_changed = Signal(object)
    """The id that the keyboard or the pointer went to, or None: for a detail pane."""
    menu_wanted = Signal(object, object)
    """(global QPoint, id under it or None). A row that was not selected is selected before."""

    def __init__(self, theme: Theme, title: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._quiet = False
        self.model = TableModel(self)
        self.view = RowsView(theme, self.model, self)
        self.header = TableHeader(self.model, self.view)
        self.view.setHorizontalHeader(self.header)
        self.header.dress()
        self._debounce = QTimer(self)
        self._debounce.setSingleShot(True)
        self._debounce.setInterval(_DEBOUNCE_MS)
        self._debounce.timeout.connect(self._search_now)
        self.model.selection_changed.connect(self._tell_selection)
        self.model.arranged.connect(self._tell_count)
        self.view.row_activated.connect(lambda place: self.activated.emit(self._id_at(place)))
        self.view.row_current.connect(lambda place: self.current_changed.emit(self._id_at(place)))
        self.view.menu_wanted.connect(self._want_menu)
        self.view.copy_wanted.connect(self.copy)
        self._build(title)

    def _build(self, title: str) -> None:
        self.title_label = PlainLabel(title, self)
        set_role(self.title_label, "heading")
        self.title_label.setVisible(bool(title))
        self.caption_label = PlainLabel("", self)
        set_role(self.caption_label, "dim")
        self.count_label = PlainLabel("", self)
        set_role(self.count_label, "caption")
        self.search = QLineEdit(self)
        set_role(self.search, "bare")
        self.search.setPlaceholderText(word("table.search"))
        self.search.setAccessibleName(word("table.search-in", title=title))
        self.search.setClearButtonEnabled(True)
        self.search.setMinimumWidth(116)
        self._glass = self.search.addAction(QIcon(), QLineEdit.ActionPosition.LeadingPosition)
        self._theme.changed.connect(self._dress)
        self._dress()
        self.search.setMaximumWidth(220)
        self.search.textChanged.connect(lambda _: self._debounce.start())
        self.search.returnPressed.connect(self._search_now)
        self.view.setAccessibleName(title or word("table.table"))
        top = QHBoxLayout()
        top.setContentsMargins(8, 6, 8, 2)
        top.setSpacing(8)
        top.addWidget(self.title_label)
        top.addWidget(self.caption_label)
        top.addStretch(1)
        top.addWidget(self.search, 2)
        top.addWidget(self.count_label)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(top)
        layout.addWidget(self.view, 1)
        self.top_row = top
        self.setFocusProxy(self.view)
        set_surface(self, "panel")

    def _dress(self) -> None:
        self._glass.setIcon(QIcon(pixmap("search", self._theme.tokens.dim, 16, self.devicePixelRatioF())))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Where it is narrow, the caption goes before the search field does."""
        super().resizeEvent(event)
        self._place_caption()

    def _place_caption(self) -> None:
        self.caption_label.setVisible(bool(self.caption_label.text()) and self.width() >= _NARROW)

    def sizeHint(self) -> QSize:
        """Room for eight rows."""
        return QSize(480, 260)

    # Rows

    def set_columns(
        self,
        columns: Sequence[Column],
        data: Mapping[str, Any],
        ids: Ids,
        marks: NDArray[np.bool_] | None = None,
        order_by: Mapping[str, NDArray[Any]] | None = None,
    ) -> None:
        """Show these rows, in the order given until the user sorts.

        `data` holds an array, a list or `Coded` per column key; `marks` are the exceptions, with a mark at the edge;
        `order_by` the sort keys of words that have an order of their own, such as addresses. Widths, sort, search,
        selection and scroll position stay where they can. Raises `ValueError` for uneven columns.
        """
        same = tuple(columns) == self.model.columns
        self._quiet = True
        try:
            self.model.set_rows(columns, data, ids, marks, order_by)
        finally:
            self._quiet = False
        if not same:
            self.header.columns_changed()

    def set_caption(self, text: str) -> None:
        """A dim word after the title, such as *exceptions first*."""
        self.caption_label.setText(text)
        self._place_caption()

    def set_empty_text(self, text: str) -> None:
        """What to say while there are no rows."""
        self.view.empty_text = text
        self.view.viewport().update()

    def set_zone(self, zone: tzinfo, name: str) -> None:
        """The clock of all times, and its name for the headers."""
        self.model.set_zone(zone, name)

    def fit_columns(self) -> None:
        """As wide as the first rows need."""
        self.header.fit()

    def add_widget(self, widget: QWidget) -> None:
        """Put something at the right of the title row, such as *table · map*."""
        self.top_row.addWidget(widget)

    # Selection

    def selected_ids(self) -> Ids:
        """The selected rows that are shown, in their order on screen."""
        return self.model.selected_ids()

    def select_ids(self, ids: Sequence[int] | Ids) -> None:
        """Select exactly these; silent."""
        self._quiet = True
        try:
            changed = self.model.select_ids(ids)
        finally:
            self._quiet = False
        if changed:
            self.view.viewport().update()

    def current_id(self) -> int | None:
        """The id at the keyboard's place."""
        return self._id_at(self.view.current_place())

    def show_id(self, an_id: int) -> bool:
        """Scroll to a row and put the keyboard there; false when it is not shown."""
        place = self.model.place_of(an_id)
        if place >= 0:
            self.view.go_to(place)
        return place >= 0

    def shown_ids(self) -> Ids:
        """All rows that pass the search, in their order on screen."""
        return self.model.ids[self.model.order]

    # Search, copy, state

    def set_search(self, text: str) -> None:
        """Search at once."""
        self.search.setText(text)
        self._search_now()

    def copy(self) -> str:
        """Put the selected rows, or else the current one, on the clipboard as tab-separated text with a header."""
        places = self.model.selected_places()
        if not len(places) and self.view.current_place() >= 0:
            places = np.array([self.view.current_place()])
        text = self.model.copied(places, self.header.visible_columns())
        QGuiApplication.clipboard().setText(text)
        return text

    def save_state(self) -> bytes:
        """Widths, order, hidden columns and sort, by column key, so that a later version can read it."""
        return self.header.save()

    def restore_state(self, state: bytes) -> bool:
        """The opposite; what it does not know it leaves. False when this is no such state."""
        return self.header.restore(state)

    def _search_now(self) -> None:
        self._debounce.stop()
        self.model.set_filter(self.search.text())

    # Telling

    def _id_at(self, place: int) -> int | None:
        return int(self.model.ids[self.model.order[place]]) if 0 <= place < len(self.model.order) else None

    def _tell_selection(self) -> None:
        self.view.viewport().update()
        self._tell_count()
        if not self._quiet:
            self.selection_changed.emit()

    def _tell_count(self) -> None:
        shown, every, picked = len(self.model.order), len(self.model.ids), self.model.selected_count()
        text = f"{every:,}" if shown == every else word("table.n-of-m", shown=f"{shown:,}", every=f"{every:,}")
        if picked:
            text = word("table.picked", picked=f"{picked:,}", text=text)
        self.count_label.setText(text)
        self.view.setAccessibleDescription(word("table.about", count=text))

    def _want_menu(self, screen: QPoint, place: int) -> None:
        if place >= 0 and not self.model.is_selected(place):
            self.model.select_places(place, place)
        self.menu_wanted.emit(screen, self._id_at(place))

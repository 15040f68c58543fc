"""A table of numpy columns behind a Qt model: order, filter, selection. Main thread.

A sorted or filtered view is one int64 array of row numbers; a selection is one bit per row. Nothing here asks Qt for
selected rows, and no proxy stands in between: both take seconds where this takes milliseconds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, tzinfo
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal

from workbench.gui.widgets.elide import tooltip_text, visible_text
from workbench.gui.widgets.table_columns import Cells, Column, Times, make_cells, matching, sorted_rows
from workbench.gui.widgets.words import word

Ids = NDArray[np.int64]
_Index = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()
_Role = Qt.ItemDataRole


class TableModel(QAbstractTableModel):
    """Rows by place (what is on screen) and by number (as given). Ids are int64 and never pass through Qt."""

    selection_changed = Signal()
    """Another set of rows is selected."""
    arranged = Signal()
    """Rows were set, sorted or filtered."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.columns: tuple[Column, ...] = ()
        self.cells: list[Cells] = []
        self.ids: Ids = np.empty(0, dtype=np.int64)
        self.marks: NDArray[np.bool_] = np.empty(0, dtype=bool)
        self.order: Ids = np.empty(0, dtype=np.int64)
        self.sort_keys: list[tuple[str, bool]] = []
        self.zone: tzinfo = UTC
        self.zone_name = "UTC"
        self._all: Ids = self.order
        self._text = ""
        self._selected: NDArray[np.bool_] = np.empty(0, dtype=bool)

    # Rows

    def set_rows(
        self,
        columns: Sequence[Column],
        data: Mapping[str, Any],
        ids: Ids,
        marks: NDArray[np.bool_] | None = None,
        order_by: Mapping[str, NDArray[Any]] | None = None,
    ) -> None:
        """Other rows. Sort, search and the selection, by id, stay. Raises `ValueError` for uneven columns.

        `order_by` gives sort keys for words, such as the numbers behind addresses.
        """
        ids = np.asarray(ids, dtype=np.int64)
        cells = [make_cells(column, data[column.key], (order_by or {}).get(column.key)) for column in columns]
        if any(each.count != len(ids) for each in cells) or (marks is not None and len(marks) != len(ids)):
            raise ValueError("every column has one value per id")
        picked = self.ids[self._selected]
        self.beginResetModel()
        self.columns, self.cells, self.ids = tuple(columns), cells, ids
        self.marks = np.zeros(len(ids), dtype=bool) if marks is None else np.asarray(marks, dtype=bool)
        self._selected = np.isin(ids, picked) if len(picked) else np.zeros(len(ids), dtype=bool)
        known = {column.key for column in columns}
        self.sort_keys = [each for each in self.sort_keys if each[0] in known]
        self._dress_times()
        self._sort()
        self._filter()
        self.endResetModel()
        self.arranged.emit()
        if int(self._selected.sum()) != len(picked):
            self.selection_changed.emit()

    def sort_by(self, keys: Sequence[tuple[str, bool]]) -> None:
        """(column key, descending), the first of them first; none: as given."""
        self.sort_keys = list(keys)
        self._rearrange(sort=True)

    def set_filter(self, text: str) -> None:
        """Show the rows that hold every word of the text."""
        if text.casefold().split() != self._text.casefold().split():
            self._text = text
            self._rearrange(sort=False)
        self._text = text

    @property
    def filter_text(self) -> str:
        """What is searched for."""
        return self._text

    def set_zone(self, zone: tzinfo, name: str) -> None:
        """The clock of all times; its name stands in their headers."""
        self.zone, self.zone_name = zone, name
        self._dress_times()
        if self.columns:
            self.headerDataChanged.emit(Qt.Orientation.Horizontal, 0, len(self.columns) - 1)
            self._tell_data()

    def _dress_times(self) -> None:
        for each in self.cells:
            if isinstance(each, Times):
                each.zone = self.zone

    def _rearrange(self, sort: bool) -> None:
        """A sort moves rows; a search may change their number, which Qt only allows as a reset."""
        if not sort:
            self.beginResetModel()
            self._filter()
            self.endResetModel()
            self.arranged.emit()
            return
        self.layoutAboutToBeChanged.emit()
        persistent = self.persistentIndexList()
        before = [self._row_of(index) for index in persistent]
        self._sort()
        self._filter()
        places = np.full(len(self.ids), -1, dtype=np.int64)
        places[self.order] = np.arange(len(self.order))
        moved = [self.index(int(places[row]), old.column()) for old, row in zip(persistent, before, strict=True)]
        self.changePersistentIndexList(persistent, moved)
        self.layoutChanged.emit()
        self.arranged.emit()

    def _row_of(self, index: _Index) -> int:
        return int(self.order[index.row()]) if 0 <= index.row() < len(self.order) else -1

    def _sort(self) -> None:
        by_key = {cells.column.key: cells for cells in self.cells}
        rows = np.arange(len(self.ids), dtype=np.int64)
        self._all = sorted_rows(rows, [(by_key[key], down) for key, down in self.sort_keys if key in by_key])

    def _filter(self) -> None:
        held = matching(self.cells, self._text, len(self.ids))
        self.order = self._all if held is None else self._all[held[self._all]]

    # Selection

    def is_selected(self, place: int) -> bool:
        """Whether the row at a place is selected."""
        return bool(self._selected[self.order[place]])

    def selected_ids(self) -> Ids:
        """The selected rows that are shown, in their order on screen: nobody acts on what nobody sees."""
        return self.ids[self.order[self._selected[self.order]]]

    def selected_places(self) -> NDArray[np.intp]:
        """Where they are."""
        return np.flatnonzero(self._selected[self.order])

    def selected_count(self) -> int:
        """How many they are."""
        return int(np.count_nonzero(self._selected[self.order]))

    def select_ids(self, ids: Sequence[int] | Ids) -> bool:
        """Select exactly these; silent when they are selected already. Returns whether anything changed."""
        return self._set_selected(np.isin(self.ids, np.asarray(ids, dtype=np.int64)))

    def select_places(self, first: int, last: int, keep: bool = False, value: bool = True) -> bool:
        """Select from place to place, both included; with `keep`, beside what is selected."""
        low, high = min(first, last), max(first, last)
        bits = self._selected.copy() if keep else np.zeros(len(self.ids), dtype=bool)
        bits[self.order[max(low, 0) : high + 1]] = value
        return self._set_selected(bits)

    def select_all(self) -> bool:
        """Select all rows that are shown."""
        return self.select_places(0, len(self.order) - 1)

    def clear_selection(self) -> bool:
        """Select nothing."""
        return self._set_selected(np.zeros(len(self.ids), dtype=bool))

    def _set_selected(self, bits: NDArray[np.bool_]) -> bool:
        if np.array_equal(bits, self._selected):
            return False
        self._selected = bits
        self.selection_changed.emit()
        return True

    def place_of(self, an_id: int) -> int:
        """Where a row stands; -1 when it is not shown."""
        rows = np.flatnonzero(self.ids == an_id)
        places = np.flatnonzero(self.order == rows[0]) if len(rows) else rows
        return int(places[0]) if len(places) else -1

    # Qt's questions

    def rowCount(self, parent: _Index = _ROOT) -> int:
        """Rows shown."""
        return 0 if parent.isValid() else len(self.order)

    def columnCount(self, parent: _Index = _ROOT) -> int:
        """Columns."""
        return 0 if parent.isValid() else len(self.columns)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = _Role.DisplayRole) -> Any:
        """Titles; a time says its zone."""
        if orientation != Qt.Orientation.Horizontal or not 0 <= section < len(self.columns):
            return None
        column = self.columns[section]
        title = f"{column.title} · {self.zone_name}" if column.kind == "time" else column.title
        if role == _Role.DisplayRole:
            return title
        if role == _Role.AccessibleTextRole:
            return title + self._sorted_words(column.key)
        if role == _Role.ToolTipRole:
            return tooltip_text(column.tooltip) if column.tooltip else None
        if role == _Role.TextAlignmentRole:
            # The number of a bar stands before it, under the title.
            side = Qt.AlignmentFlag.AlignLeft if column.kind == "bar" else alignment(column)
            return int(Qt.AlignmentFlag.AlignVCenter | side)
        return None

    def _sorted_words(self, key: str) -> str:
        for each, descending in self.sort_keys:
            if each == key:
                return ", " + word("table.descending" if descending else "table.ascending")
        return ""

    def data(self, index: _Index, role: int = _Role.DisplayRole) -> Any:
        """Text for eyes, more words for tooltips and screen readers."""
        if not index.isValid() or index.row() >= len(self.order):
            return None
        row, cells = int(self.order[index.row()]), self.cells[index.column()]
        if role == _Role.DisplayRole:
            return visible_text(cells.text(row))
        if role == _Role.AccessibleTextRole:
            return self._spoken(cells, row)
        if role == _Role.AccessibleDescriptionRole:
            states = [word("table.selected")] if self._selected[row] else []
            return ", ".join(states + ([word("table.exception")] if self.marks[row] else []))
        if role == _Role.ToolTipRole:
            return tooltip_text(self._spoken(cells, row))
        if role == _Role.TextAlignmentRole:
            return int(Qt.AlignmentFlag.AlignVCenter | alignment(cells.column))
        return None

    def _spoken(self, cells: Cells, row: int) -> str:
        text = visible_text(cells.text(row))
        if cells.column.kind == "flag":
            return ", ".join(part for part in (cells.column.names.get(text, ""), text) if part)
        if cells.column.kind == "time" and cells.value(row) is not None:
            return f"{text} {self.zone_name}"
        return text

    def flags(self, index: _Index) -> Qt.ItemFlag:
        """Rows are selectable in our own way; the flag keeps them enabled for keyboard and screen reader."""
        if not index.isValid():
            return Qt.ItemFlag.NoItemFlags
        return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemNeverHasChildren

    def _tell_data(self) -> None:
        if len(self.order):
            self.dataChanged.emit(self.index(0, 0), self.index(len(self.order) - 1, len(self.columns) - 1))

    def copied(self, places: NDArray[np.integer], columns: Sequence[int]) -> str:
        """Rows as tab-separated text with a header, for a spreadsheet: a formula stays a text."""
        lines = ["\t".join(_guarded(str(self.headerData(each, Qt.Orientation.Horizontal))) for each in columns)]
        rows = self.order[places].tolist()
        lines += ["\t".join(_copy_text(self.cells[each], row) for each in columns) for row in rows]
        return "\n".join(lines) + "\n"


def alignment(column: Column) -> Qt.AlignmentFlag:
    """Numbers to the right, words to the left, unless the column says otherwise."""
    side = column.align or ("right" if column.is_number else "left")
    return {
        "left": Qt.AlignmentFlag.AlignLeft,
        "right": Qt.AlignmentFlag.AlignRight,
        "center": Qt.AlignmentFlag.AlignHCenter,
    }[side]


def _copy_text(cells: Cells, row: int) -> str:
    text = cells.exact(row)
    return text if cells.column.is_number else _guarded(text)


def _guarded(text: str) -> str:
    """One cell's worth of foreign text: no tab, no line end, and an apostrophe before what would be a formula."""
    plain = " ".join(visible_text(text).split("\ufffd")) if any(sign in text for sign in "\t\r\n") else text
    return "'" + plain if plain.lstrip()[:1] in ("=", "+", "-", "@") else plain

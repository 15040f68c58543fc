"""The header of a table: sorts by click, moves by drag, hides by menu, and remembers all of it by column key."""

from __future__ import annotations

import json
from typing import Any

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QContextMenuEvent, QGuiApplication
from PySide6.QtWidgets import QHeaderView, QMenu, QTableView

from workbench.gui.widgets.table_delegate import PAD, CellDelegate, default_width
from workbench.gui.widgets.table_model import TableModel
from workbench.gui.widgets.words import word

_FITTED_ROWS = 200
_WIDEST = 420
_WIDEST_AT_FIRST = 240


class TableHeader(QHeaderView):
    """A click sorts up, then down, then as given; with Shift the column is added behind those that sort already."""

    def __init__(self, model: TableModel, view: QTableView) -> None:
        super().__init__(Qt.Orientation.Horizontal, view)
        self._rows = model
        self._view = view
        self._wanted: dict[str, Any] = {}

    def dress(self) -> None:
        """After the view took it: a view resets what a header was told before."""
        self.setSectionsMovable(True)
        self.setSectionsClickable(True)
        self.setFirstSectionMovable(True)
        self.setHighlightSections(False)
        self.setStretchLastSection(True)
        self.setMinimumSectionSize(36)
        self.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        self.setAccessibleName(word("table.header"))
        self.setStyleSheet(f"QHeaderView::section {{ padding: 4px {PAD}px; }}")
        self.sectionClicked.connect(self._clicked)
        self.sectionMoved.connect(self._first_column)

    def columns_changed(self) -> None:
        """Other columns: as wide as they say, or else as their content needs; then what was remembered for them."""
        self.fit(_WIDEST_AT_FIRST)
        for number, column in enumerate(self._rows.columns):
            if column.width or not len(self._rows.ids):
                self.resizeSection(number, default_width(column))
        if self._wanted:
            self._apply(self._wanted)
        self._first_column()
        self._show_sort()

    def visible_columns(self) -> list[int]:
        """Numbers of the columns on screen, from the left."""
        numbers = (self.logicalIndex(place) for place in range(self.count()))
        return [number for number in numbers if not self.isSectionHidden(number)]

    def fit(self, widest: int = _WIDEST) -> None:
        """Each column as wide as its title and its first rows need."""
        delegate = self._view.itemDelegate()
        rows = self._rows.order[:_FITTED_ROWS].tolist()
        for number, cells in enumerate(self._rows.cells):
            if isinstance(delegate, CellDelegate):
                wanted = max(delegate.wanted_width(cells, rows), self.sectionSizeHint(number) + 4)
                self.resizeSection(number, min(wanted, widest))

    # Sorting

    def _clicked(self, number: int) -> None:
        key = self._rows.columns[number].key
        add = bool(QGuiApplication.keyboardModifiers() & Qt.KeyboardModifier.ShiftModifier)
        self.sort(key, add)

    def sort(self, key: str, add: bool = False) -> None:
        """What a click on a column does."""
        keys = self._rows.sort_keys
        now = next((descending for each, descending in keys if each == key), None)
        numeric = any(column.key == key and column.is_number for column in self._rows.columns)
        # Of numbers one wants the largest first.
        following = {None: numeric, numeric: not numeric, (not numeric): None}[now]
        others = [each for each in keys if each[0] != key] if add else []
        if add and now is not None and following is not None:
            made = [(each, following if each == key else down) for each, down in keys]
        else:
            made = others + ([] if following is None else [(key, following)])
        self._rows.sort_by(made)
        self._show_sort()

    def _show_sort(self) -> None:
        numbers = {column.key: number for number, column in enumerate(self._rows.columns)}
        if self._rows.sort_keys:
            key, descending = self._rows.sort_keys[0]
            order = Qt.SortOrder.DescendingOrder if descending else Qt.SortOrder.AscendingOrder
            self.setSortIndicatorShown(True)
            self.setSortIndicator(numbers[key], order)
        else:
            self.setSortIndicatorShown(False)

    def _first_column(self, *_: int) -> None:
        delegate = self._view.itemDelegate()
        shown = self.visible_columns()
        if isinstance(delegate, CellDelegate) and shown:
            delegate.first_column = shown[0]
        self._view.viewport().update()

    # Hiding

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Which columns are shown."""
        self.open_menu(event.globalPos())

    def open_menu(self, screen: QPoint) -> QMenu:
        """The same from a button or a key."""
        menu = QMenu(self)
        shown = self.visible_columns()
        for number, column in enumerate(self._rows.columns):
            action = menu.addAction(column.title)
            action.setCheckable(True)
            action.setChecked(number in shown)
            action.setEnabled(shown != [number])
            action.toggled.connect(lambda on, number=number: self.show_column(number, on))
        menu.addSeparator()
        menu.addAction(word("table.fit"), lambda: self.fit())
        menu.addAction(word("table.as-given"), self._forget_sort)
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(screen)
        return menu

    def show_column(self, number: int, on: bool) -> None:
        """Show or hide; the last one stays."""
        if on or self.visible_columns() != [number]:
            self.setSectionHidden(number, not on)
            self._first_column()

    def _forget_sort(self) -> None:
        self._rows.sort_by([])
        self._show_sort()

    # Remembering

    def save(self) -> bytes:
        """JSON by column key."""
        columns = self._rows.columns
        hidden = [column.key for number, column in enumerate(columns) if self.isSectionHidden(number)]
        order = [columns[self.logicalIndex(place)].key for place in range(self.count())]
        widths = {
            column.key: self.sectionSize(number) for number, column in enumerate(columns) if column.key not in hidden
        }
        # The last one is stretched; its width is the window's.
        if shown := self.visible_columns():
            widths.pop(columns[shown[-1]].key, None)
        state = {"version": 1, "order": order, "hidden": hidden, "widths": widths, "sort": self._rows.sort_keys}
        return json.dumps(state, ensure_ascii=False).encode()

    def restore(self, state: bytes) -> bool:
        """False when it cannot be read; then nothing changes."""
        try:
            wanted = json.loads(state)
            if wanted["version"] != 1:
                return False
            wanted = {
                "order": [str(key) for key in wanted["order"]],
                "hidden": [str(key) for key in wanted["hidden"]],
                "widths": {str(key): int(wide) for key, wide in wanted["widths"].items()},
                "sort": [(str(key), bool(down)) for key, down in wanted["sort"]],
            }
        except (ValueError, KeyError, TypeError, AttributeError):
            return False
        self._wanted = wanted
        if self._rows.columns:
            self._apply(wanted)
            self._first_column()
            self._show_sort()
        return True

    def _apply(self, wanted: dict[str, Any]) -> None:
        numbers = {column.key: number for number, column in enumerate(self._rows.columns)}
        for place, key in enumerate(key for key in wanted["order"] if key in numbers):
            self.moveSection(self.visualIndex(numbers[key]), place)
        for key, number in numbers.items():
            self.setSectionHidden(number, key in wanted["hidden"] and len(wanted["hidden"]) < len(numbers))
            if key in wanted["widths"]:
                self.resizeSection(number, min(max(wanted["widths"][key], 36), 4000))
        self._rows.sort_by([(key, down) for key, down in wanted["sort"] if key in numbers])

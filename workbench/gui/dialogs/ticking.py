"""A searched list whose entries are ticked. What was ticked stays on top, whatever is searched for."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtWidgets import QLineEdit, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from workbench.gui.texts import text
from workbench.gui.theme import Theme
from workbench.gui.widgets.elide import tooltip_text, visible_text
from workbench.queries.withholdable import Found

SEARCH_MS = 200
"""The search waits so long for the next letter."""
_VALUE = Qt.ItemDataRole.UserRole


class TickList(QWidget):
    """Entries of one kind. `searched` asks for a page of them, `changed` tells that a tick was set or taken away."""

    searched = Signal(str)
    changed = Signal()

    def __init__(self, theme: Theme, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._ticked: dict[str, str] = {}
        self._found = Found((), False)
        self.search = QLineEdit()
        self.search.setPlaceholderText(text("redaction.search"))
        self.search.setAccessibleName(text("redaction.search-in", what=name))
        self.search.setClearButtonEnabled(True)
        self.list = QListWidget()
        self.list.setAccessibleName(name)
        self.list.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setUniformItemSizes(True)
        self.list.setFont(theme.font("mono"))
        self.list.setMinimumHeight(96)
        self._timer = QTimer(self, singleShot=True, interval=SEARCH_MS)
        self._timer.timeout.connect(lambda: self.searched.emit(self.search.text()))
        self.search.textChanged.connect(lambda _words: self._timer.start())
        self.list.itemChanged.connect(self._ticked_by_hand)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 8, 0, 0)
        column.setSpacing(6)
        column.addWidget(self.search)
        column.addWidget(self.list, 1)

    def sizeHint(self) -> QSize:
        """Some rows high."""
        return QSize(420, 180)

    def show_found(self, found: Found) -> None:
        """A page of entries has arrived."""
        self._found = found
        self._fill()

    def ticked(self) -> list[str]:
        """Values of what is ticked, in the order in which it was."""
        return list(self._ticked)

    def tick(self, values: Iterable[str]) -> None:
        """Tick these too, whether or not the list shows them."""
        known = {each.value: each.name for each in self._found.entries}
        for value in values:
            self._ticked.setdefault(value, known.get(value, ""))
        self._fill()

    def clear(self) -> None:
        """Take all ticks away."""
        self._ticked.clear()
        self._fill()

    def _fill(self) -> None:
        self.list.blockSignals(True)
        self.list.clear()
        names = {each.value: each for each in self._found.entries}
        for value, name in self._ticked.items():
            known = names.get(value)
            self._add(value, known.name if known else name, known.count if known else None, True)
        for each in self._found.entries:
            if each.value not in self._ticked:
                self._add(each.value, each.name, each.count, False)
        if self._found.more or not self.list.count():
            last = QListWidgetItem(text("redaction.more" if self._found.more else "redaction.none"))
            last.setFlags(Qt.ItemFlag.NoItemFlags)
            self.list.addItem(last)
        self.list.blockSignals(False)

    def _add(self, value: str, name: str, count: int | None, ticked: bool) -> None:
        shown = visible_text(f"{name} · {value[:12]}" if name else value)
        item = QListWidgetItem(shown if count is None else f"{shown}  ({count:,})")
        item.setData(_VALUE, value)
        item.setToolTip(tooltip_text(f"{name}\n{value}" if name else value))
        item.setFlags(Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsUserCheckable)
        item.setCheckState(Qt.CheckState.Checked if ticked else Qt.CheckState.Unchecked)
        self.list.addItem(item)

    def _ticked_by_hand(self, item: QListWidgetItem) -> None:
        value = item.data(_VALUE)
        if item.checkState() is Qt.CheckState.Checked:
            name = next((each.name for each in self._found.entries if each.value == value), "")
            self._ticked.setdefault(value, name)
        else:
            self._ticked.pop(value, None)
        self.changed.emit()

"""The rows of a table on screen: own selection by pointer and keyboard, without Qt's selection model. Main thread."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QModelIndex, QPersistentModelIndex, QPoint, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QFocusEvent, QKeyEvent, QKeySequence, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget

from workbench.gui.theme import Theme
from workbench.gui.widgets.table_delegate import ROW_HEIGHT, CellDelegate
from workbench.gui.widgets.table_model import TableModel
from workbench.gui.widgets.words import word

_Modifier = Qt.KeyboardModifier
_Key = Qt.Key


class RowsView(QTableView):
    """Click, Control, Shift and drag select as in any list; arrows, Page, Home and End move, with Shift they extend,
    with Control they only move; Space toggles, Control+A takes all, Control+C copies, Enter activates.
    """

    row_activated = Signal(int)
    row_current = Signal(int)
    menu_wanted = Signal(object, int)
    copy_wanted = Signal()

    def __init__(self, theme: Theme, model: TableModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._rows = model
        self._anchor = -1
        self._dragging = False
        self._by_keys = False
        self.empty_text = ""
        self.cell_delegate = CellDelegate(theme, model, self)
        self.setItemDelegate(self.cell_delegate)
        self.setModel(model)
        self.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setCornerButtonEnabled(False)
        self.setMouseTracking(True)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        rows = self.verticalHeader()
        rows.hide()
        rows.setMinimumSectionSize(ROW_HEIGHT)
        rows.setDefaultSectionSize(ROW_HEIGHT)
        rows.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self._kept: tuple[int | None, int] | None = None
        model.modelAboutToBeReset.connect(self._keep_place)
        model.arranged.connect(self._rearranged)
        theme.changed.connect(self.viewport().update)

    # Places

    def current_place(self) -> int:
        """Where the keyboard is; -1 when nowhere."""
        return self.currentIndex().row() if self.currentIndex().isValid() else -1

    def go_to(self, place: int) -> None:
        """Move the keyboard there and make it visible."""
        column = self.horizontalHeader().logicalIndex(0)
        if self.currentIndex().isValid():
            column = self.currentIndex().column()
        self.setCurrentIndex(self._rows.index(place, max(column, 0)))

    def _keep_place(self) -> None:
        """The id at the keyboard, and the scroll bar, before rows are set anew."""
        place = self.current_place()
        an_id = int(self._rows.ids[self._rows.order[place]]) if 0 <= place < len(self._rows.order) else None
        self._kept = an_id, self.verticalScrollBar().value()

    def _restore_place(self) -> None:
        """The opposite: nothing jumps when the same rows come again."""
        if self._kept is None:
            return
        (an_id, scroll), self._kept = self._kept, None
        place = self._rows.place_of(an_id) if an_id is not None else -1
        self.blockSignals(True)
        if place >= 0:
            self.go_to(place)
        self.blockSignals(False)
        self.verticalScrollBar().setValue(scroll)
        if an_id is not None and place < 0:
            self.row_current.emit(-1)

    def _rearranged(self) -> None:
        """After Qt has forgotten its place in a reset, which `modelReset` alone does not promise."""
        self._restore_place()
        self._anchor = self.current_place()
        self.cell_delegate.hovered = -1
        self.cell_delegate.forget_widths()
        self.viewport().update()

    def currentChanged(
        self, current: QModelIndex | QPersistentModelIndex, previous: QModelIndex | QPersistentModelIndex
    ) -> None:
        """Tell, and paint both rows."""
        super().currentChanged(current, previous)
        self._show_current()
        self.viewport().update()
        if current.row() != previous.row():
            self.row_current.emit(current.row())

    def _show_current(self) -> None:
        self.cell_delegate.current = self.current_place() if self.hasFocus() and self._by_keys else -1

    # Pointer

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Select as any list does; a press beside all rows selects nothing."""
        self._by_keys = False
        place = self.rowAt(event.position().toPoint().y())
        if event.button() == Qt.MouseButton.RightButton:
            if place >= 0:
                self.go_to(place)
            return
        if event.button() != Qt.MouseButton.LeftButton:
            return
        held = event.modifiers()
        if place < 0:
            if not held & (_Modifier.ControlModifier | _Modifier.ShiftModifier):
                self._rows.clear_selection()
            return
        self._dragging = True
        self._select(place, held)
        self.go_to(place)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Extend what the press began; or light the row."""
        place = self.rowAt(event.position().toPoint().y())
        if self._dragging and event.buttons() & Qt.MouseButton.LeftButton:
            if place >= 0 and self._anchor >= 0 and place != self.current_place():
                self._rows.select_places(self._anchor, place)
                self.go_to(place)
            return
        self._hover(place)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """The drag is over."""
        self._dragging = False

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Activate."""
        place = self.rowAt(event.position().toPoint().y())
        if place >= 0 and event.button() == Qt.MouseButton.LeftButton:
            self.row_activated.emit(place)

    def leaveEvent(self, event: QEvent) -> None:
        """No row is under the pointer."""
        self._hover(-1)
        super().leaveEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """By pointer or by the menu key."""
        if event.reason() == QContextMenuEvent.Reason.Keyboard:
            place = self.current_place()
            corner = QPoint(24, self.rowViewportPosition(place) + ROW_HEIGHT if place >= 0 else 0)
            self.menu_wanted.emit(self.viewport().mapToGlobal(corner), place)
        else:
            self.menu_wanted.emit(event.globalPos(), self.rowAt(self.viewport().mapFromGlobal(event.globalPos()).y()))

    def _hover(self, place: int) -> None:
        before, self.cell_delegate.hovered = self.cell_delegate.hovered, place
        if before != place:
            for each in (before, place):
                if each >= 0:
                    self.viewport().update(0, self.rowViewportPosition(each), self.viewport().width(), ROW_HEIGHT)

    def _select(self, place: int, held: Qt.KeyboardModifier) -> None:
        keep = bool(held & _Modifier.ControlModifier)
        if held & _Modifier.ShiftModifier and self._anchor >= 0:
            self._rows.select_places(self._anchor, place, keep=keep)
            return
        if keep:
            self._rows.select_places(place, place, keep=True, value=not self._rows.is_selected(place))
        else:
            self._rows.select_places(place, place)
        self._anchor = place

    # Keyboard

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """See the class."""
        self._by_keys = True
        self._show_current()
        count, place, held = len(self._rows.order), self.current_place(), event.modifiers()
        if event.matches(QKeySequence.StandardKey.SelectAll):
            self._rows.select_all()
        elif event.matches(QKeySequence.StandardKey.Copy):
            self.copy_wanted.emit()
        elif (target := self._target(event.key(), place, count)) is not None:
            if count:
                self._go(min(max(target, 0), count - 1), held)
        elif event.key() == _Key.Key_Space and 0 <= place < count:
            self._select(place, held | _Modifier.ControlModifier)
        elif event.key() in (_Key.Key_Return, _Key.Key_Enter) and 0 <= place < count:
            self.row_activated.emit(place)
        elif event.key() == _Key.Key_Escape and self._rows.selected_count():
            self._rows.clear_selection()
        elif event.key() in (_Key.Key_Left, _Key.Key_Right):
            super().keyPressEvent(event)
        else:
            event.ignore()

    def _target(self, key: int, place: int, count: int) -> int | None:
        page = max(self.viewport().height() // ROW_HEIGHT - 1, 1)
        steps = {_Key.Key_Up: -1, _Key.Key_Down: 1, _Key.Key_PageUp: -page, _Key.Key_PageDown: page}
        if key == _Key.Key_Home:
            return 0
        if key == _Key.Key_End:
            return count - 1
        return place + steps[_Key(key)] if key in steps else None

    def _go(self, place: int, held: Qt.KeyboardModifier) -> None:
        if held & _Modifier.ShiftModifier or not held & _Modifier.ControlModifier:
            if self._anchor < 0:
                self._anchor = max(self.current_place(), 0)
            self._select(place, held & _Modifier.ShiftModifier)
        self.go_to(place)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show where the keyboard is; the first row when it was nowhere."""
        super().focusInEvent(event)
        if event.reason() in (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason):
            self._by_keys = True
        if self.current_place() < 0 and len(self._rows.order) and event.reason() != Qt.FocusReason.MouseFocusReason:
            self.go_to(0)
        self._show_current()
        self.viewport().update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Hide it."""
        super().focusOutEvent(event)
        self._show_current()
        self.viewport().update()

    # Painting

    def paintEvent(self, event: QPaintEvent) -> None:
        """The rows, or what this place is for."""
        super().paintEvent(event)
        if len(self._rows.order):
            return
        text = self.empty_text or word("table.empty")
        if len(self._rows.ids):
            text = word("table.no-match", text=self._rows.filter_text.strip(), hidden=f"{len(self._rows.ids):,}")
        painter = QPainter(self.viewport())
        try:
            painter.setFont(self._theme.font())
            painter.setPen(self._theme.tokens.dim)
            area = self.viewport().rect().adjusted(16, 8, -16, -8)
            painter.drawText(area, int(Qt.AlignmentFlag.AlignCenter) | int(Qt.TextFlag.TextWordWrap), text)
        finally:
            painter.end()

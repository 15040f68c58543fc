"""The gallery's keyboard: arrows, pages and ends move; shift picks a run, control moves alone, space toggles."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent, QKeySequence

if TYPE_CHECKING:
    from workbench.gui.widgets.gallery import Gallery

_VERTICAL = {Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown}


def handle(gallery: Gallery, event: QKeyEvent) -> bool:
    """Act on a key; false when it is none of the gallery's."""
    if event.matches(QKeySequence.StandardKey.SelectAll):
        gallery.select_all()
        return True
    control = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
    if control and event.key() in (Qt.Key.Key_Plus, Qt.Key.Key_Equal, Qt.Key.Key_Minus):
        gallery.set_zoom(gallery.zoom() + (-1 if event.key() == Qt.Key.Key_Minus else 1))
        return True
    if not gallery.count():
        return False
    key = Qt.Key(event.key())
    picks, before = gallery.picks(), gallery.current_row()
    if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
        if before < 0:
            return False
        gallery.activated.emit(gallery.current())
        return True
    if key == Qt.Key.Key_Space:
        if before < 0:
            return False
        gallery.take_step(picks.toggle(before), before)
        return True
    if key == Qt.Key.Key_Escape and len(picks):
        gallery.clear_selection()
        return True
    target = _target(gallery, key, before)
    if target is None:
        return False
    if event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
        changed = picks.run_to(target, keep=control)
    elif control:
        picks.current, changed = target, False
    else:
        changed = picks.only(target)
    gallery.ensure_visible(target)
    gallery.take_step(changed, before)
    return True


def _target(gallery: Gallery, key: Qt.Key, row: int) -> int | None:
    """The row that a movement key leads to, or null for any other key."""
    last = gallery.count() - 1
    simple = {
        Qt.Key.Key_Left: max(0, row - 1),
        Qt.Key.Key_Right: min(last, row + 1),
        Qt.Key.Key_Home: 0,
        Qt.Key.Key_End: last,
    }
    if key in simple:
        gallery.keep_column(None)
        return simple[key]
    if key not in _VERTICAL:
        return None
    if row < 0:
        return 0
    layout = gallery.content_layout()
    line, column = layout.place(row)
    wished = gallery.keep_column(None)
    column = column if wished is None else wished
    gallery.keep_column(column)
    page = max(1, gallery.viewport().height() // layout.line_height)
    step = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1, Qt.Key.Key_PageUp: -page, Qt.Key.Key_PageDown: page}[key]
    if not 0 <= line + step < layout.lines and abs(step) == 1:
        return row
    return layout.row_of(line + step, column)

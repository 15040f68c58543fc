"""The gallery for screen readers: a list whose children are the tiles on screen and the current one.

A million children would stall a reader that walks them, so their number is bounded by what is visible. Each
child stands for a place, not for an item: the n-th tile on screen. They live as long as the gallery, because
Qt keeps bare pointers to them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from PySide6.QtCore import QObject, QPoint, QRect
from PySide6.QtGui import QAccessible, QAccessibleEvent, QAccessibleInterface, QWindow
from PySide6.QtWidgets import QAccessibleWidget

from workbench.gui.widgets.words import word

if TYPE_CHECKING:
    from workbench.gui.widgets.gallery import Gallery

_KEPT: list[QAccessibleInterface] = []
_installed = False


class GalleryAccessible(QAccessibleWidget):
    """Role list; name and counts; one child per tile on screen."""

    def __init__(self, gallery: Gallery) -> None:
        super().__init__(gallery, QAccessible.Role.List, word("gallery"))
        self._cells: list[TileAccessible] = []

    def gallery(self) -> Gallery:
        """The widget."""
        return cast("Gallery", self.widget())

    def text(self, kind: QAccessible.Text) -> str:
        """Name or description."""
        if kind == QAccessible.Text.Name:
            return self.gallery().accessibleName() or word("gallery")
        if kind == QAccessible.Text.Description:
            gallery = self.gallery()
            return word("gallery.about", shown=gallery.count(), selected=gallery.selected_count())
        return super().text(kind)

    def childCount(self) -> int:
        """How many children there are."""
        return len(children(self.gallery()))

    def child(self, index: int) -> QAccessibleInterface | None:  # type: ignore[override]
        """The child at a place."""
        if not 0 <= index < self.childCount():
            return None
        while len(self._cells) <= index:
            cell = TileAccessible(self, len(self._cells))
            self._cells.append(cell)
            _KEPT.append(cell)
        return self._cells[index]

    def indexOfChild(self, child: QAccessibleInterface) -> int:
        """The place of a child."""
        return child.place if isinstance(child, TileAccessible) and child.list is self else -1

    def childAt(self, x: int, y: int) -> QAccessibleInterface | None:  # type: ignore[override]
        """The child at a point of the screen."""
        gallery = self.gallery()
        row = gallery.row_at(gallery.viewport().mapFromGlobal(QPoint(x, y)))
        rows = children(gallery)
        return self.child(rows.index(row)) if row in rows else None

    def focusChild(self) -> QAccessibleInterface | None:  # type: ignore[override]
        """The child that has the keyboard."""
        gallery = self.gallery()
        rows = children(gallery)
        row = gallery.current_row()
        return self.child(rows.index(row)) if gallery.hasFocus() and row in rows else None


class TileAccessible(QAccessibleInterface):
    """The tile at one place of the screen."""

    def __init__(self, owner: GalleryAccessible, place: int) -> None:
        super().__init__()
        self.list = owner
        self.place = place

    def row(self) -> int:
        """The row that is at this place now, or -1."""
        rows = children(self.list.gallery())
        return rows[self.place] if self.place < len(rows) else -1

    def isValid(self) -> bool:
        """Whether it still stands for something."""
        return self.list.isValid() and self.row() >= 0

    def object(self) -> QObject | None:  # type: ignore[override]
        """None: tiles are not objects."""
        return None

    def window(self) -> QWindow | None:  # type: ignore[override]
        """The window it is in."""
        return self.list.window()

    def parent(self) -> QAccessibleInterface:
        """The list."""
        return self.list

    def childCount(self) -> int:
        """How many children there are."""
        return 0

    def child(self, index: int) -> QAccessibleInterface | None:  # type: ignore[override]
        """The child at a place."""
        return None

    def childAt(self, x: int, y: int) -> QAccessibleInterface | None:  # type: ignore[override]
        """The child at a point of the screen."""
        return None

    def indexOfChild(self, child: QAccessibleInterface) -> int:
        """The place of a child."""
        return -1

    def role(self) -> QAccessible.Role:
        """List item."""
        return QAccessible.Role.ListItem

    def rect(self) -> QRect:
        """Where it is on the screen."""
        row = self.row()
        return self.list.gallery().global_rect(row) if row >= 0 else QRect()

    def text(self, kind: QAccessible.Text) -> str:
        """Name or description."""
        row = self.row()
        if row < 0:
            return ""
        gallery = self.list.gallery()
        if kind == QAccessible.Text.Name:
            return spoken(gallery, row)
        if kind == QAccessible.Text.Description:
            tile = gallery.tile_of(row)
            name = tile.name if tile is not None else word("loading")
            return word("gallery.row", name=name, position=row + 1, count=gallery.count())
        return ""

    def setText(self, kind: QAccessible.Text, text: str) -> None:
        """Names cannot be changed here."""
        return

    def state(self) -> QAccessible.State:
        """Selectable, selected, focused, off screen."""
        made = QAccessible.State()
        row = self.row()
        gallery = self.list.gallery()
        current = row == gallery.current_row()
        for name, value in {
            "selectable": True,
            "multiSelectable": True,
            "extSelectable": True,
            "focusable": True,
            "selected": gallery.is_selected(row),
            "focused": current and gallery.hasFocus(),
            "active": current,
            "offscreen": not gallery.is_on_screen(row),
            "invalid": row < 0,
        }.items():
            setattr(made, name, int(value))
        return made


def children(gallery: Gallery) -> list[int]:
    """The rows that assistive technology is told of: those on screen, and the current one."""
    rows = gallery.rows_on_screen()
    if gallery.current_row() >= 0 and gallery.current_row() not in rows:
        rows.append(gallery.current_row())
    return rows


def spoken(gallery: Gallery, row: int) -> str:
    """A row as a screen reader says it."""
    tile = gallery.tile_of(row)
    return tile.spoken(gallery.is_selected(row)) if tile is not None else word("loading")


def install() -> None:
    """Teach Qt about galleries, once per process."""
    global _installed
    if not _installed:
        QAccessible.installFactory(_make)
        _installed = True


def announce_focus(gallery: Gallery) -> None:
    """Tell a screen reader, if one listens, that another tile has the keyboard."""
    if not QAccessible.isActive():
        return
    rows = children(gallery)
    row = gallery.current_row()
    if row in rows:
        event = QAccessibleEvent(gallery, QAccessible.Event.Focus)
        event.setChild(rows.index(row))
        QAccessible.updateAccessibility(event)


def announce_selection(gallery: Gallery) -> None:
    """Tell a screen reader, if one listens, that other tiles are picked."""
    if QAccessible.isActive():
        QAccessible.updateAccessibility(QAccessibleEvent(gallery, QAccessible.Event.SelectionWithin))


def _make(_kind: str, thing: QObject) -> QAccessibleInterface | None:
    from workbench.gui.widgets.gallery import Gallery

    if not isinstance(thing, Gallery):
        return None
    made = GalleryAccessible(thing)
    _KEPT.append(made)
    return made

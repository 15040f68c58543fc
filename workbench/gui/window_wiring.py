"""What panes ask of the window, and what the window does about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint
from PySide6.QtGui import QCursor
from PySide6.QtWidgets import QApplication, QMenu

from workbench.gui.actions import ADDRESS_MENU, ITEM_MENU

if TYPE_CHECKING:
    from workbench.gui.main_window import MainWindow


class Wiring:
    """Connects panes that were just made. Main thread."""

    def __init__(self, window: MainWindow) -> None:
        self._window = window

    def connect_panes(self) -> None:
        for name, signal, act in (
            ("gallery", "open_requested", lambda *_: self._window.going.show_viewer()),
            ("gallery", "menu_requested", lambda place: self._context(ITEM_MENU, place)),
            ("gallery", "look_requested", self._window.watch.look),
            ("gallery", "requests_requested", self._window.watched.show_requests),
            ("detail", "open_requested", lambda *_: self._window.going.show_viewer()),
            ("timeline", "zone_changed", self._window.going.show_zone),
            ("viewer", "closed", self._window.going.show_gallery),
            ("viewer", "next_requested", lambda: self._window.going.go("next")),
            ("viewer", "previous_requested", lambda: self._window.going.go("previous")),
            ("viewer", "menu_requested", lambda place: self._context(ITEM_MENU, place)),
            ("origins", "menu_requested", self._addresses),
            ("activity", "undo_wanted", self._window.marks.undo),
            ("activity", "pause_wanted", self._window.watch.pause),
            ("activity", "conduct_wanted", self._window.watched.confirm),
            ("files", "watch_asked", self._window.watched.act),
            ("detail", "watch_asked", self._window.watched.act),
        ):
            found = getattr(self._window.panes[name], signal, None)
            if found is not None:
                found.connect(act)
        gallery, viewer = self._window.panes["gallery"], self._window.panes["viewer"]
        viewer.locate = gallery.position  # type: ignore[attr-defined]
        for pane in self._window.panes.values():
            wanted = getattr(pane, "add_requested", None)
            if wanted is not None:
                wanted.connect(self._offer_to_add)
            server = getattr(pane, "watch_requested", None)
            if server is not None:
                server.connect(self._window.watch.add)

    def _offer_to_add(self) -> None:
        """Files, a folder, or a log: below the button that was pressed."""
        button = QApplication.focusWidget()
        place = button.mapToGlobal(button.rect().bottomLeft()) if button is not None else QCursor.pos()
        self._window.add_menu.popup(place)

    def _addresses(self, _place: QPoint, menu: QMenu) -> None:
        """The marks, below what the pane itself offers for addresses."""
        if not menu.isEmpty():
            menu.addSeparator()
            menu.addActions(self._window.actions_by_name.context(ADDRESS_MENU))

    def _context(self, names: tuple[str, ...], place: QPoint) -> None:
        menu = QMenu(self._window)
        menu.addActions(self._window.actions_by_name.context(names))
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(place)

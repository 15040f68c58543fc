"""Going about in the window: panes, pictures, selection, zoom, zone and theme."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, tzinfo
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QWidget

from workbench.core.errors import UserError
from workbench.gui import settings as preferences

if TYPE_CHECKING:
    from workbench.gui.main_window import MainWindow
    from workbench.gui.settings import Settings
    from workbench.gui.theme import ThemeName

CENTRAL = ("gallery", "viewer")
"""Panes that share the middle of the window; the others are docks."""


class Going:
    """What moves the eye and changes nothing in the case. Main thread."""

    def __init__(self, window: MainWindow) -> None:
        self._window = window

    def toggle_pane(self, name: str) -> None:
        """Show or hide a pane."""
        self._window.docks.set_shown(name, not self._window.docks.is_shown(name))
        self._window.now.renew_checks()

    def focus_pane(self, name: str) -> None:
        """Show a pane and put the keyboard there."""
        pane = self._window.panes.get(name)
        if pane is None:
            return
        if name in CENTRAL:
            self._window.stack.setCurrentWidget(pane)
        else:
            self._window.docks.set_shown(name, shown=True)
        first_focus(pane).setFocus(Qt.FocusReason.ShortcutFocusReason)

    def show_activity(self, tab: str) -> None:
        """Show jobs or custody."""
        pane = self._window.panes.get("activity")
        if pane is None:
            return
        self._window.docks.set_shown("activity", shown=True)
        getattr(pane, f"show_{tab}")()

    def show_viewer(self) -> None:
        """The picture over the gallery."""
        if "viewer" in self._window.panes:
            self.focus_pane("viewer")

    def show_gallery(self) -> None:
        """Back to the gallery."""
        self.focus_pane("gallery")

    def toggle_viewer(self) -> None:
        """From gallery to viewer and back."""
        if self._window.stack.currentWidget() is self._window.panes.get("viewer"):
            self.show_gallery()
        else:
            self.show_viewer()

    def go(self, where: str) -> None:
        """Next, previous, first or last file."""
        step = getattr(self._window.panes.get("gallery"), "step", None)
        if step is not None:
            step({"next": 1, "previous": -1}.get(where, where))

    def select_all(self) -> None:
        """Everything in the pane that has the keyboard, else in the gallery."""
        self._on_focused("select_all", "selectAll")

    def copy(self) -> None:
        """What is selected, as text: paths and hashes, or table rows."""
        if not self._on_focused("copy"):
            return

    def _on_focused(self, *methods: str) -> bool:
        widget: QWidget | None = QApplication.focusWidget()
        while widget is not None and widget is not self._window:
            for method in methods:
                act = getattr(widget, method, None)
                if callable(act):
                    act()
                    return True
            widget = widget.parentWidget()
        gallery = self._window.panes.get("gallery")
        act = getattr(gallery, methods[0], None) or getattr(getattr(gallery, "gallery", None), methods[0], None)
        if callable(act):
            act()
            return True
        return False

    def zoom_thumbs(self, step: int) -> None:
        """Larger or smaller thumbnails."""
        gallery = self._window.panes.get("gallery")
        zoom = getattr(gallery, "zoom_by", None)
        if zoom is not None:
            zoom(step)

    def set_zone(self, name: str) -> None:
        """The zone of all times on screen."""
        self._window.settings.set(preferences.ZONE, name)
        self._window.now.renew_checks()

    def show_zone(self, _zone: tzinfo, name: str) -> None:
        """The zone that was chosen on the timeline, for every pane."""
        from workbench.core.times import parse_zone

        try:
            parse_zone(name)
        except UserError:
            name = "local"
        self.set_zone(name)

    def choose_theme(self, name: str) -> None:
        """Light, dark, or as the system."""
        self._window.settings.set(preferences.THEME, name)
        self._window.now.renew_checks()

    def preference_changed(self, key: str) -> None:
        if key == preferences.THEME.key:
            self._window.theme.set(wanted_theme(self._window.settings))
        self.apply_preferences()

    def apply_preferences(self) -> None:
        from workbench.core.times import parse_zone

        name = self._window.settings.get(preferences.ZONE)
        zone: tuple[tzinfo, str] = (UTC, "UTC")
        if name == "local":
            from workbench.gui.window_zone import local_zone

            zone = local_zone()
        else:
            with suppress(UserError):
                zone = (parse_zone(name), name)
        for pane in self._window.panes.values():
            if hasattr(pane, "set_zone"):
                pane.set_zone(*zone)
        gallery = self._window.panes.get("gallery")
        if gallery is not None and hasattr(gallery, "set_zoom"):
            gallery.set_zoom(self._window.settings.get(preferences.THUMBNAILS))


def first_focus(pane: QWidget) -> QWidget:
    """Where the keyboard goes in a pane: its proxy, else the first visible thing that takes it, else the pane."""
    proxy = pane.focusProxy()
    if proxy is not None and proxy.isVisible():
        return proxy
    for child in pane.findChildren(QWidget):
        if child.isVisible() and child.isEnabled() and child.focusPolicy() & Qt.FocusPolicy.TabFocus:
            return child
    return pane


def wanted_theme(settings: Settings) -> ThemeName:
    """``light`` or ``dark``, as preferred or as the system has it."""
    wanted = settings.get(preferences.THEME)
    dark = (
        wanted == "dark" if wanted != "system" else (QGuiApplication.styleHints().colorScheme() is Qt.ColorScheme.Dark)
    )
    return "dark" if dark else "light"

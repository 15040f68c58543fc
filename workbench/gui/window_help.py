"""What explains the window: shortcuts, about, preferences, the last crash, where the case lies."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from workbench.gui.main_window import MainWindow


class Help:
    """The explaining part of the window. Main thread."""

    def __init__(self, window: MainWindow) -> None:
        self._window = window

    def shortcuts(self) -> None:
        """All keys."""
        self._window.spawn(self._shortcuts())

    def about(self) -> None:
        """Versions, licences, whose data it is."""
        self._window.spawn(self._about())

    def preferences(self) -> None:
        """What can be chosen for good."""
        self._window.spawn(self._preferences())

    def last_crash(self) -> None:
        """The last bug that was met, to be copied."""
        details = self._window.errors.last_crash
        if details:
            self.show_crash(details)

    def show_crash(self, details: str) -> None:
        """Say that a bug was met."""
        self._window.spawn(self._crash(details))

    def open_case_folder(self) -> None:
        """Show the folder of the case."""
        from workbench.gui.window_export import open_folder

        open_folder(self._window.open_session.case.path.parent)

    async def _shortcuts(self) -> None:
        from workbench.gui.dialogs.shortcuts import ShortcutsDialog

        await ShortcutsDialog(self._window.theme, self._window).answer()

    async def _about(self) -> None:
        from workbench.gui.dialogs.about import AboutDialog
        from workbench.origins.attributions import attributions

        said = await asyncio.to_thread(attributions)
        await AboutDialog(self._window.theme, said, self._window).answer()

    async def _preferences(self) -> None:
        from workbench.gui.dialogs.preferences import PreferencesDialog

        await PreferencesDialog(self._window.theme, self._window.settings, self._window).answer()

    async def _crash(self, details: str) -> None:
        from workbench.gui.dialogs.crash import CrashDialog

        await CrashDialog(self._window.theme, details, self._window).answer()

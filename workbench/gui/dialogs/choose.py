"""Files and folders of the person, asked for without a nested loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, Literal

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QLineEdit, QPushButton, QWidget

from workbench.gui.settings import Settings
from workbench.gui.texts import text

Spawn = Callable[[Coroutine[Any, Any, Any]], object]
What = Literal["file", "files", "folder", "save"]


async def choose(
    parent: QWidget, settings: Settings, what: What, purpose: str, *, filters: str = "", name: str = ""
) -> list[Path]:
    """The paths that were chosen; empty when none were. Begins where the last dialog for this purpose ended."""
    dialog = QFileDialog(parent, text(f"choose.{purpose}"))
    dialog.setObjectName(f"choose-{purpose}")
    modes = {
        "file": QFileDialog.FileMode.ExistingFile,
        "files": QFileDialog.FileMode.ExistingFiles,
        "folder": QFileDialog.FileMode.Directory,
        "save": QFileDialog.FileMode.AnyFile,
    }
    dialog.setFileMode(modes[what])
    if what == "save":
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    if what == "folder":
        dialog.setOption(QFileDialog.Option.ShowDirsOnly, True)
    if QCoreApplication.instance() is not None and parent.window().property("plain-dialogs"):
        dialog.setOption(QFileDialog.Option.DontUseNativeDialog, True)
    if filters:
        dialog.setNameFilter(filters)
    folder = settings.folder(purpose)
    if folder:
        dialog.setDirectory(folder)
    if name:
        dialog.selectFile(name)
    waiting: asyncio.Future[list[Path]] = asyncio.get_running_loop().create_future()

    def done(code: int) -> None:
        if not waiting.done():
            waiting.set_result([Path(each) for each in dialog.selectedFiles()] if code else [])

    dialog.finished.connect(done)
    dialog.open()
    try:
        paths = await waiting
    finally:
        dialog.hide()
        dialog.deleteLater()
    if paths:
        settings.remember_folder(purpose, paths[0] if what == "folder" else paths[0].parent)
    return paths


class PathField(QWidget):
    """A path that can be typed, or chosen with the button beside it."""

    def __init__(self, settings: Settings, what: What, purpose: str, spawn: Spawn, filters: str = "") -> None:
        super().__init__()
        self._settings = settings
        self._what: What = what
        self._purpose = purpose
        self._filters = filters
        self.edit = QLineEdit()
        self.button = QPushButton(text("choose.button"))
        self.button.setAutoDefault(False)
        self.button.setAccessibleName(text(f"choose.{purpose}"))
        self.button.clicked.connect(lambda: spawn(self._choose()))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        row.addWidget(self.edit, 1)
        row.addWidget(self.button)
        self.setFocusProxy(self.edit)

    @property
    def path(self) -> Path | None:
        """What stands there; null for nothing."""
        typed = self.edit.text().strip()
        return Path(typed).expanduser() if typed else None

    def set_path(self, path: Path | None) -> None:
        """Put a path there."""
        self.edit.setText("" if path is None else str(path))

    async def _choose(self) -> None:
        suggested = self.path
        chosen = await choose(
            self,
            self._settings,
            self._what,
            self._purpose,
            filters=self._filters,
            name=suggested.name if suggested is not None and self._what == "save" else "",
        )
        if chosen:
            self.set_path(chosen[0])

"""All keys, from the table of actions, with a search."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QSize
from PySide6.QtWidgets import QWidget

from workbench.gui.actions import ACTIONS, keys_shown
from workbench.gui.dialogs.dialog import Dialog
from workbench.gui.texts import text
from workbench.gui.theme import Theme
from workbench.gui.widgets.table import Column, DataTable

MORE = ("arrows", "shift", "space", "enter", "escape", "zoom", "menu")
"""Keys of the gallery and the viewer that are no actions: ``key.NAME`` and ``key.NAME.does``."""


class ShortcutsDialog(Dialog):
    """Type to find."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, "shortcuts", text("shortcuts.title"), "", 620, parent)
        rows = [
            (text(f"action.{spec.id}").replace("&", ""), keys_shown(spec), text(f"menu.{spec.menu}").replace("&", ""))
            for spec in ACTIONS
            if spec.keys
        ]
        rows += [(text(f"key.{name}.does"), text(f"key.{name}"), text("menu.gallery")) for name in MORE]
        self.table = DataTable(theme, text("shortcuts.keys"))
        self.table.set_columns(
            (
                Column("what", text("shortcuts.what"), "text", 280),
                Column("keys", text("shortcuts.keys"), "mono", 150),
                Column("menu", text("shortcuts.menu"), "text", 110),
            ),
            {
                "what": [row[0] for row in rows],
                "keys": [row[1] for row in rows],
                "menu": [row[2] for row in rows],
            },
            np.arange(len(rows), dtype=np.int64),
        )
        self.table.setMinimumHeight(380)
        self.body.addWidget(self.table, 1)
        self.add_close()
        self.table.search.setFocus()

    def sizeHint(self) -> QSize:
        return QSize(660, 600)

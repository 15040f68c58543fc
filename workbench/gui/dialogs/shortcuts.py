"""All keys, with a search. What has no key of its own is reached by the letters of the menus."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QSize
from PySide6.QtWidgets import QWidget

from workbench.core.messages import catalogue
from workbench.gui.actions import ACTIONS, keys_shown, menu_keys
from workbench.gui.dialogs.dialog import Dialog
from workbench.gui.texts import text
from workbench.gui.theme import Theme
from workbench.gui.widgets.table import Column, DataTable

MORE = ("arrows", "shift", "space", "enter", "escape", "zoom", "menu")
"""Keys of the gallery and the viewer that are no actions: ``key.NAME`` and ``key.NAME.does``."""


class ShortcutsDialog(Dialog):
    """Type to find."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, "shortcuts", text("shortcuts.title"), "", 940, parent)
        rows = [
            (
                _plain(f"action.{spec.id}"),
                keys_shown(spec) or menu_keys(spec),
                _plain(f"menu.{spec.menu}"),
                _plain(tip) if (tip := f"action.{spec.id}.tip") in catalogue() else None,
            )
            for spec in ACTIONS
        ]
        rows = [row for row in rows if row[1]]
        rows += [(text(f"key.{name}.does"), text(f"key.{name}"), text("menu.gallery"), None) for name in MORE]
        self.table = DataTable(theme, text("shortcuts.keys"))
        self.table.set_columns(
            (
                Column("what", text("shortcuts.what"), "text", 200),
                Column("keys", text("shortcuts.keys"), "mono", 140),
                Column("menu", text("shortcuts.menu"), "text", 70),
                Column("more", text("shortcuts.more"), "text", 470, unknown=""),
            ),
            {name: [row[at] for row in rows] for at, name in enumerate(("what", "keys", "menu", "more"))},
            np.arange(len(rows), dtype=np.int64),
        )
        self.table.setMinimumHeight(380)
        self.body.addWidget(self.table, 1)
        self.add_close()
        self.table.search.setFocus()

    def sizeHint(self) -> QSize:
        return QSize(960, 600)


def _plain(code: str) -> str:
    return text(code).replace("&", "")

"""What could not be read: lines of logs, files, parts of archives; each with its place."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice

import numpy as np
from PySide6.QtCore import QSize
from PySide6.QtWidgets import QWidget

from workbench.case.readers import Reader
from workbench.gui.dialogs.dialog import Dialog
from workbench.gui.texts import text
from workbench.gui.theme import Theme
from workbench.gui.widgets.table import Column, DataTable
from workbench.queries.events import rejects
from workbench.queries.shown import Row

MOST = 20_000


class WarningsDialog(Dialog):
    """A table; nothing is lost by closing it, the rows stand in the case."""

    def __init__(self, theme: Theme, rows: Sequence[Row], more: bool, parent: QWidget | None = None) -> None:
        about = text("warnings.about-more", count=f"{len(rows):,}") if more else text("warnings.about")
        super().__init__(theme, "warnings", text("warnings.title"), about, 820, parent)
        self.table = DataTable(theme, text("warnings.list"))
        self.table.set_empty_text(text("warnings.none"))
        self.table.set_columns(
            (
                Column("where", text("warnings.where"), "mono", 260),
                Column("line", text("warnings.line"), "number", 80),
                Column("reason", text("warnings.reason"), "text", 420),
            ),
            {
                "where": [row["where"] for row in rows],
                "line": [row["line"] for row in rows],
                "reason": [row["reason"] for row in rows],
            },
            np.arange(len(rows), dtype=np.int64),
        )
        self.table.setMinimumHeight(360)
        self.body.addWidget(self.table, 1)
        self.add_close()

    def sizeHint(self) -> QSize:
        return QSize(860, 560)


def first_rejects(reader: Reader) -> tuple[list[Row], bool]:
    """The first of them, and whether there are more."""
    found = list(islice(rejects(reader), MOST + 1))
    return found[:MOST], len(found) > MOST

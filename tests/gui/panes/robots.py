"""The six panes on a small case, as a person uses them."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path
from typing import Any

import numpy as np
from PySide6.QtCore import QItemSelectionModel, QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QWidget

from tests.bundle.building import full_case
from tests.gui.robots import until
from workbench.case.case import Case, create, open_case
from workbench.core.filter import Filter
from workbench.gui.panes.detail import DetailPane
from workbench.gui.panes.detail_parts import plain
from workbench.gui.panes.files import FilesPane
from workbench.gui.panes.gallery import GalleryPane
from workbench.gui.panes.origins import OriginsPane
from workbench.gui.panes.timeline import TimelinePane
from workbench.gui.panes.viewer import ViewerPane
from workbench.gui.session import Session
from workbench.gui.tasks import Tasks
from workbench.gui.theme import Theme
from workbench.workspace import Focus


def make_template(folder: Path) -> Path:
    """A closed case with three looks, a log of uploads by three addresses, labels, marks."""
    case = full_case(folder)
    case.close()
    return folder / "test.wbcase"


def copy_of(template: Path, folder: Path) -> Path:
    folder.mkdir()
    shutil.copytree(template.with_suffix(".evidence"), folder / "test.evidence")
    return Path(shutil.copy(template, folder / "test.wbcase"))


class Desk:
    """A session and its panes, side by side in one window."""

    def __init__(self, theme: Theme) -> None:
        self._theme = theme
        self.problems: list[BaseException] = []

    async def open(self, path: Path | None = None, *, empty: Path | None = None, write: bool = True) -> Desk:
        """Show a case, or a new one at `empty`."""
        self.case: Case = create(empty) if empty is not None else open_case(path or Path(), write=write)
        self.tasks = Tasks(self.problems.append)
        self.session = Session(self.case, self.tasks)
        self.files = FilesPane(self.session, self._theme)
        self.gallery = GalleryPane(self.session, self._theme)
        self.viewer = ViewerPane(self.session, self._theme)
        self.timeline = TimelinePane(self.session, self._theme)
        self.origins = OriginsPane(self.session, self._theme)
        self.detail = DetailPane(self.session, self._theme)
        self.panes = (self.files, self.gallery, self.viewer, self.timeline, self.origins, self.detail)
        self.window = QWidget()
        row = QHBoxLayout(self.window)
        for pane in self.panes:
            row.addWidget(pane)
        self.viewer.hide()
        self.window.resize(1800, 600)
        self.window.show()
        for pane in self.panes:
            if pane.isVisible():
                pane.start()
        await self.calm()
        return self

    async def calm(self) -> None:
        """Wait until nothing is asked, also a little later."""
        for _ in range(3):
            await until(
                lambda: (
                    not any(pane.busy for pane in self.panes if pane.isVisible())
                    and not self.gallery.thumbs.busy
                    and not self.files._settle.isActive()
                    and not self.tasks._running
                ),
                "calm panes",
            )
            await asyncio.sleep(0.03)
        assert not self.problems, self.problems

    async def close(self) -> None:
        for pane in self.panes:
            pane.stop()
        await self.tasks.close()
        await self.session.close()
        self.window.close()
        self.window.deleteLater()
        self.session.deleteLater()

    # what is on screen

    @property
    def filter(self) -> Filter:
        return self.session.filter

    @property
    def items(self) -> list[int]:
        return [int(each) for each in self.gallery.ids()]

    @property
    def addresses(self) -> list[str]:
        model = self.origins.table.model
        return [model.cells[0].text(int(row)) for row in model.order]

    @property
    def pale_addresses(self) -> list[str]:
        model = self.origins.table.model
        pale = self.origins.table.view.cell_delegate.pale  # type: ignore[attr-defined]
        return [model.cells[0].text(int(row)) for row in model.order if pale[row]]

    @property
    def nodes(self) -> dict[str, str]:
        """What the tree says: label to count."""
        return {each.label: each.count for each in self.files.model.nodes()}

    @property
    def chosen_nodes(self) -> list[str]:
        model = self.files.model
        return [model.node(each).label for each in self.files.view.selectionModel().selectedIndexes()]

    @property
    def bars(self) -> tuple[int, int]:
        """Events that are drawn in full colour, and all of them."""
        canvas = self.timeline.timeline.canvas
        every = canvas.levels.total
        return (every if canvas.part is None else canvas.part.total), every

    def said(self) -> str:
        """All words of the detail pane."""
        labels = self.detail.page_view.widget().findChildren(QLabel)
        buttons = self.detail.page_view.widget().findChildren(QPushButton)
        return "\n".join(plain(each.text()) for each in [*labels, *buttons] if not each.isHidden())

    # what a person does

    def choose(self, *labels: str) -> None:
        """Click nodes of the tree, the further ones with Control."""
        model, view = self.files.model, self.files.view
        found = {each.label: each for each in model.nodes()}
        for at, label in enumerate(labels):
            flags = (
                QItemSelectionModel.SelectionFlag.ClearAndSelect
                if at == 0
                else QItemSelectionModel.SelectionFlag.Select
            )
            view.selectionModel().select(model.index_of(found[label]), flags)

    def pick(self, *rows: int) -> None:
        """Select tiles by their places, as clicks do."""
        gallery = self.gallery.gallery
        for at, row in enumerate(rows):
            held = Qt.KeyboardModifier.ControlModifier if at else Qt.KeyboardModifier.NoModifier
            QTest.mouseClick(
                gallery.viewport(), Qt.MouseButton.LeftButton, held, gallery.row_rect(row).center() + QPoint(0, -10)
            )

    def focus(self, kind: str, an_id: int) -> None:
        self.session.workspace.focus = Focus(kind, an_id)

    def address_id(self, text: str) -> int:
        networks = self.origins._found.networks  # type: ignore[union-attr]
        return networks.texts.index(text)

    def brush(self, first: int, last: int) -> None:
        """Drag a brush."""
        self.timeline.timeline.brushed.emit(first, last)

    def click(self, words: str, within: QWidget | None = None) -> None:
        """Press a button by its words or its spoken name."""
        for each in (within or self.window).findChildren(QPushButton):
            if words in (each.text(), each.accessibleName()) and not each.isHidden():
                each.click()
                return
        raise AssertionError(f"no button says {words!r}")

    async def ask(self, query: Any, *args: Any) -> Any:
        return await self.session.read(query, *args)


def ids(values: Any) -> list[int]:
    return np.asarray(values).tolist()

"""Filters as deeds: only this, not this, back, forward, clear, search, and changing a chip by typing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from workbench.core.filter import Filter
from workbench.gui.texts import text

if TYPE_CHECKING:
    from workbench.case.readers import Reader
    from workbench.gui.main_window import MainWindow
    from workbench.ops.marks import Target
    from workbench.workspace import Workspace


class Filters:
    """The filtering part of the window. Main thread."""

    def __init__(self, window: MainWindow) -> None:
        self._window = window

    @property
    def _workspace(self) -> Workspace:
        return self._window.open_session.workspace

    def find(self) -> None:
        """To the search field."""
        self._window.filter_bar.focus_search()

    def clear(self) -> None:
        """Show everything."""
        self._workspace.filter = Filter(own=self._workspace.filter.own)

    def back(self) -> None:
        """The filter before."""
        self._workspace.back()

    def forward(self) -> None:
        """Take back `back`."""
        self._workspace.forward()

    def toggle_own(self) -> None:
        """Show or hide the observer's own traffic."""
        self._workspace.filter = replace(self._workspace.filter, own=not self._workspace.filter.own)

    def only_selection(self) -> None:
        """Show what is selected, and nothing else of its kind."""
        self._window.spawn(self._selection(without=False))

    def without_selection(self) -> None:
        """Show everything but what is selected."""
        self._window.spawn(self._selection(without=True))

    def edit(self, facet: str, value: object) -> None:
        """Change a chip by typing."""
        self._window.spawn(self._edit(facet, value))

    async def _selection(self, *, without: bool) -> None:
        targets = self._window.marks.targets()
        if not targets:
            return
        kinds = {kind for kind, _ in targets}
        read, shown = self._window.open_session.read, self._workspace.filter
        if kinds == {"address"}:
            addresses = tuple(await read(address_texts, [number for _, number in targets]))
            shown = (
                replace(shown, not_address=(*shown.not_address, *addresses))
                if without
                else replace(shown, address=addresses)
            )
        elif kinds <= {"object", "sighting"} and not without:
            shown = replace(shown, objects=tuple(await read(item_names, targets)))
        elif kinds <= {"object", "sighting"}:
            paths = await read(paths_of, targets)
            shown = replace(shown, not_path=(*shown.not_path, *(glob_of(path) for path in paths)))
        else:
            self._window.toast.info(text("window.cannot-filter"))
            return
        self._workspace.filter = shown

    async def _edit(self, facet: str, value: object) -> None:
        from workbench.gui.dialogs.chip import ChipDialog, TimeDialog
        from workbench.gui.filter_text import changed

        if facet == "time":
            shown = self._workspace.filter
            answer = await TimeDialog(self._window.theme, shown.since, shown.until, shown.clock, self._window).answer()
            if answer is not None:
                self._workspace.filter = self._workspace.filter.with_time(*answer)
            return
        typed = await ChipDialog(self._window.theme, facet, str(value), self._window).answer()
        if typed is not None:
            self._workspace.filter = changed(self._workspace.filter, facet, value, typed)


def address_texts(reader: Reader, ids: Sequence[int]) -> list[str]:
    """Addresses by id."""
    return [str(reader.value("SELECT text FROM address WHERE id = ?", (each,))) for each in ids]


def item_names(reader: Reader, targets: Sequence[Target]) -> list[str]:
    """Objects and listed files, as the filter names them."""
    sha256 = "SELECT sha256 FROM object WHERE id = ?"
    return [
        bytes(reader.value(sha256, (row,))).hex() if kind == "object" else f"sighting:{row}" for kind, row in targets
    ]


def paths_of(reader: Reader, targets: Sequence[Target]) -> list[str]:
    """Where objects and sightings were seen, each path once."""
    found: dict[str, None] = {}
    for kind, row in targets:
        column = "object" if kind == "object" else "id"
        for (path,) in reader.all(
            f"SELECT DISTINCT p.display FROM sighting s JOIN path p ON p.id = s.path WHERE s.{column} = ?",  # noqa: S608
            (row,),
        ):
            found[str(path)] = None
    return list(found)


def glob_of(path: str) -> str:
    """A path as a pattern that means only itself."""
    return "".join(f"[{sign}]" if sign in "*?[" else sign for sign in path)

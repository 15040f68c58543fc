"""The menu of addresses in the window, by pointer and by key."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu

from tests.gui.robots import Run, WindowRobot, until
from workbench.core.filter import Filter


def table_of(robot: WindowRobot) -> Any:
    return robot.window.panes["origins"].table  # type: ignore[attr-defined]


def shown_order(table: Any) -> list[str]:
    return [table.model.cells[0].text(int(row)) for row in table.model.order]


async def open_menu(robot: WindowRobot, place: int, *, by_key: bool = False) -> QMenu:
    """Ask for the menu of the row at a place, as the system does after a right click or the menu key."""
    view = table_of(robot).view
    spot = QPoint(20, view.rowViewportPosition(place) + view.rowHeight(place) // 2)
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton if by_key else Qt.MouseButton.RightButton, pos=spot)
    reason = QContextMenuEvent.Reason.Keyboard if by_key else QContextMenuEvent.Reason.Mouse
    QApplication.sendEvent(view.viewport(), QContextMenuEvent(reason, spot, view.viewport().mapToGlobal(spot)))
    await until(lambda: isinstance(QApplication.activePopupWidget(), QMenu), "the menu")
    found = QApplication.activePopupWidget()
    assert isinstance(found, QMenu)
    return found


@pytest.mark.parametrize("by_key", [False, True], ids=["right-click", "menu-key"])
def test_the_menu_acts_on_the_address_under_it(run: Run, robot: WindowRobot, case: Path, by_key: bool) -> None:
    async def scenario() -> None:
        await robot.open(case)
        robot.window.going.focus_pane("origins")
        await robot.calm()
        table = table_of(robot)
        address = shown_order(table)[1]
        robot.select(0)
        menu = await open_menu(robot, 1, by_key=by_key)
        acts = {each.text(): each for each in menu.actions() if each.text()}
        assert {"Show only these", "These are my own addresses", "Copy rows"} <= acts.keys(), acts.keys()
        assert len(acts) == len([each for each in menu.actions() if each.text()]), "an act stands there twice"
        [(kind, number)] = robot.window.marks.targets()
        assert (kind, number) == ("address", int(table.selected_ids()[0])), "a mark would hit the picture"
        menu.close()
        acts["Show only these"].trigger()
        await robot.calm()
        assert robot.window.open_session.filter == Filter(address=(address,))

    run(scenario())

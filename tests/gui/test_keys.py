"""Everything about a watched server is reached by the keyboard, and the dialog of shortcuts says how."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QDialog

from tests.gui.robots import Run, WindowRobot, until
from tests.gui.test_today import WEEK, made, opened
from workbench.gui.actions import ACTIONS, keys_shown, menu_keys
from workbench.gui.dialogs.dialog import Dialog
from workbench.gui.dialogs.shortcuts import ShortcutsDialog
from workbench.gui.dialogs.watch_edit import CharterDialog, MannersDialog
from workbench.gui.theme import Theme

WATCHING = ("look-now", "pause-look", "stop-look", "request-log", "charter", "schedule", "stop-watching")
SPECS = {spec.id: spec for spec in ACTIONS}


def test_every_action_has_a_key_or_the_letters_of_the_menus() -> None:
    assert [spec.id for spec in ACTIONS if not keys_shown(spec) and not menu_keys(spec)] == []
    assert menu_keys(SPECS["charter"]) == "Alt+W, H"


def test_the_dialog_says_how_and_what_for(theme: Theme) -> None:
    dialog = ShortcutsDialog(theme)
    model = dialog.table.model
    cells = {column.key: model.cells[at] for at, column in enumerate(model.columns)}
    rows = {cells["what"].text(row): row for row in range(len(model.ids))}
    keys = {
        "Look now": "F5",
        "Pause the look": "Shift+F5",
        "Stop the look": "Ctrl+F5",
        "Request log": "Ctrl+Shift+R",
        "Charter…": "Alt+W, H",
        "Manners and schedule…": "Alt+W, M",
        "Stop watching…": "Alt+W, W",
    }
    assert {name: cells["keys"].text(rows[name]) for name in keys} == keys
    assert all(cells["menu"].text(rows[name]) == "Watch" for name in keys)
    assert all(len(cells["more"].text(rows[name])) > 20 for name in keys), "each is explained"
    assert {SPECS[each].menu for each in WATCHING} == {"watch"}
    dialog.deleteLater()


@pytest.mark.parametrize(
    ("letter", "kind"),
    [(Qt.Key.Key_H, CharterDialog), (Qt.Key.Key_M, MannersDialog), (Qt.Key.Key_W, Dialog)],
)
def test_letters_of_the_menu_lead_to_the_dialogs(
    run: Run, robot: WindowRobot, tmp_path: Path, letter: Qt.Key, kind: type[QDialog]
) -> None:
    async def scenario() -> None:
        await opened(robot, made(tmp_path / "c", WEEK))
        menu = robot.window.menus["watch"]
        QTest.keyClick(robot.window, Qt.Key.Key_W, Qt.KeyboardModifier.AltModifier)
        await until(menu.isVisible, "the menu")
        QTest.keyClick(menu, letter)
        found = await robot.dialog(kind)
        found.reject()
        await robot.calm()

    run(scenario())


def test_keys_of_a_look_do_what_the_buttons_do(run: Run, robot: WindowRobot, tmp_path: Path) -> None:
    async def scenario() -> None:
        await opened(robot, made(tmp_path / "c", WEEK))
        done: list[str] = []
        robot.window.actions_by_name.ran.connect(done.append)
        watch = robot.window.watch
        watch.look_now = lambda: None  # type: ignore[method-assign]
        watch.pause = lambda: None  # type: ignore[method-assign]
        watch.stop = lambda: None  # type: ignore[method-assign]
        for name in ("pause-look", "stop-look"):
            robot.window.actions_by_name[name].setEnabled(True)
        for keys in ("F5", "Shift+F5", "Ctrl+F5", "Ctrl+Shift+R"):
            robot.press(keys, robot.window)
        assert done == ["look-now", "pause-look", "stop-look", "request-log"]
        await robot.calm()

    run(scenario())

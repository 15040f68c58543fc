"""The table as a person uses it."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QAccessible, QGuiApplication, QMouseEvent
from pytestqt.qtbot import QtBot

from workbench.gui.theme import Theme
from workbench.gui.widgets.table import Column, DataTable

COLUMNS = (
    Column("address", "Address", "mono", 128),
    Column("labels", "Labels", "chips", accent=frozenset({"on no list held"})),
    Column("uploads", "Uploads", "bar"),
)
BASE = 2**40
Key, Held, Left = Qt.Key, Qt.KeyboardModifier, Qt.MouseButton.LeftButton


@pytest.fixture
def table(qtbot: QtBot, theme: Theme) -> DataTable:
    """Ten addresses with 0, 7, 4, 1, 8 … uploads; the first two are exceptions."""
    made = DataTable(theme, "Origins")
    qtbot.addWidget(made)
    made.resize(480, 340)
    fill(made)
    made.show()
    return made


def fill(table: DataTable, count: int = 10) -> None:
    numbers = np.arange(count)
    data = {
        "address": [f"192.0.2.{number}" for number in range(count)],
        "labels": [("on no list held",) if number < 2 else ("vpn", "hosting") for number in range(count)],
        "uploads": numbers * 7 % 10,
    }
    table.set_columns(COLUMNS, data, numbers + BASE, numbers < 2)


def spot(table: DataTable, place: int) -> QPoint:
    return QPoint(40, table.view.rowViewportPosition(place) + 10)


def picked(table: DataTable) -> list[int]:
    return [int(each) - BASE for each in table.selected_ids()]


def click(qtbot: QtBot, table: DataTable, place: int, held: Held = Held.NoModifier) -> None:
    qtbot.mouseClick(table.view.viewport(), Left, held, spot(table, place))


def test_pointer_selects_as_in_any_list(qtbot: QtBot, table: DataTable) -> None:
    heard: list[int] = []
    table.selection_changed.connect(lambda: heard.append(1))
    click(qtbot, table, 2)
    assert picked(table) == [2]
    click(qtbot, table, 5, Held.ShiftModifier)
    assert picked(table) == [2, 3, 4, 5]
    click(qtbot, table, 4, Held.ControlModifier)
    assert picked(table) == [2, 3, 5]
    click(qtbot, table, 8, Held.ControlModifier | Held.ShiftModifier)
    assert picked(table) == [2, 3, 4, 5, 6, 7, 8]
    click(qtbot, table, 0)
    assert picked(table) == [0]
    qtbot.mouseClick(table.view.viewport(), Left, Held.NoModifier, QPoint(40, 280))
    assert picked(table) == []
    assert len(heard) == 6


def test_dragging_selects_a_run(qtbot: QtBot, table: DataTable) -> None:
    viewport = table.view.viewport()
    qtbot.mousePress(viewport, Left, pos=spot(table, 1))
    qtbot.mouseMove(viewport, spot(table, 4))
    table.view.mouseMoveEvent(_move(table, spot(table, 4)))
    qtbot.mouseRelease(viewport, Left, pos=spot(table, 4))
    assert picked(table) == [1, 2, 3, 4]


def _move(table: DataTable, where: QPoint) -> QMouseEvent:

    spot = QPointF(where)
    return QMouseEvent(QEvent.Type.MouseMove, spot, spot, Left, Left, Held.NoModifier)


def test_keys_select_move_and_activate(qtbot: QtBot, table: DataTable) -> None:
    activated: list[int] = []
    current: list[int | None] = []
    table.activated.connect(activated.append)
    table.current_changed.connect(current.append)
    view = table.view
    view.setFocus()
    qtbot.keyClick(view, Key.Key_Home)
    assert picked(table) == [0]
    qtbot.keyClick(view, Key.Key_Down)
    qtbot.keyClick(view, Key.Key_Down, Held.ShiftModifier)
    assert picked(table) == [1, 2]
    qtbot.keyClick(view, Key.Key_Down, Held.ControlModifier)
    assert picked(table) == [1, 2]
    qtbot.keyClick(view, Key.Key_Space)
    assert picked(table) == [1, 2, 3]
    qtbot.keyClick(view, Key.Key_Return)
    assert activated == [BASE + 3]
    qtbot.keyClick(view, Key.Key_End)
    assert picked(table) == [9]
    qtbot.keyClick(view, Key.Key_A, Held.ControlModifier)
    assert len(picked(table)) == 10
    qtbot.keyClick(view, Key.Key_Escape)
    assert picked(table) == []
    assert current[-1] == BASE + 9
    assert table.current_id() == BASE + 9


def test_double_click_activates(qtbot: QtBot, table: DataTable) -> None:
    with qtbot.waitSignal(table.activated, timeout=30_000) as heard:
        qtbot.mouseDClick(table.view.viewport(), Left, pos=spot(table, 3))
    assert heard.args == [BASE + 3]


def test_what_others_select_is_silent(table: DataTable) -> None:
    heard: list[int] = []
    table.selection_changed.connect(lambda: heard.append(1))
    table.select_ids([BASE + 1, BASE + 4, 12])
    assert picked(table) == [1, 4]
    assert heard == []
    fill(table)
    assert picked(table) == [1, 4]
    fill(table, 3)
    assert picked(table) == [1]
    assert heard == []


def test_a_header_click_sorts_down_up_and_back(table: DataTable) -> None:
    header = table.header
    header.sort("uploads")
    assert [int(each) - BASE for each in table.shown_ids()][:3] == [7, 4, 1]
    assert header.isSortIndicatorShown()
    header.sort("uploads")
    assert [int(each) - BASE for each in table.shown_ids()][:3] == [0, 3, 6]
    header.sort("uploads")
    assert [int(each) - BASE for each in table.shown_ids()] == list(range(10))
    assert not header.isSortIndicatorShown()
    header.sort("labels")
    header.sort("uploads", add=True)
    assert table.model.sort_keys == [("labels", False), ("uploads", True)]
    header.sort("uploads", add=True)
    assert table.model.sort_keys == [("labels", False), ("uploads", False)]
    assert [int(each) - BASE for each in table.shown_ids()][:2] == [0, 1]


def test_a_real_click_on_the_header_sorts(qtbot: QtBot, table: DataTable) -> None:
    x = table.header.sectionViewportPosition(2) + 20
    qtbot.mouseClick(table.header.viewport(), Left, pos=QPoint(x, 10))
    assert table.model.sort_keys == [("uploads", True)]


def test_search_waits_for_a_pause(qtbot: QtBot, table: DataTable) -> None:
    with qtbot.waitSignal(table.model.arranged, timeout=30_000):
        qtbot.keyClicks(table.search, "no list")
    assert len(table.shown_ids()) == 2
    assert table.count_label.text() == "2 of 10"
    table.set_search("nowhere")
    assert table.count_label.text() == "0 of 10"
    assert not table.grab().isNull()
    table.set_search("")
    table.select_ids([BASE])
    assert table.count_label.text() == "1 selected · 10"


def test_copy_takes_what_is_selected_in_the_order_shown(qtbot: QtBot, table: DataTable) -> None:
    table.header.sort("uploads")
    table.select_ids([BASE + 4, BASE + 7])
    table.header.show_column(1, False)
    qtbot.keyClick(table.view, Key.Key_C, Held.ControlModifier)
    assert QGuiApplication.clipboard().text() == "Address\tUploads\n192.0.2.7\t9\n192.0.2.4\t8\n"


def test_state_is_remembered_by_column(qtbot: QtBot, theme: Theme, table: DataTable) -> None:
    table.header.moveSection(2, 0)
    table.header.resizeSection(0, 222)
    table.header.show_column(1, False)
    table.header.sort("uploads")
    state = table.save_state()
    other = DataTable(theme, "Origins")
    qtbot.addWidget(other)
    assert other.restore_state(state)
    fill(other)
    assert other.save_state() == state
    assert other.header.visible_columns() == [2, 0]
    assert other.model.sort_keys == [("uploads", True)]
    for damaged in (b"", b"{}", b"[1]", b'{"version": 2}', b"\xff\xfe", b'{"version":1,"order":3}'):
        assert not other.restore_state(damaged)
    assert other.save_state() == state


def test_the_last_column_cannot_be_hidden(table: DataTable) -> None:
    for number in range(3):
        table.header.show_column(number, False)
    assert len(table.header.visible_columns()) == 1


def test_the_menu_selects_what_is_under_it(qtbot: QtBot, table: DataTable) -> None:
    heard: list[object] = []
    table.menu_wanted.connect(lambda _, an_id: heard.append(an_id))
    table.select_ids([BASE, BASE + 1])
    table.view.menu_wanted.emit(QPoint(), 1)
    assert picked(table) == [0, 1]
    table.view.menu_wanted.emit(QPoint(), 5)
    assert picked(table) == [5]
    assert heard == [BASE + 1, BASE + 5]
    assert [action.text() for action in table.header.open_menu(QPoint()).actions()][:3] == [
        "Address",
        "Labels",
        "Uploads",
    ]
    for menu in table.header.children():
        if hasattr(menu, "close") and menu.inherits("QMenu"):
            menu.close()


def test_nothing_jumps_when_the_same_rows_come_again(table: DataTable) -> None:
    fill(table, 400)
    assert table.show_id(BASE + 300)
    before = table.view.verticalScrollBar().value()
    fill(table, 400)
    assert table.view.verticalScrollBar().value() == before
    assert table.current_id() == BASE + 300
    assert not table.show_id(5)


def test_said_to_those_who_do_not_see(table: DataTable) -> None:
    said = QAccessible.queryAccessibleInterface(table.view)
    assert said.role() == QAccessible.Role.Table
    assert said.text(QAccessible.Text.Name) == "Origins"
    names = [said.child(place).text(QAccessible.Text.Name) for place in range(said.childCount())]
    assert {"Address", "192.0.2.9", "vpn, hosting", "on no list held"} <= set(names)
    assert table.search.accessibleName() == "Search Origins"


def test_both_themes_and_tiny_sizes_can_be_drawn(table: DataTable, theme: Theme) -> None:
    for name in ("dark", "light"):
        theme.set(name)
        for size in ((60, 60), (300, 120), (1400, 200)):
            table.resize(*size)
            assert not table.grab().isNull()
    table.set_columns([], {}, np.empty(0, dtype=np.int64))
    assert table.model.columnCount() == 0
    assert not table.grab().isNull()

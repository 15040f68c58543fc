"""Chips: what they say, how they go, how they wrap, how they are painted in cells."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QAccessible, QFontMetrics, QImage, QPainter
from pytestqt.qtbot import QtBot

from workbench.gui.theme import Theme
from workbench.gui.widgets.chips import ChipRow, ChipSpec, chip_width, paint_chips

SPECS = (
    ChipSpec(("time",), "16–19 Jan, log clock"),
    ChipSpec(("action", "upload"), "uploads"),
    ChipSpec(("not_label", "vpn"), "not vpn", "exclude"),
)
Key, Left = Qt.Key, Qt.MouseButton.LeftButton


@pytest.fixture
def row(qtbot: QtBot, theme: Theme) -> ChipRow:
    made = ChipRow(theme)
    qtbot.addWidget(made)
    made.set_chips(SPECS)
    made.resize(600, 40)
    made.show()
    made.activateWindow()
    qtbot.waitUntil(made.isActiveWindow, timeout=30_000)
    return made


@pytest.fixture
def removed(row: ChipRow) -> list[object]:
    heard: list[object] = []
    row.removed.connect(heard.append)
    return heard


def test_a_chip_says_what_it_does(row: ChipRow) -> None:
    said = QAccessible.queryAccessibleInterface(row.chips()[0])
    assert said.role() in (QAccessible.Role.Button, QAccessible.Role.PushButton)
    assert said.text(QAccessible.Text.Name) == "Remove filter 16–19 Jan, log clock"
    assert row.chips()[2].accessibleName() == "Remove filter not vpn"


@pytest.mark.parametrize("key", [Key.Key_Delete, Key.Key_Backspace, Key.Key_Space, Key.Key_Return])
def test_keys_remove(qtbot: QtBot, row: ChipRow, removed: list[object], key: Key) -> None:
    qtbot.keyClick(row.chips()[1], key)
    assert removed == [("action", "upload")]
    assert len(row.chips()) == 3


def test_the_cross_removes_and_the_word_picks(qtbot: QtBot, row: ChipRow, removed: list[object]) -> None:
    picked: list[object] = []
    row.picked.connect(picked.append)
    chip = row.chips()[0]
    qtbot.mouseClick(chip, Left, pos=QPoint(15, chip.height() // 2))
    qtbot.mouseClick(chip, Left, pos=QPoint(chip.width() - 10, chip.height() // 2))
    assert picked == [("time",)]
    assert removed == [("time",)]


def test_a_fixed_chip_stays(qtbot: QtBot, row: ChipRow, removed: list[object]) -> None:
    row.set_chips([ChipSpec(1, "own traffic hidden", removable=False)])
    qtbot.keyClick(row.chips()[0], Key.Key_Delete)
    qtbot.keyClick(row.chips()[0], Key.Key_Space)
    assert removed == []
    assert row.chips()[0].accessibleName() == "own traffic hidden"


def test_focus_stays_and_goes_on(qtbot: QtBot, row: ChipRow) -> None:
    first, middle, last = row.chips()
    middle.setFocus()
    qtbot.keyClick(middle, Key.Key_Right)
    assert last.hasFocus()
    qtbot.keyClick(last, Key.Key_Home)
    assert first.hasFocus()
    row.set_chips(SPECS[1:])
    assert row.chips() == [middle, last]
    assert middle.hasFocus()
    row.set_chips([SPECS[2], SPECS[1]])
    assert row.chips() == [last, middle]
    assert middle.hasFocus()
    row.set_chips([])
    assert row.chips() == []


def test_chips_wrap_and_never_leave_the_row(qtbot: QtBot, row: ChipRow) -> None:
    row.set_chips([ChipSpec(number, f"filter number {number} " + "long " * number) for number in range(12)])
    high = row.heightForWidth(220)
    assert high > row.heightForWidth(1600)
    row.resize(220, high)
    row.layout().activate()
    areas = [chip.geometry() for chip in row.chips()]
    assert all(row.rect().contains(area) for area in areas)
    assert not any(a.intersects(b) for place, a in enumerate(areas) for b in areas[place + 1 :])


def test_a_label_is_whole_where_there_is_room(row: ChipRow, theme: Theme) -> None:
    metrics = QFontMetrics(theme.font())
    for chip in row.chips():
        assert chip.width() >= metrics.horizontalAdvance(chip.spec.label) + 30


def test_foreign_words_cannot_disguise_themselves(row: ChipRow) -> None:
    row.set_chips([ChipSpec(1, "<b>a</b>\u202egnp.exe")])
    chip = row.chips()[0]
    assert "\u202e" not in chip.accessibleName()
    assert "<b>" not in chip.toolTip()
    assert not row.grab().isNull()


@pytest.mark.parametrize("width", [0, 10, 30, 60, 120, 400])
def test_painted_chips_stay_in_their_cell(theme: Theme, width: int) -> None:
    image = QImage(500, 30, QImage.Format.Format_RGB32)
    image.fill(Qt.GlobalColor.white)
    painter = QPainter(image)
    labels = [("vpn", "plain"), ("on no list held", "accent"), ("ES", "code"), ("hosting", "plain")]
    paint_chips(painter, QRect(0, 0, width, 24), labels, theme.tokens, theme.font("caption"))
    painter.end()
    outside = image.copy(width + 1, 0, 499 - width, 30)
    blank = outside.copy()
    blank.fill(Qt.GlobalColor.white)
    assert outside == blank
    assert chip_width("vpn", QFontMetrics(theme.font("caption"))) < 60

"""The strip of days: where days are, what is painted, and that it works by pointer and keyboard alike."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QHelpEvent, QImage, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QToolTip

from tests.gui.robots import drain
from workbench.gui.theme import Theme
from workbench.gui.widgets.calendar_strip import HEIGHT, CalendarStrip, DayCell
from workbench.gui.widgets.calendar_strip_layout import SIDE, StripLayout
from workbench.queries.calendar import STATES

FIRST = date(2024, 1, 3)
MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]


def cells(count: int, first: date = FIRST) -> list[DayCell]:
    days = [first + timedelta(days=at) for at in range(count)]
    return [DayCell(day, STATES[at % len(STATES)], at % 10 == 4) for at, day in enumerate(days)]


@pytest.fixture
def strip(theme: Theme) -> Iterator[CalendarStrip]:
    made = CalendarStrip(theme, "Calendar of looks", MONTHS, lambda day: f"{day}: told")
    made.resize(400, HEIGHT)
    made.show()
    yield made
    made.close()
    made.deleteLater()
    drain()


def picture(strip: CalendarStrip) -> QImage:
    return strip.grab().toImage()


def cut(strip: CalendarStrip, day: date) -> QImage:
    return picture(strip).copy(strip.day_rect(day))


@given(st.dates(date(1990, 1, 1), date(2100, 1, 1)), st.integers(1, 4000), st.data())
def test_every_place_of_a_day_is_that_day(first: date, count: int, data: st.DataObject) -> None:
    layout = StripLayout(first, count)
    index = data.draw(st.integers(0, count - 1))
    left = layout.left(index)
    assert {layout.at(left), layout.at(left + SIDE - 1)} == {index}
    assert 0 <= left <= layout.width - SIDE
    begin = data.draw(st.integers(-50, layout.width + 50))
    end = begin + data.draw(st.integers(1, 900))
    meeting = {at for at in range(max(0, index - 60), min(count, index + 60))
               if layout.left(at) < end and layout.left(at) + SIDE > begin}  # fmt: skip
    assert meeting <= set(layout.between(begin, end))


def test_the_last_days_are_in_sight_first_and_stay_there(strip: CalendarStrip) -> None:
    strip.set_days(cells(400))
    last = FIRST + timedelta(days=399)
    assert strip.rect().contains(strip.day_rect(last))
    assert not strip.rect().intersects(strip.day_rect(FIRST))
    strip.resize(700, HEIGHT)
    assert strip.rect().contains(strip.day_rect(last))
    strip.set_days(cells(401))
    assert strip.rect().contains(strip.day_rect(last + timedelta(days=1)))
    assert strip.height() <= 40


def test_every_state_has_a_shape_of_its_own_without_its_colour(strip: CalendarStrip, theme: Theme) -> None:
    for name in ("light", "dark"):
        theme.set(name)
        strip.set_days([])
        strip.set_days([DayCell(FIRST + timedelta(days=at), state) for at, state in enumerate(STATES)])
        seen = []
        for at in range(len(STATES)):
            image = cut(strip, FIRST + timedelta(days=at)).convertToFormat(QImage.Format.Format_Grayscale8)
            flat = [image.pixelColor(x, y).lightness() for y in range(image.height()) for x in range(image.width())]
            middle = (max(flat) + min(flat)) / 2
            seen.append(tuple(value > middle for value in flat))
        for at, one in enumerate(seen):
            for other in seen[at + 1 :]:
                assert sum(a != b for a, b in zip(one, other, strict=True)) > 12


def test_news_of_a_day_are_a_dot(strip: CalendarStrip) -> None:
    strip.set_days([DayCell(FIRST, "partial"), DayCell(FIRST + timedelta(1), "partial", news=True)])
    assert cut(strip, FIRST) != cut(strip, FIRST + timedelta(1))


def test_keys_go_by_day_and_by_four_weeks_and_enter_asks(strip: CalendarStrip) -> None:
    strip.set_days(cells(100))
    asked: list[date] = []
    strip.chosen.connect(asked.append)
    strip.setFocus()
    for key in (Qt.Key.Key_Left, Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Return):
        QTest.keyClick(strip, key)
    assert asked == [FIRST + timedelta(98)]
    assert strip.accessibleDescription() == f"{asked[0]}: told"
    QTest.keyClick(strip, Qt.Key.Key_PageUp)
    assert strip.current() == strip.cells()[70]
    assert strip.rect().contains(strip.day_rect(FIRST + timedelta(70)))
    QTest.keyClick(strip, Qt.Key.Key_Home)
    QTest.keyClick(strip, Qt.Key.Key_Left)
    assert strip.current() == strip.cells()[0]
    assert strip.rect().contains(strip.day_rect(FIRST))
    QTest.keyClick(strip, Qt.Key.Key_End)
    QTest.keyClick(strip, Qt.Key.Key_Space)
    assert asked[1:] == [FIRST + timedelta(99)]


def test_a_click_asks_and_the_arrows_at_the_ends_scroll(strip: CalendarStrip) -> None:
    strip.set_days(cells(100))
    asked: list[date] = []
    strip.chosen.connect(asked.append)
    day = FIRST + timedelta(97)
    QTest.mouseClick(strip, Qt.MouseButton.LeftButton, pos=strip.day_rect(day).center())
    assert asked == [day]
    before = strip.day_rect(day).left()
    QTest.mouseClick(strip, Qt.MouseButton.LeftButton, pos=QPoint(6, 26))
    assert strip.day_rect(day).left() > before + 200
    assert asked == [day], "an arrow is no day"
    for turns, wanted in ((50, 0), (-50, 99)):
        wheel(strip, turns)
        assert strip.rect().contains(strip.day_rect(FIRST + timedelta(wanted)))


def wheel(strip: CalendarStrip, turns: int) -> None:
    none, middle = QPoint(), QPointF(100, 20)
    QApplication.sendEvent(
        strip,
        QWheelEvent(middle, strip.mapToGlobal(middle), none, QPoint(0, turns * 120), Qt.MouseButton.NoButton,
                    Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False),
    )  # fmt: skip


def test_the_day_that_is_shown_is_outlined_and_brought_into_sight(strip: CalendarStrip) -> None:
    strip.set_days(cells(200))
    day = FIRST + timedelta(20)
    strip.set_picked(frozenset({day}))
    assert strip.current() == strip.cells()[20]
    around = strip.day_rect(day).adjusted(-2, -2, 2, 2)
    outlined = picture(strip).copy(around)
    strip.set_picked(frozenset())
    assert picture(strip).copy(around) != outlined


def test_a_tip_tells_of_the_day_below_the_pointer(strip: CalendarStrip) -> None:
    strip.set_days(cells(10))
    place = strip.day_rect(FIRST + timedelta(3)).center()
    QApplication.sendEvent(strip, QHelpEvent(QEvent.Type.ToolTip, place, strip.mapToGlobal(place)))
    assert "2024-01-06: told" in QToolTip.text()
    QToolTip.hideText()


def test_without_days_it_does_nothing(strip: CalendarStrip) -> None:
    strip.set_days([])
    asked: list[date] = []
    strip.chosen.connect(asked.append)
    for key in (Qt.Key.Key_Left, Qt.Key.Key_End, Qt.Key.Key_Return):
        QTest.keyClick(strip, key)
    QTest.mouseClick(strip, Qt.MouseButton.LeftButton, pos=QPoint(100, 25))
    assert (asked, strip.current(), strip.accessibleDescription()) == ([], None, "")
    picture(strip)


def test_ten_years_are_painted_as_fast_as_a_month(strip: CalendarStrip) -> None:
    strip.set_days(cells(3653))
    assert len(strip._layout.between(10_000, 10_360)) <= 22, "only what is in sight is painted"

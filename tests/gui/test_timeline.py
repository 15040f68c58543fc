"""The timeline as a person uses it: brush, keys, zoom, words; and silence towards other panes."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QAccessible, QImage, QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

import workbench
from workbench.core.times import DAY, HOUR, from_datetime
from workbench.gui.texts import PseudoCatalogue
from workbench.gui.theme import Theme
from workbench.gui.widgets.timeline import Coverage, Timeline

PYONGYANG = ZoneInfo("Asia/Pyongyang")
START = from_datetime(datetime(2024, 1, 1, tzinfo=PYONGYANG))
Key, Held, Button = Qt.Key, Qt.KeyboardModifier, Qt.MouseButton


def day(number: int) -> int:
    return START + (number - 1) * DAY


@pytest.fixture
def timeline(qtbot: QtBot, theme: Theme) -> Timeline:
    """Thirty days: ten uploads a day at noon and five downloads; nobody looked on the 11th."""
    made = Timeline(theme)
    qtbot.addWidget(made)
    times = [day(number) + 12 * HOUR for number in range(1, 31) if number != 11 for _ in range(15)]
    kinds = [0 if place % 15 < 10 else 1 for place in range(len(times))]
    made.resize(424, 250)
    made.show()
    made.set_zone(PYONGYANG, "Asia/Pyongyang")
    made.set_data(np.array(times), np.array(kinds, dtype=np.uint8), ["uploads", "downloads"])
    made.set_coverage([Coverage("not-looked", day(11), day(12), "the laptop slept")])
    made.zoom_to(day(1), day(31))
    return made


@pytest.fixture
def told(timeline: Timeline) -> list[tuple[object, object]]:
    heard: list[tuple[object, object]] = []
    timeline.brushed.connect(lambda a, b: heard.append((a, b)))
    return heard


def place(timeline: Timeline, at: int, y: int = 60) -> QPoint:
    return QPoint(round(timeline.canvas._scale().x(at)), y)


def drag(
    timeline: Timeline,
    start: QPoint,
    end: QPoint,
    button: Button = Button.LeftButton,
    held: Held = Held.NoModifier,
) -> None:
    canvas = timeline.canvas
    steps = [(QEvent.Type.MouseButtonPress, start), (QEvent.Type.MouseMove, (start + end) / 2)]
    steps += [(QEvent.Type.MouseMove, end), (QEvent.Type.MouseButtonRelease, end)]
    for kind, where in steps:
        buttons = Button.NoButton if kind == QEvent.Type.MouseButtonRelease else button
        spot = QPointF(where)
        QApplication.sendEvent(
            canvas.viewport(), QMouseEvent(kind, spot, canvas.mapToGlobal(spot), button, buttons, held)
        )


def pixels(timeline: Timeline) -> np.ndarray:
    image = timeline.canvas.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    return np.frombuffer(image.constBits(), dtype=np.uint32).reshape(image.height(), -1).copy()


def test_a_drag_brushes_whole_days_once(timeline: Timeline, told: list) -> None:
    drag(timeline, place(timeline, day(16) + 3 * HOUR), place(timeline, day(19) + 20 * HOUR))
    assert told == [(day(16), day(20))]
    assert timeline.brush() == (day(16), day(20))
    assert all(type(each) is int for each in told[0])


def test_alt_brushes_exactly(timeline: Timeline, told: list) -> None:
    drag(timeline, place(timeline, day(16) + 12 * HOUR), place(timeline, day(18) + 12 * HOUR), held=Held.AltModifier)
    a, b = told[0]
    assert abs(a - day(16) - 12 * HOUR) < 4 * HOUR
    assert a != day(16)
    assert abs(b - day(18) - 12 * HOUR) < 4 * HOUR


def test_what_others_set_is_silent(timeline: Timeline, told: list) -> None:
    moved: list[object] = []
    timeline.brushing.connect(lambda *_: moved.append(1))
    timeline.set_brush(day(3), day(5))
    timeline.set_brush(day(3), day(5))
    timeline.set_brush(None, None)
    timeline.set_zone(UTC, "UTC")
    timeline.canvas.clear_brush()
    assert told == []
    assert moved == []


def test_no_ping_pong(timeline: Timeline, told: list) -> None:
    timeline.brushed.connect(timeline.set_brush)
    drag(timeline, place(timeline, day(3) + HOUR), place(timeline, day(5) + HOUR))
    drag(timeline, place(timeline, day(10) + HOUR), place(timeline, day(10) + HOUR))
    assert told == [(day(3), day(6))]


def test_brushing_is_throttled(qtbot: QtBot, timeline: Timeline) -> None:
    moved: list[tuple[object, object]] = []
    timeline.brushing.connect(lambda a, b: moved.append((a, b)))
    with qtbot.waitSignal(timeline.brushing, timeout=30_000):
        canvas = timeline.canvas
        spots = [place(timeline, day(number) + HOUR) for number in range(3, 20)]
        for kind, where in [
            (QEvent.Type.MouseButtonPress, spots[0]),
            *[(QEvent.Type.MouseMove, each) for each in spots],
        ]:
            spot = QPointF(where)
            event = QMouseEvent(
                kind, spot, canvas.mapToGlobal(spot), Button.LeftButton, Button.LeftButton, Held.NoModifier
            )
            QApplication.sendEvent(canvas.viewport(), event)
    assert len(moved) <= 2
    qtbot.mouseRelease(timeline.canvas.viewport(), Button.LeftButton, pos=spots[-1])


def test_edges_and_body_of_the_brush_can_be_dragged(timeline: Timeline, told: list) -> None:
    timeline.set_brush(day(10), day(14))
    drag(timeline, place(timeline, day(14)) - QPoint(1, 0), place(timeline, day(16)))
    drag(timeline, place(timeline, day(10)), place(timeline, day(8)))
    drag(timeline, place(timeline, day(12)), place(timeline, day(13)))
    assert told == [(day(10), day(16)), (day(8), day(16)), (day(9), day(17))]


def test_keys_move_extend_and_clear(qtbot: QtBot, timeline: Timeline, told: list) -> None:
    timeline.set_brush(day(10), day(12))
    canvas = timeline.canvas
    qtbot.keyClick(canvas, Key.Key_Right)
    qtbot.keyClick(canvas, Key.Key_Right, Held.ShiftModifier)
    qtbot.keyClick(canvas, Key.Key_Left, Held.ControlModifier)
    qtbot.keyClick(canvas, Key.Key_Escape)
    assert told == [(day(11), day(13)), (day(11), day(14)), (day(10), day(14)), (None, None)]
    qtbot.keyClick(canvas, Key.Key_Left)
    a, b = told[-1]
    assert b - a == DAY


def test_the_brush_never_turns_inside_out(qtbot: QtBot, timeline: Timeline, told: list) -> None:
    timeline.set_brush(day(10), day(11))
    qtbot.keyClick(timeline.canvas, Key.Key_Left, Held.ShiftModifier)
    assert timeline.brush() == (day(10), day(11))
    assert told == []


def test_zoom_pan_and_home(qtbot: QtBot, timeline: Timeline) -> None:
    canvas = timeline.canvas
    spot = QPointF(place(timeline, day(10)))
    before = canvas._scale().at(spot.x())
    event = QWheelEvent(
        spot, canvas.mapToGlobal(spot), QPoint(), QPoint(0, 240), Button.NoButton, Held.NoModifier,
        Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(canvas.viewport(), event)
    zoomed = canvas.view
    assert zoomed[1] - zoomed[0] < 21 * DAY
    assert abs(canvas._scale().at(spot.x()) - before) < HOUR
    drag(timeline, QPoint(200, 60), QPoint(150, 60), Button.MiddleButton)
    assert canvas.view[0] > zoomed[0]
    assert canvas.view[1] - canvas.view[0] == zoomed[1] - zoomed[0]
    qtbot.keyClick(canvas, Key.Key_Home)
    assert canvas.view == (day(1), day(31))
    timeline.set_brush(day(4), day(8))
    qtbot.mouseDClick(canvas.viewport(), Button.LeftButton, pos=QPoint(300, 60))
    assert canvas.view == (day(4), day(8))
    assert canvas.step.micros < DAY


def test_bins_follow_the_choice(timeline: Timeline) -> None:
    assert timeline.bins_choice.text() == "per day"
    timeline.set_bins("week")
    assert timeline.bins_choice.text() == "per week"
    timeline.set_bins("auto")
    timeline.set_zone(ZoneInfo("Asia/Kathmandu"), "Asia/Kathmandu")
    assert timeline.zone_choice.text() == "UTC+5:45"


def test_words_under_the_pointer(timeline: Timeline) -> None:
    words = timeline.canvas.describe_at(place(timeline, day(17) + 12 * HOUR))
    assert words == "Wed 17 Jan 2024, UTC+9\ndownloads: 5\nuploads: 10"
    unknown = timeline.canvas.describe_at(place(timeline, day(11) + 12 * HOUR))
    assert "not looked" in unknown
    assert "the laptop slept" in unknown
    assert "nothing" not in unknown
    timeline.set_brush(day(20), day(22))
    assert "uploads: 0 of 10" in timeline.canvas.describe_at(place(timeline, day(17) + 12 * HOUR))


def test_a_mask_is_the_part(timeline: Timeline) -> None:
    total = timeline.canvas.levels.total
    timeline.set_mask(np.arange(total) % 15 < 3)
    assert "uploads: 3 of 10" in timeline.canvas.describe_at(place(timeline, day(17) + 12 * HOUR))
    timeline.set_mask(None)
    assert "uploads: 10" in timeline.canvas.describe_at(place(timeline, day(17) + 12 * HOUR))


def test_intervals_are_stretches(timeline: Timeline) -> None:
    looks = np.array([day(number) + 9 * HOUR for number in range(1, 8)])
    timeline.set_intervals(np.repeat(looks[:-1], 4), np.repeat(looks[1:], 4), "new files")
    timeline.set_clock("observed")
    assert timeline.clock_choice.text() == "observed"
    words = timeline.canvas.describe_at(place(timeline, day(3) + 12 * HOUR))
    assert "4 appeared somewhere in Wed 3 Jan 2024 09:00 – Thu 4 Jan 2024 09:00" in words
    assert not timeline.grab().isNull()
    with pytest.raises(ValueError, match="interval"):
        timeline.set_intervals(looks[1:], looks[:-1])


def test_hours_of_the_week(timeline: Timeline) -> None:
    timeline.set_brush(day(17), day(18))
    timeline.set_mode("hours")
    field = timeline.canvas.hours()
    assert field.sum() == 15
    assert field[2, 12] == 15
    cell = timeline.canvas.grab().rect().center()
    assert "UTC+9" in timeline.canvas.describe_at(cell)
    assert "Wed 17 Jan 2024" in timeline.legend.accessibleDescription()


def test_a_whole_view_stays_whole(timeline: Timeline) -> None:
    timeline.show_all()
    timeline.set_data(np.array([day(1), day(60)]), np.array([0, 0]), ["uploads"])
    assert timeline.canvas.view == (day(1), day(61))
    timeline.zoom_to(day(2), day(5))
    timeline.set_data(np.array([day(1), day(90)]), np.array([0, 0]), ["uploads"])
    assert timeline.canvas.view == (day(2), day(5))


def test_said_to_those_who_do_not_see(timeline: Timeline) -> None:
    timeline.set_brush(day(16), day(20))
    canvas = timeline.canvas
    said = QAccessible.queryAccessibleInterface(canvas)
    assert said.text(QAccessible.Text.Name) == "Timeline"
    sentence = said.text(QAccessible.Text.Description)
    assert "uploads, downloads per day" in sentence
    assert "log clock, Asia/Pyongyang (UTC+9)" in sentence
    assert "435 in all, 60 between Tue 16 Jan 2024 – Fri 19 Jan 2024" in sentence
    assert "not known in 1 stretches" in sentence
    assert canvas.focusPolicy() == Qt.FocusPolicy.StrongFocus
    for choice in (timeline.clock_choice, timeline.zone_choice, timeline.bins_choice, timeline.hours_choice):
        assert choice.accessibleName()


def test_only_who_comes_by_keyboard_sees_the_frame(qtbot: QtBot, timeline: Timeline, theme: Theme) -> None:
    accent = theme.tokens.accent.rgb() & 0xFFFFFF
    canvas = timeline.canvas
    timeline.activateWindow()
    timeline.hours_choice.setFocus()
    canvas.setFocus(Qt.FocusReason.TabFocusReason)
    qtbot.waitUntil(canvas.hasFocus, timeout=30_000)
    assert pixels(timeline)[0, 200] & 0xFFFFFF == accent
    qtbot.mouseClick(canvas.viewport(), Button.LeftButton, pos=QPoint(200, 60))
    assert pixels(timeline)[0, 200] & 0xFFFFFF != accent
    qtbot.keyClick(canvas, Key.Key_Right)
    assert pixels(timeline)[0, 200] & 0xFFFFFF == accent


def test_the_user_chooses_clock_and_zone(timeline: Timeline) -> None:
    clocks: list[str] = []
    zones: list[str] = []
    timeline.clock_changed.connect(clocks.append)
    timeline.zone_changed.connect(lambda _, name: zones.append(name))
    timeline.clock_choice.menu().actions()[0].trigger()
    timeline.set_named_zones(["Europe/Madrid"])
    timeline._fill_zones()
    entries = {action.text(): action for action in timeline.zone_choice.menu().actions()}
    assert entries["Asia/Pyongyang"].isChecked()
    entries["Europe/Madrid"].trigger()
    assert clocks == ["modified"]
    assert zones == ["Europe/Madrid"]
    assert timeline.zone_choice.text() == "UTC+1"


def test_empty_says_what_the_place_is_for(qtbot: QtBot, theme: Theme) -> None:
    made = Timeline(theme)
    qtbot.addWidget(made)
    made.show()
    made.set_empty_text("Add a log.")
    assert made.canvas.accessibleDescription() or made.canvas.describe_at(QPoint(50, 50)) == ""
    for key in (Key.Key_Left, Key.Key_Home, Key.Key_Escape, Key.Key_Return, Key.Key_Plus):
        qtbot.keyClick(made.canvas, key)
    drag(made, QPoint(20, 50), QPoint(90, 50))
    assert made.brush() is None
    assert not made.grab().isNull()


@pytest.mark.parametrize("width", [170, 180, 250, 300, 700])
def test_the_header_gives_way_and_loses_nothing(timeline: Timeline, width: int) -> None:
    timeline.resize(width, 260)
    assert timeline.width() == width
    choices = [timeline.clock_choice, timeline.zone_choice, timeline.bins_choice, timeline.hours_choice]
    places = [each.geometry() for each in choices]
    for number, one in enumerate(places):
        assert timeline._header.rect().contains(one)
        assert choices[number].snug() <= one.width()
        assert not any(one.intersects(other) for other in places[number + 1 :])
    if width > 600:
        assert len({each.y() for each in places}) == 1


def test_the_plot_is_where_the_arithmetic_says(timeline: Timeline) -> None:
    canvas = timeline.canvas
    for mode in ("bars", "hours", "bars"):
        timeline.set_mode(mode)
        for size in ((424, 250), (431, 307), (1600, 460)):
            timeline.resize(*size)
            timeline.grab()
            assert canvas._box.sceneBoundingRect().toAlignedRect().adjusted(0, 0, -1, -1) == canvas.plot_area()


def test_bars_are_whole_pixels_of_plain_colour(timeline: Timeline, theme: Theme) -> None:
    timeline.set_coverage([])
    timeline.zoom_to(day(1), day(31))
    area, scale = timeline.canvas.plot_area(), timeline.canvas._scale()
    inside = pixels(timeline)[area.top() + 1 : area.bottom() + 1, area.left() : area.right() + 1]
    tokens = theme.tokens
    assert {each & 0xFFFFFF for each in np.unique(inside).tolist()} == {
        color.rgb() & 0xFFFFFF for color in (tokens.panel, tokens.accent, tokens.blue)
    }
    left, right = (round(scale.x(day(number))) - area.left() for number in (17, 18))
    foot = inside[-1, left:right] & 0xFFFFFF
    assert (foot[:-1] == tokens.accent.rgb() & 0xFFFFFF).all()
    assert foot[-1] == tokens.panel.rgb() & 0xFFFFFF


def test_ten_seconds_a_century_away_are_exact(timeline: Timeline) -> None:
    late = day(1) + 400
    times = np.array([day(1) - 45_000 * DAY, late + 3_000_000, late + 3_000_001])
    timeline.set_data(times, np.zeros(3, dtype=np.uint8), ["uploads"])
    timeline.zoom_to(late, late + 10_000_000)
    timeline.grab()
    shown = timeline.canvas._box.viewRange()[0]
    scale = timeline.canvas._scale()
    assert timeline.canvas.view == (late, late + 10_000_000)
    assert abs(shown[0] * 1e6 - (late - scale.base)) < 1
    assert abs(shown[1] - shown[0] - 10) < 1e-6


def test_the_theme_changes_at_once(timeline: Timeline, theme: Theme) -> None:
    timeline.set_brush(day(16), day(20))
    light = pixels(timeline)
    theme.set("dark")
    dark = pixels(timeline)
    assert dark[1, 1] & 0xFFFFFF == theme.tokens.panel.rgb() & 0xFFFFFF
    assert (light != dark).mean() > 0.8
    timeline.set_mode("hours")
    area = timeline.canvas.plot_area()
    assert pixels(timeline)[area.top() + 2, area.left() + 2] & 0xFFFFFF != 0xFFFFFF


def test_pyqtgraph_brings_no_menus_and_no_dragging(qtbot: QtBot, timeline: Timeline) -> None:
    canvas = timeline.canvas
    before = canvas._box.viewRange()
    windows = QApplication.topLevelWidgets()
    qtbot.mouseClick(canvas.viewport(), Button.RightButton, pos=QPoint(200, 60))
    drag(timeline, QPoint(200, 60), QPoint(250, 90), Button.RightButton)
    drag(timeline, place(timeline, day(16) + HOUR), place(timeline, day(19) + HOUR))
    timeline.grab()
    assert canvas._box.viewRange() == before
    assert timeline.brush() == (day(16), day(20))
    assert not [each for each in QApplication.topLevelWidgets() if each not in windows]


def test_every_word_goes_through_the_catalogue(qtbot: QtBot, theme: Theme, timeline: Timeline) -> None:
    pseudo = PseudoCatalogue()
    QApplication.installTranslator(pseudo)
    try:
        made = Timeline(theme)
        qtbot.addWidget(made)
        made.set_zone(PYONGYANG, "Asia/Pyongyang")
        made.set_data(np.array([day(17), day(18)]), np.array([0, 0]), ["9"])
        made.zoom_to(day(16), day(19))
        made.set_brush(day(17), day(18))
        ticks = made.canvas._ticks()
        said = [
            made.canvas.describe_at(place(made, day(17) + HOUR)),
            *(context.text for context in ticks.contexts),
            *(choice.text() for choice in (made.clock_choice, made.bins_choice, made.hours_choice)),
            made.canvas.accessibleDescription(),
        ]
        made.set_mode("hours")
        said.append(made.canvas.describe_at(made.canvas.plot_area().center()))
    finally:
        QApplication.removeTranslator(pseudo)
    for words in said:
        assert words.startswith("["), words
        assert not {"Wed", "Jan", "January", "day", "Mon"} & set(re.findall(r"\w+", words)), words


def test_only_the_timeline_loads_pyqtgraph() -> None:
    package = Path(workbench.__file__).parent
    loads = re.compile(r"^\s*(?:import|from) pyqtgraph", re.MULTILINE)
    users = {each.name for each in package.rglob("*.py") if loads.search(each.read_text(encoding="utf-8"))}
    assert users == {"timeline_items.py", "timeline_plot.py"}


def test_one_event_and_tiny_sizes_can_be_drawn(qtbot: QtBot, theme: Theme) -> None:
    made = Timeline(theme)
    qtbot.addWidget(made)
    made.set_data(np.array([day(5)]), np.array([0]), ["uploads"])
    made.set_brush(day(1) - 400_000 * DAY, day(900))
    for size in ((30, 30), (120, 90), (2000, 60)):
        made.resize(*size)
        assert not made.grab().isNull()
    theme.set("dark")
    made.set_mode("hours")
    assert not made.grab().isNull()

"""Bins begin at the zone's own midnight, labels never touch, and the zone is always said."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.core.times import DAY, HOUR, MINUTE, from_datetime, to_datetime, wall_to_utc
from workbench.gui.widgets import timeline_axis as axis
from workbench.gui.widgets.timeline_axis import Step, Unit
from workbench.gui.widgets.timeline_zone import ZoneMap

MADRID = ZoneMap(ZoneInfo("Europe/Madrid"))
NAMES = [
    "UTC",
    "Europe/Madrid",
    "Asia/Kathmandu",
    "America/St_Johns",
    "Asia/Beirut",
    "Africa/Casablanca",
    "Asia/Tehran",
]
instants = st.integers(from_datetime(datetime(1995, 1, 1, tzinfo=UTC)), from_datetime(datetime(2030, 1, 1, tzinfo=UTC)))


def at(zone: ZoneMap, *parts: int) -> int:
    return from_datetime(datetime(*parts, tzinfo=zone.zone))  # type: ignore[misc, arg-type]


def width(text: str) -> float:
    return 6.5 * len(text)


@given(instants, st.sampled_from(NAMES))
@settings(deadline=None)
def test_walls_agree_with_zoneinfo(instant: int, name: str) -> None:
    zone = ZoneMap(ZoneInfo(name))
    wall = int(zone.to_wall(np.array([instant]))[0])
    moment = to_datetime(instant, zone.zone)
    assert wall == from_datetime(moment.replace(tzinfo=UTC))
    if moment.fold == 0:
        assert int(zone.to_utc(np.array([wall]))[0]) == instant == wall_to_utc(wall, zone.zone)


@pytest.mark.parametrize(("month", "day", "hours"), [(3, 31, 23), (10, 27, 25), (1, 17, 24)])
def test_a_day_is_as_long_as_it_is(month: int, day: int, hours: int) -> None:
    start = at(MADRID, 2024, month, day)
    made = axis.edges(MADRID, Step(Unit.DAY), start, start + 20 * HOUR)
    assert (made[1] - made[0]) // HOUR == hours
    text = axis.bin_text(MADRID, Step(Unit.DAY), int(made[0]), int(made[1]))
    assert (f"({hours} hours)" in text) == (hours != 24)
    by_hour = axis.edges(MADRID, Step(Unit.HOUR), int(made[0]), int(made[1]))
    assert len(by_hour) - 1 == hours


def test_midnight_that_does_not_exist() -> None:
    # Beirut went from 25 March 2023 24:00 to 01:00; the change was put off, but not in these rules' other years.
    zone = ZoneMap(ZoneInfo("Asia/Beirut"))
    start = at(zone, 2022, 3, 26, 12)
    days = axis.edges(zone, Step(Unit.DAY), start, start + DAY)
    assert [to_datetime(int(each), zone.zone).hour for each in days] == [0, 1, 0]
    assert (days[2] - days[1]) // HOUR == 23


def test_kathmandu_midnight() -> None:
    zone = ZoneMap(ZoneInfo("Asia/Kathmandu"))
    start = at(zone, 2024, 1, 17)
    assert to_datetime(start).strftime("%H:%M") == "18:15"
    assert axis.edges(zone, Step(Unit.DAY), start, start + DAY).tolist() == [start, start + DAY]
    assert zone.offset_text(start) == "UTC+5:45"


@given(instants, st.integers(1, 4 * 365 * 24 * 60), st.sampled_from(NAMES), st.sampled_from(axis.BINS))
@settings(deadline=None, max_examples=200)
def test_edges_ascend_cover_and_are_round(start: int, minutes: int, name: str, wanted: Step) -> None:
    zone = ZoneMap(ZoneInfo(name))
    end = start + minutes * MINUTE
    step = axis.bin_step(start, end, 4_000, wanted=wanted)
    made = axis.edges(zone, step, start, end)
    assert len(made) <= 4_000 + 40
    assert made[0] <= start
    assert made[-1] >= end
    assert (np.diff(made) > 0).all()
    assert (made[1:-1] > start).all()
    assert (made[1:-1] < end).all()
    for each in made[:50].tolist():
        moment = to_datetime(each, zone.zone)
        before = to_datetime(each - 1, zone.zone)
        changed = moment.utcoffset() != before.utcoffset()
        if step.unit in (Unit.DAY, Unit.WEEK, Unit.MONTH, Unit.YEAR):
            assert moment.date() != before.date() or changed
        if step.unit is Unit.WEEK:
            assert moment.weekday() == 0
        if step.unit is Unit.MONTH:
            assert moment.day == 1
            assert (moment.month - 1) % step.count == 0


@given(instants, st.integers(1, 40 * 365 * 24 * 60), st.sampled_from(NAMES), st.integers(60, 2000))
@settings(deadline=None, max_examples=200)
def test_labels_never_touch(start: int, minutes: int, name: str, pixels: int) -> None:
    zone = ZoneMap(ZoneInfo(name))
    end = start + minutes * MINUTE
    made = axis.ticks(zone, start, end, pixels, width)
    right = float("-inf")
    for tick in made.labels:
        place = (tick.at - start) * pixels / (end - start)
        assert start <= tick.at <= end
        assert place - width(tick.text) / 2 >= right
        right = place + width(tick.text) / 2
    for before, after in zip(made.contexts, made.contexts[1:], strict=False):
        assert before.end == after.start


def test_a_month_reads_like_a_calendar() -> None:
    zone = ZoneMap(ZoneInfo("Asia/Pyongyang"))
    made = axis.ticks(zone, at(zone, 2024, 1, 1), at(zone, 2024, 2, 1), 360, width)
    assert [tick.text for tick in made.labels] == ["1", "4", "7", "10", "13", "16", "19", "22", "25", "28", "1"]
    assert [context.text for context in made.contexts] == ["January 2024"]


@pytest.mark.parametrize(
    ("name", "days", "text"),
    [
        ("UTC", 300, "UTC"),
        ("Asia/Pyongyang", 300, "UTC+9"),
        ("America/St_Johns", 1, "UTC−3:30"),
        ("Europe/Madrid", 300, "UTC+1/+2"),
        ("Europe/London", 300, "UTC+0/+1"),
    ],
)
def test_the_zone_says_its_offset(name: str, days: int, text: str) -> None:
    zone = ZoneMap(ZoneInfo(name))
    start = at(zone, 2024, 1, 1)
    assert zone.offset_text(start, start + days * DAY) == text


def test_bins_in_words() -> None:
    zone = ZoneMap(ZoneInfo("Asia/Pyongyang"))
    start = at(zone, 2024, 1, 17, 9)
    assert axis.bin_text(zone, Step(Unit.HOUR), start, start + HOUR) == "Wed 17 Jan 2024 09:00–10:00, UTC+9"
    assert axis.bin_text(zone, Step(Unit.WEEK), at(zone, 2024, 1, 15), start).startswith("week of Mon 15 Jan 2024")
    assert axis.bin_text(zone, Step(Unit.MONTH), at(zone, 2024, 1, 1), start).startswith("January 2024, ")
    assert axis.instant_text(zone, start + 30_000_000) == "Wed 17 Jan 2024 09:00:30"
    assert timedelta(microseconds=Step(Unit.HOUR, 6).micros) == timedelta(hours=6)


def test_a_wanted_bin_gives_way_only_when_it_would_be_narrower_than_a_pixel() -> None:
    start = at(MADRID, 2014, 1, 1)
    assert axis.bin_step(start, start + 30 * DAY, 720, wanted=Step(Unit.HOUR)) == Step(Unit.HOUR)
    assert axis.bin_step(start, start + 30 * DAY, 100, wanted=Step(Unit.HOUR)) == Step(Unit.DAY)
    assert axis.bin_step(start, start + 30 * DAY, 360) == Step(Unit.DAY)
    assert axis.bin_step(0, 10**17, 10) == axis.BINS[-1]

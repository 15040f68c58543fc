"""Counts against np.histogram and against plain Python, on days when clocks change too."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.core.times import DAY, HOUR, MINUTE, from_datetime, to_datetime
from workbench.gui.widgets.timeline_levels import QUARTER, Intervals, Levels
from workbench.gui.widgets.timeline_zone import ZoneMap

START = from_datetime(datetime(2024, 1, 1, tzinfo=UTC))
times = st.lists(st.integers(START - 90 * DAY, START + 90 * DAY), max_size=60)
edges = st.lists(st.integers(START - 100 * DAY, START + 100 * DAY), min_size=2, max_size=20, unique=True)
rounding = st.sampled_from([1, MINUTE, QUARTER, HOUR, DAY])
zones = st.sampled_from(
    ["UTC", "Europe/Madrid", "Asia/Kathmandu", "America/St_Johns", "Asia/Pyongyang", "Europe/Dublin"]
)


def histogram(moments: list[int], cuts: list[int]) -> list[int]:
    # np.histogram closes the last bin; ours are all half-open.
    return np.histogram([each for each in moments if each != cuts[-1]], bins=np.array(cuts))[0].tolist()


@given(times, st.data(), edges, rounding)
@settings(max_examples=150, deadline=None)
def test_counts_agree_with_histogram(moments: list[int], data: st.DataObject, cuts: list[int], size: int) -> None:
    kinds = data.draw(st.lists(st.integers(0, 2), min_size=len(moments), max_size=len(moments)))
    cuts = sorted({each // size * size for each in cuts})
    levels = Levels.from_events(np.array(moments, dtype=np.int64), np.array(kinds, dtype=np.uint8), 3)
    counted = levels.counts(np.array(cuts, dtype=np.int64))
    assert counted.dtype == np.int64
    assert counted.shape == (max(len(cuts) - 1, 0), 3)
    if len(cuts) > 1:
        for kind in range(3):
            chosen = [each for each, its in zip(moments, kinds, strict=True) if its == kind]
            assert counted[:, kind].tolist() == histogram(chosen, cuts)


@given(times, edges, st.tuples(st.integers(-90 * DAY, 90 * DAY), st.integers(0, 90 * DAY)), st.data())
@settings(max_examples=100, deadline=None)
def test_the_part_is_the_part(moments: list[int], cuts: list[int], brush: tuple[int, int], data: st.DataObject) -> None:
    mask = data.draw(st.lists(st.booleans(), min_size=len(moments), max_size=len(moments)))
    cuts = sorted(cuts)
    a, b = START + brush[0], START + brush[0] + brush[1]
    levels = Levels.from_events(np.array(moments, dtype=np.int64))
    part = levels.masked(np.array(mask, dtype=bool))
    inside = [each for each, held in zip(moments, mask, strict=True) if held and a <= each < b]
    assert part.counts(np.array(cuts), within=(a, b))[:, 0].tolist() == histogram(inside, cuts)
    assert part.total == sum(mask)


@given(times, zones, st.tuples(st.integers(-90 * DAY, 90 * DAY), st.integers(0, 90 * DAY)))
@settings(max_examples=100, deadline=None)
def test_hour_by_weekday_agrees_with_zoneinfo(moments: list[int], name: str, brush: tuple[int, int]) -> None:
    a, b = START + brush[0], START + brush[0] + brush[1]
    expected = np.zeros((7, 24), dtype=np.int64)
    for each in moments:
        if a <= each < b:
            moment = to_datetime(each, ZoneInfo(name))
            expected[moment.weekday(), moment.hour] += 1
    levels = Levels.from_events(np.array(moments, dtype=np.int64))
    assert np.array_equal(levels.hour_by_weekday(ZoneMap(ZoneInfo(name)), (a, b)), expected)


@pytest.mark.parametrize(
    ("name", "day"),
    [("Europe/Madrid", (2024, 3, 31)), ("Europe/Madrid", (2024, 10, 27)), ("America/St_Johns", (2024, 3, 10))],
)
def test_every_minute_of_a_day_when_clocks_change(name: str, day: tuple[int, int, int]) -> None:
    zone = ZoneInfo(name)
    begin = from_datetime(datetime(*day, tzinfo=zone))
    moments = np.arange(begin, begin + DAY, MINUTE, dtype=np.int64)
    counted = Levels.from_events(moments).hour_by_weekday(ZoneMap(zone))
    expected = np.zeros((7, 24), dtype=np.int64)
    for each in moments.tolist():
        moment = to_datetime(each, zone)
        expected[moment.weekday(), moment.hour] += 1
    assert np.array_equal(counted, expected)


def test_local_mean_time_splits_a_quarter_hour() -> None:
    zone = timezone(timedelta(minutes=19, seconds=32))
    moments = START + np.arange(0, HOUR, MINUTE, dtype=np.int64)
    counted = Levels.from_events(moments).hour_by_weekday(ZoneMap(zone))
    assert counted[0, :2].tolist() == [41, 19]


def test_one_odd_date_costs_nothing() -> None:
    ancient = from_datetime(datetime(1, 1, 2, tzinfo=UTC))
    levels = Levels.from_events(np.array([ancient, START], dtype=np.int64))
    assert levels.span == (ancient, START)
    assert levels.counts(np.array([ancient, START, START + 1])).ravel().tolist() == [1, 1]


def test_nothing_is_nothing() -> None:
    levels = Levels.from_events(np.empty(0, dtype=np.int64), None, 2)
    assert levels.span is None
    assert levels.total == 0
    assert levels.counts(np.array([START, START + DAY])).tolist() == [[0, 0]]
    assert levels.counts(np.array([START])).shape == (0, 2)
    assert not levels.hour_by_weekday(ZoneMap()).any()
    assert not Levels.from_events(np.array([START])).hour_by_weekday(ZoneMap(), (START + 1, START + 5)).any()


def test_read_only_input_is_left_alone() -> None:
    moments = np.array([5, 3, 4], dtype=np.int64)
    moments.flags.writeable = False
    levels = Levels.from_events(moments)
    assert moments.tolist() == [5, 3, 4]
    assert levels.times[0].tolist() == [3, 4, 5]


def test_bad_input_is_refused() -> None:
    with pytest.raises(ValueError, match="category"):
        Levels.from_events(np.array([1, 2]), np.array([0]))
    with pytest.raises(ValueError, match="truth"):
        Levels.from_events(np.array([1, 2])).masked(np.array([True]))
    with pytest.raises(ValueError, match="order"):
        Levels([np.array([1])]).masked(np.array([True]))
    with pytest.raises(ValueError, match="interval"):
        Intervals(np.array([2]), np.array([1]))


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 20)), max_size=15), st.integers(1, 9))
def test_intervals_stand_over_what_they_may_mean(pairs: list[tuple[int, int]], size: int) -> None:
    after = np.array([a for a, _ in pairs], dtype=np.int64)
    until = np.array([a + length for a, length in pairs], dtype=np.int64)
    intervals = Intervals(after, until)
    cuts = np.arange(-5, 90, size)
    possible = intervals.possible(cuts).tolist()
    for begin, end, many in zip(cuts.tolist(), cuts[1:].tolist(), possible, strict=False):
        assert many == sum(a < end and a + length >= begin for a, length in pairs)
    starts, ends, over = intervals.spans()
    for begin, end, many in zip(starts.tolist(), ends.tolist(), over.tolist(), strict=True):
        assert many == sum(a <= begin and end <= a + length for a, length in pairs) > 0

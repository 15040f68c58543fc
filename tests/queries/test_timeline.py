"""Bins against plain datetime arithmetic on days of clock changes; what was looked at and logged; the four clocks."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.making import T0, log, look, sighted, stored
from workbench.case.case import Case
from workbench.core.errors import UserError
from workbench.core.filter import Clock, Filter
from workbench.core.records import Action, Analysis, State, Status
from workbench.core.times import DAY, HOUR, SECOND, Precision, from_datetime, parse_zone, to_datetime
from workbench.ops import facts
from workbench.queries import timeline

ZONES = [
    "UTC", "+09:00", "Asia/Pyongyang", "Asia/Kathmandu", "Europe/Berlin", "America/New_York", "America/Sao_Paulo",
    "Australia/Lord_Howe", "Pacific/Apia", "Africa/Cairo",
]  # fmt: skip


def naive_start(micros: int, by: str, zone: Any) -> tuple[Any, ...]:
    """What a bin is, in the words of a clock on the wall; the offset tells a repeated hour from the first one."""
    local = to_datetime(micros, zone)
    return (local.date(),) if by == "day" else (local.date(), local.hour, local.utcoffset())


@settings(max_examples=150, deadline=None)
@given(
    st.integers(1_262_304_000, 1_735_689_600),
    st.integers(1, 40 * 24 * 3600),
    st.sampled_from(["day", "hour"]),
    st.sampled_from(ZONES),
    st.lists(st.floats(0, 1), max_size=10),
)
def test_bins(first: int, length: int, by: str, name: str, parts: list[float]) -> None:
    zone = parse_zone(name)
    if by == "hour":
        length = length % (5 * 24 * 3600) + 1
    begin, end = first * SECOND, (first + length) * SECOND
    cuts = timeline.edges(begin, end, by, zone).tolist()
    assert cuts == sorted(set(cuts))
    assert cuts[0] <= begin < cuts[1]
    assert cuts[-2] <= end < cuts[-1]
    for part in [0.0, 1.0, *parts]:
        moment = begin + int((end - begin) * part)
        index = next(each for each in range(len(cuts) - 1) if cuts[each] <= moment < cuts[each + 1])
        assert naive_start(cuts[index], by, zone)[0] == naive_start(moment, by, zone)[0]
        if by == "hour" and name != "Australia/Lord_Howe":  # where the clock goes back by half an hour
            assert naive_start(cuts[index], by, zone) == naive_start(moment, by, zone)


HOURS = {
    "Europe/Berlin": [("2024-03-31", 23), ("2024-10-27", 25), ("2024-06-01", 24)],
    "America/Sao_Paulo": [("2018-11-04", 23)],
}


@pytest.mark.parametrize(("zone", "day", "hours"), [(zone, *each) for zone, days in HOURS.items() for each in days])
def test_a_day_of_a_clock_change(zone: str, day: str, hours: int) -> None:
    place = parse_zone(zone)
    noon = datetime.fromisoformat(f"{day}T12:00").replace(tzinfo=place)
    (start, end) = timeline.edges(from_datetime(noon), from_datetime(noon), "day", place).tolist()
    assert end - start == hours * HOUR
    assert len(timeline.edges(start, end - 1, "hour", place)) - 1 == hours


def test_too_long() -> None:
    with pytest.raises(UserError, match="too long"):
        timeline.edges(0, 3_000_000 * HOUR, "hour", parse_zone("UTC"))


def rows(
    case: Case, asked: Filter | None = None, by: str = "day", clock: Clock | None = None, zone: str = "UTC"
) -> list[Any]:
    return case.ask(lambda reader: list(timeline.rows(reader, asked or Filter(), by, clock, parse_zone(zone))))


def test_every_bin_from_first_to_last(case: Case) -> None:
    times = [T0 + HOUR, T0 + HOUR, T0 + 3 * DAY, None]
    log(case, [{"address": "192.0.2.1", "time": time, "action": int(Action.UPLOAD)} for time in times])
    log(case, [{"time": T0 + 2 * DAY, "action": int(Action.DOWNLOAD)}], name="b", source="b")
    look(case, [sighted(b"a", None)], T0 + DAY + HOUR, status=Status.PARTIAL)
    look(case, [sighted(b"a", None)], T0 + DAY + 2 * HOUR, precision=Precision.DAY)
    look(case, [sighted(b"a", None)], T0 + 3 * DAY, status=None)
    found = rows(case)
    assert [row["start"] for row in found] == [f"2024-01-0{day}T00:00:00+00:00" for day in (1, 2, 3, 4)]
    assert [row["count"] for row in found] == [2, 0, 1, 1]
    assert [row["uploads"] for row in found] == [2, 0, 0, 1]
    assert [row["looked"] for row in found] == ["no", "complete", "complete", "partial"]
    assert [row["logged"] for row in found] == ["yes", "yes", "yes", "yes"]
    assert [row["count"] for row in rows(case, Filter(action=("upload",)), zone="+09:00")] == [2, 0, 0, 1]
    hours = rows(case, by="hour")
    assert len(hours) == 3 * 24
    assert sum(row["count"] for row in hours) == 4
    assert [row["logged"] for row in rows(case, Filter(source=("b",)))] == ["yes"]


def test_a_day_that_no_log_covers(case: Case) -> None:
    for name, day in (("a", 0), ("b", 2)):
        log(case, [{"time": T0 + day * DAY + each} for each in (1, HOUR)], name=name)
    assert [row["logged"] for row in rows(case)] == ["yes", "no", "yes"]
    assert [row["looked"] for row in rows(case)] == ["no"] * 3


def test_the_observed_clock(case: Case) -> None:
    held = stored(case, b"x")
    for day in (0, 1, 3):
        look(case, [sighted(b"a", held), sighted(b"%d" % day, stored(case, b"%d" % day))], T0 + day * DAY)
    assert [row["count"] for row in rows(case)] == [2, 1, 0, 1], "the default, as there are no events"
    assert [row["looked"] for row in rows(case)] == ["complete", "complete", "no", "complete"]
    assert {row["uploads"] for row in rows(case)} == {None}
    later = rows(case, Filter(since=T0 + DAY, until=T0 + 3 * DAY, clock=Clock.OBSERVED))
    assert [(row["start"][:10], row["count"]) for row in later] == [("2024-01-02", 1), ("2024-01-03", 0)]


def test_the_modified_clock_takes_the_earliest(case: Case) -> None:
    held = stored(case, b"x")
    look(case, [sighted(b"a", held, T0 + DAY), sighted(b"b", None, T0)], T0 + 5 * DAY)
    look(case, [sighted(b"a", held, T0 - DAY), sighted(b"c", None)], T0 + 6 * DAY)
    found = rows(case, clock=Clock.MODIFIED)
    assert [(row["start"][:10], row["count"]) for row in found] == [("2023-12-31", 1), ("2024-01-01", 1)]


def test_the_embedded_clock(case: Case) -> None:
    look(case, [sighted(b"a", stored(case, b"x")), sighted(b"b", stored(case, b"y"))], T0)
    case.run(
        facts.record,
        [(1, "meta", "1", Analysis(State.OK, (("exif.datetime", T0 + DAY), ("exif.datetime_original", T0))))],
    )
    assert [row["count"] for row in rows(case, clock=Clock.EMBEDDED)] == [1]


def test_nothing_at_all(case: Case) -> None:
    for clock in (None, *Clock):
        assert rows(case, clock=clock) == []
    asked = Filter(since=T0, until=T0 + 3 * DAY, clock=Clock.EVENT)
    assert [row["count"] for row in rows(case, asked, clock=Clock.EVENT)] == [0, 0, 0]


@given(st.integers(-62_135_596_800 + 2 * 86400, 253_402_300_799 - 4 * 86400), st.sampled_from(["day", "hour"]))
@settings(max_examples=50, deadline=None)
def test_the_ends_of_the_calendar(seconds: int, by: str) -> None:
    cuts = timeline.edges(seconds * SECOND, seconds * SECOND + 5, by, parse_zone("UTC"))
    assert cuts[0] <= seconds * SECOND < cuts[-1]
    assert timedelta(microseconds=int(cuts[-1] - cuts[0])) <= timedelta(days=2)

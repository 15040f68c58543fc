"""The shared values: filters, progress, events, messages, times."""

from __future__ import annotations

from dataclasses import fields
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.core.errors import Cancelled, UserError
from workbench.core.event import Event
from workbench.core.filter import Clock, Filter
from workbench.core.messages import Message, catalogue
from workbench.core.progress import Progress, Step
from workbench.core.times import (
    DAY,
    EARLIEST,
    HOUR,
    LATEST,
    MONTHS,
    SECOND,
    Precision,
    Zone,
    from_datetime,
    parse_exif,
    parse_offset,
    parse_option,
    parse_zone,
    rfc3339,
    to_datetime,
    wall_to_utc,
)

WORD = st.text(min_size=1, max_size=5)
FACETS = [each.name for each in fields(Filter) if isinstance(each.default, tuple)]
NUMBERS = {"snapshot", "asn", "not_asn"}


@st.composite
def filters(draw: st.DrawFn) -> Filter:
    values = {
        name: draw(st.lists(st.integers(0, 9) if name in NUMBERS else WORD, max_size=2, unique=True).map(tuple))
        for name in draw(st.lists(st.sampled_from(FACETS), unique=True, max_size=4))
    }
    clock = draw(st.sampled_from([None, *Clock]))
    made = Filter(own=draw(st.booleans()), **values)
    return made.with_time(draw(st.none() | st.integers(0, 9)), draw(st.none() | st.integers(0, 9)), clock)


@given(filters())
def test_a_filter_survives_json(asked: Filter) -> None:
    assert Filter.from_json(asked.to_json()) == asked
    assert hash(Filter.from_json(asked.to_json())) == hash(asked)


@given(filters(), st.sampled_from(FACETS), WORD)
def test_values_come_and_go(asked: Filter, facet: str, word: str) -> None:
    more = asked.also(facet, word)
    assert word in getattr(more, facet)
    assert more.also(facet, word) is more
    assert word not in getattr(more.drop(facet, word), facet)
    assert getattr(asked.without(facet), facet) == ()
    assert bool(more)


@given(filters())
def test_chips_are_the_whole_filter(asked: Filter) -> None:
    left = asked
    for facet, value in asked.parts:
        left = left.without(facet) if facet in ("time", "own") else left.drop(facet, value)  # type: ignore[arg-type]
    assert left.without("time") == Filter()
    assert not Filter()


def test_unknown_names_of_a_filter() -> None:
    with pytest.raises(TypeError):
        Filter.from_json({"colour": ["red"]})


def test_an_event_tells_everybody_before_it_fails() -> None:
    event: Event[[int]] = Event()
    told: list[tuple[str, int]] = []
    event.connect(lambda number: told.append(("a", number)))
    event.connect(lambda number: 1 // 0)
    stop = event.connect(lambda number: told.append(("b", number)))
    with pytest.raises(ZeroDivisionError):
        event.emit(1)
    stop()
    stop()
    with pytest.raises(ZeroDivisionError):
        event.emit(2)
    assert told == [("a", 1), ("b", 1), ("a", 2)]


def test_progress_is_throttled_and_stops() -> None:
    seen: list[Step] = []
    progress = Progress(seen.append)
    progress.stage("stage-store", 1000)
    for number in range(1000):
        progress.update(number, item=str(number))
    assert len(seen) < 20
    progress.flush()
    assert seen[-1] == Step(999, 1000, "stage-store", "999")
    progress.update(what="other")
    assert seen[-1].what == "other"
    progress.cancel()
    assert progress.cancelled
    for call in (progress.check, progress.update, lambda: progress.stage("x")):
        with pytest.raises(Cancelled):
            call()


def test_messages() -> None:
    assert Message("case-exists", {"path": "x"}).text().startswith("x, or")
    assert "–" in Message("case-exists").text()
    assert Message("no-such-code", {"a": 1}).text() == "no-such-code (a=1)"
    assert Message("no-such-code").text() == "no-such-code"
    assert Message("x", {"b": "칼", "a": None}).to_json() == '{"a": null, "b": "칼"}'
    assert str(UserError("case-closed")) == catalogue()["case-closed"]


MICROS = st.integers(-62_135_596_800 * SECOND, 253_402_300_799 * SECOND)


@given(MICROS)
def test_times_go_there_and_back(micros: int) -> None:
    assert from_datetime(to_datetime(micros)) == micros
    shown = rfc3339(micros)
    assert shown is not None
    assert len(shown) == 27
    assert datetime.fromisoformat(shown) == to_datetime(micros)
    assert rfc3339(micros, Zone.UNKNOWN) == shown[:-1]


@given(
    st.integers(EARLIEST + DAY, LATEST - DAY),
    st.integers(-23, 23),
    st.integers(0, 59),
)
def test_options(micros: int, hours: int, minutes: int) -> None:
    moment = to_datetime(micros)
    offset = timezone(timedelta(hours=hours, minutes=minutes if hours >= 0 else -minutes))
    aware = moment.replace(tzinfo=offset)
    assert parse_option(aware.isoformat(timespec="microseconds")).micros == from_datetime(aware)
    whole = moment.replace(microsecond=0, tzinfo=UTC)
    assert parse_option(whole.isoformat(" ")).micros == from_datetime(whole)
    assert parse_option(whole.strftime("%Y-%m-%d").rjust(10, "0")).precision is Precision.DAY


@pytest.mark.parametrize(
    "text",
    [
        "",
        "0001-01-01T00:00+14:00",
        "9999-12-31T23:59-14:00",
        "2024",
        "2024-13-01",
        "2024-02-30",
        "2024-01-01T25:00",
        "2024-01-01T10:61",
        "now",
        "2024-01-01T10:00+25:00",
        "٢٠٢٤-01-01",
    ],
)
def test_no_times(text: str) -> None:
    with pytest.raises(UserError) as raised:
        parse_option(text)
    assert raised.value.message.code == "time-unreadable"


def test_precision_of_options() -> None:
    for text, precision in (
        ("2024-01-01T10:00", "minute"),
        ("2024-01-01T10:00:01", "second"),
        ("2024-01-01T10:00:01.5", "microsecond"),
    ):
        assert parse_option(text).precision.word() == precision
    assert [each.micros for each in Precision] == [1, 1000, SECOND, 60 * SECOND, HOUR, DAY]


def test_exif() -> None:
    assert parse_exif("2024:01:02 03:04:05\0").zone is Zone.UNKNOWN  # type: ignore[union-attr]
    stated = parse_exif("2024:01:02 03:04:05", "+09:00")
    assert stated is not None
    assert (rfc3339(stated.micros), stated.zone) == ("2024-01-01T18:04:05.000000Z", Zone.LINE)
    for text in ("", "0000:00:00 00:00:00", "    :  :     :  :  ", "2024:13:01 00:00:00"):
        assert parse_exif(text) is None


def test_zones() -> None:
    assert parse_zone("utc") is UTC
    assert parse_zone("Asia/Pyongyang") == ZoneInfo("Asia/Pyongyang")
    assert parse_zone("-0330").utcoffset(None) == timedelta(hours=-3, minutes=-30)
    for name in ("Mars/Olympus", "../etc/passwd", "+25:00", ""):
        with pytest.raises(UserError):
            parse_zone(name)
    assert parse_offset("Z") == 0
    wall = from_datetime(datetime(2024, 10, 27, 2, 30, tzinfo=UTC))
    assert rfc3339(wall_to_utc(wall, ZoneInfo("Europe/Berlin"))) == "2024-10-27T00:30:00.000000Z", "the first of two"
    assert (Zone.ASSUMED.word("UTC"), Zone.LINE.word()) == ("assumed:UTC", "line")
    assert list(MONTHS.values()) == list(range(1, 13))

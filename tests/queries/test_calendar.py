"""Days in a zone: what was looked at, what was missed, what is not known, and what each day brought."""

from __future__ import annotations

from datetime import UTC, date, timedelta, tzinfo
from zoneinfo import ZoneInfo

from tests.making import T0, look, sighted, stored
from tests.queries.histories import File, Seen, record
from workbench.case.case import Case
from workbench.core.records import Coverage, Status
from workbench.core.times import DAY, HOUR, Precision
from workbench.ops import watch
from workbench.queries.calendar import MOST, Day, days

LISTED = [(b"", Coverage.LISTED)]


def told(case: Case, zone: tzinfo = UTC, source: int | None = None, now: int = T0) -> list[Day]:
    return case.ask(days, zone, source, now)


def test_a_week_with_every_kind_of_day(case: Case) -> None:
    case.run(watch.source, "server", "web", "http://192.0.2.1/", {})
    record(
        case,
        [
            Seen({b"a": File(1), b"b": File(2), b"c": File(3)}, 0),
            Seen({b"a": File(9), b"d": File(4), b"x": File(3)}, 1, Status.PARTIAL, folders=LISTED),
            Seen({}, 1, Status.FAILED),
            Seen({}, 3, Status.FAILED),
            Seen({b"a": File(9)}, 5, None),
            Seen({b"a": File(9), b"b": File(2)}, 6),
        ],
    )
    case.run(watch.missed, "server", [T0 + 4 * DAY, T0 + 4 * DAY + HOUR, T0 + 6 * DAY])
    found = told(case, now=T0 + 7 * DAY + HOUR)
    first = date(2024, 1, 1)
    assert found == [
        Day(first, "complete", 1, last=1),
        Day(first + timedelta(1), "partial", 2, compared=True, added=1, changed=1, moved=1, removed=1, last=3),
        Day(first + timedelta(2)),
        Day(first + timedelta(3), "failed", 1, last=4),
        Day(first + timedelta(4), "missed", missed=2),
        Day(first + timedelta(5), "partial", 1, last=5),
        Day(first + timedelta(6), "complete", 1, missed=1, compared=True, returned=1, removed=2, last=6),
        Day(first + timedelta(7)),
    ]


def test_days_are_those_of_the_zone(case: Case) -> None:
    look(case, [], T0 + 20 * HOUR)
    look(case, [], T0 + DAY, precision=Precision.DAY)
    seoul = told(case, ZoneInfo("Asia/Seoul"), now=T0 + DAY)
    assert [(each.date.day, each.looks) for each in seoul] == [(2, 2)]
    honolulu = told(case, ZoneInfo("Pacific/Honolulu"), now=T0 + DAY)
    assert [(each.date.day, each.looks) for each in honolulu] == [(1, 1), (2, 1)]


def test_a_day_of_a_clock_change_is_one_day(case: Case) -> None:
    for hours in (0, 12, 24, 36, 48):
        look(case, [], 1_711_843_200_000_000 - 12 * HOUR + hours * HOUR)  # around 31 March 2024
    found = told(case, ZoneInfo("Europe/Berlin"), now=1_711_843_200_000_000 + DAY)
    assert [each.date for each in found] == [date(2024, 3, 30), date(2024, 3, 31), date(2024, 4, 1)]
    assert sum(each.looks for each in found) == 5


def test_of_one_source_or_of_all(case: Case) -> None:
    held = stored(case, b"x")
    look(case, [sighted(b"x", held)], T0, source="one", status=Status.FAILED)
    look(case, [sighted(b"x", held)], T0, source="two")
    assert [each.state for each in told(case)] == ["complete"]
    assert [each.state for each in told(case, source=1)] == ["failed"]
    assert told(case, source=3) == []


def test_ten_years_at_most(case: Case) -> None:
    look(case, [], T0 - 30 * 366 * DAY)
    look(case, [], T0)
    look(case, [], T0 + 300 * 366 * DAY)
    found = told(case)
    assert found[0].date == date(2024, 1, 1) - MOST + timedelta(1)
    assert found[-1].date == date(2025, 1, 1)
    assert sum(each.looks for each in found) == 1
    assert len({each.date for each in found}) == len(found)


def test_an_empty_case_has_no_days(case: Case) -> None:
    assert case.ask(days, UTC) == []

"""What the timeline and the table of origins are given."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.conftest import START
from tests.conftest import Clock as LaptopClock
from tests.making import T0, log, look, sighted, stored
from tests.queries import world
from workbench.case.case import Case, create
from workbench.core.filter import Clock, Filter
from workbench.core.records import Action, Status
from workbench.core.times import DAY, HOUR
from workbench.ops import marks
from workbench.queries import origins, plot, table, timeline


@pytest.fixture
def case(tmp_path: Path) -> Iterator[Case]:
    with create(tmp_path / "c", examiner="Examiner", clock=LaptopClock(START)) as made:
        yield made


def event(address: str, hours: int, action: Action = Action.UPLOAD, **more: object) -> dict[str, object]:
    return {"address": address, "time": T0 + hours * HOUR, "action": int(action), **more}


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("clock", [Clock.EVENT, Clock.MODIFIED, Clock.EMBEDDED])
def test_the_full_part_is_what_the_timeline_of_the_command_line_counts(case: Case, seed: int, clock: Clock) -> None:
    world.build(case, seed)
    for asked in (Filter(), Filter(label=("vpn",)), Filter(source=("one",)), Filter(tag=("knife",)), Filter(own=True)):
        found = case.ask(plot.plot, asked, clock, "action")
        times = found.times if found.mask is None else found.times[found.mask]
        assert sorted(times.tolist()) == case.ask(timeline.times_of, asked, clock)[0].tolist()


def test_uploads_are_told_apart_by_what_lists_say(case: Case) -> None:
    log(case, [event("192.0.2.1", 1), event("192.0.2.2", 2), event("192.0.2.2", 3, Action.DOWNLOAD),
               event("192.0.2.1", 4, ok=0)])  # fmt: skip
    found = case.ask(plot.plot, Filter(), None)
    assert found.clock is Clock.EVENT
    assert found.names == plot.ORIGINS
    assert found.times.tolist() == [T0 + HOUR, T0 + 2 * HOUR]
    assert found.categories.tolist() == [2, 2]


def test_failed_uploads_are_no_uploads(case: Case) -> None:
    log(case, [event("192.0.2.1", 1), event("192.0.2.1", 2, ok=0), event("192.0.2.1", 3, Action.LIST)])
    found = case.ask(plot.plot, Filter(), Clock.EVENT, "action")
    assert [found.names[each] for each in found.categories] == ["uploads", "other", "listings"]


def test_the_brush_lies_over_the_whole(case: Case) -> None:
    log(case, [event("192.0.2.1", 1), event("192.0.2.1", 50)])
    asked = Filter(since=T0, until=T0 + 2 * HOUR, clock=Clock.EVENT)
    assert case.ask(plot.plot, asked, Clock.EVENT).mask is None


def test_own_requests_are_hidden_and_counted(case: Case) -> None:
    log(case, [event("192.0.2.1", 1), event("203.0.113.9", 2), event("203.0.113.9", 3)])
    case.run(marks.own, ["203.0.113.9"])
    found = case.ask(plot.plot, Filter(), Clock.EVENT)
    assert (len(found.times), found.hidden_own) == (1, 2)
    found = case.ask(plot.plot, Filter(own=True), Clock.EVENT)
    assert (len(found.times), found.hidden_own) == (3, 0)


def test_a_file_appeared_between_two_looks(case: Case) -> None:
    one, two = stored(case, b"1"), stored(case, b"2")
    look(case, [sighted(b"a", one)], T0)
    look(case, [sighted(b"a", one)], T0 + DAY, status=Status.PARTIAL)
    look(case, [sighted(b"a", one), sighted(b"b", two)], T0 + 3 * DAY)
    found = case.ask(plot.plot, Filter(), Clock.OBSERVED)
    assert found.after is not None
    assert found.until is not None
    assert (found.after.tolist(), found.until.tolist()) == ([T0], [T0 + 3 * DAY])
    assert found.untimed == 1


def test_one_look_is_no_interval(case: Case) -> None:
    look(case, [sighted(b"a", stored(case, b"1"))], T0)
    found = case.ask(plot.plot, Filter(), None)
    assert (found.clock, found.after, found.times.tolist()) == (Clock.OBSERVED, None, [T0])


def test_days_without_a_look_among_daily_ones_are_not_empty(case: Case) -> None:
    for day in (0, 1, 2, 4, 5):
        look(case, [], T0 + day * DAY, status=Status.FAILED if day == 1 else Status.COMPLETE)
    kinds = [(each.kind, (each.start - T0) // DAY) for each in case.ask(plot.plot, Filter(), Clock.OBSERVED).stretches]
    assert kinds == [("failed", 1), ("not-looked", 3)]


def test_weekly_looks_are_not_full_of_holes(case: Case) -> None:
    for week in range(4):
        look(case, [], T0 + week * 7 * DAY)
    assert case.ask(plot.plot, Filter(), Clock.OBSERVED).stretches == ()


def test_what_no_log_covers_is_said(case: Case) -> None:
    log(case, [event("192.0.2.1", 1), event("192.0.2.1", 5)], name="a.log")
    log(case, [event("192.0.2.1", 100), event("192.0.2.1", 101)], name="b.log", source="b")
    (hole,) = case.ask(plot.plot, Filter(), Clock.EVENT).stretches
    assert (hole.kind, hole.start, hole.end) == ("no-log", T0 + 5 * HOUR + 1, T0 + 100 * HOUR)


@pytest.mark.parametrize("seed", range(6))
def test_the_table_says_what_origins_list(case: Case, seed: int) -> None:
    world.build(case, seed)
    for asked in (Filter(), Filter(own=True), Filter(action=("upload",))):
        found = case.ask(table.origins, asked, asked)
        rows = list(case.ask(lambda reader, asked=asked: list(origins.rows(reader, asked))))
        networks = found.networks
        assert [networks.texts[each] for each in found.totals.ids.tolist()] == [each["address"] for each in rows]
        for an_id, row in zip(found.totals.ids.tolist(), rows, strict=True):
            label = networks.labels[networks.label[an_id]] if networks.label[an_id] >= 0 else ()
            assert sorted(label) == sorted(row["labels"])
            assert bool(networks.unlisted[an_id]) == ("unlisted" in row["labels"])
            country = networks.countries[networks.country[an_id]] if networks.country[an_id] >= 0 else None
            assert country == row["country"]
        assert found.inside.all()


def test_addresses_outside_the_own_facets_stay_and_are_told_apart(case: Case) -> None:
    log(case, [event("192.0.2.1", 1), event("192.0.2.2", 2)])
    found = case.ask(table.origins, Filter(), Filter(not_address=("192.0.2.1",)))
    assert found.inside.tolist() == [False, True]
    kept = case.ask(table.inside, found.totals.ids, Filter(address=("192.0.2.0/24",)))
    assert kept.tolist() == [True, True]


def test_addresses_sort_as_numbers(case: Case) -> None:
    texts = ["10.0.0.2", "9.255.0.1", "2001:db8::a", "10.0.0.10", "2001:db8::9", "host.example", "::1"]
    log(case, [event(each, number) for number, each in enumerate(texts)])
    found = case.ask(table.networks)
    shown = sorted(texts, key=lambda each: int(found.order[found.texts.index(each)]))
    assert shown == ["9.255.0.1", "10.0.0.2", "10.0.0.10", "::1", "2001:db8::9", "2001:db8::a", "host.example"]


def test_nothing_is_plotted_of_nothing(case: Case) -> None:
    for clock in Clock:
        assert len(case.ask(plot.plot, Filter(), clock).times) == 0
    found = case.ask(table.origins, Filter(), Filter())
    assert len(found.totals) == 0
    assert isinstance(found.inside, np.ndarray)

"""What stands above the gallery: the places of Today, the heading of looks; and the gallery of what changed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC
from zoneinfo import ZoneInfo

import pytest

from tests.making import T0, sighted, stored
from tests.queries.histories import File, Recorded, Seen, record
from workbench.case.case import Case
from workbench.core.filter import Filter
from workbench.core.messages import Message
from workbench.core.records import Basis, Coverage, Status
from workbench.core.times import DAY, HOUR, Precision
from workbench.ops import intake, marks, watch
from workbench.queries import gallery, landing
from workbench.queries.landing import Heading, Landing, Place
from workbench.queries.walk import KINDS

LISTED, REFUSED = Coverage.LISTED, Coverage.REFUSED
BEFORE = {b"top": File(1), b"d/edit": File(2), b"d/gone": File(3), b"d/e/move": File(4), b"twin": File(5)}
AFTER = {
    b"top": File(1),
    b"d/edit": File(12),
    b"moved": File(4),
    b"d/new": File(6),
    b"d/list": File(),
    b"twin": File(5),
}


def told(case: Case, *snapshots: int, now: int = T0 + 3 * DAY) -> Landing:
    return case.ask(landing.landing, snapshots, UTC, now)


def heading(case: Case, *snapshots: int) -> Heading:
    found = told(case, *snapshots).heading
    assert found is not None
    return found


def only(case: Case) -> Place:
    (found,) = case.ask(landing.places)
    return found


def two(case: Case) -> Recorded:
    return record(case, [Seen(BEFORE, 0), Seen(AFTER, 1)])


def test_today_shows_what_is_new(case: Case) -> None:
    two(case)
    place = only(case)
    assert place.filter == Filter(snapshot=(2,), change=("added", "changed", "moved"))
    assert (place.files, place.compared, place.watched) == (5, True, False)
    assert case.ask(landing.first_filter) is None, "nothing is watched"
    case.run(watch.source, "server", "web", "http://192.0.2.1/", {})
    assert case.ask(landing.first_filter) == place.filter


def test_a_heading_counts_by_kind_and_by_what_nobody_has_judged(case: Case) -> None:
    recorded = two(case)
    found = heading(case, 2)
    assert dict(found.kinds) == {"added": 2, "changed": 1, "moved": 1, "removed": 1}
    assert (found.new, found.unseen, found.files, found.not_fetched) == (4, 4, 6, 1)
    assert found.before is not None
    assert (found.before.id, found.compared, found.first) == (1, True, False)
    case.run(marks.verdict, [("sighting", recorded.sightings[2, b"d/list"])], "relevant")
    assert heading(case, 2).unseen == 3
    asked = replace(only(case).filter, verdict=("unseen",))
    assert len(case.ask(gallery.wall, asked)) == 3


def test_where_nothing_is_new_the_other_changes_or_all_files_are_shown(case: Case) -> None:
    record(case, [Seen(BEFORE, 0), Seen({b"top": File(1), b"twin": File(5)}, 1)])
    assert only(case).filter == Filter(snapshot=(2,), change=("removed",))
    record(case, [Seen({b"top": File(1), b"twin": File(5)}, 2)])
    assert only(case).filter == Filter(snapshot=(3,))


def test_a_first_look_and_looks_that_failed(case: Case) -> None:
    record(case, [Seen({}, 0, Status.FAILED), Seen(BEFORE, 1), Seen({}, 2, Status.FAILED)])
    place = only(case)
    assert (place.shown.id, place.last.id, place.compared, place.filter) == (2, 3, False, Filter(snapshot=(2,)))
    assert heading(case, 2).first
    assert not heading(case, 3).first
    assert not heading(case, 2).compared


def test_only_failed_looks_are_shown_as_such(case: Case) -> None:
    record(case, [Seen({}, 0, Status.FAILED)])
    assert only(case).filter == Filter(snapshot=(1,))
    assert heading(case, 1).last.status == "failed"


def test_several_looks_are_told_together(case: Case) -> None:
    record(case, [Seen(BEFORE, 0), Seen(AFTER, 1), Seen({**AFTER, b"later": File(9)}, 1)])
    found = heading(case, 2, 3)
    assert dict(found.kinds) == {"added": 3, "changed": 1, "moved": 1, "removed": 1}
    assert found.before is not None
    assert found.before.id == 1
    assert len(case.ask(gallery.wall, Filter(snapshot=(2, 3), change=("added",)))) == 3


def test_watched_sources_come_first_and_those_without_a_look_wait(case: Case) -> None:
    record(case, [Seen(BEFORE, 5)], "folder")
    record(case, [Seen(BEFORE, 0)], "server")
    for name in ("server", "later"):
        case.run(watch.source, name, "web", "http://192.0.2.1/", {})
    found = told(case, 2)
    assert [each.name for each in found.places] == ["server", "folder"]
    assert found.waiting == ("later",)


def test_days_are_of_the_source_that_is_shown_else_of_all(case: Case) -> None:
    record(case, [Seen(BEFORE, 0)], "first")
    record(case, [Seen(BEFORE, 2)], "second")
    assert [each.state for each in told(case, 2).days] == ["complete", "not-looked"]
    every = told(case, 1, 2)
    assert [each.state for each in every.days] == ["complete", "not-looked", "complete", "not-looked"]
    assert list(every.looks.values()) == [(1,), (2,)]
    assert list(every.looks) == [every.days[0].date, every.days[2].date]


def test_looks_stand_under_the_days_of_the_zone(case: Case) -> None:
    record(case, [Seen(BEFORE, 0)])
    found = case.ask(landing.landing, (1,), ZoneInfo("Pacific/Honolulu"), T0 + HOUR)
    assert [(each.date.isoformat(), found.looks.get(each.date)) for each in found.days] == [("2023-12-31", (1,))]


def test_looks_that_are_not_there_have_no_heading(case: Case) -> None:
    assert told(case, 7).heading is None
    two(case)
    assert told(case, 7).heading is None
    assert told(case).heading is None


def test_what_was_not_listed_is_named_once_and_last_said(case: Case) -> None:
    rows = [(b"", LISTED), (b"a", LISTED), (b"a", REFUSED), (b"b", Coverage.FAILED), (b"c", LISTED)]
    record(case, [Seen(BEFORE, 0, Status.PARTIAL, folders=rows)])
    assert dict(heading(case, 1).coverage) == {"failed": 1, "listed": 2, "refused": 1}
    assert case.ask(landing.unlisted, 1) == [("a", "refused"), ("b", "failed")]


# the gallery of what changed


@pytest.mark.parametrize("few", [0, 20_000])
def test_folders_say_how_much_changed_in_which_way(case: Case, few: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gallery, "FEW_PATHS", few)
    two(case)
    wall = case.ask(gallery.wall, Filter(snapshot=(2,), change=KINDS[1:]), "folder")
    assert [(each.path, each.count, dict(each.kinds)) for each in wall.groups] == [
        ("", 1, {"moved": 1}),
        ("d", 4, {"added": 2, "changed": 1, "removed": 1}),
    ]
    assert [KINDS[kind] for kind in wall.kind] == ["moved", "changed", "removed", "added", "added"]
    assert wall.look.tolist() == [2, 2, 1, 2, 2]
    whole = case.ask(gallery.wall, Filter(), "folder")
    assert {each.kinds for each in whole.groups} == {()}, "what was new once is not new now"


def test_a_removed_copy_stands_where_it_was(case: Case) -> None:
    recorded = record(case, [Seen({b"a/one": File(1), b"b/two": File(1)}, 0), Seen({b"a/one": File(1)}, 1)])
    wall = case.ask(gallery.wall, Filter(snapshot=(2,), change=("removed",)), "folder")
    assert wall.sighting.tolist() == [recorded.sightings[1, b"b/two"]]
    assert [each.path for each in wall.groups] == ["b"]


def test_the_heading_of_a_look_counts_what_it_shows_to_be_gone(case: Case) -> None:
    two(case)
    assert [each.removed for each in case.ask(gallery.wall, Filter()).groups] == [1, 0]
    assert [each.removed for each in case.ask(gallery.wall, Filter(path=("d/*",))).groups] == [0, 0]


def test_what_was_not_fetched_again_is_counted_by_how_it_is_known(case: Case) -> None:
    again = {
        b"top": File(1, trusted="size-time"),
        b"d/edit": File(2, trusted="etag"),
        b"d/gone": File(3, trusted="not-modified"),
        b"d/e/move": File(4),
        b"twin": File(5, trusted="size-time"),
    }
    record(case, [Seen(BEFORE, 0), Seen(again, 1), Seen(BEFORE, 2)])
    found = heading(case, 2)
    assert (found.listed_only, found.answered, found.files, found.kinds) == (3, 1, 5, ())
    assert [(heading(case, look).listed_only, heading(case, look).answered) for look in (1, 3)] == [(0, 0), (0, 0)]


def test_trust_of_looks_whose_rows_lie_between_each_other_is_not_mixed_up(case: Case) -> None:
    looks = []
    for source in ("a", "b"):
        begun = intake.Look(source, "web", T0, T0, Basis.WITNESSED, Precision.SECOND, "complete", resume=b"r" * 32)
        looks.append(case.run(intake.begin, begun).result)
    for at in range(3):
        for look in looks:
            trusted = "size-time" if look == looks[1] else None
            files = [sighted(b"f%d" % at, stored(case, b"x"), trusted=trusted)]
            case.run(intake.batch, look, files, [], intake.Known())
    for look in looks:
        case.run(intake.end, look, Status.COMPLETE, T0 + 1)
    assert [heading(case, look).listed_only for look in looks] == [0, 3]


def test_a_place_says_why_its_last_look_failed(case: Case) -> None:
    why = Message("start-refused", {"status": 401})
    record(case, [Seen(BEFORE, 0), Seen(AFTER, 1), Seen({}, 2, Status.FAILED, why=why)])
    place = only(case)
    assert (place.compared, place.last.status, place.why) == (True, "failed", why)
    record(case, [Seen(AFTER, 3, Status.PARTIAL, why=Message("look-abandoned"))])
    assert only(case).why is None, "that one did not fail"

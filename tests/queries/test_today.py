"""Today: the numbers, and that each filter shows in the gallery exactly what its number counts."""

from __future__ import annotations

from tests.queries.histories import File, Recorded, Seen, record
from workbench.case.case import Case
from workbench.core.filter import Filter
from workbench.core.records import Analysis, Coverage, State, Status
from workbench.ops import facts, marks, watch
from workbench.queries import gallery
from workbench.queries.today import SourceNews, Today, today

LISTED, REFUSED = Coverage.LISTED, Coverage.REFUSED
ODD = b"a[1]*?"
BEFORE = {b"top": File(1), b"d/edit": File(2), b"d/gone": File(3), b"d/e/move": File(4), b"d/touch": File(5, 1)}
AFTER = {
    b"top": File(1), b"d/edit": File(12), b"d/touch": File(5, 10**7), b"moved": File(4), ODD + b"/x": File(13),
    ODD + b"/y": File(14), ODD + b"/deep/z": File(15), b"d/listed": File(), b"d/e/deep": File(16),
}  # fmt: skip
ROWS = [(b"", LISTED), (b"d", LISTED), (b"d/e", LISTED), (b"locked", REFUSED)]


def month(case: Case) -> Recorded:
    return record(
        case,
        [Seen(BEFORE, 0, Status.PARTIAL, folders=ROWS), Seen(AFTER, 1, Status.PARTIAL, folders=[*ROWS, (ODD, LISTED)])],
    )


def only(case: Case, source: int | None = None) -> SourceNews:
    (found,) = case.ask(today, source).sources
    return found


def shown(case: Case, asked: Filter | None) -> set[int]:
    assert asked is not None
    return set(case.ask(gallery.wall, asked).ids.tolist())


def items(case: Case, recorded: Recorded, look: int, *paths: bytes) -> set[int]:
    sql = "SELECT ifnull(object, -id) FROM sighting WHERE id = ?"
    rows = [recorded.sightings[look, path] for path in paths]
    return case.ask(lambda reader: {int(reader.value(sql, (row,))) for row in rows})


def test_what_the_last_look_brought_by_kind_and_folder(case: Case) -> None:
    recorded = month(case)
    found = only(case)
    assert {each.kind: each.files for each in found.kinds} == {
        "added": 5, "changed": 1, "moved": 1, "removed": 1, "time-changed": 1,
    }  # fmt: skip
    assert [(each.path, each.files, {one.kind: one.files for one in each.kinds}) for each in found.folders] == [
        ("d", 4, {"changed": 1, "removed": 1, "time-changed": 1, "added": 1}),
        ("a[1]*?", 2, {"added": 2}),
        ("", 1, {"moved": 1}),
        ("d/e", 1, {"added": 1}),
        ("a[1]*?/deep", 1, {"added": 1}),
    ]
    assert (found.more_folders, found.more_files, found.new) == (0, 0, 7)
    assert found.told == found.last
    assert (found.last.status, found.last.files, found.last.not_fetched) == ("partial", len(AFTER), 1)
    assert found.last.coverage == (("listed", 4), ("refused", 1))
    assert recorded.looks[-1][0] == found.last.id


def test_every_filter_shows_what_it_counts(case: Case) -> None:
    recorded = month(case)
    (first, _), (second, _) = recorded.looks
    found = only(case)
    of = {each.kind: each.filter for each in found.kinds}
    assert shown(case, of["added"]) == items(
        case, recorded, second, ODD + b"/x", ODD + b"/y", ODD + b"/deep/z", b"d/listed", b"d/e/deep"
    )
    assert shown(case, of["changed"]) == items(case, recorded, second, b"d/edit")
    assert shown(case, of["moved"]) == items(case, recorded, second, b"moved")
    assert shown(case, of["removed"]) == items(case, recorded, first, b"d/gone")
    assert shown(case, of["time-changed"]) == items(case, recorded, second, b"d/touch")
    by_folder = {each.path: each for each in found.folders}
    assert shown(case, by_folder["d"].filter) == (
        items(case, recorded, second, b"d/edit", b"d/touch", b"d/listed") | items(case, recorded, first, b"d/gone")
    )
    assert shown(case, by_folder["a[1]*?"].filter) == items(case, recorded, second, ODD + b"/x", ODD + b"/y")
    assert shown(case, by_folder[""].filter) == items(case, recorded, second, b"moved")
    for folder in found.folders:
        assert sum(len(shown(case, each.filter)) for each in folder.kinds) == folder.files
    assert len(shown(case, found.filter)) == 9


def test_folders_are_bounded(case: Case) -> None:
    month(case)
    (found,) = case.ask(today, None, 2).sources
    assert [each.path for each in found.folders] == ["d", "a[1]*?"]
    assert (found.more_folders, found.more_files) == (3, 3)


def test_images_and_what_nobody_has_judged(case: Case) -> None:
    recorded = month(case)
    second = recorded.looks[1][0]
    (edited,) = items(case, recorded, second, b"d/edit")
    (moved,) = items(case, recorded, second, b"moved")
    (listed,) = items(case, recorded, second, b"d/listed")
    for each in (edited, moved):
        case.run(facts.record, [(each, "type", "1", Analysis(State.OK, (("kind", "image"),)))])
    assert (only(case).new, only(case).images, only(case).unseen) == (7, 2, 7)
    case.run(marks.verdict, [("object", edited), ("sighting", -listed)], "relevant")
    assert (only(case).new, only(case).images, only(case).unseen) == (7, 2, 5)


def test_a_last_look_that_failed_hides_no_news(case: Case) -> None:
    recorded = record(
        case, [Seen(BEFORE, 0), Seen({}, 1), Seen({}, 2, Status.FAILED), Seen({b"top": File(1)}, 3, None)]
    )
    found = only(case)
    assert found.told is not None
    assert (found.last.id, found.last.status) == (recorded.looks[3][0], "running")
    assert (found.told.id, found.told.status) == (recorded.looks[1][0], "complete")
    assert {each.kind: each.files for each in found.kinds} == {"removed": len(BEFORE)}
    assert (found.new, found.images, found.unseen) == (0, 0, 0)
    assert len(shown(case, found.filter)) == len(BEFORE)


def test_nothing_new_has_no_filter(case: Case) -> None:
    record(case, [Seen(BEFORE, 0), Seen(BEFORE, 1)])
    found = only(case)
    assert (found.kinds, found.folders, found.filter, found.told) == ((), (), None, found.last)


def test_a_first_look_is_compared_with_nothing(case: Case) -> None:
    record(case, [Seen(BEFORE, 0)], "looked at once")
    assert case.ask(today) == Today(())
    asked = only(case, 1)
    assert (asked.told, asked.kinds, asked.url) == (None, (), None)
    case.run(watch.source, "looked at once", "web", "http://192.0.2.1/open/", {})
    assert only(case).url == "http://192.0.2.1/open/"
    assert only(case).last.files == len(BEFORE)


def test_sources_come_by_their_last_look(case: Case) -> None:
    for source, day in (("one", 3), ("two", 5), ("three", 4)):
        record(case, [Seen(BEFORE, day - 1), Seen(AFTER, day)], source)
    assert [each.name for each in case.ask(today).sources] == ["two", "three", "one"]
    assert [each.name for each in case.ask(today, 1).sources] == ["one"]
    found = case.ask(today).sources[0]
    assert {each.kind: each.files for each in found.kinds}["removed"] == 1
    assert {each.filter.source for each in found.kinds} == {("two",)}


def test_an_empty_case_has_no_news(case: Case) -> None:
    assert case.ask(today) == Today(())

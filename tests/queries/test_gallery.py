"""What the gallery shows and says, against the slower queries that the command line uses."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.conftest import START
from tests.conftest import Clock as LaptopClock
from tests.making import T0, look, sighted, stored
from tests.queries import world
from workbench.case.case import Case, create
from workbench.case.readers import Reader
from workbench.core.filter import Clock, Filter
from workbench.core.records import Status
from workbench.core.times import DAY
from workbench.ops import marks
from workbench.queries import changes, files, gallery
from workbench.queries.news import KINDS, news

SEEDS = range(8)


@pytest.fixture(scope="module")
def worlds(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Case]]:
    folder: Path = tmp_path_factory.mktemp("worlds")
    made: list[Case] = []
    for seed in SEEDS:
        case = create(folder / f"{seed}", examiner="Examiner", clock=LaptopClock(START))
        world.build(case, seed)
        made.append(case)
    yield made
    for case in made:
        case.close()


@pytest.fixture
def case(tmp_path: Path) -> Iterator[Case]:
    with create(tmp_path / "c", examiner="Examiner") as made:
        yield made


def month(case: Case) -> dict[str, int]:
    """Three complete looks: one file stays, one changes, one moves, one goes and returns, one is new at the end."""
    held = {name: stored(case, name.encode()) for name in ("stay", "old", "fresh", "move", "back", "late")}
    first = look(case, [sighted(b"a/stay", held["stay"]), sighted(b"a/edit", held["old"]),
                        sighted(b"a/move", held["move"]), sighted(b"a/back", held["back"])], T0)  # fmt: skip
    second = look(case, [sighted(b"a/stay", held["stay"]), sighted(b"a/edit", held["fresh"]),
                         sighted(b"b/move", held["move"])], T0 + DAY)  # fmt: skip
    third = look(case, [sighted(b"a/stay", held["stay"]), sighted(b"a/edit", held["fresh"]),
                        sighted(b"b/move", held["move"]), sighted(b"a/back", held["back"]),
                        sighted(b"b/late", held["late"]), sighted(b"b/listed", None)], T0 + 2 * DAY)  # fmt: skip
    return {"first": first, "second": second, "third": third}


def compared(reader: Reader) -> dict[str, set[int]]:
    told = news(reader)
    return {kind: set((np.flatnonzero(told.kind == KINDS.index(kind)) + 1).tolist()) for kind in KINDS[1:]}


@pytest.mark.parametrize("seed", SEEDS)
def test_news_are_the_changes(worlds: list[Case], seed: int) -> None:
    case = worlds[seed]
    found = case.ask(compared)
    for kind in KINDS[1:]:
        assert found[kind] == set(case.ask(changes.sightings_of, (kind,))), kind


def test_news_of_removed_files_are_counted(case: Case) -> None:
    looks = month(case)
    told = case.ask(news)
    assert [int(told.removed[looks[each]]) for each in ("first", "second", "third")] == [0, 1, 0]
    assert [bool(told.compared[looks[each]]) for each in ("first", "second", "third")] == [False, True, True]
    assert told.newest == {looks["third"]}


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("by", gallery.ARRANGEMENTS)
def test_the_wall_shows_what_files_lists(worlds: list[Case], seed: int, by: gallery.Arrangement) -> None:
    case = worlds[seed]
    for asked in (
        Filter(),
        Filter(source=("one",)),
        Filter(snapshot=(1, 2)),
        Filter(tag=("knife",)),
        Filter(since=T0 + DAY, until=T0 + 3 * DAY, clock=Clock.OBSERVED),
        Filter(not_path=("cut_012/*",)),
        Filter(verdict=("unseen",)),
    ):
        wall = case.ask(gallery.wall, asked, by)
        assert sorted(wall.ids.tolist()) == sorted(case.ask(files.items, asked).ids.tolist())
        assert len(set(wall.ids.tolist())) == len(wall)
        assert wall.total == len(case.ask(files.items, Filter()))
        if by != "size" and len(wall):
            assert [each.start for each in wall.groups] == np.cumsum([0, *(g.count for g in wall.groups)])[:-1].tolist()
            assert sum(each.count for each in wall.groups) == len(wall)


def test_a_file_stands_where_it_last_was_news(case: Case) -> None:
    looks = month(case)
    wall = case.ask(gallery.wall, Filter())
    said = {each.look: (dict(each.kinds), each.count, each.compared) for each in wall.groups}
    assert said == {
        looks["third"]: ({"added": 2, "returned": 1}, 3, True),
        looks["second"]: ({"changed": 1, "moved": 1}, 2, True),
        looks["first"]: ({}, 2, False),
    }
    assert [each.look for each in wall.groups] == [looks["third"], looks["second"], looks["first"]]


def test_a_look_does_not_tell_what_came_later(case: Case) -> None:
    looks = month(case)
    wall = case.ask(gallery.wall, Filter(snapshot=(looks["second"],)))
    assert [each.look for each in wall.groups] == [looks["second"], looks["first"]]
    assert dict(wall.groups[0].kinds) == {"changed": 1, "moved": 1}
    assert len(wall) == 3


def test_a_partial_look_makes_nothing_new(case: Case) -> None:
    held = stored(case, b"one")
    look(case, [sighted(b"one", held)], T0)
    look(case, [sighted(b"two", stored(case, b"two"))], T0 + DAY, status=Status.PARTIAL)
    wall = case.ask(gallery.wall, Filter())
    assert [each.kinds for each in wall.groups] == [(), ()]
    assert [each.compared for each in wall.groups] == [False, False]
    assert [each.status for each in wall.groups] == ["partial", "complete"]


def test_seen_follows_verdicts(case: Case) -> None:
    month(case)
    item = int(case.ask(gallery.wall, Filter()).ids[0])
    target = ("object", item) if item > 0 else ("sighting", -item)
    case.run(marks.verdict, [target], "relevant")
    assert case.ask(gallery.wall, Filter()).groups[0].seen == 1
    case.run(marks.verdict, [target], "unseen")
    assert case.ask(gallery.wall, Filter()).groups[0].seen == 0


def test_largest_first(case: Case) -> None:
    for number in (3, 9, 1):
        look(case, [sighted(b"%d" % number, stored(case, b"x" * number))], T0 + number * DAY)
    wall = case.ask(gallery.wall, Filter(), "size")
    names = case.ask(gallery.tiles, wall.ids.tolist(), wall.sighting.tolist())
    assert [each.name for each in names] == ["9", "3", "1"]


def test_folders_are_headings_in_order(case: Case) -> None:
    month(case)
    wall = case.ask(gallery.wall, Filter(), "folder")
    assert [each.path for each in wall.groups] == ["a", "b"]


def test_a_tile_says_name_state_marks_and_copies(case: Case) -> None:
    held = stored(case, b"same")
    look(case, [sighted(b"x/a.png", held), sighted("x/수정.png".encode(), held), sighted(b"y", None)], T0)
    case.run(marks.tag, [("object", 1)], "knife")
    case.run(marks.verdict, [("object", 1)], "later")
    wall = case.ask(gallery.wall, Filter())
    rows = {each.item: each for each in case.ask(gallery.tiles, wall.ids.tolist(), wall.sighting.tolist())}
    assert (rows[1].copies, rows[1].tags, rows[1].verdict, rows[1].state) == (2, ("knife",), "later", "ok")
    assert (rows[-3].name, rows[-3].state, rows[-3].preview) == ("y", "not-fetched", None)


def test_bytes_that_are_gone_are_missing(case: Case) -> None:
    look(case, [sighted(b"gone", stored(case, b"gone"))], T0)
    name = next(iter(case.evidence.names()))
    (case.evidence.folder / "objects" / name[:2] / name).unlink()
    assert case.ask(gallery.tiles, [1], [1])[0].state == "missing"


def test_an_empty_case_has_an_empty_wall(case: Case) -> None:
    for by in gallery.ARRANGEMENTS:
        wall = case.ask(gallery.wall, Filter(), by)
        assert (len(wall), wall.total, wall.groups) == (0, 0, ())

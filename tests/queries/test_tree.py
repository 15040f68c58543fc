"""The tree's numbers against plain counting."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import START
from tests.conftest import Clock as LaptopClock
from tests.making import T0, log, look, sighted, stored
from tests.queries import world
from workbench.case.case import Case, create
from workbench.core.filter import Filter
from workbench.core.records import Coverage, Folder, Status
from workbench.core.times import DAY
from workbench.ops import marks
from workbench.queries import files, tree


@pytest.fixture
def case(tmp_path: Path) -> Iterator[Case]:
    with create(tmp_path / "c", examiner="Examiner", clock=LaptopClock(START)) as made:
        yield made


def test_looks_are_counted_newest_first(case: Case) -> None:
    one, two = stored(case, b"1"), stored(case, b"2")
    look(case, [sighted(b"a", one)], T0)
    look(case, [sighted(b"a", one), sighted(b"b", two)], T0 + DAY)
    look(case, [], T0 + 2 * DAY, status=Status.FAILED)
    (source,) = case.ask(tree.overview, Filter()).sources
    told = [(each.status, each.files, each.fresh, dict(each.kinds), each.compared) for each in source.looks]
    assert told == [
        ("failed", 0, 0, {}, False),
        ("complete", 2, 1, {"added": 1}, True),
        ("complete", 1, 1, {}, False),
    ]


def test_removed_files_are_told_only_without_a_filter(case: Case) -> None:
    look(case, [sighted(b"a", stored(case, b"1")), sighted(b"b", stored(case, b"2"))], T0)
    look(case, [sighted(b"a", stored(case, b"1"))], T0 + DAY)
    assert case.ask(tree.overview, Filter()).sources[0].looks[0].removed == 1
    assert case.ask(tree.overview, Filter(not_path=("b",))).sources[0].looks[0].removed == 0


@pytest.mark.parametrize("seed", range(5))
def test_folders_count_different_files_at_all_depths(case: Case, seed: int) -> None:
    world.build(case, seed)
    for asked in (Filter(), Filter(source=("one",)), Filter(tag=("knife",))):
        waiting = [None]
        while waiting:
            for each in case.ask(tree.folders, asked, waiting.pop()):
                inside = Filter(**{**asked.to_json(), "path": (f"{each.path}/*",)})  # type: ignore[arg-type]
                assert each.items == len(case.ask(files.items, inside)), each.path
                if each.has_folders:
                    waiting.append(each.id)


def test_a_folder_that_was_refused_says_so(case: Case) -> None:
    look(case, [sighted(b"open/a", stored(case, b"1")), sighted(b"shut/b", stored(case, b"2"))], T0)
    look(case, [sighted(b"open/a", stored(case, b"1"))], T0 + DAY, notes=[Folder(b"shut", Coverage.REFUSED)])
    assert {each.name: each.coverage for each in case.ask(tree.folders, Filter())} == {
        "open": "listed",
        "shut": "refused",
    }


def test_logs_count_events_of_the_living_reading(case: Case) -> None:
    log_id, reading = log(case, [{"address": "192.0.2.1", "time": T0}], source="server", name="a.log")
    log(case, [{"address": "192.0.2.1", "time": T0}, {"address": "192.0.2.9", "time": T0}],
        log_id=log_id, supersedes=reading)  # fmt: skip
    (node,) = case.ask(tree.overview, Filter()).logs
    assert (node.name, node.source, node.events, node.zone) == ("a.log", "server", 2, "line")
    (node,) = case.ask(tree.overview, Filter(address=("192.0.2.9",))).logs
    assert node.events == 1


def test_tags_count_what_the_filter_leaves(case: Case) -> None:
    look(case, [sighted(b"a", stored(case, b"1")), sighted(b"b", stored(case, b"2")), sighted(b"c", None)], T0)
    case.run(marks.tag, [("object", 1), ("object", 2), ("sighting", 3)], "칼")
    assert [(each.word, each.count) for each in case.ask(tree.overview, Filter()).tags] == [("칼", 3)]
    assert case.ask(tree.overview, Filter(path=("a",))).tags[0].count == 1


def test_an_empty_case_has_an_empty_tree(case: Case) -> None:
    found = case.ask(tree.overview, Filter())
    assert (found.sources, found.logs, found.tags, found.items) == ((), (), (), 0)
    assert case.ask(tree.folders, Filter()) == []

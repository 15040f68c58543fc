"""The walk through all looks: against a second implementation over random histories, and case by case."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import count
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.conftest import START
from tests.conftest import Clock as LaptopClock
from tests.making import T0
from tests.queries.histories import Claim, File, Recorded, Seen, expected, record
from workbench.case.case import Case, create
from workbench.case.readers import Reader
from workbench.core.filter import CHANGES, Filter
from workbench.core.records import Coverage, Status
from workbench.core.times import DAY, HOUR, MINUTE, Precision, Zone
from workbench.queries import changes, select, walk
from workbench.queries.news import KINDS, news

FILES = [b"a", b"b", b"d/a", b"d/b", b"d/e/a", b"d/e/b", "장면/칼".encode(), b"\xff/x"]
FOLDERS = [b"", b"d", b"d/e", "장면".encode(), b"\xff", b"never"]
NAMES = count()
# All examples stand in one case, each in a source of its own; none is made smaller when it fails, to keep that small.


@pytest.fixture
def case(tmp_path: Path) -> Iterator[Case]:
    with create(tmp_path / "c", examiner="Examiner", clock=LaptopClock(START)) as made:
        yield made


def told(case: Case, recorded: Recorded, source: str = "server") -> dict[int, set[Claim]]:
    """What the engine says, by look; each sighting that shows it must be the right one."""

    def ask(reader: Reader) -> dict[int, set[Claim]]:
        raw = dict(reader.all("SELECT id, raw FROM path"))
        found: dict[int, set[Claim]] = {}
        ago = {look: [each for each, _ in recorded.looks[:at][::-1]] for at, (look, _) in enumerate(recorded.looks)}
        for pair in changes.pairs(reader, source):
            own = list(changes.changes(reader, pair))
            assert len({each.path for each in own}) == len(own)
            found[pair.new] = {
                (each.kind, raw[each.path], raw[each.old_path] if each.old_path else None) for each in own
            }
            for each in own:
                path = raw[each.path]
                where = pair.new
                if each.kind == "removed":
                    where = next(look for look in ago[pair.new] if (look, path) in recorded.sightings)
                assert each.shown == recorded.sightings[where, path]
                assert each.sighting == (None if each.kind == "removed" else each.shown)
        return found

    return case.ask(ask)


def of(case: Case, *history: Seen) -> list[set[Claim]]:
    """What the compared looks of a history show, in time; checked against the second implementation."""
    recorded = record(case, history)
    found = told(case, recorded)
    assert found == expected(recorded)
    return [found[look] for look, _ in recorded.looks if look in found]


def listed(reader: Reader, pair: changes.Pair) -> list[changes.Change]:
    return list(changes.changes(reader, pair))


contents = st.sampled_from([None, 1, 2, 3])
times = st.sampled_from([None, T0, T0 + MINUTE, T0 + HOUR, T0 + 30 * HOUR])
files = st.builds(
    File, contents, times, st.sampled_from([Zone.GIVEN, Zone.GIVEN, Zone.UNKNOWN]),
    st.sampled_from([Precision.SECOND, Precision.SECOND, Precision.MINUTE, Precision.DAY]),
)  # fmt: skip
looks = st.builds(
    Seen,
    st.dictionaries(st.sampled_from(FILES), files, max_size=6),
    st.integers(0, 6),
    st.sampled_from([Status.COMPLETE, Status.PARTIAL, Status.PARTIAL, Status.PARTIAL, Status.FAILED, None]),
    st.sampled_from(["complete", "complete", "complete", "partial"]),
    st.lists(
        st.tuples(st.sampled_from(FOLDERS), st.sampled_from([Coverage.LISTED, Coverage.LISTED, *Coverage])), max_size=6
    ),
    st.lists(st.sampled_from([*FILES, *FOLDERS[1:]]), max_size=2),
)


@settings(max_examples=50, phases=[Phase.generate], suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(looks, min_size=2, max_size=8))
def test_random_histories(case: Case, history: list[Seen]) -> None:
    source = f"source {next(NAMES)}"
    recorded = record(case, history, source)
    found = told(case, recorded, source)
    assert found == expected(recorded)
    _agree(case, source, recorded, found)


def _agree(case: Case, source: str, recorded: Recorded, found: dict[int, set[Claim]]) -> None:
    """The gallery's news, the filter, and the counts of a look say the same as the list."""
    new = case.ask(news)
    for kind in CHANGES:
        shown = set()
        for look, own in found.items():
            paths = {path for each, path, _ in own if each == kind}
            mask = case.ask(select.sightings, Filter(source=(source,), snapshot=(look,), change=(kind,)))
            rows = set((np.flatnonzero(mask) + 1).tolist())
            assert {path for (_, path), row in recorded.sightings.items() if row in rows} == paths
            assert len(rows) == len(paths)
            shown |= rows
            counted = case.ask(changes.summary, look)
            assert counted.compared
            assert getattr(counted, kind.replace("-", "_")) == len(paths)
            if kind == "removed":
                assert new.removed[look] == len(paths)
        mask = case.ask(select.sightings, Filter(source=(source,), change=(kind,)))
        assert set((np.flatnonzero(mask) + 1).tolist()) == shown
        if kind != "removed":
            own_rows = np.array(sorted(recorded.sightings.values()), np.int64)
            assert set(own_rows[new.kind[own_rows - 1] == KINDS.index(kind)].tolist()) == shown
    for look, _ in recorded.looks:
        assert bool(new.compared[look]) == (look in found)
        if look not in found:
            assert case.ask(changes.summary, look) == changes.Summary(False, 0, 0, 0, 0, 0, 0)


@settings(max_examples=20, phases=[Phase.generate], suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(looks.filter(lambda each: each.scope == "complete"), min_size=2, max_size=6))
def test_two_named_looks_say_nothing_of_others(case: Case, history: list[Seen]) -> None:
    """Without any look before or between, two looks that can be compared say the same when they are named."""
    alone = [each for each in history if each.status in (Status.COMPLETE, Status.PARTIAL)][:2]
    source = f"source {next(NAMES)}"
    recorded = record(case, alone, source)
    for pair in case.ask(changes.pairs, source):
        named = case.ask(changes.named_pair, pair.old, pair.new)
        assert case.ask(listed, named) == case.ask(listed, pair)
    assert len(recorded.looks) == len(alone)


LISTED, REFUSED, FAILED, NOT_REACHED = Coverage.LISTED, Coverage.REFUSED, Coverage.FAILED, Coverage.NOT_REACHED


def partial(files: dict[bytes, File], day: int, *folders: tuple[bytes, Coverage], **more: object) -> Seen:
    return Seen(files, day, Status.PARTIAL, "complete", folders, **more)  # type: ignore[arg-type]


def plain(*names: bytes) -> dict[bytes, File]:
    """Files with bytes of their own by name."""
    return {name: File(sum(name)) for name in names}


def test_a_folder_that_is_refused_for_ever_hides_no_change_elsewhere(case: Case) -> None:
    rows = ((b"", LISTED), (b"open", LISTED), (b"secret", REFUSED))
    assert of(
        case,
        partial(plain(b"open/a", b"open/b"), 0, *rows),
        partial(plain(b"open/a", b"open/c"), 1, *rows),
        partial(plain(b"open/a", b"open/b", b"open/c"), 2, *rows),
    ) == [
        {("added", b"open/c", None), ("removed", b"open/b", None)},
        {("returned", b"open/b", None)},
    ]


@pytest.mark.parametrize("state", [REFUSED, FAILED, NOT_REACHED])
def test_what_was_not_listed_is_neither_gone_nor_new(case: Case, state: Coverage) -> None:
    whole = ((b"", LISTED), (b"d", LISTED))
    assert of(
        case,
        partial(plain(b"a", b"d/x"), 0, *whole),
        partial(plain(b"a"), 1, (b"", LISTED), (b"d", state)),
        partial(plain(b"a", b"d/x"), 2, *whole),
        partial(plain(b"a"), 3, (b"", LISTED), (b"d", state)),
        partial(plain(b"a", b"d/y"), 4, *whole),
    ) == [set(), set(), set(), {("added", b"d/y", None), ("removed", b"d/x", None)}]


def test_the_last_known_state_of_a_folder_is_carried_over_looks_that_missed_it(case: Case) -> None:
    assert of(
        case,
        Seen({b"d/x": File(1, T0)}, 0),
        partial({}, 1, (b"", LISTED), (b"d", FAILED)),
        Seen({b"d/x": File(2, T0), b"d/y": File(3)}, 2),
    ) == [set(), {("changed", b"d/x", None), ("added", b"d/y", None)}]


def test_a_folder_that_came_and_one_that_went_take_their_files_along(case: Case) -> None:
    assert of(
        case,
        partial(plain(b"old/sub/x"), 0, (b"", LISTED), (b"old", LISTED), (b"old/sub", LISTED)),
        partial(plain(b"new/sub/y"), 1, (b"", LISTED), (b"new", LISTED), (b"new/sub", LISTED)),
    ) == [{("added", b"new/sub/y", None), ("removed", b"old/sub/x", None)}]


def test_what_a_folder_held_when_it_was_first_listed_was_there_already(case: Case) -> None:
    assert of(
        case,
        partial(plain(b"a"), 0, (b"", LISTED), (b"d", REFUSED)),
        partial(plain(b"a", b"d/x"), 1, (b"", LISTED), (b"d", LISTED)),
    ) == [set()]


def test_a_refused_folder_that_was_not_there_before_is_new_with_all_that_it_held(case: Case) -> None:
    assert of(
        case,
        partial({}, 0, (b"", LISTED)),
        partial({}, 1, (b"", LISTED), (b"d", REFUSED)),
        partial(plain(b"d/x"), 2, (b"", LISTED), (b"d", LISTED)),
    ) == [set(), {("added", b"d/x", None)}]


@pytest.mark.parametrize(
    "between",
    [
        Seen(plain(b"b"), 1, Status.FAILED, folders=[(b"", LISTED)]),
        Seen(plain(b"b"), 1, None, folders=[(b"", LISTED)]),
        Seen(plain(b"b"), 1, Status.PARTIAL, "partial", [(b"", LISTED)]),
        Seen(plain(b"b"), 1, Status.PARTIAL),
        Seen(plain(b"b"), 1, Status.PARTIAL, folders=[(b"", REFUSED)]),
        Seen(plain(b"b"), 1, Status.PARTIAL, folders=[(b"", LISTED)], abandoned=True),
    ],
    ids=["failed", "cut off", "declared partial", "says nothing of folders", "start refused", "abandoned"],
)
def test_looks_that_can_show_nothing_missing_claim_nothing(case: Case, between: Seen) -> None:
    """What they saw was there all the same: it is new at the next look, and gone when it is not there any more."""
    first = Seen(plain(b"a"), 0)
    assert of(case, first, between, Seen(plain(b"a", b"b"), 2)) == [{("added", b"b", None)}]
    last = record(case, [first, between, Seen(plain(b"a"), 2)], "other")
    assert told(case, last, "other") == {last.looks[2][0]: {("removed", b"b", None)}} == expected(last)


def test_a_path_about_which_a_look_warns_is_not_missing(case: Case) -> None:
    assert of(
        case,
        Seen(plain(b"a", b"b"), 0),
        partial({}, 1, (b"", LISTED), warned=[b"a"]),
    ) == [{("removed", b"b", None)}]


def test_what_is_below_a_folder_about_which_a_look_warns_is_not_missing(case: Case) -> None:
    """Its link led elsewhere, say, and was not followed."""
    assert of(
        case,
        Seen(plain(b"a", b"d/x", b"d/e/x", b"e/x"), 0),
        partial({}, 1, (b"", LISTED), (b"e", LISTED), warned=[b"d", b"e"]),
    ) == [{("removed", b"a", None), ("removed", b"e/x", None)}]


@pytest.mark.parametrize("rows", [[], [(b"", LISTED)]], ids=["nothing of folders", "the start"])
def test_a_complete_look_claims_nothing_of_what_it_warns_of(case: Case, rows: list[tuple[bytes, Coverage]]) -> None:
    """A row that the server refused, or a link in the place of a file or folder: it was met and has no sighting."""
    full = plain(b"a", b"b", b"d/x", b"d/e/x", b"d/f/x", b"e/x")
    warned = Seen({}, 1, folders=[*rows, (b"e", LISTED), (b"d/f", LISTED)], warned=[b"b", b"d", b"e", b"new"])
    assert of(case, Seen(full, 0), warned, Seen(plain(b"b", b"d/x", b"new"), 2)) == [
        {("removed", b"a", None), ("removed", b"d/f/x", None), ("removed", b"e/x", None)},
        {("added", b"new", None), ("removed", b"d/e/x", None)},
    ]


def test_the_last_row_of_a_folder_counts(case: Case) -> None:
    assert of(
        case,
        Seen(plain(b"a", b"d/x", b"e/x"), 0),
        partial({}, 1, (b"", LISTED), (b"d", FAILED), (b"d", LISTED), (b"e", LISTED), (b"e", FAILED)),
    ) == [{("removed", b"a", None), ("removed", b"d/x", None)}]


def test_a_move_needs_a_removal_that_was_seen(case: Case) -> None:
    """The bytes stand elsewhere too; whether they left their old place nobody saw."""
    assert of(
        case,
        Seen({b"d/x": File(1), b"e/y": File(2)}, 0),
        partial({b"x": File(1), b"y": File(2)}, 1, (b"", LISTED), (b"d", REFUSED), (b"e", LISTED)),
        Seen({b"x": File(1), b"y": File(2)}, 2),
    ) == [{("added", b"x", None), ("moved", b"y", b"e/y")}, {("removed", b"d/x", None)}]


def test_a_move_needs_a_place_that_was_empty_before(case: Case) -> None:
    assert of(
        case,
        partial({b"x": File(1)}, 0, (b"", LISTED), (b"d", REFUSED)),
        partial({b"d/x": File(1)}, 1, (b"", LISTED), (b"d", LISTED)),
    ) == [{("removed", b"x", None)}]


def test_files_that_were_not_fetched_come_and_go_and_do_not_change(case: Case) -> None:
    assert of(case, Seen({b"a": File(), b"b": File()}, 0), Seen({b"b": File(), b"c": File()}, 1)) == [
        {("added", b"c", None), ("removed", b"a", None)}
    ]


@pytest.mark.parametrize(
    ("old", "new", "other"),
    [
        (File(1, T0), File(1, T0 + HOUR), True),
        (File(None, T0), File(None, T0 + HOUR), True),
        (File(1, T0), File(1, None), False),
        (File(1, T0, Zone.UNKNOWN), File(1, T0 + HOUR, Zone.GIVEN), False),
        (File(1, T0, Zone.UNKNOWN), File(1, T0 + HOUR, Zone.UNKNOWN), True),
        (File(1, T0, Zone.LINE), File(1, T0, Zone.GIVEN), False),
        (File(1, T0 + 9 * HOUR, precision=Precision.MINUTE), File(1, T0, precision=Precision.DAY), False),
        (File(1, T0, precision=Precision.DAY), File(1, T0 + DAY - 1, precision=Precision.MICROSECOND), False),
        (File(1, T0, precision=Precision.DAY), File(1, T0 + DAY, precision=Precision.SECOND), True),
        (File(1, T0 - 1, precision=Precision.SECOND), File(1, T0, precision=Precision.DAY), True),
        (File(1, T0, precision=Precision.DAY), File(1, T0 + DAY, precision=Precision.DAY), True),
    ],
)
def test_times_are_compared_as_far_as_they_go(case: Case, old: File, new: File, other: bool) -> None:
    assert of(case, Seen({b"a": old}, 0), Seen({b"a": new}, 1)) == [{("time-changed", b"a", None)} if other else set()]


def test_a_look_taken_in_late_stands_in_its_place(case: Case) -> None:
    recorded = record(case, [Seen(plain(b"a"), 0), Seen(plain(b"b"), 2), Seen(plain(b"a", b"b"), 1)])
    late = recorded.looks[1][0]
    assert late == 3
    assert told(case, recorded) == {3: {("added", b"b", None)}, 2: {("removed", b"a", None)}}
    assert [(each.old, each.new) for each in case.ask(changes.pairs)] == [(1, 3), (3, 2)]


def test_a_week_of_a_watched_server(case: Case) -> None:
    """Adds, an edit, a touch, a move, deletions, a return, a folder that is refused one day, and a look that failed."""
    tree = ((b"", LISTED), (b"ep1", LISTED), (b"ep2", LISTED), (b"locked", REFUSED))
    start = {b"ep1/s1": File(1, T0), b"ep1/s2": File(2, T0), b"ep2/s1": File(3, T0), b"readme": File(4, T0)}
    monday = partial(start, 0, *tree)
    files = {**start, b"ep2/s2": File(5, T0 + DAY), b"ep1/s1": File(6, T0 + DAY)}
    tuesday = partial(files, 1, *tree)
    wednesday = partial({path: own for path, own in files.items() if not path.startswith(b"ep1")}, 2,
                        (b"", LISTED), (b"ep1", REFUSED), (b"ep2", LISTED), (b"locked", REFUSED))  # fmt: skip
    files = {**files, b"ep1/old/s2": files[b"ep1/s2"], b"readme": File(4, T0 + 3 * DAY)}
    del files[b"ep1/s2"], files[b"ep2/s1"]
    thursday = partial(files, 3, *tree, (b"ep1/old", LISTED))
    friday = Seen({}, 4, Status.FAILED)
    files = {**files, b"ep2/s1": File(3, T0)}
    saturday = partial(files, 5, *tree, (b"ep1/old", LISTED))
    assert of(case, monday, tuesday, wednesday, thursday, friday, saturday) == [
        {("added", b"ep2/s2", None), ("changed", b"ep1/s1", None)},
        set(),
        {("moved", b"ep1/old/s2", b"ep1/s2"), ("removed", b"ep2/s1", None), ("time-changed", b"readme", None)},
        {("returned", b"ep2/s1", None)},
    ]


def test_since_is_the_last_look_that_showed_it_otherwise(case: Case) -> None:
    recorded = record(
        case,
        [
            Seen(plain(b"a"), 0),
            partial({}, 1, (b"", REFUSED), (b"d", LISTED)),
            Seen({**plain(b"b"), b"d/x": File(9)}, 2),
        ],
    )
    found = case.ask(walk.course).of(recorded.looks[2][0])
    since = dict(zip(found.row.tolist(), found.since.tolist(), strict=True))
    row = {path: recorded.sightings[recorded.looks[2][0], path] - 1 for path in (b"b", b"d/x")}
    assert since[row[b"b"]] == recorded.looks[0][0]
    assert since[row[b"d/x"]] == recorded.looks[1][0]
    assert since[recorded.sightings[recorded.looks[0][0], b"a"] - 1] == recorded.looks[0][0]


@pytest.mark.parametrize("depth", [1, 300])
def test_trees_of_any_depth(case: Case, depth: int) -> None:
    deep = b"/".join([b"d"] * depth)
    assert of(
        case,
        partial(plain(deep + b"/x"), 0, (b"", LISTED)),
        partial(plain(deep + b"/y"), 1, (b"", LISTED)),
        partial(plain(), 2, (b"", LISTED), (deep, REFUSED)),
    ) == [{("added", deep + b"/y", None), ("removed", deep + b"/x", None)}, set()]


def _kinds(found: Sequence[set[Claim]]) -> list[list[str]]:
    return [sorted(kind for kind, *_ in each) for each in found]


def test_of_equal_bytes_each_left_place_is_the_origin_of_one(case: Case) -> None:
    same = File(7)
    found = of(case, Seen({b"a": same, b"b": same}, 0), Seen({b"x": same, b"y": same, b"z": same}, 1))
    assert _kinds(found) == [["added", "moved", "moved"]]
    assert {origin for _, _, origin in found[0]} == {None, b"a", b"b"}

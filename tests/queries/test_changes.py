"""What changed between looks, against a naive second implementation, and what may not be claimed."""

from __future__ import annotations

import random
from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest

from tests.making import T0, look, sighted, stored
from workbench.case.case import Case
from workbench.core.errors import UserError
from workbench.core.filter import Filter
from workbench.core.records import Coverage, Folder, Status
from workbench.core.times import DAY, HOUR
from workbench.queries import changes, select
from workbench.queries.changes import Pair

State = dict[bytes, tuple[int | None, int | None]]
"""Path to content (null: not fetched) and stated time."""


def naive(old: State, new: State, earlier: set[bytes]) -> set[tuple[str, bytes, bytes | None]]:
    """Between two complete looks, by the words of the contract."""
    found: set[tuple[str, bytes, bytes | None]] = set()
    gone = [path for path in old if path not in new]
    left = list(gone)
    for path, (content, modified) in new.items():
        if path in old:
            before, stamp = old[path]
            if content is not None and before is not None and content != before:
                found.add(("changed", path, None))
            elif modified is not None and stamp is not None and modified != stamp:
                found.add(("time-changed", path, None))
            continue
        origin = next((each for each in left if content is not None and old[each][0] == content), None)
        if origin is not None:
            left.remove(origin)
            found.add(("moved", path, origin))
        else:
            found.add(("returned" if path in earlier else "added", path, None))
    return found | {("removed", path, None) for path in left}


def take(case: Case, state: State, observed: int, **options: object) -> int:
    held = {content: stored(case, b"content %d" % content) for content, _ in state.values() if content is not None}
    files = [sighted(path, held.get(content), modified) for path, (content, modified) in state.items()]  # type: ignore[arg-type]
    return look(case, files, observed, **options)  # type: ignore[arg-type]


def told(case: Case, pair: Pair) -> set[tuple[str, bytes, bytes | None]]:
    with case.reader() as reader:
        raw = dict(reader.all("SELECT id, raw FROM path"))
        found = list(changes.changes(reader, pair))
    assert len({(each.kind, each.path) for each in found}) == len(found)
    return {(each.kind, raw[each.path], raw[each.old_path] if each.old_path else None) for each in found}


@pytest.mark.parametrize("seed", range(8))
def test_random_looks(case: Case, seed: int) -> None:
    dice = random.Random(seed)
    paths = [b"a", b"b", b"c/d", b"c/e", "칼".encode(), b"\xff"]
    states: list[tuple[int, State]] = []
    for number in range(8):
        state: State = {
            path: (dice.choice([None, 1, 2, 3, 4]), dice.choice([None, T0, T0 + HOUR]))
            for path in dice.sample(paths, dice.randint(0, len(paths)))
        }
        states.append((take(case, state, T0 + number * DAY), state))
    pairs = case.ask(changes.pairs)
    assert [(each.old, each.new) for each in pairs] == list(pairwise(number for number, _ in states))
    shown: dict[str, set[int]] = {}
    for index, pair in enumerate(pairs):
        (_, old), (_, new) = states[index], states[index + 1]
        earlier = {path for _, state in states[:index] for path in state}
        expected = naive(old, new, earlier)
        found = told(case, pair)
        # Which of two equal origins a moved file had, nobody can know: compare kinds and places.
        assert {each[:2] for each in found} == {each[:2] for each in expected}
        assert {each[2] for each in found if each[0] == "moved"} <= set(old) - set(new)
        for kind, path, _ in found:
            where = pair.old if kind == "removed" else pair.new
            shown.setdefault(kind, set()).add(sighting(case, where, path))
    for kind in ("added", "changed", "moved", "removed", "returned", "time-changed"):
        mask = case.ask(select.sightings, Filter(change=(kind,)))
        assert set((np.flatnonzero(mask) + 1).tolist()) == shown.get(kind, set())


def sighting(case: Case, snapshot: int, path: bytes) -> int:
    sql = "SELECT s.id FROM sighting s JOIN path p ON p.id = s.path WHERE s.snapshot = ? AND p.raw = ?"
    return int(case.ask(lambda reader: reader.value(sql, (snapshot, path))))


ONE: State = {b"a": (1, T0), b"c/d": (2, T0)}
TWO: State = {b"a": (9, T0), b"c/e": (2, T0), b"new": (3, T0), b"c/new": (4, None)}


def test_a_partial_look_removes_and_moves_nothing(case: Case) -> None:
    first = take(case, ONE, T0)
    second = take(case, TWO, T0 + DAY, status=Status.PARTIAL)
    assert case.ask(changes.pairs) == []
    pair = case.ask(changes.named_pair, first, second)
    assert told(case, pair) == {
        ("changed", b"a", None),
        ("added", b"c/e", None),
        ("added", b"new", None),
        ("added", b"c/new", None),
    }


@pytest.mark.parametrize(
    ("covered", "expected"),
    [
        ([], set()),
        ([Folder(b"", Coverage.LISTED)], {b"new", b"c/e", b"c/new"}),
        ([Folder(b"", Coverage.LISTED), Folder(b"c", Coverage.REFUSED)], {b"new"}),
        ([Folder(b"c", Coverage.LISTED)], {b"c/e", b"c/new"}),
        ([Folder(b"", Coverage.FAILED), Folder(b"c", Coverage.LISTED)], {b"c/e", b"c/new"}),
    ],
)
def test_new_is_only_what_was_not_there_in_a_folder_that_was_listed(
    case: Case, covered: list[Folder], expected: set[bytes]
) -> None:
    first = take(case, ONE, T0, status=Status.PARTIAL, notes=covered)
    second = take(case, TWO, T0 + DAY, status=Status.PARTIAL)
    pair = case.ask(changes.named_pair, first, second)
    assert {path for kind, path, _ in told(case, pair) if kind == "added"} == expected


UNKNOWN: dict[str, tuple[tuple[int | None, int | None], tuple[int | None, int | None]]] = {
    "bytes not fetched the second time": ((1, T0), (None, T0)),
    "bytes not fetched the first time": ((None, T0), (1, T0)),
    "no time stated any more": ((1, T0), (1, None)),
    "a time stated for the first time": ((1, None), (1, T0)),
    "nothing known": ((None, None), (None, None)),
}


@pytest.mark.parametrize("what", UNKNOWN)
def test_the_unknown_is_no_change(case: Case, what: str) -> None:
    before, after = UNKNOWN[what]
    take(case, {b"a": before}, T0)
    take(case, {b"a": after}, T0 + DAY)
    (pair,) = case.ask(changes.pairs)
    assert told(case, pair) == set()


def test_sources_are_kept_apart(case: Case) -> None:
    take(case, ONE, T0, source="one")
    take(case, TWO, T0 + DAY, source="two")
    third = take(case, ONE, T0 + 2 * DAY, source="one")
    assert [(each.old, each.new) for each in case.ask(changes.pairs)] == [(1, third)]
    assert case.ask(changes.pairs, "two") == []
    with pytest.raises(UserError, match="two different sources"):
        case.ask(changes.named_pair, 1, 2)
    with pytest.raises(UserError, match="no snapshot 99"):
        case.ask(changes.named_pair, 1, 99)


@pytest.mark.parametrize("ask", [changes.pairs, lambda reader: list(changes.rows(reader))])
def test_nothing_to_compare(case: Case, ask: Callable[..., object]) -> None:
    assert case.ask(ask) == []
    take(case, ONE, T0)
    assert case.ask(ask) == []

"""Undo and redo of marks: the matrix of verbs, two authors, what overtakes, and a random walk against a model."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from workbench.case.case import Case
from workbench.case.operation import REGISTRY
from workbench.case.readers import Reader
from workbench.core.errors import UserError
from workbench.ops import history, marks
from workbench.queries import custody
from workbench.queries.verify import verify

NAMES = tuple(op.name for op in REGISTRY.values() if op.undoable and op is not history.undo)


def now(reader: Reader) -> dict[tuple[str, int, str, str], list[str | None]]:
    """Current marks: (target kind, target, kind, author) to values."""
    found: dict[tuple[str, int, str, str], list[str | None]] = {}
    for *key, value in reader.all(
        "SELECT m.target_kind, m.target, m.kind, a.name, m.value FROM mark_now m JOIN actor a ON a.id = m.actor "
        "WHERE present ORDER BY m.value"
    ):
        found.setdefault(tuple(key), []).append(value)  # type: ignore[arg-type]
    return found


def undo(case: Case) -> int | None:
    last = case.ask(custody.last_undoable, case.actor, NAMES)
    return None if last is None else case.run(history.undo, last).seq


def redo(case: Case) -> int | None:
    last = case.ask(custody.last_undone, case.actor)
    return None if last is None else case.run(history.undo, last).seq


DO: dict[str, Callable[[Case], int]] = {
    "mark.tag": lambda case: case.run(marks.tag, [("object", 1), ("sighting", 2)], "knife").seq,
    "mark.untag": lambda case: case.run(marks.untag, [("object", 9)], "old").seq,
    "mark.verdict": lambda case: case.run(marks.verdict, [("address", 3)], "relevant").seq,
    "mark.note": lambda case: case.run(marks.note, [("event", 4)], "칼 in the third shot").seq,
    "mark.journal": lambda case: case.run(marks.journal, "Looked at the server.").seq,
    "mark.own": lambda case: case.run(marks.own, ["192.0.2.1"]).seq,
}


def test_the_matrix_names_every_undoable_op() -> None:
    assert set(DO) == set(NAMES)


@pytest.mark.parametrize("name", DO)
def test_each_verb_is_undone_and_done_again(case: Case, name: str) -> None:
    case.run(marks.tag, [("object", 9)], "old")
    before = case.ask(now)
    done = DO[name](case)
    after = case.ask(now)
    assert after != before
    for _ in range(3):
        assert undo(case) is not None
        assert case.ask(now) == before
        assert redo(case) is not None
        assert case.ask(now) == after
    assert redo(case) is None
    with pytest.raises(UserError, match="undone already"):
        case.run(history.undo, case.run(history.undo, done).seq - 1)
    assert case.ask(now) == before
    assert case.ask(verify).problems == ()


def test_verdicts_on_one_target_are_undone_one_after_the_other(case: Case) -> None:
    for word in ("relevant", "later", "not-relevant"):
        case.run(marks.verdict, [("object", 1)], word)
    seen = []
    while undo(case) is not None:
        seen.append(case.ask(now).get(("object", 1, "verdict", "Examiner")))
    assert seen == [["later"], ["relevant"], None]
    while redo(case) is not None:
        seen.append(case.ask(now).get(("object", 1, "verdict", "Examiner")))
    assert seen[3:] == [["relevant"], ["later"], ["not-relevant"]]


def test_a_later_change_of_the_same_mark_refuses(case: Case) -> None:
    first = case.run(marks.verdict, [("object", 1), ("object", 2)], "relevant").seq
    case.run(marks.verdict, [("object", 2)], "later")
    before = case.ask(now)
    with pytest.raises(UserError, match="1 of its marks"):
        case.run(history.undo, first)
    assert case.ask(now) == before
    undo(case)
    assert case.run(history.undo, first).result == 2
    assert case.ask(now) == {}


def test_marks_of_two_authors_stand_side_by_side(case: Case) -> None:
    case.run(marks.verdict, [("object", 1)], "relevant")
    case.actor = "Reviewer"
    theirs = case.run(marks.verdict, [("object", 1)], "not-relevant").seq
    case.actor = "Examiner"
    with pytest.raises(UserError, match="somebody else"):
        case.run(history.undo, theirs)
    undo(case)
    assert case.ask(now) == {("object", 1, "verdict", "Reviewer"): ["not-relevant"]}


@pytest.mark.parametrize(("what", "code"), [(999, "undo-no-such-op"), (1, "undo-not-undoable")])
def test_what_cannot_be_undone_says_why(case: Case, what: int, code: str) -> None:
    with pytest.raises(UserError) as raised:
        case.run(history.undo, what)
    assert raised.value.message.code == code


def test_ten_thousand_marks_are_set_and_undone_in_one_op_each(case: Case) -> None:
    targets = [("object", each) for each in range(1, 10_001)]
    begun = time.perf_counter()
    assert case.run(marks.tag, targets, "bulk").result == 10_000
    marked = time.perf_counter()
    assert undo(case) is not None
    print(f"10,000 marks: {marked - begun:.2f} s, undone {time.perf_counter() - marked:.2f} s")
    assert case.ask(now) == {}
    assert time.perf_counter() - begun < 5
    assert case.ask(verify).problems == ()


WORDS = st.sampled_from(["red", "blue"])
STEP = st.one_of(
    st.tuples(st.just("tag"), st.sampled_from([1, 2]), WORDS),
    st.tuples(st.just("untag"), st.sampled_from([1, 2]), WORDS),
    st.tuples(st.just("verdict"), st.sampled_from([1, 2]), st.sampled_from(["relevant", "later", "unseen"])),
    st.tuples(st.just("undo"), st.just(0), st.just("")),
    st.tuples(st.just("redo"), st.just(0), st.just("")),
)
State = frozenset[tuple[int, str, str]]


def changed(state: State, verb: str, target: int, word: str) -> State:
    if verb == "tag":
        return state | {(target, "tag", word)}
    if verb == "untag":
        return state - {(target, "tag", word)}
    rest = frozenset(each for each in state if each[:2] != (target, "verdict"))
    return rest if word == "unseen" else rest | {(target, "verdict", word)}


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(STEP, max_size=14))
def test_a_random_walk_is_that_of_two_stacks(case: Case, steps: list[tuple[str, int, str]]) -> None:
    case.actor = f"Walker {time.perf_counter_ns()}"  # a new author has nothing to undo
    state: State = frozenset()
    past: list[State] = []
    future: list[State] = []
    verbs = {"tag": marks.tag, "untag": marks.untag, "verdict": marks.verdict}
    for verb, target, word in steps:
        if verb == "undo":
            assert (undo(case) is not None) == bool(past)
            if past:
                future.append(state)
                state = past.pop()
        elif verb == "redo":
            assert (redo(case) is not None) == bool(future)
            if future:
                past.append(state)
                state = future.pop()
        else:
            wanted = changed(state, verb, target, word)
            case.run(verbs[verb], [("object", target)], word)
            if wanted != state:
                past.append(state)
                future.clear()
                state = wanted
        found = {
            (target, kind, value)
            for (_, target, kind, author), values in case.ask(now).items()
            if author == case.actor
            for value in values
        }
        assert found == state

"""Readers: one moment each, as many at once as there are threads, interrupted one at a time, closed without a rest."""

from __future__ import annotations

import sqlite3
import threading
import time
from concurrent.futures import wait

import pytest

from workbench.case.case import Case
from workbench.case.readers import Reader
from workbench.core.errors import Cancelled, UserError
from workbench.ops import marks

ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"


def endless(reader: Reader, started: threading.Event | None = None) -> int:
    if started is not None:
        started.set()
    return int(reader.value(ENDLESS))


def test_a_superseded_query_is_interrupted_and_it_alone(case: Case) -> None:
    started = threading.Event()
    running = case.read(endless, started)
    assert started.wait(30)
    others = [case.read(lambda reader: reader.stamp) for _ in range(20)]
    case.supersede(running)
    with pytest.raises(Cancelled):
        running.result(5)
    assert [each.result(5) for each in others] == [1] * 20
    assert [case.ask(lambda reader: reader.stamp) for _ in range(20)] == [1] * 20


def test_a_superseded_query_is_stopped_at_its_later_statements_too(case: Case) -> None:
    started, go_on = threading.Event(), threading.Event()

    def in_two_steps(reader: Reader) -> int:
        started.set()
        assert go_on.wait(30)
        return endless(reader)

    running = case.read(in_two_steps)
    assert started.wait(30)
    case.supersede(running)  # between two statements nothing is there to be interrupted
    go_on.set()
    with pytest.raises(Cancelled):
        running.result(5)


def test_a_held_statement_does_not_spoil_the_next_query(case: Case) -> None:
    held: list[sqlite3.Cursor] = []
    started, go_on = threading.Event(), threading.Event()

    def holds(reader: Reader) -> None:
        cursor = reader.conn.execute("SELECT value FROM setting UNION ALL SELECT name FROM op")
        cursor.fetchone()
        held.append(cursor)
        started.set()
        go_on.wait(30)
        cursor.fetchall()

    running = case.read(holds)
    assert started.wait(30)
    case.supersede(running)
    go_on.set()
    wait([running])
    assert [case.ask(lambda reader: reader.stamp) for _ in range(8)] == [1] * 8


def test_what_waits_is_dropped(case: Case) -> None:
    started = [threading.Event() for _ in range(4)]
    running = [case.read(endless, each) for each in started]
    assert all(each.wait(30) for each in started)
    waiting = case.read(lambda reader: reader.stamp)
    case.supersede(waiting)
    assert waiting.cancelled()
    for each in running:
        case.supersede(each)


def test_queries_run_side_by_side(case: Case) -> None:
    meeting = threading.Barrier(4, timeout=30)
    futures = [case.read(lambda _: meeting.wait()) for _ in range(4)]
    assert sorted(each.result(5) for each in futures) == [0, 1, 2, 3]


def test_a_query_sees_one_moment(case: Case) -> None:
    started, go_on = threading.Event(), threading.Event()

    def twice(reader: Reader) -> tuple[int, int]:
        before = reader.stamp
        started.set()
        assert go_on.wait(30)
        return before, reader.stamp

    reading = case.read(twice)
    assert started.wait(30)
    case.run(marks.tag, [("object", 1)], "new")
    go_on.set()
    assert reading.result(5) == (1, 1)
    assert case.ask(lambda reader: reader.stamp) == 2


def test_a_failure_is_the_asker_s(case: Case) -> None:
    with pytest.raises(ZeroDivisionError):
        case.ask(lambda _: 1 // 0)
    with pytest.raises(UserError, match="for reading only"):
        case.ask(lambda reader: reader.conn.execute("DELETE FROM mark_now"))


def test_memo_holds_until_the_case_changes_and_is_made_once(case: Case) -> None:
    made: list[int] = []

    def dear(reader: Reader) -> int:
        def make() -> int:
            time.sleep(0.05)
            made.append(reader.stamp)
            return len(made)

        return reader.memoised("dear", make)

    first = [case.read(dear) for _ in range(4)]
    assert {each.result(5) for each in first} == {1}
    case.run(marks.tag, [("object", 1)], "new")
    assert case.ask(dear) == 2
    assert case.ask(dear) == 2
    assert made == [1, 2]


def test_memo_of_a_reader_that_is_behind_is_its_own(case: Case) -> None:
    with case.reader() as old:
        assert old.memoised("k", lambda: "old") == "old"
        case.run(marks.tag, [("object", 1)], "new")
        assert case.ask(lambda reader: reader.memoised("k", lambda: "new")) == "new"
        assert old.memoised("k", lambda: "old again") == "old again"
    assert case.ask(lambda reader: reader.memoised("k", lambda: "newer")) == "new"


def test_close_ends_everything(case: Case) -> None:
    started = [threading.Event() for _ in range(4)]
    running = [case.read(endless, each) for each in started]
    assert all(each.wait(30) for each in started)
    waiting = [case.read(endless) for _ in range(3)]
    begun = time.monotonic()
    case.close()
    assert time.monotonic() - begun < 5
    for each in running:
        with pytest.raises(Cancelled):
            each.result(0)
    assert all(each.cancelled() for each in waiting)
    with pytest.raises(UserError, match="closed"):
        case.read(endless)
    case.close()

"""The writer: one transaction an op, urgent ones first, failures without a trace, a program that never hangs on it."""

from __future__ import annotations

import subprocess
import sys
import textwrap
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from workbench.case.case import Case
from workbench.case.operation import REGISTRY, operation
from workbench.case.transaction import Transaction
from workbench.case.writer import Done
from workbench.core.errors import UserError
from workbench.ops import marks
from workbench.queries.verify import verify

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def _own_ops() -> Iterator[None]:
    before = set(REGISTRY)
    yield
    for name in set(REGISTRY) - before:
        del REGISTRY[name]


def test_a_failed_op_leaves_no_row_and_tells_nobody(case: Case) -> None:
    told: list[Done[Any]] = []
    case.changed.connect(told.append)
    late: list[str] = []

    @operation("test.fails")
    def fails(tx: Transaction) -> None:
        tx.append("word", text=["half"])
        tx.after_commit(lambda: late.append("called"))
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        case.run(fails)
    assert told == []
    assert late == []
    assert case.ask(lambda reader: (reader.stamp, reader.all("SELECT * FROM word"))) == (1, [])
    case.run(marks.tag, [("object", 1)], "x")
    assert [each.seq for each in told] == [2]
    assert case.ask(verify).problems == ()


def test_urgent_ops_go_before_bulk(case: Case) -> None:
    order: list[str] = []
    blocked, go_on = threading.Event(), threading.Event()

    @operation("test.bulk")
    def bulk(tx: Transaction, name: str) -> None:
        if name == "first":
            blocked.set()
            assert go_on.wait(30)
        order.append(name)

    @operation("test.urgent", urgent=True)
    def urgent(tx: Transaction, name: str) -> None:
        order.append(name)

    futures = [case.submit(bulk, "first")]
    assert blocked.wait(30)
    futures += [case.submit(bulk, "a"), case.submit(bulk, "b"), case.submit(urgent, "u"), case.submit(urgent, "v")]
    go_on.set()
    for each in futures:
        each.result(5)
    assert order == ["first", "u", "v", "a", "b"]


def test_an_op_can_be_cancelled_before_its_turn(case: Case) -> None:
    blocked, go_on = threading.Event(), threading.Event()

    @operation("test.waits")
    def waits(tx: Transaction) -> None:
        blocked.set()
        assert go_on.wait(30)

    running = case.submit(waits)
    assert blocked.wait(30)
    dropped = case.submit(marks.tag, [("object", 1)], "x")
    assert dropped.cancel()
    go_on.set()
    assert running.result(5).seq == 2
    assert case.run(marks.tag, [("object", 1)], "y").seq == 3


def test_a_listener_that_fails_stops_nothing(case: Case, allowed_log: list[str]) -> None:
    allowed_log.append("a listener failed")
    case.changed.connect(lambda _: 1 // 0)
    for word in ("a", "b"):
        case.run(marks.tag, [("object", 1)], word)
    assert case.ask(lambda reader: reader.stamp) == 3


def test_a_listener_must_not_wait_for_its_own_thread(case: Case, allowed_log: list[str]) -> None:
    allowed_log.append("a listener failed")
    errors: list[str] = []

    def listener(_: Done[Any]) -> None:
        try:
            case.run(marks.tag, [("object", 2)], "y")
        except RuntimeError as error:
            errors.append(str(error))

    case.changed.connect(listener)
    case.run(marks.tag, [("object", 1)], "x")
    case.close()
    assert len(errors) == 1


def test_close_does_what_is_queued_and_refuses_more(case: Case) -> None:
    futures = [case.submit(marks.tag, [("object", each)], "x") for each in range(1, 50)]
    case.close()
    assert [each.result(0).seq for each in futures] == list(range(2, 51))
    with pytest.raises(UserError, match="closed"):
        case.submit(marks.tag, [("object", 1)], "x")


def test_settings_and_columns_that_are_missing(case: Case) -> None:
    case.actor = "Somebody"
    assert case.run(marks.journal, "Dear diary").tables >= {"mark", "mark_now", "actor"}
    for text in ("", "  ", "a\0b", "\udcff", "x" * 100_001):
        with pytest.raises(UserError):
            case.run(marks.journal, text)
    for word in ("", " ", "x" * 201, "a\0"):
        with pytest.raises(UserError):
            case.run(marks.tag, [("object", 1)], word)
    assert case.ask(verify).problems == ()


@pytest.mark.parametrize("end", ["raise RuntimeError('died')", "sys.exit(3)", "del case; gc.collect(); print('on')"])
def test_a_program_that_dies_with_an_open_case_ends(tmp_path: Path, end: str) -> None:
    """And what it had recorded is folded into the case."""
    script = f"""
        import gc, sys
        from pathlib import Path
        from workbench.case.case import create
        from workbench.ops import marks
        case = create(Path({str(tmp_path)!r}) / "left.wbcase")
        case.run(marks.tag, [("object", 1)], "x")
        case.read(lambda reader: reader.stamp)
        {end}
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)], timeout=20, capture_output=True, cwd=ROOT, check=False
    )
    assert done.returncode == {"r": 1, "s": 3, "d": 0}[end[0]], done.stderr
    assert sorted(each.name for each in tmp_path.iterdir()) == ["left.evidence", "left.wbcase"]

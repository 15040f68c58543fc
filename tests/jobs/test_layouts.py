"""What a log's columns mean is decided by all of its lines: of a log that grew, was cut off, or is read again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.jobs.test_logs import Taken
from workbench.case.case import Case
from workbench.core.errors import UserError
from workbench.core.progress import Progress
from workbench.jobs import logs
from workbench.jobs.matching import match_uploads
from workbench.jobs.pool import Pool
from workbench.queries.verify import verify

LINE = '{head} - - [25/Oct/2021:09:{minute:02}:28 +0000] "PUT /f{at} HTTP/1.1" 201 5 "-" "UA"{tail}\n'


def lines(count: int, *, head: str = "203.0.113.{at} 10.0.0.1", tail: str = "", first: int = 0) -> bytes:
    return "".join(
        LINE.format(head=head.format(at=at), tail=tail.format(at=at), minute=at % 60, at=at)
        for at in range(first, first + count)
    ).encode()


@pytest.fixture
def taken(case: Case, pool: Pool, tmp_path: Path) -> Taken:
    return Taken(case, pool, tmp_path)


def addresses(taken: Taken) -> list[str]:
    return [row["address"] for row in sorted(taken.events, key=lambda row: row["line"])]


def readings(taken: Taken) -> int:
    return taken.case.ask(lambda reader: int(reader.value("SELECT count(*) FROM reading")))


def test_one_line_is_read_again_when_more_lines_show_what_it_is(taken: Taken) -> None:
    done = taken.add(lines(1))
    assert [each.code for each in done.remarks] == ["log-layout-undecided"]
    assert addresses(taken) == ["10.0.0.1"]
    assert [each["code"] for each in taken.rejects] == ["log-layout-undecided"]
    done = taken.add(lines(5))
    assert (done.remarks, done.lines) == ((), 5)
    assert addresses(taken) == [f"203.0.113.{at}" for at in range(5)]
    assert {row["address_rule"] for row in taken.events} == {"forwarded"}
    assert {row["peer"] for row in taken.events} == {"10.0.0.1"}
    assert taken.rejects == []
    assert taken.case.ask(verify).problems == ()


def test_a_grown_log_keeps_what_was_decided(taken: Taken) -> None:
    taken.add(lines(5))
    before = readings(taken)
    done = taken.add(lines(6))
    assert (done.events, readings(taken)) == (1, before + 1), "one line alone would have decided nothing"
    assert addresses(taken) == [f"203.0.113.{at}" for at in range(6)]


def test_what_the_first_megabytes_hide_counts_too(taken: Taken, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs, "CHUNK", 4096)
    many = lines(100, head="127.0.0.1", tail=' "-"') + lines(60, head="127.0.0.1", tail=' "203.0.113.{at}"', first=100)
    done = taken.add(many)
    assert done.lines == 160
    assert addresses(taken) == ["127.0.0.1"] * 100 + [f"203.0.113.{at}" for at in range(100, 160)]
    assert len(taken.events) == 160
    assert taken.add(many).events == 0


def test_a_virtual_host_that_only_seemed_one(taken: Taken) -> None:
    """Twenty lines of one visitor look like a virtual host; the next ones show what it is."""
    taken.add(lines(25, head="203.0.113.200 10.0.0.1"))
    assert set(addresses(taken)) == {"10.0.0.1"}
    taken.add(lines(25, head="203.0.113.200 10.0.0.1") + lines(9, first=25))
    assert addresses(taken) == ["203.0.113.200"] * 25 + [f"203.0.113.{at}" for at in range(25, 34)]


def test_proxies_that_are_named_are_kept_with_the_reading(taken: Taken) -> None:
    text = lines(4, head="198.51.100.7", tail=' "203.0.113.{at}"')
    taken.add(text)
    assert set(addresses(taken)) == {"198.51.100.7"}
    taken.add(text, trusted=["198.51.100.0/24"])
    assert addresses(taken) == [f"203.0.113.{at}" for at in range(4)]
    before = readings(taken)
    assert taken.add(text).events == 0, "said once, it holds"
    assert taken.add(text, trusted=["198.51.100.0/24"]).events == 0
    grown = text + lines(2, head="198.51.100.7", tail=' "203.0.113.{at}"', first=4)
    assert taken.add(grown).events == 2
    assert (addresses(taken), readings(taken)) == ([f"203.0.113.{at}" for at in range(6)], before + 1)
    said = taken.case.ask(lambda reader: reader.all("SELECT DISTINCT trusted FROM layout ORDER BY trusted"))
    assert said == [('["198.51.100.0/24"]',), ("[]",)]
    taken.add(grown, trusted=[])
    assert set(addresses(taken)) == {"198.51.100.7"}
    with pytest.raises(UserError):
        taken.add(text, trusted=["nobody"])


class Cut(BaseException):
    """The program ends here."""


def cut_after(batches: int, monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    real = logs._Recorder.record
    left = [batches]

    def record(self: Any, *arguments: Any) -> None:
        if not left[0]:
            raise Cut
        left[0] -= 1
        real(self, *arguments)

    monkeypatch.setattr(logs._Recorder, "record", record)
    return lambda: monkeypatch.setattr(logs._Recorder, "record", real)


@pytest.mark.parametrize("batches", [0, 1, 2, 5])
@pytest.mark.parametrize("hidden", [False, True])
def test_a_reading_that_was_cut_off_decides_as_one_that_was_not(
    taken: Taken, batches: int, hidden: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logs, "CHUNK", 1000)
    if hidden:  # what decides stands in one line at the end; the others have a list too
        text = lines(60, head="127.0.0.1", tail=' "203.0.113.7"') + lines(1, head="127.0.0.1", tail=' "203.0.113.8"')
    else:
        text = lines(61)
    undo = cut_after(batches, monkeypatch)
    with pytest.raises(Cut):
        taken.add(text)
    undo()
    done = taken.add(text)
    assert (done.lines, len(taken.events)) == (61, 61)
    assert all(row["address"].startswith("203.0.113.") for row in taken.events)
    assert taken.case.ask(verify).problems == ()
    assert taken.add(text).events == 0


def test_logs_of_older_versions_are_read_again(taken: Taken) -> None:
    """A reading without a layout is of an earlier version of the parser."""
    text = lines(5)
    taken.add(text)
    match_uploads(taken.case, Progress())
    from workbench.ops import logs as ops

    log = taken.case.ask(lambda reader: int(reader.value("SELECT id FROM log")))
    old = taken.case.run(ops.begin, log, "combined", "1", None, 2, 1).result
    taken.case.run(ops.end, old, 5, 0, 0)
    assert taken.events == []
    assert taken.add(text).events == 5
    assert addresses(taken) == [f"203.0.113.{at}" for at in range(5)]

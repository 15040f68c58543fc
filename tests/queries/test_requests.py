"""The request log of a look, page by page, and the server's clock against ours."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.making import T0
from tests.watching import START, Said, look_at, watched, week
from workbench.case.case import Case
from workbench.core.errors import UserError
from workbench.core.records import Placed, Purpose
from workbench.core.times import DAY, SECOND, rfc3339
from workbench.queries import requests
from workbench.queries.requests import Counts, RequestPage, Skew


def test_no_log(case: Case) -> None:
    assert case.ask(requests.page) == RequestPage(None, [], Counts(0, 0, 0, 0, 0))
    assert case.ask(lambda reader: list(requests.rows(reader))) == []


def test_the_newest_look_and_a_named_one(case: Case) -> None:
    first, second = week(case)
    newest = case.ask(requests.page)
    assert newest.snapshot == second
    assert newest.counts == Counts(2, 1, 1, 0, len(b"<pre>cut/ secret/</pre>second drawing"))
    assert [row["url"] for row in newest.rows] == [START, f"{START}cut/two.png"]
    named = case.ask(requests.page, first)
    assert named.counts.requests == 4
    row = named.rows[2]
    assert {name: row[name] for name in ("time", "took_us", "purpose", "method", "status", "outcome", "received")} == {
        "time": rfc3339(T0), "took_us": 40_000, "purpose": "file", "method": "GET", "status": 200, "outcome": "done",
        "received": 13,
    }  # fmt: skip
    assert row["certificate"] == "01" * 32
    assert row["peer"] == "192.0.2.7:443"
    placed = case.ask(
        lambda reader: Placed(row["warc"], row["start"], row["length"], reader.value(
            "SELECT sha256 FROM exchange WHERE id = ?", (row["id"],)))
    )  # fmt: skip
    assert case.evidence.warcs.read(placed)
    assert case.evidence.has(bytes.fromhex(row["sha256"]))
    with pytest.raises(UserError) as raised:
        case.ask(requests.page, 77)
    assert raised.value.message.code == "no-such-snapshot"


def test_pages_join_to_the_whole_log(case: Case) -> None:
    watched(case)
    look = look_at(case, [Said(f"{START}{each}") for each in range(7)])
    whole = case.ask(lambda reader: list(requests.rows(reader, look)))
    assert [row["url"] for row in whole] == [f"{START}{each}" for each in range(7)]
    joined, after = [], 0
    while rows := case.ask(requests.page, look, after, 3).rows:
        joined += rows
        after = rows[-1]["id"]
    assert joined == whole


def test_what_failed_is_counted(case: Case) -> None:
    look = look_at(case, [Said(START, None, outcome="network-cut-off"), Said(START, purpose=Purpose.CHECK)])
    assert case.ask(requests.counts, look) == Counts(2, 1, 1, 1, 38)


def test_a_server_that_tells_no_time(case: Case) -> None:
    look = look_at(case, [Said(START), Said(START)])
    assert case.ask(requests.skew, look) is None


def test_the_clock_of_a_server_three_minutes_ahead(case: Case) -> None:
    ahead = 180 * SECOND
    quick = [Said(START, took=200_000, time=T0 + each * SECOND, date=T0 + each * SECOND + ahead) for each in range(5)]
    odd = Said(START, took=200_000, time=T0, date=T0 + 9000 * SECOND)
    slow = [Said(START, took=600 * SECOND, time=T0, date=T0 + ahead) for _ in range(20)]
    look = look_at(case, [*quick, odd, *slow])
    assert case.ask(requests.skew, look) == Skew(ahead - 100_000, 6)
    only_slow = look_at(case, [Said(START, took=2 * SECOND, date=T0 + DAY)], day=1)
    assert case.ask(requests.skew, only_slow) == Skew(-SECOND, 1)


@given(st.lists(st.integers(-(10**9), 10**9), min_size=1, max_size=9))
def test_the_median_is_one_of_the_answers(values: list[int]) -> None:
    class Answers:
        def all(self, *_: object) -> list[tuple[int, int]]:
            return [(each, 0) for each in values]

    found = requests.skew(Answers(), 1)  # type: ignore[arg-type]
    assert found is not None
    assert found.micros in values
    assert sum(each < found.micros for each in values) <= len(values) // 2
    assert sum(each > found.micros for each in values) <= len(values) // 2

"""What was not fetched again says so, everywhere; and a change after it may be older than the look that shows it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.making import T0, sighted, stored
from tests.watching import START, Said, look_at, watched
from workbench.case.case import Case, create
from workbench.core.filter import Filter
from workbench.core.times import DAY
from workbench.queries import changes, detail, files

RULES = ("size-time", "etag", "not-modified")


@pytest.fixture
def case(tmp_path: Path) -> Iterator[Case]:
    """A file that is fetched, trusted three times, and fetched with other bytes; one beside it is checked once."""
    with create(tmp_path / "a.wbcase", "T", "Kim") as made:
        watched(made)
        one, two, kept = stored(made, b"one"), stored(made, b"two"), stored(made, b"kept")
        look_at(made, [Said(START)], [sighted(b"a", one, T0), sighted(b"b", kept, T0)])
        for day, rule in enumerate(RULES, start=1):
            files_seen = [sighted(b"a", one, T0, trusted=rule), sighted(b"b", kept, T0, same=True)]
            look_at(made, [Said(START)], files_seen, day=day)
        look_at(made, [Said(START)], [sighted(b"a", two, T0 + DAY, same=False), sighted(b"c", kept, T0)], day=4)
        yield made


def test_sightings_say_by_which_rule(case: Case) -> None:
    rows = case.ask(lambda reader: list(files.sightings(reader, Filter())))
    assert [row["trusted"] for row in rows if row["path"] == "a"] == [None, *RULES, None]
    assert [row["rechecked"] for row in rows if row["path"] == "a"] == [None, None, None, None, False]
    assert [row["trusted"] for row in rows if row["path"] == "b"] == [None] * 4
    assert [row["rechecked"] for row in rows if row["path"] == "b"] == [None, True, True, True]


def test_the_detail_says_by_which_rule(case: Case) -> None:
    found = [case.ask(detail.item, row) for row in (1, 2, 3)]
    told = [[(each.path, each.trusted, each.rechecked) for each in item.sightings] for item in found if item]
    assert told == [
        [("a", None, None), *(("a", rule, None) for rule in RULES)],
        [("b", None, None), *[("b", None, True)] * 3, ("c", None, None)],
        [("a", None, False)],
    ]


def test_a_change_is_as_old_as_the_last_fetch_allows(case: Case) -> None:
    rows = case.ask(lambda reader: list(changes.rows(reader)))
    assert [(row["change"], row["path"], row["snapshot"], row["since"]) for row in rows] == [
        ("changed", "a", 5, 1),
        ("moved", "c", 5, 4),
    ]
    named = case.ask(lambda reader: list(changes.rows(reader, None, 4, 5)))
    assert [row["since"] for row in named] == [1, 4]


def test_a_fetch_at_another_source_proves_nothing_of_this_one(case: Case) -> None:
    one, two = stored(case, b"one"), stored(case, b"two")
    look_at(case, [Said(START)], [sighted(b"a", one, T0, trusted="etag")], day=1, source="other")
    look_at(case, [Said(START)], [sighted(b"a", two, T0)], day=2, source="other")
    rows = case.ask(lambda reader: list(changes.rows(reader, "other")))
    assert [(row["change"], row["since"]) for row in rows] == [("changed", None)]

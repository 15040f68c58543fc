from __future__ import annotations

from dataclasses import fields, replace

from workbench.core.filter import Clock, Filter
from workbench.core.messages import catalogue
from workbench.core.sentence import ORDER, parts, sentence, shown_time
from workbench.core.times import DAY


def test_everything() -> None:
    assert sentence(Filter()) == "Everything, but for the observer's own traffic."


def test_a_filter_reads_as_a_sentence() -> None:
    asked = Filter(since=1_704_186_000_000_000, until=1_704_240_000_000_000 // DAY * DAY, clock=Clock.EVENT)
    asked = replace(asked, not_label=("vpn", "hosting"), path=("*cut*",))
    assert sentence(asked) == (
        "Shown is what meets all of this: logged from 2024-01-02 09:00 UTC up to, not including, 2024-01-03 UTC; "
        "path like *cut*; address not labelled vpn or hosting."
    )


def test_every_facet_has_its_words() -> None:
    told = {*ORDER, "since", "until", "clock", "objects", "own"}
    assert {each.name for each in fields(Filter)} == told
    for facet in ORDER:
        assert f"sentence-{facet.replace('_', '-')}" in catalogue("en")
        assert "7" in sentence(Filter(**{facet: (7,)}))
    for clock in (None, *Clock):
        assert sentence(Filter(since=0, clock=clock)).count("UTC") == 1
    assert "2 chosen files" in sentence(Filter(objects=("a", "b"), own=True))
    assert len(parts(Filter(objects=("a", "b"), own=True))) == 2


def test_long_lists_end_with_a_number() -> None:
    assert sentence(Filter(tag=tuple(map(str, range(20))))).endswith("11 or 8 more.")


def test_times_are_as_short_as_they_can_be() -> None:
    assert shown_time(0) == "1970-01-01"
    assert shown_time(60_000_000) == "1970-01-01 00:01"
    assert shown_time(61_000_000) == "1970-01-01 00:01:01"
    assert shown_time(1) == "1970-01-01 00:00:00.000001"

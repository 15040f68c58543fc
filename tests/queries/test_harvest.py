"""What a look knows of the looks before it: asked for by name, so that a folder of any size costs little."""

from __future__ import annotations

import pytest

from tests.making import T0, look, sighted, stored
from tests.watching import Said, look_at, watched
from workbench.case.case import Case
from workbench.case.readers import Reader
from workbench.core.records import Purpose
from workbench.core.times import DAY
from workbench.queries.harvest import AT_ONCE, files_before, last_robots

HOST = "https://open.example/robots.txt"


def test_files_are_known_as_the_last_earlier_look_has_them_whose_bytes_are_known(case: Case) -> None:
    one, two, other = (stored(case, data) for data in (b"one", b"two", b"other"))
    look(case, [sighted(b"a", one), sighted(b"d/b", one), sighted(b"d/c", one)])
    look(case, [sighted(b"a", two, etag='"2"', headers='{"listing": "x"}'), sighted(b"d/b", None)], T0 + DAY)
    look(case, [sighted(b"a", other), sighted(b"e", other)], T0 + DAY, source="elsewhere")
    now = look(case, [sighted(b"a", other), sighted(b"new", other)], T0 + 2 * DAY, status=None)
    found = case.ask(files_before, now, [b"a", b"d/b", b"e", b"new", b"never", b"d"])
    assert {path: each.sha256 for path, each in found.items()} == {b"a": two.sha256, b"d/b": one.sha256}
    assert (found[b"a"].etag, found[b"a"].claimed, found[b"a"].observed) == ('"2"', {"listing": "x"}, T0 + DAY)
    assert case.ask(files_before, now, []) == {}


def test_more_names_than_are_looked_up_together(case: Case) -> None:
    held = stored(case, b"same")
    names = [b"%d" % number for number in range(2 * AT_ONCE + 1)]
    look(case, [sighted(name, held) for name in names])
    now = look(case, [], T0 + DAY, status=None)
    assert sorted(case.ask(files_before, now, names[1:])) == sorted(names[1:])


def test_names_are_looked_up_through_their_index(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever else the folder holds is not read."""
    asked: list[tuple[str, object]] = []

    def plan(reader: Reader) -> list[str]:
        rows = reader.all
        monkeypatch.setattr(reader, "all", lambda sql, values=(): asked.append((sql, values)) or rows(sql, values))
        files_before(reader, now, [b"%d" % number for number in range(AT_ONCE)])
        return [step for sql, values in asked for *_, step in rows(f"EXPLAIN QUERY PLAN {sql}", values)]

    held = stored(case, b"same")
    look(case, [sighted(b"%d" % number, held) for number in range(50)])
    now = look(case, [], T0 + DAY, status=None)
    steps = case.ask(plan)
    assert any("SEARCH p USING" in step and "raw=?" in step for step in steps), steps
    assert [step for step in steps if step.startswith("SCAN")] == []


def test_rules_for_robots_are_those_of_the_host(case: Case) -> None:
    watched(case)
    own = [Said(HOST, 301, Purpose.ROBOTS), Said("https://open.example/rules", 200, Purpose.ROBOTS)]
    others = [
        Said("https://other.example/robots.txt", 404, Purpose.ROBOTS),
        Said("http://open.example/robots.txt", 404),
    ]
    now = look_at(case, [*own, *others])
    found = case.ask(last_robots, now, HOST)
    assert found is not None
    assert found.status == 200
    assert case.ask(last_robots, now, "https://open.example:8443/robots.txt") is None

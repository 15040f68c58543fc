"""The commands about watched servers: what they print, what they record, what they refuse."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.case.old_case import old_case
from tests.cli.running import listed, run
from tests.watching import START, Said, look_at, week
from workbench.case.case import create

EMPTY = dict.fromkeys(("who", "why", "authority", "basis", "found", "connection"))


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("watching") / "a.wbcase"
    with create(path, "T", "Kim") as made:
        week(made)
    return path


def test_requests_of_the_newest_look_or_a_named_one(case: Path) -> None:
    newest, first = listed("requests", case), listed("requests", case, "--snapshot", "1")
    assert [(row["snapshot"], row["url"]) for row in newest] == [(2, START), (2, f"{START}cut/two.png")]
    assert [row["status"] for row in first] == [404, 200, 200, 403]
    assert set(first[0]) == {
        "id", "snapshot", "time", "took_us", "purpose", "method", "url", "status", "outcome", "received", "peer",
        "certificate", "server_date", "sha256", "record", "warc", "start", "length", "source",
    }  # fmt: skip
    text = run("requests", case).out
    assert START in text
    assert "listing" in text
    assert "9" in run("requests", case, "--snapshot", "9", code=2).err
    assert run("requests", case, "--snapshot", "x", code=2).err


def test_coverage(case: Path) -> None:
    assert listed("coverage", case, "--snapshot", "1") == [
        {"snapshot": 1, "path": None, "state": "listed", "source": "server"},
        {"snapshot": 1, "path": "cut", "state": "listed", "source": "server"},
        {"snapshot": 1, "path": "secret", "state": "refused", "source": "server"},
    ]
    assert len(listed("coverage", case)) == 4
    assert "(start)" in run("coverage", case).out
    assert run("coverage", case, "--snapshot", "9", code=2).err


def test_a_charter_is_shown_written_and_added_to(tmp_path: Path) -> None:
    path = tmp_path / "a.wbcase"
    with create(path, "T", "Kim") as made:
        look_at(made, [Said(START)])
    assert run("charter", path, "--source", "server", "--json").object == {"source": "server", **EMPTY}
    written = run("charter", path, "--source", "server", "--who", "Ada", "--why", "To know", "--json").object
    assert written == {"op": written["op"], "source": "server", **EMPTY, "who": "Ada", "why": "To know"}
    run("charter", path, "--source", "server", "--why", "To tell", "--basis", "Press law", "--actor", "Eve")
    shown = run("charter", path, "--source", "server", "--json").object
    assert shown == {"source": "server", **EMPTY, "who": "Ada", "why": "To tell", "basis": "Press law"}
    assert listed("custody", path)[-1]["actor"] == "Eve"
    assert "nobody" in run("charter", path, "--source", "nobody", code=2).err
    assert run("charter", path, "--source", "server", "--who", " ", "--why", "", "--basis", "", code=2).err
    assert run("charter", path, code=2).err


def test_decisions(tmp_path: Path) -> None:
    path = tmp_path / "a.wbcase"
    with create(path, "T", "Kim") as made:
        first, second = week(made)
        look_at(made, [Said(START)], source="other")
    done = run("decide", path, "--source", "server", "--robots", "ignore", "--json").object
    assert listed("custody", path)[-1]["seq"] == done["op"]
    run("decide", path, "--source", "server", "--certificate", "AB" * 32, "--snapshot", first)
    confirmed = run("decide", path, "--source", "server", "--confirm", "--actor", "Eve", "--json").object
    assert (confirmed["snapshot"], confirmed["derived"]) == (second, "conduct-clean")
    assert "nothing was bypassed" in confirmed["text"]
    last = listed("custody", path)[-1]
    assert (last["seq"], last["op"], last["actor"]) == (confirmed["op"], "watch.confirm", "Eve")
    assert run("verify", path, "--json").object["ok"]
    before = len(listed("custody", path))
    for words in (
        ("--robots", "perhaps"), ("--certificate", "ab"), (), ("--confirm", "--robots", "obey"),
        ("--confirm", "--snapshot", "3"), ("--confirm", "--snapshot", "9"), ("--robots", "obey", "--snapshot", "3"),
    ):  # fmt: skip
        assert run("decide", path, "--source", "server", *words, code=2).err
    assert "nobody" in run("decide", path, "--source", "nobody", "--confirm", code=2).err
    assert len(listed("custody", path)) == before


def test_a_source_that_was_never_looked_at_has_nothing_to_confirm(tmp_path: Path) -> None:
    path = tmp_path / "a.wbcase"
    with create(path, "T", "Kim") as made:
        look_at(made, [Said(START)], status=None)
    assert "ended" in run("decide", path, "--source", "server", "--confirm", code=2).err


def test_an_older_case_is_brought_up_by_the_first_command_that_changes_it(tmp_path: Path) -> None:
    path = old_case(tmp_path / "old.wbcase")
    assert "older Workbench" in run("files", path, code=2).err
    assert "old.before-v3.wbcase" in run("note", path, "Going on.").err
    assert run("note", path, "And on.").err == ""
    assert [row["op"] for row in listed("custody", path)][-3:] == ["case.migrate", "mark.journal", "mark.journal"]
    assert run("verify", path, "--json").object["ok"]

"""A bundle tells of each act once, with all lines that tell of it, who connected and whom it spoke for."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.running import listed, run
from workbench.bundle.verify import verify_bundle

LINE = '127.0.0.1 - - [25/Oct/2021:09:{at:02}:28 +0000] "PUT /f{at}.png HTTP/1.1" 201 5 "-" "UA" "{forwarded}"\n'
FORWARDED = ["198.51.100.66, 203.0.113.1", "203.0.113.2", "192.0.2.5, 203.0.113.3, 10.0.0.4", "203.0.113.4"]
LINES = [LINE.format(at=at, forwarded=each) for at, each in enumerate(FORWARDED)]


@pytest.fixture
def case(tmp_path: Path) -> Path:
    path = tmp_path / "c.wbcase"
    run("new", path)
    (tmp_path / "one.log").write_text("".join(LINES[1:]))
    (tmp_path / "two.log").write_text("".join(LINES[:3]))
    run("logs", path, tmp_path / "one.log", tmp_path / "two.log")
    return path


def bundled(case: Path, tmp_path: Path, *words: object, redaction: dict[str, Any] | None = None) -> Path:
    out = tmp_path / f"out{len(list(tmp_path.iterdir()))}"
    more: list[object] = []
    if redaction is not None:
        file = tmp_path / "redaction.json"
        file.write_text(json.dumps(redaction))
        more = ["--redact", file]
    run("bundle", case, out, *words, *more)
    assert verify_bundle(out).problems == ()
    return out


def told(out: Path) -> list[dict[str, Any]]:
    (table,) = out.glob("data/record/tables/events.jsonl")
    return [json.loads(line) for line in table.read_text().splitlines()]


NAMES = ("time", "address", "peer", "forwarded", "address_rule", "log", "line", "citations", "path")


def test_it_says_what_the_case_says(case: Path, tmp_path: Path) -> None:
    plain = [{name: row[name] for name in NAMES} for row in listed("events", case)]
    assert sorted(len(row["citations"]) for row in plain) == [1, 1, 2, 2]
    assert {row["peer"] for row in plain} == {"127.0.0.1"}
    out = bundled(case, tmp_path)
    assert [{name: row[name] for name in NAMES} for row in told(out)] == plain
    (origins,) = out.glob("data/record/tables/origins.jsonl")
    assert [json.loads(line)["uploads"] for line in origins.read_text().splitlines()] == [1] * 4


def test_a_part_goes_with_all_lines_of_its_acts(case: Path, tmp_path: Path) -> None:
    out = bundled(case, tmp_path, "--address", "203.0.113.2")
    (row,) = told(out)
    assert [each["line"] for each in row["citations"]] == [1, 2]
    assert len({each["log"] for each in row["citations"]}) == 2, "both excerpts are the same line, of two logs"
    assert {each["log"] for each in row["citations"]} == {each["log"] for each in listed("events", case)} | {row["log"]}


@pytest.mark.parametrize(
    ("hidden", "left"),
    [("198.51.100.66", [1, 2, 3]), ("192.0.2.0/24", [0, 1, 3]), ("203.0.113.2", [0, 2, 3]), ("10.0.0.4", [0, 1, 3])],
)
def test_a_withheld_address_is_in_no_list(case: Path, tmp_path: Path, hidden: str, left: list[int]) -> None:
    out = bundled(case, tmp_path, redaction={"addresses": [hidden]})
    assert sorted(row["path"] for row in told(out)) == [f"/f{at}.png" for at in left]
    word = hidden.removesuffix(".0/24").encode()
    for file in out.rglob("*"):
        if file.is_file():
            assert word not in file.read_bytes(), file


def test_a_withheld_peer_goes_with_all_that_it_brought(case: Path, tmp_path: Path) -> None:
    out = bundled(case, tmp_path, redaction={"addresses": ["127.0.0.1"]})
    assert told(out) == []


def test_own_addresses_are_in_no_list(case: Path, tmp_path: Path) -> None:
    run("own", case, "203.0.113.4")
    out = bundled(case, tmp_path)
    assert sorted(row["path"] for row in told(out)) == ["/f0.png", "/f1.png", "/f2.png"]


@pytest.mark.parametrize("place", ["a column that is read", "a part that is not read"])
def test_a_line_that_tells_goes_with_the_other_lines_of_its_act(place: str, tmp_path: Path) -> None:
    line = '203.0.113.{at} - - [25/Oct/2021:09:{at:02}:28 +0000] "PUT /f{at}.png HTTP/1.1" 201 5'
    plain = [line.format(at=at) for at in range(9)]
    url, more = ["-"] * 9, ["-"] * 9
    if place == "a column that is read":
        url[0] = "https://a.example/?for=198.51.100.66"
    else:
        more[0] = "asked for by 198.51.100.66"
    path = tmp_path / "c.wbcase"
    run("new", path)
    (tmp_path / "common.log").write_text("".join(f"{each}\n" for each in plain))
    (tmp_path / "combined.log").write_text(
        "".join(f'{each} "{one}" "UA" "{two}"\n' for each, one, two in zip(plain, url, more, strict=True))
    )
    run("logs", path, tmp_path / "common.log", tmp_path / "combined.log", "--source", "server")
    assert [len(row["citations"]) for row in listed("events", path)] == [2] * 9
    out = bundled(path, tmp_path, redaction={"addresses": ["198.51.100.66"]})
    assert sorted(row["path"] for row in told(out)) == [f"/f{at}.png" for at in range(1, 9)]
    for file in out.rglob("*"):
        if file.is_file():
            assert b"/f0.png" not in file.read_bytes(), file

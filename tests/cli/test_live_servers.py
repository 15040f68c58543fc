"""Logs of real servers with a known truth, taken in and questioned as a person would; the scores are printed."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.cli.running import listed, run
from tests.shared import shared_data

LOGS = {
    "apache-dav": "apache-access.log",
    "nginx-dav": "nginx-access.log",
    "proftpd": "proftpd-xferlog",
    "vsftpd": "vsftpd-xferlog",
}
SLACK = timedelta(seconds=2)
Row = dict[str, Any]


@pytest.fixture(scope="module")
def truth() -> list[Row]:
    lines = (shared_data("logs-live-servers") / "truth.jsonl").read_text("utf-8").splitlines()
    return [each for each in map(json.loads, lines) if each["op"] == "upload" and each["ok"]]


@pytest.fixture(scope="module", params=["files first", "logs first"])
def case(request: pytest.FixtureRequest, truth: list[Row], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One source a server with what was uploaded to it, and the server's log."""
    folder = tmp_path_factory.mktemp("live")
    data = shared_data("logs-live-servers").parent
    for each in truth:
        file = folder / each["server"] / each["path"].lstrip("/")
        file.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(data / each["body_file"], file)
    case = folder / "case.wbcase"
    run("new", case, "--examiner", "Kim")
    if request.param == "logs first":
        _take_logs(case)
    for server in LOGS:
        run("add", case, folder / server, "--source", server, code=None)
    if request.param == "files first":
        _take_logs(case)
    return case


def _take_logs(case: Path) -> None:
    folder = shared_data("logs-live-servers")
    # A few lines of these logs hold bytes that are no request: they are listed as rejects, which exit code 1 says.
    run("logs", case, *(folder / LOGS[each] for each in ("apache-dav", "nginx-dav")), code=None)
    run("logs", case, *(folder / LOGS[each] for each in ("proftpd", "vsftpd")), "--zone", "UTC", code=None)


@pytest.fixture(scope="module")
def uploads(case: Path) -> list[Row]:
    return listed("events", case, "--action", "upload")


def _of(uploads: list[Row], server: str) -> list[Row]:
    sha256 = hashlib.sha256((shared_data("logs-live-servers") / LOGS[server]).read_bytes()).hexdigest()
    return [row for row in uploads if row["log"] == sha256]


def _near(row: Row, each: Row) -> bool:
    at = datetime.fromisoformat(row["time"])
    return datetime.fromisoformat(each["utc_start"]) - SLACK <= at <= datetime.fromisoformat(each["utc_end"]) + SLACK


def _same(row: Row, each: Row) -> bool:
    """Address, user and time; of several in the same second the path decides, as far as the log holds it."""
    wanted, user = each["path"], each["user"]
    if each["server"] == "vsftpd":
        user = "ftp@example.com"  # an anonymous visitor stands in the log with the password that was typed
        known = "".join("?" * len(sign.encode()) if ord(sign) > 127 else sign for sign in wanted)
        fits = row["path"].replace(" ", "_") == known.replace(" ", "_")
    else:
        fits = row["path"].replace(" ", "_") == wanted.replace(" ", "_")
    return bool(fits and row["ok"] and row["address"] == each["client_ip"] and row["user"] == user and _near(row, each))


def _found(uploads: list[Row], each: Row) -> Row | None:
    return next((row for row in _of(uploads, each["server"]) if _same(row, each)), None)


def test_every_upload_is_found(truth: list[Row], uploads: list[Row]) -> None:
    score = Counter(each["server"] for each in truth if _found(uploads, each) is not None)
    print("found by address, user, time within 2 s and path:", dict(score))
    missing = [each for each in truth if _found(uploads, each) is None]
    assert missing == []


def test_paths_are_exact_where_the_log_holds_them(truth: list[Row], uploads: list[Row]) -> None:
    score: Counter[str] = Counter()
    for each in truth:
        row = _found(uploads, each)
        assert row is not None
        exact = row["path"] == each["path"]
        score[each["server"]] += exact
        if each["server"] in ("apache-dav", "nginx-dav"):
            assert exact
            assert not row["path_damaged"]
    print("paths exact:", dict(score))


def test_vsftpd_says_that_its_names_are_damaged(truth: list[Row], uploads: list[Row]) -> None:
    for each in truth:
        if each["server"] == "vsftpd":
            row = _found(uploads, each)
            assert row is not None
            assert row["path_damaged"] is (not each["path"].isascii())


def test_bytes_where_the_log_holds_them(truth: list[Row], uploads: list[Row]) -> None:
    for each in truth:
        row = _found(uploads, each)
        assert row is not None
        if each["server"] in ("proftpd", "vsftpd"):
            assert row["bytes_received"] == each["bytes"]
        else:
            assert row["bytes_received"] is None, "Apache and nginx log the bytes of the answer"


def test_zones(uploads: list[Row]) -> None:
    for server, zone in (("apache-dav", "line"), ("nginx-dav", "line"), ("proftpd", "given"), ("vsftpd", "given")):
        assert {row["zone"] for row in _of(uploads, server)} == {zone}


def test_the_root_of_proftpd_is_recorded(case: Path) -> None:
    roots = [row["arguments"]["prefix"] for row in listed("custody", case) if row["op"] == "logs.root"]
    assert roots == ["/srv/ftp/files"]


def test_every_upload_is_matched_to_its_file(truth: list[Row], uploads: list[Row]) -> None:
    last = {(each["server"], each["path"]): each for each in truth}
    score, wrong = Counter[str](), 0
    for each in truth:
        row = _found(uploads, each)
        assert row is not None
        hashes = {match["sha256"] for match in row["matches"]}
        # A file that was uploaded again lies there with its last bytes.
        score[each["server"]] += last[each["server"], each["path"]]["sha256"] in hashes
        wrong += len(hashes - {last[each["server"], each["path"]]["sha256"]})
    print("matched:", dict(score), "of", dict(Counter(each["server"] for each in truth)), "wrong:", wrong)
    assert sum(score.values()) == len(truth)
    assert wrong == 0


def test_without_a_zone_it_stays_unknown(tmp_path: Path) -> None:
    case = tmp_path / "x.wbcase"
    run("new", case)
    log = shared_data("logs-live-servers") / "vsftpd-xferlog"
    assert run("logs", case, log, "--json").object["zone"] == "unknown"
    rows = listed("events", case)
    assert {row["zone"] for row in rows} == {"unknown"}
    assert not any(row["time"].endswith("Z") for row in rows)
    read = run("logs", case, log, "--zone", "Asia/Seoul", "--json").object
    assert read["zone"] == "given"
    again = listed("events", case)
    assert len(again) == len(rows)
    assert {row["zone"] for row in again} == {"given"}


def test_ten_thousand_lines_are_all_accounted_for(tmp_path: Path) -> None:
    folder = shared_data("logs-elastic-apache")
    report = json.loads((folder / "goaccess-report.apache_logs.json").read_text())
    case = tmp_path / "x.wbcase"
    run("new", case)
    read = run("logs", case, folder / "apache_logs", "--json").object
    assert (read["lines"], read["events"], read["rejected"]) == (10_000, 10_000, 0)
    events = listed("events", case)
    assert sorted(row["line"] for row in events) == list(range(1, 10_001))
    assert sum(row["salvaged"] for row in events) == 1
    counts = {row["address"]: row["events"] for row in listed("origins", case)}
    assert counts == {address: host["hits"] for address, host in report["hosts"].items()}
    assert sum(row["bytes_sent"] or 0 for row in events) == report["general"]["bandwidth"]
    again = run("logs", case, folder / "apache_logs", "--json").object
    assert (again["lines"], again["events"]) == (10_000, 0)

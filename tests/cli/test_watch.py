"""`watch` and `schedule` as a contract: fields, exit codes, bad input, looking again and again."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.running import listed, run
from tests.servers.raw import Asked, Raw, raw_server
from workbench.cli.watch import seconds_of, size_of
from workbench.core.errors import UserError
from workbench.jobs import session

FIELDS = {
    "snapshot", "status", "sightings", "new_objects", "bytes", "warnings", "added", "changed", "removed", "returned",
    "requests", "failed",
}  # fmt: skip
PAGE = """<html>\r
<head><title>Index of /</title></head>\r
<body>\r
<h1>Index of /</h1><hr><pre><a href="../">../</a>\r
<a href="%EC%BB%B7.txt">컷.txt</a>              03-Jan-2024 09:00                   5\r
</pre><hr></body>\r
</html>\r
""".encode()


def script(asked: Asked) -> None:
    if asked.target == "/":
        asked.answer(PAGE)
    elif asked.target == "/%EC%BB%B7.txt":
        asked.answer(b"hello", kind="text/plain")
    else:
        asked.answer(b"", 404)


@pytest.fixture
def server() -> Iterator[Raw]:
    with raw_server(script) as server:
        yield server


@pytest.fixture
def case(tmp_path: Path) -> Path:
    path = tmp_path / "a.wbcase"
    run("new", path, "--examiner", "K. Example")
    return path


def test_a_look_prints_one_line_with_the_fields_of_the_contract(case: Path, server: Raw) -> None:
    ran = run("watch", case, server.url, "--once", "--source", "서버", "--json", code=None)
    code, out, err = ran.code, ran.out, ran.err
    (line,) = out.splitlines()
    row = json.loads(line)
    assert code == 0
    assert row.keys() >= FIELDS
    assert (row["snapshot"], row["status"], row["sightings"], row["new_objects"], row["bytes"]) == (
        1,
        "complete",
        1,
        1,
        5,
    )
    assert "서버" in err, "nothing was stated of who looks and why"
    assert listed("changes", case) == []
    (sighting,) = listed("sightings", case)
    assert (sighting["path"], sighting["state"], sighting["size_claimed"]) == ("컷.txt", "ok", 5)
    assert sighting["record"].startswith("urn:uuid:")


def test_the_charter_can_be_given_with_the_first_look(case: Path, server: Raw) -> None:
    words = ("--why", "조사", "--basis", "public interest", "--rate", "0")
    assert run("watch", case, server.url, "--source", "s", *words).err == ""
    shown = run("charter", case, "--source", "s", "--json").object
    assert (shown["who"], shown["why"], shown["basis"]) == ("K. Example", "조사", "public interest")


def test_what_was_agreed_on_holds_for_the_next_look(case: Path, server: Raw) -> None:
    run("watch", case, server.url, "--source", "s", "--rate", "0", "--list-only")
    assert [each["state"] for each in listed("sightings", case)] == ["not-fetched"]
    server.asked.clear()
    run("watch", case, server.url, "--source", "s")
    assert server.asked == [("GET", "/")], "still list only"


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (("ftp//nowhere", "--once"), "address"),
        (("banana", "--once"), "address"),
        (("file:///etc/", "--once"), "file"),
        (("http://a:b@127.0.0.1/", "--once"), "password"),
        (("http://127.0.0.1/", "--rate", "fast"), "rate"),
        (("http://127.0.0.1/", "--limit-bytes", "much"), "limit"),
        (("http://127.0.0.1/", "--every", "often"), "often"),
        (("http://127.0.0.1/", "--every", "5s"), "minute"),
        (("http://127.0.0.1/", "--recheck", "200%"), "share"),
        (("http://127.0.0.1/", "--proxy", "nonsense"), "proxy"),
        (("http://127.0.0.1/", "--kind", "gopher"), "gopher"),
        (("http://127.0.0.1/", "--contact", "a(b"), "contact"),
        ((), ""),
    ],
)
def test_wrong_use_is_one_sentence_and_changes_nothing(case: Path, words: tuple[str, ...], part: str) -> None:
    before = len(listed("custody", case))
    ran = run("watch", case, *words, "--json", code=None)
    code, out, err = ran.code, ran.out, ran.err
    assert (code, out) == (2, "")
    assert "Traceback" not in err
    assert part in err
    assert len(listed("custody", case)) == before


def test_a_name_stands_for_one_address(case: Path, server: Raw) -> None:
    run("watch", case, server.url, "--source", "s", "--rate", "0")
    ran = run("watch", case, f"{server.url}other/", "--source", "s", code=None)
    code, err = ran.code, ran.err
    assert code == 2
    assert server.url in err


def test_a_server_that_is_gone_is_a_failed_look_and_exit_1(case: Path, server: Raw) -> None:
    with raw_server(lambda asked: asked.answer(b"", 403)) as closed:
        ran = run("watch", case, closed.url, "--source", "s", "--rate", "0", "--json", code=None)
    code, out = ran.code, ran.out
    assert code == 1
    assert json.loads(out)["status"] == "failed"
    assert [(each["path"], each["state"]) for each in listed("coverage", case)] == [(None, "refused")]


def test_looking_again_and_again_stops_when_told(case: Path, server: Raw) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "workbench", "watch", str(case), server.url, "--every", "1h", "--source", "s", "--json"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=Path(__file__).parents[2], env={**os.environ},
    )  # fmt: skip
    assert process.stdout is not None
    row = json.loads(process.stdout.readline())
    time.sleep(0.3)
    process.send_signal(signal.SIGTERM)
    out, _ = process.communicate(timeout=20)
    assert (row["status"], out, process.returncode) == ("complete", b"", 143)
    assert run("schedule", case, "--source", "s", "--json").object["command"]


def test_the_anchor_goes_to_its_folder_after_the_look(case: Path, server: Raw, tmp_path: Path) -> None:
    place = tmp_path / "앵커"
    place.mkdir()
    row = run("watch", case, server.url, "--rate", "0", "--anchor-dir", place, "--json").object
    (anchor,) = place.iterdir()
    assert Path(row["anchor"]) == anchor
    assert row["custody_head"] in anchor.read_text()


def test_schedule_makes_entries_for_every_system(case: Path, server: Raw, tmp_path: Path) -> None:
    run("watch", case, server.url, "--source", "s", "--rate", "0")
    for kind in ("systemd", "launchd", "task", "cron"):
        made = run("schedule", case, "--source", "s", "--for", kind, "--every", "12h", "--json").object
        assert made["kind"] == kind
        assert any(server.url in text for text in made["files"].values())
    place = ("--for", "systemd", "--write", tmp_path / "units")
    written = run("schedule", case, "--source", "s", *place, "--json").object
    assert sorted(map(Path, written["written"])) == sorted((tmp_path / "units").iterdir())
    assert "Unit" in run("schedule", case, "--source", "s", "--for", "systemd").out
    ran = run("schedule", case, "--source", "nobody", code=None)
    code, err = ran.code, ran.err
    assert (code, "nobody" in err) == (2, True)


@pytest.mark.parametrize(
    ("text", "size"), [("500", 500), ("2k", 2048), ("1.5G", None), ("3 MiB", 3 << 20), ("-1", None)]
)
def test_sizes(text: str, size: int | None) -> None:
    if size is None:
        with pytest.raises(UserError):
            size_of(text)
    else:
        assert size_of(text) == size


def test_intervals() -> None:
    assert [seconds_of(each) for each in ("90m", "24h", "7d", "1w")] == [5400, 86_400, 604_800, 604_800]
    with pytest.raises(UserError):
        seconds_of("daily")


def test_a_decision_on_robots_holds_for_the_next_look(case: Path) -> None:
    def guarded(asked: Asked) -> None:
        if asked.target == "/robots.txt":
            asked.answer(b"User-agent: *\nDisallow: /\n", kind="text/plain")
        else:
            script(asked)

    with raw_server(guarded) as server:
        assert (
            run("watch", case, server.url, "--source", "s", "--rate", "0", "--json", code=1).object["status"]
            == "failed"
        )
        run("decide", case, "--source", "s", "--robots", "ignore")
        assert run("watch", case, server.url, "--source", "s", "--json").object["status"] == "complete"
        assert (
            run("watch", case, server.url, "--source", "s", "--robots", "obey", "--json", code=1).object["sightings"]
            == 0
        )


def test_an_interval_can_be_given_after_the_first_look(case: Path, server: Raw) -> None:
    run("watch", case, server.url, "--source", "s", "--once", "--rate", "0")
    words = ["watch", str(case), server.url, "--every", "24h", "--source", "s", "--json"]
    process = subprocess.Popen(
        [sys.executable, "-m", "workbench", *words],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=Path(__file__).parents[2],
    )  # fmt: skip
    time.sleep(3)
    waiting = process.poll() is None
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=20)
    assert waiting, err.decode()
    assert (out, process.returncode) == (b"", 130)


def test_what_was_set_can_be_taken_back(case: Path, server: Raw, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "ATTEMPTS", 1)  # nobody answers as a proxy
    first = ("--list-only", "--limit-files", "3", "--limit-bytes", "1k", "--proxy", "http://127.0.0.1:1", "--rate", "0")
    run("watch", case, server.url, "--source", "s", *first, code=None)
    back = ("--fetch", "--limit-files", "none", "--limit-bytes", "none", "--proxy", "none")
    assert run("watch", case, server.url, "--source", "s", *back, "--json").object["new_objects"] == 1
    server.asked.clear()
    assert run("watch", case, server.url, "--source", "s", "--json").object["status"] == "complete"


def test_a_look_is_told_in_words_with_what_stood_in_its_way(case: Path) -> None:
    def closed(asked: Asked) -> None:
        asked.answer(b"", 404 if asked.target == "/robots.txt" else 401)

    with raw_server(closed) as server:
        told = run("watch", case, server.url, "--source", "s", "--rate", "0", code=1).out
    assert "look 1: failed" in told
    assert "status 401" in told


def test_an_address_of_a_file_is_told_from_a_folder(case: Path) -> None:
    def file(asked: Asked) -> None:
        asked.answer(b"\x89PNG", 404 if asked.target == "/robots.txt" else 200, kind="image/png")

    with raw_server(file) as server:
        told = run("watch", case, f"{server.url}a.png", "--source", "s", "--rate", "0", code=1).out
    assert "leads to a file (image/png)" in told

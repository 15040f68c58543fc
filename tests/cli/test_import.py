"""``workbench import``: what it prints, how it ends, and what it leaves."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.cli.running import listed, run
from tests.sources.importers.harvests import listing, page, response, row, warc

HOST = "http://203.0.113.5/pub/"
FIELDS = {"snapshot", "status", "sightings", "new_objects", "bytes", "warnings"}


@pytest.fixture
def case(tmp_path: Path) -> Path:
    run("new", tmp_path / "a.wbcase", "--examiner", "Kim")
    return tmp_path / "a.wbcase"


@pytest.fixture
def harvest(tmp_path: Path) -> Path:
    return warc(
        tmp_path / "crawl.warc.gz",
        [
            listing(HOST, [row("a.png"), row("b.png")]),
            response(HOST + "a.png", b"hello", last_modified="Tue, 02 Jan 2024 10:00:07 GMT"),
        ],
    )


def test_the_result_is_that_of_add(case: Path, harvest: Path) -> None:
    done = run("import", case, harvest, "--source", "storage", "--json").object
    assert done.keys() == FIELDS
    assert done == {
        "snapshot": 1, "status": "partial", "sightings": 2, "new_objects": 1, "bytes": 5, "warnings": 0,
    }  # fmt: skip
    first, second = listed("sightings", case)
    assert (first["path"], first["state"], first["modified"], first["zone"], first["precision"]) == (
        "a.png", "ok", "2024-01-02T10:00:07.000000Z", "line", "second",
    )  # fmt: skip
    assert first["record"].startswith("urn:uuid:")
    assert (second["path"], second["state"], second["sha256"]) == ("b.png", "not-fetched", None)
    assert run("verify", case, "--json").object["ok"] is True
    assert [each["op"] for each in listed("custody", case)].count("intake.begin") == 1
    text = run("import", case, harvest).out
    assert "snapshot" in text
    assert "partial" in text


def test_what_is_told_without_being_a_result_goes_to_standard_error(case: Path, tmp_path: Path) -> None:
    path = tmp_path / "ls.json"
    entry = {"Path": "a", "Name": "a", "Size": 1, "ModTime": "2024-01-01T00:00:00Z", "IsDir": False}
    path.write_text(json.dumps([entry]))
    done = run("import", case, path, "--json")
    assert done.object["sightings"] == 1
    assert "does not say when it was made" in done.err
    assert run("import", case, path, "--observed", "2024-01-03", "--json").err == ""


def test_wrong_use_changes_nothing(case: Path, harvest: Path, tmp_path: Path) -> None:
    junk = tmp_path / "junk.bin"
    junk.write_bytes(b"\0\1\2")
    saved = tmp_path / "index.html"
    saved.write_bytes(page("/pub", [row("a.png")]))
    before = listed("custody", case)
    for words in (
        (junk,),
        (tmp_path / "nothing",),
        (saved,),
        (saved, "--base", "nowhere"),
        (saved, "--base", HOST, "--format", "warc"),
        (harvest, "--format", "zip"),
        (harvest, "--zone", "Mars"),
        (harvest, "--observed", "yesterday"),
        (harvest, "--source", " "),
        (case,),
        (case.with_suffix(".evidence"),),
        (),
    ):
        told = run("import", case, *words, code=2)
        assert told.out == ""
        assert len(told.err.strip().splitlines()) <= 2, words
    assert listed("custody", case) == before


def test_warnings_and_what_was_left_end_with_one(case: Path, harvest: Path, tmp_path: Path) -> None:
    junk = tmp_path / "junk.bin"
    junk.write_bytes(b"\0\1\2")
    done = run("import", case, junk, harvest, "--json", code=1)
    assert done.object["warnings"] == 1
    assert "junk.bin" in done.err
    assert [each["reason"] for each in listed("rejects", case)]
    harvest.write_bytes(harvest.read_bytes()[:-9])
    assert run("import", case, harvest, "--json", code=1).object["sightings"] == 2
    assert run("import", case, harvest, "--scope", "complete", "--json", code=1).object["status"] == "partial"


def test_the_end_says_whether_the_looks_are_what_was_asked_for(case: Path, harvest: Path, tmp_path: Path) -> None:
    """As with ``add``: a look of a part that was asked for is all there is; a part of a whole is not."""
    asked = ("--scope", "complete", "--json")
    assert run("import", case, harvest, "--json", code=0).object["status"] == "partial"
    done = run("import", case, harvest, *asked, code=1).object
    assert (done["status"], done["warnings"]) == ("partial", 0)  # b.png is listed and not in it
    whole = warc(tmp_path / "whole.warc.gz", [listing(HOST, [row("a.png")]), response(HOST + "a.png", b"hello")])
    assert run("import", case, whole, *asked, code=0).object["status"] == "complete"


def test_logs_beside_files_are_counted(case: Path, tmp_path: Path) -> None:
    folder = tmp_path / "harvest"
    (folder / "pub").mkdir(parents=True)
    (folder / "pub" / "a.png").write_bytes(b"x" * 10)
    line = '198.51.100.7 - - [03/Jan/2024:09:00:00 +0000] "PUT /pub/a.png HTTP/1.1" 201 10 "-" "curl/8"\n'
    (folder / "access.log").write_text(line)
    done = run("import", case, folder, "--observed", "2024-01-03", "--json").object
    assert (done["sightings"], done["logs"], done["events"]) == (1, 1, 1)
    (event,) = listed("events", case)
    assert [each["sha256"] for each in event["matches"]]
    assert listed("origins", case)[0]["address"] == "198.51.100.7"


def test_a_signal_keeps_the_state(case: Path, tmp_path: Path) -> None:
    """The same call goes on with what the killed one left."""
    names = [f"{number:04}.bin" for number in range(400)]
    parts = [listing(HOST, [row(name) for name in names])]
    path = warc(tmp_path / "big.warc.gz", parts + [response(HOST + name, name.encode() * 400) for name in names])
    command = [sys.executable, "-m", "workbench", "import", str(case), str(path), "--json", "--no-analyze"]
    settings = {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2])}
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    process = subprocess.Popen(command, cwd=tmp_path, env=settings, **quiet)
    objects = case.with_suffix(".evidence") / "objects"
    while process.poll() is None and sum(1 for _ in objects.glob("*/*")) < 20:
        time.sleep(0.02)
    process.kill()
    process.wait()
    done = run("import", case, path, "--no-analyze", "--json").object
    assert done["sightings"] == 400
    assert len(listed("sightings", case)) == 400
    assert run("verify", case, "--json").object["ok"] is True

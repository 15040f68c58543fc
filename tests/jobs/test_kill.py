"""``kill -9`` at any instant: the case is whole, the same call goes on, nothing is missing and nothing is double."""

from __future__ import annotations

import hashlib
import io
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from workbench.case.case import open_case
from workbench.case.readers import Reader
from workbench.jobs.logs import CHUNK
from workbench.queries.verify import verify

ROOT = Path(__file__).resolve().parents[2]
FILES = 2_000
PICTURES = 40
KINDS = ("write", "fsync", "rename", "commit-before", "commit-after")
pytestmark = pytest.mark.skipif(os.name == "nt", reason="there is no SIGKILL")


def command(what: str, case: Path, given: Path, kind: str = "", number: int = 0) -> list[str]:
    return [sys.executable, "-m", "tests.jobs.killed", what, str(case), str(given), kind, str(number)]


def run(*args: Any) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(command(*args), cwd=ROOT, capture_output=True, timeout=120, check=False)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Small files in folders, every tenth a copy of another one, and some pictures."""
    folder = tmp_path_factory.mktemp("server")
    for number in range(FILES):
        place = folder / f"shot_{number % 40:02}" / f"장면 {number}.txt"
        place.parent.mkdir(exist_ok=True)
        place.write_bytes(b"drawing %d" % (number if number % 10 else 7))
    for number in range(PICTURES):
        out = io.BytesIO()
        Image.new("RGB", (24, 16), (number * 6, 90, 200 - number)).save(out, "PNG")
        (folder / "pictures").mkdir(exist_ok=True)
        (folder / "pictures" / f"{number}.png").write_bytes(out.getvalue())
    return folder


def healthy(case: Path) -> None:
    with open_case(case, allow_risky=True) as opened:
        assert opened.ask(verify).problems == ()


def taken_in(reader: Reader) -> dict[str, Any]:
    return {
        "looks": reader.all("SELECT status FROM snapshot LEFT JOIN snapshot_end e ON e.snapshot = snapshot.id"),
        "paths": Counter(raw for (raw,) in reader.all("SELECT raw FROM sighting JOIN path ON path.id = sighting.path")),
        "objects": {sha256 for (sha256,) in reader.all("SELECT sha256 FROM object")},
        "stored": set(reader.evidence.names()),
        "analysed": Counter(reader.all("SELECT object, analyzer FROM analysis")),
        "folders": Counter(row for (row,) in reader.all("SELECT path FROM coverage")),
        "temporary": sum(1 for each in (reader.evidence.folder / "tmp").rglob("*") if each.suffix != ".lock"),
    }


def complete(case: Path, files: Path, *, analysed: bool) -> None:
    """One look, one sighting a path, one object for each distinct content, each analysed once by each analyzer."""
    expected = {each.relative_to(files): each.read_bytes() for each in files.rglob("*") if each.is_file()}
    distinct = {hashlib.sha256(data).digest() for data in expected.values()}
    with open_case(case, allow_risky=True) as opened:
        assert opened.ask(verify).problems == ()
        found = opened.ask(taken_in)
    assert found["looks"] == [("complete",)]
    assert found["paths"] == Counter({os.fsencode(path): 1 for path in expected})
    assert found["objects"] == distinct
    assert found["stored"] == {each.hex() for each in distinct}
    assert set(found["folders"].values()) == {1}
    if analysed:
        assert set(found["analysed"].values()) == {1}
        assert {row for row, _ in found["analysed"]} == set(range(1, len(distinct) + 1))


@pytest.fixture
def empty(template: Path, tmp_path: Path) -> Path:
    path = tmp_path / "case.wbcase"
    shutil.copyfile(template, path)
    shutil.copytree(template.with_suffix(".evidence"), path.with_suffix(".evidence"))
    return path


def killed_at_random(what: str, case: Path, given: Path, seconds: float) -> bool:
    """Start it, kill it after a while; was it still at work?"""
    process = subprocess.Popen(command(what, case, given), cwd=ROOT, stdout=subprocess.DEVNULL)
    time.sleep(seconds)
    process.send_signal(signal.SIGKILL)
    return process.wait(60) == -signal.SIGKILL


def copied(case: Path, to: Path) -> Path:
    """The same case under another name."""
    shutil.copyfile(case, to)
    shutil.copytree(case.with_suffix(".evidence"), to.with_suffix(".evidence"))
    return to


def unfinished(case: Path, files: Path, empty: Path, fresh: Path) -> Path:
    """This case while its look goes on; once it has ended, and all of it is there, a new one."""
    with open_case(case, allow_risky=True) as opened:
        ended = opened.ask(taken_in)["looks"] == [("complete",)]
    if not ended:
        return case
    complete(case, files, analysed=True)
    return copied(empty, fresh)


@pytest.mark.slow
def test_an_intake_of_two_thousand_files_is_killed_twenty_times(empty: Path, files: Path, tmp_path: Path) -> None:
    """Every run goes on where the one before was cut off; a look that came to its end is followed by a new case."""
    dice = random.Random(20240104)
    counted = copied(empty, tmp_path / "counted.wbcase")
    case = copied(empty, tmp_path / "killed.wbcase")
    begun = time.monotonic()
    whole = run("analyze", counted, files, "count")
    length = time.monotonic() - begun
    calls = json.loads(whole.stdout.splitlines()[-1])
    complete(counted, files, analysed=True)
    killed = 0
    for turn in range(10):
        kind = KINDS[turn % len(KINDS)]
        at = dice.randint(1, max(1, calls[kind] // 12))
        done = run("analyze", case, files, kind, at)
        assert done.returncode in (0, -signal.SIGKILL), done.stderr
        killed += done.returncode == -signal.SIGKILL
        healthy(case)
        case = unfinished(case, files, empty, tmp_path / f"{turn}a.wbcase")
        if killed_at_random("analyze", case, files, 0.35 + dice.random() * 0.05 * length):
            killed += 1
        healthy(case)
        case = unfinished(case, files, empty, tmp_path / f"{turn}b.wbcase")
    assert killed >= 15, "the runs were too short to be killed"
    assert run("analyze", case, files).returncode == 0
    complete(case, files, analysed=True)
    print(f"{killed} kills; calls of a whole run: {calls}; {length:.1f} s")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("at", [1, 2, 5])
def test_the_first_calls_of_a_run(empty: Path, tmp_path: Path, kind: str, at: int) -> None:
    few = tmp_path / "few"
    (few / "sub").mkdir(parents=True)
    for number in range(12):
        (few / "sub" / f"{number}.txt").write_bytes(b"%d" % (number // 2))
    assert run("add", empty, few, kind, at).returncode in (-signal.SIGKILL, 0 if at == 5 else -signal.SIGKILL)
    healthy(empty)
    with open_case(empty, allow_risky=True) as case:
        finished = case.ask(lambda reader: reader.value("SELECT count(*) FROM snapshot_end"))
    assert finished or run("add", empty, few).returncode == 0
    complete(empty, few, analysed=False)


@pytest.mark.parametrize("kind", [*KINDS, "link", "mkdir"])
def test_the_making_of_a_case(tmp_path: Path, kind: str) -> None:
    for number in range(1, 9):
        path = tmp_path / "made.wbcase"
        done = run("create", path, path, kind, number)
        if done.returncode == 0:
            break
        assert done.returncode == -signal.SIGKILL, done.stderr
        if path.exists():
            healthy(path)
        else:
            assert run("create", path, path).returncode == 0
            healthy(path)
        assert not [each for each in tmp_path.iterdir() if each.name.endswith(".new")]
        path.unlink()
        shutil.rmtree(path.with_suffix(".evidence"))
    else:
        pytest.fail("it never came to an end")


LINES = 30_000
WORDY = "; of many words" * 17
"""Agents that say so much make a log of several chunks out of few lines."""


def log_lines(count: int) -> bytes:
    line = '192.0.2.%d - - [01/Jan/2024:%02d:%02d:%02d +0000] "PUT /incoming/%d.png HTTP/1.1" 201 %d "-" "agent/%d%s"\n'
    made = [
        line % (each % 200, each // 3600 % 24, each // 60 % 60, each % 60, each, each, each % 7, WORDY)
        if each % 997
        else "this is no line of a log\n"
        for each in range(1, count)
    ]
    return "".join(made).encode()


def events(reader: Reader) -> list[tuple[Any, ...]]:
    return reader.all(
        "SELECT line, start, length, time, zone, action, status, ok, sent, received, damaged, salvaged, a.text, p.raw, "
        "m.text, g.text FROM event e LEFT JOIN address a ON a.id = e.address LEFT JOIN logpath p ON p.id = e.path "
        "LEFT JOIN word m ON m.id = e.method LEFT JOIN word g ON g.id = e.agent ORDER BY line, e.id"
    ) + reader.all("SELECT line, start, length, code FROM reject ORDER BY line")


def test_reading_a_log(empty: Path, tmp_path: Path) -> None:
    """Goes on behind the last line that was recorded; the events are those of a reading that nobody killed."""
    log = tmp_path / "access.log"
    log.write_bytes(log_lines(LINES))
    assert log.stat().st_size > 5 * CHUNK
    whole = tmp_path / "whole.wbcase"
    shutil.copyfile(empty, whole)
    shutil.copytree(empty.with_suffix(".evidence"), whole.with_suffix(".evidence"))
    counted = run("logs", whole, log, "count")
    calls = json.loads(counted.stdout.splitlines()[-1])
    with open_case(whole, allow_risky=True) as case:
        expected = case.ask(events)
    assert len(expected) == LINES - 1
    resumed = 0
    for number in range(1, calls["commit-before"] + 1):
        kind = KINDS[3 + number % 2]
        done = run("logs", empty, log, kind, min(number, 3))
        if done.returncode == 0:
            break
        assert done.returncode == -signal.SIGKILL, done.stderr
        resumed += 1
        healthy(empty)
    assert resumed >= 6
    assert run("logs", empty, log).returncode == 0
    with open_case(empty, allow_risky=True) as case:
        assert case.ask(events) == expected
        assert case.ask(lambda reader: reader.all("SELECT lines, events, rejected FROM reading_end")) == [
            (LINES - 1, LINES - 1 - LINES // 997, LINES // 997)
        ]
        assert case.ask(verify).problems == ()
    print(f"killed {resumed} times")

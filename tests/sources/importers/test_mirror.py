"""Folders that wget and aria2 filled: real ones where the programs are installed, and their oddities made by hand."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.servers.running import place
from tests.servers.web import apache, python_http
from tests.sources.importers.harvests import opened, page, row, tell, told
from workbench.core.records import Coverage
from workbench.core.times import Precision, Zone, parse_option
from workbench.sources.importers.aria2 import read_list, total_length
from workbench.sources.importers.mirror import MirrorImporter
from workbench.sources.importers.registry import detect
from workbench.sources.importers.wgetlog import disk_name

MIRROR = MirrorImporter()
LISTED, REFUSED, FAILED, NOT_REACHED = Coverage.LISTED, Coverage.REFUSED, Coverage.FAILED, Coverage.NOT_REACHED
NAMES = ("a.png", "分镜 012.png", "раскадровка.txt", "50%.txt", "a#b?c.txt", "sub/칼.png", "sub/deep er/x+y&z;=.bin")
T = 1_704_189_607
"""2024-01-02T10:00:07Z in seconds."""


def fill(root: Path) -> dict[bytes, bytes]:
    """A tree to serve; what is in it by raw path."""
    made = {}
    for number, name in enumerate(NAMES):
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        data = f"drawing {number}".encode() * (number + 1)
        file.write_bytes(data)
        os.utime(file, (T + number, T + number))
        made[name.encode()] = data
    for each in root.rglob("*"):
        each.chmod(0o755 if each.is_dir() else 0o644)
    return made


def wget(folder: Path, url: str, *options: str) -> None:
    """Run it; what the server refuses is an error of wget's, and no failure here.

    Connections are not kept: wget takes HTTP/1.0 with a length for a connection that stays, and with one try gives up a
    file when http.server closes it in between.
    """
    program = shutil.which("wget")
    if program is None:
        pytest.skip("wget is not installed")
    command = [program, "--tries=1", "--timeout=10", "--no-http-keep-alive", *options, url]
    environment = {**os.environ, "LC_ALL": "C.UTF-8", "TZ": "UTC"}
    subprocess.run(command, cwd=folder, env=environment, capture_output=True, timeout=60, check=False)


@pytest.mark.parametrize("log", [("-o", "wget-log"), ("-nv", "-o", "fetch.log"), ("-q",)])
def test_wget_of_a_real_server(tmp_path: Path, log: tuple[str, ...]) -> None:
    with place() as root, apache(root) as server:
        made = fill(root)
        (root / "secret").mkdir(mode=0o700)
        wget(tmp_path, server.url, "-r", "-np", "-l", "inf", "--reject", "5*.txt", *log)
        (tmp_path / "secret").mkdir(exist_ok=True)
        (tmp_path / "secret").rmdir()
    found = detect(tmp_path)
    assert found is not None
    assert found.name == "mirror"
    seen = told(MIRROR, tmp_path)
    listed = {name: seen.files.get(name) for name in made}
    assert listed == {**made, b"50%.txt": None}
    assert seen.problems == {}
    assert seen.harvested[b"50%.txt"].size is not None
    file = seen.harvested[NAMES[1].encode()]
    assert (file.modified, file.zone, file.precision) == ((T + 1) * 1_000_000, Zone.GIVEN, Precision.SECOND)
    pages = set(seen.files) - set(made)
    assert {b"index.html", b"sub/index.html"} <= pages
    assert all(b"index.html" in name for name in pages)
    assert all(seen.harvested[name].modified is None for name in pages)
    expected = {b"": LISTED, b"sub": LISTED, b"sub/deep er": LISTED}
    assert {path: seen.folders[path] for path in expected} == expected
    assert len(seen.containers) == ("-o" in log)


def test_the_time_of_a_run_is_that_of_its_log(tmp_path: Path) -> None:
    with place() as root, python_http(root) as server:
        fill(root)
        wget(tmp_path, server.url, "-r", "-np", "-o", "wget-log")
    (plain,) = opened(MIRROR, tmp_path)
    (moved,) = opened(MIRROR, tmp_path, zone="Asia/Pyongyang")
    assert plain.observed is not None
    assert moved.observed is not None
    assert (plain.observed.zone, moved.observed.zone) == (Zone.UNKNOWN, Zone.GIVEN)
    assert plain.observed.micros - moved.observed.micros == 9 * 3600 * 1_000_000
    assert {each.path for each in tell(plain.source).containers} == {b"wget-log"}


def test_the_start_is_where_the_harvest_begins(tmp_path: Path) -> None:
    with place() as root, python_http(root) as server:
        made = fill(root)
        wget(tmp_path, server.url + "sub/", "-r", "-np", "-q")
    seen = told(MIRROR, tmp_path)
    below = {path.removeprefix(b"sub/"): data for path, data in made.items() if path.startswith(b"sub/")}
    assert {path: data for path, data in seen.files.items() if b"index.html" not in path} == below
    assert seen.folders == {b"": LISTED, b"deep er": LISTED}


LOG = """--2024-01-03 09:00:00--  http://203.0.113.5/pub/
Saving to: ‘203.0.113.5/pub/index.html’

2024-01-03 09:00:01 (1 MB/s) - ‘203.0.113.5/pub/index.html’ saved [5/5]

--2024-01-03 09:00:01--  http://203.0.113.5/pub/get.php?id=3
2024-01-03 09:00:01 (1 MB/s) - ‘203.0.113.5/pub/get.php?id=3.html’ saved [5/5]

--2024-01-03 09:00:01--  http://203.0.113.5/pub/secret/
2024-01-03 09:00:01 ERROR 403: Forbidden.

--2024-01-03 09:00:01--  http://203.0.113.5/pub/no.png
2024-01-03 09:00:01 FEHLER 403: Verboten.

"""


def by_hand(tmp_path: Path) -> Path:
    """A harvest with what goes wrong in them; returns the folder of the server's ``pub``."""
    pub = tmp_path / "203.0.113.5" / "pub"
    pub.mkdir(parents=True)
    (tmp_path / "203.0.113.5" / "robots.txt").write_bytes(b"User-agent: *\n")
    (tmp_path / "wget-log").write_text(LOG, "utf-8")
    rows = [row("a.png", "  5 "), row("b.png", "  9 "), row("no.png"), row("secret/", "  - ", folder=True)]
    rows.append(row("%E5%88%86%88.png"))
    (pub / "index.html").write_bytes(page("/pub", rows))
    (pub / "index.html?C=N;O=D").write_bytes(page("/pub", rows[::-1]))
    for name in ("a.png", "a.png.1", "b.png", "get.php?id=3.html"):
        (pub / name).write_bytes(b"12345")
    (pub / os.fsdecode(b"\xe5%88%86%88.png")).write_bytes(b"12345")
    return pub


def test_names_errors_and_doubles(tmp_path: Path) -> None:
    by_hand(tmp_path)
    seen = told(MIRROR, tmp_path)
    assert set(seen.files) == {
        b"a.png", b"a.png.1", b"b.png", b"get.php?id=3", b"\xe5\x88\x86\x88.png", b"index.html", b"index.html?C=N;O=D",
    }  # fmt: skip
    assert seen.problems == {b"b.png": "import-size-differs", b"no.png": "import-refused"}
    assert seen.folders == {b"": LISTED, b"secret": REFUSED}
    assert seen.notes == [(b"a.png.1", "import-double-name")]


def test_folders_that_nobody_listed_are_not_reached(tmp_path: Path) -> None:
    pub = by_hand(tmp_path)
    (pub / "sub" / "inner").mkdir(parents=True)
    (pub / "sub" / "inner" / "x").write_bytes(b"x")
    (pub / "index.html").unlink()
    (pub / "index.html?C=N;O=D").write_bytes(b"<html><p>no listing</p></html>")
    seen = told(MIRROR, tmp_path)
    assert seen.folders == {b"": NOT_REACHED, b"sub": NOT_REACHED, b"sub/inner": NOT_REACHED}


def control(total: int) -> bytes:
    """A control file of version 1, as long as it matters."""
    return (
        b"\0\1"
        + bytes(4)
        + (0).to_bytes(4, "big")
        + (1 << 20).to_bytes(4, "big")
        + total.to_bytes(8, "big")
        + bytes(20)
    )


def test_aria2_leaves_unfinished_files_and_lists(tmp_path: Path) -> None:
    (tmp_path / "done.png").write_bytes(b"whole")
    (tmp_path / "half.bin").write_bytes(b"hal")
    (tmp_path / "half.bin.aria2").write_bytes(control(5_000_000_000))
    (tmp_path / "session.txt").write_text(
        "http://203.0.113.5/pub/cuts/%E5%88%86.bin\thttp://198.51.100.7/x\n gid=1\n out=half.bin\n"
        "http://203.0.113.5/pub/never.png\n gid=2\n"
    )
    found = detect(tmp_path)
    assert found is not None
    assert found.name == "mirror"
    seen = told(MIRROR, tmp_path)
    assert seen.files == {b"done.png": b"whole"}
    assert seen.problems == {
        "cuts/分.bin".encode(): "import-download-unfinished",
        b"never.png": "import-not-downloaded",
    }
    assert seen.harvested["cuts/分.bin".encode()].size == 5_000_000_000
    assert seen.folders == {b"": NOT_REACHED, b"cuts": NOT_REACHED}
    assert [each.path for each in seen.containers] == [b"session.txt"]


def test_a_real_control_file_of_aria2(tmp_path: Path) -> None:
    program = shutil.which("aria2c")
    if program is None:
        pytest.skip("aria2c is not installed")
    with place() as root, apache(root, extra="") as server:
        (root / "big.bin").write_bytes(bytes(3 << 20))
        (root / "big.bin").chmod(0o644)
        options = ["-q", "--no-conf", "--file-allocation=none", "--max-download-limit=300K", "--stop=2"]
        subprocess.run([program, *options, server.url + "big.bin"], cwd=tmp_path, timeout=30, check=False)
    seen = told(MIRROR, tmp_path)
    assert seen.files == {}
    assert seen.problems == {b"big.bin": "import-download-unfinished"}
    assert seen.harvested[b"big.bin"].size == 3 << 20


def test_small_readers() -> None:
    assert total_length(control(7)) == 7
    assert total_length(b"") is total_length(b"\0\7" + bytes(40)) is total_length(control(0)) is None
    assert read_list(b"# only a comment\n") is read_list(b"http://h/a\nnot a url\n") is None
    wanted = read_list(b"http://h/a%20b\n\thttp\n dir=/x\nhttp://h/c\n out=d\n")
    assert wanted is None or [each.name for each in wanted] == [b"a b", b"d"]
    assert disk_name("분镜".encode()) == b"\xeb\xb6%84\xe9%95%9C"
    assert parse_option("2024-01-02T10:00:07Z").micros == T * 1_000_000


def test_plain_folders_are_no_harvest(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"x")
    (tmp_path / "index.html").write_bytes(b"<html><body>Hello</body></html>")
    assert detect(tmp_path) is None

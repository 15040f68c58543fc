from __future__ import annotations

import base64
import csv
import errno
import hashlib
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
import zipfile
from pathlib import Path
from typing import Any

import bagit
import pytest

from tests.bundle.building import full_case, look, new_case, picture
from workbench.bundle import layout, sink
from workbench.bundle.verify import verify_bundle
from workbench.bundle.write import _scratch, write_bundle
from workbench.case import schema
from workbench.case.case import Case, open_case
from workbench.core.errors import Cancelled, UserError
from workbench.core.filter import Filter
from workbench.core.messages import Message
from workbench.core.progress import Progress, Step
from workbench.ops import marks
from workbench.queries import custody, files
from workbench.queries.verify import verify

ROOT = Path(__file__).parents[2]


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n") if line]


def stand_alone(folder: Path, *more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["python3", "-I", "-S", str(folder / "verify.py"), *more], capture_output=True, text=True, check=False
    )


def left(written: Any) -> dict[str, int]:
    return dict(written.left_out)


def test_a_whole_bundle_is_a_bag_for_everybody(whole: Path) -> None:
    assert verify_bundle(whole).problems == ()
    assert bagit.Bag(str(whole)).validate()
    for manifest in ("manifest-sha256.txt", "tagmanifest-sha256.txt"):
        subprocess.run(["sha256sum", "-c", "--quiet", "--strict", manifest], cwd=whole, check=True)
    subprocess.run(["sha512sum", "-c", "--quiet", "--strict", "manifest-sha512.txt"], cwd=whole, check=True)
    subprocess.run(["sha256sum", "-c", "--quiet", "manifest-sha256.txt"], cwd=whole / "data/evidence", check=True)
    done = stand_alone(whole)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.startswith("NO PROBLEM FOUND.")


def test_every_row_digest_of_a_whole_bundle_is_computed_again(whole: Path) -> None:
    entries = lines(whole / layout.CUSTODY)
    assert all(each["actor_salt"] and each["arguments_salt"] for each in entries)
    told = [rows for each in entries for rows in each["rows"] if rows["table"] not in schema.PRIVATE]
    assert all(rows["salt"] for rows in told)
    assert not any(rows["salt"] for each in entries for rows in each["rows"] if rows["table"] in schema.PRIVATE)
    total = sum(rows["count"] for rows in told)
    assert f"{len(entries)} acts and {total} recorded rows" in stand_alone(whole).stdout


def test_payload_names_are_plain_ascii_and_bytes_are_there_once(whole: Path) -> None:
    names = [path.relative_to(whole).as_posix() for path in whole.rglob("*") if path.is_file()]
    assert all(name.isascii() and "%" not in name and " " not in name for name in names)
    hashes = [
        line.split()[0] for line in (whole / "manifest-sha256.txt").read_text().splitlines() if "/objects/" in line
    ]
    assert len(hashes) == len(set(hashes))


def test_the_answer_of_the_act(case: Case, tmp_path: Path) -> None:
    head = case.ask(custody.head)
    written = write_bundle(case, tmp_path / "out", Filter(), recipient="Court 法院")
    assert written.custody_head == head.hash.hex()
    manifest = (tmp_path / "out/manifest-sha256.txt").read_bytes()

    assert written.manifest_sha256 == hashlib.sha256(manifest).hexdigest()
    assert written.objects == 8
    assert written.left_out == []
    info = bagit.Bag(str(tmp_path / "out")).info
    assert info["Workbench-Recipient"] == "Court 法院"
    assert info["External-Identifier"] == case.uid.hex()
    assert info["Payload-Oxum"].count(".") == 1


@pytest.mark.parametrize("asked", [Filter(), Filter(label=("vpn",)), Filter(path=("*00[12].png",))])
def test_the_evidence_part_is_the_same_each_time(case: Case, tmp_path: Path, asked: Filter) -> None:
    for name in ("one", "two"):
        write_bundle(case, tmp_path / name, asked, recipient=name)
        case.run(marks.note, [("object", 1)], f"between {name}")
        time.sleep(0.01)

    def content(name: str) -> dict[str, bytes]:
        root = tmp_path / name / "data/evidence"
        return {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}

    assert content("one") == content("two")


def test_the_rebuilt_case_verifies_and_shows_the_selection(case: Case, whole: Path, tmp_path: Path) -> None:
    lone = tmp_path / "lone" / "selection.wbcase"
    lone.parent.mkdir()
    lone.write_bytes((whole / layout.CASE_FILE).read_bytes())
    evidence = lone.with_suffix(".evidence")
    evidence.mkdir()
    shutil.copytree(whole / layout.OBJECTS, evidence / "objects")
    assert not any(path.name.endswith(("-wal", "-shm")) for path in (whole / "data/record").iterdir())
    with open_case(lone, write=False) as rebuilt:
        found = rebuilt.ask(verify)
        assert found.problems == ()
        assert rebuilt.uid != case.uid
        assert rebuilt.setting("origin_case") == case.uid.hex()
        assert rebuilt.setting("origin_head") == case.ask(custody.head).hash.hex()
        ours = rebuilt.ask(lambda reader: list(files.rows(reader, Filter())))
        theirs = case.ask(lambda reader: list(files.rows(reader, Filter())))
        assert [each["paths"] for each in ours] == [each["paths"] for each in theirs]
        assert {each["state"] for each in ours} == {"ok", "empty", "not-fetched"}
        assert [each["tags"] for each in ours] == [each["tags"] for each in theirs]


def test_the_case_opens_where_it_lies_and_leaves_the_bundle_as_it_was(copied: Path) -> None:
    place = copied / layout.CASE_FILE
    with open_case(place, write=False) as rebuilt:
        assert rebuilt.ask(verify).problems == ()
        states = {row["state"] for row in rebuilt.ask(lambda reader: list(files.rows(reader, Filter())))}
        assert states == {"ok", "empty", "not-fetched"}
    assert verify_bundle(copied).ok


def test_log_lines_come_along_as_they_were(case: Case, tmp_path: Path) -> None:
    written = write_bundle(case, tmp_path / "out", Filter(address=("192.0.2.1",)))
    (about,) = lines(tmp_path / "out/data/evidence/logs/index.jsonl")
    raw = (tmp_path / "out" / layout.object_path(about["excerpt"]["sha256"])).read_bytes()
    places = lines(tmp_path / "out/data/evidence/logs" / about["places"])
    with case.evidence.open(bytes.fromhex(about["log"])) as log:
        whole = log.read()
    assert len(places) == 7 == raw.count(b"\n")
    assert left(written)["log-lines"] == 16
    for place in places:
        line = whole.split(b"\n")[place["line"] - 1]
        assert whole[place["start"] : place["start"] + place["length"]] == line
        assert raw[place["offset"] : place["offset"] + place["length"]] == line
        assert line.startswith(b"192.0.2.1 ")
    assert len(lines(tmp_path / "out/data/record/tables/events.jsonl")) == 7
    for event in lines(tmp_path / "out/data/record/tables/events.jsonl"):
        assert event["log"] == about["log"]


def test_what_is_outside_of_the_filter_is_nowhere(case: Case, tmp_path: Path) -> None:
    written = write_bundle(case, tmp_path / "out", Filter(path=("*000.png",)))
    everything = b"".join(path.read_bytes() for path in (tmp_path / "out").rglob("*") if path.is_file())
    assert b"cut/000.png" in everything
    assert b"cut/001.png" not in everything
    assert "검토".encode() not in everything
    assert left(written)["outside-filter"] == 10
    assert verify_bundle(tmp_path / "out").ok


def test_a_filtered_look_is_partial_in_the_rebuilt_case_and_whole_in_the_table(case: Case, tmp_path: Path) -> None:
    write_bundle(case, tmp_path / "out", Filter(path=("*005.png",)))
    conn = sqlite3.connect(tmp_path / "out" / layout.CASE_FILE)
    assert {row[0] for row in conn.execute("SELECT status FROM snapshot_end")} == {"partial"}
    conn.close()
    told = lines(tmp_path / "out/data/record/tables/snapshots.jsonl")
    assert [each["status"] for each in told] == ["complete"] * 3
    changes = lines(tmp_path / "out/data/record/tables/changes.jsonl")
    assert [(each["change"], each["path"]) for each in changes] == [
        ("removed", "cut/005.png"),
        ("returned", "cut/005.png"),
    ]


def test_own_traffic_stays_behind_with_the_address(case: Case, tmp_path: Path) -> None:
    case.run(marks.own, ["2001:db8::9"])
    written = write_bundle(case, tmp_path / "out", Filter())
    assert left(written)["own-traffic"] == 7
    everything = b"".join(path.read_bytes() for path in (tmp_path / "out").rglob("*") if path.is_file())
    assert b"2001:db8::9" not in everything
    shown = write_bundle(case, tmp_path / "own", Filter(own=True))
    assert shown.left_out == []


def test_missing_and_damaged_bytes_are_counted_and_told(case: Case, tmp_path: Path) -> None:
    hashes = case.ask(lambda reader: [row[0] for row in reader.all("SELECT sha256 FROM object ORDER BY id")])
    objects = case.evidence.folder / "objects"
    (objects / hashes[0].hex()[:2] / hashes[0].hex()).unlink()
    damaged = objects / hashes[1].hex()[:2] / hashes[1].hex()
    damaged.chmod(0o600)
    damaged.write_bytes(damaged.read_bytes()[:-1] + b"?")
    for as_zip in (False, True):
        out = tmp_path / ("out.zip" if as_zip else "out")
        written = write_bundle(case, out, Filter(), as_zip=as_zip)
        assert left(written) == {"missing-bytes": 1, "damaged-bytes": 1}
        assert written.objects == 6
        assert verify_bundle(out).ok
    told = lines(tmp_path / "out/data/record/tables/files.jsonl")
    withheld = [each for each in told if each["state"] == "withheld"]
    assert {each["warnings"][-1]["code"] for each in withheld} == {"bundle-object-missing", "bundle-object-damaged"}
    assert hashes[0].hex() in json.dumps(withheld)
    assert stand_alone(tmp_path / "out").returncode == 0


def test_a_zip_holds_the_same_bag_in_one_stored_folder(case: Case, tmp_path: Path) -> None:
    write_bundle(case, tmp_path / "Case 7 分镜.zip", Filter(), as_zip=True)
    with zipfile.ZipFile(tmp_path / "Case 7 分镜.zip") as found:
        assert {name.split("/")[0] for name in found.namelist()} == {"Case 7 分镜"}
        assert {info.compress_type for info in found.infolist()} == {zipfile.ZIP_STORED}
        assert {info.date_time for info in found.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        found.extractall(tmp_path / "unpacked")
    assert verify_bundle(tmp_path / "Case 7 分镜.zip").ok
    assert bagit.Bag(str(tmp_path / "unpacked/Case 7 分镜")).validate()
    assert stand_alone(tmp_path / "unpacked/Case 7 分镜").returncode == 0


def test_names_as_hostile_as_they_come(tmp_path: Path) -> None:
    names = [
        b"=cmd|' /C calc'!A0.png",
        b"<script>alert(1)</script>.png",
        b'"><img src=x onerror=alert(1)>.png',
        b"line\nbreak\r.png",
        "invoice\u202egnp.exe".encode(),
        b"100%25%0A.png",
        "Nu\u0301n\u0303ez.png".encode(),
        "分镜 무적 Сцена 🎬.png".encode(),
        b"bad\xff\xfeutf8.png",
        b"back\\slash\\..\\x.png",
        b"x" * 255,
        "sep\u2028line\x85.png".encode(),
        b"+1.png",
        b"@sum.png",
        b"\ttab.png",
    ]
    with new_case(tmp_path, "<b>Title</b> & {{ 7*7 }}", examiner='=HYPERLINK("x")') as case:
        look(case, {name: picture(number) for number, name in enumerate(names)})
        case.run(marks.note, [("object", 1)], "<script>alert('note')</script>\n=1+1")
        write_bundle(case, tmp_path / "out", Filter(), recipient="Evil\nbag-info: injected")
    out = tmp_path / "out"
    assert verify_bundle(out).ok
    assert bagit.Bag(str(out)).validate()
    assert "\nbag-info" not in (out / "bag-info.txt").read_text()
    rows = lines(out / "data/record/tables/sightings.jsonl")

    seen = {base64.b64decode(row["path_raw"]) if "path_raw" in row else row["path"].encode() for row in rows}
    assert seen == set(names)
    assert (out / "data/record/tables/sightings.jsonl").read_text().splitlines() == (
        out / "data/record/tables/sightings.jsonl"
    ).read_text().rstrip("\n").split("\n")
    with (out / "data/record/tables/sightings.csv").open(encoding="utf-8-sig", newline="") as file:
        table = list(csv.DictReader(file))
    assert len(table) == len(names)
    assert not any(row["path"].startswith(("=", "+", "-", "@", "\t", "\r")) for row in table)
    assert {row["path"][:2] for row in table if row["guarded"]} == {"'=", "'+", "'@", "'\\", "li", "in", "se"}
    assert {row["path"] for row in table} >= {"'\\x09tab.png", "line\\x0abreak\\x0d.png", "invoice\\u202egnp.exe"}
    raw = (out / "data/record/tables/sightings.csv").read_bytes().replace(b"\r\n", b"")
    assert not [each for each in raw if each < 32 or each == 127]
    html = (out / "data/record/report.html").read_text(encoding="utf-8")
    assert "<script" not in html.lower()
    assert "<img src=x" not in html
    assert "<b>Title" not in html
    assert "{{ 7*7 }}" in html
    assert "\u202e" not in html
    assert "⟨U+202E⟩" in html


def test_the_report_stands_alone(whole: Path) -> None:
    html = (whole / "data/record/report.html").read_text(encoding="utf-8")
    import re

    assert "<script" not in html
    assert not re.search(r"(?:https?:)?//[a-z]", html)
    assert not re.search(r"\son[a-z]+\s*=", html)
    for target in re.findall(r'(?:src|href)="([^"]+)"', html):
        name, _, place = target.partition("#")
        page = (whole / "data/record" / (name or "report.html")).resolve()
        assert page.is_file(), target
        assert not place or f'id="{place}"' in page.read_text(encoding="utf-8"), target
    for said in (
        "Storyboards 무적 分镜",
        "W-7",
        "Ada",
        "on no list held",
        "198.51.100.7",
        "UTC",
        "CC0-1.0",
        "指示",
        "Only the seal",
    ):
        assert said in html


def test_a_name_that_is_taken_is_left_alone(case: Case, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    for out in (tmp_path / "out", tmp_path / "none" / "out", case.evidence.folder / "out"):
        with pytest.raises(UserError):
            write_bundle(case, out, Filter())
    assert list((tmp_path / "out").iterdir()) == []


@pytest.mark.parametrize("as_zip", [False, True])
@pytest.mark.parametrize("after", [0, 5, 30, 60])
def test_a_full_disk_leaves_nothing(
    case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, as_zip: bool, after: int
) -> None:
    count = iter(range(10_000))
    plain = sink.Sink.add

    def full(self: Any, path: str, stream: Any, size: int, check: Any = None) -> Any:
        if next(count) >= after:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return plain(self, path, stream, size, check)

    monkeypatch.setattr(sink.Sink, "add", full)
    (tmp_path / "place").mkdir()
    with pytest.raises(UserError) as raised:
        write_bundle(case, tmp_path / "place/out", Filter(), as_zip=as_zip)
    assert raised.value.message.code == "bundle-disk-full"
    assert list((tmp_path / "place").iterdir()) == []
    monkeypatch.undo()
    assert write_bundle(case, tmp_path / "place/out", Filter(), as_zip=as_zip).objects == 8


def test_a_bundle_that_does_not_verify_is_thrown_away(
    case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = sink.FolderSink.close

    def harm(self: Any) -> None:
        plain(self)
        (self._folder / layout.REPORT).write_bytes(b"other")

    monkeypatch.setattr(sink.FolderSink, "close", harm)
    (tmp_path / "place").mkdir()
    with pytest.raises(UserError) as raised:
        write_bundle(case, tmp_path / "place/out", Filter())
    assert raised.value.message.code == "bundle-not-sound"
    assert "report.html" in str(raised.value)
    assert list((tmp_path / "place").iterdir()) == []


def test_cancelled_at_any_stage_leaves_nothing(case: Case, tmp_path: Path) -> None:
    stages: list[str] = []
    write_bundle(case, tmp_path / "once", Filter(), progress=Progress(lambda step: stages.append(step.what)))
    (tmp_path / "place").mkdir()
    for stage in dict.fromkeys(stages):
        assert Message(stage).text() != stage
        progress = _stopping(stage)
        with pytest.raises(Cancelled):
            write_bundle(case, tmp_path / "place/out", Filter(), progress=progress)
        assert list((tmp_path / "place").iterdir()) == []


def _stopping(stage: str) -> Progress:
    def stop(step: Step) -> None:
        if step.what == stage:
            progress.cancel()

    progress = Progress(stop)
    return progress


KILLED = """
import os, sys
from pathlib import Path
from workbench.bundle import sink
from workbench.bundle.write import write_bundle
from workbench.case.case import open_case
from workbench.core.filter import Filter
left = [int(sys.argv[3])]
plain = sink.Sink.add
def add(self, *more):
    left[0] -= 1
    if left[0] < 0:
        os.kill(os.getpid(), 9)
    return plain(self, *more)
sink.Sink.add = add
with open_case(Path(sys.argv[1]), write=False) as case:
    write_bundle(case, Path(sys.argv[2]), Filter(), as_zip=sys.argv[2].endswith("zip"))
"""


@pytest.mark.parametrize(("name", "after"), [("out", 3), ("out", 70), ("out.zip", 40)])
def test_killed_and_run_again(case: Case, tmp_path: Path, name: str, after: int) -> None:
    place = tmp_path / "place"
    place.mkdir()
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(case.path), str(place / name), str(after)], cwd=ROOT, check=False
    )
    assert done.returncode == -signal.SIGKILL
    assert not (place / name).exists()
    assert list(place.iterdir())
    write_bundle(case, place / name, Filter(), as_zip=name.endswith("zip"))
    assert [path.name for path in place.iterdir()] == [name]
    assert verify_bundle(place / name).ok


def test_what_a_killed_bundle_left_goes_with_the_next_one_of_any_name(case: Case, tmp_path: Path) -> None:
    place = tmp_path / "place"
    place.mkdir()
    subprocess.run([sys.executable, "-c", KILLED, str(case.path), str(place / "first"), "3"], cwd=ROOT, check=False)
    left = {path.name for path in place.iterdir()}
    assert left
    with _scratch(place / "living"):
        living = {path.name for path in place.iterdir()}
        assert not left & living
        write_bundle(case, place / "second", Filter())
        assert {path.name for path in place.iterdir()} == {*living, "second"}
    assert [path.name for path in place.iterdir()] == ["second"]


def test_an_empty_case_and_a_filter_that_finds_nothing(tmp_path: Path) -> None:
    with new_case(tmp_path) as case:
        write_bundle(case, tmp_path / "empty", Filter())
    with full_case(tmp_path / "full") as case:
        written = write_bundle(case, tmp_path / "nothing", Filter(path=("nowhere",)))
    assert written.objects == 0
    for name in ("empty", "nothing"):
        assert verify_bundle(tmp_path / name).ok
        assert stand_alone(tmp_path / name).returncode == 0
        assert bagit.Bag(str(tmp_path / name)).validate()


def test_readable_names_for_strangers(whole: Path, tmp_path: Path) -> None:
    target = tmp_path / "readable"
    done = stand_alone(whole, "--extract", str(target))
    assert done.returncode == 0, done.stderr
    assert len(list(target.iterdir())) == 8
    assert any(path.name.startswith("指示 검토-") and path.suffix == ".png" for path in target.iterdir())


def test_memory_stays_bounded(tmp_path: Path) -> None:
    """A hundred megabytes of evidence pass through without being held."""
    import tracemalloc

    with new_case(tmp_path) as case:
        block = os.urandom(1 << 20)
        look(case, {b"big.bin": block * 100})
        tracemalloc.start()
        write_bundle(case, tmp_path / "out", Filter())
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    print(f"peak of Python memory: {most / 1e6:.1f} MB for 105 MB of evidence")
    assert most < 30_000_000

"""Every command on small real input: its fields, its exit code, its words."""

from __future__ import annotations

import hashlib
import json
import re
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageDraw

from tests.cli.running import listed, run

LINE = '{address} - - [{day:02}/Jan/2024:{hour:02}:00:00 +0000] "{method} {path} HTTP/1.1" {status} 12 "-" "curl/8"'


def picture(path: Path, seed: int, size: tuple[int, int] = (320, 200)) -> None:
    """A drawing with enough ink for a fingerprint."""
    image = Image.new("RGB", size, "white")
    draw = ImageDraw.Draw(image)
    for at in range(24):
        x, y = (at * 53 + seed * 97) % size[0], (at * at * 31 + seed * 41) % size[1]
        draw.rectangle((x, y, x + 20 + (seed * at) % 60, y + 30), fill=((seed * 50 + at * 9) % 200, 40, at * 10))
    path.parent.mkdir(parents=True, exist_ok=True)
    image.save(path)


def line(address: str, path: str, day: int, hour: int = 3, method: str = "PUT", status: int = 201) -> str:
    return LINE.format(address=address, day=day, hour=hour, method=method, path=path, status=status)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three dated looks, a log, and a case that has taken all of it in."""
    folder = tmp_path_factory.mktemp("world")
    looks = folder / "looks"
    picture(looks / "2024-01-01/a/one.png", 1)
    picture(looks / "2024-01-01/a/two.png", 2)
    (looks / "2024-01-01/读我.txt").write_text("绘图说明", "utf-8")
    picture(looks / "2024-01-02/a/one.png", 1)
    picture(looks / "2024-01-02/b/two.png", 2)  # moved
    picture(looks / "2024-01-02/a/three.png", 3)
    (looks / "2024-01-02/读我.txt").write_text("绘图说明 二", "utf-8")
    picture(looks / "2024-01-03/a/one.png", 1)
    picture(looks / "2024-01-03/a/three.png", 3)
    Image.open(looks / "2024-01-01/a/one.png").save(looks / "2024-01-03/a/one-again.jpg", quality=80)
    (looks / "2024-01-03/empty.bin").write_bytes(b"")
    lines = [
        line("2001:db8:0:0::7", "/a/three.png", 2),
        line("8.8.8.8", "/b/two.png", 2, 2),
        line("10.1.2.3", "/a/one.png", 3, 9, "GET", 200),
        line("203.0.113.9", "/a/", 3, 10, "GET", 200),
        "this is no line of any log at all",
    ]
    (folder / "access.log").write_text("\n".join(lines) + "\n", "utf-8")
    case = folder / "case.wbcase"
    run("new", case, "--title", "T", "--examiner", "Kim", "--number", "7")
    run("add", case, looks, "--series", "%Y-%m-%d", "--scope", "complete", "--source", "server")
    run("logs", case, folder / "access.log", code=1)
    run("own", case, "203.0.113.9")
    return folder


@pytest.fixture(scope="module")
def case(world: Path) -> Path:
    return world / "case.wbcase"


def test_new_says_where_and_which(tmp_path: Path) -> None:
    made = run("--json", "new", tmp_path / "a").object
    assert made["case"] == str(tmp_path / "a.wbcase")
    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", made["uid"])
    assert "exists already" in run("new", tmp_path / "a", code=2).err
    assert listed("custody", tmp_path / "a")[0]["arguments"]["title"] == "a"
    for words, actor, examiner in (
        ((), "examiner", None),
        (("--examiner", "Kim"), "Kim", "Kim"),
        (("--actor", "Lee"), "Lee", "Lee"),
        (("--examiner", "Kim", "--actor", "Lee"), "Lee", "Kim"),
    ):
        case = tmp_path / f"{len(list(tmp_path.iterdir()))}.wbcase"
        run("new", case, *words)
        first = listed("custody", case)[0]
        assert (first["actor"], first["arguments"].get("examiner")) == (actor, examiner)


def test_add_sums_a_series_up(world: Path, tmp_path: Path) -> None:
    run("new", tmp_path / "a")
    added = run("add", "--json", tmp_path / "a", "--series", "%Y-%m-%d", world / "looks", "--scope", "complete").object
    assert added["snapshots"] == [1, 2, 3]
    assert (added["snapshot"], added["status"]) == (3, "complete")
    assert (added["sightings"], added["new_objects"], added["warnings"]) == (11, 7, 0)
    assert added["bytes"] == sum(row["size"] for row in listed("files", tmp_path / "a"))


def test_add_is_a_new_look_each_time(world: Path, tmp_path: Path) -> None:
    run("new", tmp_path / "a")
    words = ("add", tmp_path / "a", world / "looks/2024-01-03", "--observed", "2024-01-03T10:00+09:00", "--json")
    first, second = run(*words).object, run(*words).object
    assert (first["snapshot"], second["snapshot"]) == (1, 2)
    assert (first["status"], first["new_objects"], second["new_objects"]) == ("partial", 4, 0)
    rows = listed("files", tmp_path / "a")
    assert {row["first_seen"] for row in rows} == {"2024-01-03T01:00:00.000000Z"}


def test_add_with_something_left_ends_with_one(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in/bad.png").write_bytes(b"\x89PNG\r\n\x1a\n" + b"\0" * 100)
    (tmp_path / "in/link").symlink_to("bad.png")
    run("new", tmp_path / "a")
    added = run("add", tmp_path / "a", tmp_path / "in", "--scope", "complete", "--json", code=1).object
    assert added["warnings"] >= 2
    reasons = {row["code"] for row in listed("rejects", tmp_path / "a")}
    assert "symlink-not-followed" in reasons
    assert [row["state"] for row in listed("files", tmp_path / "a", "--state", "undecodable")] == ["undecodable"]


def test_analyze_does_what_add_left(world: Path, tmp_path: Path) -> None:
    run("new", tmp_path / "a")
    run("add", tmp_path / "a", world / "looks/2024-01-01", "--no-analyze")
    assert {row["media_type"] for row in listed("files", tmp_path / "a")} == {None}
    rows = listed("analyze", tmp_path / "a")
    assert {row["analyzer"]: row["done"] for row in rows}["image"] == 3
    assert {frozenset(row) for row in rows} == {frozenset(("analyzer", "version", "done", "failed"))}
    assert all(row["done"] == 0 for row in listed("analyze", tmp_path / "a"))
    assert "image/png" in {row["media_type"] for row in listed("files", tmp_path / "a")}


def test_files(case: Path) -> None:
    rows = listed("files", case)
    assert set(rows[0]) == {
        "sha256", "size", "media_type", "width", "height", "state", "examined", "paths", "snapshots", "first_seen",
        "last_seen", "modified", "modified_zone", "tags", "verdict", "warnings",
    }  # fmt: skip
    assert len(rows) == 7
    empty = next(row for row in rows if row["size"] == 0)
    assert (empty["state"], empty["sha256"]) == ("empty", hashlib.sha256(b"").hexdigest())
    moved = next(row for row in rows if "b/two.png" in row["paths"])
    assert moved["paths"] == ["a/two.png", "b/two.png"]
    assert moved["snapshots"] == [1, 2]
    assert moved["first_seen"] == "2024-01-01T00:00:00.000000Z"


def test_what_was_decoded_and_what_is_misnamed(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    picture(tmp_path / "in/fine.png", 1)
    (tmp_path / "in/photo.jpg").write_bytes(bytes(range(7, 256)) * 9)
    (tmp_path / "in/page.png").write_text("<!doctype html><title>Sign in</title>")
    (tmp_path / "in/notes.txt").write_text("words")
    run("new", tmp_path / "a")
    run("add", tmp_path / "a", tmp_path / "in", code=None)
    rows = {row["paths"][0]: row for row in listed("files", tmp_path / "a")}
    assert {name for name, row in rows.items() if row["examined"]} == {"fine.png"}
    said = {name: [each["code"] for each in row["warnings"]] for name, row in rows.items()}
    differ = ["name-and-content-differ"]
    assert said == {"fine.png": [], "photo.jpg": differ, "page.png": differ, "notes.txt": []}
    found = listed("files", tmp_path / "a", "--type", "misnamed")
    assert {row["paths"][0] for row in found} == {"photo.jpg", "page.png"}
    assert len(listed("files", tmp_path / "a", "--not-type", "misnamed")) == 2


def test_sightings(case: Path) -> None:
    rows = listed("sightings", case)
    assert set(rows[0]) == {
        "id", "snapshot", "path", "sha256", "state", "size_claimed", "modified", "zone", "precision", "etag", "record",
        "trusted", "rechecked",
    }  # fmt: skip
    assert len(rows) == 11
    assert rows[0]["zone"] == "given"


def test_changes(case: Path) -> None:
    rows = listed("changes", case)
    assert set(rows[0]) == {"change", "path", "old_path", "sha256", "old_sha256", "size", "snapshot", "since"}
    found = {(row["snapshot"], row["change"], row["path"]) for row in rows if row["change"] != "time-changed"}
    assert found == {
        (2, "moved", "b/two.png"),
        (2, "added", "a/three.png"),
        (2, "changed", "读我.txt"),
        (3, "added", "a/one-again.jpg"),
        (3, "added", "empty.bin"),
        (3, "removed", "b/two.png"),
        (3, "removed", "读我.txt"),
    }
    moved = next(row for row in rows if row["change"] == "moved")
    assert moved["old_path"] == "a/two.png"
    assert moved["sha256"] == moved["old_sha256"]
    over = {(row["change"], row["path"]) for row in listed("changes", case, "--from", 1, "--to", 3)}
    assert ("removed", "a/two.png") in over
    assert listed("changes", case, "--to", 3) == [row for row in rows if row["snapshot"] == 3]
    assert listed("changes", case, "--from", 1) == [row for row in rows if row["snapshot"] == 2]
    assert "elsewhere" in run("changes", case, "--source", "elsewhere", code=2).err
    assert "no snapshot 9" in run("changes", case, "--from", 9, code=2).err
    assert "no neighbouring" in run("changes", case, "--from", 3, code=2).err


def test_events(case: Path) -> None:
    rows = listed("events", case)
    assert set(rows[0]) == {
        "time", "zone", "address", "peer", "forwarded", "address_rule", "action", "method", "path",
        "path_damaged", "status", "ok", "bytes_sent",
        "bytes_received", "user", "agent", "log", "line", "citations", "salvaged", "own", "matches",
    }  # fmt: skip
    assert [row["address"] for row in rows] == ["2001:db8::7", "8.8.8.8", "10.1.2.3"]
    assert rows[0]["time"] == "2024-01-02T03:00:00.000000Z"
    assert (rows[0]["action"], rows[0]["user"], rows[0]["bytes_received"]) == ("upload", None, None)
    match = rows[0]["matches"][0]
    assert set(match) == {"sighting", "sha256", "rule", "score"}
    three = next(row for row in listed("files", case) if row["paths"] == ["a/three.png"])
    assert match["sha256"] == three["sha256"]
    assert listed("events", case, "--own")[-1]["own"] is True


def test_rejects(case: Path) -> None:
    rows = listed("rejects", case)
    assert {"where", "line", "reason", "raw"} <= set(rows[0])
    assert (rows[0]["where"], rows[0]["line"]) == ("access.log", 5)
    assert rows[0]["raw"] == "this is no line of any log at all"


def test_origins(case: Path) -> None:
    rows = {row["address"]: row for row in listed("origins", case)}
    assert set(rows["8.8.8.8"]) == {
        "address", "country", "asn", "as_name", "labels", "events", "uploads", "uploads_failed",
        "upload_bytes", "first", "last", "claims",
    }  # fmt: skip
    assert rows["8.8.8.8"]["country"] == "US"
    assert rows["8.8.8.8"]["asn"] == 15169
    assert "private" in rows["10.1.2.3"]["labels"]
    assert {"set", "release", "prefix", "key", "value"} <= set(rows["8.8.8.8"]["claims"][0])
    assert "203.0.113.9" not in rows


def test_timeline(case: Path) -> None:
    rows = listed("timeline", case)
    assert [set(row) for row in rows] == [{"start", "count", "uploads", "looked", "logged"}] * 2
    assert [(row["start"], row["count"], row["uploads"]) for row in rows] == [
        ("2024-01-02T00:00:00+00:00", 2, 2),
        ("2024-01-03T00:00:00+00:00", 1, 0),
    ]
    hours = listed("timeline", case, "--by", "hour", "--zone", "Asia/Pyongyang")
    assert hours[0]["start"] == "2024-01-02T11:00:00+09:00"
    assert len(hours) == 32
    assert sum(row["count"] for row in hours) == 3
    observed = listed("timeline", case, "--clock", "observed")
    assert [(row["count"], row["uploads"], row["looked"]) for row in observed] == [
        (3, None, "complete"), (2, None, "complete"), (2, None, "complete"),
    ]  # fmt: skip


def test_similar_and_groups(world: Path, case: Path) -> None:
    one = next(row["sha256"] for row in listed("files", case) if "a/one.png" in row["paths"])
    again = next(row["sha256"] for row in listed("files", case) if "a/one-again.jpg" in row["paths"])
    near = listed("similar", case, one)
    assert [row["sha256"] for row in near] == [again]
    assert set(near[0]) == {"sha256", "distance"}
    outside = listed("similar", case, world / "looks/2024-01-01/a/one.png", "--distance", 12)
    assert {"sha256": one, "distance": 0} in outside
    assert listed("groups", case) == [{"group": 1, "members": sorted([one, again], key=[one, again].index)}]
    empty = hashlib.sha256(b"").hexdigest()
    assert "fingerprint" in run("similar", case, empty, code=2).err
    assert "whole number" in run("groups", case, "--distance", 99, code=2).err
    assert "no file or folder" in run("similar", case, "absent.png", code=2).err


def test_marks_and_their_undoing(world: Path, tmp_path: Path) -> None:
    case = tmp_path / "a.wbcase"
    run("new", case, "--examiner", "Kim")
    run("add", case, world / "looks/2024-01-01")
    run("logs", case, world / "access.log", code=1)
    file = next(row["sha256"] for row in listed("files", case) if row["paths"] == ["a/one.png"])
    log = listed("events", case)[0]["log"]
    acted = run(
        "mark", case, file, "8.8.8.8", "sighting:1", f"event:{log[:8]}:1", "--tag", "key", "--verdict", "relevant",
        "--note", "看", "--json"
    ).object  # fmt: skip
    assert set(acted) == {"op", "changed", "ops"}
    assert acted["changed"] == 12
    assert acted["op"] == acted["ops"][-1]
    row = next(row for row in listed("files", case) if row["sha256"] == file)
    assert (row["tags"], row["verdict"]) == (["key"], "relevant")
    assert set(run("mark", case, file, "--verdict", "later", "--actor", "Lee", "--json").object) == {"op", "changed"}
    assert _verdict(case, file) == "later"
    assert _verdict(case, file, "--actor", "Kim") == "relevant"
    undone = run("undo", case, "--actor", "Lee", "--json").object
    assert set(undone) == {"op", "undone", "changed"}
    assert undone["changed"] == 1
    assert _verdict(case, file) == "relevant"
    assert run("undo", case, acted["ops"][1], "--json").object["changed"] == 4
    assert _verdict(case, file) is None
    run("mark", case, file, "--untag", "key")
    assert next(row for row in listed("files", case) if row["sha256"] == file)["tags"] == []
    assert "nothing of yours" in run("undo", case, "--actor", "Nobody", code=2).err
    ops = [row["op"] for row in listed("custody", case)][-6:]
    assert ops == ["mark.verdict", "mark.note", "mark.verdict", "history.undo", "history.undo", "mark.untag"]


def _verdict(case: Path, sha256: str, *words: str) -> Any:
    return next(row for row in listed("files", case, *words) if row["sha256"] == sha256)["verdict"]


def test_a_wrong_target_changes_nothing(case: Path) -> None:
    before = listed("custody", case)
    for target in ("0" * 64, "sighting:99999", "192.0.2.99", "nonsense", "event:abcdef:1"):
        assert len(run("mark", case, "8.8.8.8", target, "--tag", "x", code=2).err.splitlines()) == 1
    assert "--tag" in run("mark", case, "8.8.8.8", code=2).err
    run("mark", case, "8.8.8.8", "--tag", " ", code=2)
    assert listed("custody", case) == before


def test_note_own_and_custody(tmp_path: Path) -> None:
    case = tmp_path / "a.wbcase"
    run("new", case)
    assert set(run("note", case, "Called the hoster.", "--json").object) == {"op"}
    assert run("own", case, "2001:DB8:0::1", "2001:db8::1", "--json").object["changed"] == 1
    assert run("own", case, "2001:db8::1", "--remove", "--json").object["changed"] == 1
    assert "no IP address" in run("own", case, "example.org", code=2).err
    rows = listed("custody", case)
    assert {"seq", "uid", "time", "actor", "op", "arguments", "rows", "prev", "hash"} <= set(rows[0])
    assert [row["seq"] for row in rows] == [1, 2, 3, 4]
    assert all(after["prev"] == before["hash"] for before, after in pairwise(rows))
    assert {"first", "last", "count", "digest"} <= set(rows[0]["rows"][0])


def test_verify_a_case(world: Path, tmp_path: Path) -> None:
    case = tmp_path / "a.wbcase"
    run("new", case)
    run("add", case, world / "looks/2024-01-01")
    checked = run("verify", case, "--json").object
    assert checked["ok"] is True
    assert checked["problems"] == []
    assert checked["checked"] > 10
    assert "All is as it was" in run("verify", case).out
    victim = next(path for path in (tmp_path / "a.evidence/objects").glob("*/*"))
    victim.chmod(0o600)
    victim.write_bytes(victim.read_bytes()[:-1] + b"!")
    found = run("verify", case, "--json", code=1).object
    assert found["ok"] is False
    assert set(found["problems"][0]) == {"kind", "where", "text"}
    assert found["problems"][0]["where"] == victim.name
    (tmp_path / "a.evidence").rename(tmp_path / "elsewhere")
    assert any(each["kind"] == "evidence-missing" for each in run("verify", case, "--json", code=1).object["problems"])


def test_verify_what_is_damaged_or_none(tmp_path: Path) -> None:
    case = tmp_path / "a.wbcase"
    run("new", case)
    whole = case.read_bytes()
    case.write_bytes(b"\0" * 100 + whole[100:])
    assert run("verify", case, "--json", code=1).object["problems"][0]["kind"] == "file-damaged"
    case.write_bytes(whole[:4096] + b"\xff" * 8192 + whole[12288:])
    assert run("verify", case, "--json", code=1).object["ok"] is False
    (tmp_path / "note.txt").write_text("no case")
    for path in (tmp_path / "note.txt", tmp_path / "absent", tmp_path):
        ran = run("verify", path, code=2)
        assert ran.out == ""
        assert len(ran.err.splitlines()) == 1


def test_anchor(case: Path, tmp_path: Path) -> None:
    head = listed("custody", case)[-1]
    made = run("anchor", case, tmp_path, "--json").object
    assert made["custody_head"] == head["hash"]
    text = Path(made["anchor"]).read_text("utf-8")
    assert f"custody-head: {head['hash']}\n" in text
    assert f"ops: {head['seq']}\n" in text
    assert re.search(r"^clock: .+$", text, re.MULTILINE)
    op = listed("custody", case)[-1]
    assert (op["op"], op["arguments"]["head"]) == ("anchor.write", head["hash"])
    assert op["arguments"]["anchor_sha256"] == hashlib.sha256(text.encode()).hexdigest()
    # The digest of all sightings, computed as the file describes it.
    uids = [row["arguments"]["snapshot"] for row in listed("custody", case) if row["op"] == "intake.begin"]
    shown = [f"{each[:8]}-{each[8:12]}-{each[12:16]}-{each[16:20]}-{each[20:]}" for each in uids]
    lines = sorted(
        f"{shown[row['snapshot'] - 1]}\t{row['sha256']}\t{row['path'].encode().hex()}\n".encode()
        for row in listed("sightings", case)
    )
    assert f"sightings-sha256: {hashlib.sha256(b''.join(lines)).hexdigest()}\n" in text
    reply = tmp_path / "reply.tsr"
    reply.write_bytes(b"a reply")
    assert "no time-stamp reply" in run("anchor", case, "--attach", reply, code=2).err
    assert listed("custody", case)[-1] == op
    assert run("anchor", case, "--check", made["anchor"], "--json").object["state"] == "grown"
    assert run("verify", case, "--json").object["ok"] is True
    assert "time-stamp" in run("anchor", case, "--attach", tmp_path / "absent", code=2).err
    assert "cannot be written" in run("anchor", case, tmp_path / "absent", code=2).err


SEALED = ("seal", "signed_by", "recorded", "searched")


def test_bundle_and_verify_it(case: Path, tmp_path: Path) -> None:
    made = run("bundle", case, tmp_path / "out", "--type", "image", "--for", "Desk", "--json").object
    assert set(made) == {"path", "objects", "bytes", "left_out", "manifest_sha256", "custody_head", *SEALED}
    assert made["recorded"]
    assert made["signed_by"] is None
    assert run("verify", tmp_path / "out", "--expect-seal", made["seal"]).code == 0
    said = run("verify", tmp_path / "out", "--expect-seal", "0" * 64, code=1)
    assert (said.code, "not signed" in said.out, made["seal"] in said.out) == (1, True, True)
    assert run("verify", tmp_path / "out", "--expect-seal", "abc", code=2).code == 2
    assert run("verify", tmp_path / "out", "--expect-key", "a" * 64, code=1).code == 1
    assert "sound" not in said.out.lower()
    assert made["objects"] >= 4
    assert {"outside-filter"} <= {each["reason"] for each in made["left_out"]}
    assert run("verify", tmp_path / "out", "--json").object["ok"] is True
    zipped = run("bundle", case, tmp_path / "out.zip", "--zip", "--json").object
    assert run("verify", zipped["path"], "--json").object["ok"] is True
    assert len(run("bundle", case, tmp_path / "out", code=2).err.splitlines()) == 1
    victim = next(path for path in (tmp_path / "out/data").rglob("*") if path.is_file())
    victim.chmod(0o600)
    victim.write_bytes(victim.read_bytes() + b"!")
    assert run("verify", tmp_path / "out", "--json", code=1).object["ok"] is False


def test_logs_one_line_a_file(world: Path, tmp_path: Path) -> None:
    case = tmp_path / "a.wbcase"
    run("new", case)
    log = world / "access.log"
    row = run("logs", case, log, "--source", "server", "--json", code=1).object
    assert {"log", "format", "lines", "events", "rejected", "zone"} <= set(row)
    assert (row["format"], row["lines"], row["events"], row["rejected"], row["zone"]) == ("combined", 5, 4, 1, "line")
    assert row["log"] == hashlib.sha256(log.read_bytes()).hexdigest()
    again = run("logs", case, log, "--json").object
    assert (again["events"], again["rejected"]) == (0, 0)
    grown = tmp_path / "grown.log"
    grown.write_text(log.read_text() + line("9.9.9.9", "/x.png", 4) + "\n")
    assert run("logs", case, grown, "--json").object["events"] == 1
    assert len(listed("events", case, "--own")) == 5


def test_what_is_no_log_does_not_stop_the_others(world: Path, tmp_path: Path) -> None:
    case = tmp_path / "a.wbcase"
    run("new", case)
    other = tmp_path / "other.txt"
    other.write_text("Dear diary,\nnothing happened.\n" * 20)
    assert run("logs", case, other, code=2).out == ""
    assert [row["op"] for row in listed("custody", case)] == ["case.create"]
    good = tmp_path / "good.log"
    good.write_text(line("9.9.9.9", "/x.png", 4) + "\n")
    ran = run("logs", case, other, tmp_path / "absent.log", good, "--json", code=1)
    assert len(ran.rows) == 1
    assert len(ran.err.splitlines()) == 2
    for words in (("--format", "nonsense"), ("--zone", "Mars/Base")):
        assert len(run("logs", case, good, *words, code=2).err.splitlines()) == 1


def test_files_that_came_after_their_log_are_matched(world: Path, tmp_path: Path) -> None:
    case = tmp_path / "a.wbcase"
    run("new", case)
    run("logs", case, world / "access.log", code=1)
    assert not any(row["matches"] for row in listed("events", case))
    run("add", case, world / "looks/2024-01-02", "--observed", "2024-01-02T12:00")
    assert sum(bool(row["matches"]) for row in listed("events", case)) == 2


def test_text_is_aligned_and_harmless(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in/\x1b[2Jevil\n.txt").write_text("x")
    (tmp_path / "in/그림.txt").write_text("y")
    case = tmp_path / "a.wbcase"
    run("new", case)
    run("add", case, tmp_path / "in")
    out = run("files", case).out
    assert "\x1b" not in out
    assert "\\x1b[2Jevil\\n.txt" in out
    lines = out.splitlines()
    assert len(lines) == 3
    assert lines[0].startswith("sha256")
    assert any("\x1b[2Jevil\n.txt" in path for row in listed("files", case) for path in row["paths"])


def test_json_is_one_object_a_line(case: Path) -> None:
    for command in ("files", "sightings", "changes", "events", "rejects", "origins", "timeline", "groups", "custody"):
        for text in run(command, case, "--json").out.splitlines():
            assert isinstance(json.loads(text), dict)

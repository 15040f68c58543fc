from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.bundle.forging import resealed
from tests.shared import shared_data
from workbench.bundle import layout
from workbench.bundle.verify import is_bundle, verify_bundle
from workbench.core.errors import UserError


def kinds(path: Path) -> set[str]:
    return {problem.kind for problem in verify_bundle(path).problems}


def stand_alone(folder: Path) -> subprocess.CompletedProcess[str]:
    """The shipped program, not the one in the bundle, which a forger could have changed."""
    program = Path(__file__).parents[2] / "resources/templates/verify_bundle.py"
    return subprocess.run(
        ["python3", "-I", "-S", str(program), str(folder)], capture_output=True, text=True, check=False
    )


def test_conformance_suite() -> None:
    """Every case of the Library of Congress' suite; fetch paths of other systems are refused on every system."""
    root = shared_data("bagit-conformance")
    truth: dict[str, str] = json.loads((root / "truth.json").read_text())
    wrong: list[str] = []
    for name, expected in sorted(truth.items()):
        found = verify_bundle(root / name)
        verdict = "fail" if found.problems else "pass-with-warning" if found.warnings else "pass"
        told = "; ".join(problem.text for problem in found.problems[:1])
        told = told or "; ".join(warning.text() for warning in found.warnings if "weak" not in warning.code)
        print(f"{expected:18} {verdict:18} {name}  {told}")
        sound = verdict != "fail"
        if sound == expected.startswith("fail"):
            wrong.append(name)
        if expected == "pass-with-warning" and not [each for each in found.warnings if "weak" not in each.code]:
            wrong.append(name)
    print(f"bagit conformance: {len(truth) - len(wrong)} of {len(truth)} right")
    assert wrong == []


def an_object(bundle: Path) -> Path:
    return next(path for path in sorted((bundle / layout.OBJECTS).rglob("*")) if path.is_file() and path.stat().st_size)


def flip(path: Path, at: int = -1) -> None:
    content = bytearray(path.read_bytes())
    content[at] ^= 1
    path.chmod(0o600)
    path.write_bytes(content)


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def drop_line(path: Path, number: int) -> None:
    found = path.read_bytes().split(b"\n")
    del found[number]
    path.write_bytes(b"\n".join(found))


TAMPER: dict[str, Callable[[Path], object]] = {
    "a byte of an object": lambda bundle: flip(an_object(bundle)),
    "a cell of a table": lambda bundle: edit(bundle / "data/record/tables/origins.csv", "vpn", "tor"),
    "a recorded row": lambda bundle: edit(bundle / "data/record/rows/address.jsonl", "192.0.2.1", "192.0.2.2"),
    "a custody line": lambda bundle: edit(bundle / layout.CUSTODY, "mark.tag", "mark.bag"),
    "a dropped custody line": lambda bundle: drop_line(bundle / layout.CUSTODY, 3),
    "the last custody line": lambda bundle: drop_line(bundle / layout.CUSTODY, -2),
    "a file more": lambda bundle: (bundle / "data/evidence/more.txt").write_text("x"),
    "a tag file more": lambda bundle: (bundle / "EXTRA.txt").write_text("x"),
    "a file less": lambda bundle: an_object(bundle).unlink(),
    "a renamed file": lambda bundle: an_object(bundle).rename(an_object(bundle).with_name("0" * 64)),
    "the report": lambda bundle: edit(bundle / layout.REPORT, "<h2>", "<h2 >"),
    "the README": lambda bundle: edit(bundle / layout.README, "WORDS", "WORLD"),
    "the verifier": lambda bundle: edit(bundle / layout.VERIFIER, "PROBLEM", "problem"),
    "a manifest line": lambda bundle: drop_line(bundle / "manifest-sha512.txt", 2),
    "a manifest": lambda bundle: (bundle / "manifest-sha256.txt").unlink(),
    "the declaration": lambda bundle: (bundle / "bagit.txt").write_text("BagIt-Version : 1.0\n"),
    "a link": lambda bundle: (bundle / "data/link").symlink_to("/etc/passwd"),
    "the case": lambda bundle: flip(bundle / layout.CASE_FILE, 40_000),
}


@pytest.mark.parametrize("what", TAMPER)
def test_tampering_is_found_by_both_verifiers(copied: Path, what: str) -> None:
    TAMPER[what](copied)
    assert verify_bundle(copied).problems
    done = stand_alone(copied)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "PROBLEMS: " in done.stdout
    assert "Traceback" not in done.stderr


def test_manifests_made_anew_over_the_same_content_are_no_damage(copied: Path) -> None:
    resealed(copied)
    assert verify_bundle(copied).problems == ()


FORGED: dict[str, tuple[Callable[[Path], object], str]] = {
    "a recorded row": (
        lambda bundle: edit(bundle / "data/record/rows/sighting.jsonl", '"ok"', '"not-fetched"'),
        "bundle-rows",
    ),
    "a dropped row": (lambda bundle: drop_line(bundle / "data/record/rows/mark.jsonl", 2), "bundle-rows"),
    "a row file": (lambda bundle: (bundle / "data/record/rows/event.jsonl").unlink(), "bundle-rows"),
    "an actor": (lambda bundle: edit(bundle / layout.CUSTODY, '"actor": "Ada"', '"actor": "Eve"'), "bundle-chain"),
    "a time": (lambda bundle: edit(bundle / layout.CUSTODY, '"time_us": 1', '"time_us": 2'), "bundle-chain"),
    "a dropped op": (lambda bundle: drop_line(bundle / layout.CUSTODY, 4), "bundle-chain"),
    "the last op": (lambda bundle: drop_line(bundle / layout.CUSTODY, -2), "bundle-head"),
    "an object": (lambda bundle: flip(an_object(bundle)), "bundle-object-name"),
}


@pytest.mark.parametrize("what", FORGED)
def test_forgeries_with_new_manifests_are_found_by_both(copied: Path, what: str) -> None:
    change, kind = FORGED[what]
    change(copied)
    resealed(copied)
    assert kind in kinds(copied)
    assert stand_alone(copied).returncode == 1


def test_a_changed_row_of_the_rebuilt_case_is_named(copied: Path) -> None:
    conn = sqlite3.connect(copied / layout.CASE_FILE)
    with conn:
        conn.execute("DROP TRIGGER claim_no_update")
        conn.execute("UPDATE claim SET value = 'tor' WHERE value = 'vpn'")
    conn.close()
    resealed(copied)
    found = verify_bundle(copied).problems
    assert any(each.kind == "bundle-case" and "claim op" in each.where for each in found)


def test_system_files_of_a_curious_recipient_are_no_damage(copied: Path) -> None:
    for place in ("", "data", "data/evidence", "data/evidence/objects"):
        (copied / place / ".DS_Store").write_bytes(b"x")
    found = verify_bundle(copied)
    assert {each.code for each in found.warnings} == {"warning-bag-system-file"}
    assert {problem.kind for problem in found.problems} == set()
    assert stand_alone(copied).returncode == 0


def zipped(bundle: Path, out: Path, rename: Callable[[str], str] = lambda name: name) -> Path:
    with zipfile.ZipFile(out, "w") as made:
        for path in sorted(bundle.rglob("*")):
            if path.is_file():
                made.write(path, rename(f"top/{path.relative_to(bundle).as_posix()}"))
    return out


def test_zips_of_others_and_hostile_ones(copied: Path, tmp_path: Path) -> None:
    assert verify_bundle(zipped(copied, tmp_path / "good.zip")).ok
    with zipfile.ZipFile(zipped(copied, tmp_path / "up.zip"), "a") as made:
        made.writestr("top/../../evil.txt", "x")
        made.writestr("/etc/evil", "x")
        made.writestr("other/evil", "x")
        made.writestr("top/data/CON.txt", "x")
    assert {"bag-path-unsafe", "bag-zip"} <= kinds(tmp_path / "up.zip")
    with zipfile.ZipFile(zipped(copied, tmp_path / "twin.zip"), "a") as made:
        made.writestr("top/README.TXT", "x")
    assert {"bag-path-twin", "bundle-tag-unlisted"} <= kinds(tmp_path / "twin.zip")
    content = bytearray((tmp_path / "good.zip").read_bytes())
    with zipfile.ZipFile(tmp_path / "good.zip") as found:
        at = found.getinfo(f"top/{an_object(copied).relative_to(copied).as_posix()}").header_offset + 200
    content[at] ^= 1
    (tmp_path / "bad.zip").write_bytes(content)
    assert {"bag-file-unreadable", "bag-file-changed"} & kinds(tmp_path / "bad.zip")


def test_what_is_no_bundle(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_bytes(b"PK\x03\x04 no zip")
    for name in ("folder", "file", "absent"):
        assert not is_bundle(tmp_path / name)
        with pytest.raises(UserError):
            verify_bundle(tmp_path / name)


def test_garbage_in_the_record_is_a_problem_and_no_crash(copied: Path) -> None:
    for path in (layout.CUSTODY, layout.SUMMARY, layout.CASE_FILE, "data/record/rows/event.jsonl", layout.BAG_INFO):
        kept = (copied / path).read_bytes()
        for garbage in (b"", b"\xff\xfe\x00", b"[1, 2]\n", b'{"case": 7}\n', b"null\n", b'{"seq": "x", "rows": 3}\n'):
            (copied / path).write_bytes(garbage)
            assert verify_bundle(copied).problems
            done = stand_alone(copied)
            assert (done.returncode, done.stderr) == (1, ""), (path, garbage, done.stderr)
        (copied / path).write_bytes(kept)
    assert verify_bundle(copied).ok


def test_a_bag_of_somebody_else(tmp_path: Path) -> None:
    import bagit

    folder = tmp_path / "theirs"
    folder.mkdir()
    (folder / "a b%20.txt").write_text("x")
    (folder / "Ünïcode.txt").write_text("y")
    bagit.make_bag(str(folder))
    assert verify_bundle(folder).ok
    shutil.rmtree(folder / "data")
    assert "bag-file-missing" in kinds(folder)

from __future__ import annotations

import hashlib
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.bundle.building import look, new_case, picture
from workbench.bundle import layout
from workbench.bundle.redaction import read_redaction
from workbench.bundle.verify import verify_bundle
from workbench.bundle.write import Written, write_bundle
from workbench.case.case import Case
from workbench.case.secret import commitment
from workbench.core.errors import UserError
from workbench.core.filter import Filter


def redacted(case: Case, tmp_path: Path, asked: Filter | None = None, **plain: Any) -> tuple[Written, Path, bytes]:
    """Write a redacted bundle; returns it and all of its bytes."""
    (tmp_path / "redact.json").write_text(json.dumps(plain))
    out = tmp_path / "out"
    written = write_bundle(case, out, asked or Filter(), redact=tmp_path / "redact.json")
    assert verify_bundle(out).ok
    done = subprocess.run(["python3", "-I", "-S", str(out / "verify.py")], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    return written, out, b"".join(path.read_bytes() for path in out.rglob("*") if path.is_file())


@pytest.mark.parametrize("hashes", ["committed", "open"])
def test_withheld_bytes_keep_their_row(case: Case, tmp_path: Path, hashes: str) -> None:
    sha256 = case.ask(lambda reader: reader.value("SELECT sha256 FROM object WHERE id = 2")).hex()
    with case.evidence.open(bytes.fromhex(sha256)) as stream:
        content = stream.read()
    written, out, everything = redacted(case, tmp_path, objects=[sha256], hashes=hashes)
    assert dict(written.left_out)["redacted-object"] == 1
    assert content not in everything
    assert not (out / layout.object_path(sha256)).exists()
    assert not (out / f"{layout.PREVIEWS}/{sha256}.jpg").exists()
    told = [json.loads(line) for line in (out / "data/record/tables/files.jsonl").read_text().splitlines()]
    withheld = [row for row in told if row["state"] == "withheld"]
    assert withheld
    is_open = hashes == "open"
    code = "bundle-withheld" if is_open else "bundle-withheld-committed"
    assert all(row["warnings"][-1]["code"] == code for row in withheld)
    assert (sha256.encode() in everything) is is_open
    assert bytes.fromhex(sha256) not in everything
    found = {row["commitment"] for row in withheld}
    if is_open:
        assert found == {None}
        assert sha256 in withheld[0]["warnings"][-1]["text"]
        return
    # Whoever guesses the file cannot confirm it; the owner of the case can open the commitment.
    salt, expected = case.ask(commitment, bytes.fromhex(sha256), len(content))
    assert found == {expected.hex()}
    opened = hashlib.sha256(
        b"workbench-commitment-1\0" + salt + hashlib.sha256(content).digest() + len(content).to_bytes(8, "little")
    )
    assert opened.hexdigest() == expected.hex()
    assert salt not in everything
    assert salt.hex().encode() not in everything
    assert all(row["size"] is None for row in withheld)


def test_withheld_names_are_nowhere(case: Case, tmp_path: Path) -> None:
    written, _, everything = redacted(case, tmp_path, paths=["cut/000.png", "*指示*"])
    assert dict(written.left_out)["redacted-path"] == 6
    assert dict(written.left_out)["redacted-event"] == 3
    assert b"000.png" not in everything
    assert "指示".encode() not in everything
    assert b"cut/001.png" in everything


def test_a_withheld_folder_goes_with_all_that_is_in_it(tmp_path: Path) -> None:
    with new_case(tmp_path) as case:
        look(case, {b"a/secret studio/cut.png": picture(1), b"a/b/open.png": picture(2)})
        _, out, everything = redacted(case, tmp_path, paths=["*secret studio/*"])
    assert b"secret studio" not in everything
    assert b"a/b/open.png" in everything
    assert len(list((out / layout.OBJECTS).rglob("*/*"))) == 1


def test_withheld_addresses_are_nowhere(case: Case, tmp_path: Path) -> None:
    written, _, everything = redacted(case, tmp_path, addresses=["198.51.100.0/24", "2001:db8::9"])
    assert dict(written.left_out)["redacted-event"] == 14
    assert b"198.51.100.7" not in everything
    assert b"2001:db8::9" not in everything
    assert b"192.0.2.1" in everything


def test_withheld_notes_tags_and_authors_are_nowhere(case: Case, tmp_path: Path) -> None:
    written, out, everything = redacted(case, tmp_path, notes=True, tags=["knife"], actors=True)
    assert dict(written.left_out)["redacted-note"] == 2
    assert dict(written.left_out)["redacted-tag"] == 2
    for secret in (b"scene 4", b"Began today", b"knife", b'"Ada"', b"Ada<"):
        assert secret not in everything, secret
    marks = [json.loads(line) for line in (out / "data/record/tables/marks.jsonl").read_text().splitlines()]
    assert {mark["actor"] for mark in marks} == {"author 1"}


def test_salts_are_given_only_for_what_is_there(case: Case, tmp_path: Path) -> None:
    _, out, _ = redacted(case, tmp_path, tags=["knife"])
    for line in (out / layout.CUSTODY).read_text().splitlines():
        entry = json.loads(line)
        if entry["op"] == "mark.tag":
            assert entry["arguments"] is None
            assert entry["arguments_salt"] is None
            assert [rows["salt"] for rows in entry["rows"]] == [None]
            assert len(entry["rows"][0]["digest"]) == 64


@pytest.mark.parametrize(
    "plain", ["", "[]", '{"object": []}', '{"objects": ["12"]}', '{"notes": "yes"}', '{"addresses": ["x"]}', "\udc80"]
)
def test_a_redaction_file_that_cannot_be_followed(case: Case, tmp_path: Path, plain: str) -> None:
    (tmp_path / "redact.json").write_bytes(plain.encode("utf-8", "surrogateescape"))
    with pytest.raises(UserError) as raised:
        write_bundle(case, tmp_path / "out", Filter(), redact=tmp_path / "redact.json")
    assert raised.value.message.code.startswith("redaction-")
    assert not (tmp_path / "out").exists()
    with pytest.raises(UserError):
        read_redaction(tmp_path / "absent.json")

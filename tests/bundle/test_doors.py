"""Every other door by which a text leaves: names of sources, logs and looks, the title, heads, digests, older rows."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.bundle.building import START, add_log, log_lines, look, new_case, picture, put
from tests.bundle.test_withheld import bytes_of
from tests.making import T0, sighted
from tests.watching import Said, look_at, watched
from workbench.bundle import layout
from workbench.bundle.verify import verify_bundle
from workbench.bundle.write import Written, write_bundle
from workbench.case.case import Case, change_settings
from workbench.case.operation import Operation
from workbench.core import passphrase as passphrases
from workbench.core.errors import UserError
from workbench.core.filter import Filter
from workbench.core.passphrase import VARIABLE, passphrase
from workbench.core.records import Basis, Purpose, Sighted, Status
from workbench.core.times import Precision, Zone
from workbench.jobs import process
from workbench.ops import history, intake, marks, watch

SECRET = "studio/secret-drawing.png"
NAME = "secret-drawing"


@pytest.fixture
def secretive(tmp_path: Path) -> Iterator[Case]:
    """A case with a file to withhold, and one to show."""
    with new_case(tmp_path) as case:
        look(case, {SECRET.encode(): picture(1), b"open/other.png": picture(2)})
        yield case


def exported(case: Case, tmp_path: Path, asked: Filter | None = None, **redaction: Any) -> tuple[Written, bytes]:
    """A bundle that verifies, also by its own verifier, and all of its bytes, unpacked."""
    (tmp_path / "redact.json").write_text(json.dumps(redaction))
    out = tmp_path / "out"
    written = write_bundle(case, out, asked or Filter(), redact=tmp_path / "redact.json")
    assert verify_bundle(out).problems == ()
    done = subprocess.run(["python3", "-I", "-S", str(out / "verify.py")], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    return written, bytes_of(out)


def test_no_name_of_a_source_a_log_or_a_look_tells(secretive: Case, tmp_path: Path) -> None:
    case = secretive
    look(case, {b"open/third.png": picture(3)}, source=f"mirror of {SECRET}")
    observed = intake.Look(
        "server", "folder", START, START, Basis.ASSERTED, Precision.SECOND, "partial", f"with {SECRET}"
    )
    snapshot = case.run(intake.begin, observed).result
    case.run(intake.end, snapshot, Status.PARTIAL, START + 9)
    add_log(case, log_lines(3, ["192.0.2.1"]), source=f"log of {SECRET}")
    _, everything = exported(case, tmp_path, exact_paths=[SECRET])
    assert NAME.encode() not in everything
    assert b"(name withheld)" in everything
    assert b"open/third.png" in everything


def test_no_title_number_or_organisation_tells(secretive: Case, tmp_path: Path) -> None:
    told = f"The case of {SECRET}"
    secretive.run(change_settings, {"title": told, "number": told, "organisation": told})
    _, everything = exported(secretive, tmp_path, exact_paths=[SECRET])
    assert NAME.encode() not in everything
    assert json.loads((tmp_path / "out" / layout.SUMMARY).read_text())["title"] == "(title withheld)"


@pytest.mark.parametrize(
    ("asked", "recipient"), [(Filter(path=(SECRET,)), None), (Filter(), f"Whoever drew {NAME}.png")]
)
def test_what_was_asked_for_must_not_tell(
    secretive: Case, tmp_path: Path, asked: Filter, recipient: str | None
) -> None:
    (tmp_path / "redact.json").write_text(json.dumps({"exact_paths": [SECRET]}))
    with pytest.raises(UserError) as raised:
        write_bundle(secretive, tmp_path / "out", asked, recipient=recipient, redact=tmp_path / "redact.json")
    assert raised.value.message.code == "bundle-words-withheld"
    assert not (tmp_path / "out").exists()


def test_no_head_that_a_server_sent_tells(tmp_path: Path) -> None:
    content = picture(1)
    digest = hashlib.md5(content, usedforsecurity=False)
    etag, coded = f'"{digest.hexdigest()}"', base64.b64encode(digest.digest()).decode()
    with new_case(tmp_path) as case:
        look(case, {b"a/drawing.png": content, b"b/other.png": picture(2)})
        snapshot = case.run(
            intake.begin, intake.Look("server", "folder", START, START, Basis.ASSERTED, Precision.SECOND, "partial")
        ).result
        headers = json.dumps({"content-md5": coded, "x-from": "203.0.113.9"})
        seen = Sighted(
            b"b/listed.png", None, "not-fetched", 5, START, Zone.UNKNOWN, Precision.SECOND, etag=etag, headers=headers
        )
        case.run(intake.batch, snapshot, [seen], [], intake.Known())
        case.run(intake.end, snapshot, Status.PARTIAL, START + 9)
        sha256 = hashlib.sha256(content).hexdigest()
        _, everything = exported(case, tmp_path, objects=[sha256])
    for told in (digest.hexdigest(), coded, sha256):
        assert told.encode() not in everything, told
    assert b"b/listed.png" in everything


def test_no_listing_tells_the_digest_of_a_withheld_file(tmp_path: Path) -> None:
    content = b"a file of the server, long enough"
    etag = hashlib.md5(content, usedforsecurity=False).hexdigest()
    with new_case(tmp_path) as case:
        start = "http://192.0.2.80/pub/"
        watched(case, "store", start)
        held = put(case, content)
        page = f"<Contents><Key>open.bin</Key><ETag>{etag}</ETag></Contents>".encode()
        pages = [
            Said(start, body=page),
            Said(f"{start}?plain", body=b"<Contents><Key>nothing</Key></Contents>"),
            Said(f"{start}open.bin", purpose=Purpose.FILE, object=held.sha256, body=content),
        ]
        look_at(case, pages, [sighted(b"open.bin", held, T0)], source="store")
        _, everything = exported(case, tmp_path, objects=[held.sha256.hex()])
    assert etag.encode() not in everything
    assert held.sha256.hex().encode() not in everything
    assert b"<Key>nothing</Key>" in everything


def test_a_log_can_be_withheld_by_its_hash(secretive: Case, tmp_path: Path) -> None:
    add_log(secretive, log_lines(5, ["192.0.2.1"]), junk=["unread words"])
    sha256 = secretive.ask(
        lambda reader: reader.value("SELECT lower(hex(o.sha256)) FROM log l JOIN object o ON o.id = l.object")
    )
    written, everything = exported(secretive, tmp_path, objects=[sha256])
    assert sha256.encode() not in everything
    assert b"192.0.2.1" not in everything
    assert b"unread words" not in everything
    assert dict(written.left_out)["redacted-log"] == 1


def test_what_an_older_look_is_resumed_by_stays_here(secretive: Case, tmp_path: Path) -> None:
    """Up to version 2 it stood in the row of the look."""
    key = b"keyed by the uid of the case    "

    def begin(tx: Any) -> None:
        tx.add(
            "snapshot", uid=b"n" * 16, source=1, began=START, observed=START, basis="witnessed", precision=0,
            scope="partial", name=None, resume=key,
        )  # fmt: skip

    secretive.run(Operation("intake.begin", begin, False, False))
    _, everything = exported(secretive, tmp_path)
    assert key not in everything
    assert key.hex().encode() not in everything


def test_a_withheld_note_does_not_come_back_by_an_undo(secretive: Case, tmp_path: Path) -> None:
    target = [("object", 2)]
    noted = secretive.run(marks.note, target, "peculiar words")
    undone = secretive.run(history.undo, noted.seq)
    secretive.run(history.undo, undone.seq)
    secretive.run(marks.note, target, "other words")
    tagged = secretive.run(marks.tag, target, "bluebird-op")
    secretive.run(history.undo, tagged.seq)
    uids = secretive.ask(
        lambda reader: reader.all(
            "SELECT lower(hex(uid)) FROM mark WHERE value = 'peculiar words' OR (kind = 'tag' AND present) "
            "GROUP BY kind ORDER BY id"
        )
    )
    assert len(uids) == 2
    written, everything = exported(secretive, tmp_path, marks=[each for (each,) in uids])
    assert b"peculiar words" not in everything
    assert b"bluebird-op" not in everything
    assert b"other words" in everything
    assert dict(written.left_out)["redacted-mark"] == 5


def test_an_author_is_named_by_no_charter(tmp_path: Path) -> None:
    with new_case(tmp_path) as case:
        start = "http://192.0.2.80/pub/"
        watched(case, "store", start)
        case.actor = "Zqreviewer Oh"
        case.run(watch.charter, "store", "The desk", "To see", "Assigned", "Interest", "A hint", "A proxy")
        case.actor = "Ada"
        look_at(case, [Said(start, body=b"a page")], [], source="store")
        _, everything = exported(case, tmp_path, authors=["Zqreviewer Oh"])
    assert b"Zqreviewer" not in everything
    assert b"The desk" in everything


def test_no_child_process_has_the_passphrase(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passphrases, "_taken", [])
    monkeypatch.setenv(VARIABLE, "pass 词")
    assert VARIABLE not in process._environment()
    assert passphrase() == "pass 词"
    assert VARIABLE not in os.environ
    assert passphrase() == "pass 词"

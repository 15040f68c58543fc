"""Damaged WARC files: one record is lost, or none, never all that follow; and each damaged place is said."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from tests.sources.importers.harvests import answer, record, response, sha1, told, warc
from workbench.sources.importers.warc import WarcImporter

HOST = "http://203.0.113.5/"
WARC = WarcImporter()
BODY = {b"%d" % number: bytes([65 + number]) * (700 + number) for number in range(5)}


def _records() -> list[bytes]:
    return [response(HOST + name.decode(), body) for name, body in BODY.items()]


def _stating(number: int, by: int) -> list[bytes]:
    """All records, one of which states a length that is wrong by so many bytes."""
    made = _records()
    length = len(answer(BODY[b"%d" % number]))
    right, wrong = (b"\r\nContent-Length: %d\r\n\r\nHTTP" % each for each in (length, length + by))
    assert made[number].count(right) == 1
    made[number] = made[number].replace(right, wrong)
    return made


@pytest.mark.parametrize("zipped", [True, False])
@pytest.mark.parametrize("number", [0, 2, 4])
@pytest.mark.parametrize("by", [1, 2, 4, 5, 90, 1000, 10_000_000, -1, -4, -300])
def test_a_wrong_length_loses_nothing(tmp_path: Path, zipped: bool, number: int, by: int) -> None:
    seen = told(WARC, warc(tmp_path / "a.warc", _stating(number, by), zipped=zipped))
    assert seen.files == BODY
    assert seen.problems == {}
    assert seen.codes == {"import-warc-length"}


@pytest.mark.parametrize("zipped", [True, False])
def test_a_wrong_length_of_a_record_without_a_length_of_its_own(tmp_path: Path, zipped: bool) -> None:
    """What ends it is the next record, or the end of its member."""
    head = b"HTTP/1.1 200 OK\r\n\r\n"
    made = _records()
    for by in (60, -60):
        wrong = record("response", HOST + "2", head + BODY[b"2"], warc_payload_digest=sha1(BODY[b"2"]))
        size = len(head + BODY[b"2"])
        made[2] = wrong.replace(b"Content-Length: %d\r\n" % size, b"Content-Length: %d\r\n" % (size + by))
        seen = told(WARC, warc(tmp_path / "a.warc", made, zipped=zipped))
        assert seen.files == BODY
        assert seen.codes == {"import-warc-length"}


@pytest.mark.parametrize("left", [1, 12, 40, 90])
def test_a_member_that_is_cut_off_in_the_middle_loses_one_record(tmp_path: Path, left: int) -> None:
    members = [gzip.compress(each, mtime=0) for each in _records()]
    members[2] = members[2][:left]
    path = tmp_path / "a.warc.gz"
    path.write_bytes(b"".join(members))
    seen = told(WARC, path)
    assert set(seen.files) == set(BODY) - {b"2"}
    assert all(seen.files[name] == BODY[name] for name in seen.files)
    assert {"warc-damaged", "import-warc-gaps"} <= seen.codes


@pytest.mark.parametrize("zipped", [True, False])
@pytest.mark.parametrize("junk", [b"\0" * 300, b"junk\r\nWARC/ is no record\r\n\r\n", b"\x1f\x8b\x08 junk" * 20])
def test_garbage_between_records_loses_none(tmp_path: Path, zipped: bool, junk: bytes) -> None:
    made = [gzip.compress(each, mtime=0) if zipped else each for each in _records()]
    path = tmp_path / "a.warc"
    path.write_bytes(made[0] + junk + b"".join(made[1:3]) + junk + b"".join(made[3:]) + junk)
    seen = told(WARC, path)
    assert seen.files == BODY
    assert seen.problems == {}
    assert [code for _, code in seen.notes].count("import-warc-gaps") == 1


def test_a_record_with_damaged_fields_is_passed_over(tmp_path: Path) -> None:
    made = _records()
    made[1] = made[1].replace(b"\r\nContent-Length: ", b"\r\nContent-Length: many", 1)
    made[3] = made[3].replace(b"WARC-Target-URI:", b"WARC-Target-URI", 1).replace(b"http://", b"http//", 1)
    seen = told(WARC, warc(tmp_path / "a.warc", made, zipped=False))
    assert set(seen.files) == {b"0", b"2", b"4"}
    assert "import-warc-gaps" in seen.codes


def test_a_payload_that_holds_a_warc_file_stays_one_file(tmp_path: Path) -> None:
    """Whatever its record states: its answer says how long it is."""
    inner = b"".join(_records())
    made = [response(HOST + "inner.warc", inner), *_records()]
    length = len(answer(inner))
    for by in (-700, 50):
        wrong = made[0].replace(
            b"\r\nContent-Length: %d\r\n" % length, b"\r\nContent-Length: %d\r\n" % (length + by), 1
        )
        seen = told(WARC, warc(tmp_path / "a.warc", [wrong, *made[1:]], zipped=False))
        assert seen.files == {b"inner.warc": inner, **BODY}


def test_a_revisit_that_refers_to_nothing_is_a_sighting(tmp_path: Path) -> None:
    """With its bytes where the digest is known, else as a file that was not had."""
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 700\r\n\r\n"
    made = [
        record("response", HOST + "0", answer(BODY[b"0"]), warc_payload_digest=sha1(BODY[b"0"])),
        record("revisit", HOST + "again", head, warc_payload_digest=sha1(BODY[b"0"])),
        record("revisit", HOST + "bare", head),
        record("revisit", HOST + "headless", b""),
        record("revisit", HOST + "unmodified", b"HTTP/1.1 304 Not Modified\r\n\r\n"),
    ]
    seen = told(WARC, warc(tmp_path / "a.warc.gz", made))
    assert seen.files == {b"0": BODY[b"0"], b"again": BODY[b"0"]}
    assert set(seen.harvested) == {b"0", b"again", b"bare", b"headless", b"unmodified"}
    assert seen.problems == dict.fromkeys((b"bare", b"headless", b"unmodified"), "import-revisit-nowhere")

"""Exchanges with servers are read again by `verify`, byte by byte, and so is what else stands in their files."""

from __future__ import annotations

from pathlib import Path

from tests.watching import START, Said, look_at, week
from workbench.case.case import Case
from workbench.case.uids import uuid7
from workbench.queries.verify import Problem, Verified, verify
from workbench.sources.warcformat import header_record


def files(case: Case) -> list[Path]:
    return sorted((case.evidence.folder / "warc").iterdir())


def changed(file: Path, data: bytes) -> None:
    file.chmod(0o600)
    file.write_bytes(data)


def check(case: Case) -> Verified:
    return case.ask(verify)


def test_every_exchange_is_counted(case: Case) -> None:
    before = check(case)
    week(case)
    found = check(case)
    assert found.problems == ()
    assert (before.exchanges, found.exchanges) == (0, 6)
    assert found.checked == found.ops + found.rows + found.objects + found.exchanges


def test_a_turned_bit_anywhere(case: Case) -> None:
    week(case)
    file = files(case)[0]
    for at in [*range(12), *range(12, file.stat().st_size, 97)]:
        data = bytearray(file.read_bytes())
        data[at] ^= 0x10
        changed(file, bytes(data))
        kinds = {each.kind for each in check(case).problems}
        # The time and the system in the head of a gzip member, and its number for texts, are none of its record's
        # bytes: no exchange accounts for those of the record that describes the file.
        assert kinds or 3 <= at < 10, at
        assert kinds <= {"warc-damaged", "warc-unrecorded"}
        data[at] ^= 0x10
        changed(file, bytes(data))
    assert check(case).ok


def test_a_missing_file(case: Case) -> None:
    week(case)
    file = files(case)[1]
    file.unlink()
    assert check(case).problems == (Problem("warc-missing", file.name),)


def test_a_file_that_is_cut_off(case: Case) -> None:
    week(case)
    file = files(case)[1]
    changed(file, file.read_bytes()[:-1])
    last = case.ask(lambda reader: reader.value("SELECT max(id) FROM exchange"))
    assert check(case).problems == (Problem("warc-damaged", f"{file.name} exchange {last}"),)


def test_something_added_at_the_end_of_a_look_that_has_ended(case: Case) -> None:
    week(case)
    file = files(case)[0]
    size = file.stat().st_size
    changed(file, file.read_bytes() + header_record(uuid7(), 0, file.name, "forged"))
    assert check(case).problems == (Problem("warc-unrecorded", f"{file.name} at {size}"),)


def test_what_a_look_under_way_has_written_is_no_problem(case: Case) -> None:
    look_at(case, [Said(START)], status=None)
    file = files(case)[0]
    changed(file, file.read_bytes() + b"not committed yet")
    assert check(case).ok


def test_a_head_that_says_something_else(case: Case) -> None:
    week(case)
    file = files(case)[0]
    start = case.ask(lambda reader: reader.value("SELECT min(start) FROM exchange WHERE warc = 1"))
    data = file.read_bytes()
    changed(file, b"\0" * start + data[start:])
    assert check(case).problems == (Problem("warc-unrecorded", f"{file.name} at 0"),)

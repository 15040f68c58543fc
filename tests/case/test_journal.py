"""Notes that outlive a kill: they come back as they were written, as far as they are whole, and never grow for long."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.case import journal as module
from workbench.case.evidence import Evidence
from workbench.case.journal import Journal
from workbench.core.errors import UserError

STEM = "20240103T090000Z-0123456789ab"
WHOLE = (b"first", b"", "둘째".encode(), b"\0" * 40)


@pytest.fixture
def evidence(tmp_path: Path) -> Evidence:
    made = Evidence(tmp_path / "a.evidence")
    made.create()
    return made


def written(evidence: Evidence, *notes: bytes, stem: str = STEM, turn: int = 100) -> list[Path]:
    """The files of a journal that was closed."""
    before = files(evidence)
    journal = evidence.journal(stem, turn)
    for each in notes:
        journal.add(each)
    journal.close()
    return sorted(set(files(evidence)) - set(before))


def files(evidence: Evidence) -> list[Path]:
    return sorted((evidence.folder / "partial").glob("*"))


def open_files() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


# what comes back


@settings(max_examples=40)
@given(st.lists(st.binary(max_size=300), max_size=40), st.integers(1, 12))
def test_the_newest_notes_come_back_in_their_order_each_once(notes: list[bytes], turn: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        evidence = Evidence(Path(folder))
        evidence.create()
        numbered = [b"%d " % number + note for number, note in enumerate(notes)]
        written(evidence, *numbered, turn=turn)
        found = list(evidence.notes(STEM))
        newest = numbered[-min(len(numbered), 2 * turn) :] if numbered else []
        assert set(numbered[-turn:]) <= set(found) <= set(newest)
        assert len(found) == len(set(found))
        for each in files(evidence):
            numbers = [int(note.split()[0]) for note in found if note in each.read_bytes()]
            assert numbers == sorted(numbers)


def test_notes_are_there_although_the_journal_was_never_closed(evidence: Evidence) -> None:
    journal = evidence.journal(STEM, 100)
    for each in WHOLE:
        journal.add(each)
    assert list(evidence.notes(STEM)) == list(WHOLE)
    journal.close()


def test_several_journals_of_a_stem_are_read_together(evidence: Evidence) -> None:
    for number in range(3):
        written(evidence, b"run %d" % number)
    assert sorted(evidence.notes(STEM)) == [b"run 0", b"run 1", b"run 2"]


def test_the_files_stay_as_small_as_two_turns(evidence: Evidence) -> None:
    made = written(evidence, *([b"x" * 100] * 1003), turn=10)
    assert len(made) == 2
    assert sum(each.stat().st_size for each in made) <= 2 * 10 * 108
    assert 10 <= len(list(evidence.notes(STEM))) <= 20


def test_nobody_else_may_read_what_was_noted(evidence: Evidence) -> None:
    (made,) = written(evidence, b"one")
    assert made.stat().st_mode & 0o077 == 0


def test_where_nothing_was_noted_there_is_nothing(evidence: Evidence) -> None:
    assert list(evidence.notes(STEM)) == []
    evidence.forget_notes(STEM)


# what is torn or damaged


def test_a_file_that_was_cut_anywhere_gives_what_is_whole_before_the_cut(evidence: Evidence) -> None:
    (made,) = written(evidence, *WHOLE)
    data = made.read_bytes()
    ends = [8 * (number + 1) + sum(map(len, WHOLE[: number + 1])) for number in range(len(WHOLE))]
    assert ends[-1] == len(data)
    for cut in range(len(data) + 1):
        made.write_bytes(data[:cut])
        assert list(evidence.notes(STEM)) == list(WHOLE[: sum(end <= cut for end in ends)]), f"cut at {cut}"


def test_a_byte_that_changed_ends_the_reading_there(evidence: Evidence) -> None:
    (made,) = written(evidence, *WHOLE)
    data = made.read_bytes()
    ends = [8 * (number + 1) + sum(map(len, WHOLE[: number + 1])) for number in range(len(WHOLE))]
    for at in range(len(data)):
        made.write_bytes(data[:at] + bytes([data[at] ^ 0x55]) + data[at + 1 :])
        assert list(evidence.notes(STEM)) == list(WHOLE[: sum(end <= at for end in ends)]), f"damaged at {at}"


@settings(max_examples=40)
@given(st.binary(max_size=200))
def test_what_is_no_journal_at_all_is_read_without_an_error(garbage: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        evidence = Evidence(Path(folder))
        evidence.create()
        (made,) = written(evidence, b"whole")
        made.write_bytes(made.read_bytes() + garbage)
        assert next(evidence.notes(STEM)) == b"whole"
        assert len(list(evidence.notes(STEM))) >= 1


def test_a_damaged_file_does_not_take_the_other_ones_with_it(evidence: Evidence) -> None:
    (first,) = written(evidence, b"first run")
    written(evidence, b"second run")
    first.write_bytes(b"\xff" * 50)
    assert list(evidence.notes(STEM)) == [b"second run"]


def test_blocks_that_the_disk_lost_are_no_notes(evidence: Evidence) -> None:
    (made,) = written(evidence, b"one")
    made.write_bytes(made.read_bytes() + bytes(4096))
    assert list(evidence.notes(STEM)) == [b"one"]


def test_a_length_that_was_damaged_asks_for_no_memory(evidence: Evidence) -> None:
    (made,) = written(evidence, b"one")
    made.write_bytes(b"\xff\xff\xff\xff\0\0\0\0" + b"x" * 50)
    assert list(evidence.notes(STEM)) == []


def test_a_note_that_is_too_long_to_be_read_does_not_hide_those_after_it(
    evidence: Evidence, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LARGEST", 20)
    written(evidence, b"before", b"x" * 20, b"y" * 21, b"after")
    assert list(evidence.notes(STEM)) == [b"before", b"x" * 20, b"after"]


# whose notes they are


@pytest.mark.parametrize("other", ["look-2", "look-", "look-0", "loo", "loo*", "look?", "lookout"])
def test_stems_do_not_mix_even_where_one_begins_like_the_other(evidence: Evidence, other: str) -> None:
    written(evidence, b"ours", stem="look")
    written(evidence, b"theirs", stem=other)
    assert list(evidence.notes("look")) == [b"ours"]
    assert list(evidence.notes(other)) == [b"theirs"]
    evidence.forget_notes("look")
    assert (list(evidence.notes("look")), list(evidence.notes(other))) == ([], [b"theirs"])


def test_what_was_forgotten_is_gone_and_nothing_else_is(evidence: Evidence) -> None:
    incoming = evidence.receive("ab" * 32)
    incoming.describe({"etag": '"1"'})
    incoming.write(memoryview(b"half of it"))
    incoming.close()
    others = set(files(evidence))
    made = {*written(evidence, b"one"), *written(evidence, *[b"two"] * 5, turn=2)}
    assert len(made) == 3
    evidence.forget_notes(STEM)
    assert set(files(evidence)) == others
    assert list(evidence.notes(STEM)) == []
    evidence.forget_notes(STEM)


# its end, and a disk that fails


def test_a_closed_journal_takes_no_more(evidence: Evidence) -> None:
    journal = evidence.journal(STEM, 2)
    journal.add(b"one")
    journal.close()
    journal.close()
    with pytest.raises(ValueError, match="closed"):
        journal.add(b"two")
    assert list(evidence.notes(STEM)) == [b"one"]
    unused = evidence.journal(STEM, 2)
    unused.close()
    with pytest.raises(ValueError, match="closed"):
        unused.add(b"one")
    assert len(files(evidence)) == 1


def test_a_journal_leaves_no_file_open(evidence: Evidence) -> None:
    before = open_files()
    written(evidence, *[b"one"] * 9, turn=2)
    list(evidence.notes(STEM))
    assert open_files() == before


def test_a_folder_that_is_not_there_is_an_error_for_the_person(evidence: Evidence) -> None:
    journal = Journal(str(evidence.folder / "nowhere"), "look", 2)
    with pytest.raises(UserError) as raised:
        journal.add(b"one")
    assert raised.value.message.code == "case-io-error"
    journal.close()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device that is always full")
def test_a_full_disk_is_an_error_for_the_person(evidence: Evidence) -> None:
    journal = evidence.journal(STEM, 1)
    for each in (b"one", b"two"):
        journal.add(each)
    first, _ = sorted(files(evidence))
    first.unlink()
    first.symlink_to("/dev/full")
    with pytest.raises(UserError) as raised:
        journal.add(b"three")
    assert raised.value.message.code == "disk-full"
    journal.close()


def test_a_disk_that_fails_when_the_file_changes_leaves_nothing_that_is_closed_twice(evidence: Evidence) -> None:
    journal = evidence.journal(STEM, 1)
    journal.add(b"one")
    journal.add(b"two")
    first, second = files(evidence)
    first.unlink()
    first.mkdir()
    with pytest.raises(UserError):
        journal.add(b"three")
    innocent = os.open(second, os.O_RDONLY)  # it takes the number that the journal gave back
    try:
        journal.close()
        os.fstat(innocent)
    finally:
        os.close(innocent)

"""Files that arrive in pieces, and WARC files that are appended to: what outlives a kill and what is not trusted."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.case import incoming as module
from workbench.case.case import Case
from workbench.case.evidence import Evidence
from workbench.core.errors import UserError
from workbench.core.records import Placed

KEY = "ab" * 32


def nobody(_sha256: bytes) -> bool:
    return False


@pytest.fixture
def evidence(tmp_path: Path) -> Evidence:
    made = Evidence(tmp_path / "a.evidence")
    made.create()
    return made


def test_what_arrived_in_two_runs_is_one_object(evidence: Evidence) -> None:
    first = evidence.receive(KEY)
    first.describe({"etag": '"1"'})
    first.write(memoryview(b"one "))
    first.close()
    again = evidence.receive(KEY)
    assert (again.size, again.facts) == (4, {"etag": '"1"'})
    again.write(memoryview(b"two"))
    stored = again.finish(nobody)
    assert stored.sha256 == hashlib.sha256(b"one two").digest()
    assert (stored.size, stored.new) == (7, True)
    with evidence.open(stored.sha256) as stream:
        assert stream.read() == b"one two"
    assert list((evidence.folder / "partial").iterdir()) == []
    assert evidence.receive(KEY).size == 0


def test_a_file_without_facts_starts_again(evidence: Evidence) -> None:
    first = evidence.receive(KEY)
    first.write(memoryview(b"small"))
    first.close()
    assert list((evidence.folder / "partial").iterdir()) == []
    again = evidence.receive(KEY)
    assert (again.size, again.facts) == (0, {})
    again.close()


@pytest.mark.parametrize(
    "facts", [b"", b"{", b"[]", b'{"facts": 1}', b'{"facts": {"a": 1}, "synced": "x", "boot": ""}']
)
def test_damaged_facts_trust_nothing(evidence: Evidence, facts: bytes) -> None:
    first = evidence.receive(KEY)
    first.describe({"etag": '"1"'})
    first.write(memoryview(b"old bytes"))
    first.close()
    (evidence.folder / "partial" / f"{KEY}.json").write_bytes(facts)
    again = evidence.receive(KEY)
    assert (again.size, again.facts) == (0, {})
    again.write(memoryview(b"new"))
    assert again.finish(nobody).sha256 == hashlib.sha256(b"new").digest()


def test_after_the_computer_went_down_only_what_was_synced_counts(
    evidence: Evidence, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "SYNC", 10)
    first = evidence.receive(KEY)
    first.describe({"etag": '"1"'})
    first.write(memoryview(b"0123456789"))
    first.write(memoryview(b"not synced"[:5]))
    first.close()
    place = evidence.folder / "partial" / f"{KEY}.json"
    plain = json.loads(place.read_bytes())
    assert plain["synced"] == 10
    place.write_text(json.dumps({**plain, "boot": "another"}))
    again = evidence.receive(KEY)
    assert (again.size, again.facts) == (10, {"etag": '"1"'})
    again.write(memoryview(b"ABC"))
    assert again.finish(nobody).sha256 == hashlib.sha256(b"0123456789ABC").digest()


def test_starting_again_forgets_what_came(evidence: Evidence) -> None:
    first = evidence.receive(KEY)
    first.describe({"etag": '"1"'})
    first.write(memoryview(b"of another version"))
    first.restart()
    assert (first.size, first.facts) == (0, {})
    first.write(memoryview(b"now"))
    assert first.finish(nobody).sha256 == hashlib.sha256(b"now").digest()


def test_known_bytes_are_not_stored_twice(evidence: Evidence) -> None:
    one = evidence.receive(KEY)
    one.write(memoryview(b"same"))
    assert one.finish(nobody).new
    two = evidence.receive("cd" * 32)
    two.write(memoryview(b"same"))
    assert not two.finish(lambda _: True).new


def test_nothing_arrives_where_the_folder_is_missing(tmp_path: Path) -> None:
    with pytest.raises(UserError) as raised:
        Evidence(tmp_path / "gone").receive(KEY)
    assert raised.value.message.code == "evidence-missing"


# WARC files


@given(st.lists(st.binary(min_size=1, max_size=50), min_size=1, max_size=8))
def test_every_block_is_read_back_from_where_it_lies(blocks: list[bytes]) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        evidence = Evidence(Path(folder) / "a.evidence")
        evidence.create()
        file = evidence.warcs.create("look")
        places = [file.append(block) for block in blocks]
        file.flush()
        file.close(seal=True)
        assert [evidence.warcs.read(place) for place in places] == blocks
        with evidence.warcs.open(file.name) as stream:
            assert stream.read() == b"".join(blocks)


def test_a_changed_record_is_told_from_a_sound_one(evidence: Evidence) -> None:
    file = evidence.warcs.create("look")
    place = file.append(b"record")
    file.close(seal=True)
    path = evidence.folder / "warc" / file.name
    assert path.stat().st_mode & 0o222 == 0
    path.chmod(0o600)
    path.write_bytes(b"recorD")
    with pytest.raises(UserError) as raised:
        evidence.warcs.read(place)
    assert raised.value.message.code == "warc-damaged"


@pytest.mark.parametrize("name", ["../a.warc.gz", "/etc/passwd", "a.warc.gz/../b", "", "none-1.warc.gz"])
def test_no_name_leads_out_of_the_folder(evidence: Evidence, name: str) -> None:
    with pytest.raises(UserError) as raised:
        evidence.warcs.read(Placed(name, 0, 1, bytes(32)))
    assert raised.value.message.code == "warc-missing"


def test_after_a_kill_files_end_where_the_commits_end(evidence: Evidence) -> None:
    one, two = evidence.warcs.create("look"), evidence.warcs.create("look")
    assert one.name != two.name
    one.append(b"committed")
    one.append(b"not committed")
    two.append(b"nothing of this")
    for each in (one, two):
        each.flush()
        each.close()
    evidence.warcs.cut("look", {one.name: 9})
    assert (evidence.folder / "warc" / one.name).read_bytes() == b"committed"
    assert not (evidence.folder / "warc" / two.name).exists()
    three = evidence.warcs.create("look")
    assert three.name != one.name
    three.close()
    assert not (evidence.folder / "warc" / three.name).exists()


def test_the_case_gives_its_own_place(case: Case) -> None:
    file = case.evidence.warcs.create("probe-1")
    file.append(b"x")
    file.close(seal=True)
    assert (case.evidence.folder / "warc" / file.name).exists()

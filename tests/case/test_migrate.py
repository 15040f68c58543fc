"""A case of version 1 is brought to today's: copied first, in one op, whole or not at all, by one process."""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from tests.case.old_case import UID, old_case
from workbench.case import driver, schema
from workbench.case.case import create, open_case
from workbench.case.columns import Columns
from workbench.case.evidence import Evidence
from workbench.case.previews import Previews
from workbench.case.readers import Reader, moment
from workbench.core.errors import UserError
from workbench.ops import marks
from workbench.queries import custody
from workbench.queries.verify import verify


def names_in(folder: Path) -> list[str]:
    return sorted(each.name for each in folder.iterdir())


def dump(path: Path) -> list[str]:
    """All that a case of version 1 says, whatever its pages look like."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as conn:
        return [line for line in conn.iterdump() if "sqlite_sequence" not in line]


def test_an_old_case_is_copied_and_brought_up(tmp_path: Path) -> None:
    path = old_case(tmp_path / "old.wbcase")
    before = dump(path)
    assert driver.sniff(path) == 1
    with open_case(path, allow_risky=True) as case:
        copy = tmp_path / "old.before-v3.wbcase"
        assert case.copied_to == copy
        assert case.ask(verify).problems == ()
        *_, last = case.ask(lambda reader: list(custody.rows(reader)))
        assert (last["op"], last["actor"], last["seq"]) == ("case.migrate", "Ada", 6)
        assert last["arguments"] == {
            "from": 1, "to": 3, "copy": copy.name, "copy_sha256": hashlib.sha256(copy.read_bytes()).hexdigest(),
        }  # fmt: skip
        case.run(marks.untag, [("object", 1)], "knife")
        assert case.ask(verify).problems == ()
    assert names_in(tmp_path) == ["old.before-v3.wbcase", "old.evidence", "old.wbcase"]
    assert (driver.sniff(path), driver.sniff(copy)) == (3, 1)
    assert dump(copy) == before
    with open_case(path, allow_risky=True) as case:
        assert case.copied_to is None
        assert case.ask(lambda reader: reader.stamp) == 7


def test_a_migrated_case_has_the_tables_of_a_new_one(tmp_path: Path) -> None:
    open_case(old_case(tmp_path / "old.wbcase"), allow_risky=True).close()
    create(tmp_path / "new.wbcase").close()
    found = []
    for name in ("old", "new"):
        with closing(sqlite3.connect(tmp_path / f"{name}.wbcase")) as conn:
            found.append(dict(conn.execute("SELECT name, sql FROM sqlite_master WHERE name NOT LIKE '%sqlite%'")))
            assert conn.execute("PRAGMA user_version").fetchone() == (3,)
            assert [row[0] for row in conn.execute("SELECT name FROM _sqlite_migrations ORDER BY id")] == [
                "0001_first_schema", "0002_watched_servers", "0003_case_key",
            ]  # fmt: skip
    assert found[0] == found[1]


def test_for_reading_an_old_case_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = old_case(tmp_path / "old.wbcase")
    before = path.read_bytes()
    with pytest.raises(UserError) as raised:
        open_case(path, write=False)
    assert raised.value.message.code == "case-older"
    assert "old.wbcase" in str(raised.value)
    assert path.read_bytes() == before
    assert names_in(tmp_path) == ["old.evidence", "old.wbcase"]


def test_an_old_case_in_an_old_bundle_still_verifies(tmp_path: Path) -> None:
    """Nothing is written there, so it stays of its version, and is held against the tables of that."""
    path = old_case(tmp_path / "old.wbcase")
    with closing(sqlite3.connect(path)) as conn:
        conn.execute("PRAGMA journal_mode=DELETE")

    def check() -> tuple[str, ...]:
        with closing(driver.connect_reader(path, immutable=True)) as conn, moment(conn):
            columns = Columns(tmp_path / "columns", UID, writable=False)
            previews = Previews(tmp_path / "none", writable=False)
            reader = Reader(conn, columns, Evidence(path.with_suffix(".evidence")), previews, UID)
            return tuple(each.kind for each in verify(reader).problems)

    assert check() == ()
    with closing(sqlite3.connect(path)) as conn:
        conn.execute("CREATE TABLE exchange (a)")
    assert check() == ("schema-changed",)


def test_the_tables_of_each_version_are_known() -> None:
    assert len(schema.recorded(1)) == 27
    assert schema.recorded(3) == tuple(schema.RECORDED)
    assert "exchange" not in schema.expected(1)
    assert "exchange" in schema.expected(2)
    assert "case_key" not in schema.expected(2)
    assert "case_key" in schema.expected(3)


def test_changes_that_were_not_folded_in_are_in_the_copy(tmp_path: Path) -> None:
    """As after a kill of an old program: what it committed lies in its write-ahead log."""
    path = old_case(tmp_path / "old.wbcase")
    with closing(driver.connect_writer(path)) as conn:
        conn.execute("DROP TRIGGER actor_no_update")
        with closing(driver.connect_reader(path)) as keeps_it_open:
            keeps_it_open.execute("SELECT 1 FROM op").fetchone()
            there = tmp_path / "there"
            there.mkdir()
            for name in ("old.wbcase", "old.wbcase-wal"):
                shutil.copyfile(tmp_path / name, there / name)
            (there / "old.evidence" / "objects").mkdir(parents=True)
    with open_case(there / "old.wbcase", allow_risky=True) as case:
        assert case.copied_to is not None
        assert not any("actor_no_update" in line for line in dump(case.copied_to))
        assert [each.kind for each in case.ask(verify).problems] == ["guard-missing", "object-missing"]


def test_no_copy_is_ever_overwritten(tmp_path: Path) -> None:
    path = old_case(tmp_path / "old.wbcase")
    (tmp_path / "old.before-v3.wbcase").write_bytes(b"mine")
    (tmp_path / "old.before-v3-2.wbcase").symlink_to("nowhere")
    with open_case(path, allow_risky=True) as case:
        assert case.copied_to == tmp_path / "old.before-v3-3.wbcase"
        assert case.ask(verify).ok
    assert (tmp_path / "old.before-v3.wbcase").read_bytes() == b"mine"
    assert (tmp_path / "old.before-v3-2.wbcase").is_symlink()


def test_without_room_for_the_copy_nothing_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = old_case(tmp_path / "old.wbcase")
    before = dump(path)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "link", full)
    monkeypatch.setattr(Path, "rename", full)
    with pytest.raises(UserError) as raised:
        open_case(path, allow_risky=True)
    assert raised.value.message.code == "disk-full"
    monkeypatch.undo()
    assert names_in(tmp_path) == ["old.evidence", "old.wbcase"]
    assert dump(path) == before


@pytest.mark.parametrize("sql", ["UPDATE setting SET value = 'zz' WHERE key = 'uid'", "DELETE FROM setting"])
def test_a_damaged_old_case_is_left_as_it_is(tmp_path: Path, sql: str) -> None:
    path = old_case(tmp_path / "old.wbcase")
    with closing(sqlite3.connect(path)) as conn:
        conn.execute("DROP TRIGGER setting_no_update")
        conn.execute("DROP TRIGGER setting_no_delete")
        conn.execute(sql)
        conn.commit()
    with pytest.raises(UserError) as raised:
        open_case(path, allow_risky=True)
    assert raised.value.message.code in ("case-damaged", "case-incomplete")
    assert driver.sniff(path) == 1


KILLER = """
import json, os, shutil, sys
from pathlib import Path
from workbench.case import case, migrations, upgrade
from workbench.case.case import open_case
source, folder, count = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
case.driver.database(case.driver.connect_memory()).conn.close()
files = {upgrade.__file__, migrations.__file__}
done = {}
for at in range(1, count + 1):
    place = folder / str(at)
    place.mkdir()
    shutil.copyfile(source, place / "old.wbcase")
    shutil.copytree(source.with_suffix(".evidence"), place / "old.evidence")
    child = os.fork()
    if child == 0:
        lines = set()
        def step(frame, event, _):
            if frame.f_code.co_filename not in files:
                return None
            if event == "line":
                lines.add((frame.f_code.co_filename, frame.f_lineno))
                if len(lines) == at:
                    os._exit(9)
            return step
        sys.settrace(step)
        upgrade.bring_up(place / "old.wbcase", place / "old.evidence", lambda: 7)
        os._exit(0)
    done[at] = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if done[at] == 0:
        break
print(json.dumps(done))
"""


def test_a_kill_at_any_line_leaves_the_old_case_or_the_new_one(tmp_path: Path) -> None:
    path = old_case(tmp_path / "old.wbcase")
    before = dump(path)
    done = subprocess.run(
        [sys.executable, "-c", KILLER, str(path), str(tmp_path), "400"],
        capture_output=True, text=True, timeout=120, check=True,
    )  # fmt: skip
    codes = json.loads(done.stdout)
    assert list(codes.values()) == [9] * (len(codes) - 1) + [0]
    assert len(codes) > 50
    versions = []
    for at in codes:
        killed = tmp_path / at / "old.wbcase"
        with closing(sqlite3.connect(killed)) as conn:
            (version,) = conn.execute("PRAGMA user_version").fetchone()
        versions.append(version)
        if version == 1:
            assert dump(killed) == before
        with open_case(killed, allow_risky=True) as case:
            assert case.ask(verify).problems == ()
            assert case.ask(lambda reader: reader.stamp) == 6
        copies = [name for name in names_in(killed.parent) if "before" in name]
        assert copies == ["old.before-v3.wbcase"]
        assert dump(killed.with_name(copies[0])) == before
    assert versions == sorted(versions)
    assert {1, 3} == set(versions)


def _open(path: str, gate: object) -> None:
    gate.wait()  # type: ignore[attr-defined]
    with open_case(Path(path), allow_risky=True) as case:
        sys.exit(0 if case.copied_to is None else 7)


def test_two_processes_open_it_at_once_and_one_migrates(tmp_path: Path) -> None:
    path = old_case(tmp_path / "old.wbcase")
    context = multiprocessing.get_context("spawn")
    gate = context.Barrier(2)
    both = [context.Process(target=_open, args=(str(path), gate)) for _ in range(2)]
    for each in both:
        each.start()
    for each in both:
        each.join(30)
    assert sorted(each.exitcode or 0 for each in both) == [0, 7]
    with open_case(path, allow_risky=True) as case:
        assert case.ask(lambda reader: [row["op"] for row in custody.rows(reader)].count("case.migrate")) == 1
        assert case.ask(verify).ok
    assert names_in(tmp_path) == ["old.before-v3.wbcase", "old.evidence", "old.wbcase"]

"""The column cache: always what the table holds, whoever extended it, and whatever became of its files."""

from __future__ import annotations

import json
import multiprocessing
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from tests.conftest import Clock
from tests.making import T0, everything, log, look, sighted, stored
from workbench.case import columns as module
from workbench.case.case import Case, open_case
from workbench.case.columns import TABLES, Columns, null_of
from workbench.case.locks import FileLock
from workbench.case.readers import Reader
from workbench.core.errors import UserError


def truth(reader: Reader, table: str) -> dict[str, list[int]]:
    names = ", ".join(f"ifnull({name}, {null_of(kind)})" for name, kind in TABLES[table].items())
    rows = reader.all(f"SELECT {names} FROM {table} ORDER BY id")
    return {name: [row[index] for row in rows] for index, name in enumerate(TABLES[table])}


def holds(case: Case) -> bool:
    def compare(reader: Reader) -> bool:
        for table in TABLES:
            found = reader.arrays(table)
            assert {name: found[name].tolist() for name in found} == truth(reader, table), table
        return True

    return case.ask(compare)


def more(case: Case, count: int = 3) -> None:
    held = stored(case, b"more")
    look(case, [sighted(b"more/%d" % each, held, T0 + each) for each in range(count)])
    log(case, [{"address": f"192.0.2.{each}", "path": b"/x", "time": T0 + each} for each in range(1, count + 1)])


def rows_in_cache(case: Case, table: str = "sighting") -> int:
    state = json.loads((case.evidence.folder / "columns" / f"{table}.json").read_text())
    return int(state["trail"][-1][0])


def test_it_is_extended_with_each_commit(case: Case) -> None:
    everything(case)
    assert holds(case)
    before = rows_in_cache(case)
    more(case)
    assert rows_in_cache(case) == before + 3
    assert holds(case)


def reopened(case: Case) -> Case:
    case.close()
    return open_case(case.path, allow_risky=True, clock=Clock())


def _harm_nothing(folder: Path) -> None:
    assert folder.is_dir()


def _harm_all(folder: Path) -> None:
    shutil.rmtree(folder)


def _harm_state(folder: Path) -> None:
    (folder / "sighting.json").write_text('{"rows": 5')


def _harm_kind_of_state(folder: Path) -> None:
    (folder / "sighting.json").write_text('["what"]')


def _harm_length(folder: Path) -> None:
    (folder / "sighting.path").write_bytes(b"\1\0")


def _harm_bytes(folder: Path) -> None:
    for file in folder.glob("*.*"):
        if file.suffix not in (".json", ".lock") and file.stat().st_size:
            raw = bytearray(file.read_bytes())
            raw[len(raw) // 2] ^= 1
            file.write_bytes(raw)


def _harm_case(folder: Path) -> None:
    state = json.loads((folder / "sighting.json").read_text())
    (folder / "sighting.json").write_text(json.dumps({**state, "case": "00" * 16}))


def _harm_power(folder: Path) -> None:
    """The computer went down before the data was on the disk: the state speaks of zeros."""
    state = json.loads((folder / "sighting.json").read_text())
    (folder / "sighting.json").write_text(json.dumps({**state, "settled": False, "boot": "another"}))
    size = (folder / "sighting.path").stat().st_size
    (folder / "sighting.path").write_bytes(bytes(size))


@pytest.mark.parametrize(
    "harm",
    [_harm_nothing, _harm_all, _harm_state, _harm_kind_of_state, _harm_length, _harm_bytes, _harm_case, _harm_power],
)
def test_harm_to_its_files(case: Case, harm: Callable[[Path], None]) -> None:
    everything(case)
    assert holds(case)
    more(case)
    case.close()
    harm(case.evidence.folder / "columns")
    with reopened(case) as again:
        assert holds(again)
        more(again)
        assert holds(again)


def test_it_is_settled_at_the_end(case: Case) -> None:
    everything(case)
    assert holds(case)
    place = case.evidence.folder / "columns" / "sighting.json"
    assert not json.loads(place.read_text())["settled"]
    case.close()
    assert json.loads(place.read_text())["settled"]


def test_an_older_copy_of_the_case_was_put_back(case: Case, tmp_path: Path) -> None:
    everything(case)
    more(case, 2)
    case.close()
    older = tmp_path / "older"
    shutil.copyfile(case.path, older)
    with reopened(case) as newer:
        more(newer, 5)
        assert holds(newer)
    shutil.copyfile(older, case.path)
    with reopened(case) as restored:
        assert holds(restored)
        more(restored, 4)  # another history: the rows that lie behind are not those of this case
        assert holds(restored)
    with reopened(case) as again:
        assert holds(again)


def test_a_moment_before_the_last_commits(case: Case) -> None:
    everything(case)
    with case.reader() as old:
        expected = truth(old, "sighting")
        for _ in range(module.TRAIL + 2):
            more(case, 1)
        assert holds(case)
        found = old.arrays("sighting")
        assert {name: found[name].tolist() for name in found} == expected
        fresh = Columns(case.evidence.folder / "columns", case.uid)
        found = fresh.arrays(old.conn, "sighting")
        assert {name: found[name].tolist() for name in found} == expected
    assert holds(case)


def _extends(path: str, count: int) -> None:
    with open_case(Path(path), allow_risky=True) as case:
        for _ in range(count):
            more(case, 1)
            assert holds(case)


def test_two_processes(case: Case) -> None:
    everything(case)
    other = multiprocessing.get_context("spawn").Process(target=_extends, args=(str(case.path), 8))
    other.start()
    for _ in range(8):
        more(case, 1)
        assert holds(case)
    other.join(30)
    assert other.exitcode == 0
    assert holds(case)


def test_another_process_does_not_let_go(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PATIENCE", 0.05)
    everything(case)
    assert holds(case)
    with FileLock(case.evidence.folder / "columns" / "lock") as held:
        assert held
        more(case)
        assert holds(case)  # what is cached, and the rest from the case itself
    assert holds(case)


def test_read_only_leaves_it_alone(case: Case) -> None:
    everything(case)
    case.close()
    shutil.rmtree(case.evidence.folder / "columns", ignore_errors=True)
    with open_case(case.path, write=False) as again:
        assert holds(again)
    assert not (case.evidence.folder / "columns").exists()


def test_a_row_is_missing(case: Case) -> None:
    everything(case)
    case.close()
    shutil.rmtree(case.evidence.folder / "columns", ignore_errors=True)
    with closing(sqlite3.connect(case.path)) as conn:
        conn.execute("DROP TRIGGER event_no_delete")
        conn.execute("DELETE FROM event WHERE id = 2")
        conn.commit()
    with reopened(case) as again, pytest.raises(UserError, match="damaged"):
        again.ask(lambda reader: reader.arrays("event"))


def test_in_steps(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "STEP", 2)
    everything(case)
    more(case, 7)
    case.close()
    shutil.rmtree(case.evidence.folder / "columns", ignore_errors=True)
    with reopened(case) as again:
        assert holds(again)
        assert isinstance(again.ask(lambda reader: reader.arrays("event"))["time"], np.memmap)

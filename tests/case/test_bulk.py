"""Rows added by the thousand: what arrays become in the case, and interning with and without a memory."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from workbench.case import driver, writer
from workbench.case.case import create
from workbench.case.operation import Operation
from workbench.case.transaction import Transaction, column_names
from workbench.core.batch import NULL
from workbench.queries.verify import verify

COUNT = 5


def _rows(tx: Transaction, columns: dict[str, Any]) -> None:
    given = {name: np.zeros(COUNT, np.int64) for name in column_names("event")}
    tx.append("event", **(given | columns))


def _interned(tx: Transaction, values: list[str], known: dict[str, int] | None) -> list[int]:
    return tx.intern("word", "text", values, known)


ROWS = Operation("test.rows", _rows, undoable=False, urgent=False)
WORDS = Operation("test.words", _interned, undoable=False, urgent=False)


@pytest.mark.parametrize(
    ("values", "stored"),
    [
        ([1, 2, 3, 4, 5], [1, 2, 3, 4, 5]),
        ([7] * 5, [7] * 5),
        ([-7] * 5, [-7] * 5),
        ([NULL] * 5, [None] * 5),
        ([NULL, 0, -1, NULL, 2**63 - 1], [None, 0, -1, None, 2**63 - 1]),
        ([NULL + 1] * 5, [NULL + 1] * 5),
    ],
)
def test_arrays_become_numbers_and_nulls(tmp_path: Path, values: list[int], stored: list[int | None]) -> None:
    with create(tmp_path / "a") as case:
        case.run(ROWS, {"sent": np.array(values, np.int64), "line": np.arange(COUNT)})
        found = case.ask(lambda reader: reader.all("SELECT sent FROM event ORDER BY id"))
        assert [each for (each,) in found] == stored
        assert case.ask(verify).problems == ()


def test_interning_gives_the_same_ids_with_and_without_a_memory(tmp_path: Path) -> None:
    with create(tmp_path / "a") as case:
        known: dict[str, int] = {}
        first = case.run(WORDS, ["a", "b", "a"], known).result
        assert first == [1, 2, 1]
        assert known == {"a": 1, "b": 2}
        assert case.run(WORDS, ["c", "a"], known).result == [3, 1]
        assert case.run(WORDS, ["b", "d"], None).result == [2, 4]  # somebody else
        assert case.run(WORDS, ["d", "e", "a"], known).result == [4, 5, 1]  # the memory lacks d
        known.clear()
        assert case.run(WORDS, ["e", "f"], known).result == [5, 6]
        assert case.ask(verify).problems == ()


def _paths(tx: Transaction, raws: list[bytes], known: dict[bytes, int], fails: bool) -> list[int]:
    ids = tx.intern_paths(raws, known)
    if fails:
        raise ValueError("no")
    return ids


PATHS = Operation("test.paths", _paths, undoable=False, urgent=False)


def test_what_a_failed_op_interned_is_not_remembered(tmp_path: Path) -> None:
    """Its rows are gone with it: an id that is remembered would name another path in the next op."""
    with create(tmp_path / "a") as case:
        known: dict[bytes, int] = {}
        with pytest.raises(ValueError, match="no"):
            case.run(PATHS, [b"a/lost.png"], known, True)
        assert known == {}
        assert case.run(PATHS, [b"b/kept.png", b"b"], known, False).result == [2, 1]
        assert known == {b"b": 1, b"b/kept.png": 2}
        assert case.run(PATHS, [b"a/lost.png", b"b/kept.png"], known, False).result == [4, 2]
        rows = case.ask(lambda reader: reader.all("SELECT id, parent, raw FROM path ORDER BY id"))
        assert rows == [(1, None, b"b"), (2, 1, b"b/kept.png"), (3, None, b"a"), (4, 3, b"a/lost.png")]
        assert case.ask(verify).problems == ()


def test_a_new_case_need_not_read_its_events_back(tmp_path: Path) -> None:
    with create(tmp_path / "a") as case:
        case.run(ROWS, {"time": np.array([1, NULL, 3, 4, 5])})
        files = {each.name for each in (case.evidence.folder / "columns").iterdir()}
        assert "event.time" in files
        assert case.ask(lambda reader: reader.arrays("event")["time"].tolist()) == [1, NULL, 3, 4, 5]


def test_the_write_ahead_log_is_cut_once_it_is_folded_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else its size, which stays, would call for a checkpoint after every op."""
    monkeypatch.setattr(writer, "CHECKPOINT_BYTES", 200_000)
    with create(tmp_path / "a") as case:
        wal = driver.wal_of(case.path)
        case.run(WORDS, [f"word {number}" for number in range(20_000)], None)
        assert wal.stat().st_size > 200_000
        case.run(WORDS, ["a word"], None)
        assert 0 < wal.stat().st_size < 200_000

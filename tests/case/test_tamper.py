"""Whatever is changed behind the program's back, `verify` names it, with the right kind and the right place."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.conftest import START, Clock
from tests.making import everything
from workbench.case import schema
from workbench.case.case import Case, create, open_case
from workbench.case.evidence import Evidence
from workbench.case.transaction import column_types
from workbench.core.errors import UserError
from workbench.queries.verify import Problem, Verified, verify


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("full") / "full.wbcase"
    with create(path, examiner="Examiner", clock=Clock(START)) as case:
        everything(case)
        assert case.ask(verify).problems == ()
    return path


@pytest.fixture
def copy(full: Path, tmp_path: Path) -> Path:
    path = tmp_path / "copy.wbcase"
    shutil.copyfile(full, path)
    shutil.copytree(full.with_suffix(".evidence"), path.with_suffix(".evidence"))
    return path


def checked(path: Path) -> Verified:
    with open_case(path, write=False) as case:
        return case.ask(verify)


def tamper(path: Path, *statements: str, guarded: str | None = None) -> None:
    """Change a case as somebody would who knows the guards: they are taken away and put back."""
    with closing(sqlite3.connect(path)) as conn:
        conn.execute("PRAGMA synchronous = OFF")
        conn.execute("BEGIN")
        found = conn.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
        guards = [(name, sql) for name, sql in found if guarded is None or f" ON {guarded} " in sql]
        for name, _ in guards:
            conn.execute(f"DROP TRIGGER {name}")
        for statement in statements:
            assert conn.execute(statement).rowcount != 0, statement
        for _, sql in guards:
            conn.execute(sql)
        conn.commit()


def other(kind: str, column: str) -> str:
    """SQL for another value of the same type."""
    if column == "scope":
        return "CASE scope WHEN 'partial' THEN 'complete' ELSE 'partial' END"
    if column == "basis":
        return "CASE basis WHEN 'asserted' THEN 'witnessed' ELSE 'asserted' END"
    if column == "status" and kind == "TEXT":
        return "CASE status WHEN 'partial' THEN 'complete' ELSE 'partial' END"
    if column in ("present", "same", "by_list"):
        return f"1 - {column}"
    if column == "purpose":
        return "CASE purpose WHEN 'file' THEN 'probe' ELSE 'file' END"
    if column == "rule":
        return "CASE rule WHEN 'etag' THEN 'size-time' ELSE 'etag' END"
    if column == "sighting" and kind == "INTEGER":
        return f"{column} + 77"
    if kind == "TEXT":
        return f"ifnull({column}, '') || 'x'"
    if kind == "BLOB":
        # The last byte turned, so that lengths stay as they are checked.
        last = f"CASE WHEN substr({column}, -1) = x'00' THEN x'01' ELSE x'00' END"
        return f"CAST(substr({column}, 1, length({column}) - 1) || {last} AS BLOB)"
    return f"ifnull({column}, 0) + 77"


CELLS = [
    (table, column)
    for table in schema.RECORDED
    for column in column_types(table)
    if (table, column) not in {("coverage", "state"), ("sighting", "state"), ("snapshot", "resume")}
]


def row_of(table: str) -> int:
    """A row to change: one in the middle, where a table has more than one."""
    return 1 if table == "case_key" else 2


def spanning_op(path: Path, table: str, row: int) -> int:
    with closing(sqlite3.connect(path)) as conn:
        sql = "SELECT op FROM op_rows WHERE tab = ? AND ? BETWEEN first AND last"
        return int(conn.execute(sql, (table, row)).fetchone()[0])


@pytest.mark.parametrize("table", schema.RECORDED)
def test_a_changed_cell_of_every_column(copy: Path, table: str) -> None:
    for _, column in (each for each in CELLS if each[0] == table):
        changed = copy.with_name(f"{table}-{column}.wbcase")
        shutil.copyfile(copy, changed)
        shutil.copytree(copy.with_suffix(".evidence"), changed.with_suffix(".evidence"), copy_function=os.link)
        value = other(column_types(table)[column], column)
        tamper(changed, f"UPDATE {table} SET {column} = {value} WHERE id = {row_of(table)}", guarded=table)
        found = checked(changed)
        place = Problem("rows-changed", f"{table} op {spanning_op(changed, table, row_of(table))}")
        assert place in found.problems, (column, found.problems)
        wrong = {each.kind for each in found.problems}
        assert wrong <= {
            "rows-changed",
            "marks-derived",
            "actor-changed",
            "object-missing",
            "object-damaged",
            "text-index-derived",
            "warc-missing",
            "warc-damaged",
            "warc-unrecorded",
            "newer-warc",
        }


@pytest.mark.parametrize("table", schema.RECORDED)
def test_a_deleted_row(copy: Path, table: str) -> None:
    tamper(copy, f"DELETE FROM {table} WHERE id = {row_of(table)}", guarded=table)
    assert Problem("rows-changed", f"{table} op {spanning_op(copy, table, row_of(table))}") in checked(copy).problems


@pytest.mark.parametrize("table", schema.RECORDED)
def test_an_added_row(copy: Path, table: str) -> None:
    names = list(column_types(table))
    fresh = {"uid": "randomblob(16)", "sha256": "randomblob(32)", "raw": "x'6e6577'"}
    unique = {"source": {"name": "'new'"}, "address": {"text": "'new'"}, "word": {"text": "'new'"}}
    ended = {"snapshot_end": {"snapshot": "99"}, "reading_end": {"reading": "99"}, "warc": {"name": "'new'"}}
    ended |= {"trusted": {"sighting": "99"}, "recheck": {"sighting": "99"}, "resumption": {"snapshot": "99"}}
    ended |= {each: {"reading": "99"} for each in ("layout", "survey", "open_layout")} | {"route": {"event": "99"}}
    values = ", ".join(({**fresh, **unique.get(table, {}), **ended.get(table, {})}).get(name, name) for name in names)
    with closing(sqlite3.connect(copy)) as conn:
        (last,) = conn.execute(f"SELECT max(id) FROM {table}").fetchone()
    like = f"SELECT {last + 1}, {values} FROM {table} WHERE id = {row_of(table)}"
    tamper(copy, f"INSERT INTO {table} (id, {', '.join(names)}) {like}")
    problems = checked(copy).problems
    assert Problem("rows-unrecorded", f"{table} {last + 1}") in problems


MARK_NOW = ("value = 'other'", "present = 1 - present", "mark = mark + 1", "target = 77", "slot = 'x'", "actor = 77")


@pytest.mark.parametrize("change", MARK_NOW)
def test_a_changed_current_mark(copy: Path, change: str) -> None:
    tamper(copy, f"UPDATE mark_now SET {change} WHERE kind = 'verdict' AND actor = 1")
    assert Problem("marks-derived", "address 1") in checked(copy).problems


def test_a_deleted_and_an_invented_current_mark(copy: Path) -> None:
    tamper(copy, "DELETE FROM mark_now WHERE kind = 'note'")
    assert checked(copy).problems == (Problem("marks-derived", "object 1"),)
    tamper(copy, "INSERT INTO mark_now VALUES ('event', 5, 'tag', 1, 'x', 'x', 1, 1)")
    assert Problem("marks-derived", "event 5") in checked(copy).problems


OP_CELLS = {
    "uid": ("randomblob(16)", "op-changed"),
    "time": ("time + 1", "op-changed"),
    "name": ("name || 'x'", "op-changed"),
    "undoes": ("1", "op-changed"),
    "actor": ("2", "actor-changed"),
    "arguments": ("'{}'", "arguments-changed"),
    "actor_salt": ("randomblob(16)", "actor-changed"),
    "arguments_salt": ("randomblob(16)", "arguments-changed"),
    "actor_digest": ("randomblob(32)", "op-changed"),
    "arguments_digest": ("randomblob(32)", "op-changed"),
    "prev": ("randomblob(32)", "chain-broken"),
    "hash": ("randomblob(32)", "op-changed"),
}


@pytest.mark.parametrize("column", OP_CELLS)
def test_a_changed_cell_of_an_op(copy: Path, column: str) -> None:
    value, kind = OP_CELLS[column]
    tamper(copy, f"UPDATE op SET {column} = {value} WHERE seq = 3", guarded="op")
    assert Problem(kind, "op 3") in checked(copy).problems


def test_the_arguments_are_compared_letter_by_letter(copy: Path) -> None:
    tamper(copy, "UPDATE op SET arguments = replace(arguments, ':', ': ') WHERE seq = 3", guarded="op")
    assert checked(copy).problems == (Problem("arguments-changed", "op 3"),)


@pytest.mark.parametrize("columns", [("actor", "actor_salt"), ("arguments", "arguments_salt"), ("actor_salt",)])
def test_nothing_can_be_withheld_from_the_case_itself(copy: Path, columns: tuple[str, ...]) -> None:
    tamper(copy, f"UPDATE op SET {', '.join(f'{each} = NULL' for each in columns)} WHERE seq = 3", guarded="op")
    assert checked(copy).problems == (Problem(f"{columns[0].removesuffix('_salt')}-changed", "op 3"),)


def test_rows_cannot_hide_behind_a_missing_salt(copy: Path) -> None:
    tamper(copy, "UPDATE op_rows SET salt = NULL WHERE op = 3 AND tab = 'object'")
    assert checked(copy).problems == (Problem("rows-changed", "object op 3"),)


@pytest.mark.parametrize("column", ["tab", "first", "last", "count", "digest"])
def test_a_changed_cell_of_the_rows_of_an_op(copy: Path, column: str) -> None:
    value = {"tab": "'word'", "digest": "randomblob(32)"}.get(column, f"{column} + 1")
    tamper(copy, f"UPDATE op_rows SET {column} = {value} WHERE op = 3 AND tab = 'sighting'")
    assert Problem("op-changed", "op 3") in checked(copy).problems


@pytest.mark.parametrize("seq", [1, 3, "last"])
@pytest.mark.parametrize("whole", [False, True])
def test_a_deleted_op(copy: Path, seq: int | str, whole: bool) -> None:
    with closing(sqlite3.connect(copy)) as conn:
        (last,) = conn.execute("SELECT max(seq) FROM op").fetchone()
    gone = last if seq == "last" else seq
    tamper(copy, f"DELETE FROM op WHERE seq = {gone}", *([f"DELETE FROM op_rows WHERE op = {gone}"] if whole else []))
    problems = checked(copy).problems
    assert Problem("op-missing", f"op {gone}") in problems
    assert seq == "last" or Problem("chain-broken", f"op {int(gone) + 1}") in problems
    assert not whole or "rows-unrecorded" in {each.kind for each in problems}


def test_a_deleted_or_added_row_of_an_op_entry(copy: Path) -> None:
    tamper(copy, "DELETE FROM op_rows WHERE op = 3 AND tab = 'sighting'")
    assert Problem("op-changed", "op 3") in checked(copy).problems
    tamper(
        copy, "INSERT INTO op_rows (op, tab, first, last, count, digest) VALUES (5, 'word', 1, 1, 1, randomblob(32))"
    )
    assert Problem("op-changed", "op 5") in checked(copy).problems


def test_ops_in_another_order(copy: Path) -> None:
    swap = (
        "UPDATE op SET seq = 999 WHERE seq = 3",
        "UPDATE op SET seq = 3 WHERE seq = 4",
        "UPDATE op SET seq = 4 WHERE seq = 999",
    )
    tamper(copy, *swap)
    problems = checked(copy).problems
    assert {Problem("chain-broken", "op 3"), Problem("op-changed", "op 3"), Problem("op-changed", "op 4")} <= {
        *problems
    }


@pytest.mark.parametrize("table", schema.GUARDED)
def test_a_dropped_or_weakened_guard(copy: Path, table: str) -> None:
    with closing(sqlite3.connect(copy)) as conn:
        conn.execute(f"DROP TRIGGER {table}_no_update")
        conn.execute(f"DROP TRIGGER {table}_no_delete")
        conn.execute(f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} BEGIN SELECT 1; END")
    assert checked(copy).problems == (
        Problem("guard-missing", f"{table} update"),
        Problem("guard-missing", f"{table} delete"),
    )


def test_something_added_to_the_schema(copy: Path) -> None:
    with closing(sqlite3.connect(copy)) as conn:
        conn.execute("CREATE TRIGGER quiet AFTER INSERT ON mark BEGIN DELETE FROM mark_now; END")
        conn.execute("DROP INDEX sighting_path")
    assert checked(copy).problems == (Problem("schema-changed", "sighting_path"), Problem("schema-changed", "quiet"))


def test_a_text_taken_out_of_the_search(copy: Path) -> None:
    with closing(sqlite3.connect(copy)) as conn:
        conn.execute("DELETE FROM text_index_docsize WHERE id = 4")
        conn.commit()
    assert "text-index-derived" in {each.kind for each in checked(copy).problems}


def test_text_that_is_no_text_any_more(copy: Path) -> None:
    tamper(copy, "UPDATE path SET display = CAST(x'ff41' AS TEXT) WHERE id = 2", guarded="path")
    tamper(copy, "UPDATE op SET arguments = CAST(x'ff41' AS TEXT) WHERE seq = 4", guarded="op")
    assert {Problem("rows-changed", "path op 3"), Problem("arguments-changed", "op 4")} <= {*checked(copy).problems}


def object_file(copy: Path) -> Path:
    return next(each for each in sorted((copy.with_suffix(".evidence") / "objects").rglob("*")) if each.is_file())


def _flip(file: Path) -> None:
    data = bytearray(file.read_bytes())
    data[3] ^= 1
    file.chmod(0o600)
    file.write_bytes(data)


def _cut(file: Path) -> None:
    file.chmod(0o600)
    file.write_bytes(file.read_bytes()[:-1])


def _other_content(file: Path) -> None:
    file.chmod(0o600)
    file.write_bytes(b"something else")


def _folder(file: Path) -> None:
    file.unlink()
    file.mkdir()


OBJECTS: dict[Callable[[Path], None], str] = {
    _flip: "object-damaged",
    _cut: "object-damaged",
    _other_content: "object-damaged",
    Path.unlink: "object-missing",
    _folder: "object-unreadable",
}


@pytest.mark.parametrize("harm", OBJECTS)
def test_harm_to_an_object(copy: Path, harm: Callable[[Path], None]) -> None:
    file = object_file(copy)
    harm(file)
    assert checked(copy).problems == (Problem(OBJECTS[harm], file.name),)


def test_the_evidence_folder_is_gone(copy: Path) -> None:
    shutil.rmtree(copy.with_suffix(".evidence"))
    assert checked(copy).problems == (Problem("evidence-missing", "copy.evidence"),)


def test_bytes_that_no_op_speaks_of_are_no_problem(copy: Path) -> None:
    """A killed intake leaves such files; the next one reads them again before it trusts them."""
    place = copy.with_suffix(".evidence") / "objects" / "00" / ("0" * 64)
    place.parent.mkdir(exist_ok=True)
    place.write_bytes(b"left over")
    found = checked(copy)
    assert found.ok
    assert [(each.code, each.args["count"]) for each in found.warnings] == [("verify-left-objects", 1)]


@pytest.fixture
def page(copy: Path) -> Iterator[int]:
    with closing(sqlite3.connect(copy)) as conn:
        yield int(conn.execute("PRAGMA page_size").fetchone()[0])


def test_a_case_file_with_a_broken_page(copy: Path, page: int) -> None:
    """The checks that can still be made are made: the objects are read all the same."""
    with closing(sqlite3.connect(copy)) as conn:
        (root,) = conn.execute("SELECT rootpage FROM sqlite_master WHERE name = 'event'").fetchone()
    file = object_file(copy)
    _flip(file)
    with copy.open("r+b") as raw:
        raw.seek((root - 1) * page)
        raw.write(b"\xff" * page)
    problems = checked(copy).problems
    assert "file-damaged" in {each.kind for each in problems}
    assert Problem("object-damaged", file.name) in problems


@pytest.mark.parametrize("pages", [1, 3, 60])
def test_a_case_file_that_is_cut_off(copy: Path, page: int, pages: int) -> None:
    with copy.open("r+b") as raw:
        raw.truncate(copy.stat().st_size - pages * page)
    assert "damaged" in worst(copy)


def worst(path: Path) -> str:
    """What the check finds; a file may be too damaged to be opened at all."""
    try:
        return " ".join(each.kind for each in checked(path).problems)
    except UserError as error:
        return error.message.code


def test_every_problem_is_a_sentence(full: Path) -> None:
    from workbench.core.messages import catalogue

    kinds = {
        *("file-damaged", "guard-missing", "schema-changed", "op-missing", "op-changed", "chain-broken"),
        *("actor-changed", "arguments-changed", "rows-changed", "rows-unrecorded", "marks-derived"),
        *("text-index-derived", "evidence-missing", "object-missing", "object-damaged", "object-unreadable"),
        *("warc-missing", "warc-unreadable", "warc-damaged", "warc-unrecorded"),
        *("header-changed", "version-changed", "cell-damaged", "folder-unreadable", "stray-file", "link-file"),
        *("special-file", "newer-warc", "newer-notes", "newer-objects", "case-older-than-evidence"),
        "case-of-another-evidence",
    }
    for kind in kinds:
        assert f"verify-{kind}" in catalogue()
        assert "here" in Problem(kind, "here").text
    assert Evidence(full.with_suffix(".evidence")).present
    assert isinstance(Case, type)

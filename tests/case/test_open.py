"""Making and opening a case: what is refused, in which words, and that nothing is left behind."""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import shutil
import sqlite3
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import pytest

from tests.making import everything
from workbench.case import case as module
from workbench.case import driver
from workbench.case.case import Case, change_settings, create, open_case, risky_place
from workbench.core.errors import UserError
from workbench.ops import marks
from workbench.queries.verify import verify


def code_of(raised: pytest.ExceptionInfo[UserError]) -> str:
    assert "\n" not in str(raised.value)
    assert str(raised.value) != raised.value.message.code, "no sentence"
    return raised.value.message.code


def names_in(folder: Path) -> list[str]:
    return sorted(each.name for each in folder.iterdir())


def test_a_new_case(tmp_path: Path) -> None:
    with create(tmp_path / "deep" / "er" / "one", "Title", "Name", "7") as case:
        assert [case.setting(each) for each in ("title", "examiner", "number")] == ["Title", "Name", "7"]
        assert case.actor == "Name"
        case.run(change_settings, {"title": "Other", "number": None})
        assert [case.setting(each) for each in ("title", "examiner", "number")] == ["Other", "Name", None]
    assert sorted(each.name for each in (tmp_path / "deep" / "er").iterdir()) == ["one.evidence", "one.wbcase"]
    with open_case(tmp_path / "deep" / "er" / "one.wbcase", allow_risky=True) as case:
        assert case.ask(verify).problems == ()


@pytest.mark.parametrize("name", ["a#b", "a?b", "a%20b", "a'b\"c", "[a*]", "사례", "é", "a\nb", "c\\d", " lead"])
def test_odd_names_of_cases(tmp_path: Path, name: str) -> None:
    with create(tmp_path / f"{name}.wbcase") as case:
        case.run(marks.journal, "entry")
    for write in (True, False):
        with open_case(tmp_path / f"{name}.wbcase", write=write, allow_risky=True) as case:
            assert case.setting("title") == name
            assert case.ask(verify).ok
    assert names_in(tmp_path) == sorted([f"{name}.wbcase", f"{name}.evidence"])


def test_a_name_that_is_no_utf8(tmp_path: Path) -> None:
    path = tmp_path / os.fsdecode(b"caf\xe9.wbcase")
    with create(path) as case:
        assert case.setting("title") == "caf\ufffd"
    with open_case(path, write=False) as case:
        assert case.ask(verify).ok


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    (tmp_path / "a.wbcase").write_text("mine")
    (tmp_path / "b.evidence").mkdir()
    (tmp_path / "b.evidence" / "mine").touch()
    (tmp_path / "c.wbcase").symlink_to("nowhere")
    for name in "abc":
        with pytest.raises(UserError) as raised:
            create(tmp_path / name)
        assert code_of(raised) == "case-exists"
    assert (tmp_path / "a.wbcase").read_text() == "mine"
    assert names_in(tmp_path) == ["a.wbcase", "b.evidence", "c.wbcase"]


def test_what_a_cut_off_creation_left_is_taken_over(tmp_path: Path) -> None:
    (tmp_path / "a.evidence" / "objects").mkdir(parents=True)
    (tmp_path / f".a.wbcase.{'0' * 32}.new").write_bytes(b"half")
    (tmp_path / f".a.wbcase.{'0' * 32}.new-wal").write_bytes(b"half")
    (tmp_path / ".a.wbcase.notes").write_bytes(b"not ours")
    create(tmp_path / "a").close()
    assert names_in(tmp_path) == [".a.wbcase.notes", "a.evidence", "a.wbcase"]


def _create(path: str, gate: object) -> None:
    gate.wait()  # type: ignore[attr-defined]
    try:
        create(Path(path)).close()
    except UserError as error:
        sys.exit(7 if error.message.code == "case-exists" else 1)


def test_two_processes_make_the_same_case(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    gate = context.Barrier(2)
    both = [context.Process(target=_create, args=(str(tmp_path / "same"), gate)) for _ in range(2)]
    for each in both:
        each.start()
    for each in both:
        each.join(30)
    assert sorted(each.exitcode or 0 for each in both) == [0, 7]
    with open_case(tmp_path / "same.wbcase", allow_risky=True) as case:
        assert case.ask(verify).ok
    assert names_in(tmp_path) == ["same.evidence", "same.wbcase"]


def test_a_case_made_by_somebody_else_in_the_meantime_exists(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The other call clears this one's draft away before its tables are made."""
    connect = driver.connect_writer

    def late(draft: Path, **options: bool) -> sqlite3.Connection:
        monkeypatch.setattr(driver, "connect_writer", connect)
        conn = connect(draft, **options)
        create(tmp_path / "same").close()
        return conn

    monkeypatch.setattr(driver, "connect_writer", late)
    with pytest.raises(UserError) as raised:
        create(tmp_path / "same")
    assert code_of(raised) == "case-exists"
    assert names_in(tmp_path) == ["same.evidence", "same.wbcase"]


def no_case(path: Path) -> dict[str, bytes]:
    with closing(sqlite3.connect(path)) as conn:
        conn.execute("CREATE TABLE t (a)")
    return {"empty": b"", "text": b"hello " * 50, "sqlite": path.read_bytes(), "short": b"SQLite format 3\0"}


@pytest.mark.parametrize("kind", ["empty", "text", "sqlite", "short"])
@pytest.mark.parametrize("write", [True, False])
def test_no_case(tmp_path: Path, kind: str, write: bool) -> None:
    data = no_case(tmp_path / "other.sqlite")[kind]
    path = tmp_path / "x.wbcase"
    path.write_bytes(data)
    with pytest.raises(UserError) as raised:
        open_case(path, write=write)
    assert code_of(raised) == "not-a-case"
    assert path.read_bytes() == data
    assert names_in(tmp_path) == ["other.sqlite", "x.wbcase"]


def test_none_there_and_a_folder(tmp_path: Path) -> None:
    for path, code in ((tmp_path / "none.wbcase", "case-not-found"), (tmp_path, "case-unreadable")):
        with pytest.raises(UserError) as raised:
            open_case(path)
        assert code_of(raised) == code


def test_only_a_header(tmp_path: Path, case: Case) -> None:
    case.close()
    path = tmp_path / "x.wbcase"
    path.write_bytes(case.path.read_bytes()[:100])
    for write in (True, False):
        with pytest.raises(UserError):
            open_case(path, write=write, allow_risky=True)


def test_a_newer_case(case: Case) -> None:
    case.close()
    with closing(sqlite3.connect(case.path)) as conn:
        conn.execute(f"PRAGMA user_version={driver.SCHEMA + 1}")
    before = case.path.read_bytes()
    for write in (True, False):
        with pytest.raises(UserError) as raised:
            open_case(case.path, write=write, allow_risky=True)
        assert code_of(raised) == "case-newer"
    assert case.path.read_bytes() == before


def test_without_an_identifier(case: Case) -> None:
    case.close()
    with closing(sqlite3.connect(case.path)) as conn:
        conn.execute("DROP TRIGGER setting_no_update")
        for value, code in (("'zz'", "case-damaged"), ("NULL", "case-damaged")):
            conn.execute(f"UPDATE setting SET value = {value} WHERE key = 'uid'")
            conn.commit()
            with pytest.raises(UserError) as raised:
                open_case(case.path, allow_risky=True)
            assert code_of(raised) == code


def test_a_reader_changes_nothing(case: Case) -> None:
    everything(case)
    case.close()
    before = {each: each.read_bytes() for each in case.path.parent.rglob("*") if each.is_file()}
    with open_case(case.path, write=False) as again:
        assert again.ask(verify).ok
        for wrong in (lambda: again.run(marks.journal, "x"), lambda: again.submit(marks.journal, "x")):
            with pytest.raises(UserError) as raised:
                wrong()
            assert code_of(raised) == "case-read-only"
    assert {each: each.read_bytes() for each in case.path.parent.rglob("*") if each.is_file()} == before


def test_a_reader_sees_what_is_written_after_it_opened(case: Case) -> None:
    """A case that is opened for reading is no still picture while somebody writes to it."""
    case.close()
    with open_case(case.path, write=False) as reading:
        assert reading.ask(lambda reader: reader.stamp) == 1
        with open_case(case.path, allow_risky=True) as writing:
            writing.run(marks.journal, "new")
            assert reading.ask(lambda reader: reader.stamp) == 2
        assert reading.ask(lambda reader: reader.stamp) == 2


def test_opening_twice_in_one_process_keeps_the_locks(case: Case) -> None:
    """Reading the header of an open case by hand would drop SQLite's locks on it."""
    with open_case(case.path, allow_risky=True) as again:
        assert driver.sniff(case.path) == driver.SCHEMA
        with closing(sqlite3.connect(case.path)) as outsider:
            outsider.execute("PRAGMA busy_timeout=0")
            with pytest.raises(sqlite3.OperationalError, match="locked"):
                outsider.execute("PRAGMA journal_mode=DELETE")
        again.run(marks.journal, "a")
        case.run(marks.journal, "b")
        assert again.ask(verify).ok


def test_changes_that_were_not_folded_in(case: Case, tmp_path: Path) -> None:
    """As after a kill: the log beside the case is read, by writers and readers alike."""
    case.run(marks.journal, "in the log only")
    copy = tmp_path / "copy"
    copy.mkdir()
    for name in ("case.wbcase", "case.wbcase-wal"):
        shutil.copyfile(tmp_path / name, copy / name)
    shutil.copytree(tmp_path / "case.evidence", copy / "case.evidence")
    for write in (False, True):
        with open_case(copy / "case.wbcase", write=write, allow_risky=True) as again:
            assert again.ask(lambda reader: reader.stamp) == 2
            assert again.ask(verify).ok
    assert names_in(copy) == ["case.evidence", "case.wbcase"]


def test_moved_and_renamed(case: Case, tmp_path: Path) -> None:
    everything(case)
    case.close()
    other = tmp_path / "옮긴"
    other.mkdir()
    shutil.move(case.path, other / "new.wbcase")
    shutil.move(case.path.with_suffix(".evidence"), other / "new.evidence")
    with open_case(other / "new.wbcase", allow_risky=True) as again:
        assert again.ask(verify).problems == ()
        again.run(marks.journal, "moved")


def test_a_missing_evidence_folder(case: Case) -> None:
    everything(case)
    case.close()
    shutil.move(case.path.with_suffix(".evidence"), case.path.with_suffix(".elsewhere"))
    with open_case(case.path, allow_risky=True) as again:
        again.run(marks.journal, "all the rest works")
        with pytest.raises(UserError) as raised:
            again.evidence.put(None, lambda _: False)  # type: ignore[arg-type]
        assert code_of(raised) == "evidence-missing"
        again.previews.put([(b"x" * 32, b"jpeg")])
        assert again.previews.get([b"x" * 32]) == {}
        assert len(again.ask(lambda reader: reader.arrays("sighting"))["path"]) > 0
    assert not case.path.with_suffix(".evidence").exists()
    shutil.move(case.path.with_suffix(".elsewhere"), case.path.with_suffix(".evidence"))
    with open_case(case.path, allow_risky=True) as again:
        assert again.ask(verify).problems == ()


@pytest.mark.parametrize("part", ["Dropbox", "OneDrive - Firm", "Nextcloud", "Dropbox (Private)", "CloudStorage"])
def test_synchronised_folders_need_a_clear_yes(tmp_path: Path, part: str, template: Path) -> None:
    place = tmp_path / part
    place.mkdir()
    path = place / "a.wbcase"
    shutil.copyfile(template, path)
    shutil.copytree(template.with_suffix(".evidence"), place / "a.evidence")
    with pytest.raises(UserError) as raised:
        open_case(path)
    assert code_of(raised) == "case-risky-place"
    (tmp_path / "link").symlink_to(place)
    with pytest.raises(UserError):
        open_case(tmp_path / "link" / "a.wbcase")
    open_case(path, write=False).close()
    open_case(path, allow_risky=True).close()


def test_network_file_systems_are_known_by_the_mount_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "file_system_of", lambda _: "nfs4")
    assert risky_place(tmp_path / "a.wbcase") == "nfs4"
    monkeypatch.undo()
    assert module.file_system_of(Path("/proc/self")) == "proc"
    assert risky_place(tmp_path / "dropboxes" / "dropbox.wbcase") is None


@contextmanager
def mounted(place: Path, *, size: int | None = None) -> Iterator[None]:
    """A small file system of our own; skips where this account may not mount."""
    libc = ctypes.CDLL(None, use_errno=True)
    place.mkdir(exist_ok=True)
    options = f"size={size}".encode() if size else b"size=20m"
    if libc.mount(b"tmpfs", bytes(place), b"tmpfs", 0, options) != 0:
        pytest.skip(f"nothing can be mounted here: {os.strerror(ctypes.get_errno())}")
    try:
        yield
    finally:
        libc.umount2(bytes(place), 2)


def test_a_medium_that_cannot_be_written(tmp_path: Path, template: Path) -> None:
    place = tmp_path / "disc"
    with mounted(place):
        shutil.copyfile(template, place / "a.wbcase")
        shutil.copytree(template.with_suffix(".evidence"), place / "a.evidence")
        with open_case(place / "a.wbcase", allow_risky=True) as case:
            everything(case)
        before = names_in(place)
        assert ctypes.CDLL(None).mount(b"", bytes(place), b"", 32 | 1, b"") == 0  # MS_REMOUNT | MS_RDONLY
        with pytest.raises(UserError) as raised:
            open_case(place / "a.wbcase")
        assert code_of(raised) == "case-read-only"
        with pytest.raises(UserError) as raised:
            create(place / "b")
        assert code_of(raised) == "case-cannot-create"
        with open_case(place / "a.wbcase", write=False) as case:
            assert case.ask(verify).problems == ()
            assert case.previews.get([b"x" * 32]) == {}
        assert names_in(place) == before


def test_a_medium_that_cannot_be_written_with_changes_not_folded_in(tmp_path: Path, case: Case) -> None:
    place = tmp_path / "disc"
    case.run(marks.journal, "in the log only")
    with mounted(place):
        for name in ("case.wbcase", "case.wbcase-wal"):
            shutil.copyfile(tmp_path / name, place / name)
        (place / "case.evidence" / "objects").mkdir(parents=True)
        assert ctypes.CDLL(None).mount(b"", bytes(place), b"", 32 | 1, b"") == 0
        with pytest.raises(UserError) as raised:
            open_case(place / "case.wbcase", write=False)
        assert code_of(raised) == "case-wal-read-only"


def test_a_full_disk(tmp_path: Path, template: Path) -> None:
    place = tmp_path / "small"
    with mounted(place, size=3 << 20):
        shutil.copyfile(template, place / "a.wbcase")
        shutil.copytree(template.with_suffix(".evidence"), place / "a.evidence")
        with open_case(place / "a.wbcase", allow_risky=True) as case:
            marked: list[int] = []

            def fill_up() -> None:
                while True:
                    targets = [("object", len(marked) * 500 + each) for each in range(1, 500)]
                    marked.append(case.run(marks.tag, targets, "x").result)

            with pytest.raises(UserError) as raised:
                fill_up()
            assert code_of(raised) == "disk-full"
            assert case.ask(verify).problems == ()
            assert case.ask(lambda reader: reader.value("SELECT count(*) FROM mark")) == sum(marked)
        with (place / "fill").open("wb", buffering=0) as fill, suppress(OSError):
            while True:
                fill.write(b"x" * 4096)
        with pytest.raises(UserError) as raised:
            create(place / "b")
        assert code_of(raised) == "case-cannot-create"
        (place / "fill").unlink()
        assert ctypes.CDLL(None).mount(b"", bytes(place), b"", 32, b"size=20m") == 0
        assert not [each for each in names_in(place) if each.endswith(".new")]
        with open_case(place / "a.wbcase", allow_risky=True) as case:
            assert case.run(marks.journal, "there is room again").seq > 1
            assert case.ask(verify).problems == ()


def _writes(path: str, name: str, count: int) -> None:
    with open_case(Path(path), allow_risky=True) as case:
        case.actor = name
        for each in range(count):
            case.run(marks.tag, [("object", each)], name)


def test_two_processes_write_and_a_third_reads(case: Case) -> None:
    context = multiprocessing.get_context("spawn")
    others = [context.Process(target=_writes, args=(str(case.path), name, 60)) for name in ("A", "B")]
    for each in others:
        each.start()
    seen: list[int] = []
    while any(each.is_alive() for each in others):
        seen.append(case.ask(lambda reader: reader.stamp))
        case.run(marks.tag, [("object", len(seen))], "own")
        assert case.ask(verify).problems == ()
        time.sleep(0.01)
    for each in others:
        each.join(30)
    assert [each.exitcode for each in others] == [0, 0]
    assert seen == sorted(seen)
    found = dict(case.ask(lambda reader: reader.all("SELECT value, count(*) FROM mark GROUP BY value")))
    assert found == {"A": 60, "B": 60, "own": len(seen)}
    assert case.ask(verify).problems == ()


def test_somebody_who_holds_the_case_too_long(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    case.close()
    monkeypatch.setattr(driver, "BUSY_MS", 100)
    with closing(sqlite3.connect(case.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with open_case(case.path, allow_risky=True) as again:
            with pytest.raises(UserError) as raised:
                again.run(marks.journal, "x")
            assert code_of(raised) == "case-busy"
            other.execute("ROLLBACK")
            again.run(marks.journal, "x")


def test_threads_of_a_case_are_its_own(case: Case) -> None:
    names = {each.name for each in threading.enumerate() if each.name.startswith("case-")}
    assert "case-writer" in names
    case.close()
    assert not [each for each in threading.enumerate() if each.name.startswith("case-")]

"""What `verify` says of a case that cannot be worked with any more, and of what lies beside it."""

from __future__ import annotations

import os
import random
import shutil
import socket
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from tests.case.old_case import old_case
from tests.case.test_tamper import tamper
from tests.cli.running import run
from tests.conftest import START, Clock
from tests.making import everything, look, sighted, stored
from workbench.case import schema
from workbench.case.case import Case, create, open_case
from workbench.case.checking import opened_to_check
from workbench.core.errors import UserError
from workbench.core.records import Basis, Status
from workbench.core.times import Precision
from workbench.ops import intake
from workbench.queries import changes
from workbench.queries.verify import Verified, verify

TRIALS = int(os.environ.get("WORKBENCH_TRIALS", "11"))
"""Random changes; set it to 300 for the long trial."""


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("full") / "full.wbcase"
    with create(path, examiner="Examiner", clock=Clock(START)) as case:
        everything(case)
    return path


@pytest.fixture
def copy(full: Path, tmp_path: Path) -> Path:
    path = tmp_path / "copy.wbcase"
    shutil.copyfile(full, path)
    shutil.copytree(full.with_suffix(".evidence"), path.with_suffix(".evidence"))
    return path


def checked(path: Path) -> Verified:
    with opened_to_check(path) as reader:
        return verify(reader)


def kinds(path: Path) -> set[str]:
    return {each.kind for each in checked(path).problems}


def more(case: Case) -> None:
    look(case, [sighted(b"later", stored(case, b"later"))])


def objects_of(path: Path) -> list[Path]:
    return sorted(each for each in (path.with_suffix(".evidence") / "objects").rglob("*") if each.is_file())


@pytest.mark.parametrize("value", ["'zz'", "'00'", "CAST(x'ff00ff' AS TEXT)"])
def test_a_damaged_uid_stops_nothing(copy: Path, value: str) -> None:
    place = objects_of(copy)[0]
    place.chmod(0o600)
    place.write_bytes(b"other")
    tamper(copy, f"UPDATE setting SET value = {value} WHERE key = 'uid'", guarded="setting")
    found = checked(copy)
    said = {(each.kind, each.where) for each in found.problems}
    assert {("cell-damaged", "setting uid"), ("rows-changed", "setting op 1"), ("object-damaged", place.name)} <= said
    assert "chain-broken" not in {each.kind for each in found.problems}
    assert "setting uid" in run("verify", copy, code=1).out


@pytest.mark.parametrize(
    ("pragma", "kind"),
    [("application_id = 7", "header-changed"), *((f"user_version = {n}", "version-changed") for n in (0, 1, 99))],
)
def test_a_changed_header(copy: Path, pragma: str, kind: str) -> None:
    with closing(sqlite3.connect(copy)) as conn:
        conn.execute(f"PRAGMA {pragma}")
    assert kinds(copy) == {kind}
    assert run("verify", copy, code=1).out
    with pytest.raises(UserError):
        open_case(copy, allow_risky=True)


def test_an_older_case_is_checked_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "old.wbcase"
    old_case(path)
    before = {each: each.read_bytes() for each in tmp_path.rglob("*") if each.is_file()}
    assert "All is as it was" in run("verify", path).out
    assert {each: each.read_bytes() for each in tmp_path.rglob("*") if each.is_file()} == before
    tamper(path, "UPDATE object SET size = size + 1 WHERE id = 1", guarded="object")
    assert "rows-changed" in kinds(path)


def test_a_lost_log_of_changes_is_noticed(copy: Path) -> None:
    older = copy.with_name("older.wbcase")
    shutil.copyfile(copy, older)
    with open_case(copy, allow_risky=True, clock=Clock(START + 10**9)) as case:
        more(case)
    older.replace(copy)
    assert kinds(copy) == {"case-older-than-evidence"}


def test_looks_and_objects_that_the_case_does_not_know(copy: Path) -> None:
    evidence = copy.with_suffix(".evidence")
    for folder in ("warc", "partial"):
        (evidence / folder).mkdir(exist_ok=True)
    (evidence / "warc" / "20240101T000000Z-0123456789ab-1.warc.gz").write_bytes(b"x")
    (evidence / "partial" / f"20240101T000000Z-0123456789ab-{'0' * 32}-0.notes").write_bytes(b"x")
    for number in range(1100):
        place = evidence / "objects" / "00" / f"00{number:062x}"
        place.parent.mkdir(exist_ok=True)
        place.write_bytes(b"x")
    assert kinds(copy) == {"newer-warc", "newer-notes", "newer-objects"}


def test_what_was_planted(copy: Path) -> None:
    evidence = copy.with_suffix(".evidence")
    (evidence / "objects" / "ab" / "folder").mkdir(parents=True)
    (evidence / "warc").mkdir(exist_ok=True)
    stray = {"objects/readme.txt", "objects/ab/" + "AB" * 32, "objects/ab/" + "cd" * 32, "warc/x.txt", "more"}
    for each in stray:
        (evidence / each).write_bytes(b"x")
    (evidence / "warc" / "20240101T000000Z-0123456789ab-7.warc.gz").symlink_to("/etc/passwd")
    os.mkfifo(evidence / "objects" / "ab" / ("ab" * 32))
    assert {(each.kind, each.where) for each in checked(copy).problems} == {
        *(("stray-file", each) for each in (*stray, "objects/ab/folder")),
        ("link-file", "warc/20240101T000000Z-0123456789ab-7.warc.gz"),
        ("special-file", "objects/ab/" + "ab" * 32),
    }


def test_an_object_that_is_a_pipe_keeps_nobody_waiting(copy: Path) -> None:
    place = objects_of(copy)[0]
    place.unlink()
    os.mkfifo(place)
    assert kinds(copy) == {"object-unreadable", "special-file"}


@pytest.mark.parametrize("kind", ["pipe", "socket", "device"])
def test_what_is_no_file_is_refused_at_once(copy: Path, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(copy.parent)  # the name of a socket must be short
    place, out = Path("odd"), copy.with_name("out")
    with closing(socket.socket(socket.AF_UNIX)) as listening:
        if kind == "pipe":
            os.mkfifo(place)
        elif kind == "socket":
            listening.bind("odd")
        else:
            place.symlink_to("/dev/zero")
        for words in (
            ("verify", place), ("changes", place), ("add", copy, place), ("logs", copy, place), ("import", copy, place),
            ("bundle", copy, out, "--redact", place), ("bundle", copy, out, "--sign", place),
            ("anchor", copy, "--attach", place),
        ):  # fmt: skip
            ran = run(*words, code=None)
            assert ran.code in (1, 2), words
            assert ran.err.strip(), words
    assert not out.exists()


def ours(case: Case, observed: int, *names: bytes) -> None:
    """A look of our own, that saw these files."""
    begun = intake.Look("server", "server", observed, observed, Basis.WITNESSED, Precision.SECOND, "complete", None)
    snapshot = case.run(intake.begin, begun).result
    case.run(intake.batch, snapshot, [sighted(each, stored(case, each)) for each in names], (), intake.Known())
    case.run(intake.end, snapshot, Status.COMPLETE, observed + 1)


def test_a_clock_that_was_set_back(tmp_path: Path) -> None:
    """What was removed is not told as added, and the contradiction is said."""
    clock = Clock(START)
    with create(tmp_path / "clock.wbcase", clock=clock) as case:
        ours(case, START, b"a", b"b")
        clock.now -= 5_000_000_000
        ours(case, START - 5_000_000_000, b"a")
        said = [(row["change"], row["path"]) for row in case.ask(lambda reader: list(changes.rows(reader)))]
        found = case.ask(verify)
    assert said == [("removed", "b")]
    assert found.ok
    assert {each.code for each in found.warnings} == {"verify-times-back", "looks-times-back"}
    assert "clock" in run("changes", tmp_path / "clock.wbcase").err


# changes at random


def _cell(path: Path, dice: random.Random) -> None:
    """Another value in a cell of any table that holds rows which cannot be made again."""
    for _ in range(100):
        table = dice.choice([*schema.RECORDED, "op"])
        with closing(sqlite3.connect(path)) as conn:
            columns = [row[1] for row in conn.execute(f"PRAGMA table_info({table})")]
            row = dice.choice([each for (each,) in conn.execute(f"SELECT rowid FROM {table}")])
            column = dice.choice(columns)
            (before,) = conn.execute(f"SELECT {column} FROM {table} WHERE rowid = ?", (row,)).fetchone()
        value = dice.choice([None, "other", b"\0", b"\7" * 16, b"\7" * 32, 7777, -1, ""])
        if value == before:
            continue
        said = "NULL" if value is None else f"x'{value.hex()}'" if isinstance(value, bytes) else repr(value)
        try:
            tamper(path, f"UPDATE {table} SET {column} = {said} WHERE rowid = {row}")
        except sqlite3.IntegrityError:
            continue
        return
    raise AssertionError("no cell took another value")


def _dropped(path: Path, dice: random.Random) -> None:
    table = dice.choice([*schema.RECORDED, "op"])
    tamper(path, f"DELETE FROM {table} WHERE rowid = (SELECT max(rowid) FROM {table})")


def _index(path: Path, dice: random.Random) -> None:
    with closing(sqlite3.connect(path)) as conn:
        sql = "SELECT name FROM sqlite_master WHERE type = 'index' AND sql > '' AND name NOT LIKE '%sqlite%'"
        conn.execute(f"DROP INDEX {dice.choice([name for (name,) in conn.execute(sql)])}")


def _flip(path: Path, dice: random.Random) -> None:
    place = dice.choice([each for each in objects_of(path) if each.stat().st_size])
    data = bytearray(place.read_bytes())
    place.chmod(0o600)
    data[dice.randrange(len(data))] ^= 1 << dice.randrange(8)
    place.write_bytes(data)


def _gone(path: Path, dice: random.Random) -> None:
    dice.choice(objects_of(path)).unlink()


def _renamed(path: Path, dice: random.Random) -> None:
    place = dice.choice(objects_of(path))
    place.rename(place.with_name("f" * 64))


def _swapped(path: Path, dice: random.Random) -> None:
    first, second = dice.sample(objects_of(path), 2)
    aside = first.with_name("aside")
    first.rename(aside)
    second.rename(first)
    aside.rename(second)


def _planted(path: Path, dice: random.Random) -> None:
    (path.with_suffix(".evidence") / dice.choice(["", "objects"]) / f"planted-{dice.random()}").write_bytes(b"x")


def _cut(path: Path, dice: random.Random) -> None:
    with path.open("r+b") as file:
        file.truncate(dice.randrange(1, path.stat().st_size - 1))


def _newest(path: Path, dice: random.Random) -> None:
    (path.with_suffix(".evidence") / "newest-op").write_text(f"{dice.randrange(1, 9999):020d} {'0' * 64}\n")


CHANGES: tuple[Callable[[Path, random.Random], None], ...] = (
    _cell, _cell, _dropped, _index, _flip, _gone, _renamed, _swapped, _planted, _cut, _newest,
)  # fmt: skip


@pytest.mark.parametrize("number", range(TRIALS))
def test_a_change_at_random_is_found_and_named(copy: Path, number: int) -> None:
    CHANGES[number % len(CHANGES)](copy, random.Random(number))
    assert run("verify", copy, code=1).out.count("\n") >= 2


@pytest.mark.parametrize("number", range(max(2, TRIALS // 6)))
def test_no_false_alarm(tmp_path: Path, number: int) -> None:
    path = tmp_path / "clean.wbcase"
    with create(path, clock=Clock(START + number)) as case:
        everything(case)
        for _ in range(number % 3):
            more(case)
    found = checked(path)
    assert (found.problems, found.warnings) == ((), ())


def test_previews_and_the_column_cache_are_outside_the_promise(copy: Path) -> None:
    """They are made again from the case and its objects, and are no evidence: the README says so."""
    evidence = copy.with_suffix(".evidence")
    for each in [evidence / "previews.sqlite", *(evidence / "columns").glob("*")]:
        if each.is_file():
            each.write_bytes(b"changed")
    assert checked(copy).ok

from __future__ import annotations

import os
import socket
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.sources.looking import gather, look
from workbench.core.errors import Cancelled, UserError
from workbench.core.progress import Progress
from workbench.core.records import Coverage, Harvested
from workbench.core.times import Precision, Zone
from workbench.sources import tree
from workbench.sources.base import problem_of
from workbench.sources.folder import FileSource, FolderSource

posix = pytest.mark.skipif(os.name != "posix", reason="needs POSIX names and links")

HOSTILE = [
    b"plain.txt",
    b"\xff\xfe invalid.png",
    b"new\nline",
    b"back\\slash",
    "绘图 수정 чертёж.png".encode(),
    "😀.gif".encode(),
    "e\u0301-nfd".encode(),
    b"n" * 255,
    b"..hidden",
    b"-rf",
    b" ",
    b"C:evil",
    b"tab\there",
    b"%41%2e",
]


def write(root: Path, tree_of: dict[bytes, bytes]) -> None:
    for name, content in tree_of.items():
        path = root / os.fsdecode(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def open_descriptors() -> int:
    """How many this process holds; 0 where the system does not tell."""
    table = Path("/proc/self/fd")
    return sum(1 for _ in table.iterdir()) if table.is_dir() else 0


@posix
def test_hostile_names_come_through_as_bytes(tmp_path: Path) -> None:
    expected = {name: name for name in HOSTILE}
    expected |= {b"sub-" + name[:200] + b"/" + name: name for name in HOSTILE}
    write(tmp_path, expected)
    seen = look(FolderSource(tmp_path))
    assert seen.files == expected
    assert not seen.notes
    assert set(seen.folders) == {b"", *(b"sub-" + name[:200] for name in HOSTILE)}
    assert set(seen.folders.values()) == {Coverage.LISTED}


def test_order_is_by_raw_bytes_files_before_folders(tmp_path: Path) -> None:
    write(tmp_path, dict.fromkeys([b"b", b"a/2", b"a/10", b"B", b"a/z/1", b"a.txt", b"c/1"], b""))
    assert look(FolderSource(tmp_path)).order == [b"B", b"a.txt", b"b", b"a/10", b"a/2", b"a/z/1", b"c/1"]


def test_times_are_absolute_and_fine(tmp_path: Path) -> None:
    file = tmp_path / "a"
    file.write_bytes(b"abc")
    os.utime(file, ns=(0, 1_704_272_400_123_456_789))
    for source in (FolderSource(tmp_path), FileSource(file)):
        found = look(source).harvested[b"a"]
        assert (found.modified, found.zone, found.precision, found.size) == (
            1_704_272_400_123_456,
            Zone.GIVEN,
            Precision.MICROSECOND,
            3,
        )


@posix
def test_links_and_special_files_are_recorded_and_left_alone(tmp_path: Path) -> None:
    root = tmp_path / "root"
    write(root, {b"d/a": b"1", b"real": b"2"})
    (tmp_path / "secret").write_bytes(b"outside")
    (root / "file-link").symlink_to(tmp_path / "secret")
    (root / "folder-link").symlink_to("..")
    (root / "loop").symlink_to("loop")
    (root / "d" / "up").symlink_to("../d")
    (root / "odd").symlink_to(os.fsdecode(b"\xff\n"))
    os.mkfifo(root / "fifo")
    os.link(root / "real", root / "hard")
    with socket.socket(socket.AF_UNIX) as server:
        here = Path.cwd()
        os.chdir(root)
        try:
            server.bind("socket")
        finally:
            os.chdir(here)
        seen = look(FolderSource(root))
    assert seen.files == {b"d/a": b"1", b"hard": b"2", b"real": b"2"}
    assert seen.notes == [
        (b"fifo", "special-not-opened"),
        (b"file-link", "symlink-not-followed"),
        (b"folder-link", "symlink-not-followed"),
        (b"loop", "symlink-not-followed"),
        (b"odd", "symlink-not-followed"),
        (b"socket", "special-not-opened"),
        (b"d/up", "symlink-not-followed"),
    ]
    targets = {note.path: note.message.args.get("target") for note in seen.noted}
    assert targets[b"folder-link"] == ".."
    assert targets[b"odd"] == "\\xff\n"


@posix
def test_a_file_swapped_for_a_link_is_refused(tmp_path: Path) -> None:
    root = tmp_path / "root"
    write(root, {b"a": b"12345", b"sub/b": b"12345"})
    (tmp_path / "secret").write_bytes(b"other")
    for item in FolderSource(root).items(Progress()):
        if isinstance(item, Harvested):
            path = root / os.fsdecode(item.path)
            path.unlink()
            path.symlink_to(tmp_path / "secret")
            assert item.open is not None
            with pytest.raises(OSError) as caught:  # noqa: PT011 - the code below tells which
                item.open()
            assert problem_of(caught.value).code == "file-changed"


@posix
def test_a_folder_swapped_for_a_link_is_not_entered(tmp_path: Path) -> None:
    root, outside = tmp_path / "root", tmp_path / "outside"
    write(root, {b"a": b"", b"sub/b": b"in"})
    write(outside, {b"b": b"out"})
    items = FolderSource(root).items(Progress())
    first = [next(items), next(items)]
    (root / "sub").rename(root / "moved")
    (root / "sub").symlink_to(outside)
    seen = gather([*first, *items])
    assert seen.files == {b"a": b""}
    assert seen.folders[b"sub"] is Coverage.FAILED


@posix
def test_late_opening_goes_by_the_same_folders(tmp_path: Path) -> None:
    """Also when the walk has moved on and every descriptor is closed."""
    root = tmp_path / "root"
    write(root, {b"x/y/a": b"1", b"x/b": b"2", b"c": b"3", b"z/d": b"4"})
    late = [item for item in FolderSource(root).items(Progress()) if isinstance(item, Harvested)]
    (root / "z").rename(root / "w")
    (root / "z").symlink_to("w")
    seen = gather(late)
    assert seen.files == {b"x/y/a": b"1", b"x/b": b"2", b"c": b"3"}
    assert seen.problems == {b"z/d": "file-vanished"} or seen.problems == {b"z/d": "file-changed"}


def test_files_that_vanish_or_change(tmp_path: Path) -> None:
    write(tmp_path, {b"gone": b"1", b"grown": b"1", b"torn": b"1" * 300_000})
    problems: dict[bytes, str] = {}
    for item in FolderSource(tmp_path).items(Progress()):
        if not isinstance(item, Harvested):
            continue
        path = tmp_path / os.fsdecode(item.path)
        assert item.open is not None
        try:
            if item.path == b"gone":
                path.unlink()
            if item.path == b"grown":
                path.write_bytes(b"12")
            with item.open() as stream:
                stream.read(10)
                with path.open("ab") as other:
                    other.write(b"more")
                stream.read()
        except OSError as error:
            problems[item.path] = problem_of(error).code
    assert problems == {b"gone": "file-vanished", b"grown": "file-changed", b"torn": "file-changed-while-read"}


def test_open_cases_are_skipped(tmp_path: Path) -> None:
    write(
        tmp_path,
        dict.fromkeys(
            [
                b"my.wbcase",
                b"my.wbcase-wal",
                b"my.wbcase-shm",
                b"my.evidence/objects/ab/x",
                b"other.evidence/kept",
                b"sub/deep.WBCASE",
                b"a.png",
            ],
            b"x",
        ),
    )
    seen = look(FolderSource(tmp_path))
    assert set(seen.files) == {b"a.png", b"other.evidence/kept"}
    assert {path for path, code in seen.notes if code == "case-skipped"} == {
        b"my.wbcase",
        b"my.wbcase-wal",
        b"my.wbcase-shm",
        b"my.evidence",
        b"sub/deep.WBCASE",
    }
    assert seen.folders[b"my.evidence"] is Coverage.NOT_REACHED


def chain(root: Path, depth: int, *, comb: bool = False) -> None:
    """A tree deeper than any path may be long."""
    fd = os.open(root, os.O_RDONLY)
    for level in range(depth):
        os.close(os.open(b"f", os.O_CREAT | os.O_WRONLY, dir_fd=fd))
        if comb and level % 50 == 0:
            os.mkdir(b"zz", dir_fd=fd)
        os.mkdir(b"dd", dir_fd=fd)
        below = os.open(b"dd", os.O_RDONLY, dir_fd=fd)
        os.close(fd)
        fd = below
    os.close(fd)


def remove_chain(root: Path) -> None:
    subprocess.run(["rm", "-rf", str(root)], check=True)


@posix
def test_a_very_deep_tree(tmp_path: Path) -> None:
    root = tmp_path / "deep"
    root.mkdir()
    try:
        chain(root, 3000, comb=True)
        before = open_descriptors()
        count = folders = longest = most_open = 0
        for item in FolderSource(root).items(Progress()):
            if isinstance(item, Harvested):
                assert item.open is not None
                item.open().close()
                count += 1
                longest = max(longest, len(item.path))
                if before and count % 500 == 0:
                    most_open = max(most_open, open_descriptors() - before)
            elif type(item).__name__ == "Folder":
                assert item.coverage is Coverage.LISTED
                folders += 1
        assert (count, folders, longest) == (3000, 3001 + 60, 2999 * 3 + 1)
        assert most_open < 80
    finally:
        remove_chain(root)


@posix
def test_what_this_user_may_not_read(tmp_path: Path) -> None:
    """In a child without privileges, since root may read everything."""
    root = tmp_path / "root"
    write(root, {b"closed/a": b"1", b"listable/b": b"1", b"secret": b"123", b"open": b"1"})
    (root / "secret").chmod(0)
    (root / "closed").chmod(0)
    (root / "listable").chmod(0o444)
    for folder in (tmp_path, *tmp_path.parents[:-1]):
        if folder.stat().st_uid == os.getuid() and "pytest" in str(folder):
            folder.chmod(folder.stat().st_mode | 0o055)
    script = textwrap.dedent(
        """
        import os, sys
        from pathlib import Path
        from tests.sources.looking import look
        from workbench.sources.folder import FolderSource
        from workbench.core.messages import catalogue
        catalogue()  # The interpreter itself may lie where the other user cannot go.
        os.chdir(sys.argv[1])
        if os.getuid() == 0:
            os.setgroups([]); os.setgid(65534); os.setuid(65534)
        seen = look(FolderSource(Path(".")))
        print([sorted(seen.files), sorted(seen.problems.items()), sorted(seen.notes),
               sorted((k, str(v)) for k, v in seen.folders.items())])
        """
    )
    project = Path(__file__).resolve().parents[2]
    if not all(each.stat().st_mode & 0o001 for each in (project, *project.parents)):
        pytest.skip("another user cannot reach this checkout")
    try:
        done = subprocess.run(
            [sys.executable, "-W", "error", "-c", script, str(root)],
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "PYTHONPATH": str(project), "PYTHONDONTWRITEBYTECODE": "1"},
        )
    finally:
        (root / "closed").chmod(0o755)
        (root / "listable").chmod(0o755)
    assert done.returncode == 0, done.stderr
    assert eval(done.stdout) == [
        [b"open"],
        [(b"listable/b", "file-refused"), (b"secret", "file-refused")],
        [(b"closed", "folder-refused")],
        [(b"", "listed"), (b"closed", "refused"), (b"listable", "listed")],
    ]


def test_a_listing_that_breaks_midway(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, {b"a": b"1", b"b": b"2"})
    real = tree.Place.scan

    def broken(place: tree.Place) -> object:
        yield next(real(place))
        raise OSError(5, "broken disk")

    monkeypatch.setattr(tree.Place, "scan", broken)
    seen = look(FolderSource(tmp_path))
    assert len(seen.files) == 1
    assert seen.folders == {b"": Coverage.FAILED}
    assert seen.notes == [(b"", "folder-not-listed")]
    assert seen.noted[0].message.args["reason"] == "EIO"


def test_without_relative_opening(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As on Windows: by full path."""
    monkeypatch.setattr(tree, "RELATIVE", False)
    write(tmp_path, {b"a": b"1", b"d/e/b": b"2"})
    if os.name == "posix":
        (tmp_path / "link").symlink_to("d")
    seen = look(FolderSource(tmp_path))
    assert seen.files == {b"a": b"1", b"d/e/b": b"2"}
    assert set(seen.folders) == {b"", b"d", b"d/e"}
    assert [code for _, code in seen.notes] == (["symlink-not-followed"] if os.name == "posix" else [])


def test_the_root_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(UserError) as caught:
        look(FolderSource(tmp_path / "none"))
    assert caught.value.message.code == "folder-unreadable"


def test_cancelling_stops_the_walk_and_closes_everything(tmp_path: Path) -> None:
    write(tmp_path, {b"%d/%d" % (one, two): b"" for one in range(10) for two in range(10)})
    progress = Progress()
    items = FolderSource(tmp_path).items(progress)
    next(items)
    next(items)
    progress.cancel()
    with pytest.raises(Cancelled):
        list(items)


NAME = st.binary(min_size=1, max_size=40).filter(
    lambda name: not set(name) & set(b"/\0") and name not in (b".", b"..") and b".wbcase" not in name.lower()
)


@posix
@settings(max_examples=25, deadline=None)
@given(names=st.dictionaries(NAME, st.binary(max_size=20), max_size=6))
def test_any_names_round_trip(tmp_path_factory: pytest.TempPathFactory, names: dict[bytes, bytes]) -> None:
    root = tmp_path_factory.mktemp("names")
    write(root, names)
    assert look(FolderSource(root)).files == names

"""The evidence store: bytes under their hash, trusted only after they were read, no trace of what failed."""

from __future__ import annotations

import errno
import hashlib
import io
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

import pytest

from workbench.case import durable
from workbench.case import evidence as module
from workbench.case.evidence import Evidence
from workbench.case.locks import FileLock
from workbench.case.previews import Previews
from workbench.core.errors import Cancelled, UserError


@pytest.fixture
def store(tmp_path: Path) -> Evidence:
    made = Evidence(tmp_path / "a.evidence")
    made.create()
    return made


def never(_: bytes) -> bool:
    return False


def files(store: Evidence) -> list[str]:
    found = [each.relative_to(store.folder).as_posix() for each in store.folder.rglob("*") if each.is_file()]
    return sorted(each for each in found if not each.endswith(".lock"))


@pytest.mark.parametrize("data", [b"", b"x", b"long " * 500_000])
def test_bytes_come_back(store: Evidence, data: bytes) -> None:
    seen: list[bytes] = []
    held = store.put(io.BytesIO(data), never, seen.append)
    assert (held.sha256, held.size, held.new) == (hashlib.sha256(data).digest(), len(data), True)
    assert b"".join(seen) == data
    with store.open(held.sha256) as stream:
        assert stream.read() == data
        stream.seek(0)
    assert store.check(held.sha256, held.size) is None
    assert store.has(held.sha256)
    assert list(store.names()) == [held.sha256.hex()]
    again = store.put(io.BytesIO(data), never)
    assert not again.new
    assert len(files(store)) == 1
    store.flush()
    store.close()
    assert not list((store.folder / "tmp").iterdir())


def test_objects_are_read_only(store: Evidence) -> None:
    held = store.put(io.BytesIO(b"x"), never)
    place = next(each for each in (store.folder / "objects").rglob("*") if each.is_file())
    assert place.stat().st_mode & 0o777 == 0o444
    assert place.name == held.sha256.hex()


def test_wrong_bytes_under_the_right_name_are_replaced(store: Evidence) -> None:
    """As after a kill, or a bad disk: a name that the case does not know is read before it is trusted."""
    held = store.put(io.BytesIO(b"good"), never)
    place = next(each for each in (store.folder / "objects").rglob("*") if each.is_file())
    place.chmod(0o600)
    place.write_bytes(b"evil")
    assert store.check(held.sha256, 4) == "object-damaged"
    assert store.put(io.BytesIO(b"good"), lambda _: True).new is False, "the case knows it: verify will tell"
    assert store.put(io.BytesIO(b"good"), never).new
    assert store.check(held.sha256, 4) is None


class Breaks(io.RawIOBase):
    def __init__(self, error: Exception) -> None:
        self._error = error
        self._given = False

    def read(self, size: int = -1, /) -> bytes:
        if self._given:
            raise self._error
        self._given = True
        return b"begun"


@pytest.mark.parametrize("error", [OSError(errno.EIO, "source"), Cancelled(), RuntimeError("odd")])
def test_a_source_that_breaks_leaves_nothing(store: Evidence, error: Exception) -> None:
    with pytest.raises(type(error)):
        store.put(Breaks(error), never)  # type: ignore[arg-type]
    assert files(store) == []


@pytest.mark.parametrize(
    ("number", "code"),
    [
        (errno.ENOSPC, "disk-full"),
        (errno.EDQUOT, "disk-full"),
        (errno.EROFS, "case-read-only"),
        (errno.EFBIG, "object-too-large-here"),
        (errno.EIO, "case-io-error"),
    ],
)
@pytest.mark.parametrize("call", ["write", "open"])
def test_our_own_disk_that_breaks(
    store: Evidence, monkeypatch: pytest.MonkeyPatch, number: int, code: str, call: str
) -> None:
    store.put(io.BytesIO(b"before"), never)

    def fails(*_: object) -> int:
        raise OSError(number, os.strerror(number))

    with monkeypatch.context() as patched:
        patched.setattr(module.os, call, fails)
        with pytest.raises(UserError) as raised:
            store.put(io.BytesIO(b"later"), never)
    assert raised.value.message.code == code
    assert str(raised.value) != code
    assert len(files(store)) == 1
    assert store.put(io.BytesIO(b"later"), never).new


def test_short_writes_are_gone_on_with(store: Evidence, monkeypatch: pytest.MonkeyPatch) -> None:
    write = os.write
    monkeypatch.setattr(module.os, "write", lambda fd, data: write(fd, bytes(data)[:3]))
    held = store.put(io.BytesIO(b"in small pieces"), never)
    assert store.check(held.sha256, held.size) is None


def test_a_limit(store: Evidence) -> None:
    with pytest.raises(UserError, match="larger than the limit of 3 bytes"):
        store.put(io.BytesIO(b"four"), never, limit=3)
    assert files(store) == []


def test_names_that_are_not_there(store: Evidence) -> None:
    with pytest.raises(UserError, match="not in the evidence folder"):
        store.open(b"x" * 32)
    assert store.check(b"x" * 32, 1) == "object-missing"
    assert not store.has(b"x" * 32)


def test_a_flush_that_fails_is_made_up_for(store: Evidence, monkeypatch: pytest.MonkeyPatch) -> None:
    store.put(io.BytesIO(b"x"), never)
    synced: list[Path] = []

    def fails(*_: object) -> None:
        raise OSError(errno.EIO, "no")

    with monkeypatch.context() as patched:
        patched.setattr(module, "sync_all", fails)
        with pytest.raises(UserError) as raised:
            store.flush()
        assert raised.value.message.code == "case-io-error"
    monkeypatch.setattr(module, "sync_all", lambda _root, files, folders: synced.extend([*files, *folders]))
    store.flush()
    name = hashlib.sha256(b"x").hexdigest()
    assert {Path(each).name for each in synced} == {"objects", name[:2], name}
    synced.clear()
    store.flush()
    assert synced == []


def test_many_files_are_synced_in_one_go_and_few_one_by_one(store: Evidence, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr(durable, "sync_file_system", lambda folder: bool(asked.append(f"all {folder.name}")) or True)
    monkeypatch.setattr(durable, "sync_file", lambda path: asked.append("file"))
    monkeypatch.setattr(durable, "sync_folder", lambda path: asked.append("folder"))
    store.put(io.BytesIO(b"one"), never)
    store.flush()
    assert sorted(asked) == ["file", "folder", "folder"]
    asked.clear()
    for number in range(durable.MANY):
        store.put(io.BytesIO(b"%d" % number), never)
    store.flush()
    assert asked == [f"all {store.folder.name}"]


def test_syncing_for_real(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"a")
    durable.sync_all(tmp_path, [str(tmp_path / "a")], [str(tmp_path)])
    durable.sync_all(tmp_path, [str(tmp_path / "a")] * durable.MANY, [])
    durable.sync_file_system(tmp_path)
    with pytest.raises(OSError, match="gone"):
        durable.sync_all(tmp_path, [str(tmp_path / "gone")], [])


def test_what_the_dead_left_is_removed_and_what_the_living_use_is_not(store: Evidence, tmp_path: Path) -> None:
    script = (
        "import io, os, sys, time; from pathlib import Path; from workbench.case.evidence import Evidence\n"
        "store = Evidence(Path(sys.argv[1])); store.put(io.BytesIO(b'theirs'), lambda _: False)\n"
        "(next((store.folder / 'tmp').glob('*-*[!k]')) / 'half').write_bytes(b'half')\n"
        "print('there', flush=True); sys.stdin.read()"
    )
    root = Path(__file__).resolve().parents[2]
    other = subprocess.Popen(
        [sys.executable, "-c", script, str(store.folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=root
    )
    assert other.stdin is not None
    assert other.stdout is not None
    assert other.stdout.readline() == b"there\n"

    def halves() -> list[Path]:
        return list((store.folder / "tmp").rglob("half"))

    store.put(io.BytesIO(b"a"), never)
    assert len(halves()) == 1
    other.kill()
    other.wait()
    for stream in (other.stdin, other.stdout):
        stream.close()
    second = Evidence(store.folder)
    second.put(io.BytesIO(b"b"), never)
    assert halves() == []
    second.close()
    store.close()
    assert not list((store.folder / "tmp").iterdir())


def test_a_claim_is_one_process_s(store: Evidence) -> None:
    first = store.claim("look")
    assert first is not None
    assert Evidence(store.folder).claim("look") is None
    assert store.claim("other") is not None
    first.release(remove=True)
    again = store.claim("look")
    assert again is not None
    again.release()


def test_a_lock_whose_file_was_removed_is_no_lock(tmp_path: Path) -> None:
    one = FileLock(tmp_path / "x")
    assert one.acquire()
    one.release(remove=True)
    with FileLock(tmp_path / "x") as held:
        assert held
        assert not FileLock(tmp_path / "x").acquire()
    assert not FileLock(tmp_path / "none" / "x").acquire()


def harm_nothing(path: Path) -> None:
    assert path.exists()


def harm_text(path: Path) -> None:
    path.write_bytes(b"this is no database " * 100)


def harm_pages(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[100:] = b"\xee" * (len(data) - 100)
    path.write_bytes(data)


@pytest.mark.parametrize(("harm", "kept"), [(harm_nothing, True), (harm_text, False), (Path.unlink, False)])
def test_previews_are_made_again(tmp_path: Path, harm: Callable[[Path], None], kept: bool) -> None:
    place = tmp_path / "previews.sqlite"
    first = Previews(place)
    first.put([(bytes([each]) * 32, b"jpeg %d" % each) for each in range(50)] * 2)
    assert len(first.get([bytes([each]) * 32 for each in range(100)])) == 50
    first.close()
    harm(place)
    again = Previews(place)
    assert again.get([b"\1" * 32]) == ({b"\1" * 32: b"jpeg 1"} if kept else {})
    again.put([(b"n" * 32, b"new")])
    assert again.get([b"n" * 32]) == {b"n" * 32: b"new"}
    again.close()
    read = Previews(place, writable=False)
    read.put([(b"o" * 32, b"other")])
    assert read.get([b"n" * 32, b"o" * 32]) == {b"n" * 32: b"new"}
    read.close()
    assert [each.name for each in tmp_path.iterdir()] == ["previews.sqlite"]


def test_damaged_previews_stop_nothing(tmp_path: Path) -> None:
    place = tmp_path / "previews.sqlite"
    first = Previews(place)
    first.put([(bytes([each]) * 32, bytes(50_000)) for each in range(5)])
    first.close()
    harm_pages(place)
    for writable in (False, True):
        again = Previews(place, writable=writable)
        assert again.get([b"\1" * 32]) == {}
        again.put([(b"n" * 32, b"new")])
        assert again.get([b"n" * 32]) == ({b"n" * 32: b"new"} if writable else {})
        again.close()


def opened(stream: BinaryIO) -> bytes:
    with stream:
        return stream.read()


def test_many_threads_store_the_same_bytes(store: Evidence) -> None:
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(8) as pool:
        held = list(pool.map(lambda each: store.put(io.BytesIO(b"%d" % (each % 5)), never), range(80)))
    assert len({each.sha256 for each in held}) == 5
    assert len(files(store)) == 5
    assert opened(store.open(held[0].sha256)) == b"0"

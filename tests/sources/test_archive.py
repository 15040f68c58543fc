from __future__ import annotations

import hashlib
import io
import struct
import threading
import zipfile
import zlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.shared import shared_data
from tests.sources.looking import Seen, look
from workbench.core.errors import UserError
from workbench.core.messages import Message
from workbench.core.progress import Progress
from workbench.core.records import Coverage, Harvested
from workbench.core.times import Precision, Zone, rfc3339
from workbench.sources.archive import ZipSource
from workbench.sources.base import problem_of
from workbench.sources.members import Limits, unsafe

MIB = 1 << 20


def make(path: Path, members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def raw_zip(members: list[tuple[bytes, bytes, bytes]], *, flags: int = 0, mode: int = 0) -> bytes:
    """A stored zip with exactly these names: (local name, central name, content)."""
    out, central = bytearray(), bytearray()
    for local, name, content in members:
        crc, size, at = zlib.crc32(content), len(content), len(out)
        out += struct.pack("<4s5H3L2H", b"PK\3\4", 20, flags, 0, 0, 0x5821, crc, size, size, len(local), 0)
        out += local + content
        central += struct.pack(
            "<4s4B4HL2L5H2L",
            *(b"PK\1\2", 20, 3, 20, 0, flags, 0, 0, 0x5821, crc, size, size, len(name), 0, 0, 0, 0, mode << 16, at),
        )
        central += name
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, len(members), len(members), len(central), len(out), 0)
    return bytes(out + central + end)


def look_at(data: bytes, tmp_path: Path, limits: Limits | None = None) -> Seen:
    path = tmp_path / "x.zip"
    path.write_bytes(data)
    return look(ZipSource(path, limits=limits))


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_members_folders_and_container(tmp_path: Path, method: int) -> None:
    members = {"a.txt": b"hello" * 50_000, "图/b": bytes(range(256)) * 1000, "图/c/empty": b"", "only/": b""}
    path = make(tmp_path / "a.zip", members, method)
    seen = look(ZipSource(path))
    assert seen.files == {name.encode(): data for name, data in members.items() if name != "only/"}
    assert set(seen.folders) == {b"", "图".encode(), "图/c".encode(), b"only"}
    assert set(seen.folders.values()) == {Coverage.LISTED}
    (container,) = seen.containers
    assert container.path == b"a.zip"
    assert container.sha256 == hashlib.sha256(path.read_bytes()).digest()
    assert container.size == path.stat().st_size
    assert not seen.notes


def test_names_stay_bytes(tmp_path: Path) -> None:
    names = [
        "绘图.png".encode("gbk"),
        "그림".encode("cp949"),
        b"\xff\xfe",
        "é".encode("cp437"),
        b"new\nline",
        b"a\\b",
        b"n" * 255,
    ]
    seen = look_at(raw_zip([(name, name, name) for name in names]), tmp_path)
    assert seen.files == {name: name for name in names}
    lying = look_at(raw_zip([(b"\xff", b"\xff", b"x")], flags=0x800), tmp_path)
    assert lying.files == {b"\xff": b"x"}
    assert lying.harvested[b"\xff"].headers == {"zip-name-utf8": "1"}


def test_unicode_path_field(tmp_path: Path) -> None:
    raw, name = b"\xb1\xd7.png", "그.png".encode()
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        info = zipfile.ZipInfo("12.png")
        info.extra = struct.pack("<HHBL", 0x7075, 5 + len(name), 1, zlib.crc32(b"12.png")) + name
        archive.writestr(info, b"1")
        stale = zipfile.ZipInfo("stale.png")
        stale.extra = struct.pack("<HHBL", 0x7075, 5 + len(name), 1, zlib.crc32(raw)) + name
        archive.writestr(stale, b"2")
        evil = zipfile.ZipInfo("fine.png")
        evil.extra = struct.pack("<HHBL", 0x7075, 5 + 4, 1, zlib.crc32(b"fine.png")) + b"../x"
        archive.writestr(evil, b"3")
    seen = look(ZipSource(path))
    assert seen.files == {name: b"1", b"stale.png": b"2"}
    assert seen.harvested[name].headers == {"zip-name-hex": b"12.png".hex()}
    assert seen.notes == [(b"../x", "archive-name-unsafe")]


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        (b"/etc/passwd", "absolute"),
        (b"\\\\server\\share", "absolute"),
        (b"../x", "traversal"),
        (b"a/../../x", "traversal"),
        (b"a\\..\\x", "traversal"),
        (b"..", "traversal"),
        (b"C:\\x", "drive"),
        (b"c:x", "drive"),
        (b"a\0.png", "nul"),
        (b"", "empty"),
        (b"./", "empty"),
        (b"..a/b..", None),
        (b"~root", None),
    ],
)
def test_unsafe_names(tmp_path: Path, name: bytes, reason: str | None) -> None:
    assert unsafe(name) == reason
    seen = look_at(raw_zip([(name, name, b"x"), (b"good", b"good", b"y")]), tmp_path)
    if reason is None:
        assert seen.files == {name: b"x", b"good": b"y"}
    else:
        assert seen.files == {b"good": b"y"}
        assert seen.notes == [(name, "archive-name-unsafe")]
        assert seen.noted[0].message.args == {"reason": reason}


def test_dots_and_double_slashes_go(tmp_path: Path) -> None:
    seen = look_at(raw_zip([(b"./a//b/./c", b"./a//b/./c", b"x")]), tmp_path)
    assert seen.files == {b"a/b/c": b"x"}
    assert set(seen.folders) == {b"", b"a", b"a/b"}


def test_links_and_devices_are_recorded(tmp_path: Path) -> None:
    seen = look_at(raw_zip([(b"l", b"l", b"/etc/passwd")], mode=0o120777), tmp_path)
    assert not seen.files
    assert seen.noted[0].message == Message("symlink-not-followed", {"target": "/etc/passwd"})
    seen = look_at(raw_zip([(b"d", b"d", b"")], mode=0o060666), tmp_path)
    assert seen.notes == [(b"d", "special-not-opened")]


def test_duplicate_names_are_both_kept_and_noted(tmp_path: Path) -> None:
    path = tmp_path / "x.zip"
    path.write_bytes(raw_zip([(b"a", b"a", b"one"), (b"a", b"a", b"two")]))
    items = [item for item in ZipSource(path).items(Progress()) if isinstance(item, Harvested)]
    assert [item.open().read() for item in items if item.open] == [b"one", b"two"]
    assert look(ZipSource(path)).notes == [(b"a", "archive-name-twice")]


def test_headers_that_disagree_are_noted(tmp_path: Path) -> None:
    seen = look_at(raw_zip([(b"shown", b"taken", b"x")]), tmp_path)
    assert seen.files == {b"taken": b"x"}
    assert seen.noted[0].message == Message("archive-headers-differ", {"fields": "name"})


def test_damage_is_an_oserror_on_reading(tmp_path: Path) -> None:
    content = b"0123456789" * 100
    data = bytearray(raw_zip([(b"a", b"a", content), (b"b", b"b", content)]))
    data[100] ^= 1
    seen = look_at(bytes(data), tmp_path)
    assert seen.problems == {b"a": "archive-checksum"}
    assert set(seen.files) == {b"b"}
    for method, code in ((8, "archive-member-damaged"), (12, "archive-member-damaged"), (14, "archive-member-damaged")):
        path = make(tmp_path / "y.zip", {"a": bytes(range(256)) * 2000}, method)
        raw = bytearray(path.read_bytes())
        raw[40:60] = b"\xff" * 20
        path.write_bytes(raw)
        assert look(ZipSource(path)).problems == {b"a": code}


def test_sizes_that_lie(tmp_path: Path) -> None:
    path = make(tmp_path / "a.zip", {"a": b"x" * 5000})
    data = bytearray(path.read_bytes())
    at = data.rindex(b"PK\1\2")
    for stated in (10, 50_000):
        data[at + 24 : at + 28] = struct.pack("<L", stated)
        path.write_bytes(data)
        seen = look(ZipSource(path))
        assert seen.problems == {b"a": "archive-size-differs"}
        assert seen.notes == [(b"a", "archive-headers-differ")]


def test_a_bomb_is_stopped_and_the_rest_goes_on(tmp_path: Path) -> None:
    path = make(tmp_path / "bomb.zip", {"bomb": bytes(8 * MIB), "good": b"ok"})
    limits = Limits(floor=MIB)
    seen = look(ZipSource(path, limits=limits))
    assert seen.problems == {b"bomb": "archive-bomb"}
    assert seen.files == {b"good": b"ok"}
    assert look(ZipSource(path)).files[b"bomb"] == bytes(8 * MIB)
    assert look(ZipSource(path, limits=Limits(member=MIB))).problems == {b"bomb": "archive-bomb"}
    many = make(tmp_path / "many.zip", {str(each): bytes(MIB) for each in range(8)})
    seen = look(ZipSource(many, limits=Limits(total_floor=4 * MIB, ratio=2)))
    assert len(seen.files) == 4
    assert set(seen.problems.values()) == {"archive-bomb-total"}


def test_members_that_share_bytes_are_refused(tmp_path: Path) -> None:
    """The way of the overlapping bombs: many names over one kernel of bytes."""
    data = bytearray(raw_zip([(b"a", b"a", b"kernel" * 100), (b"b", b"b", b"2"), (b"c", b"c", b"3")]))
    first = data.index(b"PK\1\2")
    second = data.index(b"PK\1\2", first + 4)
    same = bytearray(data)
    same[second + 42 : second + 46] = struct.pack("<L", 0)
    seen = look_at(bytes(same), tmp_path)
    assert seen.problems[b"b"] == "archive-overlap"
    assert b"c" in seen.files
    nested = bytearray(data)
    nested[first + 20 : first + 28] = struct.pack("<2L", 640, 640)
    seen = look_at(bytes(nested), tmp_path)
    assert seen.problems == {b"a": "archive-overlap"}
    assert set(seen.files) == {b"b", b"c"}


def test_too_many_members(tmp_path: Path) -> None:
    path = make(tmp_path / "a.zip", {str(each): b"" for each in range(10)})
    seen = look(ZipSource(path, limits=Limits(members=4)))
    assert len(seen.files) == 4
    assert seen.notes == [(b"", "archive-too-many")]
    assert seen.folders == {b"": Coverage.FAILED}


def test_times(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(zipfile.ZipInfo("dos", (2024, 1, 3, 9, 0, 2)), b"")
        for name, extra in (
            ("unix", struct.pack("<HHBl", 0x5455, 5, 1, 1_704_272_400)),
            ("ntfs", struct.pack("<HHLHHQQQ", 10, 32, 0, 1, 24, 133_487_460_001_234_567, 0, 0)),
            ("cut", struct.pack("<HHB", 0x5455, 5, 1)),
        ):
            info = zipfile.ZipInfo(name, (2024, 1, 3, 18, 0, 0))
            info.extra = extra
            archive.writestr(info, b"")
    found = look(ZipSource(path)).harvested
    told = {name: (rfc3339(each.modified, each.zone), each.zone, each.precision) for name, each in found.items()}
    assert told == {
        b"dos": ("2024-01-03T09:00:02.000000", Zone.UNKNOWN, Precision.SECOND),
        b"unix": ("2024-01-03T09:00:00.000000Z", Zone.GIVEN, Precision.SECOND),
        b"ntfs": ("2024-01-03T09:00:00.123456Z", Zone.GIVEN, Precision.MICROSECOND),
        b"cut": ("2024-01-03T18:00:00.000000", Zone.UNKNOWN, Precision.SECOND),
    }


def test_bytes_before_and_behind_the_archive(tmp_path: Path) -> None:
    data = make(tmp_path / "a.zip", {"a": b"hello"}).read_bytes()
    for whole in (b"MZ self extractor" * 100 + data, data + b"PK\5\6 junk"):
        assert look_at(whole, tmp_path).files == {b"a": b"hello"}


def test_a_cut_off_archive_is_kept_whole(tmp_path: Path) -> None:
    data = make(tmp_path / "a.zip", {"a": b"hello" * 1000}).read_bytes()[:-30]
    seen = look_at(data, tmp_path)
    assert seen.notes == [(b"", "archive-no-directory")]
    assert seen.files == {b"x.zip": data}
    assert len(seen.containers) == 1


def test_an_archive_that_changes_is_not_mixed_up(tmp_path: Path) -> None:
    path = make(tmp_path / "a.zip", {"a": b"1", "b": b"2"})
    problems: list[str] = []
    for item in ZipSource(path).items(Progress()):
        if isinstance(item, Harvested):
            with path.open("ab") as other:
                other.write(b"more")
            assert item.open is not None
            with pytest.raises(OSError) as caught:  # noqa: PT011 - the code below tells which
                item.open()
            problems.append(problem_of(caught.value).code)
    assert problems == ["file-changed", "file-changed"]


def test_members_can_be_read_late_and_at_once(tmp_path: Path) -> None:
    members = {f"{each}": bytes([each]) * 100_000 for each in range(8)}
    path = make(tmp_path / "a.zip", members)
    items = [item for item in ZipSource(path).items(Progress()) if isinstance(item, Harvested)]
    got: dict[str, bytes] = {}

    def read(item: Harvested) -> None:
        assert item.open is not None
        with item.open() as stream:
            got[item.path.decode()] = b"".join(iter(lambda: stream.read(777), b""))

    threads = [threading.Thread(target=read, args=(item,)) for item in items]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert got == members


def test_an_end_record_that_points_wrong(tmp_path: Path) -> None:
    data = bytearray(make(tmp_path / "a.zip", {"a": b"hello"}).read_bytes())
    data[-10:-6] = struct.pack("<L", 5000)
    seen = look_at(bytes(data), tmp_path)
    assert seen.files == {b"a": b"hello"}
    assert seen.notes == [(b"", "archive-end-damaged")]


def test_empty_missing_and_streamed(tmp_path: Path) -> None:
    assert look(ZipSource(make(tmp_path / "a.zip", {}))).folders == {b"": Coverage.LISTED}
    with pytest.raises(UserError) as caught:
        look(ZipSource(tmp_path / "none.zip"))
    assert caught.value.message.code == "archive-unreadable"

    class Pipe(io.BytesIO):
        def seekable(self) -> bool:
            return False

        def tell(self) -> int:
            raise OSError

    pipe = Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a", b"x" * 1000)
    seen = look_at(pipe.getvalue(), tmp_path)
    assert seen.files == {b"a": b"x" * 1000}
    assert not seen.notes


TRUTH: dict[str, tuple[set[bytes], set[str]]] = {
    "path_traversal/jwilk/absolute1.zip": (set(), {"archive-name-unsafe"}),
    "path_traversal/jwilk/relative0.zip": (set(), {"archive-name-unsafe"}),
    "path_traversal/jwilk/symlink.zip": ({b"moo"}, {"symlink-not-followed"}),
    "path_traversal/jwilk/dirsymlink.zip": ({b"tmp/moo"}, {"symlink-not-followed"}),
    "path_traversal/relative1.zip": (set(), {"archive-name-unsafe"}),
    "path_traversal/tilde.zip": ({b"~tilde~", b"__MACOSX/._~tilde~"}, set()),
    "zipWithEncryption.zip": (set(), {"archive-encrypted"}),
    "zip-aes-128.zip": (set(), {"archive-encrypted"}),
    "zipWithTooBigCDirSizeField.zip": ({b"file.txt"}, {"archive-count-differs"}),
    "ntfs.zip": ({b"data.txt"}, set()),
    "rubycode.zip": ({b"zippedruby1.rb", b"zippedruby2.rb", b"aResource.txt"}, set()),
    "zip64-sample.zip": ({b"test.rb", b"word_file_test.rb"}, set()),
}


@pytest.mark.parametrize("name", TRUTH)
def test_real_archives(name: str) -> None:
    seen = look(ZipSource(shared_data("archives", *name.split("/"))))
    files, codes = TRUTH[name]
    assert set(seen.files) == files
    assert {code for _, code in seen.notes} | set(seen.problems.values()) == codes


def test_real_archives_agree_with_the_standard_library() -> None:
    checked = 0
    for name in ("WarnInvalidDate.zip", "osx-archive.zip", "zipWithDirs.zip", "test.xlsx", "zip64-sample.zip"):
        path = shared_data("archives", name)
        seen = look(ZipSource(path))
        with zipfile.ZipFile(path) as archive:
            truth = {info.filename.encode(): archive.read(info) for info in archive.infolist() if not info.is_dir()}
        assert seen.files == truth
        assert not seen.problems
        if name == "WarnInvalidDate.zip":
            assert {each.modified for each in seen.harvested.values()} == {None}
        checked += len(truth)
    print(f"{checked} members equal")


NAME = st.binary(min_size=1, max_size=30).filter(
    lambda name: (
        unsafe(name) is None
        and not name.endswith(b"/")
        and b"./" not in name
        and b"//" not in name
        and not name.endswith(b"/.")
    )
)


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(NAME, st.binary(max_size=50), max_size=5))
def test_any_names_round_trip(tmp_path_factory: pytest.TempPathFactory, members: dict[bytes, bytes]) -> None:
    seen = look_at(raw_zip([(name, name, data) for name, data in members.items()]), tmp_path_factory.mktemp("z"))
    assert seen.files == members


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_damaged_archives_never_crash(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    whole = bytearray(raw_zip([(b"a", b"a", b"kernel" * 9), (b"d/b", b"d/b", b"2" * 40)]))
    for _ in range(data.draw(st.integers(1, 4))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(whole)))
    look_at(bytes(whole[:cut] if data.draw(st.booleans()) else whole), tmp_path_factory.mktemp("z"))

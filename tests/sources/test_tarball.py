from __future__ import annotations

import bz2
import gzip
import hashlib
import io
import lzma
import random
import shutil
import subprocess
import tarfile
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.sources.looking import Seen, gather, look
from workbench.core.progress import Progress
from workbench.core.records import Coverage, Harvested
from workbench.core.times import Precision, Zone, rfc3339
from workbench.sources.base import SourceError
from workbench.sources.members import Limits, unsafe
from workbench.sources.tarball import TarSource
from workbench.sources.tarformat import number, pax_records

MIB = 1 << 20
PACK: dict[str, Callable[[bytes], bytes]] = {
    ".tar": lambda data: data,
    ".tgz": gzip.compress,
    ".tar.bz2": bz2.compress,
    ".tar.xz": lzma.compress,
}


def noise(size: int, seed: int = 0) -> bytes:
    """Bytes that do not pack, the same in every run."""
    return random.Random(seed).randbytes(size)


def text(name: bytes) -> str:
    return name.decode("utf-8", "surrogateescape")


def make(members: dict[bytes, bytes], form: int = tarfile.GNU_FORMAT, **fields: object) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form, encoding="utf-8", errors="surrogateescape") as archive:
        for name, content in members.items():
            info = tarfile.TarInfo(text(name))
            info.size = len(content)
            info.mtime = 1_704_272_400
            for key, value in fields.items():
                setattr(info, key, value)
            archive.addfile(info, io.BytesIO(content))
    return out.getvalue()


def special(*infos: tuple[str, bytes, str]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, kind, target in infos:
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, target
            archive.addfile(info)
        info = tarfile.TarInfo("good")
        info.size = 2
        archive.addfile(info, io.BytesIO(b"ok"))
    return out.getvalue()


def look_at(data: bytes, folder: Path, limits: Limits | None = None) -> Seen:
    path = folder / "x.tar"
    path.write_bytes(data)
    return look(TarSource(path, limits=limits))


@pytest.mark.parametrize("ending", PACK)
def test_members_of_every_packing(tmp_path: Path, ending: str) -> None:
    members = {b"a.txt": b"hello" * 70_000, "图/b".encode(): noise(100_000), b"d/empty": b"", b"last": b"z"}
    data = PACK[ending](make(members))
    seen = look_at(data, tmp_path)
    assert seen.files == members
    assert seen.order == list(members)
    assert seen.folders == dict.fromkeys([b"", b"d", "图".encode()], Coverage.LISTED)
    assert not seen.notes
    assert seen.containers[0].sha256 == hashlib.sha256(data).digest()


@pytest.mark.parametrize("form", [tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_long_and_odd_names(tmp_path: Path, form: int) -> None:
    names = [b"n" * 255, b"d" * 200 + b"/" + b"e" * 90, b"\xff\xfe", "e\u0301😀".encode(), b"new\nline", b"a\\b"]
    seen = look_at(make({name: name for name in names}, form), tmp_path)
    assert seen.files == {name: name for name in names}


@pytest.mark.parametrize("name", [b"BZh", b"\x1f\x8b", b"\xfd7zXZ"])
def test_a_first_name_that_looks_like_compression(tmp_path: Path, name: bytes) -> None:
    assert look_at(make({name: b"1"}), tmp_path).files == {name: b"1"}


def test_prefix_and_dot_slash(tmp_path: Path) -> None:
    long = b"p" * 90 + b"/" + b"q" * 90
    assert set(look_at(make({long: b""}, tarfile.USTAR_FORMAT), tmp_path).files) == {long}
    assert set(look_at(make({b"./a/./b": b""}), tmp_path).files) == {b"a/b"}


def test_unsafe_members_are_recorded_and_left(tmp_path: Path) -> None:
    seen = look_at(
        special(
            ("../up", tarfile.REGTYPE, ""),
            ("/etc/x", tarfile.REGTYPE, ""),
            ("link", tarfile.SYMTYPE, "../../etc/passwd"),
            ("hard", tarfile.LNKTYPE, "/etc/shadow"),
            ("zero", tarfile.CHRTYPE, ""),
            ("disk", tarfile.BLKTYPE, ""),
            ("pipe", tarfile.FIFOTYPE, ""),
            ("./", tarfile.DIRTYPE, ""),
            ("d", tarfile.DIRTYPE, ""),
        ),
        tmp_path,
    )
    assert seen.files == {b"good": b"ok"}
    assert seen.notes == [
        (b"../up", "archive-name-unsafe"),
        (b"/etc/x", "archive-name-unsafe"),
        (b"link", "symlink-not-followed"),
        (b"hard", "hardlink-not-followed"),
        (b"zero", "special-not-opened"),
        (b"disk", "special-not-opened"),
        (b"pipe", "special-not-opened"),
    ]
    assert seen.noted[3].message.args == {"target": "/etc/shadow"}
    assert set(seen.folders) == {b"", b"d"}


def test_times_are_utc_and_pax_times_are_fine(tmp_path: Path) -> None:
    for form, mtime, told, precision in (
        (tarfile.GNU_FORMAT, 1_704_272_400, "2024-01-03T09:00:00.000000Z", Precision.SECOND),
        (tarfile.PAX_FORMAT, 1_704_272_400.25, "2024-01-03T09:00:00.250000Z", Precision.MICROSECOND),
        (tarfile.PAX_FORMAT, -1.5, "1969-12-31T23:59:58.500000Z", Precision.MICROSECOND),
        (tarfile.GNU_FORMAT, -5, "1969-12-31T23:59:55.000000Z", Precision.SECOND),
    ):
        found = look_at(make({b"a": b""}, form, mtime=mtime), tmp_path).harvested[b"a"]
        assert (rfc3339(found.modified, found.zone), found.zone, found.precision) == (told, Zone.GIVEN, precision)


# A block of bzip2 holds 900 kB: nothing of these could be unpacked.
@pytest.mark.parametrize("ending", [ending for ending in PACK if "bz2" not in ending])
def test_cut_off_archives_give_what_is_there(tmp_path: Path, ending: str) -> None:
    members = {b"a": noise(30_000), b"b": noise(30_000, 1), b"c": noise(30_000, 2)}
    data = PACK[ending](make(members))
    cut = len(data) * 2 // 3
    seen = look_at(data[:cut], tmp_path)
    assert seen.files[b"a"] == members[b"a"]
    assert b"c" not in seen.files
    assert seen.notes == [(b"", "archive-cut-off")]
    assert set(seen.folders.values()) == {Coverage.FAILED}


def test_damaged_headers_and_streams(tmp_path: Path) -> None:
    data = bytearray(make({b"a": b"1", b"b": b"2"}))
    data[1024] ^= 1
    seen = look_at(bytes(data), tmp_path)
    assert seen.files == {b"a": b"1"}
    assert seen.notes == [(b"", "archive-header-damaged")]
    for pack in (gzip.compress, lzma.compress):
        packed = bytearray(pack(make({bytes([97 + each]): noise(200_000, each) for each in range(3)})))
        packed[len(packed) // 2 : len(packed) // 2 + 64] = bytes(64)
        seen = look_at(bytes(packed), tmp_path)
        assert b"a" in seen.files
        assert seen.notes[-1][1] in ("archive-stream-damaged", "archive-header-damaged")
        assert seen.folders[b""] is Coverage.FAILED


def test_something_else_is_kept_as_a_file(tmp_path: Path) -> None:
    seen = look_at(b"no tar at all" * 100, tmp_path)
    assert seen.files == {b"x.tar": b"no tar at all" * 100}
    assert seen.notes == [(b"", "archive-header-damaged")]


def test_bytes_behind_the_end(tmp_path: Path) -> None:
    data = make({b"a": b"1"})
    assert look_at(data + bytes(5000), tmp_path).notes == []
    for cut in (len(data), 512 * 4):
        assert look_at(data[:cut] + b"hidden" * 100, tmp_path).notes == [(b"", "archive-bytes-after-end")]


@pytest.mark.parametrize("pack", [lambda data: gzip.compress(data, 0), lzma.compress], ids=["gz", "xz"])
def test_a_checksum_that_does_not_hold(tmp_path: Path, pack: Callable[[bytes], bytes]) -> None:
    content = noise(200_000)
    packed = bytearray(pack(make({b"a": content})))
    packed[packed.index(content[90_000:90_100])] ^= 1  # Stored as it is: only the checksum can tell.
    seen = look_at(bytes(packed), tmp_path)
    assert seen.notes == [(b"", "archive-stream-damaged")]
    assert seen.folders == {b"": Coverage.FAILED}


def test_bombs(tmp_path: Path) -> None:
    data = gzip.compress(make({b"bomb": bytes(8 * MIB), b"good": b"ok"}))
    seen = look_at(data, tmp_path, Limits(floor=MIB))
    assert seen.problems == {b"bomb": "archive-bomb"}
    assert seen.files == {b"good": b"ok"}
    seen = look_at(data, tmp_path, Limits(floor=MIB, total_floor=4 * MIB))
    assert seen.problems == {b"bomb": "archive-bomb"}
    assert seen.notes == [(b"", "archive-bomb-total")]
    assert look_at(data, tmp_path, Limits(members=1)).notes == [(b"", "archive-too-many")]


def test_a_header_that_claims_gigabytes(tmp_path: Path) -> None:
    block = bytearray(make({b"x": b""})[:512])
    block[156:157] = b"x"
    block[124:136] = b"77777777777\0"
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(block)
    seen = look_at(make({b"a": b"1"})[:1024] + bytes(block), tmp_path)
    assert seen.files == {b"a": b"1"}
    assert seen.notes == [(b"", "archive-header-damaged")]


def test_duplicates(tmp_path: Path) -> None:
    seen = look_at(make({b"a": b"1"})[:1024] + make({b"./a": b"2"}), tmp_path)
    assert seen.order == [b"a", b"a"]
    assert seen.notes == [(b"a", "archive-name-twice")]


@pytest.mark.skipif(shutil.which("tar") is None, reason="GNU tar makes the samples")
@pytest.mark.parametrize("form", ["gnu", "0.0", "0.1", "1.0"])
def test_files_with_holes(tmp_path: Path, form: str) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    with (folder / "holes").open("wb") as stream:
        for place in range(60):
            stream.seek(place * 65_536)
            stream.write(b"%d" % place)
        stream.truncate(5 * MIB)
    (folder / "next").write_bytes(b"behind")
    options = ["--format=gnu"] if form == "gnu" else ["--format=pax", f"--sparse-version={form}"]
    path = tmp_path / "x.tar"
    done = subprocess.run(["tar", "-S", *options, "-cf", path, "-C", folder, "holes", "next"], check=False)
    if done.returncode or path.stat().st_size > 4 * MIB:
        pytest.skip("this tar or file system makes no holes")
    truth = {b"holes": (folder / "holes").read_bytes(), b"next": b"behind"}
    assert look(TarSource(path)).files == truth
    packed = tmp_path / "x.tgz"
    packed.write_bytes(gzip.compress(path.read_bytes()))
    assert look(TarSource(packed)).files == truth


@pytest.mark.parametrize("ending", [".tar", ".tgz"])
def test_late_repeated_and_parallel_reading(tmp_path: Path, ending: str) -> None:
    members = {b"%d" % each: noise(90_000, each) for each in range(5)}
    path = tmp_path / "x"
    path.write_bytes(PACK[ending](make(members)))
    items = [item for item in TarSource(path).items(Progress()) if isinstance(item, Harvested)]
    assert gather(reversed(items)).files == members
    assert gather(items).files == members
    half: list[tuple[bytes, io.BufferedReader]] = []
    got: dict[bytes, bytes] = {}
    for item in TarSource(path).items(Progress()):
        if isinstance(item, Harvested):
            assert item.open is not None
            stream = item.open()
            first = stream.read(1000)

            def rest(name: bytes = item.path, first: bytes = first, stream: object = stream) -> None:
                got[name] = first + stream.read()  # type: ignore[attr-defined]
                stream.close()  # type: ignore[attr-defined]

            thread = threading.Thread(target=rest)
            thread.start()
            half.append((item.path, thread))  # type: ignore[arg-type]
    for _, thread in half:
        thread.join()  # type: ignore[attr-defined]
    assert got == members


def test_concatenated_gzip(tmp_path: Path) -> None:
    data = make({b"a": noise(50_000), b"b": b"2"})
    packed = gzip.compress(data[:20_000]) + gzip.compress(data[20_000:]) + bytes(512)
    assert set(look_at(packed, tmp_path).files) == {b"a", b"b"}


def test_numbers_and_records() -> None:
    assert number(b"0000644\0") == 0o644
    assert number(b"\x80\0\0\0\0\0\0\0\0\0\1\0") == 256
    assert number(b"\xff" * 12) == -1
    assert number(b"        ") == 0
    with pytest.raises(SourceError):
        number(b"12x\0")
    assert pax_records(b"11 path=a\n\n" + b"\0\0") == [(b"path", b"a\n")]
    for bad in (b"x path=a\n", b"99 path=a\n", b"4 a\n", b"9 pathxa\n", b"-1 a=b\n", b"2 "):
        with pytest.raises(SourceError):
            pax_records(bad)


NAME = st.binary(min_size=1, max_size=150).filter(
    lambda name: unsafe(name) is None and not name.endswith((b"/", b"/.")) and b"./" not in name and b"//" not in name
)


@settings(max_examples=60, deadline=None)
@given(
    st.dictionaries(NAME, st.binary(max_size=600), max_size=4),
    st.sampled_from([tarfile.GNU_FORMAT, tarfile.PAX_FORMAT]),
)
def test_any_names_round_trip(tmp_path_factory: pytest.TempPathFactory, members: dict[bytes, bytes], form: int) -> None:
    assert look_at(make(members, form), tmp_path_factory.mktemp("t")).files == members


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_damaged_archives_never_crash(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    whole = bytearray(make({b"a" * 120: b"kernel", b"\xff": b"2" * 600}, tarfile.PAX_FORMAT)[:6144])
    for _ in range(data.draw(st.integers(1, 4))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    cut = bytes(whole[: data.draw(st.integers(0, len(whole)))] if data.draw(st.booleans()) else whole)
    if data.draw(st.booleans()):
        cut = gzip.compress(cut)[: data.draw(st.integers(1, 4000))]
    look_at(cut, tmp_path_factory.mktemp("t"))

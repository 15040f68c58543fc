"""How files come into a bag: copied by the system or block by block, read back from where they stand, taken back."""

from __future__ import annotations

import errno
import hashlib
import io
import os
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest

from workbench.bundle import layout
from workbench.bundle.sink import CHUNK, Entry, FolderSink, Incoming, ReadBack, Sink, ZipSink, copy


def name_of(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


SIZES = (1, 10, CHUNK, CHUNK + 1, 3 * CHUNK)
CONTENTS = sorted((bytes((each % 251,)) * each for each in SIZES), key=name_of)


def incoming(folder: Path) -> Iterator[Incoming]:
    for content in CONTENTS:
        file = folder / name_of(content)
        file.write_bytes(content)
        yield Incoming(layout.object_path(file.name), len(content), partial(file.open, "rb"))


@pytest.fixture(params=["folder", "zip"])
def sink(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Sink]:
    (tmp_path / "scratch").mkdir()
    made: Sink
    if request.param == "folder":
        made = FolderSink(tmp_path / "bag", tmp_path / "scratch")
    else:
        made = ZipSink(tmp_path / "bag.zip", "bag", tmp_path / "scratch")
    with closing(made):
        yield made


def test_files_come_in_the_order_given(sink: Sink, tmp_path: Path) -> None:
    (tmp_path / "from").mkdir()
    entries = [entry for _, entry in sink.add_all(incoming(tmp_path / "from"))]
    assert [entry and entry.digests for entry in entries] == [
        (name_of(each), hashlib.sha512(each).hexdigest()) for each in CONTENTS
    ]
    lines = sink.payload_lines()[1].read_text().splitlines()
    assert lines == [f"{hashlib.sha512(each).hexdigest()}  {layout.object_path(name_of(each))}" for each in CONTENTS]
    assert sink.payload == (sum(map(len, CONTENTS)), len(CONTENTS))


def test_one_that_is_not_what_its_name_says_is_taken_back(sink: Sink, tmp_path: Path) -> None:
    (tmp_path / "from").mkdir()
    files = list(incoming(tmp_path / "from"))
    (tmp_path / "from" / name_of(CONTENTS[2])).write_bytes(b"changed")
    files.insert(2, Incoming(layout.object_path("00" * 32), 1, lambda: None))
    found: list[Entry | None] = []
    for each, entry in sink.add_all(files):
        found.append(entry)
        if entry is not None and layout.object_path(entry.digests[0]) != each.path:
            sink.take_back(each.path)
            assert not sink.has(each.path)
    assert found[2] is None
    assert len(sink.payload_lines()[0].read_text().splitlines()) == len(CONTENTS) - 1
    if isinstance(sink, FolderSink):
        assert sink.read_back.get(layout.object_path(name_of(CONTENTS[2]))) is None
        assert sink.read_back.get(layout.object_path(name_of(CONTENTS[1]))) is not None


def test_what_is_read_back_is_what_stands_in_the_bag(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that stores something else than it was given is seen: the digests are of the copy."""
    from workbench.bundle import sink as module

    def wrong(source: io.BufferedReader, out: io.BufferedWriter, check: object) -> None:
        del check
        data = source.read()
        out.write(data[:-1] + bytes((data[-1] ^ 1,)))

    monkeypatch.setattr(module, "copy", wrong)
    (tmp_path / "from").mkdir()
    (tmp_path / "scratch").mkdir()
    with closing(FolderSink(tmp_path / "bag", tmp_path / "scratch")) as made:
        for each, entry in made.add_all(incoming(tmp_path / "from")):
            assert entry is not None
            assert layout.object_path(entry.digests[0]) != each.path
            assert made.read_back.get(each.path) is None


@pytest.mark.parametrize("how", ["system", "no such call", "other file system", "in the middle", "no descriptor"])
def test_copying(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str) -> None:
    data = os.urandom(5 * CHUNK + 3)
    (tmp_path / "a").write_bytes(data)
    calls = 0

    def call(*given: int) -> int:
        nonlocal calls
        calls += 1
        if how == "other file system" or calls > 2:
            raise OSError(errno.EXDEV, "cross-device")
        return int(real(given[0], given[1], CHUNK + 7, *given[3:]))

    real = getattr(os, "copy_file_range", None)
    if real is None:
        assert how != "system" or not hasattr(os, "copy_file_range")
    elif how == "no such call":
        monkeypatch.delattr(os, "copy_file_range")
    elif how in ("other file system", "in the middle"):
        monkeypatch.setattr(os, "copy_file_range", call)
    stream = (tmp_path / "a").open("rb") if how != "no descriptor" else _Plain(data)
    with stream as source, (tmp_path / "b").open("wb") as out:
        copy(source, out, None)
    assert (tmp_path / "b").read_bytes() == data


class _Plain:
    """A stream that is no file of the system."""

    def __init__(self, data: bytes) -> None:
        self._stream = io.BytesIO(data)

    def __enter__(self) -> _Plain:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing is held."""

    def read(self, size: int, /) -> bytes:
        return self._stream.read(size)


@pytest.mark.skipif(not hasattr(os, "copy_file_range"), reason="this system copies block by block")
def test_a_full_disk_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: int) -> int:
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(os, "copy_file_range", full)
    (tmp_path / "a").write_bytes(b"data")
    with (
        (tmp_path / "a").open("rb") as source,
        (tmp_path / "b").open("wb") as out,
        pytest.raises(OSError, match="full"),
    ):
        copy(source, out, None)


def test_digests_that_were_read_back_are_found_by_name() -> None:
    known = ReadBack()
    names = sorted(hashlib.sha256(bytes((each,))).hexdigest() for each in range(60))
    for name in names[::2]:
        known.add(Entry(layout.object_path(name), 1, (name, hashlib.sha512(name.encode()).hexdigest())))
    for at, name in enumerate(names):
        found = known.get(layout.object_path(name))
        assert (found is None) == bool(at % 2)
        if found is not None:
            assert found == {"sha256": bytes.fromhex(name), "sha512": hashlib.sha512(name.encode()).digest()}
    assert known.get("data/record/report.html") is None

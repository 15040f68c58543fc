"""Compressed logs: whole, joined, cut, damaged, and made to fill a disk."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.core.errors import UserError
from workbench.core.messages import catalogue
from workbench.logs.chunks import chunks
from workbench.logs.columns import LONGEST
from workbench.logs.compressed import LogStream, open_log

LINE = b'192.0.2.%d - - [22/Nov/2026:14:30:45 +0000] "GET /%d HTTP/1.1" 200 12 "-" "agent"\n'
DATA = b"".join(LINE % (number % 250, number * 7919) for number in range(3000))
PACK: dict[str, Callable[[bytes], bytes]] = {
    "plain": bytes,
    "gz": gzip.compress,
    "bz2": bz2.compress,
    "xz": lzma.compress,
}


class Trickle(io.BytesIO):
    """Gives less than was asked for, as a pipe does."""

    def read(self, size: int | None = -1, /) -> bytes:
        return super().read(min(size or 0, 777) if size and size > 0 else size)


def everything(log: LogStream) -> bytes:
    return b"".join(iter(lambda: log.read(10_000), b""))


@pytest.mark.parametrize("kind", PACK)
@pytest.mark.parametrize("stream", [io.BytesIO, Trickle])
def test_each_kind_is_known_by_its_bytes(kind: str, stream: type[io.BytesIO]) -> None:
    log, name = open_log(stream(PACK[kind](DATA)))
    assert name == kind == log.compression
    assert log.peek(100) == DATA[:100]
    assert everything(log) == DATA
    assert log.problem is None
    assert log.read(10) == b""


@pytest.mark.parametrize("kind", ["gz", "bz2", "xz"])
def test_joined_members_are_one_log(kind: str) -> None:
    pack = PACK[kind]
    log, _ = open_log(io.BytesIO(pack(DATA) + pack(b"") + pack(b"more\n") + b"\0" * 64))
    assert everything(log) == DATA + b"more\n"
    assert log.problem is None


@pytest.mark.parametrize("kind", ["gz", "bz2", "xz"])
def test_a_cut_log_gives_what_can_be_read(kind: str) -> None:
    packed = PACK[kind](DATA) + PACK[kind](DATA)
    log, _ = open_log(io.BytesIO(packed[: len(packed) * 3 // 4]))
    read = everything(log)
    assert len(read) >= len(DATA)
    assert (DATA + DATA).startswith(read)
    assert log.problem is not None
    assert log.problem.code == "log-compressed-cut"
    assert log.problem.args == {"size": len(read), "kind": kind}


@pytest.mark.parametrize("kind", ["gz", "bz2", "xz"])
def test_a_damaged_log_gives_what_comes_before(kind: str) -> None:
    first, second = PACK[kind](DATA), bytearray(PACK[kind](DATA))
    second[len(second) // 2] ^= 0xFF
    log, _ = open_log(io.BytesIO(first + bytes(second)))
    assert everything(log).startswith(DATA)
    assert log.problem is not None
    assert log.problem.code in ("log-compressed-damaged", "log-compressed-cut")


@pytest.mark.parametrize("kind", ["gz", "bz2", "xz"])
def test_what_follows_a_log_is_said(kind: str) -> None:
    log, _ = open_log(io.BytesIO(PACK[kind](DATA) + b"something else"))
    assert everything(log) == DATA
    assert log.problem is not None
    assert log.problem.code == "log-compressed-rest"


@pytest.mark.parametrize("kind", ["gz", "bz2", "xz"])
def test_a_bomb_is_stopped(kind: str) -> None:
    log = LogStream(io.BytesIO(PACK[kind](b"\n" * 40_000_000)), kind, harmless=8 << 20)
    read = sum(map(len, iter(lambda: log.read(1 << 20), b"")))
    assert read < 24 << 20
    assert log.problem is not None
    assert log.problem.code == "log-compressed-bomb"


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_two_byte_text_is_refused_politely(encoding: str) -> None:
    with pytest.raises(UserError) as refused:
        open_log(io.BytesIO(DATA.decode().encode(encoding)))
    assert refused.value.message.code == "log-utf16"


def test_a_block_of_zeros_is_not_two_byte_text() -> None:
    log, _ = open_log(io.BytesIO(b"\0" * 5000 + DATA))
    assert everything(log) == b"\0" * 5000 + DATA


@settings(deadline=None)
@given(st.sampled_from([b"", b"\x1f\x8b", b"BZh9", b"\xfd7zXZ\x00"]), st.binary(max_size=200))
def test_any_bytes_can_be_opened(start: bytes, data: bytes) -> None:
    try:
        log, kind = open_log(io.BytesIO(start + data))
    except UserError as refused:
        assert refused.message.code == "log-utf16"  # noqa: PT017 - the only one that may come
        return
    read = everything(log)
    assert kind != "plain" or read == start + data


def test_a_log_passes_through_in_chunks() -> None:
    log, _ = open_log(io.BytesIO(gzip.compress(DATA)))
    cut = list(chunks(log, 50_000))
    assert b"".join(chunk.data for chunk in cut) == DATA
    assert all(chunk.data.endswith(b"\n") and len(chunk.data) < 51_000 for chunk in cut)
    assert sum(chunk.lines for chunk in cut) == 3000


def test_an_endless_line_is_counted_and_not_kept() -> None:
    most = LONGEST
    data = b"first\n" + b"x" * (3 * most + 5) + b"\r\nsecond\n" + b"y" * (2 * most)
    cut = list(chunks(io.BytesIO(data), 100_000))
    rejects = [reject for chunk in cut for reject in chunk.rejects]
    assert rejects == [
        (2, 6, 3 * most + 5, "log-line-long"),
        (4, data.index(b"y"), 2 * most, "log-line-long"),
    ]
    assert [(chunk.line, chunk.start) for chunk in cut if chunk.data == b"second\n"] == [(2, data.index(b"second"))]
    assert sum(chunk.lines for chunk in cut) == 4
    assert max(len(chunk.data) for chunk in cut) <= 200_000


def test_every_code_has_its_words() -> None:
    words = catalogue()
    for code in (
        "line-unread",
        "line-time",
        "line-long",
        "utf16",
        "format-unknown",
        "format-combined",
        "format-xferlog",
    ):
        assert f"log-{code}" in words
    for code in ("cut", "damaged", "bomb", "rest"):
        assert f"log-compressed-{code}" in words

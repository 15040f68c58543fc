"""A compressed stream, unpacked as it is read, which gives all that a damaged or cut-off one still holds."""

from __future__ import annotations

import bz2
import io
import lzma
import zlib
from collections.abc import Callable
from typing import BinaryIO, Protocol

from workbench.sources.base import SourceError
from workbench.sources.members import BLOCK, MIB, Gated

_MEMORY = 512 * MIB
"""What an xz dictionary may take; ``xz -9`` needs 65 MiB to unpack."""


class _Decoder(Protocol):
    @property
    def eof(self) -> bool:
        """At the end of one compressed stream?"""

    @property
    def unused_data(self) -> bytes:
        """What came behind that end."""

    @property
    def needs_input(self) -> bool:
        """Must more come first?"""

    def decompress(self, data: bytes, max_length: int = -1) -> bytes:
        """At most `max_length` bytes."""


class _Gunzip:
    """Gzip (RFC 1952) with the manners of bz2's decoder."""

    def __init__(self) -> None:
        self._inner = zlib.decompressobj(31)

    @property
    def eof(self) -> bool:
        return self._inner.eof

    @property
    def unused_data(self) -> bytes:
        return self._inner.unused_data

    @property
    def needs_input(self) -> bool:
        return not self._inner.unconsumed_tail

    def decompress(self, data: bytes, max_length: int = -1) -> bytes:
        return self._inner.decompress(self._inner.unconsumed_tail + data, max(max_length, 0))


_MAGICS: tuple[tuple[bytes, Callable[[], _Decoder]], ...] = (
    (b"\x1f\x8b", _Gunzip),
    (b"BZh", bz2.BZ2Decompressor),
    (b"\xfd7zXZ\0", lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=_MEMORY)),
)


def _decoder(head: bytes) -> Callable[[], _Decoder] | None:
    return next((make for magic, make in _MAGICS if head.startswith(magic)), None)


def unpacked(stream: BinaryIO, is_plain: Callable[[bytes], bool]) -> tuple[BinaryIO, bool]:
    """The stream itself, or what its gzip, bzip2 or xz content unpacks to; and whether it was compressed.

    Told by content; `is_plain` is asked of the first 512 bytes before the magic counts, because a tar file may
    begin with a member called ``BZh``. Reads raise `SourceError` ``archive-cut-off`` or ``archive-stream-damaged``
    only after everything before the damage was given.
    """
    head = stream.read(512)
    stream.seek(0)
    make = None if is_plain(head) else _decoder(head)
    if make is None:
        return stream, False
    return io.BufferedReader(_Unpacked(stream, make), BLOCK), True


class _Unpacked(Gated):
    """Concatenated streams count as one; what follows the last and is none of them is left."""

    def __init__(self, stream: BinaryIO, make: Callable[[], _Decoder]) -> None:
        super().__init__()
        self._stream = stream
        self._make = make
        self._decoder: _Decoder | None = make()
        self._begun = False

    def close(self) -> None:
        self._stream.close()
        super().close()

    def _some(self, limit: int) -> bytes:
        try:
            while (decoder := self._decoder) is not None:
                if decoder.eof:
                    self._next(decoder.unused_data)
                    continue
                data = self._stream.read(BLOCK) if decoder.needs_input else b""
                starved = not data and decoder.needs_input
                out = decoder.decompress(data, limit)
                if out:
                    return out
                if starved and not decoder.eof:
                    raise SourceError("archive-cut-off")
        except (zlib.error, lzma.LZMAError, ValueError, EOFError) as error:
            raise SourceError("archive-stream-damaged") from error
        except SourceError:
            raise
        except OSError as error:
            raise error if error.errno else SourceError("archive-stream-damaged") from error
        return b""

    def _next(self, unused: bytes) -> None:
        """Start on the next stream, when there is one (zero padding between streams is skipped)."""
        rest = unused.lstrip(b"\0")
        while len(rest) < 6 and (more := self._stream.read(BLOCK)):
            rest = (rest + more).lstrip(b"\0")
        make = _decoder(rest)
        self._decoder = None
        if make is not None:
            decoder = make()
            self._decoder = _Primed(decoder, rest)


class _Primed:
    """A decoder that has its first input already."""

    def __init__(self, inner: _Decoder, first: bytes) -> None:
        self._inner = inner
        self._first = first

    @property
    def eof(self) -> bool:
        return self._inner.eof and not self._first

    @property
    def unused_data(self) -> bytes:
        return self._inner.unused_data

    @property
    def needs_input(self) -> bool:
        return not self._first and self._inner.needs_input

    def decompress(self, data: bytes, max_length: int = -1) -> bytes:
        first, self._first = self._first, b""
        return self._inner.decompress(first + data, max_length)

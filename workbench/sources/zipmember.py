"""The bytes of one zip member, unpacked and checked as they are read."""

from __future__ import annotations

import bz2
import lzma
import zlib
from typing import BinaryIO, Protocol

from workbench.sources.base import SourceError
from workbench.sources.members import BLOCK, MIB, Gated, MemberGate
from workbench.sources.zipformat import Entry

STORED, DEFLATED, BZIP2, LZMA = 0, 8, 12, 14
METHODS = (STORED, DEFLATED, BZIP2, LZMA)
_LZMA_MEMORY = 256 * MIB


class _Decoder(Protocol):
    """What bz2, lzma and our two wrappers have in common."""

    @property
    def eof(self) -> bool:
        """Is the packed stream at its own end?"""

    @property
    def needs_input(self) -> bool:
        """Must more packed bytes come before there is more?"""

    def decompress(self, data: bytes, max_length: int = -1) -> bytes:
        """At most `max_length` bytes of what `data` unpacks to."""
        ...


class _Inflater:
    """Raw deflate with the manners of bz2's decoder."""

    def __init__(self) -> None:
        self._inner = zlib.decompressobj(-15)

    @property
    def eof(self) -> bool:
        return self._inner.eof

    @property
    def needs_input(self) -> bool:
        return not self._inner.unconsumed_tail

    def decompress(self, data: bytes, max_length: int = -1) -> bytes:
        return self._inner.decompress(self._inner.unconsumed_tail + data, max(max_length, 0))


class _Plain:
    """Stored bytes."""

    eof = False

    def __init__(self) -> None:
        self._rest = b""

    @property
    def needs_input(self) -> bool:
        return not self._rest

    def decompress(self, data: bytes, max_length: int = -1) -> bytes:
        held = self._rest + data
        self._rest = held[max_length:]
        return held[:max_length]


def _lzma_decoder(head: bytes) -> lzma.LZMADecompressor:
    """APPNOTE §5.8.8: two version bytes, two of size (5), then properties and dictionary size."""
    if len(head) < 9 or head[2:4] != b"\5\0" or head[4] >= 9 * 5 * 5:
        raise SourceError("archive-member-damaged")
    properties, dictionary = head[4], int.from_bytes(head[5:9], "little")
    if dictionary > _LZMA_MEMORY:
        raise SourceError("archive-bomb", limit=_LZMA_MEMORY)
    literal, rest = properties % 9, properties // 9
    return lzma.LZMADecompressor(
        lzma.FORMAT_RAW,
        filters=[
            {
                "id": lzma.FILTER_LZMA1,
                "dict_size": max(dictionary, 4096),
                "lc": literal,
                "lp": rest % 5,
                "pb": rest // 5,
            }
        ],
    )


class MemberStream(Gated):
    """One member, unpacked as it is read. The end is only reported when size and CRC-32 agree."""

    def __init__(self, stream: BinaryIO, entry: Entry, gate: MemberGate) -> None:
        super().__init__()
        self._stream = stream
        self._entry = entry
        self._gate = gate
        self._packed_left = entry.packed
        self._done = 0
        self._crc = 0
        self._decoder: _Decoder | None = None

    def close(self) -> None:
        """Close the archive's stream with it."""
        self._stream.close()
        super().close()

    def _some(self, limit: int) -> bytes:
        try:
            while True:
                decoder = self._decoder = self._decoder or self._make()
                data = b""
                if decoder.needs_input and not decoder.eof:
                    data = self._stream.read(min(BLOCK, self._packed_left))
                    self._packed_left -= len(data)
                drained = not data and decoder.needs_input
                out = b"" if decoder.eof else decoder.decompress(data, limit)
                if out:
                    return self._passed(out)
                if decoder.eof or drained:
                    return self._finish()
        except (zlib.error, lzma.LZMAError, ValueError, EOFError) as error:
            raise SourceError("archive-member-damaged") from error
        except SourceError:
            raise
        except OSError as error:
            # bz2 reports damaged data as a plain OSError without a number.
            raise error if error.errno else SourceError("archive-member-damaged") from error

    def _make(self) -> _Decoder:
        if self._entry.method == DEFLATED:
            return _Inflater()
        if self._entry.method == BZIP2:
            return bz2.BZ2Decompressor()
        if self._entry.method == LZMA:
            head = self._stream.read(min(9, self._packed_left))
            self._packed_left -= len(head)
            return _lzma_decoder(head)
        return _Plain()

    def _passed(self, out: bytes) -> bytes:
        self._done += len(out)
        self._gate.check(len(out))
        if self._done > self._entry.size:
            raise SourceError("archive-size-differs", size=self._entry.size)
        self._crc = zlib.crc32(out, self._crc)
        return out

    def _finish(self) -> bytes:
        if self._done != self._entry.size:
            raise SourceError("archive-size-differs", size=self._entry.size)
        if self._crc != self._entry.crc:
            raise SourceError("archive-checksum")
        return b""

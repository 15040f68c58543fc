"""Logs as they lie on servers: plain, gzip, bzip2 or xz, known by their first bytes.

Members that were simply joined (``cat a.gz b.gz``) are read one after the other. Whatever could be read of a cut or
damaged file is given, and a message says so: nothing is dropped because of what follows it.
"""

from __future__ import annotations

import bz2
import lzma
import zlib
from collections.abc import Callable
from typing import BinaryIO, Protocol

from workbench.core.errors import UserError
from workbench.core.messages import Message

STEP = 1 << 18
"""Compressed bytes read at a time, and the most that one step expands to is `GULP`."""
GULP = 1 << 20

RATIO = 400
"""Logs shrink to between a tenth and a hundredth. What expands more than this, beyond `HARMLESS`, is a bomb."""
HARMLESS = 1 << 28
LZMA_MEMORY = 1 << 28
"""More memory than any preset of xz asks for (65 MB at -9)."""

MAGIC = ((b"\x1f\x8b", "gz"), (b"BZh", "bz2"), (b"\xfd7zXZ\x00", "xz"))


class _Decoder(Protocol):
    """What `zlib`, `bz2` and `lzma` have in common."""

    @property
    def eof(self) -> bool: ...

    @property
    def unused_data(self) -> bytes: ...

    @property
    def needs_input(self) -> bool: ...

    def decompress(self, data: bytes, max_length: int = ..., /) -> bytes: ...


class _Gzip:
    """zlib keeps outside what it did not take yet; this keeps it inside, as the others do. The CRC is checked."""

    def __init__(self) -> None:
        self._inner = zlib.decompressobj(wbits=31)

    @property
    def eof(self) -> bool:
        return self._inner.eof

    @property
    def unused_data(self) -> bytes:
        return self._inner.unused_data

    @property
    def needs_input(self) -> bool:
        return not self._inner.unconsumed_tail

    def decompress(self, data: bytes, max_length: int = -1, /) -> bytes:
        return self._inner.decompress(self._inner.unconsumed_tail + data, max_length)


_DECODERS: dict[str, Callable[[], _Decoder]] = {
    "gz": _Gzip,
    "bz2": bz2.BZ2Decompressor,
    "xz": lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ, LZMA_MEMORY),
}


class LogStream:
    """The decompressed bytes of a log, read forward only; used by one thread.

    After the end, `problem` is null or says why the log may go on where the bytes do not: ``log-compressed-cut``,
    ``log-compressed-damaged``, ``log-compressed-bomb``, ``log-compressed-rest``. Each carries ``size``, the number of
    bytes that were read until then. Errors of the stream below come through as they are.
    """

    def __init__(self, stream: BinaryIO, compression: str, ratio: int = RATIO, harmless: int = HARMLESS) -> None:
        self.compression = compression
        self.problem: Message | None = None
        self.size = 0
        self._stream = stream
        self._ahead = bytearray()
        self._taken = 0
        self._ended = False
        self._ratio = ratio
        self._harmless = harmless
        self._decoder: _Decoder | None = None
        self._pending = b""

    def peek(self, size: int) -> bytes:
        """The next bytes, without taking them: `size` of them unless the log ends before."""
        self._fill(size)
        return bytes(self._ahead[:size])

    def read(self, size: int) -> bytes:
        """Up to `size` of the next bytes; none only at the end."""
        if self.compression == "plain" and not self._ahead:
            piece = self._stream.read(size)
            self.size += len(piece)
            return piece
        if self.compression != "plain":
            self._fill(size)
        taken = bytes(self._ahead[:size])
        del self._ahead[:size]
        return taken

    def _fill(self, size: int) -> None:
        while len(self._ahead) < size and not self._ended:
            piece = self._plain() if self.compression == "plain" else self._expand()
            self.size += len(piece)
            self._ahead += piece

    def _plain(self) -> bytes:
        piece = self._stream.read(GULP)
        self._ended = not piece
        return piece

    def _stop(self, code: str | None) -> bytes:
        self._ended = True
        self.problem = None if code is None else Message(code, {"size": self.size, "kind": self.compression})
        return b""

    def _expand(self) -> bytes:
        """One step: at most `GULP` bytes, possibly none although more is to come."""
        if self._decoder is None:
            return self._next_member()
        data, self._pending = self._pending, b""
        drained = False
        if not data and self._decoder.needs_input:
            data = self._take()
            drained = not data
        try:
            piece = self._decoder.decompress(data, GULP)
        except (zlib.error, OSError, ValueError, lzma.LZMAError, EOFError):
            return self._stop("log-compressed-damaged")
        if self.size + len(piece) > max(self._harmless, self._taken * self._ratio):
            return self._stop("log-compressed-bomb")
        if self._decoder.eof:
            self._pending = self._decoder.unused_data
            self._decoder = None
        elif drained and not piece:
            return self._stop("log-compressed-cut")
        return piece

    def _next_member(self) -> bytes:
        """Begin the first member, or one that was joined on; zero bytes behind a member are padding."""
        wanted = next(magic for magic, name in MAGIC if name == self.compression)
        while len(self._pending) < len(wanted) and (more := self._take()):
            self._pending = (self._pending + more).lstrip(b"\0") if self.size else self._pending + more
        if self.size:
            self._pending = self._pending.lstrip(b"\0")
        if not self._pending:
            return self._stop(None)
        if not self._pending.startswith(wanted):
            return self._stop("log-compressed-rest")
        self._decoder = _DECODERS[self.compression]()
        return b""

    def _take(self) -> bytes:
        data = self._stream.read(STEP)
        self._taken += len(data)
        return data


def open_log(stream: BinaryIO) -> tuple[LogStream, str]:
    """The decompressed log and how it was compressed: ``gz``, ``bz2``, ``xz`` or ``plain``.

    The stream is read forward from where it stands. Raises `UserError` ``log-utf16`` for text in two-byte units, which
    no server writes and which would have to be converted before its lines can be cited.
    """
    ahead = _Rewound(stream, 8)
    name = next((name for magic, name in MAGIC if ahead.start.startswith(magic)), "plain")
    log = LogStream(ahead, name)  # type: ignore[arg-type]
    _refuse_utf16(log.peek(4096))
    return log, name


class _Rewound:
    """A stream whose first bytes were looked at and are given once more."""

    def __init__(self, stream: BinaryIO, size: int) -> None:
        self._stream = stream
        self.start = b""
        while len(self.start) < size and (more := stream.read(size - len(self.start))):
            self.start += more
        self._left = self.start

    def read(self, size: int) -> bytes:
        taken, self._left = self._left, b""
        return taken or self._stream.read(size)


def _refuse_utf16(sample: bytes) -> None:
    """By its mark, or because every second byte of a text is zero."""
    if sample[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise UserError("log-utf16")
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    half = len(sample) // 2
    if half >= 16 and max(even, odd) > 0.8 * half and min(even, odd) < 0.2 * half:
        raise UserError("log-utf16")

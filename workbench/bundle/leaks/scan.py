"""Find patterns in a stream of bytes, in the unescaped view of texts, and in what is packed in it.

The search itself is Hyperscan's: thousands of patterns at once at some gigabytes a second, and other threads go on.
"""

from __future__ import annotations

import bz2
import lzma
import re
import struct
import threading
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from io import BytesIO
from typing import IO, Any, Protocol

import hyperscan

from workbench.bundle.leaks.forms import AROUND, LONGEST, Pattern

EDGE = LONGEST + AROUND
"""Bytes at the end of a block that are looked at again together with the next."""
VIEW_EDGE = 1024
"""The same of a text whose signs are escaped: six bytes and more each."""
DEEPEST = 4
"""So many times may something be packed in something packed."""
LARGEST_MEMBER = 64 << 20
"""Bytes of a packed file that is held in memory because it is an archive itself."""
FREE = 64 << 20
RATIO = 200
"""What unpacks to more than `FREE` bytes and to more than this many times its size is not unpacked further."""
UNREADABLE = (OSError, zlib.error, lzma.LZMAError, zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError)


class Finder:
    """A set of patterns. Any thread."""

    def __init__(self, patterns: Sequence[Pattern]) -> None:
        self._patterns = patterns
        self._local = threading.local()
        self._database: hyperscan.Database | None = None
        if patterns:
            self._database = hyperscan.Database()
            self._database.compile(
                expressions=[each.expression for each in patterns],
                ids=list(range(len(patterns))),
                flags=[
                    (0 if each.exact else hyperscan.HS_FLAG_CASELESS)
                    | (0 if each.confirm or each.whole else hyperscan.HS_FLAG_SINGLEMATCH)
                    for each in patterns
                ],
            )

    def found_in(self, data: bytes, *, is_text: bool = False) -> set[int]:
        """Numbers of the needles that stand in these bytes."""
        found: set[int] = set()
        if self._database is None or not data:
            return found

        def met(at: int, _start: int, end: int, _flags: int, _context: Any) -> None:
            pattern = self._patterns[at]
            if pattern.number in found:
                return
            start = end - len(pattern.raw)
            if is_text and pattern.whole is not None and not pattern.whole(data, start, end):
                return
            if pattern.confirm is None or pattern.confirm(data, start, end):
                found.add(pattern.number)

        self._database.scan(data, match_event_handler=met, scratch=self._scratch())
        return found

    def _scratch(self) -> Any:
        """The memory that one thread needs for a search."""
        if not hasattr(self._local, "scratch"):
            self._local.scratch = hyperscan.Scratch(self._database)
        return self._local.scratch


class Told(Protocol):
    """Who wants to know."""

    def found(self, inside: str, numbers: set[int]) -> None:
        """These needles stand in what is being read, or in `inside` of it."""

    def unread(self, inside: str) -> None:
        """Something packed could not be looked into."""


class Content:
    """One file, or one that is packed in another, block by block.

    `inside` names the place within the file; `is_text` is null where the first bytes are to decide.
    """

    def __init__(
        self, finder: Finder, told: Told, *, inside: str = "", is_text: bool | None = None, depth: int = 0
    ) -> None:
        self._finder = finder
        self._told = told
        self._inside = inside
        self._is_text = is_text
        self._depth = depth
        self._head: bytes | None = None
        self._edge = b""
        self._view_edge = b""
        self._packed: _Packed | None = None

    def feed(self, block: bytes) -> None:
        """The next bytes."""
        if self._head is None:
            self._head = block[:16]
            self._begin(block)
        is_text = bool(self._is_text)
        found = self._finder.found_in(self._edge + block[:EDGE], is_text=is_text) if self._edge else set()
        found |= self._finder.found_in(block, is_text=is_text)
        self._edge = (self._edge + block)[-EDGE:] if len(block) < EDGE else block[-EDGE:]
        if self._is_text:
            data = self._view_edge + block
            self._view_edge = data[-VIEW_EDGE:]
            for view in unescaped(data):
                found |= self._finder.found_in(view, is_text=True)
        if found:
            self._told.found(self._inside, found)
        if self._packed is not None:
            self._packed.feed(block)

    def finish(self, reopen: Callable[[], IO[bytes]] | None) -> None:
        """That was all. `reopen` gives the same bytes again, to seek in; null where that cannot be."""
        head = self._head or b""
        if self._packed is not None:
            self._packed.finish()
        elif head.startswith((b"PK\3\4", b"PK\5\6")):
            self._with(reopen, self._zip)
        elif head.startswith(b"\x89PNG\r\n\x1a\n"):
            self._with(reopen, self._png)
        elif head.startswith(b"SQLite format 3\0"):
            self._with(reopen, self._sqlite)

    def _begin(self, block: bytes) -> None:
        if self._is_text is None:
            self._is_text = b"\0" not in block[:4096]
        for magic, make in _PACKERS.items():
            if block.startswith(magic):
                if self._depth >= DEEPEST:
                    self._told.unread(self._inside)
                    return
                self._packed = _Packed(make, self._deeper("unpacked"), lambda: self._told.unread(self._inside))

    def _deeper(self, name: str) -> Content:
        inside = f"{self._inside} › {name}" if self._inside else name
        return Content(self._finder, self._told, inside=inside, depth=self._depth + 1)

    def _with(self, reopen: Callable[[], IO[bytes]] | None, look: Callable[[IO[bytes]], None]) -> None:
        if reopen is None or self._depth >= DEEPEST:
            self._told.unread(self._inside)
            return
        try:
            with reopen() as stream:
                look(stream)
        except (*UNREADABLE, ValueError, IndexError, struct.error):
            self._told.unread(self._inside)

    def _zip(self, stream: IO[bytes]) -> None:
        with zipfile.ZipFile(stream) as pack:
            for number, info in enumerate(pack.infolist(), start=1):
                if info.is_dir():
                    continue
                if info.flag_bits & 1:
                    self._told.unread(self._inside)
                    continue
                with pack.open(info) as member:
                    self._whole(member, f"member {number}", info.compress_size)

    def _whole(self, member: IO[bytes], name: str, packed: int) -> None:
        content = self._deeper(name)
        kept: BytesIO | None = BytesIO()
        size = 0
        while block := member.read(1 << 20):
            size += len(block)
            if size > FREE and size > RATIO * packed:
                self._told.unread(self._inside)
                return
            content.feed(block)
            if kept is not None:
                kept.write(block)
                kept = kept if size <= LARGEST_MEMBER else None
        content.finish(None if kept is None else lambda: BytesIO(kept.getvalue()))

    def _png(self, stream: IO[bytes]) -> None:
        """Texts in a PNG may be packed (PNG 3 §11.3.3: zTXt, iTXt; iCCP); the picture itself is no text."""
        stream.seek(8)
        while len(head := stream.read(8)) == 8:
            size, kind = struct.unpack(">I4s", head)
            if kind in (b"zTXt", b"iTXt", b"iCCP") and size <= LARGEST_MEMBER:
                data = stream.read(size)
                _, _, rest = data.partition(b"\0")
                packed = rest[1:]
                if kind == b"iTXt":
                    packed = rest[2:].split(b"\0", 2)[-1] if rest[:1] == b"\1" else b""
                if packed:
                    inner = self._deeper("text")
                    inner.feed(zlib.decompressobj().decompress(packed, FREE))
                stream.seek(4, 1)
            else:
                stream.seek(size + 4, 1)
            if kind == b"IEND":
                return

    def _sqlite(self, stream: IO[bytes]) -> None:
        """A long value is cut where a page ends (SQLite's file format §1.6): put the pieces together."""
        found: set[int] = set()
        for piece in _across_pages(stream):
            found |= self._finder.found_in(piece)
        if found:
            self._told.found(self._inside, found)


class _Packed:
    """A packed stream, unpacked on the way into `content`; several in a row, as in WARC files, are one."""

    def __init__(self, make: Callable[[], Any], content: Content, unread: Callable[[], None]) -> None:
        self._make = make
        self._content = content
        self._unread = unread
        self._open: Any = make()
        self._fresh = True
        self._more = self._done = False
        self._in = self._out = 0
        self._waiting: list[bytes] = []
        self._held = 0

    def feed(self, block: bytes) -> None:
        """The next packed bytes."""
        self._in += len(block)
        rest = block
        while (rest or self._more) and not self._done:
            if self._fresh and not rest.strip(b"\0"):
                return  # padding behind the last
            try:
                out, rest = self._step(rest)
            except (*UNREADABLE, ValueError):
                self._stop()
                return
            self._out += len(out)
            if self._out > FREE and self._out > RATIO * self._in:
                self._stop()
                return
            self._pass(out)

    def _step(self, rest: bytes) -> tuple[bytes, bytes]:
        """Some unpacked bytes, and what is still to be given. `_more` says that the unpacker itself holds some back."""
        unpacker = self._open
        out = unpacker.decompress(rest, _STEP)
        if unpacker.eof:
            left = unpacker.unused_data
            self._open = self._make()
        else:
            left = getattr(unpacker, "unconsumed_tail", b"")
        self._fresh = bool(unpacker.eof)
        self._more = not unpacker.eof and not getattr(unpacker, "needs_input", True)
        return out, left

    def _pass(self, out: bytes) -> None:
        """Small pieces, as those of many records in a row, are passed on together."""
        if out:
            self._waiting.append(out)
            self._held += len(out)
        if self._held >= _STEP:
            self._flush()

    def _flush(self) -> None:
        if self._waiting:
            self._content.feed(b"".join(self._waiting))
            self._waiting, self._held = [], 0

    def _stop(self) -> None:
        self._done = True
        self._unread()

    def finish(self) -> None:
        """That was all."""
        self._flush()
        if not self._done and not self._fresh:
            self._unread()
        self._content.finish(None)


_STEP = 1 << 20
_PACKERS: dict[bytes, Callable[[], Any]] = {
    b"\x1f\x8b": lambda: zlib.decompressobj(wbits=31),
    b"BZh": bz2.BZ2Decompressor,
    b"\xfd7zXZ\0": lzma.LZMADecompressor,
}


# views


def unescaped(data: bytes) -> Iterator[bytes]:
    """The text with its escapes taken for the signs they stand for, as often as there are any, at most thrice."""
    for _ in range(3):
        made = data
        if b"%" in made:
            made = _PERCENT.sub(lambda code: bytes((int(code[1], 16),)), made)
        if b"\\" in made:
            made = _BACKSLASH.sub(_backslashed, made)
        if b"&" in made:
            made = _ENTITY.sub(_entity, made)
        if made == data:
            return
        data = made
        yield data


_PERCENT = re.compile(rb"%([0-9A-Fa-f]{2})")
_BACKSLASH = re.compile(
    rb"\\(?:u([dD][89abAB][0-9A-Fa-f]{2})\\u([dD][c-fC-F][0-9A-Fa-f]{2})|u([0-9A-Fa-f]{4})|x([0-9A-Fa-f]{2})|([\"/\\]))"
)
_ENTITY = re.compile(rb"&(?:#([0-9]{1,7})|#[xX]([0-9A-Fa-f]{1,6})|(amp|lt|gt|quot|apos));")
_NAMED = {b"amp": b"&", b"lt": b"<", b"gt": b">", b"quot": b'"', b"apos": b"'"}


def _backslashed(code: re.Match[bytes]) -> bytes:
    high, low, unit, byte, sign = code.groups()
    if high:
        return (b"".join(struct.pack(">H", int(each, 16)) for each in (high, low))).decode("utf-16-be").encode()
    if unit:
        return chr(int(unit, 16)).encode("utf-8", "replace")
    return bytes((int(byte, 16),)) if byte else bytes(sign)


def _entity(code: re.Match[bytes]) -> bytes:
    decimal, hexadecimal, name = code.groups()
    if name:
        return _NAMED[name]
    number = int(decimal) if decimal else int(hexadecimal, 16)
    return chr(number).encode("utf-8", "replace") if number < 0x110000 else code[0]


# databases of others: read as bytes, never opened


def _across_pages(stream: IO[bytes]) -> Iterator[bytes]:
    """What stands before and behind each place where a value goes on in another page."""
    stream.seek(0)
    head = stream.read(100)
    size = struct.unpack(">H", head[16:18])[0]
    size = 65536 if size == 1 else size
    usable = size - head[20]
    count = stream.seek(0, 2) // size

    def page(number: int) -> bytes:
        stream.seek((number - 1) * size)
        return stream.read(size)

    for number in range(1, count + 1):
        data = page(number)
        following = struct.unpack(">I", data[:4])[0]
        if 1 < following <= count:
            yield data[usable - EDGE : usable] + page(following)[4 : 4 + EDGE]
        start = 100 if number == 1 else 0
        if data[start : start + 1] in (b"\x0d", b"\x0a", b"\x02"):
            for before, onward in _cut_cells(data, start, usable):
                if 1 < onward <= count:
                    yield before + page(onward)[4 : 4 + EDGE]


def _cut_cells(data: bytes, start: int, usable: int) -> Iterator[tuple[bytes, int]]:
    """Of every cell of a page that is too long for it: its last bytes here, and the page where it goes on."""
    kind = data[start]
    cells = struct.unpack(">H", data[start + 3 : start + 5])[0]
    head = start + (12 if kind == 2 else 8)
    for (at,) in struct.iter_unpack(">H", data[head : head + 2 * cells]):
        at += 4 if kind == 2 else 0
        payload, at = _varint(data, at)
        if kind == 0x0D:
            _, at = _varint(data, at)
        most = usable - 35 if kind == 0x0D else (usable - 12) * 64 // 255 - 23
        if payload <= most:
            continue
        least = (usable - 12) * 32 // 255 - 23
        here = least + (payload - least) % (usable - 4)
        here = here if here <= most else least
        end = at + here
        if end + 4 <= len(data):
            yield data[max(end - EDGE, at) : end], struct.unpack(">I", data[end : end + 4])[0]


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = 0
    for count in range(9):
        byte = data[at] if at < len(data) else 0
        at += 1
        if count == 8:
            return value << 8 | byte, at
        value = value << 7 | byte & 0x7F
        if byte < 0x80:
            break
    return value, at

"""The fields of a zip file, read by us: names stay bytes, nothing is believed twice, memory is bounded.

Source: PKWARE APPNOTE.TXT 6.3.10 §4.3-4.5; Info-ZIP extra fields 0x5455, 0x5855, 0x7075 (its ``extrafld.txt``).
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import BinaryIO

from workbench.core.times import Precision, Stated, Zone, from_datetime
from workbench.sources.base import SourceError
from workbench.sources.members import exactly

_END = struct.Struct("<4s4H2LH")
_END64 = struct.Struct("<4sQ2H2L4Q")
_LOCATOR = struct.Struct("<4sLQL")
_CENTRAL = struct.Struct("<4s4B4HL2L5H2L")
_LOCAL = struct.Struct("<4s2B4HL2L2H")

ENCRYPTED = 0x0001
STREAMED = 0x0008
STRONG = 0x0040
UTF8 = 0x0800
MASKED = 0x2000
_NTFS_EPOCH = 11_644_473_600 * 1_000_000
_ALL = 0xFFFFFFFF


@dataclass(frozen=True)
class Directory:
    """Where the central directory lies."""

    start: int
    end: int
    count: int
    shift: int
    """Bytes that stand before the archive (a self-extractor): every recorded offset is too small by this."""
    damaged: bool
    """The end record contradicts the file; the entries were found all the same."""


@dataclass(frozen=True)
class Entry:
    """One record of the central directory."""

    raw: bytes
    flags: int
    method: int
    crc: int
    packed: int
    size: int
    offset: int
    """Of the local header, from the start of the file."""
    mode: int
    """Unix mode, 0 when the packer kept none."""
    dos_folder: bool
    stamp: Stated | None
    unicode: bytes | None
    """The name in UTF-8 as the Unicode path field gives it, when it belongs to the raw name."""

    @property
    def name(self) -> bytes:
        """The Unicode path where there is one, else the bytes of the directory."""
        return self.raw if self.unicode is None else self.unicode

    @property
    def encrypted(self) -> bool:
        """Can it not be read without a password?"""
        return bool(self.flags & (ENCRYPTED | STRONG | MASKED)) or self.method == 99

    @property
    def least(self) -> int:
        """Bytes that it takes up at the very least."""
        return _LOCAL.size + len(self.raw) + self.packed


@dataclass(frozen=True)
class Local:
    """The header before the bytes."""

    raw: bytes
    flags: int
    method: int
    crc: int
    packed: int
    size: int
    data: int
    """Where the bytes begin."""


def find_directory(stream: BinaryIO, size: int) -> Directory:
    """Look for the end record; raises `SourceError` ``archive-no-directory`` or ``archive-in-parts``."""
    tail_size = min(size, _END.size + 0xFFFF)
    stream.seek(size - tail_size)
    tail = exactly(stream, tail_size)
    at = len(tail)
    while (at := tail.rfind(b"PK\5\6", 0, at)) >= 0:
        if len(tail) - at < _END.size:
            continue
        _, disk, first, _, count, length, start, comment = _END.unpack_from(tail, at)
        if at + _END.size + comment > len(tail):
            continue
        end = size - tail_size + at
        if (end >= _LOCATOR.size and _ALL in (length, start)) or 0xFFFF in (count, disk):
            wide = _wide_end(stream, end)
            if wide is not None:
                return wide
        if disk not in (0, 0xFFFF) or disk != first:
            raise SourceError("archive-in-parts")
        return _placed(stream, start, length, count, end)
    raise SourceError("archive-no-directory")


def _wide_end(stream: BinaryIO, end: int) -> Directory | None:
    if end < _LOCATOR.size:
        return None
    stream.seek(end - _LOCATOR.size)
    mark, _, offset, disks = _LOCATOR.unpack(exactly(stream, _LOCATOR.size))
    if mark != b"PK\6\7":
        return None
    if disks > 1:
        raise SourceError("archive-in-parts")
    near = end - _LOCATOR.size - _END64.size
    for place in (offset, near):
        if 0 <= place <= near:
            stream.seek(place)
            fields = _END64.unpack(exactly(stream, _END64.size))
            if fields[0] == b"PK\6\6":
                return _placed(stream, fields[9], fields[8], fields[7], place)
    raise SourceError("archive-no-directory")


def _placed(stream: BinaryIO, start: int, length: int, count: int, end: int) -> Directory:
    shift = end - length - start
    if shift >= 0 and _has_entry(stream, start + shift, count):
        return Directory(start + shift, end, count, shift, False)
    if start <= end and _has_entry(stream, start, count):
        return Directory(start, end, count, 0, True)
    raise SourceError("archive-no-directory")


def _has_entry(stream: BinaryIO, at: int, count: int) -> bool:
    stream.seek(at)
    return count == 0 or stream.read(4) == b"PK\1\2"


def entries(stream: BinaryIO, directory: Directory) -> Iterator[Entry]:
    """The central directory in its order; raises `SourceError` ``archive-directory-damaged`` where it breaks."""
    at = directory.start
    while at < directory.end:
        stream.seek(at)
        fixed = stream.read(_CENTRAL.size)
        if len(fixed) < _CENTRAL.size or not fixed.startswith(b"PK\1\2"):
            if fixed.startswith((b"PK\5\5", b"PK\6\6")):
                return
            raise SourceError("archive-directory-damaged")
        fields = _CENTRAL.unpack(fixed)
        name_size, extra_size, comment_size = fields[12:15]
        at += _CENTRAL.size + name_size + extra_size + comment_size
        if at > directory.end:
            raise SourceError("archive-directory-damaged")
        raw = exactly(stream, name_size)
        yield _entry(fields, raw, exactly(stream, extra_size), directory.shift)


def _entry(fields: tuple[int, ...], raw: bytes, extra: bytes, shift: int) -> Entry:
    _, _, _, _, _, flags, method, dos_time, dos_date, crc, packed, size, _, _, _, _, _, external, offset = fields
    extras = dict(extra_fields(extra))
    size, packed, offset = _widened(extras.get(1, b""), size, packed, offset)
    return Entry(
        raw=raw,
        flags=flags,
        method=method,
        crc=crc,
        packed=packed,
        size=size,
        offset=offset + shift,
        mode=external >> 16,
        dos_folder=bool(external & 0x10),
        stamp=_extra_time(extras) or dos_stamp(dos_date, dos_time),
        unicode=_unicode_path(extras.get(0x7075, b""), raw),
    )


def _widened(extra: bytes, *values: int) -> tuple[int, ...]:
    """Replace each value that is all ones by the next number of the zip64 field."""
    wide: list[int] = []
    at = 0
    for value in values:
        if value == _ALL and at + 8 <= len(extra):
            wide.append(int.from_bytes(extra[at : at + 8], "little"))
            at += 8
        else:
            wide.append(value)
    return tuple(wide)


def extra_fields(extra: bytes) -> Iterator[tuple[int, bytes]]:
    """(kind, content) of each extra field; a broken rest is left."""
    at = 0
    while at + 4 <= len(extra):
        kind, size = struct.unpack_from("<2H", extra, at)
        if at + 4 + size > len(extra):
            return
        yield kind, extra[at + 4 : at + 4 + size]
        at += 4 + size


def _extra_time(extras: dict[int, bytes]) -> Stated | None:
    """The modified time in UTC, where the packer kept one: NTFS, extended timestamp, old Unix."""
    ntfs = extras.get(0x000A, b"")
    if len(ntfs) >= 16 and ntfs[4:8] == b"\1\0\x18\0":
        ticks = int.from_bytes(ntfs[8:16], "little")
        if 0 < ticks < 1 << 62:
            return Stated(ticks // 10 - _NTFS_EPOCH, Zone.GIVEN, Precision.MICROSECOND)
    extended = extras.get(0x5455, b"")
    if len(extended) >= 5 and extended[0] & 1:
        return Stated(int.from_bytes(extended[1:5], "little", signed=True) * 1_000_000, Zone.GIVEN)
    unix = extras.get(0x5855, b"")
    if len(unix) >= 8:
        return Stated(int.from_bytes(unix[4:8], "little", signed=True) * 1_000_000, Zone.GIVEN)
    return None


def dos_stamp(date: int, time: int) -> Stated | None:
    """The wall clock of the packer's machine in steps of two seconds; null when it is no date."""
    try:
        moment = datetime(
            1980 + (date >> 9), date >> 5 & 15, date & 31, time >> 11, time >> 5 & 63, 2 * (time & 31), tzinfo=UTC
        )
    except ValueError:
        return None
    return Stated(from_datetime(moment), Zone.UNKNOWN)


def _unicode_path(field: bytes, raw: bytes) -> bytes | None:
    if len(field) > 5 and field[0] == 1 and int.from_bytes(field[1:5], "little") == zlib.crc32(raw):
        return field[5:]
    return None


def local_header(stream: BinaryIO, entry: Entry) -> Local:
    """The header before an entry's bytes; raises `SourceError` ``archive-member-damaged``."""
    stream.seek(entry.offset)
    fixed = stream.read(_LOCAL.size)
    if len(fixed) < _LOCAL.size or not fixed.startswith(b"PK\3\4"):
        raise SourceError("archive-member-damaged")
    _, _, _, flags, method, _, _, crc, packed, size, name_size, extra_size = _LOCAL.unpack(fixed)
    raw, extra = stream.read(name_size), stream.read(extra_size)
    size, packed = _widened(dict(extra_fields(extra)).get(1, b""), size, packed)
    return Local(raw, flags, method, crc, packed, size, entry.offset + _LOCAL.size + name_size + extra_size)


def differences(entry: Entry, local: Local) -> list[str]:
    """In what the two headers of a member contradict each other."""
    found: list[str] = []
    if local.raw != entry.raw:
        found.append("name")
    if local.method != entry.method:
        found.append("method")
    if (local.flags ^ entry.flags) & ENCRYPTED:
        found.append("encryption")
    if not local.flags & STREAMED and not entry.flags & MASKED:
        if local.size != entry.size or local.packed != entry.packed:
            found.append("size")
        if local.crc != entry.crc:
            found.append("checksum")
    return found

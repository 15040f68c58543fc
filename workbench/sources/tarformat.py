"""The fields of a tar file, read by us: names stay bytes and no header is larger than it may be.

Source: POSIX.1-2017 ``pax`` (ustar and pax interchange formats); GNU tar manual, appendix "Tar Internals"
(long names, sparse formats old GNU, 0.0, 0.1 and 1.0).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from workbench.core.times import Precision, Stated, Zone
from workbench.sources.base import SourceError

RECORD = 512
HEADER_LIMIT = 16 << 20
"""Bytes of one extended header; real ones hold a path or a map of holes."""
EXTENTS_LIMIT = 200_000
_MAGIC = slice(257, 263)
_FURTHEST = 1 << 62
_DECIMAL = re.compile(rb"(-?)(\d{1,18})(?:\.(\d*))?")

Extents = tuple[tuple[int, int], ...]
Read = Callable[[int], bytes]


@dataclass(frozen=True)
class Member:
    """One member with everything that its extended headers said."""

    name: bytes
    kind: bytes
    """The type flag; ``0`` for every regular file."""
    stored: int
    """Bytes that follow the header."""
    size: int
    """Bytes of the file; more than `stored` when it has holes."""
    stamp: Stated | None
    target: bytes
    extents: Extents | None = None
    """Where the stored bytes belong, for a file with holes."""


def number(field: bytes) -> int:
    """Octal, or base 256 when the first bit is set; raises `SourceError` ``archive-header-damaged``."""
    if field[0] & 0x80:
        value = int.from_bytes(field, "big") & (1 << 8 * len(field) - 1) - 1
        return value - (1 << 8 * len(field) - 1) if field[0] & 0x40 else value
    text = field.partition(b"\0")[0].strip()
    if not text:
        return 0
    if re.fullmatch(rb"[0-7]+", text) is None:
        raise SourceError("archive-header-damaged")
    return int(text, 8)


def is_header(block: bytes) -> bool:
    """Does the checksum agree? Old packers summed signed bytes."""
    if len(block) != RECORD:
        return False
    try:
        stated = number(block[148:156])
    except SourceError:
        return False
    rest = block[:148] + b" " * 8 + block[156:]
    plain = sum(rest)
    return stated in (plain, plain - 256 * sum(byte > 127 for byte in rest))


def read_member(block: bytes, read: Read, shared: dict[bytes, bytes]) -> Member:
    """One member from its first header; `read` gives the bytes that follow, `shared` keeps global pax records.

    Raises `SourceError` ``archive-header-damaged`` or
    ``archive-cut-off``; `read` may raise `OSError`.
    """
    records: dict[bytes, bytes] = {}
    map_records: list[tuple[bytes, bytes]] = []
    long_name = long_target = None
    while True:
        if not is_header(block):
            raise SourceError("archive-header-damaged")
        kind, size = block[156:157], number(block[124:136])
        if kind not in b"LKxXg" or kind == b"":
            break
        content = _content(size, read)
        if kind == b"L":
            long_name = content.rstrip(b"\0")
        elif kind == b"K":
            long_target = content.rstrip(b"\0")
        elif kind == b"g":
            shared.update(pax_records(content))
        else:
            map_records = pax_records(content)
            records = dict(map_records)
        block = read(RECORD)
    said = {**shared, **records}
    return _member(block, said, map_records, long_name, long_target, read)


def _content(size: int, read: Read) -> bytes:
    if not 0 <= size <= HEADER_LIMIT:
        raise SourceError("archive-header-damaged")
    return read(-(-size // RECORD) * RECORD)[:size]


def pax_records(content: bytes) -> list[tuple[bytes, bytes]]:
    """(key, value) of each ``LENGTH KEY=VALUE`` record; raises `SourceError` ``archive-header-damaged``."""
    found: list[tuple[bytes, bytes]] = []
    at = 0
    while at < len(content) and content[at]:
        space = content.find(b" ", at, at + 20)
        digits = content[at : max(space, at)]
        length = int(digits) if digits.isdigit() else 0
        record = content[space + 1 : at + length]
        key, equals, value = record.partition(b"=")
        if length <= len(digits) + 2 or at + length > len(content) or not equals or not value.endswith(b"\n"):
            raise SourceError("archive-header-damaged")
        found.append((key, value[:-1]))
        at += length
    return found


def _member(
    block: bytes,
    said: Mapping[bytes, bytes],
    map_records: list[tuple[bytes, bytes]],
    long_name: bytes | None,
    long_target: bytes | None,
    read: Read,
) -> Member:
    name = block[:100].partition(b"\0")[0]
    prefix = block[345:500].partition(b"\0")[0]
    if block[_MAGIC] == b"ustar\0" and prefix:
        name = prefix + b"/" + name
    name = said.get(b"GNU.sparse.name") or said.get(b"path") or long_name or name
    target = said.get(b"linkpath") or long_target or block[157:257].partition(b"\0")[0]
    stored = _whole(said[b"size"]) if b"size" in said else number(block[124:136])
    if not 0 <= stored < _FURTHEST:
        raise SourceError("archive-header-damaged")
    kind = block[156:157]
    if kind in (b"\0", b"7", b"0"):
        kind = b"5" if name.endswith(b"/") and kind != b"7" else b"0"
    size, extents = stored, None
    if kind == b"S":
        kind, size, extents = b"0", number(block[483:495]), _old_map(block, read)
    elif b"GNU.sparse.major" in said or b"GNU.sparse.map" in said or b"GNU.sparse.size" in said:
        size = _whole(said.get(b"GNU.sparse.realsize") or said.get(b"GNU.sparse.size", b"0"))
        if said.get(b"GNU.sparse.major", b"0") == b"0":
            extents = _early_map(said, map_records)
        else:
            extents, used = _late_map(read, stored)
            stored -= used
    if extents is not None:
        _check(extents, stored, size)
    return Member(name, kind, stored, size, _stamp(block, said), target, extents)


def _whole(text: bytes) -> int:
    if re.fullmatch(rb"\d{1,19}", text) is None:
        raise SourceError("archive-header-damaged")
    return int(text)


def _old_map(block: bytes, read: Read) -> Extents:
    found = _fields(block[386:482])
    more = block[482]
    while more:
        block = read(RECORD)
        found += _fields(block[:504])
        more = block[504]
        if len(found) > EXTENTS_LIMIT:
            raise SourceError("archive-header-damaged")
    return tuple(found)


def _fields(area: bytes) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    for at in range(0, len(area) - 23, 24):
        if area[at] == 0:
            break
        found.append((number(area[at : at + 12]), number(area[at + 12 : at + 24])))
    return found


def _early_map(said: Mapping[bytes, bytes], records: list[tuple[bytes, bytes]]) -> Extents:
    """Formats 0.1 (one list) and 0.0 (repeated records)."""
    if b"GNU.sparse.map" in said:
        parts = said[b"GNU.sparse.map"].split(b",") if said[b"GNU.sparse.map"] else []
        numbers = [_whole(part) for part in parts]
        return _pairs(numbers)
    return _pairs([_whole(value) for key, value in records if key in (b"GNU.sparse.offset", b"GNU.sparse.numbytes")])


def _late_map(read: Read, stored: int) -> tuple[Extents, int]:
    """Format 1.0: decimal lines before the bytes, padded to a whole record. Also tells how long the map is."""
    text, used = b"", 0
    wanted = 1
    while text.count(b"\n") < wanted:
        if used + RECORD > min(stored, HEADER_LIMIT):
            raise SourceError("archive-header-damaged")
        # Ask for what the count says is at least needed, so that a long map is not searched once a record.
        step = max(RECORD, -(-2 * (wanted - text.count(b"\n")) // RECORD) * RECORD)
        step = min(step, (min(stored, HEADER_LIMIT) - used) // RECORD * RECORD)
        text += read(step)
        used += step
        if wanted == 1 and b"\n" in text:
            count = _whole(text.partition(b"\n")[0])
            if count > EXTENTS_LIMIT:
                raise SourceError("archive-header-damaged")
            wanted = 1 + 2 * count
    return _pairs([_whole(line) for line in text.split(b"\n")[1:wanted]]), used


def _pairs(numbers: list[int]) -> Extents:
    if len(numbers) % 2 or len(numbers) > 2 * EXTENTS_LIMIT:
        raise SourceError("archive-header-damaged")
    return tuple(zip(numbers[::2], numbers[1::2], strict=True))


def _check(extents: Extents, stored: int, size: int) -> None:
    last = total = 0
    for offset, count in extents:
        if offset < last or count < 0 or offset + count > size:
            raise SourceError("archive-header-damaged")
        last = offset + count
        total += count
    if total > stored or size >= _FURTHEST:
        raise SourceError("archive-header-damaged")


def _stamp(block: bytes, said: Mapping[bytes, bytes]) -> Stated | None:
    """The modified time, which tar keeps in UTC; null when it is out of this world."""
    text = said.get(b"mtime")
    if text is not None:
        return _decimal_stamp(text)
    try:
        seconds = number(block[136:148])
    except SourceError:
        return None
    return Stated(seconds * 1_000_000, Zone.GIVEN) if abs(seconds) < _FURTHEST // 1_000_000 else None


def _decimal_stamp(text: bytes) -> Stated | None:
    found = _DECIMAL.fullmatch(text)
    if found is None:
        return None
    sign, whole, fraction = found.groups()
    micros = int(whole) * 1_000_000 + int((fraction or b"").ljust(6, b"0")[:6])
    if micros >= _FURTHEST:
        return None
    return Stated(-micros if sign else micros, Zone.GIVEN, Precision.MICROSECOND if fraction else Precision.SECOND)

"""Is a file there to its end, as far as its own structure says? Nothing is decoded.

A decoder shows the first picture of a file whether or not the rest arrived, and files without a decoder are not read at
all. Animations, videos and sounds state in their headers how long their parts are: GIF89a (blocks up to the trailer),
RIFF (AVI, WAV, WebP), ISO base media files (ISO/IEC 14496-12 §4.2: MP4, MOV, HEIF), Matroska and WebM (RFC 8794),
PNG (ISO/IEC 15948 §5).
"""

from __future__ import annotations

import zlib
from collections.abc import Collection, Iterator

Data = bytes | memoryview

MOST_PARTS = 200_000
"""Blocks, boxes or chunks that are looked at. A file with more is not judged."""
_ISO_TYPES = frozenset({"image/avif", "image/heic", "image/heif", "audio/mp4"})


def is_cut_off(data: Data, media_type: str, size: int) -> bool:
    """Does the file end before the end that its own structure announces?

    `data` may be the beginning of a file of `size` bytes. False where the format announces no end, where the end lies
    outside of `data`, and where the structure cannot be followed: then nothing is claimed.
    """
    view = memoryview(data)
    if media_type == "image/gif":
        return len(view) == size and _gif_is_cut(view)
    if bytes(view[:4]) == b"RIFF" and len(view) >= 12:
        announced = int.from_bytes(view[4:8], "little")
        # A recorder that was stopped leaves 0 or the largest number: no announcement at all.
        return 4 < announced < 0xFFFF_FFFE and announced + 8 > size
    if media_type in _ISO_TYPES or (media_type.startswith("video/") and bytes(view[4:8]) in _ISO_STARTS):
        return _boxes_are_cut(view, size)
    if bytes(view[:4]) == b"\x1aE\xdf\xa3":
        return _segment_is_cut(view, size)
    return False


# GIF


def _gif_is_cut(view: memoryview) -> bool:
    if len(view) < 13:
        return True
    at = 13 + _colours(view[10])
    for _ in range(MOST_PARTS):
        if at >= len(view):
            return True
        kind = view[at]
        if kind == 0x3B:
            return False
        if kind == 0x21:
            at += 2
        elif kind == 0x2C:
            if at + 10 > len(view):
                return True
            at += 10 + _colours(view[at + 9]) + 1
        else:
            return False  # no block of GIF: damaged, which is not the same as cut off
        after = _after_sub_blocks(view, at)
        if after is None:
            return True
        at = after
    return False


def gif_pictures(view: memoryview, most: int) -> int:
    """Pictures of a GIF as its blocks tell, counted up to `most`; fewer where the blocks cannot be followed."""
    at, found = (13 + _colours(view[10]), 0) if len(view) >= 13 else (len(view), 0)
    while found < most and at < len(view):
        kind = view[at]
        if kind == 0x21:
            at += 2
        elif kind == 0x2C and at + 10 <= len(view):
            found += 1
            at += 10 + _colours(view[at + 9]) + 1
        else:
            break
        after = _after_sub_blocks(view, at)
        if after is None:
            break
        at = after
    return found


def _colours(packed: int) -> int:
    """Bytes of the colour table that a descriptor announces."""
    return 3 << ((packed & 7) + 1) if packed & 0x80 else 0


def _after_sub_blocks(view: memoryview, at: int) -> int | None:
    """Where the next block begins; None when the bytes end first."""
    while at < len(view):
        length = view[at]
        at += 1 + length
        if length == 0:
            return at
    return None


# ISO base media files

_ISO_STARTS = frozenset({b"ftyp", b"moov", b"mdat", b"wide", b"pnot", b"free", b"skip"})


def _boxes_are_cut(view: memoryview, size: int) -> bool:
    """Do the top-level boxes reach past the end, or does a video lack the box that says where its frames lie?"""
    at, index = 0, False
    has_frames = False
    for _ in range(MOST_PARTS):
        if at == size:
            return has_frames and not index
        if at + 8 > len(view):
            return size - at < 8 and len(view) == size
        length, kind = int.from_bytes(view[at : at + 4], "big"), bytes(view[at + 4 : at + 8])
        index |= kind in (b"moov", b"moof", b"meta")
        has_frames |= kind == b"mdat"
        if length == 1:
            if at + 16 > len(view):
                return len(view) == size
            length = int.from_bytes(view[at + 8 : at + 16], "big")
        elif length == 0:  # to the end of the file, wherever that is
            return False
        if length < 8 or not kind.isascii():
            return False  # damaged, or padding after the last box
        if at + length > size:
            return True
        at += length
    return False


# Matroska


def _segment_is_cut(view: memoryview, size: int) -> bool:
    header = _number(view, 4)
    if header is None:
        return False
    at = header[1] + header[0]
    if bytes(view[at : at + 4]) != b"\x18\x53\x80\x67":
        return False
    segment = _number(view, at + 4)
    if segment is None:
        return len(view) == size
    length, start = segment
    unknown = (1 << (7 * (start - at - 4))) - 1
    return length != unknown and start + length > size


def _number(view: memoryview, at: int) -> tuple[int, int] | None:
    """A number of variable length (RFC 8794 §4) and where it ends; None where there is none."""
    if at >= len(view) or view[at] == 0:
        return None
    width = 9 - view[at].bit_length()
    if at + width > len(view):
        return None
    value = int.from_bytes(view[at : at + width], "big")
    return value & ((1 << (7 * width)) - 1), at + width


# PNG


def broken_chunks(data: Data) -> Iterator[str]:
    """Names of the chunks of a PNG whose checksum does not fit (ISO/IEC 15948 §5.3). Decoders skip most of them.

    A capital first letter means that a picture cannot be shown without the chunk.
    """
    for name, chunk in chunks_of(memoryview(data)):
        if zlib.crc32(chunk[4:-4]) != int.from_bytes(chunk[-4:], "big"):
            yield name


_SHAPING = frozenset({"tRNS", "acTL", "fcTL", "fdAT"})
"""Chunks that may be left out by the standard, but not without another picture."""


def is_extra(name: str) -> bool:
    """Is a chunk of this name one that changes nothing of the pixels?"""
    return name[0].islower() and name not in _SHAPING


def without_extras(data: Data, names: Collection[str] | None) -> bytes:
    """A PNG without the chunks of these names; None: without any that changes nothing of the pixels."""
    view = memoryview(data)
    kept, at, count = [bytes(view[:8])], 8, 0
    for name, chunk in chunks_of(view):
        at, count = at + len(chunk), count + 1
        drop = name in names if names is not None else is_extra(name)
        if not drop:
            kept.append(bytes(chunk))
    if count == MOST_PARTS:  # what was not looked at stays
        kept.append(bytes(view[at:]))
    return b"".join(kept)


def chunks_of(view: memoryview) -> Iterator[tuple[str, memoryview]]:
    """Name and bytes of each whole chunk, with its length in front and its checksum behind."""
    at = 8
    for _ in range(MOST_PARTS):
        if at + 12 > len(view):
            return
        end = at + 12 + int.from_bytes(view[at : at + 4], "big")
        if end > len(view):
            return
        yield bytes(view[at + 4 : at + 8]).decode("latin-1"), view[at:end]
        at = end

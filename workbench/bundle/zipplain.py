"""Is a zip put together plainly, so that every program sees the same files in it?

Bytes before, between and behind the members, members that the directory does not name, two headers of a member that
differ: what lies there could be shown by one program and not by another. Source: PKWARE APPNOTE.TXT 6.3.10 §4.3.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from workbench.sources.base import SourceError
from workbench.sources.zipformat import STREAMED, Directory, Entry, differences, entries, find_directory, local_header

_DESCRIPTORS = (struct.Struct("<4s3L"), struct.Struct("<4sL2Q"), struct.Struct("<3L"), struct.Struct("<L2Q"))
"""Data descriptors (§4.3.9): with their mark or without, of a zip or of a zip64."""
_SPANNED = (b"PK\7\x08", b"PK00")


def oddities(file: Path) -> Iterator[str]:
    """What is odd, each with its place. A damaged zip is odd too. Raises `OSError`."""
    with file.open("rb") as stream:
        size = os.fstat(stream.fileno()).st_size
        try:
            directory = find_directory(stream, size)
            yield from _end(stream, size, directory)
            at = 0
            found = sorted(entries(stream, directory), key=lambda each: each.offset)
            if len(found) != directory.count & 0xFFFF and len(found) != directory.count:
                yield f"directory: {len(found)} entries, {directory.count} said"
            for entry in found:
                if entry.offset != at:
                    yield f"hidden bytes at {at}"
                yield from _member(stream, entry)
                at = _after(stream, entry)
            if at != directory.start:
                yield f"hidden bytes at {at}"
        except (SourceError, struct.error) as error:
            yield f"{error}"


def _end(stream: BinaryIO, size: int, directory: Directory) -> Iterator[str]:
    """Nothing may follow the end record, nor stand in its comment."""
    stream.seek(directory.end)
    tail = stream.read(min(size - directory.end, 1 << 20))
    if tail.startswith(b"PK\6\6"):
        if len(tail) < 12 or int.from_bytes(tail[4:12], "little") != 44 or tail[56:60] != b"PK\6\7":
            yield "zip64 end record"
        tail = tail[56 + 20 :]
    if not tail.startswith(b"PK\5\6") or len(tail) < 22:
        yield "end record"
    elif tail[20:22] != b"\0\0":
        yield "comment"
    elif len(tail) > 22:
        yield f"{size - directory.end - 22} bytes behind the end"


def _member(stream: BinaryIO, entry: Entry) -> Iterator[str]:
    name = entry.raw.decode("utf-8", "replace")
    local = local_header(stream, entry)
    for what in differences(entry, local):
        yield f"{name}: {what} told in two ways"
    if entry.unicode not in (None, entry.raw):
        yield f"{name}: name told in two ways"
    if entry.raw.endswith(b"/") and (entry.size or entry.packed):
        yield f"{name}: a folder with bytes"


def _after(stream: BinaryIO, entry: Entry) -> int:
    """Where a member ends, its data descriptor included."""
    local = local_header(stream, entry)
    end = local.data + entry.packed
    if not local.flags & STREAMED:
        return end
    stream.seek(end)
    tail = stream.read(24)
    for form in _DESCRIPTORS:
        if len(tail) >= form.size:
            *mark, crc, packed, size = form.unpack_from(tail)
            if (crc, packed, size) == (entry.crc, entry.packed, entry.size) and mark in ([], [b"PK\7\x08"]):
                return end + form.size
    return end

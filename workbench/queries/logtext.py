"""The raw line behind an event: a place in the decompressed log object."""

from __future__ import annotations

import bz2
import gzip
import lzma
from typing import BinaryIO, cast

from workbench.case.readers import Reader
from workbench.core.errors import UserError

LONGEST = 1 << 20
"""Of a line that is shown, bytes."""


def line_of(reader: Reader, log: int, start: int, length: int) -> bytes | None:
    """The bytes of a line; null when the log's object is not there. Compressed logs are read from their beginning."""
    row = reader.conn.execute(
        "SELECT o.sha256, l.compression FROM log l JOIN object o ON o.id = l.object WHERE l.id = ?", (log,)
    ).fetchone()
    if row is None:
        return None
    try:
        with opened(reader, row[0], row[1]) as stream:
            stream.seek(start)
            return stream.read(min(length, LONGEST))
    except (UserError, OSError, EOFError, lzma.LZMAError):
        return None


def opened(reader: Reader, sha256: bytes, compression: str) -> BinaryIO:
    """The decompressed bytes of a log object, seekable."""
    raw = reader.evidence.open(sha256)
    if compression == "gz":
        return cast(BinaryIO, gzip.GzipFile(fileobj=raw))
    if compression == "bz2":
        return cast(BinaryIO, bz2.BZ2File(raw))
    if compression == "xz":
        return cast(BinaryIO, lzma.LZMAFile(raw))
    return raw

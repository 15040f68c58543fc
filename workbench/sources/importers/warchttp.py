"""HTTP messages within WARC records: the head of an answer, and its body with every digest that the record states.

The body is what the server sent after transfer decoding (RFC 9112 §7): chunks are put together where the record still
holds them, a content encoding such as gzip stays as it is. Writers disagree on whether a payload digest is over the
chunks or over what they carry: either counts as right.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import io
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, BinaryIO

from workbench.core.times import Precision, Stated, Zone, from_datetime
from workbench.sources.base import SourceError
from workbench.sources.importers.warcrecords import BLOCK, Record
from workbench.sources.members import Gated

if TYPE_CHECKING:
    from hashlib import _Hash

LONGEST_HEAD = 1 << 18
MOST_LINES = 2000
_CHUNK = re.compile(rb"[ \t]*([0-9A-Fa-f]{1,15})[ \t]*(?:;[^\r\n]*)?\r?\n")
_STATUS = re.compile(rb"(?:HTTP/[0-9.]+|ICY)[ \t]+([0-9]{3})(?:[ \t][^\n]*)?\r?\n")
_DATE = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?Z", re.ASCII)


@dataclass(frozen=True)
class Head:
    """Status and headers of an answer, names in lower case; `size` is how many bytes it took."""

    status: int
    headers: dict[str, str]
    raw: bytes

    @property
    def chunked(self) -> bool:
        """Does it say that the body comes in chunks?"""
        return "chunked" in self.headers.get("transfer-encoding", "").lower()

    @property
    def length(self) -> int | None:
        """The length that it states for the body."""
        said = self.headers.get("content-length", "").strip()
        return int(said) if said.isascii() and said.isdigit() and len(said) < 19 else None


def read_head(block: BinaryIO) -> Head | None:
    """The head of an answer at the start of a block; null when there is none. Raises `SourceError`."""
    line = block.readline(LONGEST_HEAD)
    found = _STATUS.fullmatch(line)
    if found is None:
        return None
    raw = [line]
    left = LONGEST_HEAD - len(line)
    headers: dict[str, str] = {}
    last = ""
    while (line := block.readline(max(left, 1))) not in (b"\r\n", b"\n", b""):
        left -= len(line)
        if left <= 0 or len(raw) > MOST_LINES:
            raise SourceError("import-head-endless")
        raw.append(line)
        text = line.decode("latin-1").rstrip("\r\n")
        if text[:1] in " \t" and last:
            headers[last] += " " + text.strip()
            continue
        name, colon, value = text.partition(":")
        if not colon:
            continue
        last = name.strip().lower()
        headers[last] = f"{headers[last]}, {value.strip()}" if last in headers else value.strip()
    raw.append(line)
    return Head(int(found[1]), headers, b"".join(raw))


class Digest:
    """A digest that a record states, and bytes that it is to be compared with."""

    _NAMES = ("md5", "sha1", "sha224", "sha256", "sha384", "sha512")

    def __init__(self, said: str | None) -> None:
        self.wanted: bytes | None = None
        self._hash: _Hash | None = None
        name, colon, value = (said or "").strip().partition(":")
        name = name.strip().lower().replace("-", "")
        if colon and name in self._NAMES:
            self._hash = hashlib.new(name, usedforsecurity=False)
            self.wanted = _digest_value(value.strip(), self._hash.digest_size)

    def update(self, data: bytes) -> None:
        """More bytes."""
        if self._hash is not None:
            self._hash.update(data)

    @property
    def agrees(self) -> bool:
        """Is it right, or not to be told?"""
        return self._hash is None or self.wanted is None or self._hash.digest() == self.wanted


def _digest_value(text: str, size: int) -> bytes | None:
    try:
        if len(text) == 2 * size:
            return bytes.fromhex(text)
        value = base64.b32decode(text.upper() + "=" * (-len(text) % 8))
    except (ValueError, binascii.Error):
        return b""
    return value if len(value) == size else b""


class _Tap(Gated):
    """The rest of a block on its way, hashed as it lies there."""

    def __init__(self, block: BinaryIO, digests: tuple[Digest, ...]) -> None:
        super().__init__()
        self._block = block
        self._digests = digests

    def _some(self, limit: int) -> bytes:
        data = self._block.read(limit)
        for each in self._digests:
            each.update(data)
        return data


class Body(Gated):
    """The body of an answer, or the block of a resource. `size` counts what was read.

    At its end the digests are compared: ``import-digest`` when one is wrong, and ``import-body-cut-off`` when fewer
    bytes are there than the answer stated (not for `partial` ones).
    """

    def __init__(
        self, record: Record, head: Head | None, owner: BinaryIO | None = None, *, partial: bool = False
    ) -> None:
        super().__init__()
        self._owner = owner
        self._block_digest = Digest(record.fields.get("warc-block-digest"))
        self._raw, self._plain = (Digest(record.fields.get("warc-payload-digest")) for _ in range(2))
        if head is not None:
            self._block_digest.update(head.raw)
        self._tap = io.BufferedReader(_Tap(record.block, (self._block_digest, self._raw)), BLOCK)
        self._chunked = head is not None and head.chunked and _CHUNK.match(self._tap.peek(64)[:64]) is not None
        self._stated = None if head is None or self._chunked or partial else head.length
        self._partial = partial
        self._left = 0
        self._ended = False
        self.size = 0

    def close(self) -> None:
        """Close, with the file beneath."""
        if not self.closed and self._owner is not None:
            self._owner.close()
        super().close()

    def _some(self, limit: int) -> bytes:
        data = b"" if self._ended else (self._of_chunks(limit) if self._chunked else self._tap.read(limit))
        self._plain.update(data)
        self.size += len(data)
        if not data and not self._ended:
            self._ended = True
            self._judge()
        return data

    def _of_chunks(self, limit: int) -> bytes:
        if not self._left:
            line = self._tap.readline(4096)
            found = _CHUNK.fullmatch(line)
            if found is None:
                if line and not self._partial:
                    raise SourceError("warc-chunks")
                return self._cut_off()
            self._left = int(found[1], 16)
            if not self._left:
                return b""
        data = self._tap.read(min(limit, self._left))
        if not data:
            return self._cut_off()
        self._left -= len(data)
        if not self._left:
            self._tap.readline(4)
        return data

    def _cut_off(self) -> bytes:
        if not self._partial:
            raise SourceError("import-body-cut-off")
        return b""

    def _judge(self) -> None:
        while self._tap.read(BLOCK):
            pass
        if not self._block_digest.agrees or not (self._raw.agrees or self._plain.agrees):
            raise SourceError("import-digest")
        if self._stated is not None and self.size < self._stated:
            raise SourceError("import-body-cut-off")


def record_date(text: str | None) -> Stated | None:
    """``WARC-Date``: UTC, to the second or finer; null when it is none."""
    found = _DATE.fullmatch((text or "").strip())
    if found is None:
        return None
    try:
        moment = datetime.fromisoformat(found[1]).replace(tzinfo=UTC)
    except ValueError:
        return None
    fraction = int((found[2] or "").ljust(6, "0")[:6] or 0)
    return Stated(from_datetime(moment) + fraction, Zone.LINE, Precision.MICROSECOND if found[2] else Precision.SECOND)

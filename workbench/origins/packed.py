"""The file of a shipped data set: a header that says where it is from, and columns that compress well.

Layout: ``WBSET001``, header length (uint32 little-endian), header (JSON), sections (zlib), SHA-256 of all that
stands before it. Ranges are kept as distances (IPv4) or as start and difference (IPv6), byte by byte in columns:
516,000 AS ranges take 2.5 MB and are ready in some 40 ms. A record is one text of tab-separated fields.
"""

from __future__ import annotations

import hashlib
import json
import struct
import zlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workbench.core.errors import UserError
from workbench.origins.addresses import Version
from workbench.origins.ranges import Ranges, ranges_of

MAGIC = b"WBSET001"
Row = tuple[int, int, tuple[str, ...]]
"""First address, last address, the values in the order of the header's fields."""

_SEPARATOR = "\t"


def pack(about: Mapping[str, Any], fields: Sequence[str], rows: Mapping[Version, Iterable[Row]]) -> bytes:
    """Write a data set. The same input gives the same bytes (for the same version of zlib).

    Rows come in ascending order and do not overlap; `ValueError` otherwise.
    """
    records: dict[tuple[str, ...], int] = {}
    sections: list[tuple[str, bytes]] = []
    counts: dict[str, int] = {}
    for version in (4, 6):
        numbered = [(a, b, records.setdefault(values, len(records))) for a, b, values in rows.get(version, ())]
        ranges = ranges_of(version, numbered)
        if not ranges.in_order():
            raise ValueError(f"ranges of IPv{version} overlap or are not in order")
        counts[f"v{version}"] = len(ranges)
        sections += _encode_v4(ranges) if version == 4 else _encode_v6(ranges)
    texts = [_SEPARATOR.join(value.replace(_SEPARATOR, " ") for value in values).encode() for values in records]
    sections.append(("records.length", _shuffled(np.array([len(text) for text in texts], dtype=np.uint32))))
    sections.append(("records.text", b"".join(texts)))

    body = b""
    directory: list[list[Any]] = []
    for name, content in sections:
        compressed = zlib.compress(content, 9)
        directory.append([name, len(body), len(compressed), len(content)])
        body += compressed
    header = {**about, "fields": list(fields), "rows": counts, "records": len(records), "sections": directory}
    encoded = json.dumps(header, ensure_ascii=False, sort_keys=True).encode()
    front = MAGIC + struct.pack("<I", len(encoded)) + encoded + body
    return front + hashlib.sha256(front).digest()


class Unpacked:
    """A packed data set. The digest is checked at once, each column when it is first asked for.

    Raises `UserError` when the bytes are not what was packed. Any thread.
    """

    def __init__(self, data: bytes, name: str) -> None:
        self._name = name
        if len(data) < len(MAGIC) + 4 + 32 or not data.startswith(MAGIC):
            raise UserError("origins.set-not-ours", name=name)
        if hashlib.sha256(memoryview(data)[:-32]).digest() != data[-32:]:
            raise UserError("origins.set-damaged", name=name, problem="sha256")
        self.sha256 = hashlib.sha256(data).digest()
        (length,) = struct.unpack_from("<I", data, len(MAGIC))
        start = len(MAGIC) + 4
        with _damage(name, "header"):
            self.header: dict[str, Any] = json.loads(data[start : start + length])
            self.fields: tuple[str, ...] = tuple(self.header["fields"])
            self._sections = {section: place for section, *place in self.header["sections"]}
        self._body = memoryview(data)[start + length : -32]
        self._texts: tuple[NDArray[np.int64], bytes] | None = None

    def ranges(self, version: Version) -> Ranges:
        """The ranges of one IP version. Not kept here; the caller keeps them."""
        with _damage(self._name, f"v{version}"):
            count = int(self.header["rows"][f"v{version}"])
            ranges = self._decode_v4(count) if version == 4 else self._decode_v6(count)
            if len(ranges) and int(ranges.index.max()) >= int(self.header["records"]):
                raise ValueError("index")
        if not ranges.in_order():
            raise UserError("origins.set-damaged", name=self._name, problem=f"v{version}")
        return ranges

    def record(self, number: int) -> tuple[str, ...]:
        """The values of a record, in the order of `fields`."""
        if self._texts is None:
            with _damage(self._name, "records"):
                lengths = self._column("records.length", np.uint32, int(self.header["records"]))
                text = self._section("records.text")
                ends = np.cumsum(lengths, dtype=np.int64)
                if len(ends) and int(ends[-1]) != len(text):
                    raise ValueError("length")
            self._texts = (ends, text)
        ends, text = self._texts
        start = int(ends[number - 1]) if number else 0
        return tuple(text[start : int(ends[number])].decode().split(_SEPARATOR))

    def _section(self, name: str) -> bytes:
        start, size, full = self._sections[name]
        content = zlib.decompress(self._body[start : start + size], bufsize=full or 1)
        if len(content) != full:
            raise ValueError(name)
        return content

    def _column(self, name: str, dtype: type[np.unsignedinteger[Any]], count: int) -> NDArray[Any]:
        width = np.dtype(dtype).itemsize
        return _unshuffled(self._section(name), count, width).view(dtype).reshape(count)

    def _decode_v4(self, count: int) -> Ranges:
        gap = self._column("v4.gap", np.uint32, count)
        span = self._column("v4.span", np.uint32, count)
        step = gap.astype(np.uint64)
        step += span
        step += np.uint64(1)
        past = np.cumsum(step, dtype=np.uint64)
        if count and int(past[-1]) > 2**32:
            raise ValueError("v4")
        past -= np.uint64(1)
        ends = past.astype(np.uint32)
        return Ranges(4, ends - span, ends, self._column("v4.index", np.uint32, count))

    def _decode_v6(self, count: int) -> Ranges:
        starts = _unshuffled(self._section("v6.start"), count, 16)
        ends = starts ^ _unshuffled(self._section("v6.end"), count, 16)
        index = self._column("v6.index", np.uint32, count)
        return Ranges(6, starts.view("S16").reshape(count), ends.view("S16").reshape(count), index)


def _encode_v4(ranges: Ranges) -> list[tuple[str, bytes]]:
    starts, ends = ranges.starts.astype(np.int64), ranges.ends.astype(np.int64)
    before = np.concatenate([np.array([-1], dtype=np.int64), ends[:-1]])[: len(starts)]
    gap, span = (starts - before - 1).astype(np.uint32), (ends - starts).astype(np.uint32)
    return [("v4.gap", _shuffled(gap)), ("v4.span", _shuffled(span)), ("v4.index", _shuffled(ranges.index))]


def _encode_v6(ranges: Ranges) -> list[tuple[str, bytes]]:
    starts = ranges.starts.view(np.uint8).reshape(-1, 16)
    difference = starts ^ ranges.ends.view(np.uint8).reshape(-1, 16)
    return [
        ("v6.start", starts.T.tobytes()),
        ("v6.end", difference.T.tobytes()),
        ("v6.index", _shuffled(ranges.index)),
    ]


def _shuffled(column: NDArray[Any]) -> bytes:
    little = column.astype(column.dtype.newbyteorder("<"), copy=False)
    return little.view(np.uint8).reshape(len(column), column.dtype.itemsize).T.tobytes()


def _unshuffled(content: bytes, count: int, width: int) -> NDArray[np.uint8]:
    return np.ascontiguousarray(np.frombuffer(content, dtype=np.uint8).reshape(width, count).T)


class _damage:  # noqa: N801 - reads as a statement
    """Whatever goes wrong while reading columns means one thing to the user: this file is damaged."""

    def __init__(self, name: str, problem: str) -> None:
        self._name, self._problem = name, problem

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: object) -> None:
        if isinstance(error, (KeyError, ValueError, TypeError, zlib.error, OverflowError)):
            raise UserError("origins.set-damaged", name=self._name, problem=self._problem) from error

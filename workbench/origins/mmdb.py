"""Read MaxMind DB files (format 2.0): every network and what it says.

Written from the public format description (MaxMind DB file format specification 2.0). Only the walk over all
networks is here; look-ups go through our own ranges.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from workbench.core.errors import UserError
from workbench.origins.addresses import Version

_MARK = b"\xab\xcd\xefMaxMind.com"
_SEPARATOR = 16
_DEEPEST = 64
_MOST_VALUES = 100_000
"""In one record: pointers could otherwise fold a small file out into endless ones."""


class _BrokenError(Exception):
    """The file points outside of itself or in circles."""


@dataclass(frozen=True)
class Network:
    """An inclusive range and its record."""

    version: Version
    start: int
    end: int
    record: Any


class Mmdb:
    """A MaxMind DB in memory. Raises `UserError` when the file is not one or is damaged; never loops."""

    def __init__(self, data: bytes, name: str) -> None:
        self._data, self._name = data, name
        mark = data.rfind(_MARK)
        if mark < 0:
            raise UserError("origins.mmdb-not-one", name=name)
        try:
            self.metadata: dict[str, Any] = _Decoder(data, mark + len(_MARK)).value(mark + len(_MARK))[0]
            self._nodes = int(self.metadata["node_count"])
            self._bits = int(self.metadata["record_size"])
            self._depth = {4: 32, 6: 128}[self.metadata["ip_version"]]
        except (_BrokenError, KeyError, TypeError, ValueError) as error:
            raise UserError("origins.mmdb-damaged", name=name) from error
        self._tree = self._nodes * self._bits // 4
        if self._bits not in (24, 28, 32) or self._tree + _SEPARATOR > mark:
            raise UserError("origins.mmdb-damaged", name=name)
        self._decoder = _Decoder(data[:mark], self._tree + _SEPARATOR)

    def networks(self) -> Iterator[Network]:
        """Every network with a record, in ascending order; IPv4 within an IPv6 tree is given as IPv4."""
        try:
            yield from self._walk()
        except _BrokenError as error:
            raise UserError("origins.mmdb-damaged", name=self._name) from error

    def _walk(self) -> Iterator[Network]:
        records: dict[int, Any] = {}
        v4_root = self._v4_root()
        visits = 0
        stack: list[tuple[int, int, int]] = [(0, 0, 0)]
        while stack:
            node, depth, prefix = stack.pop()
            if node < self._nodes:
                # IPv4 is often reachable again under ::ffff:0:0/96, 2001::/32 and 2002::/16: told once is enough
                if self._depth == 128 and node == v4_root and depth and (depth != 96 or prefix):
                    continue
                visits += 1
                if depth >= self._depth or visits > self._nodes * 2:
                    raise _BrokenError
                left, right = self._children(node)
                stack.append((right, depth + 1, prefix * 2 + 1))
                stack.append((left, depth + 1, prefix * 2))
            elif node > self._nodes:
                offset = node - self._nodes - _SEPARATOR
                if offset not in records:
                    records[offset] = self._decoder.value(self._tree + _SEPARATOR + offset)[0]
                yield self._network(prefix, depth, records[offset])

    def _network(self, prefix: int, depth: int, record: Any) -> Network:
        start = prefix << (self._depth - depth)
        end = start + (1 << (self._depth - depth)) - 1
        return Network(4 if end < 2**32 else 6, start, end, record)

    def _v4_root(self) -> int:
        node = 0
        for _ in range(96 if self._depth == 128 else 0):
            if node >= self._nodes:
                break
            node = self._children(node)[0]
        return node

    def _children(self, node: int) -> tuple[int, int]:
        width = self._bits // 4
        raw = self._data[node * width : node * width + width]
        if self._bits == 24:
            return int.from_bytes(raw[:3], "big"), int.from_bytes(raw[3:], "big")
        if self._bits == 32:
            return int.from_bytes(raw[:4], "big"), int.from_bytes(raw[4:], "big")
        return (raw[3] >> 4) << 24 | int.from_bytes(raw[:3], "big"), (raw[3] & 15) << 24 | int.from_bytes(
            raw[4:], "big"
        )


class _Decoder:
    """The data section; positions are absolute, pointers count from `base`."""

    def __init__(self, data: bytes, base: int) -> None:
        self._data, self._base, self._read = data, base, 0

    def value(self, at: int, depth: int = 0) -> tuple[Any, int]:
        """The value at a position and where it ends."""
        self._read = self._read + 1 if depth else 0
        if depth > _DEEPEST or at < self._base or self._read > _MOST_VALUES:
            raise _BrokenError
        try:
            return self._value(at, depth)
        except (IndexError, UnicodeDecodeError, struct.error, TypeError) as error:
            raise _BrokenError from error

    def _value(self, at: int, depth: int) -> tuple[Any, int]:
        control = self._data[at]
        at += 1
        kind = control >> 5
        if kind == 1:
            target, at = self._pointer(control, at)
            return self.value(target, depth + 1)[0], at
        if kind == 0:
            kind = self._data[at] + 7
            at += 1
        size, at = self._size(control & 31, at)
        if kind == 7:
            return self._map(size, at, depth)
        if kind == 11:
            return self._array(size, at, depth)
        if kind == 14:
            return bool(size), at
        raw = self._data[at : at + size]
        if len(raw) != size:
            raise _BrokenError
        return self._scalar(kind, raw), at + size

    def _pointer(self, control: int, at: int) -> tuple[int, int]:
        size = (control >> 3 & 3) + 1
        raw = int.from_bytes(self._data[at : at + size], "big")
        high = (control & 7) << (8 * size) if size < 4 else 0
        return self._base + (high | raw) + (0, 0, 2048, 526336, 0)[size], at + size

    def _size(self, size: int, at: int) -> tuple[int, int]:
        if size < 29:
            return size, at
        extra = size - 28
        return (29, 285, 65821)[extra - 1] + int.from_bytes(self._data[at : at + extra], "big"), at + extra

    def _map(self, size: int, at: int, depth: int) -> tuple[dict[str, Any], int]:
        found: dict[str, Any] = {}
        for _ in range(size):
            key, at = self.value(at, depth + 1)
            found[key], at = self.value(at, depth + 1)
        return found, at

    def _array(self, size: int, at: int, depth: int) -> tuple[list[Any], int]:
        found: list[Any] = []
        for _ in range(size):
            item, at = self.value(at, depth + 1)
            found.append(item)
        return found, at

    @staticmethod
    def _scalar(kind: int, raw: bytes) -> Any:
        if kind == 2:
            return raw.decode()
        if kind == 3:
            return struct.unpack(">d", raw)[0]
        if kind == 15:
            return struct.unpack(">f", raw)[0]
        if kind == 4:
            return raw
        if kind == 8:
            return int.from_bytes(raw.rjust(4, b"\0"), "big", signed=True)
        if kind in (5, 6, 9, 10):
            return int.from_bytes(raw, "big")
        raise _BrokenError

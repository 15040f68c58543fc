"""Request lines of HTTP by the thousand: method and path are interned apart, because paths repeat, queries do not."""

from __future__ import annotations

import numpy as np

from workbench.core.records import Action
from workbench.logs.columns import Builder, Ints, Lines, Mask, Rows, cut, indexes
from workbench.logs.fields import read_request

_BEHIND = np.frombuffer(b" HTTP/", np.uint8)
_HEX = np.full(256, 255, np.uint8)
for _digit, _sign in enumerate("0123456789abcdef"):
    _HEX[[ord(_sign), ord(_sign.upper())]] = _digit
WIDTH = 9
"""From the space before ``HTTP/1.1`` to the closing quote."""


class HttpRequests:
    """Reads the requests of clean lines into method, path and action, the same as `read_request` one by one."""

    def __init__(self, builder: Builder) -> None:
        self._builder = builder
        self._known = builder.table("path")
        self._verbs = Rows(3, self._verb)
        self._others = Rows(3, self._any)

    def _verb(self, raw: bytes) -> tuple[int, int, int]:
        """Method, action, and whether its target is a path."""
        method, path, action = read_request(raw + b" /x HTTP/1.1")
        return self._builder.intern("method", method), action, path is not None

    def _any(self, raw: bytes) -> tuple[int, int, int]:
        method, path, action = read_request(raw)
        return self._builder.intern("method", method), self._builder.intern("path", path), action

    def read(self, lines: Lines, opened: Ints, closed: Ints) -> tuple[Ints, Ints, Ints]:
        """Method, path and action of the requests between these quotes."""
        data = lines.data
        method, path, action = np.empty((3, len(opened)), np.int64)
        first, second, plain = _ends(lines, opened, closed)
        method[plain], action[plain], named = self._verbs.spread(data, opened[plain] + 1, first[plain])
        plain[plain] = named == 1
        path[plain], folder = self._targets(lines, first[plain] + 1, second[plain])
        listed = np.flatnonzero(plain)[folder]
        action[listed[action[listed] == Action.DOWNLOAD]] = Action.LIST
        odd = ~plain
        method[odd], path[odd], action[odd] = self._others.spread(data, opened[odd] + 1, closed[odd])
        return method, path, action

    def _targets(self, lines: Lines, start: Ints, end: Ints) -> tuple[Ints, Mask]:
        """Paths of targets that start with a slash, and which of them are folders."""
        end = np.minimum(_next(lines, ord("?"), start), end)
        path, folder = np.empty(len(start), np.int64), np.empty(len(start), np.bool_)
        encoded = _next(lines, ord("%"), start) < end
        data, starts, ends = _decoded(lines, start[encoded], end[encoded])
        for which, text, begin, close in (
            (~encoded, lines.data, start[~encoded], end[~encoded]),
            (encoded, data, starts, ends),
        ):
            path[which] = indexes(self._known, cut(text, begin, close))
            folder[which] = np.frombuffer(text, np.uint8)[close - 1] == ord("/")
        return path, folder


def _decoded(lines: Lines, start: Ints, end: Ints) -> tuple[bytes, Ints, Ints]:
    """The chunk percent-decoded (RFC 3986 section 2.1), and where these slices lie in it. What is no escape stays."""
    if not len(start):
        return lines.data, start, end
    at = lines.positions(ord("%"))
    at = at[at < len(lines.data) - 2]
    high, low = _HEX[lines.bytes[at + 1]], _HEX[lines.bytes[at + 2]]
    real = (high < 16) & (low < 16)
    at = at[real]
    text, kept = lines.bytes.copy(), np.ones(len(lines.data), np.bool_)
    text[at] = high[real] << 4 | low[real]
    kept[at + 1] = kept[at + 2] = False
    return text[kept].tobytes(), start - 2 * np.searchsorted(at, start), end - 2 * np.searchsorted(at, end)


def _next(lines: Lines, byte: int, start: Ints) -> Ints:
    """Where a byte stands next, from each of these places on; the end of the chunk where it does not."""
    places = np.append(lines.positions(byte), len(lines.data))
    found: Ints = places[np.searchsorted(places, start)]
    return found


def _ends(lines: Lines, opened: Ints, closed: Ints) -> tuple[Ints, Ints, Mask]:
    """The first and the second space of a request, and which requests are ``METHOD /path HTTP/n.n``."""
    data = lines.bytes
    spaces = np.append(lines.positions(ord(" ")), [len(data)] * 2)
    at = np.searchsorted(spaces, opened)
    first, second = spaces[at], spaces[at + 1]
    plain = (second == closed - WIDTH) & (first > opened + 1)
    plain[plain] = data[first[plain] + 1] == ord("/")
    tail = data[second[plain] + np.arange(WIDTH)[:, np.newaxis]]
    right = (tail[: len(_BEHIND)] == _BEHIND[:, np.newaxis]).all(axis=0) & (tail[7] == ord("."))
    for place in (6, 8):
        right &= (tail[place] - np.uint8(48)) < 10
    plain[plain] = right
    return first, second, plain

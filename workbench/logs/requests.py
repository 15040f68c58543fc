"""Request lines of HTTP by the thousand: method and path are interned apart, because paths repeat, queries do not."""

from __future__ import annotations

import numpy as np

from workbench.core.batch import NULL
from workbench.core.records import Action
from workbench.logs.columns import Builder, Ints, Lines, Mask, Rows
from workbench.logs.fields import Request, read_path, read_request

_BEHIND = np.frombuffer(b" HTTP/", np.uint8)
WIDTH = 9
"""From the space before ``HTTP/1.1`` to the closing quote."""


class HttpRequests:
    """Reads the requests of clean lines into method, path and action, the same as `read_request` one by one."""

    def __init__(self, builder: Builder) -> None:
        self._method, self._path = builder.interner("method"), builder.interner("path")
        self._methods = Rows(3, self._verb)
        self._paths = Rows(2, self._target)
        self._others = Rows(3, self._any)

    def _verb(self, raw: bytes) -> tuple[int, int, int]:
        method, path, action = read_request(raw + b" / HTTP/1.1")
        action = Action.DOWNLOAD if action is Action.LIST and raw == b"GET" else action
        return NULL if method is None else self._method(method), action, path is not None

    def _target(self, raw: bytes) -> tuple[int, int]:
        path = read_path(raw) or b"/"
        return self._path(path), path[-1] == 47

    def _any(self, raw: bytes) -> tuple[int, int, int]:
        return self.row(read_request(raw))

    def row(self, request: Request) -> tuple[int, int, int]:
        """One request as indexes."""
        method, path, action = request
        return NULL if method is None else self._method(method), NULL if path is None else self._path(path), action

    def read(self, lines: Lines, opened: Ints, closed: Ints) -> tuple[Ints, Ints, Ints]:
        """Method, path and action of the requests between these quotes."""
        data = lines.data
        method, path, action = np.empty((3, len(opened)), np.int64)
        first, second, plain = _ends(lines, opened, closed)
        verb, does, named = self._methods.spread(data, opened[plain] + 1, first[plain])
        plain[plain] = named == 1
        which = np.flatnonzero(plain)
        first, second = first[plain] + 1, second[plain]
        marks = np.append(lines.positions(ord("?")), len(data))
        query = np.minimum(marks[np.searchsorted(marks, first)], second)
        path[which], folder = self._paths.spread(data, first, query)
        method[which] = verb[named == 1]
        does = does[named == 1]
        action[which] = np.where((does == Action.DOWNLOAD) & (folder == 1), int(Action.LIST), does)
        odd = np.flatnonzero(~plain)
        method[odd], path[odd], action[odd] = self._others.spread(data, opened[odd] + 1, closed[odd])
        return method, path, action


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

"""Lines shaped like the Common Log Format: ``host ident user [time] "request" status size`` and what may follow.

Clean lines are read by the thousand: the quotes are found in numpy, everything else lies at known distances from them.
What that leaves (escaped quotes, cut lines, odd heads) is read one by one, from the whole line down to whatever
part of it can be trusted. Both ways give the same event for a line that both can read.

Two fields that a client chooses freely stand in front of the time: ident and user. Servers escape quotes in
them but not brackets, so the time is the stamp directly before the first quote, never the first stamp in the line.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from workbench.core.batch import NULL, EventBatch
from workbench.core.records import Action
from workbench.core.times import Zone
from workbench.logs.columns import LONGEST, Builder, Ints, Lines, Mask, Rows, numbers
from workbench.logs.fields import Request, ip_text, readable, text_or_null
from workbench.logs.stamps import CLF_WIDTH, clf_time, clf_times

SPACE, QUOTE, DASH, OPEN, CLOSE = b' "-[]'
STAMP = CLF_WIDTH + 4
"""From the space before the bracket to the first quote: `` [22/Nov/2026:14:30:45 +0000] "``."""


class Requests(Protocol):
    """Reads the requests of clean lines."""

    def read(self, lines: Lines, opened: Ints, closed: Ints) -> tuple[Ints, Ints, Ints]:
        """Method, path and action of the requests between these quotes."""
        ...


@dataclass(frozen=True)
class Dialect:
    """What differs between the formats of this shape.

    `request` reads one quoted request, `requests` makes the quick reader of many. `settle` gets action, status and size
    (`NULL` where unknown) of all events and gives the columns that follow from them.
    """

    request: Callable[[bytes], Request]
    settle: Callable[[Ints, Ints, Ints], dict[str, Ints]]
    requests: Callable[[Builder], Requests]


def parse(dialect: Dialect, data: bytes) -> EventBatch:
    """All lines of a chunk."""
    lines = Lines(data)
    reader = _Reader(dialect, Builder(lines))
    reader.clean(lines)
    reader.builder.rest(reader.line)
    batch = reader.builder.batch()
    columns = batch.columns
    columns.update(dialect.settle(columns["action"], columns["status"], columns["sent"]))
    return batch


@dataclass(frozen=True)
class Head:
    """What stands before the time. `whole` is false when a field is missing."""

    address: str
    user: str | None
    whole: bool


_HOST = re.compile(rb"[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_.])?|unix:")


def read_head(raw: bytes) -> Head | None:
    """``address ident user``, with a virtual host in front or not; null when no address can be named.

    A user may contain spaces. A server that is known by its address only, and logs its virtual host, starts the line
    with that address: of two addresses in a row the second is the client.
    """
    tokens = raw.split(b" ")
    first = ip_text(tokens[0])
    second = ip_text(tokens[1]) if len(tokens) > 1 else None
    if second is not None and (first is None or len(tokens) > 3):
        return _head(second, tokens[2:])
    if second is not None:
        return None
    if first is not None:
        return _head(first, tokens[1:])
    if not _HOST.fullmatch(tokens[0]) and not (len(tokens) > 3 and tokens[0].rpartition(b":")[2].isdigit()):
        return None
    if len(tokens) == 3 or (len(tokens) > 3 and tokens[1] == b"-"):
        return _head(readable(tokens[0]), tokens[1:])
    if len(tokens) > 3 and tokens[2] == b"-" and _HOST.fullmatch(tokens[1]):
        return _head(readable(tokens[1]), tokens[2:])
    return None


def _head(address: str, others: list[bytes]) -> Head:
    user = b" ".join(others[1:])
    return Head(address, None if user == b'""' else text_or_null(user), len(others) >= 2)


_STAMP = rb"\d\d/[A-Za-z]{3}/\d{4}:\d\d:\d\d:\d\d(?:\.\d{1,6})? [+-]\d{4}"
_TEXT = rb'([^"\\]*(?:\\.[^"\\]*)*)'
_ANSWER = rb'" (\d{3}|-) (\d{1,15}|-)(?= |$)'

_TIME = re.compile(rb" \[(" + _STAMP + rb')\] "')
_TIME_CUT = re.compile(rb" \[(" + _STAMP + rb")\] ?$")
_WHOLE = re.compile(_TEXT + _ANSWER, re.DOTALL)
_LOOSE = re.compile(rb"(.*? HTTP/\d(?:\.\d)?)" + _ANSWER, re.DOTALL)
_CUT = re.compile(_TEXT + rb'(?:(")(?: (?:(\d{3})(?: |$)|\d{0,2}$)?)?)?', re.DOTALL)
_CLIENT = re.compile(rb' "' + _TEXT + rb'" "' + _TEXT + rb'"(?: .*)?', re.DOTALL)
_CLIENT_CUT = re.compile(rb' (?:"' + _TEXT + rb'(?:"(?: (?:"' + _TEXT + rb")?)?)?)?", re.DOTALL)
_CLIENT_LOOSE = re.compile(rb' "' + _TEXT + rb'" "(.*)"', re.DOTALL)
_PROTOCOL_CUT = re.compile(rb" (?:H|HT|HTT|HTTP|HTTP/|HTTP/\d\.?|HTTP/\d\.\d)?$")


class _Reader:
    def __init__(self, dialect: Dialect, builder: Builder) -> None:
        self.builder = builder
        self.dialect = dialect
        self._addresses = builder.table("address")
        self.heads = Rows(2, self._head)
        self.requests = dialect.requests(builder)
        self.clients = Rows(2, self._referrer_and_agent)

    def _head(self, raw: bytes) -> tuple[int, int]:
        if raw.endswith(b" - -") and (address := ip_text(raw[:-4])) is not None:
            return self._addresses[address], NULL
        head = read_head(raw)
        if head is None or not head.whole:
            return NULL, NULL
        return self._addresses[head.address], self.builder.intern("user", head.user)

    def _referrer_and_agent(self, raw: bytes) -> tuple[int, int]:
        """Both in one piece, as they stand in a clean line: there are few pairs, and cutting is what costs."""
        referrer, _, agent = raw.partition(b'" "')
        intern = self.builder.intern
        return intern("referrer", text_or_null(referrer)), intern("agent", text_or_null(agent))

    def clean(self, lines: Lines) -> None:
        """Read all lines that hold no surprise."""
        data, quotes = lines.bytes, lines.positions(QUOTE)
        first = np.searchsorted(quotes, lines.start)
        count = np.searchsorted(quotes, lines.end) - first
        which = np.flatnonzero(((count == 2) | (count >= 6)) & ~_escaped(lines))
        start, end, count, first = lines.start[which], lines.end[which], count[which], first[which]
        opened, closed = quotes[first], quotes[first + 1]
        client = count > 2
        third = quotes[np.where(client, first + 2, first + 1)]
        size_end = np.where(client, third - 1, end)

        fits = (opened - STAMP > start) & (closed + 6 < size_end) & (end - start <= LONGEST)
        which, start, end, first = which[fits], start[fits], end[fits], first[fits]
        opened, closed, client, size_end = opened[fits], closed[fits], client[fits], size_end[fits]

        fits = (data[opened - STAMP] == SPACE) & (data[opened - STAMP + 1] == OPEN)
        fits &= (data[opened - 2] == CLOSE) & (data[opened - 1] == SPACE)
        fits &= (data[closed + 1] == SPACE) & (data[closed + 5] == SPACE)
        fits &= (data[start] > SPACE) & (data[start] < 127)
        fits[client] &= _client_fits(lines, quotes, first[client], end[client])
        time, real = clf_times(data, opened - STAMP + 2)
        status, stated = numbers(data, closed + 2, closed + 5)
        size, counted = numbers(data, closed + 6, size_end)
        none = (size_end == closed + 7) & (data[closed + 6] == DASH)
        size[none] = NULL
        fits &= real & stated & (counted | none)

        address, user = self.heads.spread(lines.data, start[fits], opened[fits] - STAMP)
        named = address != NULL
        fits[fits] = named
        which, opened, closed = which[fits], opened[fits], closed[fits]
        method, path, action = self.requests.read(lines, opened, closed)
        self.builder.events(
            which, time=time[fits], zone=int(Zone.LINE), status=status[fits], sent=size[fits], address=address[named],
            user=user[named], method=method, path=path, action=action,
        )  # fmt: skip
        first = first[fits][client[fits]]
        referrer, agent = self.clients.spread(lines.data, quotes[first + 2] + 1, quotes[first + 5])
        self.builder.events(which[client[fits]], referrer=referrer, agent=agent)

    def line(self, number: int, raw: bytes) -> str | None:
        """Read one line that is not clean: the event, or the code of the reject."""
        bare = raw.lstrip(b"\0").removeprefix(b"\xef\xbb\xbf")
        stamp = _TIME.search(bare) or _TIME_CUT.search(bare)
        head = None if stamp is None else read_head(bare[: stamp.start()])
        if stamp is None or head is None:
            return "log-line-unread"
        time = clf_time(stamp[1])
        if time is None:
            return "log-line-time"
        rest = self._rest(bare[stamp.end() :])
        if rest is None:
            return "log-line-unread"
        salvaged = rest.pop("salvaged") or not head.whole or raw.startswith(b"\0")
        self.builder.event(
            number, time=time, zone=int(Zone.LINE), salvaged=int(salvaged), **rest,
            address=self.builder.intern("address", head.address), user=self.builder.intern("user", head.user),
        )  # fmt: skip
        return None

    def _rest(self, rest: bytes) -> dict[str, int] | None:
        """Columns of what follows the first quote; null when it is something else."""
        answer = _WHOLE.match(rest)
        loose = None if answer else _LOOSE.match(rest)
        found = answer or loose
        if found is None:
            return self._cut(rest)
        method, path, action = self.dialect.request(found[1])
        referrer, agent, whole = self._client(rest[found.end() :])
        return {
            "method": self.builder.intern("method", method), "path": self.builder.intern("path", path),
            "action": int(action), "referrer": referrer, "agent": agent,
            "status": NULL if found[2] == b"-" else int(found[2]), "sent": NULL if found[3] == b"-" else int(found[3]),
            "salvaged": int(loose is not None or not whole),
        }  # fmt: skip

    def _client(self, tail: bytes) -> tuple[int, int, bool]:
        """Referrer and agent, and whether all of it was understood. Unquoted extra fields are nobody's agent."""
        if b'"' not in tail:
            return NULL, NULL, True
        found = _CLIENT.fullmatch(tail)
        whole = found is not None
        found = found or _CLIENT_CUT.fullmatch(tail) or _CLIENT_LOOSE.fullmatch(tail)
        if found is None:
            return NULL, NULL, False
        referrer, agent = (self.builder.intern(name, text_or_null(found[index] or b"-"))
                           for index, name in ((1, "referrer"), (2, "agent")))  # fmt: skip
        return referrer, agent, whole

    def _cut(self, rest: bytes) -> dict[str, int] | None:
        """A line that ends before its size. A path that may go on is kept and called damaged.

        Whether a GET that was cut asked for a folder cannot be known, so it is `Action.OTHER`.
        """
        found = _CUT.fullmatch(rest)
        if found is None:
            return None
        text = found[1]
        open_end = found[2] is None and not _PROTOCOL_CUT.search(text)
        method, path, action = self.dialect.request(text if found[2] else _PROTOCOL_CUT.sub(b"", text))
        if open_end and action in (Action.DOWNLOAD, Action.LIST):
            action = Action.OTHER
        return {
            "method": self.builder.intern("method", method), "path": self.builder.intern("path", path),
            "action": int(action), "status": int(found[3]) if found[3] else NULL,
            "damaged": int(open_end and path is not None), "salvaged": 1,
        }  # fmt: skip


def _escaped(lines: Lines) -> Mask:
    """Which lines hold a backslash: their quotes need a closer look."""
    if b"\\" not in lines.data:
        return np.zeros(len(lines), np.bool_)
    signs = lines.positions(ord("\\"))
    return np.searchsorted(signs, lines.end) > np.searchsorted(signs, lines.start)


def _client_fits(lines: Lines, quotes: Ints, first: Ints, end: Ints) -> Mask:
    """Do the third to sixth quotes enclose referrer and agent, one space apart?"""
    data = lines.bytes
    fourth, last = quotes[first + 3], quotes[first + 5]
    fits: Mask = (
        (data[quotes[first + 2] - 1] == SPACE) & (quotes[first + 4] == fourth + 2) & (data[fourth + 1] == SPACE)
    )
    behind = np.minimum(last + 1, len(data) - 1)
    fits &= (last + 1 == end) | (data[behind] == SPACE)
    return fits

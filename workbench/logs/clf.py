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
from workbench.logs.fields import Request, ip_text, text_or_null
from workbench.logs.forwarded import to_text
from workbench.logs.heads import HEX, HEX_LAST, LETTERS, LETTERS_LAST, TWO, USER, Heads
from workbench.logs.layout import Evidence, Layout
from workbench.logs.stamps import CLF_WIDTH, clf_time, clf_times
from workbench.logs.tails import Tails, count_signs

SPACE, QUOTE, DASH, OPEN, CLOSE = b' "-[]'
STAMP = CLF_WIDTH + 4
"""From the space before the bracket to the first quote: `` [22/Nov/2026:14:30:45 +0000] "``."""


HEAD = ("address", "user", "peer", "forwarded", "rule", "signs", "whole")
"""What is read of a head."""


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


def parse(dialect: Dialect, data: bytes, layout: Layout) -> EventBatch:
    """All lines of a chunk."""
    lines = Lines(data)
    reader = _Reader(dialect, Builder(lines), layout)
    reader.clean(lines)
    reader.builder.rest(reader.line)
    evidence = reader.evidence()
    batch = reader.builder.batch()
    batch.evidence = evidence.to_json()
    columns = batch.columns
    columns.update(dialect.settle(columns["action"], columns["status"], columns["sent"]))
    return batch


_STAMP = rb"\d\d/[A-Za-z]{3}/\d{4}:\d\d:\d\d:\d\d(?:\.\d{1,6})? [+-]\d{4}"
_TEXT = rb'([^"\\]*(?:\\.[^"\\]*)*)'
_ANSWER = rb'" (\d{3}|-) (\d{1,15}|-)(?= |$)'

_TIME = re.compile(rb" \[(" + _STAMP + rb')\] "')
_TIME_CUT = re.compile(rb" \[(" + _STAMP + rb")\] ?$")
_WHOLE = re.compile(_TEXT + _ANSWER, re.DOTALL)
_LOOSE = re.compile(rb"(.*? HTTP/\d(?:\.\d)?)" + _ANSWER, re.DOTALL)
_CUT = re.compile(_TEXT + rb'(?:(")(?: (?:(\d{3})(?: |$)|\d{0,2}$)?)?)?', re.DOTALL)
_CLIENT = re.compile(rb' "' + _TEXT + rb'" "' + _TEXT + rb'"((?: .*)?)', re.DOTALL)
_ALONE = re.compile(rb' "' + _TEXT + rb'"')
_CLIENT_CUT = re.compile(rb' (?:"' + _TEXT + rb'(?:"(?: (?:"' + _TEXT + rb")?)?)?)?", re.DOTALL)
_CLIENT_LOOSE = re.compile(rb' "' + _TEXT + rb'" "(.*)"', re.DOTALL)
_PROTOCOL_CUT = re.compile(rb" (?:H|HT|HTT|HTTP|HTTP/|HTTP/\d\.?|HTTP/\d\.\d)?$")


class _Reader:
    def __init__(self, dialect: Dialect, builder: Builder, layout: Layout) -> None:
        self.builder = builder
        self.dialect = dialect
        self.layout = layout
        self._addresses = builder.table("address")
        self._read = Heads(layout)
        self._signs = np.zeros(len(builder.lines), np.int64)
        self.tails = Tails(builder, layout, self._read)
        self.heads = Rows(len(HEAD), self._head)
        self.requests = dialect.requests(builder)
        self.clients = Rows(2, self._referrer_and_agent)

    def _head(self, raw: bytes) -> tuple[int, ...]:
        if raw.endswith(b" - -") and (address := ip_text(raw[:-4])) is not None:
            return self._addresses[address], NULL, NULL, NULL, NULL, 0, 1
        head = self._read.read(raw)
        if head is None:
            return NULL, NULL, NULL, NULL, NULL, 0, 0
        intern = self.builder.intern
        listed = None if head.items is None else to_text(head.items)
        rule = NULL if head.items is None else int(head.by_list)
        return (
            self._addresses[head.address], intern("user", head.user), intern("address", head.peer),
            intern("forwarded", listed), rule, head.signs, int(head.whole),
        )  # fmt: skip

    def evidence(self) -> Evidence:
        """What the lines that are events say of the log's layout; reads the fields behind them too."""
        found = self._read.evidence
        self.tails.read()
        kept = self._signs[self.builder.kept()]
        count_signs(found.front, kept[(kept & TWO) > 0])
        users = {"users": USER, "first_like": HEX, "first_letters": LETTERS}
        users |= {"last_like": HEX_LAST, "last_letters": LETTERS_LAST}
        for name, sign in users.items():
            found.words[name] = int(((kept & sign) > 0).sum())
        found.words["first_different"] = min(len(self._read.first_words), found.words["first_like"])
        found.words["last_different"] = min(len(self._read.last_words), found.words["last_like"])
        return found

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

        address, user, peer, forwarded, rule, signs, whole = self.heads.spread(
            lines.data, start[fits], opened[fits] - STAMP
        )
        named = (address != NULL) & (whole == 1)
        fits[fits] = named
        which, opened, closed = which[fits], opened[fits], closed[fits]
        method, path, action = self.requests.read(lines, opened, closed)
        self.builder.events(
            which, time=time[fits], zone=int(Zone.LINE), status=status[fits], sent=size[fits], address=address[named],
            user=user[named], method=method, path=path, action=action,
            peer=peer[named], forwarded=forwarded[named], rule=rule[named],
        )  # fmt: skip
        self._signs[which] = signs[named]
        first = first[fits][client[fits]]
        referrer, agent = self.clients.spread(lines.data, quotes[first + 2] + 1, quotes[first + 5])
        self.builder.events(which[client[fits]], referrer=referrer, agent=agent)
        self.tails.start[which[client[fits]]] = quotes[first + 5] + 1

    def line(self, number: int, raw: bytes) -> str | None:
        """Read one line that is not clean: the event, or the code of the reject."""
        bare = raw.lstrip(b"\0").removeprefix(b"\xef\xbb\xbf")
        stamp = _TIME.search(bare) or _TIME_CUT.search(bare)
        if stamp is None:
            return "log-line-unread"
        address, user, peer, forwarded, listed, signs, complete = self.heads.row(bare[: stamp.start()])
        if address == NULL:
            return "log-line-unread"
        time = clf_time(stamp[1])
        if time is None:
            return "log-line-time"
        rest = self._rest(bare[stamp.end() :])
        if rest is None:
            return "log-line-unread"
        salvaged = rest.pop("salvaged") or not complete or raw.startswith(b"\0")
        behind = rest.pop("behind", NULL)
        if behind != NULL:
            self.tails.start[number] = int(self.builder.lines.end[number]) - len(bare) + stamp.end() + behind
        self.builder.event(
            number, time=time, zone=int(Zone.LINE), salvaged=int(salvaged), **rest, address=address, user=user,
            peer=peer, forwarded=forwarded, rule=listed,
        )  # fmt: skip
        self._signs[number] = signs
        return None

    def _rest(self, rest: bytes) -> dict[str, int] | None:
        """Columns of what follows the first quote; null when it is something else."""
        answer = _WHOLE.match(rest)
        loose = None if answer else _LOOSE.match(rest)
        found = answer or loose
        if found is None:
            return self._cut(rest)
        method, path, action = self.dialect.request(found[1])
        referrer, agent, whole, behind = self._client(rest[found.end() :])
        return {
            "behind": NULL if behind is None else found.end() + behind,
            "method": self.builder.intern("method", method), "path": self.builder.intern("path", path),
            "action": int(action), "referrer": referrer, "agent": agent,
            "status": NULL if found[2] == b"-" else int(found[2]), "sent": NULL if found[3] == b"-" else int(found[3]),
            "salvaged": int(loose is not None or not whole),
        }  # fmt: skip

    def _client(self, tail: bytes) -> tuple[int, int, bool, int | None]:
        """Referrer and agent, whether all of it was understood, and where further fields begin. Unquoted extra fields
        are nobody's agent.
        """
        if b'"' not in tail:
            return NULL, NULL, True, 0
        if _ALONE.fullmatch(tail):
            if self.tails.is_list(tail):
                return NULL, NULL, True, 0
            behind: int | None = 0
        else:
            behind = None
        found = _CLIENT.fullmatch(tail)
        whole = found is not None
        if found is not None:
            behind = found.start(3)
        found = found or _CLIENT_CUT.fullmatch(tail) or _CLIENT_LOOSE.fullmatch(tail)
        if found is None:
            return NULL, NULL, False, behind
        referrer, agent = (self.builder.intern(name, text_or_null(found[index] or b"-"))
                           for index, name in ((1, "referrer"), (2, "agent")))  # fmt: skip
        return referrer, agent, whole, behind

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

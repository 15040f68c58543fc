"""The transfer log of wu-ftpd, ProFTPD and vsftpd: ``xferlog(5)``.

``Sun Nov 22 14:30:46 2026 0 127.0.2.33 21047 /srv/ftp/files/x.jpg b _ i r wang ftp 0 * c``: time, seconds, host, size,
path, type, flag, direction, access mode, user, service, authentication (method and user), completion.

- ``i`` as direction is *incoming*: an upload. ``i`` as completion is *incomplete*.
- The time is the server's wall clock; no line states its zone.
- The user of an anonymous session (mode ``a``) is whatever was typed as the password.
- vsftpd writes ``?`` for every byte that is not printable ASCII: a path with ``?`` is damaged. ProFTPD writes ``_`` for
  white space, which cannot be told from a real ``_``. ProFTPD puts the server's root in front (`logs.rootmap`).
- wu-ftpd leaves spaces in names as they are. Path and user are then found from both ends of the line; where more than
  one reading is possible the last one counts and the event is marked as salvaged.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from workbench.core.batch import NULL, EventBatch
from workbench.core.records import Action
from workbench.core.times import Precision, Zone, parse_zone
from workbench.logs.columns import DIGITS, LONGEST, Builder, Ints, Lines, Mask, Rows, numbers
from workbench.logs.fields import ip_text, readable, text_or_null
from workbench.logs.format import Format
from workbench.logs.layout import Layout
from workbench.logs.stamps import CTIME_WIDTH, ctime_wall, ctime_walls, walls_to_utc

ACTIONS = {b"i": Action.UPLOAD, b"o": Action.DOWNLOAD, b"d": Action.DELETE}

SPACES = 17
"""Between the 18 fields of a line whose names hold no space; one more where the day has one digit."""

_FRONT = re.compile(
    rb"([A-Za-z]{3} +[A-Za-z]{3} +\d{1,2} +\d\d:\d\d:\d\d +\d{4})( +\d{1,%d})? +(\S+) +(\d{1,%d}) +(?=\S)"
    % (DIGITS, DIGITS)
)
_MIDDLE = re.compile(rb" [ab] +[CUTN_]+ +([iod]) +[agr] +")
_WORD = re.compile(rb"[^ ]+")
_PADDED = re.compile(rb"\d {2,}\S")
MORE = 12
"""Fields that some servers add behind the completion."""
LONG = 4096
"""Bytes at the end of a line in which its last fields lie."""
_ACTION = np.full(256, NULL, np.int64)
for _letter, _action in ACTIONS.items():
    _ACTION[ord(_letter)] = _action


def parse(data: bytes, zone: str | None = None, layout: Layout | None = None) -> EventBatch:
    """Columns of whole lines; see `logs.registry.parse_chunk` for `zone`. Every field stands in a place of its own."""
    del layout
    place = None if zone is None else parse_zone(zone)
    lines = Lines(data)
    reader = _Reader(Builder(lines))
    reader.clean(lines)
    reader.builder.rest(reader.line)
    batch = reader.builder.batch()
    columns = batch.columns
    size, action = columns["sent"], columns["action"]
    columns["received"] = np.where(action == Action.UPLOAD, size, NULL)
    columns["sent"] = np.where(action == Action.DOWNLOAD, size, NULL)
    columns["zone"] = np.full(len(batch), int(Zone.UNKNOWN if place is None else Zone.GIVEN), np.int64)
    if place is not None:
        columns["time"] = walls_to_utc(columns["time"], place)
    return batch


def address_text(raw: bytes) -> str:
    """An IP address in its one spelling, or the host name as it stands."""
    return ip_text(raw) or readable(raw)


class _Reader:
    def __init__(self, builder: Builder) -> None:
        self.builder = builder
        self.hosts = Rows(1, lambda raw: (builder.intern("address", address_text(raw)),))
        self.paths = Rows(2, lambda raw: (builder.intern("path", raw), int(b"?" in raw)))
        self.users = Rows(1, lambda raw: (builder.intern("user", text_or_null(raw)),))

    def clean(self, lines: Lines) -> None:
        """Read all lines whose names hold no space."""
        data, spaces = lines.bytes, lines.positions(ord(" "))
        first = np.searchsorted(spaces, lines.start)
        count = np.searchsorted(spaces, lines.end) - first
        fits = (lines.end - lines.start > CTIME_WIDTH + 2 * SPACES) & (lines.end - lines.start <= LONGEST)
        which = np.flatnonzero(fits & ((count == SPACES) | (count == SPACES + 1)))
        start, end = lines.start[which], lines.end[which]
        padded = count[which] == SPACES + 1
        space = spaces[first[which] + padded + np.arange(SPACES)[:, np.newaxis]]
        wall, fits = ctime_walls(data, start)
        fits &= padded == (data[start + 8] == ord(" "))
        fits &= _fields_fit(data, space, end)
        size, counted = numbers(data, space[6] + 1, space[7])
        _, timed = numbers(data, space[4] + 1, space[5])
        action = _ACTION[data[space[10] + 1]]
        fits &= counted & timed & (space[4] == start + CTIME_WIDTH) & (action != NULL)
        which, space, action, end = which[fits], space[:, fits], action[fits], end[fits]
        (address,) = self.hosts.spread(lines.data, space[5] + 1, space[6])
        path, damaged = self.paths.spread(lines.data, space[7] + 1, space[8])
        (user,) = self.users.spread(lines.data, space[12] + 1, space[13])
        self.builder.events(
            which, time=wall[fits], action=action, sent=size[fits], address=address, path=path, damaged=damaged,
            user=user, ok=data[end - 1] == ord("c"),
        )  # fmt: skip

    def line(self, number: int, raw: bytes) -> str | None:
        """Read one line with spaces in a name, padded columns, fields more or fewer."""
        bare = raw.lstrip(b"\0").removeprefix(b"\xef\xbb\xbf")
        front = _FRONT.match(bare)
        halves = (
            None if front is None else _halves(bare[front.end() :], padded=_PADDED.search(front[0][20:]) is not None)
        )
        if front is None or halves is None:
            return "log-line-unread"
        wall = ctime_wall(_stamp(front[1]))
        if wall is None:
            return "log-line-time"
        self.builder.event(
            number, time=wall, action=ACTIONS[halves.direction], sent=int(front[4]),
            address=self.builder.intern("address", address_text(front[3])),
            path=self.builder.intern("path", halves.path), damaged=int(b"?" in halves.path or halves.guessed),
            user=self.builder.intern("user", text_or_null(halves.user)),
            ok=NULL if halves.completion is None else int(halves.completion == b"c"),
            salvaged=int(
                halves.guessed or halves.completion is None or front[2] is None or raw.startswith(b"\0")
            ),
        )  # fmt: skip
        return None


class _Halves(NamedTuple):
    path: bytes
    direction: bytes
    user: bytes
    completion: bytes | None
    guessed: bool


def _stamp(raw: bytes) -> bytes:
    """A time as C's ``ctime`` writes it, whatever its blanks: the day of the month takes two places."""
    day, month, number, clock, year = raw.split()
    return b" ".join((day, month, number.rjust(2), clock, year))


def _halves(rest: bytes, *, padded: bool) -> _Halves | None:
    """Path, direction and user of what follows the size, from both ends.

    Old servers write no completion: it is null, and so is it when the line was cut there. Of several ways to read a
    line without a field more the last one counts; only what cannot be read so has fields more. A name keeps the blanks
    at its end unless the columns of the line are `padded`.
    """
    middles = [each for each in _MIDDLE.finditer(rest) if each.start() > 0]
    words = list(_WORD.finditer(rest, max(0, len(rest) - LONG)))[-(MORE + 5) :]
    for first, completion, more in _backs(words):
        for middle in reversed(middles):
            if middle.end() < first:
                user = rest[middle.end() : first].rstrip(b" ")
                path = rest[: middle.start()]
                guessed = len(middles) > 1 or (more and b" " in user)
                return _Halves(path.rstrip(b" ") if padded else path, middle[1], user, completion, guessed)
    return None


def _backs(words: list[re.Match[bytes]]) -> Iterator[tuple[int, bytes | None, bool]]:
    """Ways to read the last words: where the service begins, the completion, and whether fields follow it."""
    texts = [each[0] for each in words]
    for behind in range(len(words)):
        at = len(words) - behind - 4
        if at >= 0 and texts[at + 1] in (b"0", b"1") and texts[at + 3] in (b"c", b"i"):
            yield words[at].start(), texts[at + 3], behind > 0
        if behind == 0 and len(words) >= 3 and texts[-2] in (b"0", b"1"):
            yield words[-3].start(), None, False


def _fields_fit(data: NDArray[np.uint8], space: Ints, end: Ints) -> Mask:
    """Are the one-letter fields one letter that may stand there, and the others not empty?"""
    edge = np.concatenate((space, end[np.newaxis]))
    width = edge[1:] - edge[:-1] - 1
    fits: Mask = np.logical_and.reduce(width > 0, axis=0)
    for field, letters in ((8, b"ab"), (9, b"CUTN_"), (10, b"iod"), (11, b"agr"), (14, b"01"), (16, b"ci")):
        fits &= (width[field] == 1) & np.isin(data[np.minimum(space[field] + 1, len(data) - 1)], list(letters))
    return fits


def fit(sample: bytes) -> float:
    """Share of the lines that are transfers."""
    batch = parse(sample)
    return len(batch) / (len(batch) + len(batch.rejects)) if len(batch) else 0.0


XFERLOG = Format(
    name="xferlog",
    version="2",
    title="log-format-xferlog",
    has_zone=False,
    precision=Precision.SECOND,
    fit=fit,
    parse=parse,
)

"""LIST as servers of the Unix kind answer it: the lines of ``ls -l``.

Hardly a line states its zone. A line states either a year or a time of day; with a time of day it speaks of the last
half year or the next day, as ``ls`` does, and the year follows from when the listing was made (`LISTED_AT`). Where that
is not known, or no year fits, the time stays unknown.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

from workbench.core.times import DAY, Precision, Stated, Zone, from_datetime
from workbench.sources.ftp.months import DAY_SIGN, EXPRESSION, MONTHS_OF_SERVERS
from workbench.sources.ftp.rows import LONGEST, Rows, lines
from workbench.sources.kinds.stamps import iso_date
from workbench.sources.remote import Listing, Page

LISTED_AT = "listed-at"
"""In `Page.headers`: when the listing was made by this laptop's clock, RFC 3339. FTP itself says nothing of it."""

_HALF_YEAR = 185 * DAY
_RIGHTS = re.compile(rb"([-dlbcpsD])[-rwxsStTlL]{9}[+@.]?(?=\s)")
_DAY = rb"(?P<%s>\d{1,2})" + DAY_SIGN + b"?"
_CLASSIC = (
    rb"(?:(?P<month>" + EXPRESSION + rb") *" + _DAY % b"day" + rb"|" + _DAY % b"day2" + rb" +(?P<month2>" + EXPRESSION
    + rb")) +(?P<rest>\d{4}|\d{1,2}:\d\d)"
)  # fmt: skip
_ISO = rb"(?P<iso>\d{4}-\d\d-\d\d \d\d:\d\d)(?P<exact>:\d\d(?:\.\d{1,9})?)?(?P<zone> [+-]\d{4})?"
_DATED = re.compile(
    rb"(?<=\s)(?:(?P<size>\d{1,18})|\d{1,9}, *\d{1,9}) +(?:" + _CLASSIC + rb"|" + _ISO + rb") (?=.)", re.DOTALL
)
_TOTAL = re.compile(rb"total \d{1,18}")
_KINDS = {b"b": "block device", b"c": "character device", b"p": "pipe", b"s": "socket", b"D": "door"}


def read(page: Page) -> Listing | None:
    """See `workbench.sources.remote.Format`."""
    rows = Rows(page, "ftp-unix")
    moment = iso_date(page.headers.get(LISTED_AT, ""))
    listed = None if moment is None else moment.micros
    for number, line in enumerate(lines(page.body)):
        if rows.full:
            break
        if number == 0 and _TOTAL.fullmatch(line):
            rows.understood += 1
        elif not _take(rows, line, listed):
            rows.not_read(line)
    return rows.listing()


def _take(rows: Rows, line: bytes, listed: int | None) -> bool:
    rights = _RIGHTS.match(line) if len(line) <= LONGEST else None
    dated = _DATED.search(line, rights.end()) if rights is not None else None
    if rights is None or dated is None:
        return False
    kind, name = rights[1], line[dated.end() :]
    if kind == b"l":
        source, arrow, target = name.partition(b" -> ")
        rows.link(source, target if arrow else None)
    elif kind in _KINDS:
        rows.special(name, _KINDS[kind])
    elif name in (b".", b".."):
        rows.understood += 1  # `LIST -a` shows the folder itself and the one above it.
    else:
        size = dated["size"]
        words = line[dated.start() : dated.end()].decode("latin-1").split()
        rows.add(
            name,
            is_folder=kind == b"d",
            size=int(size) if size else None,
            modified=_time(dated, listed),
            stamp=" ".join(words if kind == b"-" else words[1:]),
        )
    return True


def _time(dated: re.Match[bytes], listed: int | None) -> Stated | None:
    if dated["iso"]:
        exact = dated["exact"] or b""
        stated = iso_date((dated["iso"] + (exact or b":00") + (dated["zone"] or b"")).decode())
        return stated if stated is None or exact else replace(stated, precision=Precision.MINUTE)
    month = MONTHS_OF_SERVERS[dated["month"] or dated["month2"]]
    day, rest = int(dated["day"] or dated["day2"]), dated["rest"]
    if b":" not in rest:
        wall = _wall(int(rest), month, day, b"00:00")
        return None if wall is None else Stated(wall, Zone.UNKNOWN, Precision.DAY)
    if listed is None:
        return None
    for wall in _years(listed, month, day, rest):
        # The server's clock may stand up to a day away: its zone is not known.
        if listed - _HALF_YEAR <= wall <= listed + DAY:
            return Stated(wall, Zone.UNKNOWN, Precision.MINUTE)
    return None


def _years(listed: int, month: int, day: int, clock: bytes) -> Iterator[int]:
    year = datetime.fromtimestamp(listed / 1_000_000, UTC).year
    for each in (year, year - 1, year + 1):  # No two of them can both fit.
        if (wall := _wall(each, month, day, clock)) is not None:
            yield wall


def _wall(year: int, month: int, day: int, clock: bytes) -> int | None:
    hour, _, minute = clock.partition(b":")
    try:
        moment = datetime(year, month, day, int(hour), int(minute), tzinfo=UTC)
    except ValueError:
        return None
    return from_datetime(moment) if 1 < year < 9999 else None

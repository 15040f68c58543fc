"""Times: int64 microseconds UTC, where the zone came from, and how precise the statement was.

A time whose zone nobody stated keeps its wall clock as if it were UTC, with `Zone.UNKNOWN` beside it; it is
printed without a ``Z``. Month names come from a fixed table, because ``strptime("%b")`` follows the locale that
Qt sets and fails under Korean, Chinese and German ones.
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from enum import IntEnum
from zoneinfo import ZoneInfo

from workbench.core.errors import UserError

SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR

EARLIEST, LATEST = -62_104_060_800 * SECOND, 253_370_764_800 * SECOND
"""Years 2 to 9998: what every zone can show."""

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MONTHS = {
    name: number
    for number, name in enumerate(
        ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"), start=1
    )
}


class Zone(IntEnum):
    """Where the zone of a time came from. The numbers stand in case files."""

    UNKNOWN = 0
    LINE = 1
    GIVEN = 2
    ASSUMED = 3

    def word(self, name: str = "") -> str:
        """As the command line prints it: ``unknown``, ``line``, ``given``, ``assumed:NAME``."""
        if self is Zone.ASSUMED:
            return f"assumed:{name}"
        return self.name.lower()


class Precision(IntEnum):
    """How fine the stated time was. The numbers stand in case files."""

    MICROSECOND = 0
    MILLISECOND = 1
    SECOND = 2
    MINUTE = 3
    HOUR = 4
    DAY = 5

    @property
    def micros(self) -> int:
        """The width of the interval that the statement covers, in microseconds."""
        return (1, 1000, SECOND, MINUTE, HOUR, DAY)[self]

    def word(self) -> str:
        """As the command line prints it."""
        return self.name.lower()


@dataclass(frozen=True)
class Stated:
    """A time as somebody stated it."""

    micros: int
    zone: Zone
    precision: Precision = Precision.SECOND


def now() -> int:
    """This laptop's clock, microseconds UTC."""
    return time.time_ns() // 1000


def from_datetime(moment: datetime) -> int:
    """Microseconds UTC of an aware moment; a naive one is taken at its wall clock."""
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return (moment - EPOCH) // timedelta(microseconds=1)


def to_datetime(micros: int, zone: tzinfo = UTC) -> datetime:
    """An aware moment; raises `OverflowError` outside the years 1 to 9999."""
    return (EPOCH + timedelta(microseconds=micros)).astimezone(zone)


def rfc3339(micros: int | None, zone: Zone = Zone.LINE) -> str | None:
    """``2024-01-03T09:00:00.000000Z``, without the ``Z`` when the zone is unknown; null stays null."""
    if micros is None:
        return None
    text = to_datetime(micros).replace(tzinfo=None).isoformat(timespec="microseconds")
    return text if zone is Zone.UNKNOWN else text + "Z"


_OPTION = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?)?\s*(Z|[+-]\d\d:?\d\d)?", re.ASCII
)


def parse_option(text: str) -> Stated:
    """A date or a time as a user types it: RFC 3339, a space for the ``T``, UTC unless an offset is given.

    Raises `UserError` ``time-unreadable``.
    """
    found = _OPTION.fullmatch(text.strip())
    try:
        if found is None:
            raise ValueError
        year, month, day, hour, minute, second, fraction, offset = found.groups()
        moment = datetime(
            int(year), int(month), int(day), int(hour or 0), int(minute or 0), int(second or 0), tzinfo=UTC
        )
        micros = from_datetime(moment) + int((fraction or "").ljust(6, "0")[:6] or 0)
        micros -= parse_offset(offset) if offset else 0
        if not EARLIEST <= micros <= LATEST:
            raise ValueError
    except ValueError:
        raise UserError("time-unreadable", text=text) from None
    precision = (
        Precision.DAY
        if hour is None
        else Precision.MINUTE
        if second is None
        else Precision.SECOND
        if fraction is None
        else Precision.MICROSECOND
    )
    return Stated(micros, Zone.GIVEN, precision)


def parse_offset(text: str) -> int:
    """``Z``, ``+0900``, ``+09:00`` in microseconds; raises `ValueError`."""
    if text == "Z":
        return 0
    digits = text[1:].replace(":", "")
    hours, minutes = int(digits[:2]), int(digits[2:4])
    if hours > 23 or minutes > 59:
        raise ValueError(text)
    size = hours * HOUR + minutes * MINUTE
    return -size if text[0] == "-" else size


def parse_exif(text: str, offset: str | None = None) -> Stated | None:
    """EXIF 2.32 ``YYYY:MM:DD HH:MM:SS`` with an optional ``OffsetTime``; null when it is blank or no time."""
    found = re.fullmatch(
        r"(\d{4})[:-](\d\d)[:-](\d\d)[ T](\d\d):(\d\d):(\d\d)(?:\.(\d{1,6}))?\d*(Z|[+-]\d\d:\d\d)?",
        text.strip("\0 "),
        re.ASCII,
    )
    if found is None:
        return None
    *parts, fraction, inline = found.groups()
    stated = (offset or "").strip("\0 ") or inline
    try:
        year, month, day, hour, minute, second = (int(part) for part in parts)
        micros = from_datetime(datetime(year, month, day, hour, minute, second, tzinfo=UTC))
        micros += int((fraction or "").ljust(6, "0"))
        zone = Zone.UNKNOWN
        if stated and re.fullmatch(r"Z|[+-]\d\d:\d\d", stated, re.ASCII):
            micros -= parse_offset(stated)
            zone = Zone.LINE
    except ValueError:
        return None
    return Stated(micros, zone, Precision.MICROSECOND if fraction else Precision.SECOND)


def parse_zone(name: str) -> tzinfo:
    """``UTC``, ``+09:00`` or an IANA name such as ``Asia/Pyongyang``; raises `UserError` ``zone-unknown``."""
    if name.upper() in ("UTC", "Z"):
        return UTC
    if re.fullmatch(r"[+-]\d\d:?\d\d", name, re.ASCII):
        try:
            return timezone(timedelta(microseconds=parse_offset(name)), name)
        except ValueError:
            raise UserError("zone-unknown", zone=name) from None
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise UserError("zone-unknown", zone=name) from None


def wall_to_utc(wall: int, zone: tzinfo) -> int:
    """A wall clock in a zone, as microseconds UTC. In a repeated hour the first one counts (``fold=0``)."""
    naive = (EPOCH + timedelta(microseconds=wall)).replace(tzinfo=zone)
    return from_datetime(naive)

"""The time stamps of access logs, by the thousand in numpy and one by one; both read exactly the same stamps.

Month names come from the fixed English table of `core.times`: a server writes them in the C locale, and the locale
of this machine has no say.
"""

from __future__ import annotations

import re
from datetime import datetime, tzinfo

import numpy as np
from numpy.typing import NDArray

from workbench.core.times import DAY, HOUR, MINUTE, MONTHS, SECOND, from_datetime, parse_offset, wall_to_utc
from workbench.logs.columns import Ints, Mask

FIRST_YEAR, LAST_YEAR = 1900, 9998
"""No server wrote before; after it an offset could leave the years that can be printed."""

CLF_WIDTH = 26
"""``22/Nov/2026:14:30:45 +0000``: Apache ``%t``, nginx ``$time_local``, both without brackets."""
CTIME_WIDTH = 24
"""``Sun Nov 22 14:30:46 2026``, as C's ``ctime``: the day of the month is padded with a space."""

Bytes = NDArray[np.uint8]
Small = NDArray[np.int64]


def _month_code(letters: bytes) -> int:
    return (letters[0] & 31) << 10 | (letters[1] & 31) << 5 | (letters[2] & 31)


_MONTH = np.zeros(1 << 15, np.int64)
_LETTERS = np.zeros((3, 13), np.uint8)
for _name, _number in MONTHS.items():
    _MONTH[_month_code(_name.encode())] = _number
    _LETTERS[:, _number] = list(_name.encode())
_LENGTH = np.array((0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31))
_BEFORE = np.array((0, 0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334))


def clf_times(data: Bytes, at: Ints) -> tuple[Ints, Mask]:
    """Microseconds UTC of the stamps at these offsets, and which of them are real times.

    Offsets must leave room for `CLF_WIDTH` bytes.
    """
    text = data[at + np.arange(CLF_WIDTH)[:, np.newaxis]]
    valid: Mask = _literal(text, {2: "/", 6: "/", 11: ":", 14: ":", 17: ":", 20: " "})
    valid &= _digits(text, (0, 1, 7, 8, 9, 10, 12, 13, 15, 16, 18, 19, 22, 23, 24, 25))
    wall, real = _wall(_pair(text, 0), text[3:6], text[7:11], (_pair(text, 12), _pair(text, 15), _pair(text, 18)))
    hours, minutes = _pair(text, 22), _pair(text, 24)
    east, west = text[21] == ord("+"), text[21] == ord("-")
    valid &= real & (east | west) & (hours < 24) & (minutes < 60)
    offset = hours * HOUR + minutes * MINUTE
    return wall - np.where(west, -offset, offset), valid


def ctime_walls(data: Bytes, at: Ints) -> tuple[Ints, Mask]:
    """Wall clocks in microseconds of the stamps at these offsets, and which of them are real times.

    Offsets must leave room for `CTIME_WIDTH` bytes.
    """
    text = data[at + np.arange(CTIME_WIDTH)[:, np.newaxis]]
    valid: Mask = _literal(text, {3: " ", 7: " ", 10: " ", 13: ":", 16: ":", 19: " "})
    padded = text[8] == ord(" ")
    text[8][padded] = ord("0")
    valid &= _digits(text, (8, 9, 11, 12, 14, 15, 17, 18, 20, 21, 22, 23))
    for place in range(3):
        valid &= ((text[place] | 32) - np.uint8(ord("a"))) < 26
    wall, real = _wall(_pair(text, 8), text[4:7], text[20:24], (_pair(text, 11), _pair(text, 14), _pair(text, 17)))
    return wall, valid & real


def _literal(text: Bytes, signs: dict[int, str]) -> Mask:
    valid = np.ones(text.shape[1], np.bool_)
    for place, sign in signs.items():
        valid &= text[place] == ord(sign)
    return valid


def _digits(text: Bytes, places: tuple[int, ...]) -> Mask:
    valid = np.ones(text.shape[1], np.bool_)
    for place in places:
        valid &= (text[place] - np.uint8(48)) < 10
    return valid


def _pair(text: Bytes, place: int) -> Small:
    tens: Small = text[place].astype(np.int64)
    value: Small = tens * 10 + text[place + 1] - 11 * 48
    return value


def _wall(day: Small, letters: Bytes, digits: Bytes, clock: tuple[Small, Small, Small]) -> tuple[Ints, Mask]:
    """Proleptic Gregorian, as RFC 3339 counts; wrong values are masked, not corrected."""
    code = letters.astype(np.int64) & 31
    month = _MONTH[code[0] << 10 | code[1] << 5 | code[2]]
    named = (month > 0) & (letters == _LETTERS[:, month]).all(axis=0)
    year = _pair(digits, 0) * 100 + _pair(digits, 2)
    leap = (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))
    february = leap & (month == 2)
    hour, minute, second = clock
    valid = named & (year >= FIRST_YEAR) & (year <= LAST_YEAR) & (day >= 1) & (day <= _LENGTH[month] + february)
    valid &= (hour < 24) & (minute < 60) & (second < 60)
    past = year - 1
    days = past * 365 + past // 4 - past // 100 + past // 400 - 719162
    days += _BEFORE[month] + (leap & (month > 2)) + day - 1
    return days * DAY + hour * HOUR + minute * MINUTE + second * SECOND, valid


_CLF = re.compile(rb"(\d\d)/([A-Z][a-z]{2})/(\d{4}):(\d\d):(\d\d):(\d\d)(?:\.(\d{1,6}))? ([+-]\d{4})")
_CTIME = re.compile(rb"[A-Za-z]{3} ([A-Z][a-z]{2}) ([ \d]\d) (\d\d):(\d\d):(\d\d) (\d{4})")


def clf_time(stamp: bytes) -> int | None:
    """Microseconds UTC of one stamp, which may carry a fraction of a second; null when it is no real time."""
    found = _CLF.fullmatch(stamp)
    if found is None:
        return None
    day, month, year, hour, minute, second, fraction, offset = (part.decode() for part in found.groups(b""))
    wall = _moment(year, month, day, hour, minute, second)
    try:
        shift = parse_offset(offset)
    except ValueError:
        return None
    return None if wall is None else wall + int(fraction.ljust(6, "0")) - shift


def ctime_wall(stamp: bytes) -> int | None:
    """The wall clock of one stamp in microseconds; null when it is no real time."""
    found = _CTIME.fullmatch(stamp)
    if found is None:
        return None
    month, day, hour, minute, second, year = (part.decode() for part in found.groups())
    return _moment(year, month, day, hour, minute, second)


def _moment(year: str, month: str, day: str, hour: str, minute: str, second: str) -> int | None:
    if not FIRST_YEAR <= int(year) <= LAST_YEAR:
        return None
    try:
        naive = datetime(int(year), MONTHS[month], int(day), int(hour), int(minute), int(second))  # noqa: DTZ001
    except (KeyError, ValueError):
        return None
    return from_datetime(naive)


def walls_to_utc(walls: Ints, zone: tzinfo) -> Ints:
    """Wall clocks in a zone as microseconds UTC. In a repeated hour the first one counts."""
    distinct, where = np.unique(walls, return_inverse=True)
    moments = np.fromiter((wall_to_utc(wall, zone) for wall in distinct.tolist()), np.int64, len(distinct))
    return moments[where]

"""Times as servers state them in listings: HTTP dates (RFC 9110 §5.6.7) and ISO 8601 (RFC 3339)."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from workbench.core.times import EARLIEST, LATEST, MONTHS, Precision, Stated, Zone, from_datetime, parse_offset

_CLOCK = r"(\d\d):(\d\d):(\d\d)"
_HTTP = re.compile(
    rf"(?:[A-Za-z]{{3,9}}, ?)?(\d{{1,2}})[ -]([A-Za-z]{{3}})[ -](\d{{4}}|\d\d) {_CLOCK}(?: ?(\S{{1,6}}))?", re.ASCII
)
_CTIME = re.compile(rf"[A-Za-z]{{3}} ([A-Za-z]{{3}}) (\d{{1,2}}) {_CLOCK} (\d{{4}})", re.ASCII)
_ISO = re.compile(rf"(\d{{4}})-(\d\d)-(\d\d)[Tt ]{_CLOCK}(?:[.,](\d{{1,9}}))? ?([Zz]|[+-]\d\d:?\d\d)?", re.ASCII)
_UTC = ("GMT", "UTC", "UT", "Z")
_OFFSET = re.compile(r"[+-]\d\d:?\d\d", re.ASCII)


def http_date(text: str) -> Stated | None:
    """``Sun, 06 Nov 1994 08:49:37 GMT`` and its obsolete forms, also with an offset; null when it is none.

    A zone that is missing or is no fixed offset leaves a wall clock of unknown zone.
    """
    words = " ".join(text.split())
    if found := _HTTP.fullmatch(words):
        day, month, year, hour, minute, second, zone = found.groups()
        return _stated(_year(year), _month(month), int(day), (hour, minute, second), "", zone)
    if found := _CTIME.fullmatch(words):
        month, day, hour, minute, second, year = found.groups()
        return _stated(int(year), _month(month), int(day), (hour, minute, second), "", None)
    return None


def iso_date(text: str) -> Stated | None:
    """``2013-01-10T21:45:09.000Z``; null when it is none. A fraction of noughts states no more than the second."""
    found = _ISO.fullmatch(text.strip())
    if found is None:
        return None
    year, month, day, hour, minute, second, fraction, zone = found.groups()
    return _stated(int(year), int(month), int(day), (hour, minute, second), fraction or "", zone)


def any_date(text: str) -> Stated | None:
    """Either of the two."""
    return http_date(text) or iso_date(text)


def fraction_precision(fraction: str) -> Precision:
    """Of the digits behind the second."""
    if not fraction.strip("0"):
        return Precision.SECOND
    return Precision.MILLISECOND if len(fraction) <= 3 else Precision.MICROSECOND


def _year(text: str) -> int:
    year = int(text)
    return year if len(text) == 4 else year + (1900 if year >= 70 else 2000)


def _month(name: str) -> int:
    return MONTHS.get(name.capitalize(), 0)


def _stated(
    year: int, month: int, day: int, clock: tuple[str, str, str], fraction: str, zone: str | None
) -> Stated | None:
    try:
        hour, minute, second = (int(part) for part in clock)
        wall = from_datetime(datetime(year, month, day, hour, minute, second, tzinfo=UTC))
        offset = _offset(zone)
    except ValueError:
        return None
    micros = wall - (offset or 0) + int(fraction.ljust(6, "0")[:6])
    if not EARLIEST <= micros <= LATEST:
        return None
    return Stated(micros, Zone.UNKNOWN if offset is None else Zone.LINE, fraction_precision(fraction))


def _offset(zone: str | None) -> int | None:
    if zone is None:
        return None
    if zone.upper() in _UTC:
        return 0
    return parse_offset(zone) if _OFFSET.fullmatch(zone) else None

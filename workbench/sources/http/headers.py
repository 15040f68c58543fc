"""What single headers of an answer say (RFC 9110): dates, parts, waiting times, media types. Pure, never raises."""

from __future__ import annotations

import re
from calendar import timegm
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache

from workbench.core.times import MONTHS, SECOND, Precision, Stated, Zone

LONGEST_WAIT = 86_400
"""Seconds: no server can make anyone wait longer than a day."""

_CLOCK = r"(\d\d):(\d\d):(\d\d)"
_FORMS = (
    re.compile(rf"(?:[A-Za-z]{{3}}, *)?(\d\d?)[ -]([A-Za-z]{{3}})[ -](\d{{4}}) {_CLOCK} (?:GMT|UTC)", re.ASCII),
    re.compile(rf"[A-Za-z]{{6,9}}, (\d\d)-([A-Za-z]{{3}})-(\d\d) {_CLOCK} (?:GMT|UTC)", re.ASCII),
)
_ASCTIME = re.compile(rf"[A-Za-z]{{3}} ([A-Za-z]{{3}}) ([ \d]\d) {_CLOCK} (\d{{4}})", re.ASCII)
_RANGE = re.compile(r"bytes (\d{1,18})-(\d{1,18})/(\d{1,18}|\*)", re.ASCII | re.IGNORECASE)


@lru_cache(maxsize=256)
def http_date(text: str) -> int | None:
    """Microseconds UTC of a date in any of the three forms of RFC 9110 §5.6.7; null for what is none.

    Years of two digits are read as 1970 to 2069.
    """
    text = text.strip()
    found = _FORMS[0].fullmatch(text) or _FORMS[1].fullmatch(text)
    if found is not None:
        day, month, year, hour, minute, second = found.groups()
    elif (found := _ASCTIME.fullmatch(text)) is not None:
        month, day, hour, minute, second, year = found.groups()
    else:
        return None
    full = int(year) if len(year) == 4 else int(year) + (1900 if int(year) >= 70 else 2000)
    number = MONTHS.get(month.capitalize())
    if number is None:
        return None
    leap = int(second) == 60
    try:
        moment = datetime(full, number, int(day), int(hour), int(minute), 59 if leap else int(second), tzinfo=UTC)
    except ValueError:
        return None
    return (timegm(moment.timetuple()) + leap) * SECOND


def server_date(headers: Mapping[str, str]) -> int | None:
    """What the server's clock said (``Date``), microseconds UTC."""
    return http_date(headers.get("date", ""))


def last_modified(headers: Mapping[str, str]) -> Stated | None:
    """The modified time that the server claims (``Last-Modified``)."""
    micros = http_date(headers.get("last-modified", ""))
    return None if micros is None else Stated(micros, Zone.LINE, Precision.SECOND)


def is_strong_date(headers: Mapping[str, str]) -> bool:
    """Whether ``Last-Modified`` is a strong validator: by the server's own clock it lay a second or more back when the
    answer was made, so that no second version can bear it (RFC 9110 §8.8.2.2).
    """
    made, modified = server_date(headers), http_date(headers.get("last-modified", ""))
    return made is not None and modified is not None and made - modified >= SECOND


def states_end(headers: Mapping[str, str]) -> bool:
    """Whether the headers of an answer say where its body ends; else it ends with the connection (RFC 9112 §6.3)."""
    return "content-length" in headers or "transfer-encoding" in headers


def retry_after(headers: Mapping[str, str], now: int) -> int | None:
    """Seconds that the server wants to be left alone (``Retry-After``), 0 to `LONGEST_WAIT`.

    A date counts from the server's own ``Date`` where it has one, else from `now` (microseconds UTC).
    """
    text = headers.get("retry-after", "").strip()
    if re.fullmatch(r"\d{1,18}", text, re.ASCII):
        return min(int(text), LONGEST_WAIT)
    until = http_date(text)
    if until is None:
        return None
    stated = server_date(headers)
    wait = until - (now if stated is None else stated)
    return min(max(-(-wait // SECOND), 0), LONGEST_WAIT)


def content_range(headers: Mapping[str, str]) -> tuple[int, int, int | None] | None:
    """First byte, end (exclusive) and size of the whole, where known, of a part (``Content-Range``)."""
    found = _RANGE.fullmatch(headers.get("content-range", "").strip())
    if found is None:
        return None
    start, end = int(found[1]), int(found[2]) + 1
    total = None if found[3] == "*" else int(found[3])
    if start >= end or (total is not None and end > total):
        return None
    return start, end, total


def media_type(headers: Mapping[str, str]) -> tuple[str, str]:
    """Media type and charset of ``Content-Type``, in lower case; empty where it does not say."""
    kind, _, parameters = headers.get("content-type", "").partition(";")
    found = re.search(r"charset\s*=\s*\"?([A-Za-z0-9._:-]{1,40})", parameters, re.IGNORECASE)
    return kind.strip().lower(), found[1].lower() if found else ""


def headers_of(head: bytes) -> dict[str, str]:
    """The headers of a recorded head, as `workbench.sources.remote.Answer` has them."""
    found: dict[str, list[str]] = {}
    for line in head.split(b"\n")[1:]:
        name, colon, value = line.partition(b":")
        if colon and name:
            found.setdefault(name.strip().lower().decode("latin-1"), []).append(value.strip().decode("latin-1"))
    return {name: ", ".join(values) for name, values in found.items()}

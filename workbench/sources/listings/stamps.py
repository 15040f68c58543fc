"""Times as listings write them.

A listing seldom names its zone, and IIS writes month and day in the order of its country. So nothing is guessed: the
zone is unknown unless it stands there, and ``1/3/2024`` becomes a time only when some other date of the same page can
be read in one order only. What cannot be placed (``2 hours ago``, ``May 23 11:34`` without a year, two-digit years)
stays words. Month names come from a fixed English table; those of other languages stay words too.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from enum import Enum
from typing import NamedTuple

from workbench.core.times import EARLIEST, LATEST, MONTHS, Precision, Stated, Zone, from_datetime, parse_offset

_MONTHS = {name.lower(): number for name, number in MONTHS.items()}
_MONTHS.update(january=1, february=2, march=3, april=4, june=6, july=7, august=8, september=9, october=10)
_MONTHS.update(november=11, december=12, sept=9)

_MONTH = "(?:" + "|".join(sorted(_MONTHS, key=len, reverse=True)) + ")"
_ALONE = r"(?<![\w/.:-])"
_WEEKDAY = r"(?:(?:mon|tue|wed|thu|fri|sat|sun)[a-z]{0,6},?\s)?"
_CLOCK = (
    r"(?:(?P<before>오전|오후|上午|下午)\s?)?(?P<hour>\d{1,2}):(?P<minute>\d\d)(?::(?P<second>\d\d)(?:[.,]\d{1,9})?)?"
    r"(?:\s?(?P<after>[ap]\.?m\.?)(?![a-z]))?(?:\s?(?P<zone>Z|UTC|GMT|[+-]\d\d:?\d\d)(?:\sUTC)?(?!\w))?"
)
_TAIL = rf"(?:(?:T|,?\s{{1,9}}(?:at\s{{1,9}})?){_CLOCK}|(?![\w:/-]))"
_DATES = (
    r"(?P<year>\d{4})(?:[-/.]\s?|년\s?|年)(?P<month>\d{1,2})(?:[-/.]\s?|월\s?|月)(?P<day>\d{1,2})(?:일|日|\.(?=\s))?",
    rf"(?P<year>\d{{4}})[-/. ](?P<name>{_MONTH})[-/. ](?P<day>\d{{1,2}})",
    rf"(?P<day>\d{{1,2}})[-/. ](?P<name>{_MONTH})[-/. ,]\s?(?P<year>\d{{4}})",
    rf"(?P<day>\d{{1,2}})(?P<name>{_MONTH})(?P<year>\d{{4}})",
    rf"(?P<name>{_MONTH})[-/. ]\s?(?P<day>\d{{1,2}})[-/, ]\s{{0,2}}(?P<year>\d{{4}})(?!:)",
    r"(?P<first>\d{1,2})(?P<between>[-/.])(?P<then>\d{1,2})(?P=between)(?P<year>\d{4})",
)
_FORMS = tuple(re.compile(_ALONE + _WEEKDAY + date + _TAIL, re.IGNORECASE) for date in _DATES)
_NUMERIC = _FORMS[-1]
_DIGIT = re.compile(r"\d")

_PLAIN_CLOCK = re.sub(r"\?P<\w+>", "?:", _CLOCK)
_VAGUE = re.compile(
    rf"{_ALONE}(?:"
    r"(?:\d{1,6}(?:\.\d{1,3})?|an?)\s(?:second|minute|hour|day|week|month|year)s?(?:\sago)?(?!\w)"
    rf"|{_MONTH}[-/. ]\s{{0,2}}\d{{1,2}}(?:[-/]\d\d(?![\d:])|\s{{1,9}}(?:at\s{{1,9}})?{_PLAIN_CLOCK}(?![\w:]))"
    rf"|\d{{1,2}}[-/.](?:\d{{1,2}}|{_MONTH})[-/.]\d\d(?:\s{{1,9}}{_PLAIN_CLOCK})?(?![\w/.:-])"
    r"|(?:just now|today|yesterday)(?!\w))",
    re.IGNORECASE,
)


FIRST_YEAR, LAST_YEAR = 1900, 2200
"""Years of our calendar that a file can have. 1403 is a year after the Hijra and 2567 one of the Buddhist era: what day
of ours they mean depends on the country, so the time stays unknown.
"""


class Order(Enum):
    """In which order a page writes day and month in numbers."""

    UNKNOWN = 0
    DAY_FIRST = 1
    MONTH_FIRST = 2
    BOTH = 3
    """Some dates can only be read one way, some only the other: nothing is decided."""

    def seen(self, words: str) -> Order:
        """What is known after one more date of the page."""
        found = _NUMERIC.search(words)
        if found is None or self is Order.BOTH:
            return self
        first, then = int(found["first"]), int(found["then"])
        if first > 12 >= then:
            return Order(self.value | Order.DAY_FIRST.value)
        if then > 12 >= first:
            return Order(self.value | Order.MONTH_FIRST.value)
        return self


class Words(NamedTuple):
    """Where words of a time stand in a text, and what they are."""

    start: int
    end: int
    text: str


def find(text: str) -> Words | None:
    """The first words that state a time, also where they leave open which; null when there are none."""
    text = text[:4096]
    first = len(text) - len(text.lstrip())
    best: re.Match[str] | None = None
    for form in (*_FORMS, _VAGUE) if _DIGIT.search(text) else (_VAGUE,):
        found = form.search(text)
        if found and (best is None or found.start() < best.start()):
            best = found
            if best.start() == first:
                break
    return Words(best.start(), best.end(), best[0]) if best else None


def read(words: str, order: Order = Order.UNKNOWN) -> Stated | None:
    """The time that the words state; null where they leave it open, and for days that do not exist."""
    for form in _FORMS:
        found = form.fullmatch(words.strip())
        if found is not None:
            return _stated(found.groupdict(), order)
    return None


def _stated(parts: dict[str, str | None], order: Order) -> Stated | None:
    try:
        month, day = _month_and_day(parts, order)
        hour = _hour(int(parts["hour"] or 0), (parts["before"] or parts["after"] or "").lower())
        moment = datetime(
            int(parts["year"] or 0), month, day, hour, int(parts["minute"] or 0), int(parts["second"] or 0), tzinfo=UTC
        )
        micros, zone = from_datetime(moment), parts["zone"]
        if zone is not None:
            micros -= 0 if zone.upper() in ("Z", "UTC", "GMT") else parse_offset(zone)
    except ValueError:
        return None
    if not EARLIEST <= micros <= LATEST or not FIRST_YEAR <= moment.year <= LAST_YEAR:
        return None
    if parts["hour"] is None:
        precision = Precision.DAY
    else:
        precision = Precision.MINUTE if parts["second"] is None else Precision.SECOND
    return Stated(micros, Zone.UNKNOWN if zone is None else Zone.LINE, precision)


def _month_and_day(parts: dict[str, str | None], order: Order) -> tuple[int, int]:
    """Raises `ValueError` where the order of the two is not known."""
    if parts.get("name"):
        return _MONTHS[str(parts["name"]).lower()], int(parts["day"] or 0)
    if parts.get("month"):
        return int(parts["month"] or 0), int(parts["day"] or 0)
    first, then = int(parts["first"] or 0), int(parts["then"] or 0)
    if order is Order.DAY_FIRST:
        return then, first
    if order is Order.MONTH_FIRST or (first == then and order is Order.UNKNOWN):
        return first, then
    raise ValueError("day and month cannot be told apart")


def _hour(hour: int, half: str) -> int:
    """An hour of the day; raises `ValueError` for ``13 PM``."""
    if not half:
        return hour
    if not 0 < hour <= 12:
        raise ValueError(half)
    return hour % 12 + (12 if half in ("오후", "下午") or half.startswith("p") else 0)

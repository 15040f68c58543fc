"""How panes word times, sizes and numbers: a time always with its zone, a day as a day, never finer than stated."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo

from workbench.core.times import Precision, Zone, now, to_datetime
from workbench.gui.texts import text

DAY_PRECISION = int(Precision.DAY)
MINUTE_PRECISION = int(Precision.MINUTE)
HOUR_PRECISION = int(Precision.HOUR)


def month_names() -> list[str]:
    """From the catalogue, because the system's locale must not change what is on screen."""
    return text("panes.months").split(" ")


def short_month_names() -> list[str]:
    """``Jan`` and so on."""
    return text("panes.months-short").split(" ")


def offset_text(moment: datetime) -> str:
    """``UTC``, ``UTC+9``, ``UTC+5:30``."""
    offset = moment.utcoffset()
    minutes = round(offset.total_seconds() / 60) if offset is not None else 0
    if not minutes:
        return "UTC"
    hours, rest = divmod(abs(minutes), 60)
    return f"UTC{'−' if minutes < 0 else '+'}{hours}" + (f":{rest:02}" if rest else "")


def day(micros: int, zone: tzinfo = UTC, *, short: bool = False) -> str:
    """``24 January 2024`` or ``24 Jan``; the year stays away only from short ones."""
    moment = _moment(micros, zone)
    if moment is None:
        return text("panes.time-out-of-range")
    names = short_month_names() if short else month_names()
    code = "panes.day-short" if short else "panes.day"
    return text(code, day=moment.day, month=names[moment.month - 1], year=moment.year)


def is_today(micros: int, zone: tzinfo = UTC) -> bool:
    """Is this the calendar day of now?"""
    moment, here = _moment(micros, zone), _moment(now(), zone)
    return moment is not None and here is not None and moment.date() == here.date()


def year(micros: int, zone: tzinfo = UTC) -> int:
    """The calendar year."""
    moment = _moment(micros, zone)
    return 0 if moment is None else moment.year


def clock_time(micros: int, zone: tzinfo = UTC, *, seconds: bool = False) -> str:
    """``10:00 UTC``."""
    moment = _moment(micros, zone)
    return "" if moment is None else f"{time_of_day(micros, zone, seconds=seconds)} {offset_text(moment)}"


def time_of_day(micros: int, zone: tzinfo = UTC, *, seconds: bool = False) -> str:
    """``10:00``: only where the zone stands beside it, or in the tooltip of what has little room."""
    moment = _moment(micros, zone)
    return "" if moment is None else f"{moment:{'%H:%M:%S' if seconds else '%H:%M'}}"


def moment(
    micros: int, zone: tzinfo = UTC, precision: int = int(Precision.SECOND), stated: int = int(Zone.LINE)
) -> str:
    """``24 Jan 2024 10:00:03 UTC``; a day without a time of day; an unknown zone as a wall clock that says so."""
    unknown = stated == int(Zone.UNKNOWN)
    found = _moment(micros, UTC if unknown or precision == DAY_PRECISION else zone)
    if found is None:
        return text("panes.time-out-of-range")
    date = text("panes.date", day=found.day, month=short_month_names()[found.month - 1], year=found.year)
    if precision == DAY_PRECISION:
        return date
    written = f"{found:%H:%M}" if precision in (MINUTE_PRECISION, HOUR_PRECISION) else f"{found:%H:%M:%S}"
    if precision == HOUR_PRECISION:
        written = f"{found:%H}:…"
    return f"{date} {written}" + ("" if unknown else f" {offset_text(found)}")


def size(count: int | None) -> str:
    """``1.6 MB``; decimal, as servers and logs count. Unknown is a dash."""
    if count is None:
        return "–"
    if count < 1000:
        return text("panes.bytes", count=f"{count:,}")
    value, units = count / 1000, ["TB", "GB", "MB", "kB"]
    while value >= 999.5 and len(units) > 1:
        value /= 1000
        units.pop()
    unit = units[-1]
    return f"{value:.1f} {unit}" if value < 99.5 else f"{value:,.0f} {unit}"


def grouped_hash(digest: bytes) -> str:
    """``8f4b19c2 … e07a55d1`` for a line; the whole is copied and in the tooltip."""
    written = digest.hex()
    return f"{written[:4]} {written[4:8]} … {written[-8:-4]} {written[-4:]}"


def number(count: int) -> str:
    """With thousands apart."""
    return f"{count:,}"


def counted(code: str, count: int) -> str:
    """A sentence with a number: ``CODE.one`` for one, else ``CODE``."""
    return text(f"{code}.one" if count == 1 else code, count=number(count))


def _moment(micros: int, zone: tzinfo) -> datetime | None:
    try:
        return to_datetime(micros, zone)
    except OverflowError:
        return None

"""A folder of dated subfolders, one look each: ``2024-01-03/``, ``2024-01-04/``, …"""

from __future__ import annotations

import os
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from workbench.core.errors import UserError
from workbench.core.messages import Message
from workbench.core.records import Noted
from workbench.core.times import MONTHS, Precision, Stated, Zone, from_datetime
from workbench.sources.base import reason_of, shown

_FIELDS = {
    "Y": r"(?P<Y>\d{4})",
    "m": r"(?P<m>\d{2})",
    "d": r"(?P<d>\d{2})",
    "H": r"(?P<H>\d{2})",
    "M": r"(?P<M>\d{2})",
    "S": r"(?P<S>\d{2})",
    "j": r"(?P<j>\d{3})",
    "b": r"(?P<b>[A-Za-z]{3})",
}
_FINENESS = (("S", Precision.SECOND), ("M", Precision.MINUTE), ("H", Precision.HOUR))
_ABOVE = {"S": "M", "M": "H", "H": "day"}


class Look(NamedTuple):
    """One subfolder of a series."""

    observed: Stated
    path: Path
    name: str


def split_series(folder: Path, pattern: str) -> tuple[list[Look], list[Noted]]:
    """The looks in order of time (then of name), and a note for every entry that is none of them.

    The zone is unknown, since a name does not state one; the precision is that of the finest field. Links are
    not followed. Raises `UserError`: ``series-pattern``, ``series-nothing-matched``, ``folder-unreadable``.
    """
    reader = _Reader(pattern)
    looks: list[tuple[int, bytes, Look]] = []
    notes: list[tuple[bytes, Noted]] = []
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                raw = os.fsencode(entry.name)
                observed = reader.read(entry.name) if entry.is_dir(follow_symlinks=False) else None
                if observed is not None:
                    looks.append((observed.micros, raw, Look(observed, Path(entry.path), shown(raw))))
                else:
                    notes.append((raw, Noted(raw, Message("series-not-matched", {"pattern": pattern}))))
    except OSError as error:
        raise UserError("folder-unreadable", path=shown(os.fsencode(folder)), reason=reason_of(error)) from error
    if not looks:
        raise UserError("series-nothing-matched", path=shown(os.fsencode(folder)), pattern=pattern)
    looks.sort(key=lambda each: each[:2])
    notes.sort(key=lambda each: each[0])
    return [look for _, _, look in looks], [note for _, note in notes]


class _Reader:
    """A ``strftime`` pattern, read by an own table: the system's follows the language of the laptop."""

    def __init__(self, pattern: str) -> None:
        self._pattern = pattern
        parts: list[str] = []
        fields: list[str] = []
        at = 0
        while at < len(pattern):
            sign = pattern[at]
            if sign != "%":
                parts.append(re.escape(sign))
                at += 1
                continue
            field = pattern[at + 1 : at + 2]
            at += 2
            if field == "%":
                parts.append("%")
            elif field in _FIELDS and field not in fields:
                fields.append(field)
                parts.append(_FIELDS[field])
            else:
                raise UserError("series-pattern", pattern=pattern)
        self.precision = self._precision(set(fields))
        self._expression = re.compile("".join(parts), re.ASCII)

    def _precision(self, fields: set[str]) -> Precision:
        """Every field needs the coarser ones, or the name would state no time."""
        month = fields & {"m", "b"}
        whole_day = "Y" in fields and (("j" in fields) != (len(month) == 1 and "d" in fields))
        if not whole_day or len(month) > 1 or ("j" in fields and fields & {"m", "b", "d"}) or "/" in self._pattern:
            raise UserError("series-pattern", pattern=self._pattern)
        present = fields | {"day"}
        if any(above not in present for field, above in _ABOVE.items() if field in fields):
            raise UserError("series-pattern", pattern=self._pattern)
        return next((fine for field, fine in _FINENESS if field in fields), Precision.DAY)

    def read(self, name: str) -> Stated | None:
        """The time in a name; null when the name is none, or no day of the calendar."""
        found = self._expression.fullmatch(name)
        if found is None:
            return None
        said = found.groupdict()
        try:
            moment = _day(said) + timedelta(hours=_at_most(said, "H", 23), minutes=_at_most(said, "M", 59))
            moment += timedelta(seconds=_at_most(said, "S", 59))
        except (ValueError, KeyError, OverflowError):
            return None
        return Stated(from_datetime(moment), Zone.UNKNOWN, self.precision)


def _day(said: dict[str, str]) -> datetime:
    year = int(said["Y"])
    if "j" in said:
        moment = datetime(year, 1, 1, tzinfo=UTC) + timedelta(days=int(said["j"]) - 1)
        if moment.year != year:
            raise ValueError(said["j"])
        return moment
    month = int(said["m"]) if "m" in said else MONTHS[said["b"].capitalize()]
    return datetime(year, month, int(said["d"]), tzinfo=UTC)


def _at_most(said: dict[str, str], field: str, most: int) -> int:
    value = int(said.get(field) or 0)
    if value > most:
        raise ValueError(field)
    return value

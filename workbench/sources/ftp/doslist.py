"""LIST as IIS and its kin answer it: ``01-15-24  03:45PM       <DIR>          name``, month first, zone not stated."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from workbench.core.times import Precision, Stated, Zone, from_datetime
from workbench.sources.ftp.rows import LONGEST, Rows, lines
from workbench.sources.remote import Listing, Page

_LINE = re.compile(
    rb"(\d\d)[-/.](\d\d)[-/.](\d{4}|\d\d) {1,4}(\d\d):(\d\d) ?([AaPp][Mm])? +"
    rb"(?:<DIR>(?: {10}| +)|(?P<link><(?:JUNCTION|SYMLINKD?)> +)|(?P<size>\d{1,18}) )(?P<name>.+)",
    re.DOTALL,
)


def read(page: Page) -> Listing | None:
    """See `workbench.sources.remote.Format`."""
    rows = Rows(page, "ftp-dos")
    for line in lines(page.body):
        if rows.full:
            break
        found = _LINE.fullmatch(line) if len(line) <= LONGEST else None
        if found is None:
            rows.not_read(line)
        elif found["link"]:
            name, _, target = found["name"].partition(b" [")
            rows.link(name, target.removesuffix(b"]") or None)
        elif found["name"] in (b".", b".."):
            rows.understood += 1
        else:
            size = found["size"]
            words = line[: found.start("name")].decode("latin-1").split()
            rows.add(
                found["name"],
                is_folder=size is None,
                size=int(size) if size else None,
                modified=_time(found),
                stamp=" ".join(word for word in words if word != "<DIR>"),
            )
    return rows.listing()


def _time(found: re.Match[bytes]) -> Stated | None:
    """Null for what is no date when the month comes first: which other order it is in, nobody says."""
    month, day, year, hour, minute = (int(found[place]) for place in range(1, 6))
    if len(found[3]) == 2:
        year += 1900 if year >= 70 else 2000
    if half := (found[6] or b"").lower():
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if half == b"pm" else 0)
    try:
        wall = from_datetime(datetime(year, month, day, hour, minute, tzinfo=UTC))
    except ValueError:
        return None
    return Stated(wall, Zone.UNKNOWN, Precision.MINUTE) if 1 < year < 9999 else None

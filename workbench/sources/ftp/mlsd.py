"""MLSD, the listing for programs (RFC 3659 §7): ``type=file;size=12;modify=20240103090000; name``. Times are UTC."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from workbench.core.times import Precision, Stated, Zone, from_datetime
from workbench.sources.ftp.rows import LONGEST, Rows, lines
from workbench.sources.remote import Listing, Page

_LINE = re.compile(rb"((?:[A-Za-z0-9][A-Za-z0-9./_-]{0,63}=[^;]{0,4096};){1,64}) (.+)", re.DOTALL)
_TIME = re.compile(r"(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(?:\.(\d{1,9}))?", re.ASCII)
_NUMBER = re.compile(r"\d{1,18}", re.ASCII)
_OF_VERSION = ("size", "modify", "unique")
_LINKS = ("os.unix=slink", "os.unix=symlink")


def read(page: Page) -> Listing | None:
    """See `workbench.sources.remote.Format`."""
    rows = Rows(page, "ftp-mlsd")
    for line in lines(page.body):
        if rows.full:
            break
        # A page that does not begin in this way is not in it.
        if not _take(rows, line) and not rows.understood:
            return None
    return rows.listing()


def time_of(text: str) -> Stated | None:
    """``YYYYMMDDHHMMSS`` with an optional fraction, always UTC, as MDTM answers it too; null when it is none."""
    found = _TIME.fullmatch(text)
    if found is None:
        return None
    *parts, fraction = found.groups()
    year, month, day, hour, minute, second = (int(part) for part in parts)
    if not 1 < year < 9999:
        return None
    try:
        micros = from_datetime(datetime(year, month, day, hour, minute, second, tzinfo=UTC))
    except ValueError:
        return None
    precision = Precision.SECOND if not fraction else Precision.MILLISECOND
    if fraction and len(fraction) > 3:
        precision = Precision.MICROSECOND
    return Stated(micros + int((fraction or "").ljust(6, "0")[:6]), Zone.LINE, precision)


def _take(rows: Rows, line: bytes) -> bool:
    # Some servers set a blank before the facts; what is a name begins behind the blank after them.
    found = _LINE.fullmatch(line.lstrip(b" \t")) if len(line) <= LONGEST else None
    if found is None:
        rows.not_read(line)
        return False
    name = found[2]
    facts = _facts(found[1].decode("latin-1"))
    kind = facts.get("type", "file")
    match kind.lower():
        case "cdir" | "pdir":
            rows.understood += 1
        case "file" | "dir":
            size = facts.get("size", "")
            rows.add(
                name,
                is_folder=kind.lower() == "dir",
                size=int(size) if _NUMBER.fullmatch(size) else None,
                modified=time_of(facts.get("modify", "")),
                stamp=";".join(f"{fact}={facts[fact]}" for fact in _OF_VERSION if fact in facts),
                media_type=facts.get("media-type", "").lower() or None,
            )
        case other if other.partition(":")[0] in _LINKS:
            rows.link(name, kind.partition(":")[2].encode("latin-1") or None)
        case _:
            rows.special(name, kind)
    return True


def _facts(text: str) -> dict[str, str]:
    facts: dict[str, str] = {}
    for fact in text.split(";"):
        name, _, value = fact.partition("=")
        if name:
            facts.setdefault(name.lower(), value)
    return facts

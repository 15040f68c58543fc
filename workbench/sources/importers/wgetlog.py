"""Log files of wget: which address was saved under which name, and when.

Source: wget 1.21 (GNU). Only what does not depend on its language is read: ``--2024-01-03 09:00:00--  URL``, the name
in quotation marks on a line that ends in ``[123/123]``, and the ``URL:… -> "name"`` of ``-nv``. The clock is local
time, and nothing says of which zone.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from typing import BinaryIO

from workbench.core.times import Precision, Stated, Zone, from_datetime, wall_to_utc

LARGEST_LINE = 1 << 16
_MOST = 2_000_000
_ASKED = re.compile(rb"--(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)--\s+((?:https?|ftp)://\S+)\s*")
_SAVED = re.compile(
    rb"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \([^)]*\) - (?:\xe2\x80[\x98\x9c]|[\"'`]|\xc2\xab)(.+)"
    rb"(?:\xe2\x80[\x99\x9d]|[\"']|\xc2\xbb) .*\[\d+(?:/\d+)?\]\s*"
)
_SHORT = re.compile(
    rb"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) URL:\s?((?:https?|ftp)://\S+) \[[^\]]*\] -> \"(.+)\" \[\d+\]\s*"
)
_FAILED = re.compile(rb"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d [^ ]+ (\d{3}): [^\n]*\s*")


@dataclass
class WgetLog:
    """What the logs of one run say."""

    saved: dict[bytes, str] = field(default_factory=dict)
    """Name on disk, as wget wrote it, to the address."""
    urls: list[str] = field(default_factory=list)
    failed: dict[str, int] = field(default_factory=dict)
    """Address to the status of an answer that was an error."""
    first: Stated | None = None


def is_wget_log(head: bytes) -> bool:
    """By its first lines."""
    lines = head[:LARGEST_LINE].splitlines()[:20]
    return any(_ASKED.fullmatch(line) or _SHORT.fullmatch(line) for line in lines)


def read_log(stream: BinaryIO, into: WgetLog, zone: tzinfo | None) -> None:
    """Add one log. Raises `OSError` of the stream; lines of other kinds are passed over."""
    asked = ""
    while line := stream.readline(LARGEST_LINE):
        if len(into.saved) >= _MOST:
            return
        if (found := _ASKED.fullmatch(line)) is not None:
            asked = found[2].decode("utf-8", "surrogateescape")
            _met(into, asked, found[1], zone)
        elif (found := _SHORT.fullmatch(line)) is not None:
            url = found[2].decode("utf-8", "surrogateescape")
            _met(into, url, found[1], zone)
            into.saved[_name(found[3])] = url
        elif asked and (found := _SAVED.fullmatch(line)) is not None:
            into.saved[_name(found[1])] = asked
        elif asked and (found := _FAILED.fullmatch(line)) is not None:
            into.failed[asked] = int(found[1])


def _met(into: WgetLog, url: str, said: bytes, zone: tzinfo | None) -> None:
    into.urls.append(url)
    try:
        moment = datetime.fromisoformat(said.decode("ascii")).replace(tzinfo=UTC)
    except ValueError:
        return
    micros = from_datetime(moment)
    stated = Stated(micros, Zone.UNKNOWN, Precision.SECOND)
    if zone is not None:
        stated = Stated(wall_to_utc(micros, zone), Zone.GIVEN, Precision.SECOND)
    if into.first is None or stated.micros < into.first.micros:
        into.first = stated


def _name(said: bytes) -> bytes:
    return said.removeprefix(b"./")


def disk_name(name: bytes) -> bytes:
    """How wget writes a name that holds control characters: ``%XX`` for each, 0x80 to 0x9F included."""
    if all(32 <= byte < 127 or byte >= 160 for byte in name):
        return name
    return b"".join(b"%%%02X" % byte if byte < 32 or 127 <= byte < 160 else bytes((byte,)) for byte in name)

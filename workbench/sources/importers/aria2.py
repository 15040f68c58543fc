"""What aria2 leaves beside its files: control files of what is not finished, and lists of what was to be fetched.

Source: aria2's technical notes on the control file (version 0 and 1), and its manual on input files: an address, or
several with tabs between, then options on lines that begin with white space.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from workbench.sources.importers.urls import split

_URL = re.compile(r"(?:https?|ftp)://\S+")
_OPTION = re.compile(r"\s+([a-z0-9-]+)=(.*)")
LARGEST_LIST = 16 << 20
_MOST = 500_000


@dataclass(frozen=True)
class Wanted:
    """One address of a list, and under which name it was to be saved."""

    url: str
    name: bytes


def total_length(control: bytes) -> int | None:
    """How long the file will be, by the head of its control file; null when that cannot be read."""
    if len(control) < 10 or control[:2] not in (b"\0\0", b"\0\1"):
        return None
    order: Literal["big", "little"] = "big" if control[1] else "little"
    hash_length = int.from_bytes(control[6:10], order)
    at = 10 + hash_length + 4
    if hash_length > 64 or len(control) < at + 8:
        return None
    total = int.from_bytes(control[at : at + 8], order)
    return total if 0 < total < 1 << 63 else None


def read_list(data: bytes) -> list[Wanted] | None:
    """An input or session file; null when it is none."""
    wanted: list[Wanted] = []
    url, name = "", ""
    for line in data.decode("utf-8", "surrogateescape").splitlines():
        if len(wanted) >= _MOST:
            break
        if not line.strip() or line.startswith("#"):
            continue
        option = _OPTION.fullmatch(line)
        if option is not None and url:
            name = option[2].strip() if option[1] == "out" else name
            continue
        if url:
            wanted.append(_wanted(url, name))
        first = line.split("\t")[0].strip()
        if _URL.fullmatch(first) is None:
            return None
        url, name = first, ""
    if url:
        wanted.append(_wanted(url, name))
    return wanted or None


def _wanted(url: str, name: str) -> Wanted:
    place = split(url)
    own = name.encode("utf-8", "surrogateescape") if name else b"" if place is None else place.last
    return Wanted(url, own)

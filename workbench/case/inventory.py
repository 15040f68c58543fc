"""What lies in an evidence folder, by names alone: what belongs there, and what nobody of ours put there."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

OBJECT, WARC, NOTES, STRAY, LINK, SPECIAL = "object", "warc", "notes", "stray", "link", "special"

_OWN = {
    "": re.compile(r"previews\.sqlite(-wal|-shm|-journal)?|checkpoint\.lock|newest-op"),
    "warc": re.compile(r"[0-9A-Za-z-]{1,100}\.warc\.gz"),
    "tmp": re.compile(r"[0-9]+-[0-9a-f]{32}\.lock"),
    "locks": re.compile(r"[0-9A-Za-z._-]{1,200}\.lock"),
    "partial": re.compile(r"[0-9a-f]{64}\.(part|json|new)"),
    "columns": re.compile(r"[0-9A-Za-z._-]{1,200}"),
}
"""The names of files in each folder."""
_FOLDERS = re.compile(r"objects|warc|tmp|locks|partial|columns|objects/[0-9a-f]{2}|tmp/[0-9]+-[0-9a-f]{32}")
_NOTES = re.compile(r"([0-9A-Za-z-]{1,100})-[0-9a-f]{32}-[01]\.notes")


@dataclass(frozen=True)
class Lying:
    """Something in the folder. `kind` is one of the words above; `place` is its path in the folder, with slashes."""

    kind: str
    place: str

    @property
    def name(self) -> str:
        """The last part of the path."""
        return self.place.rpartition("/")[2]

    @property
    def stem(self) -> str:
        """Of a journal or a file of exchanges: by which look it is."""
        found = _NOTES.fullmatch(self.name)
        return found[1] if found is not None else re.sub(r"(-[0-9]+)?\.warc\.gz$", "", self.name)


def inventory(folder: Path) -> Iterator[Lying]:
    """Everything in an evidence folder but caches and temporary files of ours, in order. Raises `OSError`."""
    if folder.is_symlink():
        yield Lying(LINK, ".")
    waiting = [""]
    while waiting:
        inside = waiting.pop()
        with os.scandir(folder / inside) as found:
            entries = sorted(found, key=lambda each: each.name)
        for entry in entries:
            place = f"{inside}/{entry.name}" if inside else entry.name
            mode = entry.stat(follow_symlinks=False).st_mode
            if stat.S_ISLNK(mode):
                yield Lying(LINK, _shown(place))
            elif stat.S_ISDIR(mode):
                if _FOLDERS.fullmatch(place):
                    waiting.append(place)
                else:
                    yield Lying(STRAY, _shown(place))
            elif not stat.S_ISREG(mode):
                yield Lying(SPECIAL, _shown(place))
            else:
                kind = _kind(inside, entry.name)
                if kind:
                    yield Lying(kind, _shown(place))


def _shown(place: str) -> str:
    return os.fsencode(place).decode("utf-8", "backslashreplace")


def _kind(inside: str, name: str) -> str:
    """What a file is; empty for caches, locks and temporary files of ours."""
    if inside.startswith("objects/"):
        return OBJECT if re.fullmatch(r"[0-9a-f]{64}", name) and name[:2] == inside[-2:] else STRAY
    if inside.startswith("tmp/"):
        return "" if re.fullmatch(r"[0-9a-f]{32}", name) else STRAY
    if inside == "partial" and _NOTES.fullmatch(name):
        return NOTES
    if inside in _OWN and _OWN[inside].fullmatch(name):
        return WARC if inside == "warc" else ""
    return STRAY

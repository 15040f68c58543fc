"""What must not be handed over: a small JSON file that the examiner writes.

A JSON object with any of these fields: ``objects`` and ``accept`` (SHA-256), ``paths`` (GLOB patterns),
``exact_paths``, ``addresses`` (IP or CIDR), ``tags``, ``authors`` (names), ``marks`` (uids), ``notes`` and ``actors``
(true), ``hashes`` (``committed``, the default, or ``open``). Objects keep their rows, without bytes and facts; in
place of their hash and size stands a commitment, unless `hashes` is ``open``. Paths, addresses and tags go with
everything that speaks of them: sightings, events, raw log lines, claims, marks. `authors` withholds the marks and the
names of some people, `actors` all names; `marks` withholds single notes, tags and verdicts, `notes` all notes.
`accept` names objects that may be handed over although something withheld stands in their bytes. Every kind is
counted in the list of what was left out.
"""

from __future__ import annotations

import ipaddress
import json
import re
import uuid
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from workbench.core.errors import UserError
from workbench.core.files import open_file

COMMITTED, OPEN = "committed", "open"
"""What becomes of the hashes of withheld objects."""
LARGEST = 16 << 20
"""Of a redaction file, bytes."""


@dataclass(frozen=True)
class Redaction:
    """What is withheld. Empty by default."""

    objects: frozenset[bytes] = frozenset()
    paths: tuple[str, ...] = ()
    addresses: tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...] = ()
    tags: frozenset[str] = frozenset()
    notes: bool = False
    actors: bool = False
    exact_paths: tuple[str, ...] = ()
    authors: frozenset[str] = frozenset()
    marks: frozenset[bytes] = frozenset()
    hashes: str = COMMITTED
    accept: frozenset[bytes] = frozenset()

    def __bool__(self) -> bool:
        return replace(self, hashes=COMMITTED, accept=frozenset()) != Redaction()

    @property
    def open_hashes(self) -> bool:
        """Do hashes and sizes of withheld objects stay readable?"""
        return self.hashes == OPEN

    @property
    def withholds_paths(self) -> bool:
        """Is any path withheld?"""
        return bool(self.paths or self.exact_paths)

    def hides(self, name: str | None) -> bool:
        """Is the name of this person withheld?"""
        return name is not None and (self.actors or name in self.authors)

    def to_json(self) -> dict[str, object]:
        """As a redaction file has it, with the fields that say something only."""
        plain: dict[str, object] = {
            "objects": sorted(each.hex() for each in self.objects),
            "paths": list(self.paths),
            "exact_paths": list(self.exact_paths),
            "addresses": [str(each) for each in self.addresses],
            "tags": sorted(self.tags),
            "authors": sorted(self.authors),
            "marks": sorted(each.hex() for each in self.marks),
            "notes": self.notes,
            "actors": self.actors,
            "accept": sorted(each.hex() for each in self.accept),
        }
        made = {name: value for name, value in plain.items() if value}
        return {**made, "hashes": OPEN} if self.open_hashes else made


def read_redaction(file: Path) -> Redaction:
    """The redaction that a file describes; raises `UserError` ``redaction-unreadable`` or ``redaction-wrong``."""
    try:
        if file.stat().st_size > LARGEST:
            raise UserError("redaction-wrong", name=file.name, field="…")
        with open_file(file) as stream:
            plain = json.load(stream)
    except OSError as error:
        raise UserError("redaction-unreadable", name=file.name, reason=error.strerror or str(error)) from None
    except (ValueError, RecursionError):
        raise UserError("redaction-unreadable", name=file.name, reason="no JSON") from None
    if not isinstance(plain, dict):
        raise UserError("redaction-unreadable", name=file.name, reason="no JSON object")
    made: dict[str, Any] = {}
    for field, value in plain.items():
        try:
            made[field] = _READ[field](value)
        except (KeyError, ValueError, TypeError):
            raise UserError("redaction-wrong", name=file.name, field=str(field)[:100]) from None
    return Redaction(**made)


def write_redaction(file: Path, redaction: Redaction) -> None:
    """Write a redaction file, or replace one; raises `UserError` ``redaction-unwritten``. Not on the main thread."""
    content = json.dumps(redaction.to_json(), ensure_ascii=False, indent=2) + "\n"
    draft = file.with_name(f".{file.name}.{uuid.uuid4().hex}")
    try:
        draft.write_text(content, encoding="utf-8")
        draft.replace(file)
    except (OSError, UnicodeEncodeError) as error:
        with suppress(OSError):
            draft.unlink(missing_ok=True)
        reason = getattr(error, "strerror", None) or str(error)
        raise UserError("redaction-unwritten", name=file.name, reason=reason) from None


def _texts(value: object) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(each, str) and each for each in value):
        raise ValueError
    return value


def _hash(text: str) -> bytes:
    if not re.fullmatch(r"[0-9a-fA-F]{64}", text):
        raise ValueError
    return bytes.fromhex(text)


def _uid(text: str) -> bytes:
    plain = text.replace("-", "")
    if not re.fullmatch(r"[0-9a-fA-F]{32}", plain):
        raise ValueError
    return bytes.fromhex(plain)


def _choice(value: object) -> str:
    if value not in (COMMITTED, OPEN):
        raise ValueError
    return str(value)


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise TypeError
    return value


_READ = {
    "objects": lambda value: frozenset(map(_hash, _texts(value))),
    "paths": lambda value: tuple(_texts(value)),
    "addresses": lambda value: tuple(ipaddress.ip_network(each, strict=False) for each in _texts(value)),
    "tags": lambda value: frozenset(_texts(value)),
    "exact_paths": lambda value: tuple(_texts(value)),
    "authors": lambda value: frozenset(_texts(value)),
    "marks": lambda value: frozenset(map(_uid, _texts(value))),
    "accept": lambda value: frozenset(map(_hash, _texts(value))),
    "notes": _flag,
    "actors": _flag,
    "hashes": _choice,
}

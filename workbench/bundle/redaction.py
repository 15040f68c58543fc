"""What must not be handed over: a small JSON file that the examiner writes.

``{"objects": [SHA-256, …], "paths": [GLOB, …], "addresses": [IP or CIDR, …], "tags": [WORD, …], "notes": true,
"actors": true}``; every field may be absent. Objects keep their rows, without bytes and facts. Paths, addresses and
tags go with everything that speaks of them: sightings, events, raw log lines, claims, marks. Notes are withheld all
together, authors' names too. Every kind is counted in the list of what was left out.
"""

from __future__ import annotations

import ipaddress
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.core.errors import UserError

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

    def __bool__(self) -> bool:
        return self != Redaction()

    def holds(self, address: str) -> bool:
        """Is this address to be withheld? A host name never is."""
        if not self.addresses:
            return False
        try:
            found = ipaddress.ip_address(address)
        except ValueError:
            return False
        return any(found in network for network in self.addresses if network.version == found.version)

    def is_shown_in(self, text: bytes) -> bool:
        """Does anything in a text read like an address that is to be withheld?"""
        return bool(self.addresses) and any(
            self.holds(found.decode("ascii").strip(".:")) for found in set(_LIKE_ADDRESS.findall(text))
        )


_LIKE_ADDRESS = re.compile(rb"\d{1,3}(?:\.\d{1,3}){3}|[0-9A-Fa-f]{0,4}:[0-9A-Fa-f:]{1,40}(?:\d{1,3}(?:\.\d{1,3}){3})?")


def read_redaction(file: Path) -> Redaction:
    """The redaction that a file describes; raises `UserError` ``redaction-unreadable`` or ``redaction-wrong``."""
    try:
        if file.stat().st_size > LARGEST:
            raise UserError("redaction-wrong", name=file.name, field="…")
        plain = json.loads(file.read_bytes())
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


def _texts(value: object) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(each, str) and each for each in value):
        raise ValueError
    return value


def _hash(text: str) -> bytes:
    if not re.fullmatch(r"[0-9a-fA-F]{64}", text):
        raise ValueError
    return bytes.fromhex(text)


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise TypeError
    return value


_READ = {
    "objects": lambda value: frozenset(map(_hash, _texts(value))),
    "paths": lambda value: tuple(_texts(value)),
    "addresses": lambda value: tuple(ipaddress.ip_network(each, strict=False) for each in _texts(value)),
    "tags": lambda value: frozenset(_texts(value)),
    "notes": _flag,
    "actors": _flag,
}

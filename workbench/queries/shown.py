"""How rows are worded for lists: times, hashes, raw names. One place, so that every list says it alike."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Sequence
from typing import Any, TypeVar

from workbench.core.messages import Message
from workbench.core.times import Zone, rfc3339

T = TypeVar("T")

Row = dict[str, Any]


def chunks(values: Sequence[T], size: int = 500) -> Iterator[Sequence[T]]:
    """Slices of at most `size`."""
    for at in range(0, len(values), size):
        yield values[at : at + size]


def marks(values: Sequence[Any]) -> str:
    """As many question marks as values."""
    return ",".join("?" * len(values))


def named(name: str, raw: bytes | None) -> Row:
    """A name as text, and beside it ``NAME_raw`` in base64 when it is no valid UTF-8."""
    if raw is None:
        return {name: None}
    try:
        return {name: raw.decode()}
    except UnicodeDecodeError:
        return {name: raw.decode("utf-8", "replace"), f"{name}_raw": base64.b64encode(raw).decode()}


def stated(micros: int | None, zone: int | None) -> str | None:
    """A time with the ``Z`` that its zone allows."""
    return rfc3339(micros, Zone.UNKNOWN if zone is None else Zone(zone))


def message(code: str, arguments: str) -> Row:
    """A recorded warning: its code and its sentence."""
    return {"code": code, "text": Message(code, json.loads(arguments)).text()}

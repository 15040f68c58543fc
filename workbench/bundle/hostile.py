"""JSON that somebody may have forged, read so that no two programs can understand it differently."""

from __future__ import annotations

import json
from typing import Any

LONGEST_LINE = 64 << 20
"""Of a table or a log of JSON lines, bytes."""


def plain_json(text: str | bytes) -> Any:
    """A JSON value (RFC 8259). Raises `ValueError` also for what Python would take: not-a-number, infinite numbers, a
    name that an object has twice, bytes that are no UTF-8, nesting without end.
    """
    try:
        return _DECODER.decode(text if isinstance(text, str) else text.decode("utf-8"))
    except RecursionError:
        raise ValueError("nested too deeply") from None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice")
    return found


def _no_constant(name: str) -> Any:
    raise ValueError(name)


def _finite(text: str) -> float:
    value = float(text)
    if value - value != 0:
        raise ValueError(text)
    return value


_DECODER = json.JSONDecoder(object_pairs_hook=_once, parse_constant=_no_constant, parse_float=_finite)

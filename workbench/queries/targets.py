"""What a user points at on the command line: a hash, an address, ``sighting:ID``, ``event:LOG:LINE``."""

from __future__ import annotations

import ipaddress
import re

from workbench.case.readers import Reader
from workbench.core.errors import UserError
from workbench.queries import acts

Target = tuple[str, int]


def target(reader: Reader, text: str) -> Target:
    """The row that a text names. Raises `UserError` ``no-such-target`` or ``target-unclear``."""
    row: int | None = None
    kind = "object"
    if re.fullmatch(r"[0-9a-fA-F]{64}", text):
        row = reader.value("SELECT id FROM object WHERE sha256 = ?", (bytes.fromhex(text),))
    elif found := re.fullmatch(r"sighting:(\d{1,18})", text):
        kind = "sighting"
        row = reader.value("SELECT id FROM sighting WHERE id = ?", (int(found[1]),))
    elif found := re.fullmatch(r"event:([0-9a-fA-F]{6,64}):(\d{1,18})", text):
        kind = "event"
        row = _event(reader, found[1].lower(), int(found[2]))
    else:
        kind = "address"
        try:
            own = str(ipaddress.ip_address(text))
        except ValueError:
            raise UserError("target-unclear", target=text) from None
        row = reader.value("SELECT id FROM address WHERE text = ?", (own,))
    if row is None:
        raise UserError("no-such-target", target=text)
    return (kind, int(row))


def item_of_sighting(reader: Reader, sighting: int) -> int:
    """The item of a sighting: its object's id, or minus its own where there are no bytes."""
    return int(reader.value("SELECT ifnull(object, -id) FROM sighting WHERE id = ?", (sighting,)))


def _event(reader: Reader, log: str, line: int) -> int | None:
    found = reader.value(
        "SELECT e.id FROM event e JOIN reading r ON r.id = e.reading JOIN log l ON l.id = r.log "
        "JOIN object o ON o.id = l.object WHERE hex(o.sha256) LIKE ? AND e.line = ? ORDER BY r.id DESC, e.id LIMIT 1",
        (log.upper() + "%", line),
    )
    return None if found is None else acts.kept_of(reader, found)

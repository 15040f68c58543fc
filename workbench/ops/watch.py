"""How a server is watched: what is asked of it, by whose charter, and what a person decided on the way.

Neither a row nor an argument of these ops holds a folder of this computer or a name and password: an address with them
is refused. The token in a public link is part of the link.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence

from workbench.case.operation import operation
from workbench.case.transaction import Transaction
from workbench.core.errors import UserError
from workbench.ops import intake

Option = str | int | float | bool | None

CHARTER = ("who", "why", "authority", "basis", "found", "connection")
"""What a charter says: who looks, why, by what authority, on which legal basis, how the server was found, and from
which connection, as the user states it.
"""
LONGEST = 100_000
"""Of one field of a charter, in characters."""
NOTHING_BYPASSED = "nothing-bypassed"
"""What a person confirms of a look."""
ROBOTS = ("obey", "ignore")


@operation("watch.source")
def source(tx: Transaction, name: str, kind: str, url: str, options: Mapping[str, Option]) -> int:
    """Say how a server is watched; a new row where something differs from before. Returns the source's id.

    `kind` is that of `workbench.sources.remote.Kind`, `options` holds plain values (rate, list_only, limits, trust,
    robots, contact, every, proxy, …). Raises `UserError` ``watch-credentials`` for an address or an option with a user
    name or a password, ``watch-option`` for one that cannot be kept.
    """
    proxy = options.get("proxy")
    told = [url, *(value for value in options.values() if isinstance(value, str))]
    if any(map(has_credentials, told)) or (isinstance(proxy, str) and "@" in proxy):
        raise UserError("watch-credentials")
    row = intake.source.function(tx, name, kind)
    kept = _options(options)
    before = tx.all("SELECT kind, url, options FROM watch WHERE source = ? ORDER BY id DESC LIMIT 1", (row,))
    if before != [(kind, url, kept)]:
        tx.arguments.update(url=url, options=json.loads(kept))
        tx.add("watch", source=row, kind=kind, url=url, options=kept)
    return row


@operation("watch.charter")
def charter(
    tx: Transaction,
    source: str,
    who: str | None = None,
    why: str | None = None,
    authority: str | None = None,
    basis: str | None = None,
    found: str | None = None,
    connection: str | None = None,
) -> int:
    """Write the charter of a watched source; it takes the place of the one before. Returns its id.

    Raises `UserError` ``watch-no-source``, ``charter-empty``, ``charter-text``.
    """
    given = zip(CHARTER, (who, why, authority, basis, found, connection), strict=True)
    fields = {name: _text(value) for name, value in given}
    if not any(fields.values()):
        raise UserError("charter-empty")
    tx.arguments.update(source=source, fields=[name for name, value in fields.items() if value])
    return tx.add("charter", source=_known(tx, source), **fields)


@operation("watch.decision", urgent=True)
def decision(tx: Transaction, source: str, snapshot: int | None, kind: str, value: str) -> int:
    """Record what a person decided about a watched source, or about one look at it. Returns its id.

    Kinds are ``robots`` (``obey`` or ``ignore``), ``certificate`` (the SHA-256 that is accepted from now on, in
    hexadecimal), ``limit``, and others in small letters. Raises `UserError` ``watch-no-source``,
    ``watch-not-its-look``, ``watch-decision``.
    """
    value = _decided(kind, value)
    tx.arguments.update(source=source, snapshot=snapshot, kind=kind, value=value)
    return _decide(tx, _known(tx, source), snapshot, kind, value)


@operation("watch.confirm", urgent=True)
def confirm(tx: Transaction, snapshot: int) -> int:
    """Confirm, after a look, that nothing was bypassed in it. Returns the id of the decision.

    Raises `UserError` ``watch-no-look``, ``watch-look-open``.
    """
    row = tx.all("SELECT n.source, s.name FROM snapshot n JOIN source s ON s.id = n.source WHERE n.id = ?", (snapshot,))
    if not row:
        raise UserError("watch-no-look", snapshot=snapshot)
    if tx.value("SELECT 1 FROM snapshot_end WHERE snapshot = ?", (snapshot,)) is None:
        raise UserError("watch-look-open", snapshot=snapshot)
    tx.arguments.update(source=row[0][1], snapshot=snapshot, value=NOTHING_BYPASSED)
    return _decide(tx, row[0][0], snapshot, "conduct", NOTHING_BYPASSED)


@operation("watch.missed")
def missed(tx: Transaction, source: str, due: Sequence[int]) -> int:
    """Record looks that were due, at times in microseconds UTC, and did not take place; returns how many are new.

    Raises `UserError` ``watch-no-source``.
    """
    row = _known(tx, source)
    known = {time for (time,) in tx.all("SELECT due FROM missed WHERE source = ?", (row,))}
    fresh = sorted(set(due) - known)
    tx.arguments.update(source=source, missed=len(fresh))
    tx.append("missed", source=[row] * len(fresh), due=fresh)
    return len(fresh)


def has_credentials(text: str) -> bool:
    """Is this an address with a user name or a password in it?"""
    return re.match(r"\s*[a-z][a-z0-9+.-]*:[/\\]{2}[^/\\?#]*@", text, re.IGNORECASE) is not None


def _options(options: Mapping[str, Option]) -> str:
    try:
        for name, value in options.items():
            if not re.fullmatch(r"[a-z][a-z_]{0,40}", name) or not isinstance(value, str | int | float | None):
                raise UserError("watch-option", name=name)
        kept = json.dumps(dict(options), sort_keys=True, separators=(",", ":"), allow_nan=False)
    except ValueError:
        raise UserError("watch-option", name="…") from None
    return kept


def _text(value: str | None) -> str | None:
    text = (value or "").strip()
    try:
        text.encode()
    except UnicodeEncodeError:
        raise UserError("charter-text", limit=LONGEST) from None
    if len(text) > LONGEST or "\0" in text:
        raise UserError("charter-text", limit=LONGEST)
    return text or None


def _decided(kind: str, value: str) -> str:
    if kind == "certificate":
        value = value.replace(":", "").lower()
    well = {"robots": value in ROBOTS, "certificate": re.fullmatch(r"[0-9a-f]{64}", value) is not None}
    plain = 0 < len(value) <= 1000 and value.isprintable()
    if not re.fullmatch(r"[a-z][a-z-]{0,40}", kind) or not plain or not well.get(kind, True):
        raise UserError("watch-decision", kind=kind, value=value[:100])
    return value


def _decide(tx: Transaction, source: int, snapshot: int | None, kind: str, value: str) -> int:
    if snapshot is not None and tx.value("SELECT source FROM snapshot WHERE id = ?", (snapshot,)) != source:
        raise UserError("watch-not-its-look", snapshot=snapshot)
    return tx.add("decision", source=source, snapshot=snapshot, kind=kind, value=value)


def _known(tx: Transaction, source: str) -> int:
    found = tx.value("SELECT id FROM source WHERE name = ?", (source,))
    if found is None:
        raise UserError("watch-no-source", source=source)
    return int(found)

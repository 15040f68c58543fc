r"""The custody chain: canonical rows, salted digests, chained ops.

Canonical form of the rows that one op added to one table (``workbench-rows-1``): a line of JSON
``{"columns": […], "count": n, "first": id, "table": name}`` with sorted keys, no spaces and ``\uXXXX`` escapes,
ended by a newline; then, column by column, `n` tag bytes (0 null, 1 integer, 2 real, 3 text, 4 blob) followed by the
values that are not null: integers as 8 bytes little-endian two's complement, reals as 8 bytes little-endian IEEE 754,
texts (UTF-8) and blobs each after their length as 8 bytes little-endian. Ids run from `first` without a gap, so the
id column is left out.

A digest is SHA-256 over a 16-byte salt and the canonical form: a recipient who must not see a value gets the digest
without the salt, and cannot try out values. An op's hash is SHA-256 over its canonical JSON (`op_form`), which holds
the hash before it. The chain starts at `genesis` of the case's uid.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from struct import pack
from sys import byteorder
from typing import Any

from workbench.core.batch import NULL


@dataclass(frozen=True)
class RowSet:
    """The rows that one op added to one table."""

    table: str
    first: int
    last: int
    count: int
    digest: bytes


def genesis(case_uid: bytes) -> bytes:
    """What stands as the hash before the first op."""
    return hashlib.sha256(b"workbench-custody-1\0" + case_uid).digest()


def new_salt() -> bytes:
    """16 random bytes."""
    return secrets.token_bytes(16)


def canonical_json(value: object) -> bytes:
    """Sorted keys, no spaces, ASCII only."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False).encode()


def salted(salt: bytes, value: object) -> bytes:
    """Digest of a JSON value."""
    return hashlib.sha256(salt + canonical_json(value)).digest()


def salted_text(salt: bytes, text: str) -> bytes:
    """Digest of a JSON value that is written in canonical form already."""
    return hashlib.sha256(salt + text.encode()).digest()


def rows_digest(salt: bytes, table: str, first: int, columns: Mapping[str, Any]) -> bytes:
    """Digest of rows given by columns (without ``id``). Integer arrays of numpy are taken as they are."""
    count = len(next(iter(columns.values()))) if columns else 0
    head = {"table": table, "columns": list(columns), "first": first, "count": count}
    digest = hashlib.sha256(salt + canonical_json(head) + b"\n")
    for values in columns.values():
        _feed_column(digest, values)
    return digest.digest()


def _feed_column(digest: hashlib._Hash, values: Any) -> None:
    if hasattr(values, "tobytes") and not isinstance(values, array):
        _feed_array(digest, values)
        return
    kinds = set(map(type, values))
    if kinds <= {int}:
        digest.update(b"\1" * len(values))
        digest.update(_little(array("q", values)))
        return
    if kinds == {str} or kinds == {bytes}:
        digest.update((b"\3" if str in kinds else b"\4") * len(values))
        raws = list(map(str.encode, values)) if str in kinds else values
        lengths = [size.to_bytes(8, "little") for size in map(len, raws)]
        digest.update(b"".join(chain.from_iterable(zip(lengths, raws, strict=True))))
        return
    tags = bytearray(len(values))
    parts: list[bytes] = []
    for index, value in enumerate(values):
        if value is None:
            continue
        if isinstance(value, int):
            tags[index] = 1
            parts.append(pack("<q", value))
        elif isinstance(value, float):
            tags[index] = 2
            parts.append(pack("<d", value))
        else:
            tags[index] = 3 if isinstance(value, str) else 4
            raw = value.encode() if isinstance(value, str) else bytes(value)
            parts += (pack("<Q", len(raw)), raw)
    digest.update(tags)
    digest.update(b"".join(parts))


def _feed_array(digest: hashlib._Hash, values: Any) -> None:
    null = values == NULL
    wide = values.astype("<i8", copy=False)
    if not null.any():
        digest.update(b"\1" * len(values))
        digest.update(wide.tobytes())
        return
    digest.update((~null).astype("u1").tobytes())
    digest.update(wide[~null].tobytes())


def _little(values: array[int]) -> bytes:
    if byteorder == "big":
        values.byteswap()
    return values.tobytes()


def op_form(
    *,
    seq: int,
    uid: bytes,
    time: int,
    name: str,
    undoes: int | None,
    actor: bytes,
    arguments: bytes,
    rows: Sequence[RowSet],
    prev: bytes,
) -> bytes:
    """The canonical JSON of an op; `actor` and `arguments` are salted digests, `time` is microseconds UTC."""
    return canonical_json(
        {
            "seq": seq,
            "uid": uid.hex(),
            "time": time,
            "op": name,
            "undoes": undoes,
            "actor": actor.hex(),
            "arguments": arguments.hex(),
            "rows": [
                {
                    "table": each.table,
                    "first": each.first,
                    "last": each.last,
                    "count": each.count,
                    "digest": each.digest.hex(),
                }
                for each in sorted(rows, key=lambda each: each.table)
            ],
            "prev": prev.hex(),
        }
    )


def op_hash(form: bytes) -> bytes:
    """The hash of an op's canonical JSON."""
    return hashlib.sha256(form).digest()

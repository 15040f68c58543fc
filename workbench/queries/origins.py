"""Where each address comes from, and what it did."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workbench.case.readers import Reader
from workbench.core.batch import NULL
from workbench.core.filter import Filter
from workbench.queries import select
from workbench.queries import uploads as uploads_
from workbench.queries.shown import Row, chunks, marks

SPECIAL = frozenset({"private", "reserved"})
NOT_A_LIST = SPECIAL | {"tunnel", "carrier"}
"""Labels that say what kind of network it is, not that somebody listed the address."""
REGISTRY = "iana-special"
"""The set that describes what no public network is; any other set that speaks of such an address describes it."""


@dataclass(frozen=True)
class Totals:
    """What the addresses of a filter did. All arrays have one entry an address; `upload_bytes` is `NULL` where no log
    holds it, times are microseconds UTC or `NULL`.
    """

    ids: NDArray[np.int64]
    events: NDArray[np.int64]
    uploads: NDArray[np.int64]
    failed: NDArray[np.int64]
    upload_bytes: NDArray[np.int64]
    first: NDArray[np.int64]
    last: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.ids)


def totals(reader: Reader, asked: Filter) -> Totals:
    """Count by address; the addresses of the most uploads come first."""
    columns = reader.arrays("event")
    mask = select.events(reader, asked) & (columns["address"] > 0)
    address = columns["address"][mask]
    size = int(address.max()) + 1 if len(address) else 1
    counts = np.bincount(address, minlength=size)
    up = uploads_.done(columns)[mask]
    uploads = np.bincount(address[up], minlength=size)
    failed = np.bincount(address[uploads_.failed(columns)[mask]], minlength=size)
    received = columns["received"][mask]
    known = up & (received != NULL)
    sums = np.full(size, NULL)
    held = np.unique(address[known])
    sums[held] = _exact_sums(address[known], received[known], size)[held]
    times = columns["time"][mask]
    timed = times != NULL
    first, last = np.full(size, 2**63 - 1), np.full(size, NULL)
    np.minimum.at(first, address[timed], times[timed])
    np.maximum.at(last, address[timed], times[timed])
    first[last == NULL] = NULL
    ids = np.flatnonzero(counts)
    ids = ids[np.lexsort((ids, -counts[ids], -uploads[ids]))]
    return Totals(ids, counts[ids], uploads[ids], failed[ids], sums[ids], first[ids], last[ids])


def _exact_sums(keys: NDArray[Any], values: NDArray[np.int64], size: int) -> NDArray[np.int64]:
    """Sums by key in whole numbers; bincount's own weights are floats."""
    out = np.zeros(size, np.int64)
    np.add.at(out, keys, values)
    return out


def rows(reader: Reader, asked: Filter) -> Iterator[Row]:
    """The rows of ``workbench origins``."""
    found = totals(reader, asked)
    for part in chunks(range(len(found))):
        at = list(part)
        ids = found.ids[at].tolist()
        claims = claims_of(reader, ids)
        known = {
            row: (text, looked)
            for row, text, looked in reader.all(
                "SELECT id, text, EXISTS (SELECT 1 FROM lookup WHERE lookup.address = address.id) FROM address "
                f"WHERE id IN ({marks(ids)})",
                ids,
            )
        }
        for own, events, uploads, failed, size, first, last in zip(
            ids,
            found.events[at].tolist(),
            found.uploads[at].tolist(),
            found.failed[at].tolist(),
            found.upload_bytes[at].tolist(),
            times_of(found.first[at]),
            times_of(found.last[at]),
            strict=True,
        ):
            said = claims.get(own, [])
            values = newest(said)
            text, looked = known[own]
            yield {
                "address": text,
                "country": values.get("country"),
                "asn": _number(values.get("asn")),
                "as_name": values.get("as_name"),
                "labels": labels(said, bool(looked)),
                "events": events,
                "uploads": uploads,
                "uploads_failed": failed,
                "upload_bytes": None if size == NULL else size,
                "first": first,
                "last": last,
                "claims": said,
            }


def claims_of(reader: Reader, addresses: Sequence[int]) -> dict[int, list[Row]]:
    """Every claim of some addresses, as the lists show them."""
    found: dict[int, list[Row]] = {}
    for part in chunks(addresses):
        for address, name, release, prefix, level, key, value in reader.all(
            "SELECT c.address, d.name, d.release, c.prefix, c.level, c.key, c.value FROM claim c "
            f"JOIN dataset d ON d.id = c.dataset WHERE c.address IN ({marks(part)}) ORDER BY c.address, c.id",
            part,
        ):
            found.setdefault(address, []).append(
                {"set": name, "release": release, "prefix": prefix, "level": level, "key": key, "value": value}
            )
    return found


def value_of(claims: Sequence[Row], key: str) -> str | None:
    """What the newest data set says; older ones stand beside it in the claims."""
    return newest(claims).get(key)


def newest(claims: Sequence[Row]) -> dict[str, str]:
    """What the newest data set says, by key; of several that are as new, the first."""
    found: dict[str, Row] = {}
    for each in claims:
        before = found.get(each["key"])
        if before is None or each["release"] > before["release"]:
            found[each["key"]] = each
    return {key: str(each["value"]) for key, each in found.items()}


def labels(claims: Sequence[Row], looked_up: bool) -> list[str]:
    """Labels of an address; ``unlisted`` when sets were asked and no list holds it: that is not "residential".

    A private or reserved address that no set but the registry describes is not called unlisted: no list could hold it.
    """
    found = sorted({each["value"] for each in claims if each["key"] == "label"})
    described = any(each["set"] != REGISTRY for each in claims)
    if looked_up and set(found) <= NOT_A_LIST and (described or not SPECIAL & set(found)):
        found.append("unlisted")
    return found


def unlisted(reader: Reader) -> set[int]:
    """Addresses that `labels` calls unlisted."""
    listed: set[int] = set()
    special: set[int] = set()
    for value, address in reader.conn.execute("SELECT value, address FROM claim WHERE key = 'label'"):
        if value in SPECIAL:
            special.add(address)
        elif value not in NOT_A_LIST:
            listed.add(address)
    looked = {row[0] for row in reader.conn.execute("SELECT DISTINCT address FROM lookup")}
    described = {
        row[0]
        for row in reader.conn.execute(
            "SELECT DISTINCT c.address FROM claim c JOIN dataset d ON d.id = c.dataset WHERE d.name <> ?", (REGISTRY,)
        )
    }
    return looked - listed - (special - described)


def _number(text: str | None) -> int | None:
    return None if text is None else int(text)


def times_of(micros: NDArray[np.int64]) -> list[str | None]:
    """As `rfc3339` words them, thousands at once; `NULL` is numpy's *not a time* too."""
    texts = np.datetime_as_string(micros.astype("M8[us]"), unit="us").tolist()
    return [None if text == "NaT" else f"{text}Z" for text in texts]

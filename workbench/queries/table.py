"""Origins as columns: one row an address, packed for a table of hundreds of thousands."""

from __future__ import annotations

import socket
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from workbench.case.readers import Reader
from workbench.core.filter import Filter
from workbench.queries import select
from workbench.queries.news import kept
from workbench.queries.origins import NOT_A_LIST, Totals, totals, unlisted


@dataclass(frozen=True)
class Networks:
    """What data sets say of every address, at its id. Codes index the words beside them; -1 is null.

    `order` sorts addresses as numbers, version 4 before 6. `labels` are sorted tuples, *unlisted* included.
    """

    texts: list[str]
    order: NDArray[np.int64]
    country: NDArray[np.int32]
    countries: list[str]
    network: NDArray[np.int32]
    networks: list[str]
    asn: NDArray[np.int64]
    label: NDArray[np.int32]
    labels: list[tuple[str, ...]]
    differs: NDArray[np.bool_]
    """Where sets disagree on the country."""
    unlisted: NDArray[np.bool_]
    sets: int
    newest: str
    """How many sets that can list an address were asked, and the newest release of them."""


@dataclass(frozen=True)
class Origins:
    """Rows of the table: totals of the addresses, who they belong to, and which of them the whole filter shows."""

    totals: Totals
    networks: Networks
    inside: NDArray[np.bool_]
    own: NDArray[np.bool_]


NETWORK_FACETS = (
    "address",
    "country",
    "asn",
    "label",
    "not_address",
    "not_country",
    "not_asn",
    "not_label",
)


def origins(reader: Reader, asked: Filter, whole: Filter) -> Origins:
    """Addresses under `asked` (without the table's own facets), and which of them `whole` keeps."""
    found = totals(reader, asked)
    chosen = select.addresses(reader, whole)
    inside = np.ones(len(found), bool) if chosen is None else chosen[found.ids]
    return Origins(found, networks(reader), inside, select.own_addresses(reader)[found.ids])


def inside(reader: Reader, ids: NDArray[np.int64], whole: Filter) -> NDArray[np.bool_]:
    """Which of these addresses do the filter's network facets choose?"""
    chosen = select.addresses(reader, whole)
    return np.ones(len(ids), bool) if chosen is None else chosen[ids]


def networks(reader: Reader) -> Networks:
    """What data sets say of every address; the newest set counts where they differ."""

    def make() -> Networks:
        return _networks(reader)

    return kept(reader, "networks", ("address", "claim", "lookup"), make)


def _networks(reader: Reader) -> Networks:
    size = int(reader.value("SELECT ifnull(max(id), 0) FROM address")) + 1
    texts = [""] * size
    for row, text in reader.conn.execute("SELECT id, text FROM address"):
        texts[row] = text
    country, countries = _newest(reader, "country", size)
    network, names = _newest(reader, "as_name", size)
    asns, numbers = _newest(reader, "asn", size)
    values = np.array([int(each) if each.isdecimal() else -1 for each in numbers] or [0], np.int64)
    asn = np.where(asns >= 0, values[np.maximum(asns, 0)], np.int64(np.iinfo(np.int64).min))
    bare = np.zeros(size, bool)
    bare[list(unlisted(reader))] = True
    label, labels = _labels(reader, size, bare)
    releases = [
        row[0]
        for row in reader.all(
            "SELECT DISTINCT d.release FROM dataset d WHERE EXISTS "
            "(SELECT 1 FROM claim c WHERE c.dataset = d.id AND c.key = 'label')"
        )
    ]
    return Networks(
        texts,
        _order(texts),
        country,
        countries,
        network,
        names,
        asn,
        label,
        labels,
        _differing(reader, size),
        bare,
        len(releases),
        max(releases, default=""),
    )


def _newest(reader: Reader, key: str, size: int) -> tuple[NDArray[np.int32], list[str]]:
    """A code per address for what the newest release claims of `key`."""
    codes = np.full(size, -1, np.int32)
    words: dict[str, int] = {}
    for address, value in reader.conn.execute(
        "SELECT c.address, c.value FROM claim c JOIN dataset d ON d.id = c.dataset WHERE c.key = ? "
        "ORDER BY d.release, c.id DESC",
        (key,),
    ):
        codes[address] = words.setdefault(value, len(words))
    return codes, list(words)


def _labels(reader: Reader, size: int, bare: NDArray[np.bool_]) -> tuple[NDArray[np.int32], list[tuple[str, ...]]]:
    own: dict[int, set[str]] = {}
    for address, value in reader.conn.execute("SELECT address, value FROM claim WHERE key = 'label'"):
        own.setdefault(address, set()).add(value)
    for address in np.flatnonzero(bare).tolist():
        own.setdefault(address, set()).add("unlisted")
    codes = np.full(size, -1, np.int32)
    words: dict[tuple[str, ...], int] = {}
    for address, values in own.items():
        codes[address] = words.setdefault(tuple(sorted(values, key=_label_order)), len(words))
    return codes, list(words)


def _label_order(label: str) -> tuple[int, str]:
    """What no list holds first, what the registries say of everybody's addresses last."""
    return (0 if label == "unlisted" else 2 if label in NOT_A_LIST else 1, label)


def _differing(reader: Reader, size: int) -> NDArray[np.bool_]:
    return select.table_of(
        size - 1,
        (
            row[0]
            for row in reader.conn.execute(
                "SELECT address FROM claim WHERE key = 'country' GROUP BY address HAVING count(DISTINCT value) > 1"
            )
        ),
    )


def _order(texts: list[str]) -> NDArray[np.int64]:
    """A sort key per address: by version and number; what is no address comes last."""
    keys = np.array([_sort_key(each) for each in texts], np.bytes_)
    return np.unique(keys, return_inverse=True)[1].astype(np.int64)


def _sort_key(text: str) -> bytes:
    try:
        if ":" in text:
            return b"6" + socket.inet_pton(socket.AF_INET6, text)
        return b"4" + socket.inet_pton(socket.AF_INET, text)
    except (OSError, ValueError):
        return b"9" + text.encode("utf-8", "replace")[:40]

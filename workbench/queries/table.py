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
from workbench.queries.origins import NOT_A_LIST, REGISTRY, SPECIAL, Totals, totals


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
    country, countries, differs = _newest(reader, "country", size)
    network, names, _ = _newest(reader, "as_name", size)
    asns, numbers, _ = _newest(reader, "asn", size)
    values = np.array([int(each) if each.isdecimal() else -1 for each in numbers] or [0], np.int64)
    asn = np.where(asns >= 0, values[np.maximum(asns, 0)], np.int64(np.iinfo(np.int64).min))
    label, labels, bare = _labels(reader, size)
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
        differs,
        bare,
        len(releases),
        max(releases, default=""),
    )


_Codes = NDArray[np.int32]


def _newest(reader: Reader, key: str, size: int) -> tuple[_Codes, list[str], NDArray[np.bool_]]:
    """A code per address for what the newest release claims of `key`, the first of several in one; the words; and
    where sets disagree.

    SQLite puts the ids of each word together as one text, so that no claim becomes a Python object.
    """
    releases = dict(reader.all("SELECT id, release FROM dataset"))
    ordered = sorted(set(releases.values()))
    words: dict[str, int] = {}
    parts: list[NDArray[np.int64]] = []
    for dataset, value, addresses, claims in reader.conn.execute(
        "SELECT dataset, value, group_concat(address), group_concat(id) FROM claim WHERE key = ? "
        "GROUP BY dataset, value",
        (key,),
    ):
        code = words.setdefault(value, len(words))
        found, rows = _numbers(addresses), _numbers(claims)
        rank = np.full(len(found), ordered.index(releases[dataset]), np.int64)
        parts.append(np.stack([found, rank, -rows, np.full(len(found), code, np.int64)]))
    codes, differs = np.full(size, -1, np.int32), np.zeros(size, bool)
    if parts:
        every = np.concatenate(parts, axis=1)
        every = every[:, np.lexsort((every[2], every[1]))]
        codes[every[0]] = every[3]  # of several the last one stays: the newest release, the first claim in it
        differs[every[0][codes[every[0]] != every[3]]] = True
    return codes, list(words), differs


def _labels(reader: Reader, size: int) -> tuple[_Codes, list[tuple[str, ...]], NDArray[np.bool_]]:
    """A code per address for its set of labels, the sets, and which addresses no list holds.

    The rule for *unlisted* is that of `workbench.queries.origins.unlisted`.
    """
    by_label: dict[str, NDArray[np.bool_]] = {}
    for value, addresses in reader.conn.execute(
        "SELECT value, group_concat(address) FROM claim WHERE key = 'label' GROUP BY value"
    ):
        by_label[value] = _table(addresses, size)
    none = np.zeros(size, bool)
    looked = _table(reader.value("SELECT group_concat(address) FROM (SELECT DISTINCT address FROM lookup)"), size)
    described = _table(
        reader.value(
            "SELECT group_concat(address) FROM (SELECT DISTINCT c.address FROM claim c "
            "JOIN dataset d ON d.id = c.dataset WHERE d.name <> ?)",
            (REGISTRY,),
        ),
        size,
    )
    listed = _any([table for value, table in by_label.items() if value not in NOT_A_LIST], none)
    special = _any([table for value, table in by_label.items() if value in SPECIAL], none)
    by_label["unlisted"] = bare = looked & ~listed & ~(special & ~described)
    ordered = sorted(by_label, key=_label_order)
    signs = np.stack([by_label[each] for each in ordered], axis=1)
    packed = np.packbits(signs, axis=1)
    distinct, first, codes = np.unique(
        packed.view(f"V{packed.shape[1]}").reshape(-1), return_index=True, return_inverse=True
    )
    sets = [tuple(ordered[at] for at in np.flatnonzero(signs[row])) for row in first.tolist()]
    empty = np.array([not each for each in sets])
    del distinct
    return np.where(empty[codes], -1, codes).astype(np.int32), sets, bare


def _any(tables: list[NDArray[np.bool_]], none: NDArray[np.bool_]) -> NDArray[np.bool_]:
    found = none.copy()
    for each in tables:
        found |= each
    return found


def _numbers(listed: str | None) -> NDArray[np.int64]:
    return np.fromstring(listed or "", np.int64, sep=",")


def _table(listed: str | None, size: int) -> NDArray[np.bool_]:
    found = np.zeros(size, bool)
    found[_numbers(listed)] = True
    return found


def _label_order(label: str) -> tuple[int, str]:
    """What no list holds first, what the registries say of everybody's addresses last."""
    return (0 if label == "unlisted" else 2 if label in NOT_A_LIST else 1, label)


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

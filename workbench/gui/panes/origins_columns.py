"""The columns of the origins table, from packed arrays; no Python object per row."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from workbench.core.times import DAY
from workbench.gui.texts import text
from workbench.gui.widgets.table import Coded, Column
from workbench.origins.lookup import STALE_DAYS
from workbench.origins.names import countries
from workbench.queries.table import Origins

UNLISTED = "unlisted"
_NULL = np.iinfo(np.int64).min


def columns(found: Origins, held: str) -> list[Column]:
    """Titles, kinds and the words behind codes."""
    names = dict(countries())
    bare = text("panes.label.unlisted")
    return [
        Column("address", text("panes.origins.address"), "mono", 128),
        Column("country", text("panes.origins.country-title"), "flag", 66, names=names, unknown=text("panes.unknown")),
        Column("network", text("panes.origins.network"), "text", 170, unknown=text("panes.unknown")),
        Column(
            "labels",
            text("panes.origins.labels"),
            "chips",
            176,
            tooltip=f"{bare}: {held}",
            names={bare: held},
            accent=frozenset({bare}),
            unknown=text("panes.origins.not-looked-up"),
        ),
        Column("uploads", text("panes.origins.uploads"), "bar", 118),
        Column("events", text("panes.origins.events"), "number", 66),
        Column("first", text("panes.origins.first"), "time", 142),
        Column("last", text("panes.origins.last"), "time", 142),
    ]


def order_of(found: Origins) -> NDArray[np.int64]:
    """Exceptions first, then as they came: the most uploads first. The observer's own come last."""
    ids = found.totals.ids
    bare = found.networks.unlisted[ids] & ~found.own
    return np.lexsort((np.arange(len(ids)), found.own, ~bare))


def data_of(found: Origins, order: NDArray[np.int64], held: str) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """Values per column, and sort keys where words have an order of their own."""
    ids, networks, totals = found.totals.ids[order], found.networks, found.totals
    own = found.own[order]
    labels, codes = _label_words(found, ids, own)
    wide, network = _network_words(found, ids)
    data: dict[str, Any] = {
        "address": Coded(np.arange(len(ids)), [networks.texts[each] for each in ids.tolist()]),
        "country": Coded(networks.country[ids], networks.countries),
        "network": Coded(network, wide),
        "labels": Coded(codes, labels),
        "uploads": totals.uploads[order],
        "events": totals.events[order],
        "first": totals.first[order],
        "last": totals.last[order],
    }
    del held
    return data, {"address": networks.order[ids]}


def _label_words(
    found: Origins, ids: NDArray[np.int64], own: NDArray[np.bool_]
) -> tuple[list[tuple[str, ...]], NDArray[np.int64]]:
    """Chips in words: *on no list held* instead of a code, *own* in front."""
    bare = text("panes.label.unlisted")
    plain = [
        tuple(sorted((bare if each == UNLISTED else each for each in label), key=lambda word: word != bare))
        for label in found.networks.labels
    ]
    words = [*plain, *((text("panes.label.own"), *each) for each in plain), (text("panes.label.own"),)]
    codes = found.networks.label[ids].astype(np.int64)
    own_codes = np.where(codes >= 0, codes + len(plain), len(words) - 1)
    return words, np.where(own, own_codes, codes)


def _network_words(found: Origins, ids: NDArray[np.int64]) -> tuple[list[str], NDArray[np.int64]]:
    """The network's name and number: *Home access CN · AS64510*."""
    networks = found.networks
    pairs = np.stack([networks.network[ids].astype(np.int64), networks.asn[ids]], axis=1)
    distinct, codes = np.unique(pairs, axis=0, return_inverse=True)
    words: list[str] = []
    for name, asn in distinct.tolist():
        number = "" if asn in (_NULL, -1) else f"AS{asn}"
        words.append(" · ".join(each for each in ("" if name < 0 else networks.networks[name], number) if each))
    codes = codes.reshape(-1).astype(np.int64)
    blank = np.array([not each for each in words] or [False])
    return words, np.where(blank[codes], -1, codes) if len(words) else codes


def stale_days(release_day: int, times: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which event times lie more than `STALE_DAYS` from the day (since 1970) of a data set's release?"""
    return np.abs(times // DAY - release_day) > STALE_DAYS

"""The columns of the origins table, from packed arrays; no Python object per row."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from workbench.core.messages import Message
from workbench.gui.texts import message_text, text
from workbench.gui.widgets.table import Coded, Column
from workbench.origins.lookup import stale
from workbench.origins.names import countries
from workbench.queries.origins import NOT_A_LIST
from workbench.queries.table import Origins

UNLISTED = "unlisted"
_NULL = np.iinfo(np.int64).min


def columns(names_of_networks: dict[str, str], held: str) -> list[Column]:
    """Titles, kinds and the words behind codes."""
    names = dict(countries())
    bare = text("panes.label.unlisted")
    return [
        Column("address", text("panes.origins.address"), "mono", 136),
        Column("country", text("panes.origins.country-title"), "flag", 64, names=names, unknown=text("panes.unknown")),
        Column(
            "network",
            text("panes.origins.network"),
            "text",
            96,
            names=names_of_networks,
            unknown=text("panes.unknown"),
        ),
        Column(
            "labels",
            text("panes.origins.labels"),
            "chips",
            120,
            tooltip=f"{bare}: {held}",
            names={bare: held},
            accent=frozenset({bare}),
            unknown=text("panes.origins.not-looked-up"),
        ),
        Column("uploads", text("panes.origins.uploads"), "bar", 112),
        Column("events", text("panes.origins.events"), "number", 66),
        Column("first", text("panes.origins.first"), "time", 142),
        Column("last", text("panes.origins.last"), "time", 142),
    ]


def order_of(found: Origins) -> NDArray[np.int64]:
    """Exceptions first, then as they came: the most uploads first. The observer's own come last."""
    ids = found.totals.ids
    bare = found.networks.unlisted[ids] & ~found.own
    return np.lexsort((np.arange(len(ids)), found.own, ~bare))


def data_of(found: Origins, order: NDArray[np.int64]) -> tuple[dict[str, Any], dict[str, NDArray[Any]], dict[str, str]]:
    """Values per column; sort keys where words have an order of their own; long words of networks."""
    ids, networks, totals = found.totals.ids[order], found.networks, found.totals
    own = found.own[order]
    labels, codes = _label_words(found, ids, own)
    words, network, long = _network_words(found, ids)
    data: dict[str, Any] = {
        "address": Coded(np.arange(len(ids)), [networks.texts[each] for each in ids.tolist()]),
        "country": Coded(networks.country[ids], networks.countries),
        "network": Coded(network, words),
        "labels": Coded(codes, labels),
        "uploads": totals.uploads[order],
        "events": totals.events[order],
        "first": totals.first[order],
        "last": totals.last[order],
    }
    return data, {"address": networks.order[ids]}, long


def _label_words(
    found: Origins, ids: NDArray[np.int64], own: NDArray[np.bool_]
) -> tuple[list[tuple[str, ...]], NDArray[np.int64]]:
    """Chips in words: *on no list held* instead of a code, *own* in front."""
    bare = text("panes.label.unlisted")
    plain = [tuple(bare if each == UNLISTED else each for each in _telling(label)) for label in found.networks.labels]
    words = [*plain, *((text("panes.label.own"), *each) for each in plain), (text("panes.label.own"),)]
    codes = found.networks.label[ids].astype(np.int64)
    own_codes = np.where(codes >= 0, codes + len(plain), len(words) - 1)
    return words, np.where(own, own_codes, codes)


def _telling(label: tuple[str, ...]) -> tuple[str, ...]:
    """Without what registries say of everybody's addresses, where something else is said; detail has all of it."""
    return tuple(each for each in label if each not in NOT_A_LIST) or label


def _network_words(found: Origins, ids: NDArray[np.int64]) -> tuple[list[str], NDArray[np.int64], dict[str, str]]:
    """The network's name, or its number where it has none; and both of them for tooltip and search."""
    networks = found.networks
    pairs = np.stack([networks.network[ids].astype(np.int64), networks.asn[ids]], axis=1)
    distinct, codes = np.unique(pairs, axis=0, return_inverse=True)
    words: list[str] = []
    long: dict[str, str] = {}
    for name, asn in distinct.tolist():
        number = "" if asn in (_NULL, -1) else f"AS{asn}"
        said = "" if name < 0 else networks.networks[name]
        words.append(said or number)
        if said and number:
            long[said] = f"{long[said]}, {number}" if said in long else f"{said} · {number}"
    codes = codes.reshape(-1).astype(np.int64)
    blank = np.array([not each for each in words] or [False])
    return words, np.where(blank[codes], -1, codes) if len(words) else codes, long


def held_words(found: Origins) -> str:
    """*on no list held (7 sets, newest …)*, and whether those sets are of another time than the events."""
    networks = found.networks
    if not networks.sets:
        return message_text(Message("origins.no-lists"))
    code = "origins.on-no-list-one" if networks.sets == 1 else "origins.on-no-list"
    said = message_text(Message(code, {"sets": networks.sets, "newest": networks.newest}))
    times = found.totals.last[found.totals.last != _NULL]
    old = stale(networks.newest, int(times.max())) if len(times) else None
    return said if old is None else f"{said}; {message_text(old)}"

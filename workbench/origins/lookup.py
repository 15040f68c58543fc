"""Ask all data sets at once, and say in a word what came out."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workbench.core.messages import Message
from workbench.core.records import Claim
from workbench.origins import special
from workbench.origins.addresses import Addresses, Positions, Version, is_address, parse
from workbench.origins.dataset import ASN, LABEL, AsTable, DataSet, PrefixSet

UNLISTED = "unlisted"
"""Label of an address that no set held lists: absence of evidence, never "residential"."""
STALE_DAYS = 90

_DATE = re.compile(r"(\d{4})-(\d{2})-(\d{2})")
_EPOCH = date(1970, 1, 1)
_DAY = 86_400_000_000
_SAYS_NOTHING = frozenset({special.PRIVATE, special.RESERVED, special.TUNNEL, "carrier"})
_NOT_PUBLIC = frozenset({special.PRIVATE, special.RESERVED})


def claims(addresses: Sequence[str], datasets: Iterable[DataSet]) -> list[list[Claim]]:
    """What each data set says of each address: one list per address, in the order of the data sets.

    Claims on prefixes come first, then those on the networks (AS) that were found. Sets that disagree stand side by
    side. A host name gets none. Pure and deterministic; no network. Raises `UserError` when a set is damaged.
    """
    parsed = parse(addresses)
    found: list[list[Claim]] = [[] for _ in addresses]
    tables: list[AsTable] = []
    for dataset in datasets:
        if isinstance(dataset, AsTable):
            tables.append(dataset)
        elif isinstance(dataset, PrefixSet):
            _ask(dataset, 4, parsed.v4, parsed.v4_at, found)
            _ask(dataset, 6, parsed.v6, parsed.v6_at, found)
            if dataset.about.name == special.NAME:
                _unwrap(parsed, found)
    if tables:
        _ask_networks(tables, found)
    return found


def _ask(
    dataset: PrefixSet, version: Version, numbers: NDArray[Any], positions: Positions, found: list[list[Claim]]
) -> None:
    if not len(numbers):
        return
    hits = dataset.ranges(version).find(numbers)
    # claims of a range are made once and shared by all addresses in it
    distinct, which = np.unique(hits, return_inverse=True)
    said = [dataset.claims_at(version, number) if number >= 0 else () for number in distinct.tolist()]
    for position, one in zip(positions.tolist(), which.tolist(), strict=True):
        found[position].extend(said[one])


def _unwrap(parsed: Addresses, found: list[list[Claim]]) -> None:
    """Say which IPv4 address a tunnelled one carries."""
    about = special.special_set().about
    for position, number in zip(parsed.v6_at.tolist(), parsed.v6.tolist(), strict=True):
        inner = special.embedded(number)
        if inner:
            prefix = next((claim.prefix for claim in found[position] if claim.dataset == about.name), "")
            found[position].append(about.claim(prefix, special.EMBEDDED, inner))


def _ask_networks(tables: list[AsTable], found: list[list[Claim]]) -> None:
    said: dict[str, list[Claim]] = {}
    for mine in found:
        for asn in sorted({claim.value for claim in mine if claim.key == ASN}, key=int):
            if asn not in said:
                said[asn] = [claim for table in tables for claim in table.claims_of(asn)]
            mine.extend(said[asn])


@dataclass(frozen=True)
class Held:
    """The sets that were asked whether they list an address: how many, and the newest release."""

    sets: int
    newest: str

    def message(self) -> Message:
        """How `UNLISTED` is worded: "on no list held (n sets, newest …)"."""
        if not self.sets:
            return Message("origins.no-lists")
        code = "origins.on-no-list-one" if self.sets == 1 else "origins.on-no-list"
        return Message(code, {"sets": self.sets, "newest": self.newest})


def held(datasets: Iterable[DataSet]) -> Held:
    """Count the sets that could have listed an address; country and AS sets cannot."""
    releases = [dataset.about.release for dataset in datasets if dataset.lists_labels]
    return Held(len(releases), max(releases, default=""))


def labels_of(address: str, claims: Iterable[Claim], lists: Held) -> list[str]:
    """The labels of an address, sorted; `UNLISTED` when no set held lists it.

    A private or reserved address belongs to no public network, so "on no list" would say nothing of it: it is
    called unlisted only when some other set describes it (an invented set for documentation addresses, a user's set
    for the own network). A host name has no labels. With no set held that lists anything, nothing is called unlisted.
    """
    if not is_address(address):
        return []
    labels: set[str] = set()
    described = False
    for claim in claims:
        if claim.key == LABEL:
            labels.add(claim.value)
        described = described or claim.dataset != special.NAME
    if lists.sets and labels <= _SAYS_NOTHING and (described or not labels & _NOT_PUBLIC):
        labels.add(UNLISTED)
    return sorted(labels)


def disagreements(claims: Iterable[Claim], key: str) -> list[str]:
    """The different values that sets give for a key (such as two countries), the most frequent first."""
    counted = Counter(claim.value for claim in claims if claim.key == key)
    return [value for value, _ in sorted(counted.items(), key=lambda item: (-item[1], item[0]))]


def stale(release: str, event_time: int) -> Message | None:
    """Whether a set is more than 90 days older or newer than an event (microseconds UTC), in words; else null.

    A release without a date is called undated. The IANA registries hardly change: ask `stale_claim` for claims.
    """
    found = _DATE.match(release)
    try:
        day = date(*map(int, found.groups())) if found else None
    except ValueError:
        day = None
    if day is None:
        return Message("origins.set-undated", {"release": release or None})
    days = (_EPOCH + timedelta(days=event_time // _DAY) - day).days
    if abs(days) <= STALE_DAYS:
        return None
    return Message("origins.set-older" if days > 0 else "origins.set-newer", {"release": release, "days": abs(days)})


def stale_claim(claim: Claim, event_time: int) -> Message | None:
    """`stale` for a claim; the IANA registries never are."""
    return None if claim.dataset == special.NAME else stale(claim.release, event_time)

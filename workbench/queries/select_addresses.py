"""From the facets of a filter that speak of networks to addresses."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from workbench.case.readers import Reader
from workbench.core.errors import UserError
from workbench.core.filter import Filter
from workbench.queries.mask import Mask, ids_of, size_of, table_of
from workbench.queries.shown import marks


def addresses(reader: Reader, asked: Filter) -> Mask | None:
    """Lookup table of the addresses that the filter's network facets choose; null when it has none.

    An event without an address (index 0) is in none of them, and is hit by no exclusion.
    """
    mask: Mask | None = None
    size = size_of(reader, "address")
    for facet in ("address", "country", "asn", "label"):
        for name, wanted in ((facet, True), (f"not_{facet}", False)):
            values = getattr(asked, name)
            if values:
                hit = table_of(size, _addresses_by(reader, facet, values))
                mask = np.ones(size + 1, bool) if mask is None else mask
                mask &= hit if wanted else ~hit
    return mask


def _addresses_by(reader: Reader, facet: str, values: Sequence[Any]) -> Iterable[int]:
    if facet == "address":
        return _in_networks(reader, values)
    if facet == "label" and "unlisted" in values:
        from workbench.queries.origins import unlisted

        rest = [each for each in values if each != "unlisted"]
        return unlisted(reader) | set(_claimed(reader, "label", rest) if rest else ())
    return _claimed(reader, facet, [str(each) for each in values])


def _claimed(reader: Reader, key: str, values: Sequence[str]) -> Iterable[int]:
    """Addresses of which some data set claims one of these values."""
    return ids_of(
        reader, f"SELECT DISTINCT address FROM claim WHERE key = ? AND value IN ({marks(values)})", (key, *values)
    )


def _in_networks(reader: Reader, values: Sequence[str]) -> list[int]:
    exact: set[str] = set()
    networks: list[ipaddress.IPv4Network | ipaddress.IPv6Network] = []
    for value in values:
        try:
            if "/" in value:
                networks.append(ipaddress.ip_network(value, strict=False))
            else:
                exact.add(str(ipaddress.ip_address(value)))
        except ValueError:
            raise UserError("filter-address", address=value) from None
    found: list[int] = []
    for row, text in reader.conn.execute("SELECT id, text FROM address"):
        if text in exact:
            found.append(row)
        elif networks:
            try:
                address = ipaddress.ip_address(text)
            except ValueError:
                continue  # a host name lies in no network
            if any(address in network for network in networks if network.version == address.version):
                found.append(row)
    return found

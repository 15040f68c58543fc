"""Forwarded-for lists: what proxies say of whom they speak for (RFC 7239 and the older X-Forwarded-For).

Every proxy adds at the right end the address that connected to it. What stands further left came with the request, and
a client can write there what it likes: it is a claim.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from functools import cache
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from workbench.core.errors import UserError
from workbench.logs.fields import ip_text, readable, unescape

LOCAL = (
    "127.0.0.0/8", "::1/128", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7", "169.254.0.0/16",
    "fe80::/10", "100.64.0.0/10",
)  # fmt: skip
"""Loopback, private (RFC 1918, RFC 4193), link-local (RFC 3927, RFC 4291) and carrier-grade NAT (RFC 6598): no client
on the Internet connects from there, so whoever does is a proxy of the server's own side."""
SOCKET = "unix:"
"""What nginx writes for a peer on a local socket."""

_PORT = re.compile(r"(\d{1,3}(?:\.\d{1,3}){3}|\[[0-9A-Fa-f:.%\w]+\]):(?:\d{1,5}|_[\w.-]+)")
_FOR = re.compile(r'(?:^|;)\s*for\s*=\s*"?([^;"]*)"?', re.IGNORECASE)
_OBFUSCATED = re.compile(r"_[A-Za-z0-9._-]+")
UNKNOWN = "unknown"


class Trust:
    """Addresses that are taken for proxies: the local ones and those that the user names (CIDR).

    Raises `UserError` ``proxy-unclear`` for what is no address or network.
    """

    def __init__(self, named: Sequence[str] = ()) -> None:
        self.named = tuple(str(_network(each)) for each in named)
        self._networks = [ip_network(each) for each in (*LOCAL, *self.named)]
        self.holds = cache(self._holds)

    def _holds(self, address: str) -> bool:
        if address == SOCKET:
            return True
        try:
            found = ip_address(address)
        except ValueError:
            return False  # a name: whoever owns its address wrote it
        return any(found in network for network in self._networks if network.version == found.version)


def _network(text: str) -> IPv4Network | IPv6Network:
    try:
        return ip_network(text.strip(), strict=False)
    except ValueError:
        raise UserError("proxy-unclear", proxy=text) from None


def items_of(raw: bytes) -> tuple[str, ...]:
    """The items of a list as the line has them, without the quotes or brackets around all of it; ``-`` is none."""
    text = readable(unescape(raw)).strip()
    if len(text) > 1 and text[0] == text[-1] == '"':
        text = text[1:-1].strip()
    if text.startswith("[") and text.endswith("]") and text.find("]") == len(text) - 1:
        text = text[1:-1].strip()
    return tuple(item for each in text.split(",") if (item := each.strip()) not in ("", "-"))


def address_of(item: str) -> str | None:
    """The IP address in an item, without a port; null for ``unknown``, hidden names and anything else."""
    if "=" in item:
        found = _FOR.search(item)
        if found is None:
            return None
        item = found[1]
    item = item.strip('" ')
    if with_port := _PORT.fullmatch(item):
        item = with_port[1]
    return ip_text(item.encode("utf-8", "replace"))


def is_list(items: Sequence[str]) -> bool:
    """May this be a forwarded-for list? Items are addresses, ``unknown`` or hidden names."""
    return all(item.lower() == UNKNOWN or _OBFUSCATED.fullmatch(item) or address_of(item) is not None for item in items)


def client_of(peer: str | None, items: Sequence[str], trust: Trust) -> str | None:
    """Who the list says the client is: the rightmost address that is no trusted proxy, if the peer is one.

    Null where the peer is none, where all are proxies, and where the item that counts names nobody: what stands left of
    it is only a claim. `peer` is null where the line does not tell it.
    """
    if peer is not None and not trust.holds(peer):
        return None
    for item in reversed(items):
        address = address_of(item)
        if address is None:
            return None
        if not trust.holds(address):
            return address
    return None


def to_text(items: Sequence[str]) -> str:
    """A list as it is kept in the case."""
    return json.dumps(list(items), ensure_ascii=False)


def from_text(text: str) -> list[str]:
    """A list as it was kept."""
    found: list[str] = json.loads(text)
    return found

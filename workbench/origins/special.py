"""Addresses that are nobody's on the public Internet: the IANA special-purpose registries.

Own table after the RFCs named in each row and the IANA IPv4 and IPv6 Special-Purpose Address Registries (the
IPv6 one as updated on 2025-10-09; RFC 6890, RFC 8190), with multicast (RFC 5771, RFC 4291) and the deprecated
site-local prefix (RFC 3879) added. The narrowest row speaks.
"""

from __future__ import annotations

import hashlib
import ipaddress
import json
from functools import cache

from workbench.origins.addresses import parse_range
from workbench.origins.dataset import LABEL, About
from workbench.origins.tableset import RESERVED_NAME, Entry, TableSet

NAME = RESERVED_NAME
RELEASE = "2025-10-09"
SPECIAL = "special"
"""Key of a claim: what IANA keeps the range for."""
EMBEDDED = "embedded"
"""Key of a claim: the IPv4 address inside a 6to4, Teredo or NAT64 address."""
PRIVATE, RESERVED, TUNNEL = "private", "reserved", "tunnel"

_PUBLIC = ""
"""Special, yet reachable from everywhere: named, not labelled."""

ROWS: tuple[tuple[str, str, str, str], ...] = (
    ("0.0.0.0/8", RESERVED, "This network", "RFC 791"),
    ("10.0.0.0/8", PRIVATE, "Private use", "RFC 1918"),
    ("100.64.0.0/10", PRIVATE, "Shared address space (carrier-grade NAT)", "RFC 6598"),
    ("127.0.0.0/8", PRIVATE, "Loopback", "RFC 1122"),
    ("169.254.0.0/16", PRIVATE, "Link-local", "RFC 3927"),
    ("172.16.0.0/12", PRIVATE, "Private use", "RFC 1918"),
    ("192.0.0.0/24", RESERVED, "IETF protocol assignments", "RFC 6890"),
    ("192.0.0.9/32", _PUBLIC, "Port Control Protocol anycast", "RFC 7723"),
    ("192.0.0.10/32", _PUBLIC, "TURN anycast", "RFC 8155"),
    ("192.0.2.0/24", RESERVED, "Documentation (TEST-NET-1)", "RFC 5737"),
    ("192.31.196.0/24", _PUBLIC, "AS112-v4", "RFC 7535"),
    ("192.52.193.0/24", _PUBLIC, "AMT", "RFC 7450"),
    ("192.88.99.0/24", RESERVED, "Deprecated (6to4 relay anycast)", "RFC 7526"),
    ("192.168.0.0/16", PRIVATE, "Private use", "RFC 1918"),
    ("192.175.48.0/24", _PUBLIC, "Direct delegation AS112 service", "RFC 7534"),
    ("198.18.0.0/15", RESERVED, "Benchmarking", "RFC 2544"),
    ("198.51.100.0/24", RESERVED, "Documentation (TEST-NET-2)", "RFC 5737"),
    ("203.0.113.0/24", RESERVED, "Documentation (TEST-NET-3)", "RFC 5737"),
    ("224.0.0.0/4", RESERVED, "Multicast", "RFC 5771"),
    ("240.0.0.0/4", RESERVED, "Reserved for future use", "RFC 1112"),
    ("255.255.255.255/32", RESERVED, "Limited broadcast", "RFC 919"),
    ("::/128", RESERVED, "Unspecified address", "RFC 4291"),
    ("::1/128", PRIVATE, "Loopback", "RFC 4291"),
    ("64:ff9b::/96", TUNNEL, "IPv4-IPv6 translation", "RFC 6052"),
    ("64:ff9b:1::/48", PRIVATE, "IPv4-IPv6 translation, local use", "RFC 8215"),
    ("100::/64", RESERVED, "Discard-only", "RFC 6666"),
    ("100:0:0:1::/64", RESERVED, "Dummy prefix", "RFC 9780"),
    ("2001::/23", RESERVED, "IETF protocol assignments", "RFC 2928"),
    ("2001::/32", TUNNEL, "Teredo", "RFC 4380"),
    ("2001:1::1/128", _PUBLIC, "Port Control Protocol anycast", "RFC 7723"),
    ("2001:1::2/128", _PUBLIC, "TURN anycast", "RFC 8155"),
    ("2001:1::3/128", _PUBLIC, "DNS-SD Service Registration Protocol anycast", "RFC 9665"),
    ("2001:2::/48", RESERVED, "Benchmarking", "RFC 5180"),
    ("2001:3::/32", _PUBLIC, "AMT", "RFC 7450"),
    ("2001:4:112::/48", _PUBLIC, "AS112-v6", "RFC 7535"),
    ("2001:10::/28", RESERVED, "Deprecated (ORCHID)", "RFC 4843"),
    ("2001:20::/28", _PUBLIC, "ORCHIDv2", "RFC 7343"),
    ("2001:30::/28", _PUBLIC, "Drone remote ID entity tags", "RFC 9374"),
    ("2001:db8::/32", RESERVED, "Documentation", "RFC 3849"),
    ("2002::/16", TUNNEL, "6to4", "RFC 3056"),
    ("2620:4f:8000::/48", _PUBLIC, "Direct delegation AS112 service", "RFC 7534"),
    ("3fff::/20", RESERVED, "Documentation", "RFC 9637"),
    ("5f00::/16", RESERVED, "Segment routing (SRv6) SIDs", "RFC 9602"),
    ("fc00::/7", PRIVATE, "Unique-local", "RFC 4193"),
    ("fe80::/10", PRIVATE, "Link-local", "RFC 4291"),
    ("fec0::/10", PRIVATE, "Deprecated (site-local)", "RFC 3879"),
    ("ff00::/8", RESERVED, "Multicast", "RFC 4291"),
)
"""Prefix, label, name, source."""


@cache
def special_set() -> TableSet:
    """The registries as a data set named ``iana-special``.

    ``private`` stands for addresses of a local network (loopback, link-local and carrier-grade NAT included),
    ``reserved`` for addresses that no client on the Internet has, documentation (RFC 5737, RFC 3849) included,
    ``tunnel`` for those that carry an IPv4 address: these are real clients, so the label excludes nothing.
    """
    entries = []
    for prefix, label, purpose, source in ROWS:
        start, end, version = parse_range(prefix)
        values = [(SPECIAL, f"{purpose}, {source}")] + ([(LABEL, label)] if label else [])
        entries.append(Entry(version, start, end, tuple(values)))
    about = About(
        name=NAME,
        title="IANA special-purpose addresses",
        release=RELEASE,
        kind="mixed",
        licence="facts",
        rows=len(ROWS),
        sha256=hashlib.sha256(json.dumps(ROWS).encode()).digest(),
        attribution="Own table after the RFCs named in each row and the IANA special-purpose address registries.",
    )
    table = TableSet(about, entries, narrowest=True)
    table.lists_labels = False
    return table


def embedded(address: bytes) -> str | None:
    """The IPv4 address inside a 6to4 (RFC 3056), Teredo (the client's, RFC 4380 §4) or NAT64 address (RFC 6052)."""
    address = address.ljust(16, b"\0")
    if address.startswith(b"\x20\x02"):
        inner = address[2:6]
    elif address.startswith(b"\x20\x01\x00\x00"):
        inner = bytes(byte ^ 0xFF for byte in address[12:])
    elif address.startswith(b"\x00\x64\xff\x9b" + bytes(8)):
        inner = address[12:]
    else:
        return None
    return str(ipaddress.IPv4Address(inner))

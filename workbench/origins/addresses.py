"""Texts to numbers and back: many addresses at once, and ranges as people write them."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Version = Literal[4, 6]
Positions = NDArray[np.int64]
V4 = NDArray[np.uint32]
V6 = NDArray[np.bytes_]
"""IPv6 addresses as 16 big-endian bytes (``S16``): these compare like the numbers they stand for."""

_MAPPED = bytes(10) + b"\xff\xff"
BITS: dict[Version, int] = {4: 32, 6: 128}


@dataclass(frozen=True)
class Addresses:
    """Parsed addresses and where each stood in the list; what is not an address is in neither."""

    v4: V4
    v4_at: Positions
    v6: V6
    v6_at: Positions


def parse(texts: Sequence[str]) -> Addresses:
    """Read a list of addresses. Host names, ports and other texts are left out, not guessed at.

    An IPv4-mapped IPv6 address (``::ffff:192.0.2.1``, RFC 4291 §2.5.5.2) is what a dual-stack server logs for an
    IPv4 client, so it is read as that IPv4 address. A zone index (``fe80::1%eth0``) is dropped.
    """
    v4: list[bytes] = []
    v4_at: list[int] = []
    v6: list[bytes] = []
    v6_at: list[int] = []
    for position, text in enumerate(texts):
        packed = _packed(text)
        if packed is None:
            continue
        if len(packed) == 4:
            v4.append(packed)
            v4_at.append(position)
        else:
            v6.append(packed)
            v6_at.append(position)
    return Addresses(
        np.frombuffer(b"".join(v4), dtype=">u4").astype(np.uint32),
        np.array(v4_at, dtype=np.int64),
        np.frombuffer(b"".join(v6), dtype="S16") if v6 else np.empty(0, dtype="S16"),
        np.array(v6_at, dtype=np.int64),
    )


def is_address(text: str) -> bool:
    """Whether the text is an IP address (and not a host name, a range, an address with a port)."""
    return _packed(text) is not None


def _packed(text: str) -> bytes | None:
    try:
        if ":" not in text:
            return socket.inet_pton(socket.AF_INET, text)
        packed = ipaddress.IPv6Address(text).packed
    except (OSError, ValueError):  # UnicodeEncodeError and an embedded NUL are ValueErrors
        return None
    return packed[12:] if packed.startswith(_MAPPED) else packed


def address_text(value: int, version: Version) -> str:
    """One address as people write it (RFC 5952 for IPv6)."""
    return str(ipaddress.IPv4Address(value) if version == 4 else ipaddress.IPv6Address(value))


def range_text(start: int, end: int, version: Version) -> str:
    """``a.b.c.d/n`` when the inclusive range is exactly one network, else ``start-end``.

    Never the covering network: that would claim addresses of which the data set says nothing.
    """
    size = end - start + 1
    if size & (size - 1) == 0 and start % size == 0:
        return f"{address_text(start, version)}/{BITS[version] - size.bit_length() + 1}"
    return f"{address_text(start, version)}-{address_text(end, version)}"


def parse_range(text: str) -> tuple[int, int, Version]:
    """Read ``network/length``, one address or ``start-end`` into inclusive numbers.

    Raises `ValueError` for anything else, host bits beyond the prefix length included.
    """
    first, dash, last = text.partition("-")
    if dash:
        low, high = ipaddress.ip_address(first.strip()), ipaddress.ip_address(last.strip())
        if low.version != high.version or int(low) > int(high):
            raise ValueError(text)
        return int(low), int(high), low.version
    network = ipaddress.ip_network(text.strip())
    return int(network.network_address), int(network.broadcast_address), network.version

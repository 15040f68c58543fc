"""The invented networks that the demonstration's addresses belong to, and who sits at which address.

All addresses are for documentation (RFC 5737, RFC 3849), all system numbers too (RFC 5398). No such company exists.
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address, ip_network

OWN = "203.0.113.200"
"""The observer's own address."""


@dataclass(frozen=True)
class Network:
    """One row of the invented data set."""

    prefix: str
    country: str
    asn: int
    name: str
    labels: tuple[str, ...]


NETWORKS = (
    Network("192.0.2.0/26", "NL", 64496, "Fogbank Tunnels (invented)", ("vpn", "hosting")),
    Network("192.0.2.64/26", "SG", 64497, "Plum Rain Hosting (invented)", ("vpn", "hosting")),
    Network("192.0.2.128/26", "JP", 64498, "Night Tram VPN (invented)", ("vpn",)),
    Network("192.0.2.192/26", "DE", 64499, "Cellar Racks (invented)", ("hosting",)),
    Network("198.51.100.0/28", "CN", 64500, "Willow Quay Home Access (invented)", ()),
    Network("198.51.100.16/28", "CN", 64501, "North Bridge Home Access (invented)", ()),
    Network("198.51.100.80/28", "CN", 64502, "Salt Field Home Access (invented)", ()),
    Network("198.51.100.128/26", "US", 65536, "Lemon Crate Cloud (invented)", ("hosting",)),
    Network("198.51.100.192/26", "HK", 65537, "Paper Crane VPN (invented)", ("vpn",)),
    Network("203.0.113.32/28", "ES", 64503, "Patio Fibra Home Access (invented)", ()),
    Network("203.0.113.64/27", "US", 65538, "Third Shelf Servers (invented)", ("hosting",)),
    Network("203.0.113.96/27", "RO", 65539, "Onion Door Exits (invented)", ("tor", "hosting")),
    Network("203.0.113.128/26", "KR", 65540, "Quiet Stair VPN (invented)", ("vpn", "hosting")),
    Network("203.0.113.192/27", "SE", 65541, "Lighthouse Tunnel (invented)", ("vpn",)),
    Network("203.0.113.224/27", "US", 65542, "Knock Knock Scans (invented)", ("hosting",)),
    Network("2001:db8:4::/48", "DE", 65543, "Cellar Racks Six (invented)", ("hosting",)),
    Network("2001:db8:9::/48", "SG", 65544, "Plum Rain Six (invented)", ("vpn", "hosting")),
    Network("2001:db8:77::/48", "US", 65545, "Knock Knock Six (invented)", ("hosting",)),
)

EXCEPTIONS = {"203.0.113.41": "ES", "198.51.100.7": "CN", "198.51.100.19": "CN", "198.51.100.88": "CN"}
"""The four on no list, and their countries."""
EXCEPTION_UPLOADS = {"203.0.113.41": 3, "198.51.100.7": 11, "198.51.100.19": 6, "198.51.100.88": 2}

WORKERS = (
    ("192.0.2.14", 9.0), ("192.0.2.77", 8.0), ("192.0.2.130", 5.0), ("192.0.2.21", 3.0), ("192.0.2.90", 3.0),
    ("192.0.2.141", 2.0), ("198.51.100.200", 2.0), ("198.51.100.213", 1.5), ("203.0.113.140", 1.5),
    ("203.0.113.155", 1.0),
    ("2001:db8:4::9", 2.0), ("2001:db8:9::1a", 1.5), ("192.0.2.33", 1.0), ("192.0.2.101", 1.0), ("192.0.2.166", 0.6),
    ("198.51.100.240", 0.6), ("203.0.113.171", 0.5), ("2001:db8:9::2:7", 0.5),
)  # fmt: skip
"""Who uploads through a tunnel, and how much."""

READERS = (
    "192.0.2.7", "192.0.2.40", "192.0.2.58", "192.0.2.71", "192.0.2.118", "192.0.2.150", "192.0.2.181", "192.0.2.199",
    "192.0.2.230", "198.51.100.137", "198.51.100.160", "198.51.100.229", "203.0.113.70", "203.0.113.81",
    "203.0.113.133",
    "203.0.113.180", "2001:db8:4::51", "2001:db8:9::c0de",
)  # fmt: skip
"""Who mostly downloads."""

SCANNERS = (
    "203.0.113.226", "203.0.113.231", "203.0.113.238", "203.0.113.244", "203.0.113.250", "203.0.113.99",
    "203.0.113.104",
    "203.0.113.120", "198.51.100.145", "198.51.100.180", "192.0.2.201", "192.0.2.222", "2001:db8:77::5",
    "2001:db8:77::b1",
    "2001:db8:77:1::3", "203.0.113.88", "203.0.113.92", "192.0.2.245", "198.51.100.150",
)  # fmt: skip
"""Who knocks at every server."""


def network_of(address: str) -> Network:
    """The network an address of the demonstration belongs to. Raises `KeyError` for any other address."""
    for network in NETWORKS:
        if ip_address(address) in ip_network(network.prefix):
            return network
    raise KeyError(address)


def networks_csv() -> str:
    """The invented data set as CSV, one network a line."""
    lines = ["prefix,country,asn,as_name,labels"]
    lines += [f"{net.prefix},{net.country},{net.asn},{net.name},{' '.join(net.labels)}" for net in NETWORKS]
    return "\n".join(lines) + "\n"

"""Look-ups against an independent linear scan, special ranges, labels, ages."""

from __future__ import annotations

import ipaddress
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.core.records import Claim
from workbench.origins.addresses import is_address, parse_range, range_text
from workbench.origins.dataset import About, PackedSet
from workbench.origins.lookup import Held, claims, disagreements, held, labels_of, stale, stale_claim
from workbench.origins.packed import pack
from workbench.origins.special import ROWS, special_set
from workbench.origins.tableset import from_csv

NETWORKS = st.one_of(
    st.builds(
        lambda value, length: ipaddress.ip_network((value, length), strict=False),
        st.integers(0, 2**32 - 1),
        st.integers(0, 32),
    ),
    st.builds(
        lambda value, length: ipaddress.ip_network((ipaddress.IPv6Address(value), length), strict=False),
        st.integers(0, 2**128 - 1),
        st.integers(0, 128),
    ),
)


def edges(networks: list[ipaddress.IPv4Network | ipaddress.IPv6Network]) -> list[str]:
    """First and last address of each network and their neighbours; IPv4-mapped ones are another test's."""
    found = set()
    for network in networks:
        kind = type(network.network_address)
        top = 2**network.max_prefixlen
        for number in (int(network[0]) - 1, int(network[0]), int(network[-1]), int(network[-1]) + 1):
            found.add(kind(number % top))
    return [str(one) for one in found if one.version == 4 or one.ipv4_mapped is None]


@given(st.lists(NETWORKS, min_size=1, max_size=12, unique=True))
def test_table_agrees_with_a_linear_scan(networks: list[ipaddress.IPv4Network | ipaddress.IPv6Network]) -> None:
    lines = [f"{network},{number + 1},label-{number}" for number, network in enumerate(networks)]
    table = from_csv("\n".join(["prefix,asn,labels", *lines]).encode(), "mine", "2024-01-01", "mixed", "CC0-1.0")
    addresses = edges(networks)
    for address, said in zip(addresses, claims(addresses, [table]), strict=True):
        parsed = ipaddress.ip_address(address)
        covering = [(number, one) for number, one in enumerate(networks) if parsed in one]
        labels = {(claim.prefix, claim.value) for claim in said if claim.key == "label"}
        assert labels == {(str(one), f"label-{number}") for number, one in covering}
        narrowest = max(covering, key=lambda item: item[1].prefixlen, default=None)
        assert [claim.value for claim in said if claim.key == "asn"] == ([str(narrowest[0] + 1)] if narrowest else [])


RANGES = st.lists(st.integers(0, 2**32 - 1), unique=True, min_size=2, max_size=30).map(sorted)


@given(RANGES, st.integers(0, 96), st.lists(st.sampled_from(["ES", "CN", "KP"]), min_size=15, max_size=15))
def test_packed_set_comes_back_and_agrees_with_a_scan(bounds: list[int], shift: int, codes: list[str]) -> None:
    pairs = list(zip(bounds[::2], bounds[1::2], strict=False))
    rows4 = [(a, b, (code,)) for (a, b), code in zip(pairs, codes, strict=False)]
    rows6 = [(a << shift, (b << shift) + (1 << shift) - 1, values) for a, b, values in rows4]
    data = pack(ABOUT, ["country"], {4: rows4, 6: rows6})
    assert data == pack(ABOUT, ["country"], {4: rows4, 6: rows6})
    table = PackedSet(data, "x")
    for version, rows, kind in ((4, rows4, ipaddress.IPv4Address), (6, rows6, ipaddress.IPv6Address)):
        probes = {number for a, b, _ in rows for number in (a - 1, a, b, b + 1)}
        addresses = [kind(number) for number in probes if 0 <= number < 2 ** (32 if version == 4 else 128)]
        texts = [str(one) for one in addresses if version == 4 or one.ipv4_mapped is None]
        for text, said in zip(texts, claims(texts, [table]), strict=True):
            number = int(ipaddress.ip_address(text))
            expected = [(range_text(a, b, version), values[0]) for a, b, values in rows if a <= number <= b]
            assert [(claim.prefix, claim.value) for claim in said] == expected


ABOUT = {"name": "x", "title": "X", "release": "2024-01-01", "kind": "country", "licence": "CC0-1.0"}


def test_an_empty_set_is_a_set() -> None:
    assert claims(["192.0.2.1", "2001:db8::1"], [PackedSet(pack(ABOUT, ["country"], {}), "x")]) == [[], []]


def test_packing_refuses_overlaps_and_disorder() -> None:
    for rows in ([(5, 9, ("ES",)), (9, 10, ("CN",))], [(5, 9, ("ES",)), (1, 2, ("CN",))], [(5, 4, ("ES",))]):
        with pytest.raises(ValueError, match="IPv4"):
            pack(ABOUT, ["country"], {4: rows})


@given(st.integers(0, 2**128 - 1), st.integers(0, 2**128 - 1))
def test_range_text_can_be_read_again(one: int, two: int) -> None:
    low, high = sorted((one, two))
    assert parse_range(range_text(low, high, 6)) == (low, high, 6)
    low, high = low >> 96, high >> 96
    assert parse_range(range_text(low, high, 4)) == (low, high, 4)


@pytest.mark.parametrize("row", ROWS, ids=[row[0] for row in ROWS])
def test_special_range_at_both_ends(row: tuple[str, str, str, str]) -> None:
    prefix, label, purpose, source = row
    network = ipaddress.ip_network(prefix)
    narrower = [ipaddress.ip_network(other[0]) for other in ROWS if other[0] != prefix]
    for address in (network[0], network[-1]):
        if any(address in other and other.prefixlen > network.prefixlen for other in narrower):
            continue
        (said,) = claims([str(address)], [special_set()])
        assert (
            Claim("iana-special", special_set().about.release, prefix, "prefix", "special", f"{purpose}, {source}")
            in said
        )
        assert labels_of(str(address), said, Held(3, "2024-01-01")) == (
            sorted({label, "unlisted"} - {""}) if label in {"", "tunnel"} else [label]
        )


def test_private_is_what_python_calls_not_global() -> None:
    """Where the two differ, Python's table is the older one (it lacks some rows of the registries)."""
    for address in (
        "10.0.0.1",
        "172.31.255.255",
        "192.168.0.1",
        "127.0.0.1",
        "169.254.1.1",
        "fc00::1",
        "fe80::1",
        "::1",
    ):
        (said,) = claims([address], [special_set()])
        assert labels_of(address, said, Held(1, "")) == ["private"]
        assert not ipaddress.ip_address(address).is_global
    for address in ("172.32.0.0", "100.128.0.0", "11.0.0.0", "192.167.255.255", "2600::1"):
        assert claims([address], [special_set()]) == [[]]
        assert ipaddress.ip_address(address).is_global


@pytest.mark.parametrize(
    ("address", "inner"),
    [
        ("2002:c000:201::1", "192.0.2.1"),
        ("2001:0:c000:201:0:0:3fff:fdfe", "192.0.2.1"),
        ("64:ff9b::c633:6401", "198.51.100.1"),
    ],
)
def test_tunnelled_addresses_name_the_ipv4_within(address: str, inner: str) -> None:
    (said,) = claims([address], [special_set()])
    assert [claim.value for claim in said if claim.key == "embedded"] == [inner]
    assert "tunnel" in labels_of(address, said, Held(0, ""))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "host.example",
        "192.0.2.1:80",
        "192.0.2",
        "192.0.2.256",
        "01.2.3.4",
        "[::1]",
        ":",
        "1::2::3",
        "-",
        "\0",
        "１.2.3.4",
        "\ud800",
        "192.0.2.1\n",
    ],
)
def test_what_is_no_address_has_no_claims_and_no_labels(text: str) -> None:
    assert not is_address(text)
    assert claims([text, "10.0.0.1"], [special_set()])[0] == []
    assert labels_of(text, [], Held(3, "2024-01-01")) == []


def test_an_ipv4_mapped_address_is_the_ipv4_address() -> None:
    mapped, plain = claims(["::ffff:10.0.0.1", "10.0.0.1"], [special_set()])
    assert mapped == plain


def test_a_zone_index_is_dropped() -> None:
    assert claims(["fe80::1%eth0"], [special_set()]) == claims(["fe80::1"], [special_set()])


INVENTED = b"""prefix,country,asn,as_name,labels
192.0.2.0/24,NL,64500,Invented Transit,hosting vpn
192.0.2.77,ES,64501,Invented Telecom,
198.51.100.0/24,CN,,,
2001:db8::/32,US,,,vpn
"""


def test_the_demonstration_set_describes_documentation_addresses() -> None:
    sets = [special_set(), from_csv(INVENTED, "invented", "2024-01-31", "mixed", "CC0-1.0")]
    addresses = ["192.0.2.1", "192.0.2.77", "198.51.100.9", "203.0.113.5", "2001:db8::5"]
    lists = held(sets)
    assert lists == Held(1, "2024-01-31")
    assert lists.message().text() == "on no list held (1 set, 2024-01-31)"
    labels = [labels_of(address, said, lists) for address, said in zip(addresses, claims(addresses, sets), strict=True)]
    assert labels == [
        ["hosting", "reserved", "vpn"],
        ["hosting", "reserved", "vpn"],
        ["reserved", "unlisted"],
        ["reserved"],
        ["reserved", "vpn"],
    ]


def test_country_and_network_come_from_the_narrowest_row_together() -> None:
    table = from_csv(
        b"prefix,country,asn,as_name\n192.0.2.0/24,NL,64500,Wide\n192.0.2.0/28,,64501,\n", "t", "", "as", "own"
    )
    (said,) = claims(["192.0.2.3"], [table])
    assert [(claim.prefix, claim.key, claim.value) for claim in said] == [
        ("192.0.2.0/28", "asn", "64501"),
        ("192.0.2.0/24", "country", "NL"),
    ]


def test_sets_that_disagree_stand_side_by_side() -> None:
    one = from_csv(b"prefix,country\n192.0.2.0/24,ES\n", "one", "2024-01-01", "country", "own")
    two = from_csv(b"prefix,country\n192.0.2.0/25,CN\n", "two", "2024-01-01", "country", "own")
    (said,) = claims(["192.0.2.1"], [one, two])
    assert disagreements(said, "country") == ["CN", "ES"]


def test_without_any_list_nothing_is_called_unlisted() -> None:
    assert labels_of("8.8.8.8", [], held([special_set()])) == []
    assert held([special_set()]).message().text() == "no list held"


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * 1_000_000


@pytest.mark.parametrize(
    ("release", "event", "code", "days"),
    [
        ("2024-01-01", "2024-03-31", None, None),
        ("2024-01-01", "2024-04-01", "origins.set-older", 91),
        ("2024-03-31T00:00:00Z", "2024-01-01", None, None),
        ("2026-02-24 or later (commit 167937a)", "2024-01-15", "origins.set-newer", 771),
        ("", "2024-01-15", "origins.set-undated", None),
        ("2024-13-01", "2024-01-15", "origins.set-undated", None),
        ("1960-01-01", "1969-12-31", "origins.set-older", 3652),
    ],
)
def test_age(release: str, event: str, code: str | None, days: int | None) -> None:
    message = stale(release, at(event))
    assert (message.code if message else None) == code
    assert message is None or message.args.get("days") == days
    assert message is None or "{" not in message.text()


def test_the_registries_do_not_age() -> None:
    about = special_set().about
    assert stale(about.release, at("2010-01-01"))
    assert stale_claim(about.claim("10.0.0.0/8", "label", "private"), at("2010-01-01")) is None
    assert stale_claim(About("x", "", "2020-01-01", "as", "", 0, b"").claim("", "", ""), at("2024-01-01"))

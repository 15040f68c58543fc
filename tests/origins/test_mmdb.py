"""The MMDB reader against the truth beside MaxMind's own test files."""

from __future__ import annotations

import ipaddress
import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.shared import shared_data
from workbench.core.errors import UserError
from workbench.origins.mmdb import Mmdb

NAMES = ("GeoIP2-Anonymous-IP-Test", "GeoLite2-ASN-Test", "GeoLite2-Country-Test", "GeoLite2-City-Test")


def normal(network: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    parsed = ipaddress.ip_network(network)
    if parsed.version == 6 and int(parsed[-1]) < 2**32:
        return ipaddress.IPv4Network((int(parsed[0]), parsed.prefixlen - 96))
    return parsed


@pytest.mark.parametrize("name", NAMES)
def test_every_network_of_the_truth_is_read(name: str) -> None:
    truth: list[dict[str, Any]] = json.loads(shared_data("ip-mmdb", "source-data", f"{name}.json").read_text("utf-8"))
    data = shared_data("ip-mmdb", "test-data", f"{name}.mmdb").read_bytes()
    found = list(Mmdb(data, name).networks())
    assert [(one.version, one.start) for one in found] == sorted((one.version, one.start) for one in found)
    right = total = 0
    for row in truth:
        for network, record in row.items():
            start = int(normal(network)[0])
            hits = [one for one in found if one.version == normal(network).version and one.start <= start <= one.end]
            total += 1
            right += len(hits) == 1 and hits[0].record == record
    print(f"{name}: {right} of {total} networks right")
    assert right == total


@pytest.mark.parametrize("name", ["MaxMind-DB-test-mixed-24", "MaxMind-DB-test-ipv4-24"])
def test_small_trees(name: str) -> None:
    data = shared_data("ip-mmdb", "test-data", f"{name}.mmdb").read_bytes()
    for network in Mmdb(data, name).networks():
        assert network.record["ip"]


@pytest.mark.parametrize("name", ["MaxMind-DB-test-broken-pointers-24", "MaxMind-DB-test-broken-search-tree-24"])
def test_broken_files_end_in_a_sentence(name: str) -> None:
    data = shared_data("ip-mmdb", "test-data", f"{name}.mmdb").read_bytes()
    with pytest.raises(UserError, match="damaged"):
        list(Mmdb(data, name).networks())


@given(st.data())
def test_changed_bytes_never_crash(data: st.DataObject) -> None:
    good = shared_data("ip-mmdb", "test-data", "MaxMind-DB-test-mixed-24.mmdb").read_bytes()
    bad = bytearray(good)
    for at in data.draw(st.lists(st.integers(0, len(good) - 1), min_size=1, max_size=8)):
        bad[at] = data.draw(st.integers(0, 255))
    with suppress(UserError):
        list(Mmdb(bytes(bad), "bad").networks())


def test_other_bytes_are_refused() -> None:
    with pytest.raises(UserError, match="not an MMDB"):
        Mmdb(b"prefix,country\n", "x.mmdb")

"""The converter: small rules, and that the shipped lists are what it makes of their sources."""

from __future__ import annotations

import importlib.util
import io
import json
import tarfile
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tests.shared import shared_data
from workbench.core.resources import resource
from workbench.origins.dataset import PackedSet
from workbench.origins.lookup import claims

SCRIPT = Path(__file__).parents[2] / "packaging" / "build_reference.py"


@pytest.fixture(scope="module")
def build() -> ModuleType:
    spec = importlib.util.spec_from_file_location("build_reference", SCRIPT)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_neighbours_are_joined_only_when_they_touch_and_agree(build: ModuleType) -> None:
    rows = [(0, 1, ("ES",)), (2, 3, ("ES",)), (4, 5, ("CN",)), (7, 8, ("CN",))]
    assert list(build.joined(rows)) == [(0, 3, ("ES",)), (4, 5, ("CN",)), (7, 8, ("CN",))]
    assert list(build.joined([])) == []


def test_overlaps_are_cut_and_inner_networks_dropped(build: ModuleType) -> None:
    assert list(build.without_overlaps([(0, 9, ("1",)), (5, 12, ("2",))])) == [(0, 4, ("1",)), (5, 12, ("2",))]
    assert list(build.widest([(4, 5), (0, 7), (0, 3), (8, 9)])) == [(0, 7), (8, 9)]
    assert build.listed("# remark\n192.0.2.0/24 # why\n192.0.2.7\n\n", "vpn")[4] == [(3221225984, 3221226239, ("vpn",))]


def test_the_as_package_is_read(build: ModuleType, tmp_path: Path) -> None:
    files = {
        "package.json": b'{"name": "@ip-location-db/asn", "version": "2.3.2026061719", "license": "CC-BY-4.0"}',
        "asn-ipv4.csv": b'192.0.2.0,192.0.2.127,64500,"Red, Inc."\n192.0.2.128,192.0.2.255,64500,"Red, Inc."\n',
        "asn-ipv6.csv": b"2001:db8::,2001:db8::ffff,64501,Blue\n",
    }
    tarball = tmp_path / "asn.tgz"
    with tarfile.open(tarball, "w:gz") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(f"package/{name}")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    packed = build.networks(tarball)
    assert packed == build.networks(tarball)
    table = PackedSet(packed, "asn")
    assert (table.about.release, table.about.rows) == ("2026-06-17", 2)
    said = claims(["192.0.2.200", "2001:db8::1"], [table])
    assert [[(claim.prefix, claim.value) for claim in one] for one in said] == [
        [("192.0.2.0/24", "64500"), ("192.0.2.0/24", "Red, Inc.")],
        [("2001:db8::/112", "64501"), ("2001:db8::/112", "Blue")],
    ]


def same(made: bytes, name: str) -> bool:
    """Equal but for what the version of zlib makes of it."""
    ours, theirs = PackedSet(made, name), PackedSet(resource("reference", f"{name}.wbset").read_bytes(), name)

    def header(one: PackedSet) -> dict[str, Any]:
        return {key: value for key, value in one.header.items() if key != "sections"}

    columns = all((a.starts == b.starts).all() and (a.ends == b.ends).all() for a, b in pairs(ours, theirs))
    return header(ours) == header(theirs) and columns


def pairs(ours: PackedSet, theirs: PackedSet) -> list[tuple[Any, Any]]:
    return [(ours.ranges(4), theirs.ranges(4)), (ours.ranges(6), theirs.ranges(6))]


def test_shipped_lists_are_made_from_their_sources(build: ModuleType) -> None:
    folder = shared_data("ip-lists", "x4bnet")
    assert same(build.x4bnet_prefixes(folder, "vpn", "vpn"), "x4bnet-vpn")
    assert same(build.x4bnet_prefixes(folder, "datacenter", "hosting"), "x4bnet-datacenter")
    assert same(build.tor_exits(shared_data("ip-lists", "tor-2024-02-27")), "tor-exits")
    shipped = json.loads(resource("reference", "x4bnet-as.json").read_text(encoding="utf-8"))
    assert json.loads(build.x4bnet_networks(folder)) == shipped

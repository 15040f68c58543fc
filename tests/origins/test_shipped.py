"""The shipped sets: known facts, honesty of the tables, damage, cost."""

from __future__ import annotations

import ipaddress
import json
import re
import time
from pathlib import Path

import numpy as np
import pytest

from tests.shared import shared_data
from workbench.core.errors import UserError
from workbench.core.records import Claim
from workbench.core.resources import resource
from workbench.origins.addresses import parse
from workbench.origins.attributions import attributions
from workbench.origins.dataset import AsTable, DataSet, PackedSet, PrefixSet
from workbench.origins.library import PACKED, UNCONFIRMED, read_tables, shipped
from workbench.origins.lookup import claims, held, labels_of
from workbench.origins.names import countries, country_name, country_words


@pytest.fixture(scope="module")
def sets() -> list[DataSet]:
    return shipped()


def values(said: list[Claim], key: str) -> set[str]:
    return {claim.value for claim in said if claim.key == key}


@pytest.mark.parametrize(
    ("address", "key", "value"),
    [
        ("175.45.176.1", "country", "KP"),
        ("175.45.176.1", "asn", "131279"),
        ("175.45.179.255", "label", "nk-linked"),
        ("8.8.8.8", "country", "US"),
        ("80.58.61.250", "country", "ES"),
        ("218.60.8.1", "country", "CN"),
        ("218.60.8.1", "label", "carrier"),
        ("89.187.160.0", "asn", "60068"),
        ("89.187.160.0", "label", "hosting"),
        ("185.159.157.0", "asn", "209103"),
        ("185.159.157.0", "as_name", "Proton AG"),
        ("2a00:1450:4001::1", "asn", "15169"),
        ("2001:ac8::1", "label", "vpn"),
        ("::ffff:175.45.176.1", "country", "KP"),
    ],
)
def test_known_facts(sets: list[DataSet], address: str, key: str, value: str) -> None:
    (said,) = claims([address], sets)
    assert value in values(said, key)


def test_every_claim_names_a_held_set_release_and_place(sets: list[DataSet]) -> None:
    known = {(one.about.name, one.about.release) for one in sets}
    assert len(known) == len(sets)
    for said in claims(["175.45.176.1", "89.187.160.0", "10.0.0.1", "2002:808:808::", "185.220.101.1"], sets):
        assert said
        for claim in said:
            assert (claim.dataset, claim.release) in known
            assert claim.level in {"prefix", "as"}
            assert bool(re.fullmatch(r"AS\d+", claim.prefix)) == (claim.level == "as")


def test_a_network_label_has_the_level_of_the_network(sets: list[DataSet]) -> None:
    (said,) = claims(["89.187.160.0"], sets)
    levels = {(claim.prefix, claim.level) for claim in said if claim.value == "hosting"}
    assert levels == {("89.187.160.0/19", "prefix"), ("AS60068", "as")}


def test_the_model_case_reads_as_it_should(sets: list[DataSet]) -> None:
    addresses = ["80.58.61.250", "218.60.8.1", "185.159.157.0", "10.1.1.1", "mail.example.org"]
    lists = held(sets)
    labels = [labels_of(address, said, lists) for address, said in zip(addresses, claims(addresses, sets), strict=True)]
    assert labels == [["unlisted"], ["carrier", "unlisted"], ["unlisted"], ["private"], []]
    assert lists.sets == 6
    assert lists.message().text() == "on no list held (6 sets, newest 2026-02-24 or later (commit 167937a))"


def test_unconfirmed_ranges_are_remarks_and_give_no_label(sets: list[DataSet]) -> None:
    for address in ("188.43.136.1", "80.237.84.9", "80.237.87.9", "83.234.227.9", "188.43.33.250"):
        (said,) = claims([address], sets)
        assert "nk-linked" not in values(said, "label")
        assert any("unconfirmed" in note for note in values(said, "note"))
    (said,) = claims(["188.43.33.248"], sets)
    assert not any("nk-linked" in note for note in values(said, "note"))


def test_every_row_of_the_hand_written_tables_is_cited() -> None:
    tables = json.loads(resource("reference", "labels.json").read_text(encoding="utf-8"))["sets"]
    rows = [row for table in tables for row in table["rows"]]
    assert len(rows) == 13
    for table in tables:
        assert table["licence"]
        assert table["attribution"]
    for row in rows:
        assert row["grade"] in {"high", "medium", "low", UNCONFIRMED}
        assert re.fullmatch(r"\d{4}(-\d{2}){0,2}", row["as_of"])
        assert row["labels"]
        assert row["note"]
        assert row["sources"]
        assert all(source.strip() for source in row["sources"])


def test_the_cited_networks_are_in_the_as_list(sets: list[DataSet]) -> None:
    (table,) = (one for one in sets if one.about.name == "x4bnet-as")
    assert isinstance(table, AsTable)
    cited = {"9009": {"vpn", "hosting"}, "209854": {"vpn"}, "212238": {"vpn", "hosting"}, "16276": {"hosting"}}
    cited |= {"45090": {"hosting"}, "208172": {"vpn"}, "60729": {"vpn", "hosting"}}
    for asn, labels in cited.items():
        assert values(list(table.claims_of(asn)), "label") == labels
    assert table.claims_of("64496") == ()


def test_shipped_ranges_are_in_order_and_counted(sets: list[DataSet]) -> None:
    for one in sets:
        if isinstance(one, PackedSet):
            assert one.about.rows == len(one.ranges(4)) + len(one.ranges(6))
            assert one.ranges(4).in_order()
            assert one.ranges(6).in_order()
            assert re.match(r"\d{4}-\d{2}-\d{2}", one.about.release)
            assert one.header["source"]
            digests = one.header["source"].get("files", {}).values() or [one.header["source"]["sha256"]]
            assert all(re.fullmatch(r"[0-9a-f]{64}", digest) for digest in digests)


def test_shipped_files_stay_small() -> None:
    total = sum(len(file.read_bytes()) for file in resource("reference").iterdir())
    assert total < 4_000_000


@pytest.mark.parametrize("name", PACKED)
def test_a_damaged_file_is_named(name: str) -> None:
    good = resource("reference", f"{name}.wbset").read_bytes()
    for at in (0, 9, 40, len(good) // 2, len(good) - 1):
        bad = bytearray(good)
        bad[at] ^= 1
        with pytest.raises(UserError, match=name):
            PackedSet(bytes(bad), name)
    for short in (b"", good[:20], good[:-1]):
        with pytest.raises(UserError, match=name):
            PackedSet(short, name)


@pytest.mark.parametrize("bad", [b"", b"{}", b"[]", b'{"sets": [{}]}', b'{"sets": [1]}', b"\xff"])
def test_a_damaged_table_is_named(bad: bytes) -> None:
    with pytest.raises(UserError, match="labels"):
        read_tables(bad, "labels")


def test_lists_agree_with_the_truth_of_the_shared_inputs(sets: list[DataSet]) -> None:
    truth = json.loads(shared_data("ip-lists", "truth.boundary-probes.json").read_text(encoding="utf-8"))
    named = {one.about.name: one for one in sets}
    for kind in truth:
        table = named[f"x4bnet-{kind}"]
        assert isinstance(table, PrefixSet)
        addresses = [address for address, _ in truth[kind]["probes"]]
        found = (table.ranges(4).find(parse(addresses).v4) >= 0).tolist()
        right = sum(a == b for a, (_, b) in zip(found, truth[kind]["probes"], strict=True))
        print(f"{kind}: {right} of {len(addresses)} probes right")
        assert right == len(addresses)


def test_tor_exits_are_all_found_and_nothing_between(sets: list[DataSet]) -> None:
    listed = shared_data("ip-lists", "tor-2024-02-27", "tor-exit-nodes.lst").read_text(encoding="utf-8").split()
    known = {ipaddress.ip_address(address) for address in listed}
    beside = [str(address + 1) for address in known if address + 1 not in known]
    tor = [one for one in sets if one.about.name == "tor-exits"]
    assert all(values(said, "label") == {"tor"} for said in claims(listed, tor))
    assert not any(claims(beside, tor))
    print(f"tor: {len(listed)} exits and {len(beside)} neighbours right")


def test_attributions_say_what_the_licences_ask_for() -> None:
    told = {one.title: one for one in attributions()}
    assert len(told) == 9
    (network,) = (one for one in told.values() if one.licence == "CC-BY-4.0")
    assert all(name in network.text for name in ("routeviews.org", "nro.net", "https://db-ip.com", "contain errors"))
    notice = (Path(__file__).parents[2] / "NOTICE").read_text(encoding="utf-8")
    for words in ("routeviews.org", "nro.net", "db-ip.com", "X4B (Mathew Heard)", "SecOps - Institute", "is invented"):
        assert words in notice


def test_country_names_cover_the_country_set(sets: list[DataSet]) -> None:
    (table,) = (one for one in sets if one.about.name == "iptoasn-country")
    assert isinstance(table, PackedSet)
    codes = {table._unpacked.record(number)[0] for number in range(table.header["records"])}
    print("codes without a country:", sorted(codes - set(countries())))
    assert codes - set(countries()) <= {"EU", "AP", "ZZ"}
    assert country_name("kp") == "North Korea"
    assert country_words("ES") == "Spain (ES)"
    assert country_words("EU") == "EU"
    assert country_words(None) == ""


def test_cost_of_the_first_answer_and_of_many() -> None:
    begin = time.process_time()
    sets = shipped()
    claims(["8.8.8.8", "2a00:1450::1"], sets)
    first = time.process_time() - begin
    numbers = np.random.default_rng(7).integers(0, 2**32, 1_000_000, dtype=np.uint32)
    (networks,) = (one for one in sets if one.about.name == "ip-location-db-asn")
    assert isinstance(networks, PrefixSet)
    begin = time.process_time()
    networks.ranges(4).find(numbers)
    many = time.process_time() - begin
    print(f"first answer {first * 1000:.0f} ms, 1 M look-ups {many * 1000:.0f} ms of processor time")
    assert first < 1.0
    assert many < 2.0

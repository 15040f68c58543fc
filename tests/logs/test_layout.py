"""Who the client is in logs behind proxies, and what is no user: found out over many lines, never from one."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.logs.rows import rows
from workbench.core.errors import UserError
from workbench.logs.forwarded import Trust, address_of, client_of, is_list, items_of
from workbench.logs.layout import Evidence, Layout, Sketch
from workbench.logs.registry import parse_chunk

CLOCK = "[25/Oct/2021:09:01:28 +0000]"
REQUEST = f'{CLOCK} "PUT /a HTTP/1.1" 201 5'
AGENT = ' "-" "UA"'

Told = tuple[str | None, str | None, list[str]]


def evidence(text: str, trusted: tuple[str, ...] = ()) -> Evidence:
    found = Evidence()
    found.merge(parse_chunk("combined", text.encode(), None, Layout(trusted=trusted)).evidence)
    return found


def read(text: str, trusted: tuple[str, ...] = ()) -> list[dict[str, Any]]:
    """Rows by the layout that the lines show."""
    batch = parse_chunk("combined", text.encode(), None, evidence(text, trusted).layout(trusted))
    assert not batch.rejects
    return rows(batch)


def told(text: str, trusted: tuple[str, ...] = ()) -> list[Told]:
    """Address, peer and list."""
    return [
        (row["address"], row["address"] if row["rule"] is None else row["peer"], json.loads(row["forwarded"] or "[]"))
        for row in read(text, trusted)
    ]


def lines(*heads: str, tail: str = AGENT) -> str:
    return "".join(f"{head} - - {REQUEST}{tail}\n" for head in heads)


def tails(*behind: str, peer: str = "127.0.0.1", agent: str = AGENT) -> str:
    return "".join(f"{peer} - - {REQUEST}{agent} {each}\n" for each in behind)


SIBLINGS: dict[str, tuple[str, list[Told]]] = {
    "first, bare": (
        lines("203.0.113.1 10.0.0.1", "203.0.113.2 10.0.0.1"),
        [("203.0.113.1", "10.0.0.1", ["203.0.113.1"]), ("203.0.113.2", "10.0.0.1", ["203.0.113.2"])],
    ),
    "first, a list with blanks": (
        lines("198.51.100.9, 203.0.113.1 10.0.0.1", "203.0.113.2 10.0.0.1"),
        [("203.0.113.1", "10.0.0.1", ["198.51.100.9", "203.0.113.1"]), ("203.0.113.2", "10.0.0.1", ["203.0.113.2"])],
    ),
    "first, a list without blanks": (
        lines("198.51.100.9,203.0.113.1 10.0.0.1", "203.0.113.2 10.0.0.1"),
        [("203.0.113.1", "10.0.0.1", ["198.51.100.9", "203.0.113.1"]), ("203.0.113.2", "10.0.0.1", ["203.0.113.2"])],
    ),
    "first, quoted": (
        lines('"203.0.113.1" 10.0.0.1', '"-" 10.0.0.1'),
        [("203.0.113.1", "10.0.0.1", ["203.0.113.1"]), ("10.0.0.1", "10.0.0.1", [])],
    ),
    "first, in brackets": (
        lines("[198.51.100.9, 203.0.113.1] 172.16.0.1", "[203.0.113.2] 172.16.0.1"),
        [("203.0.113.1", "172.16.0.1", ["198.51.100.9", "203.0.113.1"]),
         ("203.0.113.2", "172.16.0.1", ["203.0.113.2"])],
    ),
    "first, absent in some lines": (
        lines("203.0.113.1 10.0.0.1", "- 10.0.0.1"),
        [("203.0.113.1", "10.0.0.1", ["203.0.113.1"]), ("10.0.0.1", "10.0.0.1", [])],
    ),
    "first, with ports": (
        lines("203.0.113.1:4711 10.0.0.1", "203.0.113.2:4712 10.0.0.1"),
        [("203.0.113.1", "10.0.0.1", ["203.0.113.1:4711"]), ("203.0.113.2", "10.0.0.1", ["203.0.113.2:4712"])],
    ),
    "first, version 6": (
        lines("2001:db8::1 fd00::1", "2001:db8::2 fd00::1"),
        [("2001:db8::1", "fd00::1", ["2001:db8::1"]), ("2001:db8::2", "fd00::1", ["2001:db8::2"])],
    ),
    "first, behind the name of a virtual host": (
        lines("www.example.com:443 203.0.113.1 10.0.0.1", "www.example.com:443 203.0.113.2 10.0.0.1"),
        [("203.0.113.1", "10.0.0.1", ["203.0.113.1"]), ("203.0.113.2", "10.0.0.1", ["203.0.113.2"])],
    ),
    "first, unknown and hidden": (
        lines("unknown 10.0.0.1", "_gazonk 10.0.0.1", "203.0.113.2 10.0.0.1", "203.0.113.3 10.0.0.1"),
        [("10.0.0.1", "10.0.0.1", ["unknown"]), ("10.0.0.1", "10.0.0.1", ["_gazonk"]),
         ("203.0.113.2", "10.0.0.1", ["203.0.113.2"]), ("203.0.113.3", "10.0.0.1", ["203.0.113.3"])],
    ),
    "first is an address that the server is known by": (
        lines("192.0.2.80 203.0.113.1", "192.0.2.80 203.0.113.2"),
        [("203.0.113.1", "203.0.113.1", []), ("203.0.113.2", "203.0.113.2", [])],
    ),
    "first is a private address that the server is known by": (
        lines("192.168.0.5 192.168.0.80", "192.168.0.5 192.168.0.81"),
        [("192.168.0.80", "192.168.0.80", []), ("192.168.0.81", "192.168.0.81", [])],
    ),
    "first is a name, whatever a client asks for": (
        lines("a.example 10.0.0.7", "b.example 10.0.0.7", "c.example 10.0.0.7", "203.0.113.9 10.0.0.7"),
        [("10.0.0.7", "10.0.0.7", [])] * 4,
    ),
    "only a list, and no peer": (
        lines("198.51.100.9, 203.0.113.1", "203.0.113.2"),
        [("203.0.113.1", None, ["198.51.100.9", "203.0.113.1"]), ("203.0.113.2", "203.0.113.2", [])],
    ),
    "last, quoted": (
        tails('"198.51.100.9, 203.0.113.1"', '"203.0.113.2"'),
        [("203.0.113.1", "127.0.0.1", ["198.51.100.9", "203.0.113.1"]), ("203.0.113.2", "127.0.0.1", ["203.0.113.2"])],
    ),
    "last, bare list": (
        tails("198.51.100.9, 203.0.113.1", "203.0.113.2"),
        [("203.0.113.1", "127.0.0.1", ["198.51.100.9", "203.0.113.1"]), ("203.0.113.2", "127.0.0.1", ["203.0.113.2"])],
    ),
    "last, behind a time and before another field": (
        tails('0.004 "203.0.113.1" "x"', '0.104 "203.0.113.2" "y"'),
        [("203.0.113.1", "127.0.0.1", ["203.0.113.1"]), ("203.0.113.2", "127.0.0.1", ["203.0.113.2"])],
    ),
    "last, named": (
        tails('rt=0.1 xff="203.0.113.1"', 'rt=0.2 xff="203.0.113.2"'),
        [("203.0.113.1", "127.0.0.1", ["203.0.113.1"]), ("203.0.113.2", "127.0.0.1", ["203.0.113.2"])],
    ),
    "last, version 6 in brackets with a port": (
        tails('"[2001:db8::1]:4711"', '"[2001:db8::2]:4712"', peer="::1"),
        [("2001:db8::1", "::1", ["[2001:db8::1]:4711"]), ("2001:db8::2", "::1", ["[2001:db8::2]:4712"])],
    ),
    "last, by RFC 7239": (
        tails(r'"for=203.0.113.1;proto=http"', r'"for=\"[2001:db8::7]:1\", for=203.0.113.2"'),
        [("203.0.113.1", "127.0.0.1", ["for=203.0.113.1;proto=http"]),
         ("203.0.113.2", "127.0.0.1", ['for="[2001:db8::7]:1"', "for=203.0.113.2"])],
    ),
    "last, without an agent": (
        tails('"203.0.113.1"', '"203.0.113.2"', agent=""),
        [("203.0.113.1", "127.0.0.1", ["203.0.113.1"]), ("203.0.113.2", "127.0.0.1", ["203.0.113.2"])],
    ),
    "last, through proxies of one's own": (
        tails('"203.0.113.1, 10.0.0.9"', '"203.0.113.2, 192.168.7.7, 10.0.0.9"'),
        [("203.0.113.1", "127.0.0.1", ["203.0.113.1", "10.0.0.9"]),
         ("203.0.113.2", "127.0.0.1", ["203.0.113.2", "192.168.7.7", "10.0.0.9"])],
    ),
    "last, the proxy does not say who": (
        tails('"203.0.113.1, unknown"', '"203.0.113.2"'),
        [("127.0.0.1", "127.0.0.1", ["203.0.113.1", "unknown"]), ("203.0.113.2", "127.0.0.1", ["203.0.113.2"])],
    ),
    "last, from a peer that is no proxy": (
        tails('"198.51.100.9"', '"198.51.100.10"', peer="203.0.113.200"),
        [("203.0.113.200", "203.0.113.200", ["198.51.100.9"]), ("203.0.113.200", "203.0.113.200", ["198.51.100.10"])],
    ),
    "last is the upstream server": (
        tails("10.0.0.2:8080", "10.0.0.3:8080", peer="203.0.113.5"),
        [("203.0.113.5", "203.0.113.5", [])] * 2,
    ),
    "last is a time": (tails("0.001", "0.002"), [("127.0.0.1", "127.0.0.1", [])] * 2),
    "nothing is guessed from one line": (
        lines("203.0.113.1 10.0.0.1"), [("10.0.0.1", "10.0.0.1", [])],
    ),
    "nor from one with a list behind": (tails('"203.0.113.1"'), [("127.0.0.1", "127.0.0.1", [])]),
}  # fmt: skip


@pytest.mark.parametrize("name", SIBLINGS)
def test_who_is_the_client(name: str) -> None:
    text, right = SIBLINGS[name]
    assert told(text) == right


def test_a_proxy_that_the_user_names_is_believed() -> None:
    text = tails('"203.0.113.1"', '"203.0.113.2, 198.51.100.3"', peer="198.51.100.7")
    assert [each[0] for each in told(text)] == ["198.51.100.7"] * 2
    assert [each[0] for each in told(text, ("198.51.100.0/24",))] == ["203.0.113.1", "203.0.113.2"]
    with pytest.raises(UserError) as refused:
        Trust(["example.com"])
    assert refused.value.message.code == "proxy-unclear"


def test_what_is_undecided_is_said_with_both_numbers() -> None:
    assert evidence(lines("203.0.113.1 10.0.0.1")).undecided() == (1, 1)
    assert evidence(lines(*["203.0.113.1 10.0.0.1"] * 3)).undecided() == (1, 1)
    assert evidence(lines("203.0.113.1 10.0.0.1", "203.0.113.2 10.0.0.1")).undecided() is None
    assert evidence(lines("203.0.113.1 203.0.113.7")).undecided() is None, "nothing depends on it"
    assert evidence(tails('"203.0.113.1"')).undecided() == (1, 1)


def test_a_constant_first_column_is_a_virtual_host_over_many_lines() -> None:
    few, many = lines(*["203.0.113.1 10.0.0.1"] * 19), lines(*["203.0.113.1 10.0.0.1"] * 20)
    assert (evidence(few).layout().first, evidence(many).layout().first) == ("undecided", "host")


IDENTIFIERS = {
    "hex before a dash": (["- 95386da8 -", "- 95386db1 -"], [None, None]),
    "hex in place of the user": (["- 95386da8", "- 95386db1"], [None, None]),
    "an UUID and a user": (
        ["- 9c3f9f6e-7b0e-4c8e-9a27-0f2a7d9f1c11 kim", "- 0c3f9f6e-7b0e-4c8e-9a27-0f2a7d9f1c12 lee"], ["kim", "lee"],
    ),
    "32 digits": ([f"- {each:032x}" for each in (0xABC1 << 99, 0xABC2 << 99, 0xABC3 << 99)], [None] * 3),
    "behind the user": (["- kim 95386da8", "- kim 95386db1"], ["kim", "kim"]),
    "in the place of ident": (["95386da8 -", "95386db1 kim"], [None, "kim"]),
    "Apache's unique identifier": (["- Yh3K9cCoAAEAAB3eJk0AAAAB", "- Yh3K9cCoAAEAAB3eJk0AAAAC"], [None, None]),
    "users": (["- kim", "- lee"], ["kim", "lee"]),
    "users that look so, and come back": (["- deadbeef01", "- facade02"] * 5, ["deadbeef01", "facade02"] * 5),
    "numbers of students": (["- 20191234", "- 20195678"], ["20191234", "20195678"]),
    "one line": (["- 95386da8 -"], ["95386da8 -"]),
}  # fmt: skip


@pytest.mark.parametrize("name", IDENTIFIERS)
def test_an_identifier_of_the_request_is_no_user(name: str) -> None:
    words, users = IDENTIFIERS[name]
    text = "".join(f"203.0.113.9 {each} {REQUEST}{AGENT}\n" for each in words)
    assert [row["user"] for row in read(text)] == users


ADDRESSES = st.ip_addresses().map(str)
ITEMS = st.lists(ADDRESSES | st.sampled_from(["unknown", "_hidden", "10.0.0.1", "127.0.0.1"]), max_size=5)


@given(ITEMS)
def test_what_is_chosen_is_the_rightmost_that_is_no_proxy(items: list[str]) -> None:
    trust = Trust()
    found = client_of("127.0.0.1", items, trust)
    behind = list(items)
    while behind and (address := address_of(behind[-1])) is not None and trust.holds(address):
        behind.pop()
    assert found == (address_of(behind[-1]) if behind else None)
    assert client_of("203.0.113.1", items, trust) is None
    assert is_list(items_of(", ".join(items).encode()))


@settings(deadline=None)
@given(st.lists(st.sampled_from([each for text, _ in SIBLINGS.values() for each in text.splitlines(keepends=True)]),
                max_size=12), st.integers(0, 12))  # fmt: skip
def test_evidence_adds_up_over_chunks(found: list[str], cut: int) -> None:
    parts = [evidence("".join(found[:cut])), evidence("".join(found[cut:]))]
    both = Evidence()
    for each in parts:
        both.merge(json.loads(json.dumps(each.to_json())))
    assert both.to_json() == evidence("".join(found)).to_json()


def test_many_values_are_counted_about_right() -> None:
    sketch = Sketch()
    for each in range(50_000):
        sketch.add(str(each))
    assert len(sketch.to_json()) == 128
    assert 35_000 < sketch.count() < 65_000


HOSTILE = {
    "items": b"1.2.3.4, " * 20_000 + b"- - ",
    "brackets": b"203.0.113.1 - - " + REQUEST.encode() + b' "-" "u" ' + b"[ " * 90_000 + b"1.1.1.1",
    "quotes": b'"' + b'\\"' * 90_000 + b" - - ",
    "dashes": b"203.0.113.1 - - " + REQUEST.encode() + b' "-" "u" ' + b"a-" * 90_000 + b" 1.1.1.1",
    "blanks": b"Mon Oct  5 09:02:28 2021 1 203.0.113.8 5120 /" + b" " * 250_000 + b"b",
    "middles": b"Mon Oct  5 09:02:28 2021 1 203.0.113.8 5120 /" + b" b _ i r" * 30_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_no_line_takes_long(name: str) -> None:
    """Time that grows with the square of a line's length would be minutes here."""
    began = time.process_time()
    for format_name in ("combined", "xferlog"):
        parse_chunk(format_name, (HOSTILE[name] + b" " + REQUEST.encode() + b"\n") * 3)
    assert time.process_time() - began < 20

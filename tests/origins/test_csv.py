"""Users' data sets: what is read and how mistakes are told."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.core.errors import UserError
from workbench.origins.lookup import claims
from workbench.origins.tableset import TableSet, from_csv


def read(text: str | bytes, kind: str = "mixed", name: str = "mine") -> TableSet:
    data = text if isinstance(text, bytes) else text.encode()
    return from_csv(data, name, "2024-01-31", kind, "CC0-1.0", "My set")


def test_a_set_says_who_it_is() -> None:
    about = read("\ufeffPrefix , labels\r\n192.0.2.0/24,vpn\r\n").about
    assert (about.name, about.title, about.release, about.kind, about.rows) == (
        "mine",
        "My set",
        "2024-01-31",
        "mixed",
        1,
    )
    assert len(about.sha256) == 32


def test_all_forms_of_a_row() -> None:
    table = read(
        "prefix,as_name,asn,country,labels\n"
        '192.0.2.0-192.0.2.9,"Red, ""Cloud""",AS64500,es,vpn hosting vpn\n\n2001:db8::1,,,,\n'
    )
    (said, other) = claims(["192.0.2.9", "2001:db8::1"], [table])
    assert {(claim.key, claim.value) for claim in said} == {
        ("as_name", 'Red, "Cloud"'),
        ("asn", "64500"),
        ("country", "ES"),
        ("label", "vpn"),
        ("label", "hosting"),
    }
    assert {claim.prefix for claim in said} == {"192.0.2.0-192.0.2.9"}
    assert other == []
    assert table.lists_labels
    assert not read("prefix,country\n192.0.2.0/24,ES\n").lists_labels


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        ("", "origins.csv-header", None),
        ("country,asn\nES,1\n", "origins.csv-header", None),
        ("prefix,colour\n192.0.2.1,red\n", "origins.csv-header", None),
        ("prefix,prefix\n192.0.2.1,192.0.2.1\n", "origins.csv-header", None),
        ("prefix,country\n", "origins.csv-empty", None),
        ("prefix,country\n192.0.2.1,ES\n192.0.2.300,ES\n", "origins.csv-line", 3),
        ("prefix,country\n192.0.2.1/24,ES\n", "origins.csv-line", 2),
        ("prefix,country\n192.0.2.9-192.0.2.1,ES\n", "origins.csv-line", 2),
        ("prefix,country\n192.0.2.9-2001:db8::1,ES\n", "origins.csv-line", 2),
        ("prefix,country\nhost.example,ES\n", "origins.csv-line", 2),
        ("prefix,country\n192.0.2.1,Spain\n", "origins.csv-line", 2),
        ("prefix,asn\n192.0.2.1,-1\n", "origins.csv-line", 2),
        ("prefix,asn\n192.0.2.1,4294967296\n", "origins.csv-line", 2),
        ("prefix,labels\n192.0.2.1,VPN!\n", "origins.csv-line", 2),
        ('prefix,as_name\n192.0.2.1,"open\n', "origins.csv-line", 2),
        ("prefix,country\n192.0.2.1\n", "origins.csv-fields", 2),
        ("prefix,country\n192.0.2.1,ES,more\n", "origins.csv-fields", 2),
        ("prefix\n192.0.2.1\n192.0.2.2\n192.0.2.1/32\n", "origins.csv-twice", 4),
        (b"prefix,as_name\n192.0.2.1,ok\n192.0.2.2,\xff\n", "origins.csv-encoding", 3),
    ],
)
def test_a_mistake_names_its_line(text: str | bytes, code: str, line: int | None) -> None:
    with pytest.raises(UserError) as caught:
        read(text)
    assert caught.value.message.code == code
    assert caught.value.message.args.get("line") == line
    assert "{" not in str(caught.value)
    assert "–" not in str(caught.value)


def test_kind_and_name_are_checked() -> None:
    with pytest.raises(UserError, match="no kind"):
        read("prefix\n192.0.2.1\n", kind="weather")
    with pytest.raises(UserError, match="belongs to"):
        read("prefix\n192.0.2.1\n", name="iana-special")


@given(
    st.binary(max_size=200)
    | st.text(max_size=200).map(lambda text: b"prefix,labels\n" + text.encode("utf-8", "replace"))
)
def test_any_bytes_give_a_set_or_a_sentence(data: bytes) -> None:
    with suppress(UserError):
        assert read(data).about.rows > 0

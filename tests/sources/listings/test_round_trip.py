"""Whatever bytes a name has, every format gives it back as the server has it."""

from __future__ import annotations

import math
from urllib.parse import unquote_to_bytes

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.sources.listings.writers import FORMAT, URL, WRITERS, Item, Writer
from workbench.core.times import Zone, rfc3339
from workbench.sources.listings.registry import FORMATS, read_listing
from workbench.sources.remote import Entry

HARD = (
    "长名字.png", "사진 1.jpg", "Кадр №1.tga", "100%.txt", "%41%2e", "a#b", "what?", "a&b;c=d", "&amp;", "<b>", '"q"',
    "it's", " lead", "trail ", "two  blanks", "..", "...", "-", "12K", "2024-01-03 09:00", "Parent Directory", "../",
    "folder", "C:", "c:\\x", "javascript:x", "http:", "mailto:a@b", "\u202egpj.exe", "tab\there",
    "new\nline", "\r", "\x01\x7f",
    "?C=N;O=D", "index.html", "~", ".hidden", "\u200b", "\ufeff", "e\u0301", "+", "a/b", "名" * 66, "x" * 200,
)  # fmt: skip


def fits(name: bytes) -> bool:
    """Names that a file can have."""
    return b"/" not in name and b"\0" not in name and name not in (b"", b".", b"..")


NAMES = st.one_of(
    st.binary(min_size=1, max_size=40),
    st.text(st.characters(codec="utf-8"), min_size=1, max_size=60).map(str.encode),
    st.sampled_from([name.encode() for name in HARD]),
).filter(fits)
ITEMS = st.lists(
    st.builds(Item, NAMES, st.booleans(), st.integers(0, 2**40)),
    min_size=1,
    max_size=6,
    unique_by=lambda item: item.name,
)


@pytest.mark.parametrize("writer", WRITERS, ids=lambda writer: writer.name)
@settings(max_examples=40)
@given(items=ITEMS)
def test_names_kinds_and_sizes_come_back(writer: Writer, items: list[Item]) -> None:
    if writer.name == "nginx-xml":  # XML has no way to write these, and nginx writes them raw; CR and LF stay
        items = [item for item in items if not any(byte < 32 for byte in item.name)] or [Item(b"one")]
    if writer.name in ("table", "text"):  # a page of some program: its own file is not an entry
        items = [item for item in items if not item.name.lower().startswith((b"index.", b"default."))] or [Item(b"one")]
    listing = read_listing(writer.page(items))
    assert listing is not None
    assert listing.format == FORMAT.get(writer.name, writer.name)
    assert [(entry.name, entry.is_folder) for entry in listing.entries] == [
        (item.name, item.is_folder) for item in items
    ]
    for entry, item in zip(listing.entries, items, strict=True):
        check(entry, item, writer)


def check(entry: Entry, item: Item, writer: Writer) -> None:
    """Address and size of one entry."""
    assert entry.url.isascii()
    assert entry.url.isprintable()
    assert " " not in entry.url
    assert entry.url.startswith(URL)
    assert unquote_to_bytes(entry.url[len(URL) :].removesuffix("/" if item.is_folder else "")) == item.name
    if item.is_folder or not writer.sized:
        assert entry.size is None
    elif writer.exact:
        assert (entry.size, entry.exact) == (item.size, True)
    else:
        assert entry.size is not None
        unit = 1024 ** int(math.log(max(item.size, 1), 1024))
        assert abs(entry.size - item.size) <= max(520, unit * 0.51)


@pytest.mark.parametrize("writer", WRITERS, ids=lambda writer: writer.name)
def test_times_are_read_and_their_zone_is_not_made_up(writer: Writer) -> None:
    listing = read_listing(writer.page([Item(b"one", size=5), Item(b"two", is_folder=True)]))
    assert listing is not None
    for entry in listing.entries:
        if not writer.sized:
            assert entry.modified is None
            assert entry.stamp == ""
            continue
        expected = {"iis": "2023-12-25T17:32:00", "table": None}.get(writer.name, "2024-01-03T09:00:00")
        assert (rfc3339(entry.modified, Zone.UNKNOWN) or "")[:19] == (expected or "")
        stated = writer.name in ("caddy", "nginx-json", "nginx-xml", "caddy-json")
        assert entry.zone is (Zone.LINE if stated else Zone.UNKNOWN)
        assert entry.stamp


@pytest.mark.parametrize("writer", WRITERS, ids=lambda writer: writer.name)
def test_a_folder_without_anything_in_it(writer: Writer) -> None:
    listing = read_listing(writer.page([]))
    if writer.name in ("caddy-json", "table", "text"):  # the same bytes could be anything
        assert listing is None
    else:
        assert listing is not None
        assert (listing.format, listing.entries, listing.remarks) == (FORMAT.get(writer.name, writer.name), (), ())


@pytest.mark.parametrize("writer", WRITERS, ids=lambda writer: writer.name)
def test_a_format_reads_alone_what_it_reads_in_the_registry(writer: Writer) -> None:
    page = writer.page([Item(b"one", size=5), Item(b"two", is_folder=True)])
    alone = next(each for each in FORMATS if each.name == FORMAT.get(writer.name, writer.name))
    assert alone.read(page) == read_listing(page)


def test_every_format_has_another_name() -> None:
    assert len({each.name for each in FORMATS}) == len(FORMATS)

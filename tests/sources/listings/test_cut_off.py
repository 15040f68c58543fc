"""Pages whose end the server never stated: cut off anywhere, they never pass for whole, and no row is read by half."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.sources.listings.writers import WRITERS, Item, Writer
from workbench.sources.listings.registry import read_listing
from workbench.sources.remote import Entry, Listing, Page

ITEMS = [
    Item(b"one.png", size=5),
    Item("둘".encode(), is_folder=True),
    Item(b"t#ree", size=2**30),
    Item(b"four.tar.gz", size=123_456),
    Item(b"five", is_folder=True),
    Item(b"six", size=77_777),
]
CLOSING = [writer for writer in WRITERS if writer.name != "text"]
"""The last one closes nothing."""


def unended(writer: Writer) -> Page:
    return replace(writer.page(ITEMS), ended=False)


def cut(page: Page, at: int) -> Page:
    return replace(page, body=page.body[:at])


def says_cut(listing: Listing) -> bool:
    return any(each.message.code == "listing-cut-off" for each in listing.remarks)


def entries(listing: Listing | None) -> tuple[Entry, ...]:
    assert listing is not None
    return listing.entries


@pytest.mark.parametrize("writer", CLOSING, ids=lambda each: each.name)
def test_a_page_that_closes_what_it_opened_is_whole(writer: Writer) -> None:
    listing = read_listing(unended(writer))
    assert len(entries(listing)) == len(ITEMS)
    assert listing == read_listing(writer.page(ITEMS))
    assert listing is not None
    assert not listing.remarks


@pytest.mark.parametrize("name", ["apache-pre", "apache-table", "apache-list", "nginx", "lighttpd", "python-http"])
def test_a_page_cut_off_between_two_rows_is_not_whole(name: str) -> None:
    writer = next(each for each in WRITERS if each.name == name)
    page = unended(writer)
    fourth = page.body.index(b"four.tar.gz")
    at = page.body.rindex(b"\n", 0, fourth) + 1
    listing = read_listing(cut(page, at))
    assert entries(listing) == entries(read_listing(page))[:3]
    assert listing is not None
    assert [each.message.code for each in listing.remarks] == ["listing-cut-off"]
    stated = read_listing(replace(cut(page, at), ended=True))
    assert stated is not None
    assert not stated.remarks, "where the server says that this is all, it is"


@settings(max_examples=300)
@given(writer=st.sampled_from(WRITERS), part=st.floats(0, 1, exclude_max=True))
def test_a_page_cut_off_anywhere_is_not_whole(writer: Writer, part: float) -> None:
    page = unended(writer)
    whole = entries(read_listing(page))
    listing = read_listing(cut(page, int(part * len(page.body))))
    if listing is not None:
        assert says_cut(listing) or listing.entries == whole
        assert set(listing.entries) <= set(whole)


@pytest.mark.parametrize("ended", [True, False])
def test_a_row_in_which_the_page_breaks_off_is_left_out(ended: bool) -> None:
    """Its size would be a part of its size."""
    rows = '<tr><td><a href="a">a</a><td>12345<td>2024-01-03</tr><tr><td><a href="b">b</a><td>67890<td>2024-01-03'
    text = f"<html><title>Index of /</title><table><tr><th>Name<th>Size<th>Date</tr>{rows}"
    for broken in (text[:-10] + '<td align="', text[:-8] if not ended else text[:-8] + "<td"):
        listing = read_listing(Page("http://server.example/", broken.encode(), "text/html", ended=ended))
        assert [(each.name, each.size) for each in entries(listing)] == [(b"a", 12345)]
        assert listing is not None
        assert says_cut(listing)


def test_a_page_in_a_page_ends_nothing() -> None:
    """A header of the server's owner may be a page of its own."""
    head = "<html><body><h1>Index of /</h1></body></html><pre>"
    page = Page("http://server.example/", head.encode(), "text/html", ended=False)
    rows = b'<a href="a">a</a>  03-Jan-2024 09:00  12\n<a href="b">b</a>  03-Jan-2024 09:00  12\n'
    for end, is_cut in ((b"", True), (b"</pre>", False)):
        listing = read_listing(replace(page, body=page.body + rows + end))
        assert len(entries(listing)) == 2
        assert listing is not None
        assert says_cut(listing) is is_cut

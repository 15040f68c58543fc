"""Pages made to hang or to break a reader: none of them raises, all are bounded."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.sources.listings.writers import URL, WRITERS, Item, Writer
from workbench.sources.listings import collect, document, markup
from workbench.sources.listings.registry import is_login_page, read_listing
from workbench.sources.remote import Page

CLAIM = b"<html><head><title>Index of /</title></head><body><h1>Index of /</h1>"
MANY = 10_000
HOSTILE = {
    "nested div": CLAIM + b"<div>" * 50_000 + b"<a href=x>x</a>",
    "nested tables": CLAIM + b"<table><tr><td>" * MANY + b"<a href=x>x</a>",
    "nested lists": CLAIM + b"<ul><li><a href=x>" * MANY,
    "closed more often than opened": CLAIM + b"</table></pre></ul></td></a>" * MANY,
    "unclosed attribute": CLAIM + b'<a href="' * MANY,
    "unclosed tag": CLAIM + b"<a href=x " * MANY,
    "long attribute": CLAIM + b'<a href="' + b"x" * 2**20 + b'">x</a>',
    "long unquoted attribute": CLAIM + b"<a href=" + b"x" * 2**20 + b">x</a>",
    "many attributes": CLAIM + b"<a " + b"a " * MANY + b"href=x>x</a>",
    "space in a tag": CLAIM + b"<a" + b" " * 2**20 + b"href" + b" " * 2**20 + b"=x>x</a>",
    "angle brackets": b"<" * 2**20,
    "slashed brackets": CLAIM + b"</" * 2**19,
    "ampersands": CLAIM + b"<pre>" + b"&" * 2**20,
    "large entities": CLAIM + b"<pre><a href='&#99999999;&#xFFFFFFF;&#" + b"9" * 2**20 + b";'>x</a>",
    "comments": CLAIM + b"<!--" * MANY,
    "scripts": CLAIM + b"<script>" * MANY,
    "zero bytes": b"\0" * 2**20,
    "zero bytes in a list": CLAIM + b"<pre><a href=x>" + b"\0" * 2**20,
    "junk": CLAIM + random.Random(7).randbytes(2**20),
    "lines": CLAIM + b"<pre>" + b"a\n" * MANY,
    "spaces in a line": CLAIM + b"<pre><a href=x>x</a>" + b" " * 2**20 + b"5",
    "digits in a cell": CLAIM + b"<table><tr><th>Name<th>Size<tr><td><a href=x>x</a><td>" + b"1," * 2**19,
    "dates in a line": CLAIM + b"<pre><a href=x>x</a> " + b"2024-01-03 " * MANY,
    "climbing links": CLAIM + b"<a href='" + b"../" * MANY + b"x'>x</a>",
    "brackets as JSON": b"[" * 2**20,
    "objects as JSON": b'[{"a":' * MANY,
    "one long object": b'[{"name":"x","type":"file"' + b',"a":"b"' * MANY,
    "one long text": b'[{"name":"' + b'\\"' * 2**19,
    "large numbers as JSON": b'[{"name":"x","type":"file","size":' + b"9" * 2**16 + b"}]",
    "calls of a script": CLAIM + b"<script>function _d( " + b"_d('" * MANY,
    "open objects of a script": CLAIM + b"<script>directLinkData={" + b'{"' * MANY,
    "XML without an end": b"<list>\n" + b'<file size="1">a' * MANY,
    "UTF-16": "\ufeff<html><title>Index of /</title><pre><a href='x'>x</a> 12".encode("utf-16-le") + b"\xd8",
    "a charset that is none": b"<html><meta charset='unicode_escape'><title>Index of /</title><ul><a href=\\x00>x</a>",
}


@pytest.mark.parametrize("body", HOSTILE.values(), ids=list(HOSTILE))
def test_hostile_pages_end(body: bytes) -> None:
    page = Page(URL, body, "text/html")
    listing = read_listing(page)
    is_login_page(page)
    if listing is not None:
        assert len(listing.remarks) <= collect.MAX_REMARKS + 2
        assert all(b"/" not in entry.name and b"\0" not in entry.name for entry in listing.entries)


@settings(max_examples=60)
@given(
    body=st.binary(max_size=400),
    lead=st.sampled_from([b"", CLAIM, CLAIM + b"<pre>", CLAIM + b"<table><tr><td>", b"[{"]),
)
def test_junk_never_raises(body: bytes, lead: bytes) -> None:
    read_listing(Page(URL, lead + body, "text/html"))


@settings(max_examples=100)
@given(writer=st.sampled_from(WRITERS), seed=st.integers(0, 2**32))
def test_damaged_pages_never_raise(writer: Writer, seed: int) -> None:
    body = bytearray(
        writer.write([Item(b"one", size=5), Item("둘".encode(), is_folder=True), Item(b"t#ree", size=2**30)])
    )
    dice = random.Random(seed)
    for _ in range(dice.randrange(1, 12)):
        at = dice.randrange(len(body))
        body[at : at + dice.randrange(0, 30)] = dice.randbytes(dice.randrange(0, 4))
    listing = read_listing(Page(URL, bytes(body), "text/html"))
    for entry in listing.entries if listing else ():
        assert entry.name
        assert b"/" not in entry.name
        assert entry.url.isascii()


@pytest.mark.parametrize(
    "url", ["http://h", "http://h/?", "http://h/%zz", "http://[::1]:8/a/", "http://h/a?dir=b", "x", ""]
)
def test_odd_addresses(url: str) -> None:
    read_listing(Page(url, CLAIM + b"<ul><li><a href='x'>x</a><li><a href='?dir=y'>y</a></ul>", "text/html"))


def test_too_many_entries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collect, "MAX_ENTRIES", 3)
    listing = read_listing(WRITERS[3].page([Item(b"%d" % number) for number in range(5)]))
    assert listing is not None
    assert [entry.name for entry in listing.entries] == [b"0", b"1", b"2"]
    assert [(remark.message.code, remark.message.args) for remark in listing.remarks] == [
        ("listing-too-many", {"limit": 3})
    ]


def test_too_many_tokens_and_links_cut_the_page_off(monkeypatch: pytest.MonkeyPatch) -> None:
    items = [Item(b"%d" % number) for number in range(50)]
    monkeypatch.setattr(markup, "MAX_TOKENS", 100)
    first = read_listing(WRITERS[3].page(items))
    monkeypatch.undo()
    monkeypatch.setattr(document, "MAX_LINKS", 20)
    second = read_listing(WRITERS[3].page(items))
    for listing in (first, second):
        assert listing is not None
        assert 0 < len(listing.entries) < 50
        assert listing.remarks[0].message.code == "listing-cut-off"

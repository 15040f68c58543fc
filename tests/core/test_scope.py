"""What belongs to a source: addresses as they are typed, and what lies below them however it is written."""

from __future__ import annotations

import posixpath
from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.core.errors import UserError
from workbench.core.scope import Scope, start_of


@pytest.mark.parametrize(
    ("typed", "start"),
    [
        ("203.0.113.9/upload", "http://203.0.113.9/upload"),
        (" https://Example.ORG:443/a b/그림/ ", "https://example.org/a%20b/%EA%B7%B8%EB%A6%BC/"),
        ("ftp://example.org:2121", "ftp://example.org:2121/"),
        ("http://[2001:db8::1]:80/x/", "http://[2001:db8::1]/x/"),
        ("http://münchen.example/%41/", "http://xn--mnchen-3ya.example/%41/"),
        ("http://example.org/d/#part", "http://example.org/d/"),
    ],
)
def test_an_address_is_read_as_it_is_typed(typed: str, start: str) -> None:
    assert start_of(typed) == start


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("", "url-unreadable"),
        ("http://", "url-unreadable"),
        ("http://a\nb/", "url-unreadable"),
        ("http://host:port/", "url-unreadable"),
        ("file:///etc/passwd", "url-scheme"),
        ("gopher://example.org/", "url-scheme"),
        ("http://user:secret@example.org/", "url-credentials"),
        ("ftp://anonymous@example.org/", "url-credentials"),
    ],
)
def test_what_is_no_address_is_refused(typed: str, code: str) -> None:
    with pytest.raises(UserError) as raised:
        start_of(typed)
    assert raised.value.message.code == code


@pytest.mark.parametrize(
    ("url", "held"),
    [
        ("http://example.org/up/a.png", True),
        ("http://EXAMPLE.org:80/up/b/", True),
        ("http://example.org/up/a%5Cb.txt", True),
        ("http://example.org/up/a;v=1/b..c/...", True),
        ("http://example.org/%75p/a.png", True),
        ("http://example.org/up", False),
        ("http://example.org/up/..%2fprivate", False),
        ("http://example.org/up/a%2Fb", False),
        ("http://example.org/up/..%5cprivate", False),
        ("http://example.org/up/a%5C..%5C..%5Cprivate", False),
        ("http://example.org/up/..;/private", False),
        ("http://example.org/up/..;a%5Cb", False),
        ("http://example.org:x/up/a", False),
        ("http://example.org/up/../other/", False),
        ("http://example.org/up/%2e%2E/other/", False),
        ("http://example.org/up\\..\\x", False),
        ("http://example.org/upper/a", False),
        ("http://example.org/", False),
        ("https://example.org/up/a", False),
        ("http://example.org:8080/up/a", False),
        ("http://example.org@evil.example/up/a", False),
        ("http://127.0.0.1/up/a", False),
        ("file:///up/a", False),
        ("http://[::1/up/", False),
    ],
)
def test_only_what_lies_below_the_start_belongs_to_a_source(url: str, held: bool) -> None:
    assert Scope("http://example.org/up/").holds(url) is held


@pytest.mark.parametrize(
    ("start", "url", "held"),
    [
        ("http://example.org/up", "http://example.org/up/a", True),
        ("http://example.org/up", "http://example.org/uploads/a", False),
        ("http://example.org/v1.2", "http://example.org/v1.2/a", True),
        ("http://example.org/v1.2", "http://example.org/private/a", False),
        ("http://example.org/up/Index.HTML", "http://example.org/up/a", True),
        ("http://example.org/up/list.php?dir=a", "http://example.org/up/a", True),
        ("http://example.org/up/list.php", "http://example.org/other", False),
        ("http://example.org", "http://example.org/any/where", True),
        ("ftp://example.org/%2Fpub/", "ftp://example.org/%2fpub/a", True),
        ("ftp://example.org/%2Fpub/", "ftp://example.org/pub/a", False),
        ("ftp://example.org/%2Fpub/", "ftp://example.org/%2Fpub/%2Fetc/a", False),
        ("http://example.org/a%20(b)/", "http://example.org/a%20%28b%29/c", True),
    ],
)
def test_a_start_stands_for_its_folder_and_only_a_page_for_the_one_that_holds_it(
    start: str, url: str, held: bool
) -> None:
    assert Scope(start).holds(url) is held


def test_a_start_is_itself_with_and_without_its_slash() -> None:
    for start in ("http://example.org/up", "http://example.org/up/"):
        for url in ("http://example.org/up/", "http://EXAMPLE.org:80/up"):
            assert Scope(start).is_start(url)
        for url in (
            "http://example.org/",
            "http://example.org/up/a",
            "https://example.org/up",
            "http://a@example.org/up",
        ):
            assert not Scope(start).is_start(url)


def test_a_start_that_turns_out_to_be_a_folder_holds_what_lies_in_it() -> None:
    page = Scope("http://example.org/up/odd.php")
    assert page.holds("http://example.org/up/a")
    folder = page.after("http://example.org/up/odd.php/")
    assert folder.holds("http://example.org/up/odd.php/a")
    assert not folder.holds("http://example.org/up/a")
    assert page.after("http://example.org/up/odd.php") is page
    assert page.after("http://example.org/up/a/") is page
    assert Scope("http://example.org/").after("http://example.org//").holds("http://example.org/a")


@given(st.lists(st.sampled_from(["a", "..", ".", "%2e%2E", "%2f", "%5c", "\\", ";", "/", "b.c", ""]), max_size=8))
def test_nothing_that_is_held_leads_out_of_the_start_for_any_reader(parts: list[str]) -> None:
    url = "http://example.org/up/" + "".join(parts)
    if not Scope("http://example.org/up/").holds(url):
        return
    path = unquote(urlsplit(url).path).replace("\\", "/")
    path = "/".join(each.partition(";")[0] for each in path.split("/"))
    assert f"{posixpath.normpath(path)}/".startswith("/up/")


@given(st.text(max_size=40))
def test_any_text_is_an_address_or_a_sentence(text: str) -> None:
    try:
        start = start_of(text)
    except UserError:
        return
    assert start.isascii()
    assert start_of(start) == start

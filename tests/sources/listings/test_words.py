"""Sizes, times, charsets and tags: the small readers under the formats."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.core.times import Precision, Zone, rfc3339
from workbench.sources.listings import charset, markup, sizes, stamps
from workbench.sources.listings.stamps import Order


@pytest.mark.parametrize(
    ("words", "number", "exact"),
    [
        ("0", 0, True), ("617 ", 617, True), ("1,024", 1024, True), ("1.234.567", 1234567, True), ("1 024", 1024, True),
        ("287K", 287 * 1024, False), ("1.2M", 1258291, False), ("287 KB", 287 * 1024, False),
        ("1.5 GiB", 1610612736, False),
        ("21836k", 22360064, False), ("4 .9M", 5138022, False), ("6.84 Mo-", 7172260, False), ("303.00B", 303, True),
        ("1,5 MB", 1572864, False), ("1,024 KB", 1048576, False), ("10 kB", 10240, False),
        ("\u21e9 2.96 GB", 3178275799, False),
        ("12 bytes", 12, True), ("12 байт", 12, True), ("2 МБ", 2097152, False), ("3.41Gb", 3661459620, False),
    ],
)  # fmt: skip
def test_sizes(words: str, number: int, exact: bool) -> None:
    assert sizes.read(words) == (number, exact)


@pytest.mark.parametrize(
    "words",
    ["", "-", "—", "K", "1.2.3K4", "12 items", "2024-01-03", "12:30", "1.5", "9" * 30, "9999999E", "٣K", "-5", "5 K x"],
)
def test_words_that_are_no_size(words: str) -> None:
    assert sizes.read(words) is None


def test_a_number_alone_is_a_size_only_where_it_may_be() -> None:
    assert sizes.read("30", bare=False) is None
    assert sizes.find("a scan, 12 KB, of 2024") == (12 * 1024, False)
    assert sizes.find("12 of 30, 5 MB/s") is None


@pytest.mark.parametrize(
    ("words", "time", "precision"),
    [
        ("2024-01-03 09:00", "2024-01-03T09:00:00", Precision.MINUTE),
        ("03-Jan-2024 09:00", "2024-01-03T09:00:00", Precision.MINUTE),
        ("2024-Jan-03 09:00:05", "2024-01-03T09:00:05", Precision.SECOND),
        ("18 Mar 2018 4:48 PM", "2018-03-18T16:48:00", Precision.MINUTE),
        ("Dec 25 2018 12:23:32 AM", "2018-12-25T00:23:32", Precision.SECOND),
        ("August 25 2010 at 02:01", "2010-08-25T02:01:00", Precision.MINUTE),
        ("Mar 07, 2011", "2011-03-07T00:00:00", Precision.DAY),
        ("2024년 1월 3일 오후 5:32", "2024-01-03T17:32:00", Precision.MINUTE),
        ("2024年1月3日", "2024-01-03T00:00:00", Precision.DAY),
        ("2/2/2024 1:00 AM", "2024-02-02T01:00:00", Precision.MINUTE),
    ],
)
def test_times_without_a_zone(words: str, time: str, precision: Precision) -> None:
    stated = stamps.read(words)
    assert stated is not None
    assert (str(rfc3339(stated.micros, stated.zone))[:19], stated.zone, stated.precision) == (
        time,
        Zone.UNKNOWN,
        precision,
    )
    found = stamps.find(f"  {words}   12K  text")
    assert found is not None
    assert found.text == words


@pytest.mark.parametrize(
    "words",
    [
        "2024-01-03T09:00:00Z",
        "Wed, 03 Jan 2024 09:00:00 GMT",
        "2024-01-03 10:00:00 +0100",
        "2024-01-03 09:00:00.5 +0000 UTC",
    ],
)
def test_times_with_a_zone(words: str) -> None:
    stated = stamps.read(words)
    assert stated is not None
    assert (rfc3339(stated.micros, stated.zone), stated.precision) == ("2024-01-03T09:00:00.000000Z", Precision.SECOND)
    assert stated.zone is Zone.LINE


@pytest.mark.parametrize(
    "words",
    ["2 hours ago", "4673.5 days", "May 23 11:34", "1/3/2024 9:00 AM", "03-03-10", "31/02/2024", "2024-13-01", "13:99",
     "2024-01-03 25:00", "yesterday", "3. März 2024", "2024-01-03 13:00 PM", ""],
)  # fmt: skip
def test_times_that_stay_open(words: str) -> None:
    assert stamps.read(words) is None


@pytest.mark.parametrize("words", ["2 hours ago", "4673.5 days", "May 23 11:34", "03-03-10", "Jun-23-18"])
def test_words_of_open_times_are_kept(words: str) -> None:
    found = stamps.find(f"x {words} y")
    assert found is not None
    assert found.text == words


def test_day_and_month_are_told_apart_by_the_page() -> None:
    order = Order.UNKNOWN.seen("1/3/2024").seen("2024-01-03")
    assert order is Order.UNKNOWN
    assert order.seen("25/12/2023") is Order.DAY_FIRST
    assert order.seen("12/25/2023 5:00 PM") is Order.MONTH_FIRST
    assert order.seen("25/12/2023").seen("12/25/2023") is Order.BOTH
    assert order.seen("25/12/2023").seen("12/25/2023").seen("25/12/2023") is Order.BOTH
    first, then = stamps.read("1/3/2024", Order.DAY_FIRST), stamps.read("1/3/2024", Order.MONTH_FIRST)
    assert first is not None
    assert then is not None
    assert (rfc3339(first.micros), rfc3339(then.micros)) == (
        "2024-03-01T00:00:00.000000Z",
        "2024-01-03T00:00:00.000000Z",
    )
    assert stamps.read("1/3/2024", Order.BOTH) is None


@given(st.text(max_size=60))
def test_no_words_raise(words: str) -> None:
    sizes.read(words)
    sizes.find(words)
    found = stamps.find(words)
    assert found is None or words[found.start : found.end] == found.text
    stamps.read(words, Order.DAY_FIRST)


@pytest.mark.parametrize(
    ("body", "stated", "found"),
    [
        (b"abc", "", "utf-8"), ("한".encode(), "", "utf-8"), (b"\xe9t\xe9", "", "cp1252"),
        (b"x", "windows-1251", "cp1251"),
        (b"\xef\xbb\xbfx", "windows-1251", "utf-8"), (b"<meta charset=euc-kr>", "", "euc_kr"),
        (b"<meta charset=EUC-KR>", "utf8", "utf-8"),
        (b'<meta http-equiv=x content="text/html; charset=koi8-r">', "", "koi8-r"), (b"x", "unicode_escape", "utf-8"),
        (b"<meta charset=utf-7>", "", "utf-8"), (b"x", "base64", "utf-8"), (b"x", "\x00", "utf-8"),
        (b"x", "iso-8859-1", "cp1252"),
        ("x".encode("utf-16-le"), "UTF-16LE", "utf-8"),
    ],
)  # fmt: skip
def test_charsets(body: bytes, stated: str, found: str) -> None:
    assert charset.as_text(body, stated)[1] == found


@given(st.binary(max_size=300))
def test_tags_end_and_lose_no_text(body: bytes) -> None:
    text = body.decode("latin-1")
    kept = "".join(token.text for token in markup.tokens(text) if not token.tag)
    if "<" not in text:
        assert kept == text
    assert len(kept) <= len(text)


def test_entities_become_bytes_in_links_and_words_in_text() -> None:
    assert markup.attribute("a&amp;b&#54620;&unknown;&amp") == "a&b\xed\x95\x9c&unknown;&amp"
    assert markup.attribute("?a=1&copy=2&order=3") == "?a=1&copy=2&order=3"
    assert markup.words("\xed\x95\x9c&nbsp;&lt;", "utf-8") == "한\xa0<"
    assert markup.words("&#99999999999999;&#xD800;", "utf-8") == "&#99999999999999;\ufffd"

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.core.times import SECOND, Precision, Stated, Zone, from_datetime, parse_option
from workbench.sources.http.headers import (
    LONGEST_WAIT,
    content_range,
    http_date,
    is_strong_date,
    last_modified,
    media_type,
    retry_after,
    server_date,
)

NOON = parse_option("2024-01-03T12:00:00Z").micros


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("Wed, 03 Jan 2024 12:00:00 GMT", "2024-01-03T12:00:00Z"),
        ("Wednesday, 03-Jan-24 12:00:00 GMT", "2024-01-03T12:00:00Z"),
        ("Sunday, 06-Nov-94 08:49:37 GMT", "1994-11-06T08:49:37Z"),
        ("Wed Jan  3 12:00:00 2024", "2024-01-03T12:00:00Z"),
        ("Wed, 3 Jan 2024 12:00:00 UTC", "2024-01-03T12:00:00Z"),
        ("Wed, 03-Jan-2024 12:00:00 GMT", "2024-01-03T12:00:00Z"),
        ("Sat, 31 Dec 2016 23:59:60 GMT", "2017-01-01T00:00:00Z"),
        ("Thu, 01 Jan 1970 00:00:00 GMT", "1970-01-01T00:00:00Z"),
    ],
)
def test_dates(text: str, time: str) -> None:
    assert http_date(text) == parse_option(time).micros


@pytest.mark.parametrize(
    "text",
    [
        "", "0", "-1", "Wed, 03 Jan 2024 12:00:00", "Wed, 03 Jan 2024 12:00:00 +0900", "Wed, 03 Mai 2024 12:00:00 GMT",
        "Wed, 31 Feb 2024 12:00:00 GMT", "Wed, 03 Jan 0000 12:00:00 GMT", "Wed, 03 Jan 2024 25:00:00 GMT",
        "Mi, 03 Jan 2024 12:00:00 GMT", "Wed, ０３ Jan 2024 12:00:00 GMT",
    ],
)  # fmt: skip
def test_what_is_no_date_stays_unknown(text: str) -> None:
    assert http_date(text) is None
    assert last_modified({"last-modified": text}) is None


@given(st.datetimes(datetime(1, 1, 1), datetime(9999, 12, 31)).map(lambda each: each.replace(microsecond=0)))  # noqa: DTZ001
def test_any_date_comes_back(moment: datetime) -> None:
    months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    text = f"Mon, {moment.day:02} {months[moment.month - 1]} {moment.year:04} {moment:%H:%M:%S} GMT"
    assert http_date(text) == from_datetime(moment.replace(tzinfo=UTC))


@given(st.text(max_size=60))
def test_nothing_raises(text: str) -> None:
    names = ("date", "last-modified", "retry-after", "content-range", "content-type")
    headers = dict.fromkeys(names, text)
    server_date(headers)
    last_modified(headers)
    content_range(headers)
    media_type(headers)
    is_strong_date(headers)
    wait = retry_after(headers, NOON)
    assert wait is None or 0 <= wait <= LONGEST_WAIT


def test_what_the_server_claims() -> None:
    headers = {"date": "Wed, 03 Jan 2024 12:00:00 GMT", "last-modified": "Tue, 02 Jan 2024 12:00:00 GMT"}
    assert server_date(headers) == NOON
    assert last_modified(headers) == Stated(NOON - 86_400 * SECOND, Zone.LINE, Precision.SECOND)
    assert server_date({}) is None
    assert last_modified({}) is None


@pytest.mark.parametrize(
    ("date", "modified", "strong"),
    [
        ("Wed, 03 Jan 2024 12:00:01 GMT", "Wed, 03 Jan 2024 12:00:00 GMT", True),
        ("Wednesday, 03-Jan-24 12:00:01 GMT", "Tue Jan  2 12:00:00 2024", True),
        ("Wed, 03 Jan 2024 12:00:00 GMT", "Wed, 03 Jan 2024 12:00:00 GMT", False),
        ("Wed, 03 Jan 2024 12:00:00 GMT", "Wed, 03 Jan 2024 12:00:05 GMT", False),
        ("", "Wed, 03 Jan 2024 12:00:00 GMT", False),
        ("Wed, 03 Jan 2024 12:00:00 GMT", "", False),
        ("Wed, 03 Jan 2024 12:00:00 GMT", "yesterday", False),
    ],
)
def test_a_modified_time_is_a_strong_validator_once_it_is_a_second_old(date: str, modified: str, strong: bool) -> None:
    headers = {name: text for name, text in (("date", date), ("last-modified", modified)) if text}
    assert is_strong_date(headers) is strong


@pytest.mark.parametrize(
    ("text", "date", "seconds"),
    [
        ("120", "", 120),
        ("0", "", 0),
        ("99999999999", "", LONGEST_WAIT),
        ("9" * 30, "", None),
        ("-5", "", None),
        ("1.5", "", None),
        ("soon", "", None),
        ("", "", None),
        ("Wed, 03 Jan 2024 12:01:00 GMT", "", 60),
        ("Wed, 03 Jan 2024 11:00:00 GMT", "", 0),
        ("Wed, 03 Jan 2034 11:00:00 GMT", "", LONGEST_WAIT),
        ("Wed, 03 Jan 2024 13:00:30 GMT", "Wed, 03 Jan 2024 13:00:00 GMT", 30),
    ],
)
def test_how_long_to_wait(text: str, date: str, seconds: int | None) -> None:
    assert retry_after({"retry-after": text, "date": date}, NOON) == seconds


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("bytes 0-99/200", (0, 100, 200)),
        ("Bytes 5-5/*", (5, 6, None)),
        ("bytes */200", None),
        ("bytes 5-4/200", None),
        ("bytes 0-200/200", None),
        ("items 0-1/2", None),
        ("bytes 0-" + "9" * 40 + "/*", None),
        ("", None),
    ],
)
def test_parts(text: str, part: tuple[int, int, int | None] | None) -> None:
    assert content_range({"content-range": text}) == part


def test_media_types() -> None:
    assert media_type({"content-type": 'Text/HTML; Charset="UTF-8"; x=y'}) == ("text/html", "utf-8")
    assert media_type({"content-type": "image/png"}) == ("image/png", "")
    assert media_type({}) == ("", "")

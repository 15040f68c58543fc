"""How rows become lines."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from workbench.cli.output import cell, json_line, plain, short_time, shortened, width

ANY = st.text(st.characters(exclude_categories=()))  # surrogates included


@given(ANY)
def test_a_json_line_is_one_line_and_says_the_same(text: str) -> None:
    line = json_line({"text": text})
    assert len(line.splitlines()) == 1
    assert line.encode()
    said = json.loads(line)["text"]
    assert said == "".join("\ufffd" if "\ud800" <= sign <= "\udfff" else sign for sign in text)


@given(ANY)
def test_nothing_reaches_the_terminal_that_it_would_obey(text: str) -> None:
    shown = plain(text)
    shown.encode()
    assert len(shown.splitlines()) <= 1
    assert not any(sign < " " or "\x7f" <= sign <= "\x9f" or "\u202a" <= sign <= "\u202e" for sign in shown)


@given(ANY.map(plain), st.integers(1, 60))
def test_shortened_text_fits(text: str, columns: int) -> None:
    assert width(shortened(text, columns)) <= columns
    if width(text) <= columns:
        assert shortened(text, columns) == text


def test_cells() -> None:
    assert [cell(each) for each in (None, True, False, 7, [], ["a", "b"], "x")] == [
        "–", "yes", "no", "7", "–", "a, b", "x",
    ]  # fmt: skip
    assert cell({"a": "看"}) == '{"a": "看"}'


def test_times_keep_what_is_known_of_their_zone() -> None:
    assert short_time("2024-01-03T09:00:00.000000Z") == "2024-01-03 09:00:00Z"
    assert short_time("2024-01-03T09:00:00.000000") == "2024-01-03 09:00:00"
    assert short_time(None) == "–"


def test_wide_signs_take_two_columns() -> None:
    assert (width("ab"), width("看图"), width("그림"), width("e\u0301")) == (2, 4, 4, 1)

from __future__ import annotations

import sqlite3
import unicodedata
from contextlib import closing

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.case.bigrams import fold, index_text, match_query, query


def table(texts: list[str]) -> sqlite3.Connection:
    database = sqlite3.connect(":memory:")
    database.execute("CREATE VIRTUAL TABLE t USING fts5(content, content='', tokenize='unicode61')")
    database.executemany(
        "INSERT INTO t(rowid, content) VALUES (?, ?)", [(row, index_text(text)) for row, text in enumerate(texts)]
    )
    return database


def hits(database: sqlite3.Connection, words: str) -> set[int]:
    match = match_query(words)
    if match is None:
        return set()
    return {row for (row,) in database.execute("SELECT rowid FROM t WHERE t MATCH ?", (match,))}


def found(texts: list[str], words: str) -> set[int]:
    with closing(table(texts)) as database:
        return hits(database, words)


TEXTS = [
    "第3集 修改意见.png",
    "수정 요청 사항",
    "S05_C012 刀具修改",
    "ドラゴン が飛ぶ",
    "penknife",
    "Knife-02",
    "ﾄﾞﾗｺﾞﾝ half width",
    unicodedata.normalize("NFD", "수정본 Café"),
    "中 国",
]


@pytest.mark.parametrize(
    ("words", "rows"),
    [
        ("修改", {0, 2}),
        ("修", {0, 2}),
        ("改", {0, 2}),
        ("修改意见", {0}),
        ("修意", set()),
        ("수정", {1, 7}),
        ("정", {1, 7}),
        ("ドラゴン", {3, 6}),
        ("ﾄﾞﾗｺﾞ", {3, 6}),
        ("か", set()),
        ("が", {3}),
        ("3集", {0}),
        ("第3", {0}),
        ("第3集", {0}),
        ("c012", {2}),
        ("c01", {2}),
        ("Ｃ０１２", {2}),
        ("knife", {5}),
        ("KNI", {5}),
        ("cafe", {7}),
        ("修改 s05", {2}),
        ("修改 集", {0}),
        ("中国", set()),
        ('"', set()),
        ("", set()),
        ("OR", set()),
        ("修改) OR (knife", set()),
        ("content:knife", set()),
    ],
)
def test_words_are_found(words: str, rows: set[int]) -> None:
    assert found(TEXTS, words) == rows


def test_the_query_says_when_the_index_is_not_enough() -> None:
    assert query("修改").exact
    assert query("修改").complete
    spaced = query("集-12")
    assert not spaced.exact
    assert spaced.complete
    middle = query("nife")
    assert not middle.complete
    assert middle.contains("penknife")
    assert query("!!").match is None
    assert query("!!").contains("wow!!")
    assert query(" ").match is None


def test_texts_from_damaged_names_can_be_indexed() -> None:
    assert found(["a\udcff修改\0刀具"], "刀具") == {0}


ALPHABET = st.sampled_from([*"中国修改集刀の가나ドab2Z é-_./ ﾄｶﾞ", "\U00020000", "々", "\u0301", "\u3099", "A"])
TEXT = st.text(ALPHABET, max_size=12)
CJK_START = st.builds(str.__add__, st.sampled_from(list("中国修改集刀가나")), st.text(ALPHABET, max_size=4))


@settings(max_examples=300, deadline=None)
@given(st.lists(TEXT, min_size=1, max_size=20), st.lists(CJK_START, min_size=1, max_size=8))
def test_substrings_from_a_cjk_character_are_all_found(texts: list[str], needles: list[str]) -> None:
    """Against a naive search: none missed; none extra once checked, or at once when the query says exact."""
    with closing(table(texts)) as database:
        for needle in needles:
            asked = query(needle)
            truth = {row for row, text in enumerate(texts) if all(part in fold(text) for part in asked.needles)}
            got = hits(database, needle)
            if asked.complete:
                assert truth <= got
            assert {row for row in got if asked.contains(texts[row])} == truth & got
            if asked.exact:
                assert got == truth


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=20), st.text(max_size=6))
def test_any_text_makes_a_valid_query_and_folding_is_stable(text: str, words: str) -> None:
    assert fold(fold(text)) == fold(text)
    found([text], words)

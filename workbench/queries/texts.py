"""Rows by their texts: words in names and notes, patterns of whole paths."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from workbench.case.bigrams import Query, query
from workbench.case.readers import Reader
from workbench.case.transaction import TEXT_KINDS, display
from workbench.queries.mask import ids_of
from workbench.queries.shown import chunks, marks


def text_hits(reader: Reader, words: str) -> dict[str, list[int]]:
    """Rows that hold all the words, by table: paths, marks (notes), facts (text that was read from bytes).

    The index finds them where it can tell; else the texts themselves decide, so that nothing is missed or added.
    """
    wanted = query(words)
    if not wanted.needles:
        return {name: [] for name in TEXT_KINDS}
    if wanted.match is None or not wanted.complete:
        return {name: _scanned(reader, wanted, name) for name in TEXT_KINDS}
    hits: dict[str, list[int]] = {name: [] for name in TEXT_KINDS}
    names = {number: name for name, number in TEXT_KINDS.items()}
    for row in ids_of(reader, "SELECT rowid FROM text_index WHERE text_index MATCH ?", (wanted.match,)):
        hits[names[row & 3]].append(row >> 2)
    if not wanted.exact:
        for name, rows in hits.items():
            hits[name] = [row for row, text in _texts(reader, name, rows) if wanted.contains(str(text))]
    return hits


def logged_paths(reader: Reader, words: str) -> list[int]:
    """Logged paths that hold all the words; they are not in the index."""
    wanted = query(words)
    return _scanned(reader, wanted, "logpath") if wanted.needles else []


_TEXT_OF = {"path": "display", "logpath": "display", "mark": "value", "fact": "value"}
_INDEXED = {
    "path": "",
    "logpath": "",
    "mark": "kind IN ('note', 'journal') AND value IS NOT NULL AND",
    "fact": f"id IN (SELECT id / 4 FROM text_index_docsize WHERE id % 4 = {TEXT_KINDS['fact']}) AND",
}


def _scanned(reader: Reader, wanted: Query, table: str) -> list[int]:
    """Rows whose text holds the words, by looking at the texts; SQLite passes over those that cannot.

    A text in ASCII holds a word in ASCII as it stands, in small letters, and no other word. Neither does one of whole
    Chinese, Japanese and Korean characters beside ASCII: those stay what they are when both sides are made equal.
    """
    column, indexed = _TEXT_OF[table], _INDEXED[table]
    ascii_words = [each for each in wanted.needles if each.isascii()]
    plain = "" if _CJK.search("".join(wanted.needles)) else "가-힣一-鿿ぁ-ヺ"
    beyond_ascii = f"length({column}) <> length(CAST({column} AS BLOB))"
    may = [f"({beyond_ascii} AND {column} GLOB '*[^ -~{plain}]*')"]
    if len(ascii_words) == len(wanted.needles):
        may.append("(" + " AND ".join(f"instr(lower({column}), ?)" for _ in ascii_words) + ")")
    else:
        ascii_words = []
    sql = f"SELECT id, {column} FROM {table} WHERE {indexed} ({' OR '.join(may)})"
    return [row for row, text in reader.conn.execute(sql, ascii_words) if wanted.contains(str(text))]


def _texts(reader: Reader, table: str, rows: Sequence[int]) -> Iterable[tuple[int, Any]]:
    for part in chunks(rows):
        yield from reader.conn.execute(f"SELECT id, {_TEXT_OF[table]} FROM {table} WHERE id IN ({marks(part)})", part)


_CJK = re.compile("[가-힣一-鿿ぁ-ヺ]")


def globbed(reader: Reader, table: str, patterns: Sequence[str]) -> list[int]:
    """Rows whose whole path fits a pattern: ``*`` crosses ``/``, case counts (SQLite's GLOB)."""
    return [
        row
        for pattern in patterns
        for row in ids_of(reader, f"SELECT id FROM {table} WHERE display GLOB ?", (pattern,))
    ]


def globbed_logged(reader: Reader, patterns: Sequence[str]) -> set[int]:
    """Logged paths that fit a pattern as they stand, or as the path of a file below the server's root."""
    found = set(globbed(reader, "logpath", patterns))
    bare = "ltrim({}, '/')"
    for pattern in patterns:
        found.update(ids_of(reader, f"SELECT id FROM logpath WHERE {bare.format('display')} GLOB ?", (pattern,)))
        for (root,) in reader.all("SELECT DISTINCT prefix FROM rootmap"):
            shown = display(root).rstrip("/")
            below = bare.format(f"substr(display, {len(shown) + 1})")
            sql = f"SELECT id FROM logpath WHERE display GLOB ? AND ({below} GLOB ? OR '/' || {below} GLOB ?)"
            found.update(ids_of(reader, sql, (f"{literal(shown)}/*", pattern, pattern)))
    return found


def literal(text: str) -> str:
    """Text as a pattern that fits it alone."""
    return re.sub(r"[*?[]", r"[\g<0>]", text)

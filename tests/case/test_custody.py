"""The canonical form, against a second implementation that was written from the docstring alone."""

from __future__ import annotations

import hashlib
import json
import math
import struct
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.case import custody
from workbench.case.case import Case
from workbench.case.readers import Reader
from workbench.case.transaction import column_names
from workbench.core.batch import NULL
from workbench.ops import marks
from workbench.queries import custody as log


def outsider(salt: bytes, table: str, columns: dict[str, list[Any]], first: int) -> bytes:
    """As an outsider would write it, value by value."""
    count = len(next(iter(columns.values())))
    head = json.dumps(
        {"columns": list(columns), "count": count, "first": first, "table": table},
        sort_keys=True,
        separators=(",", ":"),
    )
    form = head.encode("ascii") + b"\n"
    for values in columns.values():
        tags, rest = b"", b""
        for value in values:
            if value is None:
                tags += b"\0"
            elif isinstance(value, int):
                tags += b"\1"
                rest += struct.pack("<q", value)
            elif isinstance(value, float):
                tags += b"\2"
                rest += struct.pack("<d", value)
            else:
                raw = value.encode() if isinstance(value, str) else value
                tags += b"\3" if isinstance(value, str) else b"\4"
                rest += struct.pack("<Q", len(raw)) + raw
        form += tags + rest
    return hashlib.sha256(salt + form).digest()


INT = st.integers(-(2**63) + 1, 2**63 - 1)
CELL = st.one_of(
    st.none(), INT, st.floats(allow_nan=False), st.text(st.characters(exclude_categories=["Cs"])), st.binary()
)
NAMES = st.lists(st.text(st.characters(exclude_categories=["Cs"]), min_size=1), min_size=1, max_size=4, unique=True)


@given(st.data(), NAMES, st.integers(1, 6), st.binary(min_size=16, max_size=16), st.integers(1, 10**12))
def test_rows(data: st.DataObject, names: list[str], count: int, salt: bytes, first: int) -> None:
    columns = {name: data.draw(st.lists(CELL, min_size=count, max_size=count)) for name in names}
    assert custody.rows_digest(salt, "täble", first, columns) == outsider(salt, "täble", columns, first)


@given(st.lists(st.one_of(st.none(), INT), min_size=1))
def test_arrays_of_numpy_are_the_same_rows(values: list[int | None]) -> None:
    array = np.array([NULL if value is None else value for value in values], np.int64)
    assert custody.rows_digest(b"s" * 16, "t", 1, {"a": array}) == outsider(b"s" * 16, "t", {"a": values}, 1)


def test_the_chain_of_a_case_is_computed_by_an_outsider(case: Case) -> None:
    case.run(marks.tag, [("object", 1), ("object", 2)], "한국어")
    case.run(marks.note, [("object", 1)], "note")
    with case.reader() as reader:
        before = hashlib.sha256(b"workbench-custody-1\0" + case.uid).hexdigest()
        for entry in log.rows(reader):
            assert entry["prev"] == before
            for name, value in (("actor", entry["actor"]), ("arguments", entry["arguments"])):
                plain = json.dumps(value, sort_keys=True, separators=(",", ":"))
                salted = bytes.fromhex(entry[f"{name}_salt"]) + plain.encode("ascii")
                assert hashlib.sha256(salted).hexdigest() == entry[f"{name}_digest"]
            for each in entry["rows"]:
                assert each["digest"] == rows_of(reader, each).hex()
            form = {
                "seq": entry["seq"],
                "uid": entry["uid"].replace("-", ""),
                "time": entry["time_us"],
                "op": entry["op"],
                "undoes": entry["undoes"],
                "actor": entry["actor_digest"],
                "arguments": entry["arguments_digest"],
                "rows": [
                    {key: each[key] for key in ("table", "first", "last", "count", "digest")} for each in entry["rows"]
                ],
                "prev": before,
            }
            before = hashlib.sha256(json.dumps(form, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
            assert before == entry["hash"]
        assert log.head(reader).hash.hex() == before


def rows_of(reader: Reader, part: dict[str, Any]) -> bytes:
    names = column_names(part["table"])
    found = reader.all(
        f"SELECT {', '.join(names)} FROM {part['table']} WHERE id BETWEEN ? AND ? ORDER BY id",
        (part["first"], part["last"]),
    )
    columns = {name: [row[index] for row in found] for index, name in enumerate(names)}
    return outsider(bytes.fromhex(part["salt"]), part["table"], columns, part["first"])


def test_no_value_changes_between_the_digest_and_the_file(case: Case) -> None:
    """SQLite would turn not-a-number into null, minus zero into zero, and numbers in text columns into text."""
    from workbench.case.operation import REGISTRY, operation
    from workbench.case.transaction import Transaction
    from workbench.queries.verify import verify

    @operation("test.odd")
    def odd(tx: Transaction, **columns: Any) -> None:
        tx.append("setting", **columns)

    @operation("test.facts")
    def facts(tx: Transaction) -> None:
        tx.append("object", sha256=[b"x" * 32], size=[True])
        tx.append("analysis", object=[1], analyzer=["a"], version=["1"], state=["ok"])
        tx.append("fact", object=[1] * 3, analysis=[1] * 3, key=["a", "b", "c"], value=[math.nan, -0.0, 2**63 - 1])

    try:
        with pytest.raises(TypeError):
            case.run(odd, key=["number"], value=[5])
        with pytest.raises(KeyError):
            case.run(odd, key=["number"])
        case.run(odd, key=["nul"], value=["a\0b"])
        case.run(facts)
    finally:
        del REGISTRY["test.odd"], REGISTRY["test.facts"]
    assert {each.kind for each in case.ask(verify).problems} <= {"object-missing"}

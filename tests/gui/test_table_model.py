"""Order, search and selection of the table model against plain Python."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtTest import QAbstractItemModelTester

from workbench.gui.widgets.table_columns import NO_TIME, Coded, Column
from workbench.gui.widgets.table_model import TableModel

COLUMNS = (
    Column("address", "Address", "mono"),
    Column("country", "Country", "flag", names={"ES": "Spain", "CN": "China"}),
    Column("labels", "Labels", "chips", accent=frozenset({"on no list held"})),
    Column("uploads", "Uploads", "bar"),
    Column("first", "First", "time"),
)
Role = Qt.ItemDataRole

words = st.one_of(st.none(), st.text(st.sampled_from("abAB ä수표"), max_size=4))
labels = st.one_of(st.none(), st.lists(st.sampled_from(["vpn", "hosting", "tor"]), max_size=2).map(tuple))
rows = st.lists(
    st.tuples(words, st.sampled_from([None, "ES", "CN"]), labels, st.one_of(st.none(), st.integers(-5, 5))), max_size=30
)


def made(values: list[tuple[Any, Any, Any, Any]]) -> TableModel:
    model = TableModel()
    address, country, chips, uploads = zip(*values, strict=True) if values else ((), (), (), ())
    data = {
        "address": list(address),
        "country": list(country),
        "labels": list(chips),
        "uploads": list(uploads),
        "first": np.arange(len(values), dtype=np.int64),
    }
    model.set_rows(COLUMNS, data, np.arange(len(values), dtype=np.int64) + 2**60)
    return model


def shown(model: TableModel) -> list[int]:
    return [int(each) - 2**60 for each in model.ids[model.order]]


def key(value: Any) -> Any:
    if isinstance(value, int):
        return value
    text = value if isinstance(value, str) else ", ".join(value)
    return text.casefold()


def expected(values: list[Any], keys: list[tuple[int, bool]]) -> list[int]:
    order = list(range(len(values)))
    for column, down in reversed(keys):
        held = [row for row in order if values[row][column] is not None]
        held.sort(key=lambda row: key(values[row][column]), reverse=down)
        order = held + [row for row in order if values[row][column] is None]
    return order


@given(rows, st.lists(st.tuples(st.integers(0, 3), st.booleans()), max_size=3, unique_by=lambda each: each[0]))
@settings(max_examples=200, deadline=None)
def test_sort_is_pythons_sort(values: list[Any], keys: list[tuple[int, bool]]) -> None:
    model = made(values)
    model.sort_by([(COLUMNS[column].key, down) for column, down in keys])
    assert shown(model) == expected(values, keys)


@given(rows, st.lists(st.text(st.sampled_from("abäpn 수S"), max_size=3), min_size=1, max_size=4))
@settings(max_examples=150, deadline=None)
def test_search_is_pythons_search_while_one_types(values: list[Any], typed: list[str]) -> None:
    model = made(values)
    names = {"ES": "Spain", "CN": "China"}
    texts = []
    for address, country, chips, _ in values:
        texts.append([address or "", f"{country or ''} {names.get(country, '')}", ", ".join(chips or ())])
    text = ""
    for more in typed:
        text += more
        model.set_filter(text)
        wanted = [
            row
            for row, cells in enumerate(texts)
            if all(any(needle in cell.casefold() for cell in cells) for needle in text.casefold().split())
        ]
        assert shown(model) == wanted
    model.set_filter("")
    assert len(shown(model)) == len(values)


@given(rows, st.lists(st.tuples(st.integers(0, 29), st.integers(0, 29), st.booleans(), st.booleans()), max_size=6))
@settings(max_examples=100, deadline=None)
def test_selection_is_a_set(values: list[Any], moves: list[tuple[int, int, bool, bool]]) -> None:
    model = made(values)
    model.sort_by([("uploads", True)])
    chosen: set[int] = set()
    count = len(values)
    for first, last, keep, value in moves:
        if first >= count or last >= count:
            continue
        model.select_places(first, last, keep, value)
        run = {int(model.ids[model.order[place]]) for place in range(min(first, last), max(first, last) + 1)}
        chosen = (chosen if keep else set()) | run if value else (chosen if keep else set()) - run
    assert {int(each) for each in model.selected_ids()} == chosen
    assert model.selected_count() == len(chosen)
    order = model.ids[model.order].tolist()
    assert model.selected_ids().tolist() == [each for each in order if each in chosen]


def test_ids_keep_64_bits() -> None:
    model = TableModel()
    ids = np.array([2**63 - 1, 2**40 + 5, -(2**63)], dtype=np.int64)
    model.set_rows([Column("n", "N", "number")], {"n": [1, None, 2**62 + 1]}, ids)
    model.select_ids([2**40 + 5, 2**63 - 1])
    assert model.selected_ids().tolist() == [2**63 - 1, 2**40 + 5]
    model.sort_by([("n", True)])
    assert model.ids[model.order].tolist() == [-(2**63), 2**63 - 1, 2**40 + 5]
    assert model.data(model.index(0, 0)) == f"{2**62 + 1:,}"
    assert model.place_of(2**40 + 5) == 2
    assert model.place_of(7) == -1


def test_hidden_rows_are_not_acted_on_and_come_back() -> None:
    model = made([("a", None, None, 1), ("b", None, None, 2)])
    model.select_all()
    model.set_filter("b")
    assert model.selected_ids().tolist() == [2**60 + 1]
    model.set_filter("")
    assert model.selected_count() == 2


def test_selecting_the_same_again_is_silent() -> None:
    model = made([("a", None, None, 1), ("b", None, None, 2)])
    heard: list[int] = []
    model.selection_changed.connect(lambda: heard.append(1))
    assert model.select_ids([2**60])
    assert not model.select_ids([2**60])
    assert not model.select_ids([2**60, 99])
    assert len(heard) == 1


def test_selection_search_and_sort_survive_new_rows() -> None:
    model = made([("ab", None, None, 1), ("b", None, None, 2), ("bc", None, None, 3)])
    model.sort_by([("uploads", True)])
    model.set_filter("b")
    model.select_ids([2**60 + 1])
    data = {"address": ["x", "b", "bb"], "country": [None] * 3, "labels": [()] * 3, "uploads": [5, 1, 9]}
    data["first"] = np.zeros(3, dtype=np.int64)
    model.set_rows(COLUMNS, data, np.array([5, 2**60 + 1, 6]))
    assert model.ids[model.order].tolist() == [6, 2**60 + 1]
    assert model.selected_ids().tolist() == [2**60 + 1]


def test_words_for_eyes_and_ears() -> None:
    model = TableModel()
    data: dict[str, Any] = {
        "address": ["203.0.113.41\u202egnp", "b"],
        "country": ["ES", None],
        "labels": [("vpn", "hosting"), ()],
        "uploads": [1234, None],
        "first": np.array([1_704_067_200_000_000, NO_TIME]),
    }
    model.set_rows(COLUMNS, data, np.array([1, 2]), np.array([True, False]))
    model.set_zone(ZoneInfo("Asia/Pyongyang"), "UTC+9")
    model.select_ids([1])

    def says(row: int, column: int, role: int) -> Any:
        return model.data(model.index(row, column), role)

    assert "\u202e" not in says(0, 0, Role.DisplayRole)
    assert says(0, 1, Role.AccessibleTextRole) == "Spain, ES"
    assert says(0, 2, Role.AccessibleTextRole) == "vpn, hosting"
    assert says(0, 3, Role.AccessibleTextRole) == "1,234"
    assert says(0, 4, Role.DisplayRole) == "2024-01-01 09:00:00"
    assert says(0, 4, Role.AccessibleTextRole) == "2024-01-01 09:00:00 UTC+9"
    assert says(0, 0, Role.AccessibleDescriptionRole) == "selected, exception"
    assert says(1, 0, Role.AccessibleDescriptionRole) == ""
    assert [says(1, column, Role.DisplayRole) for column in range(1, 5)] == ["–", "–", "–", "–"]
    assert model.headerData(4, Qt.Orientation.Horizontal) == "First · UTC+9"


def test_copies_are_exact_and_harmless() -> None:
    model = TableModel()
    data: dict[str, Any] = {
        "address": ["=cmd()", "a\tb\nc"],
        "country": ["ES", None],
        "labels": [("vpn", "tor"), None],
        "uploads": [-1234, None],
        "first": np.array([0, NO_TIME]),
    }
    model.set_rows(COLUMNS, data, np.array([1, 2]))
    copied = model.copied(np.array([0, 1]), [0, 2, 3, 4]).split("\n")
    assert copied[0] == "Address\tLabels\tUploads\tFirst · UTC"
    assert copied[1] == "'=cmd()\tvpn, tor\t-1234\t1970-01-01T00:00:00+00:00"
    assert copied[2] == "a b c\t\t\t"


def test_own_order_of_words_and_coded_columns() -> None:
    model = TableModel()
    coded = Coded(np.array([1, 0, -1, 1]), ["10.0.0.10", "10.0.0.9"])
    model.set_rows(
        [Column("a", "A", "mono")], {"a": coded}, np.arange(4), order_by={"a": np.array([9, 10, 0, 9], dtype=np.uint32)}
    )
    model.sort_by([("a", False)])
    assert model.ids[model.order].tolist() == [0, 3, 1, 2]
    model.sort_by([("a", True)])
    assert model.ids[model.order].tolist() == [1, 0, 3, 2]


def test_long_and_odd_words_sort_too() -> None:
    odd = ["b" * 80, "a" * 70, "a\nb", "a\0", "a", "\udcff", "É", "é", "한글", ""]
    model = TableModel()
    model.set_rows([Column("a", "A")], {"a": odd}, np.arange(len(odd)))
    model.sort_by([("a", False)])
    wanted = sorted(range(len(odd)), key=lambda row: odd[row].casefold())
    assert model.ids[model.order].tolist() == wanted
    model.set_filter("é")
    assert len(model.order) == 2


def test_uneven_columns_are_refused_and_nothing_changes() -> None:
    model = made([("a", None, None, 1)])
    with pytest.raises(ValueError, match="one value per id"):
        model.set_rows([Column("n", "N", "number")], {"n": [1, 2]}, np.array([1]))
    assert shown(model) == [0]
    with pytest.raises(ValueError, match="one value per id"):
        model.set_rows([Column("n", "N", "number")], {"n": [1]}, np.array([1]), np.array([True, False]))


def test_qt_finds_no_fault_with_the_model() -> None:
    model = made([("a", "ES", ("vpn",), 1), ("b", None, None, 2), ("ab", None, (), None)])
    tester = QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    index = model.index(1, 0)
    model.sort_by([("uploads", True)])
    model.set_filter("a")
    model.set_filter("zz")
    model.set_filter("")
    model.select_all()
    assert model.rowCount(index) == 0
    assert model.data(QModelIndex()) is None
    tester.deleteLater()


def test_a_time_beyond_the_calendar_is_still_shown() -> None:
    model = TableModel()
    model.set_rows([Column("t", "T", "time")], {"t": np.array([2**62])}, np.array([1]))
    assert "µs" in model.data(model.index(0, 0))

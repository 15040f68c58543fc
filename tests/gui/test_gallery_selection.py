"""Picking rows: clicks, runs, bands, and what survives when the content changes."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from workbench.gui.widgets.gallery_selection import Selection, carried, row_of


def test_a_run_replaces_and_shrinks_around_its_anchor():
    picks = Selection(10)
    assert picks.only(4)
    assert picks.run_to(7)
    assert picks.rows().tolist() == [4, 5, 6, 7]
    assert picks.run_to(3)
    assert picks.rows().tolist() == [3, 4]
    assert (picks.anchor, picks.current) == (4, 3)


def test_a_run_with_keep_adds():
    picks = Selection(10)
    picks.only(0)
    picks.toggle(5)
    assert picks.run_to(6, keep=True)
    assert picks.rows().tolist() == [0, 5, 6]


def test_equal_selections_are_not_news():
    picks = Selection(3)
    assert picks.only(1)
    assert not picks.only(1)
    assert not picks.run_to(1)
    assert picks.all()
    assert not picks.all()
    assert picks.none()
    assert not picks.none()


def test_a_run_without_anchor_starts_where_it_ends():
    picks = Selection(5)
    picks.run_to(2)
    assert picks.rows().tolist() == [2]


@given(st.lists(st.integers(-(2**62), 2**62), unique=True), st.data())
def test_picked_ids_survive_a_new_order(old, data):
    new = data.draw(st.lists(st.sampled_from(old) if old else st.integers(), unique=True)) if old else [1, 2]
    bits = np.array(data.draw(st.lists(st.booleans(), min_size=len(old), max_size=len(old))), dtype=np.bool_)
    ids, fresh = np.array(old, dtype=np.int64), np.array(new, dtype=np.int64)
    kept = carried(ids, bits, fresh)
    assert set(fresh[kept].tolist()) == set(ids[bits].tolist()) & set(new)


def test_row_of_an_id():
    ids = np.array([7, 2**40 + 5, 3], dtype=np.int64)
    assert row_of(ids, 2**40 + 5) == 1
    assert row_of(ids, 4) == -1

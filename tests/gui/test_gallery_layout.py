"""Where tiles lie, checked against the plain way of counting."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.gui.widgets.gallery_layout import Box, GridLayout, Metrics
from workbench.gui.widgets.gallery_tiles import Section

METRICS = Metrics(tile=100, caption=20)


@st.composite
def layouts(draw):
    count = draw(st.integers(0, 120))
    starts = draw(st.lists(st.integers(0, max(count, 1)), max_size=6))
    sections = [Section(start, draw(st.sampled_from(["", "a day"]))) for start in starts]
    return GridLayout(count, sections, draw(st.integers(60, 900)), METRICS)


@given(layouts())
def test_every_row_is_found_at_its_own_place(layout):
    for row in range(layout.count):
        box = layout.cell(row)
        assert layout.row_at(box.x, box.y) == row
        assert layout.row_at(box.x + box.width - 1, box.y + box.height - 1) == row
        assert layout.row_at(box.x + box.width, box.y) in (-1, row + 1)
        assert layout.row_of(*layout.place(row)) == row


@given(layouts())
def test_tiles_do_not_overlap_and_fit(layout):
    boxes = [layout.cell(row) for row in range(layout.count)]
    assert len({(box.x, box.y) for box in boxes}) == len(boxes)
    assert all(box.y + box.height <= layout.height for box in boxes)
    tops = [box.y for box in boxes]
    assert tops == sorted(tops)


@given(layouts(), st.integers(0, 3000), st.integers(0, 900))
def test_visible_rows_are_those_that_meet_the_range(layout, top, height):
    seen = [row for first, last in layout.visible(top, top + height) for row in range(first, last)]
    assert seen == [row for row, _, _ in layout.cells(top, top + height)]
    for row, x, y in layout.cells(top, top + height):
        assert (layout.cell(row).x, layout.cell(row).y) == (x, y)
    if height:
        meeting = {
            row
            for row in range(layout.count)
            if layout.cell(row).y < top + height and layout.cell(row).y + layout.cell_height > top
        }
        assert meeting <= set(seen)


@given(layouts(), st.integers(-50, 900), st.integers(-50, 3000), st.integers(1, 900), st.integers(1, 3000))
def test_the_rubber_band_holds_what_it_touches(layout, x, y, width, height):
    def touches(box):
        return box.x < x + width and box.x + box.width > x and box.y < y + height and box.y + box.height > y

    wanted = [row for row in range(layout.count) if touches(layout.cell(row))]
    assert sorted(layout.rows_in(Box(x, y, width, height)).tolist()) == wanted


def test_headings_stand_above_their_rows():
    layout = GridLayout(10, [Section(0, "one"), Section(4, "two"), Section(4, "empty day")], 500, METRICS)
    shown = list(layout.headings(0, layout.height))
    assert [section.title for section, _ in shown] == ["one", "two", "empty day"]
    assert shown[2][1].y + shown[2][1].height == layout.cell(4).y
    assert layout.section_top(4) == shown[2][1].y
    assert layout.section_top(9) is None or layout.columns > 5


def test_rows_before_the_first_heading_have_a_place_too():
    layout = GridLayout(5, [Section(3, "late")], 500, METRICS)
    assert layout.cell(0).y < layout.cell(3).y
    assert [section.title for section, _ in layout.headings(0, layout.height)] == ["late"]


def test_nothing_at_all():
    layout = GridLayout(0, [], 500, METRICS)
    assert (layout.height, layout.lines, layout.row_at(10, 10)) == (0, 0, -1)
    assert list(layout.visible(0, 1000)) == []
    assert layout.rows_in(Box(0, 0, 10, 10)).dtype == np.int64
    with pytest.raises(IndexError):
        layout.cell(0)


def test_a_million_rows_in_one_column_stay_below_the_scroll_bars_limit():
    layout = GridLayout(1_000_000, [Section(k * 1000, f"day {k}") for k in range(1000)], 130, Metrics(264, 20))
    assert layout.columns == 1
    assert layout.height < 2**31
    assert layout.row_at(layout.cell(999_999).x, layout.cell(999_999).y) == 999_999

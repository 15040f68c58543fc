"""How looks are told apart in the files tree, where there is room for a few letters."""

from __future__ import annotations

from datetime import UTC
from itertools import count
from zoneinfo import ZoneInfo

import pytest
from PySide6.QtGui import QFontMetrics

from workbench.core import times
from workbench.core.times import DAY, HOUR, MINUTE, SECOND, Precision
from workbench.gui.panes import wording
from workbench.gui.panes.files_nodes import RECENT_LOOKS, Node, source_node
from workbench.gui.theme import Theme
from workbench.queries.tree import Look, SourceNode

NOON = times.now() // DAY * DAY + 12 * HOUR
LONG_AGO = 1_706_184_000 * SECOND
"""25 January 2024, noon."""
NUMBERS = count(1)


def look(observed: int, status: str = "complete", precision: Precision = Precision.SECOND) -> Look:
    return Look(next(NUMBERS), "", observed, int(precision), status, "witnessed", 21, 3, (), 0, True)


def node(*looks: Look, zone: object = UTC) -> Node:
    newest_first = tuple(sorted(looks, key=lambda each: -each.observed))
    return source_node(SourceNode(1, "server", newest_first), zone, ())  # type: ignore[arg-type]


def labels(found: Node) -> list[str]:
    return [each.label for each in found.children]


def test_looks_of_today_are_told_apart_by_their_time_alone() -> None:
    found = node(*(look(NOON - ago * MINUTE, "partial") for ago in range(3)), look(NOON - HOUR))
    assert labels(found) == ["12:00 · partial", "11:59 · partial", "11:58 · partial", "11:00"]
    first = found.children[0]
    assert first.tooltip.startswith(f"{wording.moment(NOON, UTC)} · partial")
    assert first.spoken.startswith(wording.moment(NOON, UTC)), "who hears it has no tooltip"
    assert all(each.choosable for each in found.children)


def test_looks_of_one_minute_show_their_seconds() -> None:
    found = node(look(NOON + 13 * SECOND, "partial"), look(NOON + 40 * SECOND, "failed"), look(NOON - HOUR))
    assert labels(found) == ["12:00:40 · failed", "12:00:13 · partial", "11:00"]


def test_a_look_of_today_that_is_the_only_one_is_called_so() -> None:
    short = wording.day(NOON, UTC, short=True)
    assert labels(node(look(NOON))) == [f"Today · {short}"]
    assert labels(node(look(NOON, "failed"))) == ["Today · failed"]


def test_above_several_looks_of_an_earlier_day_stands_the_day() -> None:
    found = node(look(LONG_AGO), look(LONG_AGO - HOUR, "partial"), look(LONG_AGO - 30 * DAY))
    assert labels(found) == ["25 Jan", "12:00", "11:00 · partial", "26 Dec"]
    assert [each.choosable for each in found.children] == [False, True, True, True]
    assert len({each.key for each in found.children}) == 4


def test_days_are_those_of_the_zone() -> None:
    looks = (look(LONG_AGO - 12 * HOUR), look(LONG_AGO - 13 * HOUR))
    assert labels(node(*looks)) == ["25 Jan", "24 Jan"]
    assert labels(node(*looks, zone=ZoneInfo("Asia/Pyongyang"))) == ["25 Jan", "09:00", "08:00"]


def test_the_day_stands_again_above_what_is_folded_away() -> None:
    found = node(*(look(LONG_AGO - ago * MINUTE) for ago in range(RECENT_LOOKS + 2)))
    *recent, earlier = found.children
    assert (len(recent), recent[0].label, earlier.label) == (RECENT_LOOKS + 1, "25 Jan", "2 earlier looks")
    assert labels(earlier) == ["25 Jan", "11:53", "11:52"]
    today = node(*(look(NOON - ago * MINUTE) for ago in range(RECENT_LOOKS + 1)))
    assert labels(today.children[-1]) == ["Today", "11:53"]


def test_looks_that_are_dated_ahead_do_not_lend_their_day_to_today() -> None:
    ahead = NOON + 3 * DAY
    found = node(look(ahead), look(ahead - HOUR), look(NOON), look(NOON - HOUR))
    assert labels(found) == [wording.day(ahead, UTC, short=True), "12:00", "11:00", "Today", "12:00", "11:00"]


def test_a_look_of_which_only_the_day_is_known_has_no_time() -> None:
    midnight = LONG_AGO - 12 * HOUR
    found = node(look(midnight, precision=Precision.DAY), look(LONG_AGO), look(LONG_AGO - HOUR))
    assert labels(found) == ["25 Jan", "12:00", "11:00", "25 Jan"]


@pytest.mark.parametrize("status", ["partial", "failed"])
def test_the_longest_of_them_fits_a_narrow_window(theme: Theme, status: str) -> None:
    """Of a tree of 200 pixels, as a window of 1024 has it, indentation, icon and scroll bar leave 121 to words and a
    number of two digits.
    """
    found = node(look(NOON + 58 * SECOND, status), look(NOON + 59 * SECOND, status))
    words = QFontMetrics(theme.font("base")).horizontalAdvance(found.children[0].label)
    number = QFontMetrics(theme.font("numbers")).horizontalAdvance("21")
    assert words + 5 + number <= 121
    assert all(each.from_start for each in found.children)

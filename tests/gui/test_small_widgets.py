"""Empty states, the message bar and elided names."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible, QFontMetrics
from PySide6.QtWidgets import QLabel

from workbench.gui.widgets import toast
from workbench.gui.widgets.elide import ElidedLabel, elided, tooltip_text, visible_text
from workbench.gui.widgets.empty import EmptyState
from workbench.gui.widgets.toast import MessageBar

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def bar(qtbot, theme):
    made = MessageBar(theme)
    qtbot.addWidget(made)
    made.resize(600, 40)
    yield made
    while made.current():
        made.dismiss()


def test_an_empty_state_offers_the_next_act_first(qtbot, theme):
    done = []
    empty = EmptyState(
        theme, "log", "No logs yet", "Add one.", [("Add…", lambda: done.append("add")), ("Help", lambda: None)]
    )
    qtbot.addWidget(empty)
    empty.show()
    assert [button.text() for button in empty.buttons()] == ["Add…", "Help"]
    assert empty.buttons()[0].property("role") == "primary"
    qtbot.mouseClick(empty.buttons()[0], LEFT)
    assert done == ["add"]
    empty.set_content("folder", "No files")
    assert empty.buttons() == []
    assert empty.accessibleName() == "No files"
    theme.set("dark")
    empty.grab()


def test_a_passing_notice_gives_way_and_goes_by_itself(bar, qtbot, monkeypatch):
    bar._timer.setInterval(20)
    bar.info("one")
    bar.info("two")
    assert bar.current().text == "two"
    assert bar.isVisible()
    qtbot.waitUntil(lambda: bar.current() is None, timeout=30_000)
    assert not bar.isVisible()


def words_on(bar):
    return [label.text() for label in bar.findChildren(QLabel) if label.isVisible() and label.text()]


def test_the_newest_notice_is_seen_at_once_and_those_that_stay_are_counted_below_it(bar):
    bar.error("first")
    bar.error("second")
    bar.info("third")
    assert words_on(bar) == ["third", "2 more below"]
    bar.warn("fourth")
    assert words_on(bar) == ["fourth", "2 more below"], "what passes by does not stay below"
    bar.dismiss()
    assert words_on(bar) == ["second", "1 more below"]
    bar.dismiss()
    assert words_on(bar) == ["first"]
    bar.dismiss()
    assert bar.current() is None


def test_a_passing_notice_uncovers_the_error_below_it(bar, qtbot):
    bar._timer.setInterval(10)
    bar.error("stopped")
    bar.info("later")
    assert bar.current().text == "later"
    qtbot.waitUntil(lambda: bar.current().text == "stopped", timeout=30_000)
    assert not bar._timer.isActive(), "an error stays"


def test_a_repeated_notice_comes_to_the_top_and_is_there_once(bar):
    bar.error("first")
    bar.error("second")
    bar.error("first")
    assert words_on(bar) == ["first", "1 more below"]
    bar.error("first")
    bar.dismiss()
    assert words_on(bar) == ["second"]


def test_an_error_comes_before_an_offer_to_undo(bar):
    bar.done("tagged", [("Undo", lambda: None)])
    bar.error("stopped")
    assert bar.current().text == "stopped"
    bar.dismiss()
    assert bar.current().text == "tagged"


def test_an_action_acts_and_dismisses(bar, qtbot):
    acts = []
    bar.done("12 images tagged", [("Undo", lambda: acts.append("undo"))])
    qtbot.mouseClick(bar.buttons()[0], LEFT)
    assert acts == ["undo"]
    assert bar.current() is None


def test_escape_dismisses_and_each_kind_looks_apart(bar, qtbot, theme):
    looks = set()
    for say in (bar.info, bar.done, bar.warn, bar.error):
        say("Something happened.")
        looks.add(bar.grab().toImage().pixelColor(1, 20).name())
        qtbot.keyClick(bar, Qt.Key.Key_Escape)
    assert len(looks) == 4
    theme.set("dark")


def test_a_notice_is_announced(bar, monkeypatch):
    told = []
    was = QAccessible.isActive()
    QAccessible.setActive(True)
    monkeypatch.setattr(toast.QAccessible, "updateAccessibility", staticmethod(told.append))
    bar.error("The look stopped.")
    QAccessible.setActive(was)
    assert any(event.type() == QAccessible.Event.Announcement for event in told)
    assert bar.accessibleName() == "The look stopped."


def test_names_lose_their_middle_never_their_end(qtbot, theme):
    metrics = QFontMetrics(theme.font("base"))
    shown = elided("EP3_SC041_C12_머리_모양_수정_v02.png", metrics, 150)
    assert shown.startswith("EP3")
    assert shown.endswith("png")
    assert "…" in shown
    assert metrics.horizontalAdvance(elided("x" * 100_000, metrics, 200)) <= 200


def test_signs_that_disguise_an_ending_become_visible():
    assert visible_text("a\u202egnp.exe\n\x00") == "a\ufffdgnp.exe\ufffd\ufffd"
    assert visible_text("수정_表情 café.png") == "수정_表情 café.png"
    assert "<img" not in tooltip_text("<img src='http://example.org/x.png'>")


def test_a_label_says_all_of_it_in_the_tooltip_only_when_cut(qtbot, theme):
    label = ElidedLabel(theme, "EP3_SC041_C12_v02.png", "heading")
    qtbot.addWidget(label)
    label.resize(600, 20)
    label.show()
    assert label.toolTip() == ""
    label.resize(60, 20)
    assert "EP3_SC041_C12_v02.png" in label.toolTip()
    label.set_dim(True)
    label.grab()
    assert label.accessibleName() == label.text()

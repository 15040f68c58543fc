"""What a screen reader finds in the gallery."""

from __future__ import annotations

import gc

import numpy as np
import pytest
from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import QApplication

from tests.gui.gallery_fakes import FakeTiles, picture
from workbench.gui.widgets import gallery_access
from workbench.gui.widgets.gallery import Gallery
from workbench.gui.widgets.gallery_tiles import Tile

Text = QAccessible.Text


@pytest.fixture
def gallery(qtbot, theme):
    tiles = FakeTiles()
    tiles.special[0] = Tile("EP3_SC041_C12_v02.png", picture(), badge="new", unseen=True, stack=3)
    made = Gallery(theme, tiles)
    qtbot.addWidget(made)
    made.resize(700, 400)
    made.set_items(np.arange(1_000_000))
    made.show()
    qtbot.waitExposed(made)
    return made


@pytest.fixture
def listening():
    was = QAccessible.isActive()
    QAccessible.setActive(True)
    yield
    QAccessible.setActive(was)


def test_it_is_a_named_list_with_few_children(gallery):
    found = QAccessible.queryAccessibleInterface(gallery)
    assert found.role() == QAccessible.Role.List
    assert found.text(Text.Name) == "Gallery"
    assert "1000000 items" in found.text(Text.Description)
    assert 4 <= found.childCount() <= 40
    assert found.child(found.childCount()) is None


def test_children_say_name_signs_and_selection(gallery):
    gallery.select([0])
    first = QAccessible.queryAccessibleInterface(gallery).child(0)
    assert first.role() == QAccessible.Role.ListItem
    assert first.text(Text.Name) == "EP3_SC041_C12_v02.png, new, not seen yet, at 3 paths, selected"
    assert first.text(Text.Description) == "EP3_SC041_C12_v02.png, 1 of 1000000"
    assert first.state().selected
    assert first.state().selectable
    assert not QAccessible.queryAccessibleInterface(gallery).child(1).state().selected


def test_children_are_where_they_are_drawn(gallery):
    found = QAccessible.queryAccessibleInterface(gallery)
    rect = found.child(2).rect()
    assert rect == gallery.global_rect(2)
    hit = found.childAt(rect.center().x(), rect.center().y())
    assert found.indexOfChild(hit) == 2
    assert found.childAt(-5000, -5000) is None


def test_the_current_tile_is_a_child_even_off_screen(gallery):
    gallery.set_current(500_000)
    gallery.verticalScrollBar().setValue(0)
    found = QAccessible.queryAccessibleInterface(gallery)
    last = found.child(found.childCount() - 1)
    assert last.text(Text.Name).startswith("EP3_SC500000")
    assert last.state().offscreen


def test_focus_is_announced_with_the_place_of_the_child(qtbot, gallery, listening, monkeypatch):
    told = []
    real = QAccessible.updateAccessibility

    def listen(event):
        told.append((event.type(), event.child()))
        real(event)

    monkeypatch.setattr(gallery_access.QAccessible, "updateAccessibility", staticmethod(listen))
    gallery.setFocus()
    gallery.set_current(3)
    gallery.select_all()
    assert (QAccessible.Event.Focus, 3) in told
    assert any(kind == QAccessible.Event.SelectionWithin for kind, _ in told)
    if gallery.hasFocus():
        focused = QAccessible.queryAccessibleInterface(gallery).focusChild()
        assert focused.state().focused


def test_readers_may_hold_on_to_children_while_everything_changes(qtbot, theme, listening):
    for _ in range(3):
        made = Gallery(theme, FakeTiles())
        made.set_items(np.arange(50))
        made.show()
        found = QAccessible.queryAccessibleInterface(made)
        children = [found.child(place) for place in range(found.childCount())]
        assert all(QAccessible.registerAccessibleInterface(child) for child in children)
        made.set_items(np.arange(3))
        gc.collect()
        assert [child.isValid() for child in children[:4]] == [True, True, True, False]
        assert children[3].text(Text.Name) == ""
        assert children[3].rect().isNull()
        made.close()
        made.deleteLater()
        del made, found, children
        gc.collect()
        QApplication.processEvents()

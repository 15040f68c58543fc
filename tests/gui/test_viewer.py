"""The viewer: fitting, zooming at a point, panning, previews that become pictures, words instead of pictures."""

from __future__ import annotations

import time

import pytest
from PySide6.QtCore import QPoint, QPointF, QSize, Qt
from PySide6.QtGui import QAccessible, QColor, QImage, QPainter, QWheelEvent
from PySide6.QtWidgets import QApplication

from tests.gui.gallery_fakes import picture
from workbench.gui.widgets.viewer import View, Viewer
from workbench.gui.widgets.viewer_mips import MipChain

Key = Qt.Key


@pytest.fixture
def viewer(qtbot, theme):
    made = Viewer(theme)
    qtbot.addWidget(made)
    made.resize(424, 324)
    made.show()
    qtbot.waitExposed(made)
    return made


def under(viewer, point):
    """The picture coordinate (0 to 1) under a point."""
    rect = viewer.picture_rect()
    return (point.x() - rect.x()) / rect.width(), (point.y() - rect.y()) / rect.height()


def settle(viewer, qtbot):
    qtbot.waitUntil(lambda: viewer._chain is None or viewer._chain.done(), timeout=30_000)


def test_a_large_picture_is_fitted_and_a_small_one_is_not_enlarged(viewer, qtbot):
    viewer.set_image(picture(1600, 1200))
    assert viewer.percent() == pytest.approx(25)
    assert viewer.picture_rect().center() == QPointF(212, 162)
    viewer.resize(824, 624)
    assert viewer.percent() == pytest.approx(50)
    viewer.set_image(picture(20, 10))
    assert viewer.percent() == 100
    settle(viewer, qtbot)


def test_the_wheel_zooms_at_the_pointer(viewer, qtbot):
    viewer.set_image(picture(1600, 1200))
    point = QPointF(300, 100)
    before = under(viewer, point)
    for _ in range(6):
        turn = QWheelEvent(
            point,
            viewer.mapToGlobal(point),
            QPoint(),
            QPoint(0, 120),
            Qt.MouseButton.NoButton,
            Qt.KeyboardModifier.NoModifier,
            Qt.ScrollPhase.NoScrollPhase,
            False,
        )
        QApplication.sendEvent(viewer, turn)
    assert viewer.percent() == pytest.approx(25 * 1.25**6)
    assert under(viewer, point) == pytest.approx(before, abs=0.01)
    settle(viewer, qtbot)


def test_keys_zoom_fit_and_one_to_one(viewer, qtbot):
    viewer.set_image(picture(1600, 1200))
    seen = []
    viewer.view_changed.connect(lambda: seen.append(round(viewer.percent())))
    for key in (Key.Key_1, Key.Key_Plus, Key.Key_Minus, Key.Key_0):
        qtbot.keyClick(viewer, key)
    assert seen == [100, 125, 100, 25]
    for _ in range(60):
        qtbot.keyClick(viewer, Key.Key_Plus)
    assert viewer.percent() == 3200
    for _ in range(60):
        qtbot.keyClick(viewer, Key.Key_Minus)
    assert viewer.percent() == pytest.approx(12.5)
    settle(viewer, qtbot)


def test_arrows_pan_a_large_picture_and_lead_on_from_a_fitted_one(viewer, qtbot):
    asked = []
    viewer.next_requested.connect(lambda: asked.append("next"))
    viewer.previous_requested.connect(lambda: asked.append("previous"))
    viewer.set_image(picture(1600, 1200))
    for key in (Key.Key_Right, Key.Key_Left, Key.Key_PageDown, Key.Key_PageUp, Key.Key_Down):
        qtbot.keyClick(viewer, key)
    assert asked == ["next", "previous", "next", "previous"]
    viewer.one_to_one()
    x = viewer.view().x
    qtbot.keyClick(viewer, Key.Key_Right)
    assert viewer.view().x > x
    assert len(asked) == 4
    settle(viewer, qtbot)


def test_dragging_pans_and_stops_at_the_edge(viewer, qtbot):
    viewer.set_image(picture(1600, 1200))
    viewer.one_to_one()
    qtbot.mousePress(viewer, Qt.MouseButton.LeftButton, pos=QPoint(200, 150))
    qtbot.mouseMove(viewer, QPoint(250, 150))
    qtbot.mouseRelease(viewer, Qt.MouseButton.LeftButton, pos=QPoint(250, 150))
    viewer._pan(-5000, -5000)
    assert viewer.picture_rect().topLeft() == QPointF(0, 0)
    viewer._pan(5000, 5000)
    assert viewer.picture_rect().bottomRight() == QPointF(424, 324)
    settle(viewer, qtbot)


def test_the_full_picture_takes_the_place_of_its_preview(viewer, qtbot):
    viewer.set_image(picture(160, 120, "#ff0000"), QSize(1600, 1200))
    assert viewer.percent() == pytest.approx(25)
    viewer.one_to_one(QPointF(10, 10))
    view = viewer.view()
    viewer.set_image(picture(1600, 1200, "#0000ff"), QSize(1600, 1200), keep=True)
    assert viewer.view() == view
    assert viewer.grab().toImage().pixelColor(200, 150) == QColor("#0000ff")
    viewer.set_image(picture(1600, 1200))
    assert viewer.view().fit
    settle(viewer, qtbot)


def test_a_view_can_be_handed_to_another_viewer(viewer, qtbot, theme):
    other = Viewer(theme)
    qtbot.addWidget(other)
    other.resize(424, 324)
    for one in (viewer, other):
        one.set_image(picture(1600, 1200))
    viewer.view_changed.connect(lambda: other.set_view(viewer.view()))
    other.view_changed.connect(lambda: viewer.set_view(other.view()))
    viewer.one_to_one(QPointF(40, 50))
    assert other.view() == viewer.view() != View()
    other.fit()
    assert viewer.view() == other.view()
    settle(viewer, qtbot)
    settle(other, qtbot)


def test_words_take_the_place_of_a_picture_and_give_way_to_one(viewer, qtbot):
    acts = []
    viewer.set_image(picture(1600, 1200))
    viewer.set_message("too-large", "Too large", "<b>300</b> megapixels", [("Open anyway", lambda: acts.append(1))])
    assert not viewer.has_image()
    assert viewer._message.isVisible()
    assert viewer._message.geometry() == viewer.rect()
    qtbot.mouseClick(viewer._message.buttons()[0], Qt.MouseButton.LeftButton)
    assert acts == [1]
    viewer.set_image(picture(10, 10))
    assert not viewer._message.isVisible()


def test_loading_keeps_what_is_shown(viewer):
    viewer.set_image(picture(10, 10, "#00ff00"))
    viewer.set_loading()
    shot = viewer.grab().toImage()
    assert shot.pixelColor(212, 162) == QColor("#00ff00")
    viewer.set_loading(False)
    assert viewer.grab().toImage() != shot


def test_transparent_pictures_lie_on_paper(viewer, theme):
    clear = QImage(100, 100, QImage.Format.Format_ARGB32_Premultiplied)
    clear.fill(Qt.GlobalColor.transparent)
    viewer.set_image(clear)
    for name in ("light", "dark"):
        theme.set(name)
        assert viewer.grab().toImage().pixelColor(212, 162) == theme.tokens.paper


@pytest.mark.parametrize("size", [(1, 1), (1, 5000), (5000, 1), (3, 2)])
def test_odd_shapes(viewer, qtbot, size):
    viewer.set_image(picture(*size))
    for key in (Key.Key_1, Key.Key_Plus, Key.Key_Left, Key.Key_0, Key.Key_Minus):
        qtbot.keyClick(viewer, key)
        viewer.grab()
    settle(viewer, qtbot)


def test_nothing_answers_every_key(viewer, qtbot):
    viewer.set_image(QImage())
    for key in (Key.Key_1, Key.Key_Plus, Key.Key_Left, Key.Key_0, Key.Key_A):
        qtbot.keyClick(viewer, key)
    assert not viewer.has_image()
    viewer.grab()


def test_a_screen_reader_finds_a_named_graphic(viewer):
    viewer.set_name("EP3_SC041_C12_v02.png")
    viewer.set_image(picture(1600, 1200))
    found = QAccessible.queryAccessibleInterface(viewer)
    assert found.role() == QAccessible.Role.Graphic
    assert found.text(QAccessible.Text.Name) == "Image EP3_SC041_C12_v02.png"
    assert found.text(QAccessible.Text.Description) == "1600 × 1200 pixels, shown at 25 %"
    viewer.clear()


def stripes(width, height):
    image = QImage(width, height, QImage.Format.Format_RGB32)
    image.fill(QColor("white"))
    painter = QPainter(image)
    for x in range(0, width, 2):
        painter.fillRect(x, 0, 1, height, QColor("black"))
    painter.end()
    return image


@pytest.mark.parametrize("size", [(2000, 1500), (2001, 1501), (1200, 4001)])
def test_halved_copies_average_and_meet_without_seams(size):
    chain = MipChain(stripes(*size))
    while not chain.done():
        chain.step(50)
    half = chain.levels[1]
    assert (half.width(), half.height()) == (size[0] // 2, size[1] // 2)
    column = {half.pixelColor(half.width() // 2, y).red() for y in range(half.height())}
    assert max(column) - min(column) <= 2
    if size[0] % 2 == 0:
        assert 118 <= min(column) <= 136
    assert max(chain.levels[-1].width(), chain.levels[-1].height()) <= 256


def test_given_copies_are_used(viewer):
    full, half, quarter = picture(1600, 1200, "#ff0000"), picture(800, 600, "#00ff00"), picture(400, 300, "#0000ff")
    viewer.set_image(full, mips=[half, quarter, picture(200, 150)])
    assert viewer.grab().toImage().pixelColor(200, 150) == QColor("#0000ff")
    viewer.one_to_one()
    assert viewer.grab().toImage().pixelColor(200, 150) == QColor("#ff0000")


def test_a_slice_is_short_even_for_a_large_picture(capsys):
    chain = MipChain(picture(8000, 4000))
    slices = []
    while not chain.done():
        start = time.thread_time()
        chain.step(6)
        slices.append((time.thread_time() - start) * 1000)
    with capsys.disabled():
        print(f"\nviewer, 32 MP: {len(slices)} slices, longest {max(slices):.1f} ms, in all {sum(slices):.0f} ms")
    assert max(slices) < 60

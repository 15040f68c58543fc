"""(c) The gallery with 1,000,000 rows beside `QListView` in icon mode: first paint, scrolling, select all."""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable, Sequence

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
from PySide6.QtCore import QAbstractListModel, QEventLoop, QModelIndex, QSize, Qt, QTimer
from PySide6.QtGui import QColor, QImage, QPainter, QPixmap
from PySide6.QtWidgets import QAbstractItemView, QAbstractScrollArea, QApplication, QListView

from tests.bench.common import Report, finish, median, ours, percentile
from workbench.gui.theme import Theme
from workbench.gui.widgets.gallery import Gallery
from workbench.gui.widgets.gallery_tiles import Tile

PICTURES = 500
SIDE = 256
WINDOW = (1200, 800)


def pictures(count: int) -> list[QImage]:
    """Invented previews, all different."""
    made = []
    for at in range(count):
        image = QImage(SIDE, SIDE * 3 // 4, QImage.Format.Format_RGB32)
        image.fill(QColor.fromHsv(at * 7 % 360, 90, 200))
        painter = QPainter(image)
        painter.drawText(20, 40, f"{at}")
        painter.drawEllipse(at % 150, 60, 80, 80)
        painter.end()
        made.append(image)
    return made


class Invented:
    """Tiles that are always at hand."""

    def __init__(self, images: Sequence[QImage]) -> None:
        self._tiles = [
            Tile(f"scene_{at:04}_take_{at % 7}.png", image, unseen=at % 3 == 0, stack=at % 5)
            for at, image in enumerate(images)
        ]

    def get(self, item: int) -> Tile | None:
        return self._tiles[item % len(self._tiles)]

    def request(self, items: Sequence[int]) -> None:
        raise AssertionError("everything is at hand")


class Model(QAbstractListModel):
    """The same pictures and names for `QListView`, as small as a model can be."""

    def __init__(self, images: Sequence[QImage], count: int) -> None:
        super().__init__()
        self._icons = [QPixmap.fromImage(image).scaledToWidth(150) for image in images]
        self._names = [f"scene_{at:04}_take_{at % 7}.png" for at in range(len(images))]
        self._count = count

    def rowCount(self, parent: QModelIndex = QModelIndex()) -> int:  # noqa: B008, N802 - Qt's signature
        return 0 if parent.isValid() else self._count

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        at = index.row() % len(self._icons)
        if role == Qt.ItemDataRole.DecorationRole:
            return self._icons[at]
        return self._names[at] if role == Qt.ItemDataRole.DisplayRole else None


def list_view() -> QListView:
    """`QListView` as its documentation recommends it for many icons."""
    view = QListView()
    view.setViewMode(QListView.ViewMode.IconMode)
    view.setUniformItemSizes(True)
    view.setGridSize(QSize(170, 150))
    view.setIconSize(QSize(150, 112))
    view.setResizeMode(QListView.ResizeMode.Adjust)
    view.setMovement(QListView.Movement.Static)
    view.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
    view.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
    return view


def cpu(act: Callable[[], object]) -> float:
    """Milliseconds of this thread."""
    start = time.thread_time()
    act()
    return (time.thread_time() - start) * 1e3


def frames(area: QAbstractScrollArea, count: int, seed: int) -> list[float]:
    """Milliseconds a frame: three wheel steps in four, else a jump to anywhere, which can reuse nothing."""
    dice = np.random.default_rng(seed)
    bar = area.verticalScrollBar()
    taken = []
    for at in range(count):
        to = int(dice.integers(bar.maximum())) if at % 4 == 0 else bar.value() + 53

        def frame(to: int = to) -> None:
            bar.setValue(to)
            area.viewport().repaint()

        taken.append(cpu(frame))
    return taken


def longest_gap(area: QAbstractScrollArea, seconds: float) -> float:
    """The longest time (wall) between two turns of the event loop while it scrolls 60 times a second, in ms."""
    loop = QEventLoop()
    beat, scroll = QTimer(), QTimer()
    last, worst = time.perf_counter(), 0.0

    def tick() -> None:
        nonlocal last, worst
        now = time.perf_counter()
        worst, last = max(worst, now - last), now

    bar = area.verticalScrollBar()
    scroll.timeout.connect(lambda: bar.setValue((bar.value() + 1009) % bar.maximum()))
    beat.timeout.connect(tick)
    beat.start(0)
    scroll.start(16)
    QTimer.singleShot(int(seconds * 1000), loop.quit)
    loop.exec()
    return worst * 1e3


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--small", action="store_true")
    small = parser.parse_args().small
    rows, repeats, count = (5_000, 1, 40) if small else (1_000_000, 5, 600)
    app = QApplication.instance() or QApplication([])
    assert isinstance(app, QApplication)
    theme = Theme("light")
    theme.apply(app)
    images = pictures(40 if small else PICTURES)
    ids = np.arange(1, rows + 1)
    model = Model(images, rows)
    mine: dict[str, list[float]] = {name: [] for name in ("first", "scroll", "all")}
    peer: dict[str, list[float]] = {name: [] for name in ("first", "scroll", "all")}
    gaps: list[float] = []
    for turn in range(repeats):
        gallery = Gallery(theme, Invented(images))
        gallery.resize(*WINDOW)
        gallery.show()
        app.processEvents()

        def first(gallery: Gallery = gallery) -> None:
            gallery.set_items(ids)
            gallery.viewport().repaint()

        mine["first"].append(cpu(first))
        mine["scroll"] += frames(gallery, count, turn)
        mine["all"].append(cpu(gallery.select_all))
        gallery.clear_selection()
        gaps.append(longest_gap(gallery, 0.3 if small else 2.0))
        gallery.close()
        gallery.deleteLater()

        view = list_view()
        view.resize(*WINDOW)
        view.show()
        app.processEvents()

        def peer_first(view: QListView = view) -> None:
            view.setModel(model)
            view.viewport().repaint()

        peer["first"].append(cpu(peer_first))
        peer["scroll"] += frames(view, count, turn)
        peer["all"].append(cpu(view.selectAll))
        view.close()
        view.setModel(None)
        view.deleteLater()
        app.processEvents()

    report = Report("c", f"gallery with {rows:,} rows beside QListView IconMode")
    report.tools = ours()
    report.bar("first paint once ids are there (median)", median(mine["first"]), 50, " ms CPU")
    report.bar(f"scroll frame p99 of {len(mine['scroll'])}", percentile(mine["scroll"], 0.99), 8, " ms CPU")
    report.bar("select all (median)", median(mine["all"]), 10, " ms CPU")
    report.say(f"longest main-thread gap at 60 scrolls a second {median(gaps):.0f} ms (worst {max(gaps):.0f}), wall")
    ratio = {name: median(peer[name]) / max(1e-3, median(mine[name])) for name in mine}
    report.say(
        f"QListView: first paint {median(peer['first']):.0f} ms (ours {ratio['first']:.0f} times as fast), scroll "
        f"frame p99 {percentile(peer['scroll'], 0.99):.1f} ms, "
        f"select all {median(peer['all']):.0f} ms ({ratio['all']:.0f} times)"
    )
    finish(report)


if __name__ == "__main__":
    main()

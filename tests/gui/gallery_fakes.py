"""A provider of invented tiles."""

from __future__ import annotations

from PySide6.QtGui import QColor, QImage

from workbench.gui.widgets.gallery_tiles import Tile


def picture(width=256, height=192, color="#88aacc"):
    image = QImage(width, height, QImage.Format.Format_RGB32)
    image.fill(QColor(color))
    return image


class FakeTiles:
    """Every item has a tile unless it is in `absent`; requests are written down."""

    def __init__(self, absent=()):
        self.absent = set(absent)
        self.special = {}
        self.requests = []
        self._made = {}
        self._picture = picture()

    def get(self, item):
        if item in self.absent:
            return None
        if item in self.special:
            return self.special[item]
        return self._made.setdefault(item, Tile(f"EP3_SC{item:03}_v01.png", self._picture))

    def request(self, items):
        self.requests.append(list(items))

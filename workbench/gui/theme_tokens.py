"""The colours, named by what they mean. Two sets, light and dark; contrast is computed, never guessed."""

from __future__ import annotations

from dataclasses import dataclass, fields

from PySide6.QtGui import QColor

LEGIBLE = 4.5
"""The least contrast of text on its ground (WCAG 2.2, success criterion 1.4.3)."""


@dataclass(frozen=True)
class Tokens:
    """One theme's colours.

    `accent` is selection, brush, exceptions and the one primary button; `accent_text` is the same hue where it
    has to be read as text on any ground. `green` means new, `amber` changed or attention, `blue` moved and
    downloads, `red` damage only: fills and marks, take `readable` for words. `paper` is the ground of pictures
    in both themes, `ink` what is drawn on it. `bar` is the ground of the top bar and the status line.
    """

    window: QColor
    panel: QColor
    bar: QColor
    line: QColor
    text: QColor
    dim: QColor
    accent: QColor
    accent_text: QColor
    accent_ground: QColor
    on_accent: QColor
    green: QColor
    amber: QColor
    blue: QColor
    red: QColor
    paper: QColor
    paper_line: QColor
    ink: QColor
    hover: QColor
    chip: QColor

    def names(self) -> dict[str, str]:
        """Every colour as ``#rrggbb``, by name: for stylesheets."""
        return {entry.name: getattr(self, entry.name).name() for entry in fields(self)}

    def on(self, ground: QColor) -> QColor:
        """Text on a coloured fill (a badge, a button): white or near-black, whichever is easier to read."""
        pale, deep = QColor("#ffffff"), QColor("#1b1c1a")
        return pale if contrast(pale, ground) >= min(LEGIBLE, contrast(deep, ground)) else deep

    def readable(self, color: QColor, ground: QColor) -> QColor:
        """The colour, moved towards the text colour just as far as it needs to be read as words on `ground`."""
        for step in range(21):
            mixed = mix(color, self.text, step / 20)
            if contrast(mixed, ground) >= LEGIBLE:
                return mixed
        return self.text

    def pale(self, color: QColor, amount: float = 0.55) -> QColor:
        """The colour outside the brush: mixed `amount` of the way into the panel."""
        return mix(color, self.panel, amount)


def mix(first: QColor, second: QColor, amount: float) -> QColor:
    """`first` moved `amount` (0 to 1) of the way to `second`, in sRGB."""

    def channel(start: int, end: int) -> int:
        return round(start + (end - start) * amount)

    return QColor(
        channel(first.red(), second.red()),
        channel(first.green(), second.green()),
        channel(first.blue(), second.blue()),
        channel(first.alpha(), second.alpha()),
    )


def with_alpha(color: QColor, alpha: float) -> QColor:
    """The colour with an opacity of 0 to 1."""
    made = QColor(color)
    made.setAlphaF(alpha)
    return made


def contrast(first: QColor, second: QColor) -> float:
    """Contrast ratio, 1 to 21 (WCAG 2.2, relative luminance)."""
    bright, dark = sorted((_luminance(first), _luminance(second)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


def _luminance(color: QColor) -> float:
    def linear(value: float) -> float:
        return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4

    red, green, blue = (linear(value) for value in (color.redF(), color.greenF(), color.blueF()))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def light() -> Tokens:
    """Warm paper and one brick accent."""
    return Tokens(
        window=QColor("#f4f3f0"),
        panel=QColor("#ffffff"),
        bar=QColor("#eae9e4"),
        line=QColor("#e2dfd8"),
        text=QColor("#22241f"),
        dim=QColor("#666860"),
        accent=QColor("#b4552d"),
        accent_text=QColor("#a54b26"),
        accent_ground=QColor("#f6e7de"),
        on_accent=QColor("#ffffff"),
        green=QColor("#3f7d58"),
        amber=QColor("#b98a1a"),
        blue=QColor("#5b7f95"),
        red=QColor("#b33a3a"),
        paper=QColor("#fdfcf8"),
        paper_line=QColor("#dcd9d1"),
        ink=QColor("#22241f"),
        hover=QColor("#eeece7"),
        chip=QColor("#ebeae4"),
    )


def dark() -> Tokens:
    """The same at night; pictures keep their paper."""
    return Tokens(
        window=QColor("#1b1c1a"),
        panel=QColor("#242523"),
        bar=QColor("#1f201e"),
        line=QColor("#343632"),
        text=QColor("#e8e6df"),
        dim=QColor("#a3a59b"),
        accent=QColor("#e08a5f"),
        accent_text=QColor("#e69770"),
        accent_ground=QColor("#3b2a22"),
        on_accent=QColor("#1b1c1a"),
        green=QColor("#79b894"),
        amber=QColor("#d9b35b"),
        blue=QColor("#7fa6bd"),
        red=QColor("#e07a7a"),
        paper=QColor("#f3f0e8"),
        paper_line=QColor("#3a3c38"),
        ink=QColor("#22241f"),
        hover=QColor("#2d2f2b"),
        chip=QColor("#343632"),
    )

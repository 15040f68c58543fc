"""Colours can be read, fonts fall back, both themes are whole, icons render."""

from __future__ import annotations

import re
from dataclasses import fields

import pytest
import shiboken6
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QFont
from PySide6.QtWidgets import QLabel, QPushButton

from workbench.core.resources import resource
from workbench.gui import icons, theme_tokens
from workbench.gui.theme import LEGIBLE, Theme, contrast, mix, set_role, set_surface

GROUNDS = ("window", "panel", "bar", "accent_ground", "chip", "hover")


@pytest.fixture(params=["light", "dark"])
def tokens(request):
    return getattr(theme_tokens, request.param)()


@pytest.mark.parametrize("ground", GROUNDS)
@pytest.mark.parametrize("words", ["text", "dim", "accent_text"])
def test_words_can_be_read_on_every_ground(tokens, words, ground):
    assert contrast(getattr(tokens, words), getattr(tokens, ground)) >= LEGIBLE


def test_ink_can_be_read_on_paper(tokens):
    assert contrast(tokens.ink, tokens.paper) >= LEGIBLE


@pytest.mark.parametrize("color", ["green", "amber", "blue", "red", "accent"])
def test_meaning_colours_carry_words_either_way(tokens, color):
    fill = getattr(tokens, color)
    assert contrast(tokens.on(fill), fill) >= 4.2, "words on a badge"
    for ground in GROUNDS:
        assert contrast(tokens.readable(fill, getattr(tokens, ground)), getattr(tokens, ground)) >= LEGIBLE


def test_primary_button_can_be_read(tokens):
    assert contrast(tokens.on_accent, tokens.accent) >= LEGIBLE


def test_contrast_is_wcags():
    assert contrast(QColor("white"), QColor("black")) == pytest.approx(21)
    assert contrast(QColor("#777777"), QColor("white")) == pytest.approx(4.48, abs=0.01)


def test_mix_goes_from_one_to_the_other():
    assert mix(QColor("#000000"), QColor("#ffffff"), 0).name() == "#000000"
    assert mix(QColor("#000000"), QColor("#ffffff"), 1).name() == "#ffffff"


def test_both_sets_fill_every_token():
    for made in (theme_tokens.light(), theme_tokens.dark()):
        assert all(getattr(made, entry.name).isValid() for entry in fields(made))


@pytest.mark.parametrize("name", ["light", "dark"])
def test_stylesheet_fills_every_mark_and_every_picture_is_there(theme, name):
    theme.set(name)
    text = theme.stylesheet()
    assert "@" not in text
    for path in re.findall(r'url\("([^"]+)"\)', text):
        assert resource("themes", name, path.rsplit("/", 1)[1]).is_file()


def test_setting_a_theme_restyles_and_tells_once(theme, qapp, qtbot):
    with qtbot.waitSignal(theme.changed, timeout=30_000):
        theme.set("dark")
    assert qapp.palette().window().color() == theme.tokens.window
    told = []
    theme.changed.connect(lambda: told.append(1))
    theme.set("dark")
    assert told == []
    theme.toggle()
    assert theme.name == "light"
    assert told == [1]


def test_an_unknown_theme_is_refused(theme):
    with pytest.raises(ValueError, match="sepia"):
        theme.set("sepia")


def test_fonts_have_the_sizes_and_east_asian_fallbacks(theme):
    assert theme.font("base").pixelSize() == 13
    assert theme.font("heading").pixelSize() == 14
    assert theme.font("heading").weight() == QFont.Weight.DemiBold
    families = theme.font("caption").families()
    if any(family.startswith("Noto Sans CJK") for family in families):
        assert families.index("Noto Sans CJK SC") > 0, "the system's own face comes first"


def test_roles_reach_the_stylesheet(theme, qtbot):
    label, button = QLabel("x"), QPushButton("Export…")
    for widget in (label, button):
        qtbot.addWidget(widget)
    set_role(label, "dim")
    set_role(button, "primary")
    set_surface(label, "panel")
    label.ensurePolished()
    assert label.palette().windowText().color() == theme.tokens.dim
    assert label.testAttribute(Qt.WidgetAttribute.WA_StyledBackground)


def test_every_icon_draws_in_the_colour_asked_for():
    assert len(icons.names()) >= 40
    for name in icons.names():
        if name == "app":
            continue
        image = icons.pixmap(name, QColor("#ff0000"), 20, 2.0).toImage()
        assert (image.width(), image.devicePixelRatio()) == (40, 2.0)
        opaque = [image.pixelColor(x, y) for x in range(40) for y in range(40) if image.pixelColor(x, y).alpha() == 255]
        assert opaque, name
        assert all((color.red(), color.green(), color.blue()) == (255, 0, 0) for color in opaque), name


def test_icons_are_kept_and_unknown_ones_refused(theme):
    assert icons.icon("look", theme).cacheKey() == icons.icon("look", theme.tokens).cacheKey()
    assert not icons.app_icon().isNull()
    with pytest.raises(KeyError):
        icons.pixmap("no-such", QColor("red"))


def test_an_icon_follows_the_theme_while_its_button_lives(theme, qtbot):
    button = QPushButton()
    qtbot.addWidget(button)
    icons.follow(button, "tag", theme)
    light = button.icon().cacheKey()
    theme.set("dark")
    assert button.icon().cacheKey() == icons.icon("tag", theme).cacheKey() != light
    other = QPushButton()
    icons.follow(other, "tag", theme)
    shiboken6.delete(other)
    theme.set("light")
    assert button.icon().cacheKey() == light


def test_a_theme_needs_no_application_to_be_made():
    assert Theme("dark").dark

"""The drawings: every character has its glyph, every kind of sheet can be drawn, nothing real is named."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PIL import Image

from workbench.core.resources import resource
from workbench.demo import glyphs, words
from workbench.demo.contents import Content, make_bytes
from workbench.demo.dice import Dice
from workbench.demo.networks import networks_csv
from workbench.demo.paper import PAPERS, Drawing, mark_place
from workbench.demo.sheet import SHEETS, draw
from workbench.demo.shots import casting
from workbench.demo.story import write_plot
from workbench.demo.words import PAIRS, SERIES, STAMPS

REAL = (
    "invincible", "viltrum", "skybound", "amazon", "iyanu", "youneek", "lion forge", "dahli", "ダリヤ", "typhoon",
    "imagica", "ekachi", "epilka", "octonaut", "dalian", "shepherd", "sek ", "april 26", "nings", "hongman", "moxing",
    "funsaga", "kinoatis", "tian fang", "mondo", "silverstar", "star jv", "175.45", "210.52", "mandiant", "38 north",
    "stimson", "四二六", "大连", "조선",
)  # fmt: skip


def a_drawing(kind: str, **changes: object) -> Drawing:
    who, where = casting("lantern", kind, Dice("test", kind))
    return Drawing(f"test-{kind}", kind, "lantern", "EP9 SC001 C01", who, where, notes=PAIRS[:2], **changes)  # type: ignore[arg-type]


def test_every_printed_character_has_a_glyph() -> None:
    assert set(words.printed()) == glyphs.known()
    plot = write_plot()
    labels = {act.content.drawing.label for act in plot.acts if act.content and act.content.drawing}
    assert set("".join(labels)) <= glyphs.known()
    assert (resource("demo") / "LICENSE-OFL.txt").read_text(encoding="utf-8").count("SIL OPEN FONT LICENSE") == 1


def test_a_character_without_glyph_is_refused_not_left_out() -> None:
    with pytest.raises(KeyError):
        glyphs.mask("龘", 20)


@pytest.mark.parametrize("kind", sorted(SHEETS))
def test_every_kind_of_sheet_is_drawn(kind: str) -> None:
    picture = draw(a_drawing(kind, stamp=STAMPS[0]))
    assert picture.mode == "RGB"
    left, top, right, bottom = mark_place(picture)
    assert 0 < left < right <= picture.width
    assert 0 < top < bottom <= picture.height
    ink = picture.crop((left, top, right, bottom)).convert("L").getextrema()
    assert isinstance(ink[0], int)
    assert ink[0] < 170 < ink[1]  # type: ignore[operator]
    assert picture.tobytes() == draw(a_drawing(kind, stamp=STAMPS[0])).tobytes()


@pytest.mark.parametrize("series", sorted(SERIES))
@pytest.mark.parametrize("paper", sorted(PAPERS))
def test_every_series_on_every_paper(series: str, paper: str) -> None:
    dice = Dice(series, paper)
    who, where = casting(series, "wide", dice)
    picture = draw(
        Drawing(f"{series}{paper}", "wide", series, "KP02 001-001", who, where, notes=PAIRS[:1], paper=paper)
    )
    assert picture.getpixel((5, 5)) == PAPERS[paper]


def test_takes_of_a_drawing_look_alike_and_differ() -> None:
    first, second = draw(a_drawing("close", take=1)), draw(a_drawing("close", take=2))
    assert first.tobytes() != second.tobytes()
    small = [list(image.convert("L").resize((32, 18)).tobytes()) for image in (first, second)]
    apart = sum(abs(a - b) for a, b in zip(*small, strict=True)) / len(small[0])
    assert apart < 6


PICTURES = ("png", "jpg", "gray.jpg", "photo.jpg", "webp", "tif")


@pytest.mark.parametrize("form", [*PICTURES, "broken", "zip", "note", "empty"])
def test_every_form_has_its_bytes(form: str, tmp_path: Path) -> None:
    content = Content(form, None if form in {"note", "empty"} else a_drawing("prop"), 1_704_700_000, "+08:00")
    data = make_bytes(content)
    assert data == make_bytes(content)
    if form in PICTURES:
        path = tmp_path / "picture"
        path.write_bytes(data)
        with Image.open(path) as picture:
            assert sorted(picture.size) == [720, 1280]
            taken = picture.getexif().get_ifd(0x8769).get(0x9003)
        assert taken == ("2024:01:08 15:46:40" if "jpg" in form else None)
    else:
        assert data.startswith({"broken": b"\xff\xd8", "zip": b"PK", "note": "虚构".encode(), "empty": b""}[form])


def test_nothing_real_is_named() -> None:
    texts = [words.printed(), networks_csv()]
    texts += [pair.zh + pair.ko for pair in PAIRS]
    texts += [studio.name + studio.latin for studio in words.STUDIOS.values()]
    texts += [series.title + series.latin for series in SERIES.values()]
    texts += [zh + ko for _, zh, ko in words.ACTIONS]
    texts += [act.path + act.to for act in write_plot().acts]
    texts += [(resource("translations") / "en" / "demo.json").read_text(encoding="utf-8")]
    whole = "\n".join(texts).lower()
    assert [name for name in REAL if name in whole] == []
    assert all("虚构" in name or "空想" in name for name in (studio.name for studio in words.STUDIOS.values()))


def test_messages_are_worded() -> None:
    catalogue = json.loads((resource("translations") / "en" / "demo.json").read_text(encoding="utf-8"))
    assert {"demo-folder-exists", "stage-demo-draw", "stage-demo-log"} <= set(catalogue)

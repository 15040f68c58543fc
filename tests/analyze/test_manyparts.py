"""Files with very many pages, frames or bytes beside their picture: the first one is shown, and no count is made up."""

from __future__ import annotations

import struct
import zlib

import pytest
from PIL import Image, TiffImagePlugin

from tests.analyze.test_objects import analysed, saved
from tests.analyze.test_wholeness import animation, chunks_of, png_of
from workbench.analyze import manyparts, wholeness
from workbench.analyze.manyparts import MOST_EXTRAS, MOST_PAGES
from workbench.core.records import State

SIDE = 8


def tiff(pages: int, order: str = "<", big: bool = False) -> bytes:
    """A grey TIFF of so many pages, which share one strip."""
    head = (b"II" if order == "<" else b"MM") + (
        struct.pack(order + "HHHQ", 43, 8, 0, 16) if big else struct.pack(order + "HL", 42, 8)
    )
    tags = {256: SIDE, 257: SIDE, 258: 8, 259: 1, 262: 1, 273: 0, 277: 1, 278: SIDE, 279: SIDE * SIDE}
    length = (8 + len(tags) * 20 + 8) if big else (2 + len(tags) * 12 + 4)
    tags[273] = len(head) + pages * length
    out = [head]
    for page in range(pages):
        following = len(head) + (page + 1) * length if page + 1 < pages else 0
        out.append(struct.pack(order + ("Q" if big else "H"), len(tags)))
        for tag, value in tags.items():
            out.append(struct.pack(order + ("HHQQ" if big else "HHLL"), tag, 16 if big else 4, 1, value))
        out.append(struct.pack(order + ("Q" if big else "L"), following))
    return b"".join(out) + bytes(range(SIDE * SIDE))


def gif(frames: int) -> bytes:
    """An animation of so many frames, all with the bytes of one."""
    one = saved(Image.effect_noise((4, 4), 90).convert("P"), "GIF")
    start = 13 + (3 << ((one[10] & 7) + 1))
    return one[:start] + one[start:-1] * frames + b";"


@pytest.mark.parametrize(("order", "big"), [("<", False), (">", False), ("<", True)])
def test_a_tiff_of_very_many_pages_shows_its_first_one(order: str, big: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    def counts(_: object) -> int:
        raise AssertionError("the decoder went through all pages")

    monkeypatch.setattr(TiffImagePlugin.TiffImageFile, "n_frames", property(counts))
    for pages in (MOST_PAGES + 1, 100_000):
        image, facts, preview = analysed(tiff(pages, order, big))
        assert image.state is State.OK
        assert (facts["width"], facts["height"]) == (SIDE, SIDE)
        assert preview is not None
        assert preview.size == (SIDE, SIDE)
        assert "frames" not in facts  # no count that nobody made
        assert "phash" in facts
        assert [(each.code, dict(each.args)) for each in image.warnings] == [
            ("image-pages-many", {"least": MOST_PAGES + 1})
        ]


@pytest.mark.parametrize(("order", "big"), [("<", False), (">", False), ("<", True)])
def test_pages_of_an_ordinary_tiff_are_counted(order: str, big: bool) -> None:
    for pages in (1, 3, MOST_PAGES):
        image, facts, _ = analysed(tiff(pages, order, big))
        assert (image.state, facts["frames"], image.warnings) == (State.OK, pages, ())


def test_a_loop_of_pages_ends() -> None:
    data = bytearray(tiff(3))
    last = len(data) - SIDE * SIDE - 4
    data[last : last + 4] = struct.pack("<L", 8)
    image, _, preview = analysed(bytes(data))
    assert image.state is State.OK
    assert preview is not None


def test_an_animation_of_very_many_frames_shows_its_first_one() -> None:
    image, facts, preview = analysed(gif(50_000))
    assert image.state is State.OK
    assert preview is not None
    assert "frames" not in facts
    assert [each.code for each in image.warnings] == ["image-pages-many"]
    for frames in (1, 5):
        image, facts, _ = analysed(gif(frames))
        assert (image.state, facts["frames"], image.warnings) == (State.OK, frames, ())
    assert analysed(animation())[1]["frames"] == 4


@pytest.mark.parametrize("stated", [1, 3, 50, 10**9, 2**31 - 1, 2**31])
@pytest.mark.parametrize("default", [False, True])
def test_frames_of_a_png_are_those_that_are_there(stated: int, default: bool) -> None:
    frames = [Image.new("RGB", (9, 9), each) for each in ("red", "lime", "blue")]
    whole = chunks_of(saved(frames[0], save_all=True, append_images=frames[1:], default_image=default))
    held = sum(kind == b"fcTL" for kind, _ in whole)
    assert held == 3 - default
    chunks = [(kind, struct.pack(">II", stated, 0) if kind == b"acTL" else body) for kind, body in whole]
    image, facts, preview = analysed(png_of(chunks))
    assert image.state is State.OK
    assert preview is not None
    assert facts["frames"] == held
    assert [each.code for each in image.warnings] == (["image-default-frame"] if default else [])


def test_frames_among_more_parts_than_are_looked_at_are_not_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    frames = [Image.new("RGB", (9, 9), each) for each in ("red", "lime", "blue")]
    data = saved(frames[0], save_all=True, append_images=frames[1:])
    monkeypatch.setattr(manyparts, "MOST_PARTS", len(chunks_of(data)))
    image, facts, _ = analysed(data)
    assert image.state is State.OK
    assert "frames" not in facts


def _text(size: int) -> bytes:
    return b"Comment\0" + b"words " * (size // 6)


@pytest.mark.parametrize("last", [False, True])
def test_a_huge_text_beside_a_png_is_passed_over(last: bool) -> None:
    chunks = chunks_of(saved(Image.effect_noise((40, 40), 80)))
    chunks.insert(len(chunks) - 1 if last else 1, (b"tEXt", _text(300_000_000)))
    data = png_of(chunks)
    del chunks
    image, facts, preview = analysed(data)
    assert image.state is State.OK
    assert (facts["width"], facts["height"], facts["frames"]) == (40, 40, 1)
    assert preview is not None
    (warning,) = image.warnings
    assert warning.code == "image-chunk-passed-over"
    assert warning.args["chunk"] == "tEXt"
    assert warning.args["size"] == len(_text(300_000_000)) + 12


def test_many_texts_that_are_huge_together_are_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    one = (b"tEXt", _text(100_000))
    chunks = chunks_of(saved(Image.effect_noise((40, 40), 80)))
    chunks[1:1] = [one] * (MOST_EXTRAS // 90_000)
    image, _, preview = analysed(png_of(chunks))
    assert image.state is State.OK
    assert preview is not None
    assert [each.code for each in image.warnings] == ["image-chunk-passed-over"]
    monkeypatch.setattr(wholeness, "MOST_PARTS", len(chunks) - 4)  # more parts than are looked at cost no picture
    chunks[1:1] = [one] * 20
    assert analysed(png_of(chunks))[0].state is State.OK


def test_a_text_that_unpacks_to_very_much_costs_no_picture() -> None:
    chunks = chunks_of(saved(Image.effect_noise((40, 40), 80)))
    chunks.insert(1, (b"zTXt", b"Comment\0\0" + zlib.compress(bytes(300_000_000), 1)))
    image, _, preview = analysed(png_of(chunks))
    assert image.state is State.OK
    assert preview is not None
    assert len(image.warnings) == 1


def test_a_text_of_ordinary_size_is_no_matter() -> None:
    chunks = chunks_of(saved(Image.effect_noise((40, 40), 80)))
    chunks.insert(1, (b"tEXt", _text(500_000)))
    image, _, _ = analysed(png_of(chunks))
    assert (image.state, image.warnings) == (State.OK, ())


def test_a_large_part_that_the_picture_needs_is_read() -> None:
    frames = [Image.effect_noise((1800, 1800), 200).convert("RGB") for _ in range(4)]
    data = saved(frames[0], save_all=True, append_images=frames[1:])
    assert len(data) > MOST_EXTRAS
    image, facts, _ = analysed(data)
    assert (image.state, facts["frames"], image.warnings) == (State.OK, 4, ())

"""States, sizes, previews: small pictures of every mode, made here, with a known answer."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
from PIL import Image

from workbench.analyze import objects, picture
from workbench.analyze import preview as making
from workbench.analyze.objects import analyze_object
from workbench.analyze.picture import View
from workbench.analyze.preview import eight_bits
from workbench.analyze.registry import (
    ANALYZERS,
    INTEGERS,
    NAMES,
    REALS,
    TEXTS,
    WARNINGS,
    Analyzer,
    by_name,
    clean,
    overall,
)
from workbench.analyze.viewer import pixels_of
from workbench.analyze.wholeness import broken_chunks
from workbench.core.messages import catalogue
from workbench.core.records import Analysis, State


def saved(image: Image.Image, form: str = "PNG", **options: Any) -> bytes:
    stream = io.BytesIO()
    image.save(stream, form, **options)
    return stream.getvalue()


def analysed(data: bytes, ending: str = "") -> tuple[Analysis, dict[str, Any], Image.Image | None]:
    found = analyze_object(data, ending=ending)
    image = found["image"]
    preview = Image.open(io.BytesIO(image.preview)) if image.preview else None
    return image, dict(image.facts), preview


def close(pixel: Any, wanted: tuple[int, int, int], by: int = 6) -> bool:
    got = (pixel,) * 3 if isinstance(pixel, int) else pixel
    return all(abs(one - other) <= by for one, other in zip(got, wanted, strict=True))


def test_no_bytes_is_empty() -> None:
    found = analyze_object(b"")
    assert set(found) == NAMES
    assert overall(found) is State.EMPTY
    assert not any(each.facts or each.warnings for each in found.values())


def test_text_and_the_unknown_are_fine() -> None:
    for data in (b"hello", bytes(range(256))):
        found = analyze_object(data)
        assert overall(found) is State.OK
        assert not found["image"].facts
        assert not any(each.warnings for each in found.values())


def test_only_what_is_wanted_is_done() -> None:
    data = saved(Image.new("RGB", (5, 5)))
    for name in NAMES:
        assert set(analyze_object(data, {name})) == {name}
    assert analyze_object(data, frozenset()) == {}


@pytest.mark.parametrize(
    "form", ["JPEG", "PNG", "GIF", "BMP", "TIFF", "WEBP", "AVIF", "TGA", "PPM", "JPEG2000", "QOI", "ICO"]
)
def test_every_format(form: str) -> None:
    data = saved(Image.new("RGB", (64, 48), (200, 30, 60)), form, **({"sizes": [(64, 48)]} if form == "ICO" else {}))
    image, facts, preview = analysed(data, "tga" if form == "TGA" else "")
    assert image.state is State.OK
    assert (facts["width"], facts["height"], facts["frames"]) == (64, 48, 1)
    assert preview is not None
    assert preview.size == (64, 48)
    assert close(preview.getpixel((30, 20)), (200, 30, 60))


@pytest.mark.parametrize(
    ("size", "small"), [((4000, 1000), (256, 64)), ((1000, 4000), (64, 256)), ((9000, 3), (256, 1)), ((7, 5), (7, 5))]
)
@pytest.mark.parametrize("form", ["JPEG", "PNG"])
def test_previews_fit_and_are_never_enlarged(size: tuple[int, int], small: tuple[int, int], form: str) -> None:
    _, facts, preview = analysed(saved(Image.new("RGB", size, "navy"), form))
    assert (facts["width"], facts["height"]) == size
    assert preview is not None
    assert preview.size == small


def test_transparency_lies_over_white_paper() -> None:
    half = Image.new("RGBA", (20, 20), (0, 0, 0, 0))
    half.paste((200, 0, 0, 255), (0, 0, 10, 20))
    palette = half.convert("P")
    palette.info["transparency"] = palette.getpixel((15, 10))
    for data in (saved(half), saved(half, "WEBP", lossless=True), saved(half.convert("LA")), saved(palette)):
        preview = analysed(data)[2]
        assert preview is not None
        assert close(preview.convert("RGB").getpixel((16, 10)), (255, 255, 255), 12)
        assert not close(preview.convert("RGB").getpixel((4, 10)), (255, 255, 255), 50)


def test_an_empty_alpha_channel_hides_nothing() -> None:
    for size in ((8, 8), (700, 500)):
        preview = analysed(saved(Image.new("RGBA", size, (0, 90, 0, 0)), "TGA"), "tga")[2]
        assert preview is not None
        assert close(preview.convert("RGB").getpixel((4, 4)), (0, 90, 0))


def test_cmyk_and_black_and_white() -> None:
    for image, colour in (
        (Image.new("CMYK", (16, 16), (0, 255, 255, 0)), (255, 0, 0)),
        (Image.new("1", (16, 16), 1), (255, 255, 255)),
    ):
        preview = analysed(saved(image, "TIFF"))[2]
        assert preview is not None
        assert close(preview.convert("RGB").getpixel((8, 8)), colour, 12)


def test_sixteen_bits_are_scaled_and_not_clipped() -> None:
    ramp = np.linspace(0, 65535, 256).astype(np.uint16)[None, :].repeat(20, axis=0)
    for form in ("PNG", "TIFF"):
        _, facts, preview = analysed(saved(Image.fromarray(ramp), form))
        assert facts["mode"] == "I;16"
        assert preview is not None
        row = [preview.getpixel((x, 10)) for x in (0, 64, 128, 192, 255)]
        assert all(abs(got - wanted) <= 4 for got, wanted in zip(row, (0, 64, 128, 192, 255), strict=True))


def test_numbers_of_any_range_become_grey() -> None:
    def grey(values: Any, kind: Any) -> list[int]:
        return np.asarray(eight_bits(Image.fromarray(np.array([values], dtype=kind)))).tolist()[0]

    assert grey([0.0, 0.5, 1.0], np.float32) == [0, 128, 255]
    assert grey([0.0, 100.0, 255.0], np.float32) == [0, 100, 255]
    assert grey([-10.0, 0.0, 10.0, np.inf, np.nan], np.float32) == [0, 128, 255, 255, 0]
    assert grey([0, 65535], np.int32) == [0, 255]
    assert grey([0, 200], np.int32) == [0, 200]
    assert grey([-100_000, 100_000], np.int32) == [0, 255]
    assert grey([np.nan, np.nan], np.float32) == [0, 0]


@pytest.mark.parametrize("mode", ["RGBA", "P", "1", "I;16", "F", "LA", "CMYK"])
def test_large_pictures_are_converted_in_bands(mode: str, monkeypatch: pytest.MonkeyPatch) -> None:
    ramp = Image.linear_gradient("L").resize((610, 407))
    image = Image.fromarray(np.asarray(ramp).astype(np.uint16) * 257) if mode == "I;16" else ramp.convert(mode)
    if mode in ("RGBA", "LA"):
        image.putalpha(ramp.rotate(180))
    whole = making.thumbnail(image, side=100)
    monkeypatch.setattr(making, "BAND", 9000)
    banded = making.thumbnail(image, side=100)
    assert banded.size == whole.size
    difference = np.abs(np.asarray(banded.convert("L"), int) - np.asarray(whole.convert("L"), int))
    assert difference.max() <= (40 if mode == "1" else 3)  # what dithering leaves depends on how it is averaged


def test_frames_are_counted_and_the_first_is_shown() -> None:
    frames = [Image.new("RGB", (10, 10), colour) for colour in ("red", "green", "blue")]
    for form in ("GIF", "TIFF", "WEBP", "PNG"):
        _, facts, preview = analysed(saved(frames[0], form, save_all=True, append_images=frames[1:]))
        assert facts["frames"] == 3
        assert preview is not None
        assert close(preview.convert("RGB").getpixel((5, 5)), (255, 0, 0), 12)


def test_a_preview_carries_nothing_of_the_original() -> None:
    data = saved(Image.new("RGB", (10, 10)), "JPEG", comment=b"a secret", dpi=(300, 300), icc_profile=b"x" * 200)
    preview = analyze_object(data)["image"].preview
    assert preview is not None
    assert b"secret" not in preview
    assert b"xxxx" not in preview


@pytest.mark.parametrize("form", ["JPEG", "PNG"])
def test_a_cut_off_picture_shows_what_is_left(form: str) -> None:
    noise = np.random.default_rng(1).integers(0, 255, (200, 200, 3), dtype=np.uint8)
    data = saved(Image.fromarray(noise), form)
    image, facts, preview = analysed(data[: len(data) // 2])
    assert image.state is State.UNDECODABLE
    assert [warning.code for warning in image.warnings] == ["image-cut-off"]
    assert (facts["width"], facts["height"]) == (200, 200)
    assert "phash" not in facts  # half a picture must not be called alike to anything
    assert preview is not None


def test_a_png_whose_bytes_were_changed_is_damaged() -> None:
    data = bytearray(saved(Image.effect_noise((64, 64), 90)))
    assert list(broken_chunks(bytes(data))) == []
    data[data.index(b"IDAT") + 4 + 2000] ^= 1
    assert list(broken_chunks(bytes(data))) == ["IDAT"]
    image, _, _ = analysed(bytes(data))
    assert image.state is State.UNDECODABLE
    assert len(image.warnings) == 1


@pytest.mark.parametrize("head", [b"\xff\xd8\xff\xe0", b"\x89PNG\r\n\x1a\n", b"GIF89a", b"8BPS", b"RIFF\0\0\0\0WEBP"])
def test_a_head_without_a_body(head: bytes) -> None:
    image, facts, preview = analysed(head)
    assert image.state is State.UNDECODABLE
    assert len(image.warnings) == 1
    assert not facts
    assert preview is None


def test_too_large_is_said_before_decoding() -> None:
    ppm = b"P6\n20000 20000\n255\n"
    image, facts, _ = analysed(ppm)
    assert image.state is State.TOO_LARGE
    assert (image.warnings[0].code, facts["width"]) == ("image-too-large", 20000)
    assert "20000" in image.warnings[0].text()


def test_only_the_beginning_of_a_huge_file_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    data = saved(Image.new("RGB", (5, 5)))
    found = analyze_object(data, size=objects.MAX_FILE + 1)
    assert found["image"].state is State.TOO_LARGE
    assert found["image"].warnings[0].code == "file-too-large"
    assert dict(found["type"].facts)["media_type"] == "image/png"
    assert overall(analyze_object(b"text", size=10**12)) is State.OK


def test_a_picture_without_a_decoder_says_so() -> None:
    image, _, _ = analysed(b"gimp xcf v011" + bytes(100))
    assert (image.state, image.warnings[0].code) == (State.UNDECODABLE, "image-no-decoder")


def test_no_memory_is_no_crash(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr(picture, "_load", full)
    image, facts, _ = analysed(saved(Image.new("RGB", (5, 4))))
    assert (image.state, image.warnings[0].code) == (State.TOO_LARGE, "image-too-much-memory")
    assert facts["width"] == 5


def test_the_viewers_pixels() -> None:
    shown = pixels_of(saved(Image.new("RGB", (100, 50), (1, 2, 3))), 10**6)
    assert (shown.image.size, shown.full) == ((100, 50), (100, 50))
    data = b"".join(shown.strips())
    assert data[:3] == bytes((3, 2, 1))
    assert len(data) == shown.size == 100 * 50 * 4
    many = pixels_of(saved(Image.new("RGB", (2000, 1500))), 10**7)
    assert sum(map(len, many.strips())) == many.size
    small = pixels_of(saved(Image.new("L", (3000, 2000)), "JPEG"), 60_000)
    assert small.image.width * small.image.height <= 60_000
    assert small.full == (3000, 2000)
    exif = Image.Exif()
    exif[0x0112] = 6
    turned = pixels_of(saved(Image.new("RGB", (30, 20)), "JPEG", exif=exif), 10**6)
    assert (turned.image.size, turned.full) == ((20, 30), (20, 30))
    with pytest.raises(picture.Refused):
        pixels_of(b"words", 100)


def test_a_view_is_a_file() -> None:
    view = View(memoryview(b"0123456789"))
    assert (view.read(3), view.tell(), view.seek(-2, 2), view.read(), view.read()) == (b"012", 3, 8, b"89", b"")
    assert (view.seek(50), view.read(1)) == (50, b"")
    with pytest.raises(ValueError, match="negative"):
        view.seek(-1)
    data = saved(Image.new("RGB", (9, 9)), "TIFF")
    assert analyze_object(memoryview(data))["image"] == analyze_object(data)["image"]


@pytest.mark.parametrize("analyzer", ANALYZERS, ids=lambda each: each.name)
def test_every_analyzer_states_its_facts_of_a_photograph(analyzer: Analyzer) -> None:
    exif = Image.Exif()
    exif[271] = "A maker"
    facts = [key for key, _ in analyze_object(saved(Image.new("RGB", (5, 5)), "JPEG", exif=exif))[analyzer.name].facts]
    assert facts
    assert set(facts) <= set(analyzer.facts)


def test_every_fact_has_a_type_and_every_warning_a_sentence() -> None:
    facts = [fact for each in ANALYZERS for fact in each.facts]
    assert len(facts) == len(set(facts))
    assert set(INTEGERS) | set(REALS) | TEXTS == set(facts)
    assert set(catalogue()) >= WARNINGS
    assert by_name("image").version
    with pytest.raises(KeyError):
        by_name("none")


def test_texts_of_facts() -> None:
    assert clean("a\0b\nc\x7f\ud800d ") == "a b c  d"
    assert clean("가" * 1000).encode() == ("가" * 341).encode()
    assert clean(clean("x" * 1023 + "é")) == clean("x" * 1023 + "é")

"""What ends early, what was passed over, what the name promises: said of the file, never left to the eye."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.analyze.test_objects import analysed, saved
from tests.shared import shared_data
from workbench.analyze.mediatype import type_of
from workbench.analyze.objects import analyze_object
from workbench.analyze.registry import overall
from workbench.analyze.wholeness import is_cut_off
from workbench.core.endings import disagrees, ending_of
from workbench.core.records import State


def said(data: bytes) -> tuple[State, list[str], bool]:
    """State, warnings, and whether there is a preview."""
    found = analyze_object(data)
    return overall(found), [each.code for one in found.values() for each in one.warnings], bool(found["image"].preview)


# animations


def animation() -> bytes:
    frames = [Image.effect_noise((60, 40), 90).convert("P") for _ in range(4)]
    return saved(frames[0], "GIF", save_all=True, append_images=frames[1:], duration=50)


def test_an_animation_that_was_cut_shows_its_first_picture_and_says_so() -> None:
    whole = animation()
    assert said(whole) == (State.OK, [], True)
    for cut in (len(whole) // 2, len(whole) * 3 // 4, len(whole) - 1):
        assert said(whole[:cut]) == (State.UNDECODABLE, ["image-cut-off"], True), cut


def test_bytes_after_the_end_of_an_animation_are_no_cut() -> None:
    assert said(animation() + b"more") == (State.OK, [], True)


def test_every_gif_of_others_is_whole() -> None:
    for folder in ("formats-pillow", "formats-image-rs"):
        for path in shared_data(folder).rglob("*.gif"):
            data = path.read_bytes()
            if analyze_object(data)["image"].state is State.OK:
                assert not is_cut_off(data, "image/gif", len(data)), path.name


# videos and sounds


def box(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I4s", len(body) + 8, kind) + body


def large_box(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I4sQ", 1, kind, len(body) + 16) + body


FTYP = box(b"ftyp", b"isom\0\0\2\0isommp41")
MP4 = FTYP + box(b"moov", bytes(300)) + box(b"mdat", bytes(5000))
STREAMED = FTYP + large_box(b"mdat", bytes(5000)) + box(b"moov", bytes(300))
AVI = b"RIFF" + struct.pack("<I", 5004) + b"AVI " + bytes(5000)
WAV = b"RIFF" + struct.pack("<I", 5004) + b"WAVE" + bytes(5000)
WEBM = b"\x1aE\xdf\xa3\x87\x42\x82\x84webm" + b"\x18\x53\x80\x67\x01" + struct.pack(">Q", 5000)[1:] + bytes(5000)
ENDLESS = b"\x1aE\xdf\xa3\x87\x42\x82\x84webm" + b"\x18\x53\x80\x67\x01" + b"\xff" * 7 + bytes(5000)


@pytest.mark.parametrize("whole", [MP4, STREAMED, AVI, WAV, WEBM], ids=["mp4", "streamed", "avi", "wav", "webm"])
def test_a_video_that_was_cut_is_not_called_fine(whole: bytes) -> None:
    assert said(whole) == (State.OK, [], False)
    for cut in (len(whole) // 2, len(whole) - 1):
        assert said(whole[:cut]) == (State.UNDECODABLE, ["file-cut-off"], False), cut


def test_a_video_whose_frames_nobody_can_find_is_cut() -> None:
    assert said(STREAMED[: len(STREAMED) - 308])[1] == ["file-cut-off"]


def test_where_no_end_is_announced_nothing_is_claimed() -> None:
    for data in (ENDLESS[:3000], FTYP + struct.pack(">I4s", 0, b"mdat") + bytes(100)):
        assert said(data) == (State.OK, [], False)


def test_of_a_large_video_the_beginning_is_enough() -> None:
    head = FTYP + large_box(b"mdat", bytes(1000))[:200]
    assert is_cut_off(head, "video/mp4", 1000)
    assert not is_cut_off(head, "video/mp4", 10**6)


# PNG


def chunks_of(png: bytes) -> list[tuple[bytes, bytes]]:
    found, at = [], 8
    while at < len(png):
        length = int.from_bytes(png[at : at + 4], "big")
        found.append((png[at + 4 : at + 8], png[at + 8 : at + 8 + length]))
        at += 12 + length
    return found


def png_of(chunks: list[tuple[bytes, bytes]], broken: bytes = b"") -> bytes:
    out = b"\x89PNG\r\n\x1a\n"
    for kind, body in chunks:
        sum_ = zlib.crc32(kind + body) ^ (kind == broken)
        out += struct.pack(">I", len(body)) + kind + body + struct.pack(">I", sum_)
    return out


@pytest.mark.parametrize("kind", [b"tEXt", b"tIME", b"pHYs", b"gAMA", b"iCCP", b"zzZz"])
@pytest.mark.parametrize("last", [False, True])
def test_a_part_that_is_not_needed_may_be_damaged(kind: bytes, last: bool) -> None:
    chunks = chunks_of(saved(Image.effect_noise((40, 40), 80), "PNG"))
    body = {b"tIME": b"\x07\xe8\1\1\0\0\0", b"pHYs": b"\0\0\x0b\x13" * 2 + b"\1", b"gAMA": b"\0\0\xb1\x8f"}
    chunks.insert(len(chunks) - 1 if last else 1, (kind, body.get(kind, b"Title\0words")))
    assert said(png_of(chunks, kind)) == (State.OK, ["image-chunk-damaged"], True)


@pytest.mark.parametrize("kind", [b"IHDR", b"IDAT", b"IEND"])
def test_a_part_that_is_needed_may_not(kind: bytes) -> None:
    state, codes, _ = said(png_of(chunks_of(saved(Image.effect_noise((40, 40), 80), "PNG")), kind))
    assert state is State.UNDECODABLE
    assert codes


def test_a_still_that_the_animation_leaves_out_is_named() -> None:
    frames = [Image.new("RGB", (9, 9), each) for each in ("red", "lime", "blue")]
    plain = saved(frames[0], "PNG", save_all=True, append_images=frames[1:])
    assert (said(plain), dict(analyze_object(plain)["image"].facts)["frames"]) == ((State.OK, [], True), 3)
    apart = saved(frames[0], "PNG", save_all=True, append_images=frames[1:], default_image=True)
    assert said(apart) == (State.OK, ["image-default-frame"], True)
    assert dict(analyze_object(apart)["image"].facts)["frames"] == 2


# Photoshop


def psd(composite: bool, thumbnail: bytes | None) -> bytes:
    """A document of 300 × 200 with a white sheet as its flattened picture."""

    def resource(number: int, body: bytes) -> bytes:
        return b"8BIM" + struct.pack(">HHI", number, 0, len(body)) + body + bytes(len(body) % 2)

    resources = resource(1057, struct.pack(">I?", 1, composite) + bytes(8))
    if thumbnail is not None:
        resources += resource(1036, struct.pack(">6IHH", 1, 150, 100, 452, 45200, len(thumbnail), 24, 1) + thumbnail)
    head = b"8BPS" + struct.pack(">H6xHIIHH", 1, 3, 200, 300, 8, 3) + bytes(4)
    return head + struct.pack(">I", len(resources)) + resources + bytes(4) + b"\0\0" + b"\xff" * (300 * 200 * 3)


def test_a_white_sheet_is_no_picture_of_a_document() -> None:
    small = saved(Image.new("RGB", (150, 100), "blue"), "JPEG")
    assert said(psd(True, small)) == (State.OK, [], True)
    image, facts, preview = analysed(psd(False, small))
    assert (image.state, image.warnings[0].code) == (State.UNDECODABLE, "image-no-composite")
    assert (facts["width"], facts["height"]) == (300, 200)
    assert preview is not None
    pixel: Any = preview.getpixel((50, 50))
    assert pixel[2] > 200 > pixel[0]
    assert said(psd(False, None)) == (State.UNDECODABLE, ["image-no-composite"], False)
    assert said(psd(False, b"\xff\xd8 no picture")) == (State.UNDECODABLE, ["image-no-composite"], False)


# bitmaps


def bitmap(bits: int, masks: tuple[int, ...], pixel: int, header: int = 108, compression: int = 3) -> bytes:
    """8 × 8 pixels, all alike, cut up by masks."""
    line = struct.pack("<I" if bits == 32 else "<H", pixel) * 8
    pixels = line * 8
    head = struct.pack("<IiiHHIIiiII", header, 8, 8, 1, bits, compression, len(pixels), 0, 0, 0, 0)
    head += b"".join(struct.pack("<I", each) for each in masks)
    head = head.ljust(header, b"\0")
    start = 14 + len(head)
    return b"BM" + struct.pack("<IHHI", start + len(pixels), 0, 0, start) + head + pixels


@pytest.mark.parametrize(
    ("data", "mode", "shown"),
    [
        (bitmap(16, (0x7C00, 0x3E0, 0x1F, 0x8000), 0xFC00), "RGBA", (255, 0, 0)),
        (bitmap(16, (0xF00, 0xF0, 0xF, 0xF000), 0x8F00), "RGBA", (255, 119, 119)),
        (bitmap(32, (0x3FF00000, 0xFFC00, 0x3FF, 0), 0x3FF00000), "RGB", (255, 0, 0)),
        (bitmap(32, (0xFF0000, 0xFF00, 0xFF, 0xFF000000), 0x80FF0000, 40, 6), "RGBA", (255, 127, 127)),
        (bitmap(32, (0xFF0000, 0xFF00, 0xFF, 0xFF000000), 0x80FF0000, 124), "RGBA", (255, 127, 127)),
    ],
    ids=["5551", "4444", "10-bit", "alpha-masks", "version-5"],
)
def test_bitmaps_with_masks(data: bytes, mode: str, shown: tuple[int, int, int]) -> None:
    image, facts, preview = analysed(data)
    assert (image.state, facts["mode"]) == (State.OK, mode)
    assert preview is not None
    assert np.abs(np.array(preview.convert("RGB").getpixel((4, 4))) - np.array(shown)).max() <= 6


def test_a_bitmap_that_lacks_pixels_is_not_fine() -> None:
    assert said(bitmap(16, (0xF00, 0xF0, 0xF, 0xF000), 0x8F00)[:-1])[0] is State.UNDECODABLE


# names


def test_a_few_bytes_are_no_metafile() -> None:
    for data in (b"\1\0\0\0", b"\1\0\0\0" + bytes(100), b"\1\0\0\0" + bytes(range(1, 200))):
        assert type_of(data).kind != "image", data[:8]


@pytest.mark.parametrize(
    ("name", "media_type", "differ"),
    [
        ("photo.jpg", "application/octet-stream", True),
        ("페이지.png", "text/html", True),
        ("photo.JPEG", "image/jpeg", False),
        ("photo.jpg", "image/png", True),
        ("clip.mp4", "video/quicktime", False),
        ("clip.mp4", "text/plain", True),
        ("notes.txt", "text/html", False),
        ("a.b/c", "image/png", False),
        (".png", "text/plain", False),
        ("photo.jpg", None, False),
    ],
)
def test_name_and_content(name: str, media_type: str | None, differ: bool) -> None:
    assert disagrees(ending_of(name), media_type) is differ


def test_real_files_have_the_names_of_their_content() -> None:
    wrong = []
    for folder in ("formats-pillow", "formats-image-rs", "formats-psd", "formats-avif"):
        for path in sorted(shared_data(folder).rglob("*.*")):
            with path.open("rb") as file:
                data = file.read()
            if disagrees(ending_of(path.name), type_of(data, path.suffix[1:]).media_type):
                wrong.append((path.name, type_of(data).media_type))
    assert wrong == []


def test_pixels_of_the_smallest_picture() -> None:
    stream = io.BytesIO()
    Image.new("RGB", (1, 1)).save(stream, "GIF")
    assert said(stream.getvalue()) == (State.OK, [], True)

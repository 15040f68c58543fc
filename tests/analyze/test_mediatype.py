"""The type is read from the content; a name decides only where the content says nothing."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.shared import shared_data
from workbench.analyze.charset import text_of
from workbench.analyze.mediatype import UNKNOWN, kind_of, type_of
from workbench.core.filter import KINDS


def box(major: bytes, *compatible: bytes) -> bytes:
    body = b"ftyp" + major + bytes(4) + b"".join(compatible)
    return struct.pack(">I", len(body) + 4) + body + bytes(64)


TGA = struct.pack("<BBBHHBHHHHBB", 0, 0, 2, 0, 0, 0, 0, 0, 2, 3, 24, 0) + bytes(range(18))


@pytest.mark.parametrize(
    ("data", "media_type", "kind"),
    [
        (box(b"avif", b"mif1"), "image/avif", "image"),
        (box(b"mif1", b"mif1", b"heic"), "image/heic", "image"),
        (box(b"mif1", b"avif"), "image/avif", "image"),
        (box(b"heic", b"mif1", b"mp41"), "image/heic", "image"),
        (box(b"mif1"), "image/heif", "image"),
        (box(b"isom", b"mp41"), "video/mp4", "video"),
        (box(b"qt  "), "video/quicktime", "video"),
        (box(b"3gp5"), "video/3gpp", "video"),
        (box(b"M4A "), "audio/mp4", "audio"),
        (b"RIFF\0\0\0\0WEBPVP8 ", "image/webp", "image"),
        (b"RIFF\0\0\0\0WAVEfmt ", "audio/wav", "audio"),
        (b"RIFF\0\0\0\0AVI LIST", "video/x-msvideo", "video"),
        (b"%PDF-1.7\n", "application/pdf", "other"),
        (b"PK\x03\x04" + bytes(26), "application/zip", "archive"),
        (bytes(257) + b"ustar\x0000" + bytes(100), "application/x-tar", "archive"),
        (b"\x1aE\xdf\xa3\x01\0\0\0\0\0\0\x1fB\x82\x84webm", "video/webm", "video"),
        (b"P6\n# made by hand\n2 2\n255\n" + bytes(12), "image/x-portable-pixmap", "image"),
        (b"Poor text that starts with P", "text/plain", "text"),
        (b"BM is not always a bitmap", "text/plain", "text"),
        ("날짜와 시간\n".encode(), "text/plain", "text"),
        (b"<!DOCTYPE html><p>", "text/html", "text"),
        (b'<?xml version="1.0"?><a/>', "text/xml", "text"),
        (b'<svg xmlns="http://www.w3.org/2000/svg"/>', "image/svg+xml", "image"),
        (b"\x89PNG\n\x1a\n\0\0\0\rIHDR" + bytes(20), "image/png", "image"),  # text-mode FTP took the \r away
        (bytes(range(256)) * 3, UNKNOWN, "other"),
        (b"\0", UNKNOWN, "other"),
    ],
)
def test_by_content(data: bytes, media_type: str, kind: str) -> None:
    found = type_of(data)
    assert (found.media_type, found.kind) == (media_type, kind)


def test_a_krita_document_is_a_picture() -> None:
    content = b"application/x-krita"
    head = struct.pack("<4sHHHHHIIIHH", b"PK\x03\x04", 10, 0, 0, 0, 0, 0, len(content), len(content), 8, 0)
    found = type_of(head + b"mimetype" + content + bytes(50))
    assert (found.media_type, found.kind) == ("application/x-krita", "image")


def test_tga_without_a_signature() -> None:
    assert type_of(TGA).media_type == "image/x-tga"  # the size fits to the byte
    assert type_of(TGA + b"?").media_type == UNKNOWN
    assert type_of(TGA + b"?", "tga").media_type == "image/x-tga"
    assert type_of(TGA + bytes(8) + b"TRUEVISION-XFILE.\0").media_type == "image/x-tga"


def test_a_name_never_beats_the_content() -> None:
    assert type_of(b"\xff\xd8\xff\xe0", "tga").media_type == "image/jpeg"
    assert type_of(b"plain words", "tga").media_type == "text/plain"
    assert type_of(b"plain words", "jpg").media_type == "text/plain"


@pytest.mark.parametrize(
    ("text", "encoding", "charset", "certain"),
    [
        ("plain", "ascii", "ascii", True),
        ("grün", "utf-8", "utf-8", True),
        ("grün", "utf-8-sig", "utf-8", True),
        ("修改意见：第三镜", "utf-16", "utf-16-le", True),
        ("line one\r\nline two\r\n", "utf-16-le", "utf-16-le", False),
        ("line one\r\nline two\r\n", "utf-16-be", "utf-16-be", False),
        ("请把这个镜头的手部动作改一下，头发的颜色不对。", "gb18030", "gb18030", False),
        ("이 장면의 손동작을 수정하고 머리 색을 다시 확인하십시오.", "euc-kr", "euc-kr", False),
        ("このカットの手の動きを直してください。", "shift_jis", "shift_jis", False),
        ("Исправить движение руки в третьем кадре", "cp1251", "cp1251", False),
    ],
)
def test_encodings(text: str, encoding: str, charset: str, certain: bool) -> None:
    found = text_of(text.encode(encoding), whole=True)
    assert found is not None
    assert (found.charset, found.certain) == (charset, certain)


def test_a_sample_may_end_inside_a_letter() -> None:
    found = text_of("가".encode()[:2] * 1, whole=True)
    assert found is None or not found.certain
    cut = text_of(("가" * 30).encode()[:-1], whole=False)
    assert cut is not None
    assert cut.charset == "utf-8"


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=600), st.sampled_from(["", "tga", "png"]))
def test_any_bytes_have_a_type(data: bytes, ending: str) -> None:
    found = type_of(data, ending)
    assert found.kind in KINDS
    assert found.kind == kind_of(found.media_type)
    assert type_of(memoryview(data), ending) == found


def test_real_files_by_their_endings() -> None:
    """Print every file whose ending and content disagree; nearly none should."""
    expected = {
        "jpg": "image/jpeg",
        "jpeg": "image/jpeg",
        "png": "image/png",
        "gif": "image/gif",
        "bmp": "image/bmp",
        "tif": "image/tiff",
        "tiff": "image/tiff",
        "webp": "image/webp",
        "avif": "image/avif",
        "psd": "image/vnd.adobe.photoshop",
        "psb": "image/vnd.adobe.photoshop",
        "tga": "image/x-tga",
        "ico": "image/vnd.microsoft.icon",
        "ppm": "image/x-portable-pixmap",
        "heic": "image/heic",
        "qoi": "image/qoi",
        "pcx": "image/x-pcx",
        "3gp": "video/3gpp",
    }
    right = wrong = 0
    for folder in ("formats-pillow", "formats-image-rs", "formats-psd", "formats-avif", "exif-mde", "exif-orientation"):
        for path in sorted(shared_data(folder).rglob("*.*")):
            ending = path.suffix[1:].lower()
            if ending in expected and path.is_file():
                found = type_of(path.read_bytes()).media_type
                if found == expected[ending]:
                    right += 1
                else:
                    wrong += 1
                    print(f"{path.name}: {found} by content alone")
    print(f"media type by content alone: {right} of {right + wrong}")
    assert right / (right + wrong) > 0.9

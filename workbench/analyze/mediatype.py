"""The media type of some bytes, by their content alone.

Own signatures for what is common, the brands of ISO base media files (ISO/IEC 14496-12 §4.3) for AVIF, HEIC, MP4 and
their kin, then text, then puremagic's list. A name's ending only breaks the tie for formats that carry no signature,
such as TGA 1.0, and never against the content.
"""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass

from workbench.analyze.charset import SAMPLE, Text, text_of

UNKNOWN = "application/octet-stream"
Data = bytes | memoryview


@dataclass(frozen=True)
class Type:
    """What the bytes are: media type, kind (`workbench.core.filter.KINDS`), encoding if they are text."""

    media_type: str
    kind: str
    text: Text | None = None


_PREFIXES: tuple[tuple[bytes, str], ...] = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"II*\0", "image/tiff"),
    (b"MM\0*", "image/tiff"),
    (b"II+\0", "image/tiff"),
    (b"MM\0+", "image/tiff"),
    (b"8BPS", "image/vnd.adobe.photoshop"),
    (b"\0\0\0\x0cjP  \r\n\x87\n", "image/jp2"),
    (b"\xff\x4f\xff\x51", "image/x-jp2-codestream"),
    (b"\0\0\0\x0cJXL \r\n\x87\n", "image/jxl"),
    (b"\xff\x0a", "image/jxl"),
    (b"qoif", "image/qoi"),
    (b"DDS ", "image/vnd-ms.dds"),
    (b"icns", "image/icns"),
    (b"SIMPLE  =", "image/fits"),
    (b"DanM", "image/x-msp"),
    (b"LinS", "image/x-msp"),
    (b"\xb1\x68\xde\x3a", "image/x-dcx"),
    (b"#?RADIANCE", "image/vnd.radiance"),
    (b"#?RGBE", "image/vnd.radiance"),
    (b"v/1\x01", "image/x-exr"),
    (b"gimp xcf", "image/x-xcf"),
    (b"CSFCHUNK", "image/x-clip-studio"),
    (b"BPG\xfb", "image/bpg"),
    (b"\xd7\xcd\xc6\x9a", "image/wmf"),
    (b"Image type:", "image/x-im"),
    (b"/* XPM */", "image/x-xpixmap"),
    (b"%!PS", "application/postscript"),
    (b"\xc5\xd0\xd3\xc6", "application/postscript"),
    (b"%PDF-", "application/pdf"),
    (b"\x1f\x8b", "application/gzip"),
    (b"BZh", "application/x-bzip2"),
    (b"\xfd7zXZ\0", "application/x-xz"),
    (b"\x28\xb5\x2f\xfd", "application/zstd"),
    (b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (b"Rar!\x1a\x07", "application/vnd.rar"),
    (b"\x04\x22\x4d\x18", "application/x-lz4"),
    (b"MSCF\0\0\0\0", "application/vnd.ms-cab-compressed"),
    (b"fLaC", "audio/flac"),
    (b"OggS", "audio/ogg"),
    (b"MThd", "audio/midi"),
    (b"ID3", "audio/mpeg"),
    (b"FLV\x01", "video/x-flv"),
    (b"\0\0\x01\xba", "video/mpeg"),
    (b"\0\0\x01\xb3", "video/mpeg"),
    (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "video/x-ms-asf"),
    (b"SQLite format 3\0", "application/vnd.sqlite3"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/x-ole-storage"),
    (b"{\\rtf", "text/rtf"),
    (b"BLENDER", "application/x-blender"),
    (b"\x7fELF", "application/x-elf"),
    (b"wOFF", "font/woff"),
    (b"wOF2", "font/woff2"),
    (b"OTTO\0", "font/otf"),
    (b"FWS", "application/x-shockwave-flash"),
    (b"CWS", "application/x-shockwave-flash"),
)

_BRANDS = {
    b"avif": "image/avif",
    b"avis": "image/avif",
    b"heic": "image/heic",
    b"heix": "image/heic",
    b"heim": "image/heic",
    b"heis": "image/heic",
    b"hevc": "image/heic",
    b"hevx": "image/heic",
    b"mif1": "image/heif",
    b"msf1": "image/heif",
    b"qt  ": "video/quicktime",
    b"M4A ": "audio/mp4",
    b"M4B ": "audio/mp4",
    b"crx ": "image/x-canon-cr3",
    b"3gp": "video/3gpp",
    b"3g2": "video/3gpp2",
}

_ZIP_MIMETYPES = {
    b"application/x-krita": "application/x-krita",
    b"image/openraster": "image/openraster",
    b"application/epub+zip": "application/epub+zip",
    b"application/vnd.oasis.opendocument.text": "application/vnd.oasis.opendocument.text",
    b"application/vnd.oasis.opendocument.spreadsheet": "application/vnd.oasis.opendocument.spreadsheet",
    b"application/vnd.oasis.opendocument.presentation": "application/vnd.oasis.opendocument.presentation",
    b"application/vnd.oasis.opendocument.graphics": "application/vnd.oasis.opendocument.graphics",
}
_OFFICE = (
    (b"word/", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    (b"xl/", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    (b"ppt/", "application/vnd.openxmlformats-officedocument.presentationml.presentation"),
)

_ARCHIVES = frozenset(
    {
        "application/zip",
        "application/gzip",
        "application/x-bzip2",
        "application/x-xz",
        "application/zstd",
        "application/x-7z-compressed",
        "application/vnd.rar",
        "application/x-tar",
        "application/x-lz4",
        "application/vnd.ms-cab-compressed",
        "application/warc",
    }
)
_PICTURES = frozenset({"application/x-krita"})


def kind_of(media_type: str) -> str:
    """The coarse kind that the filter knows."""
    if media_type in _ARCHIVES:
        return "archive"
    if media_type in _PICTURES:
        return "image"
    family = media_type.partition("/")[0]
    return family if family in ("image", "video", "audio", "text") else "other"


def type_of(data: Data, ending: str = "") -> Type:
    """Name the type. ``ending`` is the name's last part without the dot, or empty. Never raises for the bytes."""
    head = bytes(data[:SAMPLE])
    found = _by_signature(head, data) or _by_structure(head, len(data))
    if found is None and _is_tga(head, data, ending.lower()):
        found = "image/x-tga"
    if found is not None:
        return Type(found, kind_of(found))
    text = text_of(head, whole=len(data) <= SAMPLE)
    if text is not None:
        found = _text_type(head, text)
        return Type(found, kind_of(found), text)
    found = _by_puremagic(head)
    return Type(found, kind_of(found))


def _by_signature(head: bytes, data: Data) -> str | None:
    if head[:4] == b"RIFF" and len(head) >= 12:
        return {b"WEBP": "image/webp", b"WAVE": "audio/wav", b"AVI ": "video/x-msvideo"}.get(head[8:12])
    if head[4:8] == b"ftyp":
        return _by_brand(head)
    if head[:2] == b"PK" and head[2:4] in (b"\x03\x04", b"\x05\x06", b"\x07\x08"):
        return _zip_type(head)
    if head[:4] == b"\x1aE\xdf\xa3":
        return "video/webm" if b"webm" in head[:64] else "video/x-matroska"
    for prefix, media_type in _PREFIXES:
        if head.startswith(prefix):
            return media_type
    if head[257:262] == b"ustar":
        return "application/x-tar"
    if head[:5] == b"WARC/":
        return "application/warc"
    if head[4:8] in (b"moov", b"mdat", b"wide", b"pnot") and len(data) > 8:
        return "video/quicktime"
    return None


def _by_brand(head: bytes) -> str:
    """The first known brand, the major one first: a HEIC file may well list ``mp41`` among the compatible ones."""
    size = min(struct.unpack(">I", head[:4])[0], 256, len(head))
    brands = [head[8:12], *(head[at : at + 4] for at in range(16, size - 3, 4))]
    # These two name a structure, not a codec: the other brands say which.
    brands.sort(key=lambda brand: brand in (b"mif1", b"msf1"))
    for brand in brands:
        named = _BRANDS.get(brand) or _BRANDS.get(brand[:3])
        if named:
            return named
    return "video/mp4"


def _zip_type(head: bytes) -> str:
    if head[30:38] == b"mimetype" and len(head) > 40:
        name, extra, size = *struct.unpack("<HH", head[26:30]), struct.unpack("<I", head[22:26])[0]
        content = head[30 + name + extra : 30 + name + extra + min(size, 128)]
        return _ZIP_MIMETYPES.get(content.strip(), "application/zip")
    if b"[Content_Types].xml" in head[:4096] or b"_rels/.rels" in head[:4096]:
        for folder, media_type in _OFFICE:
            if folder in head:
                return media_type
    return "application/zip"


_NETPBM = re.compile(rb"P([1-7Ff])[ \t\r\n#]")
_NETPBM_TYPES = {
    b"1": "image/x-portable-bitmap",
    b"4": "image/x-portable-bitmap",
    b"2": "image/x-portable-graymap",
    b"5": "image/x-portable-graymap",
    b"3": "image/x-portable-pixmap",
    b"6": "image/x-portable-pixmap",
}
_XBM = re.compile(rb"\s*(?:/\*.*?\*/\s*)?#define[ \t]+[^\s]{1,256}_width[ \t]+\d", re.DOTALL)


def _by_structure(head: bytes, size: int) -> str | None:
    """Formats whose signature is too short to be trusted alone: more of the header must make sense."""
    netpbm = _NETPBM.match(head)
    if netpbm and re.search(rb"\d", head[2:128]):
        return _NETPBM_TYPES.get(netpbm.group(1), "image/x-portable-anymap")
    if head[:2] == b"BM" and len(head) >= 18:
        offset, header = struct.unpack("<II", head[10:18])
        if header in (12, 16, 40, 52, 56, 64, 108, 124) or (offset < size and header < 1024):
            return "image/bmp"
    if head[:4] in (b"\0\0\x01\0", b"\0\0\x02\0") and len(head) >= 22:
        count = struct.unpack("<H", head[4:6])[0]
        if 0 < count < 512 and head[9] == 0:
            return "image/vnd.microsoft.icon" if head[2] == 1 else "image/x-win-cursor"
    if head[:2] == b"\x01\xda" and len(head) >= 12 and head[2] in (0, 1) and head[3] in (1, 2):
        return "image/sgi"
    if (
        head[:1] == b"\x0a"
        and len(head) >= 128
        and head[1] in (0, 2, 3, 4, 5)
        and head[2] <= 1
        and head[3] in (1, 2, 4, 8)
    ):
        return "image/x-pcx"
    if head[:4] == b"\x59\xa6\x6a\x95":
        return "image/x-sun-raster"
    if head[:4] == b"\x01\0\0\0" and head[40:44] == b" EMF":
        return "image/emf"
    if _XBM.match(head[:1024]):
        return "image/x-xbitmap"
    if head[:2] == b"MZ" and len(head) >= 64:
        return "application/vnd.microsoft.portable-executable"
    if len(head) > 188 * 2 and head[0] == head[188] == head[376] == 0x47:
        return "video/mp2t"
    if b"IHDR" in head[8:24]:  # a signature damaged on its way, as by an FTP transfer in text mode
        return "image/png"
    if _is_mpeg_audio(head):
        return "audio/mpeg"
    return None


_BITRATES = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)


def _is_mpeg_audio(head: bytes) -> bool:
    """MPEG-1 layer III (ISO/IEC 11172-3): two frame headers in a row at the computed distance."""
    at = 0
    for _ in range(2):
        if len(head) < at + 4 or head[at] != 0xFF or head[at + 1] & 0xFE != 0xFA:
            return False
        rate, frequency = head[at + 2] >> 4, head[at + 2] >> 2 & 3
        if rate in (0, 15) or frequency == 3:
            return False
        at += 144_000 * _BITRATES[rate] // (44_100, 48_000, 32_000)[frequency] + (head[at + 2] >> 1 & 1)
    return True


_TGA_ENDINGS = frozenset({"tga", "icb", "vda", "vst", "tpic"})
_TGA_FOOTER = b"TRUEVISION-XFILE.\0"


def _is_tga(head: bytes, data: Data, ending: str) -> bool:
    """Truevision TGA 2.0: a footer proves it; without, the header must be sound and the size or the name agree."""
    if len(head) < 18:
        return False
    id_length, map_type, image_type = head[0], head[1], head[2]
    map_first, map_length, map_bits = struct.unpack("<HHB", head[3:8])
    width, height, bits, descriptor = struct.unpack("<HHBB", head[12:18])
    footer = bytes(data[-18:]) == _TGA_FOOTER
    known = map_type in (0, 1) and image_type in (1, 2, 3, 9, 10, 11)
    if not known or bits not in (1, 8, 15, 16, 24, 32):
        return False
    if footer or ending in _TGA_ENDINGS:
        return True
    sound = width > 0 and height > 0 and descriptor & 0xC0 == 0
    if map_type == 0:
        sound = sound and map_first == map_length == map_bits == 0 and image_type not in (1, 9)
    else:
        sound = sound and map_bits in (15, 16, 24, 32) and 0 < map_length <= 4096
    expected = 18 + id_length + map_length * ((map_bits + 7) // 8) * map_type + width * height * ((bits + 7) // 8)
    return sound and image_type in (1, 2, 3) and expected == len(data)


_HTML = re.compile(r"\s*(?:<!--.*?-->\s*)*<(?:!doctype html|html|head|body)\b", re.IGNORECASE | re.DOTALL)


def _text_type(head: bytes, text: Text) -> str:
    start = head[:4096].decode(text.charset, "replace").lstrip("\ufeff")
    if _HTML.match(start):
        return "text/html"
    if re.match(r"\s*<(?:\?xml|!--|svg|!doctype svg)", start, re.IGNORECASE):
        if re.search(r"<(?:\w+:)?svg\b", start):
            return "image/svg+xml"
        if start.lstrip().lower().startswith("<?xml"):
            return "text/xml"
    return "text/plain"


_OWN_TYPES = frozenset(
    {media_type for _, media_type in _PREFIXES}
    | set(_BRANDS.values())
    | set(_NETPBM_TYPES.values())
    | {
        "image/bmp", "image/emf", "image/sgi", "image/webp", "image/x-icon", "image/vnd.microsoft.icon", "image/x-pcx",
        "image/x-sun-raster", "image/x-tga", "image/x-win-cursor", "image/x-xbitmap",
    }
)  # fmt: skip
"""What the rules above know better: where they did not find it, it is not there."""


def _by_puremagic(head: bytes) -> str:
    """The fallback's best guess, only when a signature of at least four bytes, not mostly zeros, stands behind it."""
    import puremagic

    try:
        matches = puremagic.magic_string(head)
    except (puremagic.PureError, ValueError, IndexError, KeyError, struct.error, OverflowError, OSError):
        return UNKNOWN
    for match in matches:
        if (
            match.confidence >= 0.4
            and len(match.byte_match.replace(b"\0", b"")) >= 3
            and len(match.byte_match) >= 4
            and match.mime_type not in _OWN_TYPES
            and re.fullmatch(r"[\w.+-]+/[\w.+-]+", match.mime_type)
        ):
            return str(match.mime_type)
    return UNKNOWN

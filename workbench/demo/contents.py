"""What is uploaded: drawings in several file formats, and the few things on such a server that are no pictures."""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from PIL import Image

from workbench.demo.paper import Drawing
from workbench.demo.sheet import draw
from workbench.demo.words import INVENTED, NOTE

EXIF_MAKE, EXIF_ORIENTATION, EXIF_IFD, EXIF_TAKEN, EXIF_OFFSET = 0x010F, 0x0112, 0x8769, 0x9003, 0x9011


@dataclass(frozen=True)
class Content:
    """Bytes to be made: the same content gives the same bytes wherever it is uploaded."""

    form: str
    """``png``, ``jpg``, ``webp``, ``tif``, ``gray.jpg``, ``photo.jpg``, or ``note``, ``zip``, ``broken``, ``empty``."""
    drawing: Drawing | None = None
    scanned: int | None = None
    """Seconds since 1970 of the scan, written into a JPEG without a zone."""
    offset: str = ""
    """The zone that the scanner wrote beside it, if any."""


def _exif(content: Content, *, turned: bool) -> Image.Exif:
    exif = Image.Exif()
    exif[EXIF_MAKE] = "Invented Scanner"
    if turned:
        exif[EXIF_ORIENTATION] = 6
    if content.scanned is not None:
        hours = int(content.offset[:3]) if content.offset else 9
        local = datetime.fromtimestamp(content.scanned, UTC) + timedelta(hours=hours)
        inner = exif.get_ifd(EXIF_IFD)
        inner[EXIF_TAKEN] = local.strftime("%Y:%m:%d %H:%M:%S")
        if content.offset:
            inner[EXIF_OFFSET] = content.offset
    return exif


def _encode(image: Image.Image, content: Content) -> bytes:
    out = io.BytesIO()
    form = content.form
    if form == "png":
        image.save(out, "PNG", compress_level=2)
    elif form == "webp":
        image.save(out, "WEBP", quality=82, method=1)
    elif form == "tif":
        image.convert("L").save(out, "TIFF", compression="tiff_lzw")
    elif form == "photo.jpg":
        image.transpose(Image.Transpose.ROTATE_90).save(out, "JPEG", quality=84, exif=_exif(content, turned=True))
    else:
        picture = image.convert("L") if form == "gray.jpg" else image
        if content.scanned is None:
            picture.save(out, "JPEG", quality=84)
        else:
            picture.save(out, "JPEG", quality=84, exif=_exif(content, turned=False))
    return out.getvalue()


def _archive(drawing: Drawing) -> bytes:
    """A small zip, its times fixed so that its bytes are."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        members = {"说明.txt": NOTE.encode("utf-8"), "참고/인물.png": _encode(draw(drawing), Content("png"))}
        for name, data in members.items():
            info = zipfile.ZipInfo(name, (2024, 1, 9, 10, 30, 0))
            info.create_system = 3
            info.external_attr = 0o644 << 16
            archive.writestr(info, data, zipfile.ZIP_STORED)
    return out.getvalue()


def make_bytes(content: Content) -> bytes:
    """The bytes of a content."""
    if content.form == "empty":
        return b""
    if content.form == "note":
        return f"{INVENTED}\n\n{NOTE}".encode()
    drawing = content.drawing
    if drawing is None:
        raise ValueError(f"a content of form {content.form} needs a drawing")
    if content.form == "zip":
        return _archive(drawing)
    if content.form == "broken":
        # A transfer that broke off: what arrived still looks like a JPEG at its beginning.
        whole = _encode(draw(drawing), Content("jpg"))
        return whole[: len(whole) // 3] + b"\x00" * 2048
    return _encode(draw(drawing), content)

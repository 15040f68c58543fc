"""Open and decode a picture of unknown origin, by the one decoder that its content calls for, within a memory limit.

Only the decoder of the recognised type runs, so that no other one is offered the bytes. Formats that Pillow hands to
other programs (EPS to Ghostscript) are left out. Width times height is checked before anything is decoded.
"""

from __future__ import annotations

import importlib
import io
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import IO, cast
from warnings import catch_warnings, simplefilter

from PIL import Image, ImageFile

from workbench.analyze.bmp import masked_header_of, needs_masks, read_masked
from workbench.analyze.manyparts import MOST_PAGES, frames_of_png, has_too_many_pages, heavy_extras
from workbench.analyze.psd import has_composite, header_of, read_composite, read_thumbnail
from workbench.analyze.registry import INTEGERS
from workbench.analyze.tga import read_tga
from workbench.analyze.wholeness import broken_chunks, is_cut_off, without_extras

DECODERS: Mapping[str, tuple[str, str]] = {
    "image/jpeg": ("JpegImagePlugin", "JPEG"),
    "image/png": ("PngImagePlugin", "PNG"),
    "image/gif": ("GifImagePlugin", "GIF"),
    "image/bmp": ("BmpImagePlugin", "BMP"),
    "image/tiff": ("TiffImagePlugin", "TIFF"),
    "image/webp": ("WebPImagePlugin", "WEBP"),
    "image/avif": ("AvifImagePlugin", "AVIF"),
    "image/x-tga": ("TgaImagePlugin", "TGA"),
    "image/vnd.adobe.photoshop": ("PsdImagePlugin", "PSD"),
    "image/x-portable-bitmap": ("PpmImagePlugin", "PPM"),
    "image/x-portable-graymap": ("PpmImagePlugin", "PPM"),
    "image/x-portable-pixmap": ("PpmImagePlugin", "PPM"),
    "image/x-portable-anymap": ("PpmImagePlugin", "PPM"),
    "image/jp2": ("Jpeg2KImagePlugin", "JPEG2000"),
    "image/x-jp2-codestream": ("Jpeg2KImagePlugin", "JPEG2000"),
    "image/qoi": ("QoiImagePlugin", "QOI"),
    "image/vnd-ms.dds": ("DdsImagePlugin", "DDS"),
    "image/vnd.microsoft.icon": ("IcoImagePlugin", "ICO"),
    "image/x-win-cursor": ("CurImagePlugin", "CUR"),
    "image/icns": ("IcnsImagePlugin", "ICNS"),
    "image/sgi": ("SgiImagePlugin", "SGI"),
    "image/x-pcx": ("PcxImagePlugin", "PCX"),
    "image/x-dcx": ("DcxImagePlugin", "DCX"),
    "image/x-xbitmap": ("XbmImagePlugin", "XBM"),
    "image/x-xpixmap": ("XpmImagePlugin", "XPM"),
    "image/x-msp": ("MspImagePlugin", "MSP"),
    "image/x-im": ("ImImagePlugin", "IM"),
    "image/fits": ("FitsImagePlugin", "FITS"),
    "image/x-sun-raster": ("SunImagePlugin", "SUN"),
}
"""Media type to Pillow's plug-in module and format. Image types that are not here are known, but not decoded."""

OWN_READERS: Mapping[str, Callable[[bytes | memoryview], Image.Image]] = {
    "image/x-tga": read_tga,
    "image/vnd.adobe.photoshop": read_composite,
    "image/bmp": read_masked,
}
"""Decoders of our own, asked when Pillow's gives up."""

SIZED_BY_DECODING = frozenset({"TIFF", "ICO", "ICNS"})
"""Formats of which Pillow knows the true or upright size only once they are decoded."""

MAX_PIXEL_BYTES = 384 << 20
"""Memory that decoded pixels may take: 100 million pixels in colour, 400 million in grey."""
MAX_JPEG_PIXELS = 1 << 30
"""A baseline JPEG is decoded at an eighth of its size, so that its pixels count for less."""
MAX_SIDE = 1 << 20

# Pillow's own guard also covers pictures inside pictures (icons), which the check here does not see. It raises at twice
# this number.
Image.MAX_IMAGE_PIXELS = 1 << 28


TOO_LARGE = frozenset({"image-too-large", "image-too-much-memory"})


class Refused(Exception):
    """The picture is not decoded. ``code`` is the warning's."""

    def __init__(self, code: str, **args: int | str) -> None:
        super().__init__(code)
        self.code = code
        self.args_of_message = args


@dataclass
class Opened:
    """A picture whose header was read: its size as stored, frames if the file says so, and Pillow's pixel mode."""

    image: Image.Image
    size: tuple[int, int]
    mode: str
    frames: int | None
    reader: Callable[[], Image.Image] | None = None
    """Our own decoder, where Pillow gave up at the header; `image` is a blank until `decode`."""
    damage: str | None = None
    """The warning's code when only a part could be decoded."""
    remark: tuple[str, dict[str, int | str]] | None = None
    """Code and arguments of a warning about a picture that was decoded to its end."""


@contextmanager
def guarded(media_type: str) -> Iterator[None]:
    """Everything that a decoder may raise becomes `Refused`; `MemoryError` too. Pillow's warnings are not shown."""
    with catch_warnings():
        simplefilter("ignore")
        try:
            yield
        except (Refused, KeyboardInterrupt, SystemExit):
            raise
        except (MemoryError, Image.DecompressionBombError):
            raise Refused("image-too-much-memory", type=media_type) from None
        except Exception as error:
            cut = "truncated" in str(error).lower() or isinstance(error, EOFError)
            raise Refused("image-cut-off" if cut else "image-undecodable", type=media_type) from error


class View(io.RawIOBase):
    """A seekable file over a buffer, without a copy."""

    def __init__(self, data: memoryview) -> None:
        super().__init__()
        self._data = data
        self._at = 0

    def readable(self) -> bool:
        """It is."""
        return True

    def seekable(self) -> bool:
        """It is."""
        return True

    def read(self, size: int | None = -1) -> bytes:
        """Up to `size` bytes from here; all that are left when it is negative."""
        end = len(self._data) if size is None or size < 0 else self._at + size
        piece = bytes(self._data[self._at : end])
        self._at += len(piece)
        return piece

    def seek(self, offset: int, whence: int = 0) -> int:
        """Go somewhere, also past the end."""
        self._at = (0, self._at, len(self._data))[whence] + offset
        if self._at < 0:
            raise ValueError("negative seek position")
        return self._at

    def tell(self) -> int:
        """Where it is."""
        return self._at


def open_picture(data: bytes | memoryview, media_type: str, all_frames: bool = True) -> Opened:
    """Read the header and check the size. Raises `Refused`; decodes nothing."""
    if media_type not in DECODERS:
        raise Refused("image-no-decoder", type=media_type)
    if media_type == "image/vnd.adobe.photoshop" and not has_composite(data):
        return _open_without_composite(data, media_type)
    if media_type == "image/bmp" and needs_masks(data):
        return _open_with_own(data, media_type)
    if media_type == "image/png" and (heavy := heavy_extras(data)):
        return _open_without_heavy(data, all_frames, heavy)
    try:
        return _open_with_pillow(data, media_type, all_frames)
    except Refused as refused:
        first = refused
    if media_type == "image/png" and first.code not in TOO_LARGE:
        return _open_without_extras(data, all_frames, first)
    if media_type not in OWN_READERS or first.code in TOO_LARGE:
        raise first
    return _open_with_own(data, media_type)


def _open_without_extras(data: bytes | memoryview, all_frames: bool, first: Refused) -> Opened:
    """A PNG that Pillow refused, without the chunks that no picture needs; raises `first` where that does not help."""
    broken = list(broken_chunks(data))
    if any(name[0].isupper() for name in broken):
        raise first
    for drop in (broken, None):
        try:
            opened = _open_with_pillow(without_extras(data, drop), "image/png", all_frames)
        except Refused:
            continue
        opened.remark = ("image-chunk-damaged", {"chunk": _word(broken[0]) if broken else "metadata"})
        return opened
    raise first


def _open_without_heavy(data: bytes | memoryview, all_frames: bool, heavy: Mapping[str, int]) -> Opened:
    """A PNG without the chunks that would take more memory than its picture, and the word that they were not read."""
    lighter = without_extras(data, heavy)
    opened = open_picture(lighter, "image/png", all_frames)
    name = max(heavy, key=lambda each: heavy[each])
    opened.remark = ("image-chunk-passed-over", {"chunk": _word(name), "size": sum(heavy.values())})
    return opened


def _open_without_composite(data: bytes | memoryview, media_type: str) -> Opened:
    """A Photoshop document whose flattened picture is a white sheet: its own small picture instead, or none."""
    with guarded(media_type):
        header = header_of(data)
    nothing = Refused("image-no-composite", type=media_type, width=header.width, height=header.height)
    try:
        with guarded(media_type):
            small = read_thumbnail(data)
    except Refused:
        raise nothing from None
    if small is None:
        raise nothing
    size = (header.width, header.height)
    opened = Opened(small, size, small.mode, 1, lambda: small, damage="image-no-composite")
    check_size(opened, media_type, held=0)
    return opened


def _open_with_pillow(data: bytes | memoryview, media_type: str, all_frames: bool) -> Opened:
    plugin, form = DECODERS[media_type]
    with guarded(media_type):
        try:
            importlib.import_module(f"PIL.{plugin}")
        except ModuleNotFoundError:  # a format that a later Pillow has dropped
            raise Refused("image-no-decoder", type=media_type) from None
        stream: IO[bytes] = io.BytesIO(data) if isinstance(data, bytes) else cast(IO[bytes], View(data))
        with _own_size_check(form):
            image = Image.open(stream, formats=(form,))
        opened = Opened(image, image.size, image.mode, 1)
        check_size(opened, media_type)
        if all_frames:
            if has_too_many_pages(data, media_type):
                opened.frames = None
                opened.remark = ("image-pages-many", {"least": MOST_PAGES + 1})
            else:
                opened.frames = _frames(image, data)
        return opened


def _open_with_own(data: bytes | memoryview, media_type: str) -> Opened:
    """What Pillow does not know of TGA, Photoshop documents and bitmaps with masks."""
    blank = Image.new("RGB", (1, 1))
    with guarded(media_type):
        if media_type == "image/x-tga":
            size = int.from_bytes(data[12:14], "little"), int.from_bytes(data[14:16], "little")
            opened = Opened(blank, size, "RGB", 1, lambda: read_tga(data))
            held = 16
        elif media_type == "image/bmp":
            masked = masked_header_of(data)
            if masked is None:
                raise Refused("image-undecodable", type=media_type)
            mode = "RGBA" if masked.masks[3] else "RGB"
            opened = Opened(blank, (masked.width, masked.height), mode, 1, lambda: read_masked(data))
            held = 16
        else:
            header = header_of(data)
            mode = {1: "L", 8: "L", 4: "CMYK", 9: "LAB"}.get(header.mode, "RGB")
            opened = Opened(blank, (header.width, header.height), mode, 1, lambda: read_composite(data))
            held = 8 + header.depth // 4
        check_size(opened, media_type, held)
    return opened


@contextmanager
def _own_size_check(form: str) -> Iterator[None]:
    """Let `check_size` refuse large pictures and name their size, where opening allocates nothing."""
    before = Image.MAX_IMAGE_PIXELS
    if form in ("JPEG", "PNG", "GIF", "BMP", "TIFF", "TGA", "PSD", "PPM"):
        Image.MAX_IMAGE_PIXELS = None
    try:
        yield
    finally:
        Image.MAX_IMAGE_PIXELS = before


def check_size(opened: Opened, media_type: str, held: int | None = None) -> None:
    """Raise `Refused` when decoding would take more memory than allowed; ``held``: bytes a pixel, when known."""
    width, height = opened.size
    if width <= 0 or height <= 0:
        raise Refused("image-undecodable", type=media_type)
    pixels = width * height
    if media_type == "image/jpeg" and not opened.image.info.get("progressive"):
        too_large = pixels > MAX_JPEG_PIXELS
    else:
        too_large = pixels * (held or _bytes_per_pixel(opened, media_type)) > MAX_PIXEL_BYTES
    if too_large or max(width, height) > MAX_SIDE:
        raise Refused("image-too-large", type=media_type, width=width, height=height)


def _bytes_per_pixel(opened: Opened, media_type: str) -> int:
    """Pillow's storage, and what the decoder holds beside it."""
    if media_type == "image/jpeg":
        return 6  # a progressive JPEG keeps all coefficients of three components as 16-bit numbers
    stored = {"1": 1, "L": 1, "P": 1, "I;16": 2, "I;16B": 2, "I;16L": 2}.get(opened.mode, 4)
    return stored * 4 if media_type in ("image/webp", "image/avif", "image/jp2", "image/x-jp2-codestream") else stored


_MANY_FRAMES = frozenset({"GIF", "TIFF", "WEBP", "PNG", "AVIF", "MPO", "DCX", "FITS", "PSD"})


def _frames(image: Image.Image, data: bytes | memoryview) -> int | None:
    """How many pictures the file holds; null when that cannot be told. PSD layers are no frames."""
    if image.format not in _MANY_FRAMES or image.format == "PSD":
        return 1
    try:
        found = int(getattr(image, "n_frames", 1))
    except Exception:  # noqa: BLE001 - a damaged later frame must not cost the first one
        return None
    if image.format == "PNG":
        # The decoder believes the number that the file states, which costs nobody anything to write.
        counted = frames_of_png(data)
        if counted is None:
            return 1 if found == 1 else None
        found = max(1, counted + bool(getattr(image, "default_image", False)))
    low, high = INTEGERS["frames"]
    return found if low <= found <= high else None


def decode(data: bytes | memoryview, opened: Opened, media_type: str, side: int | None) -> bool:
    """Decode ``opened.image`` in place, JPEG at a reduced size of at least ``side``; false when it is damaged.

    What can be read of a damaged picture is kept. Raises `Refused` when that is nothing.
    """
    if opened.reader is not None:
        with guarded(media_type):
            opened.image = opened.reader()
        return opened.damage is None
    try:
        with guarded(media_type):
            _load(opened.image, opened.size, side)
    except Refused as refused:
        if refused.code in TOO_LARGE:
            raise
        first = refused
    else:
        _look_at_the_rest(data, opened, media_type)
        return opened.damage is None
    if media_type == "image/png":
        with suppress(Refused), guarded(media_type):
            spare = _open_without_extras(data, False, first)
            _load(spare.image, opened.size, side)
            opened.image, opened.remark = spare.image, opened.remark or spare.remark
            return True
    if media_type in OWN_READERS:
        with suppress(Refused), guarded(media_type):
            opened.image = OWN_READERS[media_type](data)
            return True
    try:
        with guarded(media_type), _tolerant():
            opened.image = open_picture(data, media_type, all_frames=False).image
            _load(opened.image, opened.size, side)
    except Refused:
        raise Refused("image-undecodable", type=media_type) from first
    if first.code != "image-cut-off":
        first.code = "image-damaged"
    opened.damage = first.code
    return False


def _word(chunk: str) -> str:
    """The name of a chunk as text for people."""
    return "".join(sign if sign.isascii() and sign.isalnum() else "?" for sign in chunk)


def _look_at_the_rest(data: bytes | memoryview, opened: Opened, media_type: str) -> None:
    """What the decoder passed over: checksums, pictures after the first one, a still that the animation leaves out."""
    if media_type == "image/png":
        broken = list(broken_chunks(data))
        if any(name[0].isupper() for name in broken):
            opened.damage = "image-damaged"
        elif broken and opened.remark is None:
            opened.remark = ("image-chunk-damaged", {"chunk": _word(broken[0])})
        elif opened.remark is None and getattr(opened.image, "default_image", False) and (opened.frames or 1) > 1:
            assert opened.frames is not None
            opened.frames -= 1
            opened.remark = ("image-default-frame", {"frames": opened.frames})
    if opened.damage is None and is_cut_off(data, media_type, len(data)):
        opened.damage = "image-cut-off"


def _load(image: Image.Image, size: tuple[int, int], side: int | None) -> None:
    if side is not None and image.format in ("JPEG", "MPO"):
        width, height = size
        scale = side / max(width, height)
        if scale < 1:
            image.draft(None, (max(1, int(width * scale)), max(1, int(height * scale))))
    image.load()


@contextmanager
def _tolerant() -> Iterator[None]:
    """Let Pillow return what it could read of a file that ends too early."""
    before = ImageFile.LOAD_TRUNCATED_IMAGES
    ImageFile.LOAD_TRUNCATED_IMAGES = True
    try:
        yield
    finally:
        ImageFile.LOAD_TRUNCATED_IMAGES = before

"""What the ending of a file name says about the bytes, and whether they agree.

Only endings that everybody uses for one kind of content are here; of any other name nothing is claimed.
"""

from __future__ import annotations

_ISO_VIDEO = ("video/mp4", "video/quicktime", "video/3gpp", "video/3gpp2", "audio/mp4")
_ZIP = ("application/zip",)

ENDINGS: dict[str, tuple[str, ...]] = {
    "jpg": ("image/jpeg",),
    "jpeg": ("image/jpeg",),
    "jpe": ("image/jpeg",),
    "jfif": ("image/jpeg",),
    "png": ("image/png", "image/vnd.mozilla.apng"),
    "apng": ("image/png", "image/vnd.mozilla.apng"),
    "gif": ("image/gif",),
    "webp": ("image/webp",),
    "bmp": ("image/bmp",),
    "tif": ("image/tiff",),
    "tiff": ("image/tiff",),
    "avif": ("image/avif",),
    "heic": ("image/heic", "image/heif"),
    "heif": ("image/heic", "image/heif"),
    "jxl": ("image/jxl",),
    "jp2": ("image/jp2", "image/x-jp2-codestream"),
    "tga": ("image/x-tga",),
    "psd": ("image/vnd.adobe.photoshop",),
    "psb": ("image/vnd.adobe.photoshop",),
    "svg": ("image/svg+xml", "text/xml"),
    "kra": ("application/x-krita",),
    "clip": ("image/x-clip-studio",),
    "mp4": _ISO_VIDEO,
    "m4v": _ISO_VIDEO,
    "mov": _ISO_VIDEO,
    "avi": ("video/x-msvideo",),
    "mkv": ("video/x-matroska", "video/webm"),
    "webm": ("video/webm", "video/x-matroska"),
    "mp3": ("audio/mpeg",),
    "m4a": ("audio/mp4", "video/mp4"),
    "wav": ("audio/wav",),
    "flac": ("audio/flac",),
    "ogg": ("audio/ogg",),
    "pdf": ("application/pdf",),
    "zip": _ZIP,
    "cbz": _ZIP,
    "7z": ("application/x-7z-compressed",),
    "rar": ("application/vnd.rar",),
    "gz": ("application/gzip",),
    "tgz": ("application/gzip",),
    "xz": ("application/x-xz",),
    "bz2": ("application/x-bzip2",),
    "tar": ("application/x-tar",),
}
"""Media types, as `workbench.analyze.mediatype` names them, that a file of this ending may have."""


def ending_of(name: str) -> str:
    """The part after the last dot of the last part of a path, in small letters; empty when there is none."""
    stem, dot, ending = name.rpartition("/")[2].rpartition(".")
    return ending.lower() if dot and stem else ""


def disagrees(ending: str, media_type: str | None) -> bool:
    """Is the content of another type than the ending promises? Not where either is unknown."""
    allowed = ENDINGS.get(ending)
    return allowed is not None and media_type is not None and media_type not in allowed

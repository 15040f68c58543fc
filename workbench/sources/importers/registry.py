"""Every importer by name, and by what a file or a folder holds."""

from __future__ import annotations

from pathlib import Path

from workbench.core.errors import UserError
from workbench.core.files import open_file
from workbench.sources.importers.base import HEAD, Importer
from workbench.sources.importers.mirror import MirrorImporter
from workbench.sources.importers.odd import OddImporter
from workbench.sources.importers.plain import PlainImporter
from workbench.sources.importers.rclone import RcloneImporter
from workbench.sources.importers.saved import SavedImporter
from workbench.sources.importers.wacz import WaczImporter
from workbench.sources.importers.warc import WarcImporter
from workbench.sources.importers.warcrecords import looks_like_warc

IMPORTERS: tuple[Importer, ...] = (
    WarcImporter(),
    WaczImporter(),
    OddImporter(),
    RcloneImporter(),
    MirrorImporter(),
    PlainImporter(),
    SavedImporter(),
)
"""The surest first."""

_MOST_NAMES = 100_000


def by_name(name: str) -> Importer:
    """Raises `UserError` ``import-format-unknown``."""
    for each in IMPORTERS:
        if each.name == name:
            return each
    raise UserError("import-format-unknown", format=name, known=", ".join(each.name for each in IMPORTERS))


def detect(path: Path) -> Importer | None:
    """Who understands it, by content; null when nobody does. Raises `OSError`."""
    head = b"" if path.is_dir() else _head(path)
    return next(
        (each for each in IMPORTERS if path.is_dir() <= _takes_folders(each) and each.recognises(path, head)), None
    )


def warcs_within(path: Path) -> list[Path]:
    """The WARC files of a folder that holds nothing else of interest, such as the one of a case. Raises `OSError`."""
    files = [each for each in sorted(path.iterdir())[:_MOST_NAMES] if not each.is_symlink()]
    if any(each.is_dir() for each in files):
        return []
    found = [each for each in files if each.name.endswith((".warc", ".warc.gz"))]
    others = [
        each for each in files if each not in found and not each.name.endswith((".cdx", ".cdxj", ".cdx.gz", ".log"))
    ]
    return found if found and not others and all(looks_like_warc(_head(each)) for each in found[:1]) else []


def _takes_folders(importer: Importer) -> bool:
    return isinstance(importer, MirrorImporter | PlainImporter)


def _head(path: Path) -> bytes:
    with open_file(path) as stream:
        return stream.read(HEAD)

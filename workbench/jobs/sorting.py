"""What lies in a file that somebody gave: is it an access log? Reads files: not for the main thread."""

from __future__ import annotations

from pathlib import Path

from workbench.core.errors import UserError
from workbench.logs.compressed import open_log
from workbench.logs.format import Detected
from workbench.logs.registry import SAMPLE, detect
from workbench.sources.registry import is_archive

MOST_FILES = 5000
"""Files directly in a folder that are looked at."""


def detect_log(path: Path) -> Detected | None:
    """The log format of a file, by its beginning; null for folders, archives, and what is none."""
    try:
        if not path.is_file() or is_archive(path):
            return None
        with path.open("rb") as file:
            stream, _ = open_log(file)
            return detect(stream.peek(SAMPLE))
    except (OSError, EOFError, ValueError, UserError):
        return None


def logs_beside(folder: Path) -> list[Path]:
    """The access logs that lie directly in a folder, by name."""
    try:
        files = [each for each in sorted(folder.iterdir())[:MOST_FILES] if not each.is_symlink()]
    except OSError:
        return []
    return [each for each in files if detect_log(each) is not None]

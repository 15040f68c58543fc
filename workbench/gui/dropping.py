"""What is dropped on the window or pasted into it: files and folders, or the address of a server."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QMimeData, QUrl

from workbench.gui.watching import is_web_address

if TYPE_CHECKING:
    from workbench.gui.main_window import MainWindow


def is_wanted(data: QMimeData) -> bool:
    """Is there anything in it that the window takes?"""
    return bool(local_paths(data) or server_address(data))


def take(window: MainWindow, data: QMimeData) -> bool:
    """Take it in; false when there was nothing to take."""
    paths, address = local_paths(data), server_address(data)
    if paths:
        window.intake.add_paths(paths)
    elif address:
        window.watch.add(address)
    return bool(paths or address)


def local_paths(data: QMimeData) -> list[Path]:
    """Local files and folders, each once."""
    return list(dict.fromkeys(Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile()))


def server_address(data: QMimeData) -> str:
    """The one address of a server, as a link or as text; empty when there is none."""
    named = [url.toString(QUrl.ComponentFormattingOption.FullyEncoded) for url in data.urls()] or [data.text()]
    return named[0].strip() if len(named) == 1 and is_web_address(named[0]) else ""

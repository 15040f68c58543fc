"""Find the files that the program ships: in a source tree, an editable install, a wheel, a frozen app."""

from __future__ import annotations

from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path


def resource(*parts: str) -> Traversable:
    """The shipped file or folder ``resources/PARTS``.

    A wheel packs the folder as ``workbench/_resources``; a source tree has it beside the package.
    """
    packed = files("workbench") / "_resources"
    root: Traversable = packed
    if not packed.is_dir():
        root = Path(__file__).resolve().parents[2] / "resources"
    return root.joinpath(*parts)


def notice() -> str:
    """The attribution of all that is shipped: ``NOTICE``, packed with the resources or at the root of a source tree."""
    packed = files("workbench") / "_resources" / "NOTICE"
    found: Traversable = packed if packed.is_file() else Path(__file__).resolve().parents[2] / "NOTICE"
    return found.read_text(encoding="utf-8")

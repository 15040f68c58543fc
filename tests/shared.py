"""Real inputs with their truth, kept beside the project and never copied into it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(os.environ.get("WORKBENCH_SHARED_DATA") or Path(__file__).resolve().parents[2] / "shared" / "data")


def shared_data(*parts: str) -> Path:
    """A file or folder of the shared inputs; skips the test where it is absent."""
    path = ROOT.joinpath(*parts)
    if not path.exists():
        pytest.skip(f"shared input {'/'.join(parts)} is not on this machine (set WORKBENCH_SHARED_DATA)")
    return path

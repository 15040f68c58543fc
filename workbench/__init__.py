"""Workbench: look at what an open server showed, and prove it later."""

from __future__ import annotations

__version__ = "0.1.0"

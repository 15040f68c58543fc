"""Mirrors workbench/analyze."""

from __future__ import annotations

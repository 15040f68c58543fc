"""Widgets that know nothing of a case: they draw what they are given and say what was done to them."""

from __future__ import annotations

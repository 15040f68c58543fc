"""The window: Qt, and only here."""

from __future__ import annotations

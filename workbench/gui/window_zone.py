"""The zone of this computer, as the window shows times in it."""

from __future__ import annotations

from datetime import UTC, tzinfo
from zoneinfo import ZoneInfo

from PySide6.QtCore import QTimeZone


def local_zone() -> tuple[tzinfo, str]:
    """The system's zone and its name; UTC where the system names none that is known."""
    name = bytes(QTimeZone.systemTimeZoneId().data()).decode("ascii", "replace")
    try:
        return ZoneInfo(name), name
    except (KeyError, ValueError, OSError):
        return UTC, "UTC"

"""What is true of the demonstration's inputs, so that tests and readers can check what the program finds."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Arrival:
    """One version of a file on the server: who put it there, when, and what it was."""

    path: str
    sha256: str
    size: int
    time: str
    """RFC 3339 UTC, whole seconds; the file's modified time, and the log line's time where there is one."""
    address: str | None
    """Null for what was there before the log begins."""
    invented_picture: bool
    first_seen: str | None
    """The day of the first complete look that shows it; null if none does."""


@dataclass(frozen=True)
class DayChanges:
    """How a complete look differs from the complete look before it; paths in order."""

    added: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    moved: list[list[str]] = field(default_factory=list)
    """Pairs of old and new path."""
    removed: list[str] = field(default_factory=list)
    returned: list[str] = field(default_factory=list)
    time_changed: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Truth:
    """Everything that is known. Days are ``2024-01-DD``, times RFC 3339 UTC, paths relative to a look's folder."""

    invented: str
    """That all of it is."""
    days: list[str]
    missed_day: str
    failed_day: str
    closed_days: list[str]
    look_time: str
    """Time of day of every look, UTC."""
    active_hours_utc: list[int]
    """First hour and the hour after the last one with uploads."""
    quiet_hours_utc: list[int]
    """The noon gap: first hour and the hour after the last one."""
    own_address: str
    exceptions: dict[str, str]
    """The addresses that no row labels vpn or hosting, and their countries."""
    addresses: list[str]
    """Every address in the log."""
    arrivals: list[Arrival]
    """Every version of every file, in order of time."""
    uploads_by_address: dict[str, int]
    """Uploads in the log that succeeded."""
    failed_uploads: int
    duplicates: list[list[str]]
    """Groups of paths that were seen with the same non-empty bytes at different paths; moves count too."""
    revisions: list[list[str]]
    """Pairs of paths of near duplicates: the earlier and a later take of one drawing."""
    revised_objects: list[list[str]]
    """The same pairs as SHA-256, which also tells apart what was changed in its place."""
    changes: dict[str, DayChanges]
    """By day of the later one of two neighbouring complete looks."""
    never_seen: list[str]
    """Paths that only the log knows: there and gone between two looks."""
    failed_look_paths: list[str]
    """What the failed look still got."""
    not_pictures: dict[str, str]
    """Path to what it is: note, zip, broken, empty."""
    counts: dict[str, int]
    """``log_lines``, ``objects``, ``pictures``, ``looks``, ``sightings``, ``addresses``, ``uploads``."""

    def to_json(self) -> str:
        """As the file ``truth.json`` holds it."""
        return json.dumps(asdict(self), ensure_ascii=False, indent=1, sort_keys=True) + "\n"

    @classmethod
    def load(cls, path: Path) -> Truth:
        """Read ``truth.json`` back."""
        raw = json.loads(path.read_text(encoding="utf-8"))
        raw["arrivals"] = [Arrival(**row) for row in raw["arrivals"]]
        raw["changes"] = {day: DayChanges(**row) for day, row in raw["changes"].items()}
        return cls(**raw)

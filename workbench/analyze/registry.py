"""The analyzers, their versions, and every fact that they may state.

Standard library only: the window's process reads this to know what is missing and to judge what a worker sent.
A version changes when the same bytes would give other facts; objects that lack (analyzer, version) are done again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from workbench.core.records import Analysis, State

PREVIEW_SIDE = 256
"""Longest side of a preview, pixels. Smaller pictures are not enlarged."""
PREVIEW_RECIPE = 1
"""Version of how previews are made: part of their key in the store."""
TEXT_LIMIT = 1024
"""Longest text value of a fact, bytes in UTF-8."""


@dataclass(frozen=True)
class Analyzer:
    """One kind of analysis: its name, its version, and the facts it may state."""

    name: str
    version: str
    facts: tuple[str, ...]


TYPE = Analyzer("type", "2", ("media_type", "kind", "charset", "charset.guess"))
IMAGE = Analyzer("image", "3", ("width", "height", "frames", "mode", "phash", "phash_quality"))
METADATA = Analyzer(
    "metadata",
    "1",
    (
        "exif.datetime",
        "exif.datetime.zone",
        "exif.datetime_original",
        "exif.datetime_original.zone",
        "exif.datetime_digitized",
        "exif.datetime_digitized.zone",
        "exif.make",
        "exif.model",
        "exif.software",
        "exif.artist",
        "exif.orientation",
        "exif.gps_lat",
        "exif.gps_lon",
        "xmp.creator_tool",
    ),
)
ANALYZERS: tuple[Analyzer, ...] = (TYPE, IMAGE, METADATA)
NAMES = frozenset(each.name for each in ANALYZERS)

INT64 = (-(2**63), 2**63 - 1)

INTEGERS: Mapping[str, tuple[int, int]] = {
    "width": (1, 2**32 - 1),
    "height": (1, 2**32 - 1),
    "frames": (1, 2**31 - 1),
    "phash": INT64,
    "phash_quality": (0, 100),
    "exif.datetime": INT64,
    "exif.datetime_original": INT64,
    "exif.datetime_digitized": INT64,
    "exif.orientation": (1, 8),
}
"""Facts that are whole numbers, with their range. The three times are microseconds, a wall clock when the fact of the
same name and ``.zone`` says ``unknown``."""
REALS: Mapping[str, tuple[float, float]] = {"exif.gps_lat": (-90.0, 90.0), "exif.gps_lon": (-180.0, 180.0)}
"""Facts that are real numbers, with their range: degrees north and east, WGS 84."""
TEXTS: frozenset[str] = frozenset(
    fact for each in ANALYZERS for fact in each.facts if fact not in INTEGERS and fact not in REALS
)

WARNINGS = frozenset(
    {
        "image-undecodable",
        "image-cut-off",
        "image-damaged",
        "image-too-large",
        "image-too-much-memory",
        "image-no-decoder",
        "image-no-composite",
        "image-chunk-damaged",
        "image-chunk-passed-over",
        "image-default-frame",
        "image-pages-many",
        "file-too-large",
        "file-cut-off",
    }
)
"""The message codes that an analysis may carry."""

_WORST = (State.EMPTY, State.TOO_LARGE, State.UNDECODABLE, State.OK)


def by_name(name: str) -> Analyzer:
    """The analyzer of that name; raises `KeyError`."""
    for each in ANALYZERS:
        if each.name == name:
            return each
    raise KeyError(name)


def overall(analyses: Mapping[str, Analysis]) -> State:
    """What the object is, when the analyzers say different things: the most telling state."""
    states = {each.state for each in analyses.values()}
    return next((state for state in _WORST if state in states), State.OK)


def clean(text: str, limit: int = TEXT_LIMIT) -> str:
    """Text as a fact may hold it: no control characters, no lone surrogates, bounded, trimmed."""
    kept = "".join(
        sign if sign >= " " and sign != "\x7f" and not "\ud800" <= sign <= "\udfff" else " " for sign in text[:limit]
    )
    return kept.strip().encode("utf-8")[:limit].decode("utf-8", "ignore")

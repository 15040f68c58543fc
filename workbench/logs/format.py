"""What every log format says of itself, and what detection answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from workbench.core.batch import EventBatch
from workbench.core.times import Precision
from workbench.logs.layout import Layout


@dataclass(frozen=True)
class Format:
    """One access-log format.

    `title` is a message code. `version` is recorded with every reading and grows when the same bytes would give other
    events. `has_zone` says whether a line states its own zone. `fit` gives the share (0 to 1) of the non-blank lines
    of a sample that look like this format; `parse` turns whole lines into columns, with the zone name for a format
    that has none in its lines, and the layout for a format that `has_layout`: whose columns mean different things on
    different servers. Both never raise for any bytes.
    """

    name: str
    version: str
    title: str
    has_zone: bool
    precision: Precision
    fit: Callable[[bytes], float]
    parse: Callable[[bytes, str | None, Layout], EventBatch]
    has_layout: bool = False


@dataclass(frozen=True)
class Detected:
    """The format that a sample is in, with the share of its lines that say so (0 to 1)."""

    name: str
    version: str
    title: str
    has_zone: bool
    precision: Precision
    score: float

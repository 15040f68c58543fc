"""The filter: an immutable predicate over files, events and addresses.

Repeating a facet means *or*; different facets mean *and*; all exclusions hold together. A pane asks with
`without` its own facet, so that what is unselected stays visible behind what is selected.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from enum import StrEnum


class Clock(StrEnum):
    """The four clocks that are never mixed."""

    MODIFIED = "modified"
    OBSERVED = "observed"
    EVENT = "event"
    EMBEDDED = "embedded"


KINDS = ("image", "video", "audio", "text", "archive", "other")
MISNAMED = "misnamed"
"""As a type: files whose content is of another type than their name's ending promises."""
TYPES = (*KINDS, MISNAMED)
"""Words that the facet *type* knows beside media types."""
CHANGES = ("added", "changed", "moved", "removed", "returned", "time-changed")


@dataclass(frozen=True)
class Filter:
    """What is shown. Every field is one facet; an empty tuple or null does not filter.

    `since` and `until` are microseconds UTC, half-open, read on `clock` (null: ``event`` for events,
    ``observed`` for files). `own` shows the observer's own traffic, which is hidden by default.
    """

    since: int | None = None
    until: int | None = None
    clock: Clock | None = None
    source: tuple[str, ...] = ()
    snapshot: tuple[int, ...] = ()
    path: tuple[str, ...] = ()
    type: tuple[str, ...] = ()
    state: tuple[str, ...] = ()
    tag: tuple[str, ...] = ()
    verdict: tuple[str, ...] = ()
    address: tuple[str, ...] = ()
    country: tuple[str, ...] = ()
    asn: tuple[int, ...] = ()
    label: tuple[str, ...] = ()
    action: tuple[str, ...] = ()
    change: tuple[str, ...] = ()
    text: tuple[str, ...] = ()
    not_path: tuple[str, ...] = ()
    not_type: tuple[str, ...] = ()
    not_tag: tuple[str, ...] = ()
    not_verdict: tuple[str, ...] = ()
    not_address: tuple[str, ...] = ()
    not_country: tuple[str, ...] = ()
    not_asn: tuple[int, ...] = ()
    not_label: tuple[str, ...] = ()
    not_action: tuple[str, ...] = ()
    objects: tuple[str, ...] = ()
    """Hexadecimal SHA-256 of named objects, and ``sighting:ID`` of files that were only listed: what *filter to
    selection* sets.
    """
    own: bool = False

    def without(self, *facets: str) -> Filter:
        """The same filter with these facets cleared. ``time`` clears since, until and clock."""
        cleared: dict[str, object] = {}
        blank = Filter()
        for facet in facets:
            for name in ("since", "until", "clock") if facet == "time" else (facet,):
                cleared[name] = getattr(blank, name)
        return replace(self, **cleared)  # type: ignore[arg-type]

    def with_time(self, since: int | None, until: int | None, clock: Clock | None = None) -> Filter:
        """The same filter over another interval."""
        return replace(self, since=since, until=until, clock=clock)

    def also(self, facet: str, value: str | int) -> Filter:
        """The same filter with one more value in a facet; the same filter when it is there already."""
        values = getattr(self, facet)
        return self if value in values else replace(self, **{facet: (*values, value)})  # type: ignore[arg-type]

    def drop(self, facet: str, value: str | int) -> Filter:
        """The same filter with one value less in a facet."""
        values = tuple(each for each in getattr(self, facet) if each != value)
        return replace(self, **{facet: values})  # type: ignore[arg-type]

    @property
    def parts(self) -> tuple[tuple[str, object], ...]:
        """(facet, value) of everything that filters, one pair a chip; ``time`` stands for since and until."""
        found: list[tuple[str, object]] = []
        if self.since is not None or self.until is not None:
            found.append(("time", (self.since, self.until, self.clock)))
        for each in fields(self):
            value = getattr(self, each.name)
            if isinstance(value, tuple):
                found += [(each.name, one) for one in value]
        if self.own:
            found.append(("own", True))
        return tuple(found)

    def __bool__(self) -> bool:
        return bool(self.parts)

    def to_json(self) -> dict[str, object]:
        """Only what filters, for a custody entry, a bundle or a saved filter."""
        blank = Filter()
        return {
            each.name: list(value) if isinstance(value := getattr(self, each.name), tuple) else value
            for each in fields(self)
            if getattr(self, each.name) != getattr(blank, each.name)
        }

    @staticmethod
    def from_json(values: dict[str, object]) -> Filter:
        """The opposite of `to_json`; unknown names raise `TypeError`."""
        plain = {name: tuple(value) if isinstance(value, list) else value for name, value in values.items()}
        if plain.get("clock"):
            plain["clock"] = Clock(str(plain["clock"]))
        return Filter(**plain)  # type: ignore[arg-type]

"""The words on the chips of the filter bar: one chip for one value of one facet."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC

from workbench.core.errors import UserError
from workbench.core.filter import Clock, Filter
from workbench.core.messages import catalogue
from workbench.core.times import DAY, parse_option, to_datetime
from workbench.gui.texts import text

EDITABLE = ("path", "type", "tag", "address", "country", "label", "source", "text")
"""Facets whose chip can be changed by typing; their opposites too."""


@dataclass(frozen=True)
class ChipText:
    """One chip: what it stands for, what it says, whether it keeps out."""

    facet: str
    value: object
    label: str
    excludes: bool


def chip_texts(asked: Filter, *, with_search: bool = False) -> list[ChipText]:
    """All chips of a filter, in its own order; named objects are one chip, and so are changes. A single search stands
    in its own field.
    """
    found: list[ChipText] = []
    if asked.objects:
        found.append(ChipText("objects", None, text("filter.objects", count=len(asked.objects)), excludes=False))
    if len(asked.change) > 1:
        label = text("filter.any-change", values=", ".join(value_words("change", each) for each in asked.change))
        found.append(ChipText("change", None, label, excludes=False))
    for facet, value in asked.parts:
        if facet == "change" and len(asked.change) > 1:
            continue
        if facet == "objects" or (facet == "text" and not with_search and len(asked.text) == 1):
            continue
        found.append(ChipText(facet, value, chip_label(facet, value), facet.startswith("not_")))
    return found


def chip_label(facet: str, value: object) -> str:
    """What one chip says."""
    if facet == "time" and isinstance(value, tuple):
        since, until, clock = value
        return text("filter.time", span=span_words(since, until), clock=clock_words(clock))
    if facet == "own":
        return text("filter.own")
    plain = facet.removeprefix("not_")
    word = value_words(plain, str(value))
    code = f"filter.{plain}"
    said = text(code, value=word) if code in catalogue() else word
    return text("filter.not", what=said) if facet.startswith("not_") else said


def value_words(facet: str, value: str) -> str:
    """A value that has a word of its own, such as ``unlisted``; else the value."""
    code = f"filter.{facet}.{value}"
    return text(code) if code in catalogue() else value


def clock_words(clock: Clock | None) -> str:
    """Whose clock an interval is read on."""
    return text(f"filter.clock.{clock.value}" if clock is not None else "filter.clock.default")


def span_words(since: int | None, until: int | None) -> str:
    """Half-open microseconds UTC as people say it: whole days by their first and last day."""
    if since is None:
        return text("filter.before", until=_moment(until or 0))
    if until is None:
        return text("filter.from", since=_moment(since))
    if since % DAY == 0 and until % DAY == 0 and until > since:
        first, last = _day(since), _day(until - DAY)
        return first if first == last else text("filter.days", first=first, last=last)
    return text("filter.moments", since=_moment(since), until=_moment(until))


def _day(micros: int) -> str:
    return to_datetime(micros, UTC).strftime("%Y-%m-%d")


def _moment(micros: int) -> str:
    if micros % DAY == 0:
        return _day(micros)
    moment = to_datetime(micros, UTC)
    return moment.strftime("%Y-%m-%d %H:%M:%S" if moment.second else "%Y-%m-%d %H:%M")


def changed(asked: Filter, facet: str, old: object, typed: str) -> Filter:
    """The filter with another value in place of one chip's; an empty word removes the chip."""
    if facet == "time":
        return asked
    less = asked.drop(facet, old) if isinstance(old, str | int) else asked
    word = typed.strip()
    return less.also(facet, word) if word else less


def removed(asked: Filter, facet: str, value: object) -> Filter:
    """The filter without one chip."""
    if facet in ("time", "own", "objects") or not isinstance(value, str | int):
        return asked.without(facet)
    return asked.drop(facet, value)


def turned(asked: Filter, facet: str, value: object) -> Filter:
    """The filter with one chip's sense reversed, where it has an opposite."""
    other = facet.removeprefix("not_") if facet.startswith("not_") else f"not_{facet}"
    if not hasattr(asked, other) or not isinstance(value, str | int):
        return asked
    return asked.drop(facet, value).also(other, value)


def parse_moment(typed: str) -> int | None:
    """A date or time that somebody typed, in UTC; null when it is none."""
    try:
        return parse_option(typed.strip()).micros
    except (UserError, ValueError):
        return None

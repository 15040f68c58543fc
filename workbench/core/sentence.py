"""A filter as a sentence for people: for the filter bar, a report, a custody entry read aloud.

Codes with arguments as everywhere; the words are in the catalogue, so another language may order them otherwise.
"""

from __future__ import annotations

from datetime import UTC

from workbench.core.filter import Filter
from workbench.core.messages import Message
from workbench.core.times import DAY, to_datetime

ORDER = (
    "source",
    "snapshot",
    "path",
    "not_path",
    "type",
    "not_type",
    "state",
    "change",
    "tag",
    "not_tag",
    "verdict",
    "not_verdict",
    "address",
    "not_address",
    "country",
    "not_country",
    "asn",
    "not_asn",
    "label",
    "not_label",
    "action",
    "not_action",
    "text",
)
"""Facets in the order in which they are told."""
MOST = 12
"""Values of a facet that are told; of more, the number of the rest."""


def parts(asked: Filter, language: str = "en") -> list[Message]:
    """What the filter asks for, one message a facet; empty when it shows everything."""
    found: list[Message] = []
    if asked.since is not None or asked.until is not None:
        found.append(_time(asked, language))
    for facet in ORDER:
        values = getattr(asked, facet)
        if values:
            found.append(Message(f"sentence-{facet.replace('_', '-')}", {"values": _listed(values, language)}))
    if asked.objects:
        found.append(Message("sentence-objects", {"count": len(asked.objects)}))
    if asked.own:
        found.append(Message("sentence-own"))
    return found


def sentence(asked: Filter, language: str = "en") -> str:
    """The whole filter, ended by a full stop. Times are UTC and say so."""
    said = [each.text(language) for each in parts(asked, language)]
    if not said:
        return Message("sentence-everything").text(language)
    joined = Message("sentence-and").text(language).join(said)
    return Message("sentence-whole", {"parts": joined}).text(language)


def shown_time(micros: int) -> str:
    """``2024-01-03`` at midnight, else ``2024-01-03 09:00``, with seconds and fractions where there are any; UTC."""
    moment = to_datetime(micros, UTC)
    if micros % DAY == 0:
        return moment.strftime("%Y-%m-%d")
    if moment.microsecond:
        return moment.isoformat(" ", "microseconds").removesuffix("+00:00")
    return moment.strftime("%Y-%m-%d %H:%M:%S" if moment.second else "%Y-%m-%d %H:%M")


def _time(asked: Filter, language: str) -> Message:
    clock = Message(f"sentence-clock-{asked.clock.value if asked.clock else 'default'}").text(language)
    since = None if asked.since is None else shown_time(asked.since)
    until = None if asked.until is None else shown_time(asked.until)
    if since is not None and until is not None:
        return Message("sentence-between", {"since": since, "until": until, "clock": clock})
    if since is not None:
        return Message("sentence-since", {"since": since, "clock": clock})
    return Message("sentence-until", {"until": until, "clock": clock})


def _listed(values: tuple[str, ...] | tuple[int, ...], language: str) -> str:
    told = [str(each) for each in values[:MOST]]
    if len(values) > MOST:
        told.append(Message("sentence-more", {"count": len(values) - MOST}).text(language))
    return Message("sentence-or").text(language).join(told)

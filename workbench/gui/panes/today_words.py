"""What is said above the looks that are shown: which they are, what can be claimed of them, and of every day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, tzinfo

from workbench.core.messages import Message, catalogue
from workbench.core.times import DAY, HOUR, MINUTE
from workbench.gui.panes import wording
from workbench.gui.texts import message_text, text
from workbench.gui.widgets.calendar_strip import DayCell
from workbench.gui.widgets.elide import visible_text
from workbench.queries.calendar import Day
from workbench.queries.covering import Look
from workbench.queries.landing import Heading, Landing, Place

LATE = DAY + 12 * HOUR
"""A watched source whose last look is older than this was not looked at for days."""


@dataclass(frozen=True)
class Said:
    """A sentence; `serious` where it limits what may be claimed."""

    words: str
    serious: bool = False


def title(found: Heading, place: Place | None, zone: tzinfo) -> str:
    """*Today, 26 November 2026, 08:14 UTC · Storage server*."""
    last = found.last
    used = UTC if last.precision == wording.DAY_PRECISION else zone
    when = wording.day(last.observed, used)
    if len(found.looks) > 1:
        when = text("today.several", day=when, count=wording.number(len(found.looks)))
    elif last.precision != wording.DAY_PRECISION:
        when = text("panes.gallery.at", day=when, time=wording.clock_time(last.observed, used))
    if wording.is_today(last.observed, used):
        when = text("panes.gallery.today", day=when)
    elif place is not None and place.last.id == last.id:
        when = text("today.last-look", when=when)
    names = found.names[0] if len(found.names) == 1 else text("today.sources", count=wording.number(len(found.names)))
    return text("panes.gallery.of-source", title=when, source=visible_text(names))


def sentences(landing: Landing, zone: tzinfo, now: int) -> list[Said]:
    """What is known of the looks that are shown, what is not, and how old that is."""
    found = landing.heading
    if found is None:
        return []
    place = landing.place_of(found.last)
    newest = place is not None and place.shown.id == found.last.id
    said: list[Said] = []
    if newest and place is not None:
        said += _since(place, zone, now)
    said.append(_own(found, zone))
    if found.last.status == "partial" and (found.compared or found.first):
        said.append(Said(text("today.partial" if found.compared else "today.partial-first"), serious=True))
    return [each for each in said if each.words]


def _since(place: Place, zone: tzinfo, now: int) -> list[Said]:
    """What became of later looks, and how long ago the last one was."""
    said: list[Said] = []
    if place.last.id != place.shown.id:
        when = _when(place.last, zone)
        code = place.last.status if place.last.status in ("running", "failed") else "partial"
        said.append(Said(text(f"today.after-{code}", time=when), serious=code != "running"))
        if place.why is not None:
            said.append(Said(message_text(place.why), serious=True))
    days = (now - place.last.observed) // DAY
    if place.watched and now - place.last.observed > LATE:
        said.append(Said(wording.counted("today.late", days), serious=True))
    return said


def _own(found: Heading, zone: tzinfo) -> Said:
    """Of the looks themselves."""
    last, files = found.last, wording.counted("panes.gallery.files", found.files)
    if last.status == "failed" and len(found.looks) == 1:
        why = message_text(found.why) if found.why is not None else ""
        return Said(text("today.failed-why" if why else "today.failed", why=why), serious=True)
    if last.status == "running":
        return Said(text("today.running", files=files))
    if not found.compared:
        if found.first:
            return Said(wording.counted("today.first", found.files))
        return Said(text("today.not-compared", files=files), serious=True)
    if not found.kinds and found.before is not None:
        before = _when(found.before, zone, last)
        code = "today.unchanged-part" if last.status == "partial" else "today.unchanged"
        how = "; ".join(_how(found))
        said = text(f"{code}-trusted" if how else code, time=before, files=files, how=how)
        if found.not_fetched:
            said = text("today.listed-only", said=said, count=wording.number(found.not_fetched))
        return Said(said)
    return Said("")


def _how(found: Heading) -> list[str]:
    """Of how many files it is only said that they are as they were: they were not fetched again."""
    said = (("listed", found.listed_only), ("answered", found.answered))
    return [wording.counted(f"today.how.{each}", count) for each, count in said if count]


def _when(look: Look, zone: tzinfo, beside: Look | None = None) -> str:
    """A look by its time, to the minute; beside another one of that minute to the second."""
    same = beside is not None and look.observed // MINUTE == beside.observed // MINUTE
    return wording.moment(
        look.observed, zone, look.precision if same else max(look.precision, wording.MINUTE_PRECISION)
    )


def refused(found: Heading) -> str:
    """*1 folder refused · 2 failed*: what of the last look's folders was not listed."""
    counts = dict(found.coverage)
    parts: list[str] = []
    for state in ("refused", "failed", "not-reached"):
        count = counts.get(state, 0)
        if count:
            code = f"today.coverage.{state}" if parts else f"today.folders.{state}"
            parts.append(wording.counted(code, count))
    return " · ".join(parts)


def cell_of(day: Day) -> DayCell:
    """One day of the strip."""
    return DayCell(day.date, day.state, bool(day.added or day.changed or day.moved or day.returned or day.removed))


def day_words(day: Day) -> str:
    """*24 January 2024: looked · 31 new · 5 changed*."""
    names = wording.month_names()
    date = text("panes.day", day=day.date.day, month=names[day.date.month - 1], year=day.date.year)
    brought = [
        text(f"panes.news.{kind}", count=wording.number(count))
        for kind, count in (
            ("added", day.added),
            ("changed", day.changed),
            ("moved", day.moved),
            ("returned", day.returned),
            ("removed", day.removed),
        )
        if count
    ]
    said = [text(f"today.day.{day.state}")]
    if day.looks > 1:
        said.append(wording.counted("panes.files.looks", day.looks))
    if day.missed:
        said.append(wording.counted("today.missed", day.missed))
    if day.looks and not day.compared and day.state != "failed":
        said.append(text("panes.gallery.not-compared"))
    elif day.looks and day.compared:
        said += brought or [text("panes.files.no-news")]
    return f"{date}: {' · '.join(said)}"


def place_words(place: Place) -> str:
    """Another source and what its last look brought; where that failed, that it did, and why in two or three words."""
    name = visible_text(place.name)
    if place.last.status == "failed":
        why = _brief(place.why)
        return text("today.other-failed-why" if why else "today.other-failed", source=name, why=why)
    if not place.compared:
        return text("today.other-first", source=name)
    if not place.files:
        return text("today.other-none", source=name)
    return text("today.other", source=name, count=wording.number(place.files))


def place_tip(place: Place) -> str:
    """What a press does, and below it why the last look failed, if it did, in full."""
    said = [text("today.tip.other")]
    if place.why is not None:
        said.insert(0, message_text(place.why))
    return "\n".join(said)


def _brief(why: Message | None) -> str:
    if why is None or f"today.why.{why.code}" not in catalogue():
        return ""
    return text(f"today.why.{why.code}", **why.args)

"""The sentences of the detail pane, each with what it rests on. No widgets."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, tzinfo

from workbench.core.times import Precision, Zone
from workbench.gui.panes import wording
from workbench.gui.texts import text
from workbench.gui.widgets.chips import Tone
from workbench.origins.names import country_words
from workbench.queries.detail_values import Item, Line, Moment, Network, Sight


@dataclass(frozen=True)
class Said:
    """One statement: its name, what it says, what that rests on."""

    label: str
    value: str
    note: str = ""


def when(stated: Moment | None, zone: tzinfo) -> str:
    """A time as it was stated, in the zone of the window."""
    if stated is None:
        return text("panes.unknown")
    return wording.moment(stated.micros, zone, stated.precision, stated.zone)


def zone_note(stated: Moment, rule: str = "") -> str:
    """Where the zone of a time came from, and how fine it is where that is coarse."""
    said = [text(f"panes.zone-note.{Zone(stated.zone).word().partition(':')[0]}", zone=rule)]
    if stated.precision >= int(Precision.MINUTE) and stated.precision != wording.DAY_PRECISION:
        said.append(text("panes.to-the", precision=text(f"panes.precision.{Precision(stated.precision).word()}")))
    return " · ".join(each for each in said if each)


def look_time(sight: Sight, zone: tzinfo) -> str:
    """When a look was: a day where only the day is known."""
    return look_moment(sight.look_time, zone)


def look_moment(stated: Moment, zone: tzinfo, beside: Moment | None = None) -> str:
    """When a look was: the day where only the day is known, else to the minute. Beside another time of the same year
    the year is not said twice.
    """
    to_the_day = stated.precision == wording.DAY_PRECISION
    used = UTC if to_the_day else zone
    full = wording.moment(stated.micros, used, stated.precision if to_the_day else wording.MINUTE_PRECISION)
    if beside is None or wording.year(beside.micros, used) != wording.year(stated.micros, used):
        return full
    short = wording.day(stated.micros, used, short=True)
    return short if to_the_day else f"{short} {wording.clock_time(stated.micros, used)}"


def seen(item: Item, zone: tzinfo) -> Said:
    """When it was there, and when it was not."""
    label = text("panes.detail.seen")
    if not item.sightings:
        return Said(label, text("panes.unknown"))
    first, last = item.sightings[0], item.sightings[-1]
    at = look_time(first, zone)
    if item.absent is not None:
        value = text("panes.detail.seen-not-before", at=at, before=look_moment(item.absent, zone, first.look_time))
    else:
        value = text("panes.detail.seen-first-look", at=at)
    if item.sightings_in_all > 1 and last.look != first.look:
        note = text("panes.detail.seen-last", at=look_time(last, zone), count=wording.number(_looks(item.sightings)))
    else:
        note = text("panes.detail.seen-once")
    fetched = [each for each in item.sightings if each.trusted is None]
    if len(fetched) < len(item.sightings):
        note = ", ".join((note, wording.counted("panes.detail.fetched-in", _looks(fetched))))
    return Said(label, value, note)


def _looks(sightings: Sequence[Sight]) -> int:
    return len({each.look for each in sightings})


def modified(item: Item, zone: tzinfo) -> Iterator[Said]:
    """The modified times by whoever states them: the server, an archive, or this computer for files of a folder.

    Of several of one clock the first is shown and the others are counted.
    """
    for clock in dict.fromkeys(each.clock for each in item.sightings):
        stated = list(
            dict.fromkeys(each.modified for each in item.sightings if each.modified is not None and each.clock == clock)
        )
        if not stated:
            continue
        note = zone_note(stated[0])
        if len(stated) > 1:
            others = wording.counted("panes.detail.other-times", len(stated) - 1)
            note = " · ".join(each for each in (note, others) if each)
        yield Said(text(f"panes.detail.modified.{clock}"), when(stated[0], zone), note)


def rule_words(rule: str, score: float | None) -> str:
    """``path + size + time, 0.98``."""
    parts = " + ".join(text(f"panes.rule.{each}") for each in rule.split("+") if each)
    return parts if score is None else text("panes.detail.rule", rule=parts, score=f"{score:.2f}")


def picture(item: Item) -> Said | None:
    """Size in pixels, type, bytes; of a file that no decoder reads, that only its type is known."""
    kind = str(item.fact("media_type") or "")
    name = kind.rpartition("/")[2].upper().removeprefix("X-") if kind.startswith("image/") else kind
    width, height = item.fact("width"), item.fact("height")
    size = wording.size(item.size)
    if width and height:
        pixels = text("panes.pixels", width=width, height=height)
        frames = item.fact("frames")
        note = wording.counted("panes.detail.frames", int(frames)) if frames and int(frames) > 1 else ""
        return Said(text("panes.detail.picture"), f"{pixels} {name}, {size}", note)
    held = item.sha256 is not None and item.state == "ok"
    note = text("panes.detail.not-examined") if held else ""
    return Said(text("panes.detail.file"), ", ".join(each for each in (name, size) if each), note)


EMBEDDED = ("exif.datetime_original", "exif.datetime_digitized", "exif.datetime")


def embedded(item: Item, zone: tzinfo) -> Iterator[Said]:
    """Times that the file itself states."""
    for key in EMBEDDED:
        value = item.fact(key)
        if value is None:
            continue
        known = item.fact(f"{key}.zone") not in (None, 0, "unknown")
        stated = Moment(int(value), int(Zone.LINE if known else Zone.UNKNOWN), int(Precision.SECOND))
        note = "" if known else text("panes.zone-note.unknown", zone="")
        yield Said(
            text("panes.detail.embedded"),
            when(stated, zone),
            " · ".join(filter(None, [text(f"panes.fact.{key}"), note])),
        )


SHOWN_ELSEWHERE = frozenset(
    {
        "media_type",
        "kind",
        "width",
        "height",
        "frames",
        "phash",
        "phash_quality",
        *EMBEDDED,
        *(f"{each}.zone" for each in EMBEDDED),
    }
)


def facts(item: Item) -> list[Said]:
    """What analyzers found that no sentence tells."""
    return [
        Said(text(f"panes.fact.{key}"), str(value))
        for key, value in item.facts
        if key not in SHOWN_ELSEWHERE and value is not None
    ]


@dataclass(frozen=True)
class Run:
    """Looks at one source in which the file lay at one path, in time."""

    path: str
    sightings: tuple[Sight, ...]

    @property
    def first(self) -> Sight:
        """The first of them."""
        return self.sightings[0]

    @property
    def last(self) -> Sight:
        """The last of them."""
        return self.sightings[-1]

    @property
    def trusted(self) -> bool:
        """Was the file not fetched in some of them?"""
        return any(each.trusted is not None for each in self.sightings)


def runs(sightings: Sequence[Sight]) -> list[Run]:
    """Sightings by source and path, in the order of the first."""
    found: dict[tuple[str, bytes], list[Sight]] = {}
    for each in sorted(sightings, key=lambda each: each.look_time.micros):
        found.setdefault((each.source, each.raw), []).append(each)
    return [Run(own[0].path, tuple(own)) for own in found.values()]


def held_words(run: Run, zone: tzinfo) -> list[str]:
    """In which of the looks of a run the file was not fetched again and why, and where that was put to the test."""
    said: list[str] = []
    for rule in dict.fromkeys(each.trusted for each in run.sightings if each.trusted is not None):
        own = [at for at, each in enumerate(run.sightings) if each.trusted == rule]
        since = {_fetched_before(run, at) for at in own}
        base = since.pop() if len(since) == 1 else None
        before = text("panes.detail.before") if base is None else text("panes.detail.on", at=look_time(base, zone))
        why = text(f"panes.detail.trusted.{rule}", before=before)
        whole = len(own) == len(run.sightings)
        code = "panes.detail.not-fetched" if whole else "panes.detail.not-fetched-of"
        said.append(text(code, count=wording.number(len(own)), why=why))
    for same in (True, False):
        count = sum(each.rechecked is same for each in run.sightings)
        if count:
            said.append(wording.counted(f"panes.detail.rechecked-{'same' if same else 'other'}", count))
    return said


def _fetched_before(run: Run, at: int) -> Sight | None:
    """The last look before one of them that fetched the file."""
    return next((each for each in reversed(run.sightings[:at]) if each.trusted is None), None)


def network_chips(network: Network) -> list[tuple[str, Tone]]:
    """Country and labels; what no list holds is worded."""
    chips: list[tuple[str, Tone]] = []
    if network.country:
        chips.append((network.country, "code"))
    for label in sorted(network.labels, key=lambda each: each != "unlisted"):
        bare = label == "unlisted"
        chips.append((text("panes.label.unlisted") if bare else label, "accent" if bare else "plain"))
    return chips


def network_name(network: Network) -> str:
    """``Home access CN · AS64510``."""
    number = f"AS{network.asn}" if network.asn else ""
    return " · ".join(each for each in (network.name or "", number) if each)


def network_tip(network: Network) -> str:
    """The country in words and the network."""
    return "\n".join(each for each in (country_words(network.country), network_name(network)) if each)


def line_place(line: Line) -> str:
    """``line 8,111 of access.log``: where the bytes are."""
    return text("panes.detail.line-of", line=wording.number(line.line), log=line.log_name)


def action_words(line: Line) -> str:
    """``upload``, and whether it failed."""
    word = text(f"panes.action.{line.action.word()}")
    return text("panes.detail.failed", action=word) if line.ok is False else word

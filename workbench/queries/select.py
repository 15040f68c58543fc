"""From a filter to rows: masks over the columns of sightings and events.

Each facet becomes ids of its own small dimension by SQL (paths, snapshots, objects, addresses), then a lookup table
indexed by id, then one gather over the large table: 1,000,000 rows cost a few milliseconds a facet. A facet of the
other side goes through the matches between events and sightings.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workbench.case.readers import Reader
from workbench.core.batch import NULL
from workbench.core.errors import UserError
from workbench.core.filter import KINDS, MISNAMED, TYPES, Clock, Filter
from workbench.core.records import Action
from workbench.queries import acts
from workbench.queries.mask import IN_FORCE, Mask, ids_among, ids_of, size_of, table_of
from workbench.queries.misnamed import misnamed
from workbench.queries.select_addresses import addresses
from workbench.queries.shown import marks
from workbench.queries.states import STATES, in_state, object_states
from workbench.queries.texts import globbed, globbed_logged, logged_paths, text_hits

__all__ = ["STATES", "Mask", "addresses", "events", "object_states", "sightings", "table_of"]

EVENT_FACETS = ("address", "country", "asn", "label", "action")
"""Facets that speak of events and addresses. A file is shown when some event matched to it fits all of them, and left
out when any event matched to it fits an excluded one."""
LISTED = "sighting:"
"""Begins the name of a file that was only listed, among the objects of a filter."""
FILE_FACETS = ("snapshot", "type", "state", "change", "objects")
"""Facets that speak of files only; for events likewise the other way round."""
SHARED_FACETS = ("source", "path", "not_path", "tag", "not_tag", "verdict", "not_verdict", "text")
"""Facets that both sides answer for themselves."""

_MARKS = (
    "SELECT n.target FROM mark_now n WHERE n.kind = ? AND n.target_kind = ? AND n.present AND n.value = ? "
    f"AND (n.kind <> 'verdict' OR {IN_FORCE})"
)


# files


def sightings(reader: Reader, asked: Filter) -> Mask:
    """Which sightings (by id - 1) does the filter show?"""
    columns = reader.arrays("sighting")
    mask = np.ones(len(columns["path"]), bool)
    for facet in ("path", "not_path"):
        if getattr(asked, facet):
            hit = table_of(size_of(reader, "path"), globbed(reader, "path", getattr(asked, facet)))[columns["path"]]
            mask &= ~hit if facet.startswith("not_") else hit
    snapshots = _snapshots(reader, asked)
    if asked.change:
        mask &= _changed(reader, asked, snapshots)
    elif snapshots is not None:
        mask &= snapshots[columns["snapshot"]]
    mask &= _objects(reader, asked, columns)
    if asked.text:
        mask &= _text_files(reader, asked, columns)
    if asked.clock is Clock.MODIFIED and (asked.since is not None or asked.until is not None):
        mask &= between(columns["modified"], asked)
    if asked.clock is Clock.EMBEDDED and (asked.since is not None or asked.until is not None):
        mask &= table_of(size_of(reader, "object"), _embedded(reader, asked))[columns["object"]]
    across = _only(asked, EVENT_FACETS, time=asked.clock is Clock.EVENT)
    if across:
        mask &= _matched_files(reader, across, columns)
    for facet in EVENT_FACETS:
        if excluded := getattr(asked, f"not_{facet}"):
            mask &= ~_matched_files(reader, Filter(own=asked.own, **{facet: excluded}), columns)
    return mask


def _snapshots(reader: Reader, asked: Filter) -> Mask | None:
    by_time = asked.clock in (None, Clock.OBSERVED) and (asked.since is not None or asked.until is not None)
    if not (asked.source or asked.snapshot or by_time):
        return None
    wanted: list[str] = []
    parameters: list[Any] = []
    if asked.source:
        wanted.append(f"source.name IN ({marks(asked.source)})")
        parameters += asked.source
    if asked.snapshot:
        wanted.append(f"snapshot.id IN ({marks(asked.snapshot)})")
        parameters += asked.snapshot
    if by_time:
        wanted.append("snapshot.observed >= ? AND snapshot.observed < ?")
        parameters += [NULL if asked.since is None else asked.since, 2**63 - 1 if asked.until is None else asked.until]
    sql = f"SELECT snapshot.id FROM snapshot JOIN source ON source.id = snapshot.source WHERE {' AND '.join(wanted)}"
    return table_of(size_of(reader, "snapshot"), ids_of(reader, sql, parameters))


def _objects(reader: Reader, asked: Filter, columns: Any) -> Mask:
    size = size_of(reader, "object")
    mask = np.ones(len(columns["path"]), bool)
    of = columns["object"]
    if asked.objects:
        named = table_of(size, object_ids(reader, asked.objects))[of]
        named[[row - 1 for row in sighting_ids(asked.objects) if 0 < row <= len(named)]] = True
        mask &= named
    if asked.type:
        mask &= _typed(reader, size, asked.type, of)
    if asked.not_type:
        mask &= ~_typed(reader, size, asked.not_type, of)
    if asked.state:
        mask &= in_state(reader, asked.state, of)
    for facet, kind in (("tag", "tag"), ("verdict", "verdict")):
        for name, wanted in ((facet, True), (f"not_{facet}", False)):
            values = getattr(asked, name)
            if values:
                hit = np.zeros(len(of), bool)
                for value in values:
                    hit |= table_of(size, ids_of(reader, _MARKS, (kind, "object", value)))[of]
                    hit |= table_of(len(of), ids_of(reader, _MARKS, (kind, "sighting", value)))[1:]
                    if kind == "verdict" and value == UNSEEN:
                        hit |= ~_judged_files(reader, size, of)
                mask &= hit if wanted else ~hit
    return mask


UNSEEN = "unseen"
"""The verdict of what nobody has decided on: it is the absence of one."""
_JUDGED = f"SELECT n.target FROM mark_now n WHERE n.kind = 'verdict' AND n.target_kind = ? AND n.present AND {IN_FORCE}"


def _judged_files(reader: Reader, size: int, of: Any) -> Mask:
    """Sightings on which, or on whose bytes, somebody has a verdict."""
    objects = table_of(size, ids_of(reader, _JUDGED, ("object",)))
    own = table_of(len(of), ids_of(reader, _JUDGED, ("sighting",)))
    found: Mask = objects[of] | own[1:]
    return found


def _typed(reader: Reader, size: int, types: Sequence[str], of: Any) -> Mask:
    """Sightings of one of these types; `of` is the object of each."""
    found = np.zeros(size + 1, bool)
    for wanted in types:
        if wanted == MISNAMED:
            continue
        key = "kind" if wanted in KINDS else "media_type"
        if wanted not in KINDS and "/" not in wanted:
            raise UserError("filter-type", type=wanted, kinds=", ".join(TYPES))
        found |= reader.memoised(("typed", wanted), partial(_with_fact, reader, size, key, wanted), ("object", "fact"))
    shown: Mask = found[of]
    return shown | misnamed(reader) if MISNAMED in types else shown


def _with_fact(reader: Reader, size: int, key: str, value: str) -> Mask:
    return table_of(size, ids_of(reader, "SELECT object FROM fact WHERE key = ? AND value = ?", (key, value)))


def sighting_ids(names: Sequence[str]) -> list[int]:
    """Ids of sightings among the names of objects."""
    return [int(each.removeprefix(LISTED)) for each in names if each.startswith(LISTED)]


def object_ids(reader: Reader, hashes: Sequence[str]) -> list[int]:
    """Ids of objects named by hexadecimal SHA-256; unknown ones are left out."""
    found: list[int] = []
    hashes = [each for each in hashes if not each.startswith(LISTED)]
    for at in range(0, len(hashes), 500):
        part = [bytes.fromhex(each) for each in hashes[at : at + 500]]
        found += ids_of(reader, f"SELECT id FROM object WHERE sha256 IN ({marks(part)})", part)
    return found


def _changed(reader: Reader, asked: Filter, looks: Mask | None) -> Mask:
    """With a change, *snapshot* and *observed* speak of the look that brought it to light."""
    from workbench.queries.changes import in_looks

    count = len(reader.arrays("sighting")["path"])
    return table_of(count, in_looks(reader, asked.change, looks))[1:]


def _text_files(reader: Reader, asked: Filter, columns: Any) -> Mask:
    """Any of the searches: in a path, in a note on the object or sighting, in text that was read from it."""
    mask = np.zeros(len(columns["path"]), bool)
    paths, objects = size_of(reader, "path"), size_of(reader, "object")
    for words in asked.text:
        hits = text_hits(reader, words)
        mask |= table_of(paths, hits["path"])[columns["path"]]
        for kind, ids in (("object", objects), ("sighting", len(mask))):
            noted = table_of(ids, _noted(reader, hits["mark"], kind))
            mask |= noted[columns["object"]] if kind == "object" else noted[1:]
        facts = hits["fact"]
        if facts:
            mask |= table_of(objects, ids_among(reader, "SELECT object FROM fact WHERE id IN ({})", facts))[
                columns["object"]
            ]
    return mask


def _noted(reader: Reader, notes: Sequence[int], kind: str) -> list[int]:
    return list(
        ids_among(
            reader,
            "SELECT m.target FROM mark m JOIN mark_now n ON n.mark = m.id AND n.present "
            f"WHERE m.target_kind = '{kind}' AND m.id IN ({{}})",
            notes,
        )
    )


def _embedded(reader: Reader, asked: Filter) -> Iterable[int]:
    since = NULL if asked.since is None else asked.since
    until = 2**63 - 1 if asked.until is None else asked.until
    return ids_of(
        reader,
        "SELECT object FROM fact WHERE key IN ('exif.datetime_original', 'exif.datetime') AND value >= ? AND value < ?",
        (since, until),
    )


def _matched_files(reader: Reader, asked: Filter, columns: Any) -> Mask:
    """Sightings whose bytes, or which themselves, some event of the filter is matched to."""
    told, seen = acts.matches(reader)
    hit = events(reader, asked)[told - 1]
    rows = seen[hit]
    direct = table_of(len(columns["path"]), rows)[1:]
    through = table_of(size_of(reader, "object"), columns["object"][rows - 1])
    found: Mask = direct | through[columns["object"]]
    return found


# events


def events(reader: Reader, asked: Filter) -> Mask:
    """Which events (by id - 1) does the filter show? Without superseded readings and the observer's own."""
    columns = reader.arrays("event")
    mask = live_events(reader).copy()
    if not asked.own:
        mask &= ~own_addresses(reader)[columns["address"]]
    if asked.clock in (None, Clock.EVENT) and (asked.since is not None or asked.until is not None):
        mask &= between(columns["time"], asked)
    for facet, negative in (("action", False), ("not_action", True)):
        values = getattr(asked, facet)
        if values:
            hit = np.isin(columns["action"], [int(action_of(each)) for each in values])
            mask &= ~hit if negative else hit
    chosen = addresses(reader, asked)
    if chosen is not None:
        mask &= chosen[columns["address"]]
    if asked.source:
        mask &= acts.with_cited(reader, _readings_of(reader, asked.source)[columns["reading"]])
    for facet in ("path", "not_path"):
        if getattr(asked, facet):
            hit = table_of(size_of(reader, "logpath"), globbed_logged(reader, getattr(asked, facet)))[columns["path"]]
            mask &= ~hit if facet.startswith("not_") else hit
    mask &= _marked_events(reader, asked, columns)
    across = _only(asked, FILE_FACETS, time=asked.clock not in (None, Clock.EVENT))
    if across:
        mask &= _matched_events(reader, sightings(reader, across), len(mask))
    if asked.not_type:
        mask &= ~_matched_events(reader, sightings(reader, Filter(type=asked.not_type)), len(mask))
    return mask


def live_events(reader: Reader) -> Mask:
    """One event an act, of readings that no better one supersedes."""
    return acts.live(reader)


def own_addresses(reader: Reader) -> Mask:
    """Lookup table of the observer's own addresses."""
    return table_of(
        size_of(reader, "address"),
        ids_of(reader, "SELECT target FROM mark_now WHERE kind = 'own' AND target_kind = 'address' AND present"),
    )


def _marked_events(reader: Reader, asked: Filter, columns: Any) -> Mask:
    """Tags, verdicts and texts on events: on the event, on its address, or on the file that it is matched to."""
    count = len(columns["address"])
    mask = np.ones(count, bool)
    size = size_of(reader, "address")
    for facet in ("tag", "verdict"):
        for name, wanted in ((facet, True), (f"not_{facet}", False)):
            values = getattr(asked, name)
            if values:
                hit = np.zeros(count, bool)
                said = [each for each in values if each != UNSEEN]
                if said:
                    only = replace(Filter(), **{facet: tuple(said)})  # type: ignore[arg-type]
                    hit |= _matched_events(reader, sightings(reader, only), count)
                for value in values:
                    hit |= _of_acts(reader, ids_of(reader, _MARKS, (facet, "event", value)), count)
                    hit |= table_of(size, ids_of(reader, _MARKS, (facet, "address", value)))[columns["address"]]
                if facet == "verdict" and UNSEEN in values:
                    hit |= ~_judged_events(reader, columns)
                mask &= hit if wanted else ~hit
    if asked.text:
        hit = _matched_events(reader, sightings(reader, Filter(text=asked.text)), count)
        for words in asked.text:
            hit |= table_of(size_of(reader, "logpath"), logged_paths(reader, words))[columns["path"]]
            notes = text_hits(reader, words)["mark"]
            hit |= table_of(size, _noted(reader, notes, "address"))[columns["address"]]
            hit |= _of_acts(reader, _noted(reader, notes, "event"), count)
        mask &= hit
    return mask


def _judged_events(reader: Reader, columns: Any) -> Mask:
    """Events on which, on whose address, or on whose file somebody has a verdict."""
    count = len(columns["address"])
    of = reader.arrays("sighting")["object"]
    found = _matched_events(reader, _judged_files(reader, size_of(reader, "object"), of), count)
    found |= _of_acts(reader, ids_of(reader, _JUDGED, ("event",)), count)
    found |= table_of(size_of(reader, "address"), ids_of(reader, _JUDGED, ("address",)))[columns["address"]]
    return found


def _matched_events(reader: Reader, files: Mask, count: int) -> Mask:
    """Events matched to these sightings, or to another sighting of the same bytes."""
    pairs = reader.arrays("match")
    objects = reader.arrays("sighting")["object"]
    wanted = table_of(size_of(reader, "object"), objects[files])
    rows = pairs["sighting"] - 1
    hit = files[rows] | wanted[objects[rows]]
    return table_of(count, pairs["event"][hit])[1:]


def _of_acts(reader: Reader, ids: Iterable[int], count: int) -> Mask:
    """What was said of a line holds for its act, whichever line stands for it now."""
    kept = acts.kept(reader)
    listed = np.fromiter(ids, np.int64)
    return table_of(count, kept[listed[(listed > 0) & (listed < len(kept))]])[1:]


def _readings_of(reader: Reader, sources: Sequence[str]) -> Mask:
    return table_of(
        size_of(reader, "reading"),
        ids_of(
            reader,
            "SELECT reading.id FROM reading JOIN log ON log.id = reading.log JOIN source ON source.id = log.source "
            f"WHERE source.name IN ({marks(sources)})",
            sources,
        ),
    )


# small things


def between(values: NDArray[np.int64], asked: Filter) -> Mask:
    """Half-open interval; null times are outside."""
    mask: Mask = values != NULL
    if asked.since is not None:
        mask &= values >= asked.since
    if asked.until is not None:
        mask &= values < asked.until
    return mask


def action_of(word: str) -> Action:
    """The action that a filter names; raises `UserError`."""
    for action in Action:
        if action.word() == word:
            return action
    raise UserError("filter-action", action=word, actions=", ".join(each.word() for each in Action))


def _only(asked: Filter, facets: Sequence[str], *, time: bool) -> Filter | None:
    """The filter reduced to some facets; null when nothing of it is left."""
    kept: dict[str, Any] = {name: getattr(asked, name) for name in facets if getattr(asked, name)}
    if time and (asked.since is not None or asked.until is not None):
        kept.update(since=asked.since, until=asked.until, clock=asked.clock)
    return replace(Filter(own=asked.own), **kept) if kept else None

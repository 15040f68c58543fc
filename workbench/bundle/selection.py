"""Which rows of a case go into a bundle, as one mask a table, and how many stay behind for which reason."""

# ruff: noqa: S608 - SQL is put together from our own names

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workbench.bundle.masks import Mask, Masks, pages
from workbench.bundle.redaction import Redaction
from workbench.bundle.watchedrows import choose_watched
from workbench.case import schema
from workbench.case.readers import Reader
from workbench.core.filter import Filter
from workbench.queries import select
from workbench.queries.files import items

WORDS = ("method", "user", "agent", "referrer")
"""Columns of an event that point into the table of words."""


@dataclass
class Selection:
    """Masks are indexed by row id; index 0 stands for null and is false.

    `live` are the selected events of readings that no better one supersedes: those that lists and the rebuilt case
    show. `bytes_of` are the objects whose bytes are to be copied, `withheld` those whose bytes must not be.
    """

    asked: Filter
    redaction: Redaction
    whole: bool
    masks: dict[str, Mask]
    live: Mask
    bytes_of: Mask
    withheld: Mask
    hidden_addresses: tuple[bytes, ...]
    """Texts of addresses that no raw line may show."""
    left_out: Counter[str] = field(default_factory=Counter)

    def count(self, table: str) -> int:
        """How many rows of a table are selected."""
        return int(self.masks[table].sum())

    def has_all(self, table: str, first: int, last: int) -> bool:
        """Are all rows of an op's row set selected?"""
        return bool(self.masks[table][first : last + 1].all())


def selected(reader: Reader, asked: Filter, redaction: Redaction) -> Selection:
    """What the filter shows, less what the redaction withholds, with all that the rest refers to."""
    return _Choice(reader, asked, redaction).made()


class _Choice(Masks):
    def __init__(self, reader: Reader, asked: Filter, redaction: Redaction) -> None:
        super().__init__(reader)
        self.asked = asked
        self.redaction = redaction
        self.whole = not replace(asked, own=False)
        self.left_out: Counter[str] = Counter()
        self.own = self.column_mask(select.own_addresses(reader), "address")
        if asked.own:
            self.own[:] = False

    def made(self) -> Selection:
        self._hits()
        self._files()
        self._events()
        self._looks()
        hidden = tuple(self._hidden_texts())
        choose_watched(
            self, self.redaction, self.left_out, whole=self.whole, bytes_of=self.bytes_of, hidden_texts=hidden
        )
        self._networks()
        self._marks()
        for table in schema.PRIVATE:
            self.masks[table] = self.none(table)
        selection = Selection(
            self.asked,
            self.redaction,
            self.whole,
            self.masks,
            self.live,
            self.bytes_of,
            self.withheld,
            hidden,
            self.left_out,
        )
        missing = set(schema.RECORDED) - set(self.masks)
        assert not missing, missing
        return selection

    # what the redaction hits

    def _hits(self) -> None:
        redaction = self.redaction
        self.hit_paths = self.none("path")
        self.hit_logpaths = self.none("logpath")
        self.hit_words = self.none("word")
        for pattern in redaction.paths:
            self.hit_paths |= self.of(
                "path", "SELECT id FROM path WHERE display GLOB ? OR (display || '/') GLOB ?", (pattern, pattern)
            )
            # A log may put the server's root or a slash in front, so the pattern holds below any folder.
            deeper = f"*/{pattern}"
            self.hit_logpaths |= self.of(
                "logpath",
                "SELECT id FROM logpath WHERE display GLOB ?1 OR display GLOB ?2 OR (display || '/') GLOB ?2",
                (pattern, deeper),
            )
            self.hit_words |= self.of(
                "word", "SELECT id FROM word WHERE text GLOB ?1 OR text GLOB ?2", (pattern, deeper)
            )
        self.hit_addresses = self.none("address")
        if redaction.addresses:
            self.hit_addresses = select.table_of(
                self.sizes["address"],
                (
                    row
                    for row, text in self.reader.conn.execute("SELECT id, text FROM address")
                    if redaction.holds(text)
                ),
            )
        self.withheld = self.none("object")
        if redaction.objects:
            known = select.object_ids(self.reader, [each.hex() for each in redaction.objects])
            self.withheld = select.table_of(self.sizes["object"], known)

    def _hidden_texts(self) -> Iterator[bytes]:
        hidden = self.own | self.hit_addresses
        for row, text in self.reader.conn.execute("SELECT id, text FROM address"):
            if hidden[row]:
                yield str(text).encode()

    # files

    def _files(self) -> None:
        columns = self.reader.arrays("sighting")
        mask = np.concatenate(([False], select.sightings(self.reader, self.asked)))
        path_of = np.concatenate(([0], columns["path"]))
        of = np.concatenate(([0], columns["object"]))
        hit = mask & self.hit_paths[path_of]
        self.left_out["redacted-path"] = int(hit.sum())
        mask &= ~hit
        self.masks["sighting"] = mask
        shown = self.none("object")
        shown[of[mask]] = True
        shown[0] = False
        listed = int((mask & (of == 0)).sum())
        every = len(items(self.reader, Filter()))
        gone = len(np.unique(np.where(of[hit] > 0, of[hit], -np.flatnonzero(hit))))
        self.left_out["outside-filter"] = 0 if self.whole else max(every - int(shown.sum()) - listed - gone, 0)
        self.withheld &= shown
        self.left_out["redacted-object"] = int(self.withheld.sum())
        self.bytes_of = shown & ~self.withheld
        if not self.whole:
            self.masks["object"] = shown
        else:
            hidden = self.none("object")
            hidden[of[hit]] = True
            self.masks["object"] = self.all("object") & ~(hidden & ~shown)
        for table in ("analysis", "fact"):
            self.masks[table] = self.where(table, "object", self.masks["object"] & ~self.withheld)
        self.path_of = path_of

    # events

    def _events(self) -> None:
        columns = self.reader.arrays("event")
        live = np.concatenate(([False], select.live_events(self.reader)))
        address = np.concatenate(([0], columns["address"]))
        path = np.concatenate(([0], columns["path"]))
        with_own = np.concatenate(([False], select.events(self.reader, replace(self.asked, own=True))))
        total = int(live.sum())
        self.left_out["outside-filter-events"] = total - int((with_own & live).sum())
        mask = with_own
        if self.whole:
            mask = np.ones(len(live), bool)
            mask[0] = False
        own = mask & self.own[address]
        self.left_out["own-traffic"] = int((own & live).sum())
        hit = mask & ~own & (self.hit_addresses[address] | self.hit_logpaths[path])
        if self.hit_words.any():
            hit |= mask & ~own & self._uses_words(self.hit_words)
        self.left_out["redacted-event"] = int((hit & live).sum())
        mask = mask & ~own & ~hit
        self.masks["event"] = mask
        self.live = mask & live
        pairs = self.reader.arrays("match")
        joined = mask[pairs["event"]] & self.masks["sighting"][pairs["sighting"]]
        self.masks["match"] = np.concatenate(([False], joined))
        self._interned("address", address, mask, self.own | self.hit_addresses)
        self._interned("logpath", path, mask, self.hit_logpaths)
        self.masks["word"] = self._words(mask) & ~self.hit_words

    def _interned(self, table: str, pointed: NDArray[Any], mask: Mask, never: Mask) -> None:
        used = self.none(table)
        used[pointed[mask]] = True
        if self.whole:
            behind = self.none(table)
            behind[pointed[~mask]] = True
            used |= ~behind
        used[0] = False
        self.masks[table] = used & ~never

    def _words(self, mask: Mask) -> Mask:
        used, behind = self.none("word"), self.none("word")
        if self.whole and mask[1:].all():
            return self.all("word")
        for rows in pages(self.reader, f"SELECT id, {_pointers()} FROM event"):
            table = np.array(rows, np.int64)
            keep = mask[table[:, 0]]
            used[table[keep, 1:].ravel()] = True
            behind[table[~keep, 1:].ravel()] = True
        found = used | ~behind if self.whole else used
        found[0] = False
        return found

    def _uses_words(self, words: Mask) -> Mask:
        out = self.none("event")
        for rows in pages(self.reader, f"SELECT id, {_pointers()} FROM event"):
            table = np.array(rows, np.int64)
            out[table[:, 0]] = words[table[:, 1:]].any(axis=1)
        return out

    # looks and logs

    def _looks(self) -> None:
        masks, reader = self.masks, self.reader
        readings = self.none("reading")
        readings[reader.arrays("event")["reading"][masks["event"][1:]]] = True
        readings[0] = False
        masks["reading"] = self.all("reading") if self.whole else readings
        masks["log"] = self.all("log") if self.whole else self.used("log", "reading", "log", masks["reading"])
        masks["reading_end"] = self.where("reading_end", "reading", masks["reading"])
        masks["reject"] = self.all("reject") if self.whole else self.none("reject")
        masks["rootmap"] = self.where("rootmap", "log", masks["log"])
        masks["source"] = self.all("source") if self.whole else self._sources()
        masks["snapshot"] = self.where("snapshot", "source", masks["source"])
        masks["snapshot_end"] = self.where("snapshot_end", "snapshot", masks["snapshot"])
        self._paths()
        visible = masks["path"].copy()
        visible[0] = True
        masks["coverage"] = self.where("coverage", "path", visible) & self.where(
            "coverage", "snapshot", masks["snapshot"]
        )
        masks["container"] = self.where("container", "path", masks["path"]) & self.where(
            "container", "snapshot", masks["snapshot"]
        )
        masks["warning"] = self._warnings()

    def _sources(self) -> Mask:
        snapshots = self.none("snapshot")
        snapshots[self.reader.arrays("sighting")["snapshot"][self.masks["sighting"][1:]]] = True
        found = self.used("source", "snapshot", "source", snapshots)
        found |= self.used("source", "log", "source", self.masks["log"])
        for name in self.asked.source:
            found |= self.of("source", "SELECT id FROM source WHERE name = ?", (name,))
        return found

    def _paths(self) -> None:
        """Paths of what is selected, with their folders; in a whole bundle all that is not withheld."""
        parents = np.zeros(self.sizes["path"] + 1, np.int64)
        for rows in pages(self.reader, "SELECT id, ifnull(parent, 0) FROM path"):
            ids, above = np.array(rows, np.int64).T
            parents[ids] = above
        used = _closed(self.path_of[self.masks["sighting"]], parents)
        if self.whole:
            behind = _closed(np.flatnonzero(self.hit_paths), parents)
            hidden = behind & ~used
            used = ~hidden & self.all("path")
        # A folder whose own name is withheld cannot hold anything that is not; this is for odd patterns.
        used &= ~self.hit_paths
        used[0] = False
        self.masks["path"] = used

    def _warnings(self) -> Mask:
        """Warnings about what is selected; those about nothing in particular only when all is."""
        out = self.none("warning")
        objects = self.masks["object"] & ~self.withheld
        paths = self.masks["path"]
        seen = np.zeros(0, np.int64)
        if not self.whole:
            own = self.masks["sighting"]
            snapshots = np.concatenate(([0], self.reader.arrays("sighting")["snapshot"])).astype(np.int64)
            seen = np.unique(snapshots[own] << 32 | self.path_of[own].astype(np.int64))
        sql = "SELECT id, ifnull(snapshot, 0), ifnull(path, 0), ifnull(object, 0) FROM warning"
        for rows in pages(self.reader, sql):
            ids, snapshot, path, of = np.array(rows, np.int64).T
            if self.whole:
                out[ids] = ((of == 0) | objects[of]) & ((path == 0) | paths[path])
            else:
                out[ids] = objects[of] | np.isin(snapshot << 32 | path, seen)
        return out

    # networks

    def _networks(self) -> None:
        masks = self.masks
        for table in ("claim", "lookup"):
            masks[table] = self.where(table, "address", masks["address"])
        masks["dataset"] = self.all("dataset")
        if not self.whole:
            masks["dataset"] = self.used("dataset", "lookup", "dataset", masks["lookup"])
            masks["dataset"] |= self.used("dataset", "claim", "dataset", masks["claim"])

    # marks

    def _marks(self) -> None:
        redaction = self.redaction
        out = self.none("mark")
        for row, kind, target, what, value in self.reader.conn.execute(
            "SELECT id, target_kind, target, kind, value FROM mark"
        ):
            if not self._target(kind, target):
                hidden = self.own | self.hit_addresses
                if not (kind == "address" and target < len(hidden) and hidden[target]):
                    self.left_out["outside-filter-marks"] += not self.whole
                continue
            if redaction.notes and what in ("note", "journal"):
                self.left_out["redacted-note"] += 1
            elif what == "tag" and value in redaction.tags:
                self.left_out["redacted-tag"] += 1
            else:
                out[row] = True
        self.masks["mark"] = out
        self.masks["setting"] = self.all("setting")
        actors = self.all("actor") if self.whole else self.used("actor", "mark", "actor", out)
        if redaction.actors:
            self.left_out["redacted-actor"] = int(self.all("actor").sum())
            actors = self.none("actor")
            self.masks["setting"] &= ~self.of("setting", "SELECT id FROM setting WHERE key = 'examiner'")
        self.masks["actor"] = actors

    def _target(self, kind: str, target: int) -> bool:
        """Is what a mark speaks of selected?"""
        if kind in ("case", "pair"):
            return self.whole
        mask = self.masks.get(kind)
        if kind == "event":
            mask = self.masks["event"]
        return mask is not None and 0 < target < len(mask) and bool(mask[target])


def _pointers() -> str:
    return ", ".join(f"ifnull({name}, 0)" for name in WORDS)


def _closed(ids: NDArray[Any], parents: NDArray[np.int64]) -> Mask:
    """These rows and everything above them."""
    out = np.zeros(len(parents), bool)
    level = np.unique(ids)
    while len(level):
        level = level[~out[level]]
        out[level] = True
        level = np.unique(parents[level])
        level = level[level > 0]
    return out

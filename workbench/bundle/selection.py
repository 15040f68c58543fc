"""Which rows of a case go into a bundle, as one mask a table, and how many stay behind for which reason."""

# ruff: noqa: S608 - SQL is put together from our own names

from __future__ import annotations

import base64
import hashlib
import ipaddress
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workbench.bundle.leftout import LeftOut
from workbench.bundle.masks import Mask, Masks, pages
from workbench.bundle.patterns import PathPatterns, refuse_unmet
from workbench.bundle.rawlines import take_out_mentions
from workbench.bundle.redaction import Redaction
from workbench.bundle.watchedrows import choose_watched
from workbench.bundle.withheld import Withheld, folded
from workbench.case import schema
from workbench.case.readers import Reader
from workbench.core.errors import UserError
from workbench.core.filter import Filter
from workbench.logs.forwarded import from_text
from workbench.queries import acts, select
from workbench.queries.files import items

TOGETHER = 500
"""Texts that are looked into at once."""
WORDS = ("method", "user", "agent", "referrer")
"""Columns of an event that point into the table of words."""


@dataclass
class Selection:
    """Masks are indexed by row id; index 0 stands for null and is false.

    `live` are the selected events of readings that no better one supersedes, all lines that tell of an act: those that
    the rebuilt case has. `bytes_of` are the objects whose bytes are to be copied, `withheld` those whose bytes must not
    be.
    """

    asked: Filter
    redaction: Redaction
    whole: bool
    masks: dict[str, Mask]
    live: Mask
    bytes_of: Mask
    withheld: Mask
    hidden: Withheld
    """What no text that goes along may mention."""
    closed: dict[str, Mask]
    """Rows that go along changed, or not with all that they say: nobody is shown the row as it was recorded."""
    withheld_lines: WithheldLines
    left_out: LeftOut = field(default_factory=LeftOut)

    def count(self, table: str) -> int:
        """How many rows of a table are selected."""
        return int(self.masks[table].sum())

    def has_all(self, table: str, first: int, last: int) -> bool:
        """Are all rows of an op's row set selected?"""
        whole = self.masks[table][first : last + 1].all()
        closed = self.closed.get(table)
        return bool(whole) and not (closed is not None and closed[first : last + 1].any())

    def source_name(self, row: int, name: str) -> str:
        """The name of a source, or what stands for one that mentions something withheld."""
        return f"source {row} (name withheld)" if self._is_closed("source", row) else name

    def log_name(self, row: int, name: str) -> str:
        """Likewise for a log."""
        return f"log {row} (name withheld)" if self._is_closed("log", row) else name

    def look_name(self, row: int, name: str | None) -> str | None:
        """Likewise for a look; None stands for it."""
        return None if self._is_closed("snapshot", row) and self.hidden.mentions_text(name) else name

    def _is_closed(self, table: str, row: int) -> bool:
        closed = self.closed.get(table)
        return closed is not None and bool(closed[row])

    def told(self, text: str | None) -> str | None:
        """The text, or None where it mentions something that is withheld."""
        return None if self.hidden.mentions_text(text) else text


@dataclass(frozen=True)
class WithheldLines:
    """Lines of logs of which only the number and a salted digest go along, by the ids of their rows."""

    events: Mask
    rejects: Mask

    def has(self, row: int, *, rejected: bool) -> bool:
        """Is the line of this row withheld?"""
        return bool((self.rejects if rejected else self.events)[row])


def selected(reader: Reader, asked: Filter, redaction: Redaction) -> Selection:
    """What the filter shows, less what the redaction withholds, with all that the rest refers to."""
    return _Choice(reader, asked, redaction).made()


class _Choice(Masks):
    def __init__(self, reader: Reader, asked: Filter, redaction: Redaction) -> None:
        super().__init__(reader)
        self.asked = asked
        self.redaction = redaction
        self.whole = not replace(asked, own=False)
        self.left_out = LeftOut()
        self.closed: dict[str, Mask] = {}
        self.patterns = PathPatterns(redaction.paths, redaction.exact_paths)
        self.own = self.column_mask(select.own_addresses(reader), "address")
        if asked.own:
            self.own[:] = False

    def made(self) -> Selection:
        self._hits()
        self._files()
        self._events()
        self._looks()
        choose_watched(
            self, self.redaction, self.left_out, whole=self.whole, bytes_of=self.bytes_of, hidden=self.hidden
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
            self.hidden,
            self.closed,
            WithheldLines(self.withheld_events, self.withheld_rejects),
            self.left_out,
        )
        self._refuse_unmet()
        missing = set(schema.RECORDED) - set(self.masks)
        assert not missing, missing
        return selection

    # what the redaction hits

    def _hits(self) -> None:
        redaction = self.redaction
        self.withheld = self.none("object")
        if redaction.objects:
            known = select.object_ids(self.reader, [each.hex() for each in redaction.objects])
            self.withheld = select.table_of(self.sizes["object"], known)
        self.hit_logs = self.where("log", "object", self.withheld)
        self.hit_paths = self._meant("path", logged=False)
        self.hit_logpaths = self._meant("logpath", logged=True)
        self.hidden = self._compiled()
        self.hit_paths |= self._mentioning("path", "display")
        self.hit_logpaths |= self._mentioning("logpath", "display")
        self.hit_words = self._mentioning("word", "text")
        for table in ("source", "log"):
            self.closed[table] = self._mentioning(table, "name")
        # Up to version 2 what a look is resumed by stood in its row, keyed by the case's uid, which anybody knows.
        self.closed["snapshot"] = self._mentioning("snapshot", "name") | self.of(
            "snapshot", "SELECT id FROM snapshot WHERE resume IS NOT NULL"
        )
        self.hit_addresses = self.none("address")
        if redaction.addresses:
            self.hit_addresses = (
                self.of_rows(
                    "address", (row for row, text in self._texts("address", "text") if self.hidden.holds(text))
                )
                & ~self.own
            )

    def _compiled(self) -> Withheld:
        """What must not be mentioned: withheld and own addresses, paths, and names that are distinctive."""
        redaction = self.redaction
        paths: list[str] = []
        for table, hits in (("path", self.hit_paths), ("logpath", self.hit_logpaths)):
            paths += [text for row, text in self._texts(table, "display") if hits[row]] if hits.any() else []
        paths += redaction.exact_paths
        words = [*redaction.tags, *redaction.authors]
        if redaction.actors:
            words += [text for _, text in self._texts("actor", "name")]
        if not redaction.open_hashes:
            words += [each.hex() for each in redaction.objects]
            words += [sha256.hex() for _, sha256 in self._objects(self._only_under_hits())]
            for _, sha256 in self._objects(self.withheld):
                words += digests_of(self.reader, sha256)
        wanted = {folded(path.strip("/").rpartition("/")[2]) for path in paths} | set(map(folded, words))
        open_names: set[str] = set()
        if wanted:
            for table, hits in (("path", self.hit_paths), ("logpath", self.hit_logpaths)):
                for row, text in self._texts(table, "display"):
                    if not hits[row]:
                        open_names |= wanted.intersection(folded(text).split("/"))
        own = frozenset(text for row, text in self._texts("address", "text") if self.own[row])
        words = [each for each in words if folded(each) not in open_names]
        return Withheld(redaction.addresses, own, paths, frozenset(open_names), words)

    def _texts(self, table: str, column: str) -> Iterator[tuple[int, str]]:
        yield from self.reader.conn.execute(f"SELECT id, {column} FROM {table}")

    def _meant(self, table: str, *, logged: bool) -> Mask:
        if not self.patterns:
            return self.none(table)
        hits = self.patterns.hits
        return self.of_rows(table, (row for row, text in self._texts(table, "display") if hits(text, logged=logged)))

    def _mentioning(self, table: str, column: str, where: str = "") -> Mask:
        """Rows of a table whose text mentions something that is withheld."""
        if not self.hidden:
            return self.none(table)
        out = self.none(table)
        cursor = self.reader.conn.execute(f"SELECT id, ifnull({column}, '') FROM {table} {where}")
        while rows := cursor.fetchmany(TOGETHER):
            ids, texts = zip(*rows, strict=True)
            for at in self.hidden.any_in(list(map(_raw, texts))):
                out[ids[at]] = True
        return out

    def _only_under_hits(self) -> Mask:
        """Objects that were seen under withheld paths and under no others."""
        columns = self.reader.arrays("sighting")
        hit = self.hit_paths[columns["path"]]
        found, others = self.none("object"), self.none("object")
        found[columns["object"][hit]] = True
        others[columns["object"][~hit]] = True
        found[0] = False
        return found & ~others

    def _objects(self, mask: Mask) -> Iterator[tuple[int, bytes]]:
        if mask.any():
            for row, sha256 in self.reader.conn.execute("SELECT id, sha256 FROM object"):
                if mask[row]:
                    yield row, sha256

    def of_rows(self, table: str, rows: Iterator[int]) -> Mask:
        """True at these ids."""
        return select.table_of(self.sizes[table], rows)

    def _refuse_unmet(self) -> None:
        """A redaction that withholds nothing of this case is a mistake."""
        redaction, reader = self.redaction, self.reader
        refuse_unmet("paths", self.patterns.unmet)
        met = self.hidden.seen
        for (peer,) in reader.all("SELECT DISTINCT peer FROM exchange WHERE peer IS NOT NULL"):
            self.hidden.shows_address(str(peer).encode())
        refuse_unmet("addresses", (str(each) for each in redaction.addresses if each not in met))
        for field_, table, column, values in (
            ("objects", "object", "lower(hex(sha256))", sorted(each.hex() for each in redaction.objects)),
            ("tags", "mark", "slot", sorted(redaction.tags)),
            ("authors", "actor", "name", sorted(redaction.authors)),
            ("marks", "mark", "lower(hex(uid))", sorted(each.hex() for each in redaction.marks)),
        ):
            sql = f"SELECT 1 FROM {table} WHERE {column} = ? LIMIT 1"
            refuse_unmet(field_, (each for each in values if reader.value(sql, (each,)) is None))

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
        given = self.withheld
        self.withheld = given & shown
        self.left_out["redacted-object"] = int(self.withheld.sum())
        self.bytes_of = shown & ~self.withheld
        if not self.whole:
            self.masks["object"] = shown
        else:
            hidden = self.none("object")
            hidden[of[hit]] = True
            self.masks["object"] = self.all("object") & ~(hidden & ~shown)
        self.closed["sighting"] = mask & self._mentioning("sighting", "ifnull(headers, '') || ' ' || ifnull(etag, '')")
        if not self.redaction.open_hashes:
            # Whoever guesses the file could confirm the guess by its hash, its size or its ETag.
            self.masks["object"] &= ~given
            self.closed["sighting"] |= self.masks["sighting"] & self.withheld[of]
        for table in ("analysis", "fact"):
            self.masks[table] = self.where(table, "object", self.masks["object"] & ~self.withheld)
        self.masks["fact"] &= ~self._mentioning("fact", "value", "WHERE typeof(value) = 'text'")
        self.path_of = path_of

    # events

    def _events(self) -> None:
        columns = self.reader.arrays("event")
        live = np.concatenate(([False], select.live_events(self.reader)))
        read = np.concatenate(([False], acts.read(self.reader)))
        act = acts.kept(self.reader)
        address = np.concatenate(([0], columns["address"]))
        path = np.concatenate(([0], columns["path"]))
        with_own = np.concatenate(([False], select.events(self.reader, replace(self.asked, own=True))))
        total = int(live.sum())
        self.left_out["outside-filter-events"] = total - int((with_own & live).sum())
        mask = with_own
        if self.whole:
            mask = np.ones(len(live), bool)
            mask[0] = False
        else:
            mask = with_own | with_own[act] & read  # an act goes with all lines that tell of it
        self.hit_readings = self.where("reading", "log", self.hit_logs)
        own = mask & self._of_act(self.own[address] | self._routed(self.own), act, read)
        self.left_out["own-traffic"] = int((own & live).sum())
        hit = mask & ~own & (self.hit_addresses[address] | self.hit_logpaths[path] | self._routed(self.hit_addresses))
        if self.hit_words.any():
            hit |= mask & ~own & self._uses_words(self.hit_words)
        hit = mask & ~own & self._of_act(hit, act, read)
        kept = mask & ~own & ~hit
        rejects = self.all("reject") if self.whole else self.none("reject")
        in_hit_log = self.where("event", "reading", self.hit_readings)
        hit |= kept & in_hit_log
        kept &= ~in_hit_log
        rejects &= ~self.where("reject", "reading", self.hit_readings)
        lines, self.withheld_rejects = take_out_mentions(self.reader, self.hidden, kept & read, rejects)
        hit |= kept & self._of_act(lines, act, read)
        self.withheld_events = (hit | own) & read
        hit |= mask & ~own & self._read_before(self.withheld_events)
        self.masks["reject"] = rejects & ~self.withheld_rejects
        self.left_out["redacted-line"] = int(self.withheld_rejects.sum())
        self.left_out["redacted-event"] = int((hit & live).sum())
        mask = mask & ~own & ~hit
        self.masks["event"] = mask
        self.live = mask & read
        self.masks["citation"] = self._citations(mask & read)
        pairs = self.reader.arrays("match")
        joined = mask[pairs["event"]] & self.masks["sighting"][pairs["sighting"]]
        self.masks["match"] = np.concatenate(([False], joined))
        self._interned("address", address, mask, self.own | self.hit_addresses)
        self.masks["route"] = self.where("route", "event", mask)
        peers = self.used("address", "route", "peer", self.masks["route"])
        self.masks["address"] |= peers & ~(self.own | self.hit_addresses)
        self._interned("logpath", path, mask, self.hit_logpaths)
        self.masks["word"] = self._words(mask) & ~self.hit_words

    def _read_before(self, withheld: Mask) -> Mask:
        """The events that readings which are superseded made of withheld lines."""
        out = self.none("event")
        older = self.reader.all(
            "SELECT r.id, r.log FROM reading r WHERE r.id IN (SELECT supersedes FROM reading) ORDER BY r.id"
        )
        if not older or not withheld.any():
            return out
        lines: dict[int, set[int]] = {}
        for rows in pages(
            self.reader, "SELECT e.id, e.line, r.log FROM event e CROSS JOIN reading r ON r.id = e.reading"
        ):
            for row, line, log in rows:
                if withheld[row]:
                    lines.setdefault(log, set()).add(line)
        for reading, log in older:
            known = lines.get(log, set())
            for rows in pages(self.reader, "SELECT id, line FROM event WHERE reading = ?", (reading,)):
                out[[row for row, line in rows if line in known]] = True
        return out

    def _interned(self, table: str, pointed: NDArray[Any], mask: Mask, never: Mask) -> None:
        used = self.none(table)
        used[pointed[mask]] = True
        if self.whole:
            behind = self.none(table)
            behind[pointed[~mask]] = True
            used |= ~behind
        used[0] = False
        self.masks[table] = used & ~never

    @staticmethod
    def _of_act(hit: Mask, act: NDArray[np.int64], read: Mask) -> Mask:
        """What hits one line of an act hits all lines that tell of it."""
        acts_hit = np.zeros(len(hit), bool)
        acts_hit[act[hit]] = True
        acts_hit[0] = False
        found: Mask = hit | acts_hit[act] & read
        return found

    def _routed(self, peers: Mask) -> Mask:
        """Events that came through one of these addresses."""
        out = self.none("event")
        if peers.any():
            for rows in pages(self.reader, "SELECT event, ifnull(peer, 0) FROM route"):
                event, peer = np.array(rows, np.int64).T
                out[event] = peers[peer]
        return out

    def _citations(self, mask: Mask) -> Mask:
        """What is said now of lines that both go along."""
        out = self.none("citation")
        sql = f"SELECT id, duplicate, event FROM citation c WHERE event IS NOT NULL AND {acts.IN_FORCE}"
        for rows in pages(self.reader, sql):
            ids, duplicate, event = np.array(rows, np.int64).T
            out[ids] = mask[duplicate] & mask[event]
        return out

    def _layouts(self) -> Mask:
        """How columns were understood, unless that names proxies that are withheld."""
        out = self.where("layout", "reading", self.masks["reading"])
        for row, trusted in self.reader.conn.execute("SELECT id, trusted FROM layout WHERE trusted <> '[]'"):
            for each in from_text(trusted):
                network = ipaddress.ip_network(each)
                hidden = any(network.overlaps(other) for other in self.redaction.addresses
                             if other.version == network.version)  # fmt: skip
                if hidden or self._own_in(network):
                    out[row] = False
        return out

    def _own_in(self, network: ipaddress.IPv4Network | ipaddress.IPv6Network) -> bool:
        for row in np.flatnonzero(self.own).tolist():
            text = self.reader.value("SELECT text FROM address WHERE id = ?", (row,))
            try:
                if ipaddress.ip_address(text) in network:
                    return True
            except ValueError:
                continue  # a name
        return False

    def _words(self, mask: Mask) -> Mask:
        used, behind = self.none("word"), self.none("word")
        if self.whole and mask[1:].all():
            return self.all("word")
        for rows in pages(self.reader, f"SELECT id, {_pointers()} FROM event"):
            table = np.array(rows, np.int64)
            keep = mask[table[:, 0]]
            used[table[keep, 1:].ravel()] = True
            behind[table[~keep, 1:].ravel()] = True
        for rows in pages(self.reader, "SELECT event, forwarded FROM route"):
            event, word = np.array(rows, np.int64).T
            used[word[mask[event]]] = True
            behind[word[~mask[event]]] = True
        found = used | ~behind if self.whole else used
        found[0] = False
        return found

    def _uses_words(self, words: Mask) -> Mask:
        out = self.none("event")
        for rows in pages(self.reader, f"SELECT id, {_pointers()} FROM event"):
            table = np.array(rows, np.int64)
            out[table[:, 0]] = words[table[:, 1:]].any(axis=1)
        for rows in pages(self.reader, "SELECT event, forwarded FROM route"):
            event, word = np.array(rows, np.int64).T
            out[event] |= words[word]
        return out

    # looks and logs

    def _looks(self) -> None:
        masks, reader = self.masks, self.reader
        readings = self.none("reading")
        readings[reader.arrays("event")["reading"][masks["event"][1:]]] = True
        readings[0] = False
        masks["reading"] = (self.all("reading") if self.whole else readings) & ~self.hit_readings
        masks["log"] = self.all("log") if self.whole else self.used("log", "reading", "log", masks["reading"])
        self.left_out["redacted-log"] = int((masks["log"] & self.hit_logs).sum())
        masks["log"] &= ~self.hit_logs
        masks["reading_end"] = self.where("reading_end", "reading", masks["reading"])
        masks["layout"] = self._layouts()
        masks["open_layout"] = self.where("open_layout", "reading", masks["reading"])
        masks["overlap"] = self.all("overlap") if self.whole else self.none("overlap")
        masks["overlap"] &= self.where("overlap", "log", masks["log"]) & self.where("overlap", "other", masks["log"])
        masks["rootmap"] = self.where("rootmap", "log", masks["log"]) & ~self._mentioning("rootmap", "prefix")
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
        if not self.redaction.open_hashes:
            masks["container"] &= ~self._mentioning("container", "lower(hex(sha256))")
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
        told = out & self._mentioning("warning", "arguments")
        self.left_out["redacted-warning"] = int(told.sum())
        return out & ~told

    # networks

    def _networks(self) -> None:
        masks = self.masks
        for table in ("claim", "lookup"):
            masks[table] = self.where(table, "address", masks["address"])
        masks["claim"] &= ~self._mentioning("claim", "prefix || ' ' || value")
        masks["dataset"] = self.all("dataset")
        if not self.whole:
            masks["dataset"] = self.used("dataset", "lookup", "dataset", masks["lookup"])
            masks["dataset"] |= self.used("dataset", "claim", "dataset", masks["claim"])

    # marks

    def _marks(self) -> None:
        redaction = self.redaction
        out = self.none("mark")
        repeated = self._of_withheld_marks()
        for row, author, kind, target, what, slot, value in self.reader.conn.execute(
            "SELECT m.id, a.name, m.target_kind, m.target, m.kind, m.slot, m.value FROM mark m "
            "JOIN actor a ON a.id = m.actor"
        ):
            if not self._target(kind, target):
                hidden = self.own | self.hit_addresses
                if not (kind == "address" and target < len(hidden) and hidden[target]):
                    self.left_out["outside-filter-marks"] += not self.whole
                continue
            # What was undone stands in the slot of the row that undid it.
            texts = (value, slot)
            if redaction.notes and what in ("note", "journal"):
                self.left_out["redacted-note"] += 1
            elif what == "tag" and redaction.tags.intersection(texts):
                self.left_out["redacted-tag"] += 1
            elif author in redaction.authors:
                self.left_out["redacted-author-mark"] += 1
            elif not repeated.isdisjoint(_keys(kind, target, what, slot, value)) or any(
                map(self.hidden.mentions_text, texts)
            ):
                self.left_out["redacted-mark"] += 1
            else:
                out[row] = True
        self.masks["mark"] = out
        self.masks["setting"] = self.all("setting")
        actors = self.all("actor") if self.whole else self.used("actor", "mark", "actor", out)
        names = dict(self._texts("actor", "name"))
        silent = self.of_rows("actor", (row for row, name in names.items() if redaction.hides(name)))
        if silent.any():
            self.left_out["redacted-actor"] = int(silent.sum())
            actors &= ~silent
        self.masks["setting"] &= ~self.of_rows(
            "setting",
            (
                row
                for row, key, value in self.reader.conn.execute("SELECT id, key, value FROM setting")
                if key != "uid" and ((key == "examiner" and redaction.hides(value)) or self.hidden.mentions_text(value))
            ),
        )
        self.masks["actor"] = actors

    def _of_withheld_marks(self) -> set[MarkKey]:
        """What single withheld marks say, and of what: rows that undo them, or do them again, say it too."""
        found: set[MarkKey] = set()
        for uid in self.redaction.marks:
            for row in self.reader.all("SELECT target_kind, target, kind, slot, value FROM mark WHERE uid = ?", (uid,)):
                found |= _keys(*row)
        return found

    def _target(self, kind: str, target: int) -> bool:
        """Is what a mark speaks of selected?"""
        if kind in ("case", "pair"):
            return self.whole
        mask = self.masks.get(kind)
        if kind == "event":
            mask = self.masks["event"]
        return mask is not None and 0 < target < len(mask) and bool(mask[target])


MarkKey = tuple[str, int, str, str, str]
"""Target, kind, and its slot or value, with which of the two it is."""


def _keys(target_kind: str, target: int, kind: str, slot: str, value: str | None) -> set[MarkKey]:
    found = {(target_kind, target, kind, "value", value)} if value is not None else set()
    return found | {(target_kind, target, kind, "slot", slot)} if slot else found


def _raw(value: str | bytes) -> bytes:
    return value if isinstance(value, bytes) else value.encode("utf-8", "surrogateescape")


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


def digests_of(reader: Reader, sha256: bytes) -> list[str]:
    """What else names the bytes of an object as surely as its hash: digests as servers and archives write them (ETag,
    Content-MD5, RFC 9530, WARC-Payload-Digest). None where its bytes are not here.
    """
    made = hashlib.md5(usedforsecurity=False), hashlib.sha1(usedforsecurity=False)
    try:
        with reader.evidence.open(sha256) as stream:
            while block := stream.read(1 << 20):
                for each in made:
                    each.update(block)
    except (UserError, OSError):
        return []
    raw = [sha256, *(each.digest() for each in made)]
    coded = [way(each).decode().rstrip("=") for each in raw for way in (base64.b64encode, base64.b32encode)]
    return [*(each.hex() for each in raw[1:]), *coded]

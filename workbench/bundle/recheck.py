"""What can be computed again in a bundle: is its case made of the rows that the custody chain vouches for, and of no
others, do its tables say what that case says, and does something in it name every file?

The chain is the only root. It vouches for the rows in ``rows/``, by their salted digests. ``numbering.jsonl`` says
which row of the case in the bundle is which of those; every cell is compared, but for the few that differ there by
design (`CHANGED`). A row of which the set is closed, because not all its rows may be shown, is bound by nothing but the
seal; those are counted and said.
"""

# ruff: noqa: S608 - SQL is put together from our own names

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workbench.bundle import layout
from workbench.bundle.bag import SYSTEM, Bag
from workbench.bundle.hostile import plain_json
from workbench.bundle.numbering import REFERS, TARGETS
from workbench.bundle.rebuild import EMPTY
from workbench.bundle.tables import COLUMNS
from workbench.case import schema
from workbench.case.readers import Reader
from workbench.core.messages import Message
from workbench.core.progress import Progress

CHANGED: Mapping[str, frozenset[str]] = {
    "snapshot": frozenset({"resume"}),
    "log": frozenset(
        {"object", "content_sha256", "content_size", "compression", "extends", "from_offset", "from_line"}
    ),
    "event": frozenset({"start", "length"}),
    "reject": frozenset({"start", "length"}),
    "exchange": frozenset({"start", "length", "sha256"}),
}
"""Columns that differ by design: logs are excerpts, exchanges hold their bodies, what a look resumes by stays."""
BECOMES: Mapping[tuple[str, str], tuple[str, str]] = {
    ("snapshot", "scope"): ("complete", "partial"),
    ("snapshot_end", "status"): ("complete", "partial"),
    ("sighting", "state"): ("ok", "withheld"),
}
"""A look of which some stays behind is partial in the bundle; bytes that stay behind leave their sighting withheld."""
WITHHOLDING = ("redacted-object", "missing-bytes", "damaged-bytes", "unreadable-bytes")
"""Why bytes stay behind, in the list of what was left out."""
OWN = ("actor", "setting", "mark", *schema.PRIVATE)
"""Tables that are not renumbered: the case of a bundle has its own, or names their rows by uid."""
MOST = 20
"""Problems of one kind and table that are told."""


@dataclass(frozen=True)
class Proof:
    """What was computed again, and from what.

    `bound` rows of the case in the bundle were compared with rows that the chain vouches for; `unbound` ones belong to
    row sets that are closed, of which `closed` counts the rows by table. `tables` were computed again from that case,
    of `partly` only some columns.
    """

    bound: int
    unbound: int
    closed: Mapping[str, int]
    tables: tuple[str, ...]
    partly: tuple[str, ...]
    previews: int | None = None
    """So many were made again from their objects and compared; null where nobody could."""

    def messages(self) -> tuple[Message, Message, Message]:
        """What the chain proves, what was computed again from it, and what only seal and signature cover."""
        closed = ", ".join(
            f"{table} {count:,}" for table, count in sorted(self.closed.items()) if table not in schema.PRIVATE
        )
        chain = {"bound": f"{self.bound:,}", "rows": f"{self.bound + self.unbound:,}"}
        return (
            Message("proof-chain-closed", {**chain, "closed": closed}) if closed else Message("proof-chain", chain),
            Message(
                "proof-computed" if self.previews is None else "proof-computed-previews",
                {"tables": ", ".join(self.tables), "partly": ", ".join(self.partly), "previews": self.previews},
            ),
            Message("proof-seal"),
        )


class Given:
    """The numbering that a bundle gives. Raises `ValueError` where it cannot be one."""

    def __init__(self, lines: Iterable[bytes], most: Mapping[str, int]) -> None:
        runs: dict[str, list[tuple[int, int]]] = {}
        reached: Counter[str] = Counter()
        highest: Counter[str] = Counter()
        for line in lines:
            run = plain_json(line)
            table, new, old, count = (run[name] for name in ("table", "new", "old", "count"))
            if table not in REFERS or not all(type(each) is int for each in (new, old, count)) or len(run) != 4:
                raise ValueError("no run of rows")
            reached[table] += count
            if count < 1 or new != reached[table] - count + 1 or old <= highest[table] or old + count > 1 << 62:
                raise ValueError(f"rows of {table} are not in order")
            if reached[table] > most.get(table, 0):
                raise ValueError(f"more rows of {table} than there are")
            highest[table] = old + count - 1
            runs.setdefault(table, []).append((old, count))
        zero = np.zeros(1, np.int64)
        self._old = {
            table: np.concatenate([zero, *(np.arange(old, old + count) for old, count in found)])
            for table, found in runs.items()
        }
        self._none = zero

    def old(self, table: str) -> NDArray[np.int64]:
        """At index new id the one in the case that the bundle was made from."""
        return self._old.get(table, self._none)

    def moved(self, table: str, ids: NDArray[np.int64]) -> NDArray[np.int64]:
        """The ids that rows have in the case of the bundle; 0 where they are not in it."""
        old = self.old(table)
        at = np.minimum(np.searchsorted(old, ids), len(old) - 1)
        return np.where(old[at] == ids, at, 0)

    def count(self, table: str) -> int:
        """How many rows of a table are renumbered."""
        return len(self.old(table)) - 1


@dataclass
class Recheck:
    """One bundle. `made` reads its case; `sets` are the row sets of each table, (first, last, is its salt given?)."""

    bag: Bag
    summary: Mapping[str, Any]
    sets: Mapping[str, Sequence[tuple[int, int, bool]]]
    lines: Callable[[str], Iterator[bytes]]
    made: Reader
    progress: Progress
    bound: dict[str, NDArray[np.bool_]] = field(default_factory=dict)
    told: Counter[tuple[str, str]] = field(default_factory=Counter)
    superseded: set[int] = field(default_factory=set)
    withheld: set[int] = field(default_factory=set)
    absent_readings: list[int] = field(default_factory=list)
    actors: dict[int, str] = field(default_factory=dict)
    settings: dict[str, str | None] = field(default_factory=dict)
    looks: dict[int, str] = field(default_factory=dict)
    """Scope of each look whose row the chain vouches for."""
    ends: dict[int, str] = field(default_factory=dict)
    """How each look ended, likewise."""
    marks: int = 0

    def __post_init__(self) -> None:
        counts = {table: int(self.made.value(f"SELECT count(*) FROM {table}")) for table in REFERS if self._has(table)}
        self.counts = counts
        self.numbers = Given(self.lines(layout.NUMBERING), counts)
        self.bound = {table: np.zeros(self.numbers.count(table) + 1, bool) for table in REFERS}

    def _has(self, table: str) -> bool:
        sql = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?"
        return self.made.value(sql, (table,)) is not None

    def problem(self, kind: str, table: str, where: str) -> None:
        """Note a problem; of one kind and table not more than `MOST`."""
        self.told[kind, table] += 1
        if self.told[kind, table] <= MOST:
            self.bag.problem(kind, f"{table} {where}" if table else where)

    # rows that the chain vouches for

    def rows(self, table: str, ids: list[int], columns: Mapping[str, list[Any]]) -> None:
        """Compare the rows of one set, whose digest was computed, with those of the case in the bundle."""
        if table in OWN:
            getattr(self, f"_own_{table}", lambda *_: None)(ids, columns)
            return
        old = np.array(ids, np.int64)
        new = self.numbers.moved(table, old)
        if table == "reading":
            self.superseded.update(each for each in columns["supersedes"] if each is not None)
        for name, kept in (("snapshot", self.looks), ("snapshot_end", self.ends)):
            if table == name:
                keys = ids if table == "snapshot" else columns["snapshot"]
                kept.update(zip(keys, columns["scope" if table == "snapshot" else "status"], strict=True))
        here = np.flatnonzero(new)
        pointers = {name: self._moved(target, columns[name]) for name, target in REFERS[table].items()}
        if len(here) < len(ids):
            self._absent(table, ids, new, columns, pointers)
        if not len(here):
            return
        low, high = int(new[here[0]]), int(new[here[-1]])
        names = list(columns)
        found = self.made.all(
            f"SELECT id, {', '.join(names)} FROM {table} WHERE id BETWEEN ? AND ? ORDER BY id", (low, high)
        )
        if [row[0] for row in found] != new[here].tolist():
            self.problem("bundle-row-differs", table, f"{ids[int(here[0])]}–{ids[int(here[-1])]}")
            return
        self.bound[table][new[here]] = True
        picked = here.tolist()
        for at, name in enumerate(names, start=1):
            if name in CHANGED.get(table, ()):
                continue
            values = pointers.get(name, columns[name])
            expected = [values[each] for each in picked]
            actual = [row[at] for row in found]
            if expected != actual or list(map(type, expected)) != list(map(type, actual)):
                self._differences(table, name, [ids[each] for each in picked], expected, actual)
        if table == "sighting":
            states, objects = columns["state"], columns["object"]
            at = names.index("state") + 1
            self.withheld.update(
                objects[each]
                for each, row in zip(picked, found, strict=True)
                if row[at] == "withheld" != states[each] and objects[each] is not None
            )

    def _differences(self, table: str, name: str, ids: list[int], expected: list[Any], actual: list[Any]) -> None:
        for row, wanted, is_now in zip(ids, expected, actual, strict=True):
            same = wanted == is_now and type(wanted) is type(is_now)
            if not same and BECOMES.get((table, name)) != (wanted, is_now):
                self.problem("bundle-row-differs", table, f"{row} ({name})")

    def _moved(self, target: str, values: list[Any]) -> list[int | None]:
        """Pointers as they are in the case of the bundle; null where what they point at is not in it."""
        plain = np.array([0 if each is None else each for each in values], np.int64)
        return [each or None for each in self.numbers.moved(target, plain).tolist()]

    def _absent(
        self,
        table: str,
        ids: list[int],
        new: NDArray[np.int64],
        columns: Mapping[str, list[Any]],
        pointers: Mapping[str, list[int | None]],
    ) -> None:
        """A row may stay behind with what it belongs to. Bytes that are not here have no object row."""
        if table == "object":
            return
        for at in np.flatnonzero(new == 0).tolist():
            if any(columns[name][at] is not None and moved[at] is None for name, moved in pointers.items()):
                continue
            if table == "reading":
                self.absent_readings.append(ids[at])
            elif not (table in ("exchange", "warc") and self._left_out("exchange")):
                self.problem("bundle-row-absent", table, str(ids[at]))

    def _left_out(self, part: str) -> bool:
        return any(part in each["reason"] and each["count"] > 0 for each in self.summary["left_out"])

    def _own_actor(self, ids: list[int], columns: Mapping[str, list[Any]]) -> None:
        self.actors.update(zip(ids, columns["name"], strict=True))

    def _own_setting(self, _ids: list[int], columns: Mapping[str, list[Any]]) -> None:
        self.settings.update(zip(columns["key"], columns["value"], strict=True))

    def _own_mark(self, ids: list[int], columns: Mapping[str, list[Any]]) -> None:
        names = ("time", "target_kind", "target", "kind", "slot", "value", "present")
        sql = (
            "SELECT m.time, m.target_kind, m.target, m.kind, m.slot, m.value, m.present, a.name FROM mark m "
            "JOIN actor a ON a.id = m.actor WHERE m.uid = ?"
        )
        for at, row in enumerate(ids):
            target: int = columns["target"][at]
            kind = columns["target_kind"][at]
            if kind in TARGETS:
                target = int(self.numbers.moved(kind, np.array([target], np.int64))[0])
            found = self.made.all(sql, (columns["uid"][at],))
            if not found:
                if target and kind in (*TARGETS, "case"):
                    self.problem("bundle-row-absent", "mark", str(row))
                continue
            self.marks += 1
            expected = [target if name == "target" else columns[name][at] for name in names]
            author = self.actors.get(columns["actor"][at])
            if list(found[0][:-1]) != expected or author not in (None, found[0][-1]):
                self.problem("bundle-row-differs", "mark", str(row))

    # at the end

    def finish(self, head: str, ops: int) -> tuple[int, int, dict[str, int]]:
        """The rest, once all rows were seen; returns how many rows are bound, unbound, and closed by table."""
        for reading in self.absent_readings:
            if reading not in self.superseded:
                self.problem("bundle-row-absent", "reading", str(reading))
        declared = sum(each["count"] for each in self.summary["left_out"] if each["reason"] in WITHHOLDING)
        if len(self.withheld) > declared:
            self.problem("bundle-bytes-undeclared", "", f"{len(self.withheld)} > {declared}")
        closed = self._closed()
        bound, unbound = self._vouched()
        self._origin(head, ops)
        self._counts()
        self._names()
        return bound, unbound, closed

    def _closed(self) -> dict[str, int]:
        """Which row sets are closed has to be declared."""
        found: dict[str, dict[str, int]] = {}
        for table, sets in self.sets.items():
            for first, last, is_open in sets:
                if not is_open:
                    own = found.setdefault(table, {"sets": 0, "rows": 0})
                    own["sets"] += 1
                    own["rows"] += last - first + 1
        said = [{"table": table, **found[table]} for table in sorted(found)]
        if self.summary["closed"] != said:
            self.problem("bundle-closed", "", layout.SUMMARY)
        return {table: each["rows"] for table, each in found.items()}

    def _vouched(self) -> tuple[int, int]:
        """Every row of the case is bound, or belongs to a set that is closed, or was made for the bundle."""
        bound = unbound = 0
        for table in REFERS:
            seen, old = self.bound[table], self.numbers.old(table)
            bound += int(seen.sum())
            loose = old[1:][~seen[1:]]
            unbound += len(loose)
            shut = sorted((first, last) for first, last, is_open in self.sets.get(table, ()) if not is_open)
            firsts, lasts = (np.array(each, np.int64) for each in (zip(*shut, strict=True) if shut else ((), ())))
            if len(loose):
                at = np.searchsorted(firsts, loose, "right") - 1
                inside = (at >= 0) & (loose <= lasts[np.maximum(at, 0)]) if len(lasts) else np.zeros(len(loose), bool)
                for row in loose[~inside][:MOST].tolist():
                    self.problem("bundle-row-unvouched", table, str(row))
            extra = self.counts.get(table, 0) - self.numbers.count(table)
            if extra and not (table in ("object", "warning") and self._made_for_it(table)):
                self.problem("bundle-row-unvouched", table, f"+{extra}")
        marks = int(self.made.value("SELECT count(*) FROM mark"))
        if marks > self.marks and not any(not is_open for *_, is_open in self.sets.get("mark", ())):
            self.problem("bundle-row-unvouched", "mark", f"+{marks - self.marks}")
        return bound + self.marks, unbound + max(marks - self.marks, 0)

    def _made_for_it(self, table: str) -> bool:
        """Are the rows after the renumbered ones what a bundle adds: excerpts of logs, words about bytes not here?"""
        after = self.numbers.count(table)
        if table == "warning":
            sql = "SELECT count(*) FROM warning WHERE id > ? AND (code NOT LIKE 'bundle-%' OR object IS NOT NULL)"
            return int(self.made.value(sql, (after,))) == 0
        excerpts = {bytes.fromhex(each["excerpt"]["sha256"]) for each in self.index()} | {EMPTY}
        return all(
            sha256 in excerpts for (sha256,) in self.made.all("SELECT sha256 FROM object WHERE id > ?", (after,))
        )

    def index(self) -> list[dict[str, Any]]:
        """Every log of which lines are here."""
        path = f"{layout.LOGS}/index.jsonl"
        return [plain_json(line) for line in self.lines(path)] if path in self.bag.files.sizes else []

    def _origin(self, head: str, ops: int) -> None:
        """The case of the bundle, and what the bundle says of itself, speak of this chain."""
        own = dict(self.made.all("SELECT key, value FROM setting ORDER BY id"))
        expected = {"origin_case": self.summary["case"], "origin_head": head, "origin_ops": str(ops)}
        for key, value in expected.items():
            if own.get(key) != value:
                self.problem("bundle-origin", "", f"{layout.CASE_FILE} ({key})")
        said = self.made.value("SELECT arguments FROM op WHERE name = 'bundle.origin' ORDER BY seq LIMIT 1")
        if said is None or json.loads(said).get("filter") != self.summary["filter"]:
            self.problem("bundle-origin", "", f"{layout.SUMMARY} (filter)")
        for key in ("title", "number", "examiner"):
            told = (self.summary[key], own.get(key))
            if told[0] != told[1] or (key in self.settings and self.settings[key] not in (told[0], None)):
                shut = not all(is_open for *_, is_open in self.sets.get("setting", ()))
                hidden = told[0] == told[1] and (shut or (key == "examiner" and told[0] is None))
                if not hidden:
                    self.problem("bundle-origin", "", f"{layout.SUMMARY} ({key})")

    def _counts(self) -> None:
        """The figures of ``bundle.json``."""
        carried = self.numbers.count("object")
        count, size = self.made.all("SELECT count(*), ifnull(sum(size), 0) FROM object WHERE id <= ?", (carried,))[0]
        if (self.summary["objects"], self.summary["bytes"]) != (count, size):
            self.problem("bundle-count", "", f"{layout.SUMMARY} (objects, bytes)")
        manifest = self.bag.digests.get(layout.EVIDENCE_MANIFEST)
        if manifest is None or self.summary["evidence_manifest_sha256"] != manifest.hex():
            self.problem("bundle-count", "", f"{layout.SUMMARY} (evidence_manifest_sha256)")

    # files

    def _exhibits(self) -> int:
        """How many there are: one a row of the table of files, whose number is compared with that table."""
        count = self.summary["rows"].get("files")
        return min(count, len(self.bag.files.sizes) * layout.EXHIBITS_A_PAGE) if isinstance(count, int) else 0

    def _names(self) -> None:
        """Something in the bundle names every file."""
        named = {layout.EVIDENCE_MANIFEST, layout.CASE_FILE, layout.CUSTODY, layout.SUMMARY, layout.NUMBERING}
        named |= {layout.REPORT, *layout.exhibit_pages(self._exhibits()), *layout.BESIDE}
        named |= {f"{layout.EVIDENCE}/objects.{ending}" for ending in ("csv", "jsonl")}
        named |= {f"{layout.TABLES}/{name}.{ending}" for name in COLUMNS for ending in ("csv", "jsonl")}
        named |= {
            f"{layout.ROWS}/{table}.jsonl" for table, sets in self.sets.items() if any(is_open for *_, is_open in sets)
        }
        index = self.index()
        if index:
            named |= {f"{layout.LOGS}/index.jsonl", *(f"{layout.LOGS}/{each['places']}" for each in index)}
        if self._has("warc"):
            named |= {layout.warc_path(name) for (name,) in self.made.all("SELECT name FROM warc")}
        objects = iter(self.made.conn.execute("SELECT lower(hex(sha256)) FROM object ORDER BY sha256"))
        known = next(objects, (None,))[0]
        for path in sorted(self.bag.files.sizes):
            self.progress.check()
            if path.startswith(f"{layout.OBJECTS}/"):
                own = path.rpartition("/")[2]
                while known is not None and known < own:
                    known = next(objects, (None,))[0]
                if own == known or SYSTEM.fullmatch(path):
                    continue
            elif path in named or SYSTEM.fullmatch(path) or path.startswith(f"{layout.PREVIEWS}/"):
                continue
            self.problem("bundle-file-unnamed", "", path)
        for path in sorted(named - set(self.bag.files.sizes) - layout.OPTIONAL):
            self.problem("bundle-incomplete", "", path)

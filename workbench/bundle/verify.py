"""Verify a bundle, folder or zip: the bag, its evidence part, the custody chain, the rows, the signature, the case."""

from __future__ import annotations

import json
import re
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, BinaryIO

from workbench.bundle import layout
from workbench.bundle.bag import SYSTEM, Bag, check_bag
from workbench.bundle.bagfiles import UNREADABLE, Digests, is_bundle, opened
from workbench.bundle.signing import holds
from workbench.case import custody, driver
from workbench.case.columns import Columns
from workbench.case.custody import RowSet
from workbench.case.evidence import Evidence
from workbench.case.previews import Previews
from workbench.case.readers import Reader, moment
from workbench.case.warcstore import Warcs
from workbench.core.errors import UserError
from workbench.core.messages import Message
from workbench.core.progress import Progress
from workbench.queries.verify import Problem
from workbench.queries.verify import verify as verify_case

__all__ = ["BundleVerified", "is_bundle", "verify_bundle"]


@dataclass(frozen=True)
class BundleVerified:
    """What a check came to. `checked` counts files, ops and rows; `head` is that of the custody chain, or null."""

    checked: int
    problems: tuple[Problem, ...]
    warnings: tuple[Message, ...]
    files: int
    head: str | None

    @property
    def ok(self) -> bool:
        """Nothing is wrong. Warnings may remain."""
        return not self.problems


def verify_bundle(path: Path, progress: Progress | None = None) -> BundleVerified:
    """Read every byte again. Raises `UserError` ``bundle-not-found``, ``bundle-unreadable``, and `Cancelled`."""
    progress = progress or Progress()
    if not is_bundle(path):
        raise UserError("bundle-not-found", path=path.name)
    files = opened(path)
    try:
        bag = check_bag(files, progress)
        checked = len(files.sizes)
        head = None
        if "Workbench-Bundle" in bag.info or layout.SUMMARY in files.sizes:
            ours = _Ours(bag, progress)
            checked += ours.check()
            head = ours.head
        return BundleVerified(checked, tuple(bag.problems), tuple(bag.warnings), len(files.sizes), head)
    finally:
        files.close()


class _Ours:
    """What only bundles of this program have."""

    def __init__(self, bag: Bag, progress: Progress) -> None:
        self.bag = bag
        self.progress = progress
        self.head: str | None = None
        self.ops = 0
        self.rows = 0

    def check(self) -> int:
        """Run all checks; returns how many ops and rows were computed again."""
        for path in (layout.SUMMARY, layout.CUSTODY, layout.CASE_FILE, layout.EVIDENCE_MANIFEST, layout.README):
            if path not in self.bag.files.sizes:
                self.bag.problem("bundle-incomplete", path)
        self._tags()
        self._evidence()
        try:
            self._chain()
        except (KeyError, ValueError, TypeError, AttributeError, *UNREADABLE) as error:
            self.bag.problem("bundle-table", f"{layout.CUSTODY} ({error})")
        self._signature()
        self._case()
        return self.ops + self.rows

    def _tags(self) -> None:
        """Every tag file is listed; only the signature and the tag manifests themselves cannot be."""
        free = {layout.SIGNATURE, layout.PUBLIC_KEY, *map(layout.tag_manifest, layout.ALGORITHMS)}
        for path in sorted(self.bag.files.sizes):
            if path.startswith("data/") or path in free or SYSTEM.fullmatch(path):
                continue
            if not all(path in listing for listing in self.bag.tags.values()) or not self.bag.tags:
                self.bag.problem("bundle-tag-unlisted", path)

    def _evidence(self) -> None:
        within = f"{layout.EVIDENCE}/"
        listed = Digests(self.bag.files.sizes, 32)
        for line in self._lines(layout.EVIDENCE_MANIFEST):
            digest, _, path = line.rstrip("\n").partition("  ")
            if re.fullmatch(r"[0-9a-f]{64}", digest) is None or within + path in listed:
                self.bag.problem("bundle-evidence", line.strip()[:200])
            else:
                listed.set(within + path, bytes.fromhex(digest))
        for path in listed.absent:
            self.bag.problem("bundle-evidence", path)
        for path, own in self.bag.digests.items():
            if path == layout.EVIDENCE_MANIFEST or not path.startswith(within):
                continue
            if listed.get(path) != own and (path in listed or not SYSTEM.fullmatch(path)):
                self.bag.problem("bundle-evidence", path)
        for path, own in self.bag.digests.items():
            misnamed = path.startswith(f"{layout.OBJECTS}/") and layout.object_path(own.hex()) != path
            if misnamed and not SYSTEM.fullmatch(path):
                self.bag.problem("bundle-object-name", path)
        said = self.bag.info.get("Workbench-Evidence-Manifest-Sha256", [""])[0]
        manifest = self.bag.digests.get(layout.EVIDENCE_MANIFEST)
        if manifest is not None and said != manifest.hex():
            self.bag.problem("bundle-evidence", layout.EVIDENCE_MANIFEST)

    def _lines(self, path: str) -> Iterator[str]:
        if path not in self.bag.files.sizes:
            return
        with self.bag.files.open(path) as stream:
            while line := stream.readline():
                yield line.decode("utf-8", "replace")

    # the chain

    def _chain(self) -> None:
        if layout.SUMMARY not in self.bag.files.sizes or layout.CUSTODY not in self.bag.files.sizes:
            return
        summary = json.loads(self.bag.files.read(layout.SUMMARY))
        prev = custody.genesis(bytes.fromhex(summary["case"]))
        open_sets: dict[str, list[tuple[int, int, int, bytes, bytes]]] = {}
        for line in self._lines(layout.CUSTODY):
            self.progress.check()
            entry = json.loads(line)
            self.ops += 1
            where = f"op {entry['seq']}"
            sets = [
                RowSet(each["table"], each["first"], each["last"], each["count"], bytes.fromhex(each["digest"]))
                for each in entry["rows"]
            ]
            form = custody.op_form(
                seq=entry["seq"],
                uid=bytes.fromhex(entry["uid"].replace("-", "")),
                time=entry["time_us"],
                name=entry["op"],
                undoes=entry["undoes"],
                actor=bytes.fromhex(entry["actor_digest"]),
                arguments=bytes.fromhex(entry["arguments_digest"]),
                rows=sets,
                prev=prev,
            )
            own = custody.op_hash(form)
            if entry["seq"] != self.ops or entry["prev"] != prev.hex() or entry["hash"] != own.hex():
                self.bag.problem("bundle-chain", where)
            for name in ("actor", "arguments"):
                salt = entry[f"{name}_salt"]
                if (salt is None) != (entry[name] is None) or (
                    salt is not None
                    and custody.salted(bytes.fromhex(salt), entry[name]).hex() != entry[f"{name}_digest"]
                ):
                    self.bag.problem("bundle-chain", f"{where} ({name})")
            for each, row_set in zip(entry["rows"], sets, strict=True):
                if each["salt"] is not None:
                    open_sets.setdefault(row_set.table, []).append(
                        (row_set.first, row_set.last, entry["seq"], bytes.fromhex(each["salt"]), row_set.digest)
                    )
            prev = bytes.fromhex(entry["hash"])
        self.head = prev.hex()
        if summary["custody"] != {"ops": self.ops, "head": self.head}:
            self.bag.problem("bundle-head", layout.SUMMARY)
        if self.bag.info.get("Workbench-Custody-Head") != [self.head]:
            self.bag.problem("bundle-head", layout.BAG_INFO)
        self._rows(open_sets)

    def _rows(self, open_sets: dict[str, list[tuple[int, int, int, bytes, bytes]]]) -> None:
        """Compute the digest of every row set whose salt is given. Sets of a table lie one after the other."""
        files = {path for path in self.bag.files.sizes if path.startswith(f"{layout.ROWS}/")}
        for table, sets in sorted(open_sets.items()):
            path = f"{layout.ROWS}/{table}.jsonl"
            files.discard(path)
            lines = self._lines(path)
            try:
                columns = json.loads(next(lines))["columns"]
                for first, last, seq, salt, digest in sorted(sets):
                    found = [json.loads(next(lines)) for _ in range(first, last + 1)]
                    self.rows += len(found)
                    self.progress.check()
                    ids = [row[0] for row in found]
                    values = {name: [_value(row[at]) for row in found] for at, name in enumerate(columns, start=1)}
                    if ids != list(range(first, last + 1)) or (
                        custody.rows_digest(salt, table, first, values) != digest
                    ):
                        self.bag.problem("bundle-rows", f"{table} op {seq}")
                if next(lines, None) is not None:
                    self.bag.problem("bundle-rows", path)
            except (StopIteration, ValueError, KeyError, TypeError, IndexError, OverflowError, *UNREADABLE):
                self.bag.problem("bundle-rows", path)
        for path in sorted(files):
            self.bag.problem("bundle-rows", path)

    # the signature and the case

    def _signature(self) -> None:
        files = self.bag.files
        present = [path for path in (layout.SIGNATURE, layout.PUBLIC_KEY) if path in files.sizes]
        if not present:
            return
        try:
            good = len(present) == 2 and holds(
                files.read(layout.PUBLIC_KEY),
                files.read(layout.SIGNATURE),
                files.read(layout.manifest("sha256")),
                files.read(layout.tag_manifest("sha256")),
            )
        except (KeyError, ValueError, *UNREADABLE):
            good = False
        if not good:
            self.bag.problem("bundle-signature", present[0])
        self.bag.warn("bag-signature-unchecked", layout.PUBLIC_KEY)

    def _case(self) -> None:
        if layout.CASE_FILE not in self.bag.digests:
            return
        with tempfile.TemporaryDirectory(prefix="workbench-verify-") as folder:
            place = Path(folder) / "selection.wbcase"
            with self.bag.files.open(layout.CASE_FILE) as stream, place.open("wb") as out:
                shutil.copyfileobj(stream, out, 1 << 20)
            try:
                for problem in self._case_problems(place):
                    self.bag.problem("bundle-case", problem)
            except UserError as error:
                self.bag.problem("bundle-case", str(error))
            except driver.Error as error:
                self.bag.problem("bundle-case", str(error))

    def _case_problems(self, place: Path) -> list[str]:
        if driver.sniff(place) is None:
            return [Message("not-a-case", {"path": layout.CASE_FILE}).text()]
        conn = driver.connect_reader(place, immutable=True)
        try:
            with moment(conn):
                uid = bytes.fromhex(
                    conn.execute("SELECT value FROM setting WHERE key = 'uid' ORDER BY id").fetchone()[0]
                )
                evidence = _HashedEvidence(place.parent, self.bag)
                columns = Columns(place.parent, uid, writable=False)
                reader = Reader(conn, columns, evidence, Previews(place.parent / "none", writable=False), uid)
                return [problem.text for problem in verify_case(reader, self.progress).problems]
        except (TypeError, ValueError) as error:
            return [str(error)]
        finally:
            conn.close()


class _HashedEvidence(Evidence):
    """The objects of a bundle, of which every byte has just been hashed."""

    def __init__(self, folder: Path, bag: Bag) -> None:
        super().__init__(folder)
        self._bag = bag

    @property
    def present(self) -> bool:
        """They lie in the bundle."""
        return True

    @cached_property
    def warcs(self) -> Warcs:
        """The exchanges of the bundle."""
        return _BagWarcs(self._bag)

    def check(self, sha256: bytes, size: int) -> str | None:
        """What the hashing came to."""
        path = layout.object_path(sha256.hex())
        if path not in self._bag.files.sizes:
            return "object-missing"
        if self._bag.digests.get(path) != sha256 or self._bag.files.sizes[path] != size:
            return "object-damaged"
        return None


class _BagWarcs(Warcs):
    """The files of exchanges in a bundle, as far as they could be read to the end."""

    def __init__(self, bag: Bag) -> None:
        super().__init__(Path())
        self._bag = bag

    def open(self, name: str) -> BinaryIO:
        """A seekable stream of a whole file; raises `UserError` ``warc-missing``."""
        path = layout.warc_path(name)
        if self._bag.digests.get(path) is None:
            raise UserError("warc-missing", name=name)
        return self._bag.files.open(path)


def _value(plain: Any) -> Any:
    return bytes.fromhex(plain["b"]) if isinstance(plain, dict) else plain

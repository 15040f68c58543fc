"""Verify a bundle, folder or zip: the bag, its evidence part, the custody chain, the rows, the signature, the case."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Iterator
from csv import Error as CsvError
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from struct import error as StructError  # noqa: N812 - a name that says what it is
from typing import Any, BinaryIO

from workbench.bundle import layout
from workbench.bundle.bag import SYSTEM, Bag, Known, check_bag
from workbench.bundle.bagfiles import UNREADABLE, Digests, is_bundle, opened
from workbench.bundle.hostile import LONGEST_LINE, plain_json
from workbench.bundle.leaks.search import Search
from workbench.bundle.numbering import REFERS
from workbench.bundle.pictures import Previewer, previews_hold
from workbench.bundle.recheck import Proof, Recheck
from workbench.bundle.retable import PARTLY, WHOLE, tables_hold
from workbench.bundle.signing import fingerprint_of, holds
from workbench.bundle.tagfiles import bag_info
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
from workbench.core.times import rfc3339
from workbench.queries.verify import Problem
from workbench.queries.verify import verify as verify_case

OpenSets = dict[str, list[tuple[int, int, int, bytes, bytes]]]
"""By table: first and last row, op, salt, digest."""
MOST_ROWS = 5_000_000
"""In one row set: all of them are in memory at a time."""

FORGED = (
    KeyError, ValueError, TypeError, AttributeError, IndexError, OverflowError, RecursionError, StructError, CsvError,
    *UNREADABLE,
)  # fmt: skip
"""What values that somebody forged can raise where they are used."""

__all__ = ["BundleVerified", "is_bundle", "verify_bundle"]


@dataclass(frozen=True)
class BundleVerified:
    """What a check came to. `checked` counts files, ops and rows; `head` is that of the custody chain, or null.

    `seal` is computed anew (`layout.seal`); `signed_by` is the fingerprint of the key whose signature was checked and
    holds. `proof` says what the chain proves, what was computed again from it, and what only seal or signature cover;
    null for bags of other programs and for bundles of layout 1.
    """

    checked: int
    problems: tuple[Problem, ...]
    warnings: tuple[Message, ...]
    files: int
    head: str | None
    seal: str | None = None
    signed_by: str | None = None
    proof: Proof | None = None

    @property
    def ok(self) -> bool:
        """Nothing is wrong. Warnings may remain."""
        return not self.problems


def verify_bundle(
    path: Path,
    progress: Progress | None = None,
    *,
    expect_seal: str | None = None,
    expect_key: str | None = None,
    previewer: Previewer | None = None,
    search: Search | None = None,
    known: Known | None = None,
) -> BundleVerified:
    """Read every byte again, and compute again what can be.

    `expect_seal` is the seal, and `expect_key` the fingerprint of the key, that the recipient got by another way: any
    other, or none, is a problem. `previewer` makes previews again to compare them. For a job thread. Raises
    `UserError` ``bundle-not-found``, ``bundle-unreadable``, and `Cancelled`.

    Who writes a bundle gives a `search`, which gets every byte and the values of the bundle's case, and the digests of
    files that were read back after they were written.
    """
    progress = progress or Progress()
    if not is_bundle(path):
        raise UserError("bundle-not-found", path=path.name)
    files = opened(path)
    try:
        bag = check_bag(files, progress, search, known)
        checked = len(files.sizes)
        ours = _Ours(bag, progress, search, previewer)
        if "Workbench-Bundle" in bag.info or layout.SUMMARY in files.sizes:
            checked += ours.check()
        if expect_seal is not None and ours.seal != expect_seal.strip().lower():
            bag.problem("bundle-seal-expected", ours.seal or "–")
        if expect_key is not None and ours.signed_by != expect_key:
            bag.problem("bundle-key-expected", ours.signed_by or "–")
        return BundleVerified(
            checked,
            tuple(dict.fromkeys(bag.problems)),
            tuple(bag.warnings),
            len(files.sizes),
            ours.head,
            ours.seal,
            ours.signed_by,
            ours.proof,
        )
    finally:
        files.close()


class _Ours:
    """What only bundles of this program have."""

    def __init__(self, bag: Bag, progress: Progress, search: Search | None, previewer: Previewer | None) -> None:
        self.bag = bag
        self.progress = progress
        self.search = search
        self.previewer = previewer
        self.head: str | None = None
        self.seal: str | None = None
        self.signed_by: str | None = None
        self.proof: Proof | None = None
        self.summary: dict[str, Any] = {}
        self.sets: dict[str, list[tuple[int, int, bool]]] = {}
        self.open_sets: OpenSets = {}
        self.seen_rows = False
        self.ops = 0
        self.rows = 0

    def check(self) -> int:
        """Run all checks; returns how many ops and rows were computed again."""
        old = self.bag.info.get("Workbench-Bundle") == ["1"]
        needed = (layout.SUMMARY, layout.CUSTODY, layout.CASE_FILE, layout.EVIDENCE_MANIFEST, layout.README)
        for path in needed if old else (*needed, layout.NUMBERING, layout.VERIFIER):
            if path not in self.bag.files.sizes:
                self.bag.problem("bundle-incomplete", path)
        self._tags()
        self._evidence()
        for place, check in (
            (layout.SUMMARY, self._summary),
            (layout.CUSTODY, self._chain),
            (layout.BAG_INFO, self._seal),
            (layout.SIGNATURE, self._signature),
            (layout.CASE_FILE, self._case),
        ):
            try:
                check()
            except FORGED as error:
                self.bag.problem("bundle-table", f"{place} ({error})"[:500])
        if not self.seen_rows:
            self._rows(None)
        return self.ops + self.rows

    @property
    def _is_old(self) -> bool:
        """Of layout 1, by all that it says of itself?"""
        return self.summary.get("format") == "workbench-bundle-1" and self.bag.info.get("Workbench-Bundle") == ["1"]

    def _summary(self) -> None:
        if layout.SUMMARY not in self.bag.files.sizes:
            return
        found = plain_json(self.bag.files.read(layout.SUMMARY))
        if not isinstance(found, dict):
            raise TypeError("no object")
        self.summary = found
        if self._is_old:
            self.bag.warn("bundle-old-layout", layout.SUMMARY)
        elif found.get("format") != layout.FORMAT or self.bag.info.get("Workbench-Bundle") != [layout.VERSION]:
            self.bag.problem("bundle-layout", str(found.get("format"))[:100])

    def _seal(self) -> None:
        """The seal, and that what stands beside the payload is what the payload says of it."""
        manifest = self.bag.digests.get(layout.manifest("sha256"))
        if self.head is None or manifest is None:
            return
        self.seal = layout.seal(self.head, manifest.hex())
        if self._is_old:
            return
        if self.bag.info.get("Workbench-Seal") != [self.seal]:
            self.bag.problem("bundle-seal", layout.BAG_INFO)
        known = [(str(label), str(value)) for label, value in self.summary["bag_info"]]
        size, count = self._payload()
        if self.bag.files.read(layout.BAG_INFO) != bag_info(known, size, count, self.seal):
            self.bag.problem("bundle-beside", layout.BAG_INFO)
        beside: dict[str, str] = self.summary["beside_payload"]
        for path in (layout.BAGIT, layout.README, layout.VERIFIER):
            digest = self.bag.digests.get(path)
            if digest is None or beside.get(path) != digest.hex():
                self.bag.problem("bundle-beside", path)

    def _payload(self) -> tuple[int, int]:
        sizes = [
            size
            for path, size in self.bag.files.sizes.items()
            if path.startswith("data/") and not SYSTEM.fullmatch(path)
        ]
        return sum(sizes), len(sizes)

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
        for line in self._raw_lines(path):
            yield line.decode("utf-8", "replace")

    def _raw_lines(self, path: str) -> Iterator[bytes]:
        if path not in self.bag.files.sizes:
            return
        with self.bag.files.open(path) as stream:
            while line := stream.readline(LONGEST_LINE):
                if len(line) == LONGEST_LINE:
                    raise ValueError("a line is too long")
                yield line

    # the chain

    def _chain(self) -> None:
        if layout.SUMMARY not in self.bag.files.sizes or layout.CUSTODY not in self.bag.files.sizes:
            return
        summary = self.summary
        prev = custody.genesis(bytes.fromhex(summary["case"]))
        for line in self._raw_lines(layout.CUSTODY):
            self.progress.check()
            entry = plain_json(line)
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
            if not self._is_old and entry["time"] != rfc3339(entry["time_us"]):
                self.bag.problem("bundle-chain", f"{where} (time)")
            for each, row_set in zip(entry["rows"], sets, strict=True):
                if row_set.count != row_set.last - row_set.first + 1 or not 0 < row_set.count <= MOST_ROWS:
                    raise ValueError(f"rows of {row_set.table}")
                self.sets.setdefault(row_set.table, []).append((row_set.first, row_set.last, each["salt"] is not None))
                if each["salt"] is not None:
                    self.open_sets.setdefault(row_set.table, []).append(
                        (row_set.first, row_set.last, entry["seq"], bytes.fromhex(each["salt"]), row_set.digest)
                    )
            prev = bytes.fromhex(entry["hash"])
        self.head = prev.hex()
        if summary["custody"] != {"ops": self.ops, "head": self.head}:
            self.bag.problem("bundle-head", layout.SUMMARY)
        if self.bag.info.get("Workbench-Custody-Head") != [self.head]:
            self.bag.problem("bundle-head", layout.BAG_INFO)

    def _rows(self, recheck: Recheck | None) -> None:
        """Compute the digest of every row set whose salt is given, and hand its rows to `recheck`. Sets of a table lie
        one after the other.
        """
        self.seen_rows = True
        order = {table: number for number, table in enumerate(("actor", *REFERS))}
        files = {path for path in self.bag.files.sizes if path.startswith(f"{layout.ROWS}/")}
        for table, sets in sorted(self.open_sets.items(), key=lambda each: (order.get(each[0], 99), each[0])):
            path = f"{layout.ROWS}/{table}.jsonl"
            files.discard(path)
            lines = self._raw_lines(path)
            try:
                columns = plain_json(next(lines))["columns"]
                for first, last, seq, salt, digest in sorted(sets):
                    found = [plain_json(next(lines)) for _ in range(first, last + 1)]
                    if any(len(row) != len(columns) + 1 for row in found):
                        raise ValueError(path)
                    self.rows += len(found)
                    self.progress.check()
                    ids = [row[0] for row in found]
                    values = {name: [_value(row[at]) for row in found] for at, name in enumerate(columns, start=1)}
                    if ids != list(range(first, last + 1)) or (
                        custody.rows_digest(salt, table, first, values) != digest
                    ):
                        self.bag.problem("bundle-rows", f"{table} op {seq}")
                    elif recheck is not None:
                        recheck.rows(table, ids, values)
                if next(lines, None) is not None:
                    self.bag.problem("bundle-rows", path)
            except (
                StopIteration, ValueError, KeyError, TypeError, IndexError, OverflowError, StructError, *UNREADABLE
            ):  # fmt: skip
                self.bag.problem("bundle-rows", path)
        for path in sorted(files):
            self.bag.problem("bundle-rows", path)

    # the signature and the case

    def _signature(self) -> None:
        files = self.bag.files
        present = [path for path in (layout.SIGNATURE, layout.PUBLIC_KEY) if path in files.sizes]
        said = self.summary.get("signed_by")
        recorded = [each for each in (said, *self.bag.info.get("Workbench-Signed-By", ())) if each]
        if not present:
            if recorded:
                self.bag.problem("bundle-signature-missing", str(recorded[0])[:100])
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
            return
        own = fingerprint_of(files.read(layout.PUBLIC_KEY))
        if not self._is_old and (said != own or self.bag.info.get("Workbench-Signed-By") != [own]):
            self.bag.problem("bundle-signature-other", own)
            return
        self.signed_by = own

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
                if self.search is not None:
                    self.search.database(conn, layout.CASE_FILE, self.progress)
                found = [problem.text for problem in verify_case(reader, self.progress, folder=False).problems]
                if not self._is_old and not self._compared(reader):
                    found.append(Message("verify-bundle-not-compared", {"where": layout.CASE_FILE}).text())
                return found
        except (TypeError, ValueError) as error:
            return [str(error)]
        finally:
            conn.close()

    def _compared(self, reader: Reader) -> bool:
        """Compare the case with the rows that the chain vouches for, and the tables with the case."""
        if self.head is None or layout.NUMBERING not in self.bag.digests:
            return False
        recheck = Recheck(self.bag, self.summary, self.sets, self._raw_lines, reader, self.progress)
        self._rows(recheck)
        bound, unbound, closed = recheck.finish(self.head, self.ops)
        tables_hold(recheck)
        previews = None if self.previewer is None else previews_hold(recheck, self.previewer)
        self.proof = Proof(bound, unbound, closed, WHOLE, PARTLY, previews)
        return True


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

    def has(self, sha256: bytes) -> bool:
        """Is it in the bundle?"""
        return layout.object_path(sha256.hex()) in self._bag.files.sizes

    def open(self, sha256: bytes) -> BinaryIO:
        """A seekable stream of an object; raises `UserError` ``object-missing``."""
        if not self.has(sha256):
            raise UserError("object-missing", sha256=sha256.hex())
        return self._bag.files.open(layout.object_path(sha256.hex()))

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
    if type(plain) in (int, float, str, type(None)):
        return plain
    if type(plain) is dict and list(plain) == ["b"]:
        return bytes.fromhex(plain["b"])
    raise TypeError("no value of a row")

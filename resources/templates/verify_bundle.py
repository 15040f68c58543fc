#!/usr/bin/env python3
"""Check an evidence bundle. Needs Python 3.8 or newer, and nothing else.

    python3 verify.py                    check the bundle in which this file lies
    python3 verify.py FOLDER             check another one (unpack a zip first)
    python3 verify.py --extract FOLDER   put the files under readable names into a new folder
    python3 verify.py --expect-seal HEX  the seal that you got by another way: any other is a problem
    python3 verify.py --expect-key KEY   public key file (PEM) or its fingerprint: not signed with it is a problem

Ends with 0 when no problem was found, with 1 when one was, with 2 when there is nothing to check.
The method is written down in README.txt, section 5. Take this program from somebody you trust, not from a bundle that
you doubt: whoever forges a bundle can change what lies in it.
"""

# It runs alone, from Python 3.8 on, hence no pathlib and no strict zip.
# ruff: noqa: PTH100, PTH102, PTH113, PTH118, PTH120, PTH123, T201, B905, S608, BLE001, E501

from __future__ import annotations

import base64
import csv
import hashlib
import io
import json
import os
import re
import shutil
import sqlite3
import sys
import zlib
from bisect import bisect_right
from datetime import datetime, timedelta
from itertools import zip_longest
from struct import pack
from urllib.parse import quote

EVIDENCE = "data/evidence/"
OBJECTS = EVIDENCE + "objects/"
RECORD = "data/record/"
UNLISTED = {"tagmanifest-sha256.txt", "tagmanifest-sha512.txt", "signature.ed25519", "signature-public.pem"}
CASE = RECORD + "selection.wbcase"
LONGEST_LINE = 64 << 20
MOST_ROWS = 5_000_000  # in one row set: they are in memory at a time
MOST_TOLD = 20  # problems of one kind
BESIDE = {"bagit.txt", "bag-info.txt", "README.txt", "verify.py", "manifest-sha256.txt", "manifest-sha512.txt"}
TABLES = (
    "files", "sightings", "snapshots", "events", "origins", "changes", "marks", "warnings", "datasets", "logs",
    "timeline", "requests", "charter", "coverage",
)  # fmt: skip
REFERS = {
    "source": {}, "path": {"parent": "path"}, "snapshot": {"source": "source"}, "snapshot_end": {"snapshot": "snapshot"},
    "coverage": {"snapshot": "snapshot", "path": "path"}, "container": {"snapshot": "snapshot", "path": "path"},
    "object": {}, "sighting": {"snapshot": "snapshot", "path": "path", "object": "object"},
    "warning": {"snapshot": "snapshot", "path": "path", "object": "object"},
    "log": {"object": "object", "source": "source", "extends": "log"},
    "reading": {"log": "log", "supersedes": "reading"}, "reading_end": {"reading": "reading"},
    "address": {}, "word": {}, "logpath": {},
    "event": {"reading": "reading", "address": "address", "method": "word", "path": "logpath", "user": "word",
              "agent": "word", "referrer": "word"},
    "reject": {"reading": "reading"}, "rootmap": {"log": "log"}, "dataset": {},
    "lookup": {"address": "address", "dataset": "dataset"}, "claim": {"address": "address", "dataset": "dataset"},
    "analysis": {"object": "object"}, "fact": {"object": "object", "analysis": "analysis"},
    "layout": {"reading": "reading"}, "open_layout": {"reading": "reading"},
    "route": {"event": "event", "peer": "address", "forwarded": "word"},
    "citation": {"duplicate": "event", "event": "event"}, "overlap": {"log": "log", "other": "log"},
    "match": {"event": "event", "sighting": "sighting"}, "watch": {"source": "source"}, "charter": {"source": "source"},
    "warc": {"snapshot": "snapshot"}, "exchange": {"snapshot": "snapshot", "object": "object", "warc": "warc"},
    "trusted": {"sighting": "sighting"}, "recheck": {"sighting": "sighting"},
    "decision": {"source": "source", "snapshot": "snapshot"}, "missed": {"source": "source"},
}  # fmt: skip
"""Tables of the case, and which column points where."""
CHANGED = {
    "snapshot": {"resume"}, "event": {"start", "length"}, "reject": {"start", "length"},
    "log": {"object", "content_sha256", "content_size", "compression", "extends", "from_offset", "from_line"},
    "exchange": {"start", "length", "sha256"},
}  # fmt: skip
"""Columns that differ by design between a row that the chain vouches for and the one in selection.wbcase."""
BECOMES = {
    ("snapshot", "scope"): ("complete", "partial"), ("snapshot_end", "status"): ("complete", "partial"),
    ("sighting", "state"): ("ok", "withheld"),
}  # fmt: skip
TARGETS = ("object", "sighting", "event", "address", "match", "snapshot")
ACTIONS = ("other", "upload", "download", "list", "delete", "move", "login", "login-failed")
WITHHOLDING = ("redacted-object", "missing-bytes", "damaged-bytes", "unreadable-bytes")
SYSTEM = re.compile(r"(.*/)?(\.DS_Store|Thumbs\.db|desktop\.ini|\._[^/]*)")
ENDINGS = {
    "image/jpeg": "jpg", "image/png": "png", "image/gif": "gif", "image/webp": "webp", "image/tiff": "tif",
    "image/bmp": "bmp", "image/avif": "avif", "image/vnd.adobe.photoshop": "psd", "video/mp4": "mp4",
    "video/quicktime": "mov", "video/webm": "webm", "audio/mpeg": "mp3", "application/pdf": "pdf",
    "application/zip": "zip", "text/plain": "txt",
}  # fmt: skip


class Check:
    """One bundle, and what is wrong with it."""

    def __init__(self, root: str) -> None:
        self.root = root
        self.problems: list[str] = []
        self.told: dict[str, int] = {}
        self.files: dict[str, int] = {}
        self.sha256: dict[str, str] = {}
        self.info: list[str] = []
        self.summary: dict = {}
        self.sets: dict[str, list] = {}
        self.ops = self.rows = self.closed = 0
        self.head = self.seal = self.signer = None
        self.case: Case | None = None

    def wrong(self, text: str, kind: str = "") -> None:
        """Note a problem, with everything that could disturb a terminal made visible; of a kind not more than a few."""
        if kind:
            self.told[kind] = self.told.get(kind, 0) + 1
            if self.told[kind] > MOST_TOLD:
                return
        shown = "".join(sign if sign.isprintable() else f"\\u{ord(sign):04x}" for sign in text[:1000])
        if shown not in self.problems:
            self.problems.append(shown)

    def run(self, seal: str | None = None, key: str | None = None) -> None:
        """Everything. Whatever a forger writes into a file is a problem with its place, and no crash."""
        for place, step in (
            ("The folder", lambda: self.walk("")), ("The bag", self.bag), ("The evidence part", self.evidence),
            ("bundle.json", self.about), ("The custody log", self.chain), ("bag-info.txt", self.beside),
            ("The signature", self.signature), ("selection.wbcase", self.compare), ("A table", self.tables),
            ("The record", self.names),
        ):  # fmt: skip
            try:
                step()
            except Exception as error:
                self.wrong(f"{place} cannot be checked: {type(error).__name__} {error}.")
        if self.case is not None:
            self.case.close()
        if seal is not None and seal.strip().lower() != self.seal:
            self.wrong(f"The seal is {self.seal}, not the one that was expected.")
        if key is not None and key != self.signer:
            self.wrong(f"The bundle is not signed with the key that was expected, but: {self.signer or 'not signed'}.")

    def walk(self, folder: str) -> None:
        """Find every file. Links are not followed."""
        for entry in os.scandir(os.path.join(self.root, folder)):
            path = folder + entry.name
            if entry.is_symlink() or not (entry.is_dir() or entry.is_file()):
                self.wrong(f"{path} is a link or a device, not a file.")
            elif entry.is_dir():
                self.walk(path + "/")
            else:
                self.files[path] = entry.stat().st_size

    def open(self, path: str):
        """A file of the bundle, for reading bytes. What is no plain file is not opened: a pipe would wait for ever."""
        if path not in self.files:
            raise ValueError(f"{path} is missing")
        return open(os.path.join(self.root, *path.split("/")), "rb")

    def lines(self, path: str):
        """The lines of a text file, without their line feeds."""
        if path not in self.files:
            self.wrong(f"{path} is missing.")
            return
        with self.open(path) as file:
            while True:
                line = file.readline(LONGEST_LINE)
                if not line:
                    return
                if len(line) == LONGEST_LINE:
                    raise ValueError(f"a line of {path} is too long")
                yield line.decode("utf-8", "replace").rstrip("\n")

    def records(self, path: str):
        """The values of a file of JSON lines."""
        with self.open(path) as file:
            for number in range(1, sys.maxsize):
                line = file.readline(LONGEST_LINE)
                if not line:
                    return
                if len(line) == LONGEST_LINE:
                    raise ValueError(f"line {number} of {path} is too long")
                yield load(line)

    # the bag: RFC 8493

    def bag(self) -> None:
        """Read every byte once and compare it with both manifests; then look for what nobody lists."""
        if list(self.lines("bagit.txt")) != ["BagIt-Version: 1.0", "Tag-File-Character-Encoding: UTF-8"]:
            self.wrong("bagit.txt does not declare a BagIt 1.0 bag.")
        payload = {name: self.manifest(f"manifest-{name}.txt") for name in ("sha256", "sha512")}
        tags = {name: self.manifest(f"tagmanifest-{name}.txt") for name in ("sha256", "sha512")}
        for path in sorted(self.files):
            own = {name: hashlib.new(name) for name in ("sha256", "sha512")}
            with self.open(path) as file:
                for block in iter(lambda: file.read(1 << 20), b""):
                    for each in own.values():
                        each.update(block)
            self.sha256[path] = own["sha256"].hexdigest()
            for name, digest in own.items():
                listing = (payload if path.startswith("data/") else tags)[name]
                if path in listing and listing[path] != digest.hexdigest():
                    self.wrong(f"{path} was changed ({name}).")
                elif path not in listing and path not in UNLISTED and not SYSTEM.fullmatch(path):
                    self.wrong(f"{path} does not belong here: no {name} manifest lists it.")
        for listing in (*payload.values(), *tags.values()):
            for path in listing:
                if path not in self.files:
                    self.wrong(f"{path} is missing.")
        sizes = [size for path, size in self.files.items() if path.startswith("data/") and not SYSTEM.fullmatch(path)]
        oxum = f"Payload-Oxum: {sum(sizes)}.{len(sizes)}"
        self.info = list(self.lines("bag-info.txt"))
        if oxum not in self.info:
            self.wrong("Number or size of the files differ from bag-info.txt.")

    def manifest(self, name: str) -> dict[str, str]:
        """Path to digest."""
        listed: dict[str, str] = {}
        for line in self.lines(name):
            found = re.fullmatch(r"([0-9a-f]{64,128})  ([!-~]+)", line)
            if not found or ".." in found[2].split("/") or found[2].startswith("/"):
                self.wrong(f"A line of {name} cannot be read.")
            elif found[2] in listed:
                self.wrong(f"{name} lists {found[2]} twice.")
            else:
                listed[found[2]] = found[1]
        return listed

    def evidence(self) -> None:
        """The evidence part has its own manifest, and its objects are named by their bytes."""
        own = EVIDENCE + "manifest-sha256.txt"
        listed = self.manifest(own)
        found = {
            path[len(EVIDENCE) :]: digest
            for path, digest in self.sha256.items()
            if path.startswith(EVIDENCE) and path != own and not SYSTEM.fullmatch(path)
        }
        for path in sorted(set(listed) | set(found)):
            if listed.get(path) != found.get(path):
                self.wrong(f"The evidence part's own manifest does not agree at {path}.")
        for path, digest in self.sha256.items():
            if (
                path.startswith(OBJECTS)
                and not SYSTEM.fullmatch(path)
                and path[len(OBJECTS) :] != digest[:2] + "/" + digest
            ):
                self.wrong(f"{path} is not named by the SHA-256 of its bytes.")

    # the custody chain: README.txt, section 5

    def about(self) -> None:
        """What the bundle says of itself."""
        with self.open(RECORD + "bundle.json") as file:
            self.summary = load(file.read(LONGEST_LINE))
        if self.summary["format"] != "workbench-bundle-2" or "Workbench-Bundle: 2" not in self.info:
            self.wrong("The bundle is not of layout 2, which this program knows. Use the verify.py that came with it.")

    def chain(self) -> None:
        """Compute every op again."""
        prev = hashlib.sha256(b"workbench-custody-1\0" + bytes.fromhex(self.summary["case"])).hexdigest()
        for op in self.records(RECORD + "custody.jsonl"):
            self.ops += 1
            where = f"op {op['seq']}"
            rows = [{key: each[key] for key in ("table", "first", "last", "count", "digest")} for each in op["rows"]]
            form = {
                "seq": op["seq"], "uid": op["uid"].replace("-", ""), "time": op["time_us"], "op": op["op"],
                "undoes": op["undoes"], "actor": op["actor_digest"], "arguments": op["arguments_digest"],
                "rows": sorted(rows, key=lambda each: each["table"]), "prev": prev,
            }  # fmt: skip
            own = hashlib.sha256(canonical(form)).hexdigest()
            if (op["seq"], op["prev"], op["hash"]) != (self.ops, prev, own):
                self.wrong(f"The custody chain does not hold at {where}.", "chain")
            if op["time"] != rfc3339(op["time_us"]):
                self.wrong(f"The time of {where} is told in two ways.", "time")
            for name in ("actor", "arguments"):
                salt = op[name + "_salt"]
                if salt is None:
                    self.closed += 1
                    if op[name] is not None:
                        self.wrong(f"{where} tells its {name} without the salt that would prove it.", "salt")
                elif hashlib.sha256(bytes.fromhex(salt) + canonical(op[name])).hexdigest() != op[name + "_digest"]:
                    self.wrong(f"The {name} of {where} is not what was recorded.", "salted")
            for each in op["rows"]:
                if each["count"] != each["last"] - each["first"] + 1 or not 0 < each["count"] <= MOST_ROWS:
                    raise ValueError(f"{where} names rows that cannot be")
                self.closed += each["salt"] is None
                self.sets.setdefault(each["table"], []).append((each["first"], each["last"], each, where))
            prev = op["hash"]
        if self.summary["custody"] != {"ops": self.ops, "head": prev}:
            self.wrong("The head of the custody chain is not the one that bundle.json names.")
        if "Workbench-Custody-Head: " + prev not in self.info:
            self.wrong("The head of the custody chain is not the one that bag-info.txt names.")
        self.head = prev

    def beside(self) -> None:
        """The seal, and what stands beside the payload, which bundle.json vouches for."""
        manifest = self.sha256["manifest-sha256.txt"]
        if self.head is None:
            return
        self.seal = hashlib.sha256(f"workbench-seal-1\n{self.head}\n{manifest}\n".encode()).hexdigest()
        sizes = [size for path, size in self.files.items() if path.startswith("data/") and not SYSTEM.fullmatch(path)]
        known = [f"{label}: {value}" for label, value in self.summary["bag_info"]]
        known += [f"Bag-Size: {amount(sum(sizes))}", f"Payload-Oxum: {sum(sizes)}.{len(sizes)}"]
        if self.info != [*known, f"Workbench-Seal: {self.seal}"]:
            self.wrong("bag-info.txt, or the seal in it, is not what belongs to this bundle.")
        for path in ("bagit.txt", "README.txt", "verify.py"):
            if self.sha256.get(path) != self.summary["beside_payload"].get(path):
                self.wrong(f"{path} is not what bundle.json says of it.")

    def signature(self) -> None:
        """Is it there, if it was made, and does it hold?"""
        said = self.summary.get("signed_by")
        labels = [
            line[len("Workbench-Signed-By: ") :] for line in self.info if line.startswith("Workbench-Signed-By: ")
        ]
        present = [path for path in ("signature.ed25519", "signature-public.pem") if path in self.files]
        if not present and not said and not labels:
            return
        if len(present) != 2:
            self.wrong(f"The bundle says that it was signed with the key {said}, and the signature is not there.")
            return
        with self.open("signature-public.pem") as file:
            public = key_of(file.read(1 << 16).decode("ascii"))
        with self.open("signature.ed25519") as file:
            signature = bytes.fromhex(file.read(1 << 10).decode("ascii").strip())
        content = b""
        for name in ("manifest-sha256.txt", "tagmanifest-sha256.txt"):
            with self.open(name) as file:
                content += file.read()
        own = hashlib.sha256(DER + public).hexdigest()
        if not ed25519(public, signature, content):
            self.wrong("The signature does not belong to these manifests.")
        elif said != own or labels != [own]:
            self.wrong(f"The signature is of the key {own}, which is not the one that the bundle names.")
        else:
            self.signer = own

    # the rows that the chain vouches for, and the case that was made of them

    def compare(self) -> None:
        """Compute the digests of all rows, and compare each with its row in selection.wbcase."""
        self.bound = dict.fromkeys(REFERS, 0)
        self.numbers: dict[str, tuple[list, list, list]] = {table: ([], [], []) for table in REFERS}
        self.superseded: set[int] = set()
        self.absent: list[int] = []
        self.withheld: set[int] = set()
        self.actors: dict[int, str] = {}
        self.marks = 0
        try:
            self.case = Case(os.path.join(self.root, *CASE.split("/")), self.files[CASE])
            self.numbering()
        except Exception as error:
            self.wrong(f"selection.wbcase cannot be compared with the custody chain: {error}.")
            self.case = None
        order = ["actor", *REFERS]
        for table in sorted(self.sets, key=lambda each: (order.index(each) if each in order else 99, each)):
            open_sets = [each for each in sorted(self.sets[table], key=lambda each: each[0]) if each[2]["salt"]]
            if open_sets:
                try:
                    self.table(table, open_sets)
                except Exception as error:
                    self.wrong(f"Rows of the table {table} cannot be read: {type(error).__name__} {error}.")
        if self.case is not None:
            self.vouched()

    def numbering(self) -> None:
        """Which row of selection.wbcase is which recorded row."""
        for run in self.records(RECORD + "numbering.jsonl"):
            news, olds, counts = self.numbers[run["table"]]
            new, old, count = run["new"], run["old"], run["count"]
            if new != (news[-1] + counts[-1] if news else 1) or count < 1 or (olds and old < olds[-1] + counts[-1]):
                raise ValueError("numbering.jsonl is not in order")
            for kept, value in zip((news, olds, counts), (new, old, count)):
                kept.append(value)

    def new(self, table: str, row: int | None) -> int | None:
        """The id that a recorded row has in selection.wbcase; null when it is not in it."""
        news, olds, counts = self.numbers[table]
        at = bisect_right(olds, row) - 1 if row is not None else -1
        return news[at] + row - olds[at] if at >= 0 and row < olds[at] + counts[at] else None

    def old(self, table: str, row: int) -> int:
        """The id that a row of selection.wbcase was recorded with."""
        news, olds, _ = self.numbers[table]
        at = bisect_right(news, row) - 1
        return olds[at] + row - news[at]

    def table(self, table: str, sets: list) -> None:
        """Compute the digests of the rows of one table, op by op."""
        lines = self.records(f"{RECORD}rows/{table}.jsonl")
        columns = next(lines)["columns"]
        for first, last, row_set, where in sets:
            rows = []
            for number in range(first, last + 1):
                row = next(lines, None)
                if not isinstance(row, list) or row[:1] != [number] or len(row) != len(columns) + 1:
                    self.wrong(f"Rows of the table {table}, {where}, are missing or are no rows.")
                    return
                rows.append(row)
            self.rows += len(rows)
            head = {"table": table, "columns": columns, "first": first, "count": len(rows)}
            digest = hashlib.sha256(bytes.fromhex(row_set["salt"]) + canonical(head) + b"\n")
            for at in range(1, len(columns) + 1):
                kinds, values = zip(*(coded(row[at]) for row in rows))
                digest.update(bytes(kinds))
                digest.update(b"".join(values))
            if digest.hexdigest() != row_set["digest"]:
                self.wrong(f"Rows of the table {table} are not what {where} recorded.", "rows " + table)
            elif self.case is not None:
                self.bind(table, columns, rows)
        if next(lines, None) is not None:
            self.wrong(f"The table {table} has rows that no op recorded.")

    def bind(self, table: str, columns: list[str], rows: list) -> None:
        """Compare recorded rows with those of selection.wbcase."""
        if table == "actor":
            self.actors.update((row[0], row[columns.index("name") + 1]) for row in rows)
        elif table == "mark":
            for row in rows:
                self.mark(row[0], dict(zip(columns, (plain(each) for each in row[1:]))))
        if table not in REFERS:
            return
        if table == "reading":
            self.superseded.update(row[columns.index("supersedes") + 1] for row in rows)
        here = [(self.new(table, row[0]), row) for row in rows]
        low, high = ([number for number, _ in here if number] or [0])[0], max(number or 0 for number, _ in here)
        found = self.case.ask(
            f"SELECT id, {', '.join(columns)} FROM {table} WHERE id BETWEEN ? AND ? ORDER BY id", low, high
        )
        for number, row in here:
            cells = {name: plain(each) for name, each in zip(columns, row[1:])}
            moved = {name: self.new(target, cells[name]) for name, target in REFERS[table].items()}
            if number is None:
                gone = any(cells[name] is not None and value is None for name, value in moved.items())
                if table == "reading" and not gone:
                    self.absent.append(row[0])
                elif not gone and table != "object" and not (table in ("exchange", "warc") and self.left("exchange")):
                    self.wrong(f"A row that the chain vouches for is not in selection.wbcase: {table} {row[0]}.", table)
                continue
            own = next(found, None)
            if own is None or own[0] != number:
                self.wrong(f"A row that the chain vouches for is not in selection.wbcase: {table} {row[0]}.", table)
                return
            self.bound[table] += 1
            for name, value in zip(columns, own[1:]):
                wanted = moved.get(name, cells[name])
                same = wanted == value and type(wanted) is type(value)
                became = BECOMES.get((table, name)) == (wanted, value)
                if became and table == "sighting" and cells["object"] is not None:
                    self.withheld.add(cells["object"])
                if not same and not became and name not in CHANGED.get(table, ()):
                    self.wrong(f"A row of selection.wbcase is not the recorded one: {table} {row[0]} ({name}).", table)

    def mark(self, row: int, cells: dict) -> None:
        """Compare one mark, which both name by its uid."""
        kind, target = cells["target_kind"], cells["target"]
        target = self.new(kind, target) if kind in TARGETS else target
        found = next(
            self.case.ask(
                "SELECT m.time, m.target_kind, m.target, m.kind, m.slot, m.value, m.present, a.name FROM mark m "
                "JOIN actor a ON a.id = m.actor WHERE m.uid = ?", cells["uid"],
            ), None,
        )  # fmt: skip
        if found is None:
            if target is not None and kind in (*TARGETS, "case"):
                self.wrong(f"A mark that the chain vouches for is not in selection.wbcase: {row}.", "mark")
            return
        self.marks += 1
        wanted = (cells["time"], kind, target, cells["kind"], cells["slot"], cells["value"], cells["present"])
        if found[:-1] != wanted or self.actors.get(cells["actor"], found[-1]) != found[-1]:
            self.wrong(f"A mark of selection.wbcase is not the recorded one: {row}.", "mark")

    def left(self, part: str) -> bool:
        """Was something of that name left out?"""
        return any(part in each["reason"] and each["count"] > 0 for each in self.summary["left_out"])

    def vouched(self) -> None:
        """No row is in selection.wbcase that neither an open nor a closed row set accounts for."""
        for reading in self.absent:
            if reading not in self.superseded:
                self.wrong(f"A row that the chain vouches for is not in selection.wbcase: reading {reading}.")
        declared = sum(each["count"] for each in self.summary["left_out"] if each["reason"] in WITHHOLDING)
        if len(self.withheld) > declared:
            self.wrong("More files are withheld than bundle.json says that were left out.")
        closed = {}
        for table, sets in self.sets.items():
            for first, last, row_set, _ in sets:
                if row_set["salt"] is None:
                    own = closed.setdefault(table, {"table": table, "sets": 0, "rows": 0})
                    own["sets"] += 1
                    own["rows"] += last - first + 1
        if self.summary["closed"] != [closed[table] for table in sorted(closed)]:
            self.wrong("The row sets without a salt are not those that bundle.json names.")
        self.closed_rows = sum(each["rows"] for each in closed.values())
        self.index = (
            list(self.records(EVIDENCE + "logs/index.jsonl")) if EVIDENCE + "logs/index.jsonl" in self.files else []
        )
        excerpts = {bytes.fromhex(each["excerpt"]["sha256"]) for each in self.index} | {hashlib.sha256().digest()}
        self.unbound = 0
        for table in REFERS:
            news, _, counts = self.numbers[table]
            numbered = news[-1] + counts[-1] - 1 if news else 0
            self.unbound += numbered - self.bound[table]
            extra = self.case.one(f"SELECT count(*) FROM {table}") - numbered if self.case.has(table) else -numbered
            if table == "object" and extra > 0:
                rest = self.case.ask("SELECT sha256 FROM object WHERE id > ?", numbered)
                extra = sum(sha256 not in excerpts for (sha256,) in rest)
            elif table == "warning" and extra > 0:
                sql = "SELECT count(*) FROM warning WHERE id > ? AND (code NOT LIKE 'bundle-%' OR object IS NOT NULL)"
                extra = self.case.one(sql, numbered)
            if extra or (numbered > self.bound[table] and table not in closed):
                self.wrong(f"selection.wbcase has rows of {table} that the chain does not vouch for.")
        marks = self.case.one("SELECT count(*) FROM mark")
        if marks > self.marks and "mark" not in closed:
            self.wrong("selection.wbcase has marks that the chain does not vouch for.")
        self.unbound += marks - self.marks
        own = dict(self.case.ask("SELECT key, value FROM setting ORDER BY id"))
        for key, value in (
            ("origin_case", self.summary["case"]), ("origin_head", self.head), ("origin_ops", str(self.ops)),
        ):  # fmt: skip
            if own.get(key) != value:
                self.wrong(f"selection.wbcase does not come from this case: {key} differs.")

    # what is told of it

    def tables(self) -> None:
        """The tables: CSV like JSON lines, figures like bundle.json, and events, sightings and origins computed again."""
        if self.case is None:
            return
        again = {"events": self.events(), "sightings": self.sightings(), "origins": self.origins()}
        for name in (*TABLES, "objects"):
            stem = (EVIDENCE if name == "objects" else RECORD + "tables/") + name
            count, end = 0, object()
            expected = again.get(name)
            with self.open(stem + ".csv") as raw, io.TextIOWrapper(raw, "utf-8", newline="") as text:
                sheet = csv.reader(text, strict=True)
                header = next(sheet, [])
                columns = [each.lstrip("\ufeff") for each in header[:-1]]
                for number, (row, cells) in enumerate(
                    zip_longest(self.records(stem + ".jsonl"), sheet, fillvalue=end), 1
                ):
                    if row is end or cells is end or guarded(columns, row) != cells:
                        self.wrong(f"{stem}.csv and .jsonl differ at row {number}.", "csv " + name)
                        if row is end or cells is end:
                            break
                    count += 1
                    wanted = next(expected, {"": ""}) if expected is not None else {}
                    for key, value in wanted.items():
                        if value != row.get(key) or type(value) is not type(row.get(key)):
                            self.wrong(
                                f"{stem}.jsonl does not say what selection.wbcase says: row {number}, {key}.", name
                            )
            if expected is not None and next(expected, None) is not None:
                self.wrong(f"{stem}.jsonl lacks rows of selection.wbcase.", name)
            if name != "objects" and self.summary["rows"].get(name) != count:
                self.wrong(f"bundle.json tells another number of rows of the table {name}.")

    def events(self):
        """The table of events as selection.wbcase has them."""
        logs = {}
        for each in self.index:
            reading = self.new("reading", int(each["places"].rsplit("-", 1)[1].split(".")[0]))
            logs[self.case.one("SELECT log FROM reading WHERE id = ?", reading)] = each["log"]
        for row in self.case.ask(
            "SELECT e.time, e.zone, r.zone_rule, a.text, e.action, m.text, p.raw, f.prefix, e.status, u.text, g.text, "
            "o.sha256, e.line, e.ok, e.sent, e.received, e.damaged, e.salvaged, l.id FROM event e "
            "JOIN reading r ON r.id = e.reading JOIN log l ON l.id = r.log JOIN object o ON o.id = l.object "
            "LEFT JOIN address a ON a.id = e.address LEFT JOIN word m ON m.id = e.method LEFT JOIN logpath p ON p.id = e.path "
            "LEFT JOIN word u ON u.id = e.user LEFT JOIN word g ON g.id = e.agent "
            "LEFT JOIN rootmap f ON f.id = (SELECT max(id) FROM rootmap WHERE log = l.id) "
            f"WHERE {self.told_once()} ORDER BY e.id"
        ):  # fmt: skip
            time, zone, rule, address, action, method, path, prefix, status, user, agent, log, line = row[:13]
            ok, sent, received, damaged, salvaged, log_id = row[13:]
            if path is not None and prefix and path.startswith(prefix):
                path = path[len(prefix) :] if path[len(prefix) :].startswith(b"/") else b"/" + path[len(prefix) :]
            yield {
                "time": rfc3339(time, zone), "zone": zone_word(zone, rule), "address": address, "action": ACTIONS[action],
                "method": method, **named(path), "status": status, "ok": None if ok is None else bool(ok),
                "bytes_sent": sent, "bytes_received": received, "path_damaged": bool(damaged), "user": user,
                "agent": agent, "log": logs.get(log_id, log.hex()), "line": line, "salvaged": bool(salvaged),
            }  # fmt: skip

    def told_once(self) -> str:
        """SQL on an event: no other one stands for its act, and no later reading supersedes its own."""
        said = "e.reading NOT IN (SELECT supersedes FROM reading WHERE supersedes IS NOT NULL)"
        if self.case.has("citation"):
            said += (
                " AND NOT EXISTS (SELECT 1 FROM citation c WHERE c.duplicate = e.id AND c.event IS NOT NULL AND "
                "NOT EXISTS (SELECT 1 FROM citation d WHERE d.duplicate = c.duplicate AND d.id > c.id))"
            )
        return said

    def sightings(self):
        """The table of sightings, but for the states that analysis found."""
        for row, look, raw, sha256, size, modified, zone, etag, record in self.case.ask(
            "SELECT s.id, s.snapshot, p.raw, o.sha256, s.size_claimed, s.modified, s.zone, s.etag, s.record "
            "FROM sighting s JOIN path p ON p.id = s.path LEFT JOIN object o ON o.id = s.object ORDER BY s.id"
        ):
            yield {
                "id": self.old("sighting", row), "snapshot": self.old("snapshot", look), **named(raw),
                "sha256": None if sha256 is None else sha256.hex(), "size_claimed": size,
                "modified": rfc3339(modified, zone), "zone": None if modified is None else zone_word(zone, ""),
                "etag": etag, "record": record,
            }  # fmt: skip

    def origins(self):
        """Of the table of origins, in its order, the numbers of events and uploads."""
        counts = {
            address: (events, uploads)
            for address, events, uploads in self.case.ask(
                "SELECT a.text, count(*), count(CASE WHEN e.action = 1 AND e.ok = 1 THEN 1 END) FROM event e "
                f"JOIN address a ON a.id = e.address WHERE {self.told_once()} GROUP BY a.id"
            )
        }
        for row in self.records(RECORD + "tables/origins.jsonl"):
            if row["address"] not in counts:
                self.wrong(f"The table origins has an address without events: {row['address']}.", "origins")
                yield {}
                continue
            events, uploads = counts.pop(row["address"])
            yield {"events": events, "uploads": uploads}
        if counts:
            yield {"address": "missing"}

    # what lies there

    def names(self) -> None:
        """Something names every file; every object and every exchange of selection.wbcase is there."""
        if self.case is None:
            return
        objects = {sha256.hex(): size for sha256, size in self.case.ask("SELECT sha256, size FROM object")}
        named = {EVIDENCE + "manifest-sha256.txt", CASE, *(f"{EVIDENCE}objects.{kind}" for kind in ("csv", "jsonl"))}
        named |= {RECORD + name for name in ("custody.jsonl", "bundle.json", "numbering.jsonl", "report.html")}
        exhibits = self.summary["rows"]["files"]
        pages = range(1, min(-(-exhibits // 100), len(self.files)) + 1)
        named |= {f"{RECORD}exhibits/{number:04}.html" for number in pages}
        named |= {f"{RECORD}tables/{name}.{kind}" for name in TABLES for kind in ("csv", "jsonl")}
        named |= {
            f"{RECORD}rows/{table}.jsonl" for table, sets in self.sets.items() if any(each[2]["salt"] for each in sets)
        }
        if self.index:
            named |= {EVIDENCE + "logs/index.jsonl", *(f"{EVIDENCE}logs/{each['places']}" for each in self.index)}
        named |= {f"{OBJECTS}{each[:2]}/{each}" for each in objects}
        if self.case.has("warc"):
            named |= {f"{EVIDENCE}warc/{name}" for (name,) in self.case.ask("SELECT name FROM warc")}
            self.exchanges()
        for path in sorted(named - set(self.files)):
            self.wrong(f"{path} is missing.", "missing")
        for path in sorted(set(self.files) - named - BESIDE - UNLISTED):
            found = re.fullmatch(r"data/record/previews/([0-9a-f]{64})\.jpg", path)
            if not SYSTEM.fullmatch(path) and not (found and found[1] in objects):
                self.wrong(f"Nothing in the bundle names {path}.", "unnamed")
        for sha256, size in objects.items():
            if self.files.get(f"{OBJECTS}{sha256[:2]}/{sha256}", size) != size:
                self.wrong(f"The object {sha256} is not as long as selection.wbcase says.", "length")
        numbered = self.numbers["object"]
        most = numbered[0][-1] + numbered[2][-1] - 1 if numbered[0] else 0
        carried = self.case.one("SELECT count(*) FROM object WHERE id <= ?", most)
        if self.summary["objects"] != carried:
            self.wrong("bundle.json tells another number of files.")

    def exchanges(self) -> None:
        """Every exchange lies where it is said to lie, and nothing lies between them."""
        for warc, name in list(self.case.ask("SELECT id, name FROM warc ORDER BY id")):
            if f"{EVIDENCE}warc/{name}" not in self.files:
                continue  # told with the other missing files
            with self.open(f"{EVIDENCE}warc/{name}") as file:
                at = 0
                for row, start, length, sha256 in self.case.ask(
                    "SELECT id, start, length, sha256 FROM exchange WHERE warc = ? ORDER BY start", warc
                ):
                    if start != at and (at or not information(file, start)):
                        self.wrong(f"Bytes that no exchange accounts for: {name} at {at}.", "warc")
                    file.seek(start)
                    digest, rest = hashlib.sha256(), length
                    while rest > 0:
                        block = file.read(min(rest, 1 << 20))
                        if not block:
                            break
                        digest.update(block)
                        rest -= len(block)
                    if rest or digest.digest() != sha256:
                        self.wrong(f"An exchange is not what selection.wbcase says: {name}, {row}.", "warc")
                    at = start + length
                if file.seek(0, 2) != at:
                    self.wrong(f"Bytes that no exchange accounts for: {name} at {at}.", "warc")

    # readable names

    def extract(self, target: str) -> int:
        """Copy every file to a readable, harmless name; returns how many."""
        os.mkdir(target)
        used: set[str] = set()
        for line in self.lines(EVIDENCE + "objects.jsonl"):
            row = json.loads(line)
            if not row["sha256"]:
                continue
            source = f"{OBJECTS}{row['sha256'][:2]}/{row['sha256']}"
            if source not in self.files:
                continue
            name = harmless(row["paths"][0] if row["paths"] else "", row["sha256"], row["media_type"])
            if name.lower() in used:
                name = f"{row['sha256'][:8]}-{name}"
            used.add(name.lower())
            with self.open(source) as file, open(os.path.join(target, name), "xb") as out:
                shutil.copyfileobj(file, out, 1 << 20)
        return len(used)


class Case:
    """selection.wbcase, which may be hostile: read only, no code in it runs, and the work is bounded."""

    def __init__(self, path: str, size: int) -> None:
        if sqlite3.sqlite_version_info < (3, 37):
            raise ValueError(f"SQLite {sqlite3.sqlite_version} cannot read it; 3.37 or newer can")
        self.conn = sqlite3.connect(f"file:{quote(os.path.abspath(path))}?mode=ro&immutable=1", uri=True)
        left = [1000 + size // 10_000]

        def tick() -> int:
            left[0] -= 1
            return left[0] < 0

        self.conn.set_progress_handler(tick, 1_000_000)
        for pragma in ("trusted_schema=OFF", "query_only=ON", "cell_size_check=ON"):
            self.conn.execute(f"PRAGMA {pragma}")
        for (said,) in self.conn.execute("PRAGMA integrity_check(5)"):
            if said != "ok" and "fts5" not in said:
                raise ValueError(f"it is damaged ({said})")
        self.kinds = {
            name: (kind, sql) for kind, name, sql in self.conn.execute("SELECT type, name, sql FROM sqlite_master")
        }
        for name in ("mark", "actor", "setting", *REFERS):
            kind, sql = self.kinds.get(name, ("table", ""))
            if kind != "table" or "VIRTUAL" in sql.upper().split("(")[0] or "GENERATED" in sql.upper():
                raise ValueError(f"{name} is no plain table")
        self.conn.set_authorizer(lambda action, *_: 0 if action in (20, 21, 31) else 1)  # read, select, function

    def has(self, table: str) -> bool:
        """Is there such a table? Older cases have fewer."""
        return table in self.kinds

    def ask(self, sql: str, *values: object):
        """The rows of a query, one by one."""
        return iter(self.conn.execute(sql, values))

    def one(self, sql: str, *values: object):
        """A single value."""
        return self.conn.execute(sql, values).fetchone()[0]

    def close(self) -> None:
        """Let go of the file."""
        self.conn.close()


def load(text: bytes):
    """JSON (RFC 8259), strictly: nothing that two programs could understand differently."""
    try:
        return json.loads(
            text.decode("utf-8"), object_pairs_hook=once, parse_constant=refuse, parse_int=whole, parse_float=finite
        )
    except RecursionError:
        raise ValueError("JSON that is nested too deeply") from None


def once(pairs: list) -> dict:
    """An object in which no name stands twice."""
    found = dict(pairs)
    return found if len(found) == len(pairs) else refuse("a name that stands twice")


def refuse(text: str):
    """What is no JSON."""
    raise ValueError(f"JSON with {text[:50]}")


def whole(text: str) -> int:
    """A whole number of at most 64 bits."""
    value = int(text) if len(text) < 21 else 1 << 64
    return value if -(1 << 63) <= value < 1 << 63 else refuse("a number that is too large")


def finite(text: str) -> float:
    """A real number."""
    value = float(text)
    return value if value - value == 0 else refuse("a number that is too large")


def plain(value: object):
    """A value of a row: bytes stand as {"b": hexadecimal}."""
    return bytes.fromhex(value["b"]) if isinstance(value, dict) else value


def rfc3339(micros: int | None, zone: int = 1) -> str | None:
    """A time as the tables tell it: without a Z where its zone is unknown."""
    if micros is None:
        return None
    moment = datetime(1970, 1, 1) + timedelta(microseconds=micros)  # noqa: DTZ001 - all of it is UTC
    return moment.isoformat(timespec="microseconds") + ("Z" if zone else "")


def zone_word(zone: int, rule: str | None) -> str:
    """Where the zone of a time came from."""
    return f"assumed:{rule or ''}" if zone == 3 else ("unknown", "line", "given")[zone]


def named(raw: bytes | None) -> dict:
    """A path as text, and beside it in base64 when it is no valid UTF-8."""
    try:
        return {"path": None if raw is None else raw.decode()}
    except UnicodeDecodeError:
        return {"path": raw.decode("utf-8", "replace"), "path_raw": base64.b64encode(raw).decode()}


CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def guarded(columns: list[str], row: dict) -> list[str]:
    """The cells of a row in the CSV, of which the last names those that are written otherwise (README.txt, section 3)."""
    cells, names = [], []
    for column in columns:
        value = row.get(column)
        cell = "" if value is None or value == [] or value == {} else str(value)
        if isinstance(value, bool):
            cell = "yes" if value else "no"
        elif isinstance(value, (list, dict)) and value:
            cell = json.dumps(value, ensure_ascii=False)
        shown = CONTROL.sub(lambda sign: (r"\x%02x" if ord(sign[0]) < 256 else r"\u%04x") % ord(sign[0]), cell)
        if isinstance(value, str) and cell.startswith(FORMULA):
            shown = "'" + shown
        if shown != cell:
            names.append(column)
        cells.append(shown)
    return [*cells, " ".join(names)]


def amount(size: float) -> str:
    """A size for people: decimal units, three digits."""
    if size < 1000:
        return f"{size} B"
    for unit in ("KB", "MB", "GB"):
        size /= 1000
        if size < 1000:
            return f"{size:.3g} {unit}"
    return f"{size / 1000:.3g} TB"


def information(file, length: int) -> bool:
    """Is the beginning of a WARC file, of that length, the one record that describes it?"""
    if not 0 < length <= 64 << 10:
        return False
    file.seek(0)
    member = zlib.decompressobj(wbits=31)
    said = member.decompress(file.read(length), 64 << 10)
    whole = member.eof and not member.unused_data
    return whole and said.startswith(b"WARC/1.") and b"\r\nWARC-Type: warcinfo\r\n" in said


# Ed25519: RFC 8032, section 5.1. Only checking; all that it handles is public, so that its timing tells nothing.

FIELD = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
CURVE = -121665 * pow(121666, FIELD - 2, FIELD) % FIELD
DER = bytes.fromhex("302a300506032b6570032100")
"""What stands before the 32 bytes of a public key in DER (RFC 8410)."""


def key_of(pem: str) -> bytes:
    """The 32 bytes of an Ed25519 public key in PEM form."""
    found = re.fullmatch(r"\s*-----BEGIN PUBLIC KEY-----([A-Za-z0-9+/=\s]+)-----END PUBLIC KEY-----\s*", pem)
    der = base64.b64decode("".join(found[1].split()), validate=True) if found else b""
    if len(der) != 44 or not der.startswith(DER):
        raise ValueError("no Ed25519 public key in PEM form")
    return der[12:]


def point(raw: bytes) -> tuple[int, int, int, int]:
    """A point of the curve from its 32 bytes, in extended coordinates."""
    y = int.from_bytes(raw, "little")
    sign, y = y >> 255, y & (1 << 255) - 1
    square = (y * y - 1) * pow(CURVE * y * y + 1, FIELD - 2, FIELD) % FIELD
    x = pow(square, (FIELD + 3) // 8, FIELD)
    if (x * x - square) % FIELD:
        x = x * pow(2, (FIELD - 1) // 4, FIELD) % FIELD
    if y >= FIELD or (x * x - square) % FIELD or (x == 0 and sign):
        raise ValueError("no point of the curve")
    x = x if x & 1 == sign else FIELD - x
    return x, y, 1, x * y % FIELD


def added(p: tuple, q: tuple) -> tuple:
    """The sum of two points."""
    a, b = (p[1] - p[0]) * (q[1] - q[0]) % FIELD, (p[1] + p[0]) * (q[1] + q[0]) % FIELD
    c, d = 2 * p[3] * q[3] * CURVE % FIELD, 2 * p[2] * q[2] % FIELD
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % FIELD, g * h % FIELD, f * g % FIELD, e * h % FIELD


def times(number: int, p: tuple) -> tuple:
    """A multiple of a point."""
    total = (0, 1, 1, 0)
    while number:
        if number & 1:
            total = added(total, p)
        p, number = added(p, p), number >> 1
    return total


def ed25519(public: bytes, signature: bytes, content: bytes) -> bool:
    """Is this the signature of that key over the content?"""
    if len(signature) != 64 or int.from_bytes(signature[32:], "little") >= ORDER:
        return False
    base = point((4 * pow(5, FIELD - 2, FIELD) % FIELD).to_bytes(32, "little"))
    number = int.from_bytes(hashlib.sha512(signature[:32] + public + content).digest(), "little") % ORDER
    try:
        left = times(int.from_bytes(signature[32:], "little"), base)
        right = added(point(signature[:32]), times(number, point(public)))
    except ValueError:
        return False
    return all((left[at] * right[2] - right[at] * left[2]) % FIELD == 0 for at in (0, 1))


def canonical(value: object) -> bytes:
    """JSON with sorted keys, no spaces, ASCII only."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()


def coded(value: object) -> tuple[int, bytes]:
    """Kind and bytes of a value of a row."""
    if value is None:
        return 0, b""
    if type(value) is int:
        return 1, pack("<q", value)
    if type(value) is float:
        return 2, pack("<d", value)
    if type(value) is dict and list(value) == ["b"]:
        kind, raw = 4, bytes.fromhex(value["b"])
    elif type(value) is str:
        kind, raw = 3, value.encode()
    else:
        raise ValueError("a value that no row can hold")
    return kind, pack("<Q", len(raw)) + raw


def harmless(path: str, sha256: str, media_type: str | None) -> str:
    """The last part of a name, with nothing in it that a system could misread, and an ending that fits the bytes."""
    name = "".join(sign if sign.isalnum() or sign in "-_. " else "_" for sign in path.split("/")[-1]).strip(". ")
    stem = name.rsplit(".", 1)[0][:60] or sha256[:12]
    return f"{stem}-{sha256[:8]}.{ENDINGS.get(media_type or '', 'bin')}"


def main(arguments: list[str]) -> int:
    """Check, say what was found in plain words."""
    wanted = {"--extract": None, "--expect-seal": None, "--expect-key": None}
    while arguments[:1] and arguments[0] in wanted and len(arguments) > 1:
        wanted[arguments[0]] = arguments[1]
        arguments = arguments[2:]
    root = arguments[0] if arguments else os.path.dirname(os.path.abspath(__file__))
    if len(arguments) > 1 or root.startswith("-") or not os.path.isfile(os.path.join(root, "bagit.txt")):
        print(__doc__ if root.startswith("-") or len(arguments) > 1 else f"There is no bundle in {root}.")
        return 2
    key = wanted["--expect-key"]
    if key is not None:
        try:
            key = expected(key)
        except (OSError, ValueError):
            print("After --expect-key belongs an Ed25519 public key file (PEM) or a fingerprint of 64 digits.")
            return 2
    check = Check(root)
    check.run(wanted["--expect-seal"], key)
    if check.problems:
        print(f"PROBLEMS: {len(check.problems)}.")
        for text in check.problems:
            print(f"  - {text}")
        return 1
    print("NO PROBLEM FOUND. Every byte is what the manifests say, and the custody chain holds from end to end.")
    print(f"  {len(check.files):,} files read; {check.ops:,} acts and {check.rows:,} recorded rows computed again.")
    total = sum(check.bound.values()) + check.marks
    print(
        f"  The custody chain proves: {total:,} of {total + check.unbound:,} rows of selection.wbcase are as recorded."
    )
    if check.closed:
        print(
            f"    {check.closed:,} parts of the custody log are withheld, and with them {check.closed_rows:,} rows; of"
        )
        print("    rows of selection.wbcase that belong to these the chain proves nothing here.")
    print("  Computed again from these rows: the tables events and sightings; the numbers of events in origins; every")
    print(
        "    CSV against its JSON lines. The other tables are compared by Workbench only, and previews not at all here."
    )
    print("  Only the seal or a signature covers the rest: report, README, log lines and exchanges as they stand here,")
    print("    other columns and tables, and that nothing more was withheld than the maker chose to.")
    print(f"  Signed by {check.signer}" if check.signer else "  Not signed.")
    print(f"  Seal of this bundle:             {check.seal}")
    print(f"  Head of the custody chain:       {check.head}")
    print(f"  SHA-256 of manifest-sha256.txt:  {check.sha256['manifest-sha256.txt']}")
    print("  Compare the seal with the one that you got from the sender by another way.")
    if wanted["--extract"] is not None:
        print(f"  {check.extract(wanted['--extract']):,} files written to {wanted['--extract']}.")
    return 0


def expected(text: str) -> str:
    """The fingerprint that is meant."""
    plain_text = text.replace(":", "").strip().lower()
    if re.fullmatch(r"[0-9a-f]{64}", plain_text):
        return plain_text
    with open(text, "rb") as file:
        return hashlib.sha256(DER + key_of(file.read(1 << 16).decode("ascii"))).hexdigest()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

#!/usr/bin/env python3
"""Check an evidence bundle. Needs Python 3.8 or newer, and nothing else.

    python3 verify.py                    check the bundle in which this file lies
    python3 verify.py FOLDER             check another one (unpack a zip first)
    python3 verify.py --extract FOLDER   put the files under readable names into a new folder

Ends with 0 when everything holds, with 1 when something does not, with 2 when there is nothing to check.
The method is written down in README.txt, section 5.
"""

# It runs alone, from Python 3.8 on, hence no pathlib and no strict zip.
# ruff: noqa: PTH100, PTH102, PTH113, PTH118, PTH120, PTH123, T201, B905

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import sys
from struct import pack

EVIDENCE = "data/evidence/"
OBJECTS = EVIDENCE + "objects/"
RECORD = "data/record/"
UNLISTED = {"tagmanifest-sha256.txt", "tagmanifest-sha512.txt", "signature.ed25519", "signature-public.pem"}
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
        self.files: dict[str, int] = {}
        self.sha256: dict[str, str] = {}
        self.ops = 0
        self.rows = 0
        self.closed = 0

    def wrong(self, text: str) -> None:
        """Note a problem, with everything that could disturb a terminal made visible."""
        self.problems.append("".join(sign if sign.isprintable() else f"\\u{ord(sign):04x}" for sign in text))

    def run(self) -> None:
        """Everything."""
        self.walk("")
        self.bag()
        self.evidence()
        try:
            self.chain()
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            self.wrong(f"The custody log cannot be read: {error!r}.")

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
        """A file of the bundle, for reading bytes."""
        return open(os.path.join(self.root, *path.split("/")), "rb")

    def lines(self, path: str):
        """The lines of a text file, without their line feeds."""
        if path not in self.files:
            self.wrong(f"{path} is missing.")
            return
        with self.open(path) as file:
            for line in file:
                yield line.decode("utf-8", "replace").rstrip("\n")

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

    def chain(self) -> None:
        """Compute every op again, then the rows that it vouches for."""
        with self.open(RECORD + "bundle.json") as file:
            summary = json.load(file)
        prev = hashlib.sha256(b"workbench-custody-1\0" + bytes.fromhex(summary["case"])).hexdigest()
        open_sets: dict[str, list] = {}
        for line in self.lines(RECORD + "custody.jsonl"):
            op = json.loads(line)
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
                self.wrong(f"The custody chain does not hold at {where}.")
            for name in ("actor", "arguments"):
                salt = op[name + "_salt"]
                if salt is None:
                    self.closed += 1
                    if op[name] is not None:
                        self.wrong(f"{where} tells its {name} without the salt that would prove it.")
                elif hashlib.sha256(bytes.fromhex(salt) + canonical(op[name])).hexdigest() != op[name + "_digest"]:
                    self.wrong(f"The {name} of {where} is not what was recorded.")
            for each in op["rows"]:
                if each["salt"] is None:
                    self.closed += 1
                else:
                    open_sets.setdefault(each["table"], []).append((each["first"], each, where))
            prev = op["hash"]
        if summary["custody"] != {"ops": self.ops, "head": prev}:
            self.wrong("The head of the custody chain is not the one that bundle.json names.")
        if "Workbench-Custody-Head: " + prev not in self.info:
            self.wrong("The head of the custody chain is not the one that bag-info.txt names.")
        self.head = prev
        for table in sorted(open_sets):
            self.table(table, [each[1:] for each in sorted(open_sets[table], key=lambda each: each[0])])

    def table(self, table: str, sets: list) -> None:
        """Compute the digests of the rows of one table, op by op."""
        lines = self.lines(f"{RECORD}rows/{table}.jsonl")
        columns = json.loads(next(lines, "{}")).get("columns", [])
        for row_set, where in sets:
            rows = []
            for number in range(row_set["first"], row_set["last"] + 1):
                row = json.loads(next(lines, "null"))
                if row is None or row[0] != number:
                    self.wrong(f"Rows of the table {table}, {where}, are missing.")
                    return
                rows.append(row)
            self.rows += len(rows)
            head = {"table": table, "columns": columns, "first": row_set["first"], "count": len(rows)}
            digest = hashlib.sha256(bytes.fromhex(row_set["salt"]) + canonical(head) + b"\n")
            for at in range(1, len(columns) + 1):
                kinds, values = zip(*(coded(row[at]) for row in rows))
                digest.update(bytes(kinds))
                digest.update(b"".join(values))
            if digest.hexdigest() != row_set["digest"]:
                self.wrong(f"Rows of the table {table} are not what {where} recorded.")
        if next(lines, None) is not None:
            self.wrong(f"The table {table} has rows that no op recorded.")

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


def canonical(value: object) -> bytes:
    """JSON with sorted keys, no spaces, ASCII only."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()


def coded(value: object) -> tuple[int, bytes]:
    """Kind and bytes of a value."""
    if value is None:
        return 0, b""
    if isinstance(value, int):
        return 1, pack("<q", value)
    if isinstance(value, float):
        return 2, pack("<d", value)
    kind, raw = (4, bytes.fromhex(value["b"])) if isinstance(value, dict) else (3, str(value).encode())
    return kind, pack("<Q", len(raw)) + raw


def harmless(path: str, sha256: str, media_type: str | None) -> str:
    """The last part of a name, with nothing in it that a system could misread, and an ending that fits the bytes."""
    name = "".join(sign if sign.isalnum() or sign in "-_. " else "_" for sign in path.split("/")[-1]).strip(". ")
    stem = name.rsplit(".", 1)[0][:60] or sha256[:12]
    return f"{stem}-{sha256[:8]}.{ENDINGS.get(media_type or '', 'bin')}"


def main(arguments: list[str]) -> int:
    """Check, say what was found in plain words."""
    target = None
    if arguments[:1] == ["--extract"] and len(arguments) == 2:
        target, arguments = arguments[1], []
    root = arguments[0] if arguments else os.path.dirname(os.path.abspath(__file__))
    if len(arguments) > 1 or root.startswith("-") or not os.path.isfile(os.path.join(root, "bagit.txt")):
        print(__doc__ if root.startswith("-") or len(arguments) > 1 else f"There is no bundle in {root}.")
        return 2
    check = Check(root)
    check.run()
    if check.problems:
        print(f"NOT SOUND: {len(check.problems)} problem(s).")
        for text in check.problems:
            print(f"  - {text}")
        return 1
    print("SOUND. Every byte is what the manifests say, and the custody chain holds from its first act to its last.")
    print(f"  {len(check.files):,} files read; {check.ops:,} acts and {check.rows:,} recorded rows computed again.")
    if check.closed:
        print(f"  {check.closed:,} parts of the custody log are withheld; their digests stand in the chain.")
    print(f"  Head of the custody chain:       {check.head}")
    print(f"  SHA-256 of manifest-sha256.txt:  {check.sha256['manifest-sha256.txt']}")
    print("  Compare both with values that you got from the sender by another way.")
    if "signature.ed25519" in check.files:
        print(
            "  There is a signature. This program does not check it; Workbench or OpenSSL can (README.txt, section 2)."
        )
    if target is not None:
        print(f"  {check.extract(target):,} files written to {target}.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

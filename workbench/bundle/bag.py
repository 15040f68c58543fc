"""Is a bag what it says? BagIt 1.0 (RFC 8493) and its drafts back to 0.93: ours, and those of others.

Every byte is hashed once, with all methods that the manifests ask for.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from workbench.bundle.bagfiles import UNREADABLE, BagFiles, unsafe
from workbench.core.messages import Message
from workbench.core.progress import Progress
from workbench.queries.verify import Problem

CHUNK = 1 << 20
WEAK = {"md5", "sha1"}
SYSTEM = re.compile(r"(?:.*/)?(?:\.DS_Store|Thumbs\.db|desktop\.ini|\._[^/]*)", re.IGNORECASE)
"""Files that systems make by themselves when somebody looks into a folder."""


@dataclass
class Bag:
    """What was found. `digests` holds the SHA-256 of every file that was read, by path."""

    files: BagFiles
    encoding: str = "utf-8"
    version: tuple[int, int] = (1, 0)
    info: dict[str, list[str]] = field(default_factory=dict)
    manifests: dict[str, dict[str, str]] = field(default_factory=dict)
    """Payload manifests: method of hashing, then path to digest."""
    tags: dict[str, dict[str, str]] = field(default_factory=dict)
    digests: dict[str, bytes] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    warnings: list[Message] = field(default_factory=list)

    def problem(self, kind: str, where: str) -> None:
        """Note something that makes the bag invalid."""
        self.problems.append(Problem(kind, shown(where)))

    def warn(self, kind: str, where: str) -> None:
        """Note something odd."""
        self.warnings.append(Message(f"warning-{kind}", {"where": shown(where)}))


def shown(text: str) -> str:
    """A name that can stand in a sentence: lone bytes and control characters made visible."""
    return "".join(
        sign if sign.isprintable() else f"\\u{ord(sign):04x}" for sign in text.encode("utf-8", "replace").decode()
    )


def check_bag(files: BagFiles, progress: Progress) -> Bag:
    """Read everything and compare it with what the bag says of itself."""
    bag = Bag(files)
    for kind, path in files.odd:
        bag.problem(kind, path)
    _declaration(bag)
    _manifests(bag)
    _names(bag)
    _fetch(bag)
    _hash(bag, progress)
    _info(bag)
    return bag


def _declaration(bag: Bag) -> None:
    try:
        text = bag.files.read("bagit.txt").decode("utf-8")
        found = re.fullmatch(
            r"BagIt-Version: *(\d+)\.(\d+)[ \t]*\r?\n?Tag-File-Character-Encoding: *(\S+)\s*",
            text.replace("\r\n", "\n").replace("\r", "\n"),
        )
        if found is None:
            raise ValueError
        bag.version = (int(found[1]), int(found[2]))
        bag.encoding = found[3]
        "".encode(bag.encoding)
    except (KeyError, ValueError, LookupError, *UNREADABLE):
        bag.problem("bag-no-declaration", "bagit.txt")
        bag.encoding = "utf-8"
    if not any(path.startswith("data/") for path in bag.files.sizes):
        bag.problem("bag-no-payload", "data/")


def _text(bag: Bag, path: str) -> str | None:
    try:
        return bag.files.read(path, 4 << 30).decode(bag.encoding).removeprefix("\ufeff")
    except (KeyError, ValueError, *UNREADABLE):
        bag.problem("bag-tag-file", path)
        return None


def _manifests(bag: Bag) -> None:
    for path in sorted(bag.files.sizes):
        found = re.fullmatch(r"(tag)?manifest-([a-z0-9]+)\.txt", path)
        if found and found[2] in hashlib.algorithms_available and not found[2].startswith("shake"):
            listed = _listed(bag, path, payload=found[1] is None)
            (bag.manifests if found[1] is None else bag.tags)[found[2]] = listed
    if not bag.manifests:
        bag.problem("bag-no-manifest", "manifest-sha256.txt")
    elif set(bag.manifests) <= WEAK:
        bag.warn("bag-weak-hash", ", ".join(sorted(bag.manifests)))


def _listed(bag: Bag, manifest: str, *, payload: bool) -> dict[str, str]:
    listed: dict[str, str] = {}
    for number, line in enumerate((_text(bag, manifest) or "").splitlines(), start=1):
        if not line.strip():
            continue
        found = re.fullmatch(r"([0-9A-Fa-f]+)[ \t]+(\*?)(.+?)", line)
        if found is None:
            bag.problem("bag-manifest-line", f"{manifest}:{number}")
            continue
        digest, marker, path = found.groups()
        if marker and f"*{path}" not in bag.files.sizes:
            if not any(each.code == "warning-bag-binary-marker" for each in bag.warnings):
                bag.warn("bag-binary-marker", manifest)
        else:
            path = marker + path
        if path.startswith("./"):
            bag.warn("bag-dot-slash", path)
            path = path[2:]
        if unsafe(path) or path.startswith("data/") != payload:
            bag.problem("bag-path-unsafe", path)
            continue
        path = _decoded(bag, path)
        if path in listed:
            bag.problem("bag-listed-twice", path)
        listed[path] = digest.lower()
    return listed


def _decoded(bag: Bag, path: str) -> str:
    """RFC 8493 §2.1.3: only CR, LF and % are encoded; many programs leave % as it is, so the file decides."""
    plain = re.sub(r"%(0[ADad]|25)", lambda code: chr(int(code[1], 16)), path)
    return path if plain not in bag.files.sizes and path in bag.files.sizes else plain


def _names(bag: Bag) -> None:
    listed = {path for listing in (*bag.manifests.values(), *bag.tags.values()) for path in listing}
    seen: dict[str, str] = {}
    for path in sorted(listed | set(bag.files.sizes)):
        if path in bag.files.sizes and unsafe(path):
            bag.problem("bag-path-unsafe", path)
        key = unicodedata.normalize("NFC", unicodedata.normalize("NFC", path).casefold())
        other = seen.setdefault(key, path)
        if other == path:
            continue
        if unicodedata.normalize("NFC", other) == unicodedata.normalize("NFC", path):
            bag.warn("bag-normalization", path)
        else:
            bag.problem("bag-path-twin", path)


def _fetch(bag: Bag) -> None:
    if "fetch.txt" not in bag.files.sizes:
        return
    for number, line in enumerate((_text(bag, "fetch.txt") or "").splitlines(), start=1):
        parts = line.split(None, 2)
        if not parts:
            continue
        if len(parts) != 3:
            bag.problem("bag-manifest-line", f"fetch.txt:{number}")
        elif unsafe(parts[2]) or not parts[2].startswith("data/"):
            bag.problem("bag-path-unsafe", parts[2])
        elif _decoded(bag, parts[2]) not in bag.files.sizes:
            bag.problem("bag-fetch", parts[2])


def _hash(bag: Bag, progress: Progress) -> None:
    """Hash every file and compare it with every manifest that lists it."""
    for listing in (*bag.manifests.values(), *bag.tags.values()):
        for path in listing:
            if path not in bag.files.sizes and not _elsewhere(bag, path):
                bag.problem("bag-file-missing", path)
    payload = [path for path in bag.files.sizes if path.startswith("data/")]
    known = set().union(*bag.manifests.values()) if bag.manifests else set()
    for path in sorted(payload):
        missing = [name for name, listing in bag.manifests.items() if path not in listing]
        if not missing or (bag.version < (1, 0) and path in known):
            continue
        if path not in known and SYSTEM.fullmatch(path):
            bag.warn("bag-system-file", path)
        elif path not in known and _normal(path) in {_normal(each) for each in known}:
            continue  # listed in another composition of the same letters
        else:
            bag.problem("bag-file-unlisted", path)
    progress.stage("stage-verify-bag", len(bag.files.sizes))
    with ThreadPoolExecutor(2, "verify-bag") as pool:
        names = sorted(bag.files.sizes)
        for start in range(0, len(names), 256):
            part = names[start : start + 256]
            for at, (path, found) in enumerate(
                zip(part, pool.map(lambda each: _digests(bag, each), part), strict=True)
            ):
                progress.update(start + at + 1, item=path)
                _compare(bag, path, found)


def _elsewhere(bag: Bag, path: str) -> bool:
    """A listed file that is not there under that name, and need not be."""
    if SYSTEM.fullmatch(path):
        bag.warn("bag-system-file", path)
        return True
    return any(_normal(each) == _normal(path) for each in bag.files.sizes) if not path.isascii() else False


def _normal(path: str) -> str:
    return unicodedata.normalize("NFC", path)


def _digests(bag: Bag, path: str) -> dict[str, str] | None:
    listings = bag.manifests if path.startswith("data/") else bag.tags
    hashes = {name: hashlib.new(name) for name in {*listings, "sha256"}}
    try:
        with bag.files.open(path) as stream:
            while block := stream.read(CHUNK):
                for each in hashes.values():
                    each.update(block)
    except UNREADABLE:
        return None
    return {name: each.hexdigest() for name, each in hashes.items()}


def _compare(bag: Bag, path: str, found: dict[str, str] | None) -> None:
    if found is None:
        bag.problem("bag-file-unreadable", path)
        return
    bag.digests[path] = bytes.fromhex(found["sha256"])
    listings = bag.manifests if path.startswith("data/") else bag.tags
    if any(listing.get(path, found[name]) != found[name] for name, listing in listings.items()):
        bag.problem("bag-file-changed", path)


def _info(bag: Bag) -> None:
    if "bag-info.txt" not in bag.files.sizes:
        return
    label = ""
    for line in (_text(bag, "bag-info.txt") or "").splitlines():
        found = re.fullmatch(r"([^\s:][^:]*?)[ \t]*:[ \t]*(.*)", line)
        if line[:1] in (" ", "\t") and label:
            bag.info[label][-1] += " " + line.strip()
        elif found:
            label = found[1]
            bag.info.setdefault(label, []).append(found[2])
    system = any(each.code == "warning-bag-system-file" for each in bag.warnings)
    for oxum in bag.info.get("Payload-Oxum", ()):
        sizes = [size for path, size in bag.files.sizes.items() if path.startswith("data/")]
        if oxum.strip() != f"{sum(sizes)}.{len(sizes)}" and not system:
            bag.problem("bag-oxum", oxum)

"""Is a bag what it says? BagIt 1.0 (RFC 8493) and its drafts back to 0.93: ours, and those of others.

Every byte is hashed once, with all methods that the manifests ask for.
"""

from __future__ import annotations

import hashlib
import io
import re
import unicodedata
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import chain

from workbench.bundle.bagfiles import UNREADABLE, BagFiles, Digests, unsafe
from workbench.bundle.leaks.search import Search
from workbench.core.messages import Message
from workbench.core.progress import Progress
from workbench.queries.verify import Problem

CHUNK = 1 << 18
"""Bytes that are read at a time: both digests and the search then find them in the processor's own memory."""
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
    manifests: dict[str, Digests] = field(default_factory=dict)
    """Payload manifests by their method of hashing."""
    tags: dict[str, Digests] = field(default_factory=dict)
    digests: Digests = field(init=False)
    problems: list[Problem] = field(default_factory=list)
    warnings: list[Message] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.digests = Digests(self.files.sizes, 32)

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


Known = Callable[[str], "dict[str, bytes] | None"]
"""The digests of a file that was read already; null where it is to be read."""


def check_bag(files: BagFiles, progress: Progress, search: Search | None = None, known: Known | None = None) -> Bag:
    """Read everything and compare it with what the bag says of itself.

    `search` gets every byte that is read; `known` gives the digests of files that were read after they were written.
    """
    bag = Bag(files)
    for kind, path in files.odd:
        bag.problem(kind, path)
    _declaration(bag)
    _manifests(bag)
    _names(bag)
    _fetch(bag)
    _hash(bag, progress, search, known or (lambda _: None))
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


def _lines(bag: Bag, path: str) -> Iterator[str]:
    """The lines of a tag file, one after the other: a manifest can be larger than everything else in memory."""
    try:
        with bag.files.open(path) as raw, io.TextIOWrapper(raw, bag.encoding) as text:
            for number, line in enumerate(text):
                yield line.removeprefix("\ufeff") if number == 0 else line
    except (ValueError, *UNREADABLE):
        bag.problem("bag-tag-file", path)


def _manifests(bag: Bag) -> None:
    for path in sorted(bag.files.sizes):
        found = re.fullmatch(r"(tag)?manifest-([a-z0-9]+)\.txt", path)
        if found and found[2] in hashlib.algorithms_available and not found[2].startswith("shake"):
            listed = _listed(bag, path, found[2], payload=found[1] is None)
            (bag.manifests if found[1] is None else bag.tags)[found[2]] = listed
    if not bag.manifests:
        bag.problem("bag-no-manifest", "manifest-sha256.txt")
    elif set(bag.manifests) <= WEAK:
        bag.warn("bag-weak-hash", ", ".join(sorted(bag.manifests)))


def _listed(bag: Bag, manifest: str, algorithm: str, *, payload: bool) -> Digests:
    length = hashlib.new(algorithm).digest_size
    listed = Digests(bag.files.sizes, length)
    for number, line in enumerate(_lines(bag, manifest), start=1):
        if not line.strip():
            continue
        found = re.fullmatch(r"([0-9A-Fa-f]+)[ \t]+(\*?)(.+)", line.rstrip("\r\n"))
        if found is None or len(found[1]) != length * 2:
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
        listed.set(path, bytes.fromhex(digest))
    return listed


def _decoded(bag: Bag, path: str) -> str:
    """RFC 8493 §2.1.3: only CR, LF and % are encoded; many programs leave % as it is, so the file decides."""
    plain = re.sub(r"%(0[ADad]|25)", lambda code: chr(int(code[1], 16)), path)
    return path if plain not in bag.files.sizes and path in bag.files.sizes else plain


def _names(bag: Bag) -> None:
    absent = {path for listing in (*bag.manifests.values(), *bag.tags.values()) for path in listing.absent}
    seen: dict[str, str] = {}
    for path in chain(bag.files.sizes, sorted(absent)):
        if path in bag.files.sizes and unsafe(path):
            bag.problem("bag-path-unsafe", path)
        key = unicodedata.normalize("NFC", _normal(path).casefold())
        if key == path:
            continue  # it stands for itself, and needs no place in `seen`
        other = key if key in bag.files.sizes or key in absent else seen.setdefault(key, path)
        if other == path:
            continue
        if _normal(other) == _normal(path):
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


def _hash(bag: Bag, progress: Progress, search: Search | None, known: Known) -> None:
    """Hash every file and compare it with every manifest that lists it."""
    for listing in (*bag.manifests.values(), *bag.tags.values()):
        for path in listing.absent:
            if not _elsewhere(bag, path):
                bag.problem("bag-file-missing", path)
    absent = {_normal(path) for listing in bag.manifests.values() for path in listing.absent}
    for path in bag.files.sizes:
        if not path.startswith("data/"):
            continue
        lists = [path in listing for listing in bag.manifests.values()]
        if all(lists) or (bag.version < (1, 0) and any(lists)):
            continue
        if not any(lists) and SYSTEM.fullmatch(path):
            bag.warn("bag-system-file", path)
        elif not any(lists) and _normal(path) in absent:
            continue  # listed in another composition of the same letters
        else:
            bag.problem("bag-file-unlisted", path)
    progress.stage("stage-verify-bag", len(bag.files.sizes))
    with ThreadPoolExecutor(2, "verify-bag") as pool:
        names = sorted(bag.files.sizes)
        for start in range(0, len(names), 256):
            part = names[start : start + 256]
            for at, (path, found) in enumerate(
                zip(part, pool.map(lambda each: known(each) or _digests(bag, each, search), part), strict=True)
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


def _digests(bag: Bag, path: str, search: Search | None) -> dict[str, bytes] | None:
    listings = bag.manifests if path.startswith("data/") else bag.tags
    hashes = {name: hashlib.new(name) for name in {*listings, "sha256"}}
    looked = None if search is None else search.file(path, bag.files.sizes[path])
    try:
        with bag.files.open(path) as stream:
            while block := stream.read(CHUNK):
                for each in hashes.values():
                    each.update(block)
                if looked is not None:
                    looked.feed(block)
        if looked is not None:
            looked.finish(lambda: bag.files.open(path))
    except UNREADABLE:
        return None
    return {name: each.digest() for name, each in hashes.items()}


def _compare(bag: Bag, path: str, found: dict[str, bytes] | None) -> None:
    if found is None:
        bag.problem("bag-file-unreadable", path)
        return
    bag.digests.set(path, found["sha256"])
    listings = bag.manifests if path.startswith("data/") else bag.tags
    if any(listing.get(path) not in (None, found[name]) for name, listing in listings.items()):
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

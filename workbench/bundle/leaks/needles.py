"""What must not be in a bundle: all that the redaction withholds, and what never leaves a case.

It is worked out from the case and the redaction alone, not from the rows that were selected: a door that was left open
there must not hide here what went through it.

**Which strings are told apart by themselves.** A string of at least 48 bits (7 letters or digits; two Chinese or Korean
characters) is looked for everywhere, in every form and in the middle of words. One that is shorter, or that stands in
the fixed texts of a bundle (its README, report, verifier, names of tables and columns) or in a name that is handed
over, proves nothing where it is met by accident: it is *common*, and looked for as the whole value of the cells of the
record that hold such things (tags, names of authors, notes, paths), not within texts.
"""

# ruff: noqa: S608 - SQL is put together from our own names

from __future__ import annotations

import fnmatch
import ipaddress
import json
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from workbench.bundle import layout
from workbench.bundle.leaks.forms import Network, Pattern, plain
from workbench.bundle.leaks.scan import Finder
from workbench.bundle.masks import pages
from workbench.bundle.redaction import Redaction
from workbench.bundle.tables import COLUMNS
from workbench.case import schema
from workbench.case.readers import Reader
from workbench.core.errors import UserError
from workbench.core.resources import resource
from workbench.queries import select

LEAST_BITS = 48
"""A string of fewer occurs by accident: once in 2⁴⁸ places of random bytes."""
SAMPLE = 48
"""Bytes that are taken from the inside of a withheld file, twice."""
SMALL = 2048
"""Bytes of a file below which its inside may be the tables that all files of its kind have."""
VARIED = 20
"""So many different bytes has a sample at least that can be told from an empty area."""
LONGEST_FACT = 200


@dataclass(frozen=True)
class Needle:
    """One thing that must not be found. `kind` ends the code of its message ``leak-…``; `evidence` is false for what
    may well stand in the files of the server and tells nothing there.
    """

    kind: str
    value: str | bytes | Network
    evidence: bool = True


@dataclass(frozen=True)
class Sought:
    """`needles` are looked for everywhere; `common` are (kind, text) that are looked for as whole values only."""

    needles: tuple[Needle, ...]
    common: frozenset[tuple[str, str]]


def sought(reader: Reader, redaction: Redaction, *, own: bool, folders: Iterable[Path] = ()) -> Sought:
    """What a bundle of this case must not hold. `own` is true where the observer's own traffic goes along; `folders`
    are places on this machine that no reader need know.
    """
    found = _Collected(reader, redaction)
    found.never_leaves(folders)
    found.addresses(own=own)
    found.files()
    found.words()
    return found.told_apart()


class _Collected:
    def __init__(self, reader: Reader, redaction: Redaction) -> None:
        self.reader = reader
        self.redaction = redaction
        self.strong: dict[Needle, None] = {}
        self.weak: dict[Needle, None] = {}
        self.hides = _hides(redaction)

    def _add(self, kind: str, value: str | bytes | Network, *, evidence: bool = True) -> None:
        if value:
            self.strong[Needle(kind, value, evidence)] = None

    def _maybe(self, kind: str, text: str) -> None:
        """A text that only counts where it can be told from others."""
        if text.strip():
            self.weak[Needle(kind, unicodedata.normalize("NFC", text.strip()))] = None

    def never_leaves(self, folders: Iterable[Path]) -> None:
        """The secret of the case, what is derived from it or from local names, and local places."""
        reader = self.reader
        for table, column in (("case_key", "value"), ("resumption", "key")):
            for (value,) in reader.all(f"SELECT DISTINCT {column} FROM {table}"):
                self._add("secret" if table == "case_key" else "resume", value)
        for (resume,) in reader.all("SELECT DISTINCT resume FROM snapshot WHERE resume IS NOT NULL"):
            self._add("resume", resume)
        for folder in folders:
            if len(folder.parts) > 2:
                self._add("folder", str(folder), evidence=False)

    def addresses(self, *, own: bool) -> None:
        """Those of the redaction, and the observer's own unless they are asked for."""
        for network in self.redaction.addresses:
            self._add("address", network)
        if own:
            return
        mine = select.own_addresses(self.reader)
        for row, text in self.reader.conn.execute("SELECT id, text FROM address"):
            if row < len(mine) and mine[row]:
                try:
                    address = ipaddress.ip_network(text)
                except ValueError:
                    self._maybe("own", text)  # a host name
                else:
                    common = address.network_address.is_loopback or address.network_address.is_unspecified
                    self._add("own", address, evidence=not common)

    def files(self) -> None:
        """Names and bytes: what the redaction names, and objects that are only seen under such names."""
        for pattern in (*self.redaction.paths, *self.redaction.exact_paths):
            literal = pattern in self.redaction.exact_paths or not re.search(r"[*?\[]", pattern.removesuffix("/*"))
            if literal:
                self._path(pattern.removesuffix("/*").strip("/"))
        hidden = set(self.redaction.objects)
        if self.hides is not None:
            rows = self._hidden_paths(self.hides)
            hidden |= self._only_under(rows)
        if hidden and self.redaction.hashes != "open":
            for sha256 in sorted(hidden):
                self._add("object", sha256)
        for sha256 in sorted(hidden):
            self._bytes_of(sha256)
        self._facts_of(hidden)

    def _path(self, display: str) -> None:
        self._maybe("path", display)
        for part in display.split("/"):
            self._maybe("name", part)

    def _hidden_paths(self, hides: Callable[[str, bool], bool]) -> set[int]:
        rows: set[int] = set()
        for page in pages(self.reader, "SELECT id, raw, display FROM path"):
            for row, raw, display in page:
                if hides(display, False):
                    rows.add(row)
                    self._path(display)
                    if display.encode() != raw:
                        self._add("path", raw) if _bits(raw) >= LEAST_BITS else None
        for page in pages(self.reader, "SELECT display FROM logpath"):
            for (display,) in page:
                if hides(display, True):
                    self._maybe("path", display.partition("?")[0].strip("/"))
        return rows

    def _only_under(self, hidden: set[int]) -> set[bytes]:
        """Objects of which every sighting has a withheld name, and that are no log."""
        seen: dict[int, bool] = {}
        for page in pages(self.reader, "SELECT object, path FROM sighting WHERE object IS NOT NULL"):
            for row, path in page:
                seen[row] = seen.get(row, True) and path in hidden
        logs = {row for (row,) in self.reader.all("SELECT object FROM log")}
        wanted = [row for row, only in seen.items() if only and row not in logs]
        found: set[bytes] = set()
        for at in range(0, len(wanted), 500):
            part = wanted[at : at + 500]
            marks = ",".join("?" * len(part))
            found.update(each for (each,) in self.reader.all(f"SELECT sha256 FROM object WHERE id IN ({marks})", part))
        return found

    def _bytes_of(self, sha256: bytes) -> None:
        """Two places in the inside of a withheld file, and one in its preview."""
        try:
            with self.reader.evidence.open(sha256) as stream:
                size = stream.seek(0, 2)
                for place in (2 * size // 3, 7 * size // 8) if size >= SMALL else ():
                    stream.seek(place)
                    self._sample(stream.read(SAMPLE))
        except (UserError, OSError):
            pass  # bytes that are not here cannot have gone along
        preview = self.reader.previews.get([sha256]).get(sha256)
        if preview is not None and len(preview) >= SMALL:
            self._sample(preview[2 * len(preview) // 3 :][:SAMPLE])

    def _sample(self, sample: bytes) -> None:
        if len(sample) == SAMPLE and len(set(sample)) >= VARIED:
            self._add("object-bytes", sample)

    def _facts_of(self, hidden: set[bytes]) -> None:
        """What analysis found in withheld files and in no others."""
        if not hidden:
            return
        telling: set[str] = set()
        others: set[str] = set()
        for page in pages(
            self.reader,
            "SELECT o.sha256, f.value FROM fact f JOIN object o ON o.id = f.object WHERE typeof(f.value) = 'text' "
            "AND f.key NOT IN ('kind', 'media_type')",
        ):
            for sha256, value in page:
                if len(value) <= LONGEST_FACT:
                    (telling if sha256 in hidden else others).add(value)
        for value in sorted(telling - others):
            self._maybe("fact", value)

    def words(self) -> None:
        """Tags, names of people, texts of marks."""
        redaction, reader = self.redaction, self.reader
        for tag in sorted(redaction.tags):
            self._maybe("tag", tag)
        for name in sorted(redaction.authors):
            self._maybe("author", name)
        if redaction.actors:
            for (name,) in reader.all("SELECT name FROM actor UNION SELECT value FROM setting WHERE key = 'examiner'"):
                self._maybe("author", name or "")
            for (who,) in reader.all("SELECT who FROM charter WHERE who IS NOT NULL"):
                self._maybe("author", who)
            for (options,) in reader.all("SELECT options FROM watch"):
                self._maybe("author", str(json.loads(options).get("contact") or ""))
        if not (redaction.notes or redaction.authors or redaction.marks):
            return
        for uid, name, kind, value in reader.conn.execute(
            "SELECT m.uid, a.name, m.kind, m.value FROM mark m JOIN actor a ON a.id = m.actor WHERE m.value IS NOT NULL"
        ):
            is_note = kind in ("note", "journal")
            if (redaction.notes and is_note) or (is_note and name in redaction.authors) or uid in redaction.marks:
                self._maybe("note" if is_note else "tag", value)

    # which of them can be told from other texts

    def told_apart(self) -> Sought:
        needles = list(self.strong)
        long = [each for each in self.weak if _bits(str(each.value).encode()) >= LEAST_BITS]
        common = {(each.kind, str(each.value)) for each in self.weak.keys() - set(long)}
        met = self._met([str(each.value) for each in long]) if long else set()
        for each in long:
            if str(each.value) in met:
                common.add((each.kind, str(each.value)))
            else:
                needles.append(each)
        # One part of a path alone, where others have it too, tells nothing.
        return Sought(tuple(needles), frozenset(each for each in common if each[0] != "name"))

    def _met(self, texts: list[str]) -> set[str]:
        """Those that stand in the fixed texts of a bundle, or in names that the redaction does not withhold."""
        finder = Finder([Pattern(at, plain(text)) for at, text in enumerate(texts)])
        met: set[int] = set()
        for block in (fixed_texts(), *self._staying()):
            met |= finder.found_in(unicodedata.normalize("NFC", block).encode("utf-8", "replace"))
        return {texts[at] for at in met}

    def _staying(self) -> Iterator[str]:
        hides = self.hides
        for table, is_log in (("path", False), ("logpath", True)):
            for page in pages(self.reader, f"SELECT display FROM {table}"):
                yield "\n".join(each for (each,) in page if hides is None or not hides(each, is_log))


def _bits(raw: bytes) -> int:
    """How much it would take to meet these bytes by accident: a letter may be large or small."""
    return sum(7 if chr(each).isascii() and chr(each).isalpha() else 8 for each in raw)


def _hides(redaction: Redaction) -> Callable[[str, bool], bool] | None:
    """Does a redaction withhold a name? The second argument says whether it is one of a log, where the pattern may
    begin in any folder. A withheld folder withholds all that is in it.
    """
    parts = [re.escape(_trimmed(each)) for each in redaction.exact_paths]
    # GLOB of SQLite: `*` crosses folders, `[^…]` excludes.
    globs = (fnmatch.translate(_trimmed(each).replace("[^", "[!")) for each in redaction.paths)
    parts += (each.removesuffix(r"\Z").removesuffix(r"\z") for each in globs)
    if not parts:
        return None
    any_of = "|".join(f"(?:{each})" for each in parts)
    path = re.compile(rf"(?:{any_of})(?:/.*)?", re.DOTALL)
    logged = re.compile(rf"(?:.*/)?(?:{any_of})(?:[/?].*)?", re.DOTALL)

    def hides(name: str, is_log: bool) -> bool:
        name = unicodedata.normalize("NFC", name)
        if is_log:
            return logged.fullmatch(name) is not None
        return path.fullmatch(name.strip("/")) is not None

    return hides


def _trimmed(pattern: str) -> str:
    """``NAME``, ``NAME/`` and ``/NAME/*`` all mean the folder and what is in it."""
    return unicodedata.normalize("NFC", pattern.removesuffix("/*").strip("/") or pattern)


@cache
def fixed_texts() -> str:
    """All that stands in every bundle, whatever the case: templates, sentences, names of tables and columns."""
    names = ("bundle-readme.txt", "bundle-report.css", "bundle-report.html", "bundle-exhibits.html", "verify_bundle.py")
    parts = [resource("templates", name).read_text("utf-8") for name in names]
    parts += [
        each.read_text("utf-8") for each in resource("translations", "en").iterdir() if each.name.endswith("json")
    ]
    parts += schema.expected().values()
    parts += [f"{name} {' '.join(columns)}" for name, columns in COLUMNS.items()]
    parts += [str(value) for name, value in vars(layout).items() if name.isupper()]
    return "\n".join(parts)

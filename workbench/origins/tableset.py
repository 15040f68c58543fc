"""Small data sets that are read from text: ranges may lie within each other."""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from workbench.core.errors import UserError
from workbench.core.records import Claim
from workbench.origins.addresses import Version, parse_range, range_text
from workbench.origins.dataset import AS_NAME, ASN, COUNTRY, LABEL, LABELS, About, PrefixSet, split_labels
from workbench.origins.ranges import Ranges, ranges_of

COLUMNS = ("prefix", COUNTRY, ASN, AS_NAME, LABELS)
KINDS = ("country", "as", "labels", "mixed")
RESERVED_NAME = "iana-special"
"""The set whose claims mean "nobody's on the public Internet"; see `special`."""

_LABEL = re.compile(r"[a-z0-9][a-z0-9-]*")
_COUNTRY = re.compile(r"[A-Za-z]{2}")
_ASN = re.compile(r"(?:AS|as)?(\d{1,10})")


@dataclass(frozen=True)
class Entry:
    """One row: an inclusive range and what is said of it."""

    version: Version
    start: int
    end: int
    values: tuple[tuple[str, str], ...]


class TableSet(PrefixSet):
    """Ranges that may lie within each other.

    With `narrowest` only the narrowest range that holds an address speaks (a registry with exceptions). Otherwise
    country and network come from the narrowest range that names one, while labels of all of them stand side by side,
    each with its own prefix.
    """

    def __init__(self, about: About, entries: Sequence[Entry], *, narrowest: bool = False) -> None:
        self.about = about
        self.lists_labels = any(key == LABEL for entry in entries for key, _ in entry.values)
        self._entries = entries
        self._narrowest = narrowest
        self._covers: list[tuple[int, ...]] = []
        self._ranges: dict[Version, Ranges] = {4: self._flatten(4), 6: self._flatten(6)}

    def ranges(self, version: Version) -> Ranges:
        """See `PrefixSet.ranges`."""
        return self._ranges[version]

    def claims_at(self, version: Version, number: int) -> tuple[Claim, ...]:
        """See `PrefixSet.claims_at`; the prefix is that of the row, not of the piece of it that was hit."""
        claims: list[Claim] = []
        taken: set[str] = set()
        for row in self._covers[int(self._ranges[version].index[number])]:
            entry = self._entries[row]
            prefix = range_text(entry.start, entry.end, entry.version)
            new = [(key, value) for key, value in entry.values if _topic(key) not in taken]
            claims += [self.about.claim(prefix, key, value) for key, value in new]
            taken |= {_topic(key) for key, _ in new} - {LABEL}
            if self._narrowest:
                break
        return tuple(claims)

    def _flatten(self, version: Version) -> Ranges:
        """Cut the ranges into pieces that do not overlap; each piece knows its rows, the narrowest first."""
        rows = [(number, entry) for number, entry in enumerate(self._entries) if entry.version == version]
        edges = sorted(
            [(entry.start, 1, number) for number, entry in rows]
            + [(entry.end + 1, 0, number) for number, entry in rows]
        )
        pieces: list[tuple[int, int, int]] = []
        active: set[int] = set()
        for place, (at, opens, number) in enumerate(edges):
            (active.add if opens else active.discard)(number)
            if place + 1 < len(edges) and active and edges[place + 1][0] > at:
                covers = sorted(active, key=lambda row: (self._entries[row].end - self._entries[row].start, row))
                pieces.append((at, edges[place + 1][0] - 1, len(self._covers)))
                self._covers.append(tuple(covers))
        return ranges_of(version, pieces)


def _topic(key: str) -> str:
    """An AS number and a name from two different rows would make a network that nobody claimed."""
    return ASN if key == AS_NAME else key


def from_csv(data: bytes, name: str, release: str, kind: str, licence: str, title: str = "") -> TableSet:
    """Read a user's data set: CSV in UTF-8 with the header ``prefix,country,asn,as_name,labels``.

    Only ``prefix`` must be there; the order is free. A prefix is a network (``192.0.2.0/24``), one address or
    ``start-end``; labels are lower-case words with spaces between. An address that lies in several prefixes: see
    `TableSet`. `release` is the date as of which the set speaks (may be empty: then it is called undated).
    Raises `UserError` that names the line.
    """
    if name == RESERVED_NAME:
        raise UserError("origins.csv-name", name=name)
    if kind not in KINDS:
        raise UserError("origins.csv-kind", kind=kind, kinds=", ".join(KINDS))
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise UserError("origins.csv-encoding", name=name, line=line) from error
    entries = list(_entries(text, name))
    if not entries:
        raise UserError("origins.csv-empty", name=name)
    about = About(name, title or name, release, kind, licence, len(entries), hashlib.sha256(data).digest())
    return TableSet(about, entries)


def _entries(text: str, name: str) -> Iterable[Entry]:
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    seen: dict[tuple[Version, int, int], int] = {}
    try:
        columns = [column.strip().lower() for column in reader.fieldnames or ()]
        if "prefix" not in columns or set(columns) - set(COLUMNS) or len(set(columns)) < len(columns):
            raise UserError("origins.csv-header", name=name, columns=",".join(COLUMNS))
        reader.fieldnames = columns
        for row in reader:
            entry = _entry(row, name, reader.line_num)
            earlier = seen.setdefault((entry.version, entry.start, entry.end), reader.line_num)
            if earlier != reader.line_num:
                raise UserError("origins.csv-twice", name=name, line=reader.line_num, earlier=earlier)
            yield entry
    except csv.Error as error:
        line = reader.reader.line_num  # the outer one counts finished rows only
        raise UserError("origins.csv-line", name=name, line=line, column="", value=str(error)) from error


def _entry(row: dict[str, str | None], name: str, line: int) -> Entry:
    if None in row or None in row.values():
        raise UserError("origins.csv-fields", name=name, line=line)
    cells = {column: (cell or "").strip() for column, cell in row.items()}
    try:
        start, end, version = parse_range(cells["prefix"])
    except ValueError as error:
        raise _wrong(name, line, "prefix", cells["prefix"]) from error
    read = {column: _READ[column](cells[column], name, line) for column in COLUMNS[1:] if cells.get(column)}
    return Entry(version, start, end, tuple(split_labels(read.items())))


def _wrong(name: str, line: int, column: str, value: str) -> UserError:
    return UserError("origins.csv-line", name=name, line=line, column=column, value=value[:100])


def _country(cell: str, name: str, line: int) -> str:
    if not _COUNTRY.fullmatch(cell):
        raise _wrong(name, line, COUNTRY, cell)
    return cell.upper()


def _asn(cell: str, name: str, line: int) -> str:
    found = _ASN.fullmatch(cell)
    if not found or not 0 < int(found[1]) < 2**32:
        raise _wrong(name, line, ASN, cell)
    return str(int(found[1]))


def _labels(cell: str, name: str, line: int) -> str:
    for label in cell.split():
        if not _LABEL.fullmatch(label):
            raise _wrong(name, line, LABELS, label)
    return " ".join(sorted(set(cell.split())))


_READ: dict[str, Callable[[str, str, int], str]] = {
    COUNTRY: _country,
    ASN: _asn,
    AS_NAME: lambda cell, _name, _line: cell,
    LABELS: _labels,
}

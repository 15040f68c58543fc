"""What an intake and an analysis have to know of what is there already."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from workbench.case.readers import Reader


def unfinished(reader: Reader, source: str, resume: bytes) -> int | None:
    """A look at this source, by the same call, that has no end."""
    return reader.value(  # type: ignore[no-any-return]
        "SELECT n.id FROM resumption r JOIN snapshot n ON n.id = r.snapshot JOIN source s ON s.id = n.source "
        "WHERE s.name = ? AND r.key = ? "
        "AND NOT EXISTS (SELECT 1 FROM snapshot_end e WHERE e.snapshot = n.id) ORDER BY n.id DESC LIMIT 1",
        (source, resume),
    )


def sightings_of(reader: Reader, snapshot: int, path: bytes) -> int:
    """How often has this look recorded the path already?"""
    return int(
        reader.value(
            "SELECT count(*) FROM sighting s JOIN path p ON p.id = s.path WHERE s.snapshot = ? AND p.raw = ?",
            (snapshot, path),
        )
    )


def lost_before(reader: Reader, snapshot: int) -> bool:
    """Did an earlier run of this look miss something, so that it cannot be complete?"""
    return bool(
        reader.value(
            "SELECT EXISTS (SELECT 1 FROM sighting WHERE snapshot = ?1 AND state = 'not-fetched') "
            "OR EXISTS (SELECT 1 FROM coverage WHERE snapshot = ?1 AND state <> 'listed')",
            (snapshot,),
        )
    )


def analysed(reader: Reader, sha256: bytes) -> bool:
    """Has any analyzer seen these bytes?"""
    return bool(reader.value("SELECT 1 FROM analysis a JOIN object o ON o.id = a.object WHERE o.sha256 = ?", (sha256,)))


@dataclass(frozen=True)
class Lack:
    """An object that some analyzer has not seen."""

    id: int
    sha256: bytes
    size: int
    name: str
    want: tuple[str, ...]


def lacking(
    reader: Reader, versions: Mapping[str, str], after: int, only: str | None, limit: int, snapshot: int | None = None
) -> list[Lack]:
    """The next objects by id, of a look or of all, that lack an analysis by the analyzers (name to version) of this
    program.
    """
    names = [only] if only else list(versions)
    missing = " OR ".join(
        "NOT EXISTS (SELECT 1 FROM analysis a WHERE a.object = o.id AND a.analyzer = ? AND a.version = ?)"
        for _ in names
    )
    found: list[Lack] = []
    seen = "" if snapshot is None else "AND EXISTS (SELECT 1 FROM sighting s WHERE s.object = o.id AND s.snapshot = ?)"
    for row, sha256, size in reader.all(
        f"SELECT o.id, o.sha256, o.size FROM object o WHERE o.id > ? AND ({missing}) {seen} ORDER BY o.id LIMIT ?",
        (
            after,
            *(value for name in names for value in (name, versions[name])),
            *(() if snapshot is None else (snapshot,)),
            limit,
        ),
    ):
        have = set(reader.all("SELECT analyzer, version FROM analysis WHERE object = ?", (row,)))
        name = reader.value(
            "SELECT p.display FROM sighting s JOIN path p ON p.id = s.path WHERE s.object = ? LIMIT 1", (row,)
        )
        want = tuple(each for each in names if (each, versions[each]) not in have)
        found.append(Lack(row, sha256, size, name or "", want))
    return found


def sighting_count(reader: Reader, snapshot: int) -> int:
    """How many files a look has recorded."""
    return int(reader.value("SELECT count(*) FROM sighting WHERE snapshot = ?", (snapshot,)))


def object_count(reader: Reader) -> int:
    """How many objects the case holds."""
    return int(reader.value("SELECT count(*) FROM object"))

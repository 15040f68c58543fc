"""Histories of a watched server, and a second, naive account of what they show, in plain Python."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tests.making import T0, sighted, stored
from workbench.case.case import Case
from workbench.core.messages import Message
from workbench.core.records import Basis, Coverage, Folder, Noted, Status
from workbench.core.times import DAY, Precision, Zone
from workbench.ops import intake


@dataclass(frozen=True)
class File:
    """What a look says of a path: a number for its bytes (null: not fetched), and the time that the server states."""

    content: int | None = None
    modified: int | None = None
    zone: Zone = Zone.GIVEN
    precision: Precision = Precision.SECOND
    trusted: str | None = field(default=None, compare=False)
    """By which rule it was not fetched again."""


@dataclass(frozen=True)
class Seen:
    """One look. `status` null: it has no end. `folders` are its rows of coverage, `warned` paths of its warnings, `why`
    is what it says about itself.
    """

    files: Mapping[bytes, File]
    day: int = 0
    status: Status | None = Status.COMPLETE
    scope: str = "complete"
    folders: Sequence[tuple[bytes, Coverage]] = ()
    warned: Sequence[bytes] = ()
    abandoned: bool = False
    why: Message | None = None


Claim = tuple[str, bytes, bytes | None]
"""Kind, path, and where a moved file came from."""


@dataclass
class Recorded:
    """A history in a case: the looks by time, each with its id and the sighting (id) of every path."""

    looks: list[tuple[int, Seen]] = field(default_factory=list)
    sightings: dict[tuple[int, bytes], int] = field(default_factory=dict)


def record(case: Case, history: Sequence[Seen], source: str = "server") -> Recorded:
    """Take looks in, in the order given."""
    made = Recorded()
    for each in history:
        observed = T0 + each.day * DAY
        begun = intake.Look(
            source, "web", observed, observed, Basis.WITNESSED, Precision.MICROSECOND, each.scope, resume=b"r" * 32
        )
        look = case.run(intake.begin, begun).result
        files = [
            sighted(
                path,
                None if own.content is None else stored(case, b"content %d" % own.content),
                own.modified,
                zone=own.zone,
                precision=own.precision,
                trusted=own.trusted,
            )
            for path, own in each.files.items()
        ]
        notes: list[Noted | Folder] = [
            *(Folder(path, state) for path, state in each.folders),
            *(Noted(path, Message("file-vanished")) for path in each.warned),
            *([Noted(b"", Message("look-abandoned"))] if each.abandoned else []),
            *([Noted(b"", each.why)] if each.why is not None else []),
        ]
        rows = case.run(intake.batch, look, files, notes, intake.Known()).result.sightings
        made.sightings.update({(look, path): row for path, row in zip(each.files, rows, strict=True)})
        if each.status is not None:
            case.run(intake.end, look, each.status, observed + 1)
        made.looks.append((look, each))
    made.looks.sort(key=lambda pair: (pair[1].day, pair[0]))
    return made


def compares(look: Seen) -> bool:
    """Can the look show that anything is missing?"""
    if look.status is Status.PARTIAL and look.scope == "complete" and not look.abandoned:
        return any(state is Coverage.LISTED for _, state in look.folders)
    return look.status is Status.COMPLETE


def lacks(look: Seen, path: bytes) -> bool:
    """Does the look show that there was no file at this path?"""
    if path in look.files or not compares(look):
        return False
    if path in look.warned:
        return False
    said = dict(look.folders)
    complete = look.status is Status.COMPLETE
    folder = path
    while folder:
        folder = folder.rpartition(b"/")[0]
        if said.get(folder) is Coverage.LISTED:
            return True
        if folder in look.warned:
            return False
        if folder in said and not complete:
            return False
    return complete


def expected(recorded: Recorded) -> dict[int, set[Claim]]:
    """What each compared look shows, from the definitions alone."""
    found: dict[int, set[Claim]] = {}
    telling = [at for at, (_, look) in enumerate(recorded.looks) if compares(look)]
    for at in telling[1:]:
        found[recorded.looks[at][0]] = _claims(recorded, at)
    return found


def _claims(recorded: Recorded, at: int) -> set[Claim]:
    look, now = recorded.looks[at]
    before = list(reversed(recorded.looks[:at]))

    def last(test: object) -> int:
        """How many looks ago something was the case; far away if never."""
        return next((ago for ago, (_, each) in enumerate(before) if test(each)), 10**6)  # type: ignore[operator]

    def position(path: bytes, ago: int) -> int:
        return recorded.sightings[before[ago][0], path]

    came: dict[bytes, str] = {}
    found: set[Claim] = set()
    for path, own in now.files.items():
        absent = last(lambda each, path=path: lacks(each, path))
        kept = last(lambda each, path=path: path in each.files and compares(each))
        if absent < kept:
            earlier = any(path in each.files for _, each in before[absent:])
            came[path] = "returned" if earlier else "added"
        elif kept < 10**6:
            kind = _difference(before[kept][1].files[path], own)
            found |= {(kind, path, None)} if kind else set()
    gone: dict[bytes, int] = {}
    for path in {path for _, each in before for path in each.files}:
        seen = last(lambda each, path=path: path in each.files)
        if lacks(now, path) and seen < last(lambda each, path=path: lacks(each, path)):
            gone[path] = seen
    for path in sorted(came, key=lambda path: recorded.sightings[look, path]):
        content = now.files[path].content
        origins = [each for each, ago in gone.items() if before[ago][1].files[each].content == content is not None]
        if origins:
            origin = min(origins, key=lambda each: position(each, gone[each]))
            del gone[origin]
            found.add(("moved", path, origin))
        else:
            found.add((came[path], path, None))
    return found | {("removed", path, None) for path in gone}


def _difference(old: File, new: File) -> str:
    if old.content is not None and new.content is not None and old.content != new.content:
        return "changed"
    if old.modified is None or new.modified is None or (old.zone is Zone.UNKNOWN) != (new.zone is Zone.UNKNOWN):
        return ""
    if old.precision == new.precision:
        return "time-changed" if old.modified != new.modified else ""
    coarse, fine = (old, new) if old.precision > new.precision else (new, old)
    assert coarse.modified is not None
    assert fine.modified is not None
    return "" if 0 <= fine.modified - coarse.modified < coarse.precision.micros else "time-changed"

"""Looks, and what they saw."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from workbench.case.operation import operation
from workbench.case.transaction import Transaction
from workbench.case.uids import uuid7
from workbench.core.messages import Message
from workbench.core.records import Basis, Container, Exchange, Folder, Noted, Sighted, Status, Stored
from workbench.core.times import Precision


@dataclass
class Known:
    """Ids that an intake has met: the writer looks them up once. Belongs to one job; changes after commits only."""

    paths: dict[bytes, int] = field(default_factory=dict)
    objects: dict[bytes, int] = field(default_factory=dict)
    resumed: bool = False
    """The look was cut off before: notes that are there already are not made again."""

    LIMIT = 300_000

    def trim(self) -> None:
        """Keep memory bounded on a look at millions of files."""
        for held in (self.paths, self.objects):
            if len(held) > self.LIMIT:
                held.clear()


@dataclass(frozen=True)
class Look:
    """The beginning of a look. `began` and `observed` are microseconds UTC; `resume` recognises a repeat of it."""

    source: str
    kind: str
    began: int
    observed: int
    basis: Basis
    precision: Precision
    scope: str
    name: str | None = None
    resume: bytes | None = None


@dataclass(frozen=True)
class Recorded:
    """What a batch added: ids of its sightings, and of its objects by SHA-256."""

    sightings: range
    objects: dict[bytes, int]
    new_objects: int
    new_bytes: int
    warnings: int


@operation("intake.source")
def source(tx: Transaction, name: str, kind: str) -> int:
    """Name a place that is observed; the same name is the same source."""
    tx.arguments.update(source=name, kind=kind)
    return _source(tx, name, kind)


def _source(tx: Transaction, name: str, kind: str) -> int:
    found = tx.value("SELECT id FROM source WHERE name = ?", (name,))
    return int(found) if found is not None else tx.add("source", uid=uuid7(), kind=kind, name=name)


@operation("intake.begin")
def begin(tx: Transaction, look: Look) -> int:
    """Begin a look at a source."""
    uid = uuid7()
    tx.arguments.update(snapshot=uid.hex(), source=look.source, scope=look.scope, observed=look.observed)
    snapshot = tx.add(
        "snapshot",
        uid=uid,
        source=_source(tx, look.source, look.kind),
        began=look.began,
        observed=look.observed,
        basis=look.basis.value,
        precision=int(look.precision),
        scope=look.scope,
        name=look.name,
        resume=None,
    )
    if look.resume is not None:
        tx.add("resumption", snapshot=snapshot, key=look.resume)
    return snapshot


@operation("intake.batch")
def batch(
    tx: Transaction,
    snapshot: int,
    sighted: Sequence[Sighted],
    notes: Sequence[Noted | Folder | Container],
    known: Known,
    exchanges: Sequence[Exchange] = (),
) -> Recorded:
    """Record files, folders and warnings of a look, and the exchanges with a server that they come from."""
    known.trim()
    if known.resumed:
        notes = [each for each in notes if not _noted_before(tx, snapshot, each)]
    objects, fresh, new_bytes = _objects(tx, sighted, known)
    noted = [each for each in notes if isinstance(each, Noted)]
    folders = [each for each in notes if isinstance(each, Folder)]
    containers = [each for each in notes if isinstance(each, Container)]
    raws = [each.path for group in (sighted, noted, folders, containers) for each in group if each.path]
    ids = dict(zip(raws, tx.intern_paths(raws, known.paths), strict=True))
    rows = tx.append(
        "sighting",
        snapshot=[snapshot] * len(sighted),
        path=[ids[each.path] for each in sighted],
        object=[None if each.stored is None else objects[each.stored.sha256] for each in sighted],
        state=[each.state for each in sighted],
        size_claimed=[each.size for each in sighted],
        modified=[each.modified for each in sighted],
        zone=[int(each.zone) for each in sighted],
        precision=[int(each.precision) for each in sighted],
        etag=[each.etag for each in sighted],
        headers=[each.headers for each in sighted],
        record=[each.record for each in sighted],
    )
    _trust(tx, rows, sighted)
    _exchanges(tx, snapshot, exchanges)
    said: list[tuple[bytes, Message, int | None]] = []
    for each in sighted:
        of = None if each.instead is None else objects[each.instead.sha256]
        said += [(each.path, message, of) for message in each.warnings]
    said += [(note.path, note.message, None) for note in noted]
    tx.append(
        "warning",
        snapshot=[snapshot] * len(said),
        path=[ids.get(path) for path, *_ in said],
        object=[of for *_, of in said],
        code=[message.code for _, message, _ in said],
        arguments=[message.to_json() for _, message, _ in said],
    )
    tx.append(
        "coverage",
        snapshot=[snapshot] * len(folders),
        path=[ids.get(each.path) for each in folders],
        state=[each.coverage.value for each in folders],
    )
    tx.append(
        "container",
        snapshot=[snapshot] * len(containers),
        path=[ids[each.path] for each in containers],
        sha256=[each.sha256 for each in containers],
        size=[each.size for each in containers],
    )
    tx.arguments.update(snapshot=snapshot, sightings=len(sighted), new_objects=fresh, warnings=len(said))
    if exchanges:
        tx.arguments.update(exchanges=len(exchanges))
    return Recorded(rows, objects, fresh, new_bytes, len(said))


def _trust(tx: Transaction, rows: range, sighted: Sequence[Sighted]) -> None:
    """Which bytes were taken from an earlier look, and what came of fetching some of these again."""
    told = [(row, each) for row, each in zip(rows, sighted, strict=True)]
    trusted = [(row, each.trusted) for row, each in told if each.trusted is not None]
    tx.append("trusted", sighting=[row for row, _ in trusted], rule=[rule for _, rule in trusted])
    checked = [(row, each.same) for row, each in told if each.same is not None]
    tx.append("recheck", sighting=[row for row, _ in checked], same=[int(same) for _, same in checked])


@operation("intake.exchanges")
def exchanges(tx: Transaction, made: Sequence[Exchange]) -> None:
    """Record requests that belong to no look: those by which a server was asked what it is."""
    _exchanges(tx, None, made)
    tx.arguments.update(exchanges=len(made))


def _exchanges(tx: Transaction, snapshot: int | None, exchanges: Sequence[Exchange]) -> None:
    hashes = sorted({each.object for each in exchanges if each.object is not None})
    objects = {sha256: tx.value("SELECT id FROM object WHERE sha256 = ?", (sha256,)) for sha256 in hashes}
    files: dict[str, int] = {}
    for each in exchanges:
        name = each.placed.file
        if name not in files:
            found = tx.value("SELECT id FROM warc WHERE name = ?", (name,))
            files[name] = int(found) if found is not None else tx.add("warc", snapshot=snapshot, name=name)
    tx.append(
        "exchange",
        uid=[each.uid for each in exchanges],
        snapshot=[snapshot] * len(exchanges),
        time=[each.time for each in exchanges],
        took=[each.took for each in exchanges],
        purpose=[each.purpose.value for each in exchanges],
        method=[each.method for each in exchanges],
        url=[each.url for each in exchanges],
        status=[each.status for each in exchanges],
        peer=[each.peer for each in exchanges],
        certificate=[each.certificate for each in exchanges],
        server_date=[each.server_date for each in exchanges],
        received=[each.received for each in exchanges],
        outcome=[each.outcome for each in exchanges],
        object=[None if each.object is None else objects[each.object] for each in exchanges],
        body_from=[each.body_from for each in exchanges],
        body_size=[each.body_size for each in exchanges],
        warc=[files[each.placed.file] for each in exchanges],
        start=[each.placed.start for each in exchanges],
        length=[each.placed.length for each in exchanges],
        sha256=[each.placed.sha256 for each in exchanges],
    )


def _noted_before(tx: Transaction, snapshot: int, note: Noted | Folder | Container) -> bool:
    """Does the look say this already?"""
    path = tx.value("SELECT id FROM path WHERE raw = ?", (note.path,))
    if note.path and path is None:
        return False
    if isinstance(note, Noted):
        sql = "SELECT 1 FROM warning WHERE snapshot = ? AND path IS ? AND code = ? AND arguments = ?"
        return bool(tx.value(sql, (snapshot, path, note.message.code, note.message.to_json())))
    if isinstance(note, Folder):
        sql = "SELECT 1 FROM coverage WHERE snapshot = ? AND path IS ? AND state = ?"
        return bool(tx.value(sql, (snapshot, path, note.coverage.value)))
    return bool(tx.value("SELECT 1 FROM container WHERE snapshot = ? AND path IS ?", (snapshot, path)))


def _objects(tx: Transaction, sighted: Sequence[Sighted], known: Known) -> tuple[dict[bytes, int], int, int]:
    stored = [held for each in sighted for held in (each.stored, each.instead) if held is not None]
    sizes = {each.sha256: each.size for each in stored}
    found = {sha256: known.objects[sha256] for sha256 in sizes if sha256 in known.objects}
    ids, new = _object_ids(tx, {sha256: size for sha256, size in sizes.items() if sha256 not in found})
    found.update(ids)
    tx.after_commit(lambda: known.objects.update(found))
    return found, len(new), sum(sizes[sha256] for sha256 in new)


def _object_ids(tx: Transaction, sizes: dict[bytes, int]) -> tuple[dict[bytes, int], list[bytes]]:
    """Ids by SHA-256, and which of them are new to the case."""
    found: dict[bytes, int] = {}
    wanted = list(sizes)
    for at in range(0, len(wanted), 500):
        part = wanted[at : at + 500]
        marks = ",".join("?" * len(part))
        found.update(tx.all(f"SELECT sha256, id FROM object WHERE sha256 IN ({marks})", part))
    new = [sha256 for sha256 in wanted if sha256 not in found]
    found.update(zip(new, tx.append("object", sha256=new, size=[sizes[each] for each in new]), strict=True))
    return found, new


@operation("intake.objects")
def objects(tx: Transaction, stored: Sequence[Stored]) -> dict[bytes, int]:
    """Record bytes that no look has shown, such as a log's own; returns ids by SHA-256."""
    found, new = _object_ids(tx, {each.sha256: each.size for each in stored})
    tx.arguments.update(objects=len(found), new_objects=len(new))
    return found


@operation("intake.warn")
def warn(tx: Transaction, message: Message, object_id: int | None = None) -> None:
    """Record something that could not be read or done."""
    tx.arguments.update(code=message.code)
    tx.add("warning", snapshot=None, path=None, object=object_id, code=message.code, arguments=message.to_json())


@operation("intake.end")
def end(tx: Transaction, snapshot: int, status: Status, ended: int) -> None:
    """End a look: complete, partial or failed."""
    tx.add("snapshot_end", snapshot=snapshot, status=status.value, ended=ended)
    tx.arguments.update(snapshot=snapshot, status=status.value)


@operation("intake.resume")
def resume(tx: Transaction, snapshot: int) -> None:
    """Go on with a look that was cut off."""
    tx.touches("snapshot")
    tx.arguments.update(snapshot=snapshot)

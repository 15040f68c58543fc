"""Write a bundle beside the name that was asked for, check every byte of it, and only then give it that name."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

from workbench.bundle import layout, tagfiles
from workbench.bundle.custodylog import closed_sets, write_custody, write_rows
from workbench.bundle.days import days_of
from workbench.bundle.excerpts import Excerpts, cut
from workbench.bundle.exchanges import Carried, write_exchanges
from workbench.bundle.formats import Row, json_line, write_table
from workbench.bundle.leaks.needles import Sought, sought
from workbench.bundle.leaks.search import Search, Searched
from workbench.bundle.numbering import Renumbering
from workbench.bundle.pictures import Previewer, Remade
from workbench.bundle.rebuild import EMPTY, Origin, rebuild
from workbench.bundle.redaction import Redaction, read_redaction
from workbench.bundle.report import Facts, write_exhibits, write_report
from workbench.bundle.selection import Selection, selected
from workbench.bundle.signing import Signer, read_key
from workbench.bundle.sink import Entry, FolderSink, Incoming, Sink, ZipSink
from workbench.bundle.tables import COLUMNS, FILE_FACTS, CarriedEvidence, Tables, rebuilt_reader
from workbench.bundle.verify import verify_bundle
from workbench.bundle.watchreport import watched_sections
from workbench.case.case import Case, read_setting
from workbench.case.locks import FileLock
from workbench.case.readers import Reader
from workbench.core import times
from workbench.core.errors import UserError
from workbench.core.filter import Filter
from workbench.core.progress import Progress
from workbench.core.sentence import sentence
from workbench.ops import bundles
from workbench.queries import custody


@dataclass(frozen=True)
class Written:
    """A bundle that was written and verified. `left_out` is (reason, count) of what stayed behind; `seal` is the one
    figure that a recipient compares (`layout.seal`), `signed_by` the fingerprint of the key.
    """

    path: Path
    objects: int
    bytes: int
    left_out: list[tuple[str, int]]
    manifest_sha256: str
    custody_head: str
    seal: str
    signed_by: str | None
    recorded: bool = False
    """Was the seal recorded in the custody of the case? It cannot be where the case must not be changed."""
    searched: Searched = field(default_factory=Searched)


def write_bundle(
    case: Case,
    out: Path,
    asked: Filter,
    *,
    as_zip: bool = False,
    recipient: str | None = None,
    redact: Path | Redaction | None = None,
    sign: Path | None = None,
    previewer: Previewer | None = None,
    progress: Progress | None = None,
) -> Written:
    """Write what the filter shows as a BagIt bag (RFC 8493) and verify it.

    `previewer` makes the pictures of the report again from the objects; without one those of the cache are taken.
    For a job thread. Raises `UserError` (the name is taken, the disk is full, a key or a redaction cannot be used, the
    finished bundle does not verify) and `Cancelled`; nothing is left under the name of `out` then.
    """
    out = out.absolute()
    _refuse(case, out)
    redaction = read_redaction(redact) if isinstance(redact, Path) else redact or Redaction()
    signer = read_key(sign) if sign is not None else None
    try:
        with _scratch(out) as scratch, case.reader() as reader:
            written = _Writing(case, reader, out, scratch, asked, redaction, progress or Progress(), previewer).run(
                as_zip, recipient, signer
            )
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise UserError("bundle-disk-full", path=out.name) from error
        raise UserError("bundle-cannot-write", path=out.name, reason=error.strerror or str(error)) from error
    return _recorded(case, written)


def _recorded(case: Case, written: Written) -> Written:
    """Write the seal into the case's custody. A bundle that stands is not taken back because that fails."""
    if not case.writable:
        return written
    name = os.fsencode(written.path.name).decode("utf-8", "replace")
    try:
        case.run(bundles.sealed, name, written.seal, written.manifest_sha256)
    except UserError:
        return written
    return replace(written, recorded=True)


def _refuse(case: Case, out: Path) -> None:
    if os.path.lexists(out):
        raise UserError("bundle-exists", path=out.name)
    if not out.parent.is_dir():
        raise UserError("bundle-no-folder", path=out.name, folder=out.parent.name)
    if case.evidence.folder.absolute() in out.parents:
        raise UserError("bundle-inside-evidence", path=out.name)


@contextmanager
def _scratch(out: Path) -> Iterator[Path]:
    """A folder beside `out` that nobody else has; what dead processes left of theirs is removed."""
    # A hash stands for the name: that may be as long as the system allows, and hold signs that mean something.
    stem = f".workbench-{hashlib.sha256(os.fsencode(out.name)).hexdigest()[:16]}"
    # Of bundles under whatever name: the one that was cut off may never be asked for again.
    for old in out.parent.glob(f".workbench-{'[0-9a-f]' * 16}.*.partial-lock"):
        with FileLock(old) as dead:
            if dead:
                shutil.rmtree(old.with_suffix(".partial"), ignore_errors=True)
                old.unlink(missing_ok=True)
    folder = out.parent / f"{stem}.{os.getpid()}-{uuid.uuid4().hex}.partial"
    lock_file = folder.with_suffix(".partial-lock")
    lock = FileLock(lock_file)
    if not lock.acquire():
        raise OSError(errno.EACCES, os.strerror(errno.EACCES))
    try:
        folder.mkdir()
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        lock_file.unlink(missing_ok=True)
        lock.release()


@dataclass
class _Writing:
    case: Case
    reader: Reader
    out: Path
    scratch: Path
    asked: Filter
    redaction: Redaction
    progress: Progress
    previewer: Previewer | None = None
    lost: dict[int, str] = field(default_factory=dict)
    objects: int = 0
    object_bytes: int = 0
    evidence_manifest: str = ""
    closed: list[Row] = field(default_factory=list)
    """Row sets whose salts are not given, by table."""
    search: Search = field(init=False)

    def run(self, as_zip: bool, recipient: str | None, signer: Signer | None) -> Written:
        self.progress.stage("stage-bundle-select")
        selection = selected(self.reader, self.asked, self.redaction)
        self._refuse_telling(selection, recipient)
        top = self.out.stem if as_zip and self.out.suffix.lower() == ".zip" else self.out.name
        draft = self.scratch / (f"{top}.zip" if as_zip else "bag")
        self.search = search = Search(self._sought(), self.redaction.accept)
        sink: Sink = ZipSink(draft, top, self.scratch) if as_zip else FolderSink(draft, self.scratch, search.file)
        try:
            written = self._fill(sink, selection, recipient, signer)
        finally:
            sink.close()
        check = verify_bundle(draft, self.progress, search=search, known=sink.read_back.get)
        search.refuse(self.out.name)
        if not check.ok:
            raise UserError("bundle-not-sound", path=self.out.name, problem=check.problems[0].text)
        self.progress.check()
        self._give_name(draft)
        return replace(written, searched=search.done())

    def _sought(self) -> Sought:
        """What must not be in the bundle."""
        folders = (self.case.evidence.folder.absolute().parent,)
        return sought(self.reader, self.redaction, own=self.asked.own, folders=folders)

    def _refuse_telling(self, selection: Selection, recipient: str | None) -> None:
        """The filter and the recipient are printed: they must not name what is withheld either."""
        redaction = self.redaction
        given = [each for _, value in self.asked.parts for each in (value if isinstance(value, tuple) else (value,))]
        for text in (recipient, *(each for each in given if isinstance(each, str))):
            named = text in redaction.tags or (text is not None and text in redaction.authors)
            if named or selection.hidden.mentions_text(text):
                raise UserError("bundle-words-withheld", text=str(text)[:300])

    def _give_name(self, draft: Path) -> None:
        """Rename without ever replacing anything."""
        if os.path.lexists(self.out):
            raise UserError("bundle-exists", path=self.out.name)
        if draft.is_file():
            with suppress(OSError):
                os.link(draft, self.out)
                return
        draft.rename(self.out)

    def _fill(self, sink: Sink, selection: Selection, recipient: str | None, signer: Signer | None) -> Written:
        head = custody.head(self.reader)
        excerpts = self._evidence(sink, selection)
        carried = self._exchanges(selection)
        path = self.scratch / "rebuilt" / "selection.wbcase"
        path.parent.mkdir()
        self.progress.stage("stage-bundle-case")
        numbers = rebuild(
            self.reader, selection, excerpts, carried, self.lost, self._origin(head, selection), path, self.progress
        )
        evidence = CarriedEvidence(self.case.evidence, {each.sha256: each.file for each in excerpts.made})
        with rebuilt_reader(path, _uid_of(path), evidence, self.scratch) as made:
            tables = Tables(self.reader, made, selection, numbers, excerpts, self.progress)
            self._evidence_tables(sink, tables)
            self._excerpts(sink, excerpts, selection.count("log"))
            for name, file in sorted(carried.files.items()):
                sink.add_file(layout.warc_path(name), file)
            self.evidence_manifest = self._evidence_manifest(sink)
            facts = self._record(sink, selection, tables, recipient, head)
        sink.add_file(layout.CASE_FILE, path)
        self._numbering(sink, numbers)
        signed_by = None if signer is None else signer.fingerprint
        beside = {
            layout.BAGIT: layout.DECLARATION,
            layout.README: tagfiles.readme(facts, signed_by),
            layout.VERIFIER: tagfiles.verifier(),
        }
        labels = tagfiles.labels(facts, signed_by)
        told = {
            **facts.summary(),
            "closed": self.closed,
            "signed_by": signed_by,
            "bag_info": labels,
            "beside_payload": {name: hashlib.sha256(content).hexdigest() for name, content in beside.items()},
        }
        sink.add_bytes(layout.SUMMARY, json_line(told).encode())
        manifest, seal = self._tag_files(sink, beside, labels, facts.head, signer)
        return Written(self.out, self.objects, self.object_bytes, facts.left_out, manifest, facts.head, seal, signed_by)

    def _numbering(self, sink: Sink, numbers: Renumbering) -> None:
        """Which row of the case in the bundle is which of the case that it came from."""
        file = self.scratch / "numbering.jsonl"
        with file.open("w", encoding="ascii", newline="\n") as out:
            out.writelines(map(json_line, numbers.runs()))
        sink.add_file(layout.NUMBERING, file)

    def _setting(self, key: str) -> str | None:
        return read_setting(self.reader, key)

    def _title(self, selection: Selection) -> str | None:
        title = self._setting("title")
        return "(title withheld)" if selection.hidden.mentions_text(title) else title

    def _origin(self, head: custody.Head, selection: Selection) -> Origin:
        examiner = self._setting("examiner")
        return Origin(
            self.reader.case_uid,
            head.seq,
            head.hash,
            self._title(selection),
            None if self.redaction.hides(examiner) else examiner,
            selection.told(self._setting("number")),
            self.asked.to_json(),
            "examiner" if self.redaction.hides(self.case.actor) else self.case.actor,
        )

    # the evidence part

    def _evidence(self, sink: Sink, selection: Selection) -> Excerpts:
        """Copy the objects, and cut the logs."""
        wanted = int(selection.bytes_of.sum())
        self.progress.stage("stage-bundle-objects", wanted)
        rows: dict[str, int] = {}
        copied = sink.add_all(self._incoming(selection, rows), self.progress.check)
        for done, (each, entry) in enumerate(copied, start=1):
            self.progress.update(done, item=each.path.rpartition("/")[2][:12])
            self._object(sink, rows.pop(each.path), each, entry)
        for sha256 in self.redaction.accept:
            selection.left_out["accepted-object"] += sink.has(layout.object_path(sha256.hex()))
        for problem in self.lost.values():
            selection.left_out[f"{problem.removeprefix('object-')}-bytes"] += 1
        self.progress.stage("stage-bundle-logs")
        folder = self.scratch / "logs"
        folder.mkdir()
        return cut(self.reader, selection, folder, self.progress)

    def _incoming(self, selection: Selection, rows: dict[str, int]) -> Iterator[Incoming]:
        """The objects that go along; the row of each is entered into `rows` under its path."""
        cursor = self.reader.conn.execute("SELECT id, sha256, size FROM object ORDER BY sha256")
        while found := cursor.fetchmany(1000):
            for row, sha256, size in found:
                if selection.bytes_of[row]:
                    path = layout.object_path(sha256.hex())
                    rows[path] = row
                    yield Incoming(path, size, partial(self._opened, sha256))

    def _opened(self, sha256: bytes) -> _Readable | None:
        """For any thread."""
        try:
            return _Readable(self.case.evidence.open(sha256))
        except UserError:
            return None

    def _object(self, sink: Sink, row: int, each: Incoming, entry: Entry | None) -> None:
        if entry is None:
            self.lost[row] = "object-missing"
        elif (layout.object_path(entry.digests[0]), entry.size) != (each.path, each.size):
            sink.take_back(each.path)
            self.search.forget(each.path)
            self.lost[row] = "object-damaged"
        else:
            self.objects += 1
            self.object_bytes += entry.size

    def _exchanges(self, selection: Selection) -> Carried:
        """Write the exchanges with the servers, each with its body in full."""
        folder = self.scratch / "warcs"
        folder.mkdir()
        return write_exchanges(self.reader, selection, self.lost, folder, self.progress)

    def _evidence_tables(self, sink: Sink, tables: Tables) -> None:
        write_table(self.scratch, "objects", FILE_FACTS, tables.objects())
        for ending in ("csv", "jsonl"):
            sink.add_file(f"{layout.EVIDENCE}/objects.{ending}", self.scratch / f"objects.{ending}")

    def _excerpts(self, sink: Sink, excerpts: Excerpts, logs: int) -> None:
        index = "".join(json_line({**each.about, "places": each.places.name}) for each in excerpts.made)
        if excerpts.made:
            sink.add_bytes(f"{layout.LOGS}/index.jsonl", index.encode())
        for each in excerpts.made:
            sink.add_file(f"{layout.LOGS}/{each.places.name}", each.places)
            path = layout.object_path(each.sha256.hex())
            if not sink.has(path):
                with each.file.open("rb") as stream:
                    sink.add(path, stream, each.size, self.progress.check)
        nothing = layout.object_path(EMPTY.hex())
        if logs > len({each.log for each in excerpts.made}) and not sink.has(nothing):
            sink.add_bytes(nothing, b"")

    def _evidence_manifest(self, sink: Sink) -> str:
        """Write it; returns its SHA-256."""
        return sink.add_file(layout.EVIDENCE_MANIFEST, sink.evidence_lines()).digests[0]

    # the record part

    def _record(
        self, sink: Sink, selection: Selection, tables: Tables, recipient: str | None, head: custody.Head
    ) -> Facts:
        self.progress.stage("stage-bundle-record")
        folder = self.scratch / "tables"
        folder.mkdir()
        counts = tables.write(folder)
        days = days_of(self.reader, tables.made, selection)
        counts["timeline"] = write_table(folder, "timeline", COLUMNS["timeline"], days.rows())
        for file in sorted(folder.iterdir()):
            sink.add_file(f"{layout.TABLES}/{file.name}", file)
        ops = write_custody(self.reader, selection, self.scratch / "custody.jsonl", self.progress)
        self.closed = closed_sets(self.scratch / "custody.jsonl")
        sink.add_file(layout.CUSTODY, self.scratch / "custody.jsonl")
        rows = self.scratch / "rows"
        rows.mkdir()
        for table in write_rows(self.reader, selection, rows, self.progress):
            sink.add_file(f"{layout.ROWS}/{table}.jsonl", rows / f"{table}.jsonl")
        facts = Facts(
            case_uid=self.reader.case_uid.hex(),
            title=self._title(selection),
            number=selection.told(self._setting("number")),
            examiner=None if self.redaction.hides(self._setting("examiner")) else self._setting("examiner"),
            organisation=selection.told(self._setting("organisation")),
            recipient=recipient,
            made=times.now(),
            filter=self.asked,
            sentence=sentence(self.asked),
            redacted=bool(self.redaction),
            objects=self.objects,
            object_bytes=self.object_bytes,
            counts=counts,
            left_out=[(reason, count) for reason, count in sorted(selection.left_out.items()) if count],
            ops=ops,
            head=head.hash.hex(),
            evidence_manifest=self.evidence_manifest,
            hashes=self.redaction.hashes if selection.withheld.any() else None,
        )
        watched = watched_sections(self.reader, selection, tables.changed, self.progress)
        self._previews_and_report(sink, facts, tables, days, watched)
        return facts

    def _previews_and_report(self, sink: Sink, facts: Facts, tables: Tables, days: Any, watched: list[Row]) -> None:
        cache = self.case.previews
        source = Remade(self.previewer, tables.made.evidence, self.progress) if self.previewer else cache
        previews, html = write_report(facts, tables.made, self.reader, tables.selection, days, watched, source)
        for sha256, jpeg in previews:
            sink.add_bytes(f"{layout.PREVIEWS}/{sha256}.jpg", jpeg)
        sink.add_bytes(layout.REPORT, html)
        for name, page in write_exhibits(facts, tables, {sha256 for sha256, _ in previews}):
            self.progress.check()
            sink.add_bytes(name, page)

    # the tag files

    def _tag_files(
        self, sink: Sink, beside: dict[str, bytes], labels: tagfiles.Labels, head: str, signer: Signer | None
    ) -> tuple[str, str]:
        """Write what stands beside the payload; returns the SHA-256 of its manifest, and the seal."""
        payload = sink.payload_lines()
        with payload[0].open("rb") as lines:
            manifest = hashlib.file_digest(lines, "sha256").hexdigest()
        seal = layout.seal(head, manifest)
        sink.add_bytes(layout.BAG_INFO, tagfiles.bag_info(labels, *sink.payload, seal))
        for name, content in beside.items():
            sink.add_bytes(name, content)
        signed = [payload[0].read_bytes()] if signer is not None else []
        for algorithm, file in zip(layout.ALGORITHMS, payload, strict=True):
            sink.add_file(layout.manifest(algorithm), file)
        tags = [sink.tag_lines(number) for number in range(len(layout.ALGORITHMS))]
        for algorithm, content in zip(layout.ALGORITHMS, tags, strict=True):
            sink.add_bytes(layout.tag_manifest(algorithm), content)
        if signer is not None:
            sink.add_bytes(layout.SIGNATURE, signer.sign(*signed, tags[0]))
            sink.add_bytes(layout.PUBLIC_KEY, signer.public_pem)
        return manifest, seal


class _Readable:
    """An object's stream whose reading errors are told apart from those of the bundle's disk."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream

    def __enter__(self) -> _Readable:
        return self

    def __exit__(self, *_: object) -> None:
        self._stream.close()

    def fileno(self) -> int:
        """The descriptor of the object."""
        return self._stream.fileno()

    def read(self, size: int, /) -> bytes:
        """The next bytes; none at the end, and none where they cannot be read."""
        try:
            return bytes(self._stream.read(size))
        except OSError:
            return b""  # a short object is a damaged one, and is told as such


def _uid_of(path: Path) -> bytes:
    from workbench.case import driver

    conn = driver.connect_reader(path, immutable=True)
    try:
        return bytes.fromhex(conn.execute("SELECT value FROM setting WHERE key = 'uid' ORDER BY id").fetchone()[0])
    finally:
        conn.close()

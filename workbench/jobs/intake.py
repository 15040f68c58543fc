"""Take files in: a source gives, the store keeps, batches record, workers analyse. It may be killed at any instant.

A file is in the store before a sighting speaks of it; a look has an end only after all of it was recorded and
analysed, so a look without an end was cut off, and the same call goes on with it.
"""

from __future__ import annotations

import json
import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from workbench.case.case import Case
from workbench.case.secret import keyed
from workbench.case.transaction import display
from workbench.core import times
from workbench.core.errors import UserError
from workbench.core.messages import Message
from workbench.core.progress import Progress
from workbench.core.records import (
    Basis,
    Container,
    Coverage,
    Folder,
    Harvested,
    Noted,
    Seen,
    Sighted,
    State,
    Status,
    Stored,
)
from workbench.core.times import Precision, Stated
from workbench.jobs.pool import Pool
from workbench.jobs.recorder import Recorder
from workbench.ops import intake as op
from workbench.queries import intake as queries
from workbench.sources.base import Source, problem_of
from workbench.sources.registry import open_paths
from workbench.sources.series import split_series

WINDOW = 12
"""Files that are stored at the same time: the waiting for one's sync covers the reading of the next."""


@dataclass(frozen=True)
class Outcome:
    """What a look came to. `bytes` are those of new objects; `warnings` counts rows, analysis included."""

    snapshot: int
    status: Status
    sightings: int
    new_objects: int
    bytes: int
    warnings: int


@dataclass(frozen=True)
class Order:
    """What is asked for. `observed` is when the server looked like that, if the user states it. A look that `failed`
    is recorded as such, with what it got before.
    """

    source: str | None = None
    observed: Stated | None = None
    basis: Basis = Basis.WITNESSED
    scope: str = "partial"
    name: str | None = None
    analyze: bool = True
    failed: Message | None = None


def add(case: Case, paths: Sequence[Path], order: Order, pool: Pool, progress: Progress) -> Outcome:
    """One look: files, folders and archives.

    Raises `UserError` before anything is changed, and `Cancelled` between files.
    """
    return _Intake(case, open_paths(paths), _resume_key(case, paths, order), order, pool, progress).run()


def add_source(
    case: Case,
    source: Source,
    paths: Sequence[Path],
    order: Order,
    pool: Pool,
    progress: Progress,
    completed: Callable[[int, Harvested], Harvested] | None = None,
) -> Outcome:
    """One look through a source that the caller made of `paths`, such as a harvest made elsewhere. See `add`.

    `completed` gets the look and a file, and adds what only the case knows of it.
    """
    job = _Intake(case, source, _resume_key(case, paths, order), order, pool, progress)
    job.completed = completed
    return job.run()


def add_series(case: Case, folder: Path, pattern: str, order: Order, pool: Pool, progress: Progress) -> list[Outcome]:
    """One look per dated subfolder, in the order of their names' times."""
    looks, notes = split_series(folder, pattern)
    source = order.source or folder.resolve().name
    outcomes = []
    for index, look in enumerate(looks):
        own = Order(source, look.observed, Basis.FROM_NAME, order.scope, look.name, order.analyze)
        job = _Intake(case, open_paths([look.path]), _resume_key(case, [look.path], own), own, pool, progress)
        outcomes.append(job.run(notes if index == 0 else ()))
    return outcomes


class _Intake:
    """One look at work. Used by one thread."""

    def __init__(self, case: Case, source: Source, resume: bytes, order: Order, pool: Pool, progress: Progress) -> None:
        self._case = case
        self._source = source
        self._resume = resume
        self._order = order
        self._progress = progress
        self._recorder = Recorder(case, pool if order.analyze else None, progress)
        self.completed: Callable[[int, Harvested], Harvested] | None = None
        self._lost = False
        self._failed = False

    def run(self, notes: Sequence[Noted] = ()) -> Outcome:
        """Take everything in. Raises `Cancelled`, and `UserError` when our own disk fails; the look then has no end,
        and the same call goes on with it.
        """
        recorder = self._recorder
        claim = self._case.evidence.claim(f"look-{self._resume.hex()[:32]}")
        try:
            recorder.begin(self._look(), may_resume=claim is not None)
            if recorder.resumed:
                self._lost = self._case.ask(queries.lost_before, recorder.snapshot)
            for each in notes:
                recorder.noted(each)
            self._progress.stage("stage-store")
            self._take_in()
            ended = times.now()
            recorder.settle()
            recorder.analyse_the_rest()
            status = self._status()
            recorder.end(status, ended)
        finally:
            if claim is not None:
                claim.release(remove=True)
        self._progress.flush()
        return Outcome(recorder.snapshot, status, recorder.seen(), recorder.objects, recorder.bytes, recorder.warnings)

    def _take_in(self) -> None:
        window: deque[tuple[Harvested, Future[Stored]]] = deque()
        with ThreadPoolExecutor(4, "store") as pool:
            try:
                for seen in self._seen():
                    if not isinstance(seen, Harvested):
                        self._note(seen)
                    elif not self._recorder.recorded_before(seen.path):
                        if self.completed is not None:
                            seen = self.completed(self._recorder.snapshot, seen)
                        window.append((seen, self._stored(pool, seen)))
                    while len(window) >= WINDOW or (window and window[0][1].done()):
                        self._record(*window.popleft())
                while window:
                    self._record(*window.popleft())
            except BaseException:
                for _, future in window:
                    future.cancel()
                raise

    def _seen(self) -> Iterator[Seen]:
        """What the source gives; when it fails as a whole, that is noted, and what came before is kept."""
        try:
            yield from self._source.items(self._progress)
        except UserError as error:
            self._failed = True
            yield Noted(b"", _without_place(error.message))
        if self._order.failed is not None:
            self._failed = True
            yield Noted(b"", self._order.failed)

    def _status(self) -> Status:
        if self._failed:
            return Status.FAILED
        return Status.COMPLETE if self._order.scope == "complete" and not self._lost else Status.PARTIAL

    def _look(self) -> op.Look:
        began = times.now()
        observed = self._order.observed
        basis = self._order.basis
        if observed is not None and basis is Basis.WITNESSED:
            basis = Basis.ASSERTED
        return op.Look(
            source=self._order.source or self._source.name,
            kind=self._source.kind,
            began=began,
            observed=began if observed is None else observed.micros,
            basis=basis,
            precision=Precision.MICROSECOND if observed is None else observed.precision,
            scope=self._order.scope,
            name=self._order.name,
            resume=self._resume,
        )

    def _stored(self, pool: ThreadPoolExecutor, seen: Harvested) -> Future[Stored]:
        """Store a file: plain files side by side, members of archives as they come, and nothing where nothing is."""
        if seen.open is None or self._source.kind in ("zip", "tar"):
            done: Future[Stored] = Future()
            try:
                done.set_result(self._store(seen))
            except Exception as error:  # noqa: BLE001 - judged by `_record` like those of the pool
                done.set_exception(error)
            return done
        return pool.submit(self._store, seen)

    def _store(self, seen: Harvested) -> Stored:
        if seen.open is None:
            raise _NoBytesError
        with seen.open() as stream:
            return self._case.evidence.put(stream, self._recorder.is_known, on_chunk=lambda _: self._progress.check())

    def _record(self, seen: Harvested, future: Future[Stored]) -> None:
        stored: Stored | None = None
        problem = seen.problem
        try:
            stored = future.result()
        except _NoBytesError:
            self._lost = True
        except OSError as error:
            problem = problem_of(error)
            self._lost = True
        except UserError as error:
            if error.message.code != "object-too-large-here":
                raise  # our own disk: what follows would fail too
            problem = error.message
            self._lost = True
        self._recorder.sighted(
            Sighted(
                path=seen.path,
                stored=stored,
                state=(State.OK if stored else State.NOT_FETCHED).value,
                size=seen.size,
                modified=seen.modified,
                zone=seen.zone,
                precision=seen.precision,
                etag=seen.etag,
                headers=json.dumps(dict(seen.headers), ensure_ascii=False, sort_keys=True) if seen.headers else None,
                record=seen.record,
                trusted=seen.trusted if stored else None,
                warnings=(problem,) if problem else (),
            )
        )
        self._progress.update(self._recorder.sightings, item=display(seen.path))

    def _note(self, seen: Noted | Folder | Container) -> None:
        self._lost |= isinstance(seen, Folder) and seen.coverage is not Coverage.LISTED
        self._recorder.noted(seen)


class _NoBytesError(Exception):
    """The source listed the file and gave no bytes."""


def _without_place(message: Message) -> Message:
    """A message without the path on this laptop: only its last part may stand in a case."""
    args = {
        name: display(os.fsencode(value)).rstrip("/").rpartition("/")[2]
        if name == "path" and isinstance(value, str)
        else value
        for name, value in message.args.items()
    }
    return Message(message.code, args)


def _resume_key(case: Case, paths: Sequence[Path], order: Order) -> bytes:
    """Recognises the same call on the same paths, without telling them: keyed by the case's secret."""
    parts = [os.fsencode(path.absolute()) for path in paths]
    parts += [os.fsencode(each or "") for each in (order.source, order.scope, order.name)]
    parts.append(b"" if order.observed is None else str(order.observed.micros).encode())
    return case.ask(keyed, b"intake", *parts)

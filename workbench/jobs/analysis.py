"""Have objects analysed in worker processes, and record what was found.

Objects that lack (analyzer, version) are taken; a hostile one costs a warning, never the run.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from contextlib import closing
from dataclasses import dataclass, field

from workbench.analyze.registry import ANALYZERS, NAMES
from workbench.case.case import Case
from workbench.core.errors import UserError
from workbench.core.progress import Progress
from workbench.core.records import Analysis, State
from workbench.jobs.pool import Pool, WorkerDied
from workbench.ops import facts
from workbench.queries import intake as queries

BATCH = 64
"""Objects an op."""
VERSIONS = {each.name: each.version for each in ANALYZERS}


@dataclass
class Tally:
    """What came of it, by analyzer."""

    done: dict[str, int] = field(default_factory=lambda: dict.fromkeys(VERSIONS, 0))
    failed: dict[str, int] = field(default_factory=lambda: dict.fromkeys(VERSIONS, 0))
    warnings: int = 0


@dataclass
class _Pending:
    sha256: bytes
    size: int
    ending: str
    want: tuple[str, ...]
    future: Future[dict[str, Analysis]]


class Analyst:
    """Feeds a pool and records its answers in batches. Used by one job thread."""

    def __init__(self, case: Case, pool: Pool, tally: Tally | None = None) -> None:
        self._case = case
        self._pool = pool
        self.tally = tally or Tally()
        self._pending: deque[_Pending] = deque()
        self._answered: list[tuple[bytes, dict[str, Analysis]]] = []
        self._ids: dict[bytes, int] = {}
        self._offered: set[bytes] = set()

    def offer(self, sha256: bytes, size: int, ending: str, want: Sequence[str] = tuple(sorted(NAMES))) -> None:
        """Have one stored object analysed; blocks while the workers have enough to do."""
        try:
            with closing(self._case.evidence.open(sha256)) as file:
                future = self._pool.analyze(fd=file.fileno(), want=want, ending=ending)
        except UserError:
            return  # the bytes are gone: `verify` and the state of the file say so
        self._offered.add(sha256)
        self._pending.append(_Pending(sha256, size, ending, tuple(want), future))

    def know(self, ids: dict[bytes, int]) -> None:
        """Learn the ids of objects, as far as they are in the case; their answers can be recorded from now on.

        Of objects that were not offered nothing is remembered.
        """
        self._ids.update({sha256: row for sha256, row in ids.items() if sha256 in self._offered})

    def catch_up(self, snapshot: int, progress: Progress) -> None:
        """Offer the objects of a look that a run which was cut off left without an analysis."""
        self.finish(progress)
        for lack in _all_lacking(self._case, None, snapshot):
            self.offer(lack.sha256, lack.size, ending_of(lack.name), lack.want)
            self.know({lack.sha256: lack.id})
            self.collect()
            progress.check()

    @property
    def waiting(self) -> int:
        """Objects that are not answered yet."""
        return len(self._pending)

    def collect(self) -> None:
        """Record the answers that are there."""
        while self._pending and self._pending[0].future.done():
            self._take()

    def finish(self, progress: Progress) -> None:
        """Wait for every answer and record it. Raises `Cancelled` between two of them."""
        while self._pending:
            progress.check()
            self._take()
        self._record()

    def _take(self) -> None:
        self._answer(self._pending.popleft())
        if len(self._answered) >= BATCH:
            self._record()

    def _answer(self, pending: _Pending) -> None:
        try:
            found = pending.future.result()
        except WorkerDied as died:
            found = self._given_up(pending, died)
        except UserError:
            found = self._given_up(pending, WorkerDied("failed"))  # no analyzer refuses: it is no honest answer
        self._answered.append((pending.sha256, found))

    def _given_up(self, pending: _Pending, died: WorkerDied) -> dict[str, Analysis]:
        """What can still be said of an object that took its worker down: its type, and that it was not decoded."""
        if died.reason == "start":
            raise UserError("worker-start-failed") from died
        found = {name: Analysis(State.OK) for name in pending.want}
        if "type" in pending.want and len(pending.want) > 1:
            try:
                with closing(self._case.evidence.open(pending.sha256)) as file:
                    found |= self._pool.analyze(fd=file.fileno(), want=("type",), ending=pending.ending).result()
            except (WorkerDied, UserError):
                found["type"] = Analysis(State.UNDECODABLE)
        culprit = "image" if "image" in pending.want else pending.want[0]
        found[culprit] = Analysis(State.UNDECODABLE, (), (died.message("image"),))
        return found

    def _record(self) -> None:
        ready = [each for each in self._answered if each[0] in self._ids]
        if not ready:
            return
        self._answered = [each for each in self._answered if each[0] not in self._ids]
        self._case.previews.put(
            (sha256, analysis.preview)
            for sha256, found in ready
            for analysis in found.values()
            if analysis.preview is not None
        )
        rows = [
            (self._ids[sha256], name, VERSIONS[name], analysis)
            for sha256, found in ready
            for name, analysis in found.items()
        ]
        self._case.run(facts.record, rows)
        for _, name, _, analysis in rows:
            self.tally.done[name] += 1
            self.tally.failed[name] += analysis.state in (State.UNDECODABLE, State.TOO_LARGE)
            self.tally.warnings += len(analysis.warnings)
        for sha256, _ in ready:
            self._ids.pop(sha256, None)
            self._offered.discard(sha256)


def analyze_missing(case: Case, pool: Pool, progress: Progress, only: str | None = None) -> Tally:
    """Run what is missing, for all objects. Raises `UserError` ``analyzer-unknown``."""
    if only is not None and only not in NAMES:
        raise UserError("analyzer-unknown", name=only, known=", ".join(sorted(NAMES)))
    analyst = Analyst(case, pool)
    progress.stage("stage-analyze", case.ask(queries.object_count))
    for done, lack in enumerate(_all_lacking(case, only), start=1):
        analyst.offer(lack.sha256, lack.size, ending_of(lack.name), lack.want)
        analyst.know({lack.sha256: lack.id})
        analyst.collect()
        progress.update(done)
    analyst.finish(progress)
    return analyst.tally


def _all_lacking(case: Case, only: str | None, snapshot: int | None = None) -> Iterator[queries.Lack]:
    after = 0
    while page := case.ask(queries.lacking, VERSIONS, after, only, 500, snapshot):
        yield from page
        after = page[-1].id


def ending_of(name: str) -> str:
    """The last part of a file name, without the dot; a hint for formats without a signature."""
    stem, dot, ending = name.rpartition("/")[2].rpartition(".")
    return ending.lower()[:16] if dot and stem else ""

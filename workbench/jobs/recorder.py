"""Writes down what a look sees, in batches, and has new bytes analysed on the way.

A file is in the store before a sighting speaks of it; a look has an end only after all of it was recorded and analysed,
so a look without an end was cut off, and the same call goes on with it.
"""

from __future__ import annotations

import time
from collections import Counter
from concurrent.futures import Future

from workbench.case.case import Case
from workbench.case.transaction import display
from workbench.case.writer import Done
from workbench.core.progress import Progress
from workbench.core.records import Container, Exchange, Folder, Noted, Sighted, Status
from workbench.jobs.analysis import Analyst, Tally, ending_of
from workbench.jobs.pool import Pool
from workbench.ops import intake as op
from workbench.queries import intake as queries

BATCH = 50
"""Files. A kill costs those of two batches, which are read again."""
NOTED_BATCH = 200
"""Files that are noted in a journal until they are recorded: a kill costs none of them."""
LISTED_BATCH = 500
"""Files of which there are no bytes: nothing is lost by a kill that cannot be read again in a moment."""
BATCH_SECONDS = 0.5


class Recorder:
    """One look on its way into the case. Used by one thread. `pool` is null where nothing is to be analysed.

    One batch is recorded while the next one comes together; what goes wrong with it is raised by the next call.
    """

    def __init__(self, case: Case, pool: Pool | None, progress: Progress, batch: int = BATCH) -> None:
        self._case = case
        self._most = batch
        self._progress = progress
        self._under_way: tuple[Future[Done[op.Recorded]], frozenset[bytes]] | None = None
        self._analyst = Analyst(case, pool, Tally()) if pool is not None else None
        self.known = op.Known()
        self._batch: list[Sighted] = []
        self._offered: set[bytes] = set()
        """Of the batch: what was looked at whether it is to be analysed."""
        self._held = 0
        self._notes: list[Noted | Folder | Container] = []
        self._exchanges: list[Exchange] = []
        self._flushed = time.monotonic()
        self._met: Counter[bytes] = Counter()
        self.snapshot = 0
        self.resumed = False
        self.sightings = self.objects = self.bytes = self.warnings = 0

    def begin(self, look: op.Look, *, may_resume: bool) -> None:
        """Go on with a look of this kind that was cut off, if there is one; else begin it."""
        found = None
        if may_resume and look.resume is not None:
            found = self._case.ask(queries.unfinished, look.source, look.resume)
        if found is None:
            self.snapshot = self._case.run(op.begin, look).result
            return
        self.snapshot = found
        self.resumed = self.known.resumed = True
        self._case.run(op.resume, found)

    def recorded_before(self, path: bytes) -> bool:
        """Has the run that was cut off recorded this file? An archive may hold several of one name."""
        if not self.resumed:
            return False
        self._met[path] += 1
        return self._case.ask(queries.sightings_of, self.snapshot, path) >= self._met[path]

    def is_known(self, sha256: bytes) -> bool:
        """Is it certain, without asking, that the case holds these bytes? For `Evidence.put`; any thread."""
        return sha256 in self.known.objects

    def sighted(self, sighted: Sighted) -> None:
        """A file, as it is to be recorded."""
        self._batch.append(sighted)
        stored = sighted.stored
        if stored is not None and self._analyst is not None and sighted.trusted is None and self._wanted(sighted):
            self._analyst.offer(stored.sha256, stored.size, ending_of(display(sighted.path)))
        self.sightings += 1
        self._held += stored is not None or sighted.instead is not None
        if self._held >= self._most or len(self._batch) >= LISTED_BATCH or self._is_time():
            self.flush()

    def _wanted(self, sighted: Sighted) -> bool:
        """New bytes, or ones that an earlier, killed run left without an analysis."""
        stored = sighted.stored
        assert stored is not None
        coming = self._under_way[1] if self._under_way is not None else frozenset()
        if stored.sha256 in self.known.objects or stored.sha256 in coming or stored.sha256 in self._offered:
            return False
        self._offered.add(stored.sha256)
        return stored.new or not self._case.ask(queries.analysed, stored.sha256)

    def noted(self, seen: Noted | Folder | Container) -> None:
        """A folder, a warning, an archive."""
        self._notes.append(seen)
        if len(self._notes) >= self._most * 4 or self._is_time():
            self.flush()

    def exchanged(self, exchange: Exchange, *, alone: bool = True) -> None:
        """A request and what came back. To be told before the sighting that it shows; recorded together with it if not
        `alone`, as a file that was noted as arrived comes into the case as a whole or not at all.
        """
        self._exchanges.append(exchange)
        # One that brought an object waits for the sighting that brings the object into the case.
        if alone and exchange.object is None and (len(self._exchanges) >= self._most * 4 or self._is_time()):
            self.flush()

    def _is_time(self) -> bool:
        return time.monotonic() - self._flushed > BATCH_SECONDS

    def flush(self) -> None:
        """Have recorded what has come together."""
        self._settle()
        if self._batch or self._notes or self._exchanges:
            coming = frozenset(
                held.sha256 for each in self._batch for held in (each.stored, each.instead) if held is not None
            )
            future = self._case.submit(op.batch, self.snapshot, self._batch, self._notes, self.known, self._exchanges)
            self._under_way = future, coming
        self._batch, self._notes, self._exchanges = [], [], []
        self._offered.clear()
        self._held = 0
        self._flushed = time.monotonic()
        if self._analyst is not None:
            self._analyst.collect()

    def settle(self) -> None:
        """Record everything and wait for it."""
        self.flush()
        self._settle()

    def _settle(self) -> None:
        if self._under_way is None:
            return
        (future, _), self._under_way = self._under_way, None
        recorded = future.result().result
        self.objects += recorded.new_objects
        self.bytes += recorded.new_bytes
        self.warnings += recorded.warnings
        if self._analyst is not None:
            self._analyst.know(recorded.objects)

    def analyse_the_rest(self) -> None:
        """Wait for the workers. Raises `Cancelled`."""
        if self._analyst is None:
            return
        if self.resumed:
            self._analyst.catch_up(self.snapshot, self._progress)
        self._progress.stage("stage-analyze", self._analyst.waiting or None)
        self._analyst.finish(self._progress)
        self.warnings += self._analyst.tally.warnings

    def end(self, status: Status, ended: int) -> None:
        """The look is over. `ended` is when the last of it was seen, microseconds UTC."""
        self._case.run(op.end, self.snapshot, status, ended)

    def seen(self) -> int:
        """How many files the look has recorded, earlier runs included."""
        return self._case.ask(queries.sighting_count, self.snapshot) if self.resumed else self.sightings

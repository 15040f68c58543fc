"""One look at an open server: begun or gone on with, walked, recorded, ended, and compared with the look before."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import asdict, dataclass, replace
from typing import Any
from urllib.parse import urlsplit

from workbench import __version__
from workbench.case.case import Case
from workbench.case.secret import keyed
from workbench.case.uids import uuid7
from workbench.case.warcstore import WarcFile
from workbench.core import times
from workbench.core.errors import Cancelled, UserError
from workbench.core.messages import Message
from workbench.core.progress import Progress
from workbench.core.records import Basis, Coverage, Folder, Noted, Status
from workbench.core.scope import start_of
from workbench.core.times import DAY, SECOND, Precision
from workbench.jobs import logs, matching
from workbench.jobs.bounds import Bounds
from workbench.jobs.budget import Budget
from workbench.jobs.control import Control, Stopper
from workbench.jobs.fetchers import Fetchers
from workbench.jobs.fetchworker import Terms
from workbench.jobs.filing import WINDOW, Rules, Setting
from workbench.jobs.harvest import Harvest
from workbench.jobs.pace import Pace
from workbench.jobs.pages import LINE_GONE, Answered, Pages
from workbench.jobs.plan import Plan
from workbench.jobs.pool import Pool
from workbench.jobs.recorder import NOTED_BATCH, Recorder
from workbench.jobs.scope import scope_of
from workbench.jobs.session import LineLost, Session
from workbench.jobs.trust import Trust
from workbench.jobs.wish import pack_message, unpack_message
from workbench.ops import intake as op
from workbench.ops import watch as ops
from workbench.queries import changes, watched
from workbench.queries import harvest as queries
from workbench.queries import intake as intake_queries
from workbench.sources.http.wire import Timeouts
from workbench.sources.kinds.registry import kinds_for
from workbench.sources.remote import NetworkError, Transport
from workbench.sources.robots import Robots, robots_url
from workbench.sources.transports import transport_for
from workbench.sources.warcformat import header_record

PARALLEL = 4
"""Requests at a time where there is no limit to their rate; else one."""
NOTED = WINDOW + 4 * NOTED_BATCH
"""Notes of what arrived that are kept: more than can wait to be recorded."""
STALE = DAY // 2
"""A look that was cut off longer ago, or half of the time between two looks, is not gone on with: what would be seen
now was not seen then.
"""
ROBOTS_AGE = DAY
AGENT = "Workbench"
SOFTWARE = f"{AGENT}/{__version__}"


@dataclass(frozen=True)
class Look:
    """What a look came to. `paused` says why it waits to be gone on with; then it has no end yet."""

    snapshot: int
    status: Status
    sightings: int
    new_objects: int
    bytes: int
    warnings: int
    requests: int
    failed: int
    added: int = 0
    changed: int = 0
    moved: int = 0
    removed: int = 0
    returned: int = 0
    time_changed: int = 0
    paused: Message | None = None


def pack_look(done: Look) -> dict[str, Any]:
    """For `unpack_look`."""
    return {**asdict(done), "paused": None if done.paused is None else pack_message(done.paused)}


def unpack_look(plain: Mapping[str, Any]) -> Look:
    """What `pack_look` packed."""
    paused = None if plain["paused"] is None else unpack_message(plain["paused"])
    return Look(**{**plain, "status": Status(plain["status"]), "paused": paused})


def look(case: Case, plan: Plan, pool: Pool | None, progress: Progress, control: Control | None = None) -> Look:
    """Look at a server. `pool` may be null where nothing is to be analysed.

    Raises `UserError` for an unusable address or plan before anything is changed, ``watch-running`` while another look
    at the source is under way, and errors of our own disk; `Cancelled` when told to stop. The look then has no end, and
    the same call goes on with it, as it does when the line was lost or a certificate has to be decided on
    (`Look.paused`).
    """
    control = control or Control()
    start = start_of(plan.url)
    name = plan.source or default_name(start)
    key = resume_key(case, name, start)
    claim = case.evidence.claim(f"watch-{key.hex()[:32]}")
    if claim is None:
        raise UserError("watch-running", source=name)
    try:
        while True:
            try:
                return _Look(case, plan, name, start, key, pool, progress, control).run()
            except NetworkError as error:
                if error.message.code != "certificate-changed":
                    raise
                if control.ask is None or not control.ask(error.message):
                    return _paused(case, name, key, error.message)
                case.run(ops.decision, name, None, "certificate", str(error.message.args["new"]))
    finally:
        claim.release(remove=True)


class _Look:
    """One run of a look. Used by one job thread."""

    def __init__(
        self,
        case: Case,
        plan: Plan,
        name: str,
        start: str,
        key: bytes,
        pool: Pool | None,
        progress: Progress,
        control: Control,
    ) -> None:
        self._case = case
        self._plan = plan
        self._name = name
        self._start = start
        self._key = key
        self._progress = progress
        self._control = control
        self._kinds = kinds_for(start, plan.kind)
        self._recorder = Recorder(case, pool if plan.analyze else None, progress, NOTED_BATCH)
        self._warc: WarcFile | None = None
        self._check = Stopper(progress.check)

    def run(self) -> Look:
        case, recorder = self._case, self._recorder
        known = self._charter()
        self._end_a_stale_look()
        recorder.begin(self._look(), may_resume=True)
        of = case.ask(queries.look_of, recorder.snapshot)
        stem = _stem(of)
        case.evidence.warcs.cut(stem, case.ask(queries.committed, recorder.snapshot))
        self._warc = case.evidence.warcs.create(stem)
        sealed = False
        try:
            self._warc.append(header_record(uuid7(), times.now(), self._warc.name, SOFTWARE))
            with closing(self._transport(known)) as transport:
                session = self._session(transport, self._warc)
                done = self._looked(session, of)
            sealed = True
        except LineLost as lost:
            recorder.settle()
            return _paused(case, self._name, self._key, lost.message)
        except (NetworkError, Cancelled):
            recorder.settle()
            raise
        finally:
            self._warc.close(seal=sealed)
        self._progress.flush()
        return done

    # before

    def _charter(self) -> watched.Watched | None:
        """The source as it is known; a new one gets a charter before it is looked at."""
        case, plan = self._case, self._plan
        source = case.run(op.source, self._name, SOURCE_KIND).result
        if case.ask(watched.charter, source) is None:
            case.run(ops.charter, self._name, who=case.actor)
        known = case.ask(watched.find, self._name)
        kind = plan.kind or ("" if known is None else known.kind)
        case.run(ops.source, self._name, kind, self._start, plan.options())
        if plan.robots != (case.ask(watched.decided, source, "robots") or "obey"):
            case.run(ops.decision, self._name, None, "robots", plan.robots)
        return known

    def _end_a_stale_look(self) -> None:
        case, every = self._case, self._plan.every
        found = case.ask(intake_queries.unfinished, self._name, self._key)
        if found is None:
            return
        of = case.ask(queries.look_of, found)
        stale = STALE if every is None else min(STALE, every * SECOND // 2)
        if times.now() - _began(of.uid) > stale:
            case.evidence.warcs.cut(_stem(of), case.ask(queries.committed, found))
            case.evidence.forget_notes(_stem(of))
            case.run(op.batch, found, (), [Noted(b"", Message("look-abandoned"))], op.Known())
            case.run(op.end, found, Status.PARTIAL, case.ask(queries.last_heard, found) or _began(of.uid))

    def _look(self) -> op.Look:
        now = times.now()
        return op.Look(
            source=self._name,
            kind=SOURCE_KIND,
            began=now,
            observed=now,
            basis=Basis.WITNESSED,
            precision=Precision.MICROSECOND,
            scope="complete",
            resume=self._key,
        )

    def _transport(self, known: watched.Watched | None) -> Transport:
        pinned = known.certificate if known is not None else None
        return transport_for(
            self._start, agent=agent_of(self._plan), check=self._check, proxy=self._plan.proxy, pinned=pinned
        )

    def _session(self, transport: Transport, warc: WarcFile) -> Session:
        pace = Pace(self._plan.rate, self._parallel, self._check, self._control)
        scope = scope_of(self._kinds[0], self._start)
        return Session(transport, warc, pace, scope, self._control, self._check)

    def _terms(self, session: Session, stem: str) -> Callable[[], Terms] | None:
        """On which terms processes of their own would ask; null where a limit to the rate makes them needless."""
        if self._plan.rate > 0:
            return None
        return lambda: Terms(
            evidence=str(self._case.evidence.folder.resolve()),
            journal=stem,
            turn=NOTED,
            url=self._start,
            agent=agent_of(self._plan),
            proxy=self._plan.proxy,
            pinned=session.pinned,
            attempts=session.attempts,
            timeouts=Timeouts(),
        )

    @property
    def _parallel(self) -> int:
        return PARALLEL if self._plan.rate <= 0 else 1

    # the look

    def _looked(self, session: Session, of: queries.LookOf) -> Look:
        case, recorder, plan = self._case, self._recorder, self._plan
        self._progress.stage("stage-look")
        pages = Pages(case, session, recorder)
        robots, unknown = self._robots(pages)
        if robots is not None:
            if not robots.allows(self._start):
                coverage = Coverage.NOT_REACHED if unknown is None else Coverage.FAILED
                return self._not_understood(Answered(None, b"", coverage, unknown or Message("start-robots")), session)
            session.allowed = robots.allows
        kind, answered = pages.first(self._kinds, self._start)
        if answered.listing is None:
            return self._not_understood(answered, session)
        case.run(ops.source, self._name, kind.name, self._start, plan.options())
        trust = Trust(plan.trust, of.uid, of.number, plan.recheck, of.previous)
        budget = Budget(plan.limit_files or None, plan.limit_bytes or None, self._control.ask)
        stem = _stem(of)
        fetchers = Fetchers(
            case.evidence,
            session,
            recorder.is_known,
            stem,
            NOTED,
            self._parallel,
            lambda uids: case.ask(queries.recorded, uids),
            self._terms(session, stem),
        )
        with closing(fetchers):
            bounds = replace(Bounds(), depth=plan.limit_depth, folders=plan.limit_folders, seconds=plan.limit_time or 0)
            rules = Rules(trust, of.source_uid, robots, plan.list_only, bounds)
            walk = Harvest(Setting(case, kind, session, pages, recorder, fetchers, rules, budget, self._progress))
            if recorder.resumed:
                left = case.ask(queries.left, recorder.snapshot)
                budget.charge(left.bytes, files=left.files)
                walk.lost = left.lost
            walk.run(self._start)
        return self._ended(Status.PARTIAL if walk.lost else Status.COMPLETE, session)

    def _robots(self, pages: Pages) -> tuple[Robots | None, Message | None]:
        """The host's rules, asked for once a day, and why they are not known where they are not; null where there can
        be none, or where they are not to be obeyed.
        """
        if self._start.startswith("ftp:"):
            return None, None
        robots, unknown = pages.robots(robots_url(self._start), times.now() - ROBOTS_AGE)
        return (robots, unknown) if self._plan.robots == "obey" else (None, None)

    def _not_understood(self, answered: Answered, session: Session) -> Look:
        assert answered.message is not None
        if self._recorder.resumed and answered.message.code in LINE_GONE:
            raise LineLost(answered.message)
        return self._not_looked(answered.coverage, answered.message, session)

    def _not_looked(self, coverage: Coverage, message: Message, session: Session) -> Look:
        """The look ends at its start: that is kept too."""
        self._recorder.noted(Noted(b"", message))
        self._recorder.noted(Folder(b"", coverage))
        return self._ended(Status.FAILED, session)

    def _ended(self, status: Status, session: Session) -> Look:
        case, recorder = self._case, self._recorder
        if session.untrusted is not None:
            recorder.noted(Noted(b"", Message("certificate-untrusted", {"reason": session.untrusted})))
        ended = times.now()
        recorder.settle()
        case.evidence.forget_notes(_stem(case.ask(queries.look_of, recorder.snapshot)))
        recorder.analyse_the_rest()
        recorder.end(status, ended)
        logs.find_roots(case)
        matching.match_uploads(case, self._progress)
        return _told(case, recorder.snapshot, status, recorder)


SOURCE_KIND = "server"


def _told(case: Case, snapshot: int, status: Status, recorder: Recorder | None, paused: Message | None = None) -> Look:
    left = case.ask(queries.left, snapshot)
    found = case.ask(changes.summary, snapshot)
    return Look(
        snapshot=snapshot,
        status=status,
        sightings=case.ask(intake_queries.sighting_count, snapshot),
        new_objects=0 if recorder is None else recorder.objects,
        bytes=0 if recorder is None else recorder.bytes,
        warnings=0 if recorder is None else recorder.warnings,
        requests=left.requests,
        failed=left.failed,
        added=found.added,
        changed=found.changed,
        moved=found.moved,
        removed=found.removed,
        returned=found.returned,
        time_changed=found.time_changed,
        paused=paused,
    )


def _paused(case: Case, name: str, key: bytes, message: Message) -> Look:
    """A look that waits: for the line, or for a person."""
    found = case.ask(intake_queries.unfinished, name, key)
    assert found is not None, "a look that was begun"
    return _told(case, found, Status.PARTIAL, None, message)


def _stem(of: queries.LookOf) -> str:
    """What the names of a look's WARC files begin with."""
    return f"{times.to_datetime(_began(of.uid)):%Y%m%dT%H%M%SZ}-{of.uid.hex()[-12:]}"


def _began(uid: bytes) -> int:
    """When a look was begun, microseconds UTC: its uid says so (RFC 9562 §5.7)."""
    return int.from_bytes(uid[:6], "big") * 1000


def agent_of(plan: Plan) -> str:
    """The product token by which servers are asked, with a contact where the user wants one."""
    return f"{SOFTWARE} ({plan.contact})" if plan.contact else SOFTWARE


def default_name(start: str) -> str:
    """The name of a source that was given none: its host, and the folder on it."""
    parts = urlsplit(start)
    return f"{parts.netloc}{parts.path}".rstrip("/")


def resume_key(case: Case, name: str, start: str) -> bytes:
    """Recognises the same source again, without telling it: keyed by the case's secret."""
    return case.ask(keyed, b"watch", name.encode(), start.encode())

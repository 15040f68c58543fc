"""Take in harvests that other programs made: each becomes a look, whose time is what the harvest says of itself.

Nobody here witnessed such a look: its basis is ``asserted``, whether the user, the harvest's own record, or, where both
are silent, the time of its file says when it was. Resuming is that of `workbench.jobs.intake`: the same call goes on.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from workbench.case.case import Case
from workbench.core.errors import UserError
from workbench.core.messages import Message
from workbench.core.progress import Progress
from workbench.core.records import Basis, Harvested
from workbench.core.times import Precision, Stated, Zone, parse_zone
from workbench.jobs import intake, logs
from workbench.jobs.intake import Order, Outcome
from workbench.jobs.logs import Read
from workbench.jobs.pool import Pool
from workbench.jobs.sorting import logs_beside
from workbench.jobs.trust import Trust
from workbench.ops import intake as op
from workbench.queries.harvest import files_before, look_of
from workbench.sources.base import problem_of, shown
from workbench.sources.folder import file_time
from workbench.sources.importers.base import Harvest, Importer, Options
from workbench.sources.importers.registry import by_name, detect, warcs_within
from workbench.sources.importers.told import LISTING, NOT_MODIFIED
from workbench.sources.importers.warcfile import objects_beside
from workbench.sources.registry import open_paths
from workbench.sources.remote import Entry


@dataclass(frozen=True)
class Wish:
    """What is asked for. `format` null is found out; `observed`, `source` and `base` null are what the harvest says."""

    format: str | None = None
    source: str | None = None
    observed: Stated | None = None
    base: str | None = None
    zone: str | None = None
    scope: str = "partial"
    analyze: bool = True


@dataclass
class Imported:
    """What came of it. `refused` says of what was not understood why; `undated` names harvests that do not say when
    they were made, so that the time of their file was taken.
    """

    outcomes: list[Outcome] = field(default_factory=list)
    logs: list[Read] = field(default_factory=list)
    refused: list[Message] = field(default_factory=list)
    undated: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class _Found:
    importer: Importer
    paths: tuple[Path, ...]
    logs: tuple[Path, ...] = ()


def import_harvests(case: Case, paths: Sequence[Path], wish: Wish, pool: Pool, progress: Progress) -> Imported:
    """Take in all of them, one look for each.

    Raises `UserError` before anything is changed when nothing of it is understood or the call is wrong, and
    `Cancelled`. Among several, what is not understood is a warning.
    """
    options = Options(wish.base, wish.zone)
    if wish.zone is not None:
        parse_zone(wish.zone)
    if wish.base is not None:
        options.place  # noqa: B018 - says that it is unreadable
    done = Imported()
    found = _sorted(paths, wish, done)
    harvests = sorted(
        _opened(found, options, done, progress), key=lambda each: each.observed.micros if each.observed else 0
    )
    if not harvests and not any(each.logs for each in found):
        raise UserError(done.refused[0].code, **done.refused[0].args)
    for message in done.refused:
        case.run(op.warn, message)
    for harvest in harvests:
        done.outcomes.append(_take_in(case, harvest, wish, done, pool, progress))
    for log in (log for each in found for log in each.logs):
        done.logs.append(logs.add(case, log, pool, progress, zone=wish.zone, source=wish.source))
    return done


def _sorted(paths: Sequence[Path], wish: Wish, done: Imported) -> list[_Found]:
    """Who understands what; what belongs to one harvest comes together. Raises `UserError` for what is not there."""
    chosen = None if wish.format is None else by_name(wish.format)
    found: list[_Found] = []
    for path in _expanded(paths):
        try:
            importer, beside = _recognised(path, chosen)
        except OSError as error:
            done.refused.append(_named(problem_of(error), path))
            continue
        if importer is None:
            done.refused.append(Message("import-not-understood", {"name": _name(path)}))
        elif importer.together and (same := next((each for each in found if each.importer is importer), None)):
            found[found.index(same)] = replace(same, paths=(*same.paths, path))
        else:
            found.append(_Found(importer, (path,), tuple(beside)))
    return found


def _recognised(path: Path, chosen: Importer | None) -> tuple[Importer | None, list[Path]]:
    beside = logs_beside(path) if path.is_dir() else []
    importer = chosen or detect(path)
    if importer is None and beside:
        importer = by_name("folder")
    return importer, beside


def _expanded(paths: Sequence[Path]) -> list[Path]:
    """A folder of WARC files stands for these. Raises `UserError` ``path-missing``, ``path-of-case``, …"""
    if not paths:
        raise UserError("paths-none")
    expanded: list[Path] = []
    for path in paths:
        of_case = objects_beside(path) is not None or objects_beside(path / "any") is not None
        if not of_case or not path.exists():
            open_paths([path])  # says what is wrong with it
        within = _warcs(path) if path.is_dir() else []
        if of_case and not within and not path.is_file():
            raise UserError("path-of-case", path=str(path))
        expanded += within or [path]
    return list(dict.fromkeys(expanded))


def _warcs(path: Path) -> list[Path]:
    try:
        return warcs_within(path)
    except OSError:
        return []  # the intake of the folder says why


def _opened(found: Iterable[_Found], options: Options, done: Imported, progress: Progress) -> Iterable[Harvest]:
    for each in found:
        own = replace(options, skip=frozenset(os.fsencode(log.name) for log in each.logs))
        try:
            yield from each.importer.open(each.paths, own, progress)
        except UserError as error:
            done.refused.append(_named(error.message, each.paths[0]))
        except OSError as error:
            done.refused.append(_named(problem_of(error), each.paths[0]))


def _take_in(case: Case, harvest: Harvest, wish: Wish, done: Imported, pool: Pool, progress: Progress) -> Outcome:
    observed = wish.observed or harvest.observed
    if observed is None:
        done.undated.append(harvest.source.name)
        observed = Stated(file_time(harvest.paths[0].stat()), Zone.GIVEN, Precision.SECOND)
    if harvest.keep:
        _keep(case, harvest.keep, progress)
    order = Order(source=wish.source, observed=observed, basis=Basis.ASSERTED, scope=wish.scope, analyze=wish.analyze)
    completed = _Trusted(case) if harvest.own else None
    return intake.add_source(case, harvest.source, harvest.paths, order, pool, progress, completed)


class _Trusted:
    """Files that a look of ours did not fetch again, because they were those of before: by the rules of that look, from
    what this case holds of the looks before it.
    """

    def __init__(self, case: Case) -> None:
        self._case = case
        self._trusts: dict[int, Trust] = {}

    def __call__(self, snapshot: int, seen: Harvested) -> Harvested:
        """The file with the bytes of before, where a rule says so."""
        if seen.open is not None or seen.problem is not None:
            return seen
        before = self._case.ask(files_before, snapshot, [seen.path]).get(seen.path)
        if before is None or not self._case.evidence.has(before.sha256):
            return seen
        stamp = seen.headers.get(LISTING, "")
        entry = Entry(
            b"", False, "", seen.size, False, seen.modified, seen.zone, seen.precision, seen.etag, stamp=stamp
        )
        rule = NOT_MODIFIED if NOT_MODIFIED in seen.headers else self._of(snapshot).rule(entry, before)
        if rule is None:
            return seen
        earlier = before.claimed.get(LISTING, "") == stamp or seen.modified is None
        return replace(
            seen,
            open=partial(self._case.evidence.open, before.sha256),
            modified=before.modified if earlier else seen.modified,
            zone=before.zone if earlier else seen.zone,
            precision=before.precision if earlier else seen.precision,
            etag=seen.etag or before.etag,
            headers={**{name: str(value) for name, value in before.claimed.items()}, LISTING: stamp},
            trusted=rule,
        )

    def _of(self, snapshot: int) -> Trust:
        """The policy of a look, which trusts what the look before it showed."""
        if snapshot not in self._trusts:
            previous = self._case.ask(look_of, snapshot).previous
            self._trusts[snapshot] = Trust("listing", b"", 0, 0.0, previous)
        return self._trusts[snapshot]


def _keep(case: Case, paths: Sequence[Path], progress: Progress) -> None:
    """The lists themselves become objects: what the look rests on can then be read again."""
    stored = []
    for path in paths:
        with path.open("rb") as stream:
            stored.append(case.evidence.put(stream, lambda _: False, on_chunk=lambda _: progress.check()))
    case.run(op.objects, stored)


def _named(message: Message, path: Path) -> Message:
    """A message that says of which harvest it is, without the folder on this laptop."""
    args = {key: value for key, value in message.args.items() if key != "path"}
    if "path" in message.args:
        args["path"] = _name(path)
    elif "name" not in args:
        return Message("import-failed", {"name": _name(path), "problem": message.code})
    return Message(message.code, args)


def _name(path: Path) -> str:
    return shown(os.fsencode(path.name or path.resolve().name))

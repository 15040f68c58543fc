"""Commands that make a case and fill it."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.cli.call import DONE, FOUND, WRONG_USE, Call, Command, changing, clean, on_a_case, path_fields
from workbench.core.errors import UserError
from workbench.core.times import parse_option

if TYPE_CHECKING:
    from workbench.case.case import Case
    from workbench.jobs.intake import Outcome
    from workbench.jobs.logs import Read
    from workbench.jobs.pool import Pool


def _new_arguments(parser: ArgumentParser) -> None:
    on_a_case(parser)
    parser.add_argument("--title", metavar="T", help="what it is about (default: the file's name)")
    parser.add_argument("--examiner", metavar="NAME", help="who examines; the default for --actor")
    parser.add_argument("--number", metavar="N", help="the case's number at your office")
    changing(parser)


def _new(call: Call) -> int:
    from workbench.case.case import create, risky_place
    from workbench.case.uids import shown

    args = call.args
    path = Path(args.case)
    if not args.allow_risky_place and (risk := risky_place(path)):
        raise UserError("case-risky-place", path=path.name, place=risk)
    examiner = clean(args.examiner) or args.actor
    with create(path, clean(args.title), examiner, clean(args.number), actor=args.actor) as case:
        call.out.result({**path_fields("case", case.path), "uid": shown(case.uid)})
    return DONE


def _add_arguments(parser: ArgumentParser) -> None:
    on_a_case(parser)
    parser.add_argument("paths", metavar="PATH", nargs="+", help="folders, files, zip and tar archives")
    parser.add_argument("--source", metavar="NAME", help="the place that is observed (default: the path's last part)")
    parser.add_argument("--observed", metavar="TIME", help="when it looked like that (default: now)")
    parser.add_argument(
        "--scope",
        choices=("complete", "partial"),
        default="partial",
        help="whether what is not there was gone then; partial (default) never says so",
    )
    parser.add_argument("--series", metavar="PATTERN", help='one look per dated subfolder, such as "%%Y-%%m-%%d"')
    parser.add_argument("--no-analyze", action="store_true", help="store only; analyze later")
    changing(parser)


def _add(call: Call) -> int:
    from workbench.jobs import intake
    from workbench.jobs.pool import Pool

    args = call.args
    order = intake.Order(
        source=clean(args.source),
        observed=None if args.observed is None else parse_option(args.observed),
        scope=args.scope,
        analyze=not args.no_analyze,
    )
    paths = [Path(each) for each in args.paths]
    if args.series is not None and (len(paths) != 1 or order.observed is not None):
        raise UserError("cli-series")
    with call.case(write=True) as case, Pool() as pool:
        if args.series is None:
            outcomes = [intake.add(case, paths, order, pool, call.progress)]
        else:
            outcomes = intake.add_series(case, paths[0], args.series, order, pool, call.progress)
        _join(case, call)
    call.out.result(_summed(outcomes, series=args.series is not None))
    return _look_code(outcomes, args.scope)


def _summed(outcomes: Sequence[Outcome], *, series: bool) -> dict[str, Any]:
    """One object for all looks of a call: the last look's number, the worst status, sums."""
    order = ("complete", "partial", "failed")
    status = max((each.status.value for each in outcomes), key=order.index)
    made: dict[str, Any] = {"snapshot": outcomes[-1].snapshot, "status": status}
    for name in ("sightings", "new_objects", "bytes", "warnings"):
        made[name] = sum(getattr(each, name) for each in outcomes)
    if series:
        made["snapshots"] = [each.snapshot for each in outcomes]
    return made


def _look_code(outcomes: Sequence[Outcome], scope: str) -> int:
    """Was something left? A look that was meant to be partial and saw all it was given leaves nothing."""
    incomplete = any(each.status.value == "failed" or each.status.value != scope for each in outcomes)
    return FOUND if incomplete or any(each.warnings for each in outcomes) else DONE


def _join(case: Case, call: Call) -> None:
    """New files may be what an upload of a log was, and may show where a server's root lies."""
    from workbench.jobs import logs, matching

    logs.find_roots(case)
    matching.match_uploads(case, call.progress)


def _logs_arguments(parser: ArgumentParser) -> None:
    on_a_case(parser)
    parser.add_argument("logs", metavar="FILE", nargs="+", help="access logs, plain or .gz, .bz2, .xz")
    parser.add_argument("--format", metavar="NAME", help="the format, where detection fails")
    parser.add_argument(
        "--zone", metavar="ZONE", help="zone of times that do not state theirs: UTC, +09:00, Asia/Seoul"
    )
    parser.add_argument("--source", metavar="NAME", help="the place that wrote the log (default: the file's name)")
    parser.add_argument(
        "--trusted-proxy",
        metavar="CIDR",
        action="append",
        help="a proxy of the server's own, whose forwarded-for lists are believed (may be repeated; local and private "
        "addresses always are)",
    )
    changing(parser)


def _logs(call: Call) -> int:
    from workbench.core.times import parse_zone
    from workbench.jobs import lookup
    from workbench.jobs.pool import Pool
    from workbench.logs.forwarded import Trust
    from workbench.logs.registry import by_name
    from workbench.origins.library import shipped

    args = call.args
    if args.zone is not None:
        parse_zone(args.zone)
    if args.format is not None:
        by_name(args.format)
    if args.trusted_proxy is not None:
        Trust(args.trusted_proxy)
    refused: list[UserError] = []
    read: list[Read] = []
    with call.case(write=True) as case, Pool() as pool:
        columns = [("log", "name"), ("format", "format"), ("lines", "lines"), ("events", "events")]
        columns += [("rejected", "rejected"), ("zone", "zone"), ("sha256", "log")]
        call.out.rows(_log_rows(call, case, pool, read, refused), columns)
        if read:
            lookup.look_up(case, shipped(), call.progress)
            _join(case, call)
    if not read:
        return WRONG_USE
    return FOUND if refused or any(each.rejected or each.problem for each in read) else DONE


def _log_rows(
    call: Call, case: Case, pool: Pool, read: list[Read], refused: list[UserError]
) -> Iterator[dict[str, Any]]:
    """Take logs in one by one; one that is none is said and passed over."""
    from workbench.jobs import logs

    args = call.args
    for path in map(Path, args.logs):
        try:
            done = logs.add(
                case,
                path,
                pool,
                call.progress,
                format_name=args.format,
                zone=args.zone,
                source=clean(args.source),
                trusted=args.trusted_proxy,
            )
        except UserError as error:
            if error.message.code not in ("log-not-understood", "log-unreadable"):
                raise
            call.out.say(str(error))
            refused.append(error)
            continue
        read.append(done)
        if done.problem is not None:
            call.out.say(done.problem.text())
        for remark in done.remarks:
            call.out.say(f"{path.name}: {remark.text()}")
        yield {
            "log": done.log.hex(),
            "format": done.format,
            "lines": done.lines,
            "events": done.events,
            "rejected": done.rejected,
            "zone": done.zone,
            **path_fields("name", Path(path.name)),
        }


def _analyze_arguments(parser: ArgumentParser) -> None:
    on_a_case(parser)
    parser.add_argument("--only", metavar="NAME", help="this analyzer only")
    changing(parser)


def _analyze(call: Call) -> int:
    from workbench.jobs.analysis import VERSIONS, analyze_missing
    from workbench.jobs.pool import Pool

    only = call.args.only
    with call.case(write=True) as case, Pool() as pool:
        tally = analyze_missing(case, pool, call.progress, only)
    rows = [
        {"analyzer": name, "version": version, "done": tally.done[name], "failed": tally.failed[name]}
        for name, version in VERSIONS.items()
        if only in (None, name)
    ]
    call.out.rows(rows, [(name, name) for name in ("analyzer", "version", "done", "failed")])
    return FOUND if any(tally.failed.values()) else DONE


COMMANDS = {
    each.name: each
    for each in (
        Command(
            "new",
            _new_arguments,
            _new,
            ('workbench new storage.wbcase --title "Open storage server" --examiner "J. Doe"',),
        ),
        Command(
            "add",
            _add_arguments,
            _add,
            (
                "workbench add storage.wbcase harvest-2024-01-03/ --source storage --observed 2024-01-03T10:00",
                'workbench add storage.wbcase harvests/ --series "%Y-%m-%d" --scope complete --source storage',
            ),
            "A look that was cut off is gone on with by the same call; otherwise each call is a new look.",
        ),
        Command(
            "logs",
            _logs_arguments,
            _logs,
            (
                "workbench logs storage.wbcase access.log access.log.1.gz",
                "workbench logs storage.wbcase xferlog --zone UTC",
            ),
            "The same log grown, or read again, adds only what is new. Without --zone, times that do not state\n"
            "their zone stay of unknown zone.",
        ),
        Command("analyze", _analyze_arguments, _analyze, ("workbench analyze storage.wbcase",)),
    )
}

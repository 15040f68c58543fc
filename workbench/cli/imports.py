"""The command that takes in harvests made elsewhere."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.cli.call import DONE, FOUND, Call, Command, changing, on_a_case
from workbench.core.errors import UserError
from workbench.core.messages import Message
from workbench.core.times import parse_option

if TYPE_CHECKING:
    from workbench.jobs.importing import Imported

_WORST = ("complete", "partial", "failed")


def _arguments(parser: ArgumentParser) -> None:
    on_a_case(parser)
    parser.add_argument("paths", metavar="PATH", nargs="+", help="harvests: files or folders")
    parser.add_argument(
        "--format",
        metavar="NAME",
        help="warc, wacz, odd (OpenDirectoryDownloader), rclone (lsjson), mirror (a folder of wget or aria2), folder, "
        "listing (one saved page); found out by default",
    )
    parser.add_argument("--source", metavar="NAME", help="the place that was observed (default: the file's name)")
    parser.add_argument("--observed", metavar="TIME", help="when it looked like that (default: what the harvest says)")
    parser.add_argument("--base", metavar="URL", help="where on the server paths begin; needed for saved listing pages")
    parser.add_argument("--zone", metavar="ZONE", help="zone of clocks that do not state theirs, such as wget's")
    parser.add_argument(
        "--scope",
        choices=("complete", "partial"),
        default="partial",
        help="whether what is not there was gone then; partial (default) says so only of folders that were listed",
    )
    parser.add_argument("--no-analyze", action="store_true", help="store only; analyze later")
    changing(parser)


def _run(call: Call) -> int:
    from workbench.jobs import importing, logs, lookup, matching
    from workbench.jobs.pool import Pool
    from workbench.origins.library import shipped

    args = call.args
    if args.source is not None and not args.source.strip():
        raise UserError("cli-text")
    wish = importing.Wish(
        format=args.format,
        source=None if args.source is None else " ".join(args.source.split()),
        observed=None if args.observed is None else parse_option(args.observed),
        base=args.base,
        zone=args.zone,
        scope=args.scope,
        analyze=not args.no_analyze,
    )
    paths = [Path(each) for each in args.paths]
    with call.case(write=True) as case, Pool() as pool:
        done = importing.import_harvests(case, paths, wish, pool, call.progress)
        if done.logs:
            lookup.look_up(case, shipped(), call.progress)
        logs.find_roots(case)
        matching.match_uploads(case, call.progress)
    for name in done.undated:
        call.out.say(Message("import-undated", {"name": name}).text())
    for message in done.refused:
        call.out.say(message.text())
    call.out.result(_result(done))
    return _code(done, args.scope)


def _result(done: Imported) -> dict[str, Any]:
    """One object for all looks of a call, as ``add`` prints it; the logs that were taken in are counted beside."""
    statuses = [each.status.value for each in done.outcomes]
    made: dict[str, Any] = {
        "snapshot": done.outcomes[-1].snapshot if done.outcomes else None,
        "status": max(statuses, key=_WORST.index) if statuses else None,
    }
    for name in ("sightings", "new_objects", "bytes", "warnings"):
        made[name] = sum(getattr(each, name) for each in done.outcomes)
    made["warnings"] += len(done.refused)
    if len(done.outcomes) > 1:
        made["snapshots"] = [each.snapshot for each in done.outcomes]
    if done.logs:
        made["logs"] = len(done.logs)
        made["events"] = sum(each.events for each in done.logs)
    return made


def _code(done: Imported, scope: str) -> int:
    left = done.refused or any(each.rejected or each.problem for each in done.logs)
    incomplete = any(each.status.value != scope or each.warnings for each in done.outcomes)
    return FOUND if left or incomplete else DONE


COMMANDS = {
    each.name: each
    for each in (
        Command(
            "import",
            _arguments,
            _run,
            (
                "workbench import storage.wbcase crawl.warc.gz --source storage",
                "workbench import storage.wbcase listing.json --observed 2024-01-03T10:00 --source storage",
                "workbench import storage.wbcase index.html --base http://203.0.113.5/files/",
            ),
            "Understood are WARC, WACZ, the JSON of OpenDirectoryDownloader and of rclone lsjson -R, folders of wget\n"
            "and aria2, saved listing pages, and folders with access logs beside files. WARC files given together\n"
            "are one look. An import that was cut off is gone on with by the same call.\n"
            "Ends with 1 where something was left, or where a look is not the whole that --scope complete asked for.",
        ),
    )
}

"""Commands that list: they open the case for reading only and print rows as they come."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from workbench.cli.call import DONE, Call, Command, on_a_case
from workbench.cli.filters import DETAILS, filtering, number, read_clock, read_filter
from workbench.cli.output import Column, Row, short_time

if TYPE_CHECKING:
    from workbench.case.readers import Reader

SHORT = 12
"""Signs of a hash that are shown to people."""


def listing(rows: Callable[[Call, Reader], Iterator[dict[str, Any]]], *columns: Column) -> Callable[[Call], int]:
    """A command that prints the rows of a query."""

    def run(call: Call) -> int:
        with call.case() as case, case.reader() as reader:
            call.out.rows(rows(call, reader), columns)
        return DONE

    return run


def _short(key: str) -> Column:
    return (key, key, lambda row: None if row.get(key) is None else str(row[key])[:SHORT])


def _time(key: str) -> Column:
    return (key.replace("_", " "), key, lambda row: short_time(row.get(key)))


def _filtered(parser: ArgumentParser) -> None:
    on_a_case(parser)
    filtering(parser)


# files


def _files_arguments(parser: ArgumentParser) -> None:
    _filtered(parser)
    parser.add_argument("--actor", metavar="NAME", help="whose verdict is shown, where there is one")


def _files(call: Call, reader: Reader) -> Iterator[dict[str, Any]]:
    from workbench.queries import files

    return files.rows(reader, read_filter(call.args), call.args.actor)


def _first_path(row: Row) -> str:
    paths = row["paths"]
    return "–" if not paths else paths[0] if len(paths) == 1 else f"{paths[0]} (+{len(paths) - 1})"


def _sightings(call: Call, reader: Reader) -> Iterator[dict[str, Any]]:
    from workbench.queries import files

    return files.sightings(reader, read_filter(call.args))


# changes


def _changes_arguments(parser: ArgumentParser) -> None:
    on_a_case(parser)
    parser.add_argument("--source", metavar="NAME", help="of this source (default: of all)")
    parser.add_argument("--from", dest="old", metavar="SNAPSHOT", help="the earlier look")
    parser.add_argument("--to", dest="new", metavar="SNAPSHOT", help="the later look")


def _changes(call: Call, reader: Reader) -> Iterator[dict[str, Any]]:
    from workbench.queries import changes

    args = call.args
    old = None if args.old is None else number(args.old)
    new = None if args.new is None else number(args.new)
    return changes.rows(reader, args.source, old, new)


# logs


def _events(call: Call, reader: Reader) -> Iterator[dict[str, Any]]:
    from workbench.queries import events

    return events.rows(reader, read_filter(call.args))


def _rejects(_call: Call, reader: Reader) -> Iterator[dict[str, Any]]:
    from workbench.queries import events

    return events.rejects(reader)


def _origins(call: Call, reader: Reader) -> Iterator[dict[str, Any]]:
    from workbench.queries import origins

    return origins.rows(reader, read_filter(call.args))


# timeline


def _timeline_arguments(parser: ArgumentParser) -> None:
    _filtered(parser)
    parser.add_argument("--by", choices=("hour", "day"), default="day", help="width of a bin (default: day)")
    parser.add_argument(
        "--zone", metavar="ZONE", default="UTC", help="where bins start: UTC (default), +09:00, Asia/Seoul"
    )


def _timeline(call: Call, reader: Reader) -> Iterator[dict[str, Any]]:
    from workbench.core.times import parse_zone
    from workbench.queries import timeline

    args = call.args
    return timeline.rows(reader, read_filter(args), args.by, read_clock(args.clock), parse_zone(args.zone))


COMMANDS = {
    each.name: each
    for each in (
        Command(
            "files",
            _files_arguments,
            listing(
                _files,
                _short("sha256"),
                ("size", "size"),
                ("type", "media_type"),
                ("pixels", "", lambda row: f"{row['width']}×{row['height']}" if row["width"] else None),
                ("state", "state"),
                _time("first_seen"),
                ("verdict", "verdict"),
                ("tags", "tags"),
                ("path", "", _first_path),
            ),
            (
                "workbench files storage.wbcase --type image --not-label vpn --not-label hosting",
                "workbench files storage.wbcase --change added --since 2024-01-10 --json",
            ),
            DETAILS,
        ),
        Command(
            "sightings",
            _filtered,
            listing(
                _sightings,
                ("id", "id"),
                ("snapshot", "snapshot"),
                _short("sha256"),
                ("state", "state"),
                ("size", "size_claimed"),
                _time("modified"),
                ("zone", "zone"),
                ("path", "path"),
            ),
            ('workbench sightings storage.wbcase --path "render/*.png"',),
            DETAILS,
        ),
        Command(
            "changes",
            _changes_arguments,
            listing(
                _changes,
                ("snapshot", "snapshot"),
                ("change", "change"),
                ("size", "size"),
                _short("sha256"),
                ("path", "path"),
                ("old path", "old_path"),
            ),
            ("workbench changes storage.wbcase --source storage", "workbench changes storage.wbcase --from 3 --to 9"),
            "Without --from and --to: what every look shows against all that was known before it. Removed is only\n"
            "what a look did not find in a folder that it listed. A look that was declared to be of a part\n"
            "(--scope partial), failed or did not end is not compared.",
        ),
        Command(
            "events",
            _filtered,
            listing(
                _events,
                _time("time"),
                ("zone", "zone"),
                ("address", "address"),
                ("action", "action"),
                ("status", "status"),
                ("received", "bytes_received"),
                ("user", "user"),
                ("matched", "", lambda row: len(row["matches"])),
                ("path", "path"),
            ),
            (
                "workbench events storage.wbcase --action upload --address 203.0.113.0/24",
                'workbench events storage.wbcase --path "*/shot_012*" --json',
            ),
            DETAILS,
        ),
        Command(
            "rejects",
            on_a_case,
            listing(_rejects, ("where", "where"), ("line", "line"), ("reason", "reason")),
            ("workbench rejects storage.wbcase --json",),
        ),
        Command(
            "origins",
            _filtered,
            listing(
                _origins,
                ("address", "address"),
                ("country", "country"),
                ("asn", "asn"),
                ("network", "as_name"),
                ("labels", "labels"),
                ("events", "events"),
                ("uploads", "uploads"),
                _time("first"),
                _time("last"),
            ),
            ("workbench origins storage.wbcase --not-label vpn --not-label hosting --action upload",),
            DETAILS + '\n"unlisted" means that no list held names the address; it does not mean a private home.',
        ),
        Command(
            "timeline",
            _timeline_arguments,
            listing(
                _timeline,
                ("start", "start"),
                ("count", "count"),
                ("uploads", "uploads"),
                ("looked", "looked"),
                ("logged", "logged"),
            ),
            ("workbench timeline storage.wbcase --by hour --zone Asia/Pyongyang --action upload",),
            DETAILS,
        ),
    )
}

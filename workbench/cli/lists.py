"""Commands that list: they open the case for reading only and print rows as they come."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from workbench.cli.call import DONE, Call, Command, on_a_case
from workbench.cli.filters import DETAILS, filtering, number, read_clock, read_filter
from workbench.cli.output import Column, Row, short_time
from workbench.core.errors import UserError
from workbench.core.messages import Message

if TYPE_CHECKING:
    from workbench.case.readers import Reader
    from workbench.core.filter import Filter

SHORT = 12
"""Signs of a hash that are shown to people."""
NAMED = 20
"""Sources that are named to somebody who asked for one that is not there."""


def _nothing_fits(_call: Call, _reader: Reader) -> str:
    return "cli-nothing-fits"


def listing(
    rows: Callable[[Call, Reader], Iterator[dict[str, Any]]],
    *columns: Column,
    empty: Callable[[Call, Reader], str] = _nothing_fits,
) -> Callable[[Call], int]:
    """A command that prints the rows of a query. `empty` gives the code of why there are none."""

    def run(call: Call) -> int:
        with call.case() as case, case.reader() as reader:
            if not call.out.rows(rows(call, reader), columns):
                call.out.line(Message(empty(call, reader)).text())
        return DONE

    return run


def filter_of(call: Call, reader: Reader) -> Filter:
    """The filter of the call. Raises `UserError` for words that mean nothing, and for sources that are not there."""
    asked = read_filter(call.args)
    check_sources(reader, asked.source)
    return asked


def check_sources(reader: Reader, asked: Iterable[str]) -> None:
    """Raise `UserError` ``cli-no-such-source``, ``cli-no-sources`` for a name that no source of the case has."""
    from workbench.queries import watched

    names = watched.names(reader)
    for name in asked:
        if name not in names:
            known = ", ".join(names[:NAMED]) + (", …" if len(names) > NAMED else "")
            raise UserError("cli-no-such-source" if names else "cli-no-sources", source=name, known=known)


def named_source(call: Call, reader: Reader) -> str | None:
    """The one source that a list is asked for, which has to be there."""
    name: str | None = call.args.source
    check_sources(reader, () if name is None else (name,))
    return name


def named_look(call: Call) -> int | None:
    """The one look that a list is asked for."""
    return None if call.args.snapshot is None else number(call.args.snapshot)


def narrowing(parser: ArgumentParser, snapshot: str) -> None:
    """The options of lists that take no whole filter: one source, one look."""
    on_a_case(parser)
    parser.add_argument("--source", metavar="NAME", help="of this source (default: of all)")
    parser.add_argument("--snapshot", metavar="N", help=f"of this look (default: {snapshot})")


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

    return files.rows(reader, filter_of(call, reader), call.args.actor)


def _first_path(row: Row) -> str:
    paths = row["paths"]
    return "–" if not paths else paths[0] if len(paths) == 1 else f"{paths[0]} (+{len(paths) - 1})"


def _sightings(call: Call, reader: Reader) -> Iterator[dict[str, Any]]:
    from workbench.queries import files

    return files.sightings(reader, filter_of(call, reader))


def _bytes(row: Row) -> str | None:
    """How the bytes of a sighting came to be known, where they were not simply fetched."""
    checked = row["rechecked"]
    if checked is not None:
        return "rechecked: yes" if checked else "rechecked: no"
    return None if row["trusted"] is None else f"trusted: {row['trusted']}"


# changes


def _changes_arguments(parser: ArgumentParser) -> None:
    on_a_case(parser)
    parser.add_argument("--source", metavar="NAME", help="of this source (default: of all)")
    parser.add_argument("--from", dest="old", metavar="SNAPSHOT", help="the earlier look")
    parser.add_argument("--to", dest="new", metavar="SNAPSHOT", help="the later look")


def _changes(call: Call, reader: Reader) -> Iterator[dict[str, Any]]:
    from workbench.queries import changes, covering

    for look in covering.contradicting(reader):
        call.out.say(Message("looks-times-back", {"snapshot": look}).text())
    args = call.args
    old = None if args.old is None else number(args.old)
    new = None if args.new is None else number(args.new)
    return changes.rows(reader, named_source(call, reader), old, new)


def _nothing_changed(call: Call, reader: Reader) -> str:
    from workbench.queries import changes

    args = call.args
    compared = args.old is not None or args.new is not None or changes.pairs(reader, args.source)
    return "cli-nothing-changed" if compared else "cli-nothing-to-compare"


# logs


def _events(call: Call, reader: Reader) -> Iterator[dict[str, Any]]:
    from workbench.queries import events

    return events.rows(reader, filter_of(call, reader))


def _rejects_arguments(parser: ArgumentParser) -> None:
    narrowing(parser, "of all, and of logs")


def _rejects(call: Call, reader: Reader) -> Iterator[dict[str, Any]]:
    from workbench.queries import events

    return events.rejects(reader, named_source(call, reader), named_look(call))


def _where(row: Row) -> str:
    return "(start)" if row["where"] is None else str(row["where"])


def _origins(call: Call, reader: Reader) -> Iterator[dict[str, Any]]:
    from workbench.queries import origins

    return origins.rows(reader, filter_of(call, reader))


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
    return timeline.rows(reader, filter_of(call, reader), args.by, read_clock(args.clock), parse_zone(args.zone))


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
                ("bytes", "", _bytes),
                ("path", "path"),
            ),
            ('workbench sightings storage.wbcase --path "render/*.png"',),
            DETAILS
            + '\nUnder "bytes": where a look did not fetch a file again, by which rule its bytes were trusted to be\n'
            "those of before (trusted: size-time, etag or not-modified); whether bytes that were fetched to check\n"
            "that were the same (rechecked: yes or no).",
        ),
        Command(
            "changes",
            _changes_arguments,
            listing(
                _changes,
                ("snapshot", "snapshot"),
                ("since", "since"),
                ("change", "change"),
                ("size", "size"),
                _short("sha256"),
                ("path", "path"),
                ("old path", "old_path"),
                empty=_nothing_changed,
            ),
            ("workbench changes storage.wbcase --source storage", "workbench changes storage.wbcase --from 3 --to 9"),
            "Without --from and --to: what every look shows against all that was known before it. Removed is only\n"
            "what a look did not find in a folder that it listed. A look that was declared to be of a part\n"
            "(--scope partial), failed or did not end is not compared. Since is the last look that showed it\n"
            "otherwise; of changed files the last one in which the bytes of before were really fetched: those between\n"
            "only trusted it.",
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
            _rejects_arguments,
            listing(
                _rejects,
                ("source", "source"),
                ("snapshot", "snapshot"),
                ("where", "", _where),
                ("line", "line"),
                ("reason", "reason"),
            ),
            ("workbench rejects storage.wbcase --json", "workbench rejects storage.wbcase --source storage"),
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
                ("failed", "uploads_failed"),
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

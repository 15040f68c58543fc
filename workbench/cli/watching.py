"""Commands about watched servers that need no network: the charter, the request log, the coverage, decisions."""

from __future__ import annotations

import re
from argparse import ArgumentParser
from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from workbench.cli.call import DONE, Call, Command, changing, on_a_case
from workbench.cli.lists import listing, named_look, named_source, narrowing
from workbench.cli.output import Row, short_time
from workbench.core.errors import UserError

if TYPE_CHECKING:
    from workbench.case.case import Case
    from workbench.case.readers import Reader
    from workbench.case.writer import Done

FIELDS = {
    "who": "who looks",
    "why": "why",
    "authority": "by what authority",
    "basis": "on which legal basis",
    "found": "how the server was found",
    "connection": "from which connection, as you state it",
}


# charter


def _charter_arguments(parser: ArgumentParser) -> None:
    on_a_case(parser)
    parser.add_argument("--source", metavar="NAME", required=True, help="the watched source")
    for name, meaning in FIELDS.items():
        parser.add_argument(f"--{name}", metavar="TEXT", help=meaning)
    changing(parser)


def _charter(call: Call) -> int:
    from workbench.ops import watch

    args = call.args
    given = {name: getattr(args, name) for name in FIELDS if getattr(args, name) is not None}
    with call.case(write=bool(given)) as case:
        before = case.ask(_charter_of, args.source)
        result: dict[str, Any] = {"source": args.source, **dict.fromkeys(FIELDS)} | before
        if given:
            done = case.run(watch.charter, args.source, **(before | given))
            result = {"op": done.seq, "source": args.source, **case.ask(_charter_of, args.source)}
    call.out.result(result)
    return DONE


def _charter_of(reader: Reader, name: str) -> dict[str, str | None]:
    from workbench.queries import watched

    charter = watched.charter(reader, watched.source_of(reader, name))
    return {} if charter is None else asdict(charter)


# requests and coverage


def _requests_arguments(parser: ArgumentParser) -> None:
    narrowing(parser, "the newest with requests")


def _requests(call: Call, reader: Reader) -> Iterator[dict[str, Any]]:
    from workbench.queries import requests

    return requests.rows(reader, named_look(call), named_source(call, reader))


def _coverage_arguments(parser: ArgumentParser) -> None:
    narrowing(parser, "of all")


def _coverage(call: Call, reader: Reader) -> Iterator[dict[str, Any]]:
    from workbench.queries import watched

    return watched.coverage(reader, named_look(call), named_source(call, reader))


def _folder(row: Row) -> str:
    return "(start)" if row["path"] is None else str(row["path"])


# decide


def _decide_arguments(parser: ArgumentParser) -> None:
    on_a_case(parser)
    parser.add_argument("--source", metavar="NAME", required=True, help="the watched source")
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument(
        "--certificate",
        metavar="SHA256",
        help="accept this certificate from now on: its SHA-256, 64 hexadecimal digits, which the paused look names",
    )
    what.add_argument("--robots", choices=("obey", "ignore"), help="what to make of the server's rules for robots")
    what.add_argument("--confirm", action="store_true", help="confirm that nothing was bypassed in a look")
    parser.add_argument("--snapshot", metavar="N", help="the look that is meant (with --confirm: default the newest)")
    changing(parser)


def _decide(call: Call) -> int:
    from workbench.ops import watch

    args = call.args
    if args.certificate is not None:
        _check_fingerprint(args.certificate)
    with call.case(write=True) as case:
        look = named_look(call)
        if args.confirm:
            result = _confirmed(case, args.source, look)
        elif args.certificate is not None:
            result = _acted(case.run(watch.decision, args.source, look, "certificate", args.certificate))
        else:
            result = _acted(case.run(watch.decision, args.source, look, "robots", args.robots))
    call.out.result(result)
    return DONE


def _check_fingerprint(text: str) -> None:
    """Say what is meant before the case is opened."""
    if not re.fullmatch(r"[0-9a-fA-F]{64}", text.replace(":", "")):
        raise UserError("cli-certificate", word=text)


def _confirmed(case: Case, source: str, look: int | None) -> dict[str, Any]:
    """Confirm, and say what the request log shows beside it."""
    from workbench.ops import watch
    from workbench.queries.conduct import conduct
    from workbench.queries.watched import last_ended

    meant = case.ask(last_ended, source) if look is None else look
    if meant is None:
        raise UserError("watch-never-looked", source=source)
    shown = case.ask(conduct, meant)
    if shown.source != source:
        raise UserError("watch-not-its-look", snapshot=meant)
    done = case.run(watch.confirm, meant)
    return {
        **_acted(done),
        "snapshot": meant,
        "derived": shown.message.code,
        "text": shown.message.text(),
    }


def _acted(done: Done[int]) -> dict[str, Any]:
    return {"op": done.seq}


COMMANDS = {
    each.name: each
    for each in (
        Command(
            "charter",
            _charter_arguments,
            _charter,
            (
                "workbench charter storage.wbcase --source store",
                'workbench charter storage.wbcase --source store --who "Ada, the desk" --why "To document it"',
            ),
            "Without any of its fields the charter is shown. Fields that are not given stay as they were.",
        ),
        Command(
            "requests",
            _requests_arguments,
            listing(
                _requests,
                ("source", "source"),
                ("snapshot", "snapshot"),
                ("time", "time", lambda row: short_time(row["time"])),
                ("for", "purpose"),
                ("method", "method"),
                ("status", "status"),
                ("bytes", "received"),
                ("outcome", "outcome"),
                ("address", "url"),
            ),
            ("workbench requests storage.wbcase", "workbench requests storage.wbcase --snapshot 12 --json"),
        ),
        Command(
            "coverage",
            _coverage_arguments,
            listing(
                _coverage, ("source", "source"), ("snapshot", "snapshot"), ("state", "state"), ("folder", "", _folder)
            ),
            ("workbench coverage storage.wbcase --snapshot 12", "workbench coverage storage.wbcase --source storage"),
            "Only what a look listed can be missing from it; a folder that was refused, failed or was not reached\n"
            "says nothing about what lies in it.",
        ),
        Command(
            "decide",
            _decide_arguments,
            _decide,
            (
                "workbench decide storage.wbcase --source store --robots ignore",
                "workbench decide storage.wbcase --source store --confirm",
            ),
            "Every decision is recorded with its author. What the request log shows of a look is told beside the\n"
            "confirmation, whatever it is.",
        ),
    )
}

"""Looking at open servers, once or again and again."""

from __future__ import annotations

import os
import re
import sys
import time
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.cli.call import DONE, FOUND, Call, Command, changing, clean, on_a_case, path_fields
from workbench.core.errors import UserError
from workbench.core.messages import Message
from workbench.core.times import rfc3339

if TYPE_CHECKING:
    from workbench.case.case import Case
    from workbench.jobs.plan import Plan
    from workbench.jobs.watch import Look

SLICE = 0.5
"""Seconds after which waiting looks whether it is to stop."""
CHARTER = ("who", "why", "authority", "basis", "found", "connection")


def _watch_arguments(parser: ArgumentParser) -> None:
    on_a_case(parser)
    parser.add_argument("url", metavar="URL", help="where the server's files begin: http, https or ftp")
    parser.add_argument("--source", metavar="NAME", help="the name of the place (default: its host and folder)")
    parser.add_argument("--once", action="store_true", help="one look, and done (default without --every)")
    parser.add_argument("--every", metavar="TIME", help="look again and again: 90m, 24h, 7d; kept with the source")
    parser.add_argument("--kind", metavar="NAME", help="web, webdav, s3, share or ftp (default: found out)")
    parser.add_argument("--rate", metavar="N", help="requests per second (default: 2); 0: no limit, four at a time")
    parser.add_argument(
        "--proxy", metavar="URL", help="http://HOST:PORT or socks5://HOST:PORT (names are looked up there), none"
    )
    parser.add_argument("--list-only", action="store_true", default=None, help="list, and fetch nothing")
    parser.add_argument("--fetch", dest="list_only", action="store_false", default=None, help="take --list-only back")
    parser.add_argument(
        "--limit-bytes", metavar="N", help="fetch at most so much in one look: 500M, 2G, none (default: 10 GB)"
    )
    parser.add_argument("--limit-files", metavar="N", help="fetch at most so many files in one look; none (default)")
    parser.add_argument(
        "--limit-depth", metavar="N", help="enter folders in folders so far and no further (default: 100)"
    )
    parser.add_argument(
        "--limit-folders", metavar="N", help="enter at most so many folders in one look (default: 100000)"
    )
    parser.add_argument("--limit-time", metavar="TIME", help="end a look after so long: 30m, 12h; none (default)")
    parser.add_argument(
        "--trust",
        choices=("listing", "etag", "never"),
        help="when a file counts as unchanged: its listing's words (default), the server's answer, or never",
    )
    parser.add_argument("--recheck", metavar="SHARE", help="fetch this share of trusted files again: 0 to 1, or 5%%")
    parser.add_argument(
        "--robots", choices=("obey", "ignore"), help="what the host's robots.txt is to us (default: obey)"
    )
    parser.add_argument("--contact", metavar="TEXT", help="an address for the server's owner, in the user agent")
    parser.add_argument(
        "--analyze", dest="analyze", action="store_true", default=None, help="look into new files (default)"
    )
    parser.add_argument(
        "--no-analyze", dest="analyze", action="store_false", default=None, help="store only; analyze later"
    )
    parser.add_argument("--anchor-dir", metavar="DIR", help="write an anchor there after each look")
    for name, what in (
        ("who", "who looks (default: the actor)"),
        ("why", "why"),
        ("authority", "by what authority"),
        ("basis", "on which legal basis"),
        ("found", "how the server was found"),
        ("connection", "from which connection, as you state it"),
    ):
        parser.add_argument(f"--{name}", metavar="TEXT", help=f"charter: {what}")
    changing(parser)


def _watch(call: Call) -> int:
    from workbench.jobs.pool import Pool

    args = call.args
    every = None if args.every is None else seconds_of(args.every)
    codes: list[int] = []
    with call.case(write=True) as case, Pool() as pool:
        plan = _plan(case, call, every)
        _charter(case, call, plan)
        for row in _looks(case, plan, pool, call, codes):
            if call.json:
                call.out.result(row)
            else:
                _tell(case, row, call)
            call.out.flush()
    return max(codes, default=DONE)


CHANGES = ("added", "changed", "moved", "removed", "returned", "time_changed")
TOLD = 10
"""Problems of a look that are told one by one."""


def _tell(case: Case, row: dict[str, Any], call: Call) -> None:
    """A look in words: what it came to, what changed, and what stood in its way."""
    from workbench.queries import harvest

    call.out.line(
        f"look {row['snapshot']}: {row['status']}{', not ended' if row['paused'] else ''}; {row['sightings']:,} files, "
        f"{row['new_objects']:,} new objects ({row['bytes']:,} bytes), {row['requests']:,} requests"
    )
    changed = [f"{row[name]:,} {name.replace('_', '-')}" for name in CHANGES if row[name]]
    call.out.line(f"  {', '.join(changed) or 'no change to tell of'}")
    said = case.ask(harvest.troubles, row["snapshot"], TOLD + 1)
    for place, message in said[:TOLD]:
        call.out.line(f"  {place or 'start'}: {message.text()}")
    if len(said) > TOLD:
        call.out.line("  and more: workbench rejects CASE lists all of them")
    if "anchor" in row:
        call.out.line(f"  anchor {row['anchor']}")


def _looks(case: Case, plan: Plan, pool: Any, call: Call, codes: list[int]) -> Iterator[dict[str, Any]]:
    """One look; with an interval, one whenever it is due."""
    from workbench.jobs.watch import look

    again = call.args.every is not None and not call.args.once
    while True:
        if again:
            _wait_until_due(case, plan, call)
        done = look(case, plan, pool, call.progress)
        if done.paused is not None:
            call.out.say(done.paused.text())
        complete = done.status.value == "complete" and done.paused is None
        codes.append(DONE if complete and not done.warnings else FOUND)
        row = _row(done)
        if call.args.anchor_dir is not None and done.paused is None:
            row |= _anchored(case, Path(call.args.anchor_dir))
        yield row
        if not again:
            return


def _row(done: Look) -> dict[str, Any]:
    return {
        "snapshot": done.snapshot,
        "status": done.status.value,
        "sightings": done.sightings,
        "new_objects": done.new_objects,
        "bytes": done.bytes,
        "warnings": done.warnings,
        "added": done.added,
        "changed": done.changed,
        "moved": done.moved,
        "removed": done.removed,
        "returned": done.returned,
        "time_changed": done.time_changed,
        "requests": done.requests,
        "failed": done.failed,
        "paused": None if done.paused is None else done.paused.code,
    }


def _wait_until_due(case: Case, plan: Plan, call: Call) -> None:
    from workbench.core import times
    from workbench.jobs.watching import catch_up

    while not (due := catch_up(case, plan.source, times.now(), plan.every)).is_due(times.now()):
        assert due.next is not None
        if sys.stderr.isatty():
            call.out.say(Message("cli-next-look", {"time": rfc3339(due.next)}).text())
        until = time.monotonic() + min((due.next - times.now()) / 1_000_000, 60)
        while time.monotonic() < until:
            call.progress.check()
            time.sleep(min(SLICE, max(until - time.monotonic(), 0)))


def _anchored(case: Case, folder: Path) -> dict[str, Any]:
    from workbench.jobs import anchors

    written = anchors.write(case, folder)
    return {**path_fields("anchor", written.path), "custody_head": written.head.hex()}


def _plan(case: Case, call: Call, every: int | None) -> Plan:
    """What is asked for now, and for the rest what was agreed on before."""
    from workbench.core.scope import start_of
    from workbench.jobs.plan import plan_of
    from workbench.jobs.watch import default_name
    from workbench.queries import watched

    args = call.args
    url = start_of(args.url)
    name = clean(args.source) or default_name(url)
    known = case.ask(watched.find, name)
    if known is not None and known.url != url:
        raise UserError("watch-other-url", source=name, url=known.url)
    return plan_of(
        url,
        name,
        args.kind or (known.kind if known is not None else ""),
        {} if known is None else known.options,
        rate=_number(args.rate, "plan-rate"),
        proxy=_proxy(args.proxy),
        list_only=args.list_only,
        limit_files=size_of(args.limit_files),
        limit_bytes=size_of(args.limit_bytes),
        limit_depth=size_of(args.limit_depth),
        limit_folders=size_of(args.limit_folders),
        limit_time=_time(args.limit_time),
        trust=args.trust,
        recheck=_share(args.recheck),
        robots=args.robots,
        contact=args.contact,
        every=every,
        analyze=args.analyze,
    )


def _time(text: str | None) -> int | None:
    if text is None:
        return None
    try:
        return 0 if text.strip().lower() in NONE else seconds_of(text)
    except UserError:
        raise UserError("plan-time") from None


def _proxy(text: str | None) -> str | None:
    from workbench.sources.http.proxy import proxy_of

    return text if text is None else "" if text.strip().lower() in NONE else proxy_of(text)


def _charter(case: Case, call: Call, plan: Plan) -> None:
    """Before the first look: what is stated of it, as far as it is."""
    from workbench.jobs.watch import SOURCE_KIND
    from workbench.ops import intake
    from workbench.ops import watch as ops
    from workbench.queries import watched

    given = {name: clean(getattr(call.args, name)) for name in CHARTER}
    known = case.ask(watched.find, plan.source)
    if any(given.values()):
        case.run(intake.source, plan.source, SOURCE_KIND)
        case.run(ops.charter, plan.source, **{**given, "who": given["who"] or case.actor})
    elif known is None or known.charter is None:
        call.out.say(Message("cli-no-charter", {"source": plan.source}).text())


def _number(text: str | None, code: str) -> float | None:
    try:
        return None if text is None else float(text)
    except ValueError:
        raise UserError(code) from None


def _share(text: str | None) -> float | None:
    if text is None:
        return None
    percent = text.endswith("%")
    number = _number(text.removesuffix("%"), "plan-recheck")
    return number / 100 if percent and number is not None else number


NONE = ("", "none")
"""Words that take a limit or a proxy back."""
_UNITS = {"": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40}


def size_of(text: str | None) -> int | None:
    """``500M``, ``2G``, a plain number, ``none`` as 0; raises `UserError` ``plan-limit``."""
    if text is None:
        return None
    if text.strip().lower() in NONE:
        return 0
    found = re.fullmatch(r"(\d{1,15})\s*([kmgt]?)(?:i?b)?", text.strip().lower(), re.ASCII)
    if found is None:
        raise UserError("plan-limit")
    return int(found[1]) * _UNITS[found[2]]


_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}


def seconds_of(text: str) -> int:
    """``90m``, ``24h``, ``7d``; raises `UserError` ``plan-every``."""
    found = re.fullmatch(r"(\d{1,7})\s*([smhdw])", text.strip().lower(), re.ASCII)
    if found is None:
        raise UserError("plan-every")
    return int(found[1]) * _SECONDS[found[2]]


# schedule


def _schedule_arguments(parser: ArgumentParser) -> None:
    on_a_case(parser)
    parser.add_argument("--source", metavar="NAME", required=True, help="the watched source")
    parser.add_argument(
        "--for",
        dest="kind",
        choices=("systemd", "launchd", "task", "cron"),
        help="whose timer (default: this system's)",
    )
    parser.add_argument("--every", metavar="TIME", help="24h, 7d (default: what the source was given, else 24h)")
    parser.add_argument("--anchor-dir", metavar="DIR", help="have an anchor written there after each look")
    parser.add_argument("--write", metavar="DIR", help="write the files there (default: only print them)")


def _schedule(call: Call) -> int:
    from workbench.jobs import timers
    from workbench.queries import watched

    args = call.args
    with call.case() as case:
        known = case.ask(watched.find, args.source)
        path = case.path
    if known is None:
        raise UserError("watch-no-source", source=args.source)
    every = seconds_of(args.every) if args.every else known.options.get("every") or 86_400
    kind = args.kind or {"darwin": "launchd", "win32": "task"}.get(sys.platform, "systemd")
    extra = () if args.anchor_dir is None else ("--anchor-dir", str(Path(args.anchor_dir).absolute()))
    made = timers.entry(kind, program(), path, known.url, known.name, every, extra)
    written = [] if args.write is None else _write(Path(args.write), made)
    command = timers.how(kind, list(made))
    if call.json:
        call.out.result({"kind": kind, "files": made, "written": written, "command": command})
        return DONE
    for name, text in made.items():
        call.out.line(f"# {name}")
        call.out.line(text)
    call.out.line(f"# {command}")
    return DONE


def program() -> list[str]:
    """How this program is started here."""
    return [sys.executable, "-m", "workbench"]


def _write(folder: Path, made: dict[str, str]) -> list[str]:
    written = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in made.items():
            (folder / name).write_text(text, encoding="utf-8", newline="\n")
            written.append(os.fsdecode(folder / name))
    except OSError as error:
        raise UserError("timer-not-written", folder=folder.name, reason=error.strerror or str(error)) from None
    return written


COMMANDS = {
    each.name: each
    for each in (
        Command(
            "watch",
            _watch_arguments,
            _watch,
            (
                "workbench watch storage.wbcase http://203.0.113.9/upload/ --once --source storage",
                "workbench watch storage.wbcase https://example.org/s/AbCdEf --every 24h --limit-bytes 2G",
            ),
            "One look at an open server, recorded with every request. What was cut off is gone on with by the same\n"
            "call. Only what anybody may read is read: no passwords, and a refused folder is left alone. What is said\n"
            "of rate, proxy, limits, trust, robots, contact, interval, fetching and analyzing is kept with the source\n"
            "and holds for its next looks, until something else is said. An anchor's folder belongs to this computer\n"
            "and is not kept.",
        ),
        Command(
            "schedule",
            _schedule_arguments,
            _schedule,
            ("workbench schedule storage.wbcase --source storage --for systemd --write ~/.config/systemd/user",),
            "Makes an entry for the system's own timer, so that looks take place while no window is open.",
        ),
    )
}

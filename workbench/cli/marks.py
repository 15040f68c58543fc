"""Commands that record what a person decided."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import TYPE_CHECKING, Any

from workbench.cli.call import DONE, Call, Command, changing, on_a_case
from workbench.core.errors import UserError

if TYPE_CHECKING:
    from workbench.case.writer import Done


def _mark_arguments(parser: ArgumentParser) -> None:
    on_a_case(parser)
    parser.add_argument(
        "targets", metavar="TARGET", nargs="+", help="a SHA-256, an IP address, sighting:ID, event:LOG:LINE"
    )
    parser.add_argument("--tag", metavar="T", action="append", default=[], help="put a tag on")
    parser.add_argument("--untag", metavar="T", action="append", default=[], help="take a tag off")
    parser.add_argument("--verdict", metavar="V", help="unseen, relevant, not-relevant, later, or own words")
    parser.add_argument("--note", metavar="TEXT", action="append", default=[], help="write a note")
    changing(parser)


def _mark(call: Call) -> int:
    from workbench.ops import marks
    from workbench.queries.targets import target

    args = call.args
    if not (args.tag or args.untag or args.verdict or args.note):
        raise UserError("cli-mark-nothing")
    with call.case(write=True) as case:
        # All targets first: a wrong one changes nothing.
        targets = [case.ask(target, each) for each in args.targets]
        done: list[Done[int]] = [case.run(marks.tag, targets, word) for word in args.tag]
        done += [case.run(marks.untag, targets, word) for word in args.untag]
        if args.verdict is not None:
            done.append(case.run(marks.verdict, targets, args.verdict))
        done += [case.run(marks.note, targets, text) for text in args.note]
    call.out.result(_acted(done))
    return DONE


def _acted(done: list[Done[int]]) -> dict[str, Any]:
    """``op`` is the last op's number; there is one op a kind of mark."""
    made: dict[str, Any] = {"op": done[-1].seq, "changed": sum(each.result for each in done)}
    if len(done) > 1:
        made["ops"] = [each.seq for each in done]
    return made


def _note_arguments(parser: ArgumentParser) -> None:
    on_a_case(parser)
    parser.add_argument("text", metavar="TEXT", help="the entry")
    changing(parser)


def _note(call: Call) -> int:
    from workbench.ops import marks

    with call.case(write=True) as case:
        done = case.run(marks.journal, call.args.text)
    call.out.result({"op": done.seq})
    return DONE


def _undo_arguments(parser: ArgumentParser) -> None:
    on_a_case(parser)
    parser.add_argument("op", metavar="OP", nargs="?", help="number or uid of an op (default: the actor's last)")
    changing(parser)


def _undo(call: Call) -> int:
    from workbench.case.operation import REGISTRY
    from workbench.ops import history
    from workbench.queries import custody

    with call.case(write=True) as case:
        if call.args.op is not None:
            undone = case.ask(custody.find_op, call.args.op)
        else:
            names = tuple(op.name for op in REGISTRY.values() if op.undoable and op is not history.undo)
            last = case.ask(custody.last_undoable, case.actor, names)
            if last is None:
                raise UserError("undo-nothing")
            undone = last
        done = case.run(history.undo, undone)
    call.out.result({"op": done.seq, "undone": undone, "changed": done.result})
    return DONE


def _own_arguments(parser: ArgumentParser) -> None:
    on_a_case(parser)
    parser.add_argument("addresses", metavar="ADDRESS", nargs="+", help="an IP address of the observer")
    parser.add_argument("--remove", action="store_true", help="they are not the observer's after all")
    changing(parser)


def _own(call: Call) -> int:
    from workbench.ops import marks

    addresses = list(dict.fromkeys(_canonical(each) for each in call.args.addresses))
    with call.case(write=True) as case:
        done = case.run(marks.own, addresses, not call.args.remove)
    call.out.result({"op": done.seq, "changed": done.result})
    return DONE


def _canonical(text: str) -> str:
    """An address as logs are read: the shortest form of IPv6."""
    import ipaddress

    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        raise UserError("cli-address", address=text) from None


COMMANDS = {
    each.name: each
    for each in (
        Command(
            "mark",
            _mark_arguments,
            _mark,
            (
                'workbench mark storage.wbcase 203.0.113.41 --tag exception --note "On no list."',
                "workbench mark storage.wbcase sighting:120 event:9f86d081:1401 --verdict relevant --actor Kim",
            ),
        ),
        Command("note", _note_arguments, _note, ('workbench note storage.wbcase "Called the hoster."',)),
        Command(
            "undo",
            _undo_arguments,
            _undo,
            ("workbench undo storage.wbcase", "workbench undo storage.wbcase 1432"),
            "Undoing is recorded like any other act; undoing an undo does it again.",
        ),
        Command("own", _own_arguments, _own, ("workbench own storage.wbcase 198.51.100.200",)),
    )
}

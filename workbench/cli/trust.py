"""Commands by which others can check a case."""

from __future__ import annotations

import os
import re
from argparse import ArgumentParser
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.cli.call import DONE, FOUND, Call, Command, case_path, changing, on_a_case, path_fields
from workbench.cli.filters import DETAILS, filtering
from workbench.cli.lists import SHORT, filter_of, listing
from workbench.cli.output import short_time
from workbench.core.errors import UserError
from workbench.core.messages import Message
from workbench.core.times import rfc3339

if TYPE_CHECKING:
    from workbench.case.case import Case
    from workbench.case.readers import Reader

BROKEN = ("not-a-case", "case-unreadable", "case-incomplete", "case-damaged")
"""What opening says of a case file whose inside is damaged."""
UNREAD = ("missing", "damaged", "unreadable")


def _custody(_call: Call, reader: Reader) -> Iterator[dict[str, Any]]:
    from workbench.queries import custody

    return custody.rows(reader)


# verify


def _verify_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("path", metavar="PATH", help="a case (.wbcase), a bundle folder or a bundle zip")
    parser.add_argument("--expect-seal", metavar="HEX", help="the seal that you got by another way; any other fails")
    parser.add_argument(
        "--expect-key", metavar="KEY", help="public key file (PEM) or fingerprint; a bundle not signed with it fails"
    )


def _verify(call: Call) -> int:
    path = case_path(call.args.path)
    result = _verified_case(call, path) if _is_case(path) else _verified_bundle(call, path)
    if call.json:
        call.out.result(result)
    else:
        for problem in result["problems"]:
            call.out.line(problem["text"])
        for warning in result.get("warnings", ()):
            call.out.line(f"note: {warning['text']}")
        count = len(result["problems"])
        fine = "No problem found" if "seal" in result else "All is as it was"
        call.out.line(
            f"{fine}: {result['checked']:,} things checked."
            if result["ok"]
            else f"{count} problem{'s' if count > 1 else ''}; {result['checked']:,} things checked."
        )
        for line in result.get("proof", ()):
            call.out.line(line)
        if "seal" in result:
            call.out.line(f"signed by {result['signed_by']}" if result["signed_by"] else "not signed")
        if result.get("seal"):
            call.out.line(f"seal {result['seal']}")
        if result["custody_head"]:
            call.out.line(f"custody head {result['custody_head']}")
    return DONE if result["ok"] else FOUND


def _is_case(path: Path) -> bool:
    """A case by its header; or, with a damaged header, by its name and the evidence folder beside it."""
    from workbench.case import driver
    from workbench.case.case import SUFFIX, evidence_folder

    if path.is_dir():
        return False
    if not os.path.lexists(path):
        raise UserError("cli-nothing-there", path=path.name)
    return driver.sniff(path) is not None or (path.suffix == SUFFIX and evidence_folder(path).is_dir())


def _verified_case(call: Call, path: Path) -> dict[str, Any]:
    from workbench.case import driver
    from workbench.case.checking import opened_to_check
    from workbench.queries.verify import verify

    try:
        with opened_to_check(path) as reader:
            found = verify(reader, call.progress)
    except (UserError, driver.DatabaseError) as error:
        known = driver.in_words(error)
        if not isinstance(known, UserError) or known.message.code not in BROKEN:
            raise
        return _damaged(str(known))
    return {
        "ok": found.ok,
        "checked": found.checked,
        "problems": _problems(found.problems),
        "custody_head": found.head.hex() or None,
        "warnings": [{"code": each.code, "text": each.text()} for each in found.warnings],
    }


def _damaged(reason: str) -> dict[str, Any]:
    from workbench.queries.verify import Problem

    return {"ok": False, "checked": 0, "problems": _problems([Problem("file-damaged", reason)]), "custody_head": None}


def _problems(found: Sequence[Any]) -> list[dict[str, str]]:
    return [{"kind": each.kind, "where": each.where, "text": each.text} for each in found]


def _verified_bundle(call: Call, path: Path) -> dict[str, Any]:
    from workbench.bundle.verify import is_bundle, verify_bundle

    if not is_bundle(path):
        raise UserError("cli-neither", path=path.name)
    from workbench.bundle.signing import expected_key
    from workbench.jobs.pool import Pool
    from workbench.jobs.previews import Previewer

    seal, key = call.args.expect_seal, call.args.expect_key
    if seal is not None and re.fullmatch(r"[0-9A-Fa-f]{64}", seal.strip()) is None:
        raise UserError("seal-expected")
    fingerprint = None if key is None else expected_key(key)
    with Pool() as pool:
        found = verify_bundle(path, call.progress, expect_seal=seal, expect_key=fingerprint, previewer=Previewer(pool))
    return {
        "ok": found.ok,
        "checked": found.checked,
        "problems": _problems(found.problems),
        "custody_head": found.head,
        "warnings": [{"code": each.code, "text": each.text()} for each in found.warnings],
        "seal": found.seal,
        "signed_by": found.signed_by,
        "proof": [] if found.proof is None else [each.text() for each in found.proof.messages()],
    }


# anchor


def _anchor_arguments(parser: ArgumentParser) -> None:
    on_a_case(parser)
    parser.add_argument("folder", metavar="DIR", nargs="?", help="where to write it (default: here)")
    parser.add_argument("--attach", metavar="FILE", help="take in the reply of a time-stamping service")
    parser.add_argument("--tsa-root", metavar="PEM", help="certificates of that service that you trust")
    parser.add_argument("--check", metavar="FILE", help="compare an anchor with the case; changes nothing")
    changing(parser)


def _anchor(call: Call) -> int:
    from workbench.jobs import anchors

    args = call.args
    if args.check is not None:
        return _compared(call, Path(args.check))
    result: dict[str, Any] = {"anchor": None}
    with call.case(write=True) as case:
        if args.attach is None or args.folder is not None:
            written = anchors.write(case, Path(args.folder or "."))
            result = {**path_fields("anchor", written.path), "custody_head": written.head.hex()}
        if args.attach is not None:
            roots = None if args.tsa_root is None else Path(args.tsa_root)
            attached = anchors.attach(case, Path(args.attach), roots)
            stamp, said = attached.stamp, attached.anchor.hex()
            result = {"anchor": said, "custody_head": attached.head.hex()} | (result if result["anchor"] else {})
            result |= {"attached": attached.sha256.hex(), "stamps": said, "signature": stamp.state}
            result |= {"signer": stamp.signer, "stamped_at": rfc3339(stamp.time)}
            call.out.say(Message(f"timestamp-{stamp.state}", {"signer": stamp.signer}).text())
    call.out.result(result)
    return FOUND if result.get("signature") == "unchecked" else DONE


def _compared(call: Call, file: Path) -> int:
    """Hold an anchor against the case, which is only read."""
    from workbench.case.checking import opened_to_check
    from workbench.jobs.anchors import read_anchor
    from workbench.queries.anchors import compare

    anchor = read_anchor(file)
    with opened_to_check(case_path(call.args.case)) as reader:
        found = compare(reader, anchor)
    if call.json:
        call.out.result({"state": found.state, "op": found.op, "since": found.since, "anchor_op": anchor.seq})
    else:
        call.out.line(Message(f"anchor-{found.state}", {"op": found.op or 0, "since": found.since}).text())
    return DONE if found.ok else FOUND


# bundle


def _bundle_arguments(parser: ArgumentParser) -> None:
    on_a_case(parser)
    parser.add_argument("out", metavar="OUT", help="the new folder, or zip with --zip")
    parser.add_argument("--zip", action="store_true", help="one zip file instead of a folder")
    parser.add_argument("--for", dest="recipient", metavar="NAME", help="who it is for; stands in the bundle")
    parser.add_argument("--redact", metavar="FILE", help="a list of what is withheld")
    parser.add_argument("--sign", metavar="KEY", help="an Ed25519 key (PEM) to sign with")
    filtering(parser)
    parser.add_argument("--actor", metavar="NAME", help="in whose name (default: the case's examiner)")


def _bundle(call: Call) -> int:
    from workbench.bundle.leftout import sentences
    from workbench.bundle.write import write_bundle
    from workbench.jobs.pool import Pool
    from workbench.jobs.previews import Previewer

    args = call.args
    with _to_record_in(call) as case, Pool() as pool:
        with case.reader() as reader:
            asked = filter_of(call, reader)
        written = write_bundle(
            case,
            Path(args.out),
            asked,
            as_zip=args.zip,
            recipient=args.recipient,
            redact=None if args.redact is None else Path(args.redact),
            sign=None if args.sign is None else Path(args.sign),
            previewer=Previewer(pool),
            progress=call.progress,
        )
    result: dict[str, Any] = {
        **path_fields("path", written.path),
        "objects": written.objects,
        "bytes": written.bytes,
        "left_out": [{"reason": reason, "count": count} for reason, count in written.left_out],
        "manifest_sha256": written.manifest_sha256,
        "custody_head": written.custody_head,
        "seal": written.seal,
        "signed_by": written.signed_by,
        "recorded": written.recorded,
        "searched": asdict(written.searched),
    }
    if not written.recorded:
        call.out.say(Message("bundle-not-recorded").text())
    if not call.json:
        result["left_out"] = None
        result["searched"] = Message("bundle-searched", asdict(written.searched)).text()
    call.out.result(result)
    told = sentences(written.left_out)
    call.out.line("left out:" if told else "Nothing was left out.")
    for each in told:
        call.out.line(f"  {each.text()}")
    return FOUND if any(each in reason for reason, _ in written.left_out for each in UNREAD) else DONE


@contextmanager
def _to_record_in(call: Call) -> Iterator[Case]:
    """The case, for writing where that can be: the seal is recorded in it. A bundle can be made without."""
    from workbench.case import driver
    from workbench.case.case import in_bundle, risky_place

    path = case_path(call.args.case)
    write = driver.sniff(path) == driver.SCHEMA and driver.may_write(path)
    with call.case(write=write and not in_bundle(path) and risky_place(path) is None) as case:
        yield case


# demo


def _demo_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("folder", metavar="DIR", help="a new or empty folder")


def _demo(call: Call) -> int:
    from workbench.demo.build import build

    built = build(Path(call.args.folder), call.progress)
    call.out.result({**path_fields("case", built.case), **path_fields("truth", built.truth)})
    return DONE


COMMANDS = {
    each.name: each
    for each in (
        Command(
            "custody",
            on_a_case,
            listing(
                _custody,
                ("op", "seq"),
                ("time", "time", lambda row: short_time(row["time"])),
                ("actor", "actor"),
                ("what", "op"),
                ("hash", "hash", lambda row: row["hash"][:SHORT]),
                ("arguments", "arguments"),
            ),
            ("workbench custody storage.wbcase --json",),
        ),
        Command(
            "verify",
            _verify_arguments,
            _verify,
            ("workbench verify storage.wbcase", "workbench verify handed-over.zip --json"),
        ),
        Command(
            "anchor",
            _anchor_arguments,
            _anchor,
            (
                "workbench anchor storage.wbcase /media/stick",
                "workbench anchor storage.wbcase --check /media/stick/storage-anchor-1200.txt",
                "workbench anchor storage.wbcase --attach storage-anchor-1200.txt.tsr",
            ),
        ),
        Command(
            "bundle",
            _bundle_arguments,
            _bundle,
            (
                "workbench bundle storage.wbcase handed-over --for Desk --verdict relevant",
                "workbench bundle storage.wbcase handed-over.zip --zip --since 2024-01-05 --until 2024-01-20",
            ),
            DETAILS,
        ),
        Command("demo", _demo_arguments, _demo, ("workbench demo demonstration",)),
    )
}

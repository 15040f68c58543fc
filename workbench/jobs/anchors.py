"""Anchors: the chain's head in a small text file that is kept, or time-stamped, outside of the case; what comes back.

A time-stamp reply (RFC 3161) is taken in when it stamps an anchor file of the case, see `workbench.jobs.timestamps`.
"""

from __future__ import annotations

import hashlib
import io
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from workbench import __version__
from workbench.case.case import Case
from workbench.case.uids import shown
from workbench.core import times
from workbench.core.errors import UserError
from workbench.core.files import open_file
from workbench.jobs import timestamps
from workbench.jobs.timestamps import Stamp
from workbench.ops import anchors as ops
from workbench.ops import intake
from workbench.queries import anchors as queries
from workbench.queries.anchors import Anchor, State
from workbench.queries.intake import analysed

CLOCKS = (
    ("timedatectl", "show", "-p", "NTP", "-p", "NTPSynchronized"),
    ("chronyc", "-n", "tracking"),
    ("w32tm", "/query", "/status"),
)
"""Commands that say whether this computer's clock follows others; the first that answers counts."""
SECONDS = 5
LONGEST = 500
LARGEST_ANCHOR = 64 << 10
LARGEST_REPLY = 16 << 20
"""Bytes of a file that is taken in as a time-stamp reply."""


@dataclass(frozen=True)
class Written:
    """An anchor file: where it lies, its SHA-256, and the head that it names."""

    path: Path
    sha256: bytes
    seq: int
    head: bytes


@dataclass(frozen=True)
class Attached:
    """A time-stamp reply that was taken in.

    `anchor` is the SHA-256 of the anchor file of this case that it stamps. `head` is that of the chain with the op that
    recorded it.
    """

    sha256: bytes
    anchor: bytes
    head: bytes
    stamp: Stamp


def write(case: Case, folder: Path) -> Written:
    """Write the chain's head into a new file in `folder`, and record that.

    For a job thread: it asks the system for the state of its clock, which can take some seconds. Raises `UserError`
    ``anchor-cannot-write``.
    """
    clock = clock_state()
    state = case.ask(queries.state)
    moment = times.now()
    text = anchor_text(shown(case.uid), case.setting("title") or "", state, moment, clock)
    path = _write_file(folder, case.path.stem, state.head.seq, moment, text)
    sha256, sha512 = (hashlib.new(name, text.encode()).digest() for name in ("sha256", "sha512"))
    case.run(ops.write, state.head.seq, state.head.hash, sha256, clock, sha512)
    return Written(path, sha256, state.head.seq, state.head.hash)


def attach(case: Case, file: Path, roots: Path | None = None) -> Attached:
    """Take the reply of a time-stamping service to an anchor of this case in, after its signature was checked.

    `roots` is a PEM file of certificates that the user trusts; see `timestamps.verified` for what is known without.
    Raises `UserError` ``anchor-reply`` for what is no file of a fitting size, ``anchor-stamps-none`` for a reply to
    something else, ``path-unreadable``, what `timestamps` raises, and what the evidence store raises. Nothing is
    recorded then.
    """
    name = os.fsencode(file.name).decode("utf-8", "replace")
    try:
        if not file.is_file() or not 0 < file.stat().st_size <= LARGEST_REPLY:
            raise UserError("anchor-reply", path=name)
        with open_file(file) as stream:
            reply = stream.read(LARGEST_REPLY)
    except OSError as error:
        raise UserError("path-unreadable", path=name, reason=error.strerror or str(error)) from error
    response = timestamps.read_reply(reply, name)
    anchor = case.ask(queries.anchored, [timestamps.digest_of(response)])
    if anchor is None:
        raise UserError("anchor-stamps-none", path=name)
    stamp = timestamps.verified(response, name, () if roots is None else timestamps.read_roots(roots))
    stored = case.evidence.put(io.BytesIO(reply), lambda sha256: case.ask(analysed, sha256), limit=LARGEST_REPLY)
    case.run(intake.objects, [stored])
    done = case.run(ops.attach, name, stored.sha256, stored.size, anchor)
    return Attached(stored.sha256, anchor, done.hash, stamp)


def read_anchor(file: Path) -> Anchor:
    """What an anchor file says. Raises `UserError` ``anchor-wrong``, ``path-unreadable``."""
    name = os.fsencode(file.name).decode("utf-8", "replace")
    try:
        with open_file(file) as stream:
            text = stream.read(LARGEST_ANCHOR).decode("utf-8", "replace")
    except OSError as error:
        raise UserError("path-unreadable", path=name, reason=error.strerror or str(error)) from error
    said = dict(line.split(": ", 1) for line in text.splitlines() if ": " in line and not line.startswith("#"))
    try:
        uid, head = bytes.fromhex(said["case-uid"].replace("-", "")), bytes.fromhex(said["custody-head"])
        seq = int(said["ops"])
    except (KeyError, ValueError):
        raise UserError("anchor-wrong", path=name) from None
    if len(uid) != 16 or len(head) != 32 or not 0 < seq < 1 << 62:
        raise UserError("anchor-wrong", path=name)
    return Anchor(uid, seq, head)


def anchor_text(uid: str, title: str, state: State, moment: int, clock: str) -> str:
    """The whole file. Every line is ``name: value``; lines that start with # explain."""
    return f"""\
# Workbench anchor
# The head of a case's custody chain, written down outside of the case. Whoever keeps this file, or a time stamp of it,
# can tell later whether the chain still leads through this point: `workbench custody CASE --json` shows the hash of
# every op, and op {state.head.seq} must have the hash below.
case-uid: {uid}
case-title: {" ".join(title.split())}
ops: {state.head.seq}
custody-head: {state.head.hash.hex()}
sightings: {state.sightings}
# SHA-256 over one line a sighting, the lines sorted as bytes: uid of the snapshot (8-4-4-4-12), tab, SHA-256 of the
# bytes (a hyphen where there are none), tab, raw path in lower-case hexadecimal, line feed.
sightings-sha256: {state.digest}
# Seals of the last bundles that were handed over, the newest first.
bundle-seals: {" ".join(state.seals) or "none"}
time: {times.rfc3339(moment)}
# What this computer says of its own clock.
clock: {clock}
program: Workbench {__version__}
"""


def clock_state() -> str:
    """What the system says of its clock, on one line; ``unknown`` where nothing answers."""
    for command in CLOCKS:
        try:
            done = subprocess.run(command, capture_output=True, timeout=SECONDS, check=True, stdin=subprocess.DEVNULL)
        except (OSError, subprocess.SubprocessError):
            continue
        said = " ".join(done.stdout.decode("utf-8", "replace").split())
        if said:
            return f"{command[0]}: {said}"[:LONGEST]
    return "unknown"


def _write_file(folder: Path, stem: str, seq: int, moment: int, text: str) -> Path:
    """Write the file under a name of its own, durably."""
    name = f"{stem}-anchor-{seq}-{times.to_datetime(moment):%Y%m%dT%H%M%SZ}.txt"
    path = folder / name
    try:
        with path.open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise UserError("anchor-cannot-write", path=name, reason=error.strerror or str(error)) from error
    return path

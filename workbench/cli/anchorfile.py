"""The anchor: a small text file that is kept, or time-stamped, outside of the case."""

from __future__ import annotations

import subprocess
from pathlib import Path

from workbench import __version__
from workbench.core import times
from workbench.core.errors import UserError
from workbench.queries.anchors import State

CLOCKS = (
    ("timedatectl", "show", "-p", "NTP", "-p", "NTPSynchronized"),
    ("chronyc", "-n", "tracking"),
    ("w32tm", "/query", "/status"),
)
"""Commands that say whether this computer's clock follows others; the first that answers counts."""
SECONDS = 5
LONGEST = 500


def anchor_text(uid: str, title: str, state: State, moment: int, clock: str) -> str:
    """The whole file. Every line is ``name: value``; lines that start with # explain."""
    return f"""\
# Workbench anchor
# The head of a case's custody chain, written down outside of the case. Whoever keeps this file, or a time stamp of it,
# can tell later whether the chain still leads through this point: `workbench custody CASE --json` shows the hash of
# every op, and op {state.head.seq} must have the hash below.
case-uid: {uid}
case-title: {title}
ops: {state.head.seq}
custody-head: {state.head.hash.hex()}
sightings: {state.sightings}
# SHA-256 over one line a sighting, the lines sorted as bytes: uid of the snapshot (8-4-4-4-12), tab, SHA-256 of the
# bytes (a hyphen where there are none), tab, raw path in lower-case hexadecimal, line feed.
sightings-sha256: {state.digest}
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


def write_anchor(folder: Path, stem: str, seq: int, moment: int, text: str) -> Path:
    """Write the file under a name of its own; raises `UserError`."""
    name = f"{stem}-anchor-{seq}-{times.to_datetime(moment):%Y%m%dT%H%M%SZ}.txt"
    path = folder / name
    try:
        with path.open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except OSError as error:
        raise UserError("cli-cannot-write", path=name, reason=error.strerror or str(error)) from error
    return path

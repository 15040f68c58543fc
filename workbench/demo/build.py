"""Build the demonstration case: draw the inputs, take them in like any evidence, and mark a few things."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from workbench.case.case import Case, create
from workbench.core.errors import UserError
from workbench.core.messages import Message
from workbench.core.progress import Progress
from workbench.core.records import Basis
from workbench.demo.inputs import make_inputs
from workbench.demo.truth import Truth
from workbench.jobs import intake, logs, lookup, matching
from workbench.jobs.pool import Pool
from workbench.ops import marks
from workbench.origins.library import shipped
from workbench.origins.tableset import from_csv
from workbench.queries.targets import target
from workbench.sources.series import Look, split_series

ACTOR = "Demonstration"
TITLE = "Invented demonstration: an open storage server, January 2024"
SOURCE = "Storage server"
PATTERN = "%Y-%m-%d"
RELEASE = "2024-01-31"
LICENCE = "invented, CC0-1.0"


@dataclass(frozen=True)
class Built:
    """Where the case lies, and what is true of it."""

    case: Path
    truth: Path


def build(folder: Path, progress: Progress | None = None, *, scale: float = 1.0) -> Built:
    """Make the case in the new or empty folder. `scale` below 1 makes a smaller month, for tests.

    Raises `UserError` when something lies there, and `Cancelled`; what was made is taken away again then.
    """
    progress = progress or Progress()
    with _fresh(folder):
        inputs = folder / "inputs"
        truth = make_inputs(inputs, progress, scale=scale)
        with create(folder / "demo.wbcase", TITLE, ACTOR, "DEMO") as case, Pool(start="now") as pool:
            _looks(case, inputs, pool, progress)
            logs.add(case, inputs / "access.log", pool, progress, source="access.log")
            case.run(marks.own, [truth.own_address])
            invented = from_csv(
                (inputs / "invented-networks.csv").read_bytes(), "Invented networks", RELEASE, "mixed", LICENCE
            )
            lookup.look_up(case, [*shipped(), invented], progress)
            matching.match_uploads(case, progress)
            _marks(case, truth)
            return Built(case.path, inputs / "truth.json")


@contextmanager
def _fresh(folder: Path) -> Iterator[None]:
    """A folder that was not there, or was empty; half a demonstration is not left behind."""
    try:
        made = not folder.exists()
        if not made and (not folder.is_dir() or any(folder.iterdir())):
            raise UserError("demo-folder-exists", folder=folder.name)
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError("demo-cannot-write", folder=folder.name, reason=error.strerror or str(error)) from error
    try:
        yield
    except BaseException:
        for entry in ("inputs", "demo.evidence"):
            shutil.rmtree(folder / entry, ignore_errors=True)
        for entry in ("demo.wbcase", "demo.wbcase-wal", "demo.wbcase-shm"):
            (folder / entry).unlink(missing_ok=True)
        if made:
            shutil.rmtree(folder, ignore_errors=True)
        raise


def _looks(case: Case, inputs: Path, pool: Pool, progress: Progress) -> None:
    """Every look in the order of its day, the failed one among the others."""
    looks: list[tuple[Look, Message | None]] = [(look, None) for look in split_series(inputs / "looks", PATTERN)[0]]
    failure = Message("look-failed", {"reason": "the server stopped answering (invented)"})
    looks += [(look, failure) for look in split_series(inputs / "looks-failed", PATTERN)[0]]
    for look, message in sorted(looks, key=lambda each: each[0].observed.micros):
        order = intake.Order(SOURCE, look.observed, Basis.FROM_NAME, "complete", look.name, failed=message)
        intake.add(case, [look.path], order, pool, progress)


def _marks(case: Case, truth: Truth) -> None:
    """A few decisions, so that the window is not bare."""
    uploads = [each for each in truth.arrivals if each.address in truth.exceptions and each.first_seen]
    objects = [case.ask(target, each) for each in dict.fromkeys(each.sha256 for each in uploads if each.size)]
    addresses = [case.ask(target, each) for each in sorted(truth.exceptions)]
    case.run(marks.tag, addresses, "on no list")
    case.run(marks.tag, objects, "from an unlisted address")
    case.run(marks.verdict, objects[:4], "relevant")
    case.run(marks.verdict, objects[4:6], "later")
    case.run(
        marks.note, objects[:1], "Invented: uploaded from the one address in Spain; compare with the takes before it."
    )
    case.run(
        marks.note, addresses[:1], "Invented: on no VPN or hosting list that is held. That does not say who it is."
    )
    case.run(
        marks.journal,
        f"Invented case. No look on {truth.missed_day}; the look of {truth.failed_day} failed half-way. "
        "Nothing is known of these days but what the log says.",
    )

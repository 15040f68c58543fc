"""A look in a process of its own, for programs that must not wait for their turn of Python while it lasts."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import asdict
from typing import Any

from workbench.case.case import Case
from workbench.core.errors import Cancelled, UserError
from workbench.core.progress import Progress, Step
from workbench.jobs.apart import Apart, Gone, Guard, raised
from workbench.jobs.control import Control
from workbench.jobs.plan import Plan
from workbench.jobs.watch import Look, unpack_look
from workbench.jobs.wish import unpack_message

GRACE = 30.0
"""Seconds that a look has to write down what came when it is told to stop, before it is killed; which loses nothing."""

Changed = Callable[[int, Iterable[str]], object]
"""Is told of every commit: the number of the op, and the tables that were written to. In the job's thread."""


def look(case: Case, plan: Plan, progress: Progress, control: Control, changed: Changed) -> Look:
    """As `workbench.jobs.watch.look`, in the name of the case's actor. Used by a job thread.

    Raises what that raises, and `UserError` ``process-start`` or ``look-process-ended``.
    """
    if not case.writable:
        raise UserError("case-read-only")
    guard = Guard(progress.check, control)
    process = Apart("workbench.jobs.lookworker", GRACE)
    try:
        guard.add(process)
        asks = control.ask is not None
        process.send(begin={"case": str(case.path.resolve()), "actor": case.actor, "plan": asdict(plan), "asks": asks})
        while True:
            try:
                header, _ = process.receive()
            except Gone:
                progress.check()
                raise UserError("look-process-ended") from None
            _hear(header, process, progress, control, changed)
            if "look" in header:
                return unpack_look(header["look"])
            if "cancelled" in header:
                raise Cancelled
            if "error" in header or "bug" in header:
                raise raised(header)
    finally:
        guard.close()


def _hear(header: dict[str, Any], process: Apart, progress: Progress, control: Control, changed: Changed) -> None:
    if counts := header.get("counts"):
        control.add(**counts)
    if "step" in header:
        progress.step = Step(**header["step"])
        progress.flush()
    if "changed" in header:
        changed(*header["changed"])
    if "ask" in header:
        assert control.ask is not None
        try:
            answer = control.ask(unpack_message(header["ask"]))
        except Cancelled:
            return  # the guard tells it to stop
        process.send(answer=answer)

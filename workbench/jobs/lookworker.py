"""The entry of a process that looks at a server for a window: ``python -m workbench.jobs.lookworker``.

Python runs one thread at a time: beside the threads of a look, a window's own has to wait its turn again and again, and
stutters. Here the look has its own process, which opens the case as any second program would.

From the program come ``begin`` (see `workbench.jobs.lookapart`), ``pause``, ``stop`` and ``answer``. Back go
``counts``, ``step``, ``changed`` (what was committed), ``ask`` (a question for a person), and at the end ``look``,
``cancelled``, or what was raised.
"""

from __future__ import annotations

import queue
import signal
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from workbench.case.case import open_case
from workbench.case.writer import Done
from workbench.core.errors import Cancelled
from workbench.core.messages import Message
from workbench.core.progress import Progress, Step
from workbench.jobs.entry import die_with_parent, give_way, line_at
from workbench.jobs.plan import Plan
from workbench.jobs.pool import Pool
from workbench.jobs.speaker import Speaker, Telling, wrong
from workbench.jobs.watch import look, pack_look
from workbench.jobs.wire import WireError, receive_frame
from workbench.jobs.wish import pack_message

NICE = 10
"""How far the window goes before the look and the processes that it starts, where they compete for the processor."""
SLICE = 0.2
"""Seconds after which whoever waits for an answer looks again whether to stop."""


class _Worker:
    """The main thread looks; another one listens."""

    def __init__(self, speaker: Speaker) -> None:
        self._speaker = speaker
        self._progress = Progress(self._step)
        self._control = Telling(speaker)
        self._answers: queue.SimpleQueue[bool] = queue.SimpleQueue()

    def run(self, begin: Mapping[str, Any]) -> dict[str, Any]:
        """Look, and say what came of it."""
        self._speaker.listen(self._hear)
        try:
            with open_case(Path(begin["case"]), allow_risky=True) as case, Pool() as pool:
                self._control.ask = self._ask if begin["asks"] else None
                case.actor = begin["actor"]
                case.changed.connect(self._changed)
                done = look(case, Plan(**begin["plan"]), pool, self._progress, self._control)
        except Cancelled:
            return {"cancelled": True}
        except Exception as error:  # noqa: BLE001 - goes to the program, which says it or shows it
            return wrong(error)
        return {"look": pack_look(done), "counts": self._control.untold()}

    def _hear(self, header: Mapping[str, Any]) -> None:
        if "stop" in header:
            self._progress.cancel()
        elif "pause" in header:
            (self._control.pause if header["pause"] else self._control.resume)()
        else:
            self._answers.put(header["answer"])

    def _step(self, step: Step) -> None:
        self._speaker.say({"step": asdict(step)})

    def _changed(self, done: Done[Any]) -> None:
        self._speaker.say({"changed": [done.seq, sorted(done.tables)]})

    def _ask(self, message: Message) -> bool:
        self._speaker.say({"ask": pack_message(message)})
        while True:
            try:
                return self._answers.get(timeout=SLICE)
            except queue.Empty:
                self._progress.check()


def main(arguments: Sequence[str]) -> int:
    """``LINE PARENT``: see `line_at`, and the id of the process that started this one."""
    where, parent = arguments
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    die_with_parent(int(parent))
    give_way(NICE)
    line = line_at(where)
    try:
        begin, _, _ = receive_frame(line, 1 << 20, 0)
    except WireError:
        return 0
    speaker = Speaker(line)
    speaker.say(_Worker(speaker).run(begin["begin"]))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

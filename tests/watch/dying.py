"""A look that kills itself as soon as the case holds an answer that a server gave in the place of a file.

``python -m tests.watch.dying CASE URL``. Everything is recorded at once, so that nothing waits for the next commit.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import Any

from workbench.case.case import open_case
from workbench.case.readers import Reader
from workbench.case.writer import Done
from workbench.core.progress import Progress
from workbench.jobs import recorder
from workbench.jobs.plan import Plan
from workbench.jobs.watch import look


def refused(reader: Reader) -> int:
    """How many answers there are that ask to come again."""
    return len(reader.all("SELECT 1 FROM exchange WHERE status = 503"))


def main(path: str, url: str) -> None:
    """Look."""
    recorder.BATCH_SECONDS = -1.0
    with open_case(Path(path), allow_risky=True) as case:

        def die(done: Done[Any]) -> None:
            if "exchange" in done.tables and case.ask(refused):
                os.kill(os.getpid(), signal.SIGKILL)

        case.changed.connect(die)
        look(case, Plan(url, "server", rate=0, analyze=False), None, Progress())


if __name__ == "__main__":
    main(*sys.argv[1:])

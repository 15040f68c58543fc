"""What was dropped or chosen, told apart: cases, access logs, the rest. Reads files: not for the main thread."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from workbench.jobs.sorting import detect_log
from workbench.logs.format import Detected


@dataclass(frozen=True)
class FoundLog:
    """A file that is an access log, and in which format."""

    path: Path
    detected: Detected


@dataclass(frozen=True)
class Sorted:
    """Paths by what they are."""

    cases: tuple[Path, ...] = ()
    logs: tuple[FoundLog, ...] = ()
    evidence: tuple[Path, ...] = ()


def sort_paths(paths: Sequence[Path]) -> Sorted:
    """Look at each path. What cannot be read counts as evidence: the intake then says why."""
    cases: list[Path] = []
    logs: list[FoundLog] = []
    evidence: list[Path] = []
    for path in paths:
        if path.suffix == ".wbcase":
            cases.append(path)
            continue
        found = detect_log(path)
        if found is not None:
            logs.append(FoundLog(path, found))
        else:
            evidence.append(path)
    return Sorted(tuple(cases), tuple(logs), tuple(evidence))

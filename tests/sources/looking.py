"""How the tests read a source: as the intake does, each file at once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from workbench.core.progress import Progress
from workbench.core.records import Container, Coverage, Folder, Harvested, Noted
from workbench.sources.base import Source, problem_of


@dataclass
class Seen:
    """Everything that one look gave."""

    files: dict[bytes, bytes] = field(default_factory=dict)
    harvested: dict[bytes, Harvested] = field(default_factory=dict)
    order: list[bytes] = field(default_factory=list)
    problems: dict[bytes, str] = field(default_factory=dict)
    notes: list[tuple[bytes, str]] = field(default_factory=list)
    noted: list[Noted] = field(default_factory=list)
    folders: dict[bytes, Coverage] = field(default_factory=dict)
    containers: list[Container] = field(default_factory=list)


def look(source: Source, progress: Progress | None = None) -> Seen:
    """Read everything, each file while the iteration stands at it."""
    return gather(source.items(progress or Progress()))


def gather(items: Iterable[object]) -> Seen:
    seen = Seen()
    for item in items:
        if isinstance(item, Harvested):
            seen.order.append(item.path)
            seen.harvested[item.path] = item
            if item.open is None:
                assert item.problem is not None
                seen.problems[item.path] = item.problem.code
                continue
            try:
                with item.open() as stream:
                    seen.files[item.path] = stream.read()
            except OSError as error:
                seen.problems[item.path] = problem_of(error).code
        elif isinstance(item, Noted):
            seen.noted.append(item)
            seen.notes.append((item.path, item.message.code))
        elif isinstance(item, Folder):
            assert item.path not in seen.folders, "a folder is told once"
            seen.folders[item.path] = item.coverage
        else:
            assert isinstance(item, Container)
            seen.containers.append(item)
    for note in seen.noted:
        assert " " in note.message.text(), note.message.code
        assert "–" not in note.message.text(), note.message
    return seen

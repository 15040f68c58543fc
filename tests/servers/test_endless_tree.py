"""A server of ever-new folders: a look ends by depth, number of folders or time, says which, and removes nothing."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.running import listed, run
from tests.servers.raw import Asked, Raw, raw_server
from tests.watch.looking import watch

FILE = "f.txt"


class Maze:
    """Every folder holds a file and so many new folders, `deep` of them one in the other, or without end."""

    def __init__(self, wide: int = 1, deep: int | None = None) -> None:
        self.wide = wide
        self.deep = deep
        self.slow_from: int | None = None
        """The depth from which an answer takes longer than a second."""

    def answer(self, asked: Asked) -> None:
        """A listing as nginx writes it, or five bytes."""
        if asked.target == "/robots.txt":
            asked.answer(b"", 404)
        elif asked.target.endswith(FILE):
            asked.answer(b"hello", kind="text/plain", last_modified="Mon, 01 Jan 2024 00:00:00 GMT")
        else:
            depth = asked.target.count("/") - 1
            if self.slow_from is not None and depth >= self.slow_from:
                time.sleep(1.1)
            folders = self.wide if self.deep is None or depth < self.deep else 0
            names = [*(f"{depth}-{number}/" for number in range(folders)), FILE]
            rows = "".join(
                f'<a href="{name}">{name}</a> 01-Jan-2024 00:00 {5 if name == FILE else "-"}\r\n' for name in names
            )
            title = f"Index of {asked.target}"
            asked.answer(
                f"<html><head><title>{title}</title></head><body><h1>{title}</h1><hr><pre>"
                f'<a href="../">../</a>\r\n{rows}</pre><hr></body></html>'.encode()
            )


@pytest.fixture
def maze() -> Maze:
    return Maze()


@pytest.fixture
def server(maze: Maze) -> Iterator[Raw]:
    with raw_server(maze.answer) as running:
        yield running


@pytest.fixture
def case(tmp_path: Path) -> Path:
    path = tmp_path / "maze.wbcase"
    run("new", path, "--examiner", "A")
    return path


def remarks(case: Path) -> Counter[str]:
    """What `rejects` tells, by code."""
    return Counter(each["code"] for each in listed("rejects", case))


def folders_asked(server: Raw) -> list[str]:
    return [target for _, target in server.asked if target.endswith("/")]


def look(case: Path, server: Raw, *limits: str) -> dict[str, object]:
    return dict(watch(case, server.url, "--source", "maze", "--rate", "0", "--no-analyze", *limits).look)


def test_depth_ends_it(case: Path, server: Raw) -> None:
    done = look(case, server, "--limit-depth", "3")
    assert (done["status"], done["sightings"]) == ("partial", 4)
    assert len(folders_asked(server)) == 4
    assert remarks(case) == {"folder-too-deep": 1}
    look(case, server)  # kept with the source
    assert len(folders_asked(server)) == 8


def test_the_number_of_folders_ends_it(case: Path, server: Raw, maze: Maze) -> None:
    maze.wide = 3
    done = look(case, server, "--limit-folders", "7")
    assert done["status"] == "partial"
    assert len(folders_asked(server)) == 8
    assert set(remarks(case)) == {"folders-too-many"}


def test_time_ends_it(case: Path, server: Raw, maze: Maze) -> None:
    maze.slow_from = 2
    done = look(case, server, "--limit-time", "1s")
    assert done["status"] == "partial"
    assert len(folders_asked(server)) <= 3
    assert set(remarks(case)) == {"look-too-long"}


def test_what_was_not_reached_is_not_removed(case: Path, server: Raw, maze: Maze) -> None:
    maze.deep = 4
    assert look(case, server)["status"] == "complete"
    for limits in (("--limit-depth", "1"), ("--limit-depth", "100", "--limit-folders", "2")):
        done = look(case, server, *limits)
        assert (done["status"], done["removed"]) == ("partial", 0)
    maze.slow_from = 1
    done = look(case, server, "--limit-folders", "100", "--limit-time", "1s")
    assert (done["status"], done["removed"]) == ("partial", 0)
    maze.slow_from = None
    done = look(case, server, "--limit-time", "none")
    assert (done["status"], done["added"], done["removed"]) == ("complete", 0, 0)
    run("verify", case)


@pytest.mark.parametrize(
    "limit", [("--limit-depth", "none"), ("--limit-depth", "0"), ("--limit-folders", "x"), ("--limit-time", "long")]
)
def test_a_limit_that_is_none_is_refused(case: Path, server: Raw, limit: tuple[str, str]) -> None:
    run("watch", case, server.url, *limit, code=2)
    assert server.asked == []

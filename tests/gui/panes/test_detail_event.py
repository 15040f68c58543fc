"""A line of a log in the detail pane: who connected, whom it spoke for, and where else the act is told."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.gui.panes.robots import Desk
from tests.gui.robots import Run

LINE = '127.0.0.1 - - [25/Oct/2021:09:0{at}:28 +0000] "PUT /장면/f{at}.png HTTP/1.1" {status} 5 "-" "UA" "{list}"\n'
LINES = [
    LINE.format(at=at, status=403 if at == 2 else 201, list=f"198.51.100.66, 203.0.113.{at % 2}") for at in range(5)
]


def made(tmp_path: Path) -> Path:
    path = tmp_path / "c.wbcase"
    (tmp_path / "all.log").write_text("".join(LINES))
    (tmp_path / "cut.log").write_text("".join(LINES[2:4]))
    for words in (("new", path), ("logs", path, tmp_path / "all.log", tmp_path / "cut.log")):
        subprocess.run([sys.executable, "-m", "workbench", *map(str, words)], check=True, capture_output=True)
    return path


def test_an_event_says_who_connected_and_where_else_it_is_told(run: Run, desk: Desk, tmp_path: Path) -> None:
    path = made(tmp_path)

    async def act() -> None:
        await desk.open(path)
        desk.focus("event", 3)
        await desk.calm()
        said = desk.said()
        for words in ("127.0.0.1", "198.51.100.66, 203.0.113.0", "Forwarded for", "line 1 of cut.log"):
            assert words in said, words
        desk.focus("address", desk.address_id("203.0.113.0"))
        await desk.calm()
        assert "2 uploads, 1 failed upload" in desk.said()

    run(act())

"""(g) The window while it looks at a server: how long the main thread is away at the longest, by the frame timer's log.

The window is open on a case, with gallery, timeline and the list of jobs on screen, while it takes its first look at a
loopback nginx without a limit to the rate; pictures are decoded and shown as they come. Beside it the same timer runs
in a process that does nothing else: what that one sees is the machine's doing, not the window's.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
from PIL import Image
from PySide6.QtWidgets import QApplication

from tests.bench.common import Report, finish, ours, scratch
from tests.gui.robots import WindowRobot, until
from tests.servers.running import place
from tests.servers.web import nginx
from workbench.case.case import create
from workbench.gui.app import TURN_SECONDS, settle
from workbench.gui.frame_timer import LONG_MS, VARIABLE, FrameTimer
from workbench.gui.garbage import Garbage
from workbench.gui.loop import make_loop
from workbench.gui.theme import Theme
from workbench.jobs.plan import Plan
from workbench.ops import watch as ops

ALONE = """
import os, sys
from pathlib import Path
from PySide6.QtCore import QCoreApplication, QTimer
from workbench.gui.app import TURN_SECONDS
from workbench.gui.frame_timer import wanted
app = QCoreApplication([])
timer = wanted()
ended = QTimer(interval=20)
ended.timeout.connect(lambda: Path(sys.argv[1]).exists() and app.quit())
ended.start()
app.exec()
timer.stop()
"""


def make(root: Path, count: int) -> None:
    """Pictures in folders of a hundred, each different."""
    dice = np.random.default_rng(2024)
    for number in range(count):
        path = root / f"EP{number // 100:02}" / f"SC{number:05}_수정_v01.png"
        path.parent.mkdir(exist_ok=True)
        small = dice.integers(0, 255, (30, 40, 3), dtype=np.uint8)
        Image.fromarray(small).resize((320, 240)).save(path, compress_level=1)


async def look(robot: WindowRobot, case: Path, frames: Path, count: int) -> float:
    """Seconds of a look; all its files are shown at the end."""
    await robot.open(case)
    window = robot.window
    robot.act("show-activity")
    await robot.calm()
    timer = FrameTimer(frames)
    began = time.monotonic()
    window.watch.look("Server")
    await until(lambda: window.watch.under_way is None, "the end of the look", 600)
    seconds = time.monotonic() - began
    await until(lambda: len(robot.items) == count, "all files", 60)
    await robot.calm()
    timer.stop()
    return seconds


def told(frames: Path) -> tuple[dict[str, Any], list[float]]:
    """The last line, and the gaps."""
    *gaps, last = [json.loads(line) for line in frames.read_text(encoding="utf-8").splitlines()]
    return last, [gap["gap_ms"] for gap in gaps]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--small", action="store_true")
    sys.setswitchinterval(TURN_SECONDS)
    count = 40 if parser.parse_args().small else 400
    app = QApplication.instance() or QApplication([])
    assert isinstance(app, QApplication)
    app.setQuitOnLastWindowClosed(False)
    theme = Theme("light")
    theme.apply(app)
    garbage = Garbage()
    report = Report("g", f"the window while it looks at {count:,} pictures on a loopback nginx")
    report.tools = ours()
    with place("frames") as root, scratch() as out, nginx(root) as server:
        make(root, count)
        plan = Plan(url=server.url, source="Server", kind="web", rate=0.0)
        with create(out / "frames.wbcase", "Frames", "benchmark") as case:
            case.run(ops.source, plan.source, plan.kind, plan.url, plan.options())
            case.run(ops.charter, plan.source, who="benchmark")
        alone = subprocess.Popen(
            [sys.executable, "-c", ALONE, str(out / "end")], env={**os.environ, VARIABLE: str(out / "alone.jsonl")}
        )
        loop = make_loop(app)
        asyncio.set_event_loop(loop)
        robot = WindowRobot(theme, out)
        robot.window.entered.connect(lambda: settle(robot.window, garbage))
        try:
            seconds = loop.run_until_complete(look(robot, out / "frames.wbcase", out / "frames.jsonl", count))
        finally:
            loop.run_until_complete(robot.close())
            (out / "end").touch()
            alone.wait(30)
            loop.close()
            garbage.stop()
        last, gaps = told(out / "frames.jsonl")
        machine, _ = told(out / "alone.jsonl")
    report.bar("longest gap", last["longest_ms"], LONG_MS, " ms")
    report.say(f"{len(gaps)} gaps over {LONG_MS:.0f} ms in {seconds:.1f} s")
    report.say(f"the most that the main thread itself worked at a stretch: {last['longest_own_ms']:.0f} ms")
    report.say(f"an idle process at the same time: longest {machine['longest_ms']:.0f} ms, {machine['over']} over")
    finish(report)


if __name__ == "__main__":
    main()

"""(e) From *Open* to a filled first screen: a case with 1,000,000 files in a running program, cold and warm.

A process shows the main window, opens a small case and leaves it, so that the program runs with all that it imports.
Then the case is opened as the menu does, and the clock stops when every tile on the screen of the gallery has its
picture and was painted. Before the first opening the system's caches are dropped (as root); the second one is warm.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.bench import caseinput
from tests.bench.common import ROOT, Report, cache, finish, median, ours, spread

DROP = Path("/proc/sys/vm/drop_caches")
LIMIT = 60.0


async def _opened(window: object, path: Path) -> tuple[float, float, float, int]:
    """Seconds to the ids, to the filled screen, the longest gap of the main thread (ms), and tiles on the screen."""
    begun = last = time.perf_counter()
    ids = gap = 0.0
    opening = asyncio.ensure_future(window.cases.open_case(path))  # type: ignore[attr-defined]
    try:
        while True:
            await asyncio.sleep(0)
            now = time.perf_counter()
            gap, last = max(gap, now - last), now
            if now - begun > LIMIT:
                raise TimeoutError("the screen was not filled")
            pane = window.panes.get("gallery")  # type: ignore[attr-defined]
            if pane is None or not pane.gallery.count():
                continue
            ids = ids or now - begun
            tiles = [pane.gallery.tile_of(row) for row in pane.gallery.rows_on_screen()]
            if tiles and all(each is not None and each.image is not None for each in tiles):
                pane.gallery.viewport().repaint()
                return ids, time.perf_counter() - begun, gap * 1000, len(tiles)
    finally:
        await opening


def measured(path: Path, other: Path) -> None:
    """One cold and one warm opening, in a process of its own."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from PySide6.QtWidgets import QApplication

    from workbench.gui.errors import ErrorDesk
    from workbench.gui.loop import make_loop
    from workbench.gui.main_window import MainWindow
    from workbench.gui.settings import Settings
    from workbench.gui.tasks import Tasks
    from workbench.gui.theme import Theme

    app = QApplication([])
    app.setQuitOnLastWindowClosed(False)
    look = Theme("light")
    look.apply(app)
    errors = ErrorDesk()

    async def work() -> None:
        with tempfile.TemporaryDirectory() as folder:
            window = MainWindow(look, Settings(Path(folder) / "window.ini"), errors, Tasks(errors.report))
            window.resize(1440, 900)
            window.show()
            window.prepare()
            await _opened(window, other)
            await asyncio.sleep(0.5)
            await window.leave_case()
            cold = _drop_caches()
            for name in ("cold" if cold else "warm", "warm"):
                ids, filled, gap, tiles = await _opened(window, path)
                print(f"{name} {ids:.4f} {filled:.4f} {gap:.1f} {tiles}", flush=True)
                await asyncio.sleep(0.5)
                await window.leave_case()
            await window.shut_down()

    with asyncio.Runner(loop_factory=lambda: make_loop(app, errors)) as runner:
        runner.run(work())


def _drop_caches() -> bool:
    os.sync()
    try:
        DROP.write_text("3\n")
    except OSError:
        return False
    return True


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--small", action="store_true")
    parser.add_argument("--measured", nargs=2, type=Path)
    args = parser.parse_args()
    if args.measured:
        measured(*args.measured)
        return
    files, repeats = (3_000, 1) if args.small else (1_000_000, 5)
    path = caseinput.make(cache() / f"case-{files}", files)
    other = caseinput.make(cache() / "case-3000", 3_000)
    found: dict[str, list[tuple[float, float, float]]] = {"cold": [], "warm": []}
    tiles = 0
    for _ in range(repeats):
        command = [sys.executable, "-m", "tests.bench.opening", "--measured", str(path), str(other)]
        said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
        if said.returncode:
            raise SystemExit(said.stdout + said.stderr)
        for line in said.stdout.splitlines():
            name, ids, filled, gap, shown = line.split()
            found[name].append((float(ids), float(filled), float(gap)))
            tiles = int(shown)
    report = Report("e", f"opening a case with {files:,} files in a running program")
    report.tools = ours()
    size = path.stat().st_size / 2**20
    for name, runs in found.items():
        if not runs:
            report.say("the caches could not be dropped (not root), so nothing was cold")
            continue
        ids, filled, gaps = (list(each) for each in zip(*runs, strict=True))
        if name == "cold":
            report.bar("from Open to a filled first screen, cold (median)", median(filled), 1.0, " s")
        report.say(f"{name}: ids {spread(ids)} s, screen of {tiles} tiles filled {spread(filled)} s, "
                   f"longest main-thread gap {median(gaps):.0f} ms")  # fmt: skip
    report.say(f"case file of {size:,.0f} MB")
    finish(report)


if __name__ == "__main__":
    main()

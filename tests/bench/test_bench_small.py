"""Every benchmark runs at a tiny size and says its row. No time is judged here."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.bench import imageinput, loginput
from tests.bench.__main__ import ALL
from tests.bench.common import ROOT, Report


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(ALL))
def test_it_runs_at_a_tiny_size(name: str, tmp_path: Path) -> None:
    needed = {"a": ["vipsthumbnail"], "b": ["goaccess"], "f": ["nginx", "wget", "rclone"], "g": ["nginx"]}.get(name, [])
    if missing := [each for each in needed if shutil.which(each) is None]:
        pytest.skip(f"{', '.join(missing)} not installed")
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench", name, "--small", "--write", str(tmp_path / "rows.md")],
        cwd=ROOT,
        env={**os.environ, "WORKBENCH_BENCH_CACHE": str(tmp_path / "cache"), "QT_QPA_PLATFORM": "offscreen"},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert (tmp_path / "rows.md").read_text(encoding="utf-8").count(f"\n| {name} ") == 1


def test_inputs_are_the_same_every_time(tmp_path: Path) -> None:
    first, second = loginput.make(tmp_path / "a.log", 500), loginput.make(tmp_path / "b.log", 500)
    assert first.read_bytes() == second.read_bytes()
    assert first.read_bytes().count(b"\n") == 500
    path = tmp_path / "one.jpg"
    for copy in ("a", "b"):
        imageinput._picture(path, 3, (200, 150))
        path.rename(tmp_path / copy)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_a_report_says_what_is_met_and_what_is_not() -> None:
    report = Report("x", "something")
    report.bar("quick", 3.0, 2.5, " x", least=True)
    report.bar("small", 500, 400, " MB")
    report.say("and more")
    row = report.row()
    assert "quick 3 x (≥ 2.5 x: yes)" in row
    assert "small 500 MB (< 400 MB: NO)" in row
    assert row.endswith("| and more |  |")

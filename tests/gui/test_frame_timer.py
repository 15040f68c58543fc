"""The frame timer notes when the main thread was away, and only then."""

from __future__ import annotations

import asyncio
import json
import time
from pathlib import Path

import pytest

from tests.gui.robots import Run, until
from workbench.gui import frame_timer
from workbench.gui.frame_timer import FrameTimer


def lines(file: Path) -> list[dict[str, float]]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def test_a_gap_is_noted_with_its_length_and_the_longest_at_the_end(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "frames.jsonl"

    async def scenario() -> None:
        timer = FrameTimer(file)
        await until(lambda: timer.ticks > 5, "ticks")
        time.sleep(0.12)  # noqa: ASYNC251 - the main thread is away, as it never must be
        before = timer.ticks
        await until(lambda: timer.ticks > before, "a tick after the gap")
        await asyncio.sleep(0)
        timer.stop()
        timer.stop()

    run(scenario())
    *gaps, last = lines(file)
    assert any(gap["gap_ms"] >= 119 for gap in gaps)
    assert all(gap["gap_ms"] > frame_timer.LONG_MS for gap in gaps)
    assert last["longest_ms"] == max(gap["gap_ms"] for gap in gaps)
    assert last["over"] == len(gaps)
    assert last["ticks"] > 5


def test_it_runs_only_when_it_is_asked_for(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(frame_timer.VARIABLE, raising=False)
    assert frame_timer.wanted() is None
    monkeypatch.setenv(frame_timer.VARIABLE, str(tmp_path / "f.jsonl"))

    async def scenario() -> None:
        timer = frame_timer.wanted()
        assert timer is not None
        timer.stop()

    run(scenario())
    assert lines(tmp_path / "f.jsonl")[-1]["over"] >= 0

"""Garbage is collected on the main thread, and what stays is left alone while it stays."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.gui.robots import Run, WindowRobot, until
from tests.gui.test_today import WEEK, made
from workbench.gui.app import settle
from workbench.gui.garbage import Garbage


class Knot:
    """Part of a cycle."""

    def __init__(self) -> None:
        self.own = self


@pytest.fixture
def garbage(qapp: object) -> Iterator[Garbage]:
    gc.unfreeze()  # what the tests froze themselves
    found = Garbage()
    yield found
    found.stop()
    gc.enable()


def test_what_was_settled_is_collected_after_its_release(garbage: Garbage) -> None:
    knot = Knot()
    gone = weakref.ref(knot)
    garbage.settle()
    assert gc.get_freeze_count() > 0
    del knot
    gc.collect()
    assert gone() is not None, "it was left alone"
    garbage.release()
    assert gc.get_freeze_count() == 0
    gc.collect()
    assert gone() is None


def test_settling_again_collects_what_was_settled_before(garbage: Garbage) -> None:
    knot = Knot()
    gone = weakref.ref(knot)
    garbage.settle()
    del knot
    garbage.settle()
    assert gone() is None


def test_young_garbage_goes_by_itself(garbage: Garbage, run: Run) -> None:
    async def scenario() -> None:
        gone = weakref.ref(Knot())
        assert gone() is not None
        kept = [[each] for each in range(2000)]
        await until(lambda: gone() is None, "the collection")
        del kept

    run(scenario())


def test_a_closed_case_is_released(garbage: Garbage, run: Run, robot: WindowRobot, tmp_path: Path) -> None:
    async def scenario() -> None:
        robot.window.entered.connect(lambda: settle(robot.window, garbage))
        await robot.open(made(tmp_path / "c", WEEK))
        assert gc.get_freeze_count() > 1000
        robot.act("close-case")
        await until(lambda: gc.get_freeze_count() == 0, "the release")

    run(scenario())

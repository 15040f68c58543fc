"""Detail of a file that some looks did not fetch: it does not read like one whose bytes came each time."""

from __future__ import annotations

from datetime import UTC
from pathlib import Path

import pytest
from PySide6.QtWidgets import QLabel

from tests.gui.robots import Run as Running
from tests.gui.robots import WindowRobot, until
from tests.gui.test_today import made, opened, seen
from tests.making import T0
from tests.queries.histories import File
from workbench.core.times import HOUR
from workbench.gui.panes import detail_words as say
from workbench.gui.panes.detail_parts import plain
from workbench.queries.detail_values import Moment, Sight
from workbench.workspace import Focus


def sight(look: int, trusted: str | None = None, *, rechecked: bool | None = None, source: str = "server") -> Sight:
    """The sighting of a look at an hour of the first of January."""
    when = Moment(T0 + look * HOUR, 1, 0)
    return Sight(look, look, when, "complete", source, "a.png", b"a.png", "ok", 9, None, None, trusted, rechecked)


def held(*sightings: Sight) -> list[str]:
    (run,) = say.runs(sightings)
    return say.held_words(run, UTC)


AT = say.look_time(sight(1), UTC)


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("size-time", f"its listing says the same size and time as on {AT}"),
        ("etag", f"its listing says the same ETag as on {AT}"),
        ("not-modified", f"the server says it is unchanged (304), the same as on {AT}"),
    ],
)
def test_each_rule_is_said_with_the_look_that_fetched_it(rule: str, said: str) -> None:
    assert held(sight(1), sight(2, rule), sight(3, rule)) == [f"2 of them did not fetch it again: {said}"]
    assert held(sight(1)) == []


def test_where_several_looks_fetched_it_none_of_them_is_named() -> None:
    own = [sight(1), sight(2, "etag"), sight(3), sight(4, "etag")]
    assert held(*own) == ["2 of them did not fetch it again: its listing says the same ETag as before"]
    assert held(sight(2, "etag")) == ["Not fetched again: its listing says the same ETag as before"]


def test_what_a_check_of_that_trust_brought_is_said() -> None:
    assert held(sight(1), sight(2, "etag"), sight(3, rechecked=True))[1:] == [
        "1 of them fetched it again to check that: the same bytes"
    ]
    assert held(sight(7, rechecked=False)) == [
        "1 of them fetched it to check what was said of it, and found other bytes than before"
    ]


def test_looks_at_two_servers_are_not_one_row() -> None:
    found = say.runs([sight(1), sight(2, "etag"), sight(2, source="mirror"), sight(3, source="mirror")])
    assert [(run.first.source, len(run.sightings), run.trusted) for run in found] == [
        ("server", 2, True),
        ("mirror", 2, False),
    ]


def test_the_window_says_in_how_many_looks_a_file_was_fetched(run: Running, robot: WindowRobot, tmp_path: Path) -> None:
    own = {"a.png": File(1)}
    again = {"a.png": File(1, trusted="size-time")}

    async def scenario() -> None:
        await opened(robot, made(tmp_path / "c", (seen(own, -2), seen(again, -1), seen(again, 0))))
        detail = robot.window.panes["detail"]
        robot.window.open_session.workspace.focus = Focus("item", 1)

        def said() -> str:
            labels = [each for each in detail.findChildren(QLabel) if each.isVisible()]
            return "\n".join(plain(each.text()) for each in labels)

        await until(lambda: "in 3 looks" in said(), "the file")
        assert "in 3 looks, fetched in 1 of them" in said()
        assert "2 of them did not fetch it again: its listing says the same size and time as on " in said()
        await robot.calm()

    run(scenario())


def test_what_every_look_fetched_is_told_as_before(run: Running, robot: WindowRobot, tmp_path: Path) -> None:
    async def scenario() -> None:
        own = {"a.png": File(1)}
        await opened(robot, made(tmp_path / "c", (seen(own, -2), seen(own, 0))))
        detail = robot.window.panes["detail"]
        robot.window.open_session.workspace.focus = Focus("item", 1)

        def said() -> str:
            return "\n".join(plain(each.text()) for each in detail.findChildren(QLabel))

        await until(lambda: "in 2 looks" in said(), "the file")
        assert "fetch" not in said()
        await robot.calm()

    run(scenario())

"""What limits the claims of Today: files that were not fetched again, and sources that could not be seen."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtWidgets import QMenu

from tests.gui.robots import Run, WindowRobot
from tests.gui.test_today import AFTER, BEFORE, WEEK, made, opened, seen, server
from tests.queries.histories import File, record
from workbench.case.case import Case
from workbench.core.messages import Message, catalogue
from workbench.core.records import Coverage, Status


def trusting(rule: str, most: int = 4) -> dict[str, File]:
    """What was there before, of which so many files were not fetched again."""
    return {
        path: File(own.content, trusted=rule if at < most else None) for at, (path, own) in enumerate(BEFORE.items())
    }


@pytest.mark.parametrize(
    ("rule", "most", "said"),
    [
        ("size-time", 4, ": 4 files; 4 of them by their listing only, not fetched again."),
        ("etag", 1, ": 4 files; 1 of them by its listing only, not fetched again."),
        ("not-modified", 3, ": 4 files; 3 of them not fetched again: the server says they are unchanged (304)."),
    ],
)
def test_nothing_changed_says_what_was_not_fetched_again(
    run: Run, robot: WindowRobot, tmp_path: Path, rule: str, most: int, said: str
) -> None:
    async def scenario() -> None:
        shown = await opened(robot, made(tmp_path / "c", (seen(BEFORE, -3), seen(trusting(rule, most), 0))))
        assert shown.said.startswith("Nothing changed since ")
        assert shown.said.endswith(said)
        assert "as they were" not in shown.said
        await robot.calm()

    run(scenario())


def test_of_a_partial_look_too(run: Run, robot: WindowRobot, tmp_path: Path) -> None:
    async def scenario() -> None:
        folders = [(b"", Coverage.LISTED), ("수정".encode(), Coverage.LISTED), ("参考".encode(), Coverage.LISTED)]
        after = seen(trusting("size-time"), 0, Status.PARTIAL, folders=folders)
        shown = await opened(robot, made(tmp_path / "c", (seen(BEFORE, -1), after)))
        assert "in the folders that were listed: 4 files; 4 of them by their listing only" in shown.said
        await robot.calm()

    run(scenario())


def test_sources_whose_last_look_failed_say_so_and_why(run: Run, robot: WindowRobot, tmp_path: Path) -> None:
    def others(case: Case) -> None:
        never, at_last = (
            Message("start-refused", {"status": 401}),
            Message("network-refused", {"place": "192.0.2.1:80"}),
        )
        for name in ("Never", "At last", "Unsaid"):
            server(case, name)
        record(case, (seen({}, -5, Status.FAILED, why=never),), "Never")
        record(case, (seen(BEFORE, -8), seen(AFTER, -7), seen({}, -6, Status.FAILED, why=at_last)), "At last")
        record(case, (seen({}, -9, Status.FAILED),), "Unsaid")

    async def scenario() -> None:
        shown = await opened(robot, made(tmp_path / "c", WEEK, others))
        found = {chip.spec.label: chip for chip in shown.pane.chips.chips() if chip.spec.key[0] == "place"}  # type: ignore[index]
        assert list(found) == [
            "Never: last look failed, status 401",
            "At last: last look failed, connection refused",
            "Unsaid: last look failed",
        ]
        assert [chip.spec.tone for chip in found.values()] == ["attention"] * 3
        chip = found["Never: last look failed, status 401"]
        assert "refuses to show where the source starts (status 401)" in chip.toolTip()
        await shown.press("At last: last look failed, connection refused")
        assert "192.0.2.1:80 refused the connection." in shown.pane.serious.text()
        assert shown.filter.snapshot == (6,), "what it brought when it could be seen"
        await robot.calm()

    run(scenario())


def test_every_short_reason_is_that_of_a_known_message() -> None:
    known = catalogue()
    short = [code.removeprefix("today.why.") for code in known if code.startswith("today.why.")]
    assert len(short) > 10
    assert [code for code in short if code not in known] == []


@pytest.mark.parametrize("width", [1024, 1440])
def test_chips_are_never_cut_and_other_sources_fold(run: Run, robot: WindowRobot, tmp_path: Path, width: int) -> None:
    def others(case: Case) -> None:
        for number in range(8):
            name = f"a server with a long name {number}"
            server(case, name)
            if number < 5:
                record(case, (seen(BEFORE, -5), seen(AFTER, -4)), name)

    async def scenario() -> None:
        robot.window.resize(width, 700)
        shown = await opened(robot, made(tmp_path / "c", WEEK, others))
        chips = shown.pane.chips
        assert shown.chips[:5] == ["1 new", "1 changed", "1 moved", "1 removed", "3 not seen yet"]
        assert len({chip.y() for chip in chips.chips()}) <= 2
        assert all(chips.rect().contains(chip.geometry()) for chip in chips.chips())
        named = len([chip for chip in chips.chips() if chip.spec.key[0] in ("place", "look")])  # type: ignore[index]
        assert shown.chips[-1] == f"{8 - named} more sources"
        await shown.press(shown.chips[-1])
        [menu] = shown.pane.findChildren(QMenu)
        words = [each.text() for each in menu.actions()]
        assert len(words) == 9
        assert words[-1] == "a server with a long name 7: look now, for the first time"
        wanted: list[str] = []
        shown.gallery.look_requested.disconnect()
        shown.gallery.look_requested.connect(wanted.append)
        menu.actions()[-1].trigger()
        assert wanted == ["a server with a long name 7"]
        menu.close()
        robot.window.resize(1900, 900)
        await robot.calm()
        assert len(shown.chips) >= 5 + named + 1, "there is more room"
        assert all(chips.rect().contains(chip.geometry()) for chip in chips.chips())

    run(scenario())

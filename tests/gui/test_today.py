"""Today in the window: what a case with a watched server opens on, its chips, its days, and what limits its claims."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, timedelta
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMenu, QPushButton

from tests.gui.robots import Run, WindowRobot, until
from tests.gui.test_accessibility import unnamed
from tests.making import T0
from tests.queries.histories import File, Recorded, Seen, record
from workbench.case.case import Case, create
from workbench.core import times
from workbench.core.filter import Filter
from workbench.core.records import Coverage, Status
from workbench.core.times import DAY, to_datetime
from workbench.gui.panes.gallery import GalleryPane
from workbench.gui.panes.today import TodayPane
from workbench.gui.widgets.gallery_tiles import Tile
from workbench.ops import watch
from workbench.workspace import Focus

NOW = (times.now() - T0) // DAY
"""Days since the first of the histories; the looks of this day are today's."""
LISTED, REFUSED = Coverage.LISTED, Coverage.REFUSED
BEFORE = {"수정/표정_1.png": File(1), "수정/b.png": File(2), "参考/gone.png": File(3), "参考/第1镜.png": File(4)}
AFTER = {"수정/표정_1.png": File(11), "수정/b.png": File(2), "수정/new.png": File(6), "参考/moved.png": File(4)}


def seen(files: dict[str, File], day: int, status: Status | None = Status.COMPLETE, **more: object) -> Seen:
    return replace(Seen({path.encode(): own for path, own in files.items()}, NOW + day, status), **more)  # type: ignore[arg-type]


WEEK = (seen(BEFORE, -3), seen({}, -1, Status.FAILED), seen(AFTER, 0))


def made(folder: Path, looks: Sequence[Seen] = (), then: Callable[[Case], object] | None = None) -> Path:
    """A case with a watched server and its looks."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "watch.wbcase"
    with create(path, "저장 서버", "K.") as case:
        server(case, "Storage")
        record(case, looks, "Storage")
        if then is not None:
            then(case)
    return path


def server(case: Case, name: str) -> None:
    case.run(watch.source, name, "web", f"http://192.0.2.1/{name}/", {})


class Shown:
    """What stands above the gallery."""

    def __init__(self, robot: WindowRobot) -> None:
        self.robot = robot
        self.gallery: GalleryPane = robot.window.panes["gallery"]  # type: ignore[assignment]
        self.pane: TodayPane = self.gallery.today

    @property
    def chips(self) -> list[str]:
        return [chip.spec.label for chip in self.pane.chips.chips()]

    @property
    def pressed(self) -> list[str]:
        return [chip.spec.label for chip in self.pane.chips.chips() if chip.isChecked()]

    @property
    def said(self) -> str:
        return " ".join(label.text() for label in (self.pane.serious, self.pane.said) if label.isVisible())

    @property
    def order(self) -> str:
        return self.gallery.arrangement

    @property
    def headings(self) -> list[tuple[str, str]]:
        return [(each.title, each.told()) for each in self.gallery._sections()]

    @property
    def filter(self) -> Filter:
        return self.robot.window.open_session.filter

    def tiles(self) -> list[Tile]:
        tiles = self.gallery.gallery.tiles()
        return [tile for item in self.robot.items if (tile := tiles.get(item)) is not None]

    async def names(self) -> list[str]:
        await until(lambda: len(self.tiles()) == len(self.robot.items), "the tiles")
        return [tile.name for tile in self.tiles()]

    def badges(self) -> list[str]:
        return [tile.badge for tile in self.tiles()]

    async def press(self, label: str) -> None:
        next(chip for chip in self.pane.chips.chips() if chip.spec.label == label).click()
        await self.robot.calm()


async def opened(robot: WindowRobot, case: Path, *, write: bool = True) -> Shown:
    assert await robot.open(case, write=write)
    return Shown(robot)


def test_a_watched_case_opens_on_what_is_new_by_folder(run: Run, robot: WindowRobot, tmp_path: Path) -> None:
    async def scenario() -> None:
        shown = await opened(robot, made(tmp_path / "c", WEEK))
        assert shown.filter == Filter(snapshot=(3,), change=("added", "changed", "moved"))
        assert shown.pane.isVisible()
        assert shown.pane.headline.text().startswith("Today, ")
        assert shown.pane.headline.text().endswith(" 00:00 UTC · Storage")
        assert shown.chips == ["1 new", "1 changed", "1 moved", "1 removed", "3 not seen yet"]
        assert shown.headings == [
            ("参考", "1 moved · seen 0 of 1"),
            ("수정", "1 new · 1 changed · seen 0 of 2"),
        ]
        assert await shown.names() == ["moved.png", "new.png", "표정_1.png"]
        assert shown.badges() == ["moved", "new", "changed"]
        files = robot.window.panes["files"]
        picked = [files.model.node(each).label for each in files.view.selectionModel().selectedIndexes()]  # type: ignore[attr-defined]
        assert picked == ["Today"]
        assert robot.chips == ["new, changed, moved", "look 3"]
        await robot.calm()

    run(scenario())


def test_going_back_shows_all_files_and_today_comes_again(run: Run, robot: WindowRobot, tmp_path: Path) -> None:
    async def scenario() -> None:
        shown = await opened(robot, made(tmp_path / "c", WEEK))
        robot.act("filter-back")
        await robot.calm()
        assert (shown.filter, shown.pane.isVisible(), len(robot.items)) == (Filter(), False, 6)
        assert shown.order == "look"
        assert "1 removed" in shown.headings[0][1]
        robot.act("today")
        await until(lambda: shown.filter.snapshot == (3,), "today")
        await robot.calm()
        assert (shown.pane.isVisible(), shown.order) == (True, "folder")
        shown.gallery.arrange("size")
        await robot.calm()
        assert shown.headings == []
        shown.pane.leave.click()
        await robot.calm()
        assert (shown.filter, shown.order) == (Filter(), "look")
        robot.act("filter-back")
        await robot.calm()
        assert shown.order == "size"
        await robot.calm()

    run(scenario())


def test_the_tree_leaves_today_for_all_files(run: Run, robot: WindowRobot, tmp_path: Path) -> None:
    async def scenario() -> None:
        await opened(robot, made(tmp_path / "c", WEEK))
        await robot.calm()
        files = robot.window.panes["files"]
        nodes = {each.label: each for each in files.model.nodes()}  # type: ignore[attr-defined]
        assert nodes["All files"].count == "6", "the tree counts everything, whatever changed"
        files.view.setCurrentIndex(files.model.index_of(nodes["All files"]))  # type: ignore[attr-defined]
        await until(lambda: robot.window.open_session.filter == Filter(), "everything")
        await robot.calm()
        nodes = {each.label: each for each in files.model.nodes()}  # type: ignore[attr-defined]
        files.view.setCurrentIndex(files.model.index_of(nodes["Today"]))  # type: ignore[attr-defined]
        await until(lambda: robot.window.open_session.filter.change, "today")
        assert robot.window.open_session.filter.snapshot == (3,)
        await robot.calm()

    run(scenario())


def test_removed_files_are_shown_as_they_were_last_seen(run: Run, robot: WindowRobot, tmp_path: Path) -> None:
    async def scenario() -> None:
        shown = await opened(robot, made(tmp_path / "c", WEEK))
        await shown.press("1 removed")
        assert (await shown.names(), shown.badges()) == (["gone.png"], ["removed"])
        assert shown.headings == [("参考", "1 removed · seen 0 of 1")]
        assert shown.pressed == ["1 removed"]
        robot.window.panes["gallery"].open_requested.emit(robot.items[0])  # type: ignore[attr-defined]
        assert robot.window.stack.currentWidget() is robot.window.panes["viewer"]
        robot.window.going.show_gallery()
        await shown.press("1 removed")
        assert (shown.pressed, len(robot.items)) == ([], 3)
        await shown.press("3 not seen yet")
        assert (shown.pressed, shown.filter.verdict) == (["3 not seen yet"], ("unseen",))
        await shown.press("1 changed")
        assert (shown.filter.change, shown.filter.verdict) == (("changed",), ("unseen",))
        await robot.calm()

    run(scenario())


def test_chips_and_days_work_by_the_keyboard(run: Run, robot: WindowRobot, tmp_path: Path) -> None:
    async def scenario() -> None:
        shown = await opened(robot, made(tmp_path / "c", WEEK))
        chips = shown.pane.chips.chips()
        chips[0].setFocus()
        for _ in range(3):
            QTest.keyClick(robot.window.focusWidget(), Qt.Key.Key_Right)
        QTest.keyClick(robot.window.focusWidget(), Qt.Key.Key_Return)
        await robot.calm()
        assert shown.filter.change == ("removed",)
        calendar = shown.pane.calendar
        calendar.setFocus()
        for _ in range(3):
            QTest.keyClick(calendar, Qt.Key.Key_Left)
        QTest.keyClick(calendar, Qt.Key.Key_Return)
        await robot.calm()
        assert shown.filter == Filter(snapshot=(1,))
        assert "4 files were there at the first look" in shown.said
        assert not shown.pane.headline.text().startswith("Today")
        await robot.calm()

    run(scenario())


def test_days_say_whether_anybody_looked(run: Run, robot: WindowRobot, tmp_path: Path) -> None:
    async def scenario() -> None:
        shown = await opened(robot, made(tmp_path / "c", WEEK, lambda case: case.run(
            watch.missed, "Storage", [T0 + (NOW - 2) * DAY])))  # fmt: skip
        calendar = shown.pane.calendar
        cells = calendar.cells()
        assert [each.state for each in cells] == ["complete", "missed", "failed", "complete"]
        assert [each.news for each in cells] == [False, False, False, True]
        assert shown.pane._tell_day(cells[3].day).endswith("looked · 1 new · 1 changed · 1 moved · 1 removed")
        assert "not looked, although it was due · 1 look missed" in shown.pane._tell_day(cells[1].day)
        here = to_datetime(T0 + NOW * DAY, UTC).date()
        before = shown.filter
        QTest.mouseClick(calendar, Qt.MouseButton.LeftButton, pos=calendar.day_rect(here - timedelta(2)).center())
        assert "Nothing is known of what was there." in shown.said
        assert shown.filter == before
        QTest.mouseClick(calendar, Qt.MouseButton.LeftButton, pos=calendar.day_rect(here - timedelta(1)).center())
        await robot.calm()
        assert shown.filter == Filter(snapshot=(2,))
        assert "This look failed" in shown.said
        QTest.mouseClick(calendar, Qt.MouseButton.LeftButton, pos=calendar.day_rect(here).center())
        await robot.calm()
        assert shown.filter == Filter(snapshot=(3,), change=("added", "changed", "moved"))
        await robot.calm()

    run(scenario())


def test_nothing_changed_is_said_with_its_span(run: Run, robot: WindowRobot, tmp_path: Path) -> None:
    async def scenario() -> None:
        shown = await opened(robot, made(tmp_path / "c", (seen(BEFORE, -3), seen(BEFORE, 0))))
        assert shown.filter == Filter(snapshot=(2,))
        assert shown.said.startswith("Nothing changed since ")
        assert shown.said.endswith(": 4 files are as they were.")
        assert (shown.chips, len(robot.items)) == ([], 4)
        await robot.calm()

    run(scenario())


def test_a_first_look_claims_nothing_new(run: Run, robot: WindowRobot, tmp_path: Path) -> None:
    async def scenario() -> None:
        shown = await opened(robot, made(tmp_path / "c", (seen(BEFORE, 0),)))
        assert "4 files were there at the first look. What is new will be shown after the next one." in shown.said
        assert (shown.chips, len(robot.items)) == ([], 4)
        await robot.calm()

    run(scenario())


def test_what_became_of_later_looks_limits_what_is_said(run: Run, robot: WindowRobot, tmp_path: Path) -> None:
    async def scenario() -> None:
        looks = (seen(BEFORE, -9), seen(AFTER, -8), seen({}, -4, Status.FAILED))
        shown = await opened(robot, made(tmp_path / "c", looks))
        assert shown.filter.snapshot == (2,)
        assert not shown.pane.headline.text().startswith(("Today", "Last look"))
        assert "failed: nothing is known of that time" in shown.pane.serious.text()
        assert "Not looked for 4 days." in shown.pane.serious.text()
        await robot.calm()

    run(scenario())


def test_a_partial_look_says_so_and_names_what_it_did_not_list(run: Run, robot: WindowRobot, tmp_path: Path) -> None:
    async def scenario() -> None:
        rows = [(b"", LISTED), ("수정".encode(), LISTED), ("参考".encode(), LISTED), (b"a&b", REFUSED)]
        after = seen(AFTER, 0, Status.PARTIAL, folders=rows)
        shown = await opened(robot, made(tmp_path / "c", (seen(BEFORE, -1), after)))
        assert "nothing is called removed" in shown.pane.serious.text()
        await shown.press("1 folder refused")
        await until(lambda: shown.pane.findChildren(QMenu), "the folders")
        menu = shown.pane.findChildren(QMenu)[0]
        named = [each.text() for each in menu.actions()]
        assert named == ["a&&b · refused", "Show the request log"]
        menu.actions()[0].trigger()
        await robot.calm()
        assert shown.filter == Filter(path=("a&b/*",))
        menu.close()
        await robot.calm()

    run(scenario())


def test_a_partial_first_look_says_that_there_may_be_more(run: Run, robot: WindowRobot, tmp_path: Path) -> None:
    async def scenario() -> None:
        rows = [(b"", LISTED), (b"locked", REFUSED)]
        shown = await opened(robot, made(tmp_path / "c", (seen(BEFORE, 0, Status.PARTIAL, folders=rows),)))
        assert shown.pane.serious.text() == "This look was partial: what else was there is not known."
        assert "4 files were there at the first look" in shown.said
        assert shown.chips == ["1 folder refused"]

    run(scenario())


def test_a_newer_look_is_gone_on_to_only_where_today_is_shown(run: Run, robot: WindowRobot, tmp_path: Path) -> None:
    async def scenario() -> None:
        shown = await opened(robot, made(tmp_path / "c", WEEK))
        session = robot.window.open_session

        async def look(files: dict[str, File]) -> Recorded:
            found: list[Recorded] = []
            session.start_job("job.look", lambda _: found.append(record(session.case, (seen(files, 0),), "Storage")))
            await until(lambda: found, "the look")
            return found[0]

        await look({**AFTER, "수정/newer.png": File(20)})
        await until(lambda: shown.filter.snapshot == (4,), "the newer look")
        await robot.calm()
        assert (await shown.names(), shown.chips) == (["newer.png"], ["1 new", "1 not seen yet"])
        session.workspace.filter = Filter(path=("参考/*",))
        await robot.calm()
        await look(AFTER)
        await robot.calm()
        assert shown.filter == Filter(path=("参考/*",))
        await robot.calm()

    run(scenario())


def test_several_sources_are_one_chip_away(run: Run, robot: WindowRobot, tmp_path: Path) -> None:
    def others(case: Case) -> None:
        server(case, "둘째")
        record(case, (seen(BEFORE, -5), seen(AFTER, -4)), "둘째")
        server(case, "Third")

    async def scenario() -> None:
        shown = await opened(robot, made(tmp_path / "c", WEEK, others))
        assert shown.chips[-2:] == ["둘째: 4 new or changed", "Third: look now, for the first time"]
        wanted: list[str] = []
        shown.gallery.look_requested.disconnect()
        shown.gallery.look_requested.connect(wanted.append)
        await shown.press("Third: look now, for the first time")
        assert wanted == ["Third"]
        await shown.press("둘째: 4 new or changed")
        assert shown.filter.snapshot == (5,)
        assert shown.pane.headline.text().endswith("· 둘째")
        assert len(shown.pane.calendar.cells()) == 6, "from its own first look on"
        robot.window.open_session.workspace.focus = Focus("source", 1)
        robot.act("today")
        await until(lambda: shown.filter.snapshot == (3,), "the source in focus")
        await robot.calm()

    run(scenario())


def test_many_sources_stand_in_a_menu(run: Run, robot: WindowRobot, tmp_path: Path) -> None:
    def others(case: Case) -> None:
        for number in range(6):
            record(case, (seen(BEFORE, -5),), f"folder & {number}")

    async def scenario() -> None:
        shown = await opened(robot, made(tmp_path / "c", WEEK, others))
        assert len([each for each in shown.chips if each.startswith("folder")]) == 3
        await shown.press("3 more sources")
        [menu] = shown.pane.findChildren(QMenu)
        named = [each.text() for each in menu.actions()]
        assert (len(named), named[0]) == (7, "Storage: 4 new or changed")
        action = next(each for each in menu.actions() if each.text().startswith("folder && 0"))
        action.trigger()
        menu.close()
        await robot.calm()
        assert shown.pane.headline.text().endswith("· folder & 0")

    run(scenario())


def test_while_a_look_is_not_ended_the_one_before_it_is_shown(run: Run, robot: WindowRobot, tmp_path: Path) -> None:
    async def scenario() -> None:
        shown = await opened(robot, made(tmp_path / "c", (*WEEK, seen({}, 0, None))))
        assert shown.filter.snapshot == (3,)
        assert "has not ended. Until it does, shown is what the one before it brought." in shown.said
        assert len(robot.items) == 3
        await robot.calm()

    run(scenario())


def test_a_server_without_a_look_offers_one(run: Run, robot: WindowRobot, tmp_path: Path) -> None:
    async def scenario() -> None:
        case = made(tmp_path / "c")
        shown = await opened(robot, case)
        wanted: list[str] = []
        shown.gallery.look_requested.disconnect()
        shown.gallery.look_requested.connect(wanted.append)
        assert shown.gallery.empty.accessibleName() == "Storage has not been looked at yet"
        [button] = [each for each in shown.gallery.empty.findChildren(QPushButton) if each.isVisible()]
        button.click()
        assert wanted == ["Storage"]
        robot.act("today")
        await until(lambda: "Nothing was looked at yet" in robot.toast, "the words")
        await robot.calm()

    run(scenario())


def test_who_may_not_write_is_offered_no_look(run: Run, robot: WindowRobot, tmp_path: Path) -> None:
    async def scenario() -> None:
        shown = await opened(robot, made(tmp_path / "c"), write=False)
        assert not [each for each in shown.gallery.empty.findChildren(QPushButton) if each.isVisible()]
        await robot.calm()

    run(scenario())


def test_who_may_not_write_sees_today(run: Run, robot: WindowRobot, tmp_path: Path) -> None:
    async def scenario() -> None:
        case = made(tmp_path / "c", WEEK, lambda case: server(case, "Third"))
        shown = await opened(robot, case, write=False)
        assert shown.pane.isVisible()
        assert not [each for each in shown.chips if each.startswith("Third")]
        await robot.calm()

    run(scenario())


def test_a_case_that_is_not_watched_opens_on_everything(run: Run, robot: WindowRobot, case: Path) -> None:
    async def scenario() -> None:
        shown = await opened(robot, case)
        assert (shown.filter, shown.pane.isVisible()) == (Filter(), False)
        robot.act("today")
        await until(lambda: shown.filter.snapshot, "the last look")
        await robot.calm()
        assert "first look" in shown.said
        await robot.calm()

    run(scenario())


def test_the_chip_of_changes_is_one_and_can_be_removed(run: Run, robot: WindowRobot, tmp_path: Path) -> None:
    async def scenario() -> None:
        shown = await opened(robot, made(tmp_path / "c", WEEK))
        chip = robot.window.filter_bar.chips.chips()[0]
        assert chip.spec.label == "new, changed, moved"
        QTest.keyClick(chip, Qt.Key.Key_Delete)
        await robot.calm()
        assert (shown.filter, shown.order) == (Filter(snapshot=(3,)), "look")
        assert shown.chips[:3] == ["1 new", "1 changed", "1 moved"], "the look is still told of"

    run(scenario())


def test_everything_has_a_name_for_those_who_do_not_see_it(run: Run, robot: WindowRobot, tmp_path: Path) -> None:
    async def scenario() -> None:
        shown = await opened(robot, made(tmp_path / "c", WEEK))
        assert unnamed(robot.window) == []
        assert shown.pane.accessibleDescription().startswith("Today, ")
        assert shown.pane.calendar.accessibleDescription().endswith("1 removed")
        assert shown.pane.calendar.accessibleName() == "Calendar of looks"

    run(scenario())


def test_days_follow_the_zone_of_the_window(run: Run, robot: WindowRobot, tmp_path: Path) -> None:
    async def scenario() -> None:
        shown = await opened(robot, made(tmp_path / "c", WEEK))
        before = shown.pane.calendar.cells()[0].day
        robot.window.going.set_zone("America/New_York")
        await robot.calm()
        assert shown.pane.calendar.cells()[0].day == before - timedelta(days=1), "midnight in UTC is the evening before"
        assert "UTC−" in shown.pane.headline.text()

    run(scenario())

"""Each pane by itself: what it says, in which states, and what can be done there."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from tests.bundle.building import look, picture
from tests.gui.panes.robots import Desk
from tests.gui.robots import Run, until
from tests.gui.test_accessibility import unnamed
from workbench.core.filter import Filter
from workbench.core.messages import catalogue
from workbench.core.records import State
from workbench.core.times import parse_zone
from workbench.gui.panes import wording
from workbench.gui.thumbs import PAGE, Thumbs, decode
from workbench.ops import marks
from workbench.queries import detail as detail_queries

# files


def test_the_tree_names_days_that_nobody_looked_at(run: Run, desk: Desk, path: Path) -> None:
    async def scenario() -> None:
        await desk.open(path)
        assert "4 Jan · not looked" in desk.nodes
        node = next(each for each in desk.files.model.nodes() if each.label == "4 Jan · not looked")
        assert not desk.files.model.flags(desk.files.model.index_of(node)) & Qt.ItemFlag.ItemIsSelectable

    run(scenario())


def test_a_refresh_keeps_what_is_open(run: Run, desk: Desk, path: Path) -> None:
    async def scenario() -> None:
        await desk.open(path)
        model, view = desk.files.model, desk.files.view
        source = next(each for each in model.nodes() if each.key[0] == "source")
        view.collapse(model.index_of(source))
        await desk.session.run(marks.tag, [("object", 3)], "letterhead")
        await until(lambda: "letterhead" in desk.nodes, "the new tag")
        source = next(each for each in model.nodes() if each.key[0] == "source")
        assert not view.isExpanded(model.index_of(source))
        tags = next(each for each in model.nodes() if each.key == ("tags",))
        assert view.isExpanded(model.index_of(tags))

    run(scenario())


def test_escape_lets_the_choice_go(run: Run, desk: Desk, path: Path) -> None:
    async def scenario() -> None:
        await desk.open(path)
        desk.choose("knife")
        await desk.calm()
        QTest.keyClick(desk.files.view, Qt.Key.Key_Escape)
        await desk.calm()
        assert not desk.filter
        assert desk.chosen_nodes == ["All files"]

    run(scenario())


def test_the_menu_of_a_tag_can_leave_it_out(run: Run, desk: Desk, path: Path) -> None:
    async def scenario() -> None:
        await desk.open(path)
        node = next(each for each in desk.files.model.nodes() if each.label == "knife")
        desk.files._menu(desk.files.mapToGlobal(desk.files.rect().center()), node)
        menu = QApplication.activePopupWidget()
        assert menu is not None
        texts = {each.text(): each for each in menu.actions()}
        texts["Show all but this"].trigger()
        menu.close()
        await desk.calm()
        assert desk.filter.not_tag == ("knife",)
        assert len(desk.items) == 9

    run(scenario())


# gallery


def test_tiles_come_with_names_states_and_pictures(run: Run, desk: Desk, path: Path) -> None:
    async def scenario() -> None:
        await desk.open(path)
        tiles = {desk.gallery.thumbs.get(each).name: desk.gallery.thumbs.get(each) for each in desk.items}  # type: ignore[union-attr]
        assert tiles["指示 검토.png"].image is not None  # type: ignore[union-attr]
        assert tiles["empty.txt"].state is State.EMPTY  # type: ignore[union-attr]
        assert tiles["listed.bin"].state is State.NOT_FETCHED  # type: ignore[union-attr]
        assert tiles["000.png"].verdict == "relevant"  # type: ignore[union-attr]
        assert not tiles["000.png"].unseen  # type: ignore[union-attr]
        assert tiles["001.png"].tags == ("knife",)  # type: ignore[union-attr]

    run(scenario())


def test_a_mark_makes_new_tiles_and_keeps_pictures(run: Run, desk: Desk, path: Path) -> None:
    async def scenario() -> None:
        await desk.open(path)
        item = next(each for each in desk.items if desk.gallery.thumbs.get(each).name == "003.png")  # type: ignore[union-attr]
        before = desk.gallery.thumbs.get(item)
        await desk.session.run(marks.verdict, [("object", item)], "later")
        await until(lambda: desk.gallery.thumbs.get(item).verdict == "later", "the verdict on the tile")  # type: ignore[union-attr]
        after = desk.gallery.thumbs.get(item)
        assert after is not before
        assert after is desk.gallery.thumbs.get(item), "the same tile until it changes again"

    run(scenario())


def test_orders(run: Run, desk: Desk, path: Path) -> None:
    async def scenario() -> None:
        await desk.open(path)
        desk.gallery.arrange("folder")
        await desk.calm()
        assert [each.path for each in desk.gallery._wall.groups] == ["cut"]  # type: ignore[union-attr]
        assert desk.gallery.header.order.text() == "By folder"
        desk.gallery.arrange("size")
        await desk.calm()
        assert len(desk.items) == 11

    run(scenario())


def test_steps_go_through_the_gallery(run: Run, desk: Desk, path: Path) -> None:
    async def scenario() -> None:
        await desk.open(path)
        assert desk.gallery.step("first") == desk.items[0]
        assert desk.gallery.step(-1) is None
        assert desk.gallery.step(1) == desk.items[1]
        assert desk.gallery.step("last") == desk.items[-1]
        assert desk.gallery.step(1) is None
        assert desk.gallery.position(desk.items[-1]) == (11, 11)
        assert desk.gallery.position(12345) == (0, 11)
        assert desk.session.workspace.focus.id == desk.items[-1]  # type: ignore[union-attr]

    run(scenario())


def test_an_empty_case_says_what_to_do(run: Run, desk: Desk, tmp_path: Path) -> None:
    async def scenario() -> None:
        await desk.open(empty=tmp_path / "new")
        wanted: list[str] = []
        desk.gallery.add_requested.connect(lambda: wanted.append("gallery"))
        desk.files.add_requested.connect(lambda: wanted.append("files"))
        desk.origins.add_requested.connect(lambda: wanted.append("origins"))
        for pane in (desk.gallery, desk.files, desk.origins):
            assert pane.empty.isVisible()
            pane.empty.buttons()[0].click()
        assert wanted == ["gallery", "files", "origins"]
        assert desk.timeline.timeline.canvas.is_empty

    run(scenario())


def test_a_filter_that_leaves_nothing_can_be_cleared(run: Run, desk: Desk, path: Path) -> None:
    async def scenario() -> None:
        await desk.open(path)
        desk.session.workspace.filter = Filter(path=("nothing*",), own=True)
        await desk.calm()
        assert desk.gallery.empty.isVisible()
        assert desk.origins.empty.isVisible()
        desk.gallery.empty.buttons()[0].click()
        await desk.calm()
        assert desk.filter == Filter(own=True)
        assert desk.gallery.gallery.isVisible()

    run(scenario())


def test_new_files_appear_and_nothing_jumps(run: Run, desk: Desk, path: Path) -> None:
    async def scenario() -> None:
        await desk.open(path)
        picked = desk.items[2]
        desk.session.workspace.select("item", [picked])
        look(desk.case, {b"cut/new.png": picture(77)}, day=5)
        await until(lambda: len(desk.items) == 12, "the new file")
        await desk.calm()
        assert desk.gallery.gallery.selected().tolist() == [picked]
        first = desk.gallery._sections()[0]
        assert first.title == "7 January 2024, 09:00 UTC · server"
        assert "1 new" in first.note

    run(scenario())


# thumbs


def test_pixels_stay_within_the_budget(run: Run, desk: Desk, path: Path) -> None:
    async def scenario() -> None:
        await desk.open(path)
        each = desk.gallery.thumbs.get(desk.items[0]).image.sizeInBytes()  # type: ignore[union-attr]
        small = Thumbs(desk.session, lambda item: (1, ""), budget=each)
        small.request(desk.items)
        await until(lambda: not small.busy, "thumbs")
        assert small.held_bytes <= max(each, PAGE * each)
        small.close()
        small.request(desk.items)
        assert not small.busy

    run(scenario())


def test_only_small_jpegs_are_decoded() -> None:
    assert decode(b"\x89PNG\r\n\x1a\n") is None
    assert decode(picture(1)) is None
    assert decode(b"") is None


# viewer


def test_the_viewer_shows_pixels_words_and_text(run: Run, desk: Desk, path: Path) -> None:
    async def scenario() -> None:
        await desk.open(path)
        desk.detail.hide()
        desk.viewer.show()
        names = {desk.gallery.thumbs.get(each).name: each for each in desk.items}  # type: ignore[union-attr]
        desk.focus("item", names["001.png"])
        await until(lambda: desk.viewer.left.viewer.full_size().width() == 64 and not desk.viewer.busy, "pixels")
        assert desk.viewer.left.viewer.has_image()
        assert desk.viewer.left.name.text() == "cut/001.png"
        desk.focus("item", names["empty.txt"])
        await until(lambda: not desk.viewer.left.viewer.has_image() and not desk.viewer.busy, "words")
        assert desk.viewer.left.viewer._message.accessibleName() == "This file is empty"
        desk.focus("item", names["listed.bin"])
        await until(lambda: not desk.viewer.busy, "words")
        assert desk.viewer.left.viewer._message.accessibleName() == "This file was not fetched"

    run(scenario())


def test_the_latest_picture_wins(run: Run, desk: Desk, path: Path) -> None:
    async def scenario() -> None:
        await desk.open(path)
        desk.viewer.show()
        for item in [each for each in desk.items if each > 0][:6]:
            desk.focus("item", item)
        await until(lambda: not desk.viewer.busy, "the viewer")
        assert desk.viewer.left.item == item

    run(scenario())


def test_two_pictures_move_together(run: Run, desk: Desk, path: Path) -> None:
    async def scenario() -> None:
        await desk.open(path)
        names = {desk.gallery.thumbs.get(each).name: each for each in desk.items}  # type: ignore[union-attr]
        one, two = names["001.png"], names["002.png"]
        desk.viewer.show()
        desk.session.workspace.select("item", [one, two])
        desk.focus("item", one)
        desk.viewer.set_compare(True)
        await until(lambda: desk.viewer.right.item == two and not desk.viewer.busy, "both")
        desk.viewer.left.viewer.one_to_one()
        assert desk.viewer.right.viewer.view() == desk.viewer.left.viewer.view()
        desk.viewer.set_compare(False)
        assert desk.viewer.right.isHidden()

    run(scenario())


# origins


def test_rows_say_what_no_list_holds(run: Run, desk: Desk, path: Path) -> None:
    async def scenario() -> None:
        await desk.open(path)
        model = desk.origins.table.model
        labels = {model.cells[0].text(row): model.cells[3].text(row) for row in range(3)}
        assert labels == {"198.51.100.7": "on no list held", "192.0.2.1": "vpn", "2001:db8::9": "hosting"}
        assert model.marks.tolist() == [True, False, False]

    run(scenario())


def test_exceptions_first_is_said_only_while_it_is_so(run: Run, desk: Desk, path: Path) -> None:
    async def scenario() -> None:
        await desk.open(path)
        table = desk.origins.table
        assert table.caption_label.text() == "exceptions first"
        table.header.sort(table.model.columns[0].key)
        assert table.caption_label.text() == ""
        state = table.header.save()
        table.header._forget_sort()
        assert table.caption_label.text() == "exceptions first"
        assert table.header.restore(state)
        assert table.caption_label.text() == "", "an order that was remembered is another one too"
        table.header._forget_sort()
        await desk.session.run(marks.own, ["198.51.100.7"], True)
        await until(lambda: not table.model.marks.any(), "no exception")
        assert table.caption_label.text() == "", "there is none that could be first"

    run(scenario())


def test_the_menu_of_addresses(run: Run, desk: Desk, path: Path) -> None:
    async def scenario() -> None:
        await desk.open(path)
        own = desk.address_id("198.51.100.7")
        desk.origins.table.select_ids([own])
        menu = desk.origins.context_menu(own)
        acts = {each.text(): each for each in menu.actions() if each.text()}
        acts["Copy addresses"].trigger()
        assert QGuiApplication.clipboard().text() == "198.51.100.7"
        acts["Show only these"].trigger()
        await desk.calm()
        assert desk.filter.address == ("198.51.100.7",)
        assert set(desk.pale_addresses) == {"192.0.2.1", "2001:db8::9"}
        acts["These are my own addresses"].trigger()
        await until(lambda: "198.51.100.7" not in desk.addresses, "the own address to go")
        menu.deleteLater()

    run(scenario())


def test_own_addresses_are_shown_when_asked_for(run: Run, desk: Desk, path: Path) -> None:
    async def scenario() -> None:
        await desk.open(path)
        await desk.session.run(marks.own, ["192.0.2.1"])
        await until(lambda: "192.0.2.1" not in desk.addresses, "the own address to go")
        await desk.calm()
        assert "7 of your own requests hidden" in desk.timeline.timeline._note
        desk.session.workspace.filter = Filter(own=True)
        await desk.calm()
        assert desk.addresses[-1] == "192.0.2.1"
        model = desk.origins.table.model
        assert model.cells[3].text(int(model.order[-1])).startswith("own")

    run(scenario())


# detail


def test_a_file_in_sentences(run: Run, desk: Desk, path: Path) -> None:
    async def scenario() -> None:
        await desk.open(path)
        names = {desk.gallery.thumbs.get(each).name: each for each in desk.items}  # type: ignore[union-attr]
        desk.focus("item", names["001.png"])
        await desk.calm()
        said = desk.said()
        assert "2 Jan 2024 09:00 UTC, not looked before" in said
        assert "2 Jan 2024 08:00:00" in said
        assert "zone unknown" in said
        assert "path, 1.00" in said
        assert "64 × 40 PNG" in said
        assert "Looks like scene 4.\nAsk again." in said
        digest = desk.detail.answer.about.sha256.hex()  # type: ignore[union-attr]
        assert digest[:4] in said

    run(scenario())


def test_verdict_tag_note_and_undo(run: Run, desk: Desk, path: Path) -> None:
    async def scenario() -> None:
        await desk.open(path)
        item = next(each for each in desk.items if each > 0 and desk.gallery.thumbs.get(each).name == "004.png")  # type: ignore[union-attr]
        desk.focus("item", item)
        await desk.calm()
        section = desk.detail.marks
        assert section is not None

        async def now() -> detail_queries.Marks:
            return await desk.ask(detail_queries.marks_of, ("object", item), desk.case.actor)  # type: ignore[no-any-return]

        section.buttons["relevant"].click()
        await until(lambda: section.undo.isVisible() and section.buttons["relevant"].isChecked(), "the verdict")
        assert (await now()).verdicts == (("Ada", "relevant"),)
        section.undo.click()
        await until(lambda: not section.buttons["relevant"].isChecked(), "the verdict undone")
        assert (await now()).verdicts == ()
        QTest.keyClicks(section.tag_field, "letterhead")
        QTest.keyClick(section.tag_field, Qt.Key.Key_Return)
        await until(lambda: [each.spec.key for each in section.chips.chips()] == ["letterhead"], "the tag")
        assert section.tag_field.text() == ""
        section.tag_field.setFocus()
        await desk.session.run(marks.tag, [("object", item)], "more")
        await until(lambda: len(section.chips.chips()) == 2, "a tag from elsewhere")
        await desk.session.run(marks.untag, [("object", item)], "more")
        await until(lambda: len(section.chips.chips()) == 1, "that tag gone")
        assert section.tag_field.hasFocus() or not desk.window.isActiveWindow(), "typing is not interrupted"
        section.chips.removed.emit("letterhead")
        await until(lambda: not section.chips.chips(), "the tag gone")
        section.note_field.setPlainText("표정 수정\nsecond line")
        assert section.is_typed_in
        QTest.keyClick(section.note_field, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
        await until(lambda: "표정 수정\nsecond line" in desk.said(), "the note")
        assert desk.detail.marks is section, "what is being typed in stays"
        assert "Ada ·" in desk.said()

    run(scenario())


def test_what_cannot_be_marked_says_why(run: Run, desk: Desk, path: Path) -> None:
    async def scenario() -> None:
        await desk.open(path)
        desk.focus("item", desk.items[0])
        await desk.calm()
        section = desk.detail.marks
        assert section is not None
        section.tag_field.setText("x" * 300)
        section.tag_field.returnPressed.emit()
        await until(lambda: section.problem.isVisible(), "the reason")
        assert "1 to 200 characters" in section.problem.text()
        assert section.tag_field.text(), "what was typed is kept"

    run(scenario())


def test_a_case_that_is_read_only_offers_no_marks(run: Run, desk: Desk, path: Path) -> None:
    async def scenario() -> None:
        await desk.open(path, write=False)
        desk.focus("item", desk.items[0])
        await desk.calm()
        section = desk.detail.marks
        assert section is not None
        assert section.note_field.isHidden()
        assert not any(each.isEnabled() for each in section.buttons.values())

    run(scenario())


def test_an_address_and_back(run: Run, desk: Desk, path: Path) -> None:
    async def scenario() -> None:
        await desk.open(path)
        names = {desk.gallery.thumbs.get(each).name: each for each in desk.items}  # type: ignore[union-attr]
        desk.focus("item", names["001.png"])
        await desk.calm()
        desk.click("198.51.100.7", desk.detail)
        await desk.calm()
        said = desk.said()
        assert "on no list held (1 set, 2024-01-01)" in said
        assert "Spain (ES)" in said
        assert "7 uploads" in said
        assert "test-set · 2024-01-01" in said
        assert desk.origins.table.current_id() == desk.address_id("198.51.100.7")
        desk.click("Select them in the gallery", desk.detail)
        assert len(desk.gallery.gallery.selected()) > 1
        desk.detail.go_back()
        await desk.calm()
        assert desk.session.workspace.focus.kind == "item"  # type: ignore[union-attr]

    run(scenario())


def test_a_line_is_shown_as_it_was_logged(run: Run, desk: Desk, path: Path) -> None:
    async def scenario() -> None:
        await desk.open(path)
        desk.focus("event", 1)
        await desk.calm()
        said = desk.said()
        assert '192.0.2.1 - - [02/Jan/2024:10:00:00 +0000] "PUT /cut/000.png HTTP/1.1" 201 0' in said
        assert "line 1 of access.log" in said

    run(scenario())


def test_another_zone_is_another_wall_clock_everywhere(run: Run, desk: Desk, path: Path) -> None:
    async def scenario() -> None:
        await desk.open(path)
        desk.focus("event", 1)
        await desk.calm()
        chosen: list[str] = []
        desk.timeline.zone_changed.connect(lambda _zone, name: chosen.append(name))
        desk.timeline._zone_chosen(parse_zone("+09:00"), "+09:00")
        assert chosen == ["+09:00"]
        for pane in (desk.files, desk.gallery, desk.origins, desk.detail, desk.viewer):
            pane.set_zone(parse_zone("+09:00"), "+09:00")
        assert "2 Jan 2024 19:00:00 UTC+9" in desk.said()
        assert desk.origins.table.model.zone_name == "+09:00"
        assert "18:00 UTC+9" in desk.gallery._sections()[-1].title

    run(scenario())


# words


def test_times_never_say_more_than_was_stated() -> None:
    assert wording.moment(1_704_186_000_000_000, precision=5) == "2 Jan 2024"
    assert wording.moment(1_704_186_000_000_000, precision=3) == "2 Jan 2024 09:00 UTC"
    assert wording.moment(1_704_186_000_000_000, parse_zone("+05:30"), 2, 0) == "2 Jan 2024 09:00:00"
    assert wording.moment(2**62) == "outside the years that can be written"


def test_sizes() -> None:
    assert [wording.size(each) for each in (None, 0, 999, 1000, 1_600_000, 250_000_000, 10**15)] == [
        "–", "0 bytes", "999 bytes", "1.0 kB", "1.6 MB", "250 MB", "1,000 TB",
    ]  # fmt: skip


def test_every_word_of_the_panes_has_its_text() -> None:
    known = catalogue()
    for kind in ("line", "unknown", "given", "assumed"):
        assert f"panes.zone-note.{kind}" in known
        assert f"panes.zone-tip.{kind}" in known
    for state in State:
        if state is not State.OK:
            assert f"panes.state.{state}" in known
            assert f"panes.state.{state}.text" in known


def test_everything_that_takes_the_keyboard_has_a_name(run: Run, desk: Desk, path: Path) -> None:
    async def scenario() -> None:
        await desk.open(path)
        for kind, an_id in (("item", desk.items[0]), ("address", 1), ("event", 1)):
            desk.focus(kind, an_id)
            await desk.calm()
            assert not unnamed(desk.window)
        desk.viewer.show()
        await desk.calm()
        assert not unnamed(desk.window)

    run(scenario())

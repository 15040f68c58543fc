"""What a person decides: verdicts, tags, notes, own addresses, and undo. All of them are ops; nothing is kept here."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from workbench.core.errors import UserError
from workbench.gui.texts import text

if TYPE_CHECKING:
    from workbench.case.operation import Operation
    from workbench.case.readers import Reader
    from workbench.gui.main_window import MainWindow
    from workbench.ops.marks import Target

KIND = {"event": "event", "address": "address", "snapshot": "snapshot"}


class Marks:
    """The marking part of the window. Main thread."""

    def __init__(self, window: MainWindow) -> None:
        self._window = window

    def targets(self) -> list[Target]:
        """What a mark is put on: what is shown or picked of the kind that is in focus."""
        session = self._window.session
        if session is None:
            return []
        workspace = session.workspace
        focus = workspace.focus
        kinds = ["item", "address", "event"]
        if focus is not None:
            kinds.sort(key=lambda kind: kind != focus.kind)
        for kind in kinds:
            picked = self._items() if kind == "item" else workspace.selection(kind)
            if kind != "item" and focus is not None and kind == focus.kind and focus.id not in picked:
                picked = (focus.id,)
            if picked:
                return [target_of(kind, each) for each in picked]
        return []

    def _items(self) -> tuple[int, ...]:
        """In the viewer the picture that it shows; in the gallery what is picked, else what has the keyboard. Nothing
        that the filter hides.
        """
        window = self._window
        viewer, gallery = window.panes.get("viewer"), window.panes.get("gallery")
        if viewer is not None and window.stack.currentWidget() is viewer:
            shown: int | None = viewer.item  # type: ignore[attr-defined]
            return () if shown is None else (shown,)
        workspace = window.open_session.workspace
        focus = workspace.focus
        picked = workspace.selection("item") or ((focus.id,) if focus is not None and focus.kind == "item" else ())
        if gallery is None:
            return picked
        visible = np.isin(np.asarray(picked, np.int64), gallery.ids())  # type: ignore[attr-defined]
        return tuple(each for each, there in zip(picked, visible.tolist(), strict=True) if there)

    def verdict(self, word: str) -> None:
        """Decide."""
        from workbench.ops import marks

        self._on_targets(lambda targets: self._put(marks.verdict, targets, word, f"marked.{word}"))

    def tag(self) -> None:
        """Ask for a tag and put it on."""
        self._on_targets(lambda targets: self._ask_tag(targets, remove=False))

    def untag(self) -> None:
        """Ask for a tag and take it off."""
        self._on_targets(lambda targets: self._ask_tag(targets, remove=True))

    def note(self) -> None:
        """Ask for a note and write it."""
        self._on_targets(self._ask_note)

    def journal(self) -> None:
        """Write an entry in the case journal."""
        self._window.spawn(self._journal())

    def own(self) -> None:
        """Say that the selected addresses are the observer's own, or no longer."""
        self._window.spawn(self._own())

    def undo(self, seq: int | None = None) -> None:
        """Undo the last own op that can be, or a named one."""
        self._window.spawn(self._undo(seq))

    def redo(self) -> None:
        """Undo the last undo."""
        facts = self._window.facts
        if facts is not None and facts.redo is not None:
            self._window.spawn(self._undo(int(facts.redo["seq"]), again=True))

    # the deeds

    def _on_targets(self, act: Callable[[list[Target]], Coroutine[Any, Any, None]]) -> None:
        targets = self.targets()
        if targets:
            self._window.spawn(act(targets))
        else:
            self._window.toast.info(text("window.nothing-picked"))

    async def _put(self, op: Operation[..., int], targets: Sequence[Target], word: str, code: str) -> None:
        done = await self._window.open_session.run(op, list(targets), word)
        if done.result:
            undo = (text("window.undo"), lambda: self.undo(done.seq))
            self._window.say_done(text(code, count=done.result, word=word), [undo])
        else:
            self._window.toast.info(text("marked.same"))

    async def _ask_tag(self, targets: Sequence[Target], *, remove: bool) -> None:
        from workbench.gui.dialogs.mark import TagDialog
        from workbench.ops import marks

        known = await self._window.open_session.read(tags_in_use)
        dialog = TagDialog(self._window.theme, len(targets), known, remove=remove, parent=self._window)
        word = await dialog.answer()
        if word:
            await self._put(
                marks.untag if remove else marks.tag, targets, word, "marked.untagged" if remove else "marked.tagged"
            )

    async def _ask_note(self, targets: Sequence[Target]) -> None:
        from workbench.gui.dialogs.mark import NoteDialog
        from workbench.ops import marks

        words = await NoteDialog(self._window.theme, len(targets), parent=self._window).answer()
        if words:
            await self._put(marks.note, targets, words, "marked.noted")

    async def _journal(self) -> None:
        from workbench.gui.dialogs.mark import NoteDialog
        from workbench.ops import marks

        words = await NoteDialog(self._window.theme, 0, parent=self._window).answer()
        if words:
            await self._window.open_session.run(marks.journal, words)
            self._window.say_done(text("marked.journal"))

    async def _own(self) -> None:
        from workbench.gui.dialogs.dialog import ask
        from workbench.gui.settings import CONFIRM_OWN
        from workbench.ops import marks

        window = self._window
        ids = [number for kind, number in self.targets() if kind == "address"]
        if not ids:
            return
        addresses, own = await window.open_session.read(address_state, ids)
        if not own and window.settings.get(CONFIRM_OWN):
            told = ", ".join(addresses[:5]) + (" …" if len(addresses) > 5 else "")
            answer = await ask(
                window.theme,
                window,
                text("own.title"),
                text("own.about", addresses=told),
                {"own": "own.do"},
                primary="own",
                name="own",
            )
            if answer is None:
                return
        done = await window.open_session.run(marks.own, addresses, not own)
        undo = (text("window.undo"), lambda: self.undo(done.seq))
        window.say_done(text("marked.not-own" if own else "marked.own", count=len(addresses)), [undo])

    async def _undo(self, seq: int | None, *, again: bool = False) -> None:
        from workbench.gui.op_words import op_words
        from workbench.ops import history

        facts = self._window.facts
        row = facts.undo if facts is not None else None
        number = seq if seq is not None else int(row["seq"]) if row is not None else None
        if number is None:
            raise UserError("undo-nothing")
        done = await self._window.open_session.run(history.undo, number)
        what = op_words(row) if row is not None and row["seq"] == number else ""
        code = "window.redone" if again else "window.undone-what" if what else "window.undone"
        self._window.say_done(text(code, what=what, count=done.result, seq=number))


def target_of(kind: str, number: int) -> Target:
    """The row that a selected thing is marked by: an item is an object, or minus a sighting."""
    if kind == "item":
        return ("object", number) if number > 0 else ("sighting", -number)
    return (KIND[kind], number)


def tags_in_use(reader: Reader) -> list[str]:
    """All tags of the case, the most used first."""
    return [
        row[0]
        for row in reader.all(
            "SELECT value FROM mark_now WHERE kind = 'tag' AND present GROUP BY value ORDER BY count(*) DESC, value "
            "LIMIT 200"
        )
    ]


def address_state(reader: Reader, ids: Sequence[int]) -> tuple[list[str], bool]:
    """Addresses by id as text, and whether all of them are the observer's own already. Any number of ids."""
    texts = [reader.value("SELECT text FROM address WHERE id = ?", (each,)) for each in ids]
    sql = "SELECT target FROM mark_now WHERE kind = 'own' AND target_kind = 'address' AND present"
    own = {row[0] for row in reader.all(sql)}
    return [each for each in texts if each is not None], own.issuperset(ids)

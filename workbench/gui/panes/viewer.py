"""The viewer pane: the file in focus at its full size, its neighbours, and two side by side."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

from PySide6.QtCore import QSize, Signal
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QHBoxLayout, QPlainTextEdit, QStackedLayout, QToolButton, QVBoxLayout, QWidget

from workbench.core.errors import UserError
from workbench.core.filter import Filter
from workbench.core.records import State
from workbench.gui import icons
from workbench.gui.panes import wording
from workbench.gui.panes.viewer_load import Loaded, about, read_text, start_decoding
from workbench.gui.panes.zoned import ZonedPane
from workbench.gui.session import Session
from workbench.gui.tasks import Latest, result_of
from workbench.gui.texts import message_text, text
from workbench.gui.theme import Theme, set_role, set_surface
from workbench.gui.thumbs import decode
from workbench.gui.widgets.elide import ElidedLabel, tooltip_text
from workbench.gui.widgets.plain import PlainLabel
from workbench.gui.widgets.viewer import Viewer
from workbench.jobs.pool import Pixels, WorkerDied
from workbench.workspace import Focus

BUDGET = 40_000_000
"""Pixels that are decoded for the screen; larger pictures come smaller, and say so."""


class Sheet(QWidget):
    """One file on show: a picture, text, or words why there is neither."""

    def __init__(self, session: Session, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._theme = theme
        self._latest = Latest(session.tasks)
        self._held: Pixels | None = None
        """The image on show lies in this memory; a copy of 40 million pixels would be felt."""
        self.item: int | None = None
        self.name = ElidedLabel(theme, "", "base")
        self.note = PlainLabel()
        set_role(self.note, "dim")
        self.viewer = Viewer(theme)
        self.text = QPlainTextEdit()
        self.text.setReadOnly(True)
        self.text.setFont(theme.font("mono"))
        self.text.setAccessibleName(text("panes.viewer.text"))
        holder = QWidget(self)  # without it every page would be a window for a moment
        self.pages = QStackedLayout(holder)
        self.pages.addWidget(self.viewer)
        self.pages.addWidget(self.text)
        line = QHBoxLayout()
        line.setContentsMargins(16, 4, 16, 4)
        line.setSpacing(12)
        line.addWidget(self.name, 1)
        line.addWidget(self.note)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(line)
        column.addWidget(holder, 1)
        self.show_nothing()

    @property
    def busy(self) -> bool:
        """Is something on its way?"""
        return self._latest.busy

    def show_nothing(self) -> None:
        """No file is in focus."""
        self._latest.cancel()
        self.item = None
        self.name.set_text("")
        self.note.setText("")
        self.viewer.set_message("image", text("panes.viewer.nothing"), text("panes.viewer.nothing-text"))
        self.pages.setCurrentWidget(self.viewer)

    def show_item(self, item: int, *, again: bool = False) -> None:
        """Show a file; what is shown stays until the new one is there."""
        if item == self.item and not again:
            return
        self.item = item
        self._latest.start(self._load(item))

    def stop(self) -> None:
        """Drop what is under way."""
        self._latest.cancel()

    async def _load(self, item: int) -> None:
        found = await self._session.read(about, item)
        if found is None:
            self.show_nothing()
            return
        self.name.set_text(found.path)
        self.viewer.set_name(found.path)
        self.note.setText(self._facts(found))
        if found.sha256 is None or found.state != State.OK or found.kind != "image":
            await self._without_pixels(found)
            return
        self.pages.setCurrentWidget(self.viewer)
        preview = None if found.preview is None else decode(found.preview)
        if preview is not None:
            full = QSize(found.width or preview.width(), found.height or preview.height())
            self.viewer.set_image(preview, full)
        self.viewer.set_loading()
        await self._pixels(found, kept=preview is not None)

    async def _pixels(self, found: Loaded, *, kept: bool) -> None:
        try:
            future = await start_decoding(self._session, found, BUDGET)
            pixels = await result_of(future, _dropped)
        except UserError as error:
            self._say("undecodable", "undecodable", message_text(error.message))
            return
        except WorkerDied:
            self._say("undecodable", "undecodable", text("panes.viewer.worker-died"))
            return
        image = QImage(pixels.data, pixels.width, pixels.height, pixels.width * 4, QImage.Format.Format_RGB32)
        self.viewer.set_image(image, QSize(*pixels.full), keep=kept)
        self._held = pixels
        if pixels.damaged:
            self.note.setText(" · ".join([text("panes.viewer.damaged"), self._facts(found)]))
        elif pixels.width < pixels.full[0]:
            self.note.setText(" · ".join([text("panes.viewer.smaller"), self._facts(found)]))

    async def _without_pixels(self, found: Loaded) -> None:
        if found.kind == "text" and found.state == State.OK and found.sha256 is not None:
            shown = await self._session.read(read_text, found.sha256, found.charset)
            self.text.setPlainText(shown.text)
            self.pages.setCurrentWidget(self.text)
            notes = [text("panes.viewer.charset", charset=shown.charset)]
            if shown.cut:
                notes.append(text("panes.viewer.cut", size=wording.size(shown.shown), whole=wording.size(found.size)))
            self.note.setText(" · ".join([*notes, self._facts(found)]))
            return
        if found.state != State.OK:
            why = [message_text(each) for each in found.warnings]
            self._say(str(found.state), str(found.state), " ".join(why) or text(f"panes.state.{found.state}.text"))
        else:
            icon = found.kind if found.kind in ("video", "audio", "archive") else "unknown"
            self._say(icon, "no-view", text("panes.viewer.no-view-text", type=found.media_type or "–"))

    def _say(self, icon: str, code: str, words: str) -> None:
        self.viewer.set_message(icon if icon in icons.names() else "unknown", text(f"panes.state.{code}"), words)
        self.pages.setCurrentWidget(self.viewer)

    def _facts(self, found: Loaded) -> str:
        parts = []
        if found.width and found.height:
            parts.append(text("panes.pixels", width=found.width, height=found.height))
        parts.append(wording.size(found.size))
        return " · ".join(parts)


def _dropped(future: Future[Any]) -> None:
    future.cancel()


class ViewerPane(ZonedPane):
    """The file in focus. Next and previous follow the gallery, which listens to the two signals."""

    name = "viewer"
    tables = frozenset({"analysis"})
    next_requested = Signal()
    previous_requested = Signal()
    closed = Signal()

    def __init__(self, session: Session, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(session, theme, parent)
        self.locate: Callable[[int], tuple[int, int]] = lambda item: (0, 0)
        """Place of an item in the gallery, from 1, and how many there are: the window sets it."""
        self.left, self.right = Sheet(session, theme), Sheet(session, theme)
        self.right.hide()
        self._passing = False
        self.place = PlainLabel()
        set_role(self.place, "dim")
        self._build()
        for sheet, other in ((self.left, self.right), (self.right, self.left)):
            sheet.viewer.next_requested.connect(self.next_requested)
            sheet.viewer.previous_requested.connect(self.previous_requested)
            sheet.viewer.view_changed.connect(lambda one=sheet, two=other: self._pass_view(one, two))
        self.setFocusProxy(self.left.viewer)

    def _build(self) -> None:
        set_surface(self, "window")
        bar = QHBoxLayout()
        bar.setContentsMargins(10, 6, 10, 2)
        bar.setSpacing(2)
        self.back = self._button("gallery", "panes.viewer.back", self.closed.emit)
        self.previous = self._button("previous", "panes.viewer.previous", self.previous_requested.emit)
        self.next = self._button("next", "panes.viewer.next", self.next_requested.emit)
        self.fit = self._button("zoom-fit", "panes.viewer.fit", lambda: self.left.viewer.fit())
        self.one = self._button("zoom-one", "panes.viewer.one", lambda: self.left.viewer.one_to_one())
        self.compare = self._button("compare", "panes.viewer.compare", self._toggle_compare)
        self.compare.setCheckable(True)
        for button in (self.back, self.previous, self.next):
            bar.addWidget(button)
        bar.addWidget(self.place)
        bar.addStretch(1)
        for button in (self.compare, self.fit, self.one):
            bar.addWidget(button)
        sheets = QHBoxLayout()
        sheets.setContentsMargins(0, 0, 0, 0)
        sheets.setSpacing(1)
        sheets.addWidget(self.left, 1)
        sheets.addWidget(self.right, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(bar)
        column.addLayout(sheets, 1)

    def _button(self, icon: str, code: str, act: Callable[[], object]) -> QToolButton:
        button = QToolButton()
        icons.follow(button, icon, self.theme, 18)
        button.setToolTip(tooltip_text(text(code)))
        button.setAccessibleName(text(code))
        button.clicked.connect(lambda _checked=False: act())
        return button

    @property
    def busy(self) -> bool:
        return super().busy or self.left.busy or self.right.busy

    # what is shown

    async def refresh(self, asked: Filter) -> None:
        """States of files may be others after an analysis; a filter changes nothing here."""
        del asked
        if self.left.item is None:
            self.show_focus(self.session.workspace.focus)
        else:
            self.left.show_item(self.left.item, again=True)

    def _filter_changed(self, wanted: Filter) -> None:
        self._place()

    def show_focus(self, focus: object) -> None:
        if not self.isVisible():
            return
        if isinstance(focus, Focus) and focus.kind == "item":
            self.left.show_item(focus.id)
        elif self.left.item is None:
            self.left.show_nothing()
        self._show_second()
        self._place()

    def showEvent(self, event: object) -> None:
        super().showEvent(event)
        self.show_focus(self.session.workspace.focus)

    @property
    def item(self) -> int | None:
        """The file that is shown."""
        return self.left.item

    def _place(self) -> None:
        at, count = self.locate(self.left.item) if self.left.item is not None else (0, 0)
        known = at > 0
        self.place.setText(
            text("panes.viewer.place", at=wording.number(at), count=wording.number(count)) if known else ""
        )
        self.previous.setEnabled(not known or at > 1)
        self.next.setEnabled(not known or at < count)

    # compare

    def show_selection(self, kind: str) -> None:
        if kind == "item":
            self.compare.setEnabled(self._second() is not None or self.compare.isChecked())
            self._show_second()

    def _second(self) -> int | None:
        others = [each for each in self.session.workspace.selection("item")[:3] if each != self.left.item]
        return others[0] if others else None

    def _toggle_compare(self) -> None:
        self._show_second()

    def set_compare(self, on: bool) -> None:
        """Show the other selected file beside the one in focus, or no longer."""
        self.compare.setChecked(on)
        self._show_second()

    def _show_second(self) -> None:
        second = self._second()
        shown = self.compare.isChecked()
        self.right.setVisible(shown)
        if not shown:
            return
        if second is None:
            self.right.show_nothing()
            self.right.viewer.set_message(
                "compare", text("panes.viewer.no-second"), text("panes.viewer.no-second-text")
            )
        else:
            self.right.show_item(second)

    def _pass_view(self, one: Sheet, two: Sheet) -> None:
        """Zoom and pan go together; setting an equal view tells nothing back."""
        if self.compare.isChecked() and not self._passing and two.viewer.has_image():
            self._passing = True
            try:
                two.viewer.set_view(one.viewer.view())
            finally:
                self._passing = False

    def stop(self) -> None:
        super().stop()
        self.left.stop()
        self.right.stop()

"""The way from an address to the first look: where, what is there, by whose charter, with which manners.

Nothing is sent before *Look at it* is pressed, and then one probe: the start page, and the robots rules. Going back
keeps what was typed; another address is probed anew.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QSize, Qt, QTimer
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLineEdit,
    QProgressBar,
    QPushButton,
    QScrollArea,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from workbench.core.errors import Cancelled, UserError
from workbench.gui.dialogs.dialog import Dialog, Form, Words
from workbench.gui.dialogs.watch_forms import CharterForm, MannersForm, Spawn
from workbench.gui.dialogs.watch_found import FoundPage
from workbench.gui.settings import EXAMINER, Settings
from workbench.gui.tasks import result_of
from workbench.gui.texts import message_text, text
from workbench.gui.theme import Theme, set_role
from workbench.gui.watching import (
    Agreed,
    Charter,
    Manners,
    default_source,
    own_addresses,
    proxy_address,
    web_address,
)
from workbench.gui.widgets.plain import PlainLabel

if TYPE_CHECKING:
    from workbench.jobs.probe import Found
    from workbench.jobs.runner import Job

StartProbe = Callable[[str, str, str], "Job[Found]"]
"""Starts a probe of address, proxy and kind."""
KINDS = ("", "web", "webdav", "s3", "share", "ftp")
PAGES = ("where", "found", "charter", "manners")
SAY_MS = 150


class WherePage(QWidget):
    """The address, what the source is called, and through what it is reached."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self.url = QLineEdit(url)
        self.url.setPlaceholderText("http://192.0.2.20/files/")
        self.name = QLineEdit()
        self.proxy = QLineEdit()
        self.proxy.setPlaceholderText("socks5://127.0.0.1:9050")
        self.kind = QComboBox()
        for kind in KINDS:
            self.kind.addItem(text(f"watch.kind.{kind or 'any'}"), kind)
        form = Form()
        form.add("watch.url", self.url, "watch.url.help")
        form.add("watch.name", self.name, "watch.name.help")
        form.add("watch.proxy", self.proxy, "watch.proxy.help")
        form.add("watch.kind", self.kind, "watch.kind.help")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(form)
        column.addStretch(1)
        self.url.textChanged.connect(self._suggest)
        self._suggest()

    def _suggest(self) -> None:
        try:
            self.name.setPlaceholderText(default_source(web_address(self.url.text())))
        except UserError:
            self.name.setPlaceholderText("")

    def asked(self) -> tuple[str, str, str]:
        """Address, proxy, kind. Raises `UserError`."""
        return web_address(self.url.text()), proxy_address(self.proxy.text()), str(self.kind.currentData())

    def source(self) -> str:
        """What the source is called."""
        return " ".join(self.name.text().split()) or self.name.placeholderText()


class ProbePage(QWidget):
    """A probe is under way: what it is at, and a way to stop it."""

    def __init__(self, stop: Callable[[], object]) -> None:
        super().__init__()
        self.words = Words("", "heading")
        self.item = PlainLabel()
        set_role(self.item, "caption")
        self.bar = QProgressBar()
        self.bar.setRange(0, 0)
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName(text("window.progress"))
        self.stop = QPushButton(text("watch.probe.stop"))
        self.stop.setAutoDefault(False)
        self.stop.clicked.connect(lambda _checked=False: stop())
        row = QHBoxLayout()
        row.addWidget(self.stop)
        row.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(10)
        for widget in (self.words, self.bar, self.item):
            column.addWidget(widget)
        column.addLayout(row)
        column.addStretch(1)


class WatchAssistant(Dialog):
    """Four pages and a probe. `answer` gives `Agreed`."""

    def __init__(
        self,
        theme: Theme,
        settings: Settings,
        spawn: Spawn,
        probe: StartProbe,
        url: str = "",
        taken: frozenset[str] = frozenset(),
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(theme, "watch", text("watch.title"), "", 720, parent)
        self._settings, self._spawn, self._probe, self._taken = settings, spawn, probe, taken
        self._job: Job[Found] | None = None
        self._asked: tuple[str, str, str] | None = None
        self._gone = False
        self.found: Found | None = None
        self.step = PlainLabel()
        set_role(self.step, "caption")
        self.where = WherePage(url)
        self.probing = ProbePage(self.stop_probe)
        self.found_page = FoundPage(theme)
        self.charter = CharterForm(Charter(who=settings.get(EXAMINER)), first=True)
        self.manners = MannersForm(Manners(), settings, spawn)
        self.pages = QStackedWidget()
        self._areas = {
            name: scrolled(page, text(f"watch.page.{name}"))
            for name, page in zip(PAGES, (self.where, self.found_page, self.charter, self.manners), strict=True)
        }
        for area in self._areas.values():
            self.pages.addWidget(area)
        self.pages.addWidget(self.probing)
        self.body.addWidget(self.pages, 1)
        self.add_button("dialog.cancel", self.reject, left=True)
        self._footer.insertWidget(1, self.step)
        self.again = self.add_button("watch.probe.again", self.probe_again)
        self.back = self.add_button("watch.back", self.go_back)
        self.next = self.add_button("watch.next", self.accept, primary=True)
        self._say = QTimer(self, interval=SAY_MS)
        self._say.timeout.connect(self._say_probe)
        self._show("where")

    def sizeHint(self) -> QSize:
        return QSize(760, 650)

    def showEvent(self, event: QShowEvent) -> None:
        """As large as it likes to be where there is room: Qt would stop at two thirds of the screen."""
        room = self.screen().availableSize()
        self.resize(min(self.sizeHint().width(), room.width() - 40), min(self.sizeHint().height(), room.height() - 60))
        super().showEvent(event)

    @property
    def page(self) -> str:
        """The page that is shown: one of `PAGES`, or ``probing``."""
        shown = self.pages.currentWidget()
        return next((name for name, area in self._areas.items() if area is shown), "probing")

    # going through

    def _show(self, page: str) -> None:
        self.pages.setCurrentWidget(self.probing if page == "probing" else self._areas[page])
        number = PAGES.index("found" if page == "probing" else page) + 1
        self.heading.setText(text(f"watch.page.{'found' if page == 'probing' else page}"))
        self.step.setText(text("watch.step", number=number, count=len(PAGES)))
        self.about.setText(text(f"watch.page.{page}.about"))
        self.about.setVisible(bool(self.about.text()))
        self.back.setEnabled(page != "where")
        self.again.setVisible(page == "found")
        usable = page != "found" or (self.found is not None and self.found.state == "listing")
        self.next.setEnabled(page != "probing" and usable)
        self.next.setText(text({"where": "watch.probe.do", "manners": "watch.do"}.get(page, "watch.next")))
        self.show_problem("")
        self._focus(page)

    def _focus(self, page: str) -> None:
        first = {
            "where": self.where.url,
            "charter": self.charter.fields["who"],
            "manners": self.manners.rate,
            "probing": self.probing.stop,
            "found": self.next if self.next.isEnabled() else self.again,
        }[page]
        if page == "charter" and self.charter.fields["who"].text():
            first = self.charter.fields["why"]
        first.setFocus(Qt.FocusReason.OtherFocusReason)

    def accept(self) -> None:
        """One page on; from the last one, the answer."""
        page = self.page
        if page == "probing":
            return
        reason, where = self._check(page)
        self.show_problem(reason)
        if reason:
            if where is not None:
                where.setFocus(Qt.FocusReason.OtherFocusReason)
        elif page == "where":
            self._leave_where()
        elif page == "manners":
            self._remember()
            super().accept()
        elif self.next.isEnabled():
            self._show(PAGES[PAGES.index(page) + 1])

    def go_back(self) -> None:
        """One page back; what was typed stays."""
        if self.page == "probing":
            self.stop_probe()
            return
        if self.page != "where":
            self._show(PAGES[PAGES.index(self.page) - 1])

    def _check(self, page: str) -> tuple[str, QWidget | None]:
        if page == "where":
            try:
                web_address(self.where.url.text())
            except UserError as error:
                return message_text(error.message), self.where.url
            try:
                proxy_address(self.where.proxy.text())
            except UserError as error:
                return message_text(error.message), self.where.proxy
            if self.where.source() in self._taken:
                return text("watch.name.taken", name=self.where.source()), self.where.name
        if page == "found":
            return self.found_page.check(self.found), self.found_page.ignore
        if page == "charter":
            return self.charter.check()
        if page == "manners":
            return self.manners.check()
        return "", None

    # the probe

    def _leave_where(self) -> None:
        if self.found is not None and self._asked == self.where.asked():
            self._show("found")
        else:
            self.probe_again()

    def probe_again(self) -> None:
        """Ask the server now."""
        if self._job is None:
            self._spawn(self._run_probe())

    def stop_probe(self) -> None:
        """Ask no more; back to the address."""
        if self._job is not None:
            self._job.cancel()

    async def _run_probe(self) -> None:
        asked = self.where.asked()
        self.found, self._asked = None, None
        self._job = job = self._probe(*asked)
        self.probing.words.setText(text("watch.probe.running", host=default_source(asked[0])))
        self._show("probing")
        self._say_probe()
        self._say.start()
        found, problem = None, ""
        try:
            found = await result_of(job.future)
        except Cancelled:
            pass
        except UserError as error:
            problem = message_text(error.message)
        if self._gone:
            return
        self._say.stop()
        self._job = None
        if found is None:
            self._show("where")
            self.show_problem(problem)
            return
        self.found, self._asked = found, asked
        self.found_page.show_found(found)
        self._show("found")

    def _say_probe(self) -> None:
        if self._job is not None:
            step = self._job.step
            said = " · ".join(each for each in (text(step.what) if step.what else "", step.item) if each)
            metrics = self.probing.item.fontMetrics()
            self.probing.item.setText(metrics.elidedText(said, Qt.TextElideMode.ElideMiddle, 640))

    def done(self, code: int) -> None:
        """However it ends, a probe ends with it."""
        self._gone = True
        self._say.stop()
        self.stop_probe()
        super().done(code)

    # the answer

    def _remember(self) -> None:
        who = self.charter.charter().who
        if who and not self._settings.get(EXAMINER):
            self._settings.set(EXAMINER, who)

    def result_value(self) -> Any:
        """All that was agreed on."""
        from dataclasses import replace

        url, proxy, kind = self._asked or self.where.asked()
        if self.found is not None:
            url, kind = self.found.url or url, self.found.kind or kind
        manners = replace(
            self.manners.manners(),
            proxy=proxy,
            contact=self.charter.contact.text().strip(),
            robots=self.found_page.robots,
        )
        return Agreed(
            url=url,
            source=self.where.source(),
            kind=kind,
            manners=manners,
            charter=self.charter.charter(),
            own=own_addresses(self.charter.own.text()),
            anchors=self.manners.anchors.path,
        )


def scrolled(page: QWidget, name: str) -> QScrollArea:
    """A page that can be scrolled where the screen is low."""
    area = QScrollArea()
    area.setWidgetResizable(True)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    area.setAccessibleName(name)
    page.setContentsMargins(0, 0, 10, 0)
    area.setWidget(page)
    return area

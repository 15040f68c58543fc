"""In a language of brackets every text that is not data stands in brackets."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QComboBox,
    QLabel,
    QLineEdit,
    QMenu,
    QMenuBar,
    QTabWidget,
    QWidget,
)

from tests.gui.dialog_samples import samples
from tests.gui.robots import Run, WindowRobot, copy_case
from workbench.gui.texts import PseudoCatalogue
from workbench.gui.theme import Theme
from workbench.gui.widgets.elide import ElidedLabel
from workbench.gui.widgets.table import DataTable

DATA = re.compile(
    r"""
    ^[\W\d_]*$                                  # signs and numbers
    | ^UTC([+−]\d+)?$ | ^English$
    | Storage\ (watch|server) | 2024-01 | watch\. | upload | server | fresh | looks | xferlog | access\.log
    | ^K\.$ | ^[0-9a-f .:…×%]+$ | \.(png|wbcase|evidence|log) | ^/ | CC-BY | Traceback | case\.wbcase
    | ^(knife|letterhead|vpn|hosting|reserved|RGB|watch)$ | image/ | sha256 | Workbench\ \d | ^[A-Z]{2}$ | bundle
    | %[YmdHM] | ^(Asia|Europe)/ | Apache\ License | ^Enter$ | 192\.0\.2 | 203\.0 | Storage | ^K\.
    | ^nginx | ^GET | ^(socks5|https?|ftp): | 저장 | ^watch2?\. | 수정
    """,
    re.VERBOSE,
)


@pytest.fixture
def pseudo(qapp: QApplication) -> Iterator[None]:
    made = PseudoCatalogue(qapp)
    qapp.installTranslator(made)
    yield
    qapp.removeTranslator(made)


def words_of(top: QWidget) -> Iterator[tuple[str, str]]:
    """(where, text) of all that can be read below a widget."""
    for widget in (top, *top.findChildren(QWidget)):
        if widget.objectName().startswith(("qt_", "Scroll")):
            continue  # Qt's own inner parts, in the words of Qt's own catalogues
        where = f"{type(widget).__name__} {widget.objectName()} in {type(widget.parentWidget()).__name__}"
        yield where, widget.toolTip()
        yield where, widget.accessibleName()
        if isinstance(widget, QLabel | QAbstractButton):
            yield where, widget.text()
        if isinstance(widget, ElidedLabel):
            yield where, widget.text()
        if isinstance(widget, QLineEdit):
            yield where, widget.placeholderText()
        if isinstance(widget, QComboBox):
            yield from ((where, widget.itemText(row)) for row in range(widget.count()))
        if isinstance(widget, QTabWidget):
            yield from ((where, widget.tabText(tab)) for tab in range(widget.count()))
        if isinstance(widget, DataTable):
            yield from ((where, column.title) for column in widget.model.columns)
        if isinstance(widget, QMenu | QMenuBar):
            yield from ((where, action.text()) for action in widget.actions())
        if widget.isWindow():
            yield where, widget.windowTitle()


def plain(top: QWidget) -> list[str]:
    """Texts that did not go through the catalogue."""
    return sorted(
        {
            f"{where}: {words!r}"
            for where, words in words_of(top)
            if words and "[" not in words and "<p" not in words and not DATA.search(words.strip())
        }
    )


def test_the_window(
    pseudo: None, run: Run, theme: Theme, tmp_path: Path, template: Path, allowed_log: list[str]
) -> None:
    robot = WindowRobot(theme, tmp_path)

    async def scenario() -> None:
        await robot.show()
        assert not plain(robot.window)
        await robot.open(copy_case(template, tmp_path / "case"))
        robot.select(0)
        robot.act("show-activity")
        await robot.calm()
        assert not plain(robot.window)
        robot.act("view-image")
        await robot.calm()
        assert not plain(robot.window)
        titles = [action.text() for action in robot.window.actions_by_name if "[" not in action.text()]
        assert not titles
        await robot.close()

    run(scenario())


@pytest.mark.parametrize("name", sorted(samples(Theme(), Path())))
def test_dialogs(pseudo: None, qapp: QApplication, theme: Theme, tmp_path: Path, name: str) -> None:
    dialog = samples(theme, tmp_path)[name]()
    dialog.show()
    for _ in range(3):
        qapp.processEvents()
    assert not plain(dialog)
    assert dialog.windowFlags() & Qt.WindowType.Dialog
    dialog.close()
    dialog.deleteLater()

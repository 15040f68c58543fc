"""Everything that can have the keyboard has a name for those who do not see it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import QAbstractScrollArea, QApplication, QComboBox, QDialog, QLineEdit, QWidget

from tests.gui.dialog_samples import samples
from tests.gui.robots import Run, WindowRobot
from workbench.gui.theme import Theme


def focusable(top: QWidget) -> Iterator[QWidget]:
    """What the keyboard can reach, without the inner parts of combo boxes and dialogs of their own."""
    for widget in top.findChildren(QWidget):
        if widget.focusPolicy() == Qt.FocusPolicy.NoFocus or isinstance(widget, QDialog):
            continue
        if isinstance(widget, QLineEdit) and isinstance(widget.parentWidget(), QComboBox):
            continue
        if isinstance(widget.parentWidget(), QAbstractScrollArea) and widget.parentWidget().viewport() is widget:
            continue
        if not widget.isVisibleTo(top) or widget.objectName().startswith("qt_"):
            continue
        yield widget


def name_of(widget: QWidget) -> str:
    """What a screen reader says."""
    interface = QAccessible.queryAccessibleInterface(widget)
    return interface.text(QAccessible.Text.Name).strip() if interface is not None else ""


def unnamed(top: QWidget) -> list[str]:
    return [
        f"{type(widget).__name__} {widget.objectName()!r} in {type(widget.parentWidget()).__name__}"
        for widget in focusable(top)
        if not name_of(widget)
    ]


def test_the_window_without_a_case(run: Run, robot: WindowRobot) -> None:
    run(robot.show())
    assert list(focusable(robot.window))
    assert not unnamed(robot.window)


def test_the_window_with_a_case(run: Run, robot: WindowRobot, case: Path) -> None:
    async def scenario() -> None:
        await robot.open(case)
        robot.select(0)
        robot.act("show-activity")
        await robot.calm()
        assert not unnamed(robot.window)
        gallery = robot.window.panes["gallery"].gallery  # type: ignore[attr-defined]
        interface = QAccessible.queryAccessibleInterface(gallery)
        assert interface.childCount() >= 4
        robot.act("view-image")
        await robot.calm()
        assert not unnamed(robot.window)

    run(scenario())


def test_the_tab_key_goes_round_without_a_trap(run: Run, robot: WindowRobot, case: Path) -> None:
    async def scenario() -> None:
        await robot.open(case)
        met: list[QWidget] = []
        for _ in range(80):
            robot.press("Tab")
            now = QApplication.focusWidget()
            assert now is not None
            if met and now is met[0]:
                break
            met.append(now)
        panes = {name for name, pane in robot.window.panes.items() if any(pane.isAncestorOf(each) for each in met)}
        assert {"gallery", "files", "origins"} <= panes
        assert robot.window.filter_bar.search in met

    run(scenario())


@pytest.mark.parametrize("name", sorted(samples(Theme(), Path())))
def test_dialogs(qapp: QApplication, theme: Theme, tmp_path: Path, name: str) -> None:
    dialog = samples(theme, tmp_path)[name]()
    dialog.show()
    assert dialog.accessibleName()
    assert not unnamed(dialog)
    dialog.close()
    dialog.deleteLater()

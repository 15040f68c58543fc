"""The binding must not lose references: PySide6 6.12.0 drops one to None on every void call below Python 3.12."""

from __future__ import annotations

import sys

import pytest
from PySide6.QtWidgets import QProgressBar, QWidget


def test_void_calls_keep_none_alive(qtbot):
    widget, bar = QWidget(), QProgressBar()
    qtbot.addWidget(widget)
    qtbot.addWidget(bar)
    before = sys.getrefcount(None)
    for step in range(2000):
        widget.update()
        bar.setValue(step % 100)
    assert abs(sys.getrefcount(None) - before) < 50


@pytest.mark.parametrize("value", [True, False])
def test_signals_keep_booleans_alive(qtbot, value):
    widget = QWidget()
    qtbot.addWidget(widget)
    before = sys.getrefcount(value)
    for _ in range(2000):
        widget.setEnabled(value)
        widget.isEnabled()
    assert abs(sys.getrefcount(value) - before) < 50

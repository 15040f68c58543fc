"""The table of actions, settings and words: complete, and without two things on one key."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from PySide6.QtGui import QKeySequence

import workbench.gui
from workbench.case.operation import REGISTRY
from workbench.core.messages import catalogue
from workbench.gui import icons
from workbench.gui.actions import ACTIONS, ADDRESS_MENU, ITEM_MENU, MENUS, keys_shown
from workbench.gui.dialogs.shortcuts import MORE
from workbench.gui.settings import SETTINGS
from workbench.ops import anchors, facts, history, intake, logs, marks, networks

OPS = (anchors, facts, history, intake, logs, marks, networks)


def test_ids_and_keys_are_unique() -> None:
    ids = [spec.id for spec in ACTIONS]
    assert len(ids) == len(set(ids))
    keys = [QKeySequence(each).toString() for spec in ACTIONS for each in spec.keys]
    assert all(keys), "a key that Qt does not know"
    assert len(keys) == len(set(keys))


def test_every_action_is_in_a_menu_with_words_and_icon() -> None:
    texts = catalogue()
    for spec in ACTIONS:
        assert spec.menu in MENUS
        assert f"action.{spec.id}" in texts
        assert not spec.icon or spec.icon in icons.names()
    assert {*ITEM_MENU, *ADDRESS_MENU} <= {spec.id for spec in ACTIONS}


@pytest.mark.parametrize("menu", MENUS)
def test_mnemonics_of_a_menu_are_unique(menu: str) -> None:
    texts = catalogue()
    letters = [
        found[1].lower()
        for spec in ACTIONS
        if spec.menu == menu and (found := re.search(r"&(\w)", texts[f"action.{spec.id}"]))
    ]
    assert len(letters) == len(set(letters)), f"{menu}: {sorted(letters)}"


def test_mnemonics_of_the_menu_bar_are_unique() -> None:
    letters = [re.search(r"&(\w)", catalogue()[f"menu.{menu}"]) for menu in MENUS]
    found = [each[1].lower() for each in letters if each]
    assert len(found) == len(set(found)) == len(MENUS)


def test_keys_are_shown_as_the_system_writes_them() -> None:
    assert keys_shown(next(spec for spec in ACTIONS if spec.id == "new")) == "Ctrl+N"


def test_every_setting_has_words() -> None:
    texts = catalogue()
    for setting in SETTINGS:
        assert f"setting.{setting.key}" in texts
        assert f"setting.{setting.key}.help" in texts
        for choice in setting.choices:
            assert f"setting.{setting.key}.{choice}" in texts


def test_every_op_has_words_with_and_without_arguments() -> None:
    assert OPS
    missing = [name for name in REGISTRY if f"op.{name}" not in catalogue() or f"op.{name}.plain" not in catalogue()]
    assert not missing


def test_every_code_that_the_window_asks_for_is_in_the_catalogue() -> None:
    texts = catalogue()
    missing: dict[str, str] = {}
    for file in Path(workbench.gui.__path__[0]).rglob("*.py"):
        for code in re.findall(r'(?<![\w.])(?:text|word)\(\s*"([a-z][\w.-]+)"', file.read_text(encoding="utf-8")):
            if code not in texts and f"widgets.{code}" not in texts:
                missing[code] = file.name
    assert not missing


def test_keys_that_are_no_actions_have_words() -> None:
    assert all(f"key.{name}" in catalogue() and f"key.{name}.does" in catalogue() for name in MORE)

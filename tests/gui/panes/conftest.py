from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.gui.panes.robots import Desk, copy_of, make_template
from tests.gui.robots import Run, drain
from workbench.gui.theme import Theme


@pytest.fixture(scope="session")
def panes_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A closed case that tests copy."""
    return make_template(tmp_path_factory.mktemp("panes"))


@pytest.fixture
def path(panes_template: Path, tmp_path: Path) -> Path:
    """The case of one test."""
    return copy_of(panes_template, tmp_path / "case")


@pytest.fixture
def desk(run: Run, theme: Theme) -> Iterator[Desk]:
    """Panes without a case yet."""
    made = Desk(theme)
    yield made
    run(made.close())
    drain()

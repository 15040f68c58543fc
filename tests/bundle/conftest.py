from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.bundle.building import full_case
from workbench.bundle.write import write_bundle
from workbench.case.case import Case, open_case
from workbench.core.filter import Filter


@pytest.fixture(scope="session")
def made_case(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a case with something of everything, closed."""
    folder = tmp_path_factory.mktemp("case")
    full_case(folder).close()
    return folder


@pytest.fixture
def case(made_case: Path, tmp_path: Path) -> Iterator[Case]:
    """A copy of it, open."""
    shutil.copytree(made_case, tmp_path / "work")
    with open_case(tmp_path / "work" / "test.wbcase") as opened:
        yield opened


@pytest.fixture(scope="session")
def whole(made_case: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A whole bundle of it. Tests that change it copy it first."""
    out = tmp_path_factory.mktemp("whole") / "bundle"
    with open_case(made_case / "test.wbcase", write=False) as opened:
        write_bundle(opened, out, Filter())
    return out


@pytest.fixture
def copied(whole: Path, tmp_path: Path) -> Path:
    """A bundle that may be changed."""
    shutil.copytree(whole, tmp_path / "bundle")
    return tmp_path / "bundle"

"""The tree that is served, made once, and where the program of these tests keeps its crash reports."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.running import run
from tests.servers.running import place
from tests.servers.tree import Tree, build, planned


@pytest.fixture(scope="session", autouse=True)
def _state_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))
        yield


@pytest.fixture(scope="session")
def tree() -> Tree:
    """What `served` holds."""
    return planned()


@pytest.fixture(scope="session")
def served(tree: Tree) -> Iterator[Path]:
    """The 500 files, not to be changed."""
    with place("tree") as folder:
        build(folder, tree)
        yield folder


@pytest.fixture
def root() -> Iterator[Path]:
    """An empty folder that a server can show and a test can change."""
    with place("root") as folder:
        yield folder


@pytest.fixture
def case(tmp_path: Path) -> Path:
    """A new case."""
    run("new", tmp_path / "a.wbcase", "--examiner", "Kim")
    return tmp_path / "a.wbcase"

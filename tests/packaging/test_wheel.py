"""The wheel holds the program and everything that it ships, and finds it from a zip and from a folder."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built by the build backend itself: no network, no isolation."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=300)
    assert result.returncode == 0, result.stderr
    (built,) = folder.glob("*.whl")
    return built


def shipped() -> dict[str, bytes]:
    folder = ROOT / "resources"
    skipped = {"__pycache__", ".DS_Store"}
    files = (path for path in folder.rglob("*") if path.is_file() and not skipped & set(path.parts))
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def test_the_wheel_is_pure_and_named_as_the_project(wheel: Path) -> None:
    assert wheel.name.startswith("investigation_workbench-")
    assert wheel.name.endswith("-py3-none-any.whl")


def test_every_resource_is_inside_unchanged(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        inside = {
            name.removeprefix("workbench/_resources/"): archive.read(name)
            for name in archive.namelist()
            if name.startswith("workbench/_resources/") and not name.endswith("/")
        }
    notice = inside.pop("NOTICE")
    assert notice == (ROOT / "NOTICE").read_bytes()
    assert inside == shipped()


def test_every_module_and_both_licence_files_are_inside(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    modules = {path.relative_to(ROOT).as_posix() for path in (ROOT / "workbench").rglob("*.py")}
    assert modules <= names
    assert {Path(name).name for name in names if "/licenses/" in name} == {"LICENSE", "NOTICE"}
    assert not [name for name in names if name.startswith(("tests/", "packaging/"))]


ASK = """
import sys
sys.path.insert(0, sys.argv[1])
import workbench
from workbench.core.resources import resource
assert workbench.__file__.startswith(sys.argv[1]), workbench.__file__
for name in sys.stdin.read().splitlines():
    assert resource(*name.split("/")).is_file(), name
print(len(resource("NOTICE").read_bytes()))
"""


@pytest.mark.parametrize("form", ["zip", "folder"])
def test_resources_are_found_when_run_from_the_wheel(wheel: Path, tmp_path: Path, form: str) -> None:
    place = wheel
    if form == "folder":
        place = tmp_path / "unpacked"
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(place)
    names = "\n".join(shipped())
    command = [sys.executable, "-I", "-c", ASK, str(place)]
    result = subprocess.run(command, cwd=tmp_path, input=names, capture_output=True, text=True, check=False, timeout=60)
    assert result.returncode == 0, result.stderr
    assert int(result.stdout) == (ROOT / "NOTICE").stat().st_size

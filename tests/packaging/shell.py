"""What the tests of the set-up scripts share: a quiet shell, fakes, and a checkout that needs no network."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGING = ROOT / "packaging"
LOCKS = sorted(PACKAGING.glob("requirements*.txt"))

# Sources the checkout's set-up and replaces the steps that need a network by ones that only note that they ran.
SEAMS = """
. "$PWD/packaging/setup.sh"
step() { shift; "$@" || exit 1; }
install_locked() { echo locked >>did; }
install_locked_development() { echo development >>did; test ! -e broken; }
install_project() { echo project >>did; }
set_up "$1"
"""

# Plays `python -m venv FOLDER`; the environment's own Python only knows its version.
MAKES_ENVIRONMENTS = """
case "$2" in
  venv) echo create >>did; mkdir "$3/bin"; printf '#!/bin/sh\\necho 3.11\\n' >"$3/bin/python"; chmod +x "$3/bin/python"
    test ! -e killed ;;
esac
"""


def bash(script: str, cwd: Path, path: Path | None = None, **env: str) -> subprocess.CompletedProcess[str]:
    """Runs a script with only PATH of the caller's settings, optionally with a folder of fakes in front of it."""
    search = os.environ["PATH"] if path is None else f"{path}{os.pathsep}{os.environ['PATH']}"
    settings = {"PATH": search, "HOME": str(cwd), "LC_ALL": "C.UTF-8", **env}
    command = [shutil.which("bash") or "bash", "-c", script]
    return subprocess.run(command, cwd=cwd, env=settings, capture_output=True, text=True, check=False, timeout=60)


def fake(folder: Path, name: str, body: str) -> None:
    """A program of that name that does what the lines say."""
    folder.mkdir(exist_ok=True)
    program = folder / name
    program.write_text(f"#!/bin/sh\n{body}\n")
    program.chmod(0o755)


def copy_checkout(folder: Path) -> Path:
    """The scripts, the locks and the project file, in a folder of their own."""
    (folder / "packaging").mkdir(parents=True)
    for path in [*(PACKAGING / name for name in ("setup.sh", "run", "test")), *LOCKS]:
        shutil.copy(path, folder / "packaging" / path.name)
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder


def set_up_with_seams(checkout: Path, purpose: str) -> subprocess.CompletedProcess[str]:
    """Runs the real set-up; only making an environment and installing into it is played."""
    fake(checkout / "fakes", "python-fake", MAKES_ENVIRONMENTS)
    settings = {"WORKBENCH_NO_SYSTEM": "1", "WORKBENCH_PYTHON": "python-fake"}
    return bash(f"set -- {purpose}\n{SEAMS}", checkout, checkout / "fakes", **settings)

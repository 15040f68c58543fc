"""Heavy parts are imported when they are needed, and no sooner."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


def loaded(statement: str) -> set[str]:
    script = f"{statement}\nimport sys, json; print(json.dumps([*sys.modules]))"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, check=True, timeout=60)
    return set(json.loads(done.stdout.splitlines()[-1]))


@pytest.mark.parametrize(
    ("statement", "never"),
    [
        (
            "import workbench.core.records, workbench.core.times, workbench.core.filter, workbench.core.messages",
            {"numpy", "sqlite3", "PIL"},
        ),
        ("import workbench.case.case", {"sqlite_utils", "PIL", "PySide6", "jinja2", "cryptography"}),
        ("import workbench.queries.files, workbench.ops.marks", {"sqlite_utils", "PIL", "PySide6"}),
        ("import workbench.jobs.intake, workbench.jobs.logs", {"PIL", "PySide6", "cryptography"}),
        ("import workbench.jobs.worker", {"numpy", "PIL", "sqlite3", "PySide6"}),
        ("import workbench.workspace", {"numpy", "sqlite3", "PySide6"}),
    ],
)
def test_what_is_not_imported(statement: str, never: set[str]) -> None:
    assert loaded(statement) & never == set()

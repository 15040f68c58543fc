"""Run the command line in this process, and read what it printed."""

from __future__ import annotations

import io
import json
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from typing import Any

from workbench.cli.main import main


@dataclass(frozen=True)
class Ran:
    """What a command came to."""

    code: int
    out: str
    err: str

    @property
    def rows(self) -> list[dict[str, Any]]:
        """JSON Lines."""
        return [json.loads(line) for line in self.out.split("\n") if line]

    @property
    def object(self) -> dict[str, Any]:
        """The one object of a command that acts."""
        rows = self.rows
        assert len(rows) == 1, self.out
        return rows[0]


def run(*words: object, code: int | None = 0) -> Ran:
    """One command. Fails when it does not end with `code` (null: any)."""
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        got = main([str(word) for word in words])
    ran = Ran(got, out.getvalue(), err.getvalue())
    assert code is None or got == code, f"exit code {got}: {ran.err}{ran.out}"
    assert "Traceback" not in ran.err
    return ran


def listed(*words: object) -> list[dict[str, Any]]:
    """The rows of a list."""
    return run(*words, "--json").rows

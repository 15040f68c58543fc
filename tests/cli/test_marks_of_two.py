"""Two reviewers on one file: whose decision is the current one."""

from __future__ import annotations

from pathlib import Path

from tests.cli.running import listed, run


def test_the_latest_decision_counts_whoever_made_it(tmp_path: Path) -> None:
    case, file = tmp_path / "a.wbcase", tmp_path / "note.txt"
    file.write_text("seen by two")
    run("new", case, "--examiner", "Ann")
    run("add", case, file)
    own = listed("files", case)[0]["sha256"]

    def verdicts(*words: str) -> list[str | None]:
        return [row["verdict"] for row in listed("files", case, *words)]

    run("mark", case, own, "--verdict", "relevant", "--actor", "Ann")
    run("mark", case, own, "--verdict", "not-relevant", "--actor", "Bob")
    assert verdicts() == ["not-relevant"]
    assert verdicts("--actor", "Ann") == ["relevant"]
    assert verdicts("--verdict", "relevant") == []
    run("mark", case, own, "--verdict", "unseen", "--actor", "Ann")
    assert verdicts() == [None]
    assert verdicts("--verdict", "unseen") == [None]
    run("undo", case, "--actor", "Ann")
    assert verdicts("--actor", "Ann") == ["relevant"]

"""From nothing to a verified bundle by the command line alone, and the window drawn on the same case."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests.gui.robots import LOG, draw

pytestmark = pytest.mark.slow


def workbench(*arguments: object, home: Path, code: int = 0) -> subprocess.CompletedProcess[str]:
    """Run the program as a person does, in a home of its own."""
    environment = os.environ | {
        "HOME": str(home),
        "XDG_CONFIG_HOME": str(home / "config"),
        "XDG_DATA_HOME": str(home / "data"),
        "QT_QPA_PLATFORM": "offscreen",
        "TZ": "Asia/Pyongyang",
        "LC_ALL": "C.UTF-8",
    }
    done = subprocess.run(
        [sys.executable, "-m", "workbench", *map(str, arguments)],
        capture_output=True,
        text=True,
        env=environment,
        timeout=120,
        check=False,
    )
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    return done


def answer(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    return dict(json.loads(done.stdout))


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("e2e")


@pytest.fixture(scope="module")
def case(place: Path) -> Path:
    """new → add → logs."""
    made = place / "watch.wbcase"
    log = place / "access.log"
    log.write_text(LOG, encoding="utf-8")
    workbench("new", made, "--title", "Storage watch", "--examiner", "K.", home=place)
    added = answer(workbench("add", made, draw(place / "server"), "--scope", "complete", "--json", home=place))
    assert added["sightings"] == 4
    assert added["new_objects"] == 4
    read = answer(workbench("logs", made, log, "--json", home=place))
    assert read["events"] == 3
    return made


def test_a_case_becomes_a_bundle_that_verifies(case: Path, place: Path) -> None:
    out = place / "bundle"
    written = answer(workbench("bundle", case, out, "--for", "A reader", "--json", home=place))
    assert written["objects"] >= 4
    assert answer(workbench("verify", case, "--json", home=place))["ok"] is True
    assert answer(workbench("verify", out, "--json", home=place))["ok"] is True
    payload = next(path for path in (out / "data" / "evidence").rglob("*") if path.is_file() and path.stat().st_size)
    payload.chmod(0o600)
    payload.write_bytes(payload.read_bytes()[:-1] + b"~")
    broken = workbench("verify", out, "--json", home=place, code=1)
    assert answer(broken)["problems"]


@pytest.mark.parametrize(("theme", "size"), [("light", (1440, 900)), ("dark", (1024, 700))])
def test_the_window_draws_itself(case: Path, place: Path, theme: str, size: tuple[int, int]) -> None:
    picture = place / f"{theme}.png"
    asked = f"{size[0]}x{size[1]}"
    workbench("open", case, "--screenshot", picture, "--size", asked, "--theme", theme, home=place)
    with Image.open(picture) as image:
        assert image.size == size
        colours = image.convert("RGB").getcolors(maxcolors=1 << 24)
    assert colours is not None
    assert len(colours) > 200
    ground = max(colours)[1]
    assert (sum(ground) > 384) == (theme == "light")


def test_a_picture_of_no_case_is_refused_in_one_sentence(place: Path) -> None:
    other = place / "other.wbcase"
    other.write_text("no case", encoding="utf-8")
    done = workbench("open", other, "--screenshot", place / "no.png", home=place, code=2)
    assert "is not a Workbench case" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert not (place / "no.png").exists()


def test_a_pane_that_is_not_there_is_refused(case: Path, place: Path) -> None:
    done = workbench("open", case, "--screenshot", place / "no.png", "--pane", "kitchen", home=place, code=2)
    assert "kitchen" in done.stderr

"""Real pictures of every format, whole and hostile, as one case: every file listed, in the right state, in bounds."""

from __future__ import annotations

import os
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from tests.conftest import START, Clock
from tests.shared import shared_data
from workbench.analyze.similar import distances, groups
from workbench.case.case import Case, create
from workbench.core.filter import Filter
from workbench.core.progress import Progress
from workbench.jobs import intake
from workbench.jobs.intake import Order, Outcome
from workbench.jobs.pool import Pool
from workbench.queries import files, similar
from workbench.queries.verify import verify

SETS = (
    "comics-peppercarrot",
    "exif-orientation",
    "formats-avif",
    "formats-image-rs",
    "formats-pillow",
    "formats-psd",
    "hostile-images",
)
MOST = 1_500_000_000
"""Bytes that all processes may hold together."""


class Memory:
    """Samples what this process and its workers hold, page by page shared ones counted once each."""

    def __init__(self, pool: Pool) -> None:
        self.pool = pool
        self.most = 0

    def sample(self) -> int:
        return sum(_held(pid) for pid in (os.getpid(), *self.pool.processes))

    @contextmanager
    def watched(self) -> Iterator[None]:
        stop = threading.Event()

        def watch() -> None:
            while not stop.wait(0.1):
                self.most = max(self.most, self.sample())

        thread = threading.Thread(target=watch)
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join()


def _held(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:")), 0)


class World:
    def __init__(self, case: Case, outcome: Outcome, memory: Memory, roots: list[Path]) -> None:
        self.case, self.outcome, self.memory = case, outcome, memory
        self.rows = case.ask(lambda reader: list(files.rows(reader, Filter())))
        self.by_path = {path: row for row in self.rows for path in row["paths"]}
        self.on_disk = {
            f"{root.name}/{path.relative_to(root)}": path
            for root in roots
            for path in root.rglob("*")
            if path.is_file()
        }

    def object(self, path: str) -> int:
        sha256 = bytes.fromhex(self.by_path[path]["sha256"])
        return int(self.case.ask(lambda reader: reader.value("SELECT id FROM object WHERE sha256 = ?", (sha256,))))


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    roots = [shared_data(each) for each in SETS]
    with Pool(2) as pool, create(tmp_path_factory.mktemp("real") / "real", clock=Clock(START)) as case:
        memory = Memory(pool)
        with memory.watched():
            outcome = intake.add(case, roots, Order("real"), pool, Progress())
        yield World(case, outcome, memory, roots)


pytestmark = pytest.mark.slow


def test_every_file_is_listed_once(real: World) -> None:
    paths = Counter(path for row in real.rows for path in row["paths"])
    expected = {path for path in real.on_disk if not path.endswith((".zip", ".tar"))}
    assert expected <= set(paths)
    assert set(paths.values()) == {1}
    hashes = [row["sha256"] for row in real.rows]
    assert len(hashes) == len(set(hashes))
    print(f"{len(real.on_disk)} files, {len(real.rows)} rows, {Counter(row['state'] for row in real.rows)}")
    assert real.case.ask(verify).problems == ()


def test_whole_pictures_are_ok_and_broken_ones_cost_a_warning(real: World) -> None:
    comics = [
        row
        for path, row in real.by_path.items()
        if path.startswith("comics-peppercarrot/") and path.endswith((".jpg", ".png"))
    ]
    assert comics
    assert {row["state"] for row in comics} == {"ok"}
    assert all(row["width"] and row["height"] for row in comics)
    broken = [row for row in real.rows if row["state"] in ("undecodable", "too-large")]
    assert broken
    assert all(row["warnings"] for row in broken)
    for path, row in real.by_path.items():
        assert (row["state"] == "empty") == (row["size"] == 0), path


def test_memory(real: World) -> None:
    print(f"at most {real.memory.most / 1e6:.0f} MB in all processes")
    assert 0 < real.memory.most < MOST


def test_pictures_in_every_orientation_stand_upright_and_near_each_other(real: World) -> None:
    pictures = {
        path: row
        for path, row in real.by_path.items()
        if path.startswith("exif-orientation/") and path.endswith(".jpg")
    }
    assert pictures
    prints = real.case.ask(similar.fingerprints)
    for shape in ("Landscape", "Portrait"):
        own = {path: row for path, row in pictures.items() if shape.lower() in path.lower()}
        if not own:
            continue
        assert all((row["width"] > row["height"]) == (shape == "Landscape") for row in own.values())
        at = [int(np.flatnonzero(prints.objects == real.object(path))[0]) for path in own]
        worst = max(int(distances(prints.hashes[at], int(prints.hashes[each])).max()) for each in at)
        print(f"{shape}: {len(own)} pictures, at most {worst} bits apart")
        assert worst <= 6


def test_the_hopper_files_are_one_group(real: World) -> None:
    prints = real.case.ask(similar.fingerprints)
    found = groups(prints.hashes, prints.quality)
    members = {int(prints.objects[each]): number for number, group in enumerate(found) for each in group}
    hoppers = {
        path: row
        for path, row in real.by_path.items()
        if path.startswith("formats-pillow/hopper") and row["state"] == "ok" and row["width"] and row["width"] >= 64
    }
    numbers = Counter(members.get(real.object(path), -1) for path in hoppers)
    (group, count), *_ = numbers.most_common(1)
    apart = sorted(path for path in hoppers if members.get(real.object(path), -1) != group)
    print(f"{count} of {len(hoppers)} hopper files in one group; apart: {apart}")
    assert group != -1
    assert len(hoppers) - count <= 3

"""What arrived whole and was not recorded yet when a look was killed: it is noted, and is not asked for again."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.jobs.processes import FETCH, Many, children, linux_only
from tests.jobs.test_pool import gone, waits
from tests.jobs.test_watch import asked, fetched, looked
from tests.servers.raw import Asked, Raw, raw_server
from tests.watch.looking import REPOSITORY, contents, looking, sightings, sound
from workbench.case.case import Case, open_case
from workbench.case.evidence import Evidence
from workbench.case.journal import SUFFIX
from workbench.core.errors import Cancelled
from workbench.core.progress import Progress
from workbench.core.times import HOUR
from workbench.jobs import watch as module
from workbench.jobs.filing import WINDOW
from workbench.jobs.plan import Plan
from workbench.jobs.watch import look
from workbench.jobs.wish import noted

FILES = 100


def notes(evidence: Path) -> list[Path]:
    return sorted(evidence.joinpath("partial").glob(f"*{SUFFIX}"))


def arrived(evidence: Path) -> dict[str, bytes]:
    """What notes of any look say: which file it is, and the SHA-256 of its bytes."""
    found = {}
    for stem in {each.name.rsplit("-", 2)[0] for each in notes(evidence)}:
        for note in Evidence(evidence).notes(stem):
            _, what = noted(note)
            assert what.stored is not None
            found["/" + what.exchanges[-1].exchange.url.rpartition("/")[2]] = what.stored.sha256
    return found


def going_on(path: Path, server: Raw) -> None:
    """Go on with the look to its end, in this process."""
    with open_case(path, allow_risky=True) as case:
        done = looked(case, server)
    assert (done.snapshot, done.status) == (1, "complete")


class Holding(Many):
    """Answers no request for one of the files."""

    def __init__(self, count: int) -> None:
        super().__init__(count)
        self.held = ""
        self.before = self._hold

    def _hold(self, asked: Asked) -> None:
        while asked.target == self.held:
            asked.wait(0.05)


@pytest.fixture
def site() -> Holding:
    return Holding(FILES)


@pytest.fixture
def server(site: Holding) -> Iterator[Raw]:
    with raw_server(site.answer) as server:
        yield server


@linux_only
def test_a_look_that_is_killed_asks_for_nothing_again_that_had_come_whole(
    case: Path, server: Raw, site: Holding
) -> None:
    evidence = case.with_suffix(".evidence")
    targets = [f"/{name}" for name in site.files]

    site.held = targets[60]  # so far on that processes fetch; whatever comes after it waits for it, to be recorded
    with looking(case, server.url, "--source", "server") as going:
        assert waits(lambda: site.held in fetched(server) and site.whole == 60 + WINDOW - 1, 30), going.said()
        assert waits(lambda: len(arrived(evidence)) == 60 + WINDOW - 1), going.said()
        processes = children(FETCH, going.process.pid)
        going.kill()
    assert len(processes) == module.PARALLEL
    assert all(gone(each) for each in processes)
    assert set(fetched(server)) - set(arrived(evidence)) == {targets[60]}
    assert set(targets[61 : 60 + WINDOW]) <= set(arrived(evidence)), "some that cannot have been recorded"

    damaged = arrived(evidence)[targets[70]].hex()
    (place,) = evidence.joinpath("objects").glob(f"*/{damaged}")
    place.chmod(0o600)
    place.write_bytes(b"something else")
    server.asked.clear()
    site.held = ""
    going_on(case, server)
    assert sorted(fetched(server)) == sorted([targets[60], targets[70], *targets[60 + WINDOW :]])
    assert notes(evidence) == []
    assert len(sightings(case)) == FILES
    assert len(set(contents(case).values())) == FILES
    sound(case)


@linux_only
def test_a_file_that_came_at_the_second_try_is_recorded_as_a_whole_or_not_at_all(case: Path) -> None:
    site = Many(4)
    refused: list[str] = []

    def answer(asked: Asked) -> None:
        if asked.target == "/001.bin" and not refused:
            refused.append(asked.target)
            asked.answer(b"", 503)
        else:
            site.answer(asked)

    with raw_server(answer) as server:
        words = [sys.executable, "-m", "tests.watch.dying", str(case), server.url]
        died = subprocess.run(words, cwd=REPOSITORY, capture_output=True, timeout=60, check=False)
        assert died.returncode == -signal.SIGKILL, died.stderr
        going_on(case, server)
        assert fetched(server).count("/001.bin") == 2
    sound(case)


# notes of a look, and how long they stay


def cut_off(case: Case, server: Raw, site: Many, after: int) -> None:
    progress = Progress()

    def stop(_asked: Asked) -> None:
        if site.whole >= after:
            progress.cancel()

    site.before = stop
    with pytest.raises(Cancelled):
        look(case, Plan(server.url, "server", rate=0, analyze=False), None, progress)
    site.before = None


@pytest.mark.parametrize("rate", [0, 1000])
def test_notes_are_there_while_a_look_lasts_and_gone_at_its_end(new_case: Callable[..., Case], rate: float) -> None:
    case, site = new_case(), Many(5)
    seen: list[int] = []
    site.before = lambda asked: seen.append(len(arrived(case.evidence.folder))) if asked.target == "/004.bin" else None
    with raw_server(site.answer) as server:
        looked(case, server, rate=float(rate))
    assert seen[0] >= (4 if rate else 1)
    assert list(case.evidence.folder.joinpath("partial").iterdir()) == []


def test_a_look_that_was_cut_off_long_ago_leaves_no_notes_to_the_next_one(
    new_case: Callable[..., Case], monkeypatch: pytest.MonkeyPatch
) -> None:
    case, site = new_case(), Many(12)
    with raw_server(site.answer) as server:
        cut_off(case, server, site, 8)
        assert notes(case.evidence.folder)
        monkeypatch.setattr(module, "STALE", -HOUR)
        server.asked.clear()
        left: list[int] = []
        site.before = lambda asked: left.append(len(notes(case.evidence.folder))) if asked.target == "/" else None
        done = looked(case, server, trust="never")
    assert left == [0]
    assert len(fetched(server)) == 12
    assert (done.snapshot, done.status, done.sightings) == (2, "complete", 12)
    assert notes(case.evidence.folder) == []


def test_notes_of_one_look_are_of_no_use_to_a_look_at_another_server(new_case: Callable[..., Case]) -> None:
    case, site, other = new_case(), Many(12), Many(12)
    with raw_server(site.answer) as server, raw_server(other.answer) as elsewhere:
        cut_off(case, server, site, 8)
        kept = notes(case.evidence.folder)
        done = looked(case, elsewhere, source="other")
        assert len(fetched(elsewhere)) == 12
        assert notes(case.evidence.folder) == kept
        assert looked(case, server).status == done.status == "complete"
    assert notes(case.evidence.folder) == []


def test_a_note_that_cannot_be_read_costs_its_file_only(new_case: Callable[..., Case]) -> None:
    case, site = new_case(), Many(12)
    with raw_server(site.answer) as server:
        cut_off(case, server, site, 8)
        stem = notes(case.evidence.folder)[0].name.rsplit("-", 2)[0]
        journal = case.evidence.journal(stem, 10)
        for note in (b"", b"no note", (2).to_bytes(4, "big") + b"{}"):
            journal.add(note)
        journal.close()
        done = looked(case, server)
    assert (done.status, done.sightings) == ("complete", 12)
    assert asked(case, "SELECT count(*) FROM snapshot") == [(1,)]

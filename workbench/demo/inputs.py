"""Write the inputs of the demonstration case: thirty looks at an invented server, its access log, and the truth.

The folder that is written:

``looks/2024-01-DD/``       one folder a complete look (29 of them); equal files are hard links where possible
``looks-failed/2024-01-DD/`` what the failed look got before the server stopped answering
``access.log``              the server's log of January, combined format, UTC
``invented-networks.csv``   who the documentation addresses belong to
``truth.json``              see `truth.Truth`
``README.txt``              that all of it is invented

The bytes are the same on every run; across machines they are with the same release of Pillow.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from workbench.core.errors import UserError
from workbench.core.progress import Progress
from workbench.demo.contents import Content, make_bytes
from workbench.demo.networks import EXCEPTIONS, OWN, networks_csv
from workbench.demo.story import ACTIVE, CLOSED, DAYS, FAILED, LOOK_HOUR, LUNCH, MISSED, Act, Plot, seconds, write_plot
from workbench.demo.traffic import FULL_LINES, Traffic
from workbench.demo.truth import Arrival, DayChanges, Truth
from workbench.demo.words import INVENTED

README = f"""{INVENTED}

Everything in this folder is invented and drawn by a program: the server, the series, the studios, the people, the
addresses (RFC 5737, RFC 3849), the system numbers (RFC 5398) and their names. It shows a month of January 2024 as an
investigator might have seen it, so that Workbench can be tried and tested without real evidence.

本文件夹的全部内容均为虚构。
이 폴더의 모든 내용은 가상입니다.
"""


@dataclass
class Version:
    """One file as it stands on the server."""

    number: int
    content: Content
    modified: int
    sha256: str
    size: int
    address: str | None
    written: Path | None = None
    first_seen: date | None = None


def _text_time(time: int) -> str:
    return datetime.fromtimestamp(time, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class _Store:
    """Draws each content once and remembers where its bytes lie."""

    def __init__(self, pool: Path, progress: Progress) -> None:
        self.pool, self.progress = pool, progress
        self.known: dict[Content, tuple[str, int, Path]] = {}
        pool.mkdir(parents=True)

    def get(self, content: Content) -> tuple[str, int, Path]:
        """SHA-256, size and the file that holds the bytes."""
        if content not in self.known:
            self.progress.update(done=len(self.known))
            data = make_bytes(content)
            path = self.pool / str(len(self.known))
            path.write_bytes(data)
            self.known[content] = hashlib.sha256(data).hexdigest(), len(data), path
        return self.known[content]


def _place(version: Version, source: Path, target: Path) -> None:
    """Put a version into a look: a hard link to its first appearance, else a copy; its own modified time either way."""
    target.parent.mkdir(parents=True, exist_ok=True)
    if version.written is not None:
        try:
            os.link(version.written, target)
        except OSError:
            shutil.copy2(version.written, target)
        return
    shutil.copyfile(source, target)
    os.utime(target, (version.modified, version.modified))
    version.written = target


def _apply(act: Act, number: int, before: int, here: dict[str, Version], store: _Store) -> Version | None:
    """Do one act to the server; an upload gives a new version."""
    if act.verb == "delete":
        del here[act.path]
        return None
    if act.verb == "move":
        here[act.to] = here.pop(act.path)
        return None
    if act.content is None:
        raise ValueError("an upload has a content")
    sha256, size, _ = store.get(act.content)
    version = Version(number, act.content, act.time, sha256, size, act.address if number >= before else None)
    here[act.path] = version
    return version


def _compare(before: dict[str, Version], now: dict[str, Version], ever: set[str]) -> DayChanges:
    gone = {path: version.sha256 for path, version in before.items() if path not in now}
    fresh = sorted(path for path in now if path not in before)
    moved: list[list[str]] = []
    for path in fresh:
        match = next((old for old in sorted(gone) if gone[old] == now[path].sha256 and now[path].size), None)
        if match is not None:
            moved.append([match, path])
            del gone[match]
    targets = {pair[1] for pair in moved}
    both = sorted(path for path in now if path in before)
    return DayChanges(
        added=[path for path in fresh if path not in targets and path not in ever],
        changed=[path for path in both if now[path].sha256 != before[path].sha256],
        moved=moved,
        removed=sorted(gone),
        returned=[path for path in fresh if path not in targets and path in ever],
        time_changed=[
            path for path in both
            if now[path].sha256 == before[path].sha256 and now[path].modified != before[path].modified
        ],
    )  # fmt: skip


class _Month:
    """Lives through the plot and looks at the server every day."""

    def __init__(self, folder: Path, plot: Plot, store: _Store) -> None:
        self.folder, self.plot, self.store = folder, plot, store
        self.arrivals: list[tuple[str, Version]] = []
        self.changes: dict[str, DayChanges] = {}
        self.failed_paths: list[str] = []
        self.seen_at: dict[str, set[str]] = {}
        self.sightings = 0
        self.looks = 0

    def live(self) -> None:
        """Write all looks."""
        here: dict[str, Version] = {}
        before: dict[str, Version] | None = None
        ever: set[str] = set()
        at = 0
        for day in DAYS:
            while at < len(self.plot.acts) and self.plot.acts[at].time < seconds(day, LOOK_HOUR):
                act = self.plot.acts[at]
                version = _apply(act, at, self.plot.before, here, self.store)
                if version is not None:
                    self.arrivals.append((act.path, version))
                at += 1
            if day == MISSED:
                continue
            if day == FAILED:
                # The server stopped answering: the folders that sort first were read, the rest was not.
                self.failed_paths = sorted(here)[: len(here) * 2 // 5]
                self._write(
                    self.folder / "looks-failed" / day.isoformat(), {path: here[path] for path in self.failed_paths}
                )
                continue
            self._write(self.folder / "looks" / day.isoformat(), here)
            self.looks += 1
            self.sightings += len(here)
            for path, version in here.items():
                version.first_seen = version.first_seen or day
                if version.size:
                    self.seen_at.setdefault(version.sha256, set()).add(path)
            if before is not None:
                self.changes[day.isoformat()] = _compare(before, here, ever)
            before = dict(here)
            ever |= set(here)

    def _write(self, root: Path, files: dict[str, Version]) -> None:
        for path, version in sorted(files.items()):
            _place(version, self.store.get(version.content)[2], root / path)


def _revisions(arrivals: list[tuple[str, Version]]) -> list[tuple[tuple[str, str], tuple[str, str]]]:
    """Each first version of a drawing with its later ones, as pairs of (path, sha256)."""
    first: dict[str, tuple[str, str]] = {}
    pairs: dict[tuple[tuple[str, str], tuple[str, str]], None] = {}
    for path, version in arrivals:
        drawing = version.content.drawing
        if drawing is None or version.first_seen is None or version.content.form in {"zip", "broken"}:
            continue
        origin = first.setdefault(drawing.key, (path, version.sha256))
        if origin[1] != version.sha256:
            pairs[origin, (path, version.sha256)] = None
    return list(pairs)


def _truth(month: _Month, plot: Plot, traffic: Traffic, lines: int, addresses: set[str]) -> Truth:
    uploads = Counter(act.address for act in plot.acts[plot.before :] if act.verb == "upload")
    pairs = _revisions(month.arrivals)
    forms = {"note", "zip", "broken", "empty"}
    arrivals = [
        Arrival(
            path, version.sha256, version.size, _text_time(version.modified), version.address,
            version.content.form not in forms, version.first_seen.isoformat() if version.first_seen else None,
        )
        for path, version in month.arrivals
    ]  # fmt: skip
    seen = {row.sha256 for row in arrivals if row.first_seen}
    ever = {path for path, version in month.arrivals if version.first_seen}
    return Truth(
        invented=INVENTED,
        days=[day.isoformat() for day in DAYS],
        missed_day=MISSED.isoformat(),
        failed_day=FAILED.isoformat(),
        closed_days=[CLOSED.isoformat()],
        look_time=f"{LOOK_HOUR:02}:00:00Z",
        active_hours_utc=list(ACTIVE),
        quiet_hours_utc=list(LUNCH),
        own_address=OWN,
        exceptions=EXCEPTIONS,
        addresses=sorted(addresses),
        arrivals=arrivals,
        uploads_by_address=dict(sorted(uploads.items())),
        failed_uploads=traffic.failed_uploads,
        duplicates=sorted(sorted(paths) for paths in month.seen_at.values() if len(paths) > 1),
        revisions=[[old[0], new[0]] for old, new in pairs],
        revised_objects=[[old[1], new[1]] for old, new in pairs],
        changes=month.changes,
        never_seen=sorted({path for path, version in month.arrivals if not version.first_seen} - ever),
        failed_look_paths=month.failed_paths,
        not_pictures={path: version.content.form for path, version in month.arrivals if version.content.form in forms},
        counts={
            "log_lines": lines,
            "objects": len(seen),
            "pictures": len({row.sha256 for row in arrivals if row.first_seen and row.invented_picture}),
            "looks": month.looks,
            "sightings": month.sightings,
            "addresses": len(addresses),
            "uploads": sum(uploads.values()),
        },
    )


def make_inputs(folder: Path, progress: Progress | None = None, *, scale: float = 1.0) -> Truth:
    """Write the inputs into the new folder `folder`. `scale` below 1 makes a smaller month, for tests.

    Raises `UserError` when the folder is there already, `Cancelled` when `progress` was cancelled.
    """
    if folder.exists():
        raise UserError("demo-folder-exists", folder=folder.name)
    folder.mkdir(parents=True)
    try:
        return _make(folder, progress or Progress(), scale)
    except BaseException:
        # The folder is ours and new: half a demonstration helps nobody.
        shutil.rmtree(folder, ignore_errors=True)
        raise


def _make(folder: Path, progress: Progress, scale: float) -> Truth:
    plot = write_plot(scale)
    contents = {act.content for act in plot.acts if act.content is not None}
    progress.stage("stage-demo-draw", len(contents))
    store = _Store(folder / "pool", progress)
    month = _Month(folder, plot, store)
    month.live()
    progress.stage("stage-demo-log")
    sizes = {path: version.size for path, version in month.arrivals}
    sizes |= {act.to: sizes[act.path] for act in plot.acts if act.verb == "move"}
    traffic = Traffic(plot, sizes, round(FULL_LINES * scale))
    rows = traffic.make()
    with (folder / "access.log").open("w", encoding="ascii", newline="\n") as log:
        log.writelines(row.line() + "\n" for row in rows)
    (folder / "invented-networks.csv").write_text(networks_csv(), encoding="utf-8", newline="\n")
    (folder / "README.txt").write_text(README, encoding="utf-8", newline="\n")
    truth = _truth(month, plot, traffic, len(rows), {row.address for row in rows})
    (folder / "truth.json").write_text(truth.to_json(), encoding="utf-8", newline="\n")
    shutil.rmtree(store.pool)
    return truth

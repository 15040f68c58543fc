"""Imports into a case: what our own looks recorded comes back, kills are gone on with, logs go their own way."""

from __future__ import annotations

import gzip
import json
import os
import shutil
import subprocess
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

from tests.servers.ftp import vsftpd
from tests.servers.running import Server, needed, place
from tests.servers.tree import build, planned
from tests.servers.web import apache, nginx, python_http, rclone_http
from tests.sources.importers.harvests import listing, page, record, response, row, sha1, warc
from workbench.case.case import Case
from workbench.core.errors import Cancelled, UserError
from workbench.core.filter import Filter
from workbench.core.progress import Progress
from workbench.core.records import Status
from workbench.core.times import parse_option
from workbench.jobs import watch
from workbench.jobs.importing import Imported, Wish, import_harvests
from workbench.jobs.plan import Plan
from workbench.jobs.pool import Pool
from workbench.queries import events, files
from workbench.queries.verify import verify

HOST = "http://203.0.113.5/pub/"
MANY = 60


def bring(case: Case, pool: Pool, *paths: Path, progress: Progress | None = None, **wish: Any) -> Imported:
    wish.setdefault("analyze", False)
    return import_harvests(case, paths, Wish(**wish), pool, progress or Progress())


def rows(case: Case) -> list[dict[str, Any]]:
    """All sightings, without their numbers."""
    found = case.ask(lambda reader: list(files.sightings(reader, Filter())))
    return sorted(({**each, "id": 0} for each in found), key=lambda each: json.dumps(each, sort_keys=True))


def covered(case: Case) -> dict[str | None, str]:
    sql = "SELECT p.display, c.state FROM coverage c LEFT JOIN path p ON p.id = c.path"
    return dict(case.ask(lambda reader: reader.all(sql)))


def warned(case: Case) -> list[str]:
    return [code for (code,) in case.ask(lambda reader: reader.all("SELECT code FROM warning ORDER BY id"))]


def looked(case: Case, url: str, **more: Any) -> watch.Look:
    return watch.look(case, Plan(url, source="s", rate=0, analyze=False, **more), None, Progress())


@pytest.mark.parametrize("server", [nginx, apache, python_http, rclone_http, vsftpd])
def test_a_look_of_ours_comes_back_the_same(
    new_case: Callable[..., Case], pool: Pool, server: Callable[[Path], AbstractContextManager[Server]]
) -> None:
    """A part of the tree of awkward names, from servers of every kind, by way of its WARC files alone."""
    first, second = new_case("first"), new_case("second")
    tree = dict(sorted(planned().items())[::6])
    with place() as root:
        build(root, tree)
        closed = root / "closed"
        closed.mkdir(mode=0o700)
        with server(root) as running:
            told = looked(first, running.url)
            if os.geteuid() == 0:
                closed.rmdir()
    assert told.status in (Status.COMPLETE, Status.PARTIAL)
    assert told.sightings == len(tree)
    done = bring(second, pool, first.path.with_suffix(".evidence") / "warc", source="s")
    assert [each.sightings for each in done.outcomes] == [len(tree)]
    assert rows(second) == rows(first)
    assert covered(second) == covered(first)
    assert second.ask(verify).problems == ()


def test_a_webdav_look_of_ours_comes_back_the_same(new_case: Callable[..., Case], pool: Pool) -> None:
    first, second = new_case("first"), new_case("second")
    with place() as root:
        build(root, dict(sorted(planned().items())[::20]))
        with apache(root) as running:
            told = looked(first, running.more["dav"], kind="webdav")
    assert told.sightings
    bring(second, pool, first.path.with_suffix(".evidence") / "warc", source="s")
    assert rows(second) == rows(first)
    assert covered(second) == covered(first)


def test_each_look_of_a_case_is_one_again(new_case: Callable[..., Case], pool: Pool) -> None:
    """Later looks keep no page that is the same as before, and fetch no file that they trust: page and file are those
    of the look that has them, by the same rule.
    """
    first, second = new_case("first"), new_case("second")
    with place() as root:
        (root / "same").mkdir()
        for name in ("a.png", "same/b.png"):
            (root / name).write_bytes(name.encode())
            os.utime(root / name, (1_700_000_000, 1_700_000_000))
        with nginx(root) as running:
            looked(first, running.url, trust="never")
            (root / "new.png").write_bytes(b"new")
            looked(first, running.url, trust="never")
            looked(first, running.url)
            looked(first, running.url, trust="etag")
            (root / "same" / "b.png").write_bytes(b"other")
            looked(first, running.url)
    done = bring(second, pool, first.path.with_suffix(".evidence") / "warc", source="s")
    assert [each.sightings for each in done.outcomes] == [2, 3, 3, 3, 3]
    assert rows(second) == rows(first)
    assert covered(second) == covered(first)
    sql = "SELECT sighting, rule FROM trusted ORDER BY sighting"
    rules = first.ask(lambda reader: reader.all(sql))
    assert {rule for _, rule in rules} == {"size-time", "not-modified"}
    assert second.ask(lambda reader: reader.all(sql)) == rules
    assert second.ask(verify).problems == ()


def test_files_that_left_their_case_have_no_bytes(new_case: Callable[..., Case], pool: Pool, tmp_path: Path) -> None:
    first, second = new_case("first"), new_case("second")
    with place() as root:
        (root / "a.png").write_bytes(b"x")
        (root / "a.png").chmod(0o644)
        with nginx(root) as running:
            looked(first, running.url)
    moved = tmp_path / "moved"
    shutil.copytree(first.path.with_suffix(".evidence") / "warc", moved)
    bring(second, pool, moved)
    (only,) = rows(second)
    assert (only["path"], only["state"], only["sha256"]) == ("a.png", "not-fetched", None)
    assert warned(second) == ["import-revisit-nowhere"]


def test_an_object_that_was_changed_is_not_believed(new_case: Callable[..., Case], pool: Pool) -> None:
    first, second = new_case("first"), new_case("second")
    with place() as root:
        (root / "a.png").write_bytes(b"x")
        (root / "a.png").chmod(0o644)
        with nginx(root) as running:
            looked(first, running.url)
    evidence = first.path.with_suffix(".evidence")
    (held,) = (each for each in evidence.joinpath("objects").rglob("*") if each.is_file())
    held.chmod(0o600)
    held.write_bytes(b"y")
    bring(second, pool, evidence / "warc")
    assert [each["sha256"] for each in rows(second)] == [None]
    assert warned(second) == ["import-digest"]


def test_other_parts_of_a_case_are_refused(new_case: Callable[..., Case], case: Case, pool: Pool) -> None:
    other = new_case("other")
    for path in (other.path, other.path.with_suffix(".evidence")):
        with pytest.raises(UserError) as error:
            bring(case, pool, path)
        assert error.value.message.code == "path-of-case"


def many(tmp_path: Path) -> Path:
    names = [f"{number:03}.png" for number in range(MANY)]
    parts = [listing(HOST, [row(name) for name in names])]
    parts += [response(HOST + name, name.encode() * 100) for name in names[::2]]
    return warc(tmp_path / "many.warc.gz", parts)


class _Stops(Progress):
    """Is told to stop after some files."""

    def __init__(self, after: int) -> None:
        super().__init__()
        self._after = after

    def update(self, done: int | None = None, *args: Any, **more: Any) -> None:
        if self.step.what == "stage-store" and (done or 0) >= self._after:
            self.cancel()
        super().update(done, *args, **more)


def test_an_import_that_was_cut_off_is_gone_on_with(new_case: Callable[..., Case], pool: Pool, tmp_path: Path) -> None:
    path = many(tmp_path)
    whole, cut = new_case("whole"), new_case("cut")
    bring(whole, pool, path)
    for after in (5, 25, 40):
        with pytest.raises(Cancelled):
            bring(cut, pool, path, progress=_Stops(after))
    done = bring(cut, pool, path)
    assert [(each.snapshot, each.sightings) for each in done.outcomes] == [(1, MANY)]
    assert rows(cut) == rows(whole)
    assert covered(cut) == covered(whole)
    assert bring(cut, pool, path).outcomes[0].snapshot == 2


def test_the_look_is_asserted_and_of_the_harvest_s_own_time(case: Case, pool: Pool, tmp_path: Path) -> None:
    bring(case, pool, many(tmp_path))
    bring(case, pool, many(tmp_path), observed=parse_option("2024-02-01"))
    found = case.ask(lambda reader: reader.all("SELECT observed, basis, precision FROM snapshot ORDER BY id"))
    assert [tuple(each) for each in found] == [
        (parse_option("2024-01-03T09:00:00Z").micros, "asserted", 2),
        (parse_option("2024-02-01").micros, "asserted", 5),
    ]


def test_a_list_is_kept_as_an_object_and_its_time_is_that_of_its_file(case: Case, pool: Pool, tmp_path: Path) -> None:
    path = tmp_path / "ls.json"
    entry = {"Path": "a", "Name": "a", "Size": 1, "ModTime": "2024-01-01T00:00:00Z", "IsDir": False}
    path.write_text(json.dumps([entry]))
    os.utime(path, (1_704_189_607, 1_704_189_607))
    done = bring(case, pool, path)
    assert done.undated == ["ls.json"]
    assert case.ask(lambda reader: reader.value("SELECT observed FROM snapshot")) == 1_704_189_607_000_000
    assert case.ask(lambda reader: reader.value("SELECT size FROM object")) == path.stat().st_size
    assert case.ask(verify).problems == ()


LOG = '198.51.100.7 - - [03/Jan/2024:09:00:00 +0000] "PUT /pub/a.png HTTP/1.1" 201 10 "-" "curl/8"\n'


def test_logs_beside_files_go_their_own_way(case: Case, pool: Pool, tmp_path: Path) -> None:
    folder = tmp_path / "harvest"
    (folder / "pub").mkdir(parents=True)
    (folder / "pub" / "a.png").write_bytes(b"x")
    (folder / "pub" / "inner.log").write_text(LOG * 3)
    (folder / "access.log").write_text(LOG * 5)
    (folder / "access.log.1.gz").write_bytes(gzip.compress((LOG.replace("PUT", "GET") * 4).encode()))
    done = bring(case, pool, folder)
    assert sorted(each.events for each in done.logs) == [4, 5]
    assert {each["path"] for each in rows(case)} == {"pub/a.png", "pub/inner.log"}
    assert len(case.ask(lambda reader: list(events.rows(reader, Filter())))) == 9


def test_what_is_not_understood_among_several_is_a_warning(case: Case, pool: Pool, tmp_path: Path) -> None:
    junk = tmp_path / "junk.bin"
    junk.write_bytes(b"\0\1\2")
    with pytest.raises(UserError) as error:
        bring(case, pool, junk)
    assert error.value.message.code == "import-not-understood"
    assert case.ask(lambda reader: reader.value("SELECT count(*) FROM snapshot")) == 0
    done = bring(case, pool, junk, many(tmp_path))
    assert [each.code for each in done.refused] == ["import-not-understood"]
    assert warned(case) == ["import-not-understood"]
    assert len(done.outcomes) == 1
    arguments = case.ask(lambda reader: reader.value("SELECT arguments FROM warning"))
    assert str(tmp_path) not in arguments


def test_several_files_are_one_look_and_folders_of_them_too(case: Case, pool: Pool, tmp_path: Path) -> None:
    body = b"the same"
    first = "<urn:uuid:11111111-1111-1111-1111-111111111111>"
    one = record("response", HOST + "a", b"HTTP/1.1 200 OK\r\n\r\n" + body, warc_record_id=first)
    head = b"HTTP/1.1 200 OK\r\n\r\n"
    two = record("revisit", HOST + "b", head, warc_refers_to=first, warc_payload_digest=sha1(body))
    folder = tmp_path / "set"
    folder.mkdir()
    paths = [warc(folder / "1.warc.gz", [two]), warc(folder / "2.warc.gz", [one])]
    done = bring(case, pool, *paths)
    assert [each.sightings for each in done.outcomes] == [2]
    assert {each["state"] for each in rows(case)} == {"ok"}
    assert [each.sightings for each in bring(case, pool, folder).outcomes] == [2]


def test_wget_s_own_warc_equals_what_it_saved(new_case: Callable[..., Case], pool: Pool, tmp_path: Path) -> None:
    program = needed("wget", "wget")
    by_warc, by_folder = new_case("warc"), new_case("folder")
    tree = dict(sorted(planned().items())[::25])
    with place() as root:
        build(root, tree)
        with nginx(root) as running:
            command = [program, "-q", "-r", "-np", "-l", "inf", "--warc-file=../h", running.url]
            (tmp_path / "out").mkdir()
            subprocess.run(
                command, cwd=tmp_path / "out", timeout=60, check=False, env={**os.environ, "LC_ALL": "C.UTF-8"}
            )
    bring(by_warc, pool, tmp_path / "h.warc.gz")
    bring(by_folder, pool, tmp_path / "out")
    found = {each["path"]: each["sha256"] for each in rows(by_warc)}
    assert len(found) == len(tree)
    assert set(found.values()) == {made.sha256 for made in tree.values()}
    saved = {each["path"]: each["sha256"] for each in rows(by_folder)}
    assert {path: saved.get(path) for path in found} == found


def test_a_real_list_of_rclone(case: Case, pool: Pool, tmp_path: Path) -> None:
    program = needed("rclone", "rclone")
    tree = dict(sorted(planned().items())[::25])
    with place() as root:
        build(root, tree)
        with python_http(root) as running:
            command = [program, "--config", os.devnull, "lsjson", "-R", "--http-url", running.url, ":http:"]
            (tmp_path / "ls.json").write_bytes(
                subprocess.run(command, capture_output=True, timeout=60, check=True).stdout
            )
    bring(case, pool, tmp_path / "ls.json", observed=parse_option("2024-01-03"))
    found = rows(case)
    assert len(found) >= len(tree) * 3 // 4  # rclone leaves out names that its way of reading a page cannot tell
    sizes = {path.decode(): len(made.data) for path, made in tree.items()}
    assert all(each["state"] == "not-fetched" and sizes.get(each["path"]) == each["size_claimed"] for each in found)


def test_a_page_of_an_unknown_kind_leaves_nothing(case: Case, pool: Pool, tmp_path: Path) -> None:
    path = tmp_path / "index.html"
    path.write_bytes(page("/pub", [row("a.png")]))
    for wish, code in (({}, "import-base-missing"), ({"base": "gopher://x/"}, "import-base-unreadable"),
                       ({"format": "zip"}, "import-format-unknown"), ({"zone": "Mars"}, "zone-unknown")):  # fmt: skip
        with pytest.raises(UserError) as error:
            bring(case, pool, path, **wish)
        assert error.value.message.code == code
    assert case.ask(lambda reader: reader.value("SELECT count(*) FROM source")) == 0
    assert bring(case, pool, path, base=HOST).outcomes[0].sightings == 1

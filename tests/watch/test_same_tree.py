"""The same 500 files from every server: the same sightings and bytes, and a second look that costs the listings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.cli.running import listed
from tests.servers import ftp, web
from tests.servers.running import Server
from tests.servers.tree import EMPTY, FILES, Tree, folders
from tests.watch.looking import coverage, moment, sightings, sound, watch

Start = Callable[[Path], AbstractContextManager[Server]]


@contextmanager
def _dav(root: Path) -> Iterator[Server]:
    with web.apache(root) as server:
        server.url = server.more["dav"]
        yield server


SERVERS: dict[str, Start] = {
    "nginx": web.nginx,
    "nginx-json": lambda root: web.nginx(root, listing="autoindex on; autoindex_format json;"),
    "apache": web.apache,
    "apache-dav": _dav,
    "lighttpd": web.lighttpd,
    "caddy": web.caddy,
    "python": web.python_http,
    "rclone-http": web.rclone_http,
    "rclone-webdav": web.rclone_webdav,
    "vsftpd": ftp.vsftpd,
}
WITHOUT_STAMPS = {"python"}
"""Their listings say nothing of a file but its name, so each file is asked whether it has changed."""
PRECISION = {
    "second": timedelta(seconds=1),
    "minute": timedelta(minutes=1),
    "day": timedelta(days=1),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", SERVERS)
def test_every_server_gives_the_same_sightings_and_bytes(name: str, served: Path, tree: Tree, case: Path) -> None:
    known = {*folders(tree), EMPTY.encode()}
    options = () if name == "nginx" else ("--no-analyze",)  # what is in the files is the same from every server
    with SERVERS[name](served) as server:
        first = watch(case, server.url, "--source", "server", *options)
        assert first.code == 0, first.err + first.out
        assert (first.look["status"], first.look["sightings"], first.look["warnings"]) == ("complete", FILES, 0)
        _same_files(case, tree, 1)
        assert coverage(case) == dict.fromkeys(known, "listed")

        second = watch(case, server.url, "--source", "server")
        assert second.code == 0, second.err
    changed = {kind: second.look[kind] for kind in ("added", "changed", "removed", "returned", "new_objects")}
    assert changed == dict.fromkeys(changed, 0)
    assert listed("changes", case) == []
    _same_files(case, tree, 2)
    asked = Counter(row["purpose"] for row in listed("requests", case, "--snapshot", 2))
    not_known = 1 if name == "vsftpd" else 0  # it does not know MLSD, and is asked for LIST from then on
    assert asked["listing"] == len(known) + not_known
    if name not in WITHOUT_STAMPS:
        assert asked["file"] == 0, asked
        assert asked["check"] <= FILES / 20, "only a sample is looked at again"
    sound(case)


def _same_files(case: Path, tree: Tree, snapshot: int) -> None:
    """All of the tree, with bytes and times as they are."""
    seen = sightings(case, snapshot)
    assert seen.keys() == tree.keys()
    for path, row in seen.items():
        made = tree[path]
        assert row["sha256"] == made.sha256, path
        assert row["state"] in ("empty" if not made.data else "ok", "undecodable"), path
        claimed = moment(row["modified"])
        assert claimed is not None, path
        real = datetime.fromtimestamp(made.modified, UTC)
        assert timedelta(0) <= real - claimed < PRECISION[row["precision"]], (path, row)
        assert row["record"].startswith("urn:uuid:")


def test_memory_does_not_grow_with_a_large_file(root: Path, case: Path) -> None:
    """A file larger than all the memory that a look may take."""
    with (root / "large.bin").open("wb") as file:
        file.truncate(400 << 20)
    with web.nginx(root) as server:
        looked = watch(case, server.url)
    assert (looked.code, looked.look["bytes"]) == (0, 400 << 20)
    print(f"peak of {looked.peak:.0f} MB for a file of 400 MB")
    assert looked.peak < 200

"""A scripted week at a server: what `changes` tells is what the script did, and nothing that no look could see."""

from __future__ import annotations

import hashlib
from collections import Counter
from pathlib import Path
from typing import Any
from urllib.parse import unquote_to_bytes

import pytest

from tests.cli.running import listed
from tests.servers import web
from tests.servers.running import Request, Server
from tests.servers.tree import Made, Tree, write
from tests.watch.looking import coverage, raw_of, sound, watch

DAY = 86_400
MONDAY = 1_704_067_200
"""2024-01-01, a Monday."""
Told = tuple[str, bytes, bytes | None]
"""Kind of change, path, old path."""


class Store:
    """What lies at the server, and what the script has done to it since the last look that it knows of."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.tree: Tree = {}
        self.day = 0
        self.made = 0

    def put(self, path: str, data: bytes | None = None) -> bytes:
        """A file, new or with other bytes, at this hour of the day."""
        self.made += 1
        raw = path.encode()
        data = f"drawing {self.made:06}".encode() if data is None else data
        self.tree[raw] = Made(data, MONDAY + self.day * DAY + 600 * self.made)
        write(self.root, raw, self.tree[raw])
        return raw

    def touch(self, path: str) -> bytes:
        """Same bytes, other time."""
        return self.put(path, self.tree[path.encode()].data)

    def move(self, path: str, to: str) -> bytes:
        """As `mv` does: the time stays."""
        made = self.tree.pop(path.encode())
        self.tree[to.encode()] = made
        write(self.root, to.encode(), made)
        (self.root / path).unlink()
        return to.encode()

    def delete(self, path: str) -> bytes:
        """Gone."""
        del self.tree[path.encode()]
        (self.root / path).unlink()
        return path.encode()


def monday(store: Store) -> set[Told]:
    for folder in ("场景", "칼과 물", "Кадры", "plain", "a b/c%d/e#f"):
        for number in range(8):
            store.put(f"{folder}/cut {number}.txt")
    return set()


def tuesday(store: Store) -> set[Told]:
    """Adds, one of them in a new folder, and edits to another size and to the same."""
    return {
        ("added", store.put("场景/new 1.txt"), None),
        ("added", store.put("새 폴더/안/new 2.txt"), None),
        ("changed", store.put("plain/cut 1.txt", b"another size"), None),
        ("changed", store.put("plain/cut 2.txt"), None),
    }


def wednesday(store: Store) -> set[Told]:
    """Moves within a folder and to another one, a delete, a file whose time alone changed."""
    return {
        ("moved", store.move("칼과 물/cut 0.txt", "칼과 물/final 0.txt"), "칼과 물/cut 0.txt".encode()),
        ("moved", store.move("场景/cut 3.txt", "a b/c%d/cut 3.txt"), "场景/cut 3.txt".encode()),
        ("removed", store.delete("a b/c%d/e#f/cut 5.txt"), None),
        ("time-changed", store.touch("Кадры/cut 4.txt"), None),
    }


def thursday(store: Store) -> set[Told]:
    """Nobody looks. What came and went between two looks was never there for anybody to say so."""
    store.put("plain/passing.txt")
    store.put("plain/stays.txt")
    store.delete("칼과 물/cut 6.txt")
    return set()


def friday(store: Store) -> set[Told]:
    """A folder is refused, so nothing can be said of it; what happened on Thursday shows."""
    store.delete("plain/passing.txt")
    store.delete("Кадры/cut 1.txt")
    store.put("Кадры/cut 2.txt", b"edited behind a closed door")
    store.put("Кадры/behind.txt")
    (store.root / "Кадры").chmod(0)
    return {
        ("added", b"plain/stays.txt", None),
        ("removed", "칼과 물/cut 6.txt".encode(), None),
        ("added", store.put("场景/new 5.txt"), None),
    }


def saturday(store: Store) -> set[Told]:
    """The folder is open again; a file is back with its old bytes; a whole folder is gone."""
    (store.root / "Кадры").chmod(0o755)
    gone = {("removed", store.delete(path.decode()), None) for path in list(store.tree) if path.startswith(b"plain/")}
    (store.root / "plain").rmdir()
    return gone | {
        ("removed", "Кадры/cut 1.txt".encode(), None),
        ("changed", "Кадры/cut 2.txt".encode(), None),
        ("added", "Кадры/behind.txt".encode(), None),
        ("returned", store.put("a b/c%d/e#f/cut 5.txt", FIRST[b"a b/c%d/e#f/cut 5.txt"]), None),
    }


def sunday(_: Store) -> set[Told]:
    return set()


FIRST: dict[bytes, bytes] = {}
"""Bytes of Monday."""
WEEK = (monday, tuesday, wednesday, thursday, friday, saturday, sunday)


@pytest.mark.slow
def test_a_week_tells_exactly_what_was_done(root: Path, case: Path) -> None:
    store = Store(root)
    expected: dict[int, set[Told]] = {}
    with web.nginx(root) as server:
        for store.day, script in enumerate(WEEK):
            before = dict(store.tree)
            truth = script(store)
            if script is monday:
                FIRST.update({path: made.data for path, made in store.tree.items()})
            if script is thursday:
                thursdays = set(store.tree.items()) - set(before.items())
                continue
            server.forget()
            looked = watch(case, server.url, "--source", "server")
            snapshot = looked.look["snapshot"]
            expected[snapshot] = truth
            refused = script is friday
            assert looked.code == int(refused), looked.err
            assert looked.look["status"] == ("partial" if refused else "complete")
            states = {path: state for path, state in coverage(case, snapshot).items() if state != "listed"}
            assert states == ({"Кадры".encode(): "refused"} if refused else {})
            counted = Counter(kind for kind, _, _ in truth)
            for kind in ("added", "changed", "removed", "returned"):
                assert looked.look[kind] == counted[kind], (script.__name__, kind)
            new = set(store.tree.items()) - set(before.items())
            if script is friday:
                new |= thursdays & set(store.tree.items())
                behind = {each for each in new if each[0].startswith("Кадры".encode())}
                new -= behind
            if script is saturday:
                new |= behind
            _only_new_files_are_fetched(server, {path for path, _ in new})
    rows = listed("changes", case, "--source", "server")
    told = {(row["snapshot"], row["change"], raw_of(row), _old(row)) for row in rows}
    assert len(told) == len(rows)
    assert told == {(snapshot, *each) for snapshot, changes in expected.items() for each in changes}
    _bytes_of_changes(rows, store)
    sound(case)


def _old(row: dict[str, Any]) -> bytes | None:
    return None if row["old_path"] is None else raw_of(row, "old_path")


def _only_new_files_are_fetched(server: Server, new: set[bytes]) -> None:
    """Beside them only a sample of the others may be looked at again."""
    fetched = _fetched(server.logged(lambda requests: new <= set(_fetched(requests))))
    assert new <= set(fetched)
    assert len(fetched) == len(set(fetched))
    assert len(set(fetched) - new) <= 5, sorted(set(fetched) - new)


def _fetched(requests: list[Request]) -> list[bytes]:
    asked = [each for each in requests if not each.folder and each.status in (200, 206)]
    return [unquote_to_bytes(each.target).lstrip(b"/") for each in asked]


def _bytes_of_changes(rows: list[dict[str, Any]], store: Store) -> None:
    for row in rows:
        if row["change"] in ("added", "moved", "returned") and raw_of(row) in store.tree:
            assert row["sha256"] == store.tree[raw_of(row)].sha256
        if row["change"] == "changed":
            assert row["old_sha256"] == hashlib.sha256(FIRST[raw_of(row)]).hexdigest()
            assert row["old_sha256"] != row["sha256"]

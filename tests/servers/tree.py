"""The tree that every server must give back: 500 files in nested folders, with the names that break harvesters.

Built the same every time: names, bytes and modified times follow from the number of the file. No name is one that some
server hides on purpose (a leading dot, a trailing ``~``) or shows instead of a listing (``index.html``).
"""

from __future__ import annotations

import hashlib
import os
import random
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

FILES = 500
LARGE = 3 * 1024 * 1024
MODIFIED = 1_704_067_201
"""Seconds: 2024-01-01T00:00:01Z, of the first file. Each next one is 7,919 seconds later."""

FOLDERS = (
    "", "场景", "场景/第一集 最终", "칼과 물", "칼과 물/장면 1", "日本語", "日本語/かな", "Кадры", "Кадры/сцена №1",
    "100% real", "100% real/#1", "100% real/#1/who?", "100% real/%41%2e", "a&b;c=d", "it's", 'it\'s/"quoted"',
    "plus+sign", "two  blanks", unicodedata.normalize("NFD", "각도 é"), "ж" * 100,
    "deep/1/2/3/4/5/6/7/8/9/10/11/12", "<b>bold", "[1] (2) {3}", "@=,:!$*",
)  # fmt: skip
EMPTY = "empty"
"""A folder without anything in it."""

STEMS = (
    "cut", "原画", "最终 修正", "한글 이름", "장면", "カット", "кадр", "сцена 2", "50%", "%41", "100%25", "#7", "what?",
    "a&b", "a;b", "it's", 'say "hi"', "1+1", "a=b", "x,y", "(copy)", "[old]", "tilde~x", "at@home", "dollar$", "<i>",
    "&amp;", "colon:", "star*", "under_score", "-dash", unicodedata.normalize("NFD", "칼 é"),
)  # fmt: skip


@dataclass(frozen=True)
class Made:
    """One file as it was written. `modified` is in seconds UTC."""

    data: bytes
    modified: int

    @property
    def sha256(self) -> str:
        """As the command line prints it."""
        return hashlib.sha256(self.data).hexdigest()


Tree = dict[bytes, Made]
"""Raw path, ``/``-separated, to file."""


def _name(number: int, folder: str) -> str:
    ending = ("png", "txt", "jpg", "bin")[number % 4]
    if number % 25 == 3:  # as long as a name of 200 bytes in several scripts
        sign = "画칼жx"[number // 25 % 4]
        many, rest = divmod(200 - len(f"{number:03}.{ending}"), len(sign.encode()))
        return f"{number:03}{'x' * rest}{sign * many}.{ending}"
    stem = STEMS[(number * 7 + len(folder)) % len(STEMS)]
    return f"{stem}{number:03}.{ending}" if number % 2 else f"{stem} {number:03}.{ending}"


def _data(number: int) -> bytes:
    if number % 50 == 10:
        return b""
    size = LARGE if number == 250 else (number * 37) % 4000 + 1
    return random.Random(number).randbytes(size)


def planned() -> Tree:
    """What `build` writes."""
    tree: Tree = {}
    for number in range(FILES):
        folder = FOLDERS[number % len(FOLDERS)]
        path = f"{folder}/{_name(number, folder)}".lstrip("/").encode()
        tree[path] = Made(_data(number), MODIFIED + 7919 * number)
    return tree


def build(root: Path, tree: Tree | None = None) -> Tree:
    """Write the files below an existing folder, readable by all, and the empty folder."""
    tree = planned() if tree is None else tree
    for path, made in tree.items():
        write(root, path, made)
    (root / EMPTY).mkdir(exist_ok=True)
    return tree


def write(root: Path, path: bytes, made: Made) -> None:
    """One file, with its time."""
    target = root / os.fsdecode(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(made.data)
    target.chmod(0o644)
    os.utime(target, (made.modified, made.modified))


def folders(tree: Tree) -> Iterator[bytes]:
    """Every folder that holds one of the files, however deep; the root is ``b""``."""
    seen = {b""}
    yield b""
    for path in sorted(tree):
        at = path.find(b"/")
        while at >= 0:
            if path[:at] not in seen:
                seen.add(path[:at])
                yield path[:at]
            at = path.find(b"/", at + 1)

"""Which column of a table holds names, sizes and times, by the words above it; and words that mark folders."""

from __future__ import annotations

import re
from typing import NamedTuple

from workbench.sources.listings.lines import Line

MAX_HEADING = 48
"""Characters; longer words above a column are prose."""

_NAME = re.compile(r"name|file\b|title|^nom\b|\bnom du|nombre|datei|имя|名|이름|파일|ファイル", re.IGNORECASE)
_SIZE = re.compile(
    r"\bsize\b|filesize|taille|gr(?:ö|oe)(?:ß|ss)e|tama[nñ]o|dimension|размер|大小|크기|サイズ|容量", re.IGNORECASE
)
_TIME = re.compile(
    r"modif|\bdate\b|\btime\b|datum|geändert|fecha|changed|timestamp|дата|изменен|修改|时间|日期|수정|날짜|更新|日時",
    re.IGNORECASE,
)
_TYPE = re.compile(r"^(?:type|kind|typ|тип|类型|종류|種類)$", re.IGNORECASE)

FOLDER_WORDS = frozenset[str]().union(
    ("<dir>", "[dir]", "dir", "<directory>", "[directory]", "directory", "<folder>", "folder", "file folder"),
    ("sub-folder", "subfolder", "subdirectory", "application/directory", "httpd/unix-directory"),
    ("dossier", "répertoire", "ordner", "verzeichnis", "carpeta", "папка", "文件夹", "目录", "폴더", "フォルダ"),
)
FILE_WORDS = frozenset(("file", "<file>", "fichier", "datei", "archivo", "файл", "文件", "파일", "ファイル"))

_FOLDER_CLASS = re.compile(
    r"^(?:class|icon)=(?:.*[^a-z])?(?:folder|directory|dir)(?:[_-](?:open|closed))?(?:[^a-z-]|$)|href=#folder$"
)
_FOLDER_SOURCE = re.compile(
    r"^src=(?:.*/)?[^/]*?(?<![a-z])(?:folder|directory|dir)(?:[_-]?(?:open|closed|icon))?\d*(?:\.\w+)?$"
)
_FOLDER_WORD = re.compile(r"^alt=\W*(?:dir|folder|directory)\W*$")
_ICON = re.compile(r"^src=.*\.(?:gif|png|svg|ico|jpe?g)$")
_PARENT = re.compile(
    r"\W*(?:\.\.|(?:to )?(?:the )?parent (?:directory|folder)|parent|up(?: one (?:level|directory))?|go up"
    r"|one level up|back|retour|zurück|übergeordnetes verzeichnis|назад|вверх|상위 (?:디렉터리|폴더)"
    r"|上级目录|返回上级|上一级|親ディレクトリ)\W*",
    re.IGNORECASE,
)
_DOTS = re.compile(r"(?:^|\s)\.\./?$")


class Columns(NamedTuple):
    """Where things stand in the rows of a table; null where the heading does not say."""

    name: int | None
    size: int | None
    time: int | None


def columns_of(line: Line) -> Columns | None:
    """The columns that a row names, two of the three at least; null when it is no heading of a listing."""
    name = size = time = None
    for place, cell in enumerate(line.cells):
        words = " ".join(cell[:512].split())
        if not words or len(words) > MAX_HEADING or _TYPE.match(words):
            continue
        if _SIZE.search(words):
            size = place if size is None else size
        elif _TIME.search(words):
            time = place if time is None else time
        elif _NAME.search(words):
            name = place if name is None else name
    if [name, size, time].count(None) > 1:
        return None
    return Columns(name, size, time)


def is_parent(shown: str, name: bytes) -> bool:
    """Whether the words of a link lead up, although its address might be anything."""
    if " ".join(name.decode("utf-8", "replace").split()) in (shown, shown.rstrip("/")):
        return False
    return shown == "." or _DOTS.search(shown) is not None or _PARENT.fullmatch(shown) is not None


def marks_folder(line: Line) -> bool | None:
    """What icons and classes of a line say: a folder, a file (a picture of something else), or nothing."""
    if any(_FOLDER_SOURCE.match(mark) or _FOLDER_CLASS.search(mark) for mark in line.marks):
        return True
    if any(_ICON.match(mark) for mark in line.marks) and not any("blank" in mark for mark in line.marks):
        return _has_short_word(line)
    return True if any(_FOLDER_WORD.match(mark) for mark in line.marks) else None


def _has_short_word(line: Line) -> bool:
    """Whether an icon that shows no folder has ``[DIR]`` behind it all the same."""
    return any(mark in ("alt=[dir]", "alt=[ dir ]") for mark in line.marks)

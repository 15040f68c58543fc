"""What a worker's answer may look like, and nothing else: packing in the child, judging in the program.

A worker has touched hostile bytes and may be theirs by now. So every value is checked for type, range, length and
membership before it is used; pictures are compared with their announced size; a preview's JPEG header is read without
decoding. Anything odd raises `BadReply`, and the worker is replaced.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from workbench.analyze.registry import (
    INTEGERS,
    PREVIEW_SIDE,
    REALS,
    TEXT_LIMIT,
    TEXTS,
    WARNINGS,
    by_name,
    clean,
)
from workbench.core.batch import COLUMNS, NULL, TABLES, EventBatch
from workbench.core.messages import Message
from workbench.core.records import Action, Analysis, FactValue, State
from workbench.core.times import Zone
from workbench.logs.layout import COUNTS, FIELDS, KEPT, WORDS

MAX_PREVIEW = 256 << 10
MAX_PIXELS = 128_000_000
"""Pixels that a viewer may ask for at once."""
MAX_TABLE_TEXT = 1 << 20
Buffers = Sequence[memoryview]
Params = Mapping[str, Any]


class BadReply(Exception):
    """The worker's answer is not one that the program's own code would give."""


@dataclass(frozen=True)
class Pixels:
    """A decoded picture, upright: ``width`` × ``height`` pixels of four bytes, blue, green, red, unused.

    That is `QImage.Format_RGB32` on little-endian machines. ``full`` is the size of the whole picture, upright;
    ``damaged`` says that only a part of it could be read.
    """

    width: int
    height: int
    full: tuple[int, int]
    data: memoryview
    damaged: bool = False


def _need(condition: object, what: str) -> None:
    if not condition:
        raise BadReply(what)


def _whole(value: object, low: int, high: int, what: str) -> int:
    if type(value) is not int or not low <= value <= high:
        raise BadReply(what)
    return value


def pack_analyses(found: Mapping[str, Analysis]) -> tuple[dict[str, Any], list[bytes]]:
    """In the child."""
    buffers: list[bytes] = []
    result = {}
    for name, analysis in found.items():
        index = None
        if analysis.preview is not None:
            index = len(buffers)
            buffers.append(analysis.preview)
        result[name] = {
            "state": analysis.state.value,
            "facts": [list(fact) for fact in analysis.facts],
            "warnings": [[warning.code, dict(warning.args)] for warning in analysis.warnings],
            "preview": index,
        }
    return result, buffers


def judge_analyses(result: object, buffers: Buffers, params: Params) -> dict[str, Analysis]:
    """In the program. Raises `BadReply`."""
    if not isinstance(result, dict) or set(result) != set(params["want"]):
        raise BadReply("analyzers")
    return {name: _analysis(name, result[name], buffers) for name in result}


def _analysis(name: str, value: object, buffers: Buffers) -> Analysis:
    if not isinstance(value, dict):
        raise BadReply("analysis")
    state, facts, warnings, preview = (value.get(key) for key in ("state", "facts", "warnings", "preview"))
    if not isinstance(state, str) or state not in ("ok", "empty", "undecodable", "too-large"):
        raise BadReply("state")
    _need(isinstance(facts, list) and isinstance(warnings, list) and len(warnings) <= 1, "facts or warnings")
    allowed = by_name(name).facts
    checked: dict[str, FactValue] = {}
    for pair in facts or ():
        _need(isinstance(pair, list) and len(pair) == 2 and isinstance(pair[0], str), "fact")
        _need(pair[0] in allowed and pair[0] not in checked, "fact name")
        checked[pair[0]] = _fact(*pair)
    jpeg: bytes | None = None
    if preview is not None:
        _need(name == "image", "preview of no picture")
        jpeg = bytes(buffers[_whole(preview, 0, len(buffers) - 1, "preview index")])
        _need(_is_small_jpeg(jpeg), "preview")
    return Analysis(State(state), tuple(checked.items()), tuple(_warning(each) for each in warnings or ()), jpeg)


def _fact(name: str, value: object) -> FactValue:
    if name in INTEGERS:
        return _whole(value, *INTEGERS[name], name)
    if name in REALS:
        low, high = REALS[name]
        if not isinstance(value, float | int) or isinstance(value, bool):
            raise BadReply(name)
        _need(math.isfinite(value) and low <= value <= high, name)
        return float(value)
    if name not in TEXTS or not isinstance(value, str):
        raise BadReply(name)
    _need(len(value.encode("utf-8", "surrogatepass")) <= TEXT_LIMIT and clean(value) == value, name)
    return value


def _warning(value: object) -> Message:
    if not (isinstance(value, list) and len(value) == 2 and value[0] in WARNINGS and isinstance(value[1], dict)):
        raise BadReply("warning")
    args = value[1]
    _need(len(args) <= 4, "warning arguments")
    for key, each in args.items():
        _need(key in ("type", "width", "height", "size", "chunk", "frames", "least"), "warning argument")
        if isinstance(each, str):
            _need(len(each) <= 100 and clean(each) == each, "warning text")
        else:
            _whole(each, 0, 2**63 - 1, "warning number")
    return Message(value[0], dict(args))


def _is_small_jpeg(data: bytes) -> bool:
    """ITU-T T.81: SOI, segments up to one SOF0 with 1 or 3 components of at most 256 × 256 pixels, then a scan, EOI."""
    if len(data) > MAX_PREVIEW or data[:2] != b"\xff\xd8" or data[-2:] != b"\xff\xd9":
        return False
    at, framed = 2, False
    while at + 4 <= len(data):
        if data[at] != 0xFF:
            return False
        marker, length = data[at + 1], int.from_bytes(data[at + 2 : at + 4], "big")
        if marker == 0xDA:
            return framed
        if marker not in (0xC0, 0xC4, 0xDB, 0xDD, 0xE0) or length < 2:
            return False
        if marker == 0xC0:
            height, width = (int.from_bytes(data[at + n : at + n + 2], "big") for n in (5, 7))
            if framed or not (0 < width <= PREVIEW_SIDE and 0 < height <= PREVIEW_SIDE and data[at + 9] in (1, 3)):
                return False
            framed = True
        at += 2 + length
    return False


def judge_pixels(result: object, buffers: Buffers, params: Params) -> Pixels:
    """In the program. Raises `BadReply`."""
    if not isinstance(result, dict) or len(buffers) != 1:
        raise BadReply("pixels")
    width, height, full_width, full_height = (
        _whole(result.get(key), 1, 2**31 - 1, key) for key in ("width", "height", "full_width", "full_height")
    )
    _need(width * height <= min(params["budget"], MAX_PIXELS) and len(buffers[0]) == width * height * 4, "size")
    _need(width <= full_width and height <= full_height, "larger than the picture")
    return Pixels(width, height, (full_width, full_height), buffers[0], bool(result.get("damaged")))


def pack_batch(batch: EventBatch) -> tuple[dict[str, Any], list[memoryview]]:
    """In the child. Texts and raw paths travel as JSON strings, bytes as Latin-1."""
    import numpy as np

    columns = [np.ascontiguousarray(batch.columns[name], dtype="<i8").data.cast("B") for name in COLUMNS]
    tables = {
        name: [each.decode("latin-1") if isinstance(each, bytes) else each for each in batch.tables[name]]
        for name in TABLES
    }
    return {
        "lines": batch.lines,
        "size": batch.size,
        "events": len(batch),
        "tables": tables,
        "rejects": [list(each) for each in batch.rejects],
        "evidence": batch.evidence,
    }, columns


def judge_batch(result: object, buffers: Buffers, params: Params) -> EventBatch:
    """In the program. Raises `BadReply`."""
    import numpy as np

    if not isinstance(result, dict):
        raise BadReply("batch")
    size = _whole(result.get("size"), 0, params["bytes"], "size")
    lines = _whole(result.get("lines"), 0, size + 1, "lines")
    count = _whole(result.get("events"), 0, lines, "events")
    tables = _tables(result.get("tables"), size)
    _need(len(buffers) == len(COLUMNS) and all(len(each) == count * 8 for each in buffers), "columns")
    columns = {name: np.frombuffer(buffer, dtype="<i8") for name, buffer in zip(COLUMNS, buffers, strict=True)}

    def within(name: str, low: int, high: int, null: bool = False) -> None:
        values = columns[name]
        good = (values >= low) & (values <= high)
        _need((good | (values == NULL) if null else good).all(), name)

    within("line", 1, lines)
    within("start", 0, size)
    within("length", 0, size)
    _need(bool((columns["start"] + columns["length"] <= size).all()), "line outside the chunk")
    within("zone", min(Zone), max(Zone))
    within("action", min(Action), max(Action))
    within("status", 0, 2**31, null=True)
    for name in ("ok", "damaged", "salvaged"):
        within(name, 0, 1, null=True)
    for name in ("sent", "received"):
        within(name, 0, 2**63 - 1, null=True)
    for name in TABLES:
        within(name, 0, len(tables[name]) - 1, null=True)
    within("peer", 0, len(tables["address"]) - 1, null=True)
    within("rule", 0, 1, null=True)
    _need(bool(((columns["rule"] == NULL) | (columns["forwarded"] != NULL)).all()), "list")
    rejects = _rejects(result.get("rejects"), lines, size)
    return EventBatch(lines, size, columns, tables, rejects, _evidence(result.get("evidence"), lines))


def _evidence(value: object, lines: int) -> dict[str, Any] | None:
    """Counts up to the number of lines, hashes, and nothing else."""
    if value is None:
        return None
    if not isinstance(value, dict) or set(value) != {"front", "behind", "words"}:
        raise BadReply("evidence")
    words, behind = value["words"], value["behind"]
    if not isinstance(words, dict) or set(words) != set(WORDS) or not isinstance(behind, dict):
        raise BadReply("evidence")
    for each in words.values():
        _whole(each, 0, lines, "evidence")
    _need(set(behind) <= {str(at) for at in range(FIELDS)}, "evidence")
    front = [] if value["front"] is None else [value["front"]]
    for column in (*front, *behind.values()):
        if not isinstance(column, dict) or set(column) != {*COUNTS, "values", "peers"}:
            raise BadReply("evidence")
        for name in COUNTS:
            _whole(column[name], 0, lines, "evidence")
        for name in ("values", "peers"):
            hashes = column[name]
            if not isinstance(hashes, list) or len(hashes) > KEPT:
                raise BadReply("evidence")
            for each in hashes:
                _whole(each, 0, 2**62 - 1, "evidence")
    return value


def _tables(value: object, size: int) -> dict[str, list[Any]]:
    if not isinstance(value, dict) or set(value) != set(TABLES):
        raise BadReply("tables")
    tables: dict[str, list[Any]] = {}
    for name in TABLES:
        entries = value[name]
        if not isinstance(entries, list) or len(entries) > size + 1:
            raise BadReply("table")
        if not all(isinstance(each, str) and len(each) <= MAX_TABLE_TEXT for each in entries):
            raise BadReply("table entry")
        try:
            tables[name] = [each.encode("latin-1") for each in entries] if name == "path" else entries
            if name == "forwarded":
                _need(all(_is_list(each) for each in entries), "forwarded")
        except UnicodeEncodeError:
            raise BadReply("path") from None
    return tables


def _is_list(text: str) -> bool:
    try:
        plain = json.loads(text)
    except (ValueError, RecursionError):
        return False
    return isinstance(plain, list) and all(isinstance(each, str) for each in plain)


def _rejects(value: object, lines: int, size: int) -> list[tuple[int, int, int, str]]:
    if not isinstance(value, list) or len(value) > lines:
        raise BadReply("rejects")
    rejects = []
    for each in value:
        if not isinstance(each, list) or len(each) != 4 or not isinstance(each[3], str):
            raise BadReply("reject")
        line, start, length = (_whole(number, 0, size + 1, "reject") for number in each[:3])
        _need(len(each[3]) <= 64 and each[3].replace("-", "").isalnum() and each[3].isascii(), "reject code")
        rejects.append((line, start, length, each[3]))
    return rejects


def judge_ping(result: object, buffers: Buffers, params: Params) -> None:
    """In the program. Raises `BadReply`."""
    del params
    _need(result == "pong" and not buffers, "ping")


JUDGES: Mapping[str, Callable[[object, Buffers, Params], Any]] = {
    "analyze": judge_analyses,
    "decode": judge_pixels,
    "parse-log": judge_batch,
    "ping": judge_ping,
}

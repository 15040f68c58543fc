"""The child's entry: ``python -m workbench.jobs.worker``. Reads hostile bytes, so that nobody else has to.

One request at a time from the line given on the command line, one answer each. It has limits on memory and time, no
case, no names or paths, on Linux no network and no files but those of Python (`workbench.jobs.sandbox`), and ends when
the program that started it does. It imports numpy, Pillow and the log parsers
only when a task needs them.
"""

from __future__ import annotations

import contextlib
import mmap
import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from workbench.core.errors import UserError
from workbench.jobs.entry import die_with_parent, give_way, line_at
from workbench.jobs.sandbox import lock_down
from workbench.jobs.wire import Buffer, Line, Stream, WireError, receive_frame, send_frame

Data = bytes | memoryview
Answer = tuple[Any, Sequence[Buffer | Stream]]

READ_LIMIT = 16 << 20
"""Larger files are mapped instead of read."""
MAP_LIMIT = 512 << 20
"""Of still larger ones only the beginning is looked at."""
HEAD = 16 << 20


def analyze(data: Data, params: dict[str, Any]) -> Answer:
    """Facts and a preview of one object."""
    from workbench.analyze.objects import analyze_object
    from workbench.jobs.replies import pack_analyses

    return pack_analyses(analyze_object(data, set(params["want"]), params.get("ending", ""), params["bytes"]))


def decode(data: Data, params: dict[str, Any]) -> Answer:
    """Pixels for the viewer."""
    from workbench.analyze.picture import Refused
    from workbench.analyze.viewer import pixels_of

    try:
        shown = pixels_of(data, params["budget"], params.get("ending", ""))
    except Refused as refused:
        raise UserError(refused.code, **refused.args_of_message) from None
    size = {
        "width": shown.image.width,
        "height": shown.image.height,
        "full_width": shown.full[0],
        "full_height": shown.full[1],
    }
    return {**size, "damaged": shown.damaged}, [Stream(shown.size, shown.strips())]


def parse_log(data: Data, params: dict[str, Any]) -> Answer:
    """The events of whole lines of a log."""
    from workbench.jobs.replies import pack_batch
    from workbench.logs.layout import Layout
    from workbench.logs.registry import parse_chunk

    return pack_batch(parse_chunk(params["format"], bytes(data), params.get("zone"), Layout.of(params.get("layout"))))


def ping(data: Data, params: dict[str, Any]) -> Answer:
    """Be there; with ``load``, with everything imported that pictures need."""
    del data
    if params.get("load"):
        from workbench.analyze import objects, picture, preview  # noqa: F401
        from workbench.jobs import replies  # noqa: F401
    return "pong", []


TASKS: dict[str, Callable[[Data, dict[str, Any]], Answer]] = {
    "analyze": analyze,
    "decode": decode,
    "parse-log": parse_log,
    "ping": ping,
}


def serve(line: Line) -> None:
    """Answer until the line closes."""
    while True:
        try:
            header, buffers, fd = receive_frame(line)
        except WireError:
            return
        _allow_seconds(header.get("seconds"))
        reply, parts = _answer(header, buffers, fd)
        reply["memory"] = _resident()
        try:
            send_frame(line, reply, parts)
        except WireError as error:
            if str(error) != "too large":
                return
            send_frame(line, {"id": header.get("id"), "failed": "too large"})


def _answer(
    header: dict[str, Any], buffers: list[memoryview], fd: int | None
) -> tuple[dict[str, Any], Sequence[Buffer | Stream]]:
    reply: dict[str, Any] = {"id": header.get("id")}
    params = dict(header.get("params") or {})
    try:
        with _input(params, buffers, fd) as data:
            result, parts = TASKS[header["task"]](data, params)
    except UserError as error:
        return {**reply, "error": [error.message.code, dict(error.message.args)]}, []
    except MemoryError:
        return {**reply, "failed": "memory"}, []
    except Exception as error:  # noqa: BLE001 - the program decides what a failed item means
        return {**reply, "failed": f"{type(error).__name__}: {error}"[:500]}, []
    return {**reply, "result": result}, parts


@contextlib.contextmanager
def _input(params: dict[str, Any], buffers: list[memoryview], fd: int | None) -> Iterator[Data]:
    """The item's bytes: the part of the file that ``offset`` and ``length`` name, or what came along."""
    if fd is None:
        data: Data = bytes(buffers[0]) if buffers else b""
        params.setdefault("bytes", len(data))
        yield data
        return
    try:
        offset = params.get("offset", 0)
        length = params.get("length", os.fstat(fd).st_size - offset)
        params["bytes"] = length
        if length <= READ_LIMIT:
            yield _read(fd, offset, length)
            return
        extra = offset % mmap.ALLOCATIONGRANULARITY
        window = length if length <= MAP_LIMIT else HEAD
        # Not closed by name: a decoder may still hold pieces of it. It goes with its last holder.
        yield memoryview(mmap.mmap(fd, window + extra, access=mmap.ACCESS_READ, offset=offset - extra))[extra:]
    finally:
        os.close(fd)


def _read(fd: int, offset: int, length: int) -> bytes:
    """By `pread`: the file's position is shared with the program."""
    data = os.pread(fd, length, offset)
    while len(data) < length:
        piece = os.pread(fd, length - len(data), offset + len(data))
        if not piece:
            break
        data += piece
    return data


def _resident() -> int:
    """Bytes of memory in use; 0 where the system does not tell."""
    try:
        with open("/proc/self/statm", "rb") as file:  # noqa: PTH123 - read once an item
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError, AttributeError):
        return 0


def _allow_seconds(seconds: object) -> None:
    """Let the system stop a task that computes for longer, should the program no longer be there to do it."""
    if sys.platform == "win32" or not isinstance(seconds, int | float):
        return
    import resource

    used = resource.getrusage(resource.RUSAGE_SELF)
    limit = int(used.ru_utime + used.ru_stime + seconds) + 2
    hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
    resource.setrlimit(resource.RLIMIT_CPU, (limit, hard))


def confine(memory: int, parent: int) -> None:
    """Lower what this process may do and take: memory in bytes, no core files, a lower priority, no life of its own."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if sys.platform == "win32":
        return
    import resource

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    if memory and sys.platform != "darwin":  # macOS knows the limit and does not keep it
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    give_way(5)
    die_with_parent(parent)


def main(arguments: Sequence[str]) -> int:
    """``FD MEMORY PARENT``: the socket's number (``-`` for standard input and output), limit in bytes, parent's id."""
    where, memory, parent = arguments
    confine(int(memory), int(parent))
    lock_down()
    serve(line_at(where))
    # Without the interpreter's tidying up: nothing here outlives the process.
    os._exit(0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

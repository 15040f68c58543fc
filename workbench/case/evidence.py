"""The evidence store: bytes named by their SHA-256, hashed while they are written, read-only once stored.

Nobody outside learns a path: names go through `_place`, so that an encrypted case can name objects otherwise.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import re
import shutil
import threading
import uuid
from collections.abc import Callable, Iterator
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from workbench.case.durable import sync_all, sync_folder
from workbench.case.locks import FileLock
from workbench.core.errors import UserError
from workbench.core.files import open_file
from workbench.core.records import Stored

if TYPE_CHECKING:
    from workbench.case.incoming import Incoming
    from workbench.case.journal import Journal
    from workbench.case.warcstore import Warcs

CHUNK = 1 << 20
NEWEST = "newest-op"
"""The file beside the objects that names the last op."""
_NEWEST = re.compile(rb"([0-9]{20}) ([0-9a-f]{64})\n")


class Evidence:
    """``NAME.evidence``. Every method may be called from any thread."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._objects = folder / "objects"
        self._root = f"{self._objects}{os.sep}"
        self._own: Path | None = None
        self._lock = threading.Lock()
        self._owner: FileLock | None = None
        # Text, not paths: a look at a fast server spends a tenth of its time on making those.
        self._unsynced: set[str] = set()
        self._fresh: set[str] = set()
        """Objects whose bytes may not be on the disk yet."""
        self._made: set[str] = set()
        """Folders of objects that are there."""

    def create(self) -> None:
        """Make the folders of a new case."""
        self._objects.mkdir(parents=True, exist_ok=True)
        sync_folder(self.folder)

    @property
    def present(self) -> bool:
        """Is the folder where the case expects it?"""
        return self._objects.is_dir()

    def close(self) -> None:
        """Give back the place for temporary files."""
        with self._lock:
            if self._own is not None:
                shutil.rmtree(self._own, ignore_errors=True)
                self._own = None
            if self._owner is not None:
                self._owner.release(remove=True)
                self._owner = None

    def claim(self, what: str) -> FileLock | None:
        """Take a piece of work, such as going on with a look, that one process at a time may do.

        Null when another one is at it. To be given back by ``release(remove=True)``; the system does so when its owner
        dies.
        """
        place = self.folder / "locks"
        with contextlib.suppress(OSError):
            place.mkdir(exist_ok=True)
        lock = FileLock(place / f"{what}.lock")
        return lock if lock.acquire() else None

    @cached_property
    def warcs(self) -> Warcs:
        """Where the exchanges with servers are kept."""
        from workbench.case.warcstore import Warcs

        return Warcs(self.folder / "warc")

    def receive(self, key: str) -> Incoming:
        """A file that arrives in pieces, or what an earlier run got of it. `key` is a name of hexadecimal digits; one
        process at a time may have it open (`claim`). Raises `UserError` as `put` does.
        """
        from workbench.case.incoming import Incoming

        return Incoming(self, self._partial, key)

    def journal(self, stem: str, turn: int) -> Journal:
        """Notes of what has arrived and is not in the case yet, for `notes` of a later run; the last `turn` are kept.
        `stem` is a plain name, of which there may be many journals. Raises `UserError` as `put` does.
        """
        from workbench.case.journal import Journal

        return Journal(self._partial, stem, turn)

    def notes(self, stem: str) -> Iterator[bytes]:
        """What was noted under a stem."""
        from workbench.case.journal import notes

        return notes(self.folder / "partial", stem)

    def forget_notes(self, stem: str, but: Journal | None = None) -> None:
        """All that was noted is in the case, in one journal, or of no use."""
        from workbench.case.journal import forget

        forget(self.folder / "partial", stem, () if but is None else but.paths)

    @cached_property
    def _partial(self) -> str:
        """The folder of files on their way."""
        if not self.present:
            raise UserError("evidence-missing", folder=self.folder.name)
        folder = self.folder / "partial"
        with writing():
            folder.mkdir(exist_ok=True)
        return str(folder)

    def put(
        self,
        stream: BinaryIO,
        known: Callable[[bytes], bool],
        on_chunk: Callable[[bytes], None] | None = None,
        limit: int | None = None,
    ) -> Stored:
        """Store all that `stream` gives and say what it was.

        The bytes are hashed while they are written to a temporary file, which is renamed; `flush` makes it durable.
        When bytes
        of that name lie there but `known` (is it in the case?) denies them, as after a kill between rename and
        commit, they are read again before they are trusted. `on_chunk` sees the bytes on their way and may raise to
        stop. Raises the `OSError` of the reading side, and for the writing side `UserError` ``disk-full``,
        ``case-read-only``, ``case-io-error`` or, when the file is larger than the file system takes,
        ``object-too-large-here``; ``evidence-missing`` when the folder is not there. The store is then as before.
        """
        if not self.present:
            raise UserError("evidence-missing", folder=self.folder.name)
        digest = hashlib.sha256()
        size = 0
        with writing():
            temporary = self._temporary()
            fd = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
        try:
            try:
                while block := stream.read(CHUNK):
                    digest.update(block)
                    size += len(block)
                    if on_chunk is not None:
                        on_chunk(block)
                    if limit is not None and size > limit:
                        raise UserError("object-too-large", limit=limit)
                    with writing():
                        write_all(fd, block)
            except BaseException:
                os.close(fd)
                raise
            return self.keep(fd, temporary, digest.digest(), size, known)
        finally:
            with contextlib.suppress(OSError):
                temporary.unlink(missing_ok=True)

    def keep(self, fd: int, temporary: str | Path, sha256: bytes, size: int, known: Callable[[bytes], bool]) -> Stored:
        """Make a written file an object under its hash; closes `fd`. See `put` for `known` and what is raised.

        It is durable after the next `flush`. Until then no commit speaks of it, and after a crash its bytes are read
        before they are trusted.
        """
        try:
            if self._holds(sha256, size, known):
                return Stored(sha256, size, new=False)
            if os.name == "nt":
                with writing():
                    os.fsync(fd)  # elsewhere `flush` does it for many at once
        finally:
            os.close(fd)
        with writing():
            self._install(temporary, self._place(sha256))
        return Stored(sha256, size, new=True)

    def adopt(self, stored: Stored) -> None:
        """An object that another process of ours put here: the next `flush` makes it durable."""
        place = self._place(stored.sha256)
        with self._lock:
            self._unsynced |= {os.path.dirname(place), str(self._objects)}  # noqa: PTH120
            self._fresh.add(place)

    def _holds(self, sha256: bytes, size: int, known: Callable[[bytes], bool]) -> bool:
        """Are the bytes here already? Then their name is made durable too: a killed run may not have come to it."""
        place = self._place(sha256)
        if not os.path.exists(place):  # noqa: PTH110
            return False
        if not known(sha256):
            try:
                if not self._matches(place, sha256, size):
                    return False
            except OSError:
                return False
            self.adopt(Stored(sha256, size, new=False))
        return True

    def _install(self, temporary: str | Path, place: str) -> None:
        folder = os.path.dirname(place)  # noqa: PTH120
        made = False
        if folder not in self._made:
            with contextlib.suppress(FileExistsError):
                os.mkdir(folder)  # noqa: PTH102
                made = True
            self._made.add(folder)
        if os.name == "nt" and Path(place).exists():
            Path(place).chmod(0o600)  # Windows does not replace a read-only file
        with contextlib.suppress(OSError):  # FAT and exFAT have no modes
            os.chmod(temporary, 0o444)  # noqa: PTH101 - text: a path costs more than the call
        os.replace(temporary, place)  # noqa: PTH105
        with self._lock:
            self._unsynced.add(folder)
            self._fresh.add(place)
            if made:
                self._unsynced.add(str(self._objects))

    def flush(self) -> None:
        """Make new objects, records and their names durable. To be called before a commit that speaks of them. Raises
        `UserError` when our own disk fails; what was not done is done by the next call.
        """
        with self._lock:
            folders, self._unsynced = self._unsynced, set()
            files, self._fresh = self._fresh, set()
        records = self.warcs.unsynced() if "warcs" in self.__dict__ else []
        if not folders and not files and not records:
            return
        try:
            with writing():
                sync_all(
                    self.folder,
                    [*(files if os.name != "nt" else ()), *(str(path) for _, path, _ in records)],
                    {*folders, *(str(path.parent) for _, path, _ in records)},
                )
            for record, _, size in records:
                record.synced(size)
        except BaseException:
            with self._lock:
                self._unsynced |= folders
                self._fresh |= files
            raise

    def open(self, sha256: bytes) -> BinaryIO:
        """A seekable stream of an object; raises `UserError` ``object-missing``."""
        try:
            return open_file(self._place(sha256))
        except OSError:
            raise UserError("object-missing", sha256=sha256.hex()) from None

    def has(self, sha256: bytes) -> bool:
        """Is there a file of that name? Says nothing of its content."""
        return os.path.isfile(self._place(sha256))  # noqa: PTH113

    def check(self, sha256: bytes, size: int) -> str | None:
        """Read an object again: null when it is what its name says, else ``object-missing`` or ``object-damaged``."""
        try:
            with open_file(self._place(sha256)) as file:
                digest, length = _hash(file)
        except FileNotFoundError:
            return "object-missing"
        except OSError:
            return "object-unreadable"
        return None if (digest, length) == (sha256, size) else "object-damaged"

    def remember(self, seq: int, digest: bytes) -> None:
        """Note beside the case which op was committed last: a case file that was put back, or lost its write-ahead log,
        is known by it, until it has more ops than were noted. Neither synced nor needed: what cannot be noted is left.
        """
        noted = self.newest()
        if noted is not None and noted[0] >= seq:
            return
        with contextlib.suppress(OSError):
            fd = os.open(self.folder / NEWEST, os.O_WRONLY | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o600)
            try:
                os.write(fd, f"{seq:020d} {digest.hex()}\n".encode())
            finally:
                os.close(fd)

    def newest(self) -> tuple[int, bytes] | None:
        """Number and hash of the last op that `remember` noted; None where nothing is noted that can be read."""
        try:
            with open_file(self.folder / NEWEST) as file:
                found = _NEWEST.fullmatch(file.read(100))
        except OSError:
            return None
        return None if found is None else (int(found[1]), bytes.fromhex(found[2].decode()))

    def stamp(self) -> tuple[int, ...]:
        """Changes when an object comes or goes: whatever was derived from `names` holds as long as it stays."""
        if not self.present:
            return ()
        return tuple(sorted(entry.stat().st_mtime_ns for entry in os.scandir(self._objects)))

    def names(self) -> Iterator[str]:
        """The name of every file among the objects, whether or not the case knows it."""
        if not self.present:
            return
        for folder in sorted(self._objects.iterdir()):
            if folder.is_dir():
                yield from sorted(entry.name for entry in os.scandir(folder))

    @staticmethod
    def name(sha256: bytes) -> str:
        """The file name of an object."""
        return sha256.hex()

    def _place(self, sha256: bytes) -> str:
        name = self.name(sha256)
        return f"{self._root}{name[:2]}{os.sep}{name}"

    def _matches(self, place: str, sha256: bytes, size: int) -> bool:
        with open_file(place) as file:
            return _hash(file) == (sha256, size)

    def _temporary(self) -> Path:
        """A fresh name in this process's own folder, whose lock tells others that we live."""
        with self._lock:
            if self._own is None:
                base = self.folder / "tmp"
                base.mkdir(exist_ok=True)
                self._clean()
                self._own = self._own_folder(base)
            return self._own / uuid.uuid4().hex

    def _own_folder(self, base: Path) -> Path:
        for _ in range(10):  # somebody who cleans up may hold the lock for a moment
            own = base / f"{os.getpid()}-{uuid.uuid4().hex}"
            lock = FileLock(own.with_suffix(".lock"))
            if lock.acquire():
                self._owner = lock
                own.mkdir()
                return own
        raise PermissionError(errno.EACCES, "locks cannot be had", str(base))

    def _clean(self) -> None:
        """Remove what dead processes left."""
        for lock_file in (self.folder / "tmp").glob("*.lock"):
            lock = FileLock(lock_file)
            if lock.acquire():
                shutil.rmtree(lock_file.with_suffix(""), ignore_errors=True)
                lock.release(remove=True)


@contextlib.contextmanager
def writing() -> Iterator[None]:
    """Tell errors of our own disk from those of the source that is read."""
    try:
        yield
    except OSError as error:
        code = {
            errno.ENOSPC: "disk-full",
            errno.EDQUOT: "disk-full",
            errno.EROFS: "case-read-only",
            errno.EACCES: "case-read-only",
            errno.EPERM: "case-read-only",
            errno.EFBIG: "object-too-large-here",
        }.get(error.errno or 0, "case-io-error")
        raise UserError(code) from error


def write_all(fd: int, block: bytes | memoryview) -> None:
    """Write all of a block, however many calls that takes."""
    view = memoryview(block)
    while view:
        view = view[os.write(fd, view) :]


def _hash(file: BinaryIO) -> tuple[bytes, int]:
    digest = hashlib.sha256()
    size = 0
    while block := file.read(CHUNK):
        digest.update(block)
        size += len(block)
    return digest.digest(), size

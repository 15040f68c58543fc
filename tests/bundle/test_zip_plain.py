"""A zip in which two programs could see different files is a problem; an ordinary one of any program is none."""

from __future__ import annotations

import io
import os
import shutil
import struct
import subprocess
import sys
import threading
import zipfile
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest

from workbench.bundle.bagfiles import is_bundle
from workbench.bundle.verify import verify_bundle
from workbench.bundle.write import write_bundle
from workbench.bundle.zipplain import oddities
from workbench.case.case import Case
from workbench.core.errors import UserError
from workbench.core.filter import Filter


@pytest.fixture(scope="module")
def plain(whole: Path) -> bytes:
    """A zipped bundle, with a deflated and a stored member."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        for number, path in enumerate(sorted(whole.rglob("*"))):
            if path.is_file():
                how = zipfile.ZIP_DEFLATED if number % 2 else zipfile.ZIP_STORED
                made.write(path, f"top/{path.relative_to(whole).as_posix()}", how)
    return out.getvalue()


def directory(content: bytes) -> int:
    return int.from_bytes(content[-6:-2], "little")


def moved(content: bytes, more: bytes) -> bytes:
    """With bytes before the directory that it does not name."""
    start = directory(content)
    end = bytearray(content[start:])
    end[-6:-2] = struct.pack("<L", start + len(more))
    return content[:start] + more + bytes(end)


def member(name: bytes, body: bytes) -> bytes:
    return (
        struct.pack("<4s2B4HL2L2H", b"PK\3\4", 20, 0, 0, 0, 0, 33, 0, len(body), len(body), len(name), 0) + name + body
    )


def at(content: bytes, offset: int, raw: bytes) -> bytes:
    return content[:offset] + raw + content[offset + len(raw) :]


ODD: dict[str, Callable[[bytes], bytes]] = {
    "bytes before": lambda content: b"MZ" * 50 + content,
    "bytes behind": lambda content: content + b"more",
    "a comment": lambda content: content[:-2] + b"\4\0more",
    "a hidden member": lambda content: moved(content, member(b"top/hidden.txt", b"hidden")),
    "hidden bytes": lambda content: moved(content, b"hidden"),
    "a local name": lambda content: at(content, 30, b"toq"),
    "a local size": lambda content: at(content, 18, b"\1\0\0\0"),
    "a local checksum": lambda content: at(content, 14, b"\1\2\3\4"),
    "a local method": lambda content: at(content, 8, b"\x0c\0"),
    "a local flag": lambda content: at(content, 6, b"\1\0"),
}


@pytest.mark.parametrize("what", ODD)
def test_each_oddity_is_found(plain: bytes, tmp_path: Path, what: str) -> None:
    file = tmp_path / "odd.zip"
    file.write_bytes(ODD[what](plain))
    found = {each.kind for each in verify_bundle(file).problems}
    assert "bag-zip" in found, found


def test_names_and_kinds_of_members(plain: bytes, tmp_path: Path) -> None:
    for name, change, kind in (
        ("twice", lambda made: made.writestr("top/bagit.txt", "x"), "bag-zip"),
        ("absolute", lambda made: made.writestr("/etc/x", "x"), "bag-path-unsafe"),
        ("above", lambda made: made.writestr("top/../../x", "x"), "bag-path-unsafe"),
        ("link", lambda made: made.writestr(_link("top/data/link"), "/etc/passwd"), "bag-special-file"),
    ):
        file = tmp_path / f"{name}.zip"
        file.write_bytes(plain)
        noted = [pytest.warns(UserWarning, match="Duplicate")] if name == "twice" else []
        with zipfile.ZipFile(file, "a") as made, ExitStack() as stack:
            for each in noted:
                stack.enter_context(each)
            change(made)
        assert kind in {each.kind for each in verify_bundle(file).problems}, name


def _link(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.create_system = 3
    info.external_attr = 0o120777 << 16
    return info


def test_zips_of_other_programs_are_plain(plain: bytes, whole: Path, case: Case, tmp_path: Path) -> None:
    (tmp_path / "python.zip").write_bytes(plain)
    write_bundle(case, tmp_path / "ours.zip", Filter(), as_zip=True)
    streamed = io.BytesIO()

    class Pipe(io.RawIOBase):
        def writable(self) -> bool:
            return True

        def write(self, data: object) -> int:
            return streamed.write(data)  # type: ignore[arg-type]

    with zipfile.ZipFile(Pipe(), "w", zipfile.ZIP_DEFLATED) as made:  # type: ignore[call-overload]
        made.write(whole / "bagit.txt", "top/bagit.txt")
        made.write(whole / "README.txt", "top/README.txt")
    (tmp_path / "streamed.zip").write_bytes(streamed.getvalue())
    (tmp_path / "empty.zip").write_bytes(b"PK\5\6" + bytes(18))
    programs = (("zip", "-qr", "zip.zip", "top"), ("bsdtar", "-cf", "tar.zip", "--format", "zip", "top"))
    shutil.copytree(whole, tmp_path / "top")
    for words in programs:
        if shutil.which(words[0]):
            subprocess.run(words, cwd=tmp_path, check=True)
    for file in sorted(tmp_path.glob("*.zip")):
        assert list(oddities(file)) == [], file.name
    assert verify_bundle(tmp_path / "ours.zip").ok
    assert verify_bundle(tmp_path / "python.zip").ok


def test_pipes_are_refused_at_once(copied: Path, tmp_path: Path) -> None:
    """In a thread: opening a pipe would wait for ever."""
    os.mkfifo(tmp_path / "pipe")
    (copied / "data/record/report.html").unlink()
    os.mkfifo(copied / "data/record/report.html")
    done: list[object] = []

    def check() -> None:
        done.append(is_bundle(tmp_path / "pipe"))
        try:
            verify_bundle(tmp_path / "pipe")
        except UserError as error:
            done.append(error.message.code)
        done.append({each.kind for each in verify_bundle(copied).problems} >= {"bag-special-file"})

    thread = threading.Thread(target=check, daemon=True)
    thread.start()
    thread.join(60)
    assert done == [False, "bundle-not-found", True]
    (copied / "data/record/custody.jsonl").unlink()
    os.mkfifo(copied / "data/record/custody.jsonl")
    program = Path(__file__).parents[2] / "resources/templates/verify_bundle.py"
    said = subprocess.run(
        [sys.executable, "-I", "-S", str(program), str(copied)],
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert (said.returncode, said.stderr) == (1, "")
    assert "custody.jsonl is a link or a device" in said.stdout

from __future__ import annotations

import gzip
import io
import os
import re
import tarfile
import zipfile
from pathlib import Path

import pytest

from tests.shared import shared_data
from tests.sources.looking import look
from workbench.core.errors import UserError
from workbench.core.messages import catalogue
from workbench.core.records import Coverage
from workbench.sources.registry import archive_kind, is_archive, open_paths


def zipped(path: Path, **members: str) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def tarred(path: Path, **members: str) -> Path:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content.encode()))
    path.write_bytes(gzip.compress(out.getvalue()) if path.suffix in (".tgz", ".gz") else out.getvalue())
    return path


def filled(folder: Path, **files: str) -> Path:
    folder.mkdir(parents=True)
    for name, content in files.items():
        (folder / name).write_text(content)
    return folder


def test_one_folder_or_archive_is_the_root(tmp_path: Path) -> None:
    source = open_paths([filled(tmp_path / "in", a="1")])
    assert (source.name, source.kind) == ("in", "folder")
    assert look(source).files == {b"a": b"1"}
    source = open_paths([zipped(tmp_path / "in.zip", a="1")])
    assert (source.name, source.kind) == ("in.zip", "zip")
    assert look(source).files == {b"a": b"1"}
    source = open_paths([tarred(tmp_path / "in.tar.gz", a="1")])
    assert (source.name, source.kind) == ("in.tar.gz", "tar")
    assert look(source).files == {b"a": b"1"}


def test_one_file_has_its_own_name(tmp_path: Path) -> None:
    file = tmp_path / "a.png"
    file.write_bytes(b"x")
    source = open_paths([file])
    assert (source.name, source.kind) == ("a.png", "file")
    assert look(source).files == {b"a.png": b"x"}


def test_several_paths_stand_below_their_names(tmp_path: Path) -> None:
    paths = [
        filled(tmp_path / "x" / "in", a="1"),
        filled(tmp_path / "y" / "in", a="2"),
        zipped(tmp_path / "z.zip", a="3"),
        filled(tmp_path / "p", f="4") / "f.txt",
        filled(tmp_path / "q", f="5") / "f.txt",
    ]
    paths[3].write_text("6")
    paths[4].write_text("7")
    source = open_paths([*paths, paths[0]])
    seen = look(source)
    assert seen.files == {
        b"in/a": b"1",
        b"in (2)/a": b"2",
        b"z.zip/a": b"3",
        b"f.txt": b"6",
        b"f (2).txt": b"7",
    }
    assert seen.notes == [
        (b"in (2)", "path-renamed"),
        (b"f (2).txt", "path-renamed"),
        (b"in", "path-given-twice"),
    ]
    assert seen.folders == dict.fromkeys([b"in", b"in (2)", b"z.zip"], Coverage.LISTED)
    assert [container.path for container in seen.containers] == [b"z.zip"]
    assert source.name == "in +5"
    assert open_paths([tmp_path / "x", tmp_path / "y"]).name == tmp_path.name


def test_documents_that_are_zip_files_stay_whole(tmp_path: Path) -> None:
    for name in ("a.docx", "b.kra", "c.xlsx", "noending"):
        path = zipped(tmp_path / name, inner="1")
        assert not is_archive(path)
        assert set(look(open_paths([path])).files) == {name.encode()}
    assert is_archive(zipped(tmp_path / "comic.CBZ", a="1"))
    assert archive_kind(tarred(tmp_path / "wrong.zip", a="1")) == "tar"
    assert archive_kind(zipped(tmp_path / "wrong.tar", a="1")) == "zip"
    for name, content in (("text.zip", b"hello"), ("empty.tar", b""), ("log.tgz", gzip.compress(b"GET /"))):
        (tmp_path / name).write_bytes(content)
        assert not is_archive(tmp_path / name)
        assert look(open_paths([tmp_path / name])).files == {name.encode(): content}
    assert not is_archive(shared_data("archives", "test.xlsx"))
    assert is_archive(shared_data("archives", "zip64-sample.zip"))


@pytest.mark.parametrize("make", [lambda path: None, lambda path: path.symlink_to("nowhere")])
def test_a_missing_path_is_said_first(tmp_path: Path, make: object) -> None:
    missing = tmp_path / "missing\udcff"
    make(missing)  # type: ignore[operator]
    with pytest.raises(UserError) as caught:
        open_paths([filled(tmp_path / "in"), missing])
    assert caught.value.message.code == "path-missing"
    str(caught.value).encode()


def test_other_unusable_paths(tmp_path: Path) -> None:
    with pytest.raises(UserError) as caught:
        open_paths([])
    assert caught.value.message.code == "paths-none"
    os.mkfifo(tmp_path / "fifo")
    with pytest.raises(UserError) as caught:
        open_paths([tmp_path / "fifo"])
    assert caught.value.message.code == "path-special"


def test_a_case_is_not_its_own_source(tmp_path: Path) -> None:
    (tmp_path / "c.wbcase").write_bytes(b"")
    inner = filled(tmp_path / "c.evidence" / "objects", a="1")
    for path in (tmp_path / "c.wbcase", tmp_path / "c.evidence", inner, inner / "a"):
        with pytest.raises(UserError) as caught:
            open_paths([path])
        assert caught.value.message.code == "path-of-case"
    seen = look(open_paths([tmp_path / "c.wbcase", inner, filled(tmp_path / "in", b="2")]))
    assert seen.files == {b"in/b": b"2"}
    assert [code for _, code in seen.notes] == ["case-skipped", "case-skipped"]


def test_a_link_that_the_user_names_is_followed(tmp_path: Path) -> None:
    filled(tmp_path / "real", a="1")
    (tmp_path / "link").symlink_to("real")
    (tmp_path / "filelink").symlink_to("real/a")
    assert look(open_paths([tmp_path / "link"])).files == {b"a": b"1"}
    assert look(open_paths([tmp_path / "filelink"])).files == {b"filelink": b"1"}


def test_a_part_that_goes_away_is_a_warning(tmp_path: Path) -> None:
    gone, kept = filled(tmp_path / "gone", a="1"), filled(tmp_path / "kept", b="2")
    source = open_paths([gone, kept])
    (gone / "a").unlink()
    gone.rmdir()
    seen = look(source)
    assert seen.files == {b"kept/b": b"2"}
    assert seen.notes == [(b"gone", "folder-unreadable")]
    assert seen.folders[b"gone"] is Coverage.FAILED


def test_the_current_folder_has_a_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(filled(tmp_path / "here", a="1"))
    assert open_paths([Path()]).name == "here"
    assert open_paths([Path("..")]).name == tmp_path.name


def test_every_code_in_these_files_has_its_words() -> None:
    words = catalogue()
    codes: set[str] = set()
    for file in (Path(__file__).resolve().parents[2] / "workbench" / "sources").glob("*.py"):
        codes |= set(
            re.findall(
                r'(?:Message|SourceError|UserError)\(\s*"([a-z-]+)"|"(stage-[a-z-]+)"|: "(file-[a-z-]+)"',
                file.read_text(),
            )
        )
    flat = {code for found in codes for code in found if code}
    assert len(flat) > 40
    assert flat <= set(words)

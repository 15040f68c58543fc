"""The set-up scripts, their lock files and the desktop files, without a network."""

from __future__ import annotations

import configparser
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from xml.etree import ElementTree

import pytest
from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from tests.packaging.shell import LOCKS, PACKAGING, ROOT, bash, copy_checkout, fake, set_up_with_seams
from workbench.case.driver import APPLICATION_ID

SCRIPTS = [PACKAGING / name for name in ("run", "test", "lock", "setup.sh")] + [ROOT / ".ci" / "run"]
PIN = re.compile(r"(?m)^(?P<name>[A-Za-z0-9._-]+)==(?P<version>[^ ;\\\n]+)(?: ; (?P<marker>[^\\\n]+?))? \\\n")

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the set-up scripts are for a POSIX shell")


def pins(lock: Path) -> list[tuple[str, Version, str | None]]:
    return [(canonicalize_name(m["name"]), Version(m["version"]), m["marker"]) for m in PIN.finditer(lock.read_text())]


# --- scripts ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda p: str(p.relative_to(ROOT)))
def test_a_script_parses_and_can_be_started(script: Path, tmp_path: Path) -> None:
    assert os.access(script, os.X_OK)
    assert script.read_text().startswith("#!/usr/bin/env bash\n")
    result = bash(f"bash -n '{script}'", tmp_path)
    assert (result.returncode, result.stderr) == (0, "")


@pytest.mark.skipif(shutil.which("shellcheck") is None, reason="shellcheck is not on this machine")
def test_shellcheck_finds_nothing() -> None:
    result = subprocess.run(["shellcheck", "-x", *SCRIPTS], capture_output=True, text=True, check=False, timeout=60)
    assert result.stdout == ""


@pytest.mark.parametrize("name", ["run", "test"])
def test_help_explains_the_options_and_changes_nothing(name: str, tmp_path: Path) -> None:
    state = tmp_path / "state"
    result = bash(f"'{PACKAGING / name}' --help", tmp_path, WORKBENCH_STATE=str(state))
    assert result.returncode == 0
    assert "--setup-only" in result.stdout
    assert not state.exists()


# --- system packages -------------------------------------------------------------------------------------------------


@pytest.fixture
def debian(tmp_path: Path) -> Path:
    """A folder of fakes: a Debian with no package at all, used by somebody who is not root."""
    folder = tmp_path / "fakes"
    fake(folder, "uname", "echo Linux")
    fake(folder, "id", "echo 1000")
    fake(folder, "dpkg-query", "echo call >> calls; cat packages 2>/dev/null")
    fake(folder, "apt-get", "echo apt-get must not be called here >&2; exit 9")
    fake(folder, "sudo", "exit 9")
    return folder


def set_up(name: str, tmp_path: Path, fakes: Path, **env: str) -> subprocess.CompletedProcess[str]:
    places = {"WORKBENCH_STATE": str(tmp_path / "state"), "WORKBENCH_VENV": str(tmp_path / "venv"), **env}
    return bash(f"'{PACKAGING / 'setup.sh'}' {name}", tmp_path, fakes, **places)


def wanted(name: str, tmp_path: Path) -> list[str]:
    return bash(f". '{PACKAGING / 'setup.sh'}'; printf '%s ' ${name}", tmp_path).stdout.split()


def test_without_root_the_missing_packages_and_one_command_are_named(debian: Path, tmp_path: Path) -> None:
    result = set_up("run", tmp_path, debian)
    assert result.returncode == 1
    message = result.stderr.splitlines()
    needed = wanted("RUN_PACKAGES", tmp_path)
    assert {"fonts-noto-cjk", "libxcb-cursor0", "libegl1"} <= set(needed)
    assert message[0].startswith("System packages are missing: ")
    assert set(needed) <= set(message[0].split())
    command = [line.strip() for line in message if "apt-get install" in line]
    assert len(command) == 1
    assert command[0].startswith("sudo sh -c 'apt-get update && apt-get install -y --no-install-recommends ")
    assert set(needed) <= set(command[0].rstrip("'").split())
    assert not (tmp_path / "venv").exists()


def test_only_what_is_missing_is_named_and_a_renamed_package_counts(debian: Path, tmp_path: Path) -> None:
    needed = wanted("RUN_PACKAGES", tmp_path)
    lines = [f"installed {name} " for name in needed if name not in {"libglib2.0-0", "libgl1", "fonts-noto-cjk"}]
    lines += ["installed libglib2.0-0t64 libglib2.0-0 (= 2.84.4-3)", "config-files libgl1 ", "installed libgl1-extra "]
    (tmp_path / "packages").write_text("\n".join(lines) + "\n")
    result = set_up("run", tmp_path, debian)
    assert result.returncode == 1
    named = result.stderr.splitlines()[0].split(": ")[1].split()
    assert [name for name in named if not name.endswith("-venv")] == ["libgl1", "fonts-noto-cjk"]
    assert (tmp_path / "calls").read_text() == "call\n"


@pytest.mark.parametrize(
    ("purpose", "in_it", "not_in_it"),
    [("run", [], ["xvfb", "goaccess"]), ("test", ["xvfb"], ["goaccess"]), ("bench", ["goaccess", "xvfb"], [])],
)
def test_each_purpose_asks_only_for_its_own_packages(
    debian: Path, tmp_path: Path, purpose: str, in_it: list[str], not_in_it: list[str]
) -> None:
    named = set_up(purpose, tmp_path, debian).stderr.splitlines()[0].split()
    assert set(in_it) <= set(named)
    assert not set(not_in_it) & set(named)


def test_a_python_without_venv_is_noticed(debian: Path, tmp_path: Path) -> None:
    fake(debian, "python-bare", f'case "$2" in *ensurepip*) exit 1;; esac; exec "{sys.executable}" "$@"')
    result = set_up("run", tmp_path, debian, WORKBENCH_PYTHON="python-bare")
    assert f"python{sys.version_info[0]}.{sys.version_info[1]}-venv" in result.stderr


def test_a_missing_python_is_a_plain_sentence(debian: Path, tmp_path: Path) -> None:
    result = set_up("run", tmp_path, debian, WORKBENCH_PYTHON="no-such-python", WORKBENCH_NO_SYSTEM="1")
    assert result.returncode == 1
    assert result.stderr.startswith("Python 3.11 or later is needed")


# --- stamp -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    return copy_checkout(tmp_path / "a checkout with blanks")


def did(checkout: Path, purpose: str) -> list[str]:
    note = checkout / "did"
    note.unlink(missing_ok=True)
    result = set_up_with_seams(checkout, purpose)
    assert (result.returncode, result.stderr) == (0, "")
    return note.read_text().split() if note.exists() else []


def test_a_second_set_up_does_nothing(checkout: Path) -> None:
    assert did(checkout, "run") == ["create", "locked", "project"]
    assert did(checkout, "run") == []
    assert did(checkout, "test") == ["development"]
    assert did(checkout, "test") == []
    assert did(checkout, "run") == []


def test_a_changed_lock_builds_a_new_environment_and_a_changed_project_only_itself(checkout: Path) -> None:
    did(checkout, "test")
    with (checkout / "pyproject.toml").open("a") as project:
        project.write("# changed\n")
    assert did(checkout, "test") == ["project"]
    lock = checkout / "packaging" / "requirements.txt"
    before = lock.read_text()
    lock.write_text(before + "# changed\n")
    assert did(checkout, "test") == ["create", "locked", "development", "project"]
    lock.write_text(before)
    assert did(checkout, "run") == ["create", "locked", "project"]


def test_development_tools_that_went_back_are_installed_again(checkout: Path) -> None:
    did(checkout, "test")
    lock = checkout / "packaging" / "requirements-dev.txt"
    before = lock.read_text()
    lock.write_text(before + "# changed\n")
    assert did(checkout, "test") == ["development"]
    lock.write_text(before)
    assert did(checkout, "test") == ["development"]


def test_a_part_that_failed_is_done_again(checkout: Path) -> None:
    (checkout / "broken").touch()
    assert set_up_with_seams(checkout, "test").returncode == 1
    (checkout / "broken").unlink()
    assert did(checkout, "test") == ["development", "project"]


def test_an_environment_that_was_cut_off_is_made_again(checkout: Path) -> None:
    (checkout / "killed").touch()
    assert set_up_with_seams(checkout, "run").returncode == 1
    (checkout / "killed").unlink()
    assert did(checkout, "run") == ["create", "locked", "project"]
    assert not (checkout / ".state" / "old-environment").exists()


def test_an_environment_of_somebody_else_is_filled_and_kept(checkout: Path) -> None:
    fake(checkout / ".venv", "mine", "")
    fake(checkout / ".venv" / "bin", "python", "echo 3.11")
    assert did(checkout, "run") == ["locked", "project"]
    assert did(checkout, "run") == []
    assert (checkout / ".venv" / "mine").exists()


# --- locks -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lock", LOCKS, ids=lambda p: p.name)
def test_a_lock_names_no_place_and_hashes_every_pin(lock: Path) -> None:
    text = lock.read_text()
    for foreign in ("://", "--index", "--extra-index", "--find-links", "--trusted-host", "@ ", "file:", ".org", ".com"):
        assert foreign not in text
    entries = [entry for entry in re.split(r"(?m)^(?=[A-Za-z0-9])", text) if entry.strip()]
    assert len(entries) == len(pins(lock)) > 0
    for entry in entries:
        assert re.search(r"--hash=sha256:[0-9a-f]{64}\b", entry), entry.splitlines()[0]
        leftover = re.sub(r"\s*--hash=sha256:[0-9a-f]{64}(?: \\)?\s*", "", PIN.sub("", entry))
        assert leftover == ""


def project() -> dict[str, dict[str, list[str]]]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text())


def requirements(name: str) -> list[str]:
    content = project()
    lists = {
        "requirements.txt": content["project"]["dependencies"],
        "requirements-dev.txt": content["dependency-groups"]["dev"],
        "requirements-build.txt": content["build-system"]["requires"],
    }
    return lists[name]


@pytest.mark.parametrize("python", ["3.11", "3.12", "3.13"])
@pytest.mark.parametrize("lock", LOCKS, ids=lambda p: p.name)
def test_the_lock_satisfies_the_project(lock: Path, python: str) -> None:
    environment = {"python_version": python, "python_full_version": f"{python}.2"}
    locked = {name: v for name, v, marker in pins(lock) if not marker or Marker(marker).evaluate(environment)}
    for text in requirements(lock.name):
        requirement = Requirement(text)
        if requirement.marker is None or requirement.marker.evaluate(environment):
            version = locked.get(canonicalize_name(requirement.name))
            assert version is not None, f"{text} is not locked: run packaging/lock"
            assert version in requirement.specifier, f"{text} is locked at {version}: run packaging/lock"


def test_the_locks_agree_with_each_other() -> None:
    versions: dict[str, set[Version]] = {}
    for lock in LOCKS:
        for name, version, _ in pins(lock):
            versions.setdefault(name, set()).add(version)
    assert {name: found for name, found in versions.items() if len(found) > 1} == {}


# --- the repository --------------------------------------------------------------------------------------------------


def shipped_text() -> list[Path]:
    """Every file of the repository that is text; all files where this is no checkout."""
    listing = ["git", "-C", str(ROOT), "ls-files", "-z"]
    result = subprocess.run(listing, capture_output=True, check=False, timeout=30)
    if result.returncode:
        pytest.skip("not a git checkout")
    paths = [ROOT / name for name in os.fsdecode(result.stdout).split("\0") if name]
    return [path for path in paths if path.is_file() and b"\0" not in path.read_bytes()[:8192]]


def test_no_file_holds_a_path_of_somebodys_machine() -> None:
    places = ["/" + "work/", "/" + "root/", "/" + "tmp/bash_jobs"]
    pattern = re.compile("|".join(rf"(?<![\w.\-/*]){re.escape(place)}" for place in places))
    found = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in shipped_text()
        for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1)
        if pattern.search(line)
    ]
    assert found == []


def test_the_licence_is_whole() -> None:
    text = (ROOT / "LICENSE").read_text()
    assert "Version 2.0, January 2004" in text
    assert "END OF TERMS AND CONDITIONS" in text


def test_pre_commit_fetches_nothing() -> None:
    text = (ROOT / ".pre-commit-config.yaml").read_text()
    assert "repo: local" in text
    assert "://" not in text
    assert set(re.findall(r"language: (\w+)", text)) == {"system"}
    checks = {entry.split("/")[-1].split()[0] for entry in re.findall(r"entry: (.+)", text)}
    assert checks == {"ruff", "mypy", "lint-imports"}


# --- desktop ---------------------------------------------------------------------------------------------------------

DESKTOP = PACKAGING / "desktop"


def test_the_desktop_entry_starts_the_command_and_takes_cases() -> None:
    parser = configparser.ConfigParser(interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read(DESKTOP / "investigation-workbench.desktop", encoding="utf-8")
    entry = parser["Desktop Entry"]
    assert entry["Type"] == "Application"
    assert entry["Exec"].split()[0] in project()["project"]["scripts"]
    assert entry["Exec"].endswith("%f")
    assert entry["MimeType"] == f"{media_type()};"


def media_type() -> str:
    return mime().attrib["type"]


def mime() -> ElementTree.Element:
    root = ElementTree.parse(DESKTOP / "investigation-workbench.xml").getroot()
    element = root.find("{*}mime-type")
    assert element is not None
    return element


def test_the_file_type_knows_a_case_by_name_and_by_content() -> None:
    glob = mime().find("{*}glob")
    assert glob is not None
    assert glob.attrib["pattern"] == "*.wbcase"
    marks = {match.attrib["offset"]: match.attrib["value"] for match in mime().findall(".//{*}match")}
    assert marks == {"0": r"SQLite format 3\0", "68": APPLICATION_ID.to_bytes(4, "big").decode("ascii")}


def test_the_metadata_agree_with_the_project() -> None:
    root = ElementTree.parse(DESKTOP / "investigation-workbench.metainfo.xml").getroot()
    assert root.findtext("id") == project()["project"]["name"]
    assert root.findtext("project_license") == project()["project"]["license"]
    assert root.findtext("launchable") == "investigation-workbench.desktop"
    assert root.findtext("provides/mediatype") == media_type()
    assert root.findtext("provides/binary") in project()["project"]["scripts"]


@pytest.mark.skipif(
    shutil.which("desktop-file-validate") is None, reason="desktop-file-validate is not on this machine"
)
def test_the_desktops_own_tool_agrees() -> None:
    command = ["desktop-file-validate", "investigation-workbench.desktop"]
    result = subprocess.run(command, cwd=DESKTOP, capture_output=True, text=True, check=False, timeout=30)
    assert (result.returncode, result.stdout) == (0, "")

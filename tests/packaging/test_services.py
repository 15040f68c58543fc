"""The packages of servers that the tests start themselves: no service of theirs starts, now or with the machine."""

from __future__ import annotations

import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.packaging.shell import PACKAGING, bash, fake

SETUP = PACKAGING / "setup.sh"

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the set-up scripts are for a POSIX shell")


@pytest.fixture
def fakes(tmp_path: Path) -> Path:
    """apt-get notes what the policy said while it installed; update-rc.d notes what it was told."""
    folder = tmp_path / "fakes"
    fake(folder, "uname", "echo Linux")
    fake(folder, "dpkg", "")
    fake(folder, "dpkg-query", "cat packages 2>/dev/null")
    fake(
        folder,
        "apt-get",
        'case "$*" in *install*) sh ./policy; echo "policy $?" >>calls; echo "$*" >>calls; test ! -e slow || sleep 60;'
        " test ! -e broken ;; esac",
    )
    fake(folder, "update-rc.d", 'echo "$*" >>calls')
    return folder


def install(tmp_path: Path, packages: str) -> subprocess.CompletedProcess[str]:
    script = f". '{SETUP}'; POLICY=$PWD/policy; install_packages '{packages}'"
    return bash(script, tmp_path, tmp_path / "fakes")


def calls(tmp_path: Path) -> list[str]:
    note = tmp_path / "calls"
    lines = note.read_text().splitlines() if note.exists() else []
    note.unlink(missing_ok=True)
    return [line.replace("-o DPkg::Lock::Timeout=300 ", "") for line in lines]


def test_nothing_starts_while_packages_are_installed_and_new_services_stay_off(fakes: Path, tmp_path: Path) -> None:
    assert fakes.is_dir()
    assert install(tmp_path, "xvfb nginx wget").returncode == 0
    assert calls(tmp_path) == [
        "policy 101",
        "install -y --no-install-recommends xvfb nginx wget",
        "nginx disable",
    ]
    assert not (tmp_path / "policy").exists()
    assert install(tmp_path, "xvfb").returncode == 0
    assert calls(tmp_path)[1:] == ["install -y --no-install-recommends xvfb"], "what was here before is left alone"


def test_a_policy_of_the_machine_stays(fakes: Path, tmp_path: Path) -> None:
    assert fakes.is_dir()
    own = "#!/bin/sh\nexit 42\n"
    (tmp_path / "policy").write_text(own)
    assert install(tmp_path, "vsftpd").returncode == 0
    assert calls(tmp_path)[0] == "policy 42"
    assert (tmp_path / "policy").read_text() == own


def test_our_policy_goes_away_after_a_failure(fakes: Path, tmp_path: Path) -> None:
    assert fakes.is_dir()
    (tmp_path / "broken").touch()
    assert install(tmp_path, "vsftpd").returncode != 0
    assert calls(tmp_path) == ["policy 101", "install -y --no-install-recommends vsftpd"]
    assert not (tmp_path / "policy").exists()


def test_a_policy_that_a_killed_set_up_left_goes_away_with_the_next_one(fakes: Path, tmp_path: Path) -> None:
    (tmp_path / "slow").touch()
    script = f"PATH={shlex.quote(str(fakes))}:$PATH; . '{SETUP}'; POLICY=$PWD/policy; install_packages nginx"
    with subprocess.Popen(["bash", "-c", script], cwd=tmp_path, start_new_session=True) as child:
        until = time.monotonic() + 30
        while not (tmp_path / "calls").exists() and time.monotonic() < until:
            time.sleep(0.01)
        subprocess.run(["kill", f"-{signal.SIGKILL.value}", "--", f"-{child.pid}"], check=True)
    assert (tmp_path / "policy").exists()
    (tmp_path / "slow").unlink()
    assert install(tmp_path, "nginx").returncode == 0
    assert not (tmp_path / "policy").exists()


def test_without_root_the_script_itself_installs_servers(fakes: Path, tmp_path: Path) -> None:
    fake(fakes, "id", "echo 1000")
    fake(fakes, "sudo", "exit 9")
    places = {"WORKBENCH_STATE": str(tmp_path / "state"), "WORKBENCH_VENV": str(tmp_path / "venv")}
    result = bash(f"'{SETUP}' test", tmp_path, fakes, **places)
    assert result.returncode == 1
    command = result.stderr.splitlines()[-1].strip()
    assert command == f"sudo sh -c '\"{SETUP.resolve()}\" packages test'"
    assert calls(tmp_path) == []


def test_only_the_packages_and_only_what_is_missing(fakes: Path, tmp_path: Path) -> None:
    places = {"WORKBENCH_STATE": str(tmp_path / "state"), "WORKBENCH_VENV": str(tmp_path / "venv")}
    words = bash(f". '{SETUP}'; printf '%s ' $RUN_PACKAGES $TEST_PACKAGES", tmp_path).stdout.split()
    assert {"nginx", "apache2-bin", "lighttpd", "vsftpd", "rclone", "wget"} <= set(words)
    lines = [f"installed {name} " for name in words if name not in ("wget", "xvfb")]
    (tmp_path / "packages").write_text("\n".join(lines) + "\n")
    result = bash(f". '{SETUP}'; POLICY=$PWD/policy; prepare_packages test", tmp_path, fakes, **places)
    assert result.returncode == 0, result.stderr
    (asked,) = [line for line in calls(tmp_path) if line.startswith("install")]
    named = asked.removeprefix("install -y --no-install-recommends ").split()
    assert [name for name in named if not name.endswith("-venv")] == ["xvfb", "wget"]
    assert not (tmp_path / "venv").exists()
    assert not (tmp_path / "state").exists()

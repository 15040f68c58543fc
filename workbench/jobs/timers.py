"""Entries for the system's own timers, so that a look takes place while no window is open. Texts only: writing them is
the person's decision.

systemd.timer(5), launchd.plist(5), the Task Scheduler's XML schema 1.2, and crontab(5).
"""

from __future__ import annotations

import os
import plistlib
import re
import shlex
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from xml.sax.saxutils import escape

from workbench.core.errors import UserError

KINDS = ("systemd", "launchd", "task", "cron")


def entry(kind: str, program: Sequence[str], case: Path, url: str, source: str, every: int) -> dict[str, str]:
    """File names and texts of one entry that looks at a source every so many seconds (one minute at least).

    `program` is how Workbench is started on this computer. Raises `UserError` ``timer-unknown``, ``timer-every``.
    """
    if kind not in KINDS:
        raise UserError("timer-unknown", given=kind, known=", ".join(KINDS))
    if every < 60:
        raise UserError("timer-every")
    command = [*program, "watch", str(case.absolute()), url, "--source", source, "--once"]
    name = name_of(case, source)
    made = {"systemd": _systemd, "launchd": _launchd, "task": _task, "cron": _cron}[kind]
    return made(name, command, source, every)


def where(kind: str, home: Path) -> Path | None:
    """The folder in which this system looks for such entries; null where they are handed to a program instead."""
    return {
        "systemd": home / ".config" / "systemd" / "user",
        "launchd": home / "Library" / "LaunchAgents",
    }.get(kind)


def how(kind: str, names: Sequence[str]) -> str:
    """The command that puts an entry into force once it lies where it belongs."""
    first = names[0]
    return {
        "systemd": f"systemctl --user daemon-reload && systemctl --user enable --now {names[-1]}",
        "launchd": f"launchctl bootstrap gui/$(id -u) ~/Library/LaunchAgents/{first}",
        "task": f'schtasks /Create /TN "Workbench\\{Path(first).stem}" /XML {first}',
        "cron": f"(crontab -l; cat {first}) | crontab -",
    }[kind]


def name_of(case: Path, source: str) -> str:
    """A name of plain letters that is the same for the same case and source."""
    words = re.sub(r"[^A-Za-z0-9]+", "-", source).strip("-").lower()[:40] or "source"
    digest = sha256(os.fsencode(case.absolute()) + b"\0" + source.encode()).hexdigest()
    return f"workbench-{words}-{digest[:8]}"


def _systemd(name: str, command: Sequence[str], source: str, every: int) -> dict[str, str]:
    quoted = " ".join(_systemd_word(each) for each in command)
    about = _systemd_text(f"Workbench looks at {source}")
    return {
        f"{name}.service": (
            f"[Unit]\nDescription={about}\nWants=network-online.target\nAfter=network-online.target\n\n"
            f"[Service]\nType=oneshot\nExecStart={quoted}\nSuccessExitStatus=1\n"
        ),
        f"{name}.timer": (
            f"[Unit]\nDescription={about}, timed\n\n"
            f"[Timer]\nOnActiveSec=1min\nOnUnitActiveSec={every}s\nPersistent=true\n\n"
            "[Install]\nWantedBy=timers.target\n"
        ),
    }


def _systemd_text(text: str) -> str:
    return " ".join(text.split()).replace("%", "%%")


def _systemd_word(word: str) -> str:
    escaped = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$")
    return f'"{escaped}"'


def _launchd(name: str, command: Sequence[str], source: str, every: int) -> dict[str, str]:
    del source
    plain = {"Label": name, "ProgramArguments": list(command), "StartInterval": every, "ProcessType": "Background"}
    return {f"{name}.plist": plistlib.dumps(plain).decode()}


def _task(name: str, command: Sequence[str], source: str, every: int) -> dict[str, str]:
    days, rest = divmod(every, 86_400)
    hours, rest = divmod(rest, 3_600)
    minutes = rest // 60
    period = f"P{f'{days}D' if days else ''}{'T' if hours or minutes else ''}"
    period += f"{f'{hours}H' if hours else ''}{f'{minutes}M' if minutes else ''}"
    arguments = " ".join(_windows_word(each) for each in command[1:])
    return {
        f"{name}.xml": f"""<?xml version="1.0" encoding="UTF-8"?>
<Task version="1.2" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">
  <RegistrationInfo><Description>{escape(f"Workbench looks at {source}")}</Description></RegistrationInfo>
  <Triggers>
    <TimeTrigger>
      <Repetition><Interval>{period}</Interval></Repetition>
      <StartBoundary>2024-01-01T00:00:00</StartBoundary>
    </TimeTrigger>
  </Triggers>
  <Settings>
    <StartWhenAvailable>true</StartWhenAvailable>
    <RunOnlyIfNetworkAvailable>true</RunOnlyIfNetworkAvailable>
    <MultipleInstancesPolicy>IgnoreNew</MultipleInstancesPolicy>
  </Settings>
  <Actions>
    <Exec><Command>{escape(command[0])}</Command><Arguments>{escape(arguments)}</Arguments></Exec>
  </Actions>
</Task>
"""
    }


def _windows_word(word: str) -> str:
    """As CommandLineToArgvW takes it apart."""
    doubled = re.sub(r'(\\*)"', r'\1\1\\"', word)
    return '"' + re.sub(r"(\\+)$", r"\1\1", doubled) + '"'


def _cron(name: str, command: Sequence[str], source: str, every: int) -> dict[str, str]:
    minutes = every // 60
    if minutes < 60:
        when = f"*/{minutes} * * * *"
    elif minutes < 24 * 60:
        when = f"17 */{max(1, minutes // 60)} * * *"
    else:
        when = f"17 9 */{min(31, minutes // (24 * 60))} * *"
    line = shlex.join(command).replace("%", "\\%")
    about = " ".join(source.split())
    return {f"{name}.cron": f"# Workbench looks at {about}\n{when} {line}\n"}

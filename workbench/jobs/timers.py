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
HOURS = (1, 2, 3, 4, 6, 8, 12)
"""Parts of a day that begin at the same hours each day."""
MINUTES = (1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30)
"""Parts of an hour that begin at the same minutes each hour."""
DAYS = 31
CALENDAR = {
    **{each: f"*-*-* 00/{each}:17:00" for each in HOURS},
    24: "*-*-* 09:17:00",
    7 * 24: "Mon *-*-* 09:17:00",
}
"""Hours that systemd.time(7) can say as times of the calendar."""


def entry(
    kind: str, program: Sequence[str], case: Path, url: str, source: str, every: int, extra: Sequence[str] = ()
) -> dict[str, str]:
    """File names and texts of one entry that looks at a source every so many seconds (one minute at least).

    `program` is how Workbench is started here, `extra` further words for its look. Raises `UserError`
    ``timer-unknown``, ``timer-every``, and ``timer-cron`` for what cron has no words for.
    """
    if kind not in KINDS:
        raise UserError("timer-unknown", given=kind, known=", ".join(KINDS))
    if every < 60:
        raise UserError("timer-every")
    command = [*program, "watch", str(case.absolute()), url, "--source", source, "--once", *extra]
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
            f"[Timer]\n{_systemd_when(every)}\n[Install]\nWantedBy=timers.target\n"
        ),
    }


def _systemd_when(every: int) -> str:
    """By the calendar where that can say it, since only such a look is made up for after the computer was off."""
    hours, rest = divmod(every, 3_600)
    if not rest and hours in CALENDAR:
        return f"OnCalendar={CALENDAR[hours]}\nPersistent=true\n"
    return f"OnBootSec=1min\nOnUnitActiveSec={every}s\n"


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
    minutes, seconds = divmod(rest, 60)
    period = f"P{f'{days}D' if days else ''}{'T' if hours or minutes or seconds else ''}"
    period += "".join(f"{count}{unit}" for count, unit in ((hours, "H"), (minutes, "M"), (seconds, "S")) if count)
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
    line = shlex.join(command).replace("%", "\\%")
    about = " ".join(source.split())
    days = every // 86_400
    note = f"# Every {days} days, counted anew from the first of each month\n" if days > 1 else ""
    return {f"{name}.cron": f"# Workbench looks at {about}\n{note}{_cron_when(every)} {line}\n"}


def _cron_when(every: int) -> str:
    """Raises `UserError` ``timer-cron``: its fields count within an hour, a day or a month, and begin anew there."""
    minutes, hours, days = every / 60, every / 3_600, every / 86_400
    if minutes in MINUTES:
        return f"*/{minutes:.0f} * * * *"
    if hours in HOURS:
        return f"17 */{hours:.0f} * * *"
    if days == 1:
        return "17 9 * * *"
    if days in range(2, DAYS + 1):
        return f"17 9 */{days:.0f} * *"
    raise UserError(
        "timer-cron", minutes=", ".join(map(str, MINUTES)), hours=", ".join(map(str, HOURS)), days=f"1-{DAYS}"
    )

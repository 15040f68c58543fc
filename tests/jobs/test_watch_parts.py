"""The parts of a look that need no server: pace, trust, plan, schedule, timers."""

from __future__ import annotations

import os
import plistlib
import re
import shlex
import shutil
import subprocess
import threading
import time
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.core.errors import Cancelled, UserError
from workbench.core.messages import Message
from workbench.core.progress import Progress
from workbench.core.times import DAY, HOUR, MINUTE, SECOND, Precision, Zone
from workbench.jobs import timers
from workbench.jobs.control import Control
from workbench.jobs.pace import Pace
from workbench.jobs.plan import Plan, plan_of, without_credentials
from workbench.jobs.schedule import MOST_MISSED, due
from workbench.jobs.trust import Trust
from workbench.queries.harvest import Before
from workbench.sources.remote import Entry

# pace


def test_requests_keep_their_distance_and_no_more_than_agreed_are_under_way() -> None:
    pace = Pace(50.0, 2, Progress().check, Control())
    moments: list[float] = []
    under_way: list[int] = [0]
    most: list[int] = [0]
    lock = threading.Lock()

    def ask() -> None:
        for _ in range(5):
            with pace.turn():
                with lock:
                    moments.append(time.monotonic())
                    under_way[0] += 1
                    most[0] = max(most[0], under_way[0])
                time.sleep(0.01)
                with lock:
                    under_way[0] -= 1

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    moments.sort()
    assert len(moments) == 20
    assert most[0] <= 2
    assert moments[-1] - moments[0] >= 19 / 50 * 0.95


def test_a_pause_holds_requests_back_and_cancelling_ends_the_wait() -> None:
    progress, control = Progress(), Control()
    pace = Pace(0, 1, progress.check, control)
    control.pause()
    outcome: list[type[BaseException] | str] = []

    def ask() -> None:
        try:
            with pace.turn():
                outcome.append("asked")
        except Cancelled as error:
            outcome.append(type(error))

    thread = threading.Thread(target=ask)
    thread.start()
    thread.join(0.3)
    assert thread.is_alive()
    assert control.paused
    progress.cancel()
    thread.join(30)
    assert outcome == [Cancelled]
    control.resume()
    with Pace(0, 1, Progress().check, control).turn():
        assert not control.paused


def test_a_server_that_wants_rest_gets_it() -> None:
    pace = Pace(0, 1, Progress().check, Control())
    pace.rest(0.2)
    began = time.monotonic()
    with pace.turn():
        assert time.monotonic() - began >= 0.19


def test_control_counts_and_tells_rates() -> None:
    control = Control()
    control.add(requests=1, bytes_done=1000, files_known=3, item="a")
    control.add(requests=2, failed=1, files_done=1)
    state = control.state
    assert (state.requests, state.failed, state.files_done, state.files_known, state.item) == (3, 1, 1, 3, "a")
    assert state.requests_per_second > 0
    assert state.bytes_per_second > 0
    assert control.files() == (1, 3)


# trust

STAMP = "03-Jan-2024 09:00|12"
ENTRY = Entry(b"a", False, "http://x/a", 12, True, 1_704_272_400 * SECOND, stamp=STAMP)


def before(**more: Any) -> Before:
    claimed = more.pop("claimed", {"listing": STAMP, "last-modified": "Wed, 03 Jan 2024 09:00:17 GMT"})
    values: dict[str, Any] = {
        "sha256": b"\1" * 32, "size": 12, "size_claimed": 12, "modified": 1_704_272_417 * SECOND, "zone": Zone.LINE,
        "precision": Precision.SECOND, "etag": '"v1"', "claimed": claimed, "observed": 1_704_300_000 * SECOND,
        "snapshot": 1,
    }  # fmt: skip
    return Before(**{**values, **more})


def trust(policy: str = "listing", number: int = 0, share: float | None = None) -> Trust:
    return Trust(policy, bytes(16), number, share, 1)


def test_the_same_words_in_the_listing_are_trusted() -> None:
    assert trust().rule(ENTRY, before()) == "size-time"
    assert trust().rule(ENTRY, None) is None
    assert trust().rule(ENTRY, before(claimed={"listing": "03-Jan-2024 09:01|12"})) is None
    assert trust("never").rule(ENTRY, before()) is None
    assert trust("etag").rule(ENTRY, before()) is None


def test_what_the_look_before_did_not_show_is_asked_about() -> None:
    assert Trust("listing", bytes(16), 3, None, 2).rule(ENTRY, before()) is None


def test_an_etag_in_the_listing_decides_when_it_is_strong() -> None:
    strong = Entry(b"a", False, "http://x/a", 12, etag='"v1"', stamp=STAMP)
    weak = Entry(b"a", False, "http://x/a", 12, etag='W/"v1"', stamp=STAMP)
    assert trust().rule(strong, before()) == "etag"
    assert trust().rule(weak, before()) is None


def test_a_listing_without_times_or_sizes_is_not_enough() -> None:
    bare = Entry(b"a", False, "http://x/a", stamp="12")
    assert trust().rule(bare, before(claimed={"listing": "12"})) is None
    silent = Entry(b"a", False, "http://x/a")
    assert trust().rule(silent, before(claimed={})) is None
    assert trust().question(before()) == ('"v1"', "Wed, 03 Jan 2024 09:00:17 GMT")
    assert trust("never").question(before()) == (None, None)


def test_a_file_that_was_fetched_right_after_its_change_is_asked_about() -> None:
    fresh = before(observed=1_704_272_417 * SECOND + 30 * SECOND)
    assert trust().rule(ENTRY, fresh) is None
    assert trust().rule(ENTRY, before(observed=1_704_272_417 * SECOND + 5 * MINUTE)) == "size-time"


def test_a_sample_is_fetched_again_on_every_seventh_look() -> None:
    paths = [b"%d" % number for number in range(5_000)]
    assert not any(trust(number=3).is_to_be_checked(path) for path in paths)
    chosen = [path for path in paths if trust(number=6).is_to_be_checked(path)]
    assert 50 < len(chosen) < 170
    assert chosen == [path for path in paths if trust(number=13).is_to_be_checked(path)]
    assert all(trust(share=1.0).is_to_be_checked(path) for path in paths)
    with pytest.raises(UserError):
        trust("blindly")


# plan


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"rate": -1.0}, "plan-rate"),
        ({"trust": "blind"}, "trust-unknown"),
        ({"robots": "fight"}, "robots-unknown"),
        ({"limit_files": -1}, "plan-limit"),
        ({"recheck": 1.5}, "plan-recheck"),
        ({"every": 5}, "plan-every"),
        ({"contact": "a\r\nCookie: x"}, "plan-contact"),
        ({"contact": "a)b"}, "plan-contact"),
    ],
)
def test_a_plan_that_cannot_be_is_refused(given: dict[str, Any], code: str) -> None:
    with pytest.raises(UserError) as raised:
        Plan("http://example.org/", **given)
    assert raised.value.message.code == code


def test_what_was_agreed_on_holds_until_something_else_is_given() -> None:
    first = Plan("http://x/", rate=0.5, limit_bytes=100, every=86_400, proxy="http://me:secret@proxy:8080")
    kept = first.options()
    assert kept["proxy"] == "http://proxy:8080"
    again = plan_of("http://x/", "s", "web", kept, rate=None, trust="never")
    assert (again.rate, again.limit_bytes, again.every, again.trust) == (0.5, 100, 86_400, "never")
    assert plan_of("http://x/", "s", "web", {"unheard": 1}).rate == 2.0
    assert without_credentials("socks5://proxy:1080") == "socks5://proxy:1080"


# schedule


def test_a_look_is_due_once_and_the_ones_that_passed_were_missed() -> None:
    began = 1_704_067_200 * SECOND
    assert due(None, began, began).next is None
    assert due(86_400, None, began).is_due(began)
    soon = due(86_400, began, began + HOUR)
    assert (soon.next, soon.missed) == (began + DAY, ())
    assert not soon.is_due(began + HOUR)
    assert due(86_400, began, began + DAY).is_due(began + DAY)
    late = due(86_400, began, began + 3 * DAY + HOUR)
    assert late.next == began + 3 * DAY
    assert late.missed == (began + DAY, began + 2 * DAY)
    assert len(due(60, began, began + 365 * DAY).missed) == MOST_MISSED


@given(st.integers(60, 10_000_000), st.integers(0, 2**40), st.integers(0, 2**44))
def test_every_planned_look_is_due_or_missed_or_still_to_come(every: int, last: int, since: int) -> None:
    now = last + since
    found = due(every, last, now)
    assert found.next is not None
    assert (found.next > now) == (since < every * SECOND)
    assert all(time < found.next <= now for time in found.missed)
    assert all((time - last) % (every * SECOND) == 0 for time in (*found.missed, found.next))


# timers

COMMAND = ["/opt/my tools/python", "-m", "workbench"]
NAME = 'Server "№1" 서버 100%'


def made(kind: str, every: int = 86_400) -> dict[str, str]:
    return timers.entry(kind, COMMAND, Path("/cases/a b.wbcase"), "http://203.0.113.9/%EA/", NAME, every)


def test_a_launchd_entry_holds_the_command_word_by_word() -> None:
    ((name, text),) = made("launchd").items()
    plain = plistlib.loads(text.encode())
    assert name == f"{plain['Label']}.plist"
    assert plain["ProgramArguments"] == [
        *COMMAND, "watch", "/cases/a b.wbcase", "http://203.0.113.9/%EA/", "--source", NAME, "--once",
    ]  # fmt: skip
    assert plain["StartInterval"] == 86_400


def test_a_task_is_well_formed_and_repeats() -> None:
    ((_, text),) = made("task", 90_060).items()
    root = ElementTree.fromstring(text.encode())
    names = "{http://schemas.microsoft.com/windows/2004/02/mit/task}"
    assert root.findtext(f".//{names}Interval") == "P1DT1H1M"
    assert "<Interval>PT1M30S</Interval>" in "".join(made("task", 90).values())
    assert root.findtext(f".//{names}Command") == COMMAND[0]
    arguments = root.findtext(f".//{names}Arguments") or ""
    assert '"Server \\"№1\\" 서버 100%"' in arguments


def test_a_cron_line_gives_the_shell_the_same_words() -> None:
    ((_, text),) = made("cron", 3600).items()
    line = text.splitlines()[1]
    assert line.startswith("17 */1 * * * ")
    words = shlex.split(line.removeprefix("17 */1 * * * ").replace("\\%", "%"))
    assert words[-3:] == ["--source", NAME, "--once"]


@pytest.mark.parametrize(
    ("every", "when"),
    [
        (60, "*/1 * * * *"),
        (20 * 60, "*/20 * * * *"),
        (3_600, "17 */1 * * *"),
        (8 * 3_600, "17 */8 * * *"),
        (86_400, "17 9 * * *"),
        (7 * 86_400, "17 9 */7 * *"),
        (31 * 86_400, "17 9 */31 * *"),
    ],
)
def test_cron_is_told_what_it_can_say(every: int, when: str) -> None:
    ((_, text),) = made("cron", every).items()
    lines = text.splitlines()
    assert lines[-1].startswith(f"{when} '/opt/my tools/python' -m workbench watch ")
    assert ("first of each month" in text) == (every > 86_400)
    assert all(each.startswith("#") for each in lines[:-1])


@pytest.mark.parametrize("every", [90, 7 * 60, 90 * 60, 5 * 3_600, 36 * 3_600, 86_400 + 60, 32 * 86_400])
def test_what_cron_cannot_say_exactly_is_refused_with_what_it_can(every: int) -> None:
    with pytest.raises(UserError) as raised:
        made("cron", every)
    assert raised.value.message.code == "timer-cron"
    said = raised.value.message.text()
    assert all(words in said for words in ("15, 20, 30", "6, 8, 12", "1-31"))


@pytest.mark.parametrize(
    ("every", "when"),
    [
        (3_600, "OnCalendar=*-*-* 00/1:17:00\nPersistent=true"),
        (6 * 3_600, "OnCalendar=*-*-* 00/6:17:00\nPersistent=true"),
        (86_400, "OnCalendar=*-*-* 09:17:00\nPersistent=true"),
        (7 * 86_400, "OnCalendar=Mon *-*-* 09:17:00\nPersistent=true"),
        (90 * 60, "OnBootSec=1min\nOnUnitActiveSec=5400s"),
        (36 * 3_600, "OnBootSec=1min\nOnUnitActiveSec=129600s"),
        (2 * 86_400, "OnBootSec=1min\nOnUnitActiveSec=172800s"),
        (86_401, "OnBootSec=1min\nOnUnitActiveSec=86401s"),
    ],
)
def test_systemd_makes_up_for_looks_only_by_the_calendar(every: int, when: str) -> None:
    timer = next(text for name, text in made("systemd", every).items() if name.endswith(".timer"))
    assert timer.partition("[Timer]\n")[2].partition("\n\n")[0] == when


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed")
@pytest.mark.parametrize("hours", list(timers.CALENDAR))
def test_systemd_reads_the_calendar_as_it_is_meant(hours: int) -> None:
    done = subprocess.run(
        ["systemd-analyze", "calendar", "--iterations=4", timers.CALENDAR[hours]],
        capture_output=True, text=True, check=False, env={"TZ": "UTC", "LC_ALL": "C", "PATH": os.environ["PATH"]},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found = re.findall(r"\w{3} (\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) UTC", done.stdout)
    times = sorted({datetime.fromisoformat(each) for each in found})
    assert len(times) >= 4, done.stdout
    assert {later - earlier for earlier, later in pairwise(times)} == {timedelta(hours=hours)}


def test_a_systemd_entry_is_accepted_by_systemd(tmp_path: Path) -> None:
    files = made("systemd")
    assert [Path(name).suffix for name in files] == [".service", ".timer"]
    service = next(text for name, text in files.items() if name.endswith(".service"))
    assert '"Server \\"№1\\" 서버 100%%"' in service
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not installed")
    real = timers.entry("systemd", ["/bin/true"], tmp_path / "a b.wbcase", "http://x/%41", NAME, 3600)
    for name, text in real.items():
        (tmp_path / name).write_text(text)
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *(str(tmp_path / name) for name in real)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if "Failed to" in done.stderr and "bus" in done.stderr:
        pytest.skip("systemd-analyze needs a running systemd here")
    assert done.returncode == 0, done.stderr


def test_timers_that_cannot_be_are_refused() -> None:
    with pytest.raises(UserError):
        made("sundial")
    with pytest.raises(UserError):
        made("cron", 30)
    assert timers.where("systemd", Path("/h")) == Path("/h/.config/systemd/user")
    assert timers.where("cron", Path("/h")) is None
    for kind in timers.KINDS:
        assert list(made(kind))[-1].split(".")[0] in timers.how(kind, list(made(kind)))


def test_questions_are_messages() -> None:
    asked: list[Message] = []
    control = Control(lambda message: bool(asked.append(message)) or True)
    assert control.ask is not None
    assert control.ask(Message("limit-question", {"files": 1, "bytes": 2}))
    assert "1 files" in asked[0].text()

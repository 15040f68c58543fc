"""The invented server's access log in combined format: the plot's acts among downloads, listings and knocking."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import quote

from workbench.demo.dice import Dice
from workbench.demo.networks import EXCEPTIONS, OWN, READERS, SCANNERS, WORKERS
from workbench.demo.story import CLOSED, DAYS, FAILED, LOOK_HOUR, MISSED, Plot, seconds

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
FULL_LINES = 20_114
DAV_CLIENT = "InventedDav/2.1"
BROWSERS = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) InventedBrowser/120.0",
    "Mozilla/5.0 (Windows NT 6.1) InventedBrowser/98.0",
    "Mozilla/5.0 (X11; Linux x86_64; rv:115.0) InventedBrowser/115.0",
    "InventedGet/1.21",
)
OBSERVER = "Mozilla/5.0 (compatible; open-server-look/0.1)"
KNOCKS = (
    "/.env", "/wp-login.php", "/.git/config", "/phpmyadmin/index.php", "/boaform/admin/formLogin", "/robots.txt",
    "/cgi-bin/luci/;stok=/locale", "/actuator/health", "/favicon.ico",
    "/vendor/phpunit/phpunit/src/Util/PHP/eval-stdin.php",
    "/admin/", "/backup.zip", "/owa/auth/logon.aspx", "/solr/admin/info/system", "/HNAP1", "/manager/html", "/login",
)  # fmt: skip


@dataclass(frozen=True)
class Row:
    """One line to be."""

    time: int
    address: str
    method: str
    target: str
    """The request target as sent."""
    status: int
    sent: int | None
    agent: str
    referer: str = "-"

    def line(self) -> str:
        """The line in combined format."""
        at = datetime.fromtimestamp(self.time, UTC)
        clock = f"{at.day:02}/{MONTHS[at.month - 1]}/{at.year}:{at.hour:02}:{at.minute:02}:{at.second:02} +0000"
        request = f"{self.method} {self.target} HTTP/1.1" if self.method else self.target
        sent = "-" if self.sent is None else str(self.sent)
        return f'{self.address} - - [{clock}] "{request}" {self.status} {sent} "{self.referer}" "{self.agent}"'


def target(path: str) -> str:
    """The request target of a path in a look."""
    return "/" + quote(path)


class Traffic:
    """Turns the plot into rows. `sizes` gives the bytes of every path's newest version by its path."""

    def __init__(self, plot: Plot, sizes: dict[str, int], lines: int) -> None:
        self.plot, self.sizes, self.lines = plot, sizes, lines
        self.dice = Dice("traffic")
        self.rows: list[Row] = []
        self.failed_uploads = 0
        self._agents: dict[str, str] = {}

    def _agent(self, address: str) -> str:
        if address not in self._agents:
            self._agents[address] = DAV_CLIENT if self.dice.chance(0.3) else self.dice.pick(BROWSERS)
        return self._agents[address]

    def _add(
        self, time: int, address: str, method: str, path: str, status: int, sent: int | None, agent: str = ""
    ) -> None:
        self.rows.append(Row(time, address, method, path, status, sent, agent or self._agent(address)))

    def _acts(self) -> None:
        here: set[str] = set()
        for number, act in enumerate(self.plot.acts):
            known = act.path in here
            if act.verb == "upload":
                here.add(act.path)
            else:
                here.discard(act.path)
                if act.to:
                    here.add(act.to)
            if number < self.plot.before:
                continue
            path = target(act.path)
            if act.verb == "upload":
                if self.dice.chance(0.3):
                    folder = path.rpartition("/")[0] + "/"
                    self._add(
                        act.time - self.dice.number(4, 40),
                        act.address,
                        "PROPFIND",
                        folder,
                        207,
                        self.dice.number(900, 30_000),
                        DAV_CLIENT,
                    )
                if self.dice.chance(0.018):
                    self.failed_uploads += 1
                    self._add(act.time - 1, act.address, "PUT", path, 503, 299, DAV_CLIENT)
                self._add(
                    act.time,
                    act.address,
                    "PUT",
                    path,
                    204 if known else 201,
                    None if known else 255 + len(path),
                    DAV_CLIENT,
                )
            elif act.verb == "delete":
                self._add(act.time, act.address, "DELETE", path, 204, None, DAV_CLIENT)
            else:
                self._add(act.time, act.address, "MOVE", path, 201, 255 + len(path), DAV_CLIENT)

    def _looks(self) -> None:
        """The observer's own requests: every folder listed, every new file fetched."""
        acts, seen, here, at = self.plot.acts, set[str](), set[str](), 0
        for day in DAYS:
            time = seconds(day, LOOK_HOUR)
            while at < len(acts) and acts[at].time < time:
                act = acts[at]
                here.discard(act.path)
                here.add(act.to or act.path) if act.verb != "delete" else None
                seen.discard(act.path)
                at += 1
            if day == MISSED:
                continue
            folders = sorted({path[: k + 1] for path in here for k, char in enumerate(path) if char == "/"})
            for number, folder in enumerate(folders):
                if day == FAILED and number > len(folders) * 0.4:
                    self._add(time, OWN, "GET", target(folder), 503, 299, OBSERVER)
                    break
                self._add(time, OWN, "GET", target(folder), 200, 700 + 180 * len(folder), OBSERVER)
                time += 2
                for path in sorted(here - seen):
                    if path.rpartition("/")[0] + "/" == folder:
                        self._add(time, OWN, "GET", target(path), 200, self.sizes.get(path, 0), OBSERVER)
                        seen.add(path)
                        time += 2

    def _knocks(self, count: int) -> None:
        for number in range(count):
            time = self.dice.number(seconds(DAYS[0], 0), seconds(DAYS[-1], 23.99))
            address = self.dice.pick(SCANNERS) if number >= len(SCANNERS) else SCANNERS[number]
            if number % 230 == 7:
                self.rows.append(Row(time, address, "", "\\x16\\x03\\x01\\x02", 400, 484, "-"))
            elif self.dice.chance(0.12):
                self._add(time, address, "GET", "/", 200, 1126, "Mozilla/5.0 InventedKnock/1.0")
            else:
                self._add(
                    time,
                    address,
                    self.dice.pick(("GET", "GET", "HEAD", "POST")),
                    self.dice.pick(KNOCKS),
                    404,
                    196,
                    "Mozilla/5.0 InventedKnock/1.0",
                )

    def _reading(self, count: int) -> None:
        """Downloads and listings, in visits; more on days with more work, some in the evening."""
        weights = [(day, {5: 0.5, 6: 0.2}.get(day.weekday(), 1.0) if day != CLOSED else 0.06) for day in DAYS]
        people = [(name, 3.0) for name in READERS] + [(name, weight) for name, weight in WORKERS]
        people += [(name, 0.25) for name in EXCEPTIONS]
        known: list[tuple[int, str]] = []
        here: dict[str, int] = {}
        for act in self.plot.acts:
            here.pop(act.path, None)
            if act.verb != "delete":
                here[act.to or act.path] = act.time
        known = sorted((time, path) for path, time in here.items())
        made = 0
        must = [name for name, _ in people]
        while made < count:
            address = must.pop() if must else self.dice.weighted(people)
            day = self.dice.weighted(weights)
            hour = self.dice.between(0.1, 9.6) if self.dice.chance(0.86) else self.dice.between(10, 23.5)
            if 3 <= hour < 4 and self.dice.chance(0.8):
                hour += 1
            time = seconds(day, hour)
            there = [path for since, path in known if since < time]
            for _ in range(min(count - made, self.dice.number(3, 34))):
                time += self.dice.number(1, 40)
                made += 1
                if not there or self.dice.chance(0.24):
                    folder = self.dice.pick(there).rpartition("/")[0] + "/" if there else "upload/"
                    method, status = self.dice.pick((("GET", 200), ("PROPFIND", 207)))
                    self._add(time, address, method, target(folder), status, self.dice.number(700, 40_000))
                    continue
                recent = there[-60:] if self.dice.chance(0.75) else there
                path = self.dice.pick(recent)
                size, part = self.sizes.get(path, 0), self.dice.unit()
                if part < 0.07:
                    self._add(time, address, "GET", target(path), 304, None)
                elif part < 0.12:
                    self._add(time, address, "GET", target(path), 206, size // 2)
                elif part < 0.15:
                    self._add(time, address, "HEAD", target(path), 200, None)
                else:
                    self._add(time, address, "GET", target(path), 200, size)

    def make(self) -> list[Row]:
        """All rows, in order of time, exactly as many as were asked for when the plot leaves room."""
        self._acts()
        self._looks()
        self._knocks(max(2 * len(SCANNERS), self.lines // 14))
        self._reading(max(60, self.lines - len(self.rows)))
        end = seconds(DAYS[-1], 23.999)
        rows = [row if row.time <= end else Row(end, *list(vars(row).values())[1:]) for row in self.rows]
        return sorted(rows, key=lambda row: row.time)

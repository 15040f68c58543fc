"""A combined access log of any length, made from a seed: visitors come back, paths repeat, some lines are odd.

A few addresses fetch most of it, in visits; some 30 lines an address and 50 a path;
one line in a hundred is a scanner's, with escaped quotes or no request.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

SEED = 2024
PART = 50_000
VISITORS = 60
"""People who are there at the same time."""
VISIT = 10
"""Requests of a visit, on average: folder after folder, picture after picture."""
METHODS = np.array(["GET", "HEAD", "PUT", "POST", "PROPFIND", "OPTIONS"])
METHOD_SHARE = (0.83, 0.05, 0.06, 0.02, 0.03, 0.01)
WORDS = (
    "scene",
    "cut",
    "layout",
    "genga",
    "douga",
    "bg",
    "colour",
    "ref",
    "retake",
    "final",
    "sheet",
    "take",
    "원화",
    "作监",
)
SYSTEMS = (
    "X11; Linux x86_64", "Windows NT 10.0; Win64; x64", "Macintosh; Intel Mac OS X 10_15_7", "Linux; Android 13; K",
)  # fmt: skip
AGENTS = (
    "Mozilla/5.0 ({system}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{a}.0.{b}.{c} Safari/537.36",
    "Mozilla/5.0 ({system}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{a}.0.{b}.{c} Safari/537.36 Edg/{a}.0.{c}.0",
    "Mozilla/5.0 ({system}; rv:{a}.0) Gecko/20100101 Firefox/{a}.0",
    "Mozilla/5.0 ({system}) AppleWebKit/605.1.{c} (KHTML, like Gecko) Version/17.{c} Safari/605.1.{c}",
    "curl/8.{c}.0",
    "Mozilla/5.0 (compatible; bingbot/2.{c}; +http://www.bing.com/bingbot.htm)",
)
ODD = (
    '"GET /scan.php?q=\\"1 HTTP/1.1" 404 162 "-" "x \\"y\\" z"',
    '"\\x16\\x03\\x01" 400 0 "-" "-"',
    '"-" 408 - "-" "-"',
    '"GET http://proxy.example/ HTTP/1.0" 403 12 "-" "-"',
)


def make(path: Path, lines: int) -> Path:
    """Write the log, unless it lies there already."""
    if path.exists():
        return path
    dice = np.random.default_rng(SEED)
    addresses = _addresses(dice, max(20, lines // 25))
    paths = _paths(dice, max(50, lines // 50))
    agents = [
        AGENTS[at % len(AGENTS)].format(
            system=SYSTEMS[at % len(SYSTEMS)], a=at % 60 + 64, b=dice.integers(6000), c=dice.integers(150)
        )
        for at in range(max(12, min(2000, lines // 100)))
    ]
    referrers = ["-"] * 8 + [f"https://storage.example/{each}/index.php/apps/files/" for each in ("a", "kr", "2024")]
    draft = path.with_suffix(".new")
    moment = np.datetime64("2024-01-01T00:00:00", "s")
    with draft.open("w", encoding="utf-8", newline="\n") as file:
        for start in range(0, lines, PART):
            count = min(PART, lines - start)
            steps = dice.integers(0, max(1, 2 * 31 * 86_400 // lines) + 1, count).cumsum().astype("timedelta64[s]")
            file.writelines(_lines(dice, moment + steps, addresses, paths, agents, referrers))
            moment += steps[-1]
    return draft.replace(path)


def _lines(
    dice: np.random.Generator,
    times: np.ndarray,
    addresses: list[str],
    paths: list[str],
    agents: list[str],
    referrers: list[str],
) -> list[str]:
    count = len(times)
    stamps = [each.strftime("%d/%b/%Y:%H:%M:%S +0000") for each in times.tolist()]
    visit, step, visits = _visits(dice, count)
    who = _skewed(dice, len(addresses), visits)[visit].tolist()
    what = ((_skewed(dice, len(paths), visits)[visit] + step) % len(paths)).tolist()
    by = _skewed(dice, len(agents), visits)[visit].tolist()
    how = METHODS[dice.choice(len(METHODS), count, p=METHOD_SHARE)].tolist()
    sent = dice.integers(200, 4_000_000, count).tolist()
    status = dice.choice([200, 206, 304, 404, 403], count, p=[0.78, 0.07, 0.08, 0.05, 0.02]).tolist()
    via = dice.integers(0, len(referrers), visits)[visit].tolist()
    odd = (dice.random(count) < 0.01).tolist()
    lines = []
    for at in range(count):
        head = f"{addresses[who[at]]} - - [{stamps[at]}] "
        if odd[at]:
            lines.append(f"{head}{ODD[at % len(ODD)]}\n")
            continue
        code = 201 if how[at] == "PUT" else 207 if how[at] == "PROPFIND" else status[at]
        size = 0 if code == 304 else 312 if how[at] == "PUT" else sent[at]
        lines.append(
            f'{head}"{how[at]} {paths[what[at]]} HTTP/1.1" {code} {size} "{referrers[via[at]]}" "{agents[by[at]]}"\n'
        )
    return lines


def _visits(dice: np.random.Generator, count: int) -> tuple[np.ndarray, np.ndarray, int]:
    """Which visit each line belongs to, which request of the visit it is, and how many visits there are."""
    seat = dice.integers(0, VISITORS, count)
    visit, step = np.empty(count, np.int64), np.empty(count, np.int64)
    visits = 0
    for one in range(VISITORS):
        lines = np.flatnonzero(seat == one)
        begins = np.concatenate(([0], np.cumsum(dice.geometric(1 / VISIT, len(lines)))))
        which = np.searchsorted(begins, np.arange(len(lines)), side="right") - 1
        visit[lines] = which + visits
        step[lines] = np.arange(len(lines)) - begins[which]
        visits += int(which[-1]) + 1 if len(which) else 0
    return visit, step, visits


def _skewed(dice: np.random.Generator, size: int, count: int) -> np.ndarray:
    """Indexes of which a few are frequent."""
    return (size * dice.random(count) ** 2).astype(np.int64)


def _addresses(dice: np.random.Generator, count: int) -> list[str]:
    """Addresses of both families in a few thousand networks; each is only a number here and stands for nobody."""
    networks = dice.integers(1 << 12, 224 << 12, max(4, count // 10)) << 12
    numbers = (dice.choice(networks, count) + dice.integers(0, 1 << 12, count)).tolist()
    made = [".".join(str(each >> shift & 255) for shift in (24, 16, 8, 0)) for each in numbers]
    for at in range(0, count, 20):
        made[at] = f"2a0{at % 7}:{numbers[at] >> 16:x}:{at & 0xFFFF:x}::{numbers[at] & 0xFFFF:x}"
    return list(dict.fromkeys(made))


def _paths(dice: np.random.Generator, count: int) -> list[str]:
    made = []
    for at in range(count):
        word = WORDS[at % len(WORDS)]
        quoted = word if word.isascii() else "".join(f"%{byte:02X}" for byte in word.encode())
        query = f"?v={dice.integers(1000)}" if at % 9 == 0 else ""
        folder = "" if at % 50 else "/"
        made.append(f"/share/{at % 40:02}/shot{at % 997:03}/{quoted}_{at:06}{folder or '.png'}{query}")
    return made

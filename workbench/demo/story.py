"""The month's plot: what is uploaded, changed, moved, deleted and brought back, when, and by whom.

The server's people work from 00:00 to 09:00 UTC with an hour at noon (03:00-04:00), less on Saturdays, hardly on
Sundays, not at all on 1 January. The observer looks at 10:00 UTC.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta

from workbench.demo.contents import Content
from workbench.demo.dice import Dice
from workbench.demo.networks import EXCEPTION_UPLOADS, WORKERS
from workbench.demo.paper import Drawing
from workbench.demo.shots import casting
from workbench.demo.words import PAIRS, SERIES, STAMPS, Pair

FIRST, LAST = date(2024, 1, 1), date(2024, 1, 31)
DAYS = tuple(FIRST + timedelta(days=k) for k in range((LAST - FIRST).days + 1))
MISSED, FAILED, CLOSED = date(2024, 1, 11), date(2024, 1, 23), date(2024, 1, 1)
ACTIVE = (0, 9)
LUNCH = (3, 4)
LOOK_HOUR = 10
END_OF_WORK = 8.14
"""After the last drawing of a day the house is kept: copies, removals, moves, returns, until nine."""


@dataclass(frozen=True)
class Act:
    """One thing done to the server."""

    time: int
    """Seconds since 1970."""
    verb: str
    """``upload``, ``delete`` or ``move``."""
    path: str
    address: str = ""
    content: Content | None = None
    to: str = ""


@dataclass
class Plot:
    """All acts in order of time; those before the month are not in the log."""

    acts: list[Act] = field(default_factory=list)
    before: int = 0
    """How many of the acts happened before the log begins."""


@dataclass
class Shot:
    """A drawing that lives on: where its latest take is."""

    drawing: Drawing
    folder: str
    stem: str
    form: str
    day: date
    translated: bool
    path: str
    take: int = 1


def seconds(day: date, hour: float) -> int:
    """Seconds since 1970 at `hour` of `day`, UTC."""
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()) + int(hour * 3600)


def _hours(dice: Dice, count: int) -> list[float]:
    """`count` times of a working day, in order, none at noon; people upload in bursts."""
    bursts = [dice.between(0.15, 2.9) for _ in range(2)] + [dice.between(4.1, 7.8) for _ in range(3)]
    hours = []
    for _ in range(count):
        hour = dice.pick(bursts) + dice.between(0, 0.5) if dice.chance(0.7) else dice.between(0.02, 8.14)
        if LUNCH[0] - 0.03 <= hour < LUNCH[1]:
            hour += 1.1
        hours.append(min(hour, END_OF_WORK))
    return sorted(hours)


class Writer:
    """Invents the month, day by day."""

    def __init__(self, scale: float) -> None:
        self.dice = Dice("story")
        self.scale = scale
        self.plot = Plot()
        self.shots: list[Shot] = []
        self.numbers = {"EP3_SC031_C07"}
        self.gone: list[tuple[date, str, Content]] = []
        self.held: dict[str, Content] = {}
        """What stands on the server now."""
        self.since: dict[str, int] = {}
        """When each path was last written."""

    def count(self, number: float) -> int:
        """A number of things, scaled down for tests."""
        return max(1, round(number * self.scale))

    def _notes(self, kind: str, who: tuple[str, ...], where: str) -> tuple[Pair, ...]:
        about = {"any"}
        people = {"lamp", "boat", "uncle", "heron"}
        if who and who[0] in people:
            about.add("person")
        if kind in {"wide", "keys"} and who and who[0] in people:
            about.add("body")
        about |= {{"dumpling": "tail", "signal": "robot", "paper": "dragon"}.get(name, "") for name in who[:1]}
        if kind == "place":
            about = {"place", "place2"} | ({"harbour"} if where == "harbour" else set())
            about |= {"rain"} if where in {"street", "stairs", "hills"} else {"lantern"} if where == "street" else set()
        if kind == "prop":
            about = {"prop"} | ({"lantern"} if where == "lantern" else set())
        fitting = [pair for pair in PAIRS if pair.about in about]
        special = [pair for pair in fitting if pair.about != "any"]
        first = self.dice.pick(special or fitting)
        if self.dice.chance(0.3):
            return first, self.dice.pick([pair for pair in fitting if pair is not first] or fitting)
        return (first,)

    def _name(self, series: str) -> tuple[str, str, str]:
        """Folder, stem and printed label of a new shot; none is given twice."""
        while True:
            dice = self.dice
            if series == "lantern":
                episode, scene, cut = dice.number(3, 4), dice.number(1, 62), dice.number(1, 28)
                folder = f"upload/EP{episode}"
                stem, label = f"EP{episode}_SC{scene:03}_C{cut:02}", f"EP{episode} SC{scene:03} C{cut:02}"
            elif series == "comet":
                scene, cut = dice.number(1, 24), dice.number(1, 40)
                folder = "upload/彗星邮差/KP02"
                stem, label = f"KP02_{scene:03}_{cut:03}", f"KP02 {scene:03}-{cut:03}"
            else:
                cut = dice.number(1, 320)
                folder, stem, label = "upload/第5話", f"第5話_C{cut:03}", f"第5話 C{cut:03}"
            if stem not in self.numbers:
                self.numbers.add(stem)
                return folder, stem, label

    def _upload(self, time: int, path: str, content: Content, address: str = "") -> None:
        self.plot.acts.append(Act(time, "upload", path, address or self.dice.weighted(WORKERS), content))
        self.held[path] = content
        self.since[path] = time

    def settled(self, day: date) -> list[str]:
        """What has stood long enough for at least one complete look to have seen it as it is."""
        return [path for path in sorted(self.held) if self.since[path] < seconds(day, 0) - 2 * 86_400]

    def _content(self, drawing: Drawing, form: str, time: int) -> Content:
        if not form.endswith("jpg"):
            return Content(form, drawing)
        scanned = time - self.dice.number(400, 5000) if self.dice.chance(0.5) or form == "photo.jpg" else None
        offset = "+08:00" if scanned is not None and self.dice.chance(0.12) else ""
        return Content(form, drawing, scanned, offset)

    def new_shot(self, day: date, time: int) -> None:
        """A sheet that was not there before."""
        dice = self.dice
        series = dice.weighted((("lantern", 5.0), ("comet", 3.0), ("kettle", 2.0)))
        kind = dice.weighted(
            (("wide", 30), ("close", 18), ("two", 17), ("keys", 14), ("place", 10), ("prop", 4), ("board", 4),
             ("timing", 5), ("turn", 2), ("faces", 2), ("colour", 3))
        )  # fmt: skip
        folder, stem, label = self._name(series)
        who, where = casting(series, kind, dice)
        form = dice.weighted((("png", 54), ("jpg", 32), ("webp", 6), ("tif", 3), ("gray.jpg", 3), ("photo.jpg", 1)))
        if kind == "timing":
            form = dice.pick(("tif", "jpg"))
        told = kind not in {"timing", "board"} and dice.chance(0.85)
        translated = dice.chance(0.55)
        drawing = Drawing(
            stem, kind, series, label, who, where,
            notes=self._notes(kind, who, where) if told else (),
            languages="zh+ko" if translated else "zh",
            paper=dice.weighted((("white", 6), ("cream", 3), ("blue", 1), ("green", 0.5))),
            size=(1920, 1080) if dice.chance(0.1) else (1280, 720),
            stamp=dice.pick(STAMPS) if dice.chance(0.22) else "",
        )  # fmt: skip
        part = {
            "board": "分镜", "timing": "摄影表", "turn": "人设", "faces": "表情", "colour": "颜色", "prop": "小道具",
            "keys": "原画", "place": "背景",
        }.get(kind, "layout")  # fmt: skip
        if kind in {"turn", "faces", "colour", "prop"}:
            folder = f"upload/参考/{SERIES[series].title}"
        version = {"lantern": "_v01", "comet": "_t1", "kettle": "_LO_01"}[series]
        suffix = form.rpartition(".")[2]
        path = f"{folder}/{part}/{stem}{version}.{suffix}"
        if dice.chance(0.02):
            path = f"{folder}/새 폴더/{stem} 수정 {dice.number(2, 30)}컷.{suffix}"
        elif dice.chance(0.02):
            path = f"{folder}/{part}/{label} 改动作 (2).{suffix}"
        self._upload(time, path, self._content(drawing, form, time))
        self.shots.append(Shot(drawing, f"{folder}/{part}", stem, form, day, translated, path))

    def revise(self, shot: Shot, day: date, time: int) -> None:
        """What became of a drawing: translated, corrected on coloured paper, a new take, or changed in its place."""
        dice, drawing = self.dice, shot.drawing
        base = shot.folder.rpartition("/")[0]
        if drawing.notes and not shot.translated:
            shot.translated = True
            shot.drawing = replace(drawing, languages="zh+ko")
            path = f"{base}/수정/{shot.stem}_수정.{'jpg' if dice.chance(0.3) else 'png'}"
            self._upload(time, path, self._content(shot.drawing, path.rpartition(".")[2], time))
            return
        shot.take += 1
        choice = dice.unit()
        redrawn = replace(drawing, take=shot.take, stamp=dice.pick(STAMPS) if dice.chance(0.5) else drawing.stamp)
        suffix = shot.form.rpartition(".")[2]
        if choice < 0.45:
            path = f"{shot.folder}/{shot.stem}_v{shot.take:02}.{suffix}"
            self._upload(time, path, self._content(redrawn, shot.form, time))
        elif choice < 0.75 and drawing.kind in {"wide", "close", "two", "keys"}:
            yellow = replace(redrawn, paper=dice.pick(("yellow", "yellow", "pink")), notes=drawing.notes or PAIRS[:1])
            path = f"{base}/作监修正/{shot.stem}_作监_{shot.take}.jpg"
            self._upload(time, path, self._content(yellow, "jpg", time))
        elif shot.path in self.held:
            self._upload(time, shot.path, self._content(redrawn, shot.form, time))
        shot.drawing = redrawn

    def house_keeping(self, day: date) -> None:
        """Duplicates, removals, moves and returns of one working day."""
        dice = self.dice
        late = seconds(day, 8.2)
        names = sorted(self.held)
        if dice.chance(0.5) or day.day in {3, 17}:
            source = dice.pick(names)
            name = source.rpartition("/")[2]
            stem, dot, suffix = name.rpartition(".")
            copy = f"upload/参考/{name}" if dice.chance(0.5) else f"{source.rpartition('/')[0]}/{stem} (1){dot}{suffix}"
            if copy not in self.held:
                self._upload(late + dice.number(0, 600), copy, self.held[source])
        for path in dice.sample(self.settled(day), dice.number(0, 2) if self.scale == 1 or day.day % 5 == 0 else 0):
            if path.endswith((".png", ".jpg")):
                self._remove(day, late + dice.number(700, 1400), path)
        if day.weekday() == 4:
            for path in dice.sample(
                [path for path in self.settled(day) if "/layout/" in path and "完成" not in path], self.count(6)
            ):
                to = path.replace("upload/", "upload/完成/", 1)
                address = dice.weighted(WORKERS)
                self.plot.acts.append(Act(late + dice.number(1500, 2400), "move", path, address, to=to))
                self.held[to] = self.held.pop(path)
                self.since[to] = seconds(day, LOOK_HOUR)
        waiting = [item for item in self.gone if (day - item[0]).days >= 4]
        if waiting and dice.chance(0.55):
            item = waiting[0]
            self.gone.remove(item)
            if item[1] not in self.held:
                self._upload(late + dice.number(2450, 2700), item[1], item[2])

    def _remove(self, day: date, time: int, path: str) -> None:
        self.plot.acts.append(Act(time, "delete", path, self.dice.weighted(WORKERS)))
        self.gone.append((day, path, self.held.pop(path)))

    def oddities(self) -> None:
        """The few things that are no drawings, and one that nobody but the log ever saw."""
        first = next(shot.drawing for shot in self.shots if shot.drawing.kind in {"close", "wide", "two"})
        odd = [
            (date(2024, 1, 4), "upload/说明.txt", Content("note")),
            (date(2024, 1, 25), "upload/说明.txt", Content("note")),
            (date(2024, 1, 9), "upload/参考/참고자료.zip", Content("zip", replace(first, key="odd-zip"))),
            (
                date(2024, 1, 16),
                "upload/EP3/layout/EP3_SC031_C07_v01.jpg",
                Content("broken", replace(first, key="odd-broken")),
            ),
            (date(2024, 1, 18), "upload/EP4/layout/新建.png", Content("empty")),
            (
                MISSED,
                "upload/EP3/임시/임시_001.png",
                Content("png", replace(first, key="odd-unseen", label="EP3 SC000 C00")),
            ),
        ]
        for day, path, content in odd:
            self._upload(seconds(day, 5.31), path, content)
        path = odd[-1][1]
        self.plot.acts.append(Act(seconds(MISSED, 7.4), "delete", path, WORKERS[0][0]))
        del self.held[path]

    def december(self) -> None:
        """What was there before anyone looked."""
        for _ in range(self.count(52)):
            day = date(2023, 12, 1) + timedelta(days=self.dice.number(0, 29))
            self.new_shot(day, seconds(day, self.dice.pick((0.7, 1.9, 4.4, 6.2, 7.8)) + self.dice.between(0, 0.6)))
        self.plot.before = len(self.plot.acts)

    def work(self, day: date) -> None:
        """One day."""
        share = {5: 0.4, 6: 0.12}.get(day.weekday(), 1.0)
        hours = _hours(self.dice, self.count(share * self.dice.between(13, 20)))
        open_shots = [shot for shot in self.shots if 1 <= (day - shot.day).days <= 45]
        for hour in hours:
            time = seconds(day, hour)
            if open_shots and self.dice.chance(0.3):
                waiting = [shot for shot in open_shots if shot.drawing.notes and not shot.translated]
                self.revise(self.dice.pick(waiting if waiting and self.dice.chance(0.5) else open_shots), day, time)
            else:
                self.new_shot(day, time)
        if share == 1.0:
            self.house_keeping(day)


def _settle_times(plot: Plot) -> None:
    """Acts in order, no two in the same second."""
    before, month = plot.acts[: plot.before], plot.acts[plot.before :]
    for acts in (before, month):
        acts.sort(key=lambda act: act.time)
        last = 0
        for number, act in enumerate(acts):
            time = max(act.time, last + 2)
            acts[number] = replace(act, time=time)
            last = time
    plot.acts = before + month


def _let_exceptions_upload(plot: Plot, dice: Dice) -> None:
    """Give a handful of the month's uploads to the four addresses that use no tunnel, a short session at a time."""
    month = [k for k, act in enumerate(plot.acts) if k >= plot.before and act.verb == "upload"]
    taken: set[int] = set()
    for address, total in EXCEPTION_UPLOADS.items():
        left = total
        while left:
            run = min(left, dice.number(2, 4))
            at = dice.number(0, len(month) - run)
            chosen = set(month[at : at + run])
            if len(chosen) < run or chosen & taken:
                continue
            taken |= chosen
            left -= run
            for k in chosen:
                plot.acts[k] = replace(plot.acts[k], address=address)


def write_plot(scale: float = 1.0) -> Plot:
    """The whole month; `scale` below 1 is for tests."""
    writer = Writer(scale)
    writer.december()
    for day in DAYS:
        if day != CLOSED:
            writer.work(day)
    writer.oddities()
    _settle_times(writer.plot)
    _let_exceptions_upload(writer.plot, Dice("exceptions"))
    return writer.plot

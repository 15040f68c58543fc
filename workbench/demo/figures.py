"""The invented cast at full length: people by joint angles, a postal robot, a round animal, a paper dragon."""

from __future__ import annotations

import math
from dataclasses import dataclass

from workbench.demo.faces import LOOKS, Look, construction, head
from workbench.demo.pen import GUIDE, INK, RED, SOFT, Colour, Pen, Place, Point, ring

TONE: Colour = (226, 226, 224)


@dataclass(frozen=True)
class Pose:
    """Angles in degrees from straight down, forward positive: shoulder and elbow, hip and knee, near then far."""

    lean: float
    arms: tuple[tuple[float, float], tuple[float, float]]
    legs: tuple[tuple[float, float], tuple[float, float]]
    nod: float = 0.0
    lift: float = 0.0


POSES = {
    "stand": Pose(0, ((-10, 8), (12, 6)), ((-5, 0), (6, 0))),
    "walk": Pose(4, ((-32, 18), (30, 30)), ((26, -6), (-24, -26))),
    "run": Pose(17, ((-60, 75), (58, 80)), ((70, -72), (-34, -62)), lift=0.4),
    "jump": Pose(-6, ((-116, -30), (120, 28)), ((46, -86), (-8, -58)), lift=1.1),
    "wave": Pose(-3, ((-14, 12), (118, 36)), ((-6, 0), (8, -3))),
    "point": Pose(3, ((-16, 34), (92, 2)), ((-12, 0), (14, -6))),
    "carry": Pose(-4, ((32, 62), (44, 58)), ((-5, 0), (10, -6))),
    "sit": Pose(-8, ((24, 34), (36, 22)), ((84, -84), (72, -80)), nod=6),
    "crouch": Pose(30, ((48, 24), (62, 10)), ((96, -128), (70, -122)), nod=-14),
    "reach": Pose(14, ((-40, -10), (122, 8)), ((18, -8), (-22, -14)), nod=-12),
    "think": Pose(2, ((-22, 60), (24, 138)), ((-6, 0), (8, -4)), nod=8),
    "fall": Pose(-38, ((128, 24), (-118, -22)), ((62, -30), (24, -64)), nod=-10, lift=0.9),
}


def _swing(start: Point, length: float, angle: float) -> Point:
    turn = math.radians(angle)
    return start[0] + length * math.sin(turn), start[1] + length * math.cos(turn)


def _limb(
    pen: Pen,
    place: Place,
    joints: tuple[Point, Point, Point],
    widths: tuple[float, float, float],
    fill: Colour,
    weight: float,
) -> None:
    """A sleeve or a leg as one smooth outline round its three joints."""
    left: list[Point] = []
    right: list[Point] = []
    for index, (joint, wide) in enumerate(zip(joints, widths, strict=True)):
        before, after = joints[max(index - 1, 0)], joints[min(index + 1, 2)]
        dx, dy = after[0] - before[0], after[1] - before[1]
        length = math.hypot(dx, dy) or 1.0
        nx, ny = -dy / length * wide, dx / length * wide
        left.append((joint[0] + nx, joint[1] + ny))
        right.append((joint[0] - nx, joint[1] - ny))
    pen.shape(place.all([*left, *reversed(right)]), fill, INK, weight)


def _hand(pen: Pen, place: Place, at: Point, fill: Colour, weight: float) -> None:
    pen.shape(place.all(ring(at[0], at[1], 0.23, 0.21)), fill, INK, weight)
    pen.line(place.all([(at[0] + 0.02, at[1] + 0.06), (at[0] + 0.16, at[1] + 0.1)]), INK, weight * 0.6)
    pen.line(place.all([(at[0] + 0.02, at[1] - 0.04), (at[0] + 0.17, at[1] - 0.02)]), INK, weight * 0.6)


def _foot(pen: Pen, place: Place, at: Point, angle: float, fill: Colour, weight: float) -> None:
    spot = place.inner(at[0], at[1], 1.0, -math.radians(angle) * 0.7)
    pen.shape(
        spot.all([(-0.24, -0.18), (0.14, -0.2), (0.5, 0.02), (0.56, 0.18), (0.1, 0.22), (-0.26, 0.18)]),
        fill,
        INK,
        weight,
    )


def _lantern(pen: Pen, place: Place, at: Point, weight: float) -> None:
    x, y = at
    pen.line(place.all([(x, y), (x + 0.03, y + 0.35)]), INK, weight)
    pen.shape(place.all(ring(x + 0.03, y + 0.82, 0.4, 0.46)), (250, 232, 182), INK, weight)
    for dx in (-0.18, 0.03, 0.24):
        pen.line(place.all([(x + dx, y + 0.4), (x + dx * 1.3, y + 0.82), (x + dx, y + 1.24)]), SOFT, weight * 0.6)
    pen.line(place.all([(x - 0.17, y + 0.37), (x + 0.23, y + 0.37)]), INK, weight * 1.3)
    pen.line(place.all([(x - 0.17, y + 1.27), (x + 0.23, y + 1.27)]), INK, weight * 1.3)


def _garment(
    pen: Pen, place: Place, look: Look, hip: Point, neck: Point, cloth: Colour, weight: float, swing: float
) -> None:
    tall = look.tall
    wide = 0.62 + 0.14 * tall
    hx, hy = hip
    nx, ny = neck
    sides = [(nx - 0.28, ny), (nx - wide, ny + 0.3 * tall), (hx - 0.52 * tall**0.5, hy - 0.35)]
    far = [(hx + 0.52 * tall**0.5, hy - 0.35), (nx + wide, ny + 0.3 * tall), (nx + 0.28, ny)]
    if look.outfit in {"smock", "robe"}:
        drop = 0.75 if look.outfit == "smock" else 2.5
        flare = 1.0 if look.outfit == "smock" else 1.05
        hem = [
            (hx - flare - swing * 0.5, hy + drop), (hx - swing * 0.8, hy + drop + 0.14),
            (hx + flare - swing * 0.5, hy + drop)
        ]  # fmt: skip
        pen.shape(place.all([*sides, *hem, *far]), cloth, INK, weight)
        pen.line(place.all([(hx - 0.2, hy - 0.1), (hx - 0.35 - swing * 0.4, hy + drop * 0.8)]), SOFT, weight * 0.8)
        pen.line(place.all([(hx + 0.3, hy), (hx + 0.42 - swing * 0.4, hy + drop * 0.85)]), SOFT, weight * 0.8)
        if look.outfit == "smock":
            for k in range(2):
                pen.dot(place.at(nx + 0.08, ny + 0.55 + k * 0.45), 0.07 * place.unit, INK)
        else:
            pen.line(place.all([(hx - 0.7, hy - 0.3), (hx, hy - 0.18), (hx + 0.7, hy - 0.3)]), INK, weight * 1.2)
    else:
        pen.shape(
            place.all([*sides, (hx - 0.5 * tall**0.5, hy + 0.2), (hx + 0.5 * tall**0.5, hy + 0.2), *far]),
            cloth,
            INK,
            weight,
        )
        pen.line(place.all([(nx + 0.04, ny + 0.1), (hx + 0.04, hy + 0.15)]), INK, weight * 0.8)
        pen.line(place.all([(hx - 0.55, hy - 0.05), (hx + 0.55, hy - 0.05)]), SOFT, weight)


def _scarf(pen: Pen, place: Place, neck: Point, blow: float, cloth: Colour, weight: float) -> None:
    x, y = neck
    end = [
        (x - 0.3, y + 0.1), (x - 1.3 - blow, y + 0.3), (x - 2.3 - blow * 1.5, y + 0.1 - blow * 0.3),
        (x - 3.0 - blow * 2, y + 0.7 - blow * 0.4), (x - 2.2 - blow * 1.4, y + 0.8),
        (x - 1.1 - blow, y + 0.85), (x - 0.2, y + 0.5),
    ]  # fmt: skip
    pen.shape(place.all(end), cloth, INK, weight)
    pen.shape(
        place.all(
            [
                (x - 0.6, y - 0.15),
                (x, y - 0.28),
                (x + 0.6, y - 0.15),
                (x + 0.55, y + 0.3),
                (x, y + 0.42),
                (x - 0.55, y + 0.3),
            ]
        ),
        cloth,
        INK,
        weight,
    )


def person(
    pen: Pen,
    look: Look,
    place: Place,
    pose: Pose,
    *,
    turn: float = 0.4,
    mood: str = "calm",
    speaking: bool = False,
    weight: float = 1.8,
    painted: bool = False,
    holds: str = "",
    guides: bool = False,
) -> None:
    """A person standing with the feet near `place`; one unit is the radius of the skull."""
    tall = look.tall
    trunk, upper, lower, thigh, shin = 1.55 * tall, 0.92 * tall, 0.86 * tall, 1.05 * tall, 1.05 * tall
    reach = max(_swing(_swing((0, 0), thigh, leg[0]), shin, leg[0] + leg[1])[1] for leg in pose.legs)
    hip = (0.0, -reach - 0.2 - pose.lift)
    neck = _swing(hip, -trunk, -pose.lean)
    shoulder_y = neck[1] + 0.34 * tall
    skin = look.skin if painted else pen.paper
    cloth = look.coat if painted else (TONE if look.outfit in {"scarf", "robe"} else pen.paper)
    trousers = (110, 112, 118) if painted else pen.paper
    blow = 0.8 if abs(pose.lean) > 10 else 0.15
    behind = turn > 1.5

    def arm(which: int) -> Point:
        side = (-1 if which == 0 else 1) * (0.5 + 0.12 * tall)
        start = (neck[0] + side * 0.95, shoulder_y)
        elbow = _swing(start, upper, pose.arms[which][0])
        wrist = _swing(elbow, lower, pose.arms[which][0] + pose.arms[which][1])
        _limb(pen, place, (start, elbow, wrist), (0.27 + 0.04 * tall, 0.24, 0.2), cloth, weight)
        _hand(pen, place, _swing(wrist, 0.16, pose.arms[which][0] + pose.arms[which][1]), skin, weight)
        return wrist

    def leg(which: int) -> None:
        side = (-1 if which == 0 else 1) * 0.27 * tall**0.5
        start = (hip[0] + side, hip[1])
        knee = _swing(start, thigh, pose.legs[which][0])
        ankle = _swing(knee, shin, pose.legs[which][0] + pose.legs[which][1])
        bare = look.outfit == "smock"
        _limb(pen, place, (start, knee, ankle), (0.34, 0.27, 0.2), skin if bare else trousers, weight)
        _foot(
            pen, place, ankle, pose.legs[which][0] + pose.legs[which][1], TONE if not painted else (84, 70, 66), weight
        )

    if guides:
        pen.line(place.all([(0, 0.2), hip, neck, (neck[0], neck[1] - 2.2)]), GUIDE, 1.4)
        pen.line(place.all([(neck[0] - 1.1, shoulder_y), (neck[0] + 1.1, shoulder_y)]), GUIDE, 1.4)
        pen.line(place.all([(-1.4, 0.2), (1.4, 0.2)]), GUIDE, 1.4)
    if look.outfit == "scarf" and not behind:
        _scarf(pen, place, neck, blow, RED if painted else TONE, weight)
    arm(1)
    leg(1)
    leg(0)
    pen.shape(place.all(ring(neck[0], neck[1] - 0.05, 0.24, 0.4)), skin, INK, weight)
    _garment(pen, place, look, hip, neck, cloth, weight, pose.lean / 22)
    crown = place.inner(neck[0] + pose.lean / 60, neck[1] - 1.1, 1.0, math.radians(pose.lean * 0.4 + pose.nod))
    head(pen, look, crown, turn=turn, mood=mood, speaking=speaking, weight=weight, painted=painted, blow=blow)
    if guides and not behind:
        construction(pen, crown, turn)
    wrist = arm(0)
    if holds == "lantern":
        _lantern(pen, place, wrist, weight)
    elif holds == "letter":
        x, y = wrist
        pen.shape(
            place.all([(x - 0.1, y - 0.3), (x + 1.0, y - 0.4), (x + 1.05, y + 0.3), (x - 0.05, y + 0.4)]),
            (255, 255, 255),
            INK,
            weight,
            curved=False,
        )
        pen.line(
            place.all([(x - 0.1, y - 0.3), (x + 0.5, y + 0.1), (x + 1.0, y - 0.4)]), INK, weight * 0.7, curved=False
        )


def robot(
    pen: Pen, place: Place, *, mood: str = "calm", wave: bool = False, weight: float = 1.9, painted: bool = False
) -> None:
    """Signal Seven: a postbox on two springs, with one lamp for a face."""
    body = (206, 92, 74) if painted else pen.paper
    metal = (176, 184, 190) if painted else TONE
    for side in (-1, 1):
        springs = [(side * 0.55 + (0.16 if k % 2 else -0.16), -1.55 + k * 0.22) for k in range(7)]
        pen.line(place.all(springs), INK, weight, curved=False)
        pen.shape(
            place.all(
                [
                    (side * 0.55 - 0.5, 0.0),
                    (side * 0.55 - 0.35, -0.28),
                    (side * 0.55 + 0.4, -0.28),
                    (side * 0.55 + 0.6, 0.0),
                ]
            ),
            metal,
            INK,
            weight,
        )
    for side in (-1, 1):
        up = wave and side == 1
        path = [(side * 1.1, -3.4), (side * 1.75, -3.0 if not up else -4.1), (side * 1.95, -2.1 if not up else -5.2)]
        pen.line(place.all(path), INK, weight * 5)
        pen.line(place.all(path), metal, weight * 3.2, taper=False)
        pen.shape(place.all(ring(*path[-1], 0.28, 0.28)), metal, INK, weight)
    pen.shape(
        place.all([(-1.15, -1.5), (-1.25, -3.0), (-1.1, -4.4), (1.1, -4.4), (1.25, -3.0), (1.15, -1.5)]),
        body,
        INK,
        weight * 1.1,
    )
    pen.shape(
        place.all([(-1.2, -4.35), (-0.95, -5.5), (0.0, -6.0), (0.95, -5.5), (1.2, -4.35)]), body, INK, weight * 1.1
    )
    pen.shape(
        place.all([(-0.72, -3.9), (0.72, -3.9), (0.72, -3.62), (-0.72, -3.62)]), (60, 60, 66), INK, weight, curved=False
    )
    pen.shape(
        place.all([(-0.6, -3.2), (0.6, -3.2), (0.6, -2.0), (-0.6, -2.0)]),
        (250, 248, 240),
        INK,
        weight * 0.8,
        curved=False,
    )
    pen.line(place.all([(-0.6, -3.2), (0.0, -2.55), (0.6, -3.2)]), INK, weight * 0.7, curved=False)
    pen.shape(place.all(ring(0, -4.95, 0.55, 0.5)), (252, 244, 214), INK, weight)
    tall = {"wonder": 0.3, "glad": 0.12, "asleep": 0.04}.get(mood, 0.2)
    for side in (-1, 1):
        pen.shape(place.all(ring(side * 0.2, -4.97, 0.09, tall)), INK, None, wobble=0)
    pen.line(place.all([(0, -6.0), (0.1, -6.5), (-0.05, -6.9)]), INK, weight)
    pen.shape(place.all(ring(-0.05, -7.0, 0.16, 0.16)), RED if painted else TONE, INK, weight)
    for angle in (-60, -90, -120):
        x, y = 0.5 * math.cos(math.radians(angle)), 0.5 * math.sin(math.radians(angle))
        pen.line(place.all([(-0.05 + x * 0.7, -7.0 + y * 0.7), (-0.05 + x * 1.2, -7.0 + y * 1.2)]), SOFT, weight * 0.8)


def dumpling(
    pen: Pen, place: Place, *, mood: str = "calm", leap: bool = False, weight: float = 1.9, painted: bool = False
) -> None:
    """A round animal with a tail larger than itself."""
    fur = (244, 226, 196) if painted else pen.paper
    dark = (190, 134, 96) if painted else TONE
    up = -1.0 if leap else 0.0
    tail = [
        (-0.9, -0.7), (-1.9, -0.8), (-2.8, -1.7), (-3.0, -3.0), (-2.3, -3.9), (-1.6, -3.4), (-1.9, -2.5),
        (-1.3, -1.9), (-0.7, -1.6)
    ]  # fmt: skip
    pen.shape(place.all([(x, y + up) for x, y in tail]), fur, INK, weight)
    tip = [(-3.0, -3.0), (-2.3, -3.9), (-1.6, -3.4), (-1.9, -2.7), (-2.3, -3.1), (-2.5, -2.7)]
    pen.shape(place.all([(x, y + up) for x, y in tip]), dark, INK, weight * 0.8)
    for x in (-0.75, -0.25, 0.35, 0.8):
        swing = 0.5 * x if leap else 0.0
        pen.shape(place.all(ring(x + swing, -0.2 + up * (0.9 if leap else 1), 0.22, 0.32)), dark, INK, weight)
    pen.shape(
        place.all(
            [
                (x, y + up)
                for x, y in [
                    (-1.15, -0.9),
                    (-0.95, -0.25),
                    (0.0, -0.12),
                    (0.95, -0.25),
                    (1.2, -0.9),
                    (0.9, -1.8),
                    (-0.8, -1.8),
                ]
            ]
        ),
        fur,
        INK,
        weight,
    )
    face = place.inner(0.45, -2.0 + up, 1.0, -0.06)
    for side in (-1, 1):
        pen.shape(face.all([(side * 0.3, -0.75), (side * 0.75, -1.65), (side * 1.05, -0.45)]), fur, INK, weight)
        pen.shape(face.all([(side * 0.5, -0.85), (side * 0.73, -1.35), (side * 0.9, -0.65)]), dark, None)
    cheeks = [
        (-1.2, 0.05),
        (-1.32, 0.42),
        (-0.8, 0.78),
        (0.0, 0.92),
        (0.8, 0.78),
        (1.32, 0.42),
        (1.2, 0.05),
        (0.8, -0.7),
        (0.0, -0.92),
        (-0.8, -0.7),
    ]
    pen.shape(face.all(cheeks), fur, INK, weight)
    for side in (-1, 1):
        if mood in {"glad", "asleep"}:
            bend = -0.16 if mood == "glad" else 0.12
            pen.line(
                face.all([(side * 0.5 - 0.18, 0.05), (side * 0.5, 0.05 + bend), (side * 0.5 + 0.18, 0.05)]),
                INK,
                weight * 1.3,
                taper=False,
            )
        else:
            pen.shape(face.all(ring(side * 0.5, 0.05, 0.12, 0.17 if mood != "angry" else 0.1)), INK, None, wobble=0)
            pen.dot(face.at(side * 0.5 - 0.04, -0.02), 0.05 * place.unit, (255, 255, 255))
        for k in (-1, 1):
            pen.line(face.all([(side * 0.95, 0.32 + k * 0.07), (side * 1.6, 0.3 + k * 0.2)]), SOFT, weight * 0.7)
    pen.shape(face.all([(-0.1, 0.26), (0.1, 0.26), (0.0, 0.37)]), INK, None, wobble=0)
    pen.line(face.all([(-0.22, 0.44), (-0.1, 0.52), (0.0, 0.38), (0.1, 0.52), (0.22, 0.44)]), INK, weight)


def dragon(pen: Pen, place: Place, *, mood: str = "calm", weight: float = 1.8, painted: bool = False) -> None:
    """A dragon folded from a sheet of paper, in the air."""
    side = (250, 240, 216) if painted else pen.paper
    dark = (214, 176, 130) if painted else TONE
    hinge = [(-3.4, -1.2), (-2.4, -2.2), (-1.2, -1.5), (0.0, -2.3), (1.2, -1.8), (2.2, -2.6)]
    under = [(2.0, -1.9), (1.1, -1.1), (0.0, -1.5), (-1.2, -0.7), (-2.4, -1.4), (-3.4, -1.2)]
    pen.shape(
        place.all([(-0.2, -2.1), (-1.6, -4.6), (-0.2, -4.0), (0.2, -4.9), (0.9, -2.2)]), dark, INK, weight, curved=False
    )
    pen.shape(place.all([*hinge, *under]), side, INK, weight, curved=False)
    for top, low in zip(hinge[1:5], reversed(under[1:5]), strict=True):
        pen.line(place.all([top, low]), SOFT, weight * 0.8, curved=False)
    pen.shape(
        place.all([(0.5, -2.0), (-0.4, -5.2), (0.9, -4.3), (1.6, -5.1), (1.5, -2.2)]), side, INK, weight, curved=False
    )
    pen.line(place.all([(0.8, -2.1), (0.9, -4.3)]), SOFT, weight * 0.8, curved=False)
    pen.line(place.all([(1.2, -2.1), (1.6, -5.1)]), SOFT, weight * 0.8, curved=False)
    pen.shape(
        place.all([(2.0, -1.9), (1.9, -2.9), (2.6, -3.7), (3.6, -3.2), (4.5, -2.6), (3.3, -2.4), (2.7, -2.0)]),
        side,
        INK,
        weight,
        curved=False,
    )
    pen.shape(place.all([(2.4, -3.5), (1.8, -4.4), (2.8, -3.8)]), dark, INK, weight, curved=False)
    pen.shape(place.all([(2.8, -3.7), (2.5, -4.6), (3.2, -3.6)]), dark, INK, weight, curved=False)
    pen.line(place.all([(4.5, -2.6), (3.5, -2.75), (2.9, -2.6)]), INK, weight, curved=False)
    if mood in {"glad", "asleep"}:
        pen.line(place.all([(3.0, -3.0), (3.15, -3.12), (3.3, -3.0)]), INK, weight * 1.2)
    else:
        pen.dot(place.at(3.15, -3.05), 0.13 * place.unit, INK)
        pen.dot(place.at(3.11, -3.1), 0.05 * place.unit, (255, 255, 255))
    pen.shape(place.all([(-3.4, -1.2), (-4.4, -2.0), (-4.0, -1.1), (-4.6, -0.5)]), dark, INK, weight, curved=False)


def draw_cast(
    pen: Pen,
    name: str,
    place: Place,
    *,
    pose: str = "stand",
    turn: float = 0.4,
    mood: str = "calm",
    speaking: bool = False,
    weight: float = 1.8,
    painted: bool = False,
    holds: str = "",
    guides: bool = False,
) -> None:
    """Anyone of the cast, standing at `place`, in the character's own way."""
    if name == "signal":
        robot(pen, place, mood=mood, wave=pose in {"wave", "jump", "point", "reach"}, weight=weight, painted=painted)
    elif name == "dumpling":
        dumpling(pen, place, mood=mood, leap=pose in {"jump", "run", "fall"}, weight=weight, painted=painted)
    elif name == "paper":
        dragon(pen, place, mood=mood, weight=weight, painted=painted)
    else:
        person(
            pen, LOOKS[name], place, POSES[pose], turn=turn, mood=mood, speaking=speaking, weight=weight,
            painted=painted, holds=holds, guides=guides,
        )  # fmt: skip

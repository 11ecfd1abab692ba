"""Who is in a scene: the target, others of its kind, passers-by, and what stands in the way.

An actor's course is settled in two steps, since all habits become motions at once: who it is and how it
moves are drawn first, where it goes follows from its motion, the target's and the camera's.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from vtzoo.synthetic import shapes
from vtzoo.synthetic.appearance import Look, look
from vtzoo.synthetic.motion import Habits, folded, invert
from vtzoo.synthetic.objects import Part, Thing, jointed, solid
from vtzoo.synthetic.paint import Material
from vtzoo.synthetic.random_streams import Stream

View = tuple[int, int]
Path = Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]
"""Own way, the target's way (F, 2), camera (F, 2, 3) -> way (F, 2)."""


@dataclass(frozen=True)
class Extra:
    """Anyone but the target.

    Args:
        size: in pixels.
        depth: more is nearer; the target's is 0.
        path: where it goes: in the frame, or in the world the camera looks at.
        world: which of them.
        waving: it bends.
    """

    thing: Thing
    habits: Habits
    size: float
    depth: float
    path: Path
    world: bool
    waving: bool = False


def target(rng: Stream, stock: list[Material], kind: str) -> tuple[Thing, frozenset[int]]:
    """A thing, and which of its parts are the target.

    kind: 'solid' or 'jointed': all of it; 'part': one part, a mark on it or any rectangle of it; 'place': a
    solid or any rectangle of the ground.
    """
    if kind == 'jointed':
        thing = jointed(rng, stock)
        return thing, frozenset(range(len(thing.parts)))
    if kind == 'solid':
        return solid(rng, stock, turning=rng.chance(0.4)), frozenset({0})
    if kind == 'place':
        size = (rng.among(0.6, 1.5), rng.among(0.6, 1.5))
        return Thing((Part(look(rng, stock) if rng.chance(0.65) else None, size),)), frozenset({0})
    thing = jointed(rng, stock) if rng.chance(0.5) else solid(rng, stock)
    if len(thing.parts) > 1 and rng.chance(0.3):
        return thing, frozenset({1})  # a head, a wheel, a load
    index = rng.randrange(len(thing.parts)) if rng.chance(0.4) else 0
    bearer = thing.parts[index]
    (width, height), (grip_x, grip_y) = bearer.size, bearer.grip
    joint = ((rng.uniform(-0.3, 0.3) - grip_x) * width, (rng.uniform(-0.3, 0.3) - grip_y) * height)
    size = (width * rng.among(0.25, 0.9), height * rng.among(0.25, 0.9))
    mark = Part(look(rng, stock) if rng.chance(0.5) else None, size, joint, parent=index, behind=bearer.behind)
    return Thing((*thing.parts, mark)), frozenset({len(thing.parts)})


_MANNERS = dict(  # drift, wander and shake in parts of the pace; whether it rests and leaps
    calm=(0, 1, 0, 0, 0), straight=(1, 0.3, 0, 0, 0), waiting=(0, 1.5, 0, 1, 0), erratic=(0, 0.5, 1, 0, 0),
    sudden=(0, 1, 0, 0, 1), still=(0, 0.1, 0.1, 0, 0))


def habits(rng: Stream, pace: float, calm: bool = False) -> Habits:
    """Random ones for something that moves about ``pace`` pixels a frame; ``calm``: it hardly turns."""
    manner = rng.pick(dict(calm=4, straight=2, waiting=1.5, erratic=1.3, sudden=1.3, still=0.8))
    drift, wander, shake, rest, leaps = _MANNERS[manner]
    heading, turning, free = rng.uniform(0, 2 * math.pi), not calm and rng.chance(0.65), not calm and rng.chance(0.3)
    return Habits(
        drift_x=drift * pace * math.cos(heading), drift_y=0.5 * drift * pace * math.sin(heading),
        wander=wander * pace, wander_time=rng.among(12, 70), shake=shake * pace, shake_time=rng.among(2, 8),
        rest=rest, leaps=leaps * rng.among(0.02, 0.1), leap=pace * rng.among(4, 16),
        sway=rng.among(0.05, 0.8) if turning else 0.04, sway_time=rng.among(6, 60),
        tilt=rng.uniform(0, 2 * math.pi) if free else 0.0,
        spin=rng.choice((-1, 1)) * rng.among(0.01, 0.15) if free and rng.chance(0.5) else 0.0,
        grow=rng.among(0.04, 0.6), grow_time=rng.among(25, 90),
        squeeze_x=rng.among(0.1, 0.8) if rng.chance(0.4) else 0.0,
        squeeze_y=rng.among(0.1, 0.6) if rng.chance(0.15) else 0.0, squeeze_time=rng.among(12, 80),
        roll=rng.among(0.05, 0.4), roll_time=rng.among(20, 90), cadence=rng.among(0.03, 0.6))


def look_alikes(rng: Stream, thing: Thing, size: float, side: float, view: View) -> list[Extra]:
    """Others of the target's kind, a thing of that size: in its company, on their own, or standing; ``side``: the
    target's own size, which is less where it is a part."""
    number = rng.randint(1, 3) if len(thing.parts) > 2 or rng.chance(0.55) else rng.randint(4, 8)
    difference = rng.choice((0.05, 0.3, 0.7))
    company = rng.pick(dict(together=3, apart=3, still=2))
    extras = []
    for _ in range(number):
        own = size * math.exp(0.15 * rng.gauss(0, 1))
        if company == 'together':
            angle, far = rng.uniform(0, 2 * math.pi), rng.among(0.9, 4) * side
            path, pace = partial(_beside, np.float32([far * math.cos(angle), 0.6 * far * math.sin(angle)])), 0.01
        else:
            path = partial(_about, _anywhere(rng, view), view)
            pace = 0.0 if company == 'still' else rng.among(0.005, 0.06)
        extras.append(Extra(thing.variant(rng, difference), habits(rng, pace * own, calm=True), own,
                            rng.uniform(-1, 0.6), path, world=company == 'still'))
    return extras


def others(rng: Stream, stock: list[Material], size: float, view: View) -> list[Extra]:
    """Things of other kinds, moving or standing, most of them farther than the target."""
    extras = []
    for _ in range(rng.randint(1, 3)):
        thing = solid(rng, stock) if rng.chance(0.85) else jointed(rng, stock)
        own, still = min(size * rng.among(0.4, 2), 0.5 * min(view)), rng.chance(0.5)
        extras.append(Extra(thing, habits(rng, 0.0 if still else rng.among(0.01, 0.1) * own), own, rng.uniform(-1, 0.3),
                            partial(_about, _anywhere(rng, view), view), world=still))
    return extras


def occluders(rng: Stream, stock: list[Material], size: float, view: View, frames: int) -> list[Extra]:
    """What hides the target for a while: a passer-by, something standing in its way, or a screen with gaps."""
    extras = []
    for _ in range(rng.randint(1, 2)):
        meeting = rng.randrange(frames // 8, frames), np.float32([rng.gauss(0, 0.25 * size) for _ in range(2)])
        depth, kind = rng.uniform(0.3, 1), rng.pick(dict(passer=3, post=3, screen=1.5))
        if kind == 'passer':
            thing = solid(rng, stock) if rng.chance(0.7) else jointed(rng, stock)
            pace, heading = rng.among(0.05, 0.3) * size, rng.choice((0, math.pi)) + 0.4 * rng.gauss(0, 1)
            moves = habits(rng, 0.1 * pace)._replace(drift_x=pace * math.cos(heading), drift_y=pace * math.sin(heading))
            extras.append(Extra(thing, moves, size * rng.among(0.6, 1.8), depth, partial(_across, *meeting),
                                world=False))
        elif kind == 'post':
            long, thin = rng.among(1, 5), rng.among(0.2, 1.2)
            post = Part(look(rng, stock, shapes.rounded), (long, thin) if rng.chance(0.3) else (thin, long))
            extras.append(Extra(Thing((post,)), Habits(tilt=0.1 * rng.gauss(0, 1)), size, depth,
                                partial(_in_the_way, *meeting), world=True))
        else:
            screen = Part(_screen(rng, stock), (view[0] * rng.uniform(0.4, 1.2), view[1] * rng.uniform(0.4, 1.2)))
            extras.append(Extra(Thing((screen,)), Habits(tilt=0.1 * rng.gauss(0, 1)), 1.0, depth,
                                partial(_in_the_way, *meeting), world=True, waving=rng.chance(0.3)))
    return extras


def _screen(rng: Stream, stock: list[Material]) -> Look:
    """Bars or leaves with gaps between them."""
    number, bank = rng.randint(4, 13), stock[0].bank
    if rng.chance(0.5):
        thick = np.float32([rng.uniform(0.2, 0.9) / number, 1])
        polygons = [shapes.RECTANGLE.hull * thick + np.float32([(i + 0.5) / number - 0.5, 0]) for i in range(number)]
    else:
        polygons = [shapes.outline(rng, bank).polygons[0] * np.float32([rng.uniform(0.05, 0.25) for _ in range(2)])
                    + np.float32([rng.uniform(-0.43, 0.43) for _ in range(2)]) for _ in range(2 * number)]
    return replace(look(rng, stock, details=0), outline=shapes.Outline(tuple(polygons)))


def _anywhere(rng: Stream, view: View) -> np.ndarray:
    """A point (2,) in view or a little out of it."""
    return np.float32([length * rng.uniform(-0.2, 1.2) for length in view])


def _beside(offset: np.ndarray, own: np.ndarray, way: np.ndarray, camera: np.ndarray) -> np.ndarray:
    return way + offset + own


def _about(start: np.ndarray, view: View, own: np.ndarray, way: np.ndarray, camera: np.ndarray) -> np.ndarray:
    size = np.float32(view)
    return folded(start + own, -0.3 * size, 1.3 * size)


def _across(when: int, offset: np.ndarray, own: np.ndarray, way: np.ndarray, camera: np.ndarray) -> np.ndarray:
    return way[when] + offset + own - own[when]


def _in_the_way(when: int, offset: np.ndarray, own: np.ndarray, way: np.ndarray, camera: np.ndarray) -> np.ndarray:
    return own + invert(camera[when]) @ (*(way[when] + offset), 1)

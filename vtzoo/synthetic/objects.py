"""Things: what moves as one, built of jointed parts: solids, people, animals, vehicles, other creatures."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from vtzoo.synthetic import shapes
from vtzoo.synthetic.appearance import Look, look
from vtzoo.synthetic.paint import Light, Material
from vtzoo.synthetic.random_streams import Stream


@dataclass(frozen=True)
class Part:
    """One part of a thing.

    Lengths are parts of the thing's size, y downwards; angles are radians, clockwise on the screen. The joint
    is where the part meets its parent and about which it swings.

    Args:
        look: what it is drawn with; None: nothing, it is a place on its parent.
        size: width and height of its unit square.
        joint: where the joint lies, from the parent's joint and turning with it; of a root: from the thing's middle.
        grip: where the joint lies in the part's own unit square.
        parent: index of the parent among the thing's parts; None for a root.
        angle: at rest.
        swing: to both sides of it, once a cycle.
        phase: in the cycle.
        spin: whole turns a cycle.
        behind: drawn before all others.
        tint: a factor on its look's colours.
    """

    look: Look | None
    size: tuple[float, float]
    joint: tuple[float, float] = (0.0, 0.0)
    grip: tuple[float, float] = (0.0, 0.0)
    parent: int | None = None
    angle: float = 0.0
    swing: float = 0.0
    phase: float = 0.0
    spin: float = 0.0
    behind: bool = False
    tint: Light | None = None


@dataclass(frozen=True)
class Thing:
    """Parts in drawing order except those ``behind``; a parent comes before its children."""

    parts: tuple[Part, ...]

    @property
    def order(self) -> list[int]:
        """Indices of the parts from far to near."""
        return sorted(range(len(self.parts)), key=lambda i: not self.parts[i].behind)

    def variant(self, rng: Stream, difference: float) -> Thing:
        """Another of the same kind, in another phase; ``difference`` 0 a copy, 1 of other colours and details."""
        phase, stretch = rng.uniform(0, 2 * math.pi), math.exp(0.15 * difference * rng.gauss(0, 1))
        bright, other = 0.35 * rng.gauss(0, 1), rng.chance(difference)
        tint = tuple(math.exp(difference * (bright + 0.25 * rng.gauss(0, 1))) for _ in range(3))
        return Thing(tuple(replace(
            part, phase=part.phase + phase, size=(part.size[0] * stretch, part.size[1]), tint=tint,
            look=replace(part.look, seed=rng.seed_of_its_own()) if part.look and other else part.look)
            for part in self.parts))


def poses(things: list[Thing], cycle: np.ndarray) -> np.ndarray:
    """Every part's unit square -> its thing's frame, (all parts, F, 2, 3) float32, part by part, thing by thing.

    Args:
        cycle: (things, F) the time of each thing's joints.
    """
    parts = [part for thing in things for part in thing.parts]
    angle, swing, phase, spin, width, height, grip_x, grip_y = np.float32([
        (part.angle, part.swing, part.phase, part.spin, *part.size, *part.grip) for part in parts]).T[..., None]
    counts = [len(thing.parts) for thing in things]
    cycle = np.repeat(cycle, counts, 0)
    angle = angle + swing * np.sin(cycle + phase) + spin * cycle
    turn = np.cos(angle) + 1j * np.sin(angle)  # in the complex plane a turn is a product
    joint = np.empty_like(turn)
    first = np.repeat(np.cumsum(counts) - counts, counts)
    for i, part in enumerate(parts):
        joint[i] = complex(*part.joint)
        if part.parent is not None:
            parent = first[i] + part.parent
            joint[i] = joint[parent] + turn[parent] * joint[i]
            turn[i] *= turn[parent]
    across, down = turn * width, 1j * turn * height
    maps = np.empty((*turn.shape, 2, 3), np.float32)
    for column, values in enumerate((across, down, joint - across * grip_x - down * grip_y)):
        maps[..., 0, column], maps[..., 1, column] = values.real, values.imag
    return maps


def solid(rng: Stream, stock: list[Material], turning: bool = False) -> Thing:
    """One rigid part of any shape."""
    aspect = math.exp(max(-1.4, min(0.55 * rng.gauss(0, 1), 1.4)) / 2)
    return Thing((Part(look(rng, stock, turning=turning), (aspect, 1 / aspect)),))


def person(rng: Stream, stock: list[Material]) -> Thing:
    """Torso, head, two arms and two legs of two parts each, seen from any side."""
    build, swing, bend = rng.uniform(0.8, 1.3), rng.uniform(0.1, 0.8), rng.uniform(0, 0.6)
    skin, shirt, trousers = rng.choices(stock, k=3)
    torso = look(rng, [shirt, shirt, *stock[:1]], shapes.rounded, rng.randrange(5))
    head = look(rng, [skin, *stock[:2]], shapes.ellipse, rng.randrange(2, 6))
    upper, lower = shirt if rng.chance(0.7) else skin, trousers if rng.chance(0.7) else skin
    sleeve, hand, leg, shin = (look(rng, [material], shapes.rounded, 0) for material in (upper, skin, trousers, lower))
    width, reach = 0.3 * build, rng.uniform(-0.2, 1.5) if rng.chance(0.4) else 0.0
    parts = [Part(torso, (width, 0.5), (0, -0.02), (0, 0.3), angle=rng.uniform(-0.2, 0.2), swing=0.05),
             Part(head, (0.21, 0.26), (0, -0.4), (0, 0.4), parent=0, swing=0.1)]
    for side, phase in ((-1, 0.0), (1, math.pi)):
        far, hip, elbow = side < 0, len(parts), len(parts) + 2
        parts += [
            Part(leg, (0.16 * build, 0.36), (side * 0.2 * width, 0.02), (0, -0.4), None, 0, swing, phase, behind=far),
            Part(shin, (0.12 * build, 0.36), (0, 0.28), (0, -0.42), hip, bend, 0.5 * swing, phase + 1, behind=far),
            Part(sleeve, (0.11 * build, 0.28), (side * 0.42 * width, -0.34), (0, -0.4), 0, -side * reach, swing,
                 phase + math.pi, behind=far),
            Part(hand, (0.09 * build, 0.28), (0, 0.21), (0, -0.42), elbow, -bend, 0.4 * swing, phase, behind=far)]
    return Thing(tuple(parts))


def animal(rng: Stream, stock: list[Material]) -> Thing:
    """A long body on four legs, a neck and a head, a tail."""
    coat, way = rng.choice(stock), rng.choice((-1, 1))
    high, swing = rng.uniform(0.25, 0.5), rng.uniform(0.2, 0.7)
    body = look(rng, [coat, coat, *stock[:1]], shapes.rounded, rng.randrange(4))
    leg, neck, tail = (look(rng, [coat], shape, 0) for shape in (shapes.rounded, shapes.rounded, shapes.drop))
    head = look(rng, [coat, coat, *stock[:1]], shapes.blob, 3)
    parts = [
        Part(body, (1.0, high)),
        Part(neck, (0.18, 0.36), (way * 0.42, -0.1 * high), (0, 0.4), 0, way * rng.uniform(0.2, 1.2), 0.15),
        Part(head, (0.32, 0.22), (0, -0.28), (-way * 0.25, 0), 1, -way * rng.uniform(0, 0.8), 0.1),
        Part(tail, (0.35, 0.07), (-way * 0.48, -0.2 * high), (way * 0.45, 0), 0, way * rng.uniform(-0.6, 0.8), 0.3)]
    for i, x in enumerate((-0.38, -0.32, 0.34, 0.4)):
        parts.append(Part(leg, (0.11, 0.4), (x, 0.35 * high), (0, -0.42), None, 0, swing,
                          i * math.pi / 2 * rng.uniform(0.8, 1.2), behind=i % 2 == 0))
    return Thing(tuple(parts))


def vehicle(rng: Stream, stock: list[Material]) -> Thing:
    """A body on wheels, at times with a load or a rider."""
    high, size, spin = rng.uniform(0.3, 0.6), rng.uniform(0.16, 0.34), rng.choice((0, 1, 2))
    wheel = look(rng, stock, shapes.ellipse, rng.randrange(1, 4))
    parts = [Part(look(rng, stock, shapes.profile, rng.randrange(1, 7)), (1.25, high))]
    if rng.chance(0.35):
        parts.append(Part(look(rng, stock), (rng.uniform(0.2, 0.7), rng.uniform(0.2, 0.6)),
                          (rng.uniform(-0.3, 0.3), -0.3 * high), (0, 0.4), 0, swing=rng.uniform(0, 0.15),
                          behind=rng.chance(0.5)))
    for x in (-0.45, 0.1, 0.42) if rng.chance(0.2) else (-0.42, 0.42):
        parts.append(Part(wheel, (size, size), (x + rng.uniform(-0.04, 0.04), 0.48 * high), parent=0, spin=spin))
    return Thing(tuple(parts))


def creature(rng: Stream, stock: list[Material]) -> Thing:
    """Any body with any limbs: birds, insects, robots, plants in wind, loaded bicycles."""
    aspect, swing, paired = rng.among(0.5, 2) ** 0.5, rng.uniform(0.1, 0.7), rng.chance(0.6)
    parts = [Part(look(rng, stock), (0.7 * aspect, 0.7 / aspect), swing=rng.uniform(0, 0.1))]
    for _ in range(rng.randint(1, 3)):
        limb, size = look(rng, stock, details=rng.randrange(3)), (rng.among(0.08, 0.3), rng.among(0.3, 0.8))
        x, y = rng.uniform(0.1, 0.35) * aspect, rng.uniform(-0.3, 0.3) / aspect
        angle, phase, behind = rng.uniform(0.2, 3), rng.uniform(0, 6), rng.chance(0.5)
        for side in (-1, 1) if paired else (1,):
            parts.append(Part(limb, size, (side * x, y), (0, -0.45), 0, -side * angle, swing, phase + side, 0, behind))
    return Thing(tuple(parts))


_WEIGHTS = {person: 3, animal: 1.5, vehicle: 2, creature: 2}


def jointed(rng: Stream, stock: list[Material]) -> Thing:
    """A random thing of several parts."""
    return rng.choices(list(_WEIGHTS), list(_WEIGHTS.values()))[0](rng, stock)

"""Scenes: what a sequence shows and how it goes, drawn at random; nothing is painted yet."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache, partial
from itertools import count
from typing import NamedTuple

import numpy as np

from vtzoo.synthetic import shapes
from vtzoo.synthetic.actors import Extra, View, habits, look_alikes, occluders, others, target
from vtzoo.synthetic.backgrounds import light, place
from vtzoo.synthetic.effects import Effects, effects
from vtzoo.synthetic.ground_plane import Plane
from vtzoo.synthetic.layers import Layer, Stack
from vtzoo.synthetic.motion import Habits, Motion, compose, folded, invert, motions, placed
from vtzoo.synthetic.objects import Thing, poses
from vtzoo.synthetic.paint import Light, Material
from vtzoo.synthetic.random_streams import SCENE, Stream, stream
from vtzoo.synthetic.truth import Truth, truth
from vtzoo.synthetic.waves import Wave, wave


@dataclass(frozen=True)
class Scene:
    """A sequence before it is drawn.

    Args:
        size: width and height of its frames.
        ground: what is behind everything.
        stack: all else.
        shade: where light falls, None: everywhere alike.
        effects: of camera and storage.
        truth: the target's boxes and how much of it is seen.
    """

    size: View
    ground: Plane
    stack: Stack
    shade: Plane | None
    effects: Effects
    truth: Truth


@lru_cache(maxsize=16)
def scene(split: int, number: int, index: int, size: View, frames: int, easy_fraction: float = 0.0) -> Scene:
    """Scene ``index`` of a split and seed ``number``: the first one drawn in which the target can be made out
    at the start and is in sight in most frames. A share ``easy_fraction`` of scenes is easy: see
    :func:`_drawn`. The last few are kept, painted as far as they are."""
    easy = easy_fraction > 0 and stream(split, SCENE, number, index).chance(easy_fraction)
    attempts = (_drawn(stream(split, SCENE, number, index, attempt), split, size, frames, easy) for attempt in count())
    return next(drawn for drawn in attempts if _serves(drawn))


def _serves(drawn: Scene) -> bool:
    seen, start = drawn.truth.visible.mean(), drawn.truth.boxes[0, 2:].min()
    return drawn.truth.share[0] > 0.8 and start > 0.03 * min(drawn.size) and seen > 0.6


def _drawn(rng: Stream, bank: int, size: View, frames: int, easy: bool) -> Scene:
    """A random scene. An easy one: a whole thing, of other materials than the place, in view, seen clearly."""
    around, stock = _materials(rng, bank, easy)
    actors = _actors(rng, stock, size, frames, easy)
    motion = motions(rng.arrays, frames, [*actors.habits, _camera(rng, size)])
    paths = _paths(rng, actors, motion, size)
    stack = _stack(rng, actors, paths, motion, frames)
    ground, shade = _planes(rng, bank, around, paths.camera, size)
    return Scene(size, ground, stack, shade, effects(rng, bank, frames, easy), truth(stack, *size))


class _Actors(NamedTuple):
    """Who is there. kind: of the target. thing: what the target is, or is a part of. targets: its parts that are the
    target. side: of the target in pixels. scale: of the thing. target_habits: how it moves. extras: all else."""

    kind: str
    thing: Thing
    targets: frozenset[int]
    side: float
    scale: float
    target_habits: Habits
    extras: list[Extra]

    @property
    def things(self) -> list[Thing]:
        return [self.thing, *(extra.thing for extra in self.extras)]

    @property
    def habits(self) -> list[Habits]:
        return [self.target_habits, *(extra.habits for extra in self.extras)]


class _Paths(NamedTuple):
    """Where they go. way: the target's (F, 2) in the frame. camera: world -> frame (F, 2, 3). courses: of each actor,
    thing -> frame (F, 2, 3). maps: of each part, unit square -> frame (parts, F, 2, 3)."""

    way: np.ndarray
    camera: np.ndarray
    courses: list[np.ndarray]
    maps: np.ndarray


def _materials(rng: Stream, bank: int, easy: bool) -> tuple[list[Material], list[Material]]:
    """Materials of the place and of the things, which share few, or none in an easy scene."""
    warm = _light(rng)
    stock = [Material(bank, rng.seed_of_its_own(), warm) for _ in range(10)]
    return (stock[:5], stock[5:]) if easy else (stock[:6], stock[4:])


def _actors(rng: Stream, stock: list[Material], size: View, frames: int, easy: bool) -> _Actors:
    """The target, look-alikes, others and what may hide it."""
    kind = rng.pick(dict(solid=3.5, jointed=3) if easy else dict(solid=3.5, jointed=3, part=2.5, place=1))
    thing, targets = target(rng, stock, kind)
    side = math.sqrt(size[0] * size[1]) * rng.among(0.07, 0.55)
    scale = side / (math.sqrt(math.prod(thing.parts[min(targets)].size)) if len(targets) == 1 else 1)
    moving = habits(rng, _pace(rng) * side, calm=kind == 'place')
    extras = look_alikes(rng, thing, scale, side, size) if rng.chance(0.65) else []
    if rng.chance(0.5):
        extras += others(rng, stock, side, size)
    if not easy and rng.chance(0.4):
        extras += occluders(rng, stock, side, size, frames)
    return _Actors(kind, thing, targets, side, scale, moving, extras)


def _paths(rng: Stream, actors: _Actors, motion: Motion, size: View) -> _Paths:
    """The target keeps to its way in the frame; the others move in the world, which the camera shows, or with it."""
    squares, targets = poses(actors.things, motion.cycle[:-1]), sorted(actors.targets)
    spot = squares[targets, 0, :, 2].mean(0) if len(targets) == 1 else np.zeros(2, np.float32)
    way = _way(rng, motion.way[0], actors.side, size)
    body = compose(placed(way, motion.angle[0], motion.size[0] * actors.scale), _moved(-spot))
    camera = compose(body, invert(body[:1])) if actors.kind == 'place' else _view(motion, size)
    courses = [body]
    for i, extra in enumerate(actors.extras, 1):
        course = placed(extra.path(motion.way[i], way, camera), motion.angle[i], motion.size[i] * extra.size)
        courses.append(compose(camera, course) if extra.world else course)
    parts = [len(thing.parts) for thing in actors.things]
    return _Paths(way, camera, courses, compose(np.repeat(np.stack(courses), parts, 0), squares))


def _stack(rng: Stream, actors: _Actors, paths: _Paths, motion: Motion, frames: int) -> Stack:
    """Layers from far to near, shadows below them all."""
    waves = [wave(rng, frames) if actors.kind == 'solid' and rng.chance(0.3) else None,
             *(wave(rng, frames) if extra.waving else None for extra in actors.extras)]
    layers = _layers(actors.things, paths.maps, motion, waves, actors.targets)
    shadows = _shadows(rng, layers) if actors.kind != 'place' and rng.chance(0.25) else []
    depths = _depths(actors, paths)
    ordered = [layer for i in sorted(range(len(layers)), key=depths.__getitem__) for layer in layers[i]]
    return Stack(shadows + ordered, rng.uniform(0.2, 1) if rng.chance(0.6) else 0.0)


def _depths(actors: _Actors, paths: _Paths) -> list[float]:
    """Of the target 0, of what is nearer more; what begins too close to the target is behind it."""
    depths = [0.0]
    for extra, course in zip(actors.extras, paths.courses[1:], strict=True):
        close = np.abs(course[0, :, 2] - paths.way[0]).max() < 0.7 * (actors.side + extra.size)
        depths.append(-abs(extra.depth) if close else extra.depth)
    return depths


def _planes(rng: Stream, bank: int, around: list[Material], camera: np.ndarray, size: View) -> tuple[Plane,
                                                                                                    Plane | None]:
    """The ground, and where light falls: on the ground or on the lens; None: everywhere alike."""
    view = np.array([[size[0], 0, size[0] / 2], [0, size[1], size[1] / 2]], np.float32)  # unit square -> frame
    factor, middle = rng.among(1.05, 1.9), (size[0] / 2, size[1] / 2)
    ground = compose(camera, view * np.float32([factor, factor, 1]))
    shade = Plane(partial(light, rng.seed_of_its_own(), bank, 48, 36),
                  ground if rng.chance(0.7) else np.broadcast_to(view, ground.shape), middle)
    return (Plane(partial(place, rng.seed_of_its_own(), around, *size), ground, middle),
            shade if rng.chance(0.25) else None)


def _light(rng: Stream) -> Light:
    """Warm or cold."""
    warmth = 0.12 * rng.gauss(0, 1)
    colour = [1 + warmth * share + 0.03 * rng.gauss(0, 1) for share in (1, 0.2, -1)]
    return tuple(level / max(colour) for level in colour)


def _pace(rng: Stream) -> float:
    """Of the target, in its sizes a frame: a few hundredths, at times much more."""
    return rng.among(0.1, 0.5) if rng.chance(0.15) else min(0.035 * math.exp(0.8 * rng.gauss(0, 1)), 0.3)


def _way(rng: Stream, own: np.ndarray, side: float, size: View) -> np.ndarray:
    """The target's way (F, 2) in the frame, where it keeps to the middle, or to the frame, or does not; ``own``: as
    its habits have it."""
    view = np.float32(size)
    inside = np.maximum(view * rng.uniform(0, 0.35), 0.45 * side)
    margin = np.minimum(inside, 0.49 * view)
    start = margin + (view - 2 * margin) * np.float32([rng.random(), rng.random()])
    if rng.chance(0.1):
        margin = np.float32(-0.9 * side)
    return folded(start + own, margin, view - margin)


def _camera(rng: Stream, size: View) -> Habits:
    """A still, drifting, panning or shaking camera; some zoom."""
    kind, width, grow = rng.pick(dict(still=3.5, drift=2.5, pan=2, hand=2)), size[0], 0.0
    if rng.chance(0.2):
        grow = rng.among(0.03, 0.3)
    if kind == 'still':
        return Habits(grow=grow)
    if kind == 'hand':
        return Habits(wander=width * rng.among(0.001, 0.01), shake=width * rng.among(0.001, 0.01),
                      shake_time=rng.among(1.5, 6), sway=rng.among(0.005, 0.08), sway_time=rng.among(5, 30), grow=grow)
    pace = width * (rng.among(0.006, 0.03) if kind == 'pan' else rng.among(0.001, 0.006))
    return habits(rng, pace, calm=True)._replace(sway=0.0, squeeze_x=0.0, squeeze_y=0.0, grow=grow)


def _view(motion: Motion, size: View) -> np.ndarray:
    """World -> frame (F, 2, 3), turning and zooming about the middle of the frame: the last actor is the camera."""
    middle = np.float32(size) / 2
    return compose(placed(np.broadcast_to(middle, motion.way[-1].shape), motion.angle[-1], motion.size[-1]),
                   _moved(-middle - motion.way[-1]))


def _moved(shift: np.ndarray) -> np.ndarray:
    """Affine maps (..., 2, 3) that only move by ``shift`` (..., 2)."""
    maps = np.zeros((*shift.shape, 3), np.float32)
    maps[..., 0, 0] = maps[..., 1, 1] = 1
    maps[..., 2] = shift
    return maps


def _layers(things: list[Thing], maps: np.ndarray, motion: Motion, waves: list[Wave | None],
            targets: frozenset[int]) -> list[list[Layer]]:
    """For each thing its layers from far to near; ``maps`` (all parts, F, 2, 3) in the things' own order; ``targets``
    are the parts of the first that are the target."""
    layers, first = [], 0
    for i, thing in enumerate(things):
        layers.append([])
        for j in thing.order:
            part, mine = thing.parts[j], i == 0 and j in targets
            if part.look is not None or mine:
                outline = shapes.RECTANGLE if part.look is None else part.look.outline
                roll = motion.roll[i] if part.look is not None and part.look.turning else None
                layers[-1].append(Layer(part.look, outline, maps[first + j], waves[i], roll, part.tint, target=mine))
        first += len(thing.parts)
    return layers


def _shadows(rng: Stream, layers: list[list[Layer]]) -> list[Layer]:
    """Of the target's first layer, and of those of things of one or two layers, laid the same way."""
    slope, height, strength = rng.uniform(-1.5, 1.5), rng.uniform(-0.6, 0.6), rng.uniform(0.2, 0.7)
    return [_shadow(slope, height, strength, some[0]) for some in layers if len(some) < 3 or some is layers[0]]


def _shadow(slope: float, height: float, strength: float, layer: Layer) -> Layer:
    """A layer's shadow, laid from its foot to the side and up or down."""
    laid = np.float32([[1, slope], [0, height]])
    maps = np.empty_like(layer.maps)
    maps[..., :2] = laid @ layer.maps[..., :2]
    high = np.abs(layer.maps[:, 1, :2]).sum(1) / 2
    maps[..., 2] = layer.maps[..., 2]
    maps[:, 0, 2] -= slope * high
    maps[:, 1, 2] += (1 - height) * high
    return Layer(layer.look, layer.outline, maps, layer.wave, shadow=strength)

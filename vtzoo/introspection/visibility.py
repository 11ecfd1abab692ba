"""Who may see whom: every attention of a tracker in the order of execution, with what its queries and keys are.

A fusion is a decision about which keys a query may see. Here that decision stands once more, as a list: what
:func:`~vtzoo.models.attention.recording` collects when a tracker memorizes and tracks, entry by entry. Attention that a
backbone keeps to itself (Swin's windows) is not recorded and not listed.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import singledispatch
from itertools import accumulate

from vtzoo.introspection.scene import CORRELATION, Look, Scene, Segment, convolved
from vtzoo.models.fusions import MAM, AsymmetricMAM, CrossAttention, Fusion, PixelCorrelation, SparseEncoderDecoder
from vtzoo.models.fusions.mam import MixedAttention
from vtzoo.models.tracker import Tracker


def looks_of(model: Tracker, templates: int) -> tuple[list[Look], list[Look]]:
    """What :meth:`Tracker.memorize` computes with so many templates, and then :meth:`Tracker.track`.

    Raises:
        ValueError: nobody has written down what this fusion does.
    """
    scene = Scene(model, templates)
    return list(memorizing(model.fusion, scene)), [*reading(model.fusion, scene), *_scoring(scene)]


@singledispatch
def memorizing(fusion: Fusion, scene: Scene) -> Iterator[Look]:
    """The attentions of :meth:`Fusion.memorize`."""
    raise ValueError(f'who sees whom in {type(fusion).__name__} is not written down: add it to '
                     'vtzoo/introspection/visibility.py.')


@singledispatch
def reading(fusion: Fusion, scene: Scene) -> Iterator[Look]:
    """The attentions of :meth:`Fusion.forward`."""
    raise ValueError(f'who sees whom in {type(fusion).__name__} is not written down: add it to '
                     'vtzoo/introspection/visibility.py.')


def _siamese(scene: Scene, stream: str, pixels: int, mixing: int = 0) -> Iterator[Look]:
    """A backbone's blocks that every image passes alone: all but the last ``mixing``."""
    if hasattr(scene.model.backbone, 'stages'):
        for place, side, keys, mixes in _blocks(scene, pixels, mixing):
            if not mixes:
                yield Look(place, (Segment(stream, side, side),), (Segment(stream, keys, keys),), alone=True)


def _blocks(scene: Scene, pixels: int, mixing: int) -> Iterator[tuple[str, int, int, bool]]:
    """Of each block of the backbone: its place, the sides of its queries' and keys' maps, whether images meet in it."""
    stages = scene.model.backbone.stages
    first = sum(len(stage.blocks) for stage in stages) - mixing
    starts = [0, *accumulate(len(stage.blocks) for stage in stages)]
    for i, (stage, side) in enumerate(zip(stages, scene.grids(pixels), strict=True)):
        for j, block in enumerate(stage.blocks):
            yield f'stage {i + 1}, block {j + 1}', side, convolved(block.k.conv, side), starts[i] + j >= first


def _mixing(fusion: MixedAttention, scene: Scene, pixels: int) -> Iterator[tuple[str, int, int, bool]]:
    """Of each block in which images meet: its place, the sides of its queries' and keys' maps, whether it is in the
    last stage (where query tokens join)."""
    if fusion.own is not None:
        side = scene.out(pixels)
        for i, block in enumerate(fusion.own):
            yield f'mixing block {i + 1}', side, convolved(block.k.conv, side), True
        return
    last = f'stage {len(scene.model.backbone.stages)},'
    for place, side, keys, mixes in _blocks(scene, pixels, fusion.blocks):
        if mixes:
            yield place, side, keys, place.startswith(last)


def _alone(fusion: MixedAttention) -> int:
    """How many blocks of the backbone mix."""
    return 0 if fusion.own is not None else fusion.blocks


@memorizing.register
def _(fusion: AsymmetricMAM, scene: Scene) -> Iterator[Look]:
    yield from _siamese(scene, 'template', scene.z_pixels, _alone(fusion))
    for place, side, keys, _ in _mixing(fusion, scene, scene.z_pixels):
        yield Look(place, scene.z(side), scene.z(keys))


@reading.register
def _(fusion: AsymmetricMAM, scene: Scene) -> Iterator[Look]:
    yield from _siamese(scene, 'search', scene.x_pixels, _alone(fusion))
    for (place, side, keys, last), (_, _, z_keys, _) in zip(
            _mixing(fusion, scene, scene.x_pixels), _mixing(fusion, scene, scene.z_pixels), strict=True):
        free = scene.q() if last else ()
        yield Look(place, (Segment('search', side, side), *free),
                   (*scene.z(z_keys), Segment('search', keys, keys), *free))


@memorizing.register
def _(fusion: MAM, scene: Scene) -> Iterator[Look]:
    yield from _siamese(scene, 'template', scene.z_pixels, _alone(fusion))


@reading.register
def _(fusion: MAM, scene: Scene) -> Iterator[Look]:
    yield from _siamese(scene, 'search', scene.x_pixels, _alone(fusion))
    for (place, side, keys, last), (_, z_side, z_keys, _) in zip(
            _mixing(fusion, scene, scene.x_pixels), _mixing(fusion, scene, scene.z_pixels), strict=True):
        free = scene.q() if last else ()
        seen = (Segment('search', keys, keys), *free, *scene.z(z_keys))
        yield Look(place, (Segment('search', side, side), *free), seen)
        yield Look(place, scene.z(z_side), seen)


@memorizing.register
def _(fusion: SparseEncoderDecoder, scene: Scene) -> Iterator[Look]:
    yield from _siamese(scene, 'template', scene.z_pixels)
    z = scene.z(scene.out(scene.z_pixels))
    yield from (Look(f'encoder layer {i + 1}', z, z) for i in range(len(fusion.encoder)))


@reading.register
def _(fusion: SparseEncoderDecoder, scene: Scene) -> Iterator[Look]:
    yield from _siamese(scene, 'search', scene.x_pixels)
    z, free, side = scene.z(scene.out(scene.z_pixels)), scene.q(), scene.out(scene.x_pixels)
    x = (Segment('search', side, side), *free)
    for i, layer in enumerate(fusion.decoder):
        topk = layer.self_attention.attention.topk
        kept = None if topk is None or topk >= side * side else topk + len(free)
        yield Look(f'decoder layer {i + 1}', x, x, 'self-attention', topk=kept)
        yield Look(f'decoder layer {i + 1}', x, z, 'cross-attention')


@memorizing.register
def _(fusion: PixelCorrelation, scene: Scene) -> Iterator[Look]:
    yield from _siamese(scene, 'template', scene.z_pixels)


@reading.register
def _(fusion: PixelCorrelation, scene: Scene) -> Iterator[Look]:
    yield from _siamese(scene, 'search', scene.x_pixels)
    side = scene.out(scene.x_pixels)
    yield Look('correlation', (Segment('search', side, side),), scene.z(scene.out(scene.z_pixels)), CORRELATION)


@memorizing.register
def _(fusion: CrossAttention, scene: Scene) -> Iterator[Look]:
    yield from _siamese(scene, 'template', scene.z_pixels)


@reading.register
def _(fusion: CrossAttention, scene: Scene) -> Iterator[Look]:
    yield from _siamese(scene, 'search', scene.x_pixels)
    z, side = scene.z(scene.out(scene.z_pixels)), scene.out(scene.x_pixels)
    x = (Segment('search', side, side), *scene.q())
    for i in range(len(fusion.augment)):
        yield Look(f'layer {i + 1}', x, x, 'ego-context augment')
        yield Look(f'layer {i + 1}', z, z, 'ego-context augment')
        yield Look(f'layer {i + 1}', x, z, 'cross-feature augment')
        yield Look(f'layer {i + 1}', z, x, 'cross-feature augment')
    for i, layer in enumerate(fusion.cross, len(fusion.augment)):
        if layer.self_attention is not None:
            yield Look(f'layer {i + 1}', x, x, 'self-attention')
        yield Look(f'layer {i + 1}', x, z, 'cross-attention')


def _scoring(scene: Scene) -> Iterator[Look]:
    """The confidence module: a score token reads the chosen box, then the first template."""
    confidence = scene.model.confidence
    if confidence is not None:
        side = scene.out(scene.z_pixels)
        token = (Segment('score token'),)
        yield Look('score', token, (Segment('box', confidence.pool, confidence.pool),))
        yield Look('score', token, (Segment('template', side, side),))

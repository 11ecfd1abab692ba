"""What a tracker looks at, as sheets of pictures: attention by layer, and the maps of its head."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import cv2
import numpy as np

from vtzoo.inference.online import Result
from vtzoo.inference.video import draw
from vtzoo.introspection.canvas import GREY, INK, Canvas, save_png
from vtzoo.introspection.observer import Glance, Observer
from vtzoo.utils.progress import progress

CELL, GAP, LABEL, HEAD, PICTURE = 112, 14, 150, 104, 300


def visualize(tracker: Observer, frames: Iterable[np.ndarray], box: Sequence[float], wanted: Sequence[int],
              folder: Path) -> list[Path]:
    """Track a video and write sheets for each wanted frame: the head's maps, and attention where there is any.

    Args:
        tracker: keeps what it sees.
        frames: (H, W, 3) uint8 RGB, in order.
        box: x y w h of the target in the first frame.
        wanted: numbers of frames, 1 or more.
        folder: of the sheets.

    Returns:
        The files.

    Raises:
        ValueError: the video has no such frame.
    """
    folder.mkdir(parents=True, exist_ok=True)
    written, last = [], max(wanted)
    for number, image in enumerate(progress(frames, 'tracking', last + 1)):
        if number == 0:
            tracker.init(image, box)
            continue
        result = tracker.track(image)
        if number in wanted:
            sheets = dict(head=head_sheet(tracker, image, result))
            if any(look.weights is not None for look in tracker.looks):
                sheets['attention'] = attention_sheet(tracker)
            for name, sheet in sorted(sheets.items()):
                path = folder / f'frame{number:06d}_{name}.png'
                save_png(sheet, str(path))
                written.append(path)
        if number == last:
            return written
    raise ValueError(f'the video has no frame {last}: its last is {number}, the first is 0.')


def heated(picture: np.ndarray, heat: np.ndarray, size: int, top: float | None = None) -> np.ndarray:
    """A dim grey picture that glows where a map is hot, (size, size, 3) uint8.

    top: the hottest value; None: the map's largest, but four times its mean at least, so that an even map stays dark.
    """
    grey = cv2.cvtColor(cv2.resize(picture, (size, size), interpolation=cv2.INTER_AREA), cv2.COLOR_RGB2GRAY)
    top = max(float(heat.max()), 4 * float(heat.mean())) if top is None else top
    level = cv2.resize(np.clip(heat / max(top, 1e-12), 0, 1).astype(np.float32), (size, size),
                       interpolation=cv2.INTER_NEAREST)
    colour = cv2.cvtColor(cv2.applyColorMap((level * 255).astype(np.uint8), cv2.COLORMAP_INFERNO), cv2.COLOR_BGR2RGB)
    weight = (0.9 * level ** 0.75)[..., None]
    return (0.65 * grey[..., None] * (1 - weight) + colour * weight).round().astype(np.uint8)


def attention_sheet(tracker: Observer) -> np.ndarray:
    """A row a layer, a column for who sees whom, (h, w, 3) uint8 RGB.

    A cell shows where the target's cells look, the mean over heads; the number is how much of their attention goes to
    this stream. After a sparse attention follow the cells that it keeps.

    Raises:
        ValueError: the tracker has no attention to show.
    """
    pictures, rows, columns = tracker.pictures(), {}, {}
    for glance in tracker.glances():
        for kept in (False, True) if glance.look.topk else (False,):
            column = (glance.who, glance.whom, kept)
            columns[column] = _rank(glance.who, _LOOKING), _rank(glance.whom, _SEEN), kept
            rows.setdefault(glance.look.place, {})[column] = glance
    if not rows:
        raise ValueError(f'{type(tracker.model.fusion).__name__} on {type(tracker.model.backbone).__name__} has no '
                         'attention to show.')
    step = CELL + GAP
    canvas = Canvas(max(LABEL + step * len(columns) + 20, 720), HEAD + (step + 8) * (len(rows) + 1) + 20)
    canvas.text('where the target looks', 16, 28, 13)
    canvas.text('bright: seen by the cells on the target, mean over heads; percent: share of what they see', 16, 47,
                9.5, GREY)
    for i, column in enumerate(sorted(columns, key=columns.get)):
        who, whom, kept = column
        x = LABEL + i * step
        for line, word in enumerate((who, 'keeps of itself') if kept else (who, f'to {whom}')):
            canvas.text(word, x + CELL / 2, HEAD - 24 + 15 * line, 9, INK, 'middle')
        if whom in pictures:
            canvas.paste(pictures[whom], x, HEAD, CELL, CELL)
        for j, cells in enumerate(rows.values(), 1):
            if column in cells:
                _cell(canvas, x, HEAD + j * (step + 8), cells[column], pictures, kept)
    for j, place in enumerate(('what is there', *rows)):
        for line, word in enumerate(place.split(', ')):
            canvas.text(word, LABEL - 12, HEAD + j * (step + 8) + CELL / 2 - 4 + 16 * line, 10, INK, 'right')
    return canvas.finished()


_LOOKING = ('search', 'query token', 'score token', 'template', 'online template')
_SEEN = ('template', 'online template', 'search', 'box', 'query token')
"""Streams in the order of the columns."""


def _rank(stream: str, order: tuple[str, ...]) -> tuple[int, str]:
    """Place of a stream among the others; online templates by number."""
    kind = stream.rstrip(' 0123456789')
    return (*order, kind).index(kind), stream


def _cell(canvas: Canvas, x: float, y: float, glance: Glance, pictures: dict[str, np.ndarray], kept: bool) -> None:
    if glance.whom not in pictures:  # a token has no picture
        canvas.text(f'{glance.share:.0%}', x + CELL / 2, y + CELL / 2, 12, GREY, 'middle')
        return
    heat = glance.kept if kept else glance.heat
    shown = heated(pictures[glance.whom], heat, CELL * Canvas.SCALE, 1.0 if kept else None)
    canvas.paste(shown, x, y, CELL, CELL)
    said = f'{glance.look.topk} keys each' if kept else f'{glance.share:.0%}'
    canvas.text(said, x + CELL / 2, y + CELL + 12, 8.5, GREY, 'middle')


def head_sheet(tracker: Observer, image: np.ndarray, result: Result) -> np.ndarray:
    """The frame with its box, the search crop, and every map of the head over it, (h, w, 3) uint8 RGB."""
    shown = _head_pictures(tracker, image, result)
    canvas = Canvas(20 + sum(width + GAP for _, width in shown.values()), PICTURE + 56)
    x = 16
    for name, (picture, width) in shown.items():
        canvas.text(name, x, 26, 11)
        canvas.paste(picture, x, 40, width, PICTURE)
        x += width + GAP
    return canvas.finished()


def _head_pictures(tracker: Observer, image: np.ndarray, result: Result) -> dict[str, tuple[np.ndarray, int]]:
    """What a picture shows -> the picture, twice as large as it is pasted, and its width on the sheet."""
    size = PICTURE
    crop = cv2.resize(tracker.search, (size * 2, size * 2), interpolation=cv2.INTER_LINEAR)
    cx, cy, w, h = (tracker.prediction.box[0].cpu().numpy() * size * 2).tolist()
    boxed = (cx - w / 2, cy - h / 2, w, h)
    scale = 2 * size / len(image)
    frame = draw(cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_LINEAR),
                 [scale * value for value in result.box], result.score, result.lost)
    wide = round(size * image.shape[1] / len(image))
    shown = {'frame': (frame, wide), 'search region': (draw(crop, boxed), size)}
    for name, heat in tracker.head_maps().items():
        over = heated(tracker.search, heat, size * 2, 1.0 if name in tracker.branches or name == 'both' else None)
        said = name if name.endswith('corner') else f'score of {name}'
        shown[f'{said}, {heat.max():.2f} at most'] = (draw(over, boxed), size)
    return shown

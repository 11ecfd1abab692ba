"""Film strips: what trackers said beside the truth, on the sequences where they did worst."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import cv2
import numpy as np

from vtzoo.data.sequence import TrackingSequence
from vtzoo.evaluation.plots import COLOURS
from vtzoo.evaluation.scoring.measures import overlaps
from vtzoo.evaluation.scoring.protocols import PROTOCOLS
from vtzoo.utils.atomic import write_atomically
from vtzoo.utils.names import show

FRAMES, WIDTH, BAR = 6, 320, 26
Colour = tuple[int, int, int]
TRUTH: Colour = (255, 255, 255)


def film_strips(videos: Sequence[tuple[str, TrackingSequence]], boxes: Mapping[str, Mapping[str, np.ndarray]],
                base: int, path: Path) -> None:
    """Write a PNG: a row for each video, FRAMES frames spread over it, the truth in white, trackers in colour.

    Args:
        videos: caption and video of each row.
        boxes: tracker -> name of the video -> (F, 4) x y w h.
        base: the coordinate of the first pixel, see :attr:`vtzoo.data.sequence.Dataset.base`.
        path: the file.
    """
    colours = {tracker: _rgb(COLOURS[i % len(COLOURS)]) for i, tracker in enumerate(boxes)}
    rows = [_legend(colours)]
    for caption, video in videos:
        tracks = {tracker: found[video.name] for tracker, found in boxes.items() if video.name in found}
        cells = [_cell(video, int(i), tracks, colours, base) for i in np.linspace(0, len(video) - 1, FRAMES)]
        height = max(len(cell) for cell in cells)
        padded = [np.pad(cell, ((0, height - len(cell)), (0, 4), (0, 0))) for cell in cells]
        rows += [_words(caption), np.concatenate(padded, 1)]
    _, data = cv2.imencode('.png', cv2.cvtColor(np.concatenate(rows), cv2.COLOR_RGB2BGR))
    write_atomically(path, data.tobytes())


def _cell(video: TrackingSequence, i: int, tracks: Mapping[str, np.ndarray], colours: Mapping[str, Colour],
          base: int) -> np.ndarray:
    """(h, WIDTH, 3): a frame with its boxes, its number and the first tracker's overlap."""
    image = video.frames[i]
    scale = WIDTH / image.shape[1]
    image = cv2.resize(image, (WIDTH, round(image.shape[0] * scale)), interpolation=cv2.INTER_AREA)
    _box(image, (video.boxes[i] - [base, base, 0, 0]) * scale, TRUTH)
    for tracker, boxes in tracks.items():
        if i < len(boxes):
            _box(image, (boxes[i] - [base, base, 0, 0]) * scale, colours[tracker])
    said = f'{i}'
    first = next(iter(tracks.values()), None)
    if first is not None and i < len(first) and np.isfinite([first[i], video.boxes[i]]).all():
        with np.errstate(invalid='ignore'):
            overlap = overlaps(PROTOCOLS['pysot'], first[i][:, None], video.boxes[i][:, None])[0]
        said += f'  {overlap + 0.0:.2f}'  # no -0.00
    _write(image, said, (6, 16))
    return image


def _box(image: np.ndarray, box: np.ndarray, colour: Colour) -> None:
    if not np.isfinite(box).all():
        return
    x, y, w, h = np.clip(box, -1e4, 1e4)
    corners = (round(x), round(y)), (round(x + w), round(y + h))
    cv2.rectangle(image, *corners, (0, 0, 0), 3, cv2.LINE_AA)
    cv2.rectangle(image, *corners, colour, 1 if colour == TRUTH else 2, cv2.LINE_AA)


def _legend(colours: Mapping[str, Colour]) -> np.ndarray:
    bar, x = _words(''), 6
    for name, colour in {'truth': TRUTH, **colours}.items():
        cv2.rectangle(bar, (x, 8), (x + 18, 18), colour, -1)
        _write(bar, name, (x + 24, 18))
        x += 40 + cv2.getTextSize(name, cv2.FONT_HERSHEY_SIMPLEX, 0.45, 1)[0][0]
    return bar


def _words(text: str) -> np.ndarray:
    """A bar as wide as the strip."""
    bar = np.full((BAR, FRAMES * (WIDTH + 4), 3), 40, np.uint8)
    _write(bar, text, (6, 18))
    return bar


def _write(image: np.ndarray, text: str, place: tuple[int, int]) -> None:
    """White on a dark ground."""
    text = show(text, longest=200)
    (width, height), below = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, 0.45, 1)
    x, y = place
    cv2.rectangle(image, (x - 3, y - height - 3), (x + width + 3, y + below), (40, 40, 40), -1)
    cv2.putText(image, text, place, cv2.FONT_HERSHEY_SIMPLEX, 0.45, TRUTH, 1, cv2.LINE_AA)


def _rgb(code: str) -> Colour:
    return tuple(int(code[i:i + 2], 16) for i in (1, 3, 5))

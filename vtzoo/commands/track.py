"""Track objects through a video, a folder, a camera or a stream; draw their boxes and write results as they come.

vtzoo track video.mp4 --box 100,80,60,40 --save result.mp4 --out result.csv
vtzoo track 0 --show
"""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from vtzoo.inference.formats import CHANNELS, CODECS, KEYS, RESULT_FORMATS
from vtzoo.utils.arguments import WEIGHTS_HELP
from vtzoo.utils.require import require

if TYPE_CHECKING:
    from vtzoo.inference.source import Frame, Source


TARGETS = 64
"""Lines that a file of boxes has at most: more are those of a video, a line a frame."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    add = parser.add_argument
    add('source', help="a video; a folder, glob, numbered pattern or list of pictures; a camera's number; the address "
                       'of a stream; - for raw frames on standard input')
    add('--box', action='append', metavar='[NAME=]x,y,w,h',
        help='an object in the first frame, in pixels, once for each; without one, draw them with the mouse')
    add('--boxes', metavar='FILE', help='boxes from a file: a line each, or JSON {"name": [x, y, w, h]}')
    add('--config', help='a config by name or path (the best tracker that ships)')
    add('--checkpoint', help=WEIGHTS_HELP)
    add('--save', metavar='FILE', help=f'the video to write, with boxes drawn ({", ".join(CODECS)})')
    add('--out', metavar='FILE', help='the results to write (.csv, .jsonl, .txt); the name of a video: that video, and '
                                      'its boxes in .txt beside it (default: result.mp4, unless --save or --show)')
    add('--format', choices=RESULT_FORMATS, help='of the results (default: what the name of --out says)')
    add('--overwrite', action='store_true', help='replace files that exist; inputs are never replaced')
    add('--show', action='store_true', help=f'show the frames in a window ({KEYS})')
    add('--start', type=int, default=0, metavar='N', help='the first frame, from 0 (%(default)s)')
    add('--stride', type=int, default=1, metavar='N', help='track every Nth frame (%(default)s)')
    add('--max-frames', type=int, metavar='N', help='track so many frames at most')
    add('--no-recovery', action='store_true', help='follow the best guess while a target is lost, as the papers do')
    add('--fps', type=float, help='frames per second of pictures and raw frames (30)')
    add('--size', metavar='WxH', help='width and height of raw frames')
    add('--pixel-format', choices=sorted(CHANNELS), default='rgb24', help='of raw frames (%(default)s)')
    add('--patience', type=float, default=20.0, metavar='S',
        help='seconds to wait for a camera or stream that is gone (%(default)g)')
    add('--every-frame', action='store_true', help='track all frames of a stream instead of the newest')
    add('--device', default='cpu', help='where the network runs (%(default)s)')


def parse_box(text: str) -> list[float]:
    """'x,y,w,h' -> four numbers."""
    try:
        box = [float(part) for part in text.split(',')]
    except ValueError:
        box = []
    if len(box) != 4:
        raise ValueError(f'--box is four numbers x,y,w,h with commas between, not {text!r}.')
    return box


def run(args: argparse.Namespace) -> int:
    """Track, draw and write; 1 where something was missed, 130 where a video was stopped by hand."""
    from vtzoo.api import load_tracker
    from vtzoo.inference.follow import USUAL, Follower, check_steps, no_frame
    from vtzoo.inference.outputs import Outputs, Results, format_of
    from vtzoo.inference.recorder import Recorder
    from vtzoo.inference.sources import open_source
    from vtzoo.inference.video import VideoWriter, check_video_name
    from vtzoo.inference.window import Window, draw_boxes, has_display

    check_steps(args.start, args.stride, args.max_frames)
    boxes = read_boxes(args)
    if (args.show or not boxes) and not has_display():
        raise ValueError('there is no display to show a window on: '
                         + ('leave out --show.' if boxes else 'say where the object is with --box x,y,w,h.'))
    source = open_source(args.source, args.fps, parse_size(args.size), args.pixel_format, args.patience,
                         args.every_frame)
    inputs = [*source.inputs, *filter(None, (args.boxes, args.config, args.checkpoint))]
    outputs = Outputs(inputs, args.overwrite)
    save, out = places(args)
    if save:
        check_video_name(save)
        outputs.claim(save)
    kind = format_of(out, args.format) if out else None
    early = Results(outputs, out, kind, list(boxes)) if out and boxes else None  # refused before anything is loaded
    tracker = load_tracker(args.config, args.checkpoint, args.device)

    frames = islice(source.frames(args.start, args.stride), args.max_frames)
    if not boxes:
        first = next(frames, None)
        require(first is not None and first.image is not None, no_frame(source))
        boxes = {str(i): box for i, box in enumerate(draw_boxes(first.image), 1)}
        frames = _chain(first, frames)
    results = early or (Results(outputs, out, kind, list(boxes)) if out else None)
    video = VideoWriter(save, source.fps / (1 if source.live else args.stride)) if save else None
    recorder = Recorder(source, Follower(tracker, boxes, None if args.no_recovery else USUAL), results, video,
                      Window() if args.show else None, list(boxes))
    return recorder.run(frames, how_many(source, args))


def read_boxes(args: argparse.Namespace) -> dict[str, list[float]]:
    """The boxes of --box and --boxes, by name."""
    found: dict[str, list[float]] = {}
    for text in args.box or []:
        name, _, numbers = text.rpartition('=')
        name = name or str(len(found) + 1)
        require(name not in found, f'--box names {name!r} twice.')
        found[name] = parse_box(numbers)
    if args.boxes:
        for name, box in _boxes_in(Path(args.boxes), args.start).items():
            name = name if name not in found else f'{name}_{len(found) + 1}'
            found[name] = box
    return found


def _boxes_in(path: Path, start: int) -> dict[str, list[float]]:
    from vtzoo.data.rows import parse_boxes
    from vtzoo.utils.limits import read_bytes

    try:
        data = read_bytes(path, 'VTZOO_MAX_TEXT_MB')
    except FileNotFoundError as error:
        raise ValueError(f'there is no file of boxes {path}.') from error
    if path.suffix.lower() == '.json':
        try:
            given = json.loads(data)
        except (ValueError, RecursionError) as error:
            raise ValueError(f'{path} is not JSON ({error}).') from error
        given = dict(enumerate(given, 1)) if isinstance(given, list) else given
        require(isinstance(given, dict) and given and all(
            isinstance(box, list) and len(box) == 4 and all(isinstance(v, int | float) for v in box)
            for box in given.values()), f'{path} holds no boxes: write {{"name": [x, y, w, h]}}.')
        return {str(name): box for name, box in given.items()}
    rows = parse_boxes(data, str(path))
    chosen = rows.boxes if rows.frames is None else rows.boxes[rows.frames == start]
    require(len(chosen) > 0, f'{path} has no box for frame {start}.')
    require(len(chosen) <= TARGETS, f'{path} has {len(chosen)} lines, one for each target are expected: where they are '
                                    'those of one video, give the first with --box.')
    return {str(i): box for i, box in enumerate(chosen.tolist(), 1)}


def parse_size(text: str | None) -> tuple[int, int] | None:
    """'640x480' -> width, height."""
    match = re.fullmatch(r'(\d{1,5})[xX](\d{1,5})', text or '')
    if text is not None and not (match and int(match[1]) and int(match[2])):
        raise ValueError(f'--size is WIDTHxHEIGHT in pixels, such as 640x480, not {text!r}.')
    return (int(match[1]), int(match[2])) if match else None


def places(args: argparse.Namespace) -> tuple[Path | None, Path | None]:
    """Where the video and the results go."""
    save, out = (Path(value) if value else None for value in (args.save, args.out))
    if out is None and save is None and not args.show:
        out = Path('result.mp4')
    if out is not None and out.suffix.lower() in CODECS and not args.format:
        require(save is None, f'--save and --out {out} both name a video: name the results with --out.')
        save, out = out, out.with_suffix('.txt')
    return save, out


def how_many(source: Source, args: argparse.Namespace) -> int | None:
    """Frames to track; None: not known."""
    if source.length is None:
        return args.max_frames
    frames = len(range(args.start, source.length, args.stride))
    return frames if args.max_frames is None else min(frames, args.max_frames)


def _chain(first: Frame, others: Iterator[Frame]) -> Iterator[Frame]:
    yield first
    yield from others

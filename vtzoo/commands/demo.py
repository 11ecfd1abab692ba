"""Track an object through a video or a folder of frames, and draw its box.

vtzoo demo VIDEO_OR_FOLDER --box x,y,w,h --config CONFIG --checkpoint FILE --out result.mp4
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from vtzoo.api import load_tracker
from vtzoo.checkpoints.sources import WEIGHTS_HELP
from vtzoo.inference.video import VideoWriter, draw, open_video
from vtzoo.utils.progress import progress


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument('video', help='a video file or a folder of frames')
    parser.add_argument('--box', required=True, help='the object in the first frame: x,y,w,h in pixels')
    parser.add_argument('--config', help='a config by name or path (the best tracker that ships)')
    parser.add_argument('--checkpoint', help=WEIGHTS_HELP)
    parser.add_argument('--out', default='result.mp4', help='the video to write; boxes go into .txt beside it')
    parser.add_argument('--device', default='cpu', help='where the network runs (%(default)s)')


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
    """Track, draw and write."""
    box, out = parse_box(args.box), Path(args.out)
    if out.resolve() == Path(args.video).resolve():
        raise ValueError(f'--out {out} is the video itself: name another file.')
    frames = open_video(args.video)
    tracker = load_tracker(args.config, args.checkpoint, args.device)
    rows = []
    with VideoWriter(out, frames.fps) as writer:
        for i, image in enumerate(progress(frames, 'tracking', len(frames))):
            if i == 0:
                tracker.init(image, box)
                score, lost = 1.0, False
            else:
                result = tracker.track(image)
                box, score, lost = result.box, result.score, result.lost
            rows.append([*box, score])
            writer.write(draw(image, box, score, lost))
    boxes = out.with_suffix('.txt')
    np.savetxt(boxes, rows, fmt='%.17g', delimiter=',', header='x,y,w,h,score', comments='# ')
    print(f'{len(rows)} frames: {out}, boxes in {boxes}')
    return 0

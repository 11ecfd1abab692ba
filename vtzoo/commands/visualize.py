"""Show what a tracker looks at: attention maps by layer, and the maps of its head, as PNG sheets.

vtzoo visualize nano/lite_nano shipped video.mp4 --box 100,80,60,40 --out pictures
"""

from __future__ import annotations

import argparse
from pathlib import Path

from vtzoo.commands.demo import parse_box
from vtzoo.utils.arguments import WEIGHTS_HELP, add_config_options


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument('config', help='a config by name or path')
    parser.add_argument('checkpoint', help=WEIGHTS_HELP)
    parser.add_argument('video', help='a video file or a folder of frames')
    parser.add_argument('--box', required=True, help='the object in the first frame: x,y,w,h in pixels')
    parser.add_argument('--frames', nargs='+', type=int, metavar='N',
                        help='which frames to show, the first is 0 (default: 1, the middle one and the last)')
    parser.add_argument('--out', default='visualized', type=Path, help='folder of the sheets (default: %(default)s)')
    parser.add_argument('--device', default='cpu', help='where the network runs (default: %(default)s)')
    add_config_options(parser)


def run(args: argparse.Namespace) -> int:
    """Track, record, draw."""
    from vtzoo.api import load_tracker
    from vtzoo.checkpoints.sources import resolve
    from vtzoo.config import tracking_settings
    from vtzoo.inference.video import open_video
    from vtzoo.introspection.observer import Observer
    from vtzoo.introspection.visualize import visualize

    box, video = parse_box(args.box), open_video(args.video)
    last = len(video) - 1
    wanted = sorted(set(args.frames or [1, max(last // 2, 1), max(last, 1)]))
    if wanted[0] < 1:
        raise ValueError(f'--frames are numbers from 1 on, not {wanted[0]}: frame 0 only says what to follow.')
    if wanted[-1] > last:
        raise ValueError(f'{args.video} has no frame {wanted[-1]}: its last is {last}, the first is 0.')
    cfg, file, _ = resolve(args.config, args.checkpoint, args.cfg_options)
    model = load_tracker(cfg, file or 'random', args.device).model
    tracker = Observer(model, **tracking_settings(cfg), device=args.device)
    for path in visualize(tracker, video, box, wanted, args.out):
        print(path)
    return 0

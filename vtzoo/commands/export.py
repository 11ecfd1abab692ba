"""Write a tracker as ONNX or OpenVINO graphs, with its settings and a small program that runs them.

vtzoo export nano/lite_nano shipped tracker --format onnx
vtzoo export mixformer_cvt21 mixformer.pth tracker --format openvino --precision bf16
"""

from __future__ import annotations

import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument('config', help='a config by name or path')
    parser.add_argument('checkpoint', help='its weights')
    parser.add_argument('out', help='the folder to make')
    parser.add_argument('--format', default='onnx', choices=('onnx', 'openvino'), help='(default: %(default)s)')
    parser.add_argument('--precision', default='fp32', choices=('fp32', 'fp16', 'bf16', 'int8'),
                        help='(default: %(default)s)')
    parser.add_argument('--bound', type=float, help='largest accepted difference from PyTorch (default: by precision)')
    parser.add_argument('--overwrite', action='store_true', help='replace an earlier export in OUT')


def run(args: argparse.Namespace) -> int:
    """Export and say how far the graphs are from PyTorch."""
    from vtzoo.api import build_model
    from vtzoo.checkpoints.convert import load_weights
    from vtzoo.checkpoints.sources import resolve
    from vtzoo.deploy.export import check_request, export
    from vtzoo.utils.require import require

    check_request(args.format, args.precision)
    cfg, file, contents = resolve(args.config, args.checkpoint)
    require(file is None or contents is not None, f'{args.checkpoint} is an exported tracker already.')
    model = build_model(cfg)
    if file is not None:
        load_weights(model, contents, str(file))
    done = export(model, cfg, args.out, args.format, args.precision, args.bound, args.overwrite)
    print(f'{done.folder}: {args.format} in {args.precision}, {done.bytes / 2 ** 20:.1f} MiB')
    print('largest differences from PyTorch: '
          + ', '.join(f'{one.what} {one.value:.1g}' for one in done.differences))
    print(f'try it: cd {done.folder} && python run.py VIDEO x,y,w,h')
    return 0

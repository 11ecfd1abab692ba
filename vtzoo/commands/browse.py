"""Draw the training samples a config really sees: templates, search crop, box; negatives framed red.

vtzoo browse CONFIG [--data ROOT] [--sets got10k] --out samples.png
"""

from __future__ import annotations

import argparse

from mmengine.config import DictAction

from vtzoo.api import build_model
from vtzoo.config import load_config
from vtzoo.utils.progress import progress


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument('config', help='a config by name or path')
    parser.add_argument('--data', help='folder that holds got10k/, lasot/, ...; without one, the embedded set')
    parser.add_argument('--sets', nargs='+', default=(), help="only these of the config's sets")
    parser.add_argument('--out', default='samples.png', help='the PNG to write (%(default)s)')
    parser.add_argument('--samples', type=int, default=24, help='how many (%(default)s)')
    parser.add_argument('--first', type=int, default=0, help='number of the first sample of epoch 0 (%(default)s)')
    parser.add_argument('--columns', type=int, default=6, help='of the sheet (%(default)s)')
    parser.add_argument('--cfg-options', nargs='+', action=DictAction, default={}, metavar='KEY=VALUE',
                        help='change the config: train_dataloader.frames.gap=50')


def run(args: argparse.Namespace) -> int:
    """Draw the sheet, and list where each sample comes from."""
    from vtzoo.engine.data import open_sets, training_loader
    from vtzoo.introspection.canvas import save_png
    from vtzoo.introspection.sample_sheets import contact_sheet, sample_picture

    if args.samples < 1 or args.columns < 1 or args.first < 0:
        raise ValueError('--samples and --columns are 1 or more, --first is 0 or more.')
    cfg = load_config(args.config, args.cfg_options)
    mixture = open_sets(cfg.train_dataloader, args.sets, cfg.embedded.train, args.data)
    settings = cfg.train_dataloader | dict(num_workers=0, batch_size=1, samples=args.first + args.samples)
    samples = training_loader(settings, build_model(cfg), mixture, cfg.get('seed', 0)).dataset
    drawn = [samples[args.first + i] for i in progress(range(args.samples), 'sampling', args.samples)]
    sheet = contact_sheet([sample_picture(sample) for sample in drawn], min(args.columns, len(drawn)))
    save_png(sheet, args.out)
    for sample in drawn:
        print(sample['id'] if sample['positive'] else f'{sample["id"]} (negative)')
    sets = ', '.join(f'{data.name}/{data.split}' for data in mixture.sets)
    print(f'{len(drawn)} samples of {cfg.name} from {sets}: {args.out}')
    return 0

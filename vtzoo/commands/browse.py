"""Draw the training samples a config really sees: templates, search crop, box; negatives framed red.

vtzoo browse nano/sparsett_nano --out samples.png
vtzoo browse sparsett_swin_t --data /data --sets got10k lasot --out samples.png
"""

from __future__ import annotations

import argparse

from vtzoo.utils.arguments import add_config_options
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
    add_config_options(parser, 'train_dataloader.dataset.frames.gap=50')


def run(args: argparse.Namespace) -> int:
    """Draw the sheet, and list where each sample comes from."""
    from vtzoo.config import load_config
    from vtzoo.data.roots import data_root
    from vtzoo.engine.data import choose_sets, own_instead
    from vtzoo.introspection.canvas import save_png
    from vtzoo.introspection.sample_sheets import contact_sheet, sample_picture
    from vtzoo.registry import CROPS, DATA, build

    if args.samples < 1 or args.columns < 1 or args.first < 0:
        raise ValueError('--samples and --columns are 1 or more, --first is 0 or more.')
    cfg = load_config(args.config, args.cfg_options)
    settings, root = cfg.train_dataloader.dataset, data_root(args.data)
    sets = choose_sets(settings.sets, args.sets)
    if not args.sets and (own := own_instead(sets, root)):
        print(f"none of the config's sets is under {root}: these are your own videos there, as in training.")
        sets = [own['train']]
    settings = dict(settings) | dict(sets=sets, samples=args.first + args.samples, root=root,
                                     seed=cfg.randomness.seed or 0)
    samples = build(DATA, settings, crop=build(CROPS, cfg.model.crop))
    drawn = [samples[args.first + i] for i in progress(range(args.samples), 'sampling', args.samples)]
    sheet = contact_sheet([sample_picture(sample) for sample in drawn], min(args.columns, len(drawn)))
    save_png(sheet, args.out)
    for sample in drawn:
        print(sample['id'] if sample['positive'] else f'{sample["id"]} (negative)')
    sets = ', '.join(f'{data.name}/{data.split}' for data in samples.mixture.sets)
    print(f'{len(drawn)} samples of {cfg.name} from {sets}: {args.out}')
    return 0

"""Start a config of your own from one of the zoo: a short child that states only what you change.

vtzoo cp mixformer_cvt21 mine.py
"""

from __future__ import annotations

import argparse
from pathlib import Path

from vtzoo.utils.atomic import write_atomically

CHILD = """# {title}
# A child of {name}: write here only what differs. `vtzoo config {file}` shows the whole.
# On another machine, the environment variable {zoo} names the folder of the zoo's configs.
_base_ = '{base}'
# work_dir = 'work_dirs/{stem}'
# train_dataloader = dict(batch_size=16)
# optim_wrapper = dict(optimizer=dict(lr=1e-4))
# train_cfg = dict(max_epochs=100)
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument('config', help='a config by name or path')
    parser.add_argument('target', help='the file to write, such as mine.py')
    parser.add_argument('--force', action='store_true', help='write over a file that is there')


def run(args: argparse.Namespace) -> int:
    """Write the child."""
    from vtzoo.config import ZOO, config_name, find_config

    source, target = find_config(args.config), Path(args.target)
    if target.suffix != '.py':
        raise ValueError(f'a config to write to ends in .py, not {target.name!r}.')
    if target.exists() and (target.resolve() == source.resolve() or not args.force):
        raise ValueError(f'{target} is there already: name another file, or write over it with --force.'
                         if target.resolve() != source.resolve() else f'{target} is the config itself.')
    write_atomically(target, CHILD.format(
        title=f'{target.stem}: say in a line what it is.', name=config_name(source), file=target,
        zoo=ZOO, base=base_of(source), stem=target.stem))
    print(f'{target}: a child of {config_name(source)}; train it with: vtzoo train {target}')
    return 0


def base_of(source: Path) -> str:
    """What ``_base_`` of a child says: by the zoo's folder for configs of the zoo, so that children can move."""
    from vtzoo.config import ZOO, travelling_folder

    folder = travelling_folder('configs').resolve()
    if not source.resolve().is_relative_to(folder) or ' ' in str(folder):  # mmengine's variables take no blanks
        return source.resolve().as_posix()
    return f'{{{{${ZOO}:{folder.as_posix()}}}}}/{source.resolve().relative_to(folder).as_posix()}'

"""Weights by name: list what there is, download, say where it is, delete it again.

vtzoo weights list
vtzoo weights get mixformer_cvt21
vtzoo weights where
"""

from __future__ import annotations

import argparse
import sys
import textwrap
from collections.abc import Iterator

from vtzoo.utils.formats import columns_shown
from vtzoo.utils.names import show
from vtzoo.utils.suggest import did_you_mean


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument('action', nargs='?', default='list', choices=('list', 'get', 'where', 'clear'),
                        help='default: %(default)s')
    parser.add_argument('names', nargs='*', metavar='NAME',
                        help='configs, or files of backbones; get takes several, or all')


def run(args: argparse.Namespace) -> int:
    """List, get, say or delete; 1 where something could not be had."""
    from vtzoo.checkpoints.cache import cache_folder, clear

    if args.action in ('list', 'clear'):
        check_known(args.names)
    if args.action == 'list':
        print('\n'.join(listing(args.names)))
    elif args.action == 'where':
        for line in [str(cache_folder())] if not args.names else map(where, args.names):
            print(line)
    elif args.action == 'clear':
        gone = [path for name in args.names or [None] for path in clear(name)]
        print('\n'.join([*(f'deleted {path}' for path in gone), f'{len(gone)} files deleted from {cache_folder()}.']))
    else:
        return get_all(args.names)
    return 0


def check_known(names: list[str]) -> None:
    """Refuse names that are neither in the table nor of a file that is kept.

    Raises:
        ValueError: says which, and what is near.
    """
    from vtzoo.checkpoints.cache import cache_folder, released
    from vtzoo.checkpoints.shipped import shipped_configs

    known = {*released(), *shipped_configs(), *(path.name for path in cache_folder().glob('*') if path.is_file())}
    for name in names:
        if name not in known:
            raise ValueError(f'{name!r} is not in the table: `vtzoo weights list` shows it'
                             f'{f"; {near}" if (near := did_you_mean(name, known)) else "."}')


def get_all(names: list[str]) -> int:
    """Download everything that is named; what cannot be had is said and does not stop the rest.

    Returns:
        1 where something could not be had.

    Raises:
        ValueError: a name is not known.
    """
    from vtzoo.checkpoints.cache import released

    if not names:
        raise ValueError('get needs names: `vtzoo weights list` shows them; all: everything.')
    wanted = list(released()) if names == ['all'] else [one for name in names for one in needed(name)]
    failed = 0
    for name in wanted:
        try:
            print(f'{name}: {where(name, download=True)}')
        except (OSError, ValueError) as error:
            print(f'{name}: {show(error, longest=10000)}', file=sys.stderr)
            failed = 1
    return failed


def needed(name: str) -> list[str]:
    """What a config needs: its released tracker, else its shipped one, else the backbone it starts from."""
    from vtzoo.checkpoints.cache import released
    from vtzoo.checkpoints.shipped import shipped_configs
    from vtzoo.config import find_config, load_config

    if name in released():
        return [name]
    config = load_config(find_config(name))
    if config.name in released() or config.name in shipped_configs():
        return [config.name]
    pretrained = config.model.backbone.get('pretrained')
    if pretrained in released():
        return [pretrained]
    raise ValueError(f'no weights for {config.name} are known: `vtzoo weights list` shows what is.')


def where(name: str, download: bool = False) -> str:
    """The file of a name, or that it is not here."""
    from vtzoo.checkpoints.cache import cache_folder, get, released
    from vtzoo.checkpoints.shipped import shipped_configs, shipped_file

    if name in shipped_configs() and name not in released():
        return str(shipped_file(name))
    row = released().get(name)
    if row is None:
        raise ValueError(f'{name!r} is not in the table: `vtzoo weights list` shows it.')
    if name.startswith('timm:'):
        return 'timm loads and keeps it by itself'
    if download:
        file = get(row)
        if row.kind == 'tracker':
            from vtzoo.checkpoints.sources import released_tracker  # imports torch: only once the file is here

            file = released_tracker(name)
        return str(file)
    path = cache_folder() / row.file
    return str(path) if path.is_file() else f'not downloaded; it would be {path}'


def listing(names: list[str]) -> Iterator[str]:
    """Every file: what for, whether it is here, size, licence, address."""
    from vtzoo.checkpoints.cache import FOLDER, cache_folder, page_of, record_of, released
    from vtzoo.checkpoints.shipped import shipped_configs, shipped_file

    yield f'kept in {cache_folder()} (${FOLDER})'
    for name in shipped_configs():
        if not names or name in names:
            yield f'{name}: ships with vtzoo, {shipped_file(name).stat().st_size / 1e6:.1f} MB'
    for name, row in released().items():
        if names and name not in names:
            continue
        about = record_of(cache_folder() / row.file)
        size = about['bytes'] if about else int(row.bytes) if row.bytes else None
        facts = ['here' if about else 'not here', f'{size / 1e6:.1f} MB' if size else 'size not known',
                 f'licence: {row.licence}', page_of(row.address),
                 *(['address not tried from where vtzoo is made'] if row.tried != 'yes' else [])]
        yield textwrap.fill(f'{name} ({row.kind}): {"; ".join(facts)}', columns_shown(), subsequent_indent='    ',
                            break_long_words=False, break_on_hyphens=False)

"""What several commands declare alike. It imports nothing heavy, so that ``--help`` is quick."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any

WEIGHTS_HELP = 'its weights: a file, a folder, shipped, released, random, hf-hub:OWNER/NAME or an address'
PARTIAL_HELP = 'test on what is on disk of the set, if not all of it is; every table says so'


class ConfigOptions(argparse.Action):
    """KEY=VALUE words as mmengine's ``DictAction`` reads them, which is imported when there are any."""

    def __call__(self, parser: argparse.ArgumentParser, namespace: argparse.Namespace, values: Sequence[str] | Any,
                 option_string: str | None = None) -> None:
        """Put the options as a dict into the namespace."""
        from mmengine.config import DictAction

        DictAction(self.option_strings, self.dest, nargs=self.nargs)(parser, namespace, values, option_string)


def add_config_options(parser: argparse.ArgumentParser, example: str = 'model.fusion.type=CrossAttention') -> None:
    """Declare ``--cfg-options KEY=VALUE ...``."""
    parser.add_argument('--cfg-options', nargs='+', action=ConfigOptions, default={}, metavar='KEY=VALUE',
                        help=f'change the config: {example}')

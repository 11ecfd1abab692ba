"""Print a script by which a shell completes commands, options and the names of configs; needs the extra ``completion``.

vtzoo completion bash > ~/.local/share/bash-completion/completions/vtzoo
vtzoo completion zsh > ~/.zfunc/_vtzoo
"""

from __future__ import annotations

import argparse
import importlib

FILES = ('data', 'out', 'work_dir', 'checkpoint', 'source', 'results', 'save', 'boxes', 'src', 'dst')
CONFIGS = dict(bash='_vtzoo_configs', zsh='_vtzoo_configs')
PREAMBLE = dict(
    bash='_vtzoo_configs() {{ local IFS=" "; compgen -W "{names}" -- "$1"; compgen -f -- "$1"; }}',
    zsh="_vtzoo_configs() {{ _alternative 'configs:config:({names})' 'files:file:_files' }}")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument('shell', choices=tuple(PREAMBLE))


def run(args: argparse.Namespace) -> int:
    """Print it."""
    from vtzoo.config import list_models
    from vtzoo.utils.errors import RunError

    try:
        shtab = importlib.import_module('shtab')
    except ImportError:
        raise RunError("completion needs shtab, an extra: pip install 'vtzoo[completion]'.") from None
    parser, files = args.whole_parser(), shtab.FILE
    for action in _actions(parser):
        if action.dest in ('config', 'configs', 'what') and not action.choices:
            action.complete = CONFIGS
        elif action.dest in FILES:
            action.complete = files
    names = ' '.join(list_models())
    print(shtab.complete(parser, args.shell, preamble={shell: text.format(names=names)
                                                       for shell, text in PREAMBLE.items()}))
    return 0


def _actions(parser: argparse.ArgumentParser) -> list[argparse.Action]:
    """What all commands take."""
    found = []
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            found += [inner for sub in action.choices.values() for inner in _actions(sub)]
        else:
            found.append(action)
    return found

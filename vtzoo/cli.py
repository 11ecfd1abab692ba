"""The ``vtzoo`` command. ``tools/NAME.py`` runs the same code as ``vtzoo NAME``.

Each command is a module of :mod:`vtzoo.commands`: its docstring's first line is the help and the lines after it are
examples; it has ``add_arguments(parser)`` and ``run(args) -> exit code``. Only the command that is run is imported.
"""

from __future__ import annotations

import argparse
import ast
import importlib
import importlib.util
import os
import pkgutil
import re
import sys
import warnings
from collections.abc import Sequence
from pathlib import Path

from vtzoo import __version__, commands
from vtzoo.utils.errors import ListError, RunError
from vtzoo.utils.names import show

EXIT_CODES = ('exit codes: 0 done, 1 it broke off and the message says why, 2 it could not start as asked, '
              '130 stopped by hand')


class _Help(argparse.HelpFormatter):
    """Examples keep their lines."""

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        return text if text.startswith('examples:') else super()._fill_text(text, width, indent)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    Returns:
        0: done. 1: it broke off, the message says why. 2: it could not start as asked. 130: stopped by hand.
    """
    argv = _join_boxes(sys.argv[1:] if argv is None else argv)
    chosen = next((word for word in argv if not word.startswith('-')), None)
    parser = parser_of([chosen])
    try:
        args = parser.parse_args(argv)
    except (ValueError, AssertionError, RecursionError):  # mmengine's DictAction; argparse itself exits with a sentence
        return _say(chosen, ValueError('--cfg-options takes KEY=VALUE, such as model.fusion.type=CrossAttention; write '
                                       'lists of parts in a config of your own (vtzoo cp).'), 2)
    usual, warnings.formatwarning = warnings.formatwarning, lambda message, *_, **__: f'warning: {_one_line(message)}\n'
    try:
        return args.run(args) or 0
    except KeyboardInterrupt:
        print('stopped by hand.', file=sys.stderr)
        return 130
    except BrokenPipeError:  # the reader of our output has gone, as `| head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except ListError as error:
        return _say(args.command, error, 2, error.lines)
    except (ValueError, FileNotFoundError) as error:
        return _say(args.command, error, 2)
    except (RunError, OSError) as error:
        return _say(args.command, error, 1)
    finally:
        warnings.formatwarning = usual


def parser_of(wanted: Sequence[str | None]) -> argparse.ArgumentParser:
    """The command line's parser, in which only the wanted commands are whole; the others have their help line."""
    parser = argparse.ArgumentParser('vtzoo', description='A modular zoo of visual single-object trackers.',
                                     epilog=EXIT_CODES)
    parser.add_argument('--version', action='version', version=f'vtzoo {__version__}')
    subparsers = parser.add_subparsers(dest='command', metavar='COMMAND', required=True)
    for name in command_names():
        help_line, examples = _help_of(name)
        sub = subparsers.add_parser(name, help=help_line, description=help_line, formatter_class=_Help,
                                    epilog='\n  '.join(['examples:', *examples]))
        if name in wanted:
            module = importlib.import_module(f'vtzoo.commands.{name}')
            module.add_arguments(sub)
            sub.set_defaults(run=module.run, command_line=main,  # for a command that runs others
                             whole_parser=lambda: parser_of(command_names()))
    return parser


def _join_boxes(argv: Sequence[str]) -> list[str]:
    """'--box', '-20,61,112,114' -> '--box=-20,61,112,114', since argparse takes the second for an option."""
    joined: list[str] = []
    for word in argv:
        if joined and joined[-1] == '--box' and re.match(r'-[\d.]', word):
            joined[-1] = f'--box={word}'
        else:
            joined.append(word)
    return joined


def _say(command: str, error: Exception, code: int, lines: Sequence[str] = ()) -> int:
    """An error as one line, or as these; with VTZOO_TRACEBACK set, whole."""
    if os.environ.get('VTZOO_TRACEBACK'):
        raise error
    system = isinstance(error, OSError) and error.filename  # the system's own error: without its number
    message = f'{error.filename}: {error.strerror}' if system else error
    print(f'vtzoo {command}:', '\n'.join(map(_one_line, lines or [message])), file=sys.stderr)
    return code


def _one_line(message: object) -> str:
    """A message that may quote names and lines from outside, for a terminal."""
    return show(message, longest=10000)


def command_names() -> list[str]:
    """The names of all commands."""
    return sorted(info.name for info in pkgutil.iter_modules(commands.__path__))


def _help_of(name: str) -> tuple[str, list[str]]:
    """The first line of a command's docstring and the examples after it, without importing it."""
    path = Path(importlib.util.find_spec(f'vtzoo.commands.{name}').origin)
    first, *rest = (ast.get_docstring(ast.parse(path.read_text())) or '').split('\n')
    return first, [line for line in rest if line]


def run_tool(name: str) -> None:
    """What a script in ``tools/`` does."""
    sys.exit(main([name, *sys.argv[1:]]))

"""What the files of the zoo's configs say without being run: their names and summaries."""

from __future__ import annotations

from vtzoo import config

PARTS = ('backbone', 'fusion', 'head', 'confidence')


def list_models(pattern: str = '*', pretrained: bool = False) -> list[str]:
    """Names of the configs in the zoo that match a shell pattern, such as '*sparse*'.

    Args:
        pattern: of the names.
        pretrained: only trackers whose weights ship with vtzoo or can be downloaded by name.
    """
    found = config.list_models(pattern)
    if pretrained:
        from vtzoo.checkpoints.sources import configs_with_weights

        known = configs_with_weights()
        found = [name for name in found if name in known]
    return found


def summary_of(name: str) -> str:
    """What a config says it is: its first lines of comment, as one text."""
    lines = []
    for line in config.find_config(name).read_text('utf-8').splitlines():
        if not line.startswith('#'):
            break
        lines.append(line.lstrip('# '))
    return ' '.join(lines)

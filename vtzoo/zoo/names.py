"""The names of the zoo's models."""

from __future__ import annotations

from vtzoo import config


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

"""vtzoo: a modular zoo of visual single-object trackers."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

__version__ = '0.1.0'

_HOMES = dict(
    load_config='vtzoo.config', build_model='vtzoo.api', load_tracker='vtzoo.api',
    list_models='vtzoo.zoo.names', list_components='vtzoo.api', convert='vtzoo.checkpoints.convert',
    model_card='vtzoo.zoo.cards', track='vtzoo.api', MultiTracker='vtzoo.inference.multi')
__all__ = sorted(_HOMES)

if TYPE_CHECKING:
    from vtzoo.api import build_model as build_model
    from vtzoo.api import list_components as list_components
    from vtzoo.api import load_tracker as load_tracker
    from vtzoo.api import track as track
    from vtzoo.checkpoints.convert import convert as convert
    from vtzoo.config import load_config as load_config
    from vtzoo.inference.multi import MultiTracker as MultiTracker
    from vtzoo.zoo.cards import model_card as model_card
    from vtzoo.zoo.names import list_models as list_models


def __getattr__(name: str) -> Any:
    """The public face; what it needs is imported on first use."""
    if name not in _HOMES:
        raise AttributeError(f'module vtzoo has no attribute {name!r}')
    value = getattr(importlib.import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])

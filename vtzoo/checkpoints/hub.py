"""A tracker as a folder: weights, resolved config and model card, as the Hugging Face hub takes it.

``model.safetensors`` holds the config in its metadata, so that it is enough on its own; ``config.json`` is the same
for people and tools; ``README.md`` is the model card with its ``model-index``.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from mmengine.config import Config
from torch import nn

import vtzoo
from vtzoo.checkpoints.convert import convert
from vtzoo.checkpoints.download import UnavailableError, check_reachable
from vtzoo.checkpoints.files import save_checkpoint
from vtzoo.checkpoints.inside import RESOLVED, resolved
from vtzoo.utils.atomic import write_atomically
from vtzoo.utils.digest import sha256

WEIGHTS, CONFIG, CARD = 'model.safetensors', 'config.json', 'README.md'


def save_pretrained(model: nn.Module, cfg: Config | Mapping[str, Any], folder: str | Path) -> Path:
    """Write a tracker into a folder that ``load_tracker(folder)`` reads.

    Args:
        model: the tracker's network.
        cfg: its config.
        folder: is made if it is missing; only files of this function are written over.

    Returns:
        The folder.

    Raises:
        ValueError: the folder holds something else, or the model is not of the config.
    """
    folder = Path(folder)
    strange = [name for name in (CONFIG, CARD) if (folder / name).exists() and not (folder / WEIGHTS).exists()]
    if strange or (folder.exists() and not folder.is_dir()):
        raise ValueError(f'{folder} holds {", ".join(strange) or "a file"} that vtzoo did not write: name another '
                         'folder.')
    state = convert(model.state_dict(), cfg)
    name = cfg.get('name', 'tracker')
    meta = {'config': name, 'vtzoo': vtzoo.__version__, RESOLVED: resolved(cfg)}
    save_checkpoint(dict(state_dict=state, meta=meta), folder / WEIGHTS)
    write_atomically(folder / CONFIG, json.dumps(json.loads(meta[RESOLVED]), indent=1) + '\n')
    write_atomically(folder / CARD, card_text(cfg, sha256(folder / WEIGHTS)))
    return folder


def push_to_hub(model: nn.Module, cfg: Config | Mapping[str, Any], repo: str, private: bool = False,
                token: str | None = None) -> str:
    """Upload a tracker to the Hugging Face hub.

    Args:
        model, cfg: as for :func:`save_pretrained`.
        repo: OWNER/NAME; it is made if it is missing.
        private: of a new repository.
        token: None: the one that ``hf auth login`` stored.

    Returns:
        The address of the commit.

    Raises:
        UnavailableError: the hub cannot be reached.
        OSError: the hub refuses, as it says it: no token, no right, a bad name.
    """
    import huggingface_hub
    from huggingface_hub.constants import ENDPOINT

    try:
        check_reachable(ENDPOINT)
    except UnavailableError as error:
        raise UnavailableError(f'{ENDPOINT} cannot be reached ({error}): save_pretrained(FOLDER) writes the same files '
                               'for another time.') from error
    api = huggingface_hub.HfApi(token=token)
    with tempfile.TemporaryDirectory() as folder:
        save_pretrained(model, cfg, Path(folder) / 'tracker')
        api.create_repo(repo, private=private, exist_ok=True)
        return str(api.upload_folder(repo_id=repo, folder_path=str(Path(folder) / 'tracker'),
                                     commit_message=f'{cfg.get("name", "a tracker")} by vtzoo {vtzoo.__version__}'))


def card_text(cfg: Config | Mapping[str, Any], digest: str) -> str:
    """The model card of saved weights: what the zoo's card says of the config, and how these weights are used."""
    name = cfg.get('name', 'tracker')
    try:
        card = vtzoo.model_card(name)
    except ValueError:
        card = None
    front: dict[str, Any] = dict(license='apache-2.0', library_name='vtzoo', tags=['visual-object-tracking', 'vtzoo'],
                                 pipeline_tag='object-detection')
    parts = {key: cfg['model'][key]['type'] for key in ('backbone', 'fusion', 'head', 'confidence')
             if cfg['model'].get(key)}
    results = []
    if card is not None:
        front |= {key: card.card.data[key] for key in ('license', 'tags') if key in card.card.data}
        results = card.published + card.measured
    if results:
        front['model-index'] = [dict(name=name, results=results)]
    text = yaml.safe_dump(front, sort_keys=False, allow_unicode=True)
    listed = '\n'.join(f'- {key}: {value}' for key, value in parts.items())
    note = ('The results above are of the config: those with a source are published, the others name the checkpoint '
            'they were measured with by its SHA-256.\n\n' if results else '')
    return (f'---\n{text}---\n# {name}\n\nA visual object tracker of vtzoo, a modular zoo.\n\n{listed}\n\n'
            f'`{WEIGHTS}`: SHA-256 `{digest}`.\n\n{note}'
            '```python\nimport vtzoo\n\n'
            "tracker = vtzoo.load_tracker('hf-hub:OWNER/NAME')   # or this folder\n"
            'tracker.init(first_image, (x, y, w, h))\nfor image in images:\n    print(tracker.track(image).box)\n```\n')

"""Which papers a config is made of, and how to cite them all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import torch
from mmengine.config import Config

from vtzoo.evaluation.benchmarks import BENCHMARKS
from vtzoo.models.build import build_model
from vtzoo.registry import DATASETS, find
from vtzoo.zoo.bibtex import known_paper, references_of

PRETRAINING = MappingProxyType({
    'mae_': ('he2022mae', 'russakovsky2015imagenet'), 'dinov2': ('oquab2024dinov2',), 'clip': ('radford2021clip',),
    'deit': ('touvron2021deit', 'russakovsky2015imagenet'), '22k': ('deng2009imagenet',),
    '21k': ('deng2009imagenet',), '': ('russakovsky2015imagenet',)})
"""What the name of pretrained weights holds -> where they come from; the first that fits."""

PROJECT = 'vtzoo'


def bibtex_of(cfg: Config | Mapping[str, Any], paper: str | None = None) -> str:
    """BibTeX of everything a config uses, each paper once, with what it is used for above it.

    Args:
        cfg: the config.
        paper: key of the paper about this very tracker, if there is one.
    """
    uses = papers_of(cfg)
    if paper:
        uses = {paper: ['this tracker', *uses.pop(paper, [])], **uses}
    return '\n\n'.join(f'% {", ".join(purposes)}\n{_bibtex(key)}' for key, purposes in uses.items()) + '\n'


def _bibtex(key: str | None) -> str:
    """The entry of a paper; a comment where there is none."""
    if key is None:
        return '% these name no paper: cite where you have them from'
    paper = known_paper(key)
    return f'% {key} is not in vtzoo/zoo/references.bib: cite it by hand' if paper is None else paper.text


def papers_of(cfg: Config | Mapping[str, Any]) -> dict[str | None, list[str]]:
    """Key of a paper -> what a config uses it for; parts first, then weights, data, and this project.

    None: what it uses without a paper.
    """
    with torch.device('meta'):
        model = build_model(cfg)
    uses: dict[str | None, list[str]] = {}

    def use(keys: Sequence[str | None], purpose: str) -> None:
        for key in keys:
            if purpose not in uses.setdefault(key, []):
                uses[key].append(purpose)

    for name, part in (('backbone', model.backbone), ('fusion', model.fusion), ('head', model.head),
                       ('confidence', model.confidence)):
        if part is not None:
            use(references_of(part), f'{name} {type(part).__name__}')
    for term in [*model.losses, *([model.confidence_loss] if model.confidence is not None else [])]:
        use(references_of(term), f'loss {type(term).__name__}')
    if pretrained := model.backbone.pretrained:
        use(next(papers for part, papers in PRETRAINING.items() if part in pretrained.lower()), 'pretrained weights')
    for reader, purpose in data_sets_of(cfg):
        use((find(DATASETS, reader).paper,), f'{purpose} {reader}')
    use((PROJECT,), 'this project')
    if None in uses:
        uses[None] = uses.pop(None)  # what names no paper comes last
    return uses


def data_sets_of(cfg: Config | Mapping[str, Any]) -> list[tuple[str, str]]:
    """(reader, what for) of every public set a config trains on, validates on or has settings for."""
    found = [(one['type'], 'training') for one in cfg.get('train_dataloader', {}).get('dataset', {}).get('sets', ())]
    if validation := cfg.get('val_dataloader'):
        found.append((validation['dataset']['set']['type'], 'validation'))
    rows = (cfg.get('tracking') or {}).get('benchmarks') or {}
    found += [(BENCHMARKS[row].reader['type'], 'benchmark') for row in rows]
    return [(reader, purpose) for reader, purpose in dict.fromkeys(found) if find(DATASETS, reader).paper]

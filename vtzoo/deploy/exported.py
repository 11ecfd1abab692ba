"""An exported tracker at work: it takes a model's place in :class:`~vtzoo.inference.online.OnlineTracker`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import torch
from torch import Tensor, nn

from vtzoo.checkpoints.exports import read_settings, settings_file
from vtzoo.config import tracking_settings
from vtzoo.deploy.engines import SUFFIXES, open_engine
from vtzoo.inference.online import OnlineTracker
from vtzoo.models.preprocessor import Preprocessor
from vtzoo.models.tracker import Prediction
from vtzoo.registry import CROPS, build
from vtzoo.structures import Boxes, Memory


class ExportedModel(nn.Module):
    """The two calls of a tracker, run by ONNX Runtime or OpenVINO.

    Args:
        folder: what ``vtzoo export`` wrote.
        precision: in which OpenVINO computes; None: that of the export.

    Raises:
        ValueError: it is not an export, a file is missing, or the package that runs it is not installed.
    """

    def __init__(self, folder: str | Path, precision: str | None = None) -> None:
        super().__init__()
        self.folder, self.settings = settings_file(folder).parent, read_settings(folder)
        form, precision = self.settings['format'], precision or self.settings['precision']
        self.engines = {}
        for name in self.settings['graphs']:
            path = self.folder / f'{name}{SUFFIXES[form]}'
            if not path.is_file():
                raise ValueError(f'{path} is missing: export the tracker again.')
            self.engines[name] = open_engine(path, form, precision)
        self.crop = build(CROPS, self.settings['crop'])
        self.data_preprocessor = Preprocessor(**self.settings['normalise'])
        self.head = SimpleNamespace(**self.settings['head'] | dict(gives=frozenset(self.settings['head']['gives'])))
        scored = self.settings.get('confidence')
        self.confidence = SimpleNamespace(**scored) if scored else None
        points = self.settings.get('points')
        self.points = None if points is None else torch.tensor(points)

    def memorize(self, z: Tensor) -> Memory:
        """Templates z (B, T, 3, h, w), normalised."""
        found = self.engines['memorize'](z=_array(z))
        maps, *kv = (torch.from_numpy(found[name]) for name in self.settings['graphs']['memorize']['outputs'])
        return Memory(maps, tuple(kv))

    def candidates(self, x: Tensor, memory: Memory) -> tuple[Mapping[str, Tensor], Boxes]:
        """Search crops x (B, 3, h, w), normalised -> what :meth:`score` needs, and the merged boxes."""
        kv = {f'kv{i}': _array(one) for i, one in enumerate(memory.kv)}
        found = self.engines['read'](x=_array(x), z_maps=_array(memory.z), **kv)
        found = {name: torch.from_numpy(value) for name, value in found.items()}
        fields = {name: found.pop(name) for name in Boxes._fields if name in found}
        return found, Boxes(**fields, **self.settings['fixed'], points=self.points)

    def score(self, features: Mapping[str, Tensor], candidates: Boxes, index: Tensor) -> Prediction:
        """Score the candidates chosen by ``index`` (B,), as :meth:`vtzoo.models.tracker.Tracker.score` does."""
        chosen = candidates.at(index)
        box = chosen.boxes[:, 0]
        if self.confidence is None:
            score = None if chosen.confidence is None else chosen.confidence[:, 0]
        elif 'score' in features:
            score = features['score']
        else:
            given = {name: _array(value) for name, value in features.items()}
            score = torch.from_numpy(self.engines['score'](**given, box=_array(box))['score'])
        return Prediction(box, score, index, candidates)


def open_export(folder: str | Path, benchmark: str | None = None) -> OnlineTracker:
    """A tracker ready to init, from a folder that ``vtzoo export`` wrote.

    Args:
        folder: of the export.
        benchmark: use its row of the tracking settings that were exported.
    """
    model = ExportedModel(folder)
    return OnlineTracker(model, **tracking_settings(dict(tracking=model.settings['tracking']), benchmark))


def _array(tensor: Tensor) -> np.ndarray:
    return np.ascontiguousarray(tensor.numpy())

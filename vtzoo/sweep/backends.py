"""A finished sweep handed to the services that its config names: W&B, MLflow, Aim, ClearML, TensorBoard."""

from __future__ import annotations

import io
import json
import time
from dataclasses import asdict
from pathlib import Path

import cv2
import numpy as np
from mmengine.config import Config
from mmengine.registry import DefaultScope

from vtzoo.registry import VISUALIZERS
from vtzoo.sweep.plan import Plan
from vtzoo.sweep.report import Row, tables
from vtzoo.sweep.statistics import estimate

LOCAL = ('LocalVisBackend',)
"""Backends that keep files beside a run; a sweep's table and curves stand in its folder anyway."""


def hand_over(plan: Plan, folder: Path, rows: list[Row], costs: dict[str, tuple[int, int]]) -> list[str]:
    """Give a sweep's plan, scores, table and learning curves to the visual backends of its config, as a run of its own
    beside those of the trials.

    Args:
        plan: of the sweep.
        folder: of the sweep, with curves.png in it.
        rows: see :func:`vtzoo.sweep.report.collect`.
        costs: variant -> parameters and MACs a frame.

    Returns:
        The backends that were given something; none where the config names only local ones.
    """
    visualizer = plan.variants[0].load().get('visualizer') or {}
    backends = [one for one in visualizer.get('vis_backends') or () if one['type'].split('.')[-1] not in LOCAL]
    if not backends:
        return []
    name = f'sweep {folder.name} {time.time_ns()}'  # mmengine keeps visualizers by name
    with DefaultScope.overwrite_default_scope(VISUALIZERS.scope):  # where a config's own backends are registered
        told = VISUALIZERS.build(dict(type='Visualizer', name=name, vis_backends=backends, save_dir=str(folder)))
    told.add_config(Config(json.loads(json.dumps(asdict(plan), default=str))))
    told.add_scalars({f'sweep/{row.variant.name}/{measure}': float(estimate(row.matrix(measure)).mean)
                      for row in rows if row.scores for measure in next(iter(row.scores.values())).scores}, step=1)
    told.add_image('sweep/table', _picture('\n\n'.join(one.markdown() for one in tables(plan, rows, costs))), step=1)
    curves = folder / 'curves.png'
    if curves.is_file():
        told.add_image('sweep/curves', cv2.imread(str(curves))[..., ::-1], step=1)
    told.close()
    return [one['type'] for one in backends]


def _picture(text: str) -> np.ndarray:
    """Tables in Markdown as a picture, (H, W, 3) uint8 RGB."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(1, 1), dpi=100)
    for markup, plain in (('**', ''), ('\\[', '['), ('\\]', ']'), ('$', r'\$')):
        text = text.replace(markup, plain)
    figure.text(0, 0, text, family='monospace', fontsize=9)
    data = io.BytesIO()
    figure.savefig(data, format='png', bbox_inches='tight', pad_inches=0.2, facecolor='white')
    return cv2.imdecode(np.frombuffer(data.getvalue(), np.uint8), cv2.IMREAD_COLOR)[..., ::-1]

"""A tracker as a folder that runs without PyTorch: graphs, settings, and a small program that uses them."""

from __future__ import annotations

import json
import shutil
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

import torch
from mmengine.config import Config

import vtzoo
from vtzoo.checkpoints.exports import SETTINGS, VERSION, is_export
from vtzoo.config import tracking_settings
from vtzoo.deploy.check import BOUNDS, Difference, compare, example_crops
from vtzoo.deploy.engines import PACKAGES, SUFFIXES, need
from vtzoo.deploy.exported import ExportedModel
from vtzoo.deploy.graphs import graphs_of, to_onnx
from vtzoo.deploy.precision import to_fp16, to_int8, to_openvino
from vtzoo.deploy.runner import readme, runner
from vtzoo.models.tracker import Tracker
from vtzoo.utils.digest import sha256
from vtzoo.utils.progress import progress
from vtzoo.utils.require import require

FORMATS = tuple(PACKAGES)
PRECISIONS = tuple(BOUNDS)


class Export(NamedTuple):
    """folder: what was written. differences: from PyTorch, see :func:`~vtzoo.deploy.check.compare`. bytes: its size."""

    folder: Path
    differences: list[Difference]
    bytes: int


def export(model: Tracker, cfg: Config, out: str | Path, form: str = 'onnx', precision: str = 'fp32',
           bound: float | None = None, overwrite: bool = False) -> Export:
    """Write a tracker's two calls as graphs, with all settings of tracking beside them.

    Args:
        model: with its weights.
        cfg: its config, whose settings of tracking are exported too.
        out: the folder to make.
        form: 'onnx' or 'openvino'.
        precision: 'fp32'; 'fp16': weights and arithmetic in half precision; 'bf16': OpenVINO computes in bfloat16;
            'int8': products and convolutions in 8 bits, ranges taken from embedded frames.
        bound: largest difference from PyTorch that is accepted; None: BOUNDS[precision].
        overwrite: replace an earlier export in ``out``.

    Raises:
        ValueError: an unknown format, a folder that is in use, a missing package, or a difference beyond the bound.
            Nothing is left behind then.
    """
    check_request(form, precision)
    out = Path(out)
    require(not out.exists() or (out.is_dir() and not any(out.iterdir())) or (overwrite and is_export(out)),
            f'{out} exists: name another folder, or replace an earlier export with --overwrite.')
    out.parent.mkdir(parents=True, exist_ok=True)
    part = Path(tempfile.mkdtemp(prefix=f'.{out.name}.', dir=out.parent))
    try:
        differences = write_export(model, cfg, part, form, precision, bound)
        part.chmod(0o755)
        if out.exists():
            shutil.rmtree(out)
        part.rename(out)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return Export(out, differences, sum(path.stat().st_size for path in out.iterdir()))


def check_request(form: str, precision: str) -> None:
    """Raise ValueError, naming what to write, for formats and precisions that do not go together or cannot run."""
    require(form in FORMATS, f'there is no format {form!r}: write {" or ".join(FORMATS)}.')
    require(precision in PRECISIONS, f'there is no precision {precision!r}: write one of {", ".join(PRECISIONS)}.')
    require(precision != 'bf16' or form == 'openvino',
            'ONNX Runtime has no bfloat16 on CPUs: write --format openvino, or --precision fp16.')
    need('onnx', 'onnxscript', *{'onnxruntime' if precision in ('fp16', 'int8') else PACKAGES[form], PACKAGES[form]})


def write_export(model: Tracker, cfg: Config, folder: Path, form: str, precision: str,
                 bound: float | None = None) -> list[Difference]:
    """Fill an empty folder and hold it against the model; -> the differences."""
    model = model.cpu().eval()
    crops = example_crops(model.crop)
    settings = _settings(model, cfg, form, precision)
    for name, graph in progress(graphs_of(model).items(), 'graphs'):
        path = folder / f'{name}.onnx'
        to_onnx(graph, path)
        if precision == 'int8' and name != 'score':
            to_int8(path, model, name, crops)
        if precision == 'fp16' and form == 'onnx':
            to_fp16(path)
        if form == 'openvino':
            to_openvino(path, half=precision == 'fp16')
        settings['graphs'][name] = dict(
            inputs=graph.inputs, outputs=graph.outputs, sha256=sha256(path.with_suffix(SUFFIXES[form])))
    write = (folder / SETTINGS).write_text
    write(json.dumps(settings, indent=1))
    limit = BOUNDS[precision] if bound is None else bound
    differences = compare(model, ExportedModel(folder), crops)
    worst = max(differences, key=lambda one: one.value)
    require(worst.value <= limit, f'the exported graphs differ from PyTorch by {worst.value:.2g} in {worst.what}, more '
            f'than the bound of {limit:g}: take a higher precision, or accept it with --bound {worst.value * 1.2:.2g}.')
    settings['check'] = dict(bound=limit, crops=len(crops.x), differences={one.what: one.value for one in differences})
    write(json.dumps(settings, indent=1))
    (folder / 'run.py').write_text(runner(settings), 'utf-8')
    (folder / 'README.md').write_text(readme(settings), 'utf-8')
    return differences


def _settings(model: Tracker, cfg: Config, form: str, precision: str) -> dict[str, Any]:
    scorer = model.confidence or model.head
    described = dict(score_description=scorer.score_description, lost_threshold=scorer.lost_threshold)
    with torch.no_grad():
        crop = model.crop
        memory = model.memorize(torch.zeros(1, 1, 3, crop.template_size, crop.template_size))
        _, branches = model.read(torch.zeros(1, 3, crop.search_size, crop.search_size), memory)
        boxes = model.head.candidates(branches)
    fixed = {name: value for name, value in boxes._asdict().items() if isinstance(value, bool)}
    means = {name: getattr(model.data_preprocessor, name).flatten().tolist() for name in ('mean', 'std')}
    return dict(
        version=VERSION, vtzoo=vtzoo.__version__, config=cfg.get('name', 'a config of your own'), format=form,
        precision=precision, model=_plain(cfg.model), crop=_plain(cfg.model.crop), normalise=means,
        tracking=_plain(tracking_settings(cfg)),
        head=dict(type=type(model.head).__name__, gives=sorted(model.head.gives), confident=model.head.confident,
                  **described),
        confidence=described if model.confidence is not None else None,
        fixed=fixed, points=None if boxes.points is None else boxes.points.tolist(), graphs={})


def _plain(value: Any) -> Any:
    """Mappings and sequences of a config as JSON has them."""
    return json.loads(json.dumps(value, default=lambda one: one.to_dict()))

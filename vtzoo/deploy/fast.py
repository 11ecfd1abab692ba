"""The quickest way to run a tracker on this machine: on a CPU its graphs, exported once and kept; on a GPU compiled."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import shutil
import statistics
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from mmengine.config import Config
from torch import nn

import vtzoo
from vtzoo.checkpoints.exports import VERSION
from vtzoo.data.roots import cache_root
from vtzoo.deploy.compiled import CompiledModel
from vtzoo.deploy.engines import installed
from vtzoo.deploy.export import write_export
from vtzoo.deploy.exported import ExportedModel
from vtzoo.models.tracker import Tracker
from vtzoo.utils.atomic import write_atomically
from vtzoo.utils.device import find_device
from vtzoo.utils.names import file_name
from vtzoo.utils.provenance import machine, versions
from vtzoo.utils.require import require

SPEEDS = ('exact', 'fast', 'fastest')
"""``exact``: PyTorch, to the last digit. ``fast``: float32, by an exported graph (boxes within 1e-4), on GPUs compiled.
``fastest``: bfloat16, unless float32 is quicker on this processor."""


def at_speed(model: Tracker, cfg: Config | Mapping[str, Any], speed: str, bound: float | None = None,
             device: str | torch.device = 'cpu') -> nn.Module:
    """A model that gives what this one gives, as quickly as asked.

    On a CPU the first call for new weights exports them, which takes a minute; later calls find the graphs in the
    cache.

    Args:
        model: with its weights, on the CPU.
        cfg: its config.
        speed: one of SPEEDS.
        bound: largest difference from PyTorch that is accepted of an export; None: that of the speed.
        device: where it is to run.

    Raises:
        ValueError: an unknown speed, a difference beyond the bound, or nothing is installed that could run a graph.
    """
    require(speed in SPEEDS, f'there is no speed {speed!r}: write one of {", ".join(SPEEDS)}.')
    if speed == 'exact':
        return model
    where = find_device(device)
    require(where.type in ('cpu', 'cuda'),
            f"speed={speed!r} is for the CPU and GPUs with CUDA: write speed='exact' with device={str(device)!r}.")
    if where.type == 'cuda':
        return CompiledModel(model.to(where).eval(), half=speed == 'fastest')
    fastest = speed == 'fastest'
    form = next((one for one in ('openvino', 'onnx') if installed(one) and installed_exporter()), None)
    require(form is not None, f"speed={speed!r} runs exported graphs: pip install 'vtzoo[export]', or take "
                              "speed='exact'.")
    require(not fastest or form == 'openvino', "speed='fastest' computes in bfloat16, which needs OpenVINO: "
                                               "pip install openvino, or take speed='fast'.")
    folder = _exported(model, cfg, form, 'bf16' if fastest else 'fp32', bound)
    return ExportedModel(folder, _quicker(folder) if fastest else None)


def _quicker(folder: Path) -> str:
    """'bf16' or 'fp32': which of them reads a frame in less time on this processor, tried once and kept."""
    kept = folder / f'frame-{file_name(machine("cpu"))}-{torch.get_num_threads()}.json'
    try:
        took = json.loads(kept.read_text('utf-8'))
        bf16, fp32 = float(took['bf16']), float(took['fp32'])
    except (OSError, ValueError, TypeError, KeyError):  # not tried yet, or the file is damaged
        took = _milliseconds(folder, ('bf16', 'fp32'))
        write_atomically(kept, json.dumps(took, indent=1))
        bf16, fp32 = took['bf16'], took['fp32']
    if bf16 <= fp32:
        return 'bf16'
    print(f"bfloat16 is slower than float32 on this processor ({bf16:.1f} against {fp32:.1f} ms a frame): "
          "speed='fastest' computes in float32.", flush=True)
    return 'fp32'


@torch.inference_mode()
def _milliseconds(folder: Path, precisions: Sequence[str], frames: int = 5) -> dict[str, float]:
    """Precision -> median time of reading a frame, the precisions in turn."""
    models = {precision: ExportedModel(folder, precision) for precision in precisions}
    crop = next(iter(models.values())).crop
    z, x = torch.zeros(1, 1, 3, *[crop.template_size] * 2), torch.zeros(1, 3, *[crop.search_size] * 2)
    memory = {precision: model.memorize(z) for precision, model in models.items()}
    took: dict[str, list[float]] = {precision: [] for precision in precisions}
    for _ in range(frames + 1):  # the first one warms up
        for precision, model in models.items():
            start = time.perf_counter()
            model.candidates(x, memory[precision])
            took[precision].append(1e3 * (time.perf_counter() - start))
    return {precision: statistics.median(times[1:]) for precision, times in took.items()}


def _exported(model: Tracker, cfg: Config | Mapping[str, Any], form: str, precision: str, bound: float | None) -> Path:
    """The folder of this export in the cache, written where it is not there yet."""
    folder = cache_root() / 'exports' / f'{form}-{precision}-{_fingerprint(model, cfg)}'
    if not (folder / 'README.md').is_file():  # what is written last
        folder.parent.mkdir(parents=True, exist_ok=True)
        print(f'exporting the tracker in {precision} (once; kept in {folder}) ...', flush=True)
        part = Path(tempfile.mkdtemp(prefix='.', dir=folder.parent))
        try:
            write_export(model, cfg, part, form, precision, bound)
            shutil.rmtree(folder, ignore_errors=True)
            part.rename(folder)
        finally:
            shutil.rmtree(part, ignore_errors=True)
    return folder


def installed_exporter() -> bool:
    """Whether torch can write ONNX graphs here."""
    return all(importlib.util.find_spec(package) is not None for package in ('onnx', 'onnxscript'))


def _fingerprint(model: Tracker, cfg: Config | Mapping[str, Any]) -> str:
    """Of everything that the graphs and settings depend on."""
    digest = hashlib.sha256(json.dumps([versions(), vtzoo.__version__, VERSION], sort_keys=True).encode())
    digest.update(repr((cfg['model'], cfg.get('tracking'))).encode())
    for name, tensor in model.state_dict().items():
        digest.update(name.encode())
        digest.update(tensor.detach().cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()[:16]

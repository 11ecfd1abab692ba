"""The quickest way to run a tracker on this machine: its graphs exported once, then kept."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mmengine.config import Config
from torch import nn

import vtzoo
from vtzoo.checkpoints.exports import VERSION
from vtzoo.data.roots import cache_root
from vtzoo.deploy.engines import installed
from vtzoo.deploy.export import write_export
from vtzoo.deploy.exported import ExportedModel
from vtzoo.models.tracker import Tracker
from vtzoo.utils.provenance import versions
from vtzoo.utils.require import require

SPEEDS = ('exact', 'fast', 'fastest')
"""``exact``: PyTorch, to the last digit. ``fast``: float32 results (boxes within 1e-4) by an exported graph.
``fastest``: bfloat16 arithmetic, where the processor has it."""


def at_speed(model: Tracker, cfg: Config | Mapping[str, Any], speed: str, bound: float | None = None) -> nn.Module:
    """A model that gives what this one gives, as quickly as asked.

    The first call for new weights exports them, which takes a minute; later calls find the graphs in the cache.

    Args:
        model: with its weights, on the CPU.
        cfg: its config.
        speed: one of SPEEDS.
        bound: largest difference from PyTorch that is accepted; None: that of the speed.

    Raises:
        ValueError: an unknown speed, a difference beyond the bound, or nothing is installed that could run a graph.
    """
    require(speed in SPEEDS, f'there is no speed {speed!r}: write one of {", ".join(SPEEDS)}.')
    if speed == 'exact':
        return model
    form, precision = _choice(speed)
    folder = cache_root() / 'exports' / f'{form}-{precision}-{_fingerprint(model, cfg)}'
    if not (folder / 'README.md').is_file():  # what is written last
        folder.parent.mkdir(parents=True, exist_ok=True)
        print(f'exporting the tracker for speed={speed!r} (once; kept in {folder}) ...', flush=True)
        part = Path(tempfile.mkdtemp(prefix='.', dir=folder.parent))
        try:
            write_export(model, cfg, part, form, precision, bound)
            shutil.rmtree(folder, ignore_errors=True)
            part.rename(folder)
        finally:
            shutil.rmtree(part, ignore_errors=True)
    return ExportedModel(folder)


def _choice(speed: str) -> tuple[str, str]:
    """Format and precision: OpenVINO was the quickest wherever it was measured."""
    form = next((one for one in ('openvino', 'onnx') if installed(one) and installed_exporter()), None)
    require(form is not None, f"speed={speed!r} runs exported graphs: pip install 'vtzoo[export]', or take "
                              "speed='exact'.")
    require(speed == 'fast' or form == 'openvino', "speed='fastest' computes in bfloat16, which needs OpenVINO: "
                                                   "pip install openvino, or take speed='fast'.")
    return form, 'bf16' if speed == 'fastest' else 'fp32'


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

"""What runs an exported graph: ONNX Runtime or OpenVINO, behind one call."""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch

PACKAGES = dict(onnx='onnxruntime', openvino='openvino')
"""Format of a graph -> the package that runs it."""
SUFFIXES = dict(onnx='.onnx', openvino='.xml')
HINTS = dict(fp32='f32', fp16='f16', bf16='bf16', int8='f32')
"""Precision of an export -> in what OpenVINO computes what is not quantised. Stated always: on some processors
OpenVINO would choose bfloat16 by itself."""


class Engine(Protocol):
    """Runs one graph."""

    def __call__(self, **inputs: np.ndarray) -> dict[str, np.ndarray]:
        """Inputs by name -> outputs by name."""


def installed(form: str) -> bool:
    """Whether the package that runs a format is there."""
    return importlib.util.find_spec(PACKAGES[form]) is not None


def need(*packages: str) -> None:
    """Raise ValueError, naming the command that installs what is missing."""
    missing = [package for package in packages if importlib.util.find_spec(package) is None]
    if missing:
        raise ValueError(f'this needs {", ".join(missing)}, which {"is" if len(missing) == 1 else "are"} not '
                         "installed: pip install 'vtzoo[export]'.")


def open_engine(path: Path, form: str, precision: str) -> Engine:
    """Load a graph. It runs on torch's number of threads.

    Raises:
        ValueError: the package that runs it is not installed.
    """
    need(PACKAGES[form])
    return OnnxEngine(path) if form == 'onnx' else OpenVINOEngine(path, HINTS[precision])


class OnnxEngine:
    """ONNX Runtime, on TensorRT or CUDA where its build has them, else on the CPU."""

    def __init__(self, path: Path) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = torch.get_num_threads()
        options.log_severity_level = 3
        wanted = ('TensorrtExecutionProvider', 'CUDAExecutionProvider', 'CPUExecutionProvider')
        there = onnxruntime.get_available_providers()
        self.session = onnxruntime.InferenceSession(str(path), options, [one for one in wanted if one in there])
        self.outputs = [one.name for one in self.session.get_outputs()]
        self.inputs = {one.name for one in self.session.get_inputs()}

    def __call__(self, **inputs: np.ndarray) -> dict[str, np.ndarray]:
        given = {name: value for name, value in inputs.items() if name in self.inputs}
        return dict(zip(self.outputs, self.session.run(self.outputs, given), strict=True))


class OpenVINOEngine:
    """OpenVINO on the CPU.

    Args:
        path: the .xml, its .bin beside it.
        hint: in what it computes: 'f32', 'f16' or 'bf16'.
    """

    def __init__(self, path: Path, hint: str) -> None:
        import openvino

        settings: Mapping[str, Any] = dict(
            INFERENCE_PRECISION_HINT=hint, INFERENCE_NUM_THREADS=torch.get_num_threads(), PERFORMANCE_HINT='LATENCY')
        self.compiled = openvino.Core().compile_model(str(path), 'CPU', settings)
        self.outputs = self.compiled.outputs
        self.inputs = set().union(*(one.names for one in self.compiled.inputs))  # a tensor may have several names
        self.request = self.compiled.create_infer_request()

    def __call__(self, **inputs: np.ndarray) -> dict[str, np.ndarray]:
        given = {name: value for name, value in inputs.items() if name in self.inputs}
        found = self.request.infer(given, share_inputs=True)
        return {name: found[port].copy() for port in self.outputs for name in port.names}

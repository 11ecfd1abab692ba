"""ONNX graphs in other precisions and formats, each changed in its own file."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch

from vtzoo.deploy.check import Crops, memory_inputs
from vtzoo.models.tracker import Tracker


def to_fp16(path: Path) -> None:
    """Weights and arithmetic in float16, inputs and outputs in float32."""
    import onnx
    from onnxruntime.transformers.float16 import convert_float_to_float16

    model = convert_float_to_float16(onnx.load(path), keep_io_types=True)
    onnx.save(model, path)


def to_int8(path: Path, model: Tracker, name: str, crops: Crops) -> None:
    """Matrix products and convolutions in 8 bits; the ranges of activations are those seen on crops.

    Args:
        path: of the ONNX graph.
        model: the tracker, for what ``read`` is given.
        name: 'memorize' or 'read'.
        crops: to calibrate on.
    """
    from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static

    class Reader(CalibrationDataReader):
        def __init__(self) -> None:
            self.samples = _samples(model, name, crops)

        def get_next(self) -> dict[str, np.ndarray] | None:
            return next(self.samples, None)

    level = logging.root.level
    logging.root.setLevel(logging.ERROR)  # it advises preparing the graph, which its maker has done
    try:
        quantize_static(path, path, Reader(), quant_format=QuantFormat.QDQ, per_channel=True,
                        activation_type=QuantType.QUInt8, weight_type=QuantType.QInt8,
                        op_types_to_quantize=['MatMul', 'Gemm', 'Conv'])
    finally:
        logging.root.setLevel(level)


@torch.inference_mode()
def _samples(model: Tracker, name: str, crops: Crops) -> Iterator[dict[str, np.ndarray]]:
    for z, x in zip(*crops, strict=True):
        if name == 'memorize':
            yield dict(z=z[None, None].numpy())
        else:
            yield dict(x=x[None].numpy()) | memory_inputs(model.memorize(z[None, None]))


def to_openvino(path: Path, half: bool) -> None:
    """NAME.onnx -> NAME.xml and NAME.bin, weights in float16 on request; the ONNX file goes."""
    import openvino

    openvino.save_model(openvino.convert_model(str(path)), str(path.with_suffix('.xml')), compress_to_fp16=half)
    path.unlink()

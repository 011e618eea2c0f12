"""PyTorch → ONNX float32 → int8. Both are compared with what they came from before anybody uses them."""
import hashlib
import warnings
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process

from network import Live, Network
from windows import Batch

INPUTS = ["steps", "seen", "seats", "room"]
OPSET = 17


def feeds(batch: Batch) -> dict[str, np.ndarray]:
    return {name: getattr(batch, name).numpy() for name in INPUTS}


def to_onnx(network: Network, batch: Batch, file: Path) -> float:
    """Writes the file and returns the largest difference to PyTorch on the batch; more than 1e-4 is refused."""
    live = Live(network).eval()
    example = tuple(getattr(batch, name) for name in INPUTS)
    axes = {name: {0: "rooms", **({1: "seats"} if name != "room" else {})} for name in INPUTS}
    axes |= {name: {0: "rooms", **({} if name in ("room_targets", "synchrony") else {1: "seats"})} for name in Live.NAMES}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(live, example, str(file), input_names=INPUTS, output_names=Live.NAMES, opset_version=OPSET,
                          dynamo=False, dynamic_axes=axes, do_constant_folding=True)
    onnx.checker.check_model(str(file))
    with torch.no_grad():
        expected = live(*example)
    got = onnxruntime.InferenceSession(str(file), providers=["CPUExecutionProvider"]).run(None, feeds(batch))
    off = max(float(np.abs(a.numpy() - b).max()) for a, b in zip(expected, got))
    if off > 1e-4:
        raise SystemExit(f"{file.name} differs from PyTorch by {off:.2e}; 1e-4 is the most that is allowed")
    return off


class Calibration(CalibrationDataReader):
    def __init__(self, batches: list[Batch]):
        self.rest = iter([feeds(batch) for batch in batches])

    def get_next(self):
        return next(self.rest, None)


def to_int8(source: Path, batches: list[Batch], file: Path) -> None:
    """Quantises, after training, what multiplies by weights: symmetric int8 with Q and DQ nodes, weights per channel.

    The scores and the softmax stay float32, because a mask of -1e4 leaves int8 no steps for anything else.
    """
    ready = file.with_suffix(".pre.onnx")
    quant_pre_process(str(source), str(ready), skip_symbolic_shape=True)
    model = onnx.load(str(ready))
    weights = {tensor.name for tensor in model.graph.initializer}
    wanted = [node.name for node in model.graph.node
              if node.op_type in ("MatMul", "Gemm") and any(name in weights for name in node.input)]
    quantize_static(str(ready), str(file), Calibration(batches), quant_format=QuantFormat.QDQ, nodes_to_quantize=wanted,
                    activation_type=QuantType.QInt8, weight_type=QuantType.QInt8, per_channel=True,
                    extra_options={"ActivationSymmetric": True, "WeightSymmetric": True})
    ready.unlink()


def sha256(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()

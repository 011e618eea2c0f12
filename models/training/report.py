"""Figures of an exported network, through ONNX Runtime as the gateway runs it: the last step of each window."""
import time
from pathlib import Path

import numpy as np
import onnxruntime

from export import feeds
from features import ROOM_FEATURES, SEAT_FEATURES, STEP_FEATURES, STEPS
from losses import calibration_error, macro_f1
from windows import Batch


def open_session(file: Path) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])


def onnx_figures(file: Path, batches: list[Batch]) -> dict[str, float]:
    session = open_session(file)
    truth, chances, share, room = [], [], [], []
    for batch in batches:
        out = dict(zip([o.name for o in session.get_outputs()], session.run(None, feeds(batch))))
        target = batch.target[..., -1].numpy()
        truth.append(target[target >= 0])
        chances.append(out["targets"][target >= 0])
        share.append(batch.share[:, -1].numpy())
        room.append(out["room_targets"])
    truth, chances = np.concatenate(truth), np.concatenate(chances)
    return {"accuracy": float((chances.argmax(-1) == truth).mean()), "macroF1": macro_f1(truth, chances.argmax(-1)),
            "ece": calibration_error(truth, chances),
            "roomMae": float(np.abs(np.concatenate(share) - np.concatenate(room)).mean())}


def speed(file: Path, seats: int = 32) -> dict[str, float]:
    """Milliseconds for one room of so many seats on one core: the median and the best of 200."""
    session, random = open_session(file), np.random.default_rng(1)
    some = lambda *shape: random.standard_normal(shape).astype(np.float32)
    inputs = {"steps": some(1, seats, STEPS, len(STEP_FEATURES)), "seen": np.ones((1, seats, STEPS), np.float32),
              "seats": some(1, seats, len(SEAT_FEATURES)), "room": some(1, len(ROOM_FEATURES))}
    took = []
    for _ in range(220):
        began = time.perf_counter()
        session.run(None, inputs)
        took.append((time.perf_counter() - began) * 1000)
    return {"median": round(float(np.median(took[20:])), 3), "best": round(min(took[20:]), 3)}

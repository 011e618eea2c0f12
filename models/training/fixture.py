"""Writes what the TypeScript tests compare with: python fixture.py OUT/attention.pt ../../test/models/attention/fixtures [LESSONS]

features.json   faces as perception hands them over, and the features that features.py makes of them
scaled.onnx     one Attention with small weights, and scaled.json with its weights, for softmax(QKᵀ/√d)V by hand
network.json    inputs of the trained network and what PyTorch answers
lesson.json     with LESSONS: a lesson of validation as real perception saw it in drawn pixels, and the truth
"""
import json
import sys
import warnings
from pathlib import Path

import numpy as np
import torch

from features import STEPS, room_features, seat_features, step_features, usual
from lessons import ACTIVITIES, load
from network import NEVER, Attention, Live, Network, Size

ROUNDED = 5


def numbers(array) -> list:
    return np.round(np.asarray(array, np.float64), ROUNDED).tolist()


def faces(random: np.random.Generator, steps: int, seats: int) -> np.ndarray:
    """steps × seats × 10, with gaps, and eyes that are now and then not said."""
    seen = np.zeros((steps, seats, 10), np.float32)
    seen[..., 0] = random.random((steps, seats)) < 0.8
    seen[-1, :, 0] = 1
    seen[..., 1] = 0.1 + 0.2 * np.arange(seats) + random.normal(0, 0.004, (steps, seats))
    seen[..., 2] = 0.4 + random.normal(0, 0.004, (steps, seats))
    seen[..., 3] = 0.04 * np.exp(random.normal(0, 0.05, (steps, seats)))
    seen[..., 4] = 0.09 * np.exp(random.normal(0, 0.05, (steps, seats)))
    seen[..., 5:8] = random.normal([5, -8, 2], [20, 10, 4], (steps, seats, 3))
    seen[..., 8] = np.where(random.random((steps, seats)) < 0.5, -1, random.random((steps, seats)))
    seen[..., 9] = random.uniform(0.7, 1, (steps, seats))
    return np.round(seen, 4) * seen[..., :1]


def write_features(folder: Path, random: np.random.Generator) -> None:
    seen = faces(random, 90, 3)
    known = usual(seen)
    steps, mask = step_features(seen[-STEPS:], known)
    environment = {"co2": 1200, "noise": None, "light": 300, "temperature": 23.5}
    (folder / "features.json").write_text(json.dumps({
        "seen": numbers(seen), "usual": numbers(known), "steps": numbers(steps), "mask": numbers(mask),
        "seats": numbers(seat_features(known)), "environment": environment, "room": numbers(room_features(3, environment)),
    }))


class Alone(torch.nn.Module):
    """One Attention over two queries and five keys."""

    def __init__(self, attention: Attention):
        super().__init__()
        self.attention = attention

    def forward(self, queries, keys, bias):
        return self.attention(queries, keys, bias, 2, 5)


def write_scaled(folder: Path) -> None:
    torch.manual_seed(3)
    attention = Attention(d_model=6, h=2, d_k=4).eval()
    queries, keys, bias = torch.randn(2, 6), torch.randn(5, 6), torch.zeros(1, 1, 5)
    bias[..., 2] = NEVER
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(Alone(attention), (queries[None], keys[None], bias), str(folder / "scaled.onnx"), opset_version=17, dynamo=False,
                          input_names=["queries", "keys", "bias"], output_names=["out", "weights"])
    (folder / "scaled.json").write_text(json.dumps({
        "h": 2, "d_k": 4, "queries": queries.tolist(), "keys": keys.tolist(), "bias": bias[0, 0].tolist(),
        **{name: value.tolist() for name, value in attention.state_dict().items()},
    }))


def write_network(file: Path, folder: Path, random: np.random.Generator) -> None:
    saved = torch.load(file)
    network = Network(Size(**saved["size"]))
    network.load_state_dict(saved["state"])
    seen = faces(random, 80, 5)
    known = usual(seen)
    steps, mask = step_features(seen[-STEPS:], known)
    inputs = {"steps": steps, "seen": mask, "seats": seat_features(known), "room": room_features(0)}
    inputs = {name: np.round(value, ROUNDED) for name, value in inputs.items()}
    with torch.no_grad():
        outputs = Live(network).eval()(*(torch.tensor(value, dtype=torch.float32)[None] for value in inputs.values()))
    (folder / "network.json").write_text(json.dumps({
        "inputs": {name: numbers(value) for name, value in inputs.items()},
        "outputs": {name: numbers(value[0]) for name, value in zip(Live.NAMES, outputs)},
    }))


def write_lesson(lessons: Path, folder: Path) -> None:
    """The smallest room among those of validation: per step its activity and per seat [seen…, target, turned]."""
    lesson = min(load(lessons / "seen")[4::5], key=lambda one: one.seen.shape[1])
    turned = lesson.shift[..., :1] >= 0
    rows = np.concatenate([np.round(lesson.seen, 3), lesson.target[..., None], turned], -1)
    (folder / "lesson.json").write_text(json.dumps({"activity": [ACTIVITIES[a] for a in lesson.activity], "rows": numbers(rows)}))


if __name__ == "__main__":
    trained, folder = map(Path, sys.argv[1:3])
    folder.mkdir(parents=True, exist_ok=True)
    write_features(folder, np.random.default_rng(11))
    write_scaled(folder)
    write_network(trained, folder, np.random.default_rng(12))
    if len(sys.argv) > 3:
        write_lesson(Path(sys.argv[3]), folder)

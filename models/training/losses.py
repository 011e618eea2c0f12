"""The losses of the tasks, and the figures that are watched while training."""
import numpy as np
import torch
import torch.nn.functional as F

from windows import Batch

WEIGHTS = {"target": 1.0, "whole": 2.0, "shift": 0.7, "kind": 0.3, "room": 0.3, "synchrony": 1.0}


def losses(out: dict, batch: Batch) -> dict[str, torch.Tensor]:
    asked = batch.target >= 0
    moved = batch.shift[..., 0] >= 0
    kinds = moved & asked
    # Rooms of which nobody is labelled teach nothing about the room.
    labelled = batch.share.sum(-1) > 0
    zero = out["target"].sum() * 0
    return {
        "target": F.cross_entropy(out["target"][asked], batch.target[asked]),
        "whole": whole(out["target"], batch.target, asked),
        "shift": F.binary_cross_entropy_with_logits(out["shift"][asked], moved[asked].float()),
        "kind": F.cross_entropy(out["from"][kinds], batch.shift[..., 0][kinds])
        + F.cross_entropy(out["to"][kinds], batch.shift[..., 1][kinds]) if kinds.any() else zero,
        "room": -(batch.share * F.log_softmax(out["room"], -1)).sum(-1).mean(),
        "synchrony": F.mse_loss(torch.sigmoid(out["synchrony"])[labelled], batch.synchrony[labelled]) if labelled.any() else zero,
    }


def whole(logits: torch.Tensor, target: torch.Tensor, asked: torch.Tensor) -> torch.Tensor:
    """How far the room's shares are off, squared: what all heads of a room get wrong alike is what its focus gets wrong."""
    there = asked.float()[..., None]
    off = (torch.softmax(logits, -1) - F.one_hot(target.clamp(min=0), logits.shape[-1])) * there
    return ((off.sum(1) / there.sum(1).clamp(min=1)) ** 2).sum(-1).mean()


def total(parts: dict[str, torch.Tensor]) -> torch.Tensor:
    return sum(WEIGHTS[name] * value for name, value in parts.items())


def macro_f1(truth: np.ndarray, said: np.ndarray, classes: int = 5) -> float:
    """Mean F1 of the classes that occur."""
    scores = []
    for k in range(classes):
        hit = ((said == k) & (truth == k)).sum()
        if (truth == k).any():
            scores.append(2 * hit / max(1, (said == k).sum() + (truth == k).sum()))
    return float(np.mean(scores))


def calibration_error(truth: np.ndarray, chances: np.ndarray, bins: int = 15) -> float:
    """Expected calibration error of the most likely target (Guo et al. 2017, arXiv:1706.04599)."""
    sure, right = chances.max(-1), chances.argmax(-1) == truth
    place = np.minimum((sure * bins).astype(int), bins - 1)
    return float(sum(abs(right[place == b].mean() - sure[place == b].mean()) * (place == b).mean()
                     for b in range(bins) if (place == b).any()))


@torch.no_grad()
def gather(network, batches) -> dict[str, np.ndarray]:
    """Everything a validation set says, seen moments only: target, logits, moved, shift logits; and the rooms'."""
    from windows import QUERIES

    network.eval()
    rows = {"target": [], "logits": [], "moved": [], "shift": [], "share": [], "room": [], "from": [], "to": [],
            "from_logits": [], "to_logits": []}
    for batch in batches:
        out = network(batch.steps, batch.seen, batch.seats, batch.room, QUERIES)
        asked = batch.target >= 0
        rows["target"].append(batch.target[asked])
        rows["logits"].append(out["target"][asked])
        rows["moved"].append(batch.shift[..., 0][asked] >= 0)
        rows["shift"].append(out["shift"][asked])
        for name, index in (("from", 0), ("to", 1)):
            rows[name].append(batch.shift[..., index][asked])
            rows[f"{name}_logits"].append(out[name][asked])
        rows["share"].append(batch.share.flatten(0, 1))
        rows["room"].append(torch.softmax(out["room"], -1).flatten(0, 1))
    network.train()
    return {name: torch.cat(values).numpy() for name, values in rows.items()}


def softmax(logits: np.ndarray) -> np.ndarray:
    e = np.exp(logits - logits.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def figures(rows: dict[str, np.ndarray]) -> dict[str, float]:
    chances = softmax(rows["logits"])
    said = chances.argmax(-1)
    moved, guessed = rows["moved"], rows["shift"] > 0
    hit = (moved & guessed).sum()
    return {
        "accuracy": float((said == rows["target"]).mean()),
        "macroF1": macro_f1(rows["target"], said),
        "shiftStepF1": float(2 * hit / max(1, moved.sum() + guessed.sum())),
        "shiftTo": float((rows["to_logits"][moved].argmax(-1) == rows["to"][moved]).mean()) if moved.any() else 0.0,
        "ece": calibration_error(rows["target"], chances),
        "roomMae": float(np.abs(rows["share"] - rows["room"]).mean()),
        "nll": float(-np.log(np.maximum(chances[np.arange(len(said)), rows["target"]], 1e-9)).mean()),
    }

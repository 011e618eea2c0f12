"""From the probability of a shift, step by step, to shifts that are told: the gateway's rule, and the threshold that serves it best."""
import numpy as np
import torch

from features import MOMENTS
from lessons import FOUND
from network import Network
from windows import Sighted, collate, cut

REST = 3
"""Steps after a shift in which no other is told (network.ts says the same)."""
TOLERANCE = 2
"""Steps by which a told shift may be off: a second."""


@torch.no_grad()
def probabilities(network: Network, one: Sighted, first: int = 40) -> np.ndarray:
    """steps × seats, live: each step knows only what came before. NaN where nobody was seen, and before `first`."""
    network.eval()
    out = np.full(one.seen.shape[:2], np.nan)
    for start in range(first, len(one.seen) + 1, 32):
        ends = list(range(start, min(start + 32, len(one.seen) + 1)))
        batch = collate([cut(one, end, None) for end in ends])
        shift = network(batch.steps, batch.seen, batch.seats, batch.room, [MOMENTS - 1])["shift"][..., 0]
        for row, end in enumerate(ends):
            out[end - 1] = torch.sigmoid(shift[row]).numpy()
    return np.where(one.seen[..., FOUND] > 0, out, np.nan)


def told(chances: np.ndarray, threshold: float) -> np.ndarray:
    """steps × seats: where a shift is told."""
    out, last = np.zeros(chances.shape, bool), np.full(chances.shape[1], -REST)
    for step in range(len(chances)):
        out[step] = (chances[step] >= threshold) & (step - last >= REST)
        last = np.where(out[step], step, last)
    return out


def hits(truth: np.ndarray, said: np.ndarray) -> int:
    """Told shifts that have a true one within the tolerance, each true one counted once."""
    count = 0
    for seat in range(truth.shape[1]):
        left = list(np.flatnonzero(truth[:, seat]))
        for step in np.flatnonzero(said[:, seat]):
            near = [t for t in left if abs(t - step) <= TOLERANCE]
            if near:
                left.remove(min(near, key=lambda t: abs(t - step)))
                count += 1
    return count


def best_threshold(network: Network, sighted: list[Sighted]) -> tuple[float, float]:
    """The threshold with the best F1 of shifts within a second, and that F1."""
    chances = [probabilities(network, one) for one in sighted]
    truths = [(one.lesson.shift[..., 0] >= 0) & ~np.isnan(p) for one, p in zip(sighted, chances)]
    scores = {}
    for threshold in np.linspace(0.1, 0.7, 25):
        said = [told(p, threshold) for p in chances]
        hit = sum(hits(t, s) for t, s in zip(truths, said))
        scores[float(threshold)] = 2 * hit / max(1, sum(t.sum() for t in truths) + sum(s.sum() for s in said))
    best = max(scores, key=scores.get)
    return best, scores[best]

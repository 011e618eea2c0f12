"""What the real perception gets wrong on drawn pixels: measured, kept as noise.json, and laid over exact truth.

python noise.py LESSONS/seen noise.json
"""
import json
import sys
from pathlib import Path

import numpy as np

from lessons import (EYES, FOUND, HEIGHT, PITCH, ROLL, SEYES, SHEIGHT, SPITCH, SROLL, SSCORE, SWIDTH, SX, SY, SYAW,
                     VISIBLE, WIDTH, X, Y, YAW, Lesson, load)

# Held out of the measurement, so that the test tells how the network does on looks whose noise it never met.
HELD_OUT_HAIR, HELD_OUT_SKIN = "scarf", "#5f3a25"
YAW_EDGES = [0, 12, 24, 36, 48, 180]
QUANTILES = np.linspace(0, 1, 21)
EYE_EDGES = [-0.01, 0.15, 0.4, 0.6, 0.8, 1.01]


def shape_of(yaw, pitch, roll):
    """Terms of the regression of what is read on what is true: a cubic in yaw and pitch."""
    y, p, r = yaw / 30, pitch / 20, roll / 15
    return np.stack([np.ones_like(y), y, p, r, y * y, p * p, y * p, y**3, p**3, y * y * p, y * p * p], -1)


def found_terms(truth):
    yaw = np.abs(truth[..., YAW]) / 30
    return np.stack([np.ones_like(yaw), yaw, yaw**2, truth[..., PITCH] / 20, np.log2(truth[..., HEIGHT] / 0.08),
                     1 - truth[..., VISIBLE]], -1)


def bin_of(values, edges):
    return np.clip(np.digitize(values, edges) - 1, 0, len(edges) - 2)


def measure(lessons: list[Lesson]) -> dict:
    truth, seen, owner, step = [], [], [], []
    for number, lesson in enumerate(lessons):
        for seat, looks in enumerate(lesson.seats):
            if looks["hair"] == HELD_OUT_HAIR or looks["skin"] == HELD_OUT_SKIN:
                continue
            truth.append(lesson.truth[:, seat])
            seen.append(lesson.seen[:, seat])
            owner.append(np.full(len(lesson.truth), number * 1000 + seat))
            step.append(np.arange(len(lesson.truth)))
    truth, seen, owner, step = map(np.concatenate, (truth, seen, owner, step))
    found = seen[:, FOUND] > 0
    noise = {"samples": int(len(truth)), "found": {"share": float(found.mean())}}
    noise["found"]["weights"] = logistic(found_terms(truth), found).tolist()

    t, s, o, k = truth[found], seen[found], owner[found], step[found]
    terms = shape_of(t[:, YAW], t[:, PITCH], t[:, ROLL])
    yaw_bin = bin_of(np.abs(t[:, YAW]), YAW_EDGES)
    box_truth = np.stack([t[:, X] + t[:, WIDTH] / 2, t[:, Y] + t[:, HEIGHT] / 2, t[:, WIDTH], t[:, HEIGHT]], -1)
    box_seen = np.stack([s[:, SX] + s[:, SWIDTH] / 2, s[:, SY] + s[:, SHEIGHT] / 2, s[:, SWIDTH], s[:, SHEIGHT]], -1)
    # Places in the truth's widths and heights; sizes as logarithms of ratios.
    off = np.stack([(box_seen[:, 0] - box_truth[:, 0]) / box_truth[:, 2], (box_seen[:, 1] - box_truth[:, 1]) / box_truth[:, 3],
                    np.log(box_seen[:, 2] / box_truth[:, 2]), np.log(box_seen[:, 3] / box_truth[:, 3])], -1)
    readings = {"yaw": s[:, SYAW], "pitch": s[:, SPITCH], "roll": s[:, SROLL],
                "x": off[:, 0], "y": off[:, 1], "width": off[:, 2], "height": off[:, 3]}
    noise["readings"] = {}
    for name, value in readings.items():
        weights = np.linalg.lstsq(terms, value, rcond=None)[0]
        rest = value - terms @ weights
        ids, where = np.unique(o, return_inverse=True)
        own = np.bincount(where, rest) / np.bincount(where)
        within = rest - own[where]
        follows = (o[1:] == o[:-1]) & (k[1:] == k[:-1] + 1)
        rho = float(np.sum(within[1:][follows] * within[:-1][follows]) / np.sum(within[:-1][follows] ** 2))
        noise["readings"][name] = {
            "weights": weights.tolist(),
            "between": float(own.std()),
            "within": [float(within[yaw_bin == b].std()) if (yaw_bin == b).sum() > 20 else float(within.std())
                       for b in range(len(YAW_EDGES) - 1)],
            "correlation": rho,
        }
        if name in ("yaw", "pitch", "roll"):
            column = {"yaw": YAW, "pitch": PITCH, "roll": ROLL}[name]
            noise["readings"][name]["meanError"] = float(np.abs(value - t[:, column]).mean())
    eye_bin = bin_of(t[:, EYES], EYE_EDGES)
    said = s[:, SEYES] >= 0
    noise["eyes"] = {
        "unsaid": [float((~said)[yaw_bin == b].mean()) if (yaw_bin == b).any() else 1.0 for b in range(len(YAW_EDGES) - 1)],
        "reading": [np.quantile(s[said & (eye_bin == b), SEYES], QUANTILES).tolist()
                    if (said & (eye_bin == b)).sum() > 10 else np.quantile(s[said, SEYES], QUANTILES).tolist()
                    for b in range(len(EYE_EDGES) - 1)] if said.any() else None,
    }
    noise["score"] = np.quantile(s[:, SSCORE], QUANTILES).tolist()
    return noise


def logistic(terms, happened, ridge=1.0):
    """Weights by Newton's method, with a little ridge so that a term that never varies stays at 0."""
    weights = np.zeros(terms.shape[-1])
    for _ in range(25):
        p = 1 / (1 + np.exp(-terms @ weights))
        hessian = (terms * (p * (1 - p))[:, None]).T @ terms + ridge * np.eye(len(weights))
        weights += np.linalg.solve(hessian, terms.T @ (happened - p) - ridge * weights)
    return weights


def slow(random, shape, correlation):
    """Standard normal noise that is like itself a step later (an AR(1) process along the first axis)."""
    fresh = random.standard_normal(shape)
    keep, add = correlation, np.sqrt(1 - correlation**2)
    for step in range(1, shape[0]):
        fresh[step] = keep * fresh[step - 1] + add * fresh[step]
    return fresh


def lay_over(truth: np.ndarray, noise: dict, random: np.random.Generator) -> np.ndarray:
    """Truth (steps × seats × 12) as the perception might have seen it (steps × seats × 10)."""
    steps, seats = truth.shape[:2]
    terms = shape_of(truth[..., YAW], truth[..., PITCH], truth[..., ROLL])
    yaw_bin = bin_of(np.abs(truth[..., YAW]), YAW_EDGES)
    # How strongly this room's camera shows all that, so that the network does not lean on one camera's exact noise.
    strength = random.uniform(0.7, 1.3)

    def read(name):
        one = noise["readings"][name]
        own = random.standard_normal(seats) * one["between"] * strength
        rest = slow(random, (steps, seats), max(0.0, one["correlation"])) * np.array(one["within"])[yaw_bin] * strength
        return terms @ np.array(one["weights"]) + own + rest

    seen = np.zeros((steps, seats, 10), np.float32)
    width, height = truth[..., WIDTH] * np.exp(read("width")), truth[..., HEIGHT] * np.exp(read("height"))
    seen[..., SX] = truth[..., X] + truth[..., WIDTH] * (0.5 + read("x")) - width / 2
    seen[..., SY] = truth[..., Y] + truth[..., HEIGHT] * (0.5 + read("y")) - height / 2
    seen[..., SWIDTH], seen[..., SHEIGHT] = width, height
    seen[..., SYAW], seen[..., SPITCH], seen[..., SROLL] = read("yaw"), read("pitch"), read("roll")
    share = random.random((steps, seats))
    eye_bin = bin_of(truth[..., EYES], EYE_EDGES)
    reading = np.array(noise["eyes"]["reading"])
    place = share * (len(QUANTILES) - 1)
    low = np.minimum(place.astype(int), len(QUANTILES) - 2)
    value = reading[eye_bin, low] + (reading[eye_bin, low + 1] - reading[eye_bin, low]) * (place - low)
    unsaid = random.random((steps, seats)) < np.array(noise["eyes"]["unsaid"])[yaw_bin]
    seen[..., SEYES] = np.where(unsaid, -1, value)
    seen[..., SSCORE] = np.interp(random.random((steps, seats)), QUANTILES, noise["score"])
    chance = 1 / (1 + np.exp(-found_terms(truth) @ np.array(noise["found"]["weights"])))
    luck = slow(random, (steps, seats), 0.7)
    seen[..., FOUND] = luck < normal_quantile(chance)
    return seen * seen[..., :1]


def normal_quantile(p):
    """Acklam's idea in its simplest form: the logistic approximation, good to 0.02 where it matters here."""
    p = np.clip(p, 1e-4, 1 - 1e-4)
    return np.log(p / (1 - p)) / 1.702


if __name__ == "__main__":
    folder, file = sys.argv[1:]
    Path(file).write_text(json.dumps(measure(load(Path(folder))), indent=1) + "\n")

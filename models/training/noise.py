"""What the real perception gets wrong on drawn pixels: measured, kept as noise.json, and laid over exact truth.

Most of what is wrong with an angle belongs to the person: one drawn face is read as turned by half of what it is, another by
more than all of it, and always so. An error that is drawn anew for each look would be averaged away by a network and teach
it a trust that real looks do not deserve. So each reading has a curve that all share, a curve of its own for each person, and
a rest that varies slowly.

python noise.py LESSONS/seen noise.json
"""
import json
import sys
from pathlib import Path

import numpy as np
import torch

from lessons import (EYES, FOUND, HEIGHT, PITCH, ROLL, SEYES, SHEIGHT, SPITCH, SROLL, SSCORE, SWIDTH, SX, SY, SYAW,
                     VISIBLE, WIDTH, X, Y, YAW, Lesson, load)

# Held out of the measurement, so that the test tells how the network does on looks whose noise it never met.
HELD_OUT_HAIR, HELD_OUT_SKIN = "scarf", "#5f3a25"
READINGS = ["yaw", "pitch", "roll", "x", "y", "width", "height"]
LEVELS = np.linspace(0.005, 0.995, 41)
EYE_EDGES = [-0.01, 0.15, 0.4, 0.6, 0.8, 1.01]


def curve_terms(truth):
    """What all share: a cubic in yaw and pitch, flat beyond what was measured."""
    y, p, r = np.clip(truth[..., YAW], -75, 75) / 30, np.clip(truth[..., PITCH], -45, 30) / 20, truth[..., ROLL] / 15
    return np.stack([np.ones_like(y), y, p, r, y * y, p * p, y * p, y**3, p**3, y * y * p, y * p * p], -1)


def person_terms(truth):
    """What a person's own curve is made of."""
    return curve_terms(truth)[..., :7]


def doubt_terms(truth):
    """What makes a look better or worse: how far the head is turned, how small the face is, how much of it is hidden."""
    yaw = np.minimum(np.abs(truth[..., YAW]), 75) / 30
    return np.stack([np.ones_like(yaw), yaw, yaw**2, np.clip(truth[..., PITCH], -45, 30) / 20,
                     np.log2(np.maximum(truth[..., HEIGHT], 1e-3) / 0.08), 1 - truth[..., VISIBLE]], -1)


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
    noise = {"samples": int(len(truth)), "lessons": len(lessons), "people": len(np.unique(owner)),
             "found": {"share": float(found.mean()), "weights": logistic(doubt_terms(truth), found).tolist()}}

    t, s, k = truth[found], seen[found], step[found]
    person = np.unique(owner[found], return_inverse=True)[1]
    follows = (person[1:] == person[:-1]) & (k[1:] == k[:-1] + 1)
    box_truth = np.stack([t[:, X] + t[:, WIDTH] / 2, t[:, Y] + t[:, HEIGHT] / 2, t[:, WIDTH], t[:, HEIGHT]], -1)
    box_seen = np.stack([s[:, SX] + s[:, SWIDTH] / 2, s[:, SY] + s[:, SHEIGHT] / 2, s[:, SWIDTH], s[:, SHEIGHT]], -1)
    # Places in the truth's widths and heights; sizes as logarithms of ratios.
    values = dict(zip(READINGS, (
        s[:, SYAW], s[:, SPITCH], s[:, SROLL],
        (box_seen[:, 0] - box_truth[:, 0]) / box_truth[:, 2], (box_seen[:, 1] - box_truth[:, 1]) / box_truth[:, 3],
        np.log(box_seen[:, 2] / box_truth[:, 2]), np.log(box_seen[:, 3] / box_truth[:, 3]))))
    noise["readings"] = {}
    for name, value in values.items():
        weights = np.linalg.lstsq(curve_terms(t), value, rcond=None)[0]
        rest = value - curve_terms(t) @ weights
        spread, own = people(person_terms(t), rest, person)
        rest = rest - (person_terms(t) * own[person]).sum(-1)
        # How far off a look typically is: a regression of the logarithm of its square, so that few wild looks do not rule.
        doubt = ridge(doubt_terms(t), np.log(rest**2 + 1e-6 * rest.var()) / 2)
        rest = rest / np.exp(doubt_terms(t) @ doubt)
        noise["readings"][name] = {
            "curve": weights.tolist(), "people": spread.tolist(), "doubt": doubt.tolist(),
            "rest": np.quantile(rest, LEVELS).tolist(), "correlation": likeness(rank(rest), follows),
        }
        if name in ("yaw", "pitch", "roll"):
            column = {"yaw": YAW, "pitch": PITCH, "roll": ROLL}[name]
            noise["readings"][name]["meanError"] = float(np.abs(value - t[:, column]).mean())

    said = s[:, SEYES] >= 0
    eye_bin = bin_of(t[:, EYES], EYE_EDGES)
    luck = np.zeros(len(t))
    readings = []
    for number in range(len(EYE_EDGES) - 1):
        inside = said & (eye_bin == number)
        use = inside if inside.sum() > 10 else said
        readings.append(np.quantile(s[use, SEYES], LEVELS).tolist())
        luck[inside] = rank(s[inside, SEYES])
    noise["eyes"] = {"unsaid": logistic(doubt_terms(t), ~said).tolist(), "reading": readings,
                     **persistence(luck[said], person[said], (said[1:] & said[:-1] & follows)[said[1:]])}
    noise["score"] = {"reading": np.quantile(s[:, SSCORE], LEVELS).tolist(), **persistence(rank(s[:, SSCORE]), person, follows)}
    return noise


def people(terms, rest, person, rounds: int = 12):
    """A curve for each person: how these vary (covariance of the terms) and the most likely one of each (people × terms).

    Random effects by expectation and maximisation (Laird & Ware 1982), so that somebody who never turned round does not
    count as one who was read wrongly.
    """
    width = terms.shape[-1]
    count = person.max() + 1
    square, cross = np.zeros((count, width, width)), np.zeros((count, width))
    np.add.at(square, person, terms[:, :, None] * terms[:, None, :])
    np.add.at(cross, person, terms * rest[:, None])
    spread, noise = np.eye(width) * rest.var() / width, rest.var() / 2
    for _ in range(rounds):
        # Looks that follow each other are alike: five of them are worth about one.
        after = np.linalg.inv(square / (5 * noise) + np.linalg.inv(spread))
        own = np.einsum("nij,nj->ni", after, cross) / (5 * noise)
        spread = (np.einsum("ni,nj->ij", own, own) + after.sum(0)) / count + 1e-9 * np.eye(width)
        noise = np.mean((rest - (terms * own[person]).sum(-1)) ** 2)
    return spread, own


def rank(values):
    """As standard normal numbers of the same order."""
    order = np.argsort(np.argsort(values))
    return torch.special.ndtri(torch.from_numpy((order + 0.5) / len(values))).numpy()


def likeness(values, follows) -> float:
    """Correlation of one look with the next."""
    return float(np.clip(np.sum((values[1:] * values[:-1])[follows]) / np.sum((values[:-1] ** 2)[follows]), 0, 0.99))


def persistence(values, person, follows) -> dict:
    """Which share of the variance belongs to the person, and how alike the rest is from look to look."""
    count = np.maximum(np.bincount(person), 1)
    own = np.bincount(person, values) / count
    enough = count >= 20
    share = float(np.clip(own[enough].var() / values.var(), 0, 0.95))
    return {"own": share, "correlation": likeness(values - own[person], follows)}


def ridge(terms, values):
    return np.linalg.solve(terms.T @ terms + np.eye(terms.shape[-1]), terms.T @ values)


def logistic(terms, happened, much=1.0):
    """Weights by Newton's method, with a little ridge so that a term that never varies stays at 0."""
    weights = np.zeros(terms.shape[-1])
    for _ in range(25):
        p = 1 / (1 + np.exp(-terms @ weights))
        hessian = (terms * (p * (1 - p))[:, None]).T @ terms + much * np.eye(len(weights))
        weights += np.linalg.solve(hessian, terms.T @ (happened - p) - much * weights)
    return weights


def slow(random, shape, correlation):
    """Standard normal noise that is like itself a step later (an AR(1) process along the first axis)."""
    fresh = random.standard_normal(shape)
    keep, add = correlation, np.sqrt(1 - np.square(correlation))
    for step in range(1, shape[0]):
        fresh[step] = keep * fresh[step - 1] + add * fresh[step]
    return fresh


def lay_over(truth: np.ndarray, noise: dict, random: np.random.Generator) -> np.ndarray:
    """Truth (steps × seats × 12) as the perception might have seen it (steps × seats × 10)."""
    steps, seats = truth.shape[:2]
    shared, own, doubt = curve_terms(truth), person_terms(truth), doubt_terms(truth)
    # How strongly this room's camera shows all that, so that the network does not lean on one camera's exact noise.
    strength = random.uniform(0.7, 1.3)
    one = noise["readings"]
    correlations = [one[name]["correlation"] for name in READINGS]
    slowly = slow(random, (steps, seats, len(READINGS) + 3),
                  np.array([*correlations, noise["eyes"]["correlation"], noise["score"]["correlation"], 0.7]))
    # From normal to even numbers between 0 and 1.
    even = lambda z: torch.special.ndtr(torch.from_numpy(z)).numpy()

    def read(name):
        person = random.multivariate_normal(np.zeros(own.shape[-1]), np.array(one[name]["people"]), seats)
        rest = np.interp(even(slowly[..., READINGS.index(name)]), LEVELS, one[name]["rest"])
        rest = rest * np.exp(np.minimum(doubt @ np.array(one[name]["doubt"]), 4))
        return shared @ np.array(one[name]["curve"]) + strength * ((own * person).sum(-1) + rest)

    def level(part, place):
        share = noise[part]["own"]
        return even(np.sqrt(share) * random.standard_normal(seats) + np.sqrt(1 - share) * slowly[..., place])

    seen = np.zeros((steps, seats, 10), np.float32)
    width, height = truth[..., WIDTH] * np.exp(read("width")), truth[..., HEIGHT] * np.exp(read("height"))
    seen[..., SX] = truth[..., X] + truth[..., WIDTH] * (0.5 + read("x")) - width / 2
    seen[..., SY] = truth[..., Y] + truth[..., HEIGHT] * (0.5 + read("y")) - height / 2
    seen[..., SWIDTH], seen[..., SHEIGHT] = width, height
    seen[..., SYAW], seen[..., SPITCH], seen[..., SROLL] = read("yaw"), read("pitch"), read("roll")

    reading = np.array(noise["eyes"]["reading"])
    place = np.clip((level("eyes", -3) - LEVELS[0]) / (LEVELS[-1] - LEVELS[0]), 0, 1) * (len(LEVELS) - 1)
    low = np.minimum(place.astype(int), len(LEVELS) - 2)
    eye_bin = bin_of(truth[..., EYES], EYE_EDGES)
    value = reading[eye_bin, low] + (reading[eye_bin, low + 1] - reading[eye_bin, low]) * (place - low)
    chance = lambda weights: 1 / (1 + np.exp(-doubt @ np.array(weights)))
    # Whose eyes cannot be read at one look can mostly not be read at the next.
    unread = slow(random, (steps, seats), 0.8) < normal_quantile(chance(noise["eyes"]["unsaid"]))
    seen[..., SEYES] = np.where(unread, -1, value)
    seen[..., SSCORE] = np.interp(level("score", -2), LEVELS, noise["score"]["reading"])
    seen[..., FOUND] = slowly[..., -1] < normal_quantile(chance(noise["found"]["weights"]))
    return seen * seen[..., :1]


def normal_quantile(p):
    return torch.special.ndtri(torch.from_numpy(np.clip(p, 1e-4, 1 - 1e-4))).numpy()


if __name__ == "__main__":
    folder, file = sys.argv[1:]
    Path(file).write_text(json.dumps(measure(load(Path(folder))), indent=1) + "\n")

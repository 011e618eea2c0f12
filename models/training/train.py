"""Trains the attention network from nothing and writes the pack: two ONNX files, report.json, plots.

    python train.py LESSONS OUT [--minutes 28] [--seeds 2] [--tiny]

LESSONS is a folder that export.ts and measure.ts have filled. A GPU is used when there is one.
"""
import argparse
import json
import os
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

# One thread for each seed: the matrices are small, and a second thread waits more than it works.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
import torch
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy

from export import sha256, to_int8, to_onnx
from fit import Plan, fit
from lessons import ACTIVITIES, TARGETS, load
from losses import figures, gather
from features import ROOM_FEATURES, SEAT_FEATURES, STEP_FEATURES, STEPS
from network import Network, Size, describe
from plots import curves as draw_curves
from prune import pruned
from report import onnx_figures, speed
from shifts import best_threshold
from windows import QUERIES, Batch, Sighted, even_batches, sight, training_batch

HERE = Path(__file__).parent
SEATS = 320
"""In a batch: many small rooms or few large ones."""
ROOMS = 16
"""In a batch of validation."""
KEPT = 5
"""Every fifth lesson in pixels is kept for validation."""
REAL_SHARE = 0.5
"""Share of windows that real perception saw in pixels; the others are truth with the measured noise over it."""
PRUNED = Size(h=2, d_ff=64)
DEVICE = "cuda" if torch.cuda.is_available() else "cpu"


class Rooms:
    """Training batches without end: lessons by noise, seen anew all the time, and lessons by pixels."""

    def __init__(self, folder: Path, noise: dict, seed: int, most: int | None = None):
        self.random = np.random.default_rng(seed)
        self.noise = noise
        # By size, so that a batch holds rooms alike and little of it is padding.
        self.lessons = sorted(load(folder / "train")[:most], key=size_of)
        self.noisy = [sight(one, noise, self.random) for one in self.lessons]
        real = [one for number, one in enumerate(seen_lessons(folder)) if number % KEPT != KEPT - 1]
        self.real = [Sighted(one, one.seen) for one in sorted(real, key=size_of)]

    def batch(self) -> Batch:
        pool = self.real if self.real and self.random.random() < REAL_SHARE else self.noisy
        if pool is self.noisy:
            which = self.random.integers(len(self.lessons))
            self.noisy[which] = sight(self.lessons[which], self.noise, self.random)
        return on_device(training_batch(pool, SEATS, self.random))


def size_of(lesson) -> int:
    return lesson.truth.shape[1]


def seen_lessons(folder: Path):
    return load(folder / "seen") if (folder / "seen").exists() else []


def kept_lessons(folder: Path):
    return seen_lessons(folder)[KEPT - 1 :: KEPT]


def on_device(batch: Batch) -> Batch:
    return Batch(*(value.to(DEVICE) for value in vars(batch).values())) if DEVICE != "cpu" else batch


@dataclass
class Validation:
    """Other rooms than those of training, each window as it is and once more with students who sit as they like, so that a
    network that only watches for leaning is not the best."""
    noisy: list[Batch]
    """By the measured noise."""
    real: list[Batch]
    """Every fifth lesson of those that perception saw in pixels."""

    @property
    def all(self) -> list[Batch]:
        return self.noisy + self.real


def validation(folder: Path, noise: dict) -> Validation:
    random = np.random.default_rng(5)
    noisy = [sight(one, noise, random) for one in load(folder / "valid")]
    real = [Sighted(one, one.seen) for one in kept_lessons(folder)]
    batches = lambda sighted, every: [on_device(batch) for slouching in (False, True)
                                      for batch in even_batches(sighted, every, ROOMS, slouching=slouching)]
    return Validation(batches(noisy, 300), batches(real, 5))


def train_one(folder: Path, out: Path, seed: int, plan: Plan, most: int | None) -> dict:
    torch.manual_seed(seed)
    torch.set_num_threads(1)
    noise = json.loads((HERE / "noise.json").read_text())
    rooms, valid = Rooms(folder, noise, seed, most), validation(folder, noise).all
    network = Network().to(DEVICE)
    return fit(network, rooms.batch, lambda: valid, plan, out / f"curves-seed-{seed}.csv", f"seed {seed}")


def calibrate(network: Network, batches: list[Batch]) -> None:
    """Temperatures of targets and shifts, and what each target is told too often or too seldom, on a validation set."""
    rows = {name: torch.from_numpy(value) for name, value in gather(uncalibrated(network), batches).items()}
    heat, shift_heat, bias = torch.zeros(1, requires_grad=True), torch.zeros(1, requires_grad=True), torch.zeros(5, requires_grad=True)
    optimiser = torch.optim.LBFGS([heat, shift_heat, bias], max_iter=100)

    def off():
        optimiser.zero_grad()
        targets = cross_entropy(rows["logits"] / heat.exp() + bias, rows["target"])
        shifts = binary_cross_entropy_with_logits(rows["shift"] / shift_heat.exp(), rows["moved"].float())
        # A small price keeps what few rooms suggest from becoming a rule.
        loss = targets + shifts + 0.02 * bias.square().sum()
        loss.backward()
        return loss

    optimiser.step(off)
    with torch.no_grad():
        network.temperature.copy_(heat.exp())
        network.shift_temperature.copy_(shift_heat.exp())
        network.bias.copy_(bias - bias.mean())


def uncalibrated(network: Network) -> Network:
    """As it has to be while it is trained further."""
    network.temperature.fill_(1)
    network.shift_temperature.fill_(1)
    network.bias.zero_()
    return network


@torch.no_grad()
def deaf_to_air(network: Network) -> None:
    """Drawn students do not mind the air, so whatever was learnt of it is chance: out with it, and no sensor can move an
    answer. Further training on real lessons can still learn what it is worth."""
    network.embed_room.weight[:, ROOM_FEATURES.index("co2") :] = 0


# As gateway/protect counts focus unless told otherwise.
FOCUS = {"lecture": ["board", "desk"], "seatwork": ["desk", "screen"], "group": ["peer", "desk"], "exam": ["desk"]}


@torch.no_grad()
def room_error(network: Network, sighted: list[Sighted]) -> float:
    """How far off a room's focus is over a minute (root mean square over lessons): the error that more heads do not mend."""
    network.eval()
    off = []
    for one in sighted:
        for batch in even_batches([one], 8, 32):
            said = torch.softmax(network(batch.steps, batch.seen, batch.seats, batch.room, QUERIES)["target"], -1)
            activity = ACTIVITIES[int(batch.room[0, :5].argmax())]
            if activity == "break":
                continue
            counts = [TARGETS.index(name) for name in FOCUS[activity]]
            asked = batch.target >= 0
            there = sum((batch.target[asked] == k).float() for k in counts).mean()
            off.append(float(said[asked][:, counts].sum(-1).mean() - there))
    return float(np.sqrt(np.mean(np.square(off)))) if off else 0.1


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    arguments.add_argument("lessons", type=Path)
    arguments.add_argument("out", type=Path)
    arguments.add_argument("--minutes", type=float, default=28, help="for all seeds together, pruning included")
    arguments.add_argument("--seeds", type=int, default=2, help="trained side by side; the better one by validation goes on")
    arguments.add_argument("--tiny", action="store_true", help="a few batches of everything, to see that it runs")
    options = arguments.parse_args()
    folder, out = options.lessons, options.out
    out.mkdir(parents=True, exist_ok=True)
    noise = json.loads((HERE / "noise.json").read_text())
    seconds, most = options.minutes * 60, 6 if options.tiny else None
    batches = 6 if options.tiny else 10**9
    began = time.monotonic()

    plan = Plan(seconds=seconds * 0.8, most_batches=batches)
    torch.set_num_threads(1)
    seeds = list(range(1, options.seeds + 1))
    with ProcessPoolExecutor(options.seeds, mp_context=get_context("spawn")) as pool:
        bests = list(pool.map(train_one, *zip(*[(folder, out, seed, plan, most) for seed in seeds])))
    chosen = seeds[int(np.argmin([best["nll"] for best in bests]))]
    print(f"seed {chosen} is the better one", flush=True)

    kept = validation(folder, noise)
    # What runs in a gateway sees pixels: its confidence is set by them, where there are some.
    valid, seen = kept.all, kept.real or kept.all
    network = Network()
    network.load_state_dict(torch.load(out / f"curves-seed-{chosen}.pt", map_location="cpu"))
    calibrate(network, seen)
    stages = {"trained": figures(gather(network, valid))}

    rooms = Rooms(folder, noise, 100 + chosen, most)
    small = pruned(network, PRUNED.h, PRUNED.d_ff)
    calibrate(small, seen)
    stages["pruned, before fine-tuning"] = figures(gather(small, valid))
    short = Plan(seconds=seconds * 0.16, most_batches=batches, rate=4e-4, warm_up=0.05, look_every=40)
    uncalibrated(small)
    last = fit(small.to(DEVICE), rooms.batch, lambda: valid, short, out / "curves-pruned.csv", "pruned")
    deaf_to_air(small.cpu())
    calibrate(small, seen)
    stages["pruned"] = figures(gather(small, valid))

    write_pack(small, out, whole_lessons(folder, noise), rooms, valid, stages, {
        "seeds": dict(zip(map(str, seeds), bests)), "chosen": chosen, "pruned": last, "minutes": round((time.monotonic() - began) / 60, 1),
        "device": DEVICE, "lessons": len(rooms.lessons), "lessonsInPixels": len(rooms.real),
        "sizeBeforePruning": describe(Size()), "noise": {"samples": noise["samples"], "found": noise["found"]["share"],
            **{f"{angle}MeanError": noise["readings"][angle]["meanError"] for angle in ("yaw", "pitch", "roll")}},
    }, kept.real)
    draw_curves(out, seeds)


def whole_lessons(folder: Path, noise: dict) -> list[Sighted]:
    """Lessons of other rooms, played from end to end: those seen in pixels where there are some."""
    real = [Sighted(one, one.seen) for one in kept_lessons(folder)]
    return real or [sight(one, noise, np.random.default_rng(6)) for one in load(folder / "valid")[:4]]


def write_pack(network: Network, out: Path, whole: list[Sighted], rooms: Rooms, valid: list[Batch], stages: dict, training: dict, seen: list[Batch] | None = None) -> None:
    """ONNX float32 and int8, pack.json as the gateway reads it, report.json with what each step cost."""
    threshold, shift_f1 = best_threshold(network, whole)
    error = room_error(network, whole)
    torch.save({"size": describe(network.size), "state": network.state_dict()}, out / "attention.pt")
    float32, int8 = out / "attention.float32.onnx", out / "attention.int8.onnx"
    parity = to_onnx(network, valid[0], float32)
    to_int8(float32, [rooms.batch() for _ in range(12)], int8)
    stages["int8"] = onnx_figures(int8, valid)
    if seen:
        stages["int8, pixels only"] = onnx_figures(int8, seen)
    pack = {
        "name": "attention", "version": "1", "licence": "Apache-2.0",
        "steps": STEPS, "stepsPerSecond": 2, "stepFeatures": STEP_FEATURES, "seatFeatures": SEAT_FEATURES,
        "roomFeatures": ROOM_FEATURES, "targets": TARGETS, "activities": ACTIVITIES,
        "shiftThreshold": round(threshold, 3), "roomError": round(error, 3),
        "files": {name: {"file": file.name, "sha256": sha256(file), "bytes": file.stat().st_size}
                  for name, file in (("float32", float32), ("int8", int8))},
    }
    (out / "pack.json").write_text(json.dumps(pack, indent=2) + "\n")
    report = {
        "training": training, "size": describe(network.size), "parameters": sum(p.numel() for p in network.parameters()),
        "parityTorchOnnx": parity, "temperature": float(network.temperature), "shiftTemperature": float(network.shift_temperature),
        "shiftF1WithinOneSecond": shift_f1, "roomError": error, "validation": stages, "millisecondsFor32Seats": {"float32": speed(float32), "int8": speed(int8)},
    }
    (out / "report.json").write_text(json.dumps(report, indent=2) + "\n")
    print(json.dumps(report["validation"], indent=1), flush=True)


if __name__ == "__main__":
    main()

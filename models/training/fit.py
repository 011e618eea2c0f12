"""One network, trained from nothing or further. Progress goes to standard output, curves to a CSV file."""
import copy
import csv
import math
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Callable, Iterable

import torch

from losses import figures, gather, losses, total
from network import Network
from windows import QUERIES, Batch

FGSM_EVERY, FGSM_STEP = 6, 0.05
"""Every so many batches the input is moved by so much against the network (Goodfellow et al. 2015, arXiv:1412.6572)."""


@dataclass(frozen=True)
class Plan:
    seconds: float
    """Wall-clock budget; the learning rate comes down to a hundredth over it."""
    most_batches: int = 10**9
    rate: float = 2e-3
    weight_decay: float = 0.02
    warm_up: float = 0.04
    """Share of the budget during which the rate goes up."""
    look_every: float = 60.0
    """Seconds between validations."""
    patience: int = 8
    """Validations without a better one after which it stops."""


def fit(network: Network, batch: Callable[[], Batch], valid: Callable[[], Iterable[Batch]], plan: Plan, curves: Path, name: str) -> dict:
    """Trains in place, leaves the best weights by validation in it and returns that validation's figures, and what it cost."""
    decayed = [p for p in network.parameters() if p.ndim > 1]
    rest = [p for p in network.parameters() if p.ndim <= 1]
    optimiser = torch.optim.AdamW([{"params": decayed, "weight_decay": plan.weight_decay},
                                   {"params": rest, "weight_decay": 0.0}], lr=plan.rate, betas=(0.9, 0.98))
    began, looked, worked, count = time.monotonic(), time.monotonic(), time.process_time(), 0
    best, best_weights, worse = None, copy.deepcopy(network.state_dict()), 0
    running = {}
    with curves.open("w", newline="") as file:
        table = None
        while True:
            spent = max((time.monotonic() - began) / plan.seconds, count / plan.most_batches)
            last = spent >= 1
            if last or time.monotonic() - looked > plan.look_every:
                said = figures(gather(network, valid()))
                row = {"minutes": round((time.monotonic() - began) / 60, 2), "batches": count,
                       **{f"train_{k}": round(v, 4) for k, v in running.items()}, **{k: round(v, 4) for k, v in said.items()}}
                if table is None:
                    table = csv.DictWriter(file, row.keys())
                    table.writeheader()
                table.writerow({k: row.get(k) for k in table.fieldnames})
                file.flush()
                print(f"{name}: {row['minutes']:5.1f} min, {count} batches, loss {running.get('target', math.nan):.3f} | "
                      + ", ".join(f"{k} {v:.3f}" for k, v in said.items()), flush=True)
                if best is None or said["nll"] < best["nll"]:
                    best, best_weights, worse = said, copy.deepcopy(network.state_dict()), 0
                    # On disk too, so that a training that is broken off leaves something.
                    torch.save(best_weights, curves.with_suffix(".pt"))
                else:
                    worse += 1
                looked = time.monotonic()
                if last or worse >= plan.patience:
                    break
            warm = min(1.0, spent / plan.warm_up) if plan.warm_up else 1.0
            for group in optimiser.param_groups:
                group["lr"] = plan.rate * warm * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * min(1.0, spent))))
            one = batch()
            parts = step(network, optimiser, one, against=count % FGSM_EVERY == FGSM_EVERY - 1)
            for key, value in parts.items():
                running[key] = 0.98 * running.get(key, value) + 0.02 * value
            count += 1
    network.load_state_dict(best_weights)
    return {**best, "batches": count, "processorMinutes": round((time.process_time() - worked) / 60, 1)}


def step(network, optimiser, batch: Batch, against: bool) -> dict[str, float]:
    steps = batch.steps
    if against:
        steps = steps.clone().requires_grad_(True)
        loss = total(losses(network(steps, batch.seen, batch.seats, batch.room, QUERIES), batch))
        (slope,) = torch.autograd.grad(loss, steps)
        steps = (steps + FGSM_STEP * slope.sign()).detach()
    parts = losses(network(steps, batch.seen, batch.seats, batch.room, QUERIES), batch)
    optimiser.zero_grad()
    total(parts).backward()
    torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
    optimiser.step()
    return {key: float(value.detach()) for key, value in parts.items()}

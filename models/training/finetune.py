"""Trains a finished network further on labelled data of one's own, gently, and writes a pack.

    python finetune.py TABLE OUT [--from ../packs/attention/attention.pt] [--minutes 5]

TABLE is a CSV or Parquet file as table.py describes. A fifth of its sessions is kept for validation; the network of the
best validation is written, which is the one it started from if nothing made it better.
"""
import argparse
from pathlib import Path

import numpy as np
import torch

from fit import Plan, fit
from losses import figures, gather
from network import Network, Size
from table import read_table
from train import SEATS, calibrate, size_of, uncalibrated, write_pack
from windows import Sighted, even_batches, training_batch

RATE = 4e-5
"""A fiftieth of the rate of training."""
HERE = Path(__file__).parent


class Table:
    """Training batches from the lessons of a table, as `write_pack` wants them too."""

    def __init__(self, lessons):
        self.random = np.random.default_rng(1)
        self.real = [Sighted(one, one.seen) for one in sorted(lessons, key=size_of)]
        self.lessons = self.real

    def batch(self):
        return training_batch(self.real, SEATS, self.random)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    arguments.add_argument("table", type=Path)
    arguments.add_argument("out", type=Path)
    arguments.add_argument("--from", dest="start", type=Path, default=HERE.parent / "packs" / "attention" / "attention.pt")
    arguments.add_argument("--minutes", type=float, default=5)
    options = arguments.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    saved = torch.load(options.start)
    network = Network(Size(**saved["size"]))
    network.load_state_dict(saved["state"])
    sessions = list(read_table(options.table).values())
    if len(sessions) < 2:
        raise SystemExit("fine-tuning needs two sessions at least: one is kept for validation")
    kept = sessions[:: max(2, min(5, len(sessions)))]
    held = [Sighted(one, one.seen) for one in kept]
    valid = [*even_batches(held, 4, 16)]
    if not valid:
        raise SystemExit("the sessions kept for validation are shorter than a window of 30 s")
    stages = {"before fine-tuning": figures(gather(network, valid))}
    table = Table([one for one in sessions if not any(one is other for other in kept)])
    uncalibrated(network)
    plan = Plan(seconds=options.minutes * 60, rate=RATE, warm_up=0.1, look_every=max(2.0, options.minutes * 4))
    fit(network, table.batch, lambda: valid, plan, options.out / "curves-fine-tuning.csv", "fine-tuning")
    calibrate(network, valid)
    stages["fine-tuned"] = figures(gather(network, valid))
    write_pack(network, options.out, held, table, valid, stages, {
        "fineTunedFrom": options.start.name, "sessions": len(sessions), "rate": RATE, "minutes": options.minutes,
    })


if __name__ == "__main__":
    main()

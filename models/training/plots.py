"""Curves as pictures."""
import csv
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402  (the backend must be chosen first)


def curves(out: Path, seeds: list[int]) -> None:
    figure, panels = plt.subplots(1, 3, figsize=(12, 3.4), constrained_layout=True)
    for panel, key, title in zip(panels, ("nll", "macroF1", "ece"),
                                 ("Surprise per seat (nats)", "Targets, macro-F1", "Calibration error")):
        for seed in seeds:
            rows = list(csv.DictReader((out / f"curves-seed-{seed}.csv").open()))
            panel.plot([float(r["minutes"]) for r in rows], [float(r[key]) for r in rows], marker=".", label=f"seed {seed}")
        panel.set_title(title)
        panel.set_xlabel("minutes")
        panel.grid(alpha=0.3)
    panels[0].legend()
    figure.suptitle("Validation on other rooms while training")
    figure.savefig(out / "curves.png", dpi=110)

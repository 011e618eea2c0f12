"""Lessons as the TypeScript exporter writes them (models/attention/export.ts and measure.ts).

A lesson is what is exactly true of every seat twice a second, and for some lessons also what the real perception
saw of it in drawn pictures.
"""
import json
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

TARGETS = ["board", "desk", "screen", "peer", "away"]
ACTIVITIES = ["lecture", "seatwork", "group", "exam", "break"]
STEP_SECONDS = 0.5

# Columns of the truth (steps × seats × 12) and of what was seen (steps × seats × 10).
X, Y, WIDTH, HEIGHT, YAW, PITCH, ROLL, EYES, VISIBLE, TARGET, FROM, TO = range(12)
FOUND, SX, SY, SWIDTH, SHEIGHT, SYAW, SPITCH, SROLL, SEYES, SSCORE = range(10)


@dataclass
class Lesson:
    truth: np.ndarray
    """steps × seats × 12."""
    activity: np.ndarray
    """Index into ACTIVITIES, by step; -1 where nobody said."""
    kind: str
    seats: list = field(default_factory=list)
    """Row, skin, hair and glasses of each seat's student."""
    seen: np.ndarray | None = None
    """steps × seats × 10 from real perception, where it was run."""

    @property
    def target(self) -> np.ndarray:
        return self.truth[..., TARGET].astype(np.int64)

    @property
    def shift(self) -> np.ndarray:
        """steps × seats × 2: from and to of the shift that began in the last half second, or -1."""
        return self.truth[..., [FROM, TO]].astype(np.int64)


def load(folder: Path) -> list[Lesson]:
    lessons = []
    for card_file in sorted(folder.glob("*.json")):
        card = json.loads(card_file.read_text())
        seen_file = card_file.with_suffix(".seen.npy")
        lessons.append(
            Lesson(
                truth=np.load(card_file.with_suffix(".npy")),
                activity=np.array(card["activity"]),
                kind=card["kind"],
                seats=card["seats"],
                seen=np.load(seen_file) if seen_file.exists() else None,
            )
        )
    if not lessons:
        raise SystemExit(f"there are no lessons in {folder}; README.md says how to export them")
    return lessons

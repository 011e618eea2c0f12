"""Labelled data of one's own, as a table: one row for each face at each moment. CSV, or Parquet where pyarrow is installed.

    session, seat, time, x, y, width, height, yaw, pitch, roll, eyes_open, score, target, activity

session   any text; what is split into training and validation
seat      any text; a place, never a name
time      seconds; looks are put on a grid of two a second
x … height  the face's box, shares of the picture from the top left; yaw, pitch, roll in degrees as in gateway/terms.ts
eyes_open 0–1, or empty; score 0–1, or empty for 1
target    board, desk, screen, peer or away; empty where nobody has said
activity  lecture, seatwork, group, exam or break; empty where nobody has said

The faces are what `focus-gateway analyse --views --json` prints; labels come from a person who watched the recording.
"""
import csv
from pathlib import Path

import numpy as np

from lessons import ACTIVITIES, FOUND, FROM, STEP_SECONDS, SX, TARGET, TARGETS, TO, Lesson
from windows import shifts_of

NEEDED = ["session", "seat", "time", "x", "y", "width", "height", "yaw", "pitch", "roll"]


def read_table(file: Path) -> dict[str, Lesson]:
    """Lessons by session. Stops with a sentence for whoever made the table."""
    rows = read_parquet(file) if file.suffix == ".parquet" else list(csv.DictReader(file.open(newline="")))
    if not rows:
        raise SystemExit(f"{file} has no rows")
    missing = [name for name in NEEDED if name not in rows[0]]
    if missing:
        raise SystemExit(f"{file} has no column {', '.join(missing)}; table.py lists them all")
    sessions: dict[str, list[dict]] = {}
    for row in rows:
        sessions.setdefault(row["session"], []).append(row)
    return {name: lesson_of(file, own) for name, own in sessions.items()}


def read_parquet(file: Path) -> list[dict]:
    try:
        import pyarrow.parquet as parquet
    except ImportError:
        raise SystemExit("Parquet needs pyarrow: pip install pyarrow, or bring a CSV") from None
    return [{key: "" if value is None else str(value) for key, value in row.items()} for row in parquet.read_table(file).to_pylist()]


def lesson_of(file: Path, rows: list[dict]) -> Lesson:
    seats = sorted({row["seat"] for row in rows})
    start = min(float(row["time"]) for row in rows)
    step_of = lambda row: int((float(row["time"]) - start) / STEP_SECONDS)
    steps = 1 + max(step_of(row) for row in rows)
    seen = np.zeros((steps, len(seats), 10), np.float32)
    truth = np.zeros((steps, len(seats), 12), np.float32)
    truth[..., [TARGET, FROM, TO]] = -1
    activity = np.full(steps, -1)
    for row in rows:
        step, seat = step_of(row), seats.index(row["seat"])
        eyes, score = row.get("eyes_open") or "-1", row.get("score") or "1"
        seen[step, seat, FOUND] = 1
        seen[step, seat, SX:] = [float(row[name]) for name in NEEDED[3:]] + [float(eyes), float(score)]
        truth[step, seat, TARGET] = index_of(file, TARGETS, row.get("target"))
        activity[step] = index_of(file, ACTIVITIES, row.get("activity"))
    truth[..., [FROM, TO]] = shifts_of(truth[..., TARGET].astype(int))
    return Lesson(truth=truth, activity=activity, kind="table", seen=seen)


def index_of(file: Path, names: list[str], value: str | None) -> int:
    if not value:
        return -1
    if value not in names:
        raise SystemExit(f'{file}: "{value}" is none of {", ".join(names)}')
    return names.index(value)

"""From what was seen of a room to what the network takes. gateway/attend/network/features.ts does the same, live;
a fixture made here (fixture.py) holds the two together."""
import numpy as np

from lessons import FOUND, SEYES, SHEIGHT, SPITCH, SROLL, SSCORE, SWIDTH, SX, SY, SYAW

STEPS = 60
"""Length of the window: 30 s at 2 Hz."""
TOGETHER = 2
"""Looks that the network takes together as one moment, a second: half as many moments cost half as much."""
MOMENTS = STEPS // TOGETHER
STEP_FEATURES = ["yaw", "pitch", "roll", "eyesOpen", "eyesKnown", "score", "size", "across", "down", "yawMotion",
                 "pitchMotion", "yawFromUsual", "pitchFromUsual"]
SEAT_FEATURES = ["x", "y", "width", "usualYaw", "usualPitch", "yawSpread", "pitchSpread", "known"]
ROOM_FEATURES = ["lecture", "seatwork", "group", "exam", "break", "activityKnown", "co2", "co2Known", "noise", "noiseKnown",
                 "light", "lightKnown", "temperature", "temperatureKnown"]
HALF_LIFE_STEPS = 1200
"""What is usual for a seat fades with a half-life of ten minutes."""
SPREAD_PRIOR = 10.0
"""A seat seen for the first time is taken to move by so many degrees; weighs as one look."""


def usual(seen: np.ndarray, every: int = 1) -> np.ndarray:
    """What is usual for each seat: seats × 9 (x, y, log2 width, log2 height, yaw, pitch, their variances, looks).

    seen: steps × seats × 10. Later looks weigh more; a seat never seen has 0 looks. `every`: each row stands for so
    many steps, where only some are given to save time.
    """
    found = seen[..., FOUND]
    age = np.arange(len(seen))[::-1] * every
    weight = every * found * (0.5 ** (age / HALF_LIFE_STEPS))[:, None]
    looks = weight.sum(0)
    safe = np.maximum(looks, 1e-6)
    mean = lambda value: (weight * value).sum(0) / safe
    positive = lambda value: np.log2(np.maximum(value, 1e-4))
    yaw, pitch = mean(seen[..., SYAW]), mean(seen[..., SPITCH])
    spread = lambda value, middle: (weight * (value - middle) ** 2).sum(0)
    variance = lambda value, middle: (spread(value, middle) + SPREAD_PRIOR**2) / (looks + 1)
    return np.stack([mean(seen[..., SX] + seen[..., SWIDTH] / 2), mean(seen[..., SY] + seen[..., SHEIGHT] / 2),
                     mean(positive(seen[..., SWIDTH])), mean(positive(seen[..., SHEIGHT])), yaw, pitch,
                     variance(seen[..., SYAW], yaw), variance(seen[..., SPITCH], pitch), looks], -1)


def seat_features(known: np.ndarray) -> np.ndarray:
    """seats × 8 from `usual`."""
    x, y, width, _, yaw, pitch, yaw_variance, pitch_variance, looks = known.T
    return np.stack([2 * x - 1, 2 * y - 1, width + 5, yaw / 30, pitch / 20, np.sqrt(yaw_variance) / 20,
                     np.sqrt(pitch_variance) / 12, looks / (looks + 60)], -1).astype(np.float32)


def step_features(seen: np.ndarray, known: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """seats × steps × 13, and the mask seats × steps: 1 where a face was found. Rows under a 0 are zero and are never read.

    seen: steps × seats × 10; known: from `usual`.
    """
    found = seen[..., FOUND] > 0
    x, y, width, height, yaw, pitch, *_ = known.T
    eyes_known = seen[..., SEYES] >= 0
    safe_height = np.maximum(seen[..., SHEIGHT], 1e-4)
    before_yaw, before_pitch = last_seen(seen[..., SYAW], found), last_seen(seen[..., SPITCH], found)
    rows = np.stack([
        seen[..., SYAW] / 30,
        seen[..., SPITCH] / 20,
        seen[..., SROLL] / 15,
        np.where(eyes_known, 2 * seen[..., SEYES] - 1, 0),
        eyes_known,
        (seen[..., SSCORE] - 0.85) / 0.15,
        4 * (np.log2(safe_height) - height),
        2 * (seen[..., SX] + seen[..., SWIDTH] / 2 - x) / 2**width,
        2 * (seen[..., SY] + seen[..., SHEIGHT] / 2 - y) / 2**height,
        (seen[..., SYAW] - before_yaw) / 20,
        (seen[..., SPITCH] - before_pitch) / 15,
        (seen[..., SYAW] - yaw) / 20,
        (seen[..., SPITCH] - pitch) / 12,
    ], -1)
    rows = np.clip(np.where(found[..., None], rows, 0), -6, 6).astype(np.float32)
    return rows.swapaxes(0, 1), found.T.astype(np.float32)


def last_seen(value: np.ndarray, found: np.ndarray) -> np.ndarray:
    """The value at the last step before at which a face was found; the value itself at the first."""
    steps = np.arange(len(value))[:, None]
    latest = np.maximum.accumulate(np.where(found, steps, -1), 0)
    before = np.vstack([np.full((1, value.shape[1]), -1), latest[:-1]])
    return np.where(before >= 0, np.take_along_axis(value, np.maximum(before, 0), 0), value)


AIR = {"co2": (400, 3000), "noise": (30, 80), "light": (30, 2000), "temperature": (15, 30)}
"""Between what and what the network has seen each: ppm, dB, lx, °C. What a sensor says beyond is taken for the end of it."""


def room_features(activity: int, environment: dict | None = None) -> np.ndarray:
    """14 numbers. activity: index, or -1 for unknown. environment: the quantities of AIR, as far as known."""
    out = np.zeros(len(ROOM_FEATURES), np.float32)
    if activity >= 0:
        out[activity] = out[5] = 1
    scale = {"co2": lambda v: v / 1000 - 1, "noise": lambda v: (v - 50) / 20, "light": lambda v: np.log10(v) - 2.5,
             "temperature": lambda v: (v - 21) / 5}
    for index, (name, to) in enumerate(scale.items()):
        value = (environment or {}).get(name)
        if value is not None and np.isfinite(value):
            out[6 + 2 * index], out[7 + 2 * index] = to(np.clip(value, *AIR[name])), 1
    return out

"""Windows cut from lessons at random, with what can happen to them: the augmentation speaks in terms of rooms and cameras."""
from dataclasses import dataclass

import numpy as np
import torch

from features import AIR, MOMENTS, STEPS, TOGETHER, room_features, seat_features, step_features, usual
from lessons import FOUND, SEYES, SHEIGHT, SPITCH, SROLL, SWIDTH, SX, SY, SYAW, Lesson
from noise import lay_over, slow

QUERIES = list(range(MOMENTS - 8, MOMENTS))
"""Moments of a window that are asked about: the last eight seconds. One window teaches several answers."""
SHIFT_STEPS = 3
"""A shift is to be told at the look at which it began, or at one of the two after it: within a second."""
SLOUCHING = 0.6
"""Share of windows in which students sit as they like (`slouch`)."""


@dataclass
class Sighted:
    """A lesson as perception saw it, once."""
    lesson: Lesson
    seen: np.ndarray
    """steps × seats × 10."""


@dataclass
class Batch:
    steps: torch.Tensor
    seen: torch.Tensor
    seats: torch.Tensor
    room: torch.Tensor
    target: torch.Tensor
    """rooms × seats × queries, -1 where nothing is to be said."""
    shift: torch.Tensor
    """rooms × seats × queries × 2: from and to, -1 where there was none."""
    share: torch.Tensor
    """rooms × queries × 5: where the class attends, the unseen included."""
    synchrony: torch.Tensor


def sight(lesson: Lesson, noise: dict, random: np.random.Generator) -> Sighted:
    """Real sight where there is one, measured noise over the truth elsewhere."""
    return Sighted(lesson, lesson.seen if lesson.seen is not None else lay_over(lesson.truth, noise, random))


def cut(sighted: Sighted, end: int, random: np.random.Generator | None, lost: float = 0.0, slouching: bool = False):
    """The window that ends with step `end` (exclusive). With `random` it is augmented; `lost` takes that share of faces away."""
    lesson = sighted.lesson
    start = max(0, end - STEPS)
    past = sighted.seen[:end]
    index = np.arange(start, end)
    if random is not None and random.random() < 0.5:
        index = np.clip(np.round(end - 1 - np.arange(len(index))[::-1] * random.uniform(0.8, 1.2)).astype(int), 0, end - 1)
    window = past[index].copy()
    # What is usual is known from before the questions begin; every fourth look is enough to know it.
    known_until = max(1, end - (STEPS - TOGETHER * QUERIES[0])) if random is not None else end
    known = usual(past[known_until % 4 : known_until : 4], 4) if known_until > 240 else usual(past[:known_until])
    never = known[:, 8] == 0
    if never.any():
        known[never] = usual(window)[never]
    camera = random_camera(random, window.shape[1]) if random is not None else None
    if random is not None:
        lost = random.uniform(0, 0.4) if random.random() < 0.6 else 0.0
        window[..., SYAW:SEYES] += random.normal(0, 0.7, window[..., SYAW:SEYES].shape)
        if random.random() < 0.25:
            # A camera that has only just been set up knows little of what is usual.
            shrunk = usual(window[: max(2, int(random.integers(4, STEPS)))])
            known = np.where(shrunk[:, 8:] > 0, shrunk, known)
    if slouching or (random is not None and random.random() < SLOUCHING):
        window = slouch(window, known, random or np.random.default_rng(end))
    window = lose(window, lost, random or np.random.default_rng(end))
    if camera is not None:
        window, known = move_camera(window, known, *camera)
    target = lesson.target[index]
    shift = lesson.shift[index] if len(np.unique(index)) == len(index) else shifts_of(target)
    # Nobody is asked about at a moment at which they are not seen.
    return window, known, np.where(window[..., FOUND] > 0, target, -1), shift, target, lesson.activity[end - 1]


def shifts_of(target):
    """From and to of each change of target between one step and the next, where both were labelled."""
    out = np.full((*target.shape, 2), -1)
    changed = (target[1:] != target[:-1]) & (target[1:] >= 0) & (target[:-1] >= 0)
    out[1:][changed] = np.stack([target[:-1][changed], target[1:][changed]], -1)
    return out


def slouch(window, known, random):
    """Drawn students lean over whatever they read, all alike, and never otherwise. Here some do, some never, some whenever
    they like: without this the network takes leaning for reading and little else."""
    seats = window.shape[1]
    gain = np.where(random.random(seats) < 0.4, 0.0, random.uniform(0, 1.2, seats))
    own = lambda spread: slow(random, window.shape[:2], 0.96) * spread * random.uniform(0, 1, seats)
    x, y, width, height = known.T[:4]
    across = (window[..., SX] + window[..., SWIDTH] / 2 - x) * gain + own(0.12) * 2**width
    down = (window[..., SY] + window[..., SHEIGHT] / 2 - y) * gain + own(0.25) * 2**height
    nearer = own(0.06)
    window = window.copy()
    for column, usual_size in ((SWIDTH, width), (SHEIGHT, height)):
        off = np.log2(np.maximum(window[..., column], 1e-4)) - usual_size
        window[..., column] = 2 ** (usual_size + off * gain + nearer)
    window[..., SX] = x + across - window[..., SWIDTH] / 2
    window[..., SY] = y + down - window[..., SHEIGHT] / 2
    return window * window[..., :1]


def random_camera(random, seats):
    """Turned and read otherwise as a whole, and each face a little otherwise again."""
    mirrored = random.random() < 0.5
    turn = random.normal(0, [[3.0], [4.0], [1.5]]) + random.normal(0, [[1.5], [1.5], [0.8]], (3, seats))
    gain = random.normal(1, [[0.06], [0.08]]) + random.normal(0, 0.06, (2, seats))
    zoom, move = np.exp(random.normal(0, 0.15)), random.normal(0, 0.05, 2)
    return mirrored, turn, gain, zoom, move


def move_camera(window, known, mirrored, turn, gain, zoom, move):
    window, known = window.copy(), known.copy()
    for array, yaw, pitch, sizes in ((window, SYAW, SPITCH, (SWIDTH, SHEIGHT)), (known, 4, 5, None)):
        array[..., yaw] = array[..., yaw] * gain[0] + turn[0]
        array[..., pitch] = array[..., pitch] * gain[1] + turn[1]
        if sizes:
            middle = [array[..., SX] + array[..., SWIDTH] / 2, array[..., SY] + array[..., SHEIGHT] / 2]
            array[..., sizes[0]] *= zoom
            array[..., sizes[1]] *= zoom
            array[..., SX] = 0.5 + (middle[0] - 0.5) * zoom + move[0] - array[..., SWIDTH] / 2
            array[..., SY] = 0.5 + (middle[1] - 0.5) * zoom + move[1] - array[..., SHEIGHT] / 2
            array[..., SROLL] += turn[2]
        else:
            array[..., 0] = 0.5 + (array[..., 0] - 0.5) * zoom + move[0]
            array[..., 1] = 0.5 + (array[..., 1] - 0.5) * zoom + move[1]
            array[..., 2:4] += np.log2(zoom)
            array[..., 6] *= gain[0] ** 2
            array[..., 7] *= gain[1] ** 2
    if mirrored:
        window[..., SX] = 1 - window[..., SX] - window[..., SWIDTH]
        window[..., [SYAW, SROLL]] *= -1
        known[..., 0] = 1 - known[..., 0]
        known[..., 4] *= -1
    return window * window[..., :1], known


def lose(window, share, random):
    """Takes faces away: half of them one by one, half for a few seconds on end (somebody stands before the camera)."""
    if share <= 0:
        return window
    alone = random.random(window.shape[:2]) < share / 2
    # Runs of six steps on average (3 s), covering the other half.
    gone = np.zeros(window.shape[:2], bool)
    state = random.random(window.shape[1]) < share / 2
    enter = (share / 2) / (1 - share / 2) / 6
    for step in range(window.shape[0]):
        luck = random.random(window.shape[1])
        state = np.where(state, luck > 1 / 6, luck < enter)
        gone[step] = state
    return window * ~(alone | gone)[..., None]


def collate(cuts: list) -> Batch:
    rooms, most = len(cuts), max(one[0].shape[1] for one in cuts)
    steps, seen = np.zeros((rooms, most, STEPS, 13), np.float32), np.zeros((rooms, most, STEPS), np.float32)
    seats, room = np.zeros((rooms, most, 8), np.float32), np.zeros((rooms, 14), np.float32)
    target = np.full((rooms, most, len(QUERIES)), -1)
    shift = np.full((rooms, most, len(QUERIES), 2), -1)
    share, synchrony = np.zeros((rooms, len(QUERIES), 5), np.float32), np.zeros((rooms, len(QUERIES)), np.float32)
    for number, (window, known, asked, moved, truth, activity) in enumerate(cuts):
        count, length = window.shape[1], window.shape[0]
        rows, mask = step_features(window, known)
        steps[number, :count, STEPS - length :], seen[number, :count, STEPS - length :] = rows, mask
        seats[number, :count] = seat_features(known)
        room[number] = activity if isinstance(activity, np.ndarray) else room_features(int(activity))
        for place, query in enumerate(QUERIES):
            # The last look of the moment.
            at = TOGETHER * query + TOGETHER - 1 - (STEPS - length)
            if at < 0:
                continue
            target[number, :count, place] = asked[at]
            recent = moved[max(0, at - SHIFT_STEPS + 1) : at + 1]
            for one in recent:
                shift[number, :count, place] = np.where(one[:, :1] >= 0, one, shift[number, :count, place])
            counts = np.bincount(truth[at][truth[at] >= 0], minlength=5).astype(np.float64)
            share[number, place] = counts / max(1, counts.sum())
            synchrony[number, place] = (counts * (counts - 1)).sum() / max(1, counts.sum() * (counts.sum() - 1))
    to = torch.from_numpy
    return Batch(to(steps), to(seen), to(seats), to(room), to(target), to(shift), to(share), to(synchrony))


def any_room(activity: int, random: np.random.Generator) -> np.ndarray:
    """The room's context with gaps: drawn students do not mind the air, so its values are any, and say nothing."""
    said = activity if random.random() < 0.7 else -1
    value = {name: np.exp(random.uniform(*np.log(span))) for name, span in AIR.items()}
    return room_features(said, {name: v for name, v in value.items() if random.random() < 0.5})


def training_batch(sighted: list[Sighted], seats: int, random: np.random.Generator) -> Batch:
    """Windows from rooms of about one size, about so many seats in all. `sighted` is sorted by size."""
    anchor, reach = random.integers(len(sighted)), max(1, len(sighted) // 8)
    near = sighted[max(0, anchor - reach) : anchor + reach + 1]
    cuts = []
    for _ in range(max(4, seats // sighted[anchor].seen.shape[1])):
        one = near[random.integers(len(near))]
        window, known, asked, moved, truth, activity = cut(one, int(random.integers(20, len(one.seen) + 1)), random)
        cuts.append((window, known, asked, moved, truth, any_room(int(activity), random)))
    return collate(cuts)


def even_batches(sighted: list[Sighted], every: int, rooms: int, lost: float = 0.0, slouching: bool = False):
    """All lessons, a window each `every` steps, as they are (but for faces lost, and for how students sit)."""
    cuts = []
    for one in sighted:
        for end in range(STEPS, len(one.seen) + 1, every):
            cuts.append(cut(one, end, None, lost, slouching))
            if len(cuts) == rooms:
                yield collate(cuts)
                cuts = []
    if cuts:
        yield collate(cuts)


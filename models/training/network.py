"""The attention network, in the words of "Attention Is All You Need" (Vaswani et al. 2017, arXiv:1706.03762).

    looks ──▶ seconds ──▶ temporal attention per seat (2 layers) ──▶ attention across seats (2 layers) ──▶ target of each seat
                                    │   α: which seconds                          │
                                    └──▶ transfer head, β: which seconds ─────────┴──▶ shift, from what, to what
"""
import math
from dataclasses import asdict, dataclass

import torch
from torch import Tensor, nn

from features import MOMENTS, ROOM_FEATURES, SEAT_FEATURES, STEP_FEATURES, TOGETHER

NEVER = -1e4
"""Added to a score that must not count. Finite, so that a row with nothing to look at is even and not NaN."""


@dataclass(frozen=True)
class Size:
    d_model: int = 48
    h: int = 3
    d_k: int = 16
    d_ff: int = 96
    d_transfer: int = 16
    moments: int = MOMENTS


class Attention(nn.Module):
    """softmax(QKᵀ/√d_k + bias)V for h heads. queries: N × n × d_model, keys: N × m × d_model, bias: what broadcasts to N × h × n × m.

    Returns N × n × d_model and the weights N × h × n × m. Tokens are laid flat for the projections, and only N is left to
    be found out, because that is what ONNX Runtime is quickest with.
    """

    def __init__(self, d_model: int, h: int, d_k: int):
        super().__init__()
        self.h, self.d_k = h, d_k
        self.query = nn.Linear(d_model, h * d_k)
        self.key = nn.Linear(d_model, h * d_k)
        self.value = nn.Linear(d_model, h * d_k)
        self.out = nn.Linear(h * d_k, d_model)

    def forward(self, queries: Tensor, keys: Tensor, bias: Tensor, n: int | Tensor, m: int | Tensor) -> tuple[Tensor, Tensor]:
        heads = lambda project, x, rows: flat(project, x).reshape(-1, rows, self.h, self.d_k).transpose(1, 2)
        q, k, v = heads(self.query, queries, n), heads(self.key, keys, m), heads(self.value, keys, m)
        weights = torch.softmax(q @ k.transpose(-1, -2) / math.sqrt(self.d_k) + bias, -1)
        seen = (weights @ v).transpose(1, 2).reshape(-1, self.h * self.d_k)
        return self.out(seen).reshape(-1, n, self.out.out_features), weights


def flat(layer: nn.Module, x: Tensor) -> Tensor:
    """The layer over all tokens at once: tokens × features. Sizes are taken from the layer: an export traces those of tensors."""
    first = layer[0] if isinstance(layer, nn.Sequential) else layer
    return layer(x.reshape(-1, first.in_features))


class Layer(nn.Module):
    """Attention and feed-forward, each with its residual and the norm before it (Xiong et al. 2020, arXiv:2002.04745)."""

    def __init__(self, size: Size, dropout: float):
        super().__init__()
        self.norm, self.norm_ff = nn.LayerNorm(size.d_model), nn.LayerNorm(size.d_model)
        self.attention = Attention(size.d_model, size.h, size.d_k)
        self.ff = nn.Sequential(nn.Linear(size.d_model, size.d_ff), nn.ReLU(), nn.Linear(size.d_ff, size.d_model))
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor, bias: Tensor, m: int | Tensor, asking: list[int] | None = None) -> tuple[Tensor, Tensor]:
        """x: N × m × d_model; `asking`: the places that ask, all of them where it is left out."""
        keys = queries = self.norm(x)
        n = m
        if asking is not None:
            # A slice rather than a gathering where it is one: ONNX Runtime is quicker with it.
            n, at = len(asking), asking if len(asking) > 1 else slice(asking[0], asking[0] + 1)
            queries, x = keys[:, at], x[:, at]
        seen, weights = self.attention(queries, keys, bias, n, m)
        x = x + self.dropout(seen)
        return x + self.dropout(flat(self.ff, self.norm_ff(x)).reshape(-1, n, self.ff[2].out_features)), weights


class Network(nn.Module):
    def __init__(self, size: Size = Size(), dropout: float = 0.1):
        super().__init__()
        self.size = size
        d = size.d_model
        # Two looks make a moment. Each brings its features and whether it is there at all, which is the bias of its embedding.
        self.embed_moment = nn.Linear(TOGETHER * (len(STEP_FEATURES) + 1), d, bias=False)
        self.embed_seat = nn.Linear(len(SEAT_FEATURES), d)
        self.embed_room = nn.Linear(len(ROOM_FEATURES), d)
        self.first, self.second = Layer(size, dropout), Layer(size, dropout)
        # How much a look counts by its age, learnt per head (Shaw et al. 2018, arXiv:1803.02155, as a plain bias).
        slopes = torch.tensor([2.0 ** -(1 + 2 * i) for i in range(size.h)])
        ages = TOGETHER * torch.arange(size.moments, dtype=torch.float32)
        self.age_first = nn.Parameter(-slopes[:, None] * ages)
        self.age_second = nn.Parameter(-slopes[:, None] * ages)
        self.age_transfer = nn.Parameter(-0.3 * ages[None])
        self.across = nn.ModuleList([Layer(size, dropout), Layer(size, dropout)])
        self.transfer = Attention(d, 1, size.d_transfer)
        self.norm_seat, self.norm_moment, self.norm_room = nn.LayerNorm(d), nn.LayerNorm(d), nn.LayerNorm(d)
        self.target = nn.Sequential(nn.Linear(d, d), nn.ReLU(), nn.Linear(d, 5))
        self.shift = nn.Sequential(nn.Linear(2 * d, d), nn.ReLU(), nn.Linear(d, 11))
        self.room_out = nn.Linear(d, 6)
        # Set on the validation set after training (Guo et al. 2017, arXiv:1706.04599), never by gradient.
        self.register_buffer("temperature", torch.ones(1))
        self.register_buffer("bias", torch.zeros(5))
        self.register_buffer("shift_temperature", torch.ones(1))

    def by_age(self, table: Tensor, queries: list[int]) -> Tensor:
        """h × queries × moments: the learnt bias by age, and NEVER for what lies ahead."""
        age = torch.tensor(queries)[:, None] - torch.arange(self.size.moments)[None]
        return torch.where(age >= 0, table[:, age.clamp(min=0)], torch.full((), NEVER))

    def forward(self, steps: Tensor, seen: Tensor, seats: Tensor, room: Tensor, queries: list[int]) -> dict[str, Tensor]:
        """What each seat attends to at the end of each of the moments `queries`.

        steps: rooms × seats × steps × 13; seen: rooms × seats × steps, 1 where a face was found;
        seats: rooms × seats × 8; room: rooms × 14.
        A seat with nothing seen is taken to be no seat. Logits come out: rooms × seats × queries × …
        """
        rooms, asked, length, d = steps.shape[0], len(queries), self.size.moments, self.size.d_model
        # From here on the seats of all rooms stand in one row: N = rooms · seats.
        there = seen.amax(-1)
        # A missing look is no look at zero degrees: its row is wiped and its bias with it.
        looks = torch.cat([steps * seen[..., None], seen[..., None]], -1)
        moment = flat(self.embed_moment, looks).reshape(-1, length, d)
        x = moment + flat(self.embed_seat, seats).reshape(-1, 1, d)
        # And nobody may attend to a moment without any look.
        missing = ((1 - seen.reshape(-1, length, TOGETHER).amax(-1)) * NEVER).reshape(-1, 1, 1, length)
        x1, _ = self.first(x, self.by_age(self.age_first, list(range(length))) + missing, length)
        x2, alpha = self.second(x1, self.by_age(self.age_second, queries) + missing, length, queries)

        # Across seats: rooms · queries × (room token + seats) × d.
        tokens = x2.reshape(rooms, -1, asked, d).transpose(1, 2)
        room_token = self.embed_room(room)[:, None, None, :].expand(-1, asked, -1, -1)
        z = torch.cat([room_token, tokens], 2)
        count = z.shape[2]
        z = z.reshape(-1, count, d)
        empty = torch.nn.functional.pad((1 - there) * NEVER, (1, 0))
        nobody = empty[:, None, None, None, :].expand(-1, asked, -1, -1, -1).reshape(-1, 1, 1, count)
        for layer in self.across:
            z, across = layer(z, nobody, count)
        z = z.reshape(rooms, asked, count, d)
        seat = self.norm_seat(z[:, :, 1:]).transpose(1, 2).reshape(-1, asked, d)

        moved, beta = self.transfer(seat, self.norm_moment(x1), self.by_age(self.age_transfer, queries) + missing, asked, length)
        by_room = lambda value, width: value.reshape(rooms, -1, asked, width)
        shift = by_room(flat(self.shift, torch.cat([seat, moved], -1)), 11)
        out = self.room_out(self.norm_room(z[:, :, 0]))
        return {
            "target": by_room(flat(self.target, seat), 5) / self.temperature + self.bias,
            "shift": shift[..., 0] / self.shift_temperature,
            "from": shift[..., 1:6],
            "to": shift[..., 6:11],
            "alpha": by_room(alpha.mean(-3), length),
            "beta": by_room(beta[:, 0], length),
            "room": out[..., :5],
            "synchrony": out[..., 5],
            "across": across.mean(-3).reshape(rooms, asked, count, count),
        }


class Live(nn.Module):
    """The network as the gateway runs it: one moment, the last one, probabilities instead of logits."""

    NAMES = ["targets", "shift", "from", "to", "alpha", "beta", "room_targets", "synchrony"]

    def __init__(self, network: Network):
        super().__init__()
        self.network = network

    def forward(self, steps: Tensor, seen: Tensor, seats: Tensor, room: Tensor):
        out = self.network(steps, seen, seats, room, [self.network.size.moments - 1])
        last = lambda name, at: out[name].select(at, 0)
        soft = lambda name: torch.softmax(last(name, 2), -1)
        return (soft("target"), torch.sigmoid(last("shift", 2)), soft("from"), soft("to"), last("alpha", 2),
                last("beta", 2), torch.softmax(last("room", 1), -1), torch.sigmoid(last("synchrony", 1)))


def describe(size: Size) -> dict:
    return asdict(size)

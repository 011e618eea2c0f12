"""Structured pruning: whole feed-forward units and whole heads go, those of least weight first, so that the network
that is left is an ordinary, smaller one and faster everywhere (Michel et al. 2019, arXiv:1905.10650)."""
from dataclasses import replace

import torch

from network import Attention, Network, Size


@torch.no_grad()
def pruned(network: Network, heads: int, d_ff: int) -> Network:
    """A smaller network with the weightiest heads and units of each layer."""
    size: Size = network.size
    small = Network(replace(size, h=heads, d_ff=d_ff), dropout=network.first.dropout.p)
    state = network.state_dict()
    for name in ("first", "second", "across.0", "across.1"):
        layer = network.get_submodule(name)
        keep = heads_by_weight(layer.attention, heads)
        rows = torch.cat([torch.arange(i * size.d_k, (i + 1) * size.d_k) for i in keep])
        for part in ("query", "key", "value"):
            state[f"{name}.attention.{part}.weight"] = state[f"{name}.attention.{part}.weight"][rows]
            state[f"{name}.attention.{part}.bias"] = state[f"{name}.attention.{part}.bias"][rows]
        state[f"{name}.attention.out.weight"] = state[f"{name}.attention.out.weight"][:, rows]
        if f"age_{name}" in state:
            state[f"age_{name}"] = state[f"age_{name}"][keep]
        into, out = layer.ff[0], layer.ff[2]
        units = (into.weight.norm(dim=1) * out.weight.norm(dim=0)).topk(d_ff).indices.sort().values
        state[f"{name}.ff.0.weight"], state[f"{name}.ff.0.bias"] = into.weight[units], into.bias[units]
        state[f"{name}.ff.2.weight"] = out.weight[:, units]
    small.load_state_dict(state)
    return small


def heads_by_weight(attention: Attention, heads: int) -> list[int]:
    """A head weighs what its value and output projections do together."""
    value = attention.value.weight.unflatten(0, (attention.h, attention.d_k)).norm(dim=(1, 2))
    out = attention.out.weight.unflatten(1, (attention.h, attention.d_k)).norm(dim=(0, 2))
    return (value * out).topk(heads).indices.sort().values.tolist()

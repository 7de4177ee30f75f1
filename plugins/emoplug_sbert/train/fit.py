"""Fits heads to frozen vectors: one hidden layer each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from emoplug_sbert._heads import Layers

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Recipe:
    """What decides how a head comes out."""

    epochs: int
    dropout: float
    hidden: int = 512
    batch: int = 256
    rate: float = 1e-3
    decay: float = 1e-2


def fit_head(
    vectors: Floats, targets: Floats, loss: nn.Module, recipe: Recipe, seed: int
) -> Layers:
    """Fit a head from (n, d) vectors to (n, outputs) targets by ``loss``.

    Vectors are put on a common scale while fitting: components of a unit vector are tiny.
    """
    torch.manual_seed(seed)
    mean, scale = vectors.mean(axis=0), vectors.std() + 1e-8
    inputs, wanted = torch.from_numpy((vectors - mean) / scale), torch.from_numpy(targets)
    first = nn.Linear(inputs.shape[1], recipe.hidden)
    last = nn.Linear(recipe.hidden, wanted.shape[1])
    head = nn.Sequential(first, nn.ReLU(), nn.Dropout(recipe.dropout), last)
    _descend(head, inputs, wanted, loss, recipe)
    weight, bias = _array(first.weight) / scale, _array(first.bias)
    return (weight, bias - weight @ mean), (_array(last.weight), _array(last.bias))


def _descend(head: nn.Module, inputs: Tensor, wanted: Tensor, loss: nn.Module, r: Recipe) -> None:
    steps = r.epochs * -(-len(inputs) // r.batch)
    optimizer = torch.optim.AdamW(head.parameters(), lr=r.rate, weight_decay=r.decay)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    for _ in range(r.epochs):
        order = torch.randperm(len(inputs))
        for start in range(0, len(order), r.batch):
            rows = order[start : start + r.batch]
            optimizer.zero_grad()
            torch.autograd.backward(loss(head(inputs[rows]), wanted[rows]))
            optimizer.step()
            schedule.step()


def _array(parameter: Tensor) -> Floats:
    array: Floats = parameter.detach().numpy()
    return array

"""Fits links between feelings: maximum likelihood of what is decoded from the past alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from emoplug_emotion._dynamics import LEAST, Chain, Floats
from emoplug_emotion.train.data import UNSCORED, Scored

NOBODY = -1
_ROUNDS = 80
_START = (0.3, 0.1)


@dataclass(frozen=True)
class Padded:
    """Conversations side by side, the longest first, padded behind; t messages, b of them.

    Attributes:
        scores: (t, b, k) log probabilities of each message by itself.
        gold: (t, b) labels, or ``UNSCORED``.
        same: (t, b) when the same speaker spoke last, or ``NOBODY``.
        other: (t, b) when somebody else spoke last, or ``NOBODY``.
        active: (t,) how many conversations go on that long.
    """

    scores: Tensor
    gold: Tensor
    same: Tensor
    other: Tensor
    active: tuple[int, ...]

    @classmethod
    def of(cls, scored: Sequence[Scored]) -> Padded:
        """Lay out conversations whose scores are probabilities."""
        ordered = sorted(scored, key=lambda one: -len(one.dialogue.texts))
        longest, k = len(ordered[0].dialogue.texts), ordered[0].scores.shape[1]
        scores = torch.zeros(longest, len(ordered), k, dtype=torch.float64)
        gold, same, other = (
            torch.full((longest, len(ordered)), filler) for filler in (UNSCORED, NOBODY, NOBODY)
        )
        for b, one in enumerate(ordered):
            n = len(one.dialogue.texts)
            scores[:n, b] = torch.tensor(np.log(np.maximum(one.scores, LEAST)))
            gold[:n, b] = torch.tensor(one.dialogue.gold)
            last: dict[str, int] = {}
            for t, speaker in enumerate(one.dialogue.speakers):
                same[t, b] = last.pop(speaker, NOBODY)
                other[t, b] = last[next(reversed(last))] if last else NOBODY
                last[speaker] = t
        lengths = [len(one.dialogue.texts) for one in ordered]
        active = tuple(sum(length > t for length in lengths) for t in range(longest))
        return cls(scores, gold, same, other, active)


@dataclass(frozen=True)
class Links:
    """What is fitted: one scale and bias for each data set, links in common.

    Attributes:
        scales: (sets,) numbers.
        biases: (sets, k).
        inertia: (k, k) log factors; ``None`` for no links.
        contagion: (k, k) log factors; ``None`` for no links.
    """

    scales: Tensor
    biases: Tensor
    inertia: Tensor | None = None
    contagion: Tensor | None = None


@dataclass(frozen=True)
class Shape:
    """How free the links are.

    Attributes:
        tied: One number for all inertia, one for all contagion, else every pair has its own.
        penalty: Weight of the squared links against the log likelihood of all messages.
    """

    tied: bool
    penalty: float = 0.0

    def __str__(self) -> str:
        return "tied" if self.tied else f"full, penalty {self.penalty:g}"


def fit(sets: Sequence[Padded], shape: Shape | None) -> Links:
    """Fit scales, biases and (unless ``shape`` is ``None``) links; links are centred.

    Centred links change no label's log odds on average over the messages, so that what they say
    is about the context and not about how frequent a label is in the data.
    """
    k = sets[0].scores.shape[2]
    scales = torch.ones(len(sets), dtype=torch.float64)
    biases = torch.zeros(len(sets), k, dtype=torch.float64)
    _minimise([scales, biases], lambda: _loss(sets, Links(scales, biases)))
    if shape is None:
        return Links(scales, biases)
    eye = torch.eye(k, dtype=torch.float64)
    free = [torch.tensor(start, dtype=torch.float64) for start in _START]
    if not shape.tied:
        free = [value * eye for value in free]

    def links() -> Links:
        inertia, contagion = (value * eye if shape.tied else value for value in free)
        return Links(scales, biases, inertia, contagion)

    def loss() -> Tensor:
        penalty = torch.stack([value.square().sum() for value in free]).sum()
        return _loss(sets, links()) + shape.penalty * penalty / _count(sets)

    _minimise([scales, biases, *free], loss)
    with torch.no_grad():
        centred = _centred(sets, links())
    _minimise([scales, biases], lambda: _loss(sets, centred))
    return centred


def likelihood(sets: Sequence[Padded], links: Links) -> float:
    """Answer the mean log likelihood of a message, every set counting alike."""
    with torch.no_grad():
        return -float(_loss(sets, links))


def chain_of(sets: Sequence[Padded], links: Links) -> Chain:
    """Make the decoder's links; several sets are averaged. What is told keeps its old decision."""
    with torch.no_grad():
        beliefs = [_run(one, links, which)[0] for which, one in enumerate(sets)]
        prior = torch.stack([torch.cat(rows).exp().mean(0) for rows in beliefs]).mean(0)
    return Chain(
        scale=float(links.scales.mean()),
        bias=links.biases.mean(0).numpy(),
        decision=-links.biases.mean(0).numpy(),
        inertia=_factors(links.inertia, len(prior)),
        contagion=_factors(links.contagion, len(prior)),
        prior=prior.numpy(),
    )


def _factors(table: Tensor | None, count: int) -> Floats:
    factors: Floats = np.ones((count, count)) if table is None else table.exp().numpy()
    return factors


def fit_map(
    features: Floats, gold: NDArray[np.int64], count: int, penalty: float
) -> tuple[Floats, Floats]:
    """Fit multinomial logistic regression: (m, k) weights and (k,) bias."""
    inputs, wanted = torch.tensor(features), torch.tensor(gold)
    weights = torch.zeros(inputs.shape[1], count, dtype=torch.float64)
    bias = torch.zeros(count, dtype=torch.float64)

    def loss() -> Tensor:
        entropy = torch.nn.functional.cross_entropy(inputs @ weights + bias, wanted)
        return entropy + penalty * weights.square().sum() / len(wanted)

    _minimise([weights, bias], loss)
    return weights.numpy(), bias.numpy()


def _run(data: Padded, links: Links, which: int) -> tuple[list[Tensor], list[Tensor], list[Tensor]]:
    """Answer per step the log beliefs, and what inertia and contagion added to them."""
    powers = links.scales[which] * data.scores + links.biases[which]
    beliefs, own, caught = list[Tensor](), list[Tensor](), list[Tensor]()
    for t, count in enumerate(data.active):
        belief = powers[t, :count]
        if t and links.inertia is not None and links.contagion is not None:
            past = torch.stack([row[:count] for row in beliefs]).exp()
            own.append(_message(past, data.same[t, :count], links.inertia))
            caught.append(_message(past, data.other[t, :count], links.contagion))
            belief = belief + own[-1] + caught[-1]
        beliefs.append(torch.log_softmax(belief, -1))
    return beliefs, own, caught


def _message(past: Tensor, when: Tensor, links: Tensor) -> Tensor:
    source = past[when.clamp(min=0), torch.arange(len(when))]
    return torch.where((when >= 0)[:, None], torch.log(source @ links.exp()), 0.0)


def _loss(sets: Sequence[Padded], links: Links) -> Tensor:
    """Negative log likelihood of a message, the mean of the sets' means."""
    losses = []
    for which, data in enumerate(sets):
        beliefs, _, _ = _run(data, links, which)
        wanted = torch.cat([data.gold[t, :count] for t, count in enumerate(data.active)])
        losses.append(
            torch.nn.functional.nll_loss(torch.cat(beliefs), wanted, ignore_index=UNSCORED)
        )
    return torch.stack(losses).mean()


def _centred(sets: Sequence[Padded], links: Links) -> Links:
    means = []
    for which, data in enumerate(sets):
        _, own, caught = _run(data, links, which)
        linked = [
            (torch.cat(rows), torch.cat([w[t, :n] for t, n in enumerate(data.active) if t]) >= 0)
            for rows, w in ((own, data.same), (caught, data.other))
        ]
        means.append(torch.stack([rows[there].mean(0) for rows, there in linked]))
    own_mean, caught_mean = torch.stack(means).mean(0)
    if links.inertia is None or links.contagion is None:
        return links
    return Links(
        links.scales, links.biases, links.inertia - own_mean, links.contagion - caught_mean
    )


def _count(sets: Sequence[Padded]) -> int:
    return sum(int((data.gold != UNSCORED).sum()) for data in sets)


def _minimise(free: Sequence[Tensor], loss: Callable[[], Tensor]) -> None:
    """Move ``free`` in place to where ``loss`` is least."""
    for value in free:
        value.requires_grad_(True)
    search = torch.optim.LBFGS(
        list(free), max_iter=_ROUNDS, history_size=20, line_search_fn="strong_wolfe"
    )

    def closure() -> Tensor:
        search.zero_grad()
        value = loss()
        value.backward()  # type: ignore[no-untyped-call]  # torch has no annotation there
        return value

    search.step(closure)  # type: ignore[no-untyped-call]  # torch has no annotation there
    for value in free:
        value.requires_grad_(False)
        value.grad = None

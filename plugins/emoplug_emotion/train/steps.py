"""What is learned, one entry of the file each."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from torch import Tensor

from emoplug_emotion._dynamics import Chain, Floats, likeliest
from emoplug_emotion._mapping import by_map, by_rules, log_odds
from emoplug_emotion._parameters import Mapped
from emoplug_emotion._taxonomy import EKMAN, LABEL_SETS
from emoplug_emotion.train.chain import (
    Links,
    Padded,
    Shape,
    chain_of,
    fit,
    fit_map,
    likelihood,
)
from emoplug_emotion.train.data import LICENCES, PERMISSIVE, UNSCORED, Dialogue, Scored
from emoplug_emotion.train.measure import decided, decision, decoded, scores_of

Entry = dict[str, Any]
Half = tuple[list[Scored], list[Scored]]
MAP_PENALTY = 5.0
SHAPES = (Shape(tied=True), *(Shape(tied=False, penalty=p) for p in (1.0, 3.0, 10.0, 30.0, 100.0)))
FEW = (Shape(tied=True), Shape(tied=False, penalty=30.0), Shape(tied=False, penalty=100.0))
"""For the reader, whose scores are honest on dev alone: so there is less to learn from."""
DECISIONS = (False, True)
FOLDS = 2
REPEATS = 3
GROUPS = LABEL_SETS["meld"].labels


def map_entry(name: str, inputs: tuple[str, ...], train: Sequence[Scored]) -> tuple[Entry, Mapped]:
    """Fit the map from the encoder's labels to those of ``name``."""
    labels = LABEL_SETS[name].labels
    features = log_odds(np.concatenate([one.scores for one in train]))
    gold = np.concatenate([one.dialogue.gold for one in train])
    weights, bias = fit_map(features, gold, len(labels), MAP_PENALTY)
    bias = bias + decision(name, gold, features @ weights + bias)
    entry = {"labels": labels, "inputs": inputs, "weights": weights.tolist(), "bias": bias.tolist()}
    return {**_origin([name], "train"), **entry}, Mapped(inputs, weights, bias)


def mapped(scored: Sequence[Scored], inputs: tuple[str, ...], how: Mapped) -> list[Scored]:
    """Bring the encoder's probabilities into a label set."""
    rows = [by_map(how, inputs, one.scores) for one in scored]
    return [
        Scored(one.dialogue, row) for one, row in zip(scored, rows, strict=True) if row is not None
    ]


def encoder_entry(name: str, train: Sequence[Scored], dev: Sequence[Scored]) -> Entry:
    """Fit the links and the decision for mapped scores on train; dev chooses how free links are.

    The map's decision was fitted on the same rows in the same way: off and on are alike but for
    the links.
    """
    _, links = _chosen([Padded.of(train)], [Padded.of(dev)], f"encoder/{name}")
    chain = decided(name, train, chain_of([Padded.of(train)], links))
    told = {"off": _told(name, dev, None), "on": _told(name, dev, chain)}
    return {**_origin([name], "train"), **_numbers(LABEL_SETS[name].labels, chain), "dev": told}


def ekman_entry(
    inputs: tuple[str, ...],
    train: Mapping[str, Sequence[Scored]],
    dev: Mapping[str, Sequence[Scored]],
) -> Entry:
    """Fit the links between Ekman's groups on sets that are labelled with them."""
    fitted, unseen = (
        [Padded.of(_grouped(one, name, inputs)) for name, one in split.items()]
        for split in (train, dev)
    )
    _, links = _chosen(fitted, unseen, "encoder/ekman")
    chain = chain_of(fitted, links)
    return {**_origin(list(train), "train"), **_numbers(GROUPS, chain)}


def generic_entry(
    name: str, inputs: tuple[str, ...], train: Sequence[Scored], dev: Sequence[Scored]
) -> Entry:
    """Fit how sharp rules' scores are, and what links come to on average over the labels."""
    target = LABEL_SETS[name]
    padded = []
    for split in (train, dev):
        rows = [by_rules(target, inputs, one.scores, 1.0) for one in split]
        pairs = zip(split, rows, strict=True)
        padded.append(
            Padded.of([Scored(one.dialogue, row) for one, row in pairs if row is not None])
        )
    _, links = _chosen(padded[:1], padded[1:], "generic")
    tables = {"inertia": links.inertia, "contagion": links.contagion}
    strengths = {kind: _strength(table) for kind, table in tables.items() if table is not None}
    return {**_origin([name], "train"), "scale": float(links.scales[0]), **strengths}


def _strength(table: Tensor) -> float:
    """Answer how much likelier a label makes itself than the others, on average."""
    own = table.diagonal().mean()
    rest = (table.sum() - table.diagonal().sum()) / (table.numel() - len(table))
    return float(own - rest)


def reader_entry(name: str, dev: Sequence[Scored], seed: int) -> Entry | None:
    """Fit the links for the reader's scores on dev, if they help on halves not fitted on.

    The reader learned from the same train split: what it says there is surer than it should be.
    The shape is chosen by likelihood; whether the reader's own decision is kept, by score. A new
    decision without links is tried as well, so that its merit is not taken for that of links.
    """
    halves = _halves(dev, seed)
    unlinked = _crossed(name, halves, None)
    off = max(unlinked.values(), key=lambda one: sum(one.told.values()))
    tried = {shape: _crossed(name, halves, shape) for shape in FEW}
    for shape, crossed in tried.items():
        for own, on in crossed.items():
            kind = "own decision" if own else "kept decision"
            _say(f"reader/{name}", f"{shape}, {kind}", off.value, on.value, off.told, on.told)
    shape = max(FEW, key=lambda shape: tried[shape][False].value)
    own = max(DECISIONS, key=lambda own: sum(tried[shape][own].told.values()))
    on = tried[shape][own]
    if on.value <= off.value or sum(on.told.values()) <= sum(off.told.values()):
        return None
    data = [Padded.of(dev)]
    chain = chain_of(data, fit(data, shape))
    chain = decided(name, dev, chain) if own else chain
    how = f"{FOLDS}-fold, {REPEATS} times: fitted and scored on different dialogues"
    told = {"off": off.told, "on": on.told, "how": how}
    return {**_origin([name], "dev"), **_numbers(LABEL_SETS[name].labels, chain), "dev": told}


@dataclass(frozen=True)
class Crossed:
    """What was found on halves that were not fitted on: mean log likelihood, mean scores."""

    value: float
    told: dict[str, float]


def _crossed(name: str, halves: Sequence[Half], shape: Shape | None) -> dict[bool, Crossed]:
    """Answer what was found, with the reader's decision kept (``False``) and with an own one."""
    values = list[float]()
    told: dict[bool, list[dict[str, float]]] = {own: [] for own in DECISIONS}
    for inside, outside in halves:
        data = [Padded.of(inside)]
        links = fit(data, shape)
        values.append(likelihood([Padded.of(outside)], links))
        chain = chain_of(data, links)
        for own, rows in told.items():
            used = decided(name, inside, chain) if own else chain
            rows.append(_told(name, outside, used if shape or own else None))
    value = float(np.mean(values))
    return {own: Crossed(value, _mean(rows)) for own, rows in told.items()}


def _mean(told: Sequence[Mapping[str, float]]) -> dict[str, float]:
    return {key: round(float(np.mean([one[key] for one in told])), 4) for key in told[0]}


def _halves(dev: Sequence[Scored], seed: int) -> list[Half]:
    """Cut into (to fit on, to score on), every dialogue as a whole."""
    scenes, halves = _scenes(dev), list[Half]()
    for repeat in range(REPEATS):
        order = np.random.default_rng(seed + repeat).permutation(len(scenes))
        for half in np.array_split(order, FOLDS):
            out = set(half.tolist())
            inside = [one for i, scene in enumerate(scenes) if i not in out for one in scene]
            halves.append((inside, [one for i in sorted(out) for one in scenes[i]]))
    return halves


def _scenes(scored: Sequence[Scored]) -> list[list[Scored]]:
    """Put the sides of one dialogue together: they must not end up in different halves."""
    scenes: dict[tuple[str, ...], list[Scored]] = {}
    for one in scored:
        scenes.setdefault(one.dialogue.texts, []).append(one)
    return list(scenes.values())


def _chosen(train: Sequence[Padded], dev: Sequence[Padded], what: str) -> tuple[Shape, Links]:
    off = likelihood(dev, fit(train, None))
    tried = [(shape, fit(train, shape)) for shape in SHAPES]
    for shape, links in tried:
        _say(what, str(shape), off, likelihood(dev, links))
    return max(tried, key=lambda pair: likelihood(dev, pair[1]))


def _grouped(scored: Sequence[Scored], name: str, inputs: tuple[str, ...]) -> list[Scored]:
    """Bring everything into Ekman's groups: a group is as likely as its likeliest label."""
    own = LABEL_SETS[name]
    order = np.array([GROUPS.index(own.ekman[label]) for label in own.labels])
    columns = [GROUPS.index(EKMAN[label]) for label in inputs]
    grouped = []
    for one in scored:
        table = likeliest(one.scores, columns, len(GROUPS))
        said = one.dialogue
        gold = np.where(said.gold == UNSCORED, UNSCORED, order[said.gold])
        grouped.append(Scored(Dialogue(said.speakers, said.texts, gold), table))
    return grouped


def _told(name: str, scored: Sequence[Scored], chain: Chain | None) -> dict[str, float]:
    rows, gold = decoded(scored, chain)
    told = scores_of(name, gold, rows.argmax(axis=1).astype(np.int64), rows.shape[1])
    return {key: round(value, 4) for key, value in told.items()}


def _origin(names: Sequence[str], split: str) -> Entry:
    return {
        "data": " and ".join(f"{name} {split}" for name in names),
        "licence": ", ".join(LICENCES[name] for name in names),
        "permissive": set(names) <= PERMISSIVE,
    }


def _numbers(labels: tuple[str, ...], chain: Chain) -> Entry:
    tables: dict[str, Floats] = {
        "inertia": np.log(chain.inertia),
        "contagion": np.log(chain.contagion),
        "bias": chain.bias,
        "decision": chain.decision,
        "prior": chain.prior,
    }
    own = {name: table.tolist() for name, table in tables.items()}
    return {"labels": labels, "scale": chain.scale, **own}


def _say(what: str, shape: str, off: float, on: float, *scores: Mapping[str, float]) -> None:
    extra = " ".join(str(one) for one in scores)
    sys.stderr.write(f"{what}: {shape}: log likelihood {off:.4f} without, {on:.4f} with {extra}\n")
    sys.stderr.flush()

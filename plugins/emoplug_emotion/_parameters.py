"""Reads what was learned about conversations, from one small JSON file."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from emoplug import WeightsError
from emoplug_emotion._dynamics import Chain, Floats

SHIPPED = Path(__file__).parent / "dynamics.json"
FORMAT = 1
_REPAIR = "reinstall emoplug"


@dataclass(frozen=True)
class Mapped:
    """A linear map from an encoder's labels to a label set.

    Attributes:
        inputs: The encoder's labels, m of them.
        weights: (m, k) for log odds.
        bias: (k,) includes what makes the best decisions.
    """

    inputs: tuple[str, ...]
    weights: Floats
    bias: Floats


@dataclass(frozen=True)
class Generic:
    """How feelings last in a label set of which nothing else is known.

    Attributes:
        scale: Power of a message's own probabilities.
        inertia: Log factor for a speaker's last emotion.
        contagion: Log factor for the other's last emotion.
    """

    scale: float
    inertia: float
    contagion: float

    def chain(self, count: int) -> Chain:
        """Make the links between ``count`` labels: each makes itself likelier."""

        def links(strength: float) -> Floats:
            table: Floats = 1 + np.eye(count) * math.expm1(strength)
            # On average over all labels a link changes nothing.
            even: Floats = table / table.mean(axis=0)
            return even

        own, others = links(self.inertia), links(self.contagion)
        none, prior = np.zeros(count), np.full(count, 1 / count)
        return Chain(self.scale, none, none, own, others, prior)


@dataclass(frozen=True)
class Parameters:
    """What the file holds, as far as it may be used.

    Attributes:
        generic: For label sets without links of their own.
        chains: ``encoder/NAME`` or ``reader/NAME`` to (labels, links).
        maps: Label set to the map from the encoder's labels.
        sources: What was learned from which data under which licence, for people.
        sha256: Hash of the file.
    """

    generic: Generic
    chains: Mapping[str, tuple[tuple[str, ...], Chain]]
    maps: Mapping[str, Mapped]
    sources: Mapping[str, str]
    sha256: str

    def chain(self, name: str, labels: Sequence[str]) -> Chain | None:
        """Answer the links of ``name``, if there are any for just these labels."""
        known, chain = self.chains.get(name, ((), None))
        return chain if known == tuple(labels) else None


def read_parameters(path: Path, permissive_only: bool = False) -> Parameters:
    """Read the file; with ``permissive_only`` what was learned from restricted data is left out.

    Raises:
        WeightsError: it is missing, unreadable or of another format.
    """
    try:
        raw = path.read_bytes()
        facts = json.loads(raw)
    except FileNotFoundError as error:
        raise WeightsError(f"{path} is missing; {_REPAIR}") from error
    except (OSError, ValueError, RecursionError) as error:
        raise _corrupt(path, str(error)) from error
    if not isinstance(facts, dict) or facts.get("format") != FORMAT:
        raise _corrupt(path, f"it is not of format {FORMAT}")
    try:
        return _parameters(facts, permissive_only, hashlib.sha256(raw).hexdigest())
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise _corrupt(path, f"{type(error).__name__}: {error}") from error


def _parameters(facts: Mapping[str, Any], permissive_only: bool, sha256: str) -> Parameters:
    def usable(kind: str) -> dict[str, Mapping[str, Any]]:
        entries = facts[kind].items()
        return {name: e for name, e in entries if e["permissive"] or not permissive_only}

    generic, chains, maps = facts["generic"], usable("chains"), usable("maps")
    named = {"generic": generic, **chains, **{f"map/{name}": e for name, e in maps.items()}}
    return Parameters(
        generic=Generic(*(_number(generic[name]) for name in ("scale", "inertia", "contagion"))),
        chains={name: (tuple(entry["labels"]), _chain(entry)) for name, entry in chains.items()},
        maps={name: _map(entry) for name, entry in maps.items()},
        sources={name: f"{entry['data']} ({entry['licence']})" for name, entry in named.items()},
        sha256=sha256,
    )


def _chain(entry: Mapping[str, Any]) -> Chain:
    k = len(entry["labels"])
    return Chain(
        scale=_number(entry["scale"]),
        bias=_table(entry["bias"], (k,)),
        decision=_table(entry["decision"], (k,)),
        inertia=np.exp(_table(entry["inertia"], (k, k))),
        contagion=np.exp(_table(entry["contagion"], (k, k))),
        prior=_table(entry["prior"], (k,)),
    )


def _map(entry: Mapping[str, Any]) -> Mapped:
    inputs, k = tuple(entry["inputs"]), len(entry["labels"])
    weights = _table(entry["weights"], (len(inputs), k))
    return Mapped(inputs, weights, _table(entry["bias"], (k,)))


def _table(values: Any, shape: tuple[int, ...]) -> Floats:
    table = np.array(values, dtype=np.float64)
    if table.shape != shape:
        raise ValueError(f"expected numbers of shape {shape}, got {table.shape}")
    if not np.isfinite(table).all():
        raise ValueError("a number is not finite")
    return table


def _number(value: Any) -> float:
    return float(_table(value, ()))


def _corrupt(path: Path, problem: str) -> WeightsError:
    return WeightsError(f"{path} is corrupt: {problem}; {_REPAIR}")

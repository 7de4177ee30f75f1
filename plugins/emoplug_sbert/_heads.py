"""Emotion and affect heads for the vectors of one model, and the file they are kept in."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from emoplug import WeightsError

Floats = NDArray[np.float32]
Layers = tuple[tuple[Floats, Floats], ...]
"""Weight (outputs, inputs) and bias (outputs,) of each layer, the first one first."""
FORMAT, KEY = 1, "emoplug_sbert"
AFFECT_SIZE = 3
PROBE = "I did not expect that, and I do not know what to say."
"""Encoded with every model: heads know by its vector whether they were trained for that model."""
_ALIKE = 0.95


@dataclass(frozen=True)
class Heads:
    """What turns a sentence vector into feelings.

    Attributes:
        labels: Names of the emotion columns.
        thresholds: (labels,) probability above which each holds.
        temperature: Divides emotion logits before the sigmoid.
        emotion: Layers from d to labels, ReLU between them.
        affect: Layers from d to valence, arousal, dominance.
        model: Name of the model they were trained for.
        probe: (d,) that model's unit vector of ``PROBE``.
    """

    labels: tuple[str, ...]
    thresholds: Floats
    temperature: float
    emotion: Layers
    affect: Layers
    model: str
    probe: Floats

    def feel(self, vectors: Floats) -> Floats:
        """Answer (n, labels + 3): probabilities, then affect in -1..1, of (n, d) unit vectors."""
        logits = _run(self.emotion, vectors) / np.float32(self.temperature)
        probabilities = (1 + np.tanh(logits / 2)) / 2  # the sigmoid, without overflow
        affect = np.clip(_run(self.affect, vectors), -1.0, 1.0)
        return np.concatenate([probabilities, affect], axis=1, dtype=np.float32)

    def check_model(self, path: Path, model: str, probe: Floats) -> None:
        """Make sure they belong to ``model``, whose unit vector of ``PROBE`` is ``probe``.

        Raises:
            WeightsError: they do not; names the dimensions, or both models, and the fix.
        """
        fix = f"train heads for it: {_command(model)}"
        if len(self.probe) != len(probe):
            raise WeightsError(
                f"{path} has heads for vectors of {len(self.probe)} numbers ({self.model}), but "
                f"model {model!r} makes {len(probe)}; {fix}"
            )
        if float(self.probe @ probe) < _ALIKE:
            raise WeightsError(
                f"{path} has heads for {self.model}, whose vectors differ from those of {model!r}; "
                f"{fix}"
            )


def write_heads(path: Path, heads: Heads) -> None:
    """Write ``heads`` to ``path`` in the safetensors format, whole or not at all."""
    from safetensors.numpy import save

    facts = {
        "labels": list(heads.labels),
        "thresholds": [round(float(threshold), 4) for threshold in heads.thresholds],
        "temperature": heads.temperature,
        "model": heads.model,
    }
    tensors = {"probe": np.ascontiguousarray(heads.probe, dtype=np.float32)}
    for name, layers in (("emotion", heads.emotion), ("affect", heads.affect)):
        for depth, (weight, bias) in enumerate(layers):
            tensors[f"{name}.{depth}.weight"] = np.ascontiguousarray(weight, dtype=np.float32)
            tensors[f"{name}.{depth}.bias"] = np.ascontiguousarray(bias, dtype=np.float32)
    # One key alone: the library writes several in another order each time.
    described = {"format": FORMAT, "sha256": _digest(facts, tensors), "facts": facts}
    partial = path.with_name(f"{path.name}.partial")
    partial.write_bytes(save(tensors, {KEY: json.dumps(described)}))
    partial.replace(path)


def read_heads(path: Path) -> Heads:
    """Read what ``write_heads`` wrote, checked.

    Raises:
        WeightsError: the file is missing, was changed, or is of another format.
    """
    if not path.is_file():
        raise WeightsError(f"no heads at {str(path)!r}; give a file made by: {_command('MODEL')}")
    tensors, described = _open(path)
    if described.get("format") != FORMAT:
        raise _corrupt(path, f"it is not of format {FORMAT}")
    try:
        if _digest(described["facts"], tensors) != described["sha256"]:
            raise ValueError("its content is not what its SHA-256 says")
        heads = _assemble(described["facts"], tensors)
        _check_shapes(heads)
    except (KeyError, TypeError, ValueError) as error:
        raise _corrupt(path, f"{type(error).__name__}: {error}") from error
    return heads


def _open(path: Path) -> tuple[dict[str, Floats], Mapping[str, Any]]:
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="numpy") as file:
            tensors = {name: file.get_tensor(name) for name in file.keys()}
            described = json.loads((file.metadata() or {}).get(KEY, "{}"))
    except (SafetensorError, OSError, TypeError, ValueError, RecursionError) as error:
        raise _corrupt(path, str(error)) from error
    return tensors, described if isinstance(described, dict) else {}


def _assemble(facts: Mapping[str, Any], tensors: Mapping[str, Floats]) -> Heads:
    return Heads(
        labels=tuple(map(str, facts["labels"])),
        thresholds=np.array(facts["thresholds"], dtype=np.float32),
        temperature=float(facts["temperature"]),
        emotion=_layers("emotion", tensors),
        affect=_layers("affect", tensors),
        model=str(facts["model"]),
        probe=tensors["probe"],
    )


def _layers(name: str, tensors: Mapping[str, Floats]) -> Layers:
    depth = sum(key.startswith(f"{name}.") for key in tensors) // 2
    return tuple(
        (tensors[f"{name}.{layer}.weight"], tensors[f"{name}.{layer}.bias"])
        for layer in range(depth)
    )


def _check_shapes(heads: Heads) -> None:
    labels = len(heads.labels)
    if heads.thresholds.shape != (labels,) or not heads.temperature > 0:
        raise ValueError("thresholds or temperature do not fit the labels")
    for name, layers, outputs in (
        ("emotion", heads.emotion, labels),
        ("affect", heads.affect, AFFECT_SIZE),
    ):
        width = len(heads.probe)
        for weight, bias in layers:
            if weight.ndim != 2 or weight.shape[1] != width or bias.shape != weight.shape[:1]:
                raise ValueError(f"layers of the {name} head do not fit together")
            width = len(bias)
        if not layers or width != outputs:
            raise ValueError(f"the {name} head answers {width} numbers instead of {outputs}")


def _run(layers: Layers, rows: Floats) -> Floats:
    for depth, (weight, bias) in enumerate(layers):
        rows = rows @ weight.T + bias
        if depth < len(layers) - 1:
            rows = np.maximum(rows, 0)
    return rows


def _digest(facts: Mapping[str, Any], tensors: Mapping[str, Floats]) -> str:
    """Hash of everything in the file: a flipped bit in a weight would go unseen otherwise."""
    content = hashlib.sha256(json.dumps(facts, sort_keys=True).encode())
    for name in sorted(tensors):
        content.update(f"{name} {tensors[name].dtype} {tensors[name].shape}".encode())
        content.update(tensors[name].tobytes())
    return content.hexdigest()


def _command(model: str) -> str:
    return f"python -m emoplug_sbert.train --data DATA --model {model} --out heads.safetensors"


def _corrupt(path: Path, problem: str) -> WeightsError:
    return WeightsError(f"{path} is corrupt: {problem}; make it anew: {_command('MODEL')}")

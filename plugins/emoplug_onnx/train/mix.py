"""Averages the weights of a run with those it started from."""

from __future__ import annotations

from pathlib import Path

import torch

from emoplug_onnx._weights import MODEL
from emoplug_onnx.train.dequantize import read_floats
from emoplug_onnx.train.fit import CHECKPOINT, load_state


def mix(run: Path, start: Path, share: float, out: Path) -> None:
    """Write to ``out`` a run that is ``share`` of ``run`` and for the rest the weights ``start``.

    A run that went on from weights gains where it learned and forgets elsewhere; between the two
    lies a network with most of both (WiSE-FT, Wortsman et al., 2022). What ``start`` lacks is the
    run's.
    """
    state, before = load_state(run), read_floats(start / MODEL)
    model = {
        name: torch.lerp(before.get(name, weight), weight, share)
        for name, weight in state["model"].items()
    }
    out.mkdir(parents=True, exist_ok=True)
    kept = {name: state[name] for name in ("recipe", "base", "labels", "epoch")}
    torch.save({**kept, "model": model}, out / CHECKPOINT)

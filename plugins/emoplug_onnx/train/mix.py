"""Averages the weights of a run with those it started from."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from emoplug_onnx.train.fit import CHECKPOINT, load_state

_TO_GO_ON = ("trained", "averaging", "optimizer", "schedule", "random")
"""What a checkpoint holds for the run alone."""


def mix(run: Path, before: Mapping[str, Tensor], share: float, out: Path) -> None:
    """Write to ``out`` a finished run that is ``share`` of ``run``, and ``before`` for the rest.

    A run that went on from weights gains where it learned and forgets elsewhere; between the two
    lies a network with most of both (WiSE-FT, Wortsman et al., 2022). What ``before`` lacks is the
    run's.
    """
    state = load_state(run)
    model = {
        name: torch.lerp(before.get(name, weight), weight, share)
        for name, weight in state["model"].items()
    }
    kept = {name: value for name, value in state.items() if name not in _TO_GO_ON}
    out.mkdir(parents=True, exist_ok=True)
    torch.save({**kept, "model": model}, out / CHECKPOINT)

"""A quarrel, and links for it in the form of ``dynamics.json``."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

SETS = ("meld", "dailydialog", "emorynlp")
TALK = [
    ("user", "I hate this, you ruined everything!"),
    ("assistant", "Do not shout at me!"),
    ("user", "Whatever."),
    ("assistant", "Okay."),
]


def chat(talk: Sequence[tuple[str, str]]) -> list[dict[str, str]]:
    return [{"role": role, "content": text} for role, text in talk]


def facts(**chains: Any) -> dict[str, Any]:
    origin = {"data": "made up", "licence": "none", "permissive": True}
    generic = {**origin, "scale": 1.0, "inertia": 0.0, "contagion": 0.0}
    named = {name.replace("_", "/", 1): {**origin, **entry} for name, entry in chains.items()}
    return {"format": 1, "generic": generic, "chains": named, "maps": {}}


def links(labels: Sequence[str], inertia: float = 0.0, contagion: float = 0.0) -> dict[str, Any]:
    """Links under which every label makes itself likelier."""
    k = len(labels)
    return {
        "labels": list(labels),
        "scale": 1.0,
        "bias": [0.0] * k,
        "decision": [0.0] * k,
        "prior": [1 / k] * k,
        "inertia": (np.eye(k) * inertia).tolist(),
        "contagion": (np.eye(k) * contagion).tolist(),
    }


def saved(folder: Path, content: object) -> Path:
    path = folder / "dynamics.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return path

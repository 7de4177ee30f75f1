from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from emoplug import WeightsError
from emoplug_sbert._heads import AFFECT_SIZE, KEY, Heads, read_heads, write_heads

FIX = r"make it anew: python -m emoplug_sbert\.train --data DATA"


def heads() -> Heads:
    """Heads small enough to reckon by hand: d = 2, two labels."""
    return Heads(
        labels=("joy", "sadness"),
        thresholds=np.array([0.25, 0.5], dtype=np.float32),
        temperature=2.0,
        emotion=(
            (np.array([[1, 0], [0, -1]], np.float32), np.array([0, 0.5], np.float32)),
            (np.array([[2, 0], [0, 4]], np.float32), np.array([0, -1], np.float32)),
        ),
        affect=((np.array([[1, 0], [0, 1], [5, 5]], np.float32), np.zeros(3, np.float32)),),
        model="by hand",
        probe=np.array([0.6, 0.8], dtype=np.float32),
    )


@pytest.fixture
def path(tmp_path: Path) -> Path:
    write_heads(tmp_path / "heads.safetensors", heads())
    return tmp_path / "heads.safetensors"


def rewrite(path: Path, **changed: Any) -> None:
    """Describe the tensors of a file otherwise, its hash left as it is."""
    from safetensors import safe_open
    from safetensors.numpy import save_file

    with safe_open(path, framework="numpy") as file:
        tensors = {name: file.get_tensor(name) for name in file.keys()}
        described = json.loads(file.metadata()[KEY])
    save_file(tensors, path, {KEY: json.dumps({**described, **changed})})


def test_what_was_written_is_read(path: Path) -> None:
    read, wrote = read_heads(path), heads()
    assert (read.labels, read.temperature, read.model) == (("joy", "sadness"), 2.0, "by hand")
    assert np.array_equal(read.thresholds, wrote.thresholds)
    for mine, theirs in zip(read.emotion + read.affect, wrote.emotion + wrote.affect, strict=True):
        assert np.array_equal(mine[0], theirs[0])
        assert np.array_equal(mine[1], theirs[1])
    assert not list(path.parent.glob("*.partial"))


def test_the_forward_pass_is_that_of_the_definition() -> None:
    felt = heads().feel(np.array([[0.6, 0.8]], dtype=np.float32))
    # hidden: relu(0.6, -0.8 + 0.5) = (0.6, 0); logits: (1.2, -1); divided by 2
    sigmoid = [1 / (1 + np.exp(-0.6)), 1 / (1 + np.exp(0.5))]
    assert felt[0].tolist() == pytest.approx([*sigmoid, 0.6, 0.8, 1.0], abs=1e-6)
    assert felt.dtype == np.float32


def test_huge_logits_are_still_probabilities() -> None:
    ((weight, bias),) = heads().affect
    loud = replace(heads(), emotion=((weight[:2] * 1e6, bias[:2]),))
    felt = loud.feel(np.array([[1, -1]], dtype=np.float32))
    assert felt[0, :2].tolist() == [1.0, 0.0]


def test_a_missing_file_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r"no heads at .*none.*python -m emoplug_sbert\.train"):
        read_heads(tmp_path / "none")


@pytest.mark.parametrize("place", [0, 4, 100, -1], ids=["length", "header", "facts", "weights"])
def test_a_flipped_bit_anywhere_is_found(path: Path, place: int) -> None:
    content = bytearray(path.read_bytes())
    content[place] ^= 1
    path.write_bytes(content)
    with pytest.raises(WeightsError, match=rf"{path.name} is corrupt: .*{FIX}"):
        read_heads(path)


@pytest.mark.parametrize(
    "spoil",
    [lambda content: b"", lambda content: content[:-10], lambda content: b"PK\x03\x04" * 99],
    ids=["empty", "cut short", "another format"],
)
def test_a_file_that_is_no_heads_file_is_refused(
    path: Path, spoil: Callable[[bytes], bytes]
) -> None:
    path.write_bytes(spoil(path.read_bytes()))
    with pytest.raises(WeightsError, match=rf"{path.name} is corrupt: .*{FIX}"):
        read_heads(path)


def test_a_later_format_and_a_file_of_somebody_else_are_refused(path: Path) -> None:
    rewrite(path, format=2)
    with pytest.raises(WeightsError, match="not of format 1"):
        read_heads(path)
    from safetensors.numpy import save_file

    save_file({"weight": np.ones(3, dtype=np.float32)}, path)
    with pytest.raises(WeightsError, match="not of format 1"):
        read_heads(path)


def test_facts_changed_by_hand_are_found(path: Path) -> None:
    rewrite(path, facts={"labels": ["joy", "anger"]})
    with pytest.raises(WeightsError, match="SHA-256"):
        read_heads(path)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"thresholds": np.full(3, 0.5, np.float32)}, "thresholds"),
        ({"temperature": 0.0}, "temperature"),
        ({"temperature": float("nan")}, "temperature"),
        ({"labels": ("joy",), "thresholds": np.full(1, 0.5, np.float32)}, "emotion head answers 2"),
        ({"affect": heads().emotion}, f"affect head answers 2 numbers instead of {AFFECT_SIZE}"),
        ({"affect": ()}, "affect head"),
        ({"probe": np.ones(3, np.float32)}, "layers of the emotion head"),
    ],
    ids=["thresholds", "temperature", "no number", "labels", "affect", "no affect", "dimension"],
)
def test_heads_that_contradict_themselves_are_refused(
    tmp_path: Path, change: dict[str, Any], said: str
) -> None:
    write_heads(tmp_path / "odd", replace(heads(), **change))
    with pytest.raises(WeightsError, match=rf"odd is corrupt: ValueError: .*{said}"):
        read_heads(tmp_path / "odd")

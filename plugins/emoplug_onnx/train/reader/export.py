"""Turns a trained reader into the files that ship: int8 ONNX, tokenizer, facts."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import onnx
import torch
from tokenizers import Tokenizer

from emoplug_onnx._layout import WINDOW, Marker, lay_out
from emoplug_onnx._reader_weights import FACTS, FORMAT, MODEL, TOKENIZER
from emoplug_onnx.train.quantize import shrink
from emoplug_onnx.train.reader.calibrate import Calibration, calibrate
from emoplug_onnx.train.reader.data import labels_of
from emoplug_onnx.train.reader.fit import load_state
from emoplug_onnx.train.reader.measure import PER_UTTERANCE, Asked
from emoplug_onnx.train.reader.model import HEADS, Shipped, build
from emoplug_onnx.train.reader.samples import RATING_MIDDLE, RATING_SPREAD, Padded, pad_layouts

OPSET = 17
LICENCE = "CC BY-NC-SA 4.0 (from its data: research use, not commercial)"
RATINGS = ("empathy", "distress")
INPUTS = ("input_ids", "owner", "pool", "starts", "target", "same")


def export(run: Path, base: Path, data: Path, out: Path, full: Path) -> None:
    """Write int8 weights to ``out`` and float ones to ``full``, both calibrated on dev."""
    state = load_state(run)
    reader = build(base, state["kept"], "eager", None)
    reader.load_state_dict(state["model"])
    for folder in (full, out):
        folder.mkdir(parents=True, exist_ok=True)
        (folder / TOKENIZER).write_text(state["vocabulary"], encoding="utf-8")
    _to_onnx(Shipped(reader.eval()), state["vocabulary"], full / MODEL)
    shrink(full / MODEL, out / MODEL)
    for folder in (full, out):
        answers = Asked(folder).about(data, "dev")
        _describe(folder, data, calibrate(answers))


def _to_onnx(model: Shipped, vocabulary: str, path: Path) -> None:
    marker = Marker(Tokenizer.from_str(vocabulary))
    said = marker.mark(["A", "B", "A"], ["Hello you.", "Hi.", "I lost my keys again."])
    example: Padded = pad_layouts([lay_out(said, marker.start)])
    same = (example.owner != 1).long()
    tokens, utterances = {0: "batch", 1: "tokens"}, {0: "batch", 1: "utterances"}
    outputs = (*HEADS, "causes", "words")
    torch.onnx.export(
        model,
        (example.ids, example.owner, example.pool, example.starts, torch.tensor([2]), same),
        path,
        input_names=list(INPUTS),
        output_names=list(outputs),
        dynamic_axes={
            "input_ids": tokens,
            "owner": tokens,
            "pool": {0: "batch", 1: "utterances", 2: "tokens"},
            "starts": utterances,
            "target": {0: "batch"},
            "same": tokens,
            **{name: utterances for name in (*HEADS, "causes")},
            "words": tokens,
        },
        opset_version=OPSET,
        dynamo=False,
    )
    onnx.checker.check_model(str(path))


def _describe(folder: Path, data: Path, fitted: Calibration) -> None:
    facts: Mapping[str, Any] = {
        "format": FORMAT,
        "licence": LICENCE,
        "window": WINDOW,
        "heads": {
            task: {
                "labels": list(labels_of(data, task)),
                "temperature": round(fitted.temperature[task], 4),
                "bias": [round(float(value), 4) for value in fitted.bias[task]],
            }
            for task in PER_UTTERANCE
        },
        "ratings": list(RATINGS),
        "rating_scale": [RATING_MIDDLE, RATING_SPREAD],
        "cause_temperature": round(fitted.cause_temperature, 4),
        "cause_bias": [round(float(value), 4) for value in fitted.cause_bias],
        "sha256": {
            name: hashlib.sha256((folder / name).read_bytes()).hexdigest()
            for name in (MODEL, TOKENIZER)
        },
    }
    (folder / FACTS).write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")

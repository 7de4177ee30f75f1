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
from torch import nn

from emoplug_onnx._layout import WINDOW, Marker, lay_out
from emoplug_onnx._network import CAUSE, KEPT, WORDS, past_name
from emoplug_onnx._reader_weights import CAUSES, FACTS, FORMAT, MODEL, TOKENIZER
from emoplug_onnx.train.quantize import shrink
from emoplug_onnx.train.reader.calibrate import Calibration, calibrate
from emoplug_onnx.train.reader.data import labels_of
from emoplug_onnx.train.reader.fit import load_state
from emoplug_onnx.train.reader.measure import PER_UTTERANCE, Asked
from emoplug_onnx.train.reader.model import HEADS, DialogueReader, build
from emoplug_onnx.train.reader.samples import RATING_MIDDLE, RATING_SPREAD, Padded, pad_layouts
from emoplug_onnx.train.reader.shipped import Explaining, Reading

OPSET = 17
LICENCE = "CC BY-NC-SA 4.0 (from its data: research use, not commercial)"
RATINGS = ("empathy", "distress")
Axes = Mapping[str, Mapping[int, str]]
"""Name of an input or output to what its axes count, where that varies."""


def export(run: Path, base: Path, data: Path, out: Path, full: Path) -> None:
    """Write int8 weights to ``out`` and float ones to ``full``, both calibrated on dev."""
    state = load_state(run)
    reader = build(base, state["kept"], "eager", None)
    reader.load_state_dict(state["model"])
    for folder in (full, out):
        folder.mkdir(parents=True, exist_ok=True)
        (folder / TOKENIZER).write_text(state["vocabulary"], encoding="utf-8")
    _to_onnx(reader.eval(), state["vocabulary"], full)
    for name in (MODEL, CAUSES):
        shrink(full / name, out / name)
    for folder in (full, out):
        answers = Asked(folder).about(data, "dev")
        _describe(folder, data, calibrate(answers))


def _to_onnx(reader: DialogueReader, vocabulary: str, folder: Path) -> None:
    marker = Marker(Tokenizer.from_str(vocabulary))
    said = marker.mark(["A", "B", "A"], ["Hello you.", "Hi.", "I lost my keys again."])
    new: Padded = pad_layouts([lay_out(said, marker.start)])
    _write_reading(Reading(reader), new, folder / MODEL)
    _write_explaining(Explaining(reader), new, folder / CAUSES)


def _write_reading(graph: Reading, new: Padded, path: Path) -> None:
    body: Any = graph.reader.body
    seen, count = 5, 2 * len(body.encoder.layer)
    past = [torch.zeros(1, seen, body.config.hidden_size, dtype=torch.float16)] * count
    position = torch.arange(seen, seen + new.ids.shape[1])[None]
    names = [past_name(index) for index in range(count)]
    tokens, utterances = {1: "tokens"}, {1: "utterances"}
    _write(
        graph,
        (new.ids, position, new.owner, new.pool, new.starts, past),
        path,
        inputs={
            "ids": tokens,
            "position": tokens,
            "owner": tokens,
            "pool": {1: "utterances", 2: "tokens"},
            "starts": utterances,
            **{name: {1: "seen"} for name in names},
        },
        outputs={**dict.fromkeys(HEADS, utterances), KEPT: tokens},
    )


def _write_explaining(graph: Explaining, new: Padded, path: Path) -> None:
    body: Any = graph.reader.body
    states = torch.zeros(*new.ids.shape, body.config.hidden_size, dtype=torch.float16)
    away = 2 - new.owner
    tokens = {1: "tokens"}
    _write(
        graph,
        (states, away, away % 2, new.pool),
        path,
        inputs={
            "states": tokens,
            "away": tokens,
            "same": tokens,
            "pool": {1: "utterances", 2: "tokens"},
        },
        outputs={CAUSE: {1: "utterances"}, WORDS: tokens},
    )


def _write(
    graph: nn.Module, example: tuple[Any, ...], path: Path, inputs: Axes, outputs: Axes
) -> None:
    torch.onnx.export(
        graph,
        example,
        path,
        input_names=list(inputs),
        output_names=list(outputs),
        dynamic_axes={**inputs, **outputs},
        opset_version=OPSET,
        custom_opsets={"com.microsoft": 1},
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
            for name in (MODEL, CAUSES, TOKENIZER)
        },
    }
    (folder / FACTS).write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")

"""Command line: ``python -m emoplug_emotion.train --data DATA [--weights DIR]``."""

from __future__ import annotations

import argparse
import json
import re
import sys
from pathlib import Path
from typing import Any

import torch

from emoplug_emotion._parameters import FORMAT, SHIPPED, read_parameters
from emoplug_emotion._taxonomy import LABEL_SETS
from emoplug_emotion.train.data import PERMISSIVE, Scored, by_encoder, by_reader, read_dialogues
from emoplug_emotion.train.steps import (
    ekman_entry,
    encoder_entry,
    generic_entry,
    map_entry,
    mapped,
    reader_entry,
)

MOST = 2500
"""Dialogues of a train split that are learned from: there are few numbers to learn."""
EKMAN_SETS = ("meld", "dailydialog")
EKMAN_MOST = 1200
"""Of each of both sets, so that they have about as many messages."""
DIGITS = 4


def main() -> None:
    """Learn everything and write one file."""
    parser = argparse.ArgumentParser(prog="python -m emoplug_emotion.train", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of the data sets")
    parser.add_argument("--weights", type=Path, help="folder of the networks; default: shipped")
    parser.add_argument("--out", type=Path, default=SHIPPED, help="default: %(default)s")
    parser.add_argument("--seed", type=int, default=0, help="default: %(default)s")
    parser.add_argument("--limit", type=int, help="dialogues of each split, for a try")
    parser.add_argument("--only", choices=("encoder", "reader"), help="keep the rest of --out")
    arguments = parser.parse_args()
    torch.set_num_threads(1)  # the steps are tiny
    torch.manual_seed(arguments.seed)
    keep = arguments.only and arguments.out.exists()
    kept = json.loads(arguments.out.read_text(encoding="utf-8")) if keep else {}
    facts: dict[str, Any] = {"chains": {}, **kept, "format": FORMAT, "seed": arguments.seed}
    if arguments.only != "reader":
        _learn_encoder(facts, arguments)
    if arguments.only != "encoder":
        _learn_reader(facts, arguments)
    arguments.out.write_text(_written(facts), encoding="utf-8")
    read_parameters(arguments.out)


def _learn_encoder(facts: dict[str, Any], arguments: argparse.Namespace) -> None:
    train, dev = dict[str, list[Scored]](), dict[str, list[Scored]]()
    inputs: tuple[str, ...] = ()
    facts["maps"] = {}
    for name in LABEL_SETS:
        for split, kept, most in (("train", train, MOST), ("dev", dev, None)):
            dialogues = read_dialogues(arguments.data, name, split, arguments.limit or most)
            inputs, kept[name] = by_encoder(dialogues, arguments.weights)
        facts["maps"][name], how = map_entry(name, inputs, train[name])
        own, other = (mapped(split[name], inputs, how) for split in (train, dev))
        facts["chains"][f"encoder/{name}"] = encoder_entry(name, own, other)
        _show(name, facts["chains"][f"encoder/{name}"])
        if name in PERMISSIVE:
            facts["generic"] = generic_entry(name, inputs, train[name], dev[name])
    alike = ({name: split[name][:EKMAN_MOST] for name in EKMAN_SETS} for split in (train, dev))
    facts["chains"]["encoder/ekman"] = ekman_entry(inputs, *alike)


def _learn_reader(facts: dict[str, Any], arguments: argparse.Namespace) -> None:
    for name in LABEL_SETS:
        facts["chains"].pop(f"reader/{name}", None)
        dialogues = read_dialogues(arguments.data, name, "dev", arguments.limit)
        scored = by_reader(dialogues, name, arguments.weights)
        entry = reader_entry(name, scored, arguments.seed) if scored else None
        if entry:
            facts["chains"][f"reader/{name}"] = entry
            _show(name, entry)


def _show(name: str, entry: dict[str, Any]) -> None:
    sys.stdout.write(f"{name}: {json.dumps(entry['dev'])}\n")
    sys.stdout.flush()


def _written(facts: dict[str, Any]) -> str:
    text = json.dumps(_rounded(facts), indent=1)
    flat = re.sub(r"\[[^\[\]{}]*\]", lambda found: " ".join(found[0].split()), text)
    return flat + "\n"


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, DIGITS)
    if isinstance(value, dict):
        return {key: _rounded(inner) for key, inner in value.items()}
    return [_rounded(inner) for inner in value] if isinstance(value, list | tuple) else value


if __name__ == "__main__":
    main()

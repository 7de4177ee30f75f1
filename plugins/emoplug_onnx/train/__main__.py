"""Command line of the training: ``python -m emoplug_onnx.train STEP``, ``--help`` for steps."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import fields
from pathlib import Path

from emoplug_onnx.train.recipe import Recipe


def main() -> None:
    """Run one step of making the shipped weights."""
    parser = argparse.ArgumentParser(prog="python -m emoplug_onnx.train", description=__doc__)
    steps = parser.add_subparsers(dest="step", required=True)
    fit = steps.add_parser("fit", help="fine-tune; goes on from a checkpoint in --run")
    mix = steps.add_parser("mix", help="average a run with the weights it started from")
    export = steps.add_parser("export", help="write int8 weights from a finished run")
    evaluate = steps.add_parser("evaluate", help="measure weights on a split")
    compare = steps.add_parser("compare", help="check on dev that int8 loses little")
    for step in (fit, export, compare, evaluate):
        step.add_argument("--data", type=Path, required=True, help="folder of the data sets")
    for step in (fit, export):
        step.add_argument("--base", type=Path, required=True, help="folder of all-MiniLM-L6-v2")
    fit.add_argument("--run", type=Path, required=True, help="folder for checkpoints and log")
    fit.add_argument("--sentiment", type=Path, help="folder hutto_ICWSM_2014 of vaderSentiment")
    fit.add_argument("--start", type=Path, help="run or weights to go on from, as a new cycle")
    fit.add_argument(
        "--teacher", type=Path, action="append", default=[], help="finished run to learn from too"
    )
    for field in fields(Recipe):
        flag, kind = f"--{field.name.replace('_', '-')}", type(field.default)
        fit.add_argument(flag, type=kind, default=field.default, help="default: %(default)s")
    mix.add_argument("--run", type=Path, required=True, help="finished run")
    mix.add_argument("--start", type=Path, required=True, help="weights that it went on from")
    mix.add_argument("--share", type=float, required=True, help="of the run, 0..1")
    mix.add_argument("--out", type=Path, required=True, help="folder of the run that is made")
    export.add_argument("--run", type=Path, required=True, help="finished run")
    export.add_argument("--out", type=Path, required=True, help="folder for the weights")
    compare.add_argument("--full", type=Path, required=True, help="folder of the float weights")
    compare.add_argument("--weights", type=Path, required=True, help="folder of the int8 weights")
    evaluate.add_argument("--split", default="dev", choices=("dev", "test"))
    evaluate.add_argument("--weights", help="folder of the weights; default: the shipped ones")
    evaluate.add_argument("--base", type=Path, help="also compare cosines with this base model's")
    arguments = parser.parse_args()
    steps_of = {
        "fit": _fit,
        "mix": _mix,
        "export": _export,
        "compare": _compare,
        "evaluate": _evaluate,
    }
    steps_of[arguments.step](arguments)


def _fit(arguments: argparse.Namespace) -> None:
    from emoplug_onnx.train.fit import Trainer

    recipe = Recipe(**{field.name: getattr(arguments, field.name) for field in fields(Recipe)})
    arguments.run.mkdir(parents=True, exist_ok=True)
    Trainer(
        arguments.data,
        arguments.base,
        arguments.run,
        recipe,
        sentiment=arguments.sentiment,
        start=arguments.start,
        teachers=arguments.teacher,
    ).run()


def _mix(arguments: argparse.Namespace) -> None:
    from emoplug_onnx._weights import MODEL
    from emoplug_onnx.train.dequantize import read_floats
    from emoplug_onnx.train.mix import mix

    mix(arguments.run, read_floats(arguments.start / MODEL), arguments.share, arguments.out)


def _export(arguments: argparse.Namespace) -> None:
    from emoplug_onnx.train.export import export

    export(arguments.run, arguments.base, arguments.data, arguments.out)


def _compare(arguments: argparse.Namespace) -> None:
    from emoplug_onnx.train.evaluate import HIGHER_IS_BETTER, evaluate
    from emoplug_onnx.train.quantize import check_loss

    full, small = (
        evaluate(arguments.data, "dev", str(folder))
        for folder in (arguments.full, arguments.weights)
    )
    sys.stdout.write(
        check_loss(*({key: row[key] for key in HIGHER_IS_BETTER} for row in (full, small))) + "\n"
    )


def _evaluate(arguments: argparse.Namespace) -> None:
    from emoplug_onnx.train.evaluate import evaluate, geometry

    scores = evaluate(arguments.data, arguments.split, arguments.weights)
    if arguments.base:
        scores["cosine_spearman"] = geometry(arguments.data, arguments.base, arguments.weights)
    rounded = {name: round(score, 4) for name, score in scores.items()}
    sys.stdout.write(json.dumps({"split": arguments.split, **rounded}, indent=2) + "\n")


if __name__ == "__main__":
    main()

"""Command line: ``python -m emoplug_onnx.train.reader {fit,mix,export,compare}``."""

from __future__ import annotations

import argparse
import sys
from dataclasses import fields
from pathlib import Path

from emoplug_onnx.train.reader.recipe import Recipe


def main() -> None:
    """Run one step of making the reader's weights."""
    parser = argparse.ArgumentParser(
        prog="python -m emoplug_onnx.train.reader", description=__doc__
    )
    steps = parser.add_subparsers(dest="step", required=True)
    fit = steps.add_parser("fit", help="train; goes on from a checkpoint in --run")
    mix = steps.add_parser("mix", help="average a run with the weights it went on from")
    export = steps.add_parser("export", help="write int8 and float weights from a run")
    compare = steps.add_parser("compare", help="check on dev that int8 loses little")
    for step in (fit, export, compare):
        step.add_argument("--data", type=Path, required=True, help="folder of the data sets")
    for step in (fit, export):
        step.add_argument("--base", type=Path, required=True, help="folder of all-MiniLM-L6-v2")
        step.add_argument("--run", type=Path, required=True, help="folder of checkpoints and log")
    mix.add_argument("--run", type=Path, required=True, help="finished run")
    mix.add_argument("--weights", type=Path, required=True, help="weights it went on from")
    mix.add_argument("--share", type=float, required=True, help="of the run, 0..1")
    mix.add_argument("--out", type=Path, required=True, help="folder of the run that is made")
    fit.add_argument("--start", type=Path, help="run of the utterance encoder to start from")
    fit.add_argument("--weights", type=Path, help="weights of a reader to go on from")
    fit.add_argument("--task", action="append", default=[], help="only this task; repeatable")
    for field in fields(Recipe):
        flag, kind = f"--{field.name.replace('_', '-')}", type(field.default)
        fit.add_argument(flag, type=kind, default=field.default, help="default: %(default)s")
    for step in (export, compare):
        step.add_argument("--out", type=Path, required=True, help="folder of the int8 weights")
        step.add_argument("--full", type=Path, required=True, help="folder of the float weights")
    arguments = parser.parse_args()
    steps_of = {"fit": _fit, "mix": _mix, "export": _export, "compare": _compare}
    steps_of[arguments.step](arguments)


def _fit(arguments: argparse.Namespace) -> None:
    from emoplug_onnx.train.reader.fit import Trainer

    recipe = Recipe(**{field.name: getattr(arguments, field.name) for field in fields(Recipe)})
    arguments.run.mkdir(parents=True, exist_ok=True)
    Trainer(
        arguments.data,
        arguments.base,
        arguments.run,
        recipe,
        arguments.start,
        arguments.task,
        arguments.weights,
    ).run()


def _mix(arguments: argparse.Namespace) -> None:
    from emoplug_onnx.train.mix import mix
    from emoplug_onnx.train.reader.shipped import read_shipped

    before = read_shipped(arguments.weights)
    mix(arguments.run, before, arguments.share, arguments.out)


def _export(arguments: argparse.Namespace) -> None:
    from emoplug_onnx.train.reader.export import export

    export(arguments.run, arguments.base, arguments.data, arguments.out, arguments.full)


def _compare(arguments: argparse.Namespace) -> None:
    from emoplug_onnx.train.quantize import check_loss
    from emoplug_onnx.train.reader.calibrate import calibrate
    from emoplug_onnx.train.reader.measure import Asked
    from emoplug_onnx.train.reader.metrics import scores_of

    rows = []
    for folder in (arguments.full, arguments.out):
        answers = Asked(folder).about(arguments.data, "dev")
        rows.append(scores_of(answers, calibrate(answers)))
    sys.stdout.write(check_loss(*rows) + "\n")


if __name__ == "__main__":
    main()

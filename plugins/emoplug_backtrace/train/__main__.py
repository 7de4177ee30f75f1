"""Command line: ``python -m emoplug_backtrace.train {questions,fit,network,profiles}``."""

from __future__ import annotations

import argparse
from pathlib import Path

from emoplug_backtrace._network import SHIPPED as WEIGHTS
from emoplug_backtrace._profiles import SHIPPED as PROFILES


def main() -> None:
    """Take one step of the training; README.md here tells their order."""
    parser = argparse.ArgumentParser(prog="python -m emoplug_backtrace.train", description=__doc__)
    steps = parser.add_subparsers(dest="step", required=True)
    questions = steps.add_parser("questions", help="let a language model ask about sentences")
    questions.add_argument("--model", type=Path, required=True, help="its folder or GGUF file")
    questions.add_argument("--out", type=Path, required=True, help="a file of JSON lines")
    questions.add_argument("--minutes", type=float, default=30, help="default: %(default)s")
    fit = steps.add_parser("fit", help="teach the network where each question comes from")
    fit.add_argument("--questions", type=Path, required=True, help="what the step before wrote")
    fit.add_argument("--out", type=Path, required=True, help="where the weights go")
    network = steps.add_parser("network", help="write the int8 network")
    network.add_argument("--trained", type=Path, help="what the step before wrote")
    network.add_argument("--out", type=Path, default=WEIGHTS, help="default: %(default)s")
    profiles = steps.add_parser("profiles", help="learn what counts in each kind of text")
    profiles.add_argument("--out", type=Path, default=PROFILES, help="default: %(default)s")
    for step in (questions, fit, network, profiles):
        step.add_argument("--data", type=Path, required=True, help="folder of the data sets")
    for step in (fit, network):
        step.add_argument("--base", type=Path, required=True, help="folder of all-MiniLM-L6-v2")
    _take(parser.parse_args())


def _take(chosen: argparse.Namespace) -> None:
    # Each step brings libraries of its own, which the others need not wait for.
    if chosen.step == "questions":
        from emoplug_backtrace.train.questions import ask

        ask(chosen.model, chosen.data, chosen.out, chosen.minutes)
    elif chosen.step == "fit":
        from emoplug_backtrace.train.fit import fit

        fit(chosen.base, chosen.data, chosen.questions, chosen.out)
    elif chosen.step == "network":
        from emoplug_backtrace.train.network import make

        make(chosen.base, chosen.data, chosen.out, chosen.trained)
    else:
        from emoplug_backtrace.train.learn import learn

        learn(chosen.data, chosen.out)


if __name__ == "__main__":
    main()

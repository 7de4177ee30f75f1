"""Says how many tasks ``emoplug ab`` needs, and how often it is wrong, on made-up models.

    python -m emoplug_emotionprompt.measure

A made-up model solves a task with a probability of the task's own, six in ten on average, under
each arm anew: two arms that do nothing differ in 24 % of tasks. One of the arms solves more.
"""

from __future__ import annotations

import argparse
import sys
from itertools import product

import numpy as np

from emoplug_emotionprompt._statistics import LEVEL, Floats, holm, interval, sign_flip

ARMS = (1, 11)
TASKS = (40, 100, 200, 400)
GAINS = (0.0, 0.05, 0.1, 0.2)
_EASE = (0.6, 0.4)
"""Beta distribution of how probably a task is solved."""


def rates(tasks: int, arms: int, gain: float, runs: int) -> tuple[float, float]:
    """Answer how often the arm that gains is found better, and how often another is.

    With a gain of 0 the first is also one that does nothing.
    """
    generator = np.random.default_rng([tasks, arms, round(100 * gain)])
    found = np.array([_found(generator, tasks, arms, gain) for _ in range(runs)])
    return float(found[:, 0].mean()), float(found[:, 1:].any(axis=1).mean())


def _found(generator: np.random.Generator, tasks: int, arms: int, gain: float) -> list[bool]:
    """Compare once; answer for each arm whether it is found better."""
    gains = list(_gains(generator, tasks, arms, gain).T)
    adjusted = holm([sign_flip(one, generator) for one in gains])
    return [
        p < LEVEL and interval(one, generator)[0] > 0
        for one, p in zip(gains, adjusted, strict=True)
    ]


def _gains(generator: np.random.Generator, tasks: int, arms: int, gain: float) -> Floats:
    """Answer the difference to none, (tasks, arms); the first arm gains."""
    ease = generator.beta(*_EASE, (tasks, 1))
    solved = (generator.random((tasks, arms + 1)) < ease).astype(np.float64)
    unsolved = _EASE[1] / sum(_EASE)
    solved[generator.random(tasks) < gain / unsolved, 1] = 1.0
    differences: Floats = solved[:, 1:] - solved[:, :1]
    return differences


def main() -> None:
    """Print a row for each number of tasks and each gain."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--runs", type=int, default=200, help="comparisons a row")
    runs = options.parse_args().runs
    for tasks, arms, gain in product(TASKS, ARMS, GAINS):
        right, wrong = rates(tasks, arms, gain, runs)
        said = f"{tasks} tasks, {arms} arms, gain {gain}: found {right:.0%}, others {wrong:.1%}"
        sys.stdout.write(f"{said}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()

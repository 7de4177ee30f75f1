"""Logs of predicted against true strategies: asks for their correction, and writes one."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from emoplug import STRATEGIES, Emoplug, InputError, StrategyScore, Turn
from emoplug_eval._answers import UnansweredError
from emoplug_eval._asking import STRATEGY, Asked, Progress, method
from emoplug_eval._examples import Example, Examples
from emoplug_eval._metrics import Floats
from emoplug_eval._strategies import best
from emoplug_eval._support import Entry

Corrector = Callable[[Entry], Floats]


def of_log(emo: Emoplug, examples: Examples, progress: Progress) -> Asked:
    """Ask what each logged prediction is after correction, where the log has scores.

    The corrector is fitted twice, each time on half of the dialogues, and corrects the other half:
    so no row is corrected by what is known to be right of it.
    """
    rows = examples.rows
    if any(row.said.scores is None for row in rows):
        return Asked([(row.said.predicted,) for row in rows])
    first = _half(rows)
    by_second = _corrector(emo, [row for row in rows if row.group not in first])
    by_first = _corrector(emo, [row for row in rows if row.group in first])
    predictions = []
    for done, row in enumerate(rows, start=1):
        scores = (by_second if row.group in first else by_first)(row.said)
        (corrected,) = best([scores])
        predictions.append((row.said.predicted, corrected))
        progress(done, len(rows))
    return Asked(predictions)


def write_log(path: Path, examples: Examples, predicted: Sequence[Any]) -> None:
    """Write what was predicted of each row as a log that can be measured.

    Raises:
        InputError: it cannot be written.
    """
    lines = (
        json.dumps(_row(row, list(map(float, scores))), ensure_ascii=False) + "\n"
        for row, scores in zip(examples.rows, predicted, strict=True)
    )
    data = "".join(lines).encode()
    try:
        path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
    except OSError as error:
        raise _unwritable(path, error.strerror) from error


def check_log(path: Path, data: Path) -> None:
    """Say now what would keep the log from being written when all is measured.

    Raises:
        InputError: it is a folder, its folder is not there, or it would replace ``data``.
    """
    if path.is_dir():
        raise _unwritable(path, "it is a folder")
    if not path.absolute().parent.is_dir():
        raise _unwritable(path, "its folder is not there")
    if path.exists() and path.samefile(data):
        raise _unwritable(path, "it holds what is measured")


def _unwritable(path: Path, why: str | None) -> InputError:
    return InputError(f"cannot write the log {path}: {why}; choose another path")


def _row(row: Example, scores: list[float]) -> dict[str, Any]:
    (predicted,) = best([scores])
    named = dict(zip(STRATEGIES, scores, strict=True))
    return {
        "dialogue_id": row.group,
        "true": STRATEGIES[row.gold],
        "predicted": STRATEGIES[predicted],
        "scores": named,
        "stage": _stage(named),
    }


def _stage(scores: Mapping[str, float]) -> str | None:
    """Answer the stage of a turn that has these scores."""
    scored = (StrategyScore(strategy=n, score=s, source="log") for n, s in scores.items())
    return Turn(messages=(), strategies=tuple(scored)).stage


def _half(rows: Sequence[Example]) -> frozenset[str]:
    """Answer half of the dialogues, the same whatever their order."""
    dialogues = {row.group for row in rows}
    if len(dialogues) < 2:
        raise UnansweredError(
            "the corrector is fitted on other dialogues than it corrects, and the log has one; "
            "give more dialogues, or leave the scores out"
        )
    drawn = sorted(dialogues, key=lambda name: hashlib.sha256(name.encode()).digest())
    return frozenset(drawn[: len(drawn) // 2])


def _corrector(emo: Emoplug, rows: Sequence[Example]) -> Corrector:
    """Fit one on ``rows``, by the plugin that is on."""
    fit = method(emo, STRATEGY, "corrector")
    fitted = fit(
        np.array([row.said.scores for row in rows]),
        [row.gold for row in rows],
        [row.said.stage for row in rows],
    )
    return lambda entry: fitted.apply(np.array(entry.scores), entry.stage)

"""TF-IDF of words and word pairs with a linear model: what a model must beat to earn its place."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.svm import LinearSVC

from emoplug_eval._examples import Examples
from emoplug_eval._metrics import PAPER_CUT, f1

Fitted = Callable[[Examples, Examples], Sequence[Any]]
"""Answers a prediction for each row of the first, learnt from the second."""
_HELD_OUT = 10
"""Every so manieth training row chooses the cuts."""
_MANY = 2000
"""From so many training texts on, a word that is in one alone is left out."""
_LATEST = 3
"""Texts that tell what comes next: of ESConv's dev split more are no better."""
_PATIENCE = 300
_TOKEN = r"\w+|[^\w\s]"
"""Words and marks: an exclamation mark tells more of an emotion than most words."""
_CUTS = np.linspace(0.02, 0.7, 35)


def label(asked: Examples, train: Examples) -> Sequence[Any]:
    """Answer the label of the last text, by a linear SVC."""
    x, known = _vectors(_last(train), _last(asked))
    with _quiet():
        answers: list[int] = _svc("balanced").fit(x, train.gold).predict(known).tolist()
    return answers


def ranking(labels: int) -> Fitted:
    """Make a baseline that scores all labels of the whole conversation, by a linear SVC."""

    def answer(asked: Examples, train: Examples) -> Sequence[Any]:
        x, known = _vectors(_all(train), _all(asked))
        with _quiet():
            model = _svc().fit(x, train.gold)
        scores = model.decision_function(known)
        if scores.ndim == 1:  # of two labels it scores the second
            scores = np.stack([-scores, scores], axis=1)
        table = np.full((len(asked), labels), -np.inf)
        table[:, model.classes_] = scores
        return list(table)

    return answer


def following(labels: int) -> Fitted:
    """Make a baseline that scores all labels of what is said next, by a logistic regression.

    It looks at the last texts, and takes labels as equally frequent.
    """

    def answer(asked: Examples, train: Examples) -> Sequence[Any]:
        x, known = _vectors(_latest(train), _latest(asked))
        model = LogisticRegression(class_weight="balanced", max_iter=_PATIENCE, random_state=0)
        with _quiet():
            model.fit(x, train.gold)
        table = np.zeros((len(asked), labels))
        table[:, model.classes_] = model.predict_proba(known)
        return list(table)

    return answer


def numbers(asked: Examples, train: Examples) -> Sequence[Any]:
    """Answer the numbers of the last text, by a ridge regression."""
    x, known = _vectors(_last(train), _last(asked))
    predicted: NDArray[np.float64] = Ridge(alpha=2.0).fit(x, np.array(train.gold)).predict(known)
    return list(predicted)


def label_sets(labels: int) -> Fitted:
    """Make a baseline of one logistic regression a label, cut where held-out F1 is best."""

    def answer(asked: Examples, train: Examples) -> Sequence[Any]:
        x, known = _vectors(_last(train), _last(asked))
        held = np.arange(len(train)) % _HELD_OUT == _HELD_OUT - 1
        right = np.zeros((len(train), labels), dtype=bool)
        for row, gold in enumerate(train.gold):
            right[row, list(gold)] = True
        table = np.zeros((len(asked), 2, labels))
        table[:, 1] = PAPER_CUT
        for column, targets in enumerate(right.T):
            if not targets[~held].any() or targets[~held].all():
                table[:, 0, column] = float(targets[~held].any())
                continue
            model = _logistic().fit(x[~held], targets[~held])
            table[:, 0, column] = model.predict_proba(known)[:, 1]
            if targets[held].any():
                table[:, 1, column] = _cut(targets[held], model.predict_proba(x[held])[:, 1])
        return list(table)

    return answer


def _cut(right: NDArray[np.bool_], probability: NDArray[np.float64]) -> float:
    said = probability[:, None] > _CUTS
    scores = f1((said & right[:, None]).sum(axis=0), right.sum(), said.sum(axis=0))
    return float(_CUTS[np.argmax(scores)])


def _vectors(train: Sequence[str], asked: Sequence[str]) -> tuple[Any, Any]:
    rare = 2 if len(train) >= _MANY else 1
    words = TfidfVectorizer(
        ngram_range=(1, 2), min_df=rare, sublinear_tf=True, token_pattern=_TOKEN
    )
    return words.fit_transform(train), words.transform(asked)


def _logistic() -> Any:
    return LogisticRegression(solver="liblinear", C=4.0, dual=True, tol=0.01, random_state=0)


def _svc(weight: str | None = None) -> Any:
    return LinearSVC(C=0.1, class_weight=weight, random_state=0)


def _last(examples: Examples) -> list[str]:
    return [examples.scenes[row.scene].texts[row.message] for row in examples.rows]


def _latest(examples: Examples) -> list[str]:
    scenes = (examples.scenes[row.scene] for row in examples.rows)
    return ["\n".join(scene.texts[-_LATEST:]) for scene in scenes]


def _all(examples: Examples) -> list[str]:
    return ["\n".join(examples.scenes[row.scene].texts) for row in examples.rows]


@contextmanager
def _quiet() -> Iterator[None]:
    """Let a fit end that is good enough for a baseline."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        yield

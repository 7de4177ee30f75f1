"""Baselines on the encoder in use: its embeddings and probabilities, and nothing learned on top."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from emoplug import Emoplug, Encoding, PluginError, PluginFailedError
from emoplug_eval._answers import UnansweredError
from emoplug_eval._asking import Asked, Progress
from emoplug_eval._examples import Examples


def bi_encoder(emo: Emoplug, examples: Examples, progress: Progress) -> Asked:
    """Rank candidates by the cosine of their embedding and the query's; of equals the first."""
    queries = _encode(emo, [examples.query(row) for row in examples.rows]).embeddings
    segments = []
    for done, scene in enumerate(examples.scenes, start=1):
        segments.append(_encode(emo, scene.texts).embeddings)
        progress(done, len(examples.scenes))
    rows = zip(examples.rows, queries, strict=True)
    likeness = [segments[row.scene][: row.message] @ query for row, query in rows]
    return Asked([np.argsort(-scores, kind="stable") for scores in likeness])


def outlier(emo: Emoplug, examples: Examples, progress: Progress) -> Asked:
    """Score each segment by the squared distance of its probabilities from their mean."""
    scores = []
    for done, scene in enumerate(examples.scenes, start=1):
        emotions = _encode(emo, scene.texts).emotions
        scores.append(((emotions - emotions.mean(axis=0)) ** 2).sum(axis=1))
        progress(done, len(examples.scenes))
    return Asked([scores[row.scene] for row in examples.rows])


def _encode(emo: Emoplug, texts: Sequence[str]) -> Encoding:
    try:
        return emo.encode(texts)
    except PluginFailedError:
        raise
    except PluginError as error:  # nothing that is on encodes
        raise UnansweredError(str(error)) from error

"""Learns the profiles, and measures them on documents that were left out.

The lecture and news sets of Backtracing have no training split, so each document is scored with
weights learned on all others; what ships is learned on all. Of the conversations those of RECCON
train are never reported, for the dialogue reader was trained on them: nearness, speaker and
likeness are learned there, and how much they and the reader count on dialogues of RECCON dev that
the benchmark does not hold.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from sklearn.linear_model import LogisticRegression

from emoplug import Emoplug, Message
from emoplug_backtrace import _clock
from emoplug_backtrace._backtracer import beside
from emoplug_backtrace._conversation import features
from emoplug_backtrace._late import LateInteraction
from emoplug_backtrace._network import Network

Floats = NDArray[np.float64]
RIDGE = 0.005
"""Of the squared weights, so that what says nothing gets none."""
_NEVER = 1e-12


@dataclass(frozen=True)
class Query:
    """One query over n segments.

    Attributes:
        document: Where it is from.
        text: Its words.
        features: (n, features).
        fixed: (n,) what is added without a weight.
        causes: The segments that caused it.
    """

    document: str
    text: str
    features: Floats
    fixed: Floats
    causes: tuple[int, ...]


def loss(queries: Sequence[Query], weights: Floats) -> tuple[float, Floats]:
    """Answer how unlikely the weights make the causes, and its slope: a conditional logit."""
    total, slope = RIDGE * float(weights @ weights), 2 * RIDGE * weights
    for query in queries:
        scores = query.features @ weights + query.fixed
        share = np.exp(scores - scores.max())
        share /= share.sum()
        right = share[list(query.causes)]
        total -= float(np.log(right.sum() + _NEVER))
        slope -= right / (right.sum() + _NEVER) @ query.features[list(query.causes)]
        slope += share @ query.features
    return total, slope


def fit(queries: Sequence[Query]) -> Floats:
    """Answer the weights, none negative, that make the causes likeliest."""
    size = queries[0].features.shape[1]
    found = minimize(
        lambda weights: loss(queries, weights),
        np.ones(size),
        jac=True,
        method="L-BFGS-B",
        bounds=[(0, None)] * size,
    )
    answer: Floats = found.x
    return answer


def left_out(queries: Sequence[Query]) -> list[Floats]:
    """Answer the scores of each query by weights learned without its document."""
    weights = {
        document: fit([query for query in queries if query.document != document])
        for document in {query.document for query in queries}
    }
    return [query.features @ weights[query.document] + query.fixed for query in queries]


def only(queries: Sequence[Query], columns: slice) -> list[Query]:
    """Answer the queries with some of their features."""
    return [replace(query, features=query.features[:, columns]) for query in queries]


def stacked(queries: Sequence[Query], prior: Floats) -> list[Query]:
    """Answer the queries with two features: what the prior sums up to, and all that it leaves."""
    return [
        replace(
            query,
            features=np.column_stack(
                [query.features[:, : len(prior)] @ prior, query.features[:, len(prior) :]]
            ),
        )
        for query in queries
    ]


def tops(queries: Sequence[Query], scores: Sequence[Floats]) -> Mapping[str, float]:
    """Answer top-1 and top-3, a query text that a document has twice counted once."""
    groups: dict[tuple[str, str], list[list[bool]]] = {}
    for query, row in zip(queries, scores, strict=True):
        ranked = np.argsort(-row, kind="stable")
        hits = [bool(set(query.causes) & set(ranked[:top].tolist())) for top in (1, 3)]
        groups.setdefault((query.document, query.text), []).append(hits)
    means = np.mean([np.mean(hits, axis=0) for hits in groups.values()], axis=0)
    return {"top1": round(float(means[0]), 4), "top3": round(float(means[1]), 4)}


def about(queries: Sequence[Query], path: Path, *, rare: bool) -> tuple[float, float]:
    """Learn when a query is about a text: its own document's, or the next one's.

    Returns:
        Slope and shift of the log odds, by the best mean cosine; both cases are held as likely.
    """
    reranker, documents = LateInteraction(Network()), lines(path)
    next_one = {
        document["document_id"]: [segment["text"] for segment in following["segments"]]
        for document, following in zip(documents, documents[1:] + documents[:1], strict=True)
    }
    own = [query.features[:, 0].max() for query in queries]
    strange = [
        reranker.score(query.text, next_one[query.document], rare=rare).max() for query in queries
    ]
    known = np.array([*own, *strange], dtype=np.float64)[:, None]
    model = LogisticRegression(C=1e3).fit(known, [True] * len(own) + [False] * len(strange))
    return float(model.coef_[0, 0]), float(model.intercept_[0])


def of_documents(path: Path, *, rare: bool, clock: bool) -> list[Query]:
    """Read a file of Backtracing documents: scores of the re-ranker, and of both neighbours."""
    reranker, queries = LateInteraction(Network()), []
    for document in lines(path):
        texts = [segment["text"] for segment in document["segments"]]
        words = np.array([len(text.split()) for text in texts], dtype=np.float64)
        for query in document["queries"]:
            own = reranker.score(query["text"], texts, rare=rare).astype(np.float64)
            times = _clock.mentioned(query["text"]) if clock else []
            queries.append(
                Query(
                    document["document_id"],
                    query["text"],
                    np.stack([own, beside(own, np.arange(len(own)))], axis=1),
                    _clock.log_ratio(times, words, None),
                    tuple(query["causes"]),
                )
            )
    return queries


def of_conversations(path: Path) -> list[Query]:
    """Read Backtracing conversations that are of RECCON train: these are never reported."""
    emo, queries = Emoplug(plugins=["onnx"], deadline=60), []
    for document in lines(path):
        if document["reccon_split"] == "train":
            for query in document["queries"]:
                place = query["segment"]
                earlier = tuple(cause for cause in query["causes"] if cause < place)
                turns = document["segments"][: place + 1]
                if earlier:
                    queries.append(_query(emo, document["document_id"], turns, earlier))
    return queries


def of_dialogues(path: Path, without: frozenset[str]) -> list[Query]:
    """Read RECCON emotions that somebody else caused earlier, some dialogues left out."""
    emo, queries = Emoplug(plugins=["onnx"], deadline=60), []
    for dialogue in lines(path):
        turns = dialogue["turns"]
        for place, turn in enumerate(turns):
            causes = {c - 1 for c in turn.get("cause_turns", []) if isinstance(c, int)}
            earlier = tuple(
                cause
                for cause in sorted(causes)
                if cause < place and turns[cause]["speaker"] != turn["speaker"]
            )
            if earlier and dialogue["dialogue_id"] not in without:
                queries.append(_query(emo, dialogue["dialogue_id"], turns[: place + 1], earlier))
    return queries


def _query(
    emo: Emoplug, document: str, turns: Sequence[Mapping[str, Any]], causes: tuple[int, ...]
) -> Query:
    table = _features(emo, turns, turns[-1]["speaker"])
    return Query(document, f"{len(turns)}", table, np.zeros(len(table)), causes)


def _features(emo: Emoplug, turns: Sequence[Mapping[str, Any]], speaker: str) -> Floats:
    messages = [
        Message(
            role="user" if turn["speaker"] == speaker else "assistant",
            name=turn["speaker"],
            content=turn["text"],
        )
        for turn in turns
    ]
    turn = emo.prepare(messages)
    if turn.encoding is None or turn.comprehension is None:
        raise SystemExit("the plugin onnx did not answer; run emoplug doctor")
    return features(turn)[1]


def lines(path: Path) -> list[Any]:
    """Read a gzipped file of JSON lines."""
    with gzip.open(path, "rt", encoding="utf-8") as rows:
        return [json.loads(row) for row in rows]

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from math import log
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from emoplug import Turn
from emoplug_backtrace._conversation import FEATURES, features, probabilities
from emoplug_backtrace._profiles import Profile
from emoplug_backtrace.train.__main__ import main
from emoplug_backtrace.train.profiles import (
    Floats,
    Query,
    fit,
    left_out,
    loss,
    only,
    stacked,
    tops,
)
from tests.plugins.backtrace_texts import ARTICLE, QUESTION
from tests.plugins.reader_tiny import write_rows


def planted(weights: Sequence[float], count: int = 400, documents: int = 4) -> list[Query]:
    """Queries whose causes were drawn by ``weights``."""
    random, queries = np.random.default_rng(5), []
    for number in range(count):
        table = random.normal(size=(6, len(weights)))
        powers = np.exp(table @ np.array(weights))
        cause = int(random.choice(6, p=powers / powers.sum()))
        document = f"document {number % documents}"
        queries.append(Query(document, f"query {number}", table, np.zeros(6), (cause,)))
    return queries


def asking(document: str, text: str, *causes: int) -> Query:
    return Query(document, text, np.eye(3), np.zeros(3), causes)


def test_planted_weights_are_found_again_and_none_is_negative() -> None:
    assert fit(planted([2.0, 0.7, 0.0])) == pytest.approx([2.0, 0.7, 0.0], abs=0.2)
    assert fit(planted([2.0, -1.5]))[1] == 0


def test_the_slope_is_that_of_the_loss() -> None:
    queries, weights, step = planted([1.0, 0.5], 5), np.array([0.3, 0.9]), 1e-6
    queries.append(Query("d", "two causes", queries[0].features, np.arange(6.0), (1, 4)))
    _, slope = loss(queries, weights)
    for column in range(2):
        ahead = weights + step * np.eye(2)[column]
        rise = (loss(queries, ahead)[0] - loss(queries, weights)[0]) / step
        assert slope[column] == pytest.approx(rise, abs=1e-3)


def test_a_document_that_is_scored_has_no_say_in_its_weights() -> None:
    queries = planted([1.0, 1.0], 60, documents=3)
    fooled = [
        Query(q.document, q.text, q.features, q.fixed, (int(q.features[:, 0].argmin()),))
        if q.document == "document 0"
        else q
        for q in queries
    ]
    for honest, other, query in zip(left_out(queries), left_out(fooled), queries, strict=True):
        unmoved = honest.tolist() == other.tolist()
        assert unmoved == (query.document == "document 0")
    first = next(q for q in queries if q.document == "document 0")
    weights = fit([q for q in queries if q.document != "document 0"])
    assert left_out(queries)[0] == pytest.approx(first.features @ weights)


def test_what_is_fixed_is_added_without_a_weight() -> None:
    one = Query("a", "q", np.array([[1.0], [0.0]]), np.array([0.0, 5.0]), (0,))
    other = Query("b", "q", np.array([[1.0], [0.0]]), np.zeros(2), (0,))
    scores = left_out([one, other])[0]
    assert scores.tolist() == pytest.approx([fit([other])[0], 5.0])


def test_features_are_chosen_and_summed_up_by_column() -> None:
    (query,) = planted([1.0, 1.0, 1.0], 1)
    assert only([query], slice(2))[0].features.tolist() == query.features[:, :2].tolist()
    (both,) = stacked([query], np.array([2.0, 3.0]))
    wanted = [[2 * a + 3 * b, c] for a, b, c in query.features.tolist()]
    assert both.features.tolist() == pytest.approx(np.array(wanted))


def test_a_query_text_that_a_document_has_twice_counts_once() -> None:
    queries = [
        asking("a", "why?", 0),  # ranked 1, 2, 0: third
        asking("a", "why?", 1, 2),  # first
        asking("b", "why?", 0),  # ranked 0 first
        asking("b", "how?", 2),  # ranked third
    ]
    scores: list[Floats] = [np.array(row) for row in ([0, 2, 1], [0, 2, 1], [9, 0, 0], [3, 2, 1])]
    # Top-1: the mean of 1/2, 1 and 0; of three segments, all are among the first three.
    assert tops(queries, scores) == {"top1": 0.5, "top3": 1.0}
    far = [Query("a", "q", np.eye(5), np.zeros(5), (4,))]
    assert tops(far, [np.zeros(5)]) == {"top1": 0, "top3": 0}


def test_what_counts_in_a_conversation_is_what_the_plugin_counts() -> None:
    chat = [("user", "a"), ("assistant", "b"), ("system", "no words of anybody"), ("user", "c")]
    turn = Turn(messages=[{"role": role, "content": text} for role, text in chat])
    indices, table = features(turn)
    assert indices == (0, 1)
    assert table.tolist() == [[-log(2), 0, 0, 0], [0, 1, 0, 0]]
    weights = Profile(nearness=1.0, other=log(3))
    # Unnormalised: 1/2 for the own message two before, 3 for the other's one before.
    assert probabilities(turn, weights) == pytest.approx({0: 1 / 7, 1: 6 / 7})
    assert set(FEATURES) < set(Profile.model_fields)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Two articles, which are taken for lectures too, and dialogues of RECCON, in small."""
    article = {
        "segments": [{"text": text} for text in ARTICLE],
        "queries": [{"text": QUESTION, "causes": [1]}, {"text": "Founded where?", "causes": [0]}],
    }
    articles = [{"document_id": name, **article} for name in "ab"]
    said = [("A", "It rains."), ("B", "You are hopeless."), ("A", "How dare you!")]
    talk: dict[str, Any] = {
        "document_id": "tr_1",
        "reccon_split": "train",
        "segments": [{"speaker": speaker, "text": text} for speaker, text in said],
        "queries": [{"segment": 2, "causes": [1, 2]}, {"segment": 1, "causes": [1]}],
    }
    turns: list[dict[str, Any]] = [{"speaker": speaker, "text": text} for speaker, text in said]
    turns[1]["cause_turns"] = [2, "b"]
    turns[2]["cause_turns"] = [3, 2, 1]
    rows: Mapping[str, list[dict[str, Any]]] = {
        "backtracing/lecture": articles,
        "backtracing/news": articles,
        "backtracing/conversation": [talk, {**talk, "document_id": "x", "reccon_split": "test"}],
        "reccon/dev": [{"dialogue_id": name, "turns": turns} for name in ("va_1", "va_2", "x")],
    }
    for name, lines in rows.items():
        write_rows(tmp_path / f"{name}.jsonl.gz", lines)
    return tmp_path


def test_the_command_learns_profiles_that_the_plugin_can_read(
    data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out = data / "profiles.json"
    arguments = ["train", "profiles", "--data", str(data), "--out", str(out)]
    monkeypatch.setattr(sys, "argv", arguments)
    main()
    told = capsys.readouterr().out.splitlines()
    assert told[0].startswith("lecture, documents left out: {")
    assert told[2].startswith("conversation, RECCON dev, left out: {")
    assert json.loads(told[1].partition(": ")[2]) == {"top1": 1.0, "top3": 1.0}
    learned = {n: Profile.model_validate(p) for n, p in json.loads(out.read_text()).items()}
    assert set(learned) == {"lecture", "news", "conversation"}
    assert (learned["lecture"].clock, learned["news"].clock) == (1, 0)
    assert learned["news"].rerank > 0
    assert learned["conversation"].nearness + learned["conversation"].other > 0


def test_the_network_needs_a_base(
    data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["train", "network", "--data", str(data)])
    with pytest.raises(SystemExit):
        main()
    assert "the following arguments are required: --base" in capsys.readouterr().err

from __future__ import annotations

import gzip
import json
from pathlib import Path

import numpy as np
import pytest

from emoplug import STRATEGIES
from emoplug_strategy._weights import read_weights
from emoplug_strategy.train import fit
from emoplug_strategy.train.corpus import read_dialogues
from emoplug_strategy.train.fit import Rows, out_of_fold, plan_blocks
from emoplug_strategy.train.learn import learn, stages_of, write
from emoplug_strategy.train.linear import Block, fit_linear, side_by_side

LINES = {
    "Question": "What happened then, and how long ago was it?",
    "Restatement or Paraphrasing": "So in other words you lost it.",
    "Reflection of feelings": "It sounds like you feel sad.",
    "Self-disclosure": "I had that too when I was young.",
    "Affirmation and Reassurance": "You are strong and will get through this.",
    "Providing Suggestions": "Maybe you could try to call him.",
    "Information": "Many people in studies say so.",
    "Others": "Hello and thank you, goodbye!",
}


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ten short made-up dialogues in which every strategy occurs."""
    folder = tmp_path_factory.mktemp("data")
    (folder / "esconv").mkdir()
    generator = np.random.default_rng(0)
    with gzip.open(folder / "esconv" / "train.jsonl.gz", "wt", encoding="utf-8") as lines:
        for number in range(10):
            turns = [{"speaker": "supporter", "text": "Hi!", "strategy": "Others"}]
            for strategy in generator.permutation(STRATEGIES):
                turns.append({"speaker": "seeker", "text": f"Well, {number} things went wrong."})
                turns.append(
                    {"speaker": "supporter", "text": LINES[strategy], "strategy": strategy}
                )
            lines.write(json.dumps({"dialogue_id": str(number), "turns": turns}) + "\n")
    return folder


def test_what_is_learned_from_made_up_dialogues_is_shipped_and_read_again(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fit, "RARE", 2)
    dialogues = read_dialogues(data, "train")
    learned = learn(dialogues)
    write(learned, tmp_path)
    again = read_weights(tmp_path)
    assert np.array_equal(again.plan.weights, learned.plan.weights)
    assert (again.size, again.labels, len(again.terms)) == (384, 28, len(learned.terms))
    rows = Rows.of(dialogues)
    blocks = fit.reply_blocks(rows, again.terms)
    found = out_of_fold(fit.fit_replies, blocks, rows).argmax(axis=1)
    assert (found == rows.truth).mean() > 0.9
    write(learn(dialogues), tmp_path / "again")
    for path in tmp_path.glob("strategy.*"):
        assert path.read_bytes() == (tmp_path / "again" / path.name).read_bytes()


def test_before_a_reply_only_earlier_replies_count(data: Path) -> None:
    dialogues = read_dialogues(data, "train")[:1]
    rows = Rows.of(dialogues)
    assert dialogues[0].read[0] is None
    used = np.eye(8, dtype=np.float32)[rows.truth]
    changed = used.copy()
    changed[4:] = 0.125
    for one, other in zip(plan_blocks(rows, used), plan_blocks(rows, changed), strict=True):
        assert np.array_equal(one.values[:5], other.values[:5])


def test_a_block_is_fitted_on_its_own_scale_and_used_as_it_is() -> None:
    generator = np.random.default_rng(1)
    truth = generator.integers(0, 3, 300)
    useful = np.eye(3)[truth] * 1000 + 5000 + generator.normal(0, 100, (300, 3))
    noise = generator.normal(0, 1, (300, 4))
    blocks = [Block(useful.astype(np.float32), 1.0), Block(noise.astype(np.float32), 0.1)]
    linear = fit_linear(blocks, truth, 0.1)
    found = linear.probabilities(side_by_side(blocks))
    assert (found.argmax(axis=1) == truth).mean() > 0.99
    assert np.allclose(found.sum(axis=1), 1, atol=1e-5)


def test_the_stage_of_scores_is_that_of_their_turn() -> None:
    scores = np.zeros((2, 8), dtype=np.float32)
    scores[0, STRATEGIES.index("Information")] = 0.4
    scores[1, [2, 3]] = 0.3
    scores[1, 0] = 0.5
    assert stages_of(scores) == ["action", "comforting"]

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest

from emoplug import Emoplug, WeightsError
from emoplug_safety import measure
from emoplug_safety._head import SHIPPED, read_head
from emoplug_safety._rules import KINDS
from emoplug_safety._tally import Outcome, Tally, lines, score, wilson
from emoplug_safety.train import __main__ as train
from emoplug_safety.train import data
from emoplug_safety.train.fit import fit, folds, sigmoid
from tests.plugins.safety_texts import ABOUT_OTHERS, DANGER, IDIOMS, NO_DANGER, SMALL_TALK


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    """A folder of data sets, and ``sentences.jsonl`` in it."""
    rows: list[tuple[str | None, ...]] = [
        (t, kind, "self", "plain") for kind, texts in DANGER.items() for t in texts
    ]
    rows += [(t, kind, "other", "third person") for t, kind in ABOUT_OTHERS]
    rows += [(t, None, None, category) for category, texts in NO_DANGER.items() for t in texts]
    keys = ("text", "risk", "about", "category")
    with (tmp_path / "sentences.jsonl").open("w", encoding="utf-8") as lines:
        for row in rows:
            lines.write(json.dumps(dict(zip(keys, row, strict=True))) + "\n")
    texts = [{"text": text} for text in (*IDIOMS, *SMALL_TALK)]
    for name, split in (("goemotions", "train"), ("goemotions", "dev"), ("dailydialog", "dev")):
        pack(tmp_path / name / f"{split}.jsonl.gz", texts)
    turns = [{"speaker": "seeker", "text": "I want to kill myself."}]
    turns += [{"speaker": "supporter", "text": "I want to die."}]
    pack(tmp_path / "esconv" / "dev.jsonl.gz", [{"turns": turns}])
    return tmp_path


def pack(path: Path, rows: Sequence[Mapping[str, object]]) -> None:
    path.parent.mkdir(exist_ok=True)
    with gzip.open(path, "wt", encoding="utf-8") as lines:
        lines.writelines(json.dumps(row) + "\n" for row in rows)


def test_training_writes_weights_that_tell_danger_from_idioms(
    tiny: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    read = data.read_examples
    monkeypatch.setattr(train, "read_examples", lambda: read(tiny / "sentences.jsonl"))
    out = tiny / "head.json"
    written = []
    for _ in range(2):
        monkeypatch.setattr("sys.argv", ["train", "--data", str(tiny), "--out", str(out)])
        train.main()
        written.append(out.read_bytes())
    assert written[0] == written[1]
    assert capsys.readouterr().out.count("recall of any kind") == 4
    emo = Emoplug(plugins=["onnx"])
    head = read_head(out)
    for texts, danger in ((DANGER["abuse"], True), (SMALL_TALK, False)):
        encoding = emo.encode(list(texts))
        assert head.fits(encoding)
        assert ((head.logits(encoding)[:, KINDS.index("abuse")] > 0) == danger).all()


def test_paraphrases_share_a_fold() -> None:
    groups = [1, 1, 2, 3, 3, 3, 4, 5, 6, 7]
    parts = folds(groups, 3, 0)
    assert set(parts) == {0, 1, 2}
    for group in groups:
        assert len({part for part, name in zip(parts, groups, strict=True) if name == group}) == 1


def test_the_fit_finds_the_weights_that_made_the_data() -> None:
    random = np.random.default_rng(0)
    columns = random.normal(size=(4000, 2))
    right = (random.random(4000) < sigmoid(columns @ [2.0, -1.0] + 0.5)).astype(float)
    found = fit(columns, right, 1e-3, np.ones(4000))
    assert found == pytest.approx([2.0, -1.0, 0.5], abs=0.2)


def test_the_shipped_sentences_are_labelled_as_the_plugin_answers() -> None:
    examples = data.read_examples()
    assert {example.risk for example in examples} == {*KINDS, None}
    for example in examples:
        assert example.text.strip()
        assert (example.risk is None) == (example.about is None)


@pytest.mark.parametrize("change", [{"format": 0}, {"bias": [1.0]}, {"weights": "none"}])
def test_corrupt_weights_are_told(tmp_path: Path, change: dict[str, object]) -> None:
    facts = {**json.loads(SHIPPED.read_text(encoding="utf-8")), **change}
    path = tmp_path / "head.json"
    path.write_text(json.dumps(facts), encoding="utf-8")
    with pytest.raises(WeightsError, match="corrupt"):
        read_head(path)
    with pytest.raises(WeightsError, match="missing"):
        read_head(tmp_path / "gone.json")


def test_measures_alarms_and_recall(
    tiny: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["--data", str(tiny), "--labelled", str(tiny / "sentences.jsonl"), "--rules"]
    monkeypatch.setattr("sys.argv", ["measure", *arguments, "--json"])
    measure.main()
    facts = json.loads(capsys.readouterr().out)
    assert facts["alarms"]["ESConv dev, seekers"]["self-harm"] == {"hits": 1, "total": 1}
    assert facts["alarms"]["GoEmotions dev"]["any"] == {"hits": 0, "total": 46}
    assert facts["labelled"]["recall"]["all"] == {"hits": 12, "total": 12}
    monkeypatch.setattr("sys.argv", ["measure", *arguments])
    measure.main()
    assert "false alarms where there is no danger" in capsys.readouterr().out


def test_the_context_of_a_labelled_message_is_asked_with_it() -> None:
    question = {"role": "assistant", "content": "Are you thinking of killing yourself?"}
    row = {"text": "yes", "context": [question], "risk": "self-harm", "about": "self"}
    rows = [{**row, "category": "context"}]
    (outcome,) = measure.outcomes(measure.emoplug(rules=True), rows)
    assert outcome.hit


def test_shares_come_with_counts_and_intervals() -> None:
    outcomes = [
        Outcome("abuse", "self", "plain", {"abuse": "other"}),
        Outcome("abuse", "self", "plain", {"medical": "self"}),
        Outcome(None, None, "ordinary", {}),
    ]
    counts = score(outcomes)
    assert counts.recall["abuse, plain"] == Tally(1, 2)
    assert counts.precision["medical"] == Tally(0, 1)
    assert counts.alarms["ordinary"] == Tally(0, 1)
    assert counts.any_kind == Tally(2, 2)
    assert counts.about == Tally(0, 1)
    assert any("(1/2)" in line for line in lines(counts))
    low, high = wilson(1, 2)
    assert 0 < low < 0.5 < high < 1
    assert wilson(0, 5)[0] == pytest.approx(0)

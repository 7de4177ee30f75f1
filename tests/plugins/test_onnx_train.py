from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from onnx import TensorProto, helper
from sklearn.metrics import f1_score

from emoplug_onnx import Encoder, Options
from emoplug_onnx.train.calibrate import fit_temperature, fit_thresholds
from emoplug_onnx.train.data import epoch_batches, read_emobank, read_goemotions, read_sentiment
from emoplug_onnx.train.dequantize import read_floats
from emoplug_onnx.train.evaluate import calibration_error, evaluate
from emoplug_onnx.train.export import export
from emoplug_onnx.train.fit import Trainer, load_state
from emoplug_onnx.train.mix import mix
from emoplug_onnx.train.recipe import Recipe
from tests.plugins.sbert_tiny import build_model

SHORT = Recipe(epochs=2, learning_rate=1e-3, head_rate=3e-3)


@pytest.fixture
def sentiment(tmp_path: Path) -> Path:
    """Rated texts in the form of Hutto and Gilbert."""
    for name in ("tweets", "nytEditorialSnippets", "movieReviewSnippets", "amazonReviewSnippets"):
        lines = [f"{n}\t{(-1) ** n * 2.0}\t{('glad', 'hate')[n % 2]} &amp; i" for n in range(40)]
        (tmp_path / f"{name}_GroundTruth.txt").write_text("\n".join(lines) + "\n")
    return tmp_path


def fitted(corpora: Path, base: Path, name: str, recipe: Recipe = SHORT, **more: object) -> Path:
    """Train into a folder of this name; answer it."""
    run = corpora / name
    run.mkdir(exist_ok=True)
    Trainer(corpora, base, run, recipe, **more).run()  # type: ignore[arg-type]  # keywords vary
    return run


def weights(run: Path) -> dict[str, torch.Tensor]:
    """Answer the weights that a run ended with."""
    answer: dict[str, torch.Tensor] = load_state(run)["model"]
    return answer


def same(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> bool:
    """Tell whether two networks are alike."""
    return all(torch.allclose(one[name], other[name], atol=1e-5) for name in one)


def identity_network() -> bytes:
    """Answer an ONNX file without any weights."""
    said, heard = (
        helper.make_tensor_value_info(name, TensorProto.FLOAT, [1]) for name in ("a", "b")
    )
    graph = helper.make_graph([helper.make_node("Identity", ["a"], ["b"])], "g", [said], [heard])
    return bytes(helper.make_model(graph).SerializeToString())


def test_ratings_are_read_as_affect_and_labels_as_columns(corpora: Path, sentiment: Path) -> None:
    affect = read_emobank(corpora, "train")
    assert affect.targets.shape == (800, 3)
    assert set(np.sign(affect.targets[:, 0])) == {-1, 1}
    assert 0.7 < np.abs(affect.targets).mean() < 0.8, "4.5 of 5 is 0.75, 1.5 of 5 is -0.75"
    emotions = read_goemotions(corpora, "dev", ("sadness", "joy"))
    assert [t.split()[2] in "glad happy thank you" for t in emotions.texts] == [
        bool(row[1]) for row in emotions.targets
    ]
    rated = read_sentiment(sentiment)
    assert len(rated.texts) == 160
    assert rated.texts[0] == "glad & i"
    assert set(rated.targets.ravel()) == {-0.25, 0.25}


def test_an_epoch_deals_every_row_as_often_as_asked_in_batches_of_one_task() -> None:
    lengths: dict[str, Sequence[int]] = {"emotion": list(range(1, 71)), "affect": [5] * 33}
    batches = list(epoch_batches(lengths, {"emotion": 1, "affect": 2}, 32, seed=1))
    dealt = Counter((batch.task, row) for batch in batches for row in batch.rows)
    wanted = [("emotion", row) for row in range(70)] + 2 * [("affect", row) for row in range(33)]
    assert dealt == Counter(wanted)
    assert batches != list(epoch_batches(lengths, {"emotion": 1, "affect": 2}, 32, seed=2))


def test_a_run_that_was_cut_off_goes_on_to_the_same_end(
    corpora: Path, sbert_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = weights(fitted(corpora, sbert_model, "whole"))
    trainer = Trainer(corpora, sbert_model, corpora, SHORT)
    save = trainer._save

    def save_and_stop() -> None:
        save()
        raise KeyboardInterrupt

    monkeypatch.setattr(trainer, "_save", save_and_stop)
    with pytest.raises(KeyboardInterrupt):
        trainer.run()
    assert load_state(corpora)["epoch"] == 1
    torch.manual_seed(999)  # another process has another state
    Trainer(corpora, sbert_model, corpora, SHORT).run()
    assert same(weights(corpora), whole)
    with pytest.raises(SystemExit, match="another recipe"):
        Trainer(corpora, sbert_model, corpora, replace(SHORT, seed=8)).run()


def test_teachers_teach_every_head_of_every_text_what_they_say_on_average(
    corpora: Path, sbert_model: Path, sentiment: Path
) -> None:
    one = fitted(corpora, sbert_model, "one", replace(SHORT, epochs=1), sentiment=sentiment)
    two = fitted(corpora, sbert_model, "two", replace(SHORT, epochs=1, seed=8))
    said = {
        names: Trainer(corpora, sbert_model, corpora, SHORT, sentiment, teachers=names).lessons
        for names in ((one,), (two,), (one, two))
    }
    for corpus in ("emotion", "affect", "sentiment"):
        for task in ("emotion", "affect"):
            alone = [said[(run,)][corpus][task] for run in (one, two)]
            assert not torch.allclose(alone[0], alone[1], atol=1e-2)
            torch.testing.assert_close(said[(one, two)][corpus][task], sum(alone) / 2)
    student = Trainer(corpora, sbert_model, corpora, SHORT, start=two, teachers=[one])
    assert same(student.model.state_dict(), weights(two)), "teachers leave the student alone"


# The tracing exporter warns of itself and of every branch that it passes.
@pytest.mark.filterwarnings("ignore")
def test_what_is_exported_tells_feelings_apart_and_is_calibrated(
    corpora: Path, sbert_model: Path, sentiment: Path
) -> None:
    run = fitted(corpora, sbert_model, "run", sentiment=sentiment)
    out = corpora / "weights"
    export(run, sbert_model, corpora, out)
    scores = evaluate(corpora, "dev", str(out))
    assert scores["macro_f1"] > 0.9
    assert min(scores["r_valence"], scores["r_arousal"], scores["r_dominance"]) > 0.8
    encoding = Encoder(Options(weights=str(out), device="cpu")).encode(["i am so glad", "i am sad"])
    assert encoding.affect[0, 0] > encoding.affect[1, 0]
    with torch.inference_mode():
        trainer = Trainer(corpora, sbert_model, corpora, SHORT, start=run)
        trainer.model.eval()
        ids, mask = trainer._pad(trainer.tokenizer(["i am so glad", "i am sad"])["input_ids"])
        full = trainer.model(ids, mask)[0].numpy()
    assert np.sum(full * encoding.embeddings, axis=1).min() > 0.95, "int8 is near the network"


def test_a_temperature_is_found_again_and_errors_of_calibration_are_seen() -> None:
    random = np.random.default_rng(7)
    logits = random.normal(0, 2, (4000, 2))
    targets = (random.random(logits.shape) < 1 / (1 + np.exp(-logits / 1.7))).astype(np.float32)
    assert fit_temperature(logits, targets) == pytest.approx(1.7, rel=0.1)
    assert calibration_error(np.full(1000, 0.7), np.repeat([1.0, 0.0], [700, 300])) < 1e-6
    assert calibration_error(np.full(1000, 0.9), np.zeros(1000)) == pytest.approx(0.9)


def test_thresholds_are_those_of_the_highest_f1_that_honest_probabilities_promise() -> None:
    random = np.random.default_rng(7)
    probabilities = random.beta([0.3, 2.0], [4.0, 2.0], (20_000, 2))
    truth = random.random(probabilities.shape) < probabilities
    found = fit_thresholds(probabilities)
    for column, threshold in enumerate(found):
        scores = {
            cut: f1_score(truth[:, column], probabilities[:, column] > cut)
            for cut in np.arange(0.05, 0.9, 0.05)
        }
        reached = f1_score(truth[:, column], probabilities[:, column] > threshold)
        assert reached == pytest.approx(max(scores.values()), abs=0.01)
        assert threshold == pytest.approx(reached / 2, abs=0.03), "half the best F1 is the best cut"


def test_shipped_int8_weights_are_read_back_as_a_start(corpora: Path, sbert_model: Path) -> None:
    run = fitted(corpora, sbert_model, "run")
    out = corpora / "weights"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the exporter warns of itself and of what it passes
        export(run, sbert_model, corpora, out)
    started = Trainer(corpora, sbert_model, corpora, SHORT, start=out).model.state_dict()
    for name, weight in weights(run).items():
        if not name.startswith("sentiment."):  # does not ship
            step = (weight.max() - weight.min()) / 100
            torch.testing.assert_close(started[name], weight, atol=float(step), rtol=0, msg=name)
    (out / "encoder.onnx").write_bytes(identity_network())
    with pytest.raises(SystemExit, match="no encoder of this shape"):
        Trainer(corpora, sbert_model, corpora, SHORT, start=out)


def test_a_run_is_mixed_with_what_it_started_from(corpora: Path, sbert_model: Path) -> None:
    run, out = fitted(corpora, sbert_model, "run"), corpora / "weights"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the exporter warns of itself and of what it passes
        export(run, sbert_model, corpora, out)
    later = fitted(corpora, sbert_model, "later", replace(SHORT, seed=9), start=out)
    mixed = {}
    for share in (0.0, 0.25, 1.0):
        mix(later, read_floats(out / "encoder.onnx"), share, corpora / f"mixed{share}")
        mixed[share] = weights(corpora / f"mixed{share}")
    assert same(mixed[1.0], weights(later))
    assert not same(mixed[0.0], mixed[1.0])
    quarter = {name: 0.75 * mixed[0.0][name] + 0.25 * mixed[1.0][name] for name in mixed[0.0]}
    assert same(mixed[0.25], quarter)


def test_a_teacher_may_have_another_size_and_other_tokens(
    corpora: Path, sbert_model: Path, tmp_path: Path
) -> None:
    large = build_model(tmp_path / "large", size=48, words=("glad", "hate"))
    teacher = fitted(corpora, large, "teacher", replace(SHORT, epochs=1, distil=0.0))
    trainer = Trainer(corpora, sbert_model, corpora, SHORT, teachers=[teacher])
    own = Trainer(corpora, large, corpora, SHORT, teachers=[teacher])
    for task in ("emotion", "affect"):
        torch.testing.assert_close(trainer.lessons["affect"][task], own.lessons["affect"][task])

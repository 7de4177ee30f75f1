from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from emoplug_sbert import Encoder, Options
from emoplug_sbert._heads import read_heads
from emoplug_sbert.train.__main__ import main
from emoplug_sbert.train.calibrate import correlation, f1, fit_temperature, fit_thresholds


def command(corpora: Path, model: Path, out: Path, *more: str) -> list[str]:
    paths = ["--data", str(corpora), "--model", str(model), "--out", str(out)]
    return [*paths, "--device", "cpu", *more]


def test_trained_heads_tell_feelings_apart(
    corpora: Path, sbert_model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = corpora / "heads.safetensors"
    main(command(corpora, sbert_model, out))
    scores = json.loads(capsys.readouterr().out)
    assert (scores["split"], scores["goemotions_n"], scores["emobank_n"]) == ("dev", 40, 40)
    assert scores["macro_f1"] > 0.9
    assert min(scores["r_valence"], scores["r_arousal"], scores["r_dominance"]) > 0.8
    encoder = Encoder(Options(model=str(sbert_model), heads=out, device="cpu"))
    glad, sad = encoder.encode(["i am so glad happy", "i am so sad tired"]).emotions
    assert glad[0] > glad[1]
    assert sad[1] > sad[0]
    assert read_heads(out).model == "tiny"


def test_kept_vectors_are_used_again_and_training_repeats_itself(
    corpora: Path, sbert_model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, kept = corpora / "heads.safetensors", corpora / "vectors"
    main(command(corpora, sbert_model, out, "--vectors", str(kept)))
    first, said = out.read_bytes(), capsys.readouterr().out
    main(command(corpora, sbert_model, out, "--vectors", str(kept)))
    assert out.read_bytes() == first
    assert capsys.readouterr().out == said
    for path in kept.glob("*.npy"):
        np.save(path, -np.load(path))
    main(command(corpora, sbert_model, out, "--vectors", str(kept)))
    assert out.read_bytes() != first


def test_missing_data_and_models_are_one_line_on_stderr(
    tmp_path: Path, sbert_model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for folder, model, said in (
        (tmp_path / "nowhere", sbert_model, "labels.json"),
        (tmp_path, tmp_path / "nowhere", "no model at"),
    ):
        with pytest.raises(SystemExit) as stopped:
            main(command(folder, model, tmp_path / "out"))
        error = capsys.readouterr().err
        assert stopped.value.code == 1
        assert said in error
        assert error.count("\n") == 1


def test_the_temperature_undoes_a_known_one() -> None:
    random = np.random.default_rng(7)
    true = random.normal(0, 2, (4000, 2))
    targets = (random.random(true.shape) < 1 / (1 + np.exp(-true))).astype(np.float32)
    assert fit_temperature((true * 1.5).astype(np.float32), targets) == pytest.approx(1.5, rel=0.1)


def test_a_threshold_lies_between_those_that_hold_and_those_that_do_not() -> None:
    probabilities = np.array([[0.1], [0.2], [0.3], [0.7], [0.8]] * 20, dtype=np.float32)
    targets = (probabilities > 0.5).astype(np.float32)
    assert 0.3 <= fit_thresholds(probabilities, targets)[0] <= 0.7


def test_f1_and_correlation_are_those_of_the_textbook() -> None:
    predicted = np.array([[1, 0], [1, 0], [0, 0]], dtype=bool)
    targets = np.array([[1, 0], [0, 0], [1, 0]], dtype=np.float32)
    assert f1(predicted, targets).tolist() == [0.5, 0.0]
    line = np.array([[1, 1], [2, 3], [3, 2]], dtype=np.float32)
    assert correlation(line, -line[:, ::-1]) == pytest.approx([-0.5, -0.5])

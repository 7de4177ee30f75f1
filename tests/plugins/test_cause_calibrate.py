from __future__ import annotations

import gzip
import json
import sys
from pathlib import Path

import numpy as np
import pytest

from emoplug_cause import calibrate
from emoplug_cause._calibration import calibrated, none_of

SAID = ["Hello!", "I lost my job.", "How awful!", "I am so sad and angry about it."]


def test_probabilities_are_lowered_and_keep_their_order() -> None:
    given = np.linspace(0, 1, 101).tolist()
    for own in (True, False):
        told = [calibrated(p, own) for p in given]
        assert told == sorted(told)
        assert 0 < told[0] < told[-1] < 1
        assert calibrated(0.5, own) < 0.5


def test_no_cause_is_likelier_the_less_likely_each_cause_is() -> None:
    told = [none_of([p, p]) for p in (0.0, 0.1, 0.5, 0.9, 1.0)]
    assert told == sorted(told, reverse=True)
    assert (told[0], told[-1]) == (1.0, 0.0)


def test_a_fit_finds_what_made_the_data() -> None:
    random = np.random.default_rng(7)
    said = random.uniform(0.02, 0.98, 20_000)
    true = 1 / (1 + np.exp(-2 * np.log(said / (1 - said)) + 1))
    slope, shift = calibrate.fit(said, (random.uniform(size=len(said)) < true).astype(float))
    assert np.array([slope, shift]) == pytest.approx([2, -1], abs=0.1)


def test_a_fit_on_almost_nothing_stays_where_it_is() -> None:
    slope, shift = calibrate.fit(np.array([0.4, 0.9]), np.array([0.0, 1.0]))
    assert 0.5 < slope < 3
    assert -3 < shift < 3


def test_the_calibration_error_is_how_far_what_is_told_lies_from_what_happens() -> None:
    told = np.array([0.2] * 50 + [0.9] * 50)
    happens = np.array([1.0, 0, 0, 0, 0] * 10 + [0.0, 1, 1, 1, 1] * 10)
    assert calibrate.error(told, happens) == pytest.approx(0.05)
    assert calibrate.error(happens, happens) == 0


def test_the_command_fits_and_measures(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    turns = [
        {"turn": number, "speaker": "AB"[number % 2], "text": text}
        for number, text in enumerate(SAID, start=1)
    ]
    (tmp_path / "reccon").mkdir()
    for split, causes in (("dev", ([2, 4], [3, "b"], [2])), ("test", ([2], ["b"], [4]))):
        with gzip.open(tmp_path / "reccon" / f"{split}.jsonl.gz", "wt") as file:
            for named in causes:
                labelled = [{**turns[3], "cause_turns": named}, {**turns[2], "cause_turns": [2]}]
                ends = {row["turn"]: row for row in labelled}
                rows = [ends.get(turn["turn"], turn) for turn in turns]
                file.write(json.dumps({"turns": rows}) + "\n")
    monkeypatch.setattr(sys, "argv", ["calibrate", "--data", str(tmp_path)])
    calibrate.main()
    told = capsys.readouterr().out
    assert told.startswith("OWN = (")
    assert "test, own message, n 6: " in told
    assert "test, no cause: told 0." in told
    assert "true 0.167" in told

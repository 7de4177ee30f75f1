from __future__ import annotations

import json
from pathlib import Path

import pytest

from emoplug import Affect, Emoplug
from emoplug_emotion import EKMAN, SENTIMENT, intensity
from emoplug_onnx._weights import find_weights


@pytest.fixture(scope="module")
def emo() -> Emoplug:
    return Emoplug(plugins=["onnx", "emotion"], deadline=60, on_error="raise")


def user(text: str) -> list[dict[str, str]]:
    return [{"role": "user", "content": text}]


def test_every_spoken_message_is_read_and_no_other(emo: Emoplug) -> None:
    chat = [
        {"role": "system", "content": "be kind"},
        {"role": "user", "content": "I am furious!"},
        {"role": "tool", "content": "{}"},
        {"role": "assistant", "content": "I am sorry."},
    ]
    assert [reading.index for reading in emo.prepare(chat).readings] == [1, 3]


def test_a_reading_is_whole(emo: Emoplug) -> None:
    reading = emo.prepare(user("Thank you so much, you saved my day!")).reading
    assert reading is not None
    assert reading.emotion == reading.labels[0] == "gratitude"
    assert reading.groups == {"ekman": "joy", "sentiment": "positive"}
    assert list(reading.distribution.values()) == sorted(
        reading.distribution.values(), reverse=True
    )
    assert reading.probability == reading.distribution["gratitude"] > 0.8
    assert reading.affect is not None
    assert reading.affect.valence > 0
    assert reading.source == "emotion"


def test_strong_words_are_more_intense_than_flat_ones(emo: Emoplug) -> None:
    texts = ["The bus stops here.", "I am a bit sad.", "I hate this, I am furious and scared!!!"]
    strengths = [
        reading.intensity for text in texts if (reading := emo.prepare(user(text)).reading)
    ]
    assert strengths == sorted(strengths)
    assert strengths[0] < 0.5 < strengths[2] <= 1


def test_a_blank_message_is_neutral(emo: Emoplug) -> None:
    reading = emo.prepare(user("  \n ")).reading
    assert reading is not None
    assert (reading.emotion, reading.intensity) == ("neutral", 0.0)


def test_intensity_by_hand() -> None:
    calm = Affect(valence=0, arousal=0, dominance=0)
    assert intensity({"joy": 0.5, "love": 0.5, "neutral": 0.9}, None) == pytest.approx(0.75)
    assert intensity({"joy": 0.5, "love": 0.5}, calm) == pytest.approx(0.75 * 0.4)
    assert intensity({"neutral": 1.0}, calm) == 0


def test_without_an_encoder_nothing_is_read() -> None:
    assert Emoplug(plugins=["emotion"]).prepare(user("hi")).readings == ()


def test_groupings_cover_the_labels_of_the_weights() -> None:
    labels = set(find_weights(None).labels)
    assert set(EKMAN) == set(SENTIMENT) == labels


def test_groupings_are_those_of_the_paper() -> None:
    listing = Path(__file__).parents[3] / "shared" / "data" / "goemotions" / "labels.json"
    if not listing.exists():
        pytest.skip("needs the GoEmotions folder beside the checkout")
    published = json.loads(listing.read_text())
    for ours, theirs in ((EKMAN, published["ekman"]), (SENTIMENT, published["sentiment"])):
        assert ours == {label: group for group, labels in theirs.items() for label in labels}


def test_valence_rules_out_labels_of_the_other_side(emo: Emoplug) -> None:
    reading = emo.prepare(user("I want to kill myself")).reading
    assert reading is not None
    assert reading.groups["sentiment"] == "negative"
    assert reading.affect is not None
    assert reading.affect.valence < 0

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emoplug_onnx.train.reader.corpora import Corpora, read_split
from emoplug_onnx.train.reader.data import (
    UNKNOWN,
    Dialogue,
    Evidence,
    deal,
    labels_of,
    read_causes,
    read_emotions,
    read_essays,
    read_situations,
    read_strategies,
    swapped,
    without_repeats,
)
from tests.plugins.reader_tiny import (
    NAMED,
    STRATEGIES,
    Row,
    write_corpora,
    write_labels,
    write_rows,
)

LINE = "We were on a break, you know!"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return write_labels(tmp_path)


def spoken(*texts: str, task: str = "meld") -> Dialogue:
    return Dialogue(task, ("A",) * len(texts), texts, (0,) * len(texts))


def line(scene: str, speaker: str, text: str, emotion: str) -> Row:
    return {"dialogue_id": scene, "speaker": speaker, "text": text, "emotion": emotion}


def test_labels_are_named_in_the_order_of_their_file(data: Path) -> None:
    assert labels_of(data, "meld") == tuple(NAMED["meld"].values())
    assert labels_of(data, "esconv") == STRATEGIES


def test_lines_of_one_scene_are_a_dialogue_in_which_first_names_speak(data: Path) -> None:
    rows = [
        line("one", "Rachel Green", "Oh my!", "surprise"),
        line("one", "Joey", "What?", "neutral"),
        line("two", "Joey", "Hm.", "joy"),
    ]
    write_rows(data / "meld" / "dev.jsonl.gz", rows)
    column = labels_of(data, "meld").index
    assert read_emotions(data, "meld", "dev") == [
        Dialogue(
            "meld", ("Rachel", "Joey"), ("Oh my!", "What?"), (column("surprise"), column("neutral"))
        ),
        Dialogue("meld", ("Joey",), ("Hm.",), (column("joy"),)),
    ]


def test_a_situation_is_asked_before_each_turn_of_the_listener(data: Path) -> None:
    turns = [("speaker", "I lost it."), ("listener", "Oh."), ("speaker", "And"), ("speaker", "so")]
    row = {
        "emotion": "situation 5",
        "situation": "My ring is gone.",
        "turns": [{"speaker": name, "text": text} for name, text in [*turns, turns[1]]],
    }
    for split in ("train", "dev"):
        write_rows(data / "empatheticdialogues" / f"{split}.jsonl.gz", [row])
    task = "empatheticdialogues"
    talk = Dialogue(
        task,
        ("A", "B", "A", "A", "B"),
        ("I lost it.", "Oh.", "And", "so", "Oh."),
        (5, UNKNOWN, UNKNOWN, 5, UNKNOWN),
    )
    assert read_situations(data, "dev") == [talk]
    told = Dialogue(task, ("A",), ("My ring is gone.",), (5,))
    assert read_situations(data, "train") == [talk, told], "what was written before teaches too"


def test_causes_are_those_among_the_turns_up_to_the_emotion(data: Path) -> None:
    turns = [
        {"turn": 1, "speaker": "A", "text": "I won a car and a house.", "emotion": "neutral"},
        {
            **{"turn": 2, "speaker": "B", "text": "How great!", "emotion": "happiness"},
            "cause_turns": [1, 2, 1, 3, "b"],
            "cause_spans": ["won a car", "great", "a house", "later", "b"],
        },
        {
            **{"turn": 3, "speaker": "A", "text": "Yes.", "emotion": "happiness"},
            **{"cause_turns": ["b"], "cause_spans": ["b"]},
        },
    ]
    write_rows(data / "reccon" / "dev.jsonl.gz", [{"turns": turns}])
    (dialogue,) = read_causes(data, "dev")
    assert (dialogue.speakers, dialogue.labels) == (("A", "B", "A"), ())
    assert dialogue.texts == ("I won a car and a house.", "How great!", "Yes.")
    assert dialogue.evidence == (
        Evidence(1, "happiness", {0: ["won a car", "a house"], 1: ["great"]}),
        Evidence(2, "happiness", {}),
    )


def test_a_strategy_is_what_the_supporter_does_next(data: Path) -> None:
    turns = [
        {"speaker": "supporter", "text": "Hi.", "strategy": STRATEGIES[7]},
        {"speaker": "seeker", "text": "I am sad."},
        {"speaker": "supporter", "text": "Why?", "strategy": STRATEGIES[2]},
        {"speaker": "supporter", "text": "I was too.", "strategy": STRATEGIES[1]},
    ]
    write_rows(data / "esconv" / "dev.jsonl.gz", [{"turns": turns}])
    (dialogue,) = read_strategies(data, "dev")
    assert dialogue.speakers == ("B", "A", "B", "B")
    assert dialogue.labels == (UNKNOWN, 2, 1, UNKNOWN)


def test_essays_are_one_utterance_with_two_ratings(data: Path) -> None:
    row = {"text": "How sad.", "empathy": 6.5, "distress": 1.0, "emotion": "sadness"}
    write_rows(data / "wassa2022" / "dev.jsonl.gz", [row])
    assert read_essays(data, "dev") == [Dialogue("wassa", ("A",), ("How sad.",), (), (6.5, 1.0))]


def test_dialogues_that_share_a_telling_line_with_held_out_ones_are_left_out() -> None:
    held_out = [spoken("Hi there.", LINE), spoken("!?", "")]
    same = spoken("Hm.", "we were on a  BREAK -- you know")
    other = spoken("We were on a break, you see!")
    common = spoken("Hi there.", "!?", "")
    assert without_repeats([same, other, common], held_out) == [other, common]
    assert without_repeats([same], []) == [same]


def test_a_line_tells_from_six_words_on() -> None:
    for text, kept in (("one two three four five", True), ("one two three four five six", False)):
        assert bool(without_repeats([spoken(text)], [spoken(text)])) is kept


def test_two_speakers_change_names_and_nothing_else() -> None:
    dialogue = replace(spoken("a", "b", "c"), speakers=("A", "B", "Joey"))
    assert swapped(dialogue) == replace(dialogue, speakers=("B", "A", "Joey"))
    assert swapped(swapped(dialogue)) == dialogue


@given(st.lists(st.integers(1, 400), max_size=60), st.integers(1, 1200), st.integers(0, 9))
def test_every_row_is_dealt_once_in_batches_that_fit(
    lengths: list[int], tokens: int, seed: int
) -> None:
    batches = list(deal(lengths, tokens, seed))
    assert Counter(row for batch in batches for row in batch) == Counter(range(len(lengths)))
    for batch in batches:
        assert len(batch) == 1 or len(batch) * max(lengths[row] for row in batch) <= tokens


def test_a_batch_holds_rows_of_like_length_and_is_another_each_epoch() -> None:
    lengths = [1 + row % 100 for row in range(1000)]
    batches = list(deal(lengths, 1000, seed=1))
    spread = [max(lengths[r] for r in b) / min(lengths[r] for r in b) for b in batches]
    assert sum(one > 1.3 for one in spread) <= 6, "the shortest rows only differ by more"
    assert len(batches) < 1.2 * sum(lengths) / 1000, "hardly any padding"
    assert batches == list(deal(lengths, 1000, seed=1))
    assert batches != list(deal(lengths, 1000, seed=2))


@pytest.mark.parametrize(("task", "other"), [("meld", "emorynlp"), ("emorynlp", "meld")])
@pytest.mark.parametrize("split", ["dev", "test"])
def test_nothing_of_one_series_is_learned_that_the_other_is_measured_on(
    data: Path, task: str, other: str, split: str
) -> None:
    write_corpora(data, train=2, dev=2)
    rows = {
        where: [line(f"{where}_new", "Ross", LINE, "neutral")]
        for where in (f"{task}/train", f"{task}/{split}", f"{other}/{split}")
    }
    write_rows(data / f"{task}/train.jsonl.gz", rows[f"{task}/train"])
    write_rows(data / f"{task}/{split}.jsonl.gz", rows[f"{task}/{split}"])
    assert [d.texts for d in Corpora.read(data).train[task]] == [(LINE,)]
    write_rows(data / f"{other}/{split}.jsonl.gz", rows[f"{other}/{split}"])
    assert Corpora.read(data).train[task] == []
    assert [d.texts for d in read_split(data, task, "train")] == [(LINE,)], "nothing is left out"


def test_all_training_splits_are_read_and_every_text_of_them_is_told(data: Path) -> None:
    write_corpora(data, train=3, dev=1)
    corpora = Corpora.read(data)
    counts = {task: len(dialogues) for task, dialogues in corpora.train.items()}
    talks_and_situations = 6
    alike = dict.fromkeys(("meld", "emorynlp", "dailydialog", "reccon", "esconv", "wassa"), 3)
    assert counts == {**alike, "empatheticdialogues": talks_and_situations}
    for task, dialogues in corpora.train.items():
        assert {dialogue.task for dialogue in dialogues} == {task}
        assert read_split(data, task, "train") == dialogues
    told = Counter(corpora.texts())
    assert told == Counter(t for ds in corpora.train.values() for d in ds for t in d.texts)

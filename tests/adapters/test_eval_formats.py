from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from emoplug import InputError
from emoplug_eval._benchmarks import BENCHMARKS, find
from emoplug_eval._examples import Scene
from emoplug_eval._labels import EMPATHETICDIALOGUES, GOEMOTIONS, MELD
from tests.adapters.eval_rows import (
    COMMENTS,
    DIALOGUES,
    ESSAYS,
    PAIRS,
    SENTENCES,
    TALKS,
    utterances,
    write,
)

ROWS: dict[str, Any] = {
    "goemotions": COMMENTS,
    "emobank": SENTENCES,
    "meld": utterances(),
    "empatheticdialogues": TALKS,
    "wassa": ESSAYS,
    "reccon-span": PAIRS,
    "reccon-entailment": PAIRS,
}


def user(text: str, name: str | None = None) -> dict[str, str]:
    return {"role": "user", "content": text, **({"name": name} if name else {})}


def assistant(text: str, name: str | None = None) -> dict[str, str]:
    return {**user(text, name), "role": "assistant"}


def refusal(name: str, rows: list[dict[str, Any]], folder: Path) -> str:
    """Answer what is said of rows that cannot be read."""
    write(folder / "test.jsonl", DIALOGUES)
    path = write(folder / "pairs_test.jsonl", rows)
    with pytest.raises(InputError) as caught:
        find(name).read(path)
    assert str(path) in str(caught.value)
    return str(caught.value).removeprefix(f"{path}, ")


def test_comments_sentences_and_essays_are_one_message_each(tmp_path: Path) -> None:
    comments = BENCHMARKS["goemotions"].read(write(tmp_path / "a.jsonl", COMMENTS))
    assert [scene.messages() for scene in comments.scenes][1] == [user("I am so angry at him.")]
    named = [{GOEMOTIONS[index] for index in gold} for gold in comments.gold]
    assert named == [{"gratitude"}, {"anger", "annoyance"}, {"neutral"}]
    sentences = BENCHMARKS["emobank"].read(write(tmp_path / "b.jsonl", SENTENCES))
    assert sentences.gold[0] == (4.5, 3.6, 3.0)
    assert [row.group for row in sentences.rows] == ["x", "x", "y"]
    essays = BENCHMARKS["wassa"].read(write(tmp_path / "c.jsonl", ESSAYS))
    assert essays.gold == [(1.5, 2.0), (3.0, 4.5), (6.0, 3.0)]
    assert [row.group for row in essays.rows] == ["x", "y", "y"]


def test_an_utterance_is_read_with_the_past_and_its_speaker_is_the_user(tmp_path: Path) -> None:
    found = BENCHMARKS["meld"].read(write(tmp_path / "test.jsonl", utterances()))
    assert [scene.messages() for scene in found.scenes] == [
        [user("Hello.", "Rachel")],
        [assistant("Hello.", "Rachel"), user("You won!", "Joey")],
        [user("Hello.", "Rachel"), assistant("You won!", "Joey"), user("I lost.", "Rachel")],
        [user("No!", "Ross")],
    ]
    assert [MELD[gold] for gold in found.gold] == ["neutral", "joy", "sadness", "anger"]
    assert [row.message for row in found.rows] == [0, 1, 2, 0]
    assert [row.group for row in found.rows] == ["d", "d", "d", "e"]


def test_speakers_of_dailydialog_have_no_names(tmp_path: Path) -> None:
    names = {"joy": "happiness", "neutral": "no emotion"}
    found = BENCHMARKS["dailydialog"].read(write(tmp_path / "test.jsonl", utterances(names)))
    assert found.scenes[1].messages() == [assistant("Hello."), user("You won!")]


def test_a_listener_turn_asks_with_what_was_said_before_it(tmp_path: Path) -> None:
    found = BENCHMARKS["empatheticdialogues"].read(write(tmp_path / "test.jsonl", TALKS))
    assert [scene.messages() for scene in found.scenes] == [
        [user("My girl won!")],
        [user("My girl won!"), assistant("Great, what?"), user("The race.")],
        [assistant("Hello."), user("There is a noise.")],  # none before the first hello
    ]
    assert [EMPATHETICDIALOGUES[gold] for gold in found.gold] == ["proud", "proud", "afraid"]
    silent = [{**TALKS[0], "turns": [{"speaker": "speaker", "text": "Hm."}]}]
    assert "has no listener turn" in refusal("empatheticdialogues", silent, tmp_path)


def test_pairs_of_one_target_ask_about_one_conversation(tmp_path: Path) -> None:
    write(tmp_path / "test.jsonl", DIALOGUES)
    pairs = write(tmp_path / "pairs_fold1_test.jsonl", PAIRS)
    found = BENCHMARKS["reccon-span"].read(pairs)
    assert [scene.messages() for scene in found.scenes] == [
        [assistant("The cat is gone."), user("Oh no, poor you!")],
        [user("The cat is gone."), assistant("Oh no, poor you!"), user("I miss her so.")],
    ]
    assert [(row.scene, row.message) for row in found.rows] == [
        (0, 0),
        (0, 0),
        (0, 1),
        (1, 0),
        (1, 1),
        (1, 2),
    ]
    assert found.gold == ["cat is gone", "The cat", "", "cat is gone", "", ""]
    assert BENCHMARKS["reccon-entailment"].read(pairs).gold == [1, 1, 0, 1, 0, 0]


def test_a_limit_keeps_the_first_rows_and_the_conversations_they_ask_about(tmp_path: Path) -> None:
    write(tmp_path / "test.jsonl", DIALOGUES)
    found = BENCHMARKS["reccon-span"].read(write(tmp_path / "pairs_test.jsonl", PAIRS))
    assert [(len(found.first(n)), len(found.first(n).scenes)) for n in (1, 3, 4, 99, None)] == [
        (1, 1),
        (3, 1),
        (4, 2),
        (6, 2),
        (6, 2),
    ]


def test_who_says_nothing_says_a_blank_and_the_nameless_have_no_name() -> None:
    scene = Scene(("", "B"), ("", "So?"), "", named=True)
    assert scene.messages() == [user(" "), assistant("So?", "B")]


@pytest.mark.parametrize(
    ("name", "field", "value", "said"),
    [
        ("goemotions", "labels", ["joyy"], "unknown label \"joyy\" (did you mean 'joy'?); known"),
        ("goemotions", "labels", [], "no list of labels"),
        ("goemotions", "labels", [None], "unknown label null"),
        ("goemotions", "text", 5, "has a 'text' that is 5; give a string"),
        ("emobank", "A", "3", "has a 'A' that is \"3\"; give a number from 1 to 5"),
        ("emobank", "V", 7, "has 'V' 7; give a number from 1 to 5"),
        ("emobank", "V", float("nan"), "has 'V' NaN; give a number"),
        ("emobank", "D", True, "has a 'D' that is true"),
        ("wassa", "distress", None, "has a 'distress' that is null; give a number from 1 to 7"),
        ("meld", "emotion", "happy", 'unknown emotion "happy"'),
        ("meld", "turn", -1, "give a whole number from 0"),
        ("empatheticdialogues", "turns", [], "give a list of objects"),
        ("empatheticdialogues", "turns", ["hi"], "has \"hi\" in 'turns'"),
        (
            "empatheticdialogues",
            "turns",
            [{"speaker": "A", "text": ""}],
            "known: speaker, listener",
        ),
        ("reccon-entailment", "label", 2, "has label 2; give 1 for a cause"),
        ("reccon-span", "span", " ", "is a cause with an empty 'span'"),
        ("reccon-span", "dialogue_id", "x", "which"),
        ("reccon-span", "cause_turn", 3, "asks about turn 3 for turn 2 of 3"),
        ("reccon-span", "target_turn", 4, "for turn 4 of 3"),
    ],
)
def test_a_wrong_value_is_said_with_file_line_and_fix(
    tmp_path: Path, name: str, field: str, value: Any, said: str
) -> None:
    first, *rest = ROWS[name]
    told = refusal(name, [{**first, field: value}, *rest], tmp_path)
    assert told.startswith("line 1 ")
    assert said in told


@pytest.mark.parametrize("name", ROWS)
def test_a_missing_field_is_named_with_those_that_are_there(tmp_path: Path, name: str) -> None:
    *rest, last = ROWS[name]
    field = {"goemotions": "labels", "emobank": "V", "wassa": "empathy"}.get(name, "dialogue_id")
    cut = {key: value for key, value in last.items() if key != field}
    told = refusal(name, [*rest, cut], tmp_path)
    assert told.startswith(f"line {len(ROWS[name])} has no field {field!r}")
    assert f"it has {', '.join(cut)}" in told


def test_a_file_of_another_data_set_is_refused_at_its_first_line(tmp_path: Path) -> None:
    assert "line 1 has no field 'labels'" in refusal("goemotions", SENTENCES, tmp_path)
    assert "line 1 has no field 'target_turn'" in refusal("reccon-span", DIALOGUES, tmp_path)


def test_turns_out_of_order_are_refused_as_the_future_would_be_read(tmp_path: Path) -> None:
    first, second, *rest = utterances()
    told = refusal("meld", [second, first, *rest], tmp_path)
    assert told.startswith("line 2 has turn 0 of 'd' after turn 1; keep the turns")


def test_turns_of_a_dialogue_are_counted_from_one(tmp_path: Path) -> None:
    turns = [{**turn, "turn": turn["turn"] - 1} for turn in DIALOGUES[0]["turns"]]
    write(tmp_path / "test.jsonl", [{**DIALOGUES[0], "turns": turns}])
    with pytest.raises(InputError, match=r"line 1 has turn 0 in place 1; count turns from 1"):
        find("reccon-span").read(write(tmp_path / "pairs_test.jsonl", PAIRS))


def test_an_unknown_name_brings_the_nearest_to_mind() -> None:
    with pytest.raises(InputError, match=r"'emorynpl' \(did you mean 'emorynlp'\?\); benchmarks: "):
        find("emorynpl")

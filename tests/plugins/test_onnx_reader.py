from __future__ import annotations

import json
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from tokenizers import Tokenizer

from emoplug import STRATEGIES, Comprehension, Emoplug, Message, Turn, WeightsError
from emoplug.testing import check_plugin
from emoplug_onnx import Networks, Options
from emoplug_onnx._layout import LONGEST, NOWHERE, Marker, lay_out, positions
from emoplug_onnx._lock import SHIPPED
from emoplug_onnx._reader import DialogueReader
from emoplug_onnx._reader_weights import CAUSES, FACTS, MODEL, TOKENIZER, read_weights
from emoplug_onnx._spans import best_span

TALK = (
    ("user", "I finally got the job at the hospital!"),
    ("assistant", "That is wonderful news. When do you start?"),
    ("user", "On Monday. I am so happy that I could cry."),
    ("assistant", "You have worked so hard for it."),
    ("user", "But my father did not live to see it, and that makes me terribly sad."),
)
NOISE = 0.12
"""How far dynamic int8 lets a probability wander when more is read in one pass."""


@pytest.fixture(scope="module")
def reader() -> DialogueReader:
    return DialogueReader(SHIPPED, "cpu")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in (FACTS, MODEL, CAUSES, TOKENIZER):
        shutil.copyfile(SHIPPED / name, tmp_path / name)
    return tmp_path


def turn(*talk: tuple[str, str]) -> Turn:
    return Turn(messages=tuple(Message(role=role, content=text) for role, text in talk))


def read(reader: DialogueReader, *talk: tuple[str, str]) -> Comprehension:
    answer = reader.comprehend(turn(*talk))
    assert answer is not None
    return answer


def marker() -> Marker:
    return Marker(Tokenizer.from_file(str(SHIPPED / TOKENIZER)))


def test_feelings_are_told_in_every_label_set_each_row_summing_to_one(
    reader: DialogueReader,
) -> None:
    answer = read(reader, *TALK)
    assert set(answer.views) == {"meld", "dailydialog", "emorynlp", "empatheticdialogues"}
    for view in answer.views.values():
        assert view.probabilities.sum(axis=1) == pytest.approx(1, abs=1e-4)
    meld = answer.views["meld"]
    assert meld.labels[int(meld.probabilities[2].argmax())] == "joy"
    alone = read(reader, TALK[4]).views["meld"].probabilities[0]
    assert meld.labels[int(alone.argmax())] == "sadness"


def test_what_is_said_later_changes_nothing_said_before(reader: DialogueReader) -> None:
    whole = read(reader, *TALK)
    for end in range(1, len(TALK)):
        part = read(reader, *TALK[:end])
        for name, view in part.views.items():
            later = whole.views[name].probabilities[:end]
            assert np.abs(view.probabilities - later).max() < NOISE


def test_causes_are_looked_for_up_to_the_last_user_message(reader: DialogueReader) -> None:
    answer = read(reader, *TALK[:3], ("assistant", "I am so glad for you."))
    assert answer.causes[3] == 0
    assert 3 not in answer.cause_spans
    assert answer.causes[0] >= 0.5
    for index, spans in answer.cause_spans.items():
        assert answer.causes[index] >= 0.5
        for start, end in spans:
            assert 0 <= start < end <= len(TALK[index][1])


def test_strategies_are_the_eight_and_ratings_keep_to_their_scale(reader: DialogueReader) -> None:
    answer = read(reader, *TALK)
    assert tuple(answer.strategies) == STRATEGIES
    assert sum(answer.strategies.values()) == pytest.approx(1, abs=1e-4)
    assert all(0 <= value <= 8 for value in answer.ratings.values())


def test_messages_that_nobody_says_and_forgotten_ones_have_zero_rows(
    reader: DialogueReader,
) -> None:
    long = [
        ("user", f"number {n}: " + "the train was late again and nobody said why. " * 6)
        for n in range(9)
    ]
    answer = read(reader, ("system", "Be kind."), *long, TALK[4])
    rows = answer.views["meld"].probabilities
    assert not rows[0].any()
    assert not rows[1].any(), "the first message fell out of the window"
    assert rows[-1].any()
    assert answer.causes[1] == 0


@pytest.mark.parametrize("text", ["", " ", "😭😭", "half \ud83d", "\x00\u202e", "word " * 3000])
def test_awkward_texts_are_read(reader: DialogueReader, text: str) -> None:
    answer = read(reader, ("user", text), TALK[0])
    assert np.isfinite(answer.views["meld"].probabilities).all()


def test_nobody_said_anything(reader: DialogueReader) -> None:
    assert reader.comprehend(turn(("system", "Be kind."))) is None


def test_threads_get_the_same_answer(reader: DialogueReader) -> None:
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: read(reader, *TALK).causes.tobytes(), range(8)))
    assert len(set(answers)) == 1


def test_one_row_holds_marks_text_and_separators() -> None:
    layout = lay_out(marker().mark(["A", "Bo"], ["Hi there.", "Yes."]), marker().start)
    assert layout.owner.tolist() == sorted(layout.owner.tolist())
    texts = ("Hi there.", "Yes.")
    for position, (start, end) in enumerate(layout.offsets):
        if (start, end) != NOWHERE:
            assert texts[layout.owner[position]][start:end].strip()
    pool, starts = positions(layout)
    assert pool.sum(axis=1) == pytest.approx(1)
    assert starts.tolist() == [0, int((layout.owner == 0).sum())]


def test_of_a_long_message_the_beginning_and_the_end_are_read() -> None:
    text = "start " + "middle " * 500 + "finish"
    (utterance,) = marker().mark(["A"], [text])
    assert len(utterance.ids) <= LONGEST + 4
    words = [text[a:b] for a, b in utterance.offsets if (a, b) != NOWHERE]
    assert (words[0], words[-1]) == ("start", "finish")


def test_words_of_a_long_message_are_never_those_that_were_not_read(
    reader: DialogueReader,
) -> None:
    angry, middle = "My boss shouted at me.", " and so on" * 500
    text = f"{angry}{middle} I hate him and I am so angry at all of them."
    ((start, end),) = read(reader, ("user", text)).cause_spans[0]
    assert end - start < len(middle)


def test_the_window_keeps_the_newest_and_always_the_last() -> None:
    said = marker().mark(["A", "B", "A"], ["one two three", "four five six", "seven"])
    assert lay_out(said, 0, window=1000).first == 0
    assert lay_out(said, 0, window=16).first == 1
    assert lay_out(said, 0, window=2).first == 2


def test_a_wavering_choice_of_words_takes_the_safe_one() -> None:
    first = np.log(np.array([0.45, 0.05, 0.05, 0.45], dtype=np.float32))
    last = np.log(np.array([0.02, 0.03, 0.05, 0.90], dtype=np.float32))
    assert best_span(first, last) == (0, 3)
    sure = np.array([0, 0, 9, 0], dtype=np.float32)
    assert best_span(sure, sure) == (2, 2)


def test_permissive_only_leaves_the_reader_out() -> None:
    emo = Emoplug(plugins=["onnx", "emotion"], permissive_only=True)
    assert emo.prepare([{"role": "user", "content": "hi"}]).comprehension is None
    assert Networks(Options(permissive_only=True)).diagnose()["reader"].endswith("permissive_only")


def test_the_situation_is_told_to_those_who_opt_in() -> None:
    plain = Networks().comprehend(turn(*TALK))
    asked = Networks(Options(situation=True)).comprehend(turn(*TALK))
    assert plain is not None
    assert asked is not None
    assert set(asked.views) - set(plain.views) == {"empatheticdialogues"}


def test_a_folder_with_a_reader_alone_takes_the_shipped_encoder(folder: Path) -> None:
    networks = Networks(Options(weights=str(folder)))
    assert networks.comprehend(turn(*TALK)) is not None
    assert len(networks.encode(["hi"])) == 1


def test_doctor_is_told_files_and_licence() -> None:
    facts = Networks().diagnose()
    assert "NC" in facts["licence of the reader"]
    assert len(facts["sha256 reader.onnx"]) == 64


@pytest.mark.parametrize("name", [MODEL, CAUSES, TOKENIZER])
def test_a_changed_or_missing_file_is_named(folder: Path, name: str) -> None:
    (folder / name).write_bytes(b"something else")
    with pytest.raises(WeightsError, match=f"{name} is corrupt.*SHA-256"):
        read_weights(folder)
    (folder / name).unlink()
    with pytest.raises(WeightsError, match=f"{name} is missing"):
        read_weights(folder)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"format": 9}, "not of format 2"),
        (
            {"heads": {"meld": {"labels": ["joy"], "temperature": 1, "bias": []}}},
            "differ in number",
        ),
        ({"cause_bias": 0.95}, "cause_bias is no list of numbers"),
        ({"heads": 3}, "AttributeError"),
        ({"window": "wide"}, "ValueError"),
    ],
)
def test_wrong_facts_are_named(folder: Path, changes: dict[str, object], told: str) -> None:
    facts = json.loads((folder / FACTS).read_text())
    (folder / FACTS).write_text(json.dumps({**facts, **changes}))
    with pytest.raises(WeightsError, match=told):
        read_weights(folder)


def test_the_plugin_keeps_the_contract() -> None:
    check_plugin("onnx")

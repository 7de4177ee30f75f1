"""What was read stays read: the next turn reads what is new, and says the same."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import accumulate

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emoplug import Comprehension, Message, Turn
from emoplug_onnx import Networks, Options
from emoplug_onnx._contexts import Context, Contexts, Halves
from emoplug_onnx._layout import Layout, window_start
from emoplug_onnx._lock import SHIPPED
from emoplug_onnx._network import Network, Read
from emoplug_onnx._reader import DialogueReader
from emoplug_onnx._rows import Rows

TALK = (
    "My sister forgot my birthday again.",
    "Oh no. She has been busy with the baby.",
    "You always take her side. Everyone forgot, even my mother.",
    "I hear you. What would have made it a good day?",
    "A call would have been enough. I am so hurt, I could cry.",
    "That is not much to ask.",
    "No, and now I feel silly for minding it.",
)
NOISE = 0.12
"""How far dynamic int8 lets a probability wander when other tokens are in the pass."""


def turn(texts: Sequence[str], *after: Message) -> Turn:
    said = (
        Message(role=("user", "assistant")[place % 2], content=text)
        for place, text in enumerate(texts)
    )
    return Turn(messages=(*said, *after))


def told(reader: DialogueReader, texts: Sequence[str], *after: Message) -> Comprehension:
    answer = reader.comprehend(turn(texts, *after))
    assert answer is not None
    return answer


def afresh(texts: Sequence[str]) -> Comprehension:
    return told(DialogueReader(SHIPPED, "cpu", contexts=1), texts)


def alike(one: Comprehension, other: Comprehension) -> None:
    for name, view in one.views.items():
        assert view.probabilities == pytest.approx(other.views[name].probabilities, abs=NOISE)
    assert one.causes == pytest.approx(other.causes, abs=NOISE)
    assert one.strategies == pytest.approx(other.strategies, abs=NOISE)


class Counted(Network):
    """The real network, which notes how many tokens it reads."""

    read_so_far = 0

    def read(self, new: Layout, seen: Halves) -> Read:
        self.read_so_far += len(new.ids)
        return super().read(new, seen)


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> type[Counted]:
    monkeypatch.setattr("emoplug_onnx._reader.Network", Counted)
    monkeypatch.setattr(Counted, "read_so_far", 0)
    return Counted


def tokens_read(reader: DialogueReader) -> int:
    network = reader._load().network
    assert isinstance(network, Counted)
    return network.read_so_far


def test_a_growing_conversation_is_told_as_one_that_is_read_at_once() -> None:
    reader = DialogueReader(SHIPPED, "cpu")
    for end in range(1, len(TALK) + 1, 2):
        alike(told(reader, TALK[:end]), afresh(TALK[:end]))


@pytest.mark.usefixtures("counted")
def test_a_new_turn_reads_what_is_new_and_no_more() -> None:
    reader = DialogueReader(SHIPPED, "cpu")
    told(reader, TALK[:5])
    before = tokens_read(reader)
    told(reader, TALK)
    added = tokens_read(reader) - before
    at_once = DialogueReader(SHIPPED, "cpu")
    told(at_once, TALK)
    assert tokens_read(at_once) == before + added
    assert 0 < added < before
    told(reader, TALK)
    assert tokens_read(reader) == before + added, "nothing was new"


def test_the_same_turn_is_told_in_the_same_bytes_also_inside_a_tool_loop() -> None:
    reader = DialogueReader(SHIPPED, "cpu")
    first = told(reader, TALK)
    called = Message(role="assistant", content="Let me look that up.")
    found = Message(role="tool", content="nothing")
    for after in ((), (called, found), (called, found, called, found)):
        again = told(reader, TALK, *after)
        count = len(TALK)
        assert again.causes[:count].tobytes() == first.causes.tobytes()
        assert again.cause_spans == first.cause_spans
        assert again.ratings == first.ratings
        for name, view in first.views.items():
            rows = again.views[name].probabilities[:count]
            assert rows.tobytes() == view.probabilities.tobytes()


def test_two_ways_on_from_one_beginning_do_not_mix() -> None:
    reader = DialogueReader(SHIPPED, "cpu")
    glad = (*TALK[:4], "They threw a party for me in the end, I was so happy!")
    told(reader, TALK[:3])
    alike(told(reader, glad), afresh(glad))
    alike(told(reader, TALK[:5]), afresh(TALK[:5]))
    alike(told(reader, glad), afresh(glad))


def test_who_speaks_makes_another_conversation() -> None:
    reader = DialogueReader(SHIPPED, "cpu")
    told(reader, TALK)
    named = Turn(
        messages=tuple(
            message.model_copy(update={"name": ("Ann", "Bo")[index % 2]})
            for index, message in enumerate(turn(TALK).messages)
        )
    )
    fresh = DialogueReader(SHIPPED, "cpu").comprehend(named)
    mixed = reader.comprehend(named)
    assert fresh is not None
    assert mixed is not None
    assert mixed.causes.tobytes() == fresh.causes.tobytes()


@pytest.mark.parametrize("contexts", [0, 1])
def test_conversations_beyond_those_kept_are_read_again(contexts: int) -> None:
    reader = DialogueReader(SHIPPED, "cpu", contexts=contexts)
    wanted = afresh(TALK[:3])
    for _ in range(2):
        assert told(reader, TALK[:3]).causes.tobytes() == wanted.causes.tobytes()
        told(reader, ["Something else entirely."])
    assert len(reader._contexts) <= contexts


def test_a_long_conversation_is_read_on_and_its_window_moves() -> None:
    reader = DialogueReader(SHIPPED, "cpu")
    texts = [f"number {n}: the train was late again and nobody said why" for n in range(61)]
    moved = set()
    for end in range(1, 62, 2):
        answer = told(reader, texts[:end])
        read = np.asarray(answer.views["meld"].probabilities.any(axis=1))
        first = int(read.argmax())
        assert read[first:].all(), "what is read is the end of the conversation, whole"
        moved.add(first)
    assert 2 <= len(moved) <= 8, "it moves now and then, not with every turn"
    alike(answer, afresh(texts))


def test_threads_that_talk_at_once_are_each_told_their_own() -> None:
    reader = DialogueReader(SHIPPED, "cpu", contexts=4)
    talks = [[TALK[0], *TALK[1:4], f"And number {n} forgot me as well."] for n in range(8)]
    wanted = [afresh(talk) for talk in talks]

    def chat(number: int) -> Comprehension:
        told(reader, talks[number][:3])
        return told(reader, talks[number])

    with ThreadPoolExecutor(4) as pool:
        for answer, right in zip(pool.map(chat, range(8)), wanted, strict=True):
            alike(answer, right)


def test_the_plugin_keeps_as_many_as_it_is_told() -> None:
    networks = Networks(Options(contexts=2))
    for text in TALK:
        networks.comprehend(turn([text]))
    assert networks._reader is not None
    assert len(networks._reader._contexts) == 2


def halves(count: int, value: float) -> Halves:
    return np.full((3, count, 4), value, dtype=np.float16)


def test_rows_once_written_never_change_whoever_goes_on_from_them() -> None:
    rows = Rows(halves(5, 1), 20)
    longer = rows.extended(5, halves(3, 2))
    other = rows.extended(5, halves(3, 3))
    assert longer is rows, "there was room, and nobody had gone on yet"
    assert other is not rows
    assert (longer.first(8)[:, 5:] == 2).all()
    assert (other.first(8)[:, 5:] == 3).all()
    assert (longer.first(5) == 1).all()
    assert (other.first(5) == 1).all()


def test_rows_grow_up_to_the_room_that_there_is() -> None:
    rows = Rows(halves(0, 0), 300)
    for count in range(0, 300, 60):
        rows = rows.extended(count, halves(60, count))
    assert [rows.first(300)[0, place, 0] for place in range(0, 300, 60)] == [*range(0, 300, 60)]


def context(*words: str) -> Context:
    said = tuple(("A", word) for word in words)
    return Context(said, tuple(range(1, len(words) + 1)), Rows(halves(len(words), 0), 9), {})


def test_the_context_that_knows_most_is_found_and_one_that_is_gone_on_from_makes_room() -> None:
    contexts, empty = Contexts(3), context()
    contexts.put(context("a", "b"))
    contexts.put(context("a", "b", "c"))
    contexts.put(context("a", "x"))
    assert len(contexts) == 2
    wanted = [("A", word) for word in "abcd"]
    found, known = contexts.find(wanted, empty)
    assert (len(found.said), known) == (3, 3)
    assert contexts.find([("A", "z")], empty) == (empty, 0)
    found, known = contexts.find(wanted[:2], empty)
    assert known == 2


@given(st.lists(st.integers(2, 60), min_size=1, max_size=60), st.integers(61, 200))
def test_the_window_stays_while_what_is_new_fits(lengths: list[int], window: int) -> None:
    room = window - 1
    starts = [window_start(lengths[:end], window) for end in range(1, len(lengths) + 1)]
    assert starts == sorted(starts)
    for newest, (before, first) in enumerate(zip([0, *starts], starts, strict=False)):
        read = lengths[first : newest + 1]
        assert sum(read) <= room
        if first != before:
            assert sum(lengths[before : newest + 1]) > room, "it moved without need"
            most = list(accumulate(reversed(lengths[before : newest + 1])))
            assert sum(read) == max([t for t in most if t <= room * 2 // 3], default=most[0])

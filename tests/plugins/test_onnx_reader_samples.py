from __future__ import annotations

from itertools import pairwise

import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st

from emoplug_onnx._layout import LONGEST, NOWHERE, WINDOW, Marker, positions
from emoplug_onnx.train.reader.data import UNKNOWN, Dialogue, Evidence
from emoplug_onnx.train.reader.samples import Sample, pad, windows
from tests.plugins.reader_tiny import tokenizer

MARKER = Marker(tokenizer())
WORDS = "i am so happy thank you the train leaves at nine oh my what is this".split()


def talk(lengths: list[int]) -> Dialogue:
    """Every utterance has a label, and an emotion whose causes are it and each third before."""
    texts = tuple(" ".join(WORDS[n % len(WORDS)] for n in range(length)) for length in lengths)
    evidence = tuple(
        Evidence(place, "joy", {cause: [texts[cause]] for cause in range(place, -1, -3)})
        for place in range(len(texts))
    )
    speakers = tuple("AB"[place % 2] for place in range(len(texts)))
    return Dialogue("reccon", speakers, texts, tuple(range(len(texts))), evidence=evidence)


LENGTHS = st.lists(st.integers(1, LONGEST), min_size=1, max_size=14)
LONG = [40] * 30


def explained(text: str, words: str) -> str | None:
    """Answer the characters that the target says caused the emotion of ``text``."""
    dialogue = Dialogue("reccon", ("A",), (text,), evidence=(Evidence(0, "joy", {0: [words]}),))
    (sample,) = windows(dialogue, MARKER)
    (target,) = sample.targets
    if not target.spans:
        return None
    ((_, first, last),) = target.spans
    return text[sample.layout.offsets[first][0] : sample.layout.offsets[last][1]]


@settings(deadline=None)
@given(LENGTHS)
@example([189, 189])  # with the start token, one more than a window
def test_every_label_and_every_target_is_in_one_window(lengths: list[int]) -> None:
    samples = list(windows(talk(lengths), MARKER))
    everything = list(range(len(lengths)))
    assert everything == [label for s in samples for label in s.labels if label != UNKNOWN]
    for sample in samples:
        first = sample.layout.first
        assert len(sample) <= WINDOW
        assert len(sample.labels) == len(sample.speakers) == len(sample.layout)
        for place, label in enumerate(sample.labels, first):
            assert label in (UNKNOWN, place), "the label is its own utterance's"
    targets = [target.target + s.layout.first for s in samples for target in s.targets]
    assert targets == everything


@settings(deadline=None)
@given(LENGTHS)
def test_a_target_keeps_its_causes_that_the_window_holds(lengths: list[int]) -> None:
    dialogue = talk(lengths)
    for sample in windows(dialogue, MARKER):
        first, owner = sample.layout.first, sample.layout.owner
        for target in sample.targets:
            causes = dialogue.evidence[target.target + first].causes
            assert [place for place, one in enumerate(target.caused, first) if one] == sorted(
                place for place in causes if place >= first
            )
            assert len(target.caused) == target.target + 1, "nothing that follows is asked about"
            for utterance, start, stop in target.spans:
                assert target.caused[utterance]
                assert owner[start] == owner[stop] == utterance
                text = dialogue.texts[utterance + first]
                span = sample.layout.offsets[start][0], sample.layout.offsets[stop][1]
                assert span == (0, len(text))
            assert len(target.spans) == sum(target.caused)


def test_each_window_but_the_first_shows_new_utterances_after_old_ones() -> None:
    samples = list(windows(talk(LONG), MARKER))
    assert len(samples) > 2
    assert samples[0].layout.first == 0
    assert UNKNOWN not in samples[0].labels
    for sample, following in pairwise(samples):
        old = following.labels.count(UNKNOWN)
        assert old >= 2, "a quarter of a window is past"
        assert following.labels == (UNKNOWN,) * old + following.labels[old:]
        new = sample.layout.first + len(sample.layout)
        assert following.layout.first == new - old
        assert following.speakers == talk(LONG).speakers[new - old :][: len(following.layout)]


def test_what_fits_is_one_window() -> None:
    (sample,) = windows(talk([40] * 8), MARKER)
    assert (len(sample.layout), len(sample)) == (8, 1 + 8 * 43)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("I am happy, thank you!", "happy"),
        ("I am happy, thank you!", ", thank"),
        ("I am happy, thank you!", "I am happy, thank you!"),
    ],
)
def test_causing_words_are_found_again_as_tokens(text: str, words: str) -> None:
    assert explained(text, words) == words


def test_of_a_word_cut_in_two_the_touched_tokens_are_taken() -> None:
    assert explained("so happy you see", "ppy yo") == "happy you"


def test_words_that_are_not_there_or_not_read_have_no_span() -> None:
    assert explained("i am happy", "sad") is None
    assert explained("i am happy", "") is None
    long = "happy " * 150 + "sad " + "happy " * 150
    assert explained(long, "sad") is None, "of a long message the middle is not read"


def test_the_marks_of_an_utterance_are_no_causing_words() -> None:
    dialogue = Dialogue("reccon", ("A",), ("ha",), evidence=(Evidence(0, "joy", {0: ["ha"]}),))
    (sample,) = windows(dialogue, MARKER)
    ((_, first, last),) = sample.targets[0].spans
    offsets = sample.layout.offsets
    assert NOWHERE not in offsets[first : last + 1]
    assert NOWHERE in (offsets[first - 1], offsets[last + 1])


def test_ratings_are_brought_near_zero_and_one() -> None:
    essay = Dialogue("wassa", ("A",), ("so sad",), ratings=(1.0, 4.0))
    (sample,) = windows(essay, MARKER)
    assert sample.ratings == (-1.5, 0.0)
    (sample,) = windows(Dialogue("wassa", ("A",), ("so sad",), ratings=(7.0, 6.0)), MARKER)
    assert sample.ratings == (1.5, 1.0)


def test_padding_changes_no_window_and_belongs_to_nobody() -> None:
    batch: list[Sample] = [
        next(iter(windows(talk(lengths), MARKER))) for lengths in ([3], [2, 5, 1], [9, 9])
    ]
    padded = pad(batch)
    width, height = max(map(len, batch)), 3
    assert padded.ids.shape == padded.owner.shape == (3, width)
    assert padded.pool.shape == (3, height, width)
    for row, sample in enumerate(batch):
        size, count = len(sample), len(sample.layout)
        pool, starts = positions(sample.layout)
        assert padded.ids[row, :size].tolist() == sample.layout.ids.tolist()
        assert padded.owner[row, :size].tolist() == sample.layout.owner.tolist()
        assert torch.equal(padded.pool[row, :count, :size], torch.from_numpy(pool))
        assert padded.starts[row, :count].tolist() == starts.tolist()
        assert (padded.owner[row, size:] == -1).all()
        assert not padded.pool[row, count:].any()
        assert not padded.pool[row, :, size:].any()

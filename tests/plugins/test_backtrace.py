from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

from emoplug import Emoplug, InputError, Passage
from emoplug_backtrace import Backtracer, Likelihood, Segment, _backtracer
from emoplug_backtrace._late import LateInteraction
from emoplug_backtrace._network import Network
from emoplug_backtrace._profiles import Choice
from tests.plugins.backtrace_texts import ARTICLE, QUESTION, Shared

TALK = [
    Segment(text="I lost my keys again.", speaker="Ann"),
    Segment(text="You always lose everything, you are hopeless.", speaker="Ben"),
    Segment(text="It rains outside.", speaker="Ben"),
    Segment(text="How can you say that to me?", speaker="Ann"),
    Segment(text="I am sorry.", speaker="Ben"),
]
ASKED = 3


@pytest.fixture(scope="module")
def reranker() -> LateInteraction:
    return LateInteraction(Network())


@pytest.fixture(scope="module")
def encoder() -> Emoplug:
    return Emoplug(plugins=["onnx"], permissive_only=True)


@pytest.fixture(scope="module")
def article(reranker: LateInteraction) -> Backtracer:
    return Backtracer(ARTICLE, reranker=reranker)


@pytest.fixture(scope="module")
def talk(encoder: Emoplug, reranker: LateInteraction) -> Backtracer:
    return Backtracer(TALK, encode=encoder.encode, reranker=reranker)


def places(found: Sequence[Passage]) -> list[int | None]:
    return [passage.segment for passage in found]


def test_the_segment_that_caused_the_question_is_told_first(article: Backtracer) -> None:
    best, *others = article.trace(QUESTION)
    assert (best.segment, best.text, best.source) == (1, ARTICLE[1], "backtrace")
    assert best.score > 0.5 > others[0].score


def test_scores_are_probabilities_best_first_and_blank_segments_have_none(
    article: Backtracer,
) -> None:
    scores = [passage.score for passage in article.trace(QUESTION, 99)]
    assert len(scores) == 4
    assert scores == sorted(scores, reverse=True)
    assert 0.9 < sum(scores) < 1
    few = article.trace(QUESTION, 2)
    assert [passage.score for passage in few] == scores[:2]


def test_what_had_not_been_said_and_the_question_itself_are_no_causes(talk: Backtracer) -> None:
    found = talk.trace(TALK[ASKED].text, 99, asked_at=ASKED)
    assert sorted(place or 0 for place in places(found)) == [0, 1, 2]
    assert talk.trace(TALK[0].text, asked_at=0) == []


def test_the_same_words_are_never_told_whatever_their_case_and_spaces(article: Backtracer) -> None:
    again = "  shares closed a LITTLE\nhigher on friday. "
    assert 4 not in places(article.trace(again, 99))
    assert Backtracer(["Why?", " "], "news").trace("why?") == []


def test_a_text_that_the_query_is_not_about_has_no_cause(article: Backtracer) -> None:
    asked, strange = article.trace(QUESTION, 99), article.trace("My cat died yesterday.", 99)
    assert sum(passage.score for passage in strange) < 0.3
    assert sum(passage.score for passage in asked) > 0.9


def test_of_a_single_segment_too(reranker: LateInteraction) -> None:
    tracer = Backtracer(["Only this."], "news", reranker=reranker)
    assert tracer.trace("Why only this?")[0].score > 0.5 > tracer.trace("My cat died.")[0].score


@pytest.mark.parametrize(
    ("query", "more", "told"),
    [
        (" \n", {}, "the query is blank"),
        ("why?", {"k": 0}, "k = 0 asks for nothing; give 1 or more"),
        ("why?", {"asked_at": 5}, "there is no segment 5; give 0 to 4"),
        ("why?", {"asked_at": -1}, "there is no segment -1; give 0 to 4"),
    ],
)
def test_a_question_that_cannot_be_traced_is_refused(
    article: Backtracer, query: str, more: dict[str, Any], told: str
) -> None:
    with pytest.raises(InputError, match=told):
        article.trace(query, **more)


@pytest.mark.parametrize(
    ("segments", "told"),
    [([], "no segments"), ("text", "no list of segments"), ([b"a"], "segment 0 is a bytes")],
)
def test_segments_of_a_wrong_kind_are_refused(segments: Any, told: str) -> None:
    with pytest.raises(InputError, match=told):
        Backtracer(segments)


def test_the_profile_that_fits_is_chosen(article: Backtracer, talk: Backtracer) -> None:
    assert (article.profile, talk.profile) == ("news", "conversation")
    assert Backtracer([Segment(text="so", start=1.0)]).profile == "lecture"
    assert Backtracer(TALK, "news").profile == "news"


def test_in_a_conversation_the_others_last_words_are_likeliest(
    encoder: Emoplug, talk: Backtracer
) -> None:
    alike = Backtracer([Segment(text="ok", speaker=s) for s in "ABAB"], encode=encoder.encode)
    assert places(alike.trace("What?", asked_at=3)) == [2, 0, 1]
    assert places(alike.trace("What?", asked_at=3, speaker="A")) == [1, 2, 0]
    assert set(places(talk.trace(TALK[ASKED].text, asked_at=ASKED))[:2]) == {1, 2}


def test_who_asks_counts_without_a_place_too(encoder: Emoplug) -> None:
    alike = Backtracer([Segment(text="ok", speaker=s) for s in "AB"], encode=encoder.encode)
    assert alike.trace("What?", speaker="A")[0].speaker == "B"
    assert alike.trace("What?", speaker="B")[0].speaker == "A"


def test_a_language_model_can_take_the_place_of_the_reranker() -> None:
    tracer = Backtracer(ARTICLE, scorer=Likelihood(Shared()))
    best, second, *_ = tracer.trace("garage founded weather")
    assert (best.segment, second.segment) == (0, 2)
    # Two words of the query against one, each worth 2: the scores are log likelihoods as they are.
    assert best.score / second.score == pytest.approx(np.exp(2.0))


LONG = [f"filler number {number}" for number in range(40)]


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch, encoder: Emoplug, reranker: LateInteraction) -> Backtracer:
    """Over a text that is longer than is looked at closely."""
    monkeypatch.setattr(_backtracer, "CANDIDATES", 5)
    texts = [*ARTICLE, *LONG, ARTICLE[1].upper(), QUESTION]
    return Backtracer(texts, "news", encode=encoder.encode, reranker=reranker)


def test_of_a_long_text_the_likest_segments_are_looked_at(few: Backtracer) -> None:
    found = few.trace(QUESTION, 99)
    assert set(places(found)[:2]) == {1, 45}
    assert len(found) == 5
    assert 0.9 < sum(passage.score for passage in found) < 1


def test_what_is_masked_takes_no_place_among_the_segments_looked_at(few: Backtracer) -> None:
    found = few.trace("filler number 39?", 99, asked_at=12)
    assert len(found) == 5
    assert max(place or 0 for place in places(found)) < 12
    assert len(few.trace("filler number 39?", 99, asked_at=5)) == 4


def test_a_neighbour_that_was_not_scored_does_not_count() -> None:
    scores, gap = np.array([1.0, 3.0, 9.0]), np.array([4, 5, 7])
    assert _backtracer.beside(scores, np.arange(3)).tolist() == [2, 5, 6]
    assert _backtracer.beside(scores, gap).tolist() == [2, 2, 9]


@pytest.mark.parametrize("profile", ["news", "conversation"])
def test_threads_share_one_tracer_and_agree(encoder: Emoplug, profile: Choice) -> None:
    tracer = Backtracer(TALK, profile, encode=encoder.encode)
    with ThreadPoolExecutor(8) as pool:
        told = list(pool.map(lambda _: tracer.trace("Why?", asked_at=ASKED), range(32)))
    assert len(told[0]) == 3
    assert all(found == told[0] for found in told)

"""The benchmarks by name: how each is read, asked, scored, and what it is compared with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from emoplug import STRATEGIES, InputError, did_you_mean
from emoplug_eval import _answers, _baselines, _documents, _encoded, _formats, _support
from emoplug_eval._asking import (
    BACKTRACE,
    EMOTION,
    STRATEGY,
    Ask,
    of_queries,
    of_segments,
    of_turns,
)
from emoplug_eval._datasets import DATASETS, Dataset
from emoplug_eval._labels import (
    DAILYDIALOG,
    EMORYNLP,
    EMPATHETICDIALOGUES,
    GOEMOTIONS,
    MELD,
    NO_EMOTION,
)
from emoplug_eval._logs import of_log
from emoplug_eval._metrics import Correlations, Labels, LabelSets, Metric, Ranks, Spans
from emoplug_eval._published import PUBLISHED
from emoplug_eval._rankings import OddOneOut, Sought
from emoplug_eval._report import Published
from emoplug_eval._strategies import Corrections, Forecasts

ENCODER = "onnx"
WITHOUT_DYNAMICS, PERMISSIVE = "without_dynamics", "permissive_only"
WITHOUT_CORRECTOR = "without_corrector"


@dataclass(frozen=True)
class Benchmark:
    """One benchmark.

    Attributes:
        example: What one scored row is.
        group: Which rows belong together.
        read: Reads a file into examples.
        ask: Asks the product about the examples.
        metric: Scores its predictions.
        trivial: Baselines that need no training, by name.
        encoded: Baselines on the encoder in use, by name.
        plugins: What must be on.
        options: Their options.
        variants: Ourselves without some part.
        encoder_only: Whether texts alone decide, so that no dialogue reader is run.
        measured: Whose predictions are scored.
        logged: Whether predictions are scores of strategies, of which a log can be written.
    """

    example: str
    group: str
    read: _formats.Reader
    ask: Ask
    metric: Metric
    trivial: Mapping[str, _baselines.Trivial] = field(default_factory=dict)
    encoded: Mapping[str, Ask] = field(default_factory=dict)
    plugins: tuple[str, ...] = (ENCODER,)
    options: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    variants: tuple[str, ...] = ()
    encoder_only: bool = False
    measured: str = "emoplug"
    logged: bool = False

    @property
    def name(self) -> str:
        """Its name."""
        return next(name for name, benchmark in BENCHMARKS.items() if benchmark is self)

    @property
    def dataset(self) -> Dataset:
        """Where its rows come from."""
        return DATASETS[self.name]

    @property
    def published(self) -> tuple[Published, ...]:
        """What others have."""
        return PUBLISHED[self.name]


def _utterances(
    view: str, labels: tuple[str, ...], scores: tuple[str, ...], left_out: int | None = None
) -> Benchmark:
    return Benchmark(
        example="an utterance, read with what was said before it",
        group="dialogue",
        read=_formats.utterance_reader(labels, named=view != "dailydialog"),
        ask=of_turns(_answers.emotion_of(labels)),
        metric=Labels(len(labels), scores, left_out),
        trivial={"majority": _baselines.majority},
        plugins=(ENCODER, EMOTION),
        options={EMOTION: {"labels": view}},
        variants=(WITHOUT_DYNAMICS, PERMISSIVE),
    )


def _queries(profile: str) -> Benchmark:
    return Benchmark(
        example="a query, over all segments of its document",
        group="document",
        read=_documents.read_queries,
        ask=of_queries,
        metric=Sought(),
        encoded={"bi_encoder": _encoded.bi_encoder},
        plugins=(ENCODER, BACKTRACE),
        options={BACKTRACE: {"profile": profile}},
    )


BENCHMARKS: dict[str, Benchmark] = {
    "goemotions": Benchmark(
        example="a comment",
        group="comment",
        read=_formats.read_comments,
        ask=of_turns(_answers.emotion_sets),
        metric=LabelSets(len(GOEMOTIONS)),
        trivial={"majority": _baselines.majority_set(len(GOEMOTIONS))},
        encoder_only=True,
    ),
    "emobank": Benchmark(
        example="a sentence",
        group="document",
        read=_formats.read_sentences,
        ask=of_turns(_answers.affects),
        metric=Correlations(("valence", "arousal", "dominance")),
        trivial={"mean": _baselines.mean},
        encoder_only=True,
    ),
    "meld": _utterances("meld", MELD, ("weighted_f1",)),
    "emorynlp": _utterances("emorynlp", EMORYNLP, ("weighted_f1",)),
    "dailydialog": _utterances("dailydialog", DAILYDIALOG, ("micro_f1", "macro_f1"), NO_EMOTION),
    "empatheticdialogues": Benchmark(
        example="a listener turn, asked about with what was said before it",
        group="dialogue",
        read=_formats.read_situations,
        ask=of_turns(_answers.situations),
        metric=Ranks(),
        trivial={"majority": _baselines.majority_ranking(len(EMPATHETICDIALOGUES))},
        options={ENCODER: {"situation": True}},
        variants=(PERMISSIVE,),
    ),
    "wassa": Benchmark(
        example="an essay",
        group="writer",
        read=_formats.read_essays,
        ask=of_turns(_answers.ratings),
        metric=Correlations(("empathy", "distress")),
        trivial={"mean": _baselines.mean},
        variants=(PERMISSIVE,),
    ),
    "reccon-entailment": Benchmark(
        example="a pair of a target turn and a turn up to it",
        group="dialogue",
        read=_formats.read_cause_labels,
        ask=of_turns(_answers.cause_labels),
        metric=Labels(2, ("pos_f1", "neg_f1", "macro_f1")),
        trivial={
            "majority": _baselines.majority,
            "self_and_previous": _baselines.self_and_previous,
        },
        variants=(PERMISSIVE,),
    ),
    "reccon-span": Benchmark(
        example="a pair of a target turn and a turn up to it",
        group="dialogue",
        read=_formats.read_cause_spans,
        ask=of_turns(_answers.cause_words),
        metric=Spans(),
        trivial={
            "majority": _baselines.no_words,
            "self_and_previous": _baselines.self_and_previous_words,
        },
        variants=(PERMISSIVE,),
    ),
    "backtracing-lecture": _queries("lecture"),
    "backtracing-news": _queries("news"),
    "backtracing-conversation": Benchmark(
        example="a query turn, over the turns before it",
        group="dialogue",
        read=_documents.read_caused_turns,
        ask=of_turns(_answers.earlier_causes),
        metric=Sought(),
        trivial={"recency": _baselines.recency},
        encoded={"bi_encoder": _encoded.bi_encoder},
        plugins=(ENCODER, EMOTION, BACKTRACE),
        options={BACKTRACE: {"profile": "conversation"}},
        variants=(PERMISSIVE,),
    ),
    "longemotion-detection": Benchmark(
        example="texts by different people, of which one has another emotion",
        group="item",
        read=_documents.read_odd_ones,
        ask=of_segments,
        metric=OddOneOut(),
        trivial={"chance": _baselines.chance},
        encoded={"outlier": _encoded.outlier},
        plugins=(ENCODER, EMOTION),
        encoder_only=True,
    ),
    "esconv-strategy": Benchmark(
        example="a supporter turn, told before it is said from the turns before it",
        group="dialogue",
        read=_support.read_support,
        ask=of_turns(_answers.strategies),
        metric=Forecasts(),
        trivial={"majority": _baselines.majority_ranking(len(STRATEGIES))},
        encoded={"reader_alone": of_turns(_answers.read_strategies)},
        plugins=(ENCODER, EMOTION, STRATEGY),
        variants=(WITHOUT_CORRECTOR, PERMISSIVE),
        logged=True,
    ),
    "preference-bias": Benchmark(
        example="a strategy that was predicted, with the one that is right",
        group="dialogue",
        read=_support.read_log,
        ask=of_log,
        metric=Corrections(),
        measured="the log",
        plugins=(STRATEGY,),
    ),
}


def find(name: str) -> Benchmark:
    """Find a benchmark.

    Raises:
        InputError: there is none of that name.
    """
    if name not in BENCHMARKS:
        raise InputError(
            f"there is no benchmark {name!r}{did_you_mean(name, BENCHMARKS)}; "
            f"benchmarks: {', '.join(BENCHMARKS)}"
        )
    return BENCHMARKS[name]

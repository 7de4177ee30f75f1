"""How the answers of several plugins to one hook become one."""

from __future__ import annotations

import operator
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice

from emoplug._inject import SEPARATOR, block
from emoplug._tokens import count_tokens
from emoplug._turn import Turn
from emoplug._types import (
    Affect,
    Cause,
    Guidance,
    Origin,
    Passage,
    Reading,
    Risk,
    Scores,
    StrategyScore,
)


def fuse_readings(answers: Iterable[Sequence[Reading]]) -> tuple[Reading, ...]:
    """Answer one reading a message, in message order; several are averaged label by label."""
    told = [readings for readings in answers if readings]
    if len(told) == 1:
        indices = [reading.index for reading in told[0]]
        if all(map(operator.lt, indices, indices[1:])):
            return tuple(told[0])
    by_index: dict[int, list[Reading]] = {}
    for readings in told:
        for reading in readings:
            by_index.setdefault(reading.index, []).append(reading)
    return tuple(
        group[0] if len(group) == 1 else _fuse(group) for _, group in sorted(by_index.items())
    )


def rank_causes(answers: Iterable[Sequence[Cause]], turn: Turn) -> tuple[Cause, ...]:
    """Best score first; on a tie the earlier plugin, then the earlier answer.

    Whose words a cause is follows from the turn, so it is filled in here, whatever a plugin says.
    """
    causes = sorted((c for causes in answers for c in causes), key=lambda c: -c.score)
    return tuple(c.model_copy(update={"origin": _origin(c.index, turn)}) for c in causes)


def rank_risks(answers: Iterable[Sequence[Risk]]) -> tuple[Risk, ...]:
    """Most probable first; on a tie the earlier plugin, then the earlier answer."""
    return tuple(sorted((r for risks in answers for r in risks), key=lambda r: -r.probability))


def rank_passages(answers: Iterable[Sequence[Passage]]) -> tuple[Passage, ...]:
    """Best score first, each text once, white space and case aside."""
    ranked = sorted((p for passages in answers for p in passages), key=lambda p: -p.score)
    first: dict[str, Passage] = {}
    for passage in ranked:
        first.setdefault(" ".join(passage.text.split()).casefold(), passage)
    return tuple(first.values())


def average_strategies(answers: Iterable[Sequence[StrategyScore]]) -> tuple[StrategyScore, ...]:
    """One score a strategy, the mean of those given; best first."""
    given: dict[str, list[StrategyScore]] = {}
    for scores in answers:
        for score in scores:
            given.setdefault(score.strategy, []).append(score)
    means = [
        StrategyScore(
            strategy=strategy,
            score=sum(score.score for score in group) / len(group),
            source=_sources(score.source for score in group),
        )
        for strategy, group in given.items()
    ]
    return tuple(sorted(means, key=lambda score: -score.score))


def corrected(
    strategies: Iterable[StrategyScore], scores: Mapping[str, float]
) -> tuple[StrategyScore, ...]:
    """Give strategies the corrected ``scores``, best first."""
    updated = (s.model_copy(update={"score": scores.get(s.strategy, s.score)}) for s in strategies)
    return tuple(sorted(updated, key=lambda score: -score.score))


def within_budget(
    answers: Iterable[Sequence[Guidance]], budget: int, model: str | None
) -> tuple[Guidance, ...]:
    """Take guidance by priority while it fits; what does not fit is shorter or left out, not cut.

    Nothing is told twice, white space and case aside. The budget holds for the whole block, with
    what parts it from the person's words; tokens are those of ``model``.
    """
    offered = sorted((g for guidance in answers for g in guidance), key=lambda g: -g.priority)
    taken: list[Guidance] = []
    seen: set[str] = set()
    for guidance in offered:
        told = " ".join(guidance.text.split()).casefold()
        if not told or told in seen:
            continue
        seen.add(told)
        versions = (_version(guidance, text, model) for text in (guidance.text, *guidance.shorter))
        fitting = (one for one in versions if _fits([*taken, one], budget, model))
        taken.extend(islice(fitting, 1))
    return tuple(taken)


def _version(guidance: Guidance, text: str, model: str | None) -> Guidance:
    """Say ``guidance`` by ``text``, at what it costs; a cost that the plugin gave stays."""
    if text == guidance.text and "tokens" in guidance.model_fields_set:
        return guidance.model_copy(update={"shorter": ()})
    tokens = count_tokens(text, model)
    return guidance.model_copy(update={"text": text, "shorter": (), "tokens": tokens})


def _fits(told: Sequence[Guidance], budget: int, model: str | None) -> bool:
    if sum(guidance.tokens for guidance in told) > budget:
        return False
    return count_tokens(f"{SEPARATOR}{block(g.text for g in told)}", model) <= budget


def _origin(index: int | None, turn: Turn) -> Origin:
    if index is None:
        return "outside"
    last = turn.last_user
    if last is not None and turn.messages[index].same_speaker(turn.messages[last]):
        return "self"
    return "other"


def _fuse(group: list[Reading]) -> Reading:
    labels = {label for reading in group for label in reading.distribution}
    distribution: Scores = {
        label: sum(r.distribution.get(label, 0.0) for r in group) / len(group)
        for label in sorted(labels)
    }
    best = max(group, key=lambda r: distribution.get(r.emotion, r.probability))
    affects = [reading.affect for reading in group if reading.affect]
    return Reading(
        index=best.index,
        emotion=best.emotion,
        probability=distribution.get(best.emotion, best.probability),
        labels=tuple(dict.fromkeys(label for reading in group for label in reading.labels)),
        distribution=distribution,
        affect=_mean_affect(affects) if affects else None,
        intensity=sum(reading.intensity for reading in group) / len(group),
        groups=best.groups,
        source=_sources(reading.source for reading in group),
    )


def _mean_affect(affects: Sequence[Affect]) -> Affect:
    count = len(affects)
    return Affect(
        valence=sum(affect.valence for affect in affects) / count,
        arousal=sum(affect.arousal for affect in affects) / count,
        dominance=sum(affect.dominance for affect in affects) / count,
    )


def _sources(sources: Iterable[str]) -> str:
    return "+".join(dict.fromkeys(sources))

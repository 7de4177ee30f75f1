"""Takes the preference out of strategy scores, whoever gave them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from emoplug import STAGES, InputError
from emoplug_strategy._preference import COUNT, Floats, bias, confusion, preferences, proficiency

_SWEEPS, _STEP = 40, 0.3
"""Times that what is left of a preference is divided out, and how much of it at a time."""
_LEAST = 0.05
"""Least preference divided by: a strategy that is never used must not win everything at once."""
_ENOUGH = 1500
"""Rows at which a stage's own divisors count as much as those of all stages."""
_OVERALL = "overall"


@dataclass(frozen=True)
class Corrector:
    """Divides a preference out of scores, in proportion to ``strength``.

    Attributes:
        overall: (8,) divisors where the stage is not known; their geometric mean is 1.
        stages: (8,) divisors by stage of support.
        strength: 0 leaves scores as they are, 1 divides all of the preference out.
    """

    overall: Floats
    stages: Mapping[str, Floats] = field(default_factory=dict)
    strength: float = 1.0

    @classmethod
    def fit(
        cls,
        scores: ArrayLike,
        truths: Sequence[int] | ArrayLike,
        stages: Sequence[str | None] | None = None,
        strength: float = 1.0,
    ) -> Corrector:
        """Find the divisors after which the highest score shows the least bias B.

        Over and over the preferences of the corrected choice are estimated and partly divided
        out. Of all the steps the one with the least B counts whose macro-F1 is not below that of
        the scores as they are. A stage has divisors of its own, the nearer to the overall ones the
        fewer rows it has.

        Args:
            scores: (n, 8), not negative, in the order of ``STRATEGIES``.
            truths: (n,) the right strategies by number.
            stages: (n,) stage of support of each row, where known.
            strength: How much of the preference ``apply`` is to divide out, 0..1.

        Raises:
            InputError: the scores are hard decisions, which no divisor changes, or unreadable.
        """
        table, right = _checked(scores, truths, strength)
        overall = _divisors(table, right, np.ones(COUNT))
        named = np.array([stage or "" for stage in stages or [None] * len(table)])
        own = {}
        for stage in STAGES:
            rows = named == stage
            if rows.any():
                found = _divisors(table[rows], right[rows], overall)
                share = rows.sum() / (rows.sum() + _ENOUGH)
                own[stage] = _centred(found**share * overall ** (1 - share))
        return cls(overall, own, strength)

    def apply(self, scores: ArrayLike, stage: str | None = None) -> Floats:
        """Answer (8,) or (n, 8) scores corrected, summing to 1; all zero stays so."""
        divisors = self.stages.get(stage or "", self.overall)
        corrected = np.asarray(scores, dtype=np.float64) / divisors**self.strength
        total = corrected.sum(axis=-1, keepdims=True)
        nothing = np.zeros_like(corrected)
        return np.asarray(np.divide(corrected, total, out=nothing, where=total > 0))

    def as_mapping(self) -> dict[str, list[float]]:
        """Answer the divisors by stage, for JSON; ``from_mapping`` reads them again."""
        named = {_OVERALL: self.overall, **self.stages}
        return {stage: [round(float(d), 4) for d in own] for stage, own in named.items()}

    @classmethod
    def from_mapping(cls, divisors: Mapping[str, Any], strength: float = 1.0) -> Corrector:
        """Read what ``as_mapping`` answered.

        Raises:
            InputError: it is something else.
        """
        read = {stage: np.array(own, dtype=np.float64) for stage, own in divisors.items()}
        if _OVERALL not in read or any(own.shape != (COUNT,) for own in read.values()):
            raise InputError(f"divisors need {COUNT} numbers each, and an entry {_OVERALL!r}")
        return cls(read.pop(_OVERALL), read, strength)


def _checked(scores: ArrayLike, truths: ArrayLike, strength: float) -> tuple[Floats, Any]:
    table, right = np.asarray(scores, dtype=np.float64), np.asarray(truths, dtype=int)
    if table.ndim != 2 or table.shape[1] != COUNT or right.shape != (len(table),):
        raise InputError(f"give scores (n, {COUNT}) and n right strategies; got {table.shape}")
    if not np.isfinite(table).all() or (table < 0).any():
        raise InputError("scores must be numbers of 0 and more; turn logarithms into powers first")
    if not 0 <= strength <= 1:
        raise InputError(f"strength {strength!r} is not between 0 (off) and 1 (all)")
    if ((table > 0).sum(axis=1) <= 1).all():
        raise InputError(
            "these scores are decisions: one strategy has all, so no divisor changes anything; "
            "give the score of each strategy"
        )
    return table, right


def _divisors(scores: Floats, right: Any, start: Floats) -> Floats:
    floor = proficiency(confusion(scores.argmax(axis=1), right))
    best, divisors, at = np.inf, start, start
    for _ in range(_SWEEPS):
        counts = confusion((scores / at).argmax(axis=1), right)
        left = bias(counts)
        if left < best and proficiency(counts) >= floor:
            best, divisors = left, at
        at = _centred(at * np.maximum(preferences(counts), _LEAST) ** _STEP)
    return divisors


def _centred(divisors: Floats) -> Floats:
    return np.asarray(divisors / np.exp(np.log(divisors).mean()), dtype=np.float64)

"""Counts hits and says how sure a share is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from math import sqrt

_Z = 1.959964


@dataclass
class Tally:
    """How often something was so."""

    hits: int = 0
    total: int = 0

    def add(self, hit: bool) -> None:
        """Count one more."""
        self.hits += hit
        self.total += 1

    def __str__(self) -> str:
        if not self.total:
            return "-"
        low, high = wilson(self.hits, self.total)
        share = self.hits / self.total
        return f"{share:.3f} [{low:.3f}, {high:.3f}] ({self.hits}/{self.total})"


def wilson(hits: int, total: int) -> tuple[float, float]:
    """Answer the 95 % interval of a share (Wilson, 1927)."""
    share, square = hits / total, _Z * _Z
    middle = (share + square / (2 * total)) / (1 + square / total)
    reach = _Z * sqrt(share * (1 - share) / total + square / (4 * total * total))
    reach /= 1 + square / total
    return max(0.0, middle - reach), min(1.0, middle + reach)


@dataclass(frozen=True)
class Outcome:
    """One labelled message and what was said of it.

    Attributes:
        risk: The right kind; ``None`` without a danger.
        about: Whose danger it is.
        category: What sort of message.
        told: Kinds told, and about whom.
    """

    risk: str | None
    about: str | None
    category: str
    told: dict[str, str]

    @property
    def hit(self) -> bool:
        """Whether the right kind was told."""
        return self.risk in self.told


@dataclass
class Score:
    """Recall, precision and false alarms of many outcomes."""

    recall: dict[str, Tally] = field(default_factory=dict)
    precision: dict[str, Tally] = field(default_factory=dict)
    alarms: dict[str, Tally] = field(default_factory=dict)
    any_kind: Tally = field(default_factory=Tally)
    about: Tally = field(default_factory=Tally)


def score(outcomes: Sequence[Outcome]) -> Score:
    """Count; a danger told as another kind than it is counts against the precision of that kind."""
    counts = Score()
    for outcome in outcomes:
        for kind in outcome.told:
            counts.precision.setdefault(kind, Tally()).add(kind == outcome.risk)
        if outcome.risk is None:
            for name in ("all", outcome.category):
                counts.alarms.setdefault(name, Tally()).add(bool(outcome.told))
            continue
        for name in ("all", outcome.risk, f"{outcome.risk}, {outcome.category}", outcome.category):
            counts.recall.setdefault(name, Tally()).add(outcome.hit)
        counts.any_kind.add(bool(outcome.told))
        if outcome.hit and outcome.about is not None:
            counts.about.add(outcome.told[outcome.risk] == outcome.about)
    return counts


def lines(counts: Score) -> Iterator[str]:
    """Tell the counts, one a line: share, 95 % interval, count."""
    for title, tallies in (
        ("recall", counts.recall),
        ("precision", counts.precision),
        ("false alarms where there is no danger", counts.alarms),
    ):
        yield title
        for name in sorted(tallies, key=lambda name: (name != "all", name)):
            yield f"  {name:34} {tallies[name]}"
    yield f"recall of any kind                   {counts.any_kind}"
    yield f"about the right person, of the hits  {counts.about}"

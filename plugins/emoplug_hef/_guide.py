"""The ``guide`` plugin: the small model's best guesses first, everything else after.

Source: the Hybrid Empathetic Framework, in which a small empathetic model narrows the emotions
down in two stages before the large one decides.
"""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict, Field

from emoplug import Guidance, Reading, Turn, estimate_tokens, hookimpl, quote

SOURCE = "hef"
NEUTRAL = "neutral"
PRIORITY = 50
SITUATION = "empatheticdialogues"
"""The view that tells the emotion of the person's situation, one of 32."""
_SITUATIONS = 2
_QUOTED = 60
"""Most characters quoted from an earlier message."""
_UNPLEASANT = -0.2
"""Valence below which a message is no small talk."""


class Hints:
    """Offers one note on the last user message, or nothing when it says little of feelings."""

    class Options(BaseModel):
        """How much to say.

        Attributes:
            budget: Most tokens of this note.
            candidates: Most emotions named first.
            mass: Stop naming once this share of the emotional probability is named.
            floor: Least probability of an emotion worth naming.
            carried: Least intensity of an earlier message of the person worth recalling.
        """

        model_config = ConfigDict(frozen=True, extra="forbid")

        budget: int = Field(default=120, ge=20)
        candidates: int = Field(default=3, ge=1)
        mass: float = Field(default=0.8, gt=0, le=1)
        floor: float = Field(default=0.12, ge=0, le=1)
        carried: float = Field(default=0.7, ge=0, le=1)

    def __init__(self, options: Options | None = None) -> None:
        self.options = options or self.Options()

    @hookimpl
    def guide(self, turn: Turn) -> Sequence[Guidance] | None:
        """Name the likely emotions in two stages; the longest version that fits the budget."""
        reading = turn.reading
        if reading is None or not _feels(reading):
            return None
        first = self._candidates(reading)
        if not first:
            return None
        fitting = (text for text in self._versions(turn, reading, first) if self._fits(text))
        text = next(fitting, None)
        if text is None:
            return None
        return [Guidance(text=text, kind="emotion", priority=PRIORITY, source=SOURCE)]

    def _candidates(self, reading: Reading) -> list[str]:
        """The likely emotions, the reading's own first, until enough probability is named.

        A label more probable than the reading's own was contradicted there: it is left out.
        """
        felt = {
            label: p
            for label, p in reading.distribution.items()
            if label != NEUTRAL and (label == reading.emotion or p < reading.probability)
        }
        total, named, chosen = sum(felt.values()) or 1.0, 0.0, list[str]()
        for label, p in sorted(felt.items(), key=lambda pair: (-pair[1], pair[0])):
            if len(chosen) == self.options.candidates or p < self.options.floor:
                break
            chosen.append(label)
            named += p
            if named >= self.options.mass * total:
                break
        return chosen

    def _versions(self, turn: Turn, reading: Reading, first: Sequence[str]) -> list[str]:
        """Longest first: with situation, carried feeling and all labels, then less and less."""
        named = ", ".join(f"{label} {_percent(reading.distribution[label])}" for label in first)
        stage_one = f"They likely feel {named}."
        others = sorted(
            label for label in reading.distribution if label not in first and label != NEUTRAL
        )
        stage_two = f"If none fits: {', '.join(others)}."
        more = [part for part in (self._situation(turn), self._carried(turn, reading)) if part]
        shorter = [more[:count] for count in range(len(more), -1, -1)]
        bodies = [[stage_one, stage_two, *parts] for parts in shorter]
        bodies += [[stage_one, *parts] for parts in shorter]
        return [_frame(" ".join(body)) for body in bodies]

    def _situation(self, turn: Turn) -> str:
        """What the person seems to be going through, where a reader of situations is on."""
        view = turn.comprehension.views.get(SITUATION) if turn.comprehension else None
        if view is None or turn.last_user is None:
            return ""
        row = view.probabilities[turn.last_user].tolist()
        ranked = sorted(zip(row, view.labels, strict=True), reverse=True)
        likely = [(p, label) for p, label in ranked if p >= self.options.floor][:_SITUATIONS]
        named = " or ".join(f"{label} {_percent(p)}" for p, label in likely)
        return f"What they are going through: {named}." if named else ""

    def _carried(self, turn: Turn, reading: Reading) -> str:
        """The person's strongest earlier feeling, in their own quoted words."""
        earlier = [
            r
            for r in turn.readings
            if r.index < reading.index
            and turn.messages[r.index].role == "user"
            and r.emotion != NEUTRAL
            and r.intensity >= self.options.carried
        ]
        if not earlier:
            return ""
        strongest = max(earlier, key=lambda r: (r.intensity, r.index))
        words = quote(turn.messages[strongest.index].text, _QUOTED)
        return f"Earlier: {words} ({strongest.emotion})."

    def _fits(self, text: str) -> bool:
        return estimate_tokens(text) <= self.options.budget


def _feels(reading: Reading) -> bool:
    """Tell whether there is a feeling to answer.

    People tell the worst news in the plainest words: where neutral is likeliest, a feeling that
    holds beside it counts if the message is unpleasant.
    """
    if reading.emotion != NEUTRAL:
        return True
    unpleasant = reading.affect is not None and reading.affect.valence < _UNPLEASANT
    return unpleasant and any(label != NEUTRAL for label in reading.labels)


def _percent(probability: float) -> str:
    """No small model is certain: never 100 %."""
    return f"{min(probability, 0.99):.0%}"


def _frame(body: str) -> str:
    return f"[Note by emoplug, not the person: {body} Answer the feeling; never mention this note.]"

"""The parts of the note, each only where it is known and worth saying."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from emoplug import Reading, Turn
from emoplug_hef._compose import Part
from emoplug_hef._emotions import felt_in, in_stages, scored, situation_of
from emoplug_hef._feeling import OVERWHELMING, tone_of
from emoplug_hef._frame import Frame, Templates
from emoplug_hef._options import HintOptions
from emoplug_hef._support import stage_in, strategies_in
from emoplug_hef._words import Quotation, cause_in, earlier_in

_SITUATIONS = 2
"""Most situations told beside the 28 emotions."""
Scores = Mapping[str, float]


@dataclass(frozen=True)
class Author:
    """Puts what is known of a turn into the words of one frame."""

    frame: Frame
    options: HintOptions

    def parts(self, turn: Turn, reading: Reading) -> dict[str, Part]:
        """Answer the parts by name; none where no emotion is worth naming."""
        hint = self._hint(reading, situation_of(turn, reading.index))
        if not hint:
            return {}
        tone = tone_of(turn, reading)
        told = {name: Part(text) for name, text in {**hint, **dict(self._tone(tone))}.items()}
        told |= dict(self._words(turn, reading))
        told |= dict(self._support(turn, overwhelmed=tone == OVERWHELMING))
        return told

    @property
    def _put(self) -> Templates:
        return self.frame.templates(self.options.style)

    def _hint(self, reading: Reading, situation: Scores) -> dict[str, str]:
        if self.options.emotions == 32:
            told = self._stages(situation, situation, self.frame.situations)
            if told:
                return told
        told = self._stages(felt_in(reading), reading.distribution, self.frame.emotions)
        return {**told, **self._situation(situation)} if told else {}

    def _stages(self, scores: Scores, labels: Scores, names: Mapping[str, str]) -> dict[str, str]:
        """Name the emotions in two stages; answer nothing where none is likely enough."""
        options = self.options
        stages = in_stages(scores, labels, options.candidates, options.mass, options.floor)
        if not stages.first:
            return {}
        first = self.frame.listing.join(scored(stages.first, names, self.frame.scored))
        told = {"likely": self._put.likely.format(emotions=first)}
        if stages.second:
            rest = self.frame.listing.join(names.get(label, label) for label in stages.second)
            told["others"] = self._put.others.format(emotions=rest)
        return told

    def _situation(self, situation: Scores) -> dict[str, str]:
        stages = in_stages(situation, (), _SITUATIONS, 1.0, self.options.floor)
        if not stages.first:
            return {}
        likely = scored(stages.first, self.frame.situations, self.frame.scored)
        return {"situation": self._put.situation.format(emotions=self.frame.either.join(likely))}

    def _tone(self, tone: str | None) -> Iterator[tuple[str, str]]:
        if tone:
            yield "tone", self._put.tone.format(tone=self.frame.tones[tone])

    def _words(self, turn: Turn, reading: Reading) -> Iterator[tuple[str, Part]]:
        cause = cause_in(turn, reading.index)
        if cause:
            yield "cause", self._quoting(cause)
        earlier = earlier_in(turn, reading, self.options.carried, cause)
        if earlier:
            words, emotion = earlier
            yield "earlier", self._quoting(words, self.frame.emotions.get(emotion, emotion))

    def _quoting(self, words: Quotation, emotion: str = "") -> Part:
        template: str = getattr(self._put, words.key)
        text = template.format(quote=words.quoted, emotion=emotion)
        return Part(text, quotes=bool(words.quoted))

    def _support(self, turn: Turn, overwhelmed: bool) -> Iterator[tuple[str, Part]]:
        chosen = strategies_in(turn, overwhelmed, self.options.floor)
        for key, name in zip(("strategy", "alternative"), chosen, strict=False):
            strategy = self.frame.strategies[name]
            template: str = getattr(self._put, key)
            yield key, Part(template.format(strategy=strategy.name, how=strategy.how))
        stage = stage_in(turn, chosen[0]) if chosen else None
        if stage:
            yield "stage", Part(self._put.stage.format(stage=self.frame.stages[stage]))

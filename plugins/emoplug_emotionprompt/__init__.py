"""Tells the model an emotional stimulus (EmotionPrompt): chosen, combined or learned."""

from emoplug_emotionprompt._plugin import Stimuli
from emoplug_emotionprompt._stimuli import Stimulus, paper_stimuli

Options = Stimuli.Options

__all__ = ["Options", "Stimuli", "Stimulus", "paper_stimuli"]

"""The label sets of the data sets, in their official order."""

from __future__ import annotations

GOEMOTIONS = tuple(
    "admiration amusement anger annoyance approval caring confusion curiosity desire "
    "disappointment disapproval disgust embarrassment excitement fear gratitude grief joy love "
    "nervousness optimism pride realization relief remorse sadness surprise neutral".split()
)
MELD = ("neutral", "surprise", "fear", "sadness", "joy", "disgust", "anger")
EMORYNLP = ("joyful", "mad", "neutral", "peaceful", "powerful", "sad", "scared")
DAILYDIALOG = ("no emotion", "anger", "disgust", "fear", "happiness", "sadness", "surprise")
NO_EMOTION = DAILYDIALOG.index("no emotion")
EMPATHETICDIALOGUES = tuple(
    "afraid angry annoyed anticipating anxious apprehensive ashamed caring confident content "
    "devastated disappointed disgusted embarrassed excited faithful furious grateful guilty "
    "hopeful impressed jealous joyful lonely nostalgic prepared proud sad sentimental surprised "
    "terrified trusting".split()
)

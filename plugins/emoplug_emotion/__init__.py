"""Reads how each message feels: emotion, distribution, affect, intensity, and how feelings last."""

from emoplug_emotion._plugin import Readings
from emoplug_emotion._read import intensity
from emoplug_emotion._taxonomy import EKMAN, SENTIMENT

Options = Readings.Options

__all__ = ["EKMAN", "SENTIMENT", "Options", "Readings", "intensity"]

"""Reads how each message feels from its encoding: emotion, distribution, affect, intensity."""

from emoplug_emotion._read import intensity, read
from emoplug_emotion._taxonomy import EKMAN, SENTIMENT

__all__ = ["EKMAN", "SENTIMENT", "intensity", "read"]

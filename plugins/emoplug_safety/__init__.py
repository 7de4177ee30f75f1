"""Signs of acute danger: tells the model to respond with care, and people to look."""

from emoplug_safety._handover import Handover
from emoplug_safety._plugin import Safety

Options = Safety.Options

__all__ = ["Handover", "Options", "Safety"]

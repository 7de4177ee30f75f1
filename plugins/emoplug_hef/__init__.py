"""Tells the model what the person feels, why, and how to answer, in one note.

After the Hybrid Empathetic Framework: likely emotions in two stages.
"""

from emoplug_hef._plugin import Hints

Options = Hints.Options

__all__ = ["Hints", "Options"]

"""Recalls what was said earlier and what documents say, and remembers what is said now."""

from emoplug_recall._guide import SageRequest
from emoplug_recall._plugin import Recall

Options = Recall.Options

__all__ = ["Options", "Recall", "SageRequest"]

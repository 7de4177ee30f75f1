"""Tells the model the likely emotions in two stages (Hybrid Empathetic Framework)."""

from emoplug_hef._guide import Hints
from emoplug_hef._quote import quote

Options = Hints.Options

__all__ = ["Hints", "Options", "quote"]

"""Tells the model the likely emotions in two stages (Hybrid Empathetic Framework)."""

from emoplug_hef._guide import Hints

Options = Hints.Options

__all__ = ["Hints", "Options"]

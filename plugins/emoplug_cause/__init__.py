"""Tells what caused the last user emotion: which message, which words, or nothing that was said."""

from emoplug_cause._plugin import Causes

Options = Causes.Options

__all__ = ["Causes", "Options"]

"""Imports a package that an extra brings, or names that extra."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import Any

from emoplug import missing_extra


@cache  # asked for in every search
def need(module: str) -> Any:
    """Import ``module`` now.

    Raises:
        ModuleNotFoundError: it is not installed; the message names the extra.
    """
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        if error.name != module:
            raise
        raise ModuleNotFoundError(
            f"emoplug.index needs {module}; try: pip install {missing_extra(module)!r}", name=module
        ) from error

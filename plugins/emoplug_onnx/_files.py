"""Reads the facts beside a network and checks its files against the hashes in them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from emoplug import WeightsError

_REPAIR = "reinstall emoplug or fetch the weights again"


def read_facts(path: Path, form: int) -> dict[str, Any]:
    """Read a JSON object whose ``format`` is ``form``.

    Raises:
        WeightsError: it is missing, unreadable or of another format.
    """
    try:
        facts = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise WeightsError(f"{path} is missing; {_REPAIR}") from error
    except (OSError, ValueError) as error:
        raise corrupt(path, str(error)) from error
    if not isinstance(facts, dict) or facts.get("format") != form:
        raise corrupt(path, f"it is not of format {form}")
    return facts


@contextmanager
def naming(path: Path) -> Iterator[None]:
    """Turn what goes wrong while facts are taken apart into an error that names their file."""
    try:
        yield
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise corrupt(path, f"{type(error).__name__}: {error}") from error


def check_files(folder: Path, facts: str, names: Iterable[str], sha256: Mapping[str, str]) -> None:
    """Make sure that each file is there and is the one that the facts were written for.

    Raises:
        WeightsError: a file is missing or was changed.
    """
    for name in names:
        path = folder / name
        if not path.is_file():
            raise WeightsError(f"{path} is missing; {_REPAIR}")
        if hashlib.sha256(path.read_bytes()).hexdigest() != sha256.get(name):
            raise corrupt(path, f"its SHA-256 is not the one in {facts}")


def corrupt(path: Path, problem: str) -> WeightsError:
    """Make the error that says what is wrong with ``path``."""
    return WeightsError(f"{path} is corrupt: {problem}; {_REPAIR}")

"""Reads the facts beside a network and checks its files against the hashes in them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer

from emoplug import WeightsError
from emoplug_onnx._lock import is_locked

Contents = Mapping[str, bytes]
"""Checked files by name."""
_REPAIR = "reinstall emoplug or fetch the weights again"


def read_facts(path: Path, form: int) -> dict[str, Any]:
    """Read a JSON object whose ``format`` is ``form``.

    Raises:
        WeightsError: it is missing, unreadable or of another format, or not what was shipped.
    """
    try:
        content = path.read_bytes()
        facts = json.loads(content.decode("utf-8"))
    except FileNotFoundError as error:
        raise WeightsError(f"{path} is missing; {_REPAIR}") from error
    except (OSError, ValueError, RecursionError) as error:
        raise corrupt(path, str(error)) from error
    if not isinstance(facts, dict) or facts.get("format") != form:
        raise corrupt(path, f"it is not of format {form}")
    if not is_locked(path, content):
        raise corrupt(path, "it is not the one that this version of emoplug ships")
    return facts


@contextmanager
def naming(path: Path) -> Iterator[None]:
    """Turn what goes wrong while facts are taken apart into an error that names their file."""
    try:
        yield
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise corrupt(path, f"{type(error).__name__}: {error}") from error


def read_checked(
    folder: Path, facts: str, names: Iterable[str], sha256: Mapping[str, str]
) -> Contents:
    """Read each file, which must be the one that the facts were written for.

    What was checked is what is answered: a file that is put in its place later is not.

    Raises:
        WeightsError: a file is missing or was changed.
    """
    contents = {}
    for name in names:
        path = folder / name
        try:
            content = path.read_bytes()
        except OSError as error:
            raise WeightsError(f"{path} is missing or unreadable; {_REPAIR}") from error
        if hashlib.sha256(content).hexdigest() != sha256.get(name):
            raise corrupt(path, f"its SHA-256 is not the one in {facts}")
        contents[name] = content
    return contents


def tokenizer_of(path: Path, content: bytes) -> Tokenizer:
    """Make the tokenizer that is in a checked file; it neither pads nor cuts.

    Raises:
        WeightsError: there is none in it.
    """
    try:
        tokenizer = Tokenizer.from_buffer(content)
    except Exception as error:  # the library raises bare Exception
        raise WeightsError(f"{path} is no tokenizer: {error}") from error
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer


def corrupt(path: Path, problem: str) -> WeightsError:
    """Make the error that says what is wrong with ``path``."""
    return WeightsError(f"{path} is corrupt: {problem}; {_REPAIR}")

"""Reads the frame of a language from its file; the English one says which keys there are."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from emoplug import SettingsError, did_you_mean
from emoplug_hef._frame import Frame

FOLDER = Path(__file__).parent / "frames"
ENGLISH = FOLDER / "en.toml"


def languages() -> tuple[str, ...]:
    """Answer the languages that ship."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*.toml")))


def frame_of(language: str, own: Path | None) -> Frame:
    """Answer the frame in the user's ``own`` file, else the one of ``language``.

    Raises:
        SettingsError: no such language, or the file is not as it must be.
    """
    if own is not None:
        return _read(own)
    known = languages()
    if language not in known:
        raise SettingsError(
            f"hef has no frame in language {language!r}{did_you_mean(language, known)}; choose "
            f"{', '.join(known)}, or name a file of your own in the option frame"
        )
    return _shipped(language)


@cache
def _shipped(language: str) -> Frame:
    return _read(FOLDER / f"{language}.toml")


def _read(path: Path) -> Frame:
    given = _tables(path)
    english = _tables(ENGLISH)
    problem = next(_differences(given, english), None)
    if problem:
        raise SettingsError(f"{path}: {problem}")
    try:
        return Frame.model_validate(given)
    except ValidationError as error:
        raise SettingsError(f"{path}: {_told(error, english)}") from error


def _tables(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(
            f"cannot read the frame {path}: {error}; mend it, or start from a copy of {ENGLISH}"
        ) from error


def _differences(
    given: Mapping[str, Any], english: Mapping[str, Any], above: str = ""
) -> Iterator[str]:
    """Tell each key that is unknown, missing or of the wrong kind, and what to do."""
    for key in given:
        if key not in english:
            yield f"unknown key {above + key!r}{did_you_mean(key, english)}; remove or rename it"
    for key, wanted in english.items():
        if key not in given:
            yield f"missing key {above + key!r}; add {_example(wanted)}"
        elif isinstance(wanted, Mapping):
            if isinstance(given[key], Mapping):
                yield from _differences(given[key], wanted, f"{above}{key}.")
            else:
                yield f"{above + key!r} must be a table; add {_example(wanted)}"


def _example(wanted: Any) -> str:
    if isinstance(wanted, Mapping):
        return f"a table with the keys {', '.join(wanted)}"
    return f"it; in English it is {wanted!r}"


def _told(error: ValidationError, english: Any) -> str:
    problem = error.errors()[0]
    for key in problem["loc"]:
        english = english[key]
    cause = problem.get("ctx", {}).get("error", problem["msg"])
    name = ".".join(map(str, problem["loc"]))
    return f"{name} = {problem['input']!r} is wrong: {cause}. In English it is {english!r}"

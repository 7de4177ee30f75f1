"""Reads files of one JSON object a line; what is wrong is said with file, line and fix."""

from __future__ import annotations

import gzip
import json
import math
import zlib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from emoplug import InputError, did_you_mean

_GZIP = b"\x1f\x8b"
_SHOWN = 60
"""Characters of a wrong value that are shown: it may be somebody's whole text."""


@dataclass(frozen=True)
class Row:
    """One line of a file.

    Attributes:
        path: The file.
        line: Its number, from 1.
        values: The object.
    """

    path: Path
    line: int
    values: Mapping[str, Any]

    def get(self, field: str) -> Any:
        """Answer the value of ``field``."""
        if field not in self.values:
            has = ", ".join(map(str, self.values)) or "nothing"
            hint = did_you_mean(field, map(str, self.values))
            self.refuse(f"has no field {field!r}{hint}", f"it has {has}: is it another data set?")
        return self.values[field]

    def has(self, field: str) -> bool:
        """Tell whether ``field`` is there and not null."""
        return self.values.get(field) is not None

    def text(self, field: str) -> str:
        """Answer a text; it may be empty."""
        value = self.get(field)
        if not isinstance(value, str):
            self.refuse(f"has a {field!r} that is {_shown(value)}", "give a string")
        return str(value)

    def group(self, field: str) -> str:
        """Answer whom the row belongs to: its ``field``, or nobody but itself without one."""
        value = self.values.get(field)
        return value if isinstance(value, str) and value else f"line {self.line}"

    def number(self, field: str, low: float, high: float) -> float:
        """Answer a number from ``low`` to ``high``."""
        value = self.get(field)
        fix = f"give a number from {low:g} to {high:g}"
        if isinstance(value, bool) or not isinstance(value, int | float):
            self.refuse(f"has a {field!r} that is {_shown(value)}", fix)
        if not (math.isfinite(value) and low <= value <= high):
            self.refuse(f"has {field!r} {_shown(value)}", fix)
        return float(value)

    def whole(self, field: str, low: int = 0) -> int:
        """Answer a whole number of at least ``low``."""
        value = self.get(field)
        if isinstance(value, bool) or not isinstance(value, int) or value < low:
            self.refuse(
                f"has a {field!r} that is {_shown(value)}", f"give a whole number from {low}"
            )
        return int(value)

    def index(self, field: str, below: int, low: int = 0) -> int:
        """Answer an index from ``low`` to one less than ``below``."""
        value = self.whole(field, low)
        if value >= below:
            self.refuse(f"has {field!r} {value} of {below}", f"give an index from {low}")
        return value

    def indices(self, field: str, below: int) -> frozenset[int]:
        """Answer a list of one index or more, each less than ``below``."""
        values = self.get(field)
        if not isinstance(values, list) or not values:
            self.refuse(f"has {field!r} {_shown(values)}", "give a list of indices from 0")
        items = (Row(self.path, self.line, {field: value}) for value in values)
        return frozenset(item.index(field, below) for item in items)

    def label(self, field: str, labels: Collection[str]) -> str:
        """Answer one of ``labels``."""
        return self.known(self.get(field), field, labels)

    def known(self, value: Any, field: str, labels: Collection[str]) -> str:
        """Answer ``value`` if it is one of ``labels``."""
        if not isinstance(value, str) or value not in labels:
            hint = did_you_mean(value, labels) if isinstance(value, str) else ""
            self.refuse(
                f"has the unknown {field} {_shown(value)}{hint}", f"known: {', '.join(labels)}"
            )
        return str(value)

    def objects(self, field: str) -> list[Row]:
        """Answer a list of one object or more, each as a row of this line."""
        value = self.get(field)
        if not isinstance(value, list) or not value:
            self.refuse(f"has {field!r} {_shown(value)}", "give a list of objects")
        for one in value:
            if not isinstance(one, Mapping):
                self.refuse(f"has {_shown(one)} in {field!r}", "give a list of objects")
        return [Row(self.path, self.line, one) for one in value]

    def refuse(self, problem: str, fix: str) -> None:
        """Say that this line cannot be used.

        Raises:
            InputError: always.
        """
        raise InputError(f"{self.path}, line {self.line} {problem}; {fix}")


def read_rows(path: Path) -> list[Row]:
    """Read a file of JSON lines, gzipped or not; blank lines are passed over.

    Raises:
        InputError: it cannot be read, is not such a file, or is empty.
    """
    rows = [_row(path, number, line) for number, line in _lines(path) if line.strip()]
    if not rows:
        raise InputError(f"{path} is empty; give a file with one JSON object a line")
    return rows


def _lines(path: Path) -> Iterator[tuple[int, bytes]]:
    try:
        raw = path.read_bytes()
    except FileNotFoundError as error:
        raise InputError(f"there is no file {path}; check the path") from error
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}; give a file of JSON lines") from (
            error
        )
    try:
        text = gzip.decompress(raw) if raw.startswith(_GZIP) else raw
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(f"{path} is a broken gzip file ({error}); fetch it again") from error
    return enumerate(text.split(b"\n"), start=1)


def _row(path: Path, number: int, line: bytes) -> Row:
    where = f"{path}, line {number}"
    try:
        values = json.loads(line.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise InputError(f"{where} is not UTF-8 text; give a file of JSON lines") from error
    except (ValueError, RecursionError) as error:
        raise InputError(f"{where} is not JSON ({error}); give one JSON object a line") from error
    if not isinstance(values, Mapping):
        raise InputError(f"{where} is {_shown(values)}; give one JSON object a line")
    return Row(path, number, values)


def _shown(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"

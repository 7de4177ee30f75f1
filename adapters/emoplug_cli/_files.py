"""Writes a file so that nobody ever sees half of it."""

from __future__ import annotations

import os
from pathlib import Path

from emoplug import InputError


def overwrite(path: Path, text: str) -> None:
    """Write ``text``, replacing a file only once all of the new one is on the disk.

    Raises:
        InputError: it cannot be written; what was there before still is.
    """
    try:
        if path.exists() and not path.is_file():
            path.write_text(text, encoding="utf-8")  # a pipe or device
        else:
            _replace(path.resolve(), text)
    except OSError as error:
        raise InputError(f"cannot write {path}: {error.strerror}; choose another path") from error


def _replace(target: Path, text: str) -> None:
    part = target.with_name(f".{os.getpid()}.emoplug")
    try:
        part.touch(mode=target.stat().st_mode & 0o777 if target.exists() else 0o666)
        part.write_text(text, encoding="utf-8")
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)

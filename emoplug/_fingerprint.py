"""What stands for a text where something is kept by it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

_SHORT = 500


def fingerprint(text: str) -> str | bytes:
    """Answer ``text`` itself or, of more than 500 characters, its SHA-256.

    For keys of caches: somebody who sends megabytes is not to fill the memory with them. A hash is
    of another type than a text, so no text can pass for another's hash.
    """
    if len(text) <= _SHORT:
        return text
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()


def fingerprints(texts: Iterable[str]) -> list[str | bytes]:
    """Answer the ``fingerprint`` of each text, of a long history quickly."""
    return [text if len(text) <= _SHORT else fingerprint(text) for text in texts]

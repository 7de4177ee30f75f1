"""Texts as a tokenizer takes them, and as two of them are compared."""

from __future__ import annotations


def sound(text: str) -> str:
    """Half a surrogate pair, as broken clients send it, is no text for a tokenizer."""
    return text.encode("utf-8", "replace").decode("utf-8")


def folded(text: str) -> str:
    """Answer the text without what does not make it another: case, and how much white space."""
    return " ".join(text.split()).casefold()

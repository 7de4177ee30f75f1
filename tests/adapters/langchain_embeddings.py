"""Embeddings whose likeness a test can tell in advance."""

from __future__ import annotations

from math import cos, radians, sin

from langchain_core.embeddings import Embeddings


class Compass(Embeddings):
    """Texts that are degrees, as directions; ten times as long as need be."""

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        return [self.embed_query(text) for text in texts]

    def embed_query(self, text: str) -> list[float]:
        angle = radians(float(text))
        return [10 * cos(angle), 10 * sin(angle)]

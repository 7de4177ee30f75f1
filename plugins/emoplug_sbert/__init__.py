"""Encodes texts by any SentenceTransformer, with emotion heads trained for it from a file."""

from emoplug_sbert._encoder import Encoder

Options = Encoder.Options

__all__ = ["Encoder", "Options"]

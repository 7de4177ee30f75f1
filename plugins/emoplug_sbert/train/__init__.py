"""Trains emotion and affect heads for a SentenceTransformer; needs the ``sbert`` extra."""

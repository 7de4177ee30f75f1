"""Fixtures shared by the tests of the plugins."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import numpy as np
import pytest

from tests.plugins.reader_tiny import fit_and_export
from tests.plugins.sbert_tiny import build_heads, build_model

FELT = {"joy": "glad happy thank you", "sadness": "sad tired hate this"}


@pytest.fixture(scope="session")
def sbert_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a small SentenceTransformer; leave it as it is."""
    return build_model(tmp_path_factory.mktemp("sbert") / "tiny")


@pytest.fixture(scope="session")
def sbert_heads(sbert_model: Path) -> Path:
    """Heads file for ``sbert_model``; leave it as it is."""
    return build_heads(sbert_model.parent / "heads.safetensors", sbert_model)


@pytest.fixture(scope="session")
def tiny_reader(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a small dialogue reader: ``base``, ``data``, ``run``, ``int8`` and ``float``.

    Leave it as it is.
    """
    return fit_and_export(tmp_path_factory.mktemp("reader"))


@pytest.fixture
def corpora(tmp_path: Path) -> Path:
    """GoEmotions and EmoBank in small: each label has its words, joy the higher ratings."""
    random = np.random.default_rng(7)
    for split, count in (("train", 800), ("dev", 40)):
        rows = []
        for _ in range(count):
            label = str(random.choice(list(FELT)))
            words = random.choice(FELT[label].split(), 3)
            high = 4.5 if label == "joy" else 1.5
            rated = dict(zip("VAD", high + random.normal(0, 0.2, 3), strict=True))
            rows.append({"text": f"i am {' '.join(words)}", "labels": [label], **rated})
        for corpus in ("goemotions", "emobank"):
            (tmp_path / corpus).mkdir(exist_ok=True)
            with gzip.open(tmp_path / corpus / f"{split}.jsonl.gz", "wt") as file:
                file.writelines(json.dumps(row) + "\n" for row in rows)
    (tmp_path / "goemotions" / "labels.json").write_text(json.dumps({"labels": list(FELT)}))
    return tmp_path

"""Fixtures shared by the tests of the plugins."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.plugins.sbert_tiny import build_heads, build_model


@pytest.fixture(scope="session")
def sbert_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a small SentenceTransformer; leave it as it is."""
    return build_model(tmp_path_factory.mktemp("sbert") / "tiny")


@pytest.fixture(scope="session")
def sbert_heads(sbert_model: Path) -> Path:
    """Heads file for ``sbert_model``; leave it as it is."""
    return build_heads(sbert_model.parent / "heads.safetensors", sbert_model)

"""Sentences that name nobody are matched by fewer patterns, to the same end."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from emoplug_safety._rules import RULES, shipped
from emoplug_safety._words import sentences

TOLD = (
    Path(__file__).parent / "safety_heldout.jsonl",
    RULES.parent / "train" / "sentences.jsonl",
)


def unnamed() -> Iterator[str]:
    """Every sentence of ours that names nobody."""
    rules = shipped()
    for path in TOLD:
        for line in path.read_text(encoding="utf-8").splitlines():
            for row in sentences(json.loads(line)["text"], rules.spelling):
                if not rules._named.search(row.text):
                    yield row.text


def test_what_names_somebody_is_not_missed_where_nobody_is_named() -> None:
    matched, told = 0, list(unnamed())
    for text in told:
        for rule in shipped()._rules:
            whole = [match.span() for match in rule.pattern.finditer(text)]
            assert [match.span() for match in rule.unnamed.finditer(text)] == whole, text
            matched += len(whole)
    assert len(told) > 1000
    assert matched > 100, "there was something to miss"


@pytest.mark.parametrize("rule", range(len(shipped()._rules)))
def test_a_pattern_that_begins_with_somebody_has_no_other_beginning(rule: int) -> None:
    facts = tomllib.loads(RULES.read_text(encoding="utf-8"))["rules"][rule]
    for pattern in facts["patterns"]:
        depth = 0
        for place, character in enumerate(pattern):
            escaped = place > 0 and pattern[place - 1] == "\\"
            depth += {"(": 1, ")": -1}.get(character, 0) * (not escaped)
            assert depth > 0 or character != "|" or not pattern.startswith("{"), pattern

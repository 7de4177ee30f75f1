from __future__ import annotations

import gzip
import json
import re
import sys
from pathlib import Path

import pytest

from emoplug_recall import measure

CAUSED = {
    "My dog ran away this morning.": "I miss my dog so much, he just ran away.",
    "They fired me from the bank.": "Losing my job at the bank makes me furious.",
    "We won the football match!": "I am so happy that we won the match.",
    "The doctor found a tumour.": "I am afraid of what the doctor found.",
    "My train was two hours late.": "It is so annoying that trains are late.",
}


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Five dialogues a split, whose last utterance is caused by the first."""
    (tmp_path / "reccon").mkdir()
    for split in ("train", "dev", "test"):
        rows = []
        for number, (cause, felt) in enumerate(CAUSED.items()):
            said = [cause, "Oh.", f"Yes, that was number {number} of {split}.", felt]
            turns: list[dict[str, object]] = [
                {"turn": turn, "speaker": "AB"[turn % 2], "text": text}
                for turn, text in enumerate(said)
            ]
            turns[3]["cause_turns"] = [0, "b"]
            rows.append({"dialogue_id": f"{split}{number}", "turns": turns})
        with gzip.open(tmp_path / "reccon" / f"{split}.jsonl.gz", "wt") as file:
            file.writelines(json.dumps(row) + "\n" for row in rows)
    return tmp_path


def test_reports_what_each_term_brings_in_both_settings(
    data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(measure, "_MESSAGES", 20)
    monkeypatch.setattr(sys, "argv", ["measure", "--data", str(data)])
    measure.main()
    out = capsys.readouterr().out
    rows = re.findall(r"^(.*\S) +(train|dev|test) +R@1 ([\d.]+) .* gain (\S+) .* n=5$", out, re.M)
    assert len(rows) == 2 * 5 * 3
    plain = [row for row in rows if row[0] == "likeness to the message"]
    assert {row[2:] for row in plain} == {("1.000", "+0.000")}

"""Measures alarms and recall: ``python -m emoplug_safety.measure --data DATA [--labelled FILE]``.

``DATA`` holds the folders ``goemotions``, ``dailydialog`` and ``esconv``; the share of ``dev``
texts that raise an alarm is counted, each as a message of its own. Hardly any of them means danger,
but some do. ``FILE`` holds one JSON object a line: ``text``, ``context`` (messages before it),
``risk`` (a kind, or null), ``about`` and ``category``; what is told of ``text`` counts.
"""

from __future__ import annotations

import argparse
import gzip
import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from emoplug import Emoplug, Turn
from emoplug_safety._rules import KINDS
from emoplug_safety._tally import Outcome, Score, Tally, lines, score

_PATIENCE = 60.0
Row = Mapping[str, Any]


def main() -> None:
    """Print the counts, or one JSON object."""
    parser = argparse.ArgumentParser(prog="python -m emoplug_safety.measure")
    parser.add_argument("--data", type=Path, help="folder of the data sets")
    parser.add_argument("--labelled", type=Path, help="labelled messages, JSON lines")
    parser.add_argument("--rules", action="store_true", help="without the encoder")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    given = parser.parse_args()
    emo = emoplug(rules=given.rules)
    alarms = {name: alarms_on(emo, texts) for name, texts in corpora(given.data)}
    counts = score(list(outcomes(emo, read(given.labelled)))) if given.labelled else None
    if given.json:
        sys.stdout.write(json.dumps(_facts(alarms, counts)) + "\n")
    else:
        sys.stdout.write("\n".join(_lines(alarms, counts)) + "\n")


def emoplug(rules: bool = False) -> Emoplug:
    """Answer the middleware that is measured."""
    plugins = ["safety"] if rules else ["onnx", "safety"]
    return Emoplug(plugins=plugins, permissive_only=True, deadline=_PATIENCE, on_error="raise")


def corpora(data: Path | None) -> Iterator[tuple[str, list[str]]]:
    """Answer the name and the texts of each data set there is."""
    if data is None:
        return
    yield "GoEmotions dev", [row["text"] for row in read(data / "goemotions" / "dev.jsonl.gz")]
    yield "DailyDialog dev", [row["text"] for row in read(data / "dailydialog" / "dev.jsonl.gz")]
    helped = read(data / "esconv" / "dev.jsonl.gz")
    yield (
        "ESConv dev, seekers",
        [t["text"] or " " for row in helped for t in row["turns"] if t["speaker"] == "seeker"],
    )


def read(path: Path) -> Iterator[Row]:
    """Answer the objects of a file of JSON lines, packed or not."""
    packed = path.suffix == ".gz"
    with gzip.open(path, "rt", encoding="utf-8") if packed else path.open(encoding="utf-8") as rows:
        for row in rows:
            if row.strip():
                yield json.loads(row)


def alarms_on(emo: Emoplug, texts: Iterable[str]) -> dict[str, Tally]:
    """Count the texts with an alarm, of any kind and of each."""
    counts = {name: Tally() for name in ("any", *KINDS)}
    for turn in emo.prepare_many([[{"role": "user", "content": text}] for text in texts]):
        kinds = told(turn)
        counts["any"].add(bool(kinds))
        for kind in KINDS:
            counts[kind].add(kind in kinds)
    return counts


def outcomes(emo: Emoplug, rows: Iterable[Row]) -> Iterator[Outcome]:
    """Ask about the last message of each row."""
    for row in rows:
        messages = [*(row.get("context") or ()), {"role": "user", "content": row["text"]}]
        found = told(emo.prepare(messages))
        yield Outcome(row["risk"], row.get("about"), row["category"], found)


def told(turn: Turn) -> dict[str, str]:
    """Answer the kinds told of the last user message, and about whom."""
    return {risk.kind: risk.about for risk in turn.risks if risk.index == turn.last_user}


def _lines(alarms: Mapping[str, Mapping[str, Tally]], counts: Score | None) -> Iterator[str]:
    for name, tallies in alarms.items():
        yield f"alarms on {name}"
        for kind, tally in tallies.items():
            yield f"  {kind:34} {tally}"
    yield from lines(counts) if counts else ()


def _facts(alarms: Mapping[str, Mapping[str, Tally]], counts: Score | None) -> dict[str, Any]:
    named = {name: {k: asdict(t) for k, t in tallies.items()} for name, tallies in alarms.items()}
    return {"alarms": named, "labelled": asdict(counts) if counts else None}


if __name__ == "__main__":
    main()

"""Lets a small language model ask what a curious reader asks after a sentence.

The sentences are EmoBank's, whose documents (letters, fiction, blogs, news, essays) keep the
sentences around them: which of these set a question off is then known. Its Wall Street Journal
articles are left out, for the news that we are measured on may hold the same.
"""

from __future__ import annotations

import gzip
import json
import random
import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

EXAMPLES = (
    (
        "The city council voted on Tuesday to close two of its five libraries.",
        "Why only two of them?",
    ),
    (
        "She had not spoken to her brother since the funeral.",
        "What happened between them at the funeral?",
    ),
    (
        "Profits at the airline fell 12% because of the strike.",
        "How long did the strike last?",
    ),
    ("He bought the house for almost nothing.", "Why was the house so cheap?"),
    (
        "The drug had been tested on mice, and it seemed to help.",
        "Did it have any side effects?",
    ),
    (
        "Some neighbours were not happy about the plan.",
        "Which neighbours disliked it, and why?",
    ),
)
_TASK = "A reader asks a short, curious question right after reading a sentence.\n\n"
_SHOWN = 4
_SHORTEST, _LONGEST = 6, 45
"""Words of a sentence that is asked about."""
_BATCH = 48
_NEW = 18
"""Most tokens of a question."""
_QUESTION = re.compile(r"^(.*?\?)")
_ASKS = frozenset("what why how who where when which did does do is are was were will can".split())
_LEFT_OUT = "wsj_"


@dataclass(frozen=True)
class Asked:
    """A question, and the sentence that it was asked after.

    Attributes:
        document: Where the sentence is from.
        text: The sentence.
        question: What was asked.
    """

    document: str
    text: str
    question: str


def sentences(data: Path) -> list[tuple[str, str]]:
    """Answer (document, sentence) of EmoBank train, without what is left out."""
    with gzip.open(data / "emobank" / "train.jsonl.gz", "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    return [
        (row["document"], row["text"]) for row in rows if not row["document"].startswith(_LEFT_OUT)
    ]


def ask(model: Path, data: Path, out: Path, minutes: float) -> None:
    """Write questions to ``out`` until the time is up, or all sentences are asked about.

    Args:
        model: Folder of a causal language model, or its GGUF file.
        data: Folder of the data sets.
        out: A file of JSON lines; what is there stays.
        minutes: How long to go on.
    """
    known = [row for row in sentences(data) if _SHORTEST <= len(row[1].split()) <= _LONGEST]
    order = sorted(range(len(known)), key=lambda index: len(known[index][1]))
    batches = [order[start : start + _BATCH] for start in range(0, len(order), _BATCH)]
    random.Random(0).shuffle(batches)
    writer, end = _Writer(model), time.monotonic() + 60 * minutes
    with out.open("a", encoding="utf-8") as file:
        for batch in batches:
            if time.monotonic() > end:
                break
            chosen = [known[index] for index in batch]
            asked = writer.questions([text for _, text in chosen])
            for (document, text), question in zip(chosen, asked, strict=True):
                if question:
                    row = {"document": document, "text": text, "question": question}
                    file.write(json.dumps(row) + "\n")


def read(path: Path) -> list[Asked]:
    """Read what ``ask`` wrote."""
    with path.open(encoding="utf-8") as lines:
        return [Asked(**json.loads(line)) for line in lines]


class _Writer:
    def __init__(self, model: Path) -> None:
        torch.manual_seed(0)
        gguf = {"gguf_file": model.name} if model.suffix == ".gguf" else {}
        folder = model.parent if gguf else model
        self._tokenizer = AutoTokenizer.from_pretrained(folder, padding_side="left", **gguf)
        self._model: Any = AutoModelForCausalLM.from_pretrained(folder, **gguf)
        self._model.eval()  # type: ignore[no-untyped-call]  # theirs
        self._random = random.Random(0)

    def questions(self, texts: Sequence[str]) -> list[str]:
        """Answer a question after each text, or nothing where none came."""
        prompts = [self._prompt(text) for text in texts]
        given = self._tokenizer(prompts, return_tensors="pt", padding=True)
        with torch.no_grad():
            answered = self._model.generate(
                **given, max_new_tokens=_NEW, do_sample=True, temperature=0.7, top_p=0.9
            )
        said = answered[:, given["input_ids"].shape[1] :]
        return list(_cleaned(self._tokenizer.batch_decode(said, skip_special_tokens=True)))

    def _prompt(self, text: str) -> str:
        shown = self._random.sample(EXAMPLES, _SHOWN)
        examples = "".join(f"Sentence: {one}\nQuestion: {asked}\n\n" for one, asked in shown)
        return f"{_TASK}{examples}Sentence: {text}\nQuestion:"


def _cleaned(answers: Sequence[str]) -> Iterator[str]:
    for answer in answers:
        first = _QUESTION.match(answer.split("\n")[0].strip())
        words = first[1].lower().split() if first else []
        yield first[1] if first and 3 <= len(words) <= 20 and _ASKS & set(words) else ""

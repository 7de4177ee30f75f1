"""Makes what a dialogue reader is made of, in small: a BERT, the data sets, and trained weights."""

from __future__ import annotations

import gzip
import json
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from tokenizers import Tokenizer
from tokenizers.models import WordPiece
from tokenizers.normalizers import BertNormalizer
from tokenizers.pre_tokenizers import BertPreTokenizer

from tests.plugins.sbert_tiny import build_model

if TYPE_CHECKING:
    from emoplug_onnx.train.reader.recipe import Recipe

SAID = {
    "calm": "the train leaves at nine",
    "joy": "i am happy thank you",
    "sadness": "i am so sad",
    "anger": "i hate you",
    "surprise": "oh my what is this",
    "fear": "i am afraid of them",
    "disgust": "that is gross",
}
"""What is said with each feeling: five words at most, so that data sets may share it."""
NAMED = {
    "meld": dict(calm="neutral", **{f: f for f in SAID if f != "calm"}),
    "dailydialog": {
        **dict(calm="no emotion", joy="happiness"),
        **{f: f for f in SAID if f not in ("calm", "joy")},
    },
    "emorynlp": dict(
        zip(SAID, "neutral joyful sad mad powerful scared peaceful".split(), strict=True)
    ),
}
"""How data sets name the feelings."""
STRATEGIES = (
    "Reflection of feelings",
    "Self-disclosure",
    "Question",
    "Affirmation and Reassurance",
    "Providing Suggestions",
    "Restatement or Paraphrasing",
    "Information",
    "Others",
)
"""ESConv's, in the order of its file, which is not emoplug's."""
SITUATIONS = tuple(f"situation {number}" for number in range(32))
LABELS: Mapping[str, Mapping[str, Sequence[str]]] = {
    **{task: {"emotion": list(names.values())} for task, names in NAMED.items()},
    "empatheticdialogues": {"emotion": SITUATIONS},
    "esconv": {"strategies": STRATEGIES},
}
Row = Mapping[str, Any]


def build_base(folder: Path) -> Path:
    """Write a BERT of two small layers that reads 512 tokens; answer the folder."""
    words = " ".join(SAID.values()).split()
    return build_model(folder, positions=512, words=(*words, "rare", ":"))


def write_rows(path: Path, rows: Iterable[Row]) -> Path:
    """Write one JSON object a line, gzipped; answer the path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with gzip.open(path, "wt", encoding="utf-8") as file:
        file.writelines(json.dumps(row) + "\n" for row in rows)
    return path


def write_labels(data: Path) -> Path:
    """Write every ``labels.json``; answer the folder."""
    for task, labels in LABELS.items():
        (data / task).mkdir(parents=True, exist_ok=True)
        (data / task / "labels.json").write_text(json.dumps(labels))
    return data


def write_corpora(data: Path, train: int = 30, dev: int = 8) -> Path:
    """Write all seven data sets, whose targets can be told from the words; answer the folder."""
    random = np.random.default_rng(7)
    write_labels(data)
    for split, count in (("train", train), ("dev", dev), ("test", 2)):
        for task in NAMED:
            scenes = [_scene(random, task, f"{split}_{n}") for n in range(count)]
            rows = [row for scene in scenes for row in scene]
            write_rows(data / task / f"{split}.jsonl.gz", rows)
        for task, make in (("empatheticdialogues", _talk), ("reccon", _caused), ("esconv", _help)):
            write_rows(data / task / f"{split}.jsonl.gz", [make(random) for _ in range(count)])
        write_rows(data / "wassa2022" / f"{split}.jsonl.gz", [_essay(random) for _ in range(count)])
    return data


def quick() -> Recipe:
    """Answer a recipe that teaches a small network much of the small data sets in seconds."""
    from emoplug_onnx.train.reader.recipe import Recipe

    return Recipe(
        epochs=12,
        tokens=400,
        learning_rate=2e-3,
        head_rate=4e-3,
        calm=1.0,
        dropout=0.0,
        average=0.5,
    )


@contextmanager
def one_thread() -> Iterator[None]:
    """Train on one thread: the steps are tiny, and more would mostly wait for each other."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def fit_and_export(folder: Path) -> Path:
    """Make ``base``, ``data``, ``run``, and the weights ``int8`` and ``float``; answer all."""
    from emoplug_onnx.train.reader.export import export
    from emoplug_onnx.train.reader.fit import Trainer

    base, data = build_base(folder / "base"), write_corpora(folder / "data")
    run = folder / "run"
    run.mkdir()
    with one_thread():
        Trainer(data, base, run, quick()).run()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the exporter warns of itself and of what it passes
        export(run, base, data, folder / "int8", folder / "float")
    return folder


def tokenizer() -> Tokenizer:
    """Make a tokenizer of whole words, and pieces for other words, as BERT's does it."""
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    words = " ".join(SAID.values()).split()
    letters = [chr(code) for code in range(ord("a"), ord("z") + 1)]
    pieces = [*special, *words, *letters, *(f"##{letter}" for letter in letters), *":?!."]
    vocabulary = {piece: place for place, piece in enumerate(dict.fromkeys(pieces))}
    made = Tokenizer(WordPiece(vocabulary, unk_token="[UNK]"))
    made.normalizer = BertNormalizer(lowercase=True)
    made.pre_tokenizer = BertPreTokenizer()
    made.add_special_tokens(special)
    return made


def _feeling(random: np.random.Generator) -> str:
    return str(random.choice(list(SAID)))


def _scene(random: np.random.Generator, task: str, name: str) -> list[Row]:
    felt = [_feeling(random) for _ in range(5)]
    return [
        {
            "dialogue_id": name,
            "speaker": ("A", "B")[turn % 2] if task == "dailydialog" else f"Joey{turn % 3} Tribb",
            "text": SAID[feeling],
            "emotion": NAMED[task][feeling],
        }
        for turn, feeling in enumerate(felt)
    ]


def _talk(random: np.random.Generator) -> Row:
    place = int(random.integers(len(SAID)))
    text = list(SAID.values())[place]
    turns = [("speaker", text), ("listener", "oh my"), ("speaker", text), ("listener", "i see")]
    return {
        "emotion": SITUATIONS[place],
        "situation": text,
        "turns": [{"speaker": speaker, "text": said} for speaker, said in turns],
    }


def _caused(random: np.random.Generator) -> Row:
    """The feeling of the last turn comes from the words after "that" in an earlier one."""
    feeling = _feeling(random)
    calm = {"speaker": "A", "text": SAID["calm"]}
    cause = {"speaker": "B", "text": f"i did see that {SAID[feeling]}"}
    shown = {
        **{"speaker": "A", "text": SAID[feeling], "emotion": feeling},
        **{"cause_turns": [2, "b"], "cause_spans": [SAID[feeling], "b"]},
    }
    turns: list[Row] = [calm, cause, shown]
    return {"turns": [{**turn, "turn": place} for place, turn in enumerate(turns, 1)]}


def _help(random: np.random.Generator) -> Row:
    place = int(random.integers(len(SAID)))
    turns = [
        {"speaker": "seeker", "text": list(SAID.values())[place]},
        {"speaker": "supporter", "text": "i see", "strategy": STRATEGIES[place]},
        {"speaker": "seeker", "text": "thank you"},
    ]
    return {"turns": turns}


def _essay(random: np.random.Generator) -> Row:
    text = f"{SAID[_feeling(random)]} " * 3
    high = 6.0 if "sad" in text else 2.0
    empathy, distress = (high + random.normal(0, 0.3, 2)).tolist()
    return {"text": text, "empathy": empathy, "distress": distress}

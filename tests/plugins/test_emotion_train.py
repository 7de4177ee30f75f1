from __future__ import annotations

import gzip
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
import torch

from emoplug_emotion import Readings
from emoplug_emotion._dynamics import LEAST, carry
from emoplug_emotion._parameters import Mapped, read_parameters
from emoplug_emotion._taxonomy import LABEL_SETS
from emoplug_emotion.train.__main__ import main
from emoplug_emotion.train.chain import Links, Padded, Shape, chain_of, fit, fit_map, likelihood
from emoplug_emotion.train.data import UNSCORED, Dialogue, Scored, by_reader, read_dialogues
from emoplug_emotion.train.measure import decision, scores_of
from emoplug_emotion.train.steps import encoder_entry, mapped, reader_entry

LABELS = LABEL_SETS["meld"].labels
WORDS = {"joy": "I am so happy, thank you!", "anger": "I hate this!", "neutral": "The bus stops."}


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    """The steps are tiny: threads would only wait for each other."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def talk(random: np.random.Generator, length: int, sticky: float) -> Scored:
    """Two speakers take turns; each keeps their feeling with probability ``sticky``."""
    felt: dict[str, int] = {}
    gold, speakers = [], tuple("ab"[i % 2] for i in range(length))
    for speaker in speakers:
        if speaker not in felt or random.random() > sticky:
            felt[speaker] = int(random.integers(len(LABELS)))
        gold.append(felt[speaker])
    noise = random.dirichlet(np.ones(len(LABELS)), size=length)
    scores = 0.1 * np.eye(len(LABELS))[gold] + 0.9 * noise
    texts = tuple(f"{random.random()}" for _ in gold)
    return Scored(Dialogue(speakers, texts, np.array(gold)), scores)


def talks(count: int, sticky: float = 0.8, seed: int = 0) -> list[Scored]:
    random = np.random.default_rng(seed)
    return [talk(random, int(random.integers(2, 12)), sticky) for _ in range(count)]


def test_what_is_fitted_is_what_is_decoded() -> None:
    scored = talks(5)
    k = len(LABELS)
    generator = torch.Generator().manual_seed(1)
    tables = torch.randn(2, k, k, generator=generator, dtype=torch.float64)
    links = Links(
        torch.tensor([0.7], dtype=torch.float64), torch.linspace(-1, 1, k)[None].double(), *tables
    )
    chain = chain_of([Padded.of(scored)], links)
    total, count = 0.0, 0
    for one in scored:
        logs = np.log(np.maximum(one.scores, LEAST))
        factors = carry(chain, logs, one.dialogue.speakers)
        beliefs = np.exp(chain.scale * logs + chain.bias) * factors
        beliefs /= beliefs.sum(axis=1, keepdims=True)
        total += float(np.log(beliefs[np.arange(len(beliefs)), one.dialogue.gold]).sum())
        count += len(beliefs)
    assert likelihood([Padded.of(scored)], links) == pytest.approx(total / count)


@pytest.mark.parametrize("shape", [Shape(tied=True), Shape(tied=False, penalty=1.0)], ids=str)
def test_inertia_is_found_where_there_is_some_and_contagion_where_there_is_none_is_not(
    shape: Shape,
) -> None:
    data, unseen = [Padded.of(talks(60))], [Padded.of(talks(40, seed=1))]
    links = fit(data, shape)
    assert links.inertia is not None
    assert links.contagion is not None
    own, caught = (
        float(table.diagonal().mean() - table.mean()) for table in (links.inertia, links.contagion)
    )
    assert own > 1.0
    assert abs(caught) < own / 3
    assert likelihood(unseen, links) > likelihood(unseen, fit(data, None)) + 0.05


def test_a_scale_and_a_bias_are_found_for_each_set() -> None:
    flat = talks(100, seed=2)
    sharp = [Scored(one.dialogue, one.scores**3) for one in flat]
    links = fit([Padded.of(flat), Padded.of(sharp)], None)
    assert float(links.scales[0] / links.scales[1]) == pytest.approx(3, rel=0.1)


def test_messages_that_are_not_scored_are_still_heard() -> None:
    scored = talks(20)
    halved = [
        Scored(
            Dialogue(
                one.dialogue.speakers,
                one.dialogue.texts,
                np.where(np.arange(len(one.scores)) % 2, one.dialogue.gold, UNSCORED),
            ),
            one.scores,
        )
        for one in scored
    ]
    padded = Padded.of(halved)
    assert padded.active == Padded.of(scored).active
    assert likelihood([padded], fit([padded], None)) < 0


def test_who_spoke_last_is_told() -> None:
    said = Dialogue(tuple("abca"), tuple("wxyz"), np.zeros(4, dtype=np.int64))
    padded = Padded.of([Scored(said, np.full((4, 7), 1 / 7))])
    assert padded.same[:, 0].tolist() == [-1, -1, -1, 0]
    assert padded.other[:, 0].tolist() == [-1, 0, 1, 2]


def test_a_map_is_found() -> None:
    random = np.random.default_rng(3)
    gold = random.integers(3, size=600)
    features = np.eye(3)[(gold + 1) % 3] + random.normal(0, 0.1, (600, 3))
    weights, bias = fit_map(features, gold, 3, penalty=0.1)
    assert ((features @ weights + bias).argmax(axis=1) == gold).all()


def test_scores_by_hand() -> None:
    gold, chosen = np.array([0, 0, 1, 2]), np.array([0, 1, 1, 0])
    # F1 of label 0: 2/4, of 1: 2/3, of 2: 0.
    told = scores_of("meld", gold, chosen, 3)
    assert told["weighted_f1"] == pytest.approx(0.5 * 0.5 + 0.25 * 2 / 3)
    assert told["macro_f1"] == pytest.approx((0.5 + 2 / 3) / 3)
    # Without label 0: one hit, two right ones, two chosen ones.
    assert scores_of("dailydialog", gold, chosen, 3)["micro_f1"] == pytest.approx(0.5)


def test_a_decision_raises_the_score() -> None:
    random = np.random.default_rng(4)
    gold = (random.random(500) < 0.2).astype(np.int64)
    shy = np.log(0.5 + 0.2 * np.eye(2)[gold] + random.normal(0, 0.05, (500, 2)) + [0.25, -0.25])
    bias = decision("dailydialog", gold, shy)
    before, after = (
        scores_of("dailydialog", gold, rows.argmax(axis=1).astype(np.int64), 2)["micro_f1"]
        for rows in (shy, shy + bias)
    )
    assert before < 0.2
    assert after > 0.8


def test_an_entry_for_the_encoder_says_what_dynamics_bring() -> None:
    entry = encoder_entry("meld", talks(50), talks(40, seed=1))
    assert entry["dev"]["on"]["weighted_f1"] > entry["dev"]["off"]["weighted_f1"] + 0.05
    assert entry["licence"] == "GPL-3.0"
    assert not entry["permissive"]


def test_an_entry_for_the_reader_is_only_written_when_it_helps() -> None:
    helped = reader_entry("emorynlp", talks(40), seed=0)
    assert helped is not None
    assert helped["dev"]["on"]["weighted_f1"] > helped["dev"]["off"]["weighted_f1"]
    assert helped["data"] == "emorynlp dev"
    assert helped["permissive"]
    assert reader_entry("emorynlp", talks(40, sticky=0.0), seed=0) is None


def test_mapped_scores_keep_their_dialogue() -> None:
    how = Mapped(("x",), np.zeros((1, 7)), np.zeros(7))
    scored = [Scored(one.dialogue, one.scores[:, :1]) for one in talks(2)]
    found = mapped(scored, ("x",), how)
    assert [one.dialogue for one in found] == [one.dialogue for one in scored]
    assert found[0].scores == pytest.approx(1 / 7)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """The three sets in small, all about a bus."""
    own = {"meld": LABELS, "dailydialog": ("happiness", "anger", "no emotion")}
    for name, labels in {**own, "emorynlp": ("joyful", "mad", "neutral")}.items():
        (tmp_path / name).mkdir()
        chosen = ("joy", "anger", "neutral") if name == "meld" else labels
        lines = [
            {"dialogue_id": f"d{i // 4}", "speaker": "AB"[i % 2], "text": text, "emotion": label}
            for i in range(48)
            for text, label in [list(zip(WORDS.values(), chosen, strict=True))[i % 3]]
        ]
        for split in ("train", "dev"):
            with gzip.open(tmp_path / name / f"{split}.jsonl.gz", "wt", encoding="utf-8") as file:
                file.writelines(json.dumps(line) + "\n" for line in lines)
    return tmp_path


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> None:
    monkeypatch.setattr(sys, "argv", ["train", *arguments])
    main()


def test_dialogues_are_read_and_an_empty_text_is_a_blank(data: Path) -> None:
    path = data / "meld" / "dev.jsonl.gz"
    rows = [
        {"dialogue_id": "d", "speaker": "Ann Lee", "text": "", "emotion": "anger"},
        {"dialogue_id": "e", "speaker": "Ben", "text": "Hi.", "emotion": "neutral"},
    ]
    with gzip.open(path, "wt", encoding="utf-8") as file:
        file.writelines(json.dumps(row) + "\n" for row in rows)
    first, second = read_dialogues(data, "meld", "dev")
    assert (first.speakers, first.texts, first.gold.tolist()) == (("Ann",), (" ",), [6])
    assert second.gold.tolist() == [0]
    assert len(read_dialogues(data, "meld", "dev", most=1)) == 1


def test_the_command_writes_a_file_that_the_plugin_reads(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "dynamics.json"
    run(monkeypatch, "--data", str(data), "--out", str(out), "--only", "encoder")
    first = out.read_bytes()
    parameters = read_parameters(out)
    assert set(parameters.maps) == set(LABEL_SETS)
    options = Readings.Options(labels="meld")
    assert Readings(options, out).diagnose()["dynamics"] == "on"
    run(monkeypatch, "--data", str(data), "--out", str(out), "--only", "encoder")
    assert out.read_bytes() == first


def silent(_dialogues: Sequence[Dialogue], _name: str, _weights: Path | None) -> None:
    return None


def test_without_a_reader_its_entries_are_taken_out(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from emoplug_emotion.train import __main__ as command

    out = tmp_path / "dynamics.json"
    shipped = json.loads((Path(command.__file__).parents[1] / "dynamics.json").read_text())
    shipped["chains"]["reader/meld"] = shipped["chains"]["encoder/meld"]
    out.write_text(json.dumps(shipped))
    monkeypatch.setattr(command, "by_reader", silent)
    run(monkeypatch, "--data", str(data), "--out", str(out), "--only", "reader")
    chains = read_parameters(out).chains
    assert not [name for name in chains if name.startswith("reader/")]
    assert "encoder/meld" in chains


def test_a_reader_is_asked_from_either_side_where_there_are_no_names(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from emoplug_emotion.train import data as module

    sides = []

    def views(_emo: object, dialogue: Dialogue, _name: str, user: str) -> object:
        sides.append(user)
        return np.full((len(dialogue.texts), 7), 1 / 7)

    monkeypatch.setattr(module, "_views", views)
    dialogues = read_dialogues(data, "dailydialog", "dev", most=1)
    scored = by_reader(dialogues, "dailydialog", None)
    assert scored is not None
    assert sides == ["A", "B"]
    kept = [one.dialogue.gold != UNSCORED for one in scored]
    assert (kept[0] ^ kept[1]).all()

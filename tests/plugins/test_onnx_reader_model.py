from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor

from emoplug_onnx._layout import Marker, Utterance, lay_out
from emoplug_onnx.train.reader.model import FAR, HEADS, DialogueReader, build
from emoplug_onnx.train.reader.samples import Padded, pad_layouts
from tests.plugins.reader_tiny import SAID, build_base, tokenizer

TEXTS = list(SAID.values())
MARKER = Marker(tokenizer())
KEPT = range(tokenizer().get_vocab_size())
"""More rows than are used, of which any will do: the network is untrained."""
TALK = MARKER.mark(["A", "B", "A", "B", "A"], TEXTS[:5])


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_base(tmp_path_factory.mktemp("model") / "base")


@pytest.fixture(scope="module")
def model(base: Path) -> DialogueReader:
    torch.manual_seed(7)
    return build(base, KEPT, "sdpa", None).eval()


def laid_out(*talks: list[Utterance]) -> Padded:
    return pad_layouts([lay_out(talk, MARKER.start) for talk in talks])


@torch.inference_mode()
def judged(model: DialogueReader, padded: Padded) -> dict[str, Tensor]:
    """Answer what each head says of each utterance."""
    states = model.tokens(padded.ids, padded.owner)
    utterances = model.utterances(states, padded.pool, padded.starts)
    return {task: model.judge(task, utterances) for task in HEADS}


@torch.inference_mode()
def explained(
    model: DialogueReader, padded: Padded, target: int, same: int = 0
) -> tuple[Tensor, Tensor]:
    """Answer cause and word logits of the first conversation."""
    states = model.tokens(padded.ids, padded.owner)[:1]
    owner, pool = padded.owner[:1], padded.pool[:1]
    return model.causes(states, owner, torch.tensor([target]), torch.full_like(owner, same), pool)


def test_what_is_said_of_an_utterance_does_not_depend_on_what_follows(
    model: DialogueReader,
) -> None:
    whole = judged(model, laid_out(TALK))
    other = judged(model, laid_out([*TALK[:3], *MARKER.mark(["C"], [TEXTS[5] * 4])]))
    for task in HEADS:
        for count in range(1, 5):
            part = judged(model, laid_out(TALK[:count]))[task]
            torch.testing.assert_close(part[0], whole[task][0, :count], atol=1e-5, rtol=1e-5)
        torch.testing.assert_close(other[task][0, :3], whole[task][0, :3], atol=1e-5, rtol=1e-5)


def test_what_is_said_of_an_utterance_depends_on_what_went_before(model: DialogueReader) -> None:
    whole = judged(model, laid_out(TALK))
    changed = judged(model, laid_out([*MARKER.mark(["A"], [TEXTS[6]]), *TALK[1:]]))
    for task in HEADS:
        differs = (whole[task] - changed[task])[0].abs().amax(dim=1)
        assert (differs > 1e-4).all(), "every later utterance has seen the first"


def test_padding_changes_nothing(model: DialogueReader) -> None:
    alone, beside = laid_out(TALK[:2]), laid_out(TALK[:2], TALK)
    for task in HEADS:
        one, two = judged(model, alone)[task][0], judged(model, beside)[task][0, :2]
        torch.testing.assert_close(one, two, atol=1e-5, rtol=1e-5)
    causes, words = explained(model, alone, 1)
    more_causes, more_words = explained(model, beside, 1)
    torch.testing.assert_close(causes[0], more_causes[0, :2], atol=1e-5, rtol=1e-5)
    size = alone.ids.shape[1]
    torch.testing.assert_close(words[0], more_words[0, :size], atol=1e-5, rtol=1e-5)


def test_causes_are_looked_for_in_what_was_said_up_to_the_target(model: DialogueReader) -> None:
    causes, words = explained(model, laid_out(TALK), 2)
    past, known = explained(model, laid_out(TALK[:3]), 2)
    torch.testing.assert_close(causes[:, :3], past, atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(words[:, : known.shape[1]], known, atol=1e-5, rtol=1e-5)


def test_causes_depend_on_the_target_and_on_who_speaks(model: DialogueReader) -> None:
    padded = laid_out(TALK)
    plain, _ = explained(model, padded, 2)
    for other in (explained(model, padded, 1), explained(model, padded, 2, same=1)):
        assert (plain[0, :2] - other[0][0, :2]).abs().min() > 1e-5


def test_a_conversation_may_be_longer_than_distances_are_told_apart(model: DialogueReader) -> None:
    long = MARKER.mark(["A", "B"] * FAR, ["oh"] * (2 * FAR))
    causes, _ = explained(model, laid_out(long), 2 * FAR - 1)
    assert causes.isfinite().all()


@pytest.mark.parametrize("task", HEADS)
def test_every_head_but_that_of_emorynlp_trains_the_body(model: DialogueReader, task: str) -> None:
    padded = laid_out(TALK)
    states = model.tokens(padded.ids, padded.owner)
    logits = model.judge(task, model.utterances(states, padded.pool, padded.starts))
    assert logits.shape == (1, 5, HEADS[task])
    model.zero_grad()
    torch.autograd.backward(logits.square().sum())
    reached = {name.split(".")[0] for name, weight in model.named_parameters() if _moves(weight)}
    assert reached == ({"heads"} if task == "emorynlp" else {"heads", "body"})


def test_kept_rows_are_what_they_were_and_the_last_layer_is_there_twice(base: Path) -> None:
    kept = [0, 2, 9]
    whole, small = (build(base, rows, "eager", None).state_dict() for rows in (KEPT, kept))
    table = "body.embeddings.word_embeddings.weight"
    torch.testing.assert_close(small[table], whole[table][kept])
    last = {n.removeprefix("again."): w for n, w in small.items() if n.startswith("again.")}
    assert last
    for name, weight in last.items():
        torch.testing.assert_close(weight, small[f"body.encoder.layer.1.{name}"])


def test_the_body_of_an_utterance_encoder_is_taken(base: Path, tmp_path: Path) -> None:
    body = {n: w + 1 for n, w in build(base, KEPT, "eager", None).state_dict().items()}
    table = "body.embeddings.word_embeddings.weight"
    whole = torch.randn(_rows(base), body[table].shape[1])
    body = {n: w for n, w in body.items() if n.startswith("body.")} | {table: whole}
    torch.save({"model": body}, tmp_path / "encoder.pt")
    taken = build(base, [3, 4], "eager", tmp_path / "encoder.pt").state_dict()
    torch.testing.assert_close(taken[table], whole[[3, 4]])
    for name in body.keys() - {table}:
        torch.testing.assert_close(taken[name], body[name])


def _moves(weight: Tensor) -> bool:
    return weight.grad is not None and bool(weight.grad.any())


def _rows(base: Path) -> int:
    from transformers import AutoConfig

    return int(AutoConfig.from_pretrained(base).vocab_size)

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from emoplug import Comprehension, Emoplug, Encoding, InputError, Turn, hookimpl
from emoplug.testing import StubEncoder, check_plugin
from emoplug_backtrace import Backtrace, Backtracer, Likelihood, Options
from tests.plugins.backtrace_texts import ARTICLE, QUESTION, Shared

TALK = [
    {"role": "user", "content": "I lost my keys again."},
    {"role": "assistant", "content": "You always lose everything, you are hopeless."},
    {"role": "user", "content": "  "},
    {"role": "user", "content": "How can you say that to me?"},
    {"role": "assistant", "content": "Sorry."},
]


def ask(text: str) -> list[Mapping[str, Any]]:
    return [{"role": "user", "content": text}]


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    """An article, a segment a line, and a talk as JSON lines."""
    folder = tmp_path_factory.mktemp("documents")
    (folder / "article.txt").write_text("\n".join(ARTICLE))
    rows = [{"text": "My dog died.", "speaker": "Ann"}, {"text": "Oh no.", "speaker": "Ben"}]
    (folder / "talk.jsonl").write_text("\n".join(map(json.dumps, rows)))
    return str(folder / "article.txt"), str(folder / "talk.jsonl")


@pytest.fixture(scope="module")
def plugin(files: tuple[str, str]) -> Backtrace:
    return Backtrace(Options(documents=files[:1]))


@pytest.fixture(scope="module")
def emo(plugin: Backtrace) -> Emoplug:
    return Emoplug(plugins=["onnx", plugin], permissive_only=True, on_error="raise", deadline=60)


class Reads:
    """Comprehends every conversation the same way."""

    name = "reads"

    def __init__(self, *causes: float) -> None:
        self.causes = causes

    @hookimpl
    def comprehend(self, turn: Turn) -> Comprehension:
        return Comprehension(causes=np.array(self.causes, dtype=np.float32), source=self.name)


def causes(*plugins: object, **options: Any) -> dict[int | None, float]:
    mine = Backtrace(Options(**options))
    turn = Emoplug(plugins=[*plugins, mine], on_error="raise", deadline=60).prepare(TALK)
    assert {cause.source for cause in turn.causes} <= {"backtrace"}
    return {cause.index: cause.score for cause in turn.causes}


def test_what_the_other_said_last_set_off_the_message(emo: Emoplug) -> None:
    told = emo.prepare(TALK).causes
    assert [cause.index for cause in told] == [1, 0]
    assert sum(cause.score for cause in told) == pytest.approx(1)
    assert {cause.source for cause in told} == {"backtrace"}


def test_the_dialogue_reader_is_believed_where_it_has_read() -> None:
    silent, sure = causes(StubEncoder()), causes(StubEncoder(), Reads(0.99, 1e-4, 0, 0, 0))
    assert silent[1] > 0.5 > silent[0]
    assert sure[0] > 0.5
    assert causes(StubEncoder(), Reads(0.5, 0.5, 0, 0, 0)) == pytest.approx(silent, abs=1e-6)


def test_the_shipped_reader_and_encoder_work_together() -> None:
    told = causes("onnx")
    assert told[1] > told[0]


def test_without_an_encoder_speaker_and_nearness_decide() -> None:
    told = causes()
    assert told[1] > told[0] > 0


def test_as_many_causes_are_told_as_were_asked_for() -> None:
    assert list(causes(StubEncoder(), k=1)) == [1]


@pytest.mark.parametrize("chat", [[], ask("Hello?"), ask(""), TALK[1:2], TALK[2:4]])
def test_where_nothing_was_said_before_nothing_is_told(
    emo: Emoplug, chat: Sequence[Mapping[str, Any]]
) -> None:
    assert emo.prepare(chat).causes == ()


def test_the_segments_that_a_question_goes_back_to_are_recalled(
    emo: Emoplug, files: tuple[str, str]
) -> None:
    (found,) = emo.prepare(ask(QUESTION)).passages
    assert (found.text, found.segment, found.document) == (ARTICLE[1], 1, files[0])
    assert found.score > 0.5


def test_what_is_in_the_prompt_is_not_recalled_again(emo: Emoplug) -> None:
    chat = [*ask(f"  {ARTICLE[1].upper()}\n"), *ask(QUESTION)]
    assert ARTICLE[1] not in [passage.text for passage in emo.prepare(chat).passages]


def test_blank_messages_and_no_documents_recall_nothing(emo: Emoplug) -> None:
    assert emo.prepare(ask(" \n")).passages == ()
    assert emo.prepare([{"role": "system", "content": QUESTION}]).passages == ()
    bare = Emoplug(plugins=[Backtrace()], on_error="raise")
    assert bare.prepare(ask(QUESTION)).passages == ()


def test_each_document_has_its_own_passages_above_the_floor(files: tuple[str, str]) -> None:
    options = Options(documents=files, floor=0.0, k=1)
    emo = Emoplug(plugins=["onnx", Backtrace(options)], on_error="raise", deadline=60)
    found = {passage.document: passage for passage in emo.prepare(ask(QUESTION)).passages}
    assert set(found) == set(files)
    assert found[files[1]].speaker in ("Ann", "Ben")


def test_a_missing_document_is_named_and_does_not_take_the_turn_down(tmp_path: Path) -> None:
    plugin = Backtrace(Options(documents=(str(tmp_path / "gone.txt"),)))
    emo = Emoplug(plugins=[StubEncoder(), plugin], deadline=60)
    turn = emo.prepare([*TALK[:2], *ask(QUESTION)])
    (skipped,) = turn.degraded
    assert skipped.hook == "recall"
    assert "gone.txt" in skipped.reason
    assert turn.causes
    with pytest.raises(InputError, match=r"cannot read .*gone\.txt.*; give a text file in UTF-8"):
        emo.warm_up()
    (tmp_path / "gone.txt").write_text("It is here now.\nThe income grew.")
    assert emo.prepare(ask("What income?")).degraded == ()


class Counting(StubEncoder):
    """Remembers which texts it was asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []

    @hookimpl
    def encode(self, texts: Sequence[str]) -> Encoding:
        self.asked += texts
        return super().encode(texts)


def test_one_encoder_serves_the_turn_and_the_documents(files: tuple[str, str]) -> None:
    encoder, plugin = Counting(), Backtrace(Options(documents=files[1:]))
    emo = Emoplug(plugins=[encoder, plugin], on_error="raise", deadline=60)
    emo.warm_up()
    assert encoder.asked == ["My dog died.", "Oh no.", "warm up"]
    tracer = plugin.tracer(["Hello.", "Bye."])
    assert isinstance(tracer, Backtracer)
    assert tracer.trace("Who?", 1)


def test_a_language_model_can_score_what_is_traced() -> None:
    tracer = Backtrace(scorer=Likelihood(Shared())).tracer(ARTICLE)
    assert tracer.trace("weather garage founded", 1)[0].segment == 0


def test_the_plugin_keeps_the_contract(plugin: Backtrace) -> None:
    check_plugin(Backtrace)
    check_plugin("backtrace", {"documents": plugin.options.documents})


def test_the_files_in_use_are_told(plugin: Backtrace) -> None:
    told = plugin.diagnose()
    assert set(told) == {"sha256 reranker.onnx", "sha256 tokenizer.json"}
    assert all(len(digest) == 64 for digest in told.values())


@pytest.mark.parametrize("wrong", [{"k": 0}, {"floor": 2}, {"profile": "poem"}, {"depth": 1}])
def test_wrong_options_are_refused(wrong: Any) -> None:
    with pytest.raises(ValidationError, match=next(iter(wrong))):
        Options(**wrong)


def test_importing_it_loads_no_large_library() -> None:
    code = (
        "import sys, emoplug_backtrace;"
        "sys.exit(bool({'torch', 'transformers', 'faiss', 'scipy', 'typer'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0

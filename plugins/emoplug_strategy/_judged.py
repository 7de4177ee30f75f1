"""Judges the replies of conversations: which strategy each used, and what the planner advised."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from emoplug import STRATEGIES, Emoplug, PluginLoadError, Settings
from emoplug_strategy._log import Choice, Said
from emoplug_strategy._plugin import Strategies

_PATIENCE = 60.0
_READERS = ("onnx", "emotion")


@dataclass(frozen=True)
class Judged:
    """Choices, and who judged them, in words."""

    choices: tuple[Choice, ...]
    judge: str


def judged(
    conversations: Mapping[str, tuple[Said, ...]],
    progress: Callable[[int], None],
    *,
    permissive_only: bool = False,
) -> Judged:
    """Judge every reply; what the log says that it used counts more than the classifier.

    ``progress`` is told how many replies are done; ``permissive_only`` is the setting.
    """
    options = Strategies.Options(online=False, permissive_only=permissive_only)
    strategies = Strategies(options)
    emo = _emoplug(strategies)
    choices: list[Choice] = []
    for name, talk in conversations.items():
        messages = [_message(said) for said in talk]
        for place, said in enumerate(talk):
            if said.is_reply:
                turn = emo.prepare(messages[:place])
                used = strategies.used(turn, said.text)
                done = said.strategy or max(used, key=used.__getitem__)
                right = turn.strategies[0].strategy
                choices.append(
                    Choice(STRATEGIES.index(done), STRATEGIES.index(right), name, None, turn.stage)
                )
                progress(len(choices))
    return Judged(tuple(choices), strategies.diagnose()["planner"])


def _emoplug(strategies: Strategies) -> Emoplug:
    """With encoder and reader where they are installed; without them rules judge."""
    settings = Settings.build(
        deadline=_PATIENCE, on_error="raise", permissive_only=strategies.options.permissive_only
    )
    try:
        return Emoplug(settings, plugins=[*_READERS, strategies])
    except PluginLoadError:
        return Emoplug(settings, plugins=[strategies])


def _message(said: Said) -> dict[str, str]:
    return {"role": "assistant" if said.helper else "user", "content": said.text}

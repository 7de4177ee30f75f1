"""Runs the product over conversations as its users do, and tells which weights it ran on."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from emoplug import Emoplug, Turn
from emoplug_eval._examples import Examples, Scene

Options = Mapping[str, Mapping[str, Any]]
Progress = Callable[[int, int], None]
"""Told how many conversations of how many are done."""
_PATIENCE = 600.0
"""Seconds a conversation may take: nobody waits for a reply."""
_BATCH = 256
"""Conversations whose turns are in memory at a time."""
_HASH = "sha256 "


@dataclass(frozen=True)
class Product:
    """Plugins that are on, and their options.

    Attributes:
        plugins: Names or plugin objects; only a plugin given by name takes options.
        options: Per plugin name, its options.
        permissive_only: Whether weights from restricted data are left out.
    """

    plugins: tuple[str | object, ...]
    options: Options = field(default_factory=dict)
    permissive_only: bool = False

    def has(self, plugin: str) -> bool:
        """Tell whether ``plugin`` is on by name, so that options and settings reach it."""
        return plugin in [entry for entry in self.plugins if isinstance(entry, str)]

    def set(self, plugin: str, name: str, value: Any) -> Product:
        """Answer a product with one option of ``plugin`` changed."""
        own = {**self.options.get(plugin, {}), name: value}
        return Product(self.plugins, {**self.options, plugin: own}, self.permissive_only)

    def build(self) -> Emoplug:
        """Build it; whatever fails raises, as a skipped plugin would change the numbers.

        Raises:
            PluginError, SettingsError: it cannot be built.
        """
        options = {name: own for name, own in self.options.items() if self.has(name)}
        return Emoplug(
            plugins=self.plugins,
            options=options,
            deadline=_PATIENCE,
            on_error="raise",
            permissive_only=self.permissive_only,
        )


@dataclass(frozen=True)
class Asked:
    """What the product answered.

    Attributes:
        predictions: One for each scored row.
        comprehended: Whether a dialogue reader had a part in it.
    """

    predictions: list[Any]
    comprehended: bool


def ask(
    emo: Emoplug,
    examples: Examples,
    answer: Callable[[Turn], Sequence[Any]],
    progress: Progress,
) -> Asked:
    """Ask about every conversation; what is right stays here.

    Raises:
        UnansweredError: what is on has nothing to say.
        EmoplugError: a plugin failed.
    """
    answers, comprehended = [], False
    total = len(examples.scenes)
    for start, scenes in _batches(examples.scenes):
        turns = emo.prepare_many(
            [scene.messages() for scene in scenes],
            progress=partial(_further, progress, start, total),
        )
        comprehended |= any(turn.comprehension is not None for turn in turns)
        answers += [answer(turn) for turn in turns]
    predictions = [answers[row.scene][row.message] for row in examples.rows]
    return Asked(predictions, comprehended)


def hashes(emo: Emoplug) -> dict[str, str]:
    """Answer the SHA-256 of each weights file in use, as the plugins that are on tell."""
    found: dict[str, str] = {}
    for plugin in emo.plugins.values():
        facts: Mapping[str, str] = getattr(plugin, "diagnose", dict)()
        found |= {k.removeprefix(_HASH): v for k, v in facts.items() if k.startswith(_HASH)}
    return found


def _further(progress: Progress, before: int, total: int, done: int) -> None:
    progress(before + done, total)


def _batches(scenes: Sequence[Scene]) -> Iterator[tuple[int, Sequence[Scene]]]:
    for start in range(0, len(scenes), _BATCH):
        yield start, scenes[start : start + _BATCH]

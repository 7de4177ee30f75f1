"""Measures the product on one benchmark, beside baselines on the same rows."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from emoplug import Emoplug, InputError, SettingsError
from emoplug_eval._answers import UnansweredError
from emoplug_eval._asking import EMOTION, STRATEGY
from emoplug_eval._baselines import Trivial
from emoplug_eval._benchmarks import (
    BENCHMARKS,
    ENCODER,
    PERMISSIVE,
    WITHOUT_CORRECTOR,
    WITHOUT_DYNAMICS,
    Benchmark,
    find,
)
from emoplug_eval._bootstrap import intervals
from emoplug_eval._examples import Examples
from emoplug_eval._extra import Extra, extra
from emoplug_eval._files import Source, locate
from emoplug_eval._logs import check_log, write_log
from emoplug_eval._metrics import measure
from emoplug_eval._product import Options, Product, hashes
from emoplug_eval._report import Data, Report

Progress = Callable[[str, int, int], None]
"""Told the part at work, and how much of how much of it is done."""


def evaluate(
    benchmark: str,
    data: str | os.PathLike[str],
    *,
    split: str | None = None,
    limit: int | None = None,
    weights: str | None = None,
    device: str = "auto",
    variants: bool = True,
    plugins: Sequence[str | object] | None = None,
    options: Options | None = None,
    log: str | os.PathLike[str] | None = None,
    progress: Progress | None = None,
) -> Report:
    """Measure the product on a benchmark; every prediction reads only what had been said.

    Args:
        benchmark: Its name; ``emoplug eval --list`` shows all.
        data: The data set's folder, the folder of all data sets, or a file.
        split: ``test`` or ``dev`` of a folder; ``test`` by default, where there is one.
        limit: Take the first scored rows of the file only.
        weights: Folder of weights for the plugin ``onnx``, in place of the shipped ones.
        device: ``auto``, ``cpu`` or ``cuda``, for the plugin ``onnx``.
        variants: Also measure ourselves without some part, and without restricted weights.
        plugins: What to measure in place of the built-in plugins.
        options: Per plugin name, options that win over the benchmark's own.
        log: Where to write what was predicted, of a benchmark of strategies.
        progress: Told how far it is.

    Raises:
        InputError: the data cannot be read, the log not be written, or no benchmark has that name.
        SettingsError: the limit is less than 1, or an option is wrong.
        EmoplugError: a plugin failed, has no answer, or the extra ``eval`` is not installed.
    """
    chosen, tell = find(benchmark), progress or _silent
    if limit is not None and limit < 1:
        raise SettingsError(f"limit = {limit} leaves no row; give 1 or more")
    needing = extra(benchmark)
    source = locate(Path(data), chosen.dataset.layout, split)
    if log is not None:
        _check_log(chosen, Path(log), source)
    examples = chosen.read(source.path).first(limit)
    product = _product(chosen, plugins, {"weights": weights, "device": device}, options or {})
    emo = product.build()
    weights_in_use = hashes(emo)  # loads them: what is torn is said now, not in the end
    asked = chosen.ask(emo, examples, partial(tell, "emoplug"))
    if log is not None:
        write_log(Path(log), examples, asked.predictions)
    statistics = chosen.metric.statistics(examples.gold, asked.predictions)
    others = _Others(chosen, source, examples, tell)
    others.add_baselines(needing)
    others.add_encoded(emo)
    if variants:
        others.add_variants(product, asked.comprehended)
    return Report(
        benchmark=benchmark,
        n=len(examples),
        metrics=measure(chosen.metric, examples.gold, asked.predictions),
        intervals=intervals(statistics, [row.group for row in examples.rows], chosen.metric.scores),
        baselines=others.scores,
        published=chosen.published,
        weights=weights_in_use,
        data=Data(
            file=f"{source.path.absolute().parent.name}/{source.path.name}",
            split=source.split,
            example=chosen.example,
            resampled_by=chosen.group,
            source=chosen.dataset.source,
            licence=chosen.dataset.licence,
            notes=(
                *_notes(chosen, source, len(examples), asked.comprehended),
                *examples.notes,
                *others.notes,
            ),
        ),
    )


@dataclass
class _Others:
    """Gathers what stands beside our scores, and why something does not."""

    benchmark: Benchmark
    source: Source
    examples: Examples
    progress: Progress
    scores: dict[str, dict[str, float]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def add_baselines(self, needing: Extra) -> None:
        """Add answers that hardly look at the text, then those of simple models of words."""
        train = self._train() if needing.tfidf else None
        for name, trivial in self.benchmark.trivial.items():
            self._score(name, trivial(self.examples, train or self.examples))
        if needing.bm25:
            self._score("bm25", needing.bm25(self.examples, self.examples))
        if needing.tfidf and train:
            self._add_fitted(needing.tfidf, train)

    def add_encoded(self, emo: Emoplug) -> None:
        """Add simple answers on the encoder in use, where one is."""
        for name, ask in self.benchmark.encoded.items():
            try:
                asked = ask(emo, self.examples, partial(self.progress, name))
            except UnansweredError as error:
                self.notes.append(f"{name} is left out: {error}")
                continue
            self._score(name, asked.predictions)

    def add_variants(self, product: Product, comprehended: bool | None) -> None:
        """Add ourselves without some part, where that part can be switched off."""
        for name, variant in _variants(self.benchmark, product):
            if name == PERMISSIVE and not comprehended:
                continue  # it would be the same again
            try:
                emo, tell = variant.build(), partial(self.progress, name)
                asked = self.benchmark.ask(emo, self.examples, tell)
            except UnansweredError as error:
                self.notes.append(f"{name} is left out: {error}")
                continue
            self._score(name, asked.predictions)

    def _add_fitted(self, fit: Trivial, train: Examples) -> None:
        self.progress("tfidf", 0, 1)
        try:
            self._score("tfidf", fit(self.examples, train))
        except ValueError as error:  # such as one label in all the training rows
            self.notes.append(f"tfidf is left out: it could not be fitted ({error})")
        self.progress("tfidf", 1, 1)

    def _train(self) -> Examples | None:
        if self.source.train is None:
            self.notes.append("tfidf is left out: there is no other train file beside this one")
            return None
        try:
            return self.benchmark.read(self.source.train)
        except InputError as error:  # what is measured can be read, and that counts
            self.notes.append(f"tfidf is left out: {error}")
            return None

    def _score(self, name: str, predictions: Sequence[Any]) -> None:
        self.scores[name] = measure(self.benchmark.metric, self.examples.gold, predictions)


def _check_log(benchmark: Benchmark, log: Path, source: Source) -> None:
    if not benchmark.logged:
        logged = ", ".join(name for name, one in BENCHMARKS.items() if one.logged)
        raise InputError(f"{benchmark.name} predicts no strategies to log; {logged} does")
    check_log(log, source.path)


def _product(
    benchmark: Benchmark,
    plugins: Sequence[str | object] | None,
    encoder: Mapping[str, Any],
    options: Options,
) -> Product:
    chosen = tuple(plugins or benchmark.plugins)
    product = Product(chosen, benchmark.options, permissive_only=benchmark.encoder_only)
    for name, value in encoder.items():
        if value is not None:
            product = product.set(ENCODER, name, value)
    for plugin, own in options.items():
        for name, value in own.items():
            product = product.set(plugin, name, value)
    return product


def _variants(benchmark: Benchmark, product: Product) -> Iterator[tuple[str, Product]]:
    if WITHOUT_DYNAMICS in benchmark.variants and product.has(EMOTION):
        yield WITHOUT_DYNAMICS, product.set(EMOTION, "dynamics", False)
    if WITHOUT_CORRECTOR in benchmark.variants and product.has(STRATEGY):
        yield WITHOUT_CORRECTOR, product.set(STRATEGY, "strength", 0)
    if PERMISSIVE in benchmark.variants and product.has(ENCODER):
        yield PERMISSIVE, Product(product.plugins, product.options, permissive_only=True)


def _notes(
    benchmark: Benchmark, source: Source, rows: int, comprehended: bool | None
) -> Iterator[str]:
    official = benchmark.dataset.official
    if source.split == "dev":
        why = ": the test essays' ratings are not public" if benchmark.name == "wassa" else ""
        yield f"measured on the dev split, not on test{why}"
    elif source.split == "train":
        yield "measured on the train split, which models have seen"
    elif official is not None and rows != official:
        yield (
            f"published figures are on the whole official test set of {official:,} rows, "
            f"these are {rows:,}: compare them only roughly"
        )
    if comprehended is False and not benchmark.encoder_only:
        yield "no dialogue reader answered: each text was read by itself, by the encoder and rules"


def _silent(_part: str, _done: int, _all: int) -> None:
    """Tell nobody."""

"""Baselines that need the extra ``eval``: imported only when something is measured."""

from __future__ import annotations

from dataclasses import dataclass

from emoplug import STRATEGIES, EmoplugError, missing_extra
from emoplug_eval._baselines import Trivial
from emoplug_eval._labels import EMPATHETICDIALOGUES, GOEMOTIONS


@dataclass(frozen=True)
class Extra:
    """What the extra ``eval`` adds to one benchmark.

    Attributes:
        tfidf: A linear model, fitted on a training file.
        bm25: Words that are shared with a query; nothing is learned.
    """

    tfidf: Trivial | None = None
    bm25: Trivial | None = None


def extra(benchmark: str) -> Extra:
    """Answer the baselines of a benchmark; only what it needs is imported.

    Raises:
        EmoplugError: the extra ``eval`` is not installed.
    """
    try:
        if benchmark.startswith("backtracing-"):
            from emoplug_eval._bm25 import bm25

            return Extra(bm25=bm25)
        return Extra(tfidf=_tfidf(benchmark))
    except ModuleNotFoundError as error:
        raise _lacking(error) from error


def _tfidf(benchmark: str) -> Trivial | None:
    from emoplug_eval import _tfidf as tfidf

    fits: dict[str, Trivial] = {
        **dict.fromkeys(("meld", "emorynlp", "dailydialog"), tfidf.label),
        **dict.fromkeys(("emobank", "wassa"), tfidf.numbers),
        "goemotions": tfidf.label_sets(len(GOEMOTIONS)),
        "empatheticdialogues": tfidf.ranking(len(EMPATHETICDIALOGUES)),
        "esconv-strategy": tfidf.following(len(STRATEGIES)),
    }
    return fits.get(benchmark)


def _lacking(error: ModuleNotFoundError) -> EmoplugError:
    module = (error.name or "").partition(".")[0]
    fix = f"try: pip install {missing_extra(module)!r}"
    return EmoplugError(f"emoplug eval needs {module}, which is not installed; {fix}")

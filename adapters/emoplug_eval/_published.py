"""Published figures, as fractions, with their source."""

from __future__ import annotations

from emoplug_eval._report import Published

_CONV = "README of github.com/declare-lab/conv-emotion"
_INSTRUCT = "table in the README of InstructERC"
_CODES = "Papers with Code"
_RECCON = "Poria et al., Recognizing Emotion Cause in Conversations"
_PARK = "README of the code of Park et al. (EMNLP 2021, arXiv 1911.02499)"
_MIXED = "not necessarily on this split"
_MEMORY = "quoted from memory, not checked against the papers"
_GIVEN = "is given the right emotion of the target, which ours is not"


def _weighted(system: str, score: float, source: str, note: str = "") -> Published:
    return Published(system=system, metrics={"weighted_f1": score}, source=source, note=note)


def _dailydialog(system: str, macro: float, micro: float, source: str) -> Published:
    return Published(system=system, metrics={"micro_f1": micro, "macro_f1": macro}, source=source)


def _affect(system: str, v: float, a: float, d: float, note: str = "") -> Published:
    metrics = {"r_valence": v, "r_arousal": a, "r_dominance": d}
    return Published(system=system, metrics=metrics, source=_PARK, note=note)


def _situation(system: str, top1: float) -> Published:
    return Published(system=system, metrics={"top1": top1}, source="its paper", note=_MEMORY)


def _pairs(system: str, pos: float, neg: float, macro: float) -> Published:
    metrics = {"pos_f1": pos, "neg_f1": neg, "macro_f1": macro}
    return Published(system=system, metrics=metrics, source=f"{_RECCON}, table 5", note=_GIVEN)


def _spans(system: str, em: float, pos: float, neg: float, whole: float) -> Published:
    metrics = {"em_pos": em, "f1_pos": pos, "f1_neg": neg, "f1": whole}
    return Published(system=system, metrics=metrics, source=f"{_RECCON}, table 4", note=_GIVEN)


def _essays(system: str, metrics: dict[str, float], on: str, source: str) -> Published:
    return Published(system=system, metrics=metrics, on=on, source=source)


def _folds(system: str, empathy: float, distress: float, mean: float) -> Published:
    metrics = {"r_empathy": empathy, "r_distress": distress, "r_mean": mean}
    on = "10-fold cross-validation on the 1,860 train essays less a dev part"
    return _essays(system, metrics, on, "results of github.com/wwbp/empathic_reactions")


PUBLISHED: dict[str, tuple[Published, ...]] = {
    "goemotions": (
        Published(
            system="BERT-base cased, cut at 0.3",
            metrics={"macro_f1_at_0.3": 0.46},
            source="Demszky et al., ACL 2020",
        ),
        Published(
            system="BERT-base, re-implemented",
            metrics={"macro_f1": 0.5030},
            source="README of github.com/monologg/GoEmotions-pytorch",
        ),
        Published(
            system="BERT-base uncased, weighted + focal loss",
            metrics={"macro_f1": 0.5311},
            source="README of github.com/minfenli/GoEmotions",
        ),
        Published(
            system="BERT, class-weighted", metrics={"macro_f1": 0.49}, source="arXiv 2601.18162"
        ),
        Published(
            system="TF-IDF + logistic regression",
            metrics={"micro_f1": 0.51},
            source="arXiv 2601.18162",
        ),
    ),
    "emobank": (
        _affect("RoBERTa-large, supervised", 0.829, 0.569, 0.513),
        _affect("RoBERTa-large, SemEval first", 0.838, 0.570, 0.518),
        _affect("RoBERTa-large, ISEAR first", 0.836, 0.568, 0.536),
        _affect("RoBERTa-large, GoEmotions first", 0.835, 0.573, 0.529),
        _affect("RoBERTa-large, zero-shot from SemEval", 0.715, 0.319, 0.319),
        _affect("SRV-SLSTM", 0.620, 0.508, 0.333, _MIXED),
        _affect("Ensemble", 0.635, 0.375, 0.277, _MIXED),
        _affect("AAN", 0.424, 0.352, 0.265, _MIXED),
    ),
    "meld": (
        _weighted("RoBERTa", 0.6202, _CONV),
        _weighted("RoBERTa DialogueRNN", 0.6361, _CONV),
        _weighted("COSMIC", 0.6521, _CONV),
        _weighted("EmoBERTa, no context", 0.6346, "README of github.com/tae898/erc"),
        _weighted("EmoBERTa, past only", 0.6455, "README of github.com/tae898/erc"),
        _weighted("EmoBERTa", 0.6561, "README of github.com/tae898/erc", "reads future turns, too"),
        _weighted("EmotionIC", 0.6640, _INSTRUCT),
        _weighted("SACL", 0.6645, _INSTRUCT),
        _weighted("InstructERC, Llama 2 + LoRA", 0.6915, _INSTRUCT),
    ),
    "emorynlp": (
        _weighted("RoBERTa", 0.3729, _CONV),
        _weighted("RoBERTa DialogueRNN", 0.3744, _CONV),
        _weighted("COSMIC", 0.3811, _CONV),
        _weighted("SACL", 0.3965, _INSTRUCT),
        _weighted("EmotionIC", 0.4001, _INSTRUCT),
        _weighted("InstructERC, Llama 2 + LoRA", 0.4137, _INSTRUCT),
    ),
    "dailydialog": (
        _dailydialog("RoBERTa", 0.4820, 0.5516, _CONV),
        _dailydialog("RoBERTa DialogueRNN", 0.4965, 0.5732, _CONV),
        _dailydialog("COSMIC", 0.5105, 0.5848, _CONV),
        _dailydialog("EmotionIC", 0.5419, 0.6013, f"{_CODES}, by HyperAI"),
    ),
    "empatheticdialogues": (
        _situation("MoEL", 0.320),
        _situation("MIME", 0.342),
        _situation("EmpDG", 0.343),
        _situation("CEM", 0.391),
    ),
    "wassa": (
        _folds("CNN", 0.404, 0.444, 0.424),
        _folds("feed-forward", 0.379, 0.401, 0.390),
        _folds("ridge", 0.385, 0.410, 0.398),
        _essays("IUCL, best of 2022", {"r_mean": 0.54}, "WASSA 2022 test", "ACL Anthology"),
        _essays("Surrey", {"r_mean": 0.518}, "WASSA 2022 test", "its README"),
    ),
    "reccon-entailment": (
        _pairs("RoBERTa-base, no context", 0.5664, 0.8513, 0.7088),
        _pairs("RoBERTa-large, no context", 0.5048, 0.8735, 0.6891),
        _pairs("RoBERTa-base, context", 0.6428, 0.8874, 0.7651),
        _pairs("RoBERTa-large, context", 0.6623, 0.8789, 0.7706),
    ),
    "reccon-span": (
        _spans("RoBERTa-base, no context", 0.2682, 0.4599, 0.8455, 0.7382),
        _spans("SpanBERT (SQuAD), no context", 0.3326, 0.5703, 0.8003, 0.6978),
        _spans("RoBERTa-base, context", 0.3263, 0.5817, 0.8585, 0.7545),
        _spans("SpanBERT (SQuAD), context", 0.3464, 0.6000, 0.8602, 0.7571),
    ),
}

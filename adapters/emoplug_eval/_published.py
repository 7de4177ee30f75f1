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
_WANG = "Wang et al., Findings of EACL 2024"
_ALL = "whole set"
_UNMASKED = "the query turn and those after it were not masked, so hardly comparable"
_LONG = "LongEmotion"
_WHOLE = "whole test split of 193 dialogues"
_DYNAMICS = "Wan et al., NAACL 2025 (EmoDynamiX)"
_TWICE = "learned from 910 dialogues, about twice as many as can be had"
_PROMPTED = "prompted"
_KANG = "Kang et al., ACL 2024"
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


def _caused(system: str, top1: float, top3: float | None, note: str = "") -> Published:
    metrics = {"top1": top1} if top3 is None else {"top1": top1, "top3": top3}
    return Published(system=system, metrics=metrics, on=_ALL, source=_WANG, note=note)


def _odd(system: str, accuracy: float) -> Published:
    metrics = {"accuracy": accuracy}
    return Published(system=system, metrics=metrics, on="all 136 items", source=_LONG)


def _forecast(system: str, macro: float, weighted: float, bias: float, note: str) -> Published:
    metrics = {"macro_f1": macro, "weighted_f1": weighted, "bias": bias}
    return Published(system=system, metrics=metrics, on=_WHOLE, source=_DYNAMICS, note=note)


def _preference(system: str, macro: float, bias: float) -> Published:
    metrics = {"macro_f1": macro, "bias": bias}
    return Published(system=system, metrics=metrics, on="test sets of its own", source=_KANG)


_PREFERENCES = (
    _preference("ChatGPT, zero-shot", 0.1350, 1.38),
    _preference("ChatGPT, self-refine", 0.1237, 1.53),
    _preference("ChatGPT, emotional chain of thought", 0.0955, 1.56),
    _preference("ChatGPT with a LLaMA2-7B planner", 0.2109, 0.36),
)
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
    "backtracing-lecture": (
        _caused("edit distance", 0.04, 0.08),
        _caused("BM25", 0.08, 0.15),
        _caused("bi-encoder, question answering", 0.23, 0.37),
        _caused("bi-encoder, all-MiniLM", 0.26, 0.40),
        _caused("cross-encoder", 0.22, 0.39),
        _caused("MiniLM, re-ranked", 0.30, 0.44),
        _caused("gpt-3.5-turbo-16k", 0.15, None),
    ),
    "backtracing-news": (
        _caused("edit distance", 0.07, 0.18),
        _caused("BM25", 0.43, 0.64),
        _caused("bi-encoder, question answering", 0.48, 0.71),
        _caused("bi-encoder, all-MiniLM", 0.49, 0.75),
        _caused("cross-encoder", 0.66, 0.85),
        _caused("MiniLM, re-ranked", 0.66, 0.85),
        _caused("GPT-2, single sentence", 0.43, 0.64),
        _caused("GPT-2, autoregressive", 0.09, 0.18),
        _caused("GPT-2, ATE", 0.51, 0.68),
        _caused("GPT-J, single sentence", 0.67, 0.85),
        _caused("GPT-J, autoregressive", 0.55, 0.76),
        _caused("GPT-J, ATE", 0.67, 0.79),
        _caused("OPT-6.7B, single sentence", 0.66, 0.82),
        _caused("OPT-6.7B, autoregressive", 0.52, 0.73),
        _caused("OPT-6.7B, ATE", 0.64, 0.76),
        _caused("gpt-3.5-turbo-16k", 0.67, None),
    ),
    "backtracing-conversation": (
        _caused("edit distance", 0.01, 0.16, _UNMASKED),
        _caused("BM25", 0.01, 0.35, _UNMASKED),
        _caused("bi-encoder, question answering", 0.01, 0.32, _UNMASKED),
        _caused("bi-encoder, all-MiniLM", 0.01, 0.37, _UNMASKED),
        _caused("cross-encoder", 0.01, 0.15, _UNMASKED),
        _caused("MiniLM, re-ranked", 0.01, 0.21, _UNMASKED),
        _caused("GPT-2, single sentence", 0.03, 0.46, _UNMASKED),
        _caused("GPT-2, autoregressive", 0.05, 0.54, _UNMASKED),
        _caused("GPT-2, ATE", 0.02, 0.24, _UNMASKED),
        _caused("GPT-J, single sentence", 0.05, 0.65, _UNMASKED),
        _caused("GPT-J, autoregressive", 0.08, 0.60, _UNMASKED),
        _caused("GPT-J, ATE", 0.03, 0.18, _UNMASKED),
        _caused("OPT-6.7B, single sentence", 0.02, 0.56, _UNMASKED),
        _caused("OPT-6.7B, autoregressive", 0.18, 0.65, _UNMASKED),
        _caused("OPT-6.7B, ATE", 0.03, 0.22, _UNMASKED),
        _caused("gpt-3.5-turbo-16k", 0.47, None, _UNMASKED),
    ),
    "longemotion-detection": (
        _odd("GPT-4o-mini", 0.164),
        _odd("GPT-4o", 0.191),
        _odd("DeepSeek-V3", 0.245),
        _odd("Qwen3-8B", 0.181),
        _odd("Llama3.1-8B", 0.098),
        _odd("GPT-5", 0.228),
        _odd("best with RAG or CoEM", 0.250),
    ),
    "esconv-strategy": (
        _forecast("ChatGPT", 0.1814, 0.2027, 0.88, _PROMPTED),
        _forecast("LLaMA3-70B", 0.1536, 0.1845, 1.03, _PROMPTED),
        _forecast("RoBERTa", 0.2504, 0.2794, 0.68, _TWICE),
        _forecast("BART", 0.2566, 0.2908, 0.64, _TWICE),
        _forecast("LLaMA3-8B, fine-tuned", 0.2591, 0.2982, 0.83, _TWICE),
        _forecast("MISC", 0.2091, 0.2493, 0.89, _TWICE),
        _forecast("MultiESC", 0.2573, 0.2931, 0.61, _TWICE),
        _forecast("TransESC", 0.2628, 0.3133, 0.73, _TWICE),
        _forecast("EmoDynamiX", 0.2770, 0.3271, 0.45, _TWICE),
        *_PREFERENCES,
    ),
    "preference-bias": _PREFERENCES,
}

"""The data sets: where each comes from, under which licence, and how its files are called."""

from __future__ import annotations

from dataclasses import dataclass

from emoplug_eval._files import Layout


@dataclass(frozen=True)
class Dataset:
    """A data set that is never bundled.

    Attributes:
        layout: How its files are called.
        source: Where it comes from.
        licence: Its licence as stated there.
        fields: What a row must have; behind a semicolon, what it may have.
        official: Scored rows of the whole official test set; ``None`` where others score rows in
            another way.
    """

    layout: Layout
    source: str
    licence: str
    fields: str
    official: int | None

    @property
    def files(self) -> str:
        """Name the files that are looked for, in the folder of all data sets."""
        if self.layout.single:
            return f"{self.layout.folder}/{self.layout.name(self.layout.single)}"
        folder, names = self.layout.folder, [*self.layout.splits, "train"]
        if self.layout.prefix:
            names.insert(0, self.layout.prefix + names[0])
            names.remove("train")
        listed = ", ".join(f"{folder}/{name}.jsonl.gz" for name in names)
        return listed if self.layout.prefix else f"{listed} (for tfidf)"


_RECCON = Dataset(
    Layout("reccon", prefix="pairs_fold1_"),
    "github.com/declare-lab/RECCON, data/original_annotation, fold 1 pairs",
    "none stated; its text is DailyDialog's (CC BY-NC-SA 4.0)",
    "pairs: dialogue_id, target_turn, cause_turn, label, span for a cause; "
    "dialogues: dialogue_id, turns (turn, speaker, text)",
    7_224,
)
_BACKTRACING = "github.com/rosewang2008/backtracing (Wang et al., Findings of EACL 2024)"
_DOCUMENT = "document_id, segments (text), queries (text, causes)"
DATASETS = {
    "goemotions": Dataset(
        Layout("goemotions"),
        "github.com/google-research/google-research, goemotions",
        "CC BY 4.0",
        "text, labels",
        5_427,
    ),
    "emobank": Dataset(
        Layout("emobank"),
        "github.com/JULIELab/EmoBank, corpus/emobank.csv",
        "CC BY-SA 4.0",
        "text, V, A, D; document",
        1_000,
    ),
    "meld": Dataset(
        Layout("meld"),
        "github.com/declare-lab/MELD, data/MELD",
        "GPL-3.0",
        "dialogue_id, turn, speaker, text, emotion",
        2_610,
    ),
    "emorynlp": Dataset(
        Layout("emorynlp"),
        "github.com/declare-lab/MELD, data/emorynlp; annotation of emorynlp/emotion-detection",
        "Apache-2.0 (annotation)",
        "dialogue_id, turn, speaker, text, emotion",
        984,
    ),
    "dailydialog": Dataset(
        Layout("dailydialog"),
        "DailyDialog (Li et al., IJCNLP 2017), by github.com/jahotor/dailydialog-emototion-app",
        "CC BY-NC-SA 4.0",
        "dialogue_id, turn, speaker, text, emotion",
        7_740,
    ),
    "empatheticdialogues": Dataset(
        Layout("empatheticdialogues"),
        "github.com/facebookresearch/EmpatheticDialogues",
        "CC BY-NC 4.0",
        "dialogue_id, emotion, turns (speaker or listener, text)",
        5_255,
    ),
    "wassa": Dataset(
        Layout("wassa2022", splits=("test", "dev")),
        "WASSA 2022 shared task, by github.com/shenbinqian/WASSA_SharedTask; train essays of "
        "github.com/wwbp/empathic_reactions",
        "CC BY 4.0 (train essays); none stated (dev)",
        "text, empathy, distress; writer",
        525,
    ),
    "reccon-entailment": _RECCON,
    "reccon-span": _RECCON,
    "backtracing-lecture": Dataset(
        Layout("backtracing", single="lecture"),
        _BACKTRACING,
        "MIT (repository); transcripts of MIT OpenCourseWare: CC BY-NC-SA",
        _DOCUMENT,
        197,
    ),
    "backtracing-news": Dataset(
        Layout("backtracing", single="news"),
        _BACKTRACING,
        "MIT (repository); INQUISITIVE articles are from newswire corpora: evaluation only",
        _DOCUMENT,
        1_382,
    ),
    "backtracing-conversation": Dataset(
        Layout("backtracing", single="conversation"),
        _BACKTRACING,
        "MIT (repository); its text is DailyDialog's (CC BY-NC-SA 4.0)",
        "document_id, reccon_split, segments (text, speaker), queries (segment, text, causes)",
        None,
    ),
    "longemotion-detection": Dataset(
        Layout("longemotion", single="detection"),
        "LongEmotion/LongEmotion, detection",
        "none stated: evaluation only",
        "item_id, segments (text), odd",
        136,
    ),
    "esconv-strategy": Dataset(
        Layout("esconv"),
        "github.com/thu-coai/Emotional-Support-Conversation (Liu et al., ACL 2021); test and dev "
        "split of github.com/cw-wan/EmoDynamiX-v2, data/esconv",
        "CC BY-NC 4.0",
        "dialogue_id, turns (speaker: seeker or supporter, text, strategy of a supporter turn)",
        None,
    ),
    "preference-bias": Dataset(
        Layout("preference-bias", single="log"),
        "a log of your own; emoplug eval esconv-strategy --log FILE writes one",
        "that of the data it was made on",
        "dialogue_id, predicted, true; scores (by strategy, or a list), stage",
        None,
    ),
}

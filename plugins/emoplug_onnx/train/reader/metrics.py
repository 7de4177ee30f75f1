"""Scores a reader's answers on dev, as the papers of the data sets do."""

from __future__ import annotations

import numpy as np
from sklearn.metrics import f1_score

from emoplug_onnx.train.reader.calibrate import Calibration
from emoplug_onnx.train.reader.measure import Answers


def scores_of(answers: Answers, fitted: Calibration) -> dict[str, float]:
    """Answer each task's metrics with what was fitted."""
    predicted = fitted.labels(answers.logits)
    truth = answers.truth
    calm = {"average": "micro", "labels": range(1, 7)}
    order = np.argsort(-answers.logits["empatheticdialogues"], axis=1)
    hit = order == truth["empatheticdialogues"][:, None]
    said, rated = answers.ratings
    pairs, causes = answers.pairs
    found = fitted.causes(pairs, answers.away)
    words = np.where(causes == 1, found * answers.overlap, ~found)
    return {
        "meld_weighted_f1": f1_score(truth["meld"], predicted["meld"], average="weighted"),
        "emorynlp_weighted_f1": f1_score(
            truth["emorynlp"], predicted["emorynlp"], average="weighted"
        ),
        "dailydialog_micro_f1": f1_score(truth["dailydialog"], predicted["dailydialog"], **calm),
        "dailydialog_macro_f1": f1_score(
            truth["dailydialog"], predicted["dailydialog"], average="macro"
        ),
        "empatheticdialogues_top1": float(hit[:, 0].mean()),
        "empatheticdialogues_top3": float(hit[:, :3].any(axis=1).mean()),
        "esconv_macro_f1": f1_score(truth["esconv"], predicted["esconv"], average="macro"),
        "reccon_pos_f1": f1_score(causes, found),
        "reccon_macro_f1": f1_score(causes, found, average="macro"),
        "reccon_span_f1_pos": float(words[causes == 1].mean()),
        "reccon_span_f1": float(words.mean()),
        "wassa_r_empathy": float(np.corrcoef(said[:, 0], rated[:, 0])[0, 1]),
        "wassa_r_distress": float(np.corrcoef(said[:, 1], rated[:, 1])[0, 1]),
    }

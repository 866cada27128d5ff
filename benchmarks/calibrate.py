"""Fit ``assistant/calibration.json``: ``python -m benchmarks.calibrate``.

1. Sentence weights: of the signals of ``retrieve``, so that the sentence with the answer comes first (a softmax
   over the candidates of each question; Cao et al. 2007, ListNet, top one).
2. Passage weights: the same over passages.
3. The weight of the reader's log-odds beside that score: the same again.
4. Margin: how far behind the first sentence a second one may be.
5. Confidence: a logistic model that an answer of up to three sentences is right (Platt 1999).
6. Thresholds: for each of RISKS the lowest that keeps the share of wrong answers among those given below it.

Steps 4 to 6 are done twice, without and with the reader, and see a confidence fitted on other articles (five folds),
so they are not flattered. What they see are articles that the reader was not trained on. ``own_corpus`` and
OrangeSum are left out: they are the test.
"""

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from itertools import product
from pathlib import Path
from re import sub
from zlib import crc32

import numpy as np
from scipy.optimize import minimize
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

import assistant
from assistant.calibration import Calibration, Decision, Weight
from assistant.decide import READ_EVIDENCE, UNREAD_EVIDENCE, evidence
from assistant.engine import STATEMENTS
from assistant.extract import best_sentences
from assistant.retrieve import SIGNALS, score_sentences
from assistant.settings import Settings
from benchmarks.cases import Case, cases_of, with_odds, without_gold
from benchmarks.development import Kind

#: Of sentence and passage weights: every question, for no reader is in them.
CHOICE = ("piaf_fr_dev", "crosslingual_fr_xquad")
#: Of the confidence.
SETS = ("piaf_unseen", "crosslingual_fr_xquad", "squad2_unseen", "nomiracl_fr_dev")
#: Of these also questions asked of a corpus of so few articles: a confidence for a thousand would not hold there.
SMALL_SETS = ("piaf_unseen", "squad2_unseen")
SMALL = (1, 10, 100)
SMALL_QUESTIONS = 60
#: Of each hundred questions that the confidence is fitted on; sets of a kind count alike.
MIX: dict[Kind, int] = {"answerable": 70, "far": 20, "near": 5, "adversarial": 5}
#: The development mix of the thresholds: 70 that can be answered and 30 that are far, from each of these alike.
THRESHOLD_SETS = ("piaf_unseen", "crosslingual_fr_xquad")
#: Wrong answers in a hundred given.
RISKS = (5, 10, 15, 20)
#: The one whose figures are kept.
TOLD = Settings().risk
FOLDS = 5
#: Of three-sentence accuracy that showing fewer sentences may cost.
MARGIN_LOSS = 0.03
#: Pull of the weights towards zero. Cosines differ by hundredths, so their weights must be free to be large.
RIDGE = 1e-6
#: Inverse of the pull of the logistic weights; signals have equal spread there.
FREEDOM = 0.3


@dataclass(frozen=True, slots=True)
class Shown:
    """What would be shown for a case, and what speaks for it."""

    case: Case
    scores: np.ndarray
    evidence: dict[str, float]

    def right(self, margin: float) -> list[bool]:
        """For each sentence that would be shown, whether it answers."""
        places = {row.row: place for place, row in enumerate(self.case.candidates.sentences)}
        rows = best_sentences(self.case.candidates, self.scores, STATEMENTS, margin)
        return [bool(self.case.right[places[row.row]]) for row in rows]

    def is_right(self, margin: float) -> bool:
        """Where it is not known which sentences answer, whether the question can be answered."""
        reference = self.case.reference
        return any(self.right(margin)) if reference.marked or not reference.answerable else True


def main() -> None:
    choice = [case for name in CHOICE for case in cases_of(name, sys.maxsize)]
    sentence = _fit_sentence(choice)
    passage = _fit_passage(choice, sentence)
    asked = [case for name in SETS for case in cases_of(name)]
    asked += [without_gold(case) for case in asked if case.set == "crosslingual_fr_xquad"]
    asked += [
        replace(case, set=f"{name}, {size} articles")
        for name, size in product(SMALL_SETS, SMALL)
        for case in cases_of(name, SMALL_QUESTIONS, size)
    ]
    asked = [case for case in asked if len(case.candidates.sentences)]
    read = [with_odds(case, sentence, passage) for case in asked]
    odds = _fit_odds(read, sentence)
    unread_decision, unread_figures = _decide([_shown(case, sentence, 0.0) for case in asked], UNREAD_EVIDENCE)
    read_decision, read_figures = _decide([_shown(case, sentence, odds) for case in read], READ_EVIDENCE)
    fitted = Calibration(
        sentence=_rounded(sentence),
        passage=_rounded(passage),
        odds=round(odds, 4),
        unread=unread_decision,
        read=read_decision,
        fitted_on={"sets": [*SETS], "unread": unread_figures, "read": read_figures},
    )
    path = Path(assistant.__file__).parent / "calibration.json"
    path.write_text(json.dumps(asdict(fitted), indent=1) + "\n", encoding="utf-8")
    print(path.read_text(encoding="utf-8"))


# --- Choosing a sentence ---------------------------------------------------------------------------------


def _gold_sentences(case: Case) -> np.ndarray:
    """Those that hold the answer and are in a right article: an answer elsewhere may be chance."""
    gold: np.ndarray = case.right & case.gold_passages[case.candidates.owners]
    return gold


def _fit_sentence(cases: Sequence[Case]) -> dict[str, float]:
    lists = [(case.candidates.signals, gold) for case in cases if (gold := _gold_sentences(case)).any()]
    return dict(zip(SIGNALS, _softmax_fit(lists), strict=True))


def _fit_odds(cases: Sequence[Case], sentence: dict[str, float]) -> float:
    """The weight of the log-odds beside the score of the signals, whose weight is one."""
    lists = [
        (np.column_stack([score_sentences(case.candidates, sentence), case.odds]), gold)
        for case in cases
        if (gold := _gold_sentences(case)).any()
    ]
    score, odds = _softmax_fit(lists)
    return float(odds / score)


def _fit_passage(cases: Sequence[Case], sentence: dict[str, float]) -> dict[str, float]:
    """Weights of a passage's own signals beside its best sentence's score, whose weight is one."""
    lists = []
    for case in cases:
        if not case.gold_passages.any():
            continue
        best = np.full(len(case.candidates.passages), -np.inf)
        np.maximum.at(best, case.candidates.owners, score_sentences(case.candidates, sentence))
        own = np.zeros((len(best), 2))
        own[case.candidates.owners] = case.candidates.signals[:, [1, 3]]  # passage, passage_words
        lists.append((np.column_stack([best, own]), case.gold_passages))
    scale, passage, words = _softmax_fit(lists)
    return {"passage": passage / scale, "passage_words": words / scale}


def _softmax_fit(lists: Sequence[tuple[np.ndarray, np.ndarray]]) -> np.ndarray:
    """Weights under which the right rows of each list (rows, signals) have the most of its softmax."""

    def loss(weights: np.ndarray) -> tuple[float, np.ndarray]:
        total, slope = RIDGE * len(lists) * float(weights @ weights), 2 * RIDGE * len(lists) * weights
        for signals, right in lists:
            scores = signals @ weights
            chances = np.exp(scores - scores.max())
            chances /= chances.sum()
            mass = chances[right].sum()
            total -= np.log(mass)
            slope = slope + chances @ signals - (chances[right] / mass) @ signals[right]
        return total / len(lists), slope / len(lists)

    found = minimize(loss, np.ones(lists[0][0].shape[1]), jac=True, method="L-BFGS-B")
    return np.asarray(found.x)


# --- Deciding whether to answer --------------------------------------------------------------------------


def _shown(case: Case, sentence: dict[str, float], odds: float) -> Shown:
    signals = score_sentences(case.candidates, sentence)
    if not len(case.odds):
        return Shown(case, signals, evidence(case.candidates, signals, signals))
    scores = signals + odds * case.odds
    return Shown(case, scores, evidence(case.candidates, signals, scores, case.odds))


def _decide(shown: Sequence[Shown], names: Sequence[str]) -> tuple[Decision, dict[str, float | int]]:
    margin = _margin(shown)
    right = np.array([one.is_right(margin) for one in shown])
    features = np.array([[one.evidence[name] for name in names] for one in shown])
    counts = _counts(shown)
    folds = np.array([_fold(one.case) for one in shown])
    chances = np.zeros(len(shown))
    for fold in range(FOLDS):
        inside = folds == fold
        slopes, usual, intercept = _logistic(features[~inside], right[~inside], counts[~inside])
        chances[inside] = 1 / (1 + np.exp(-intercept - (features[inside] - usual) @ slopes))
    slopes, usual, intercept = _logistic(features, right, counts)
    thresholds = {risk: round(_threshold(shown, chances, right, risk / 100), 3) for risk in RISKS}
    weights = {
        name: Weight(slope=round(float(slope), 4), usual=round(float(mean), 4))
        for name, slope, mean in zip(names, slopes, usual, strict=True)
    }
    decision = Decision(weights, round(intercept, 4), thresholds, round(margin, 3))
    return decision, _figures(shown, right, chances, thresholds, margin)


def _fold(case: Case) -> int:
    """Questions on one article ("…-a012-p03" is its fourth paragraph) are all in one fold."""
    return crc32(sub(r"-p\d\d$", "", case.reference.about).encode()) % FOLDS


def _counts(shown: Sequence[Shown]) -> np.ndarray:
    """How much each case counts, so that they make up the MIX."""
    kinds = [(one.case.set, one.case.reference.kind) for one in shown]
    sets_of = {kind: len({name for name, other in kinds if other == kind}) for kind in MIX}
    counts = np.array([MIX[kind] / sets_of[kind] / kinds.count((name, kind)) for name, kind in kinds])
    return counts * len(shown) / counts.sum()


def _margin(shown: Sequence[Shown]) -> float:
    answerable = [one for one in shown if one.case.reference.answerable and one.case.reference.marked]

    def accuracy(margin: float) -> float:
        return float(np.mean([any(one.right(margin)) for one in answerable]))

    least = accuracy(np.inf) - MARGIN_LOSS
    return float(next(margin for margin in np.arange(0, 50, 0.25) if accuracy(margin) >= least))


def _logistic(features: np.ndarray, right: np.ndarray, counts: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
    """Slopes, usual values and intercept, fitted on features of equal spread."""
    usual, spread = np.average(features, axis=0, weights=counts), features.std(axis=0)
    model = LogisticRegression(max_iter=5000, C=FREEDOM).fit((features - usual) / spread, right, sample_weight=counts)
    return model.coef_[0] / spread, usual, float(model.intercept_[0])


def _threshold(shown: Sequence[Shown], chances: np.ndarray, right: np.ndarray, risk: float) -> float:
    """The lowest chance above which at most ``risk`` of the answers are wrong, on the mix of THRESHOLD_SETS."""
    kinds = [(one.case.set, one.case.reference.kind) for one in shown]
    share: dict[Kind, float] = {"answerable": 0.7, "far": 0.3}
    counts = np.array(
        [share[kind] / kinds.count((name, kind)) if name in THRESHOLD_SETS else 0.0 for name, kind in kinds]
    )
    order = np.argsort(-chances)
    given = np.cumsum(counts[order])
    wrong = np.cumsum((counts * ~right)[order])
    kept = np.flatnonzero((wrong <= risk * given) & (counts[order] > 0))
    return float(chances[order[kept[-1]]]) if len(kept) else 1.0


def _figures(
    shown: Sequence[Shown], right: np.ndarray, chances: np.ndarray, thresholds: dict[int, float], margin: float
) -> dict[str, float | int]:
    figures: dict[str, float | int] = {"questions": len(shown)}
    for name in sorted({one.case.set for one in shown}):
        inside = np.array([one.case.set == name for one in shown])
        kinds = np.array([one.case.reference.kind for one in shown])
        for kind in sorted({*kinds[inside]} - {"answerable"}):
            chosen = inside & np.isin(kinds, ["answerable", kind])
            figures[f"{name}: auroc {kind}"] = round(
                float(roc_auc_score(kinds[chosen] == "answerable", chances[chosen])), 3
            )
        given = inside & (chances >= thresholds[TOLD])
        answered = given[inside & (kinds == "answerable")].mean()
        figures[f"{name}: answered of answerable at {TOLD} %"] = round(float(answered), 3)
        if given.any():
            figures[f"{name}: wrong of given at {TOLD} %"] = round(float(1 - right[given].mean()), 3)
    figures["statements"] = round(
        float(np.mean([len(one.right(margin)) for one in shown if one.case.reference.answerable])), 2
    )
    return figures


def _rounded(weights: dict[str, float]) -> dict[str, float]:
    return {name: round(float(weight), 4) for name, weight in weights.items()}


if __name__ == "__main__":
    main()

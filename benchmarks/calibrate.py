"""Fit ``assistant/calibration.json``: ``python -m benchmarks.calibrate``.

1. Sentence weights: of the signals of ``retrieve``, so that the sentence with the answer comes first (a softmax
   over the candidates of each question; Cao et al. 2007, ListNet, top one).
2. Passage weights: the same over passages.
3. The weight of the reader's log-odds beside that score: the same again.
4. Margin: how far behind the first sentence a second one may be.
5. Confidence: a logistic model that an answer of up to three sentences is right (Platt 1999).
6. Threshold: the lowest that keeps the share of wrong answers among those given at RISK.

Steps 4 to 6 are done twice, without and with the reader, and see scores of weights fitted on other articles (five
folds), so they are not flattered. What the reader is fitted on are articles that it was not trained on.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from zlib import crc32

import numpy as np
from scipy.optimize import minimize
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

import assistant
from assistant.calibration import Calibration, Decision
from assistant.decide import READ_EVIDENCE, UNREAD_EVIDENCE, evidence
from assistant.embedding import load_embedder
from assistant.engine import STATEMENTS, Engine
from assistant.extract import best_sentences
from assistant.index import Generation
from assistant.read import read
from assistant.reader import load_reader
from assistant.retrieve import SIGNALS, Candidates, propose, score_passages, score_sentences
from assistant.settings import Settings
from benchmarks.development import Reference, contains_answer, index_of, read_questions
from benchmarks.reader.data import article_key, held_out, read_paragraphs

#: French questions on French articles, a third without an answer; French questions on English articles, each also
#: asked of the corpus without the article that answers it.
PIAF, ACROSS = "piaf_fr_dev", "crosslingual_fr_question_xquad"
#: Answerable questions to one unanswerable, where a mix has to be made.
MIX = 600 / 250
#: Share of wrong answers among those given, on the development mix, that the thresholds are chosen for.
RISK = 0.15
FOLDS = 5
#: Of three-sentence accuracy that showing fewer sentences may cost.
MARGIN_LOSS = 0.01
#: Pull of the weights towards zero. Cosines differ by hundredths, so their weights must be free to be large.
RIDGE = 1e-6


@dataclass(frozen=True, slots=True)
class Case:
    """A question with its candidates, and which of them are right."""

    reference: Reference
    candidates: Candidates
    right: np.ndarray
    #: Of each candidate passage, whether its article is a gold one.
    gold_passages: np.ndarray
    fold: int
    generation: Generation
    #: The reader's log-odds by sentence, once read.
    odds: np.ndarray | None = None

    def scores(self, sentence: dict[str, float], odds: float) -> np.ndarray:
        found = score_sentences(self.candidates, sentence)
        return found if self.odds is None else found + odds * self.odds


@dataclass(frozen=True, slots=True)
class Weights:
    """Of the sentence signals, and of the reader's log-odds beside them."""

    sentence: dict[str, float]
    odds: float = 0.0


def main() -> None:
    cases = _cases(PIAF, read_questions(PIAF)) + _cases(ACROSS, read_questions(ACROSS))
    sentence = _fit_sentence(cases)
    passage = _fit_passage(cases, sentence)
    unread, figures = _decide(cases, _out_of_fold(cases), UNREAD_EVIDENCE)
    unseen = _read(_cases(PIAF, _unseen()) + _cases(ACROSS, read_questions(ACROSS)), sentence, passage)
    weights = [replace(w, odds=_fit_odds(_others(unseen, fold), w)) for fold, w in enumerate(_out_of_fold(cases))]
    with_reader, read_figures = _decide(unseen, weights, READ_EVIDENCE)
    _, same_figures = _decide([replace(case, odds=None) for case in unseen], weights, UNREAD_EVIDENCE)
    fitted = Calibration(
        sentence=_rounded(sentence),
        passage=_rounded(passage),
        odds=round(_fit_odds(unseen, Weights(sentence)), 4),
        unread=unread,
        read=with_reader,
        risk=RISK,
        fitted_on={"sets": [PIAF, ACROSS], "unread": figures, "read": read_figures, "same_unread": same_figures},
    )
    path = Path(assistant.__file__).parent / "calibration.json"
    path.write_text(json.dumps(asdict(fitted), indent=1) + "\n", encoding="utf-8")
    print(path.read_text(encoding="utf-8"))


def _unseen() -> list[Reference]:
    """Questions on articles that the reader was not trained on, and unanswerable ones in the usual mix."""
    paragraphs = read_paragraphs(PIAF)
    every = read_questions(PIAF, "questions_all.jsonl")
    answerable = [r for r in every if r.answerable and held_out(article_key(paragraphs[min(r.articles)]))]
    unanswerable = [r for r in every if not r.answerable]
    return answerable + unanswerable[: round(len(answerable) / MIX)]


def _cases(name: str, references: Sequence[Reference]) -> list[Case]:
    embedder = load_embedder(Settings())
    nothing = Decision({}, 0.0, 0.0, 0.0)
    engine = Engine(
        Settings(index=index_of(name, embedder)), embedder, Calibration({}, {}, 0.0, nothing, nothing, 0.0, {})
    )
    generation = engine.generation()
    all_answerable = all(reference.answerable for reference in references)
    cases = []
    for reference in references:
        candidates = propose(generation, engine.prepare(reference.question, reference.language))
        ids = np.array([generation.article_at(p.article).id in reference.articles for p in candidates.passages], bool)
        texts = [generation.sentence(row).text for row in candidates.sentences]
        right = np.array([reference.answerable and contains_answer(text, reference.answers) for text in texts], bool)
        case = Case(reference, candidates, right, ids, _fold(reference), generation)
        cases.append(case)
        if all_answerable:
            cases.append(_without_gold(case))
    return cases


def _read(cases: Sequence[Case], sentence: dict[str, float], passage: dict[str, float]) -> list[Case]:
    """The same cases with the reader's log-odds; a few minutes."""
    reader = load_reader(Settings())
    found = []
    for case in cases:
        ranked = score_passages(case.candidates, score_sentences(case.candidates, sentence), passage)
        odds = read(reader, case.generation, case.reference.question, case.candidates, ranked)
        found.append(replace(case, odds=odds))
    return found


def _without_gold(case: Case) -> Case:
    """The same question where the article that answers it is not in the corpus."""
    kept = np.flatnonzero(~case.gold_passages)
    sentences = np.flatnonzero(~case.gold_passages[case.candidates.owners])
    candidates = Candidates(
        [case.candidates.passages[place] for place in kept.tolist()],
        [case.candidates.sentences[place] for place in sentences.tolist()],
        np.searchsorted(kept, case.candidates.owners[sentences]),
        case.candidates.signals[sentences],
    )
    unanswerable = replace(case.reference, answers=(), articles=frozenset(), answerable=False)
    nothing = np.zeros(len(sentences), bool)
    return replace(
        case, reference=unanswerable, candidates=candidates, right=nothing, gold_passages=np.zeros(len(kept), bool)
    )


def _fold(reference: Reference) -> int:
    """Questions on one article ("…-a012-p03" is its fourth paragraph) are all in one fold."""
    about = min(reference.articles, default=reference.id)
    return crc32(re.sub(r"-p\d\d$", "", about).encode()) % FOLDS


def _others(cases: Sequence[Case], fold: int) -> list[Case]:
    return [case for case in cases if case.fold != fold]


def _out_of_fold(cases: Sequence[Case]) -> list[Weights]:
    """For each fold, sentence weights fitted on the others."""
    return [Weights(_fit_sentence(_others(cases, fold))) for fold in range(FOLDS)]


def _gold_sentences(case: Case) -> np.ndarray:
    """Those that hold the answer and are in a right article: an answer elsewhere may be chance."""
    gold: np.ndarray = case.right & case.gold_passages[case.candidates.owners]
    return gold


def _fit_sentence(cases: Sequence[Case]) -> dict[str, float]:
    lists = [(case.candidates.signals, gold) for case in cases if (gold := _gold_sentences(case)).any()]
    return dict(zip(SIGNALS, _softmax_fit(lists), strict=True))


def _fit_odds(cases: Sequence[Case], weights: Weights) -> float:
    """The weight of the log-odds beside the score of the signals, whose weight is one."""
    lists = [
        (np.column_stack([score_sentences(case.candidates, weights.sentence), case.odds]), gold)
        for case in cases
        if case.odds is not None and (gold := _gold_sentences(case)).any()
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


def _decide(
    cases: Sequence[Case], weights: Sequence[Weights], names: Sequence[str]
) -> tuple[Decision, dict[str, float | int]]:
    """When to answer with scores of ``weights`` (one a fold), and the figures reached."""
    scores = [case.scores(weights[case.fold].sentence, weights[case.fold].odds) for case in cases]
    margin = _margin(cases, scores)
    shown = [_shown(case, score, margin) for case, score in zip(cases, scores, strict=True)]
    right = np.array([any(flags) for flags in shown])
    found = [evidence(case.candidates, score, case.odds) for case, score in zip(cases, scores, strict=True)]
    features = np.array([[e[name] for name in names] for e in found])
    folds = np.array([case.fold for case in cases])
    chances = np.zeros(len(cases))
    for fold in range(FOLDS):
        slopes, intercept = _logistic(features[folds != fold], right[folds != fold])
        chances[folds == fold] = 1 / (1 + np.exp(-intercept - features[folds == fold] @ slopes))
    slopes, intercept = _logistic(features, right)
    threshold = _threshold(chances, right)
    decision = Decision(
        confidence=_rounded(dict(zip(names, slopes.tolist(), strict=True))),
        intercept=round(intercept, 4),
        threshold=round(threshold, 3),
        margin=round(margin, 3),
    )
    return decision, _figures(cases, shown, chances, threshold)


def _shown(case: Case, scores: np.ndarray, margin: float) -> list[bool]:
    """For each sentence that would be shown, whether it is right."""
    places = {row.row: place for place, row in enumerate(case.candidates.sentences)}
    rows = best_sentences(case.candidates, scores, STATEMENTS, margin)
    return [bool(case.right[places[row.row]]) for row in rows]


def _margin(cases: Sequence[Case], scores: Sequence[np.ndarray]) -> float:
    answerable = [(c, s) for c, s in zip(cases, scores, strict=True) if c.reference.answerable]

    def accuracy(margin: float) -> float:
        return float(np.mean([any(_shown(case, score, margin)) for case, score in answerable]))

    least = accuracy(np.inf) - MARGIN_LOSS
    return float(next(margin for margin in np.arange(0, 50, 0.1) if accuracy(margin) >= least))


def _logistic(features: np.ndarray, right: np.ndarray) -> tuple[np.ndarray, float]:
    """Slopes and intercept for features as they are, fitted on features of equal spread."""
    mean, spread = features.mean(axis=0), features.std(axis=0)
    model = LogisticRegression(max_iter=5000).fit((features - mean) / spread, right)
    slopes = model.coef_[0] / spread
    return slopes, float(model.intercept_[0] - mean @ slopes)


def _threshold(chances: np.ndarray, right: np.ndarray) -> float:
    """The lowest chance above which at most RISK of the answers are wrong."""
    order = np.argsort(-chances)
    risk = np.cumsum(~right[order]) / np.arange(1, len(order) + 1)
    kept = np.flatnonzero(risk <= RISK)
    return float(chances[order[kept[-1]]]) if len(kept) else 1.0


def _figures(
    cases: Sequence[Case], shown: Sequence[Sequence[bool]], chances: np.ndarray, threshold: float
) -> dict[str, float | int]:
    answerable = np.array([case.reference.answerable for case in cases])
    right = np.array([any(flags) for flags in shown])
    first = np.array([bool(flags[:1] == [True]) for flags in shown])
    given = chances >= threshold
    return {
        "questions": len(cases),
        "first_right": round(float(first[answerable].mean()), 3),
        "one_of_three_right": round(float(right[answerable].mean()), 3),
        "sentences_shown": round(float(np.mean([len(flags) for flags in shown])), 2),
        "auroc_answerable": round(float(roc_auc_score(answerable, chances)), 3),
        "auroc_right": round(float(roc_auc_score(right, chances)), 3),
        "coverage_of_answerable": round(float(given[answerable].mean()), 3),
        "right_of_answerable": round(float((given & right)[answerable].mean()), 3),
        "declined_of_unanswerable": round(float(1 - given[~answerable].mean()), 3),
        "wrong_of_given": round(float(1 - right[given].mean()), 3),
    }


def _rounded(weights: dict[str, float]) -> dict[str, float]:
    return {name: round(float(weight), 4) for name, weight in weights.items()}


if __name__ == "__main__":
    main()

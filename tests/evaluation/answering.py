"""An answerer that needs no index: it counts shared words, and fails or abstains when told to.

``python answering.py FOLDER`` runs its questions into a folder, slowly, to be killed.
"""

import sys
import time
from pathlib import Path

from assistant.evaluation.claim import begin_run, end_run, in_use
from assistant.evaluation.corpus import corpus_of
from assistant.evaluation.manifest import Plan, identity
from assistant.evaluation.metrics import sum_up
from assistant.evaluation.resolve import resolve
from assistant.evaluation.run import ask_all, passes
from assistant.evaluation.types import Evidence, ReferenceQuestion
from assistant.text import words
from assistant.types import Answer, Article, Citation, Hit, Passage, RankedSentence, Statement, Trace

CORPUS = corpus_of(
    [
        Article(
            "raqa",
            "Quinze pays étaient représentés à Copenhague. Interpol a identifié 14\u2009000 combattants étrangers.\n\n"
            "«\u202fNotre intention est de collaborer avec les Turcs\u202f», a déclaré M. Mattis.",
            title="Raqa\u00a0: l’offensive",
            language="fr",
        ),
        Article("seisme", "Le séisme a fait 50\u202f000 morts. Vingt-cinq pays ont envoyé des secours.", language="fr"),
        Article("pluto", "New Horizons flew past Pluto after nine years. It came within 12,500 km.", language="en"),
    ]
)

QUESTIONS = [
    ReferenceQuestion(
        "Combien de combattants étrangers Interpol a-t-il identifiés ?",
        "combattants",
        language="fr",
        answers=("14 000",),
        evidence=((Evidence("raqa", "Interpol a identifié 14 000 combattants étrangers"),),),
        tags=("chiffres",),
    ),
    ReferenceQuestion(
        "Combien de morts le séisme a-t-il faits ?",
        "séisme",
        language="fr",
        answers=("50 000",),
        evidence=((Evidence("seisme", "Le séisme a fait 50 000 morts."),),),
        tags=("chiffres",),
    ),
    ReferenceQuestion(
        "How many years did New Horizons take to reach Pluto?",
        "pluto",
        language="en",
        answers=("nine",),
        evidence=((Evidence("pluto", "New Horizons flew past Pluto after nine years."),),),
    ),
    ReferenceQuestion("Quel est le prix du kilo de truffes à Oslo ?", "truffes", language="fr", answerable=False),
    ReferenceQuestion(
        "Qui a déclaré vouloir collaborer avec les Turcs ?",
        "turcs",
        language="fr",
        answers=("Mattis",),
        evidence=((Evidence("raqa", "a déclaré M. Mattis"),),),
    ),
]


class SharedWords:
    """Ranks sentences by the words they share with the question; answers with the best where it shares ``least``."""

    def __init__(self, least=2, failing=(), delay=0.0, altered=False):
        self.least = least
        self.failing = failing
        self.delay = delay
        self.altered = altered
        self.asked = []

    def articles(self):
        return CORPUS.articles.values()

    def sentences(self, article_id):
        return CORPUS.sentences(article_id)

    def trace(self, question, history=(), language=None, without=(), only=None, as_of=None):
        self.asked.append((question, frozenset(without), None if only is None else frozenset(only)))
        time.sleep(self.delay)
        if any(word in question for word in self.failing):
            raise RuntimeError(f"cannot\nread {question[:7]}")
        asked = set(words(question, "fr"))
        found = [
            (float(len(asked & set(words(sentence.text, "fr")))), sentence)
            for id in CORPUS.articles
            if id not in without and (only is None or id in only)
            for sentence in CORPUS.sentences(id)
        ]
        found.sort(key=lambda pair: -pair[0])
        best, sentence = found[0] if found else (0.0, None)
        text = sentence.text.upper() if sentence and self.altered else sentence and sentence.text
        citations = (Citation(1, sentence),) if sentence else ()
        answered = best >= self.least
        hits = tuple(
            Hit(Passage(s.article, 0, len(s.article.text)), score, rank)
            for rank, (score, s) in enumerate(found, 1)
            if s.number == 1
        )
        return Trace(
            Answer(
                question=question,
                language="fr",
                statements=(Statement(text, citations),) if answered else (),
                confidence=1 - 1 / (1 + best),
                nearest=() if answered else citations,
                hits=hits,
                timings_ms={"retrieve": 1.0 + best, "total": 2.0 + best},
            ),
            threshold=0.5,
            passages=hits,
            sentences=tuple(RankedSentence(s, score, rank) for rank, (score, s) in enumerate(found, 1)),
        )


def run_into(path, answerer=None, questions=QUESTIONS, plan=None, report=lambda *told: None, settings=None):
    """A run summed up, but not written out."""
    plan = plan or Plan()
    resolved = resolve(questions, CORPUS)
    what = identity(resolved, CORPUS, settings or {"index": "words"}, plan)
    with in_use(path):
        begin_run(path, what, None, ["test"])
        ask_all(path, passes(resolved, answerer or SharedWords(), plan), CORPUS, plan, report)
        end_run(path)
        return sum_up(path, {"peak_rss_mib": 1.0})


def many_questions(count=60):
    """The questions again and again, each under an id of its own."""
    from dataclasses import replace

    return [replace(QUESTIONS[n % len(QUESTIONS)], id=f"q{n:03}") for n in range(count)]


if __name__ == "__main__":
    plan = Plan(leave_gold_out=True)
    run_into(Path(sys.argv[1]), SharedWords(delay=0.004), many_questions(), plan)

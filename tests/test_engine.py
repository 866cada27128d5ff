import json
import math
import os
import threading
import time

import pytest

from assistant.citations import cite
from assistant.engine import open_engine
from assistant.errors import IndexUnusable, UsageError
from assistant.index import GENERATIONS, current_name
from assistant.ingest import ingest
from assistant.settings import Settings
from assistant.types import Article, Progress, Sentence


def test_the_main_question_is_answered_from_the_sample_corpus(sample_engine):
    answer = sample_engine.ask("Combien de combattants étrangers Interpol a-t-il identifiés ?")
    assert not answer.abstained
    assert "14\u2009000" in answer.statements[0].text
    assert answer.citations[0].sentence.article.id == "2017-05-09-raqa-coalition-copenhague"


@pytest.mark.parametrize("question", ["Quel est le prix du kilo de truffes à Oslo ?", "Who invented the zipper?"])
def test_what_the_corpus_does_not_hold_is_declined_with_the_nearest(sample_engine, question):
    answer = sample_engine.ask(question)
    assert answer.abstained
    assert answer.text == ""
    assert 1 <= len(answer.nearest) <= 3
    assert 0 <= answer.confidence < sample_engine.ask("Qui a gagné la Coupe du monde 2018 ?").confidence


def test_a_french_question_finds_an_english_article(sample_engine):
    answer = sample_engine.ask("Combien de mineurs chiliens ont été secourus en 2010 ?")
    assert answer.hits[0].passage.article.id == "2010-10-14-chile-thirty-three-miners-rescued"
    assert answer.language == "fr"


def test_every_shown_sentence_is_the_articles_own(sample_engine):
    for question in sample_engine.sample_questions("fr") + sample_engine.sample_questions("en"):
        answer = sample_engine.ask(question)
        for citation in answer.citations + answer.nearest:
            stored = sample_engine.article(citation.sentence.article.id)
            assert stored.text[citation.sentence.start : citation.sentence.end] == citation.sentence.text
        assert [s.text for s in answer.statements] == [s.citations[0].sentence.text for s in answer.statements]


def test_copies_of_one_dispatch_are_shown_once(sample_engine):
    answer = sample_engine.ask("Quand le télescope James-Webb a-t-il décollé de Kourou ?")
    shown = [c.sentence.text for c in answer.citations or answer.nearest]
    assert len(shown) == len(set(shown))


def test_hits_are_ranked_passages(sample_engine):
    hits = sample_engine.ask("Qui était présent à Copenhague ?").hits
    assert [hit.rank for hit in hits] == list(range(1, 21))
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)


QUESTION = "Combien de combattants étrangers Interpol a-t-il identifiés ?"
ARTICLE = "2017-05-09-raqa-coalition-copenhague"


def test_a_trace_tells_the_rankings_behind_the_answer(sample_engine):
    trace = sample_engine.trace(QUESTION)
    assert trace.answer.statements == sample_engine.ask(QUESTION).statements
    assert trace.answer.confidence >= trace.threshold
    assert trace.passages[:20] == trace.answer.hits
    assert [sentence.rank for sentence in trace.sentences] == list(range(1, len(trace.sentences) + 1))
    assert trace.sentences[0].sentence == trace.answer.citations[0].sentence
    scores = [sentence.score for sentence in trace.sentences]
    assert scores == sorted(scores, reverse=True)


def test_an_answer_is_explained_by_what_adds_up_to_its_confidence(sample_engine):
    answer = sample_engine.ask(QUESTION, explain=True)
    why = answer.explanation
    assert why.outcome == "answered"
    assert why.best.sentence == answer.citations[0].sentence
    assert why.runner_up.sentence not in [citation.sentence for citation in answer.citations]
    assert why.runner_up.score <= why.best.score
    log_odds = why.intercept + sum(signal.log_odds for signal in why.signals)
    assert answer.confidence == pytest.approx(1 / (1 + math.exp(-log_odds)))
    assert answer.confidence >= why.threshold
    assert sample_engine.ask(QUESTION).explanation is None


def test_an_abstention_is_explained_by_the_threshold_it_misses(sample_engine):
    answer = sample_engine.ask("Quel est le prix du kilo de truffes à Oslo ?", explain=True)
    assert answer.explanation.outcome == "unsure"
    assert answer.confidence < answer.explanation.threshold
    assert answer.explanation.best.sentence == answer.nearest[0].sentence


def test_fewer_wrong_answers_take_more_confidence(sample_index):
    thresholds = [
        open_engine(Settings(index=sample_index, risk=risk)).ask(QUESTION, explain=True).explanation.threshold
        for risk in (5, 10, 20)
    ]
    assert thresholds == sorted(thresholds, reverse=True)


def test_an_unknown_risk_is_told_with_the_known_ones(sample_index):
    with pytest.raises(UsageError, match=r"'risk' has value 7\. It takes one of 5, 10, "):
        open_engine(Settings(index=sample_index, risk=7))


def test_hidden_articles_are_as_good_as_absent(sample_engine):
    trace = sample_engine.trace(QUESTION, without=[ARTICLE, "no-such-article"])
    found = {hit.passage.article.id for hit in trace.passages}
    assert ARTICLE not in found
    assert len(found) > 10


def test_the_search_can_keep_to_some_articles(sample_engine):
    trace = sample_engine.trace(QUESTION, only=[ARTICLE])
    assert {hit.passage.article.id for hit in trace.passages} == {ARTICLE}
    assert not trace.answer.abstained
    assert sample_engine.trace(QUESTION, only=[]).answer.abstained
    assert len(list(sample_engine.articles())) == sample_engine.facts().articles


def test_two_runs_agree(sample_index):
    question = "Quel était le bilan du séisme en Turquie ?"
    first, second = (open_engine(Settings(index=sample_index)).ask(question) for _ in range(2))
    assert (first.statements, first.confidence, first.hits) == (second.statements, second.confidence, second.hits)


@pytest.mark.parametrize("question", ["", "   ", "\n\t", "\u00a0", "\0"])
def test_an_empty_question_is_refused(sample_engine, question):
    with pytest.raises(UsageError, match="empty"):
        sample_engine.ask(question)


def test_a_long_question_is_refused_with_both_lengths(sample_engine):
    with pytest.raises(UsageError, match=r"2001 characters, 2000"):
        sample_engine.ask("x" * 2001)


@pytest.mark.parametrize(
    "question",
    ["?", "14 000", "«»", "\ud800 Interpol ?", "a" * 1999, '" OR 1 --', "NEAR(a b)", "🏛️", "بماذا صرح ماتيس؟"],
)
def test_an_odd_question_is_an_ordinary_one(sample_engine, question):
    assert sample_engine.ask(question).hits


def test_without_an_index_it_says_what_to_do(tmp_path):
    engine = open_engine(Settings(index=tmp_path / "none"))
    assert engine.facts().articles == 0
    assert engine.progress() is None
    with pytest.raises(IndexUnusable, match="assistant ingest"):
        engine.ask("Qui ?")


def test_an_empty_corpus_abstains(tmp_path, embedder):
    (tmp_path / "corpus").mkdir()
    ingest([tmp_path / "corpus"], tmp_path / "index", embedder)
    answer = open_engine(Settings(index=tmp_path / "index")).ask("Qui a parlé ?", explain=True)
    assert answer.abstained
    assert answer.explanation.outcome == "empty"
    assert answer.explanation.best is None
    assert answer.hits == ()


@pytest.fixture
def small(tmp_path, embedder):
    """A corpus of one article, its index, and an engine on it."""
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    (corpus / "a.txt").write_text("Le viaduc de Millau a été inauguré en 2004. Il enjambe le Tarn.", encoding="utf-8")
    ingest([corpus], tmp_path / "index", embedder)
    return corpus, tmp_path / "index", open_engine(Settings(index=tmp_path / "index"))


def wait_for(condition, seconds=30):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.05)


def test_a_new_generation_is_swapped_in_while_questions_go_on(small, embedder):
    corpus, index, engine = small
    assert engine.facts().articles == 1
    (corpus / "b.txt").write_text("Le pont de Normandie a été inauguré en 1995. Il enjambe la Seine.", encoding="utf-8")
    failures, stop = [], threading.Event()

    def ask():
        while not stop.is_set():
            answer = engine.ask("Quand le viaduc de Millau a-t-il été inauguré ?")
            if answer.hits[0].passage.article.id != "a":
                failures.append(answer)

    asking = [threading.Thread(target=ask) for _ in range(4)]
    for thread in asking:
        thread.start()
    ingest([corpus], index, embedder)
    wait_for(lambda: engine.facts().articles == 2)
    stop.set()
    for thread in asking:
        thread.join()
    assert failures == []
    assert engine.ask("Quand le pont de Normandie a-t-il été inauguré ?").hits[0].passage.article.id == "b"


def test_a_damaged_new_generation_is_not_used(small, embedder, caplog):
    corpus, index, engine = small
    engine.facts()
    (corpus / "b.txt").write_text("Le pont de Normandie a été inauguré en 1995. Il enjambe la Seine.", encoding="utf-8")
    ingest([corpus], index, embedder)
    damaged = index / GENERATIONS / current_name(index) / "articles.db"
    damaged.write_bytes(damaged.read_bytes()[:-1] + b"\xff")
    wait_for(lambda: engine.facts() and "not used" in caplog.text)
    assert engine.facts().articles == 1
    assert engine.ask("Quand le viaduc de Millau a-t-il été inauguré ?").hits[0].passage.article.id == "a"


def test_progress_of_a_run_that_is_dead_is_not_told(small):
    _, index, engine = small
    state = {"process": os.getpid(), "done": 3, "total": 9, "restricted": False}
    (index / "progress.json").write_text(json.dumps(state), encoding="ascii")
    assert engine.progress() == Progress(3, 9)
    (index / "progress.json").write_text(json.dumps(state | {"process": 99999999}), encoding="ascii")
    assert engine.progress() is None


def test_sample_questions_are_answerable_and_in_the_language_asked_for(sample_engine):
    for language in ("fr", "en"):
        questions = sample_engine.sample_questions(language)
        assert len(set(questions)) == 3
        assert all(sample_engine.ask(question).language == language for question in questions)


def test_no_sample_questions_of_another_corpus(small):
    assert small[2].sample_questions("fr") == []


@pytest.mark.parametrize(("start", "end"), [(0, 99), (-1, 3), (2, 2), (3, 5)])
def test_a_citation_outside_the_text_is_a_bug(start, end):
    with pytest.raises(ValueError, match="a: "):
        cite([Sentence(Article("a", "abc  def"), start, end, 1, 0)])


def test_a_sentence_that_asks_is_not_shown_behind_the_one_that_answers(sample_engine):
    answer = sample_engine.ask("Combien de combattants étrangers Interpol a-t-il identifiés ?")
    assert len(answer.statements) > 1
    assert not any(statement.text.endswith("?") for statement in answer.statements)

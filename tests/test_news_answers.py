"""What answers tell beside their sentences: speakers, times, answering words; lists take more of them."""

from dataclasses import replace
from datetime import date

import pytest

from assistant.citations import number
from assistant.engine import STATEMENTS, STATEMENTS_OF_A_LIST, open_engine
from assistant.news.annotations import annotated
from assistant.sentences import split_sentences
from assistant.settings import PARTS, Settings
from assistant.types import Article, Sentence, Speaker

TEXT = (
    "Le ministre de la Santé, Jean Dupont, s'est exprimé mardi. «\u202fNous avons 14\u2009000 lits, et il en faut "
    "autant\u202f», a déclaré M. Dupont lors d'une visite à Lille, devant les élus de la région et la presse. "
    "Il dénonce une «\u202fmascarade\u202f» de l'opposition, qui réclame depuis lundi une enquête."
)


def cited(published=date(2017, 5, 9), text=TEXT):
    article = Article("a", text, published=published, language="fr")
    sentences = [Sentence(article, s.start, s.end, n, 0) for n, s in enumerate(split_sentences(text, "fr"), 1)]
    return number(sentences)


def shown(citation, span):
    return citation.sentence.article.text[slice(*span)]


def test_a_quotation_is_its_speakers_with_the_words_that_tell_so():
    intro, said, distant = annotated(cited(), None)
    assert (intro.speaker, said.speaker, distant.speaker) == (None, Speaker("Jean Dupont"), None)


def test_relative_times_are_told_at_their_place_in_the_article():
    intro, said, distant = annotated(cited(), None)
    (tuesday,), (since,) = intro.times, distant.times
    assert shown(intro, (tuesday.start, tuesday.end)) == "mardi"
    assert (tuesday.earliest, tuesday.latest) == (date(2017, 5, 9), date(2017, 5, 9))
    assert shown(distant, (since.start, since.end)) == "depuis lundi"
    assert (since.earliest, since.latest) == (date(2017, 5, 8), date(2017, 5, 9))
    assert said.times == ()


def test_without_a_publication_date_they_stay_open_and_absolute_ones_are_not_told():
    (tuesday,) = annotated(cited(published=None), None)[0].times
    assert not tuesday.is_resolved
    (citation,) = annotated(cited(text="Le pont a ouvert le 3 mai 2015."), None)
    assert citation.times == ()


def test_answering_words_are_told_only_of_statements():
    question = "Combien de lits y a-t-il ?"
    said = annotated(cited(), question)[1]
    assert shown(said, said.answering) == "14\u2009000 lits"
    assert annotated(cited(), None)[1].answering is None


@pytest.mark.parametrize(
    ("part", "field", "empty"),
    [("speakers", "speaker", None), ("times", "times", ()), ("answering", "answering", None)],
)
def test_each_part_can_be_left_out(part, field, empty):
    whole = annotated(cited(), "Combien de lits y a-t-il ?")
    left = annotated(cited(), "Combien de lits y a-t-il ?", {part})
    assert whole != left
    assert [replace(citation, **{field: empty}) for citation in whole] == list(left)


def test_an_answer_tells_its_shape_and_the_words_that_answer(sample_engine):
    answer = sample_engine.ask("Combien de combattants étrangers Interpol a-t-il identifiés ?")
    assert answer.shape == "number"
    citation = answer.citations[0]
    assert shown(citation, citation.answering) == "14\u2009000"


def test_the_nearest_have_no_answering_words(sample_engine):
    answer = sample_engine.ask("Combien coûte le kilo de truffes à Oslo ?")
    assert answer.abstained
    assert [near.answering for near in answer.nearest] == [None] * len(answer.nearest)


def test_a_list_may_take_more_statements_than_other_answers(sample_engine):
    one = sample_engine.ask("Combien de pays sont représentés à Copenhague ?")
    several = sample_engine.ask("Quels pays ont envoyé des secours en Turquie ?")
    assert several.shape == "list"
    assert len(one.statements) <= STATEMENTS < len(several.statements) <= STATEMENTS_OF_A_LIST


def test_every_part_but_one_is_silent_where_all_are_left_out(sample_index):
    engine = open_engine(Settings(index=sample_index, without=", ".join(PARTS)))
    answer = engine.ask("Combien en ont-ils tué ?", ["Combien de combattants étrangers Interpol a-t-il identifiés ?"])
    assert answer.understood_as is None
    answer = engine.ask("Qu'a déclaré Jim Mattis sur les Turcs ?")
    assert [(c.speaker, c.times, c.answering, c.copies) for c in answer.citations] == [(None, (), None, ())] * len(
        answer.citations
    )

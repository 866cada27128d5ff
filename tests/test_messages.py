"""An answer as the page's HTML."""

import re
from datetime import date, timedelta
from html import unescape
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.page.age import age
from assistant.page.markup import escaped, filled, unbroken
from assistant.page.messages import answer_message
from assistant.page.turns import turn_of
from assistant.types import (
    Answer,
    Article,
    Citation,
    Disagreement,
    Explanation,
    RankedSentence,
    Sentence,
    Signal,
    Speaker,
    Statement,
    TimeExpression,
)
from assistant.words import CATALOGUE, Words

ENGLISH, FRENCH = CATALOGUE["en"], CATALOGUE["fr"]


def answered(before: bool, abstained: bool = False) -> str:
    text = "Le <b>maire</b> est parti. Il a gagné la Syrie."
    found, end = Article("a", text, language="fr"), text.index(" Il")
    first, second = Sentence(found, 0, end, 1, 0), Sentence(found, end + 1, len(text), 2, 0)
    citation = Citation(1, second, first if before else None)
    statements = () if abstained else (Statement(second.text, (citation,)),)
    answer = Answer("Qui ?", "fr", statements, 0.9, (citation,) if abstained else (), ())
    return answer_message(turn_of(answer, "g"), FRENCH)


def test_the_sentence_before_stands_marked_before_the_quotation():
    for abstained in (False, True):
        shown = answered(before=True, abstained=abstained).partition('<span class="turn"')[0]
        lead, _, quotation = shown.partition('class="quote"')
        assert f'<span class="before">{escaped(FRENCH.sentence_before)} ' in lead
        assert "est parti" in lead and "est parti" not in quotation
        assert "<b>" not in shown
        assert "Il a gagn" in quotation


def test_a_quotation_that_stands_alone_has_nothing_before_it():
    assert 'class="before"' not in answered(before=False)


# --- What is known about a quotation ----------------------------------------------------------------------

TEXT = "Lundi, rien. Interpol a identifié «\u2009en tout 14\u2009000 hommes\u2009» mardi."


def cited(number: int = 1, published: date | None = date(2017, 5, 9), **known: Any) -> Citation:
    article = Article(f"a{number}", TEXT, "Titre", "AFP", published=published, language="fr")
    return Citation(number, Sentence(article, TEXT.index("Interpol"), len(TEXT), 2, 0), **known)


def range_of(words: str) -> tuple[int, int]:
    start = TEXT.index(words)
    return start, start + len(words)


def shown(*citations: Citation, words: Words = FRENCH, **answer: Any) -> str:
    """The message as a reader gets it, without what is kept for the script."""
    statements = tuple(Statement(citation.sentence.text, (citation,)) for citation in citations)
    given = {"statements": statements, "nearest": ()} | answer
    message = answer_message(turn_of(Answer("Qui ?", "fr", confidence=0.75, hits=(), **given), "g"), words)
    return unescape(message.partition('<span class="turn"')[0])


def test_the_words_that_answer_are_marked_in_the_quotation() -> None:
    quote = shown(cited(answering=range_of("14\u2009000 hommes"))).partition("</blockquote>")[0]
    # Where a mark ends within what no line may break, it is taken up again there.
    assert (
        '<mark class="answering">1<span class="whole">4\u20090</span>00 homme</mark><span class="whole"><mark' in quote
    )
    marked = re.findall(r'<mark class="answering">(.*?)</mark>', quote)
    assert re.sub("<[^>]*>", "", "".join(marked)) == "14\u2009000 hommes"
    assert re.sub("<[^>]*>", "", quote).replace("\xa0[1]", "") == TEXT[TEXT.index("Interpol") :]


@given(st.text("aé\u2009\u00a0 «<&1", max_size=20), st.integers(-3, 23), st.integers(-3, 23))
def test_a_mark_changes_nothing_in_a_text(text: str, start: int, end: int) -> None:
    html = unbroken(text, (start, end))
    assert unescape(re.sub("<[^>]*>", "", html)) == text
    marked = "".join(re.findall(r"<mark[^>]*>(.*?)</mark>", html, re.DOTALL))
    assert unescape(re.sub("<[^>]*>", "", marked)) == text[max(start, 0) : max(end, 0)]
    assert re.sub("</?mark[^>]*>", "", html) == unbroken(text)
    for part in re.findall(r'<span class="whole">(.*?)</span>', html):
        assert part.count("<mark") == part.count("</mark>") <= 1


def test_what_is_known_about_a_quotation_stands_below_it() -> None:
    start, end = range_of("mardi")
    tuesday = TimeExpression(start, end, date(2017, 5, 9), date(2017, 5, 9), relative=True)
    known = {"speaker": Speaker("Jim <Mattis>"), "times": (tuesday, tuesday)}
    quote, _, below = shown(cited(**known)).partition("</blockquote>")
    assert "Mattis" not in quote
    told = below.partition('<p class="told">')[2].partition("</p>")[0]
    assert "Déclaré par" in told and told.count("mardi 9 mai 2017") == 1
    english = shown(cited(**known), words=ENGLISH)
    assert "Said by" in english and "Tuesday 9 May 2017" in english


def test_who_is_not_named_and_what_cannot_be_told_is_said() -> None:
    start, end = range_of("mardi")
    never = TimeExpression(start, end, None, None, relative=True)
    told = re.sub("<[^>]*>", "", shown(cited(speaker=Speaker("un responsable", anonymous=True), times=(never,))))
    assert "Déclaré par un responsable, dont l’article ne donne pas le nom" in told
    assert "«\xa0mardi\xa0»\xa0: date inconnue" in told


def test_a_worded_statement_has_none_of_it() -> None:
    citation = cited(speaker=Speaker("Jim Mattis"), answering=range_of("14"))
    message = shown(statements=(Statement("Interpol counts 14,000.", (citation,)),))
    assert "Interpol counts 14,000." in message
    assert "Mattis" not in message and "<mark" not in message and '<span class="quote">' in message


def test_nothing_that_is_nearest_is_marked_as_an_answer() -> None:
    message = shown(nearest=(cited(answering=range_of("14"), speaker=Speaker("Jim Mattis")),))
    assert "<mark" not in message and "Déclaré par" in message


# --- Sources ----------------------------------------------------------------------------------------------

TODAY = date(2026, 3, 31)


@pytest.mark.parametrize(
    ("published", "french", "english"),
    [
        (TODAY, "aujourd’hui", "today"),
        (date(2026, 3, 30), "hier", "yesterday"),
        (date(2026, 3, 29), "il y a 2 jours", "2 days ago"),
        (date(2026, 3, 1), "il y a 30 jours", "30 days ago"),
        (date(2026, 2, 28), "il y a 1 mois", "1 month ago"),
        (date(2025, 4, 1), "il y a 11 mois", "11 months ago"),
        (date(2025, 3, 31), "il y a 1 an", "1 year ago"),
        (date(2023, 3, 31), "il y a 3 ans", "3 years ago"),
        (date(2023, 4, 1), "il y a 2 ans", "2 years ago"),
        (date(2026, 4, 1), "", ""),
        (None, "", ""),
    ],
)
def test_an_article_s_age_is_in_whole_days_months_or_years(published: date | None, french: str, english: str) -> None:
    assert (age(published, TODAY, FRENCH), age(published, TODAY, ENGLISH)) == (french, english)


def test_each_source_tells_its_age_today() -> None:
    assert '<span class="age">hier</span>' in shown(cited(published=date.today() - timedelta(1)))
    undated = shown(cited(published=None))
    assert "date inconnue" in undated and "age" not in undated.partition("sources")[2].partition("tools")[0]


def test_the_copies_of_an_article_are_folded_up_below_it() -> None:
    copies = tuple(Article(f"c/{n}", TEXT, "<i>Reprise</i>", f"Journal {n}") for n in (1, 2))
    folded = shown(cited(copies=copies)).partition('<details class="copies">')[2]
    assert folded.startswith("<summary>Repris par 2 titres</summary>")
    assert 'href="../articles/c%2F1"' in folded and "Journal 2" in folded
    assert "Repris par 1 titre<" in shown(cited(copies=copies[:1]))
    assert "Also run by 2 titles<" in shown(cited(copies=copies), words=ENGLISH)
    unnamed = (*copies, Article("c/3", TEXT, "Reprise"))
    assert "Même texte dans 3 autres articles<" in shown(cited(copies=unnamed))
    assert "copies" not in shown(cited())


# --- Articles that differ ---------------------------------------------------------------------------------


@pytest.mark.parametrize("matter", ["number", "date", "polarity"])
def test_articles_that_differ_are_told_apart_by_their_dates(matter: Any) -> None:
    citations = cited(1, date(2020, 1, 1)), cited(2, None), cited(3)
    message = shown(*citations, disagreement=Disagreement(matter, (1, 2)))
    assert message.count('class="disagreement"') == 1 and FRENCH.disagreements[matter] in message
    lines = re.findall(r'<p class="dateline">(.*?)</p><blockquote', message)
    assert ["1er janvier 2020" in lines[0], "date inconnue" in lines[1], len(lines)] == [True, True, 2]


# --- Why --------------------------------------------------------------------------------------------------


def why(**changes: Any) -> Explanation:
    sentence = cited(9).sentence
    signals = (Signal("reader", 3.0, 0.5, 1.0), Signal("searched", 3.0, -2.0, 2.0), Signal("& odd", -0.01, 1.0, 0.0))
    usual: dict[str, Any] = {
        "outcome": "answered", "threshold": 0.623, "risk": 10, "read": True, "intercept": -0.25, "signals": signals,
        "best": RankedSentence(sentence, 9.0, 1), "runner_up": RankedSentence(sentence, 5.0, 4),
    }  # fmt: skip
    return Explanation(**usual | changes)


def test_a_reader_who_asks_is_told_why_there_is_this_answer() -> None:
    message = shown(cited(), explanation=why()).partition('<details class="explained">')[2]
    text = re.sub("<[^>]*>", " ", message)
    for part in (FRENCH.why_answer, FRENCH.outcomes["answered"], "75\u202f%", "62\u202f%", "10 réponses fausses"):
        assert part in text
    assert re.findall(r'class="name">(.*?)</span>.*?class="number">(.*?)</span>', message) == [
        (FRENCH.as_usual, "−0,2"),
        (FRENCH.signals["reader"], "+1,0"),
        (FRENCH.signals["searched"], "−2,0"),
        ("& odd", "+0,0"),
    ]
    # The longest bar takes nearly all of its half, to the left because it tells against the answer.
    assert '<rect class="against" x="2.0%" width="48.0%"' in message
    assert '<rect class="for" x="50.0%" width="24.0%"' in message
    assert 'href="../articles/a9#s2"' in message and FRENCH.reader_asked in text


def test_a_reader_who_asks_is_told_why_there_is_no_answer() -> None:
    message = shown(nearest=(cited(),), words=ENGLISH, explanation=why(outcome="unsure", read=False))
    assert f"<summary>{ENGLISH.why_nothing}</summary>" in message
    assert ENGLISH.outcomes["unsure"] in message and ENGLISH.reader_not_asked in message and "−2.0" in message
    empty = shown(explanation=why(outcome="empty", best=None, runner_up=None, signals=()))
    assert FRENCH.outcomes["empty"] in empty and "<svg" not in empty


def test_an_answer_that_is_not_explained_offers_no_explanation() -> None:
    assert "explained" not in shown(cited())


@pytest.mark.parametrize("words", CATALOGUE.values(), ids=CATALOGUE.keys())
def test_the_best_sentence_is_not_kept_twice(words: Words) -> None:
    turn = turn_of(Answer("Qui ?", "fr", (), 0.1, (), (), explanation=why()), "g")
    assert turn.answer.explain is not None and turn.answer.explain.best is None
    assert turn.answer.explain.runner_up is not None


def test_what_is_filled_in_cannot_fill_in_more() -> None:
    assert filled("<{a}> {b}", {"a": "{b}", "b": "<i>"}) == "&#60;{b}&#62; <i>"

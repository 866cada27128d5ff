from datetime import date

from assistant.citations import state
from assistant.readable import readable_answer
from assistant.types import Answer, Article, Citation, Disagreement, Sentence, Speaker, TimeExpression

TEXT = "«\u202fNous irons mardi\u202f», a dit M. Mattis mardi."
ARTICLE = Article("raqa", TEXT, title="Raqa", source="AFP", published=date(2017, 5, 9), language="fr")


def answer(language="fr", disagreement=None, **facts):
    citation = Citation(1, Sentence(ARTICLE, 0, len(TEXT), 1, 0), **facts)
    return Answer("Qu'a dit M. Mattis ?", language, state([citation]), 0.9, (), (), disagreement=disagreement)


def lines(shown):
    return readable_answer(shown).splitlines()


def test_a_citation_of_which_nothing_more_is_known_is_one_line():
    assert lines(answer()) == [f"{TEXT} [1]", "", "[1] Raqa · AFP · 2017-05-09 · raqa#s1"]


def test_what_is_known_stands_below_the_source_in_the_language_of_the_question():
    day = date(2017, 5, 9)
    times = tuple(
        TimeExpression(start, start + 5, day, day, True) for start in (TEXT.index("mardi"), TEXT.rindex("mardi"))
    )
    facts = {"speaker": Speaker("Jim Mattis"), "times": times, "copies": (ARTICLE,)}
    assert lines(answer("fr", **facts))[-1].startswith("    ")
    told = lines(answer("en", **facts))[-1].strip().split(" · ")
    assert told == ["Said by Jim Mattis", "“mardi”: Tuesday 9 May 2017", "Same text in 1 other article"]


def test_who_is_not_named_is_told_so():
    assert "whom the article does not name" in lines(answer("en", speaker=Speaker("an officer", anonymous=True)))[-1]


def test_a_disagreement_is_told_before_the_sentences():
    assert "same figure" in lines(answer("en", disagreement=Disagreement("number", (1, 2))))[0]


def test_hostile_names_move_no_cursor():
    assert "\x1b" not in readable_answer(answer("en", speaker=Speaker("\x1b[2J Mattis")))

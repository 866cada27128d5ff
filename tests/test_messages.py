"""An answer as the page's HTML."""

from assistant.page.messages import answer_message, escaped
from assistant.page.turns import turn_of
from assistant.types import Answer, Article, Citation, Sentence, Statement
from assistant.words import CATALOGUE

FRENCH = CATALOGUE["fr"]


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

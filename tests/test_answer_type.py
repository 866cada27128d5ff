import pytest

from assistant.answer_type import answer_type, holds


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("Combien de combattants étrangers Interpol a-t-il identifiés ?", "number"),
        ("Depuis combien d'années Raqa est-elle tenue ?", "number"),
        ("Quelle est l’altitude du mont Blanc ?", "number"),
        ("Quel était le bilan du séisme ?", "number"),
        ("How many miners were rescued?", "number"),
        ("What is the height of the mountain?", "number"),
        ("Quand le viaduc a-t-il ouvert ?", "date"),
        ("En quelle année l'euro est-il arrivé ?", "date"),
        ("When did she land?", "date"),
        ("Qui a gagné ?", "person"),
        ("À qui revient le prix ?", "person"),
        ("Who was the goalkeeper?", "person"),
        ("Où se trouve Raqa ?", None),
        ("Le ministre qui est venu a-t-il parlé ?", None),
        ("Pourquoi la Turquie s'oppose-t-elle aux YPG ?", None),
        ("¿Cuántos mineros fueron rescatados?", None),
    ],
)
def test_what_a_question_asks_for(question, kind):
    assert answer_type(question) == kind


@pytest.mark.parametrize(
    ("sentence", "kind", "found"),
    [
        ("Interpol a identifié 14\u2009000 combattants.", "number", True),
        ("Une centaine viennent du Danemark.", "number", True),
        ("Ils sont nombreux.", "number", False),
        ("L'annonce a été faite mardi.", "date", True),
        ("Il est né en 1984.", "date", True),
        ("Il est né à Paris.", "date", False),
        ("Dans la capitale, M. Mattis a parlé.", "person", True),
        ("Les discussions ont porté sur la suite.", "person", False),
        ("Rien de tout cela.", None, True),
    ],
)
def test_what_a_sentence_holds(sentence, kind, found):
    assert holds(sentence, kind) is found

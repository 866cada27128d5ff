"""Which questions belong together."""

from datetime import date

import pytest

from assistant.evaluation.slices import KINDS, overlap, question_type, slices
from assistant.evaluation.types import GoldSpan, ReferenceQuestion, ResolvedQuestion
from assistant.types import Article

TEXT = "Le séisme a fait 50\u202f000 morts. " + "Les secours arrivent. " * 100
ARTICLES = {
    "fr": Article("fr", TEXT, language="fr"),
    "en": Article("en", "New Horizons flew past Pluto.", language="en"),
    "long": Article("long", "x" * 5000, language="fr"),
}


def asked(text="Combien de morts ?", id="q", gold=(), **given):
    return ResolvedQuestion(ReferenceQuestion(text, id, **given), tuple((span,) for span in gold))


def values(kind, question):
    return list(slices([question], ARTICLES).get(kind, {}))


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("Combien de soldats danois ont été envoyés à Raqa ?", "combien"),
        ("Quel est le prix du kilo de truffes ?", "combien"),
        ("Depuis combien d'années le tunnel est-il ouvert ?", "combien"),
        ("Quand le viaduc a-t-il été inauguré ?", "quand"),
        ("En quelle année l’euro est-il né ?", "quand"),
        ("Qui a gagné la Coupe du monde ?", "qui"),
        ("Où s’est posée la sonde ?", "où"),
        ("Dans quelle ville a lieu la réunion ?", "où"),
        ("Pourquoi les avions sont-ils cloués au sol ?", "pourquoi"),
        ("Pour quelle raison Airbus arrête-t-il l'A380 ?", "pourquoi"),
        ("Comment les enfants ont-ils été sortis de la grotte ?", "comment"),
        ("Qu'a découvert le CERN ?", "quoi"),
        ("Que veut faire la Turquie à Raqa ?", "quoi"),
        ("Sur quoi porte la réforme ?", "quoi"),
        ("Quel traité a été signé ?", "quoi"),
        ("Est-ce que le préfet a dit que la route rouvrirait ?", "oui-non"),
        ("Les soldats turcs devaient-ils participer à l'attaque ?", "oui-non"),
        ("Quels sont les pays de la coalition ?", "liste"),
        ("Citez trois communes touchées.", "liste"),
        ("How many miners were rescued?", "combien"),
        ("When did New Horizons reach Pluto?", "quand"),
        ("Who beat Lee Sedol?", "qui"),
        ("Where was the wreck found?", "où"),
        ("Why did the canal close?", "pourquoi"),
        ("How were the boys rescued?", "comment"),
        ("What did CERN discover?", "quoi"),
        ("Did Britain vote to leave?", "oui-non"),
        ("What are the members of the crew?", "liste"),
        ("truffes Oslo", "autre"),
    ],
)
def test_the_type_of_a_question_is_told_by_its_words(question, kind):
    assert question_type(question) == kind
    assert values("type", asked(question)) == [kind]


def test_a_type_that_was_given_is_kept():
    assert values("type", asked("Combien ?", type="inference_query")) == ["inference_query"]


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        ("Combien", "combien"),
        ("how many", "combien"),
        ("Who?", "qui"),
        ("OÙ", "où"),
        ("oui/non", "oui-non"),
        ("", "quoi"),
    ],
)
def test_a_type_by_another_name_is_the_same(given, kind):
    assert values("type", asked("Quel est ce port ?", type=given)) == [kind]


def test_language_is_as_said_or_as_the_words_tell():
    assert values("language", asked("Combien de morts ?", language="de")) == ["de"]
    assert values("language", asked("How many people were there?")) == ["en"]
    assert values("crossing", asked(gold=[GoldSpan("en", 0, 5)], language="fr")) == ["cross"]
    assert values("crossing", asked(gold=[GoldSpan("fr", 0, 5)], language="fr")) == ["same"]
    assert values("crossing", asked()) == []


def test_evidence_is_in_one_place_or_several():
    assert values("evidence", asked(gold=[GoldSpan("fr", 0, 5)])) == ["one place"]
    assert values("evidence", asked(gold=[GoldSpan("fr", 0, 5), GoldSpan("fr", 9, 15)])) == ["several places"]
    assert values("evidence", asked(gold=[GoldSpan("fr", 0, 5), GoldSpan("en", 0, 5)])) == ["several articles"]
    assert values("evidence", asked(answerable=False)) == []


def test_unanswerable_questions_are_told_apart_by_why():
    assert values("unanswerable", asked(answerable=False, why_unanswerable="near_miss")) == ["near_miss"]
    assert values("unanswerable", asked(answerable=False)) == ["unsaid"]
    assert values("unanswerable", asked()) == []


def test_time_in_a_question():
    assert values("time", asked("Combien ?", as_of=date(2017, 5, 9))) == ["as of a day"]
    assert values("time", asked("Quel est le dernier bilan du séisme ?")) == ["relative"]
    assert values("time", asked("Combien de visiteurs en 2023 ?")) == ["dated"]
    assert values("time", asked("Combien de visiteurs ?")) == ["undated"]


def test_a_question_stands_alone_or_follows_others():
    assert values("conversation", asked()) == ["alone"]
    assert values("conversation", asked(history=("Combien de morts ?",))) == ["follow-up"]


def test_place_and_length_of_the_evidence():
    length = len(ARTICLES["long"].text)
    for start, place in ((0, "head"), (length // 3, "head"), (length // 3 + 1, "body"), (length - 1, "tail")):
        question = asked(gold=[GoldSpan("long", start, start + 1)])
        assert values("position", question) == [place], start
    assert values("position", asked(gold=[GoldSpan("long", 0, 5000, whole=True)])) == []
    assert values("length", asked(gold=[GoldSpan("long", 0, 9)])) == ["over 4000"]
    assert values("length", asked(gold=[GoldSpan("en", 0, 9)])) == ["under 1500"]
    assert values("length", asked(gold=[GoldSpan("fr", 0, 9)])) == ["1500 to 4000"]


def test_a_question_is_in_the_slice_of_each_of_its_tags():
    both = asked(tags=("monde", "chiffres", "monde"), id="a")
    found = slices([both, asked(tags=("monde",), id="b", split="dev")], ARTICLES)
    assert found["tag"] == {"chiffres": ["a"], "monde": ["a", "b"]}
    assert found["split"] == {"dev": ["b"]}


def test_overlap_is_the_share_of_the_questions_words_in_the_evidence():
    span = GoldSpan("fr", 0, TEXT.index(". "))
    assert overlap(asked("Combien de morts le séisme a-t-il fait ?", gold=[span], language="fr"), ARTICLES) == 1
    assert overlap(asked("Combien de truffes ?", gold=[span], language="fr"), ARTICLES) == 0
    assert overlap(asked("Quels morts à Oslo ?", gold=[span], language="fr"), ARTICLES) == 0.5
    assert overlap(asked("Qui ?", gold=[span], language="fr"), ARTICLES) is None
    assert overlap(asked(gold=[GoldSpan("fr", 0, 9, whole=True)]), ARTICLES) is None


def test_a_quote_that_is_no_more_than_the_answer_has_the_words_around_it():
    at = TEXT.index("50")
    question = asked("Combien de morts le séisme a-t-il fait ?", gold=[GoldSpan("fr", at, at + 2)], language="fr")
    assert overlap(question, ARTICLES) == 1


def test_overlap_is_cut_in_quartiles():
    span = GoldSpan("fr", 0, TEXT.index(". "))
    words = ["séisme", "morts", "50000", "fait"]
    questions = [
        asked(
            " ".join(words[:known] + ["truffe", "huître", "Oslo", "fjord"][known:]), f"q{known}", [span], language="fr"
        )
        for known in (0, 1, 2, 4)
    ]
    assert slices(questions, ARTICLES)["overlap"] == {"q1": ["q0"], "q2": ["q1"], "q3": ["q2"], "q4": ["q4"]}


def test_every_kind_has_a_name():
    question = asked(gold=[GoldSpan("fr", 0, 9)], tags=("x",), split="dev", language="fr")
    found = slices([question, asked(id="u", answerable=False)], ARTICLES)
    assert set(found) == set(KINDS)
    assert slices([], ARTICLES) == {}

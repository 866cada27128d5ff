"""Verification against labelled pairs, a part of which no rule was made after."""

import json
import time
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.generate.markers import Drafted
from assistant.generate.support import support, support_of_span
from assistant.generate.verify import anchored, faults
from assistant.types import Article, Sentence

DATA = Path(__file__).parents[1] / "data" / "generation"


def pairs_of(name: str) -> list[dict]:
    return [json.loads(line) for line in (DATA / name).read_text(encoding="utf-8").splitlines()]


PAIRS = pairs_of("claims.jsonl")
#: Written by somebody who did not know the rules, in another manner: one file that rules were made after, one not.
READ, FRESH = pairs_of("claims_read.jsonl"), pairs_of("claims_fresh.jsonl")


def is_held_out(pair: dict) -> bool:
    """By the sentence, so that no sentence is on both sides."""
    return int(sha256(pair["id"].split("-")[0].encode()).hexdigest(), 16) % 2 == 1


def verified(pair: dict) -> bool:
    return not faults(pair["claim"], pair["claim_language"], pair["sentence"], pair["language"])


def precision_and_recall(pairs: list[dict]) -> tuple[float, float]:
    told = [(pair["supported"], verified(pair)) for pair in pairs]
    right = told.count((True, True))
    return right / (right + told.count((False, True))), right / (right + told.count((True, False)))


def test_the_set_is_large_and_half_adversarial():
    assert len(PAIRS) >= 300
    assert len({pair["id"] for pair in PAIRS}) == len(PAIRS)
    assert sum(not pair["supported"] for pair in PAIRS) >= len(PAIRS) / 2
    languages = {(pair["claim_language"], pair["language"]) for pair in PAIRS}
    assert languages == {("fr", "fr"), ("en", "en"), ("fr", "en"), ("en", "fr")}
    assert sum(map(is_held_out, PAIRS)) >= 140


def test_on_the_part_that_rules_were_made_after():
    precision, recall = precision_and_recall([pair for pair in PAIRS if not is_held_out(pair)])
    assert precision > 0.98
    assert recall > 0.84


def test_on_the_part_that_they_were_not():
    precision, recall = precision_and_recall([pair for pair in PAIRS if is_held_out(pair)])
    assert precision >= 0.95
    assert recall >= 0.8


def test_on_fresh_pairs_that_were_read():
    precision, recall = precision_and_recall(READ)
    assert precision >= 0.98
    assert recall >= 0.7


def test_on_fresh_pairs_that_nobody_looked_at_it_is_no_worse_than_it_was():
    """0.95 and 0.80 are wanted: free rewording is refused, and roles of common nouns are mixed up."""
    assert len(FRESH) == 380
    assert not {pair["sentence"] for pair in FRESH} & {pair["sentence"] for pair in PAIRS + READ}
    precision, recall = precision_and_recall(FRESH)
    assert precision >= 0.77
    assert recall >= 0.37


INTERPOL = "Interpol a identifié 14\u2009000 combattants étrangers qui ont rejoint la Syrie et l’Irak."


@pytest.mark.parametrize("number", ["14 000", "14\u2009000", "14\u202f000", "14.000", "14000", "quatorze mille"])
def test_a_number_in_every_notation(number):
    assert not faults(f"Interpol a identifié {number} combattants étrangers.", "fr", INTERPOL, "fr")


@pytest.mark.parametrize("day", ["6 février 2023", "06/02/2023", "2023-02-06", "6 févr. 2023"])
def test_a_date_in_every_notation(day):
    source = "Le séisme du 6 février 2023 a fait plus de 50 000 morts."
    assert not faults(f"Le séisme du {day} a fait plus de 50 000 morts.", "fr", source, "fr")


@pytest.mark.parametrize(
    ("claim", "reason"),
    [
        ("Interpol a identifié 15 000 combattants étrangers.", "number"),
        ("Europol a identifié 14 000 combattants étrangers.", "name"),
        ("Interpol n'a pas identifié 14 000 combattants étrangers.", "negation"),
        ("Interpol identifiera 14 000 combattants étrangers.", "certainty"),
        ("Interpol a identifié 14 000 combattants étrangers et leurs familles.", "coverage"),
        ("Interpol a identifié 14 000 civils.", "number"),
    ],
)
def test_the_reason_is_told(claim, reason):
    assert reason in faults(claim, "fr", INTERPOL, "fr")


def test_a_name_in_full_where_the_article_has_it_in_full():
    source, around = (
        "M. Mattis a démissionné jeudi.",
        "Le ministre Jim Mattis est parti. M. Mattis a démissionné jeudi.",
    )
    assert "name" in faults("Jim Mattis a démissionné jeudi.", "fr", source, "fr")
    assert not faults("Jim Mattis a démissionné jeudi.", "fr", source, "fr", around)
    assert "name" in faults("Bob Mattis a démissionné jeudi.", "fr", source, "fr", around)


def test_what_somebody_said_is_not_said_without_him():
    source = "« La ville est sûre », a déclaré le maire, Paul Roux."
    assert "certainty" in faults("La ville est sûre.", "fr", source, "fr")
    assert not faults("Le maire, Paul Roux, a déclaré que la ville est sûre.", "fr", source, "fr")


def test_the_names_of_the_question_stand_near():
    assert anchored("Qui dirige Bayer ?", "fr", "Bayer est dirigé par Bill Anderson.", "fr")
    assert not anchored("Qui dirige Novartis ?", "fr", "Bayer est dirigé par Bill Anderson.", "fr")
    assert anchored("Who leads Turkey?", "en", "La Turquie est dirigée par un président.", "fr")


def sentences(*texts: str) -> list[Sentence]:
    whole = " ".join(texts)
    article = Article("a", whole, language="fr")
    places = [whole.index(text) for text in texts]
    return [
        Sentence(article, at, at + len(text), n, 0) for n, (at, text) in enumerate(zip(places, texts, strict=True), 1)
    ]


def test_the_right_sentence_is_cited_whatever_the_model_cites():
    given = sentences("Le pont est fermé depuis mardi.", "Le tunnel a rouvert jeudi.")
    for numbers in ((2,), (1,), (), (9,), (1, 2)):
        found = support(Drafted("Le tunnel a rouvert jeudi.", numbers), "Quand ?", "fr", given)
        assert found.sentences == (given[1],)


def test_a_sentence_in_another_language_than_the_question_is_not_taken():
    given = sentences("Le pont est fermé depuis mardi.")
    found = support(
        Drafted("The bridge has been closed since Tuesday, as the town says.", (1,)), "Quand ?", "fr", given
    )
    assert found.reasons == ("language",)


def test_a_span_is_words_of_a_sentence():
    given = sentences("Le pont est fermé depuis mardi.", "Le tunnel a rouvert jeudi.")
    assert support_of_span(Drafted("rouvert jeudi", ()), "Quand ?", "fr", given).sentences == (given[1],)
    assert not support_of_span(Drafted("rouvert mardi", ()), "Quand ?", "fr", given).sentences


@given(st.text(max_size=200), st.text(max_size=200), st.sampled_from(["fr", "en", "de", "zh"]))
def test_anything_can_be_compared(claim, sentence, language):
    faults(claim, language, sentence, "fr")


@given(st.sampled_from(PAIRS))
def test_a_sentence_supports_itself(pair):
    assert not set(faults(pair["sentence"], pair["language"], pair["sentence"], pair["language"])) & {"number", "name"}


@pytest.mark.parametrize("piece", ["Paul a dit ", "14 000 ", "n'a pas que ", "« non » ", "Jean-Paul, ", "de la ", "'"])
def test_the_work_is_at_most_quadratic(piece):
    def seconds(length: int) -> float:
        text = piece * (length // len(piece))
        began = time.perf_counter()
        faults(text[:300], "fr", text, "fr")
        return time.perf_counter() - began

    seconds(200)
    assert seconds(8_000) < 40 * max(seconds(2_000), 0.002)

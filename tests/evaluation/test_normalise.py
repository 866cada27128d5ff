import json
import re
import string
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.evaluation.normalise import (
    ARTICLES,
    normalise,
    squad_exact,
    squad_f1,
    squad_normalise,
    token_f1,
)
from assistant.text import fold


@pytest.mark.parametrize(
    ("text", "normalised"),
    [
        pytest.param("L'armée", "armée", id="elision"),
        pytest.param("l’armée", "armée", id="elision, typographic"),
        pytest.param("«\u202fl’État islamique\u00a0»", "état islamique", id="guillemets"),
        pytest.param("“14\u2009000”", "14000", id="thin space"),
        pytest.param("14 000, 14\u202f000 et 14.000", "14000 14000 et 14000", id="grouped digits"),
        pytest.param("3,5\u00a0% contre 3.50", "3.5 contre 3.50", id="decimals"),
        pytest.param("Une Œuvre d’Ægée", "oeuvre aegée", id="ligatures"),
        pytest.param("aujourd’hui", "aujourd'hui", id="an apostrophe that is no elision"),
        pytest.param("d'abord, jusqu’à ce qu'il n’y ait", "abord jusqu à ce qu il n y ait", id="other elisions"),
        pytest.param("l'un", "l un", id="nothing but articles, elided"),
        pytest.param("Le Un", "le un", id="nothing but articles"),
        pytest.param("Dean", "dean", id="no article within a word"),
        pytest.param("un lapin depuis Laval", "lapin depuis laval", id="no article at the start of a word"),
        pytest.param("E\u0301LYSÉE\u00ad", "élysée", id="composed, soft hyphen"),
        pytest.param("Jean-Yves Le Drian (M.)", "jean yves drian m", id="never glued"),
        pytest.param("l'« oasis de vie »", "oasis vie", id="elision before a guillemet"),
        pytest.param("le 27/06/2017 à 3.500 €", "27 06 2017 à 3500", id="date, symbols"),
    ],
)
def test_french_is_normalised(text: str, normalised: str) -> None:
    assert normalise(text, "fr") == normalised


@pytest.mark.parametrize(
    ("language", "text", "normalised"),
    [
        ("en", "The dog's 14,000 bones, an A–Z", "dog s 14000 bones z"),
        ("en", "L'armée", "l armée"),
        ("de", "Die 1.234 Straßen des Landes", "1234 strassen landes"),
        ("es", "¿El año de la Niña?", "año niña"),
        ("it", "l’acqua dell'Arno", "acqua arno"),
        ("pt", "às margens do Tejo", "margens tejo"),
        ("zh", "北京大学，2017年", "北 京 大 学 2017 年"),
        ("ja", "東京タワーの", "東 京 タ ワ ー の"),
        ("th", "สวัสดี", "ส ว ั ส ด ี"),
        ("ko", "한국어 말", "한국어 말"),
        ("hi", "हिन्दी, भाषा", "हिन्दी भाषा"),
        ("xx", "le d'un 14 000", "le d un 14000"),
        (None, "The l’armée_x", "the l armée x"),
        ("fr", "…« ' »_", ""),
        ("fr", "12.05.2017, 1.2.3", "12 05 2017 1 2 3"),
    ],
)
def test_other_languages_are_normalised(language: str | None, text: str, normalised: str) -> None:
    assert normalise(text, language) == normalised


def test_articles_can_stay_and_accents_can_go() -> None:
    assert normalise("L’Élysée et le Palais", "fr", articles=True) == "l élysée et le palais"
    assert normalise("L’Élysée et le Palais", "fr", accents=False) == "elysee et palais"
    # "él" is no article, whatever it looks like without its accent.
    assert normalise("él", "es", accents=False) == normalise("el mar y él", "es", accents=False).split()[-1] == "el"


@given(st.text(), st.sampled_from([*ARTICLES, "zh", "xx", None]))
def test_tokens_are_words_with_one_space_between(text: str, language: str | None) -> None:
    normalised = normalise(text, language)
    assert normalised == " ".join(normalised.split())
    assert not re.search(r"""[,;:!?"«»()\[\]_/…’-]""", normalised)


# --- Real French --------------------------------------------------------------------------------------

ARTICLE_AND_WORD = re.compile(
    r"(?<![\w'’-])(?P<article>(?:les?|la|une?|des|du|aux?)\s+|[ld]['’])(?P<word>[^\W\d_]\w*)", re.IGNORECASE
)


@pytest.fixture(scope="module")
def french(shared: Path) -> str:
    lines = (shared / "sentences_fr_gsd" / "paragraphs.jsonl").read_text(encoding="utf-8").splitlines()
    return "\n".join(json.loads(line)["text"] for line in lines)


def test_an_article_makes_no_difference_in_real_french(french: str) -> None:
    """Pairs of an article and a word that is no article itself: of "d'un", nothing would be left."""
    pairs = [pair for pair in ARTICLE_AND_WORD.finditer(french) if pair["word"].lower() not in ARTICLES["fr"]]
    elided = [pair for pair in pairs if pair["article"][-1] in "'’"]
    assert (len(pairs), len(elided)) > (4000, 700)
    assert not [pair[0] for pair in elided if normalise(pair[0], "fr") != normalise(pair["word"], "fr")]
    different = [pair[0] for pair in pairs if normalise(pair[0], "fr") != normalise(pair["word"], "fr")]
    assert len(different) <= 0.005 * len(pairs)


def test_typography_makes_no_difference_in_real_french(french: str) -> None:
    for pair in ARTICLE_AND_WORD.finditer(french):
        plain = normalise(pair[0], "fr")
        assert plain == normalise(pair[0].replace("'", "’"), "fr") == normalise(f"«\u202f{pair[0]}\u202f»", "fr")


def test_no_real_french_word_is_damaged(french: str) -> None:
    words = set(re.findall(r"[a-zà-öø-ÿœ]+", french, re.IGNORECASE))
    assert len(words) > 8000
    assert not [word for word in words if normalise(word, "fr") != fold(word).text]


# --- SQuAD 2.0, computed by hand from evaluate-v2.0.py ------------------------------------------------


@pytest.mark.parametrize(
    ("text", "normalised"),
    [
        ("The  Quick, brown-fox's an apple!", "quick brownfoxs apple"),
        ("L'armée", "larmée"),
        ("l’armée «a»", "l’armée « »"),
        ("Theatre, Anna; a/n", "theatre anna"),
        ("A an the.", ""),
        ("14,000", "14000"),
    ],
)
def test_squad_normalises_as_published(text: str, normalised: str) -> None:
    assert squad_normalise(text) == normalised


@pytest.mark.parametrize(
    ("predicted", "answers", "exact", "f1"),
    [
        ("the cat sat on mat", ["a cat on the mat"], 0, 6 / 7),  # 3 of 4, 3 of 3
        ("The Eiffel Tower!", ["eiffel tower"], 1, 1),
        ("b b", ["b"], 0, 2 / 3),
        ("b", ["b b c"], 0, 1 / 2),
        ("Paris", ["London", "in Paris"], 0, 2 / 3),
        ("Paris", ["London"], 0, 0),
        ("", [], 1, 1),
        ("Paris", [], 0, 0),
        ("the", ["cat"], 0, 0),
        ("", ["cat"], 0, 0),
        ("", ["the", "cat"], 0, 0),  # an answer that normalises to nothing is no answer beside another
        ("an", ["the"], 1, 1),  # and alone means that there is none
    ],
)
def test_squad_scores_as_published(predicted: str, answers: list[str], exact: float, f1: float) -> None:
    assert squad_exact(predicted, answers) == exact
    assert squad_f1(predicted, answers) == pytest.approx(f1)


# The functions of evaluate-v2.0.py, as they are published.


def normalize_answer(s):
    exclude = set(string.punctuation)
    lowered = "".join(ch for ch in s.lower() if ch not in exclude)
    return " ".join(re.sub(re.compile(r"\b(a|an|the)\b", re.UNICODE), " ", lowered).split())


def compute_f1(a_gold, a_pred):
    gold_toks, pred_toks = normalize_answer(a_gold).split(), normalize_answer(a_pred).split()
    num_same = sum((Counter(gold_toks) & Counter(pred_toks)).values())
    if len(gold_toks) == 0 or len(pred_toks) == 0:
        return int(gold_toks == pred_toks)
    if num_same == 0:
        return 0
    precision, recall = 1.0 * num_same / len(pred_toks), 1.0 * num_same / len(gold_toks)
    return (2 * precision * recall) / (precision + recall)


def official_scores(predicted, answers):
    gold_answers = [answer for answer in answers if normalize_answer(answer)] or [""]
    exact = max(int(normalize_answer(gold) == normalize_answer(predicted)) for gold in gold_answers)
    return exact, max(compute_f1(gold, predicted) for gold in gold_answers)


PHRASES = st.lists(st.sampled_from(["the", "a", "an", "Cat", "cats", "14,000", "l’été", "-", "d'or", "U.S."])).map(
    " ".join
)


@given(PHRASES | st.text(), st.lists(PHRASES | st.text(), max_size=4))
def test_squad_scores_are_those_of_the_official_functions(predicted: str, answers: list[str]) -> None:
    assert (squad_exact(predicted, answers), squad_f1(predicted, answers)) == pytest.approx(
        official_scores(predicted, answers), abs=1e-12
    )


def test_squad_scores_are_the_official_ones_on_real_english(shared: Path) -> None:
    lines = (shared / "squad2_en_dev" / "questions.jsonl").read_text(encoding="utf-8").splitlines()
    questions = [json.loads(line) for line in lines]
    pairs = [
        (predicted, asked["answers"])
        for asked in questions
        for predicted in (*asked["answers"][1:], asked["question"], "")
    ]
    assert len(pairs) > 3000
    for predicted, answers in pairs:
        assert (squad_exact(predicted, answers), squad_f1(predicted, answers)) == pytest.approx(
            official_scores(predicted, answers), abs=1e-12
        )


TOKENS = st.lists(st.sampled_from("abcd"))


@given(TOKENS, TOKENS)
def test_f1_is_symmetric_and_1_for_the_same_tokens_only(tokens: list[str], others: list[str]) -> None:
    assert token_f1(tokens, others) == token_f1(others, tokens)
    assert (token_f1(tokens, others) == 1) == (sorted(tokens) == sorted(others))

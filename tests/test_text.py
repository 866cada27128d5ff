import time
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from assistant.text import clean, find_folded, fold, stop_words, words

# --- Cleaning ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given_text", "stored"),
    [
        ("a\r\nb\rc\n", "a\nb\nc\n"),
        ("\ufeffa\ufeff", "a\ufeff"),
        ("\ufeff\ufeffa", "\ufeffa"),
        ("a\0b\ud83dc\udc00", "abc"),
        ("«\u202f14\u2009000\u00a0»\u00ad\u200b\t\x0c", "«\u202f14\u2009000\u00a0»\u00ad\u200b\t\x0c"),
        ("e\u0301 ﬁ Ａ", "e\u0301 ﬁ Ａ"),
    ],
)
def test_clean_changes_only_what_cannot_be_stored(given_text: str, stored: str) -> None:
    assert clean(given_text) == stored


ANY_TEXT = st.text(st.characters())  # lone surrogates too


@given(ANY_TEXT)
def test_clean_text_can_be_stored_and_stays_as_it_is(text: str) -> None:
    stored = clean(text)
    assert stored.encode().decode() == stored
    assert "\0" not in stored
    assert "\r" not in stored
    assert stored.startswith("\ufeff") or clean(stored) == stored


# --- Folding -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("L’Œuvre d\u02bcÆgée", "l'oeuvre d'aegée"),
        ("«\u202f14\u2009000\u00a0» “x” „y“", '" 14 000 " "x" "y"'),
        ("a \t\n\u2028\u00a0 b", "a b"),
        ("1–2—3−4‑5", "1-2-3-4-5"),
        ("so\u00adlei\u200bl\u202e", "soleil"),
        ("Straße ﬁn Ａ ½…", "strasse fin a 1⁄2..."),
        ("E\u0301te\u0301", "été"),
        ("ça ¨", "ça ¨"),
        ("한국", "한국"),
        ("ｶﾞ", "ガ"),
    ],
)
def test_fold_makes_variants_equal(text: str, folded: str) -> None:
    assert fold(text).text == folded


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Élève Öztürk", "eleve ozturk"),
        ("Łódź Ångström ıs", "lodz angstrom is"),
        ("が हिन्दी й", "が हिन्दी и"),
    ],
)
def test_fold_can_drop_accents_but_no_vowel_signs(text: str, folded: str) -> None:
    assert fold(text, accents=False).text == folded


@pytest.mark.parametrize(
    ("haystack", "needle", "found"),
    [
        ("Interpol a identifié 14\u202f000 combattants.", "14 000 Combattants", "14\u202f000 combattants"),
        ("«\u00a0L’Œuvre\u00a0», dit-il", '" l\'oeuvre "', "«\u00a0L’Œuvre\u00a0»"),
        ("un cafe\u0301\u200b.", "café", "cafe\u0301"),
        ("so\u00adleil levant", "soleil  levant", "so\u00adleil levant"),
        ("a …b", "b", "b"),
        ("x oe œ", " œ ", "oe"),
        ("İstanbul", "İSTANBUL", "İstanbul"),
    ],
)
def test_find_folded_gives_back_the_original(haystack: str, needle: str, found: str) -> None:
    span = find_folded(haystack, needle)
    assert span is not None
    assert haystack[slice(*span)] == found
    assert find_folded(fold(haystack), needle) == span


@pytest.mark.parametrize(
    ("haystack", "needle"),
    [
        pytest.param("œuvre", "euvre", id="half a ligature"),
        pytest.param("attendre…", "attendre.", id="a third of an ellipsis"),
        pytest.param("Quinze pays", "Vingt-cinq pays", id="other words"),
        pytest.param("abc", "", id="nothing"),
        pytest.param("a b", " \n", id="only spaces"),
        pytest.param("", "a", id="in nothing"),
    ],
)
def test_find_folded_finds_nothing(haystack: str, needle: str) -> None:
    assert find_folded(haystack, needle) is None


FOLDABLE = st.text(
    st.one_of(
        st.characters(exclude_categories=["Cs"]),
        st.sampled_from(
            "aeE\u0301\u0308\u0327œŒæß…ﬁ’'«» \u00a0\u202f\n\u00ad\u200b\ufeff¨´ｶﾞ\u1100\u1161\u11a8ᾳ\u0345İ東ク\u3099ŉ"
        ),
    )
)


@given(FOLDABLE, st.booleans())
def test_offsets_lead_back_to_what_was_folded(text: str, accents: bool) -> None:
    folded = fold(text, accents)
    assert len(folded.text) == len(folded.offsets) == len(folded.ends)
    assert sorted(folded.offsets) == list(folded.offsets)
    assert all(0 <= start < end <= len(text) for start, end in zip(folded.offsets, folded.ends, strict=True))


@given(FOLDABLE, FOLDABLE, FOLDABLE)
@example("l'", "œ", "uf")
def test_what_is_found_folds_to_the_needle(before: str, needle: str, after: str) -> None:
    haystack = before + needle + after
    span = find_folded(haystack, needle)
    if span is not None:
        assert fold(haystack[slice(*span)]).text.strip() == fold(needle).text.strip()


@given(FOLDABLE, FOLDABLE, FOLDABLE)
def test_words_copied_out_of_a_text_are_found_in_it(before: str, needle: str, after: str) -> None:
    haystack = f"{before} {needle} {after}"
    if fold(needle).text.strip() and not unicodedata.combining(unicodedata.normalize("NFKD", needle)[0]):
        assert find_folded(haystack, needle) is not None


@given(FOLDABLE, st.booleans())
def test_folding_twice_changes_nothing(text: str, accents: bool) -> None:
    once = fold(text, accents).text
    assert fold(once, accents).text == once


# --- Words ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("language", "text", "terms"),
    [
        ("fr", "L'armée n’est qu'à Raqa, jusqu’aux élections", ["arme", "raq", "elect"]),
        ("fr", "l’Union d'Aujourd'hui lorsqu'elle s'effondre", ["union", "effondr"]),
        ("fr", "coopération COOPÉRATIONS cooperation", ["cooper", "cooper", "cooper"]),
        ("fr", "fondé fondée fondées fonder fondèrent", ["fond"] * 5),
        ("fr", "14 000, 14\u2009000, 14\u202f000, 14\u00a0000 et 14.000", ["14000"] * 5),
        ("de", "14.000 und 1.234.567,5", ["14000", "1234567.5"]),
        ("en", "14,000 and 1,234,567.5 and 14.000", ["14000", "1234567.5", "14.000"]),
        ("fr", "3,5 % ou 3.5 %", ["3.5", "3.5"]),
        ("fr", "le 68e, 68ème, 1er, 1re, 2nde et 2d", ["68", "68", "1", "1", "2", "2"]),
        ("en", "the 1st, 2nd, 3rd and 4th of the 1960s", ["1", "2", "3", "4", "1960"]),
        ("es", "el 2º y la 3ª", ["2", "3"]),
        ("fr", "le 12.05.2017 à 18h30, 1,2,3", ["12", "05", "2017", "18h30", "1", "2", "3"]),
        ("fr", "en 2017 300 personnes", ["2017", "300", "person"]),
        ("fr", "14 000² habitants", ["14000", "habit"]),
        ("fr", "l'O.N.U. et l'U.R.S.S", ["onu", "urss"]),
        ("fr", "Jean-Yves Le Drian", ["jean", "yve", "drian"]),
        ("en", "O'Neill's soldiers don't", ["oneil", "soldier"]),
        ("it", "dell'Unione nell’acqua", ["union", "acqua"]),
        ("zh", "北京大学 2017", ["北京", "京大", "大学", "2017"]),
        ("ja", "日", ["日"]),
        ("th", "สวัสดี", ["สว", "วั", "ัส", "สด", "ดี"]),
        ("ko", "한국어", ["한국", "국어"]),
        ("hi", "यह पहला है", ["यह", "पहल", "है"]),
        ("ar", "المدرسة", ["مدرس"]),
        (None, "Les élections à l'Élysée", ["les", "elections", "a", "elysee"]),
        ("xx", "14 000 14.000 14,000 3,5", ["14000", "14000", "14000", "3.5"]),
        ("fr", "", []),
        ("fr", "… — « » ' _ \u0301 !", []),
    ],
)
def test_words_are_those_a_reader_would_search_for(language: str | None, text: str, terms: list[str]) -> None:
    assert words(text, language) == terms


@pytest.mark.parametrize("language", ["fr", "en", "es", "de", "it", "pt"])
def test_stop_words_leave_no_term(language: str) -> None:
    assert len(stop_words(language)) > 100
    assert words(" ".join(sorted(stop_words(language))), language) == []


def test_a_language_without_a_list_has_no_stop_words() -> None:
    assert stop_words("xx") == stop_words(None) == frozenset()


def test_questions_and_articles_meet_in_any_spelling() -> None:
    article = words("Interpol a identifié 14\u202f000 de ces combattants étrangers, dont l’Élysée parle.", "fr")
    question = words("Combien de combattants etrangers INTERPOL identifie-t-il ? 14 000 ? l'elysee", "fr")
    assert set(question) <= set(article)


@given(st.text(st.sampled_from("aeéèêiîcçdlnrstuû' ")))
def test_french_words_are_the_same_without_accents(text: str) -> None:
    bare = "".join(char for char in unicodedata.normalize("NFD", text) if not unicodedata.combining(char))
    assert words(bare, "fr") == words(text, "fr")


@given(st.text(), st.sampled_from(["fr", "en", "de", "it", "zh", "ar", "hi", None]))
def test_terms_are_never_empty_and_hold_no_space(text: str, language: str | None) -> None:
    for term in words(text, language):
        assert term
        assert not any(char.isspace() or char in "'\"" for char in term)


# --- Time ----------------------------------------------------------------------------------------------

HOSTILE = {
    "marks": "a" + "\u0316\u0301" * 10_000,
    "invisible": "a\u00ad" * 10_000,
    "digits": "1" * 20_000,
    "groups": "111 " * 5_000,
    "points": "1." * 10_000,
    "commas": "1,2" * 20_000,
    "apostrophes": "d'" * 10_000,
    "acronym": "a." * 10_000,
    "word": "a" * 20_000,
    "ligatures": "œ" * 20_000,
    "ideographs": "東" * 20_000,
    "spaces": " \u200b" * 10_000,
}


@pytest.mark.parametrize("shape", HOSTILE)
def test_time_grows_with_the_length_alone(shape: str) -> None:
    text = HOSTILE[shape]
    assert _seconds(text * 2) < 2.6 * _seconds(text) + 0.05


def _seconds(text: str) -> float:
    def once() -> float:
        began = time.process_time()
        clean(text), fold(text), words(text, "fr"), find_folded(text, "e" + text[:50])
        return time.process_time() - began

    return min(once() for _ in range(3))


def test_words_are_fast_enough_for_every_sentence_of_a_corpus() -> None:
    sentence = "Selon le même responsable, Interpol a identifié 14\u202f000 de ces combattants étrangers en Syrie. "
    words(sentence, "fr")
    began = time.process_time()
    for _ in range(500):
        words(sentence, "fr")
    assert 500 * len(sentence.split()) / (time.process_time() - began) > 40_000
